#include <gtest/gtest.h>

#include <thread>

#include "base/asio_loop.h"

namespace tipoff {
namespace {

using std::chrono::milliseconds;

TEST(AsioLoop, RunsPostedTasksInOrderAndNeverInline) {
  AsioLoop loop;
  std::vector<int> order;
  loop.Post([&] {
    loop.Post([&] { order.push_back(3); });
    order.push_back(1);
  });
  loop.Post([&] { order.push_back(2); });
  EXPECT_TRUE(order.empty());
  loop.Post([&] { loop.Post([&] { loop.Stop(); }); });
  loop.Run();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(AsioLoop, ACancelledTimerDoesNotRun) {
  AsioLoop loop;
  bool cancelled_ran = false;
  bool other_ran = false;
  auto timer = loop.After(milliseconds(1), [&] { cancelled_ran = true; });
  loop.After(milliseconds(2), [&] {
    other_ran = true;
    loop.Stop();
  });
  loop.Cancel(timer);
  loop.Cancel(0);
  loop.Run();
  EXPECT_FALSE(cancelled_ran);
  EXPECT_TRUE(other_ran);
}

TEST(AsioLoop, TakesTasksFromOtherThreads) {
  AsioLoop loop;
  int sum = 0;
  std::thread other([&] {
    for (int i = 1; i <= 100; ++i) loop.Post([&, i] { sum += i; });
    loop.Post([&] { loop.Stop(); });
  });
  loop.Run();
  other.join();
  EXPECT_EQ(sum, 5050);
}

TEST(AsioLoop, ATimerMayCancelItselfWhileItRuns) {
  AsioLoop loop;
  Loop::TimerId timer = 0;
  timer = loop.After(milliseconds(1), [&] {
    loop.Cancel(timer);
    loop.Stop();
  });
  loop.Run();
}

}  // namespace
}  // namespace tipoff
