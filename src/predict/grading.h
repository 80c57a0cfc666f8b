// How good the predictions were: each date predicted with strictly earlier games, by the pipeline
// that the workers use, and joined with what happened.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/slate.h"
#include "history/table.h"
#include "predict/pipeline.h"

namespace tipoff {

struct GradeOptions {
  double min_minutes = 0;   // Mean minutes over the last 10 games, at least.
  int max_games = 82;       // Of history that a prediction may use, as history.max_games ...
  int lookback_days = 400;  // ... and history.lookback say.
};

// What is known before the games of one day, and beside it how they went.
struct GradeCases {
  std::vector<RequestSpec> requests;
  HistoryBatch history;                       // In the order of the requests.
  std::vector<std::optional<double>> actual;  // Points scored; nullopt: did not play.
};

// Everyone who played that day (minutes > 0) with at least 10 earlier games in the data and mean
// minutes over the last 10 of at least `min_minutes`, whatever the lookback. Who has not played
// within the lookback gets his last games all the same: each of the population can be predicted.
GradeCases PopulationCases(const HistoryTable& table, Day day, const GradeOptions& options);

// Whoever a batch of that slate would have predicted, played or not.
GradeCases SlateCases(const HistoryTable& table, const Slate& slate, const GradeOptions& options);

struct GradeRow {
  GameId game;
  Day game_date;
  PlayerId player;
  std::string system;
  double predicted_points = 0;
  double spread = 0;
  std::optional<double> actual_points;

  friend bool operator==(const GradeRow&, const GradeRow&) = default;
};

// A row for each case and each system that applies, without lines.
std::vector<GradeRow> GradeRows(const Pipeline& pipeline, const GradeCases& cases);

// How one system did over rows with an actual value.
struct SystemScore {
  std::string system;
  std::size_t count = 0;
  double mae = 0;            // Mean absolute error, points.
  double bias = 0;           // Mean of prediction less actual: above 0 is too high.
  double rmse = 0;           // Root of the mean squared error.
  double mean_spread = 0;    // What the system said its root mean squared error would be.
  double within_spread = 0;  // Share of actuals within one spread; 0.68 if it is right.
};

// By system, in the order of first appearance. Rows without an actual value don't count.
std::vector<SystemScore> ScoreSystems(const std::vector<GradeRow>& rows);

}  // namespace tipoff
