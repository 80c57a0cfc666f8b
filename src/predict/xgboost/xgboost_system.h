// The learned system: boosted trees that say how far rate_minutes is off, from all features.
#pragma once

#include <memory>

#include "predict/features.h"
#include "predict/system.h"
#include "predict/xgboost/booster.h"
#include "predict/xgboost/model.h"

namespace tipoff {

// The columns of one example, in the order of FeatureColumns: the one way to them, for training and
// for predicting.
void AppendRow(const Features& features, std::vector<float>& values);

// Applies from 10 games on, and to no day that its model has learned from: whoever predicts the
// past does so without it.
class XgboostSystem final : public PredictionSystem {
 public:
  static constexpr std::string_view kName = "xgboost";
  static constexpr std::size_t kGamesMin = 10;

  // kCorrupt where the trees can't be read or do not fit the header; kUnsupported where the model
  // was trained on other features than this build derives: it names the first that differs.
  static Result<std::unique_ptr<XgboostSystem>> Load(const Model& model);

  std::string_view name() const override { return kName; }
  std::string_view version() const override { return version_; }
  // All inputs in one call of the trees.
  std::vector<std::optional<Estimate>> Predict(
      std::span<const PredictionInput> inputs) const override;

 private:
  XgboostSystem(Booster booster, std::string version, Day until)
      : booster_(std::move(booster)), version_(std::move(version)), until_(until) {}

  Booster booster_;
  std::string version_;
  Day until_;
};

}  // namespace tipoff
