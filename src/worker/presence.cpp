#include "worker/presence.h"

#include "base/reply.h"
#include "flow/watch.h"

namespace tipoff {
namespace {

constexpr auto kLastWord = std::chrono::seconds(1);
// Once an hour is often enough to forget workers of yesterday.
constexpr std::uint64_t kBeatsPerSweep = 360;

}  // namespace

Presence::Presence(Loop& loop, Store& store, std::function<WorkerPresence()> look)
    : loop_(loop), store_(store), look_(std::move(look)) {}

Presence::~Presence() { loop_.Cancel(timer_); }

void Presence::Start() {
  started_at_ = store_.Now();
  Beat();
}

void Presence::Beat() {
  timer_ = loop_.After(kPresencePeriod, [this] { Beat(); });
  if (writing_) return;  // The store is slow: one call of ours is enough for it.
  writing_ = true;
  Write(look_(),
        Watched<Record>(loop_, NotKnown(), [this](const Result<Record>&) { writing_ = false; }));
  if (beats_++ % kBeatsPerSweep != 1) return;
  store_.DropRecords(std::string(kWorkerRecords), store_.Now() - kPresenceKept,
                     [](Result<std::size_t>) {});
}

void Presence::Stop(std::function<void()> written) {
  loop_.Cancel(timer_);
  WorkerPresence presence = look_();
  presence.stopped_at = store_.Now();
  auto reply = Reply<Record>::Start(loop_, kLastWord, {Errc::kUnavailable, "the store is slow"},
                                    [written = std::move(written)](Result<Record>) { written(); });
  Write(std::move(presence), [reply](Result<Record> record) { reply->Post(std::move(record)); });
}

void Presence::Write(WorkerPresence presence, DoneWith<Record> done) {
  presence.started_at = started_at_;
  Record record{std::string(kWorkerRecords), presence.name, {}, Encode(presence)};
  store_.PutRecord(std::move(record), PutMode::kReplace, std::move(done));
}

}  // namespace tipoff
