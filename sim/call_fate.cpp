#include "sim/call_fate.h"

#include <fmt/format.h>

#include "core/limits.h"

namespace tipoff::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

CallFate Ways(Faults& faults, std::uint64_t entity) {
  CallFate fate;
  fate.crash_before = faults.Strike(Site::kCrashBefore, entity).has_value();
  fate.crash_after = faults.Strike(Site::kCrashAfter, entity).has_value();
  fate.there = faults.Latency(entity, microseconds(50), milliseconds(2));
  fate.back = faults.Latency(entity, microseconds(50), milliseconds(2));
  return fate;
}

// A call that is not answered in time is answered by its adapter.
Duration Given(const Fault& fault) {
  return fault.Pick(3) == 0 ? limits::kCallTime : fault.Between(milliseconds(1), seconds(2));
}

}  // namespace

CallFate StoreFate(Faults& faults, std::uint64_t entity, std::string_view call, CallKind kind,
                   bool outage) {
  CallFate fate = Ways(faults, entity);
  auto fail = [&](Errc code, std::string_view how) {
    if (kind == CallKind::kRead) code = Errc::kUnavailable;
    fate.error = Error{code, fmt::format("{} {}", call, how)};
  };
  auto strike = [&](Site site) {
    auto fault = faults.Strike(site, entity);
    if (fault) fate.fault = site;
    return fault;
  };
  if (outage) {
    fate.fault = Site::kStoreOutage;
    fate.applied = false;
    fail(Errc::kUnavailable, "refused: the store is down");
  } else if (auto silent = strike(Site::kStoreSilent)) {
    fate.silent = true;
    fate.applied = silent->Pick(2) == 0;
  } else if (auto refused = strike(Site::kStoreRefused)) {
    fate.applied = false;
    fate.back = Given(*refused);
    fail(Errc::kUnavailable, "refused");
  } else if (auto lost = strike(Site::kStoreLostRequest)) {
    fate.applied = false;
    fate.back = Given(*lost);
    fail(Errc::kUnknownOutcome, "not answered");
  } else if (auto unheard = strike(Site::kStoreLostAnswer)) {
    fate.back = Given(*unheard);
    fail(Errc::kUnknownOutcome, "not answered");
  } else if (auto slow = strike(Site::kStoreSlow)) {
    fate.there = slow->Between(milliseconds(5), seconds(4));
    fate.back = slow->Between(milliseconds(5), seconds(4));
  }
  if (kind == CallKind::kWrite && !outage && !fate.error && !fate.silent) {
    if (auto late = strike(Site::kStoreLateApply)) {
      fate.back = limits::kCallTime;
      fate.late = late->Between(milliseconds(1), seconds(30));
      fail(Errc::kUnknownOutcome, "not answered");
    }
  }
  return fate;
}

CallFate BusFate(Faults& faults, std::uint64_t entity, std::string_view call) {
  CallFate fate = Ways(faults, entity);
  auto strike = [&](Site site) {
    auto fault = faults.Strike(site, entity);
    if (fault) fate.fault = site;
    return fault;
  };
  if (auto silent = strike(Site::kBusSilent)) {
    fate.silent = true;
    fate.applied = silent->Pick(2) == 0;
  } else if (auto refused = strike(Site::kBusRefused)) {
    fate.applied = false;
    fate.back = Given(*refused);
    fate.error = Error{Errc::kUnavailable, fmt::format("{} refused", call)};
  } else if (auto unheard = strike(Site::kBusLostAnswer)) {
    fate.back = Given(*unheard);
    fate.error = Error{Errc::kUnavailable, fmt::format("{} not answered", call)};
  } else if (auto slow = strike(Site::kBusSlow)) {
    fate.there = slow->Between(milliseconds(5), seconds(4));
    fate.back = slow->Between(milliseconds(5), seconds(4));
  }
  return fate;
}

}  // namespace tipoff::sim
