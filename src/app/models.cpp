#include "app/models.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/panic.h"
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

// A failure of one stat fails the request; a skip adds nothing to what others have predicted.
void Add(PredictedRequest& answer, PredictedRequest more) {
  if (answer.status == RequestState::kFailed || more.status == RequestState::kSkipped) return;
  if (answer.status == RequestState::kSkipped || more.status == RequestState::kFailed) {
    answer = std::move(more);
    return;
  }
  std::move(more.predictions.begin(), more.predictions.end(),
            std::back_inserter(answer.predictions));
}

}  // namespace

std::string ModelPath(const Globals& globals, std::string_view stat) {
  const std::string& named = globals.config.Text("model.file");
  if (stat == Points().name && !named.empty()) return named;
  return (fs::path(globals.data) / "models" / fmt::format("{}.model", stat)).string();
}

Result<std::optional<Model>> FindModel(const Globals& globals, std::string_view stat) {
  std::string path = ModelPath(globals, stat);
  std::error_code problem;
  if (!fs::exists(path, problem) && !problem) {
    if (path != globals.config.Text("model.file")) return std::optional<Model>();
    return Error{Errc::kUnsupported,
                 fmt::format("model.file ({}): there is no {}: train it with `tipoff train --out "
                             "{}`, or unset it",
                             globals.config.Origin("model.file"), path, path)};
  }
  TIPOFF_TRY(std::string bytes, ReadAll(path));
  Result<Model> model = DecodeModel(bytes);
  if (!model.ok()) return Refusal(path, model.error().message);
  if (model->stat != stat) {
    return Refusal(path, fmt::format("it is a model of {}, not of {}", model->stat, stat));
  }
  if (Result<std::unique_ptr<XgboostSystem>> system = XgboostSystem::Load(*model); !system.ok()) {
    return Refusal(path, system.error().message);
  }
  return std::optional(*std::move(model));
}

Result<std::shared_ptr<const Pipeline>> PipelineWith(const std::optional<Model>& model,
                                                     const Config& config, const Stat& stat) {
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
                                          std::move(learned), stat);
}

Result<ChosenModel> ChooseModel(const Globals& globals) {
  std::vector<std::shared_ptr<const Pipeline>> pipelines;
  ChosenModel chosen;
  for (const std::string& name : globals.config.Texts("predict.stats")) {
    const Stat* stat = FindStat(name);
    TIPOFF_CHECK(stat != nullptr, "a stat that the configuration should have refused");
    TIPOFF_TRY(std::optional<Model> model, FindModel(globals, name));
    TIPOFF_TRY(std::shared_ptr<const Pipeline> pipeline,
               PipelineWith(model, globals.config, *stat));
    pipelines.push_back(std::move(pipeline));
    if (model) chosen.version += (chosen.version.empty() ? "" : ", ") + model->version();
  }
  chosen.predict = [pipelines](const BatchId& batch, std::span<const PredictionInput> inputs) {
    std::vector<PredictedRequest> answers = pipelines.front()->Predict(batch, inputs);
    for (std::size_t i = 1; i < pipelines.size(); ++i) {
      std::vector<PredictedRequest> more = pipelines[i]->Predict(batch, inputs);
      for (std::size_t k = 0; k < answers.size(); ++k) Add(answers[k], std::move(more[k]));
    }
    return answers;
  };
  return chosen;
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
