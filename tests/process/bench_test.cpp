// `tipoff bench` as a user runs it. What it measures is not judged: that is the machine's.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/json.h"
#include "process/program.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

TEST(BenchTest, MeasuresAndLeavesNothingBehind) {
  TempFolder folder;
  Finished bench = RunTipoff(
      {"bench", "--requests", "20", "--batches", "2", "--folder", folder.path(), "-o", "json"});
  ASSERT_EQ(bench.exit, 0) << bench.err;
  auto json = ParseJson(bench.out);
  ASSERT_TRUE(json.ok()) << bench.out;
  const auto& told = json->as_object();
  EXPECT_EQ(told.at("requests").to_number<int>(), 20);
  EXPECT_EQ(told.at("batches").to_number<int>(), 2);
  for (const char* figure : {"requests_per_second", "floor_per_second", "accept_ms",
                             "first_lease_ms", "batch_ms", "tail_ms_p99", "rss_peak_mb"}) {
    EXPECT_GT(told.at(figure).to_number<double>(), 0) << figure;
  }
  EXPECT_GT(told.at("commits").to_number<int>(), 4) << "a batch takes several commits";
  EXPECT_FALSE(told.at("machine").as_string().empty());
  EXPECT_EQ(told.size(), 11u) << bench.out;
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(BenchTest, WhatMakesNoSenseIsRefused) {
  EXPECT_EQ(RunTipoff({"bench", "--requests", "0"}).exit, 2);
  EXPECT_EQ(RunTipoff({"bench", "--requests", "20", "--batches", "0"}).exit, 2);
  EXPECT_EQ(RunTipoff({"bench", "--folder", "/nowhere/at/all"}).exit, 2);
}

}  // namespace
}  // namespace tipoff
