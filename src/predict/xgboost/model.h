// A trained model as a file: one line of JSON that says what it is, then the trees as the library
// writes them. The same training gives the same bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "predict/learned.h"

namespace tipoff {

// How one system did on games that its model had not seen: see TrainModel.
struct ValidationScore {
  std::string system;
  std::size_t count = 0;
  double mae = 0;
  double bias = 0;
  double rmse = 0;

  friend bool operator==(const ValidationScore&, const ValidationScore&) = default;
};

struct Model {
  std::string stat = "points";
  std::vector<std::string> features;  // Names, in the order of the columns.
  Day from;                           // The first day of its examples; `learned.until` ends them.
  std::size_t examples = 0;
  std::uint32_t seed = 0;
  int rounds = 0;
  std::string library;       // Version of the library that fitted it.
  std::string data_version;  // Of the history that it was trained on.
  std::vector<ValidationScore> scores;
  Learned learned;
  std::string trees;
  std::string hash;  // SHA-256 of all of the above, 64 digits; set by Encode and Decode.

  // "xgboost/1 2024-10-22 3f9a2b1c": until when it was trained, and the beginning of its hash.
  std::string version() const;

  friend bool operator==(const Model&, const Model&) = default;
};

// Changes whenever a feature of the same name means something else, or the file's form does.
inline constexpr int kModelFormat = 1;
// A file over that size is none of ours.
inline constexpr std::size_t kModelBytesMax = 64u << 20;

// Sets `model.hash`.
std::string EncodeModel(Model& model);
// kCorrupt: no model file, cut off, or not what its hash says. kUnsupported: another format. The
// message says what to do. Does not look at the trees.
Result<Model> DecodeModel(std::string_view bytes);

}  // namespace tipoff
