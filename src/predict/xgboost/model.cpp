#include "predict/xgboost/model.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

constexpr std::string_view kMagic = "tipoff model";
constexpr std::string_view kRemedy = "; train it anew with `tipoff train`";

Error Corrupt(std::string_view what) {
  return {Errc::kCorrupt, fmt::format("{}{}", what, kRemedy)};
}

json::object HeaderOf(const Model& model) {
  json::array features, scores, weights, calibrations;
  for (const std::string& name : model.features) features.emplace_back(name);
  for (const ValidationScore& score : model.scores) {
    scores.push_back({{"system", score.system},
                      {"count", score.count},
                      {"mae", score.mae},
                      {"bias", score.bias},
                      {"rmse", score.rmse}});
  }
  for (const EnsembleWeight& weight : model.learned.weights) {
    weights.push_back({{"system", weight.system}, {"weight", weight.weight}});
  }
  for (const SystemCalibration& system : model.learned.calibrations) {
    json::array bands;
    for (const Calibration::Band& band : system.calibration.bands) {
      bands.push_back({{"centre", band.centre}, {"below", band.below}, {"above", band.above}});
    }
    calibrations.push_back({{"system", system.system}, {"bands", std::move(bands)}});
  }
  return {{"magic", kMagic},
          {"format", kModelFormat},
          {"stat", model.stat},
          {"from", FormatDay(model.from)},
          {"until", FormatDay(model.learned.until)},
          {"examples", model.examples},
          {"seed", model.seed},
          {"rounds", model.rounds},
          {"library", model.library},
          {"data_version", model.data_version},
          {"features", std::move(features)},
          {"scores", std::move(scores)},
          {"weights", std::move(weights)},
          {"calibrations", std::move(calibrations)},
          {"trees_bytes", model.trees.size()}};
}

std::string HashOf(json::object header, std::string_view trees) {
  header.erase("hash");
  Sha256 hash;
  hash.Add(DumpJson(header));
  hash.Add(trees);
  return hash.Hex();
}

// The elements of an array that must be there and hold objects.
template <class F>
void ForEach(JsonReader& reader, std::string_view field, F read) {
  const json::array* array = reader.Array(field);
  if (array == nullptr) return reader.Fail(field, "is missing");
  for (const json::value& element : *array) {
    JsonReader inner(element, std::string(field) + "[]");
    read(inner);
    if (!inner.status().ok()) reader.Fail(field, inner.status().error().message);
  }
}

Calibration ReadBands(JsonReader& reader) {
  Calibration calibration;
  std::size_t band = 0;
  ForEach(reader, "bands", [&](JsonReader& inner) {
    if (band == calibration.bands.size()) return inner.Fail("centre", "is one too many");
    calibration.bands[band] = {inner.Number("centre"), inner.Number("below"),
                               inner.Number("above")};
    if (!(calibration.bands[band].below > 0)) inner.Fail("below", "must be above 0");
    if (!(calibration.bands[band].above > 0)) inner.Fail("above", "must be above 0");
    ++band;
  });
  if (band != calibration.bands.size()) reader.Fail("bands", "are not as many as there should be");
  return calibration;
}

Result<Model> ReadHeader(const json::value& value) {
  JsonReader reader(value);
  Model model;
  model.stat = reader.Text("stat");
  model.from = reader.Date("from");
  model.learned.until = reader.Date("until");
  model.examples = static_cast<std::size_t>(reader.Integer("examples"));
  model.seed = static_cast<std::uint32_t>(reader.Integer("seed"));
  model.rounds = static_cast<int>(reader.Integer("rounds"));
  model.library = reader.Text("library");
  model.data_version = reader.Text("data_version");
  model.hash = reader.Text("hash");
  if (const json::array* names = reader.Array("features")) {
    for (const json::value& name : *names) {
      if (name.is_string()) model.features.emplace_back(name.get_string());
    }
  }
  ForEach(reader, "scores", [&](JsonReader& inner) {
    model.scores.push_back({inner.Text("system"), static_cast<std::size_t>(inner.Integer("count")),
                            inner.Number("mae"), inner.Number("bias"), inner.Number("rmse")});
  });
  ForEach(reader, "weights", [&](JsonReader& inner) {
    model.learned.weights.push_back({inner.Text("system"), inner.Number("weight")});
  });
  ForEach(reader, "calibrations", [&](JsonReader& inner) {
    model.learned.calibrations.push_back({inner.Text("system"), ReadBands(inner)});
  });
  if (model.learned.until == Day()) reader.Fail("until", "is missing");
  TIPOFF_TRY_STATUS(reader.status());
  return model;
}

}  // namespace

std::string Model::version() const {
  return fmt::format("xgboost/{} {} {}", kModelFormat, FormatDay(learned.until), hash.substr(0, 8));
}

std::string EncodeModel(Model& model) {
  json::object header = HeaderOf(model);
  model.hash = HashOf(header, model.trees);
  header["hash"] = model.hash;
  return DumpJson(header) + "\n" + model.trees;
}

Result<Model> DecodeModel(std::string_view bytes) {
  std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return Corrupt("no model file: it has no header");
  Result<json::value> parsed = ParseJson(bytes.substr(0, end));
  if (!parsed.ok() || !parsed->is_object()) return Corrupt("no model file: its header is not JSON");
  JsonReader reader(*parsed);
  if (reader.Text("magic") != kMagic) return Corrupt("no model file of tipoff");
  if (std::int64_t format = reader.Integer("format"); format != kModelFormat) {
    return Error{Errc::kUnsupported,
                 fmt::format("a model file of format {}, and this build reads {}{}", format,
                             kModelFormat, kRemedy)};
  }
  std::string_view trees = bytes.substr(end + 1);
  if (reader.Integer("trees_bytes") != static_cast<std::int64_t>(trees.size())) {
    return Corrupt(
        fmt::format("the model file is cut off or grown: {} bytes of trees instead of {}",
                    trees.size(), reader.Integer("trees_bytes")));
  }
  if (HashOf(parsed->get_object(), trees) != reader.Text("hash")) {
    return Corrupt("the model file is damaged: it is not what its hash says");
  }
  Result<Model> model = ReadHeader(*parsed);
  if (!model.ok())
    return Corrupt(fmt::format("the model file's header: {}", model.error().message));
  model->trees = trees;
  return model;
}

}  // namespace tipoff
