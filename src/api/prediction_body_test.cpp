#include "api/prediction_body.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace tipoff {
namespace {

Result<std::vector<Prediction>> Read(const std::string& body) {
  auto value = ParseJson(body);
  if (!value.ok()) return value.error();
  return ReadPredictions(*value);
}

// A sound prediction with one field replaced; "" leaves it out.
std::string With(const std::string& field, const std::string& text) {
  std::vector<std::pair<std::string, std::string>> fields{
      {"system", "\"mine\""},         {"line", "24.5"},
      {"predicted_points", "23.44"},  {"spread", "6.26"},
      {"confidence", "0.618"},        {"recommendation", "\"UNDER\""},
      {"model_version", "\"mine/3\""}};
  std::string body;
  bool found = false;
  for (auto& [name, value] : fields) {
    if (name == field) found = true;
    const std::string& shown = name == field ? text : value;
    if (shown.empty()) continue;
    body += (body.empty() ? "" : ",") + ("\"" + name + "\":" + shown);
  }
  if (!found) body += ",\"" + field + "\":" + text;
  return "{" + body + "}";
}

TEST(PredictionBody, IsReadAndRoundedAsItIsStored) {
  auto read = Read(R"({"predictions":[)" + With("components", R"({"l5":22.5,"home":0.5})") + "]}");
  ASSERT_TRUE(read.ok()) << read.error().message;
  const Prediction& prediction = read->front();
  EXPECT_EQ(prediction.system, "mine");
  EXPECT_EQ(prediction.line->str(), "24.5");
  EXPECT_EQ(prediction.predicted_points, 23.4);
  EXPECT_EQ(prediction.spread, 6.3);
  EXPECT_EQ(prediction.confidence, 0.62);
  EXPECT_EQ(prediction.recommendation, Recommendation::kUnder);
  EXPECT_EQ(prediction.components.at(1), (std::pair<std::string, double>("home", 0.5)));
}

TEST(PredictionBody, F42_WithoutALineThereIsNothingToRecommend) {
  std::string none = R"({"predictions":[{"system":"s","line":null,"predicted_points":1,
    "spread":1,"confidence":1,"model_version":"v"}]})";
  EXPECT_EQ(Read(none)->front().recommendation, Recommendation::kNoLine);
  EXPECT_FALSE(Read(R"({"predictions":[)" + With("line", "null") + "]}").ok());
  EXPECT_FALSE(Read(R"({"predictions":[)" + With("recommendation", "\"NO_LINE\"") + "]}").ok());
  EXPECT_EQ(Read(R"({"predictions":[)" + With("recommendation", "") + "]}")->front().recommendation,
            Recommendation::kPass);
  EXPECT_TRUE(
      Read(R"({"predictions":[)" + With("line", "24.5") + "," + With("line", "25") + "]}").ok());
}

TEST(PredictionBody, F07_WhatIsAbsurdIsRefusedByItsPlace) {
  std::vector<std::pair<std::string, std::string>> wrong{
      {"spread", "\"wide\""},
      {"spread", "-1"},
      {"spread", "1e400"},
      {"spread", ""},
      {"spread", "null"},
      {"predicted_points", "-0.1"},
      {"predicted_points", "201"},
      {"confidence", "1.1"},
      {"confidence", "61"},
      {"line", "\"24.5\""},
      {"line", "-3"},
      {"line", "24.5555"},
      {"line", "1000"},
      {"system", "\"\""},
      {"system", "7"},
      {"model_version", ""},
      {"recommendation", "\"over\""},
      {"components", "[1]"},
      {"points", "20"},
      {"system", "\"" + std::string(101, 's') + "\""}};
  for (const auto& [field, text] : wrong) {
    auto read =
        Read(R"({"predictions":[)" + With("system", "\"first\"") + "," + With(field, text) + "]}");
    ASSERT_FALSE(read.ok()) << field << " = " << text;
    EXPECT_EQ(read.error().code, Errc::kInvalid);
    if (text == "1e400") continue;  // No number at all to the parser.
    EXPECT_NE(read.error().message.find("predictions[1]." + field), std::string::npos)
        << read.error().message;
  }
}

TEST(PredictionBody, F17_NaNIsNoJson) {
  EXPECT_FALSE(Read(R"({"predictions":[)" + With("spread", "NaN") + "]}").ok());
  EXPECT_FALSE(Read(R"({"predictions":[)" + With("spread", "Infinity") + "]}").ok());
}

TEST(PredictionBody, AnEmptyListNamesTheRemedy) {
  for (const char* body : {"{}", R"({"predictions":[]})", R"({"predictions":null})"}) {
    auto read = Read(body);
    ASSERT_FALSE(read.ok());
    EXPECT_NE(read.error().message.find(":fail"), std::string::npos) << read.error().message;
  }
  EXPECT_FALSE(Read(R"({"predictions":{}})").ok());
  EXPECT_FALSE(Read(R"({"predictions":[3]})").ok());
}

TEST(PredictionBody, OneSystemPredictsALineOnce) {
  auto read =
      Read(R"({"predictions":[)" + With("line", "24.5") + "," + With("line", "24.50") + "]}");
  ASSERT_FALSE(read.ok());
  EXPECT_NE(read.error().message.find("predictions[1]"), std::string::npos);
}

}  // namespace
}  // namespace tipoff
