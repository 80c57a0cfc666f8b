#include "core/line.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(Line, F42_HalfPointsAndWholePointsAreDifferentLines) {
  EXPECT_NE(*Line::Parse("24.5"), *Line::Parse("25.0"));
  EXPECT_EQ(*Line::Parse("25"), *Line::Parse("25.0"));
  EXPECT_EQ(Line::Parse("24.5")->str(), "24.5");
  EXPECT_EQ(Line::Parse("25")->str(), "25.0");
  EXPECT_EQ(Line::Parse("12.25")->str(), "12.25");
  EXPECT_EQ(Line::Parse("0.125")->str(), "0.125");
}

TEST(Line, ReadsNumbersExactly) {
  EXPECT_EQ(Line::FromNumber(24.5)->milli(), 24500);
  EXPECT_EQ(Line::FromNumber(0.1)->milli(), 100);
  EXPECT_FALSE(Line::FromNumber(24.50001).ok());
  EXPECT_FALSE(Line::FromNumber(std::numeric_limits<double>::quiet_NaN()).ok());
  EXPECT_FALSE(Line::FromNumber(std::numeric_limits<double>::infinity()).ok());
}

TEST(Line, F07_AbsurdLinesAreInvalid) {
  for (const char* text : {"", ".", "24.", ".5", "-3", "0", "0.0", "1000", "1e3", "24.5000", "x",
                           "24,5", " 24.5", "99999999999"}) {
    EXPECT_FALSE(Line::Parse(text).ok()) << text;
  }
  EXPECT_FALSE(Line::FromNumber(-1).ok());
  EXPECT_FALSE(Line::FromNumber(1e300).ok());
}

}  // namespace
}  // namespace tipoff
