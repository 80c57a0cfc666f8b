// Training: what is learned from the games before a day.
#pragma once

#include <functional>

#include "history/table.h"
#include "predict/xgboost/booster.h"
#include "predict/xgboost/model.h"

namespace tipoff {

struct TrainingOptions {
  Day until;                // Games of that day and later are not looked at.
  double min_minutes = 12;  // Of the last 10 games: the players that it is scored on.
  std::string stat = "points";
  BoosterParameters booster;
  int max_games = 82;  // Of history, as grading and workers take it.
  int lookback_days = 400;
  std::function<void(std::size_t done, std::size_t total)> progress;  // May be empty.
};

// Walk-forward: the last two fifths of the examples are predicted in four blocks, each by trees
// that saw only what came before it. From these predictions come the scores, the weights of the
// ensemble and the calibrations; the trees that are kept have seen all examples. Deterministic: the
// same table and options give the same model. kNotFound: too few games before `until`; kInvalid: no
// such stat.
Result<Model> TrainModel(const HistoryTable& table, const TrainingOptions& options);

}  // namespace tipoff
