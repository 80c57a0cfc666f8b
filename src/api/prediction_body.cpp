#include "api/prediction_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>

#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

// Systems times lines of one player; the platform's had 25-35.
constexpr std::size_t kPredictionsMax = 1000;
constexpr std::size_t kComponentsMax = 100;
constexpr std::size_t kNameBytesMax = 100;
// Nobody has scored more than 100 in an NBA game.
constexpr double kPointsMax = 200;
constexpr double kSpreadMax = 100;
constexpr std::array<std::string_view, 13> kFields{
    "stat", "system", "line",       "predicted_points", "spread",        "p10",       "p50",
    "p90",  "p_over", "confidence", "recommendation",   "model_version", "components"};

// A required number within [0, max], rounded to `places` decimals.
double ReadMeasure(JsonReader& reader, std::string_view field, double max, int places) {
  if (!reader.Has(field)) {
    reader.Fail(field, fmt::format("is missing; a number from 0 to {}", max));
    return 0;
  }
  double number = reader.Number(field);
  if (!std::isfinite(number) || number < 0 || number > max) {
    reader.Fail(field, fmt::format("must be a number from 0 to {}", max));
    return 0;
  }
  double scale = std::pow(10, places);
  return std::round(number * scale) / scale;
}

std::string ReadName(JsonReader& reader, std::string_view field) {
  std::string name = reader.Text(field);
  if (name.empty()) reader.Fail(field, "is missing; a short text");
  if (name.size() > kNameBytesMax) {
    reader.Fail(field, fmt::format("is longer than {} bytes", kNameBytesMax));
  }
  return name;
}

std::optional<Line> ReadLine(JsonReader& reader) {
  if (!reader.Has("line")) return std::nullopt;
  auto line = Line::FromNumber(reader.Number("line"));
  if (line.ok()) return *line;
  reader.Fail("line", line.error().message);
  return std::nullopt;
}

Recommendation ReadRecommendation(JsonReader& reader, bool has_line) {
  Recommendation silent = has_line ? Recommendation::kPass : Recommendation::kNoLine;
  std::string text = reader.Text("recommendation");
  if (text.empty()) return silent;
  auto recommendation = ParseRecommendation(text);
  if (!recommendation.ok()) {
    reader.Fail("recommendation", "must be OVER, UNDER, PASS or NO_LINE");
    return silent;
  }
  if ((*recommendation == Recommendation::kNoLine) == has_line) {
    reader.Fail("recommendation", has_line ? "is NO_LINE although there is a line"
                                           : "must be NO_LINE where line is null");
  }
  return *recommendation;
}

std::vector<std::pair<std::string, double>> ReadComponents(JsonReader& reader) {
  std::vector<std::pair<std::string, double>> components;
  const json::value* value = reader.Find("components");
  if (value == nullptr) return components;
  if (!value->is_object() || value->as_object().size() > kComponentsMax) {
    reader.Fail("components",
                fmt::format("must be an object of at most {} numbers", kComponentsMax));
    return components;
  }
  for (const auto& member : value->as_object()) {
    json::error_code problem;
    double number = member.value().to_number<double>(problem);
    if (problem || !std::isfinite(number)) {
      reader.Fail(fmt::format("components.{}", std::string_view(member.key())), "must be a number");
      break;
    }
    components.emplace_back(member.key(), number);
  }
  return components;
}

// All three or none, in their order.
std::optional<Quantiles> ReadQuantiles(JsonReader& reader) {
  if (!reader.Has("p10") && !reader.Has("p50") && !reader.Has("p90")) return std::nullopt;
  Quantiles quantiles{ReadMeasure(reader, "p10", kPointsMax, 1),
                      ReadMeasure(reader, "p50", kPointsMax, 1),
                      ReadMeasure(reader, "p90", kPointsMax, 1)};
  if (quantiles.p10 > quantiles.p50 || quantiles.p50 > quantiles.p90) {
    reader.Fail("p50", "must lie between p10 and p90");
  }
  return quantiles;
}

std::optional<double> ReadOver(JsonReader& reader, bool has_line) {
  if (!reader.Has("p_over")) return std::nullopt;
  if (!has_line) reader.Fail("p_over", "is over what? There is no line");
  return ReadMeasure(reader, "p_over", 1, 3);
}

Result<Prediction> ReadPrediction(const json::value& value, std::string where) {
  JsonReader reader(value, std::move(where));
  TIPOFF_TRY_STATUS(reader.status());
  for (const auto& member : value.as_object()) {
    std::string_view name = member.key();
    if (std::find(kFields.begin(), kFields.end(), name) == kFields.end()) {
      reader.Fail(name, fmt::format("is unknown: one of {}", fmt::join(kFields, ", ")));
    }
  }
  Prediction prediction;
  if (reader.Has("stat")) prediction.stat = ReadName(reader, "stat");
  prediction.system = ReadName(reader, "system");
  prediction.line = ReadLine(reader);
  prediction.predicted_points = ReadMeasure(reader, "predicted_points", kPointsMax, 1);
  prediction.spread = ReadMeasure(reader, "spread", kSpreadMax, 1);
  prediction.quantiles = ReadQuantiles(reader);
  prediction.p_over = ReadOver(reader, prediction.line.has_value());
  prediction.confidence = ReadMeasure(reader, "confidence", 1, 2);
  prediction.recommendation = ReadRecommendation(reader, prediction.line.has_value());
  prediction.model_version = ReadName(reader, "model_version");
  prediction.components = ReadComponents(reader);
  TIPOFF_TRY_STATUS(reader.status());
  return prediction;
}

}  // namespace

Result<std::vector<Prediction>> ReadPredictions(const json::value& body) {
  JsonReader reader(body);
  const json::array* array = reader.Array("predictions");
  TIPOFF_TRY_STATUS(reader.status());
  if (array == nullptr || array->empty()) {
    return Error{Errc::kInvalid,
                 "predictions: is empty; a player who can't be predicted is reported with :fail "
                 "and {\"kind\": \"skip\", \"reason\": \"...\"}"};
  }
  if (array->size() > kPredictionsMax) {
    return Error{Errc::kInvalid, fmt::format("predictions: {} of them for one player, at most {}",
                                             array->size(), kPredictionsMax)};
  }
  std::vector<Prediction> predictions;
  std::set<std::tuple<std::string, std::string, std::optional<Line>>> seen;
  for (const json::value& value : *array) {
    std::string where = fmt::format("predictions[{}]", predictions.size());
    TIPOFF_TRY(Prediction prediction, ReadPrediction(value, where));
    if (!seen.emplace(prediction.stat, prediction.system, prediction.line).second) {
      return Error{Errc::kInvalid,
                   fmt::format("{}.system: '{}' has a prediction for that line already", where,
                               prediction.system)};
    }
    predictions.push_back(std::move(prediction));
  }
  return predictions;
}

}  // namespace tipoff
