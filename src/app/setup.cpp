#include "app/setup.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/console.h"
#include "app/engines.h"
#include "app/gcp.h"
#include "app/settings.h"
#include "app/table.h"
#include "base/json.h"
#include "bus/pubsub/pubsub_admin.h"

namespace tipoff {
namespace {

namespace json = boost::json;

using Did = PubsubStep::Did;

std::string FormatSteps(const std::vector<PubsubStep>& steps, bool dry_run, Output output) {
  if (output == Output::kJson) {
    json::array pieces;
    for (const PubsubStep& step : steps) {
      pieces.push_back({{"piece", step.piece}, {"did", ToString(step.did)}, {"detail", step.what}});
    }
    return DumpJsonPretty(json::object{{"dry_run", dry_run}, {"pieces", std::move(pieces)}}) + "\n";
  }
  TextTable table({"PIECE", dry_run ? "WOULD BE" : "STATE", "DETAIL"});
  for (const PubsubStep& step : steps) {
    table.Row({step.piece, std::string(ToString(step.did)), step.what});
  }
  return output == Output::kCsv ? table.Csv() : table.Text();
}

// The embedded profile makes what it needs by itself; so there is one piece.
Result<std::vector<PubsubStep>> SetUpFolder(const Globals& globals, bool dry_run) {
  PubsubStep folder{.piece = "data folder " + globals.data, .did = Did::kExists};
  if (Engines::Open(globals, Access::kReadOnly).ok()) return std::vector{folder};
  folder.did = Did::kCreated;
  if (!dry_run) TIPOFF_TRY_STATUS(Engines::Open(globals, Access::kReadWrite));
  return std::vector{folder};
}

Result<std::vector<PubsubStep>> SetUpCloud(const Globals& globals, bool dry_run) {
  TIPOFF_TRY(auto engines, Engines::Open(globals, Access::kReadOnly));
  std::vector<PubsubStep> steps{
      {.piece = "Firestore database " + globals.config.Text("gcp.database"), .did = Did::kExists}};
  PubsubAdmin admin(PubsubOptionsFrom(globals.config), engines->loop());
  TIPOFF_TRY(auto made, engines->Wait<std::vector<PubsubStep>>(
                            [&](auto done) { admin.Setup(dry_run, std::move(done)); }));
  std::move(made.begin(), made.end(), std::back_inserter(steps));
  return steps;
}

int SetUp(const Globals& globals, bool dry_run) {
  bool cloud = UsesGcp(globals.config);
  auto steps = cloud ? SetUpCloud(globals, dry_run) : SetUpFolder(globals, dry_run);
  if (!steps.ok()) return Complain(steps.error());
  StandardConsole().Out(FormatSteps(*steps, dry_run, globals.output));
  for (const PubsubStep& step : *steps) {
    if (step.did == Did::kFailed || step.did == Did::kLeft) return kExitError;
  }
  return kExitSucceeded;
}

}  // namespace

void AddSetup(CLI::App& root, Globals& globals, Run& run) {
  CLI::App* command = root.add_subcommand(
      "setup", "Make what the profile needs: topics and subscriptions, or the data folder");
  auto dry_run = std::make_shared<bool>(false);
  command->add_flag("--dry-run", *dry_run, "Say what would be made or changed, and do nothing");
  command->footer(
      "Twice does no harm. What was made is checked by `tipoff doctor`.\n\n"
      "Examples:\n"
      "  GOOGLE_CLOUD_PROJECT=my-project tipoff --profile gcp setup --dry-run\n"
      "  GOOGLE_CLOUD_PROJECT=my-project tipoff --profile gcp setup\n\n"
      "Exit codes: 0 all is as it should be, 1 a piece could not be made or is left wrong.");
  command->callback([&globals, &run, dry_run] {
    run = [&globals, dry_run] { return SetUp(globals, *dry_run); };
  });
}

}  // namespace tipoff
