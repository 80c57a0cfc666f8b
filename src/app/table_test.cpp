#include "app/table.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(TextTable, AlignsByWhatIsSeenNotByBytes) {
  TextTable table({"NAME", ">PTS"});
  table.Row({"Jokić", "28"});
  table.Row({"Smith", "7"});
  EXPECT_EQ(table.Text(), "NAME   PTS\nJokić   28\nSmith    7\n");
}

TEST(TextTable, CsvQuotesWhatItMust) {
  TextTable table({"a", ">b"});
  table.Row({"x,y", "say \"hi\""});
  table.Row({"two\nlines", ""});
  EXPECT_EQ(table.Csv(), "a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"two\nlines\",\n");
}

TEST(TextTableDeathTest, ARowOfAnotherWidthIsABrokenInvariant) {
  TextTable table({"a", "b"});
  EXPECT_DEATH(table.Row({"x"}), "broken invariant");
}

}  // namespace
}  // namespace tipoff
