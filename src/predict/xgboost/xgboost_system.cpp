#include "predict/xgboost/xgboost_system.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "predict/rate_minutes.h"
#include "predict/spread.h"

namespace tipoff {
namespace {

Status CheckFeatures(const Model& model) {
  std::span<const FeatureColumn> columns = FeatureColumns();
  for (std::size_t i = 0; i < std::min(columns.size(), model.features.size()); ++i) {
    if (columns[i].name == model.features[i]) continue;
    return Error{Errc::kUnsupported,
                 fmt::format("its feature {} is {}, and this build's is {}: train it anew with "
                             "`tipoff train`",
                             i + 1, model.features[i], columns[i].name)};
  }
  if (columns.size() == model.features.size()) return Ok();
  return Error{
      Errc::kUnsupported,
      fmt::format("it was trained on {} features, and this build derives {}: train it anew "
                  "with `tipoff train`",
                  model.features.size(), columns.size())};
}

}  // namespace

void AppendRow(const Features& features, std::vector<float>& values) {
  for (const FeatureColumn& column : FeatureColumns()) {
    values.push_back(static_cast<float>(features.*column.value));
  }
}

Result<std::unique_ptr<XgboostSystem>> XgboostSystem::Load(const Model& model) {
  TIPOFF_TRY_STATUS(CheckFeatures(model));
  TIPOFF_TRY(Booster booster, Booster::Load(model.trees));
  if (booster.columns() != model.features.size()) {
    return Error{Errc::kCorrupt,
                 fmt::format("its trees look at {} features and its header names {}: train it anew "
                             "with `tipoff train`",
                             booster.columns(), model.features.size())};
  }
  return std::unique_ptr<XgboostSystem>(
      new XgboostSystem(std::move(booster), model.version(), model.learned.until));
}

std::vector<std::optional<Estimate>> XgboostSystem::Predict(
    std::span<const PredictionInput> inputs) const {
  std::vector<std::optional<Estimate>> estimates(inputs.size());
  std::vector<Features> features;
  std::vector<std::size_t> places;
  std::vector<float> values;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].request->game_date < until_ || EarlierGames(inputs[i]).size() < kGamesMin) {
      continue;
    }
    places.push_back(i);
    features.push_back(DeriveFeatures(inputs[i]));
    AppendRow(features.back(), values);
  }
  Result<std::vector<double>> offsets = booster_.Predict({values, FeatureColumns().size()});
  for (std::size_t k = 0; k < places.size(); ++k) {
    const Features& f = features[k];
    // What the library can't answer is no number: the pipeline fails the request and says so.
    double offset = offsets.ok() ? (*offsets)[k] : std::numeric_limits<double>::quiet_NaN();
    double mean =
        offset != offset ? offset : std::clamp(f.rate_minutes + offset, kPointsMin, kPointsMax);
    estimates[places[k]] = Estimate{.mean = mean,
                                    .spread = PointsSpread(mean, f),
                                    .confidence = SampleConfidence(f),
                                    .components = {{"rate_minutes", f.rate_minutes},
                                                   {"trees", offset},
                                                   {"minutes_form_8", f.minutes_form_8},
                                                   {"opponent_defence", f.opponent_defence}}};
  }
  return estimates;
}

}  // namespace tipoff
