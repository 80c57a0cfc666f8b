#include "google/calls.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>

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
  void Add(grpc::ClientContext* context) {
    std::scoped_lock guard(mutex_);
    contexts_.insert(context);
  }
  void Remove(grpc::ClientContext* context) {
    std::scoped_lock guard(mutex_);
    contexts_.erase(context);
    if (contexts_.empty()) empty_.notify_all();
  }
  void CancelAll() {
    std::unique_lock guard(mutex_);
    // A cancelled call may end at once, on this very thread.
    for (grpc::ClientContext* context : std::vector(contexts_.begin(), contexts_.end())) {
      if (contexts_.contains(context)) context->TryCancel();
    }
    empty_.wait(guard, [this] { return contexts_.empty(); });
  }

 private:
  std::recursive_mutex mutex_;
  std::condition_variable_any empty_;
  std::set<grpc::ClientContext*> contexts_;
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
  under_way_->Add(context.get());
  std::weak_ptr<Calls*> self = self_;
  // On gRPC's thread: the loop is there still, for the destructor waits for Remove.
  auto over = [&loop = loop_, self, call, context,
               under_way = under_way_](const grpc::Status& status) mutable {
    // The call goes to the loop's thread with all that it holds, and ends there.
    loop.Post([self, call = std::move(call), status] {
      if (auto alive = self.lock()) (*alive)->Tried(call, status);
    });
    under_way->Remove(context.get());
  };
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
