#include "sqlite/process_lock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/temp_folder.h"

namespace tipoff::sqlite {
namespace {

// A child process that takes the lock `name` and waits to be killed.
pid_t Holder(const std::string& folder, const std::string& name) {
  int ready[2];
  if (pipe(ready) != 0) return -1;
  pid_t child = fork();
  if (child == 0) {
    auto lock = ProcessLock::Take(folder, Incarnation(name));
    char answer = lock.ok() ? 'y' : 'n';
    if (write(ready[1], &answer, 1) != 1) _exit(1);
    while (true) pause();
  }
  char answer = 'n';
  bool told = read(ready[0], &answer, 1) == 1 && answer == 'y';
  close(ready[0]);
  close(ready[1]);
  return told ? child : -1;
}

TEST(ProcessLock, F13_AKilledProcessIsFoundDeadAndAnAliveOneIsNot) {
  TempFolder folder;
  auto own = ProcessLock::Take(folder.path(), Incarnation("me"));
  ASSERT_TRUE(own.ok()) << own.error().message;
  pid_t alive = Holder(folder.path(), "alive");
  pid_t doomed = Holder(folder.path(), "doomed");
  ASSERT_GT(alive, 0);
  ASSERT_GT(doomed, 0);
  EXPECT_TRUE(own->FindDead().empty());
  kill(doomed, SIGKILL);
  waitpid(doomed, nullptr, 0);
  EXPECT_EQ(own->FindDead(), std::vector<Incarnation>{Incarnation("doomed")});
  EXPECT_TRUE(own->FindDead().empty()) << "looked after already";
  own->LetGo(Incarnation("doomed"));
  EXPECT_EQ(own->FindDead().size(), 1u) << "to be looked after still";
  std::ofstream(folder / "doomed.sock");  // Of its doorbell.
  own->Forget(Incarnation("doomed"));
  EXPECT_FALSE(std::filesystem::exists(folder / "doomed.lock"));
  EXPECT_FALSE(std::filesystem::exists(folder / "doomed.sock"));
  kill(alive, SIGKILL);
  waitpid(alive, nullptr, 0);
  EXPECT_EQ(own->FindDead(), std::vector<Incarnation>{Incarnation("alive")});
}

TEST(ProcessLock, TheDeadOfADeadProcessAreFoundByTheNext) {
  TempFolder folder;
  pid_t doomed = Holder(folder.path(), "doomed");
  kill(doomed, SIGKILL);
  waitpid(doomed, nullptr, 0);
  {
    auto first = ProcessLock::Take(folder.path(), Incarnation("first"));
    EXPECT_EQ(first->FindDead().size(), 1u);  // Found, but not forgotten: it stops here.
  }
  auto second = ProcessLock::Take(folder.path(), Incarnation("second"));
  EXPECT_EQ(second->FindDead(), std::vector<Incarnation>{Incarnation("doomed")});
}

TEST(ProcessLock, LeavingInGoodOrderLeavesNothing) {
  TempFolder folder;
  { auto lock = ProcessLock::Take(folder.path(), Incarnation("one")); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(ProcessLock, OneThatCouldNotGiveBackWhatItHeldIsFoundDead) {
  TempFolder folder;
  {
    auto lock = ProcessLock::Take(folder.path(), Incarnation("one"));
    lock->LeaveBehind();
  }
  auto next = ProcessLock::Take(folder.path(), Incarnation("two"));
  EXPECT_EQ(next->FindDead(), std::vector<Incarnation>{Incarnation("one")});
}

}  // namespace
}  // namespace tipoff::sqlite
