#include "google/calls.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>

#include "base/random.h"

namespace tipoff::gcloud {

struct Calls::Call {
  CallSpec spec;
  Try start;
  std::function<void(Status)> done;
  Duration deadline;  // By the loop's steady clock.
  int tries = 0;
};

// The contexts that gRPC holds. Shared with its threads.
class Calls::UnderWay {
 public:
  void Add(std::shared_ptr<grpc::ClientContext> context) {
    std::scoped_lock guard(mutex_);
    grpc::ClientContext* key = context.get();
    contexts_[key] = std::move(context);
  }
  // The context ends in here, before anybody hears that it is gone: it holds the channel, and one
  // that ended on gRPC's thread, as its last holder, would wait for that thread.
  void Remove(grpc::ClientContext* key) {
    std::shared_ptr<grpc::ClientContext> ending;
    {
      std::scoped_lock guard(mutex_);
      ending = std::move(contexts_.at(key));
    }
    ending.reset();
    std::scoped_lock guard(mutex_);
    contexts_.erase(key);
    if (contexts_.empty()) empty_.notify_all();
  }
  void CancelAll() {
    std::vector<std::shared_ptr<grpc::ClientContext>> all;
    std::unique_lock guard(mutex_);
    for (const auto& [key, context] : contexts_) {
      if (context != nullptr) all.push_back(context);
    }
    // A cancelled call may end at once, on this very thread.
    guard.unlock();
    for (const auto& context : all) context->TryCancel();
    all.clear();
    guard.lock();
    empty_.wait(guard, [this] { return contexts_.empty(); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable empty_;
  std::map<grpc::ClientContext*, std::shared_ptr<grpc::ClientContext>> contexts_;
};

namespace {

Duration Pause(int tries, Duration now) {
  Duration longest = std::min(kLongestPause, kFirstPause * (1 << std::min(tries - 1, 10)));
  double share =
      UnitInterval(Mix(static_cast<std::uint64_t>(now.count()), static_cast<std::uint64_t>(tries)));
  return longest -
         Duration(static_cast<std::int64_t>(static_cast<double>(longest.count()) * share / 2));
}

}  // namespace

Calls::Calls(Loop& loop)
    : loop_(loop),
      under_way_(std::make_shared<UnderWay>()),
      self_(std::make_shared<Calls*>(this)) {}

Calls::~Calls() {
  self_.reset();
  under_way_->CancelAll();
}

void Calls::Run(CallSpec spec, Try start, std::function<void(Status)> done) {
  auto call = std::make_shared<Call>();
  call->deadline = loop_.Steady() + spec.limit;
  call->spec = std::move(spec);
  call->start = std::move(start);
  call->done = std::move(done);
  Begin(std::move(call));
}

void Calls::Later(Duration pause, std::function<void()> task) {
  std::weak_ptr<Calls*> self = self_;
  auto guarded = [self, task = std::move(task)] {
    if (!self.expired()) task();
  };
  if (pause > Duration(0)) {
    loop_.After(pause, std::move(guarded));
  } else {
    loop_.Post(std::move(guarded));
  }
}

void Calls::Begin(std::shared_ptr<Call> call) {
  ++call->tries;
  auto context = std::make_shared<grpc::ClientContext>();
  Duration left = std::max(call->deadline - loop_.Steady(), Duration(1));
  context->set_deadline(
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_micros(left.count(), GPR_TIMESPAN)));
  for (const auto& [key, value] : call->spec.metadata) context->AddMetadata(key, value);
  under_way_->Add(context);
  std::weak_ptr<Calls*> self = self_;
  // On gRPC's thread: the loop is there still, for the destructor waits for Remove.
  auto over = [&loop = loop_, self, call, key = context.get(),
               under_way = under_way_](const grpc::Status& status) mutable {
    HandOver();
    // The call goes to the loop's thread with all that it holds, and ends there.
    loop.Post([self, call = std::move(call), status] {
      if (auto alive = self.lock()) (*alive)->Tried(call, status);
    });
    under_way->Remove(key);
  };
  HandOver();
  call->start(context.get(), std::move(over));
}

void Calls::Tried(const std::shared_ptr<Call>& call, const grpc::Status& status) {
  if (status.ok()) {
    call->done(Ok());
    return;
  }
  Duration pause = Pause(call->tries, loop_.Steady());
  bool again = MayRetry(status, call->spec.effect) && call->tries < kCallTries &&
               loop_.Steady() + pause < call->deadline;
  if (!again) {
    call->done(ToError(status, call->spec.effect, call->spec.what));
    return;
  }
  Later(pause, [this, call] { Begin(call); });
}

}  // namespace tipoff::gcloud
