#include "app/bigquery_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/json.h"
#include "base/log.h"
#include "flow/watch.h"
#include "view/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

// Of one call; BigQuery asks for no more than 500.
constexpr std::size_t kRowsPerCall = 500;
constexpr Duration kInsertTime = std::chrono::seconds(20);
// How often, and for how long in one try, somebody looks whether the rows are there.
constexpr Duration kRowsLook = std::chrono::milliseconds(200);
constexpr Duration kRowsPatience = std::chrono::seconds(30);

// One end whose other announcements wait for its rows.
class RowsWait : public std::enable_shared_from_this<RowsWait> {
 public:
  RowsWait(Loop& loop, Store& store, Announce next, Notice notice,
           std::function<void(AnnounceAnswer)> done)
      : loop_(loop),
        store_(store),
        next_(std::move(next)),
        notice_(std::move(notice)),
        done_(std::move(done)),
        until_(loop.Steady() + kRowsPatience) {
    const Announcement& mine = notice_.announcement;
    id_ = mine.id.substr(0, mine.id.size() - mine.target.size()) + kBigqueryTarget;
  }

  void Look() {
    auto listed = [self = shared_from_this()](const Result<std::vector<Announcement>>& found) {
      self->Found(found);
    };
    store_.ListAnnouncements(
        {.id = id_}, Watched<std::vector<Announcement>>(loop_, NoAnswer(), std::move(listed)));
  }

 private:
  void Found(const Result<std::vector<Announcement>>& found) {
    if (!found.ok()) return done_({found.error()});
    // An end from before the table was named has no rows to wait for.
    bool wait = !found->empty() && found->front().sent_at.never() && !found->front().dead;
    if (!wait) return next_(notice_, std::move(done_));
    if (loop_.Steady() >= until_) {
      return done_({Error{Errc::kUnavailable,
                          "its rows are not in BigQuery yet: " + found->front().last_error}});
    }
    loop_.After(kRowsLook, [self = shared_from_this()] { self->Look(); });
  }

  Loop& loop_;
  Store& store_;
  Announce next_;
  Notice notice_;
  std::function<void(AnnounceAnswer)> done_;
  Duration until_;
  std::string id_;  // Of the rows' own announcement.
};

std::string InsertUrl(const BigqueryRowsOptions& options) {
  std::size_t first = options.table.find('.'), last = options.table.rfind('.');
  return fmt::format("{}/bigquery/v2/projects/{}/datasets/{}/tables/{}/insertAll", options.endpoint,
                     options.table.substr(0, first),
                     options.table.substr(first + 1, last - first - 1),
                     options.table.substr(last + 1));
}

// What BigQuery says of rows that it did not take; "" if it took all.
std::string RowProblems(const std::string& body) {
  auto parsed = ParseJson(body);
  if (!parsed.ok()) return "an answer that is no JSON";
  JsonReader reader(*parsed);
  const json::array* rows = reader.Array("insertErrors");
  if (rows == nullptr || rows->empty()) return "";
  JsonReader row(rows->front());
  const json::array* errors = row.Array("errors");
  std::string what = "an error without words";
  if (errors != nullptr && !errors->empty()) {
    JsonReader error(errors->front());
    what = fmt::format("{} {}", error.Text("location"), error.Text("message"));
  }
  return fmt::format("{} rows were refused, row {}: {}", rows->size(), row.Integer("index"), what);
}

}  // namespace

std::string InsertBody(const Batch& batch, const std::vector<PredictionView>& rows,
                       std::size_t first, std::size_t count) {
  json::array array;
  for (std::size_t i = first; i < std::min(first + count, rows.size()); ++i) {
    json::object row = PredictionToJson(rows[i].spec, rows[i].prediction);
    row["batch_id"] = batch.id.str();
    row["game_date"] = FormatDay(batch.slot.game_date);
    row["dataset_prefix"] = batch.slot.dataset;
    row["stat"] = rows[i].prediction.stat;
    row["publication"] = batch.publication;
    row["published_at"] = InstantToJson(batch.terminal_at);
    array.push_back({{"insertId", rows[i].prediction.prediction_id}, {"json", std::move(row)}});
  }
  return DumpJson(json::object{{"rows", std::move(array)}});
}

