// `tipoff grade`: how good the predictions of past dates are.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "app/command.h"
#include "core/slate.h"
#include "flow/published.h"
#include "history/table.h"
#include "predict/xgboost/model.h"

namespace tipoff {

// Where the box scores and the slates of a data folder come from; main joins them to the backends.
struct GradeSources {
  std::function<Result<HistoryTable>(const Globals&)> history;
  // kNotFound: nothing was imported for that day. Called from one thread, one day after another.
  std::function<Result<Slate>(const Globals&, Day)> slate;
  // What the readers of a day's slot were shown; empty: nothing.
  std::function<Result<std::vector<PublishedPlayer>>(const Globals&, Day)> published;
  // The trained model, if there is one. Unset: none is looked for.
  std::function<Result<std::optional<Model>>(const Globals&, std::string_view stat)> model;
};

// Declares `grade` on `root`, as the functions of app/command.h do.
void AddGrade(CLI::App& root, const Globals& globals, GradeSources sources, Run& run);

}  // namespace tipoff
