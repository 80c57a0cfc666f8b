// Calls by gRPC on behalf of objects that live on the loop: deadlines, retries, answers posted.
// Includes gRPC: for .cpp files of adapters only.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "base/result.h"
#include "core/limits.h"
#include "google/status.h"

namespace tipoff::gcloud {

// Tries of one call, the first included, and the pauses between them: they double from the first
// to the last, each shortened at random by up to a half, so that callers part. 6 tries are about
// 1.5 s: what takes longer is the caller's to judge.
inline constexpr int kCallTries = 6;
inline constexpr Duration kFirstPause = std::chrono::milliseconds(50);
inline constexpr Duration kLongestPause = std::chrono::seconds(2);

struct CallSpec {
  std::string what;  // For messages: "Firestore commit".
  Effect effect = Effect::kRead;
  Duration limit = limits::kCallTime;  // In all, tries and pauses included.
  std::vector<std::pair<std::string, std::string>> metadata;
};

// What a call holds goes from thread to thread under locks of gRPC's own. Said at each handing
// over, before anything of the call is touched, in words of the language's memory model: tools that
// can't look into gRPC read those.
inline void HandOver() {
  static std::atomic<int> baton = 0;
  baton.fetch_add(1, std::memory_order_acq_rel);
}

// The calls under way of one adapter. From the loop's thread only. Each call's `done` is run on the
// loop, exactly once, never inside the call; after the destructor no more.
class Calls {
 public:
  explicit Calls(Loop& loop);
  // Cancels what is under way and waits until gRPC has let go of it.
  ~Calls();
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  // `start` begins one try: it hands the context to the stub's asynchronous method, and the
  // function to be called, on any thread, once it is over. Run again for each try.
  using Over = std::function<void(grpc::Status)>;
  using Try = std::function<void(grpc::ClientContext*, Over)>;
  void Run(CallSpec spec, Try start, std::function<void(Status)> done);

  // Runs `task` on the loop after a while, unless the destructor came first.
  void Later(Duration pause, std::function<void()> task);

  // One request, one answer: `start(context, response, over)`.
  template <class Response>
  void Unary(CallSpec spec, std::function<void(grpc::ClientContext*, Response*, Over)> start,
             std::function<void(Result<Response>)> done) {
    auto response = std::make_shared<Response>();
    Run(
        std::move(spec),
        [response, start = std::move(start)](grpc::ClientContext* context, Over over) {
          response->Clear();
          start(context, response.get(), std::move(over));
        },
        [response, done = std::move(done)](Status status) {
          done(status.ok() ? Result<Response>(std::move(*response)) : status.error());
        });
  }

  // One request, a stream of answers, collected: `start(context, reactor)`.
  template <class Response>
  void Stream(CallSpec spec,
              std::function<void(grpc::ClientContext*, grpc::ClientReadReactor<Response>*)> start,
              std::function<void(Result<std::vector<Response>>)> done) {
    auto responses = std::make_shared<std::vector<Response>>();
    Run(
        std::move(spec),
        [responses, start = std::move(start)](grpc::ClientContext* context, Over over) {
          responses->clear();
          auto* collector = new Collector<Response>(*responses, std::move(over));
          start(context, collector);
          collector->Begin();
        },
        [responses, done = std::move(done)](Status status) {
          done(status.ok() ? Result<std::vector<Response>>(std::move(*responses)) : status.error());
        });
  }

 private:
  // Deletes itself when gRPC is done with it.
  template <class Response>
  class Collector final : public grpc::ClientReadReactor<Response> {
   public:
    Collector(std::vector<Response>& into, Over over) : into_(into), over_(std::move(over)) {}
    void Begin() {
      HandOver();
      this->StartRead(&next_);
      this->StartCall();
    }
    void OnReadDone(bool ok) override {
      HandOver();
      if (!ok) return;
      into_.push_back(std::move(next_));
      next_ = Response();
      HandOver();
      this->StartRead(&next_);
    }
    void OnDone(const grpc::Status& status) override {
      HandOver();
      Over over = std::move(over_);
      delete this;
      over(status);
    }

   private:
    std::vector<Response>& into_;
    Over over_;
    Response next_;
  };

  struct Call;
  class UnderWay;
  void Begin(std::shared_ptr<Call> call);
  void Tried(const std::shared_ptr<Call>& call, const grpc::Status& status);

  Loop& loop_;
  std::shared_ptr<UnderWay> under_way_;
  std::shared_ptr<Calls*> self_;  // What posted tasks hold weakly.
};

}  // namespace tipoff::gcloud
