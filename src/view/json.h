// How batches, requests and predictions are shown to programs: the same objects from the command
// line and over HTTP. docs/API.md lists the fields. Include it in .cpp files only.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "core/autopsy.h"
#include "core/batch.h"
#include "core/journal.h"
#include "core/prediction.h"
#include "store/store.h"

namespace tipoff {

// A terminal batch's phase; "overdue" for one that is live after its promised time, because nobody
// has written its end yet; else the live phase.
std::string StatusText(const Batch& batch, Instant now);

// {expected, succeeded, skipped, failed, expired, cancelled, undelivered, open}: always sums up.
boost::json::object CountsToJson(const Counts& counts);

boost::json::object BatchToJson(const Batch& batch, Instant now);

// `batch` is the row's header: what the row reads as depends on it.
boost::json::object RequestToJson(const Batch& batch, const Request& row, const RequestSpec& spec);

boost::json::object PredictionToJson(const RequestSpec& spec, const Prediction& prediction);

boost::json::object AutopsyToJson(const Autopsy& autopsy);

boost::json::object JournalToJson(const JournalEntry& entry, const std::string& hash);

}  // namespace tipoff
