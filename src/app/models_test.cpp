#include "app/models.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "predict/xgboost/training.h"
#include "support/demo_table.h"
#include "support/player_case.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

const Model& Trained() {
  static const Model model = [] {
    TrainingOptions options{.until = OnDay("2026-01-10")};
    options.booster.rounds = 10;
    Model trained = TrainModel(DemoTable(), options).value();
    EncodeModel(trained);
    return trained;
  }();
  return model;
}

std::string Bytes() {
  Model model = Trained();
  return EncodeModel(model);
}

class Models : public testing::Test {
 protected:
  Models() { globals_.data = folder_.path(); }

  void NameFile(const std::string& path) {
    globals_.config = ParseConfig("[model]\nfile = \"" + path + "\"\n", "tipoff.toml").value();
  }
  // Refused as a bad configuration, naming the file and these words.
  void ExpectRefused(const std::string& words) {
    Result<ChosenModel> chosen = ChooseModel(globals_);
    ASSERT_FALSE(chosen.ok());
    EXPECT_EQ(ExitFor(chosen.error()), kExitBadConfig);
    EXPECT_NE(chosen.error().message.find(".model"), std::string::npos) << chosen.error().message;
    EXPECT_NE(chosen.error().message.find(words), std::string::npos) << chosen.error().message;
  }

  TempFolder folder_;
  Globals globals_;
};

TEST_F(Models, WhoeverHasTrainedNoneHasTheStandardSystems) {
  Result<ChosenModel> chosen = ChooseModel(globals_);
  ASSERT_TRUE(chosen.ok());
  EXPECT_EQ(chosen->version, "");
}

TEST_F(Models, TheOneInTheDataFolderIsTakenUpAndTellsItsVersionInEveryRow) {
  ASSERT_TRUE(WriteModel(ModelPath(globals_), Bytes()).ok());
  ChosenModel chosen = ChooseModel(globals_).value();
  EXPECT_EQ(chosen.version, Trained().version());
  PlayerCase player;
  player.PlayedSteadily(30, 20);
  PredictionInput input = player.input();
  std::vector<Prediction> rows = chosen.predict(BatchId("b"), {&input, 1}).front().predictions;
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[3].model_version, chosen.version);
  EXPECT_NE(rows[4].model_version.find(chosen.version), std::string::npos);
}

TEST_F(Models, F43_AFileThatIsNamedAndMissingIsRefused) {
  NameFile(folder_ / "gone.model");
  ExpectRefused("there is no");
}

TEST_F(Models, F43_ADamagedFileIsRefused) {
  std::string bytes = Bytes();
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  ASSERT_TRUE(WriteModel(ModelPath(globals_), bytes).ok());
  ExpectRefused("damaged");
}

TEST_F(Models, F43_AnEmptyFileIsRefused) {
  ASSERT_TRUE(WriteModel(ModelPath(globals_), "").ok());
  ExpectRefused("no header");
}

TEST_F(Models, F43_AFolderInItsPlaceIsRefused) {
  std::filesystem::create_directories(ModelPath(globals_));
  ExpectRefused("refused");
}

TEST_F(Models, F43_AModelOfOtherFeaturesIsRefused) {
  Model other = Trained();
  other.features.back() = "moon";
  ASSERT_TRUE(WriteModel(ModelPath(globals_), EncodeModel(other)).ok());
  ExpectRefused("moon");
}

TEST_F(Models, ANewOneReplacesTheOldOneAsAWhole) {
  ASSERT_TRUE(WriteModel(ModelPath(globals_), "old").ok());
  ASSERT_TRUE(WriteModel(ModelPath(globals_), Bytes()).ok());
  EXPECT_TRUE(ChooseModel(globals_).ok());
  EXPECT_FALSE(std::filesystem::exists(ModelPath(globals_) + ".new"));
  EXPECT_FALSE(WriteModel("/proc/nowhere/points.model", "x").ok());
}

}  // namespace
}  // namespace tipoff
