#include "predict/xgboost/booster.h"

#include <fmt/format.h>
#include <xgboost/c_api.h>

namespace tipoff {
namespace {

// The first line of what the library says: the rest is its stack.
Error Complaint(Errc code, std::string_view doing) {
  std::string_view said = XGBGetLastError();
  return {code, fmt::format("{}: {}", doing, said.substr(0, said.find('\n')))};
}

struct FreeRows {
  void operator()(void* handle) const { XGDMatrixFree(handle); }
};
using Rows = std::unique_ptr<void, FreeRows>;

Result<Rows> MakeRows(const FeatureRows& rows, std::span<const float> targets) {
  DMatrixHandle handle = nullptr;
  if (XGDMatrixCreateFromMat(rows.values.data(), rows.count(), rows.columns,
                             std::numeric_limits<float>::quiet_NaN(), &handle) != 0) {
    return Complaint(Errc::kInvalid, "the examples");
  }
  Rows made(handle);
  if (XGDMatrixSetFloatInfo(handle, "label", targets.data(), targets.size()) != 0) {
    return Complaint(Errc::kInvalid, "the targets");
  }
  return made;
}

Status Set(BoosterHandle booster, const BoosterParameters& p) {
  const std::pair<const char*, std::string> parameters[] = {
      {"nthread", "1"},
      {"verbosity", "0"},
      {"objective", "reg:squarederror"},
      {"tree_method", "hist"},
      {"base_score", "0"},
      {"max_depth", fmt::format("{}", p.depth)},
      {"eta", fmt::format("{}", p.learning_rate)},
      {"min_child_weight", fmt::format("{}", p.min_child_weight)},
      {"subsample", fmt::format("{}", p.subsample)},
      {"colsample_bytree", fmt::format("{}", p.columns_by_tree)},
      {"lambda", fmt::format("{}", p.lambda)},
      {"seed", fmt::format("{}", p.seed)}};
  for (const auto& [name, value] : parameters) {
    if (XGBoosterSetParam(booster, name, value.c_str()) != 0) {
      return Complaint(Errc::kInvalid, name);
    }
  }
  return Ok();
}

}  // namespace

void Booster::Free::operator()(void* handle) const { XGBoosterFree(handle); }

Result<Booster> Booster::Train(const FeatureRows& rows, std::span<const float> targets,
                               const BoosterParameters& parameters) {
  TIPOFF_TRY(Rows examples, MakeRows(rows, targets));
  BoosterHandle raw = nullptr;
  DMatrixHandle cache[] = {examples.get()};
  if (XGBoosterCreate(cache, 1, &raw) != 0) return Complaint(Errc::kInvalid, "a new model");
  Handle handle(raw);
  TIPOFF_TRY_STATUS(Set(raw, parameters));
  for (int round = 0; round < parameters.rounds; ++round) {
    if (XGBoosterUpdateOneIter(raw, round, examples.get()) != 0) {
      return Complaint(Errc::kInvalid, "training");
    }
  }
  return Booster(std::move(handle), rows.columns);
}

Result<Booster> Booster::Load(std::string_view bytes) {
  BoosterHandle raw = nullptr;
  if (XGBoosterCreate(nullptr, 0, &raw) != 0) return Complaint(Errc::kCorrupt, "a new model");
  Handle handle(raw);
  bst_ulong columns = 0;
  if (XGBoosterLoadModelFromBuffer(raw, bytes.data(), bytes.size()) != 0 ||
      XGBoosterSetParam(raw, "nthread", "1") != 0 || XGBoosterGetNumFeature(raw, &columns) != 0) {
    return Complaint(Errc::kCorrupt, "the trees");
  }
  return Booster(std::move(handle), columns);
}

Result<std::string> Booster::Save() const {
  const char* bytes = nullptr;
  bst_ulong size = 0;
  if (XGBoosterSaveModelToBuffer(handle_.get(), R"({"format":"ubj"})", &size, &bytes) != 0) {
    return Complaint(Errc::kInvalid, "writing the trees");
  }
  return std::string(bytes, size);
}

Result<std::vector<double>> Booster::Predict(const FeatureRows& rows) const {
  if (rows.columns != columns_) {
    return Error{Errc::kInvalid, fmt::format("the model was trained on {} features, not {}",
                                             columns_, rows.columns)};
  }
  if (rows.count() == 0) return std::vector<double>();
  std::string array =
      fmt::format(R"({{"data":[{},true],"shape":[{},{}],"typestr":"<f4","version":3}})",
                  reinterpret_cast<std::uintptr_t>(rows.values.data()), rows.count(), rows.columns);
  static constexpr const char* kConfig =
      R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,)"
      R"("strict_shape":false,"cache_id":0,"missing":NaN})";
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* values = nullptr;
  if (XGBoosterPredictFromDense(handle_.get(), array.c_str(), kConfig, nullptr, &shape, &dimensions,
                                &values) != 0) {
    return Complaint(Errc::kInvalid, "predicting");
  }
  return std::vector<double>(values, values + rows.count());
}

std::string Booster::LibraryVersion() {
  int major = 0, minor = 0, patch = 0;
  XGBoostVersion(&major, &minor, &patch);
  return fmt::format("{}.{}.{}", major, minor, patch);
}

}  // namespace tipoff
