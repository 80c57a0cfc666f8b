// What batches look like on a terminal, as CSV and as JSON, from the API's objects.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "app/command.h"

namespace tipoff {

// "batch_... succeeded (Completed): ..." and what it counted; one line.
std::string BatchHeadline(const boost::json::object& batch);
// "running  76/81  93.8%": what changes while one watches.
std::string BatchProgress(const boost::json::object& batch);

// Batches as the list shows them.
std::string FormatBatches(const boost::json::array& batches, Output output);
// The same for those that are stuck: how old, how long without progress, when they end.
std::string FormatStuck(const boost::json::array& batches, Output output);
std::string FormatBatch(const boost::json::object& batch, Output output);

std::string FormatRequests(const boost::json::array& requests, Output output);
std::string FormatJournal(const boost::json::array& entries, Output output);
std::string FormatJournalProof(const boost::json::object& proof, Output output);

// How scripts learn how a batch ended; kExitWaitTimedOut for one that has not.
int ExitForBatch(const boost::json::object& batch);

}  // namespace tipoff
