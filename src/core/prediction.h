// What is staged, published and graded: one system's prediction of one player against one line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/id.h"
#include "core/request.h"

namespace tipoff {

enum class Recommendation : std::uint8_t {
  kOver,
  kUnder,
  kPass,
  kNoLine
};
// "OVER", "UNDER", "PASS", "NO_LINE".
std::string_view ToString(Recommendation recommendation);
Result<Recommendation> ParseRecommendation(std::string_view text);

// Points that are not exceeded in 10, 50 and 90 % of such games; one decimal.
struct Quantiles {
  double p10 = 0, p50 = 0, p90 = 0;

  friend bool operator==(const Quantiles&, const Quantiles&) = default;
};

struct Prediction {
  std::string prediction_id;  // MakePredictionId of the rest: repeating a request repeats its ids.
  std::string stat = "points";
  std::string system;
  std::optional<Line> line;     // The very line that the recommendation was computed against.
  double predicted_points = 0;  // One decimal.
  double spread = 0;            // Standard deviation, one decimal.
  std::optional<Quantiles> quantiles;  // Absent where a system does not say.
  std::optional<double> p_over;        // Of more than `line`, 0..1, three decimals; the same.
  double confidence = 0;               // 0..1, two decimals.
  Recommendation recommendation = Recommendation::kNoLine;
  std::string model_version;
  std::vector<std::pair<std::string, double>> components;

  friend bool operator==(const Prediction&, const Prediction&) = default;
};

// 32 hexadecimal digits, the same wherever and however often it is computed: a digest of batch,
// date, game, player, stat, system and exact line.
std::string MakePredictionId(const BatchId& batch, const RequestSpec& request,
                             std::string_view stat, std::string_view system,
                             const std::optional<Line>& line);

// The whole result of one request, staged in one atomic write: its outcome and all its rows.
struct StagedResult {
  BatchId batch;
  Completion outcome;  // With the ordinal; what reconciliation counts if no completion came.
  std::vector<Prediction> predictions;
  std::string data_version;  // Of the history that it was made from.
  Instant staged_at;         // Store time; set by the store.
};

}  // namespace tipoff
