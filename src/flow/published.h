// What a slot's readers see: per player the newest publication that says something about him.
#pragma once

#include <vector>

#include "flow/queries.h"
#include "store/store.h"

namespace tipoff {

struct PublishedPlayer {
  BatchId batch;
  std::uint32_t publication = 0;
  RequestSpec spec;
  bool skipped = false;
  std::string reason;                   // Of a skip.
  std::vector<Prediction> predictions;  // Empty for a skip. By system, then line.
};

// What is looked through for a slot's readers: its publications, the newest first, 200 at most.
void ListPublications(Store& store, const Slot& slot, DoneWith<std::vector<Batch>> done);

// The highest-numbered publication in which the player succeeded or was skipped; failed, expired
// and undelivered requests leave the older rows. By game, then player. Empty: nothing is published.
void ListPublished(Store& store, const Slot& slot, DoneWith<std::vector<PublishedPlayer>> done);

}  // namespace tipoff
