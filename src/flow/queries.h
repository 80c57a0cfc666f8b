// Questions about a batch that need several pages of the store. Nothing is changed.
#pragma once

#include <functional>
#include <vector>

#include "store/store.h"

namespace tipoff {

// A request with what it asks for.
struct RequestView {
  Request row;
  RequestSpec spec;
};

// A request's published rows, with whom they are about.
struct PredictionView {
  RequestSpec spec;
  Prediction prediction;
};

struct RequestPage {
  std::vector<RequestView> views;
  std::int64_t next = -1;  // `after` of the next page; -1 if this was the last.
};

// Requests of a batch by ordinal, one page: above `filter.after`, at most `filter.limit`. The
// states of the filter are what rows read as under `batch`.
void ListRequestViews(Store& store, const Batch& batch, RequestFilter filter,
                      DoneWith<RequestPage> done);

// What a request without a prediction and without a right skip reads as at its batch's end.
std::vector<RequestState> MissingStates();

// All predictions of the requests of a batch that succeeded, by game, player, system, line.
void ListPredictionViews(Store& store, const Batch& batch,
                         DoneWith<std::vector<PredictionView>> done);

// All journal entries of a batch, in order.
void ListJournal(Store& store, const BatchId& batch, DoneWith<std::vector<JournalRecord>> done);

}  // namespace tipoff
