#include "sim/clockwork.h"

#include <gtest/gtest.h>

#include <string>

namespace tipoff::sim {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const Instant kStart = Instant::FromMicros(1'000'000'000);

struct Clocked : testing::Test {
  void RunAll() {
    while (clock.Step(kStart + hours(9))) {
    }
  }
  Clockwork::Task Note(char what) {
    return [this, what] { happened += what; };
  }
  Clockwork clock{kStart};
  std::string happened;
};

TEST_F(Clocked, ThingsHappenByTimeThenAsPlanned) {
  clock.After(seconds(2), Note('c'));
  clock.After(seconds(1), Note('a'));
  clock.After(seconds(1), Note('b'));
  RunAll();
  EXPECT_EQ(happened, "abc");
}

TEST_F(Clocked, WhatIsCancelledDoesNotHappenAndItsNumberIsNoOthers) {
  Clockwork::Id gone = clock.After(seconds(1), Note('x'));
  clock.Cancel(gone);
  clock.After(seconds(1), Note('a'));
  clock.Cancel(gone);
  RunAll();
  EXPECT_EQ(happened, "a");
}

TEST_F(Clocked, NothingOfADeadProcessHappens) {
  auto life = std::make_shared<Life>();
  ProcessLoop loop(clock, life);
  loop.Post(Note('a'));
  loop.After(seconds(1), Note('x'));
  clock.Step(kStart);
  life->alive = false;
  RunAll();
  EXPECT_EQ(happened, "a");
}

TEST_F(Clocked, WhatComesDueWhileAProcessStandsStillHappensAfterwardsInOrder) {
  auto life = std::make_shared<Life>();
  ProcessLoop loop(clock, life);
  life->still_until = kStart + hours(1);
  loop.After(seconds(2), Note('b'));
  loop.After(seconds(1), Note('a'));
  clock.After(seconds(3), Note('o'));
  loop.After(hours(2), Note('c'));
  RunAll();
  EXPECT_EQ(happened, "oabc");
}

TEST_F(Clocked, AProcessHasItsOwnWallClock) {
  auto life = std::make_shared<Life>();
  ProcessLoop loop(clock, life);
  Duration steady = loop.Steady();
  loop.SkewWallClock(-hours(1));
  EXPECT_EQ(loop.Now(), kStart - hours(1));
  EXPECT_EQ(loop.Steady(), steady);
}

}  // namespace
}  // namespace tipoff::sim
