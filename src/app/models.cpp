#include "app/models.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "predict/xgboost/xgboost_system.h"

namespace tipoff {
namespace {

namespace fs = std::filesystem;

// Whatever is wrong with it, the remedy is the operator's: exit 78.
Error Refusal(const std::string& path, const std::string& problem) {
  return {Errc::kUnsupported,
          fmt::format("the model {} is refused: {}; or remove it, to predict without it", path,
                      problem)};
}

Result<std::string> ReadAll(const std::string& path) {
  std::error_code problem;
  std::uintmax_t size = fs::file_size(path, problem);
  if (problem) return Refusal(path, problem.message());
  if (size > kModelBytesMax) return Refusal(path, fmt::format("{} bytes are no model", size));
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  if (size > 0) bytes << file.rdbuf();
  if (!file) return Refusal(path, fmt::format("cannot be read: {}", std::strerror(errno)));
  return std::move(bytes).str();
}

}  // namespace

std::string ModelPath(const Globals& globals) {
  const std::string& named = globals.config.Text("model.file");
  return named.empty() ? (fs::path(globals.data) / "models" / "points.model").string() : named;
}

Result<std::optional<Model>> FindModel(const Globals& globals) {
  std::string path = ModelPath(globals);
  std::error_code problem;
  if (!fs::exists(path, problem) && !problem) {
    if (globals.config.Text("model.file").empty()) return std::optional<Model>();
    return Error{Errc::kUnsupported,
                 fmt::format("model.file ({}): there is no {}: train it with `tipoff train --out "
                             "{}`, or unset it",
                             globals.config.Origin("model.file"), path, path)};
  }
  TIPOFF_TRY(std::string bytes, ReadAll(path));
  Result<Model> model = DecodeModel(bytes);
  if (!model.ok()) return Refusal(path, model.error().message);
  if (Result<std::unique_ptr<XgboostSystem>> system = XgboostSystem::Load(*model); !system.ok()) {
    return Refusal(path, system.error().message);
  }
  return std::optional(*std::move(model));
}

Result<std::shared_ptr<const Pipeline>> PipelineWith(const std::optional<Model>& model,
                                                     const Config& config) {
  RecommendationRules rules{.edge_min = config.Number("recommend.edge_min"),
                            .confidence_min = config.Number("recommend.confidence_min"),
                            .chance_min = config.Number("recommend.chance_min")};
  auto systems = StandardSystems();
  std::optional<Learned> learned;
  if (model) {
    TIPOFF_TRY(std::unique_ptr<PredictionSystem> boosted, XgboostSystem::Load(*model));
    systems.push_back(std::move(boosted));
    learned = model->learned;
  }
  return std::make_shared<const Pipeline>(std::move(systems), EnsembleParameters{}, rules,
                                          std::move(learned));
}

Result<ChosenModel> ChooseModel(const Globals& globals) {
  TIPOFF_TRY(std::optional<Model> model, FindModel(globals));
  TIPOFF_TRY(std::shared_ptr<const Pipeline> pipeline, PipelineWith(model, globals.config));
  return ChosenModel{[pipeline](const BatchId& batch, std::span<const PredictionInput> inputs) {
                       return pipeline->Predict(batch, inputs);
                     },
                     model ? model->version() : ""};
}

Status WriteModel(const std::string& path, const std::string& bytes) {
  std::error_code problem;
  fs::path target(path);
  if (target.has_parent_path()) fs::create_directories(target.parent_path(), problem);
  std::string fresh = path + ".new";
  std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  if (file) fs::rename(fresh, target, problem);
  if (file && !problem) return Ok();
  std::string why = problem ? problem.message() : std::strerror(errno);
  fs::remove(fresh, problem);
  return Error{Errc::kExhausted, fmt::format("cannot write {}: {}", path, why)};
}

}  // namespace tipoff
