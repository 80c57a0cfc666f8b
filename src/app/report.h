// What a batch looks like on standard output, for people and for programs.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "app/command.h"
#include "core/batch.h"
#include "flow/queries.h"

namespace tipoff {

// The result of `run`: one JSON object, the predictions as CSV, or a table by game.
std::string FormatRun(const Batch& batch, const std::vector<PredictionView>& predictions,
                      Instant now, Output output);
// The same where there is no batch: `status` is "no_games", "no_players" or "data_incomplete".
std::string FormatNoRun(Day date, const std::string& status, const std::string& detail,
                        Output output);

// The API's predictions: those of a batch, by game, player, system, line.
std::string FormatPredictions(const boost::json::array& predictions, Output output);

// How scripts learn how a batch ended; kExitWaitTimedOut for one that has not.
int ExitFor(Phase phase, Reason reason);

}  // namespace tipoff