Announce AfterRows(Loop& loop, Store& store, Announce next) {
  return [&loop, &store, next = std::move(next)](const Notice& notice,
                                                 std::function<void(AnnounceAnswer)> done) {
    if (notice.announcement.kind != "batch.ended") return next(notice, std::move(done));
    std::make_shared<RowsWait>(loop, store, next, notice, std::move(done))->Look();
  };
}

// The rows of one end on their way.
struct BigqueryRows::Insert {
  Batch batch;
  std::vector<PredictionView> rows;
  std::size_t sent = 0;
  std::string token;
  std::function<void(AnnounceAnswer)> done;
};

BigqueryRows::BigqueryRows(Loop& loop, Store& store, BigqueryRowsOptions options)
    : loop_(loop), store_(store), options_(std::move(options)) {
  if (options_.table.empty()) return;
  client_ = std::make_unique<HttpClient>(loop);
  account_ = std::make_unique<BigqueryAccount>(loop, *client_, options_.account);
}

void BigqueryRows::AddTo(std::map<std::string, Announce>& announcers) {
  if (options_.table.empty()) return;
  for (auto& [target, announce] : announcers) {
    if (target != "log") announce = AfterRows(loop_, store_, std::move(announce));
  }
  announcers[kBigqueryTarget] = [this](const Notice& notice, auto done) {
    Send(notice, std::move(done));
  };
}

void BigqueryRows::Send(const Notice& notice, std::function<void(AnnounceAnswer)> done) {
  const Batch& batch = notice.batch;
  bool published = notice.announcement.kind == "batch.ended" && batch.publication > 0;
  if (!published) return done({});
  auto insert = std::make_shared<Insert>();
  insert->batch = batch;
  insert->done = std::move(done);
  ListPredictionViews(store_, batch, [this, insert](Result<std::vector<PredictionView>> rows) {
    if (!rows.ok()) return insert->done({rows.error()});
    insert->rows = std::move(*rows);
    account_->WithToken([this, insert](Result<std::string> token) {
      if (!token.ok()) return insert->done({token.error()});
      insert->token = std::move(*token);
      Next(insert);
    });
  });
}

void BigqueryRows::Next(std::shared_ptr<Insert> insert) {
  if (insert->sent >= insert->rows.size()) {
    Log(Severity::kInfo, "published predictions are in BigQuery",
        {{"batch_id", insert->batch.id.str()}, {"rows", std::to_string(insert->rows.size())}});
    return insert->done({});
  }
  HttpCall call;
  call.method = "POST";
  call.url = InsertUrl(options_);
  call.headers = {{"Authorization", "Bearer " + insert->token},
                  {"Content-Type", "application/json"}};
  call.body = InsertBody(insert->batch, insert->rows, insert->sent, kRowsPerCall);
  call.timeout = kInsertTime;
  client_->Call(std::move(call), [this, insert](const Result<HttpResponse>& response) {
    Answered(insert, response);
  });
}

// After an error all rows are sent again, later; those that are there are known by their ids.
void BigqueryRows::Answered(std::shared_ptr<Insert> insert, const Result<HttpResponse>& response) {
  if (!response.ok()) return insert->done({response.error()});
  if (response->status != 200) {
    if (response->status == 401) account_->Forget();
    return insert->done(
        {BigqueryRefusal(*response,
                         "; publish.bigquery.table must be there, and the account needs the role "
                         "bigquery.dataEditor on it")});
  }
  std::string problems = RowProblems(response->body);
  if (!problems.empty()) {
    return insert->done({Error{
        Errc::kUnavailable, "BigQuery: " + problems + "; compare the table with docs/history.md"}});
  }
  insert->sent += kRowsPerCall;
  Next(insert);
}

}  // namespace tipoff
