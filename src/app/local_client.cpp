#include "app/local_client.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <deque>
#include <optional>

#include "app/fields.h"
#include "app/service.h"
#include "app/settings.h"

namespace tipoff {
namespace {

// Above any time within which the API answers or says that it can't.
constexpr Duration kLocalCallTime = std::chrono::seconds(60);
// What an order has set going is let finish before the process ends; the rest goes on in the next.
constexpr Duration kFinishTime = std::chrono::seconds(15);
constexpr Duration kFinishLook = std::chrono::milliseconds(2);

// What came of one call. Touched on the loop only.
struct Exchange {
  explicit Exchange(AsioLoop& a_loop) : loop(a_loop) {}

  AsioLoop& loop;
  std::optional<HttpResponse> response;
  bool streaming = false;
  bool closed = false;  // By either side: the loop may be gone.
  std::deque<std::string> events;
};

class LocalSink final : public EventSink {
 public:
  explicit LocalSink(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  bool Send(std::string event) override {
    if (exchange_->closed) return false;
    exchange_->events.push_back(std::move(event));
    exchange_->loop.Stop();
    return true;
  }
  void Close() override {
    if (exchange_->closed) return;
    exchange_->closed = true;
    exchange_->loop.Stop();
  }
  bool closed() const override { return exchange_->closed; }

 private:
  std::shared_ptr<Exchange> exchange_;
};

class LocalResponder final : public Responder {
 public:
  explicit LocalResponder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~LocalResponder() override {
    if (exchange_->response || exchange_->streaming || exchange_->closed) return;
    HttpResponse unanswered;
    unanswered.status = 500;
    Send(std::move(unanswered));
  }
  void Send(HttpResponse response) override {
    exchange_->response = std::move(response);
    exchange_->loop.Stop();
  }
  std::shared_ptr<EventSink> Stream() override {
    exchange_->streaming = true;
    exchange_->loop.Stop();
    return std::make_shared<LocalSink>(exchange_);
  }

 private:
  std::shared_ptr<Exchange> exchange_;
};

class LocalClient final : public ApiClient {
 public:
  LocalClient(const Globals& globals, Writes writes) : globals_(globals), writes_(writes) {}
  ~LocalClient() override { Close(); }

  // Nothing runs by itself on the open folder: what a call sets going is all that happens.
  Status Open(Access access) {
    Close();
    auto service = Service::Open(globals_, access, ServiceOptionsFrom(globals_.config));
    if (!service.ok()) return service.error();
    service_ = std::move(*service);
    access_ = access;
    return Ok();
  }

  Status MakeWritable() {
    if (access_ == Access::kReadWrite) return Ok();
    if (writes_ == Writes::kNever) {
      return Error{Errc::kDenied, fmt::format("'{}' is opened for looking only", globals_.data)};
    }
    // Kept beside, so that there is still something to look at if this fails.
    std::unique_ptr<Service> read_only = std::move(service_);
    Status writable = Open(Access::kReadWrite);
    if (!writable.ok()) service_ = std::move(read_only);
    return writable;
  }

  Result<HttpResponse> Call(const std::string& method, const std::string& path, const Pairs& query,
                            const std::string& body, const Pairs& headers) override {
    if (method != "GET") TIPOFF_TRY_STATUS(MakeWritable());
    HttpRequest request = MakeRequest(method, path, query, body, headers);
    TIPOFF_TRY(HttpResponse response, Ask(request));
    if (method != "GET" || !NamesOneBatch(path) || !MayHaveToEnd(response)) return response;
    // The end of a batch that is asked for after its time is written before it is told; where the
    // folder can't be written, it stays "overdue".
    cannot_write_ = !MakeWritable().ok();
    return cannot_write_ ? response : Ask(request);
  }

  Status Stream(const std::string& path, const std::string& last_event_id, Duration limit,
                const OnEvent& event) override {
    Pairs headers;
    if (!last_event_id.empty()) headers.emplace_back("last-event-id", last_event_id);
    auto exchange = std::make_shared<Exchange>(loop());
    service_->api().HandleLocal(MakeRequest("GET", path, {}, "", headers),
                                std::make_shared<LocalResponder>(exchange));
    Duration give_up = Steady() + limit;
    while (Steady() < give_up) {
      if (exchange->response) return CheckRefusal(*exchange->response);
      while (!exchange->events.empty()) {
        std::string text = std::move(exchange->events.front());
        exchange->events.pop_front();
        if (!Tell(text, event)) {
          exchange->closed = true;
          return Ok();
        }
      }
      if (exchange->closed) return Error{Errc::kUnavailable, "the stream has ended"};
      RunFor(give_up - Steady());
    }
    exchange->closed = true;
    return Ok();
  }

