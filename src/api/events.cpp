#include "api/events.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "api/visit.h"
#include "base/json.h"
#include "view/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

// How often a watched batch is looked at, for all its watchers together.
constexpr auto kLook = std::chrono::milliseconds(200);
// Streams that are open at once; each costs a socket and a little memory.
constexpr std::size_t kWatchersMax = 1000;
constexpr std::size_t kEntriesPerEvent = 500;

std::string EventText(const Batch& batch, std::uint64_t id,
                      const std::vector<JournalRecord>& records, Instant now) {
  json::object data = BatchToJson(batch, now);
  json::array entries;
  for (const JournalRecord& record : records) {
    if (record.seq > batch.version) break;
    auto entry = DecodeJournal(record.text);
    if (entry.ok()) entries.push_back(JournalToJson(*entry, record.hash));
  }
  data["journal"] = std::move(entries);
  return fmt::format("id: {}\nevent: batch\ndata: {}\n\n", id, DumpJson(data));
}

}  // namespace

EventHub::~EventHub() {
  *alive_ = false;
  for (auto& [id, watched] : watched_) parts_.loop.Cancel(watched.timer);
}

bool EventHub::full() const { return watchers_ >= kWatchersMax; }

void EventHub::Watch(const Batch& batch, std::uint64_t last_seen, std::shared_ptr<EventSink> sink) {
  auto watcher = std::make_shared<Watcher>();
  watcher->sink = std::move(sink);
  watcher->last_seen = last_seen;
  ++watchers_;
  watched_[batch.id].watchers.push_back(watcher);
  Seen(batch.id, batch);
}

void EventHub::Plan(const BatchId& id) {
  auto found = watched_.find(id);
  if (found == watched_.end() || found->second.timer != 0) return;
  found->second.timer = parts_.loop.After(kLook, [this, id] {
    auto watched = watched_.find(id);
    if (watched == watched_.end()) return;
    watched->second.timer = 0;
    Look(id);
  });
}

void EventHub::Look(const BatchId& id) {
  VisitBatch(parts_, id, [this, alive = alive_, id](Result<Batch> batch) {
    if (!*alive) return;
    if (batch.ok()) return Seen(id, *batch);
    if (batch.error().code == Errc::kNotFound) return Forget(id);
    Plan(id);  // The store will be back; a client that does not wait closes the stream.
  });
}

void EventHub::Seen(const BatchId& id, const Batch& batch) {
  Watched& watched = watched_[id];
  for (auto& watcher : watched.watchers) {
    // Nothing is sent to a quiet batch's watchers, so that is not how a client's leaving is
    // noticed.
    watcher->gone |= watcher->sink->closed();
    if (!watcher->gone && !watcher->reading && batch.version > watcher->last_seen) {
      Tell(watcher, batch);
    } else if (!watcher->gone && !watcher->reading && IsTerminal(batch.phase)) {
      watcher->sink->Close();  // It has seen the end already.
      watcher->gone = true;
    }
  }
  watchers_ -= std::erase_if(watched.watchers, [](const auto& watcher) { return watcher->gone; });
  if (watched.watchers.empty()) {
    parts_.loop.Cancel(watched.timer);
    watched_.erase(id);
    return;
  }
  Plan(id);
}

void EventHub::Tell(std::shared_ptr<Watcher> watcher, const Batch& batch) {
  watcher->reading = true;
  parts_.store.ReadJournal(
      batch.id, watcher->last_seen, kEntriesPerEvent,
      [this, alive = alive_, watcher, batch](Result<std::vector<JournalRecord>> records) {
        if (!*alive) return;
        watcher->reading = false;
        if (!records.ok()) return;  // The next look tries again.
        bool more = records->size() == kEntriesPerEvent && records->back().seq < batch.version;
        std::uint64_t id = more ? records->back().seq : batch.version;
        bool arrived = watcher->sink->Send(EventText(batch, id, *records, parts_.store.Now()));
        watcher->last_seen = id;
        if (arrived && more) return Tell(watcher, batch);
        watcher->gone = !arrived || IsTerminal(batch.phase);
        if (arrived && IsTerminal(batch.phase)) watcher->sink->Close();
      });
}

void EventHub::Forget(const BatchId& id) {
  auto watched = watched_.find(id);
  if (watched == watched_.end()) return;
  parts_.loop.Cancel(watched->second.timer);
  for (auto& watcher : watched->second.watchers) watcher->sink->Close();
  watchers_ -= watched->second.watchers.size();
  watched_.erase(watched);
}

}  // namespace tipoff
