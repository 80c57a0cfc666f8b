// A gradient-boosted regressor: trees fitted and asked by libxgboost. One thread a call, so that
// the same rows and the same seed give the same trees, to the byte, however busy the machine is.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tipoff {

// Rows of `columns` values each, one after another; `values.size()` is a multiple of `columns`.
struct FeatureRows {
  std::span<const float> values;
  std::size_t columns = 1;

  std::size_t count() const { return values.size() / columns; }
};

struct BoosterParameters {
  int rounds = 200;
  int depth = 5;
  double learning_rate = 0.025;
  double min_child_weight = 500;  // Rows in a leaf, at least.
  double subsample = 0.6;         // Share of the rows and of the columns that a tree sees.
  double columns_by_tree = 0.3;
  double lambda = 20;  // Draws leaves to 0.
  std::uint32_t seed = 1;
};

class Booster {
 public:
  // Fits one target to each row by squared error. kInvalid: what the library complains of.
  static Result<Booster> Train(const FeatureRows& rows, std::span<const float> targets,
                               const BoosterParameters& parameters);
  // What Save gave. kCorrupt with the library's words.
  static Result<Booster> Load(std::string_view bytes);

  // UBJSON, as the library writes it.
  Result<std::string> Save() const;
  // One value for each row. kInvalid where the number of columns is not `columns()`. Any thread.
  Result<std::vector<double>> Predict(const FeatureRows& rows) const;
  std::size_t columns() const { return columns_; }

  // "1.7.4": of the library.
  static std::string LibraryVersion();

 private:
  struct Free {
    void operator()(void* handle) const;
  };
  using Handle = std::unique_ptr<void, Free>;
  Booster(Handle handle, std::size_t columns) : handle_(std::move(handle)), columns_(columns) {}

  Handle handle_;
  std::size_t columns_;
};

}  // namespace tipoff
