#include "http/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "http/events.h"
#include "http/transfer.h"

namespace tipoff {
namespace {

using Multi = std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)>;

constexpr std::size_t kCallsMax = 1000;     // Under way and waiting: a webhook that is down.
constexpr long kConnectionsMax = 64;        // At a time; further calls wait for one.
constexpr int kPollMs = 1000;               // curl wakes earlier whenever something happens.
constexpr std::size_t kRefusalMax = 65536;  // Of a stream's error that is shown.

// What an answer other than 200 means to somebody who wanted a stream.
Error StreamRefused(const HttpResponse& response, const std::string& where) {
  std::string words = ServerWords(response);
  if (response.status == 404) return {Errc::kNotFound, words};
  if (response.status == 401 || response.status == 403) return {Errc::kDenied, words};
  bool later = response.status == 429 || response.status >= 500;
  return {later ? Errc::kUnavailable : Errc::kInvalid,
          fmt::format("{} answered {}: {}", where, response.status, words)};
}

// Runs the one transfer of `multi` until it ends; nothing if `idle` passed without a byte.
std::optional<CURLcode> RunStream(CURLM* multi, Transfer& transfer, Duration idle) {
  while (true) {
    int running = 0;
    curl_multi_perform(multi, &running);
    int left = 0;
    if (CURLMsg* message = curl_multi_info_read(multi, &left)) return message->data.result;
    Duration waited = transfer.elapsed() - transfer.last_byte_at();
    if (waited >= idle) return std::nullopt;
    auto rest = std::chrono::ceil<std::chrono::milliseconds>(idle - waited).count();
    curl_multi_poll(multi, nullptr, 0, static_cast<int>(std::min<long>(rest, kPollMs)), nullptr);
  }
}

}  // namespace

Result<HttpResponse> CallHttp(const HttpCall& call) {
  TIPOFF_TRY(auto transfer, Transfer::Make(call));
  NoBrokenPipe guard;
  return transfer->Finish(curl_easy_perform(transfer->handle()));
}

Status StreamHttp(const HttpCall& call, Duration idle,
                  const std::function<bool(const std::string&, const std::string&)>& event) {
  EventReader reader(call.body_max);
  bool enough = false;
  Status failed = Ok();
  std::string refusal;
  auto on_bytes = [&](const HttpResponse& head, std::string_view bytes) {
    if (head.status != 200) {
      refusal += bytes.substr(0, kRefusalMax - std::min(refusal.size(), kRefusalMax));
      return true;
    }
    auto more = reader.Put(bytes, event);
    if (!more.ok()) failed = more.error();
    enough = more.ok() && !*more;
    return more.ok() && *more;
  };
  HttpCall accepting = call;
  accepting.headers.emplace_back("Accept", "text/event-stream");
  TIPOFF_TRY(auto transfer, Transfer::Make(std::move(accepting), on_bytes));
  NoBrokenPipe guard;
  Multi multi(curl_multi_init(), curl_multi_cleanup);
  curl_multi_add_handle(multi.get(), transfer->handle());
  auto code = RunStream(multi.get(), *transfer, idle);
  curl_multi_remove_handle(multi.get(), transfer->handle());
  if (enough) return Ok();
  TIPOFF_TRY_STATUS(failed);
  if (!code) {
    return Error{Errc::kUnavailable, fmt::format("nothing came from {} for {}", transfer->where(),
                                                 FormatDuration(idle))};
  }
  TIPOFF_TRY(HttpResponse response, transfer->Finish(*code));
  if (response.status != 200) {
    response.body = std::move(refusal);
    return StreamRefused(response, transfer->where());
  }
  return Error{Errc::kUnavailable, fmt::format("{} ended the stream", transfer->where())};
}

struct HttpClient::Impl {
  using Done = std::function<void(Result<HttpResponse>)>;
  struct Job {
    std::unique_ptr<Transfer> transfer;
    Done done;
  };

  explicit Impl(Loop& the_loop) : loop(the_loop) {}

  Loop& loop;
  // Gone when the client is: what is still posted then does not run.
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  Multi multi{curl_multi_init(), curl_multi_cleanup};
  std::mutex mutex;
  std::vector<Job> waiting;
  std::size_t calls = 0;  // Waiting and under way.
  bool stopping = false;
  std::map<CURL*, Job> under_way;  // The thread's own.
  std::thread thread;

  void Answer(Done done, Result<HttpResponse> result) {
    loop.Post(
        [still = std::weak_ptr<bool>(alive), done = std::move(done), result = std::move(result)] {
          if (!still.expired()) done(result);
        });
  }

  // False when it is time to end.
  bool Begin() {
    std::scoped_lock guard(mutex);
    for (Job& job : waiting) {
      CURL* handle = job.transfer->handle();
      curl_multi_add_handle(multi.get(), handle);
      under_way.emplace(handle, std::move(job));
    }
    waiting.clear();
    return !stopping;
  }

  void End(CURL* handle, CURLcode code) {
    auto entry = under_way.find(handle);
    Job job = std::move(entry->second);
    under_way.erase(entry);
    curl_multi_remove_handle(multi.get(), handle);
    Answer(std::move(job.done), job.transfer->Finish(code));
    std::scoped_lock guard(mutex);
    --calls;
  }

  void Run() {
    NoBrokenPipe guard;
    while (Begin()) {
      int running = 0;
      curl_multi_perform(multi.get(), &running);
      int left = 0;
      while (CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
        End(message->easy_handle, message->data.result);
      }
      curl_multi_poll(multi.get(), nullptr, 0, kPollMs, nullptr);
    }
    for (auto& [handle, job] : under_way) curl_multi_remove_handle(multi.get(), handle);
    under_way.clear();
  }
};

HttpClient::HttpClient(Loop& loop) : impl_(std::make_unique<Impl>(loop)) {
  curl_multi_setopt(impl_->multi.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, kConnectionsMax);
  impl_->thread = std::thread([impl = impl_.get()] { impl->Run(); });
}

HttpClient::~HttpClient() {
  {
    std::scoped_lock guard(impl_->mutex);
    impl_->stopping = true;
  }
  curl_multi_wakeup(impl_->multi.get());
  impl_->thread.join();
}

void HttpClient::Call(HttpCall call, std::function<void(Result<HttpResponse>)> done) {
  auto transfer = Transfer::Make(std::move(call));
  if (!transfer.ok()) return impl_->Answer(std::move(done), transfer.error());
  {
    std::scoped_lock guard(impl_->mutex);
    if (impl_->calls < kCallsMax) {
      ++impl_->calls;
      impl_->waiting.push_back({std::move(*transfer), std::move(done)});
    }
  }
  if (done) {
    return impl_->Answer(
        std::move(done),
        Error{Errc::kExhausted, fmt::format("{} HTTP calls are under way already", kCallsMax)});
  }
  curl_multi_wakeup(impl_->multi.get());
}

}  // namespace tipoff
