#include "history/bigquery/bigquery_history.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/reply.h"

namespace tipoff {
namespace {

// How long one call waits for a job: short at first, so that it has a name soon, by which it can
// be cancelled; then as long as the API allows.
constexpr Duration kFirstWait = std::chrono::seconds(1);
constexpr Duration kNextWait = std::chrono::seconds(9);
// On top of it, for the network.
constexpr Duration kCallTime = std::chrono::seconds(5);
// A page of 100 players with 82 games each is about 4 MB.
constexpr std::size_t kAnswerBytesMax = 64u << 20;

std::string RemedyFor(int status) {
  if (status == 401 || status == 403) {
    return "; the account needs the roles bigquery.jobUser and bigquery.dataViewer";
  }
  return status == 404 ? "; see history.bigquery.table and history.bigquery.location" : "";
}

}  // namespace

// One query on its way.
struct BigqueryHistory::Job {
  explicit Job(HistoryQuery query) : answer(std::move(query)) {}
  BigqueryAnswer answer;
  std::shared_ptr<Reply<HistoryBatch>> reply;
  Duration begun_at{};  // Steady time.
  std::string token, id, location;
  std::int64_t bytes = 0;
  std::size_t rows = 0;
  bool over = false;
};

BigqueryHistory::BigqueryHistory(Loop& loop, BigqueryOptions options)
    : loop_(loop),
      options_(std::move(options)),
      client_(loop),
      account_(loop, client_, options_.account) {}

BigqueryHistory::~BigqueryHistory() = default;

void BigqueryHistory::Load(HistoryQuery query, LoadDone done) {
  Duration timeout = query.timeout;
  auto job = std::make_shared<Job>(std::move(query));
  job->begun_at = loop_.Steady();
  Error late{Errc::kUnavailable,
             fmt::format("BigQuery did not answer within {}", FormatDuration(timeout))};
  job->reply = Reply<HistoryBatch>::Start(loop_, timeout, std::move(late),
                                          [this, job, done](Result<HistoryBatch> answer) {
                                            bool finished = std::exchange(job->over, true);
                                            if (!finished) Cancel(*job);
                                            done(std::move(answer));
                                          });
  account_.WithToken([this, job](Result<std::string> token) {
    if (!token.ok()) return Finish(job, token.error());
    job->token = *token;
    HttpCall call;
    call.method = "POST";
    call.url = Url("queries");
    call.body = BigqueryRequest(options_.table, job->answer.query(), kFirstWait);
    call.timeout = kFirstWait + kCallTime;
    Call(job, std::move(call));
  });
}

// --- a job ------------------------------------------------------------------------------------

std::string BigqueryHistory::Url(const std::string& path) const {
  return fmt::format("{}/bigquery/v2/projects/{}/{}", options_.endpoint,
                     PercentEncode(options_.project), path);
}

void BigqueryHistory::Call(std::shared_ptr<Job> job, HttpCall call) {
  if (job->over) return;
  call.headers = {{"Authorization", "Bearer " + job->token}, {"Content-Type", "application/json"}};
  call.body_max = kAnswerBytesMax;
  client_.Call(std::move(call),
               [this, job](Result<HttpResponse> response) { Answered(job, std::move(response)); });
}

void BigqueryHistory::Answered(std::shared_ptr<Job> job, Result<HttpResponse> response) {
  if (!response.ok()) return Finish(job, response.error());
  if (response->status != 200) {
    if (response->status == 401) account_.Forget();
    return Finish(job, BigqueryRefusal(*response, RemedyFor(response->status)));
  }
  auto page = ReadBigqueryPage(response->body);
  if (!page.ok()) return Finish(job, page.error());
  bool named_now = job->id.empty();
  if (named_now) {
    job->id = page->job;
    job->location = page->location;
  }
  if (job->over) {
    if (named_now) Cancel(*job);  // When it was given up it had no name yet.
    return;
  }
  job->bytes = std::max(job->bytes, page->bytes_billed.value_or(0));
  job->rows += page->rows.size();
  if (Status taken = job->answer.Take(*page); !taken.ok()) return Finish(job, taken.error());
  if (!page->complete || !page->next_page.empty()) return More(job, *page);
  Log(Severity::kInfo, "history was loaded from BigQuery",
      {{"job", job->id},
       {"players", std::to_string(job->answer.query().players.size())},
       {"rows", std::to_string(job->rows)},
       {"bytes_billed", std::to_string(job->bytes)},
       {"took", FormatDuration(loop_.Steady() - job->begun_at)}});
  Finish(job, job->answer.Finish());
}

// The next page, or the first one once the job is done.
void BigqueryHistory::More(std::shared_ptr<Job> job, const BigqueryPage& page) {
  if (job->id.empty()) {
    return Finish(job, Error{Errc::kUnavailable, "BigQuery named no job to wait for"});
  }
  std::string path = fmt::format("queries/{}?timeoutMs={}", PercentEncode(job->id),
                                 std::chrono::floor<std::chrono::milliseconds>(kNextWait).count());
  if (!job->location.empty()) path += "&location=" + PercentEncode(job->location);
  if (!page.next_page.empty()) path += "&pageToken=" + PercentEncode(page.next_page);
  HttpCall call;
  call.url = Url(path);
  call.timeout = kNextWait + kCallTime;
  Call(job, std::move(call));
}

void BigqueryHistory::Finish(const std::shared_ptr<Job>& job, Result<HistoryBatch> answer) {
  if (std::exchange(job->over, true)) return;
  job->reply->Post(std::move(answer));
}

// Nobody waits for it any more.
void BigqueryHistory::Cancel(const Job& job) {
  if (job.id.empty()) return;
  HttpCall call;
  call.method = "POST";
  call.url = Url(fmt::format("jobs/{}/cancel", PercentEncode(job.id)));
  if (!job.location.empty()) call.url += "?location=" + PercentEncode(job.location);
  call.headers = {{"Authorization", "Bearer " + job.token}};
  client_.Call(std::move(call), [id = job.id](const Result<HttpResponse>& response) {
    bool cancelled = response.ok() && response->status == 200;
    Log(Severity::kWarning, cancelled ? "a late query was cancelled" : "a late query runs on",
        {{"job", id}});
  });
}

}  // namespace tipoff
