#include "base/result.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

Result<int> Half(int n) {
  if (n % 2 != 0) return Error{Errc::kInvalid, "odd"};
  return n / 2;
}

Result<int> Quarter(int n) {
  TIPOFF_TRY(int half, Half(n));
  return Half(half);
}

Status Check(int n) {
  TIPOFF_TRY_STATUS(Quarter(n).ok() ? Ok() : Status(Error{Errc::kConflict, "no quarter"}));
  return Ok();
}

TEST(Result, CarriesAValueOrAnError) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).error().message, "odd");
  EXPECT_EQ(Check(6).error().code, Errc::kConflict);
  EXPECT_TRUE(Check(4).ok());
}

TEST(ResultDeathTest, ReadingTheWrongOneIsABrokenInvariant) {
  EXPECT_DEATH((void)Half(1).value(), "odd");
  EXPECT_DEATH((void)Half(2).error(), "broken invariant");
}

TEST(Error, AnnotateSaysWhere) {
  EXPECT_EQ(Annotate({Errc::kInvalid, "bad"}, "line 3").message, "line 3: bad");
}

}  // namespace
}  // namespace tipoff
