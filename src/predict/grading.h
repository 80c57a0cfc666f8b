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
  std::string_view stat = "points";  // What `actual` is of; it must be a known one.
};

// What is known before the games of one day, and beside it how they went.
struct GradeCases {
  std::vector<RequestSpec> requests;
  HistoryBatch history;                       // In the order of the requests.
  std::vector<std::optional<double>> actual;  // Of the stat; nullopt: did not play.
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
  double minutes = 0;  // Mean of his last 10 games.
  std::optional<Quantiles> quantiles;
  std::optional<Line> line;
  std::optional<double> p_over;
  Recommendation recommendation = Recommendation::kNoLine;

  friend bool operator==(const GradeRow&, const GradeRow&) = default;
};

GradeRow RowOf(const RequestSpec& request, const Prediction& prediction,
               std::optional<double> actual, double minutes);

// Gives the requests the main line that the slate has of them, so that it is graded, too.
void AddLines(GradeCases& cases, const Slate& slate);

// A row for each case and each system that applies: against the first line, or without one.
std::vector<GradeRow> GradeRows(const Pipeline& pipeline, const GradeCases& cases);

}  // namespace tipoff
