#include "flow/leadership.h"

#include "base/crash_point.h"
#include "base/log.h"
#include "base/mutant.h"
#include "flow/watch.h"

namespace tipoff {
namespace {

// Of giving up, when the process is about to end.
constexpr auto kGiveUpTime = std::chrono::seconds(1);

}  // namespace

Leadership::Leadership(Loop& loop, Store& store, std::string name, Incarnation owner, Duration ttl)
    : loop_(loop), store_(store), name_(std::move(name)), owner_(std::move(owner)), ttl_(ttl) {}

void Leadership::Take(std::function<void(bool)> done) {
  Duration asked_at = loop_.Steady();
  bool nameless = TIPOFF_MUTANT("lease-without-incarnation");
  store_.AcquireLease(
      name_, nameless ? Incarnation("coordinator") : owner_, ttl_,
      Watched<LeaseGrant>(loop_, NotKnown(), [this, asked_at, done](Result<LeaseGrant> grant) {
        Granted(grant, asked_at);
        TIPOFF_CRASH_POINT("leadership/taken");
        done(held());
      }));
}

void Leadership::Granted(const Result<LeaseGrant>& grant, Duration asked_at) {
  bool before = granted_;
  granted_ = grant.ok() && grant->granted;
  if (!grant.ok()) {
    Log(Severity::kWarning, "the lease can't be asked for",
        {{"lease", name_}, {"error", grant.error().message}});
    return;
  }
  until_ = grant->until;
  holder_ = grant->holder.str();
  if (granted_ && grant->token != token_) {
    Log(Severity::kInfo, "this coordinator holds the lease",
        {{"lease", name_}, {"token", std::to_string(grant->token)}});
  }
  if (before && !granted_) {
    Log(Severity::kWarning, "another coordinator holds the lease now",
        {{"lease", name_}, {"holder", grant->holder.str()}});
  }
  if (!granted_) return;
  token_ = grant->token;
  lapses_at_ = asked_at + ttl_;
}

void Leadership::Keep(std::uint64_t token, std::function<void(bool)> done) {
  if (!held() || token != token_) return loop_.Post([done] { done(false); });
  if (loop_.Steady() + ttl_ / 2 < lapses_at_) return loop_.Post([done] { done(true); });
  Take([this, token, done](bool held) { done(held && token == token_); });
}

bool Leadership::held() const {
  return granted_ && store_.Now() < until_ && loop_.Steady() < lapses_at_;
}

bool Leadership::somebody() const { return store_.Now() < until_; }

void Leadership::GiveUp(std::function<void()> done) {
  if (!std::exchange(granted_, false)) return loop_.Post(std::move(done));
  until_ = Instant();
  store_.AcquireLease(name_, owner_, Duration(0),
                      Watched<LeaseGrant>(
                          loop_, NotKnown(),
                          [done](Result<LeaseGrant>) {
                            TIPOFF_CRASH_POINT("leadership/given-up");
                            done();
                          },
                          kGiveUpTime));
}

}  // namespace tipoff
