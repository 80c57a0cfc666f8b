#include "app/bench_parts.h"

#include <gtest/gtest.h>

#include "app/engines.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

TEST(BenchParts, AStartMakesExactlyTheRequestsThatAreMeasured) {
  std::vector<RequestSpec> chosen = SelectRequests(BenchSlate(450, Instant()), {});
  ASSERT_EQ(chosen.size(), 450u);
  for (const RequestSpec& spec : chosen) {
    auto ordinal = static_cast<std::uint32_t>(std::stoul(spec.player.str().substr(1)) - 1'000'000);
    EXPECT_EQ(spec, BenchRequest(ordinal));
  }
}

TEST(BenchParts, ANoOpIsAPredictionSoThatItsBatchSucceeds) {
  RequestSpec spec = BenchRequest(7);
  PredictionInput input{&spec, nullptr, nullptr};
  auto predicted = PredictNothing(BatchId("batch"), {&input, 1});
  ASSERT_EQ(predicted.size(), 1u);
  EXPECT_EQ(predicted[0].status, RequestState::kSucceeded);
  EXPECT_EQ(predicted[0].predictions.size(), 1u);
}

TEST(BenchParts, ItsFolderIsGoneAfterwards) {
  TempFolder parent;
  std::string path;
  {
    auto folder = BenchFolder::Make(parent.path());
    ASSERT_TRUE(folder.ok());
    path = (*folder)->path();
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(BenchParts, AFolderThatCannotBeMadeNamesTheRemedy) {
  auto folder = BenchFolder::Make("/nowhere/at/all");
  ASSERT_FALSE(folder.ok());
  EXPECT_NE(folder.error().message.find("--folder"), std::string::npos);
}

}  // namespace
}  // namespace tipoff
