#include "flow/standing.h"

#include <algorithm>

#include "base/crash_point.h"
#include "base/reply.h"
#include "view/coordinator_presence.h"

namespace tipoff {
namespace {

constexpr auto kPeriod = std::chrono::seconds(10);
constexpr auto kWriteLimit = std::chrono::seconds(15);
constexpr auto kKept = std::chrono::hours(24 * 14);
constexpr std::uint64_t kBeatsPerDrop = 360;

}  // namespace

Standing::Standing(Loop& loop, Store& store, TroubleLog& troubles, std::string process,
                   std::function<Duration()> swept_ago)
    : loop_(loop),
      store_(store),
      troubles_(troubles),
      process_(std::move(process)),
      swept_ago_(std::move(swept_ago)) {}

Standing::~Standing() { loop_.Cancel(timer_); }

void Standing::Start() {
  started_at_ = store_.Now();
  Beat();
}

void Standing::Stop() {
  loop_.Cancel(timer_);
  if (!started_at_.never()) Write(store_.Now());
}

void Standing::Beat() {
  timer_ = loop_.After(kPeriod, [this] { Beat(); });
  if (writing_) return;  // The store is slow: one call of ours is enough for it.
  Write(Instant());
  if (beats_++ % kBeatsPerDrop != 1) return;
  store_.DropRecords(kCoordinatorRecords, store_.Now() - kKept, [](Result<std::size_t>) {});
}

void Standing::Write(Instant stopped_at) {
  writing_ = true;
  Instant swept_at = std::max(started_at_, store_.Now() - swept_ago_());
  CoordinatorPresence presence{process_, started_at_, stopped_at, swept_at};
  Record record{kCoordinatorRecords, process_, {}, Encode(presence)};
  auto reply =
      Reply<Record>::Start(loop_, kWriteLimit, {Errc::kUnavailable, "the store does not answer"},
                           [this](Result<Record> put) {
                             writing_ = false;
                             TIPOFF_CRASH_POINT("standing/written");
                             if (!put.ok()) troubles_.NoteStore(put.error());
                           });
  store_.PutRecord(std::move(record), PutMode::kReplace,
                   [reply](Result<Record> put) { reply->Post(std::move(put)); });
}

}  // namespace tipoff
