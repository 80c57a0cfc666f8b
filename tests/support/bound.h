// The promise about the end of a batch, checked by every test that ends one after its time:
//   terminal_at <= max(terminal_by, the instant from which a coordinator and the store were alive)
//                  + lease + 2 periods + one commit.
// The worst overrun of a test program is printed at its end.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "flow/sweep.h"

namespace tipoff {

// In a world whose store answers at once, tries and back-off of one commit included.
inline constexpr Duration kOneCommit = std::chrono::seconds(1);

class WorstOverrun : public testing::Environment {
 public:
  static WorstOverrun& Get() {
    static auto* the =
        static_cast<WorstOverrun*>(testing::AddGlobalTestEnvironment(new WorstOverrun));
    return *the;
  }

  void Note(Duration overrun, Duration allowed) {
    ++batches_;
    if (overrun <= worst_) return;
    worst_ = overrun;
    allowed_ = allowed;
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    test_ = info == nullptr ? "" : info->name();
  }

  void TearDown() override {
    if (batches_ == 0) return;
    fmt::print("worst terminal overrun of {} batches: {} of {} allowed{}{}\n", batches_,
               FormatDuration(worst_), FormatDuration(allowed_), test_.empty() ? "" : ", in ",
               test_);
  }

 private:
  std::size_t batches_ = 0;
  Duration worst_{0};
  Duration allowed_{0};
  std::string test_;
};

// Registered before main, so that its TearDown is part of the run.
inline WorstOverrun& worst_overrun = WorstOverrun::Get();

inline Duration TheBound(const Sweep::Options& sweep = {}) {
  return sweep.lease + 2 * sweep.period + kOneCommit;
}

// `alive_since` is when a coordinator and the store were last able to work again; never: always.
// `late` is what faults that the test injects may take besides.
inline void ExpectEndedInTime(const Batch& batch, Instant alive_since = Instant(),
                              const Sweep::Options& sweep = {}, Duration late = Duration(0)) {
  ASSERT_TRUE(IsTerminal(batch.phase)) << batch.id << " is " << ToString(batch.phase);
  Instant promised = std::max(batch.terminal_by, alive_since);
  Duration allowed = TheBound(sweep) + late;
  Duration overrun = std::max(Duration(0), batch.terminal_at - promised);
  worst_overrun.Note(overrun, allowed);
  EXPECT_LE(overrun, allowed) << batch.id << " ended " << FormatDuration(overrun)
                              << " after its time";
}

}  // namespace tipoff
