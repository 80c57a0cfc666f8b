// Follows batches for those who watch: one look at the store for all watchers of a batch.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/api.h"

namespace tipoff {

class EventHub {
 public:
  explicit EventHub(const ApiParts& parts) : parts_(parts) {}
  ~EventHub();

  // Sends an event for each version of the batch above `last_seen`: id is the version, data the
  // batch as GET tells it, with the journal entries since the event before; where there are very
  // many of these, in several events, whose ids are how far they have come. Closes `sink` after the
  // terminal one. `batch` is the header as it was just read.
  void Watch(const Batch& batch, std::uint64_t last_seen, std::shared_ptr<EventSink> sink);

  // Whether as many watch as may.
  bool full() const;

 private:
  struct Watcher {
    std::shared_ptr<EventSink> sink;
    std::uint64_t last_seen = 0;
    bool reading = false;
    bool gone = false;
  };
  struct Watched {
    std::vector<std::shared_ptr<Watcher>> watchers;
    Loop::TimerId timer = 0;
  };
  void Plan(const BatchId& id);
  void Look(const BatchId& id);
  void Seen(const BatchId& id, const Batch& batch);
  void Tell(std::shared_ptr<Watcher> watcher, const Batch& batch);
  void Forget(const BatchId& id);

  ApiParts parts_;
  std::map<BatchId, Watched> watched_;
  std::size_t watchers_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tipoff