  void Pause(Duration pause) override {
    Duration until = Steady() + pause;
    while (Steady() < until) RunFor(until - Steady());
  }
  Duration Steady() override { return loop().Steady(); }
  std::string where() const override { return globals_.data; }

 private:
  AsioLoop& loop() { return service_->engines().loop(); }

  // Runs the loop until something stops it, or for `limit`.
  void RunFor(Duration limit) {
    Loop::TimerId timer = loop().After(limit, [this] { loop().Stop(); });
    loop().Run();
    loop().Cancel(timer);
  }

  void Close() {
    if (service_ == nullptr) return;
    Duration give_up = Steady() + kFinishTime;
    while (!service_->coordinator().idle() && Steady() < give_up) RunFor(kFinishLook);
    service_.reset();
  }

  bool MayHaveToEnd(const HttpResponse& response) const {
    if (access_ == Access::kReadWrite || writes_ == Writes::kNever || cannot_write_) return false;
    auto batch = ParseObject(response.body);
    return response.status == 200 && batch.ok() && !BatchEnded(*batch);
  }

  static bool NamesOneBatch(const std::string& path) {
    constexpr std::string_view kBatches = "/v1/batches/";
    return path.starts_with(kBatches) &&
           path.find_first_of("/:", kBatches.size()) == std::string::npos;
  }

  HttpRequest MakeRequest(const std::string& method, const std::string& path, const Pairs& query,
                          const std::string& body, const Pairs& headers) const {
    HttpRequest request;
    request.method = method;
    request.path = path;
    for (const auto& [name, value] : query) request.query[name] = value;
    for (const auto& [name, value] : headers) request.headers[name] = value;
    request.body = body;
    request.remote = "local";
    return request;
  }

  Result<HttpResponse> Ask(const HttpRequest& request) {
    auto exchange = std::make_shared<Exchange>(loop());
    service_->api().HandleLocal(request, std::make_shared<LocalResponder>(exchange));
    Duration give_up = Steady() + kLocalCallTime;
    while (!exchange->response) {
      if (Steady() >= give_up) {
        exchange->closed = true;
        return Error{Errc::kUnavailable, fmt::format("'{}' gives no answer", globals_.data)};
      }
      RunFor(give_up - Steady());
    }
    return std::move(*exchange->response);
  }

  static Status CheckRefusal(const HttpResponse& response) {
    auto answer = CheckAnswer(response);
    if (!answer.ok()) return answer.error();
    return Error{Errc::kUnavailable, "no event stream"};
  }

  // Hands one event on: "id: 7\ndata: {...}\n\n".
  static bool Tell(const std::string& text, const OnEvent& event) {
    std::string id, data;
    std::size_t begin = 0;
    while (begin < text.size()) {
      std::size_t end = std::min(text.find('\n', begin), text.size());
      std::string line = text.substr(begin, end - begin);
      if (line.starts_with("id: ")) id = line.substr(4);
      if (line.starts_with("data: ")) data = line.substr(6);
      begin = end + 1;
    }
    return data.empty() || event(id, data);
  }

  Globals globals_;
  Writes writes_;
  Access access_ = Access::kReadOnly;
  bool cannot_write_ = false;
  std::unique_ptr<Service> service_;
};

}  // namespace

Result<std::unique_ptr<ApiClient>> OpenLocalClient(const Globals& globals, Writes writes) {
  auto client = std::make_unique<LocalClient>(globals, writes);
  Status opened = client->Open(Access::kReadOnly);
  // A folder that can't be written can still be looked at.
  if (opened.ok() && writes == Writes::kFromTheStart) (void)client->MakeWritable();
  if (opened.ok()) return std::unique_ptr<ApiClient>(std::move(client));
  if (opened.error().code != Errc::kNotFound) return opened.error();
  return Error{
      Errc::kNotFound,
      fmt::format("there are no batches in '{}' yet: `tipoff demo` shows how it goes, "
                  "`tipoff import FILE...` brings data; or name another folder with --data",
                  globals.data)};
}

}  // namespace tipoff
