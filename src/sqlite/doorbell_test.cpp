#include "sqlite/doorbell.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/manual_loop.h"
#include "support/temp_folder.h"

namespace tipoff::sqlite {
namespace {

class DoorbellTest : public testing::Test {
 protected:
  std::unique_ptr<Doorbell> Open(const std::string& name) {
    auto bell = Doorbell::Open(folder_.path(), Incarnation(name));
    EXPECT_TRUE(bell.ok()) << bell.error().message;
    return std::move(*bell);
  }
  std::function<void()> Count(int& rung) {
    return [this, &rung] { loop_.Post([&rung] { ++rung; }); };
  }

  TempFolder folder_;
  ManualLoop loop_;
};

TEST_F(DoorbellTest, WakesListenersHereAndInOtherProcesses) {
  auto here = Open("a");
  auto there = Open("b");
  int rung_here = 0, rung_there = 0, other = 0;
  here->Listen("requests", Count(rung_here));
  there->Listen("requests", Count(rung_there));
  there->Listen("completions", Count(other));
  here->Ring("requests");
  loop_.RunUntil([&] { return rung_here == 1 && rung_there == 1; });
  EXPECT_EQ(other, 0);
}

TEST_F(DoorbellTest, AnUnlistenedListenerIsLeftAlone) {
  auto bell = Open("a");
  int first = 0, second = 0;
  auto id = bell->Listen("x", Count(first));
  bell->Listen("x", Count(second));
  bell->Unlisten(id);
  bell->Ring("x");
  loop_.RunUntil([&] { return second == 1; });
  EXPECT_EQ(first, 0);
}

TEST_F(DoorbellTest, ASocketThatNobodyHoldsAnyMoreIsRemoved) {
  auto bell = Open("a");
  auto dead = Open("b");
  // A killed process leaves its socket file behind: the file stays, nobody is bound to it.
  std::filesystem::rename(folder_ / "b.sock", folder_ / "c.sock");
  dead.reset();
  ASSERT_TRUE(std::filesystem::exists(folder_ / "c.sock"));
  bell->Ring("x");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "c.sock"));
}

TEST_F(DoorbellTest, AFolderWithALongPathIsNoProblem) {
  std::string deep = folder_.path();
  for (int i = 0; i < 10; ++i) deep += "/" + std::string(20, 'd');
  std::filesystem::create_directories(deep);
  auto bell = Doorbell::Open(deep, Incarnation("a"));
  ASSERT_TRUE(bell.ok()) << bell.error().message;
  auto other = Doorbell::Open(deep, Incarnation("b"));
  ASSERT_TRUE(other.ok());
  int rung = 0;
  (*other)->Listen("x", Count(rung));
  (*bell)->Ring("x");
  loop_.RunUntil([&] { return rung == 1; });
}

}  // namespace
}  // namespace tipoff::sqlite
