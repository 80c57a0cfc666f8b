#include "predict/xgboost/model.h"

#include <gtest/gtest.h>

#include "support/player_case.h"

namespace tipoff {
namespace {

Model Made() {
  Model model{.features = {"a", "b"},
              .from = OnDay("2021-12-18"),
              .examples = 5,
              .seed = 1,
              .rounds = 7,
              .library = "1.7.4",
              .data_version = "d"};
  model.scores.push_back({"xgboost", 5, 4.8125, -0.1, 6.2});
  model.learned.until = OnDay("2024-10-22");
  model.learned.weights = {{"rate_minutes", 0.25}, {"xgboost", 0.75}};
  Calibration calibration;
  calibration.bands[3] = {-0.125, 1.03, 0.98};
  model.learned.calibrations = {{"ensemble", calibration}};
  model.trees = std::string("{\0\n\xff trees", 10);
  return model;
}

std::string Bytes() {
  Model model = Made();
  return EncodeModel(model);
}

// kCorrupt, with these words in the message.
void ExpectCorrupt(std::string_view bytes, const std::string& words) {
  Result<Model> model = DecodeModel(bytes);
  ASSERT_FALSE(model.ok()) << words;
  EXPECT_EQ(model.error().code, Errc::kCorrupt);
  EXPECT_NE(model.error().message.find(words), std::string::npos) << model.error().message;
  EXPECT_NE(model.error().message.find("`tipoff train`"), std::string::npos) << "the remedy";
}

TEST(Model, ComesBackAsItWasWritten) {
  Model written = Made();
  Result<Model> read = DecodeModel(EncodeModel(written));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, written);
  EXPECT_EQ(read->version(), "xgboost/1 2024-10-22 " + read->hash.substr(0, 8));
}

TEST(Model, TheVersionIsAnotherForWhateverIsAnother) {
  Model one = Made(), two = Made();
  two.learned.weights[0].weight = 0.26;
  EncodeModel(one);
  EncodeModel(two);
  EXPECT_NE(one.version(), two.version());
}

TEST(Model, F43_ACutOffFileIsRefused) {
  std::string bytes = Bytes();
  ExpectCorrupt(bytes.substr(0, bytes.size() - 1), "cut off");
  ExpectCorrupt(bytes + "x", "cut off or grown");
  ExpectCorrupt(bytes.substr(0, 40), "no header");
  ExpectCorrupt("", "no header");
}

TEST(Model, F43_AFlippedByteIsRefusedWhereverItIs) {
  std::string bytes = Bytes();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_FALSE(DecodeModel(damaged).ok()) << at;
  }
}

TEST(Model, F43_ANewerFormatSaysSo) {
  std::string bytes = Bytes();
  std::size_t at = bytes.find("\"format\":1");
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, 10, "\"format\":2");
  Result<Model> model = DecodeModel(bytes);
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().code, Errc::kUnsupported);
  EXPECT_NE(model.error().message.find("format 2, and this build reads 1"), std::string::npos);
}

TEST(Model, F43_AnotherKindOfFileIsNoModel) {
  ExpectCorrupt("{}\n", "no model file of tipoff");
  ExpectCorrupt("game_id,points\n1,2\n", "not JSON");
}

}  // namespace
}  // namespace tipoff
