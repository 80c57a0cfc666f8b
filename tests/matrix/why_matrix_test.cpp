#include <gtest/gtest.h>

#include "matrix/fault_world.h"

namespace tipoff {
namespace {

// A few seeds of each; `make why-matrix` asks for many.
constexpr std::uint64_t kSeeds = 4;

void AnswersTheTruth(const std::string& fault) {
  for (const FaultTruth& truth : FaultTruths()) {
    if (truth.id != fault) continue;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      Asked asked = AskAbout(fault, seed);
      std::string evidence;
      for (const Evidence& e : asked.diagnosis.evidence) {
        evidence += e.name + ": " + e.detail + "\n";
      }
      EXPECT_EQ(ToString(asked.diagnosis.layer), ToString(truth.layer))
          << fault << " seed " << seed << ": " << asked.diagnosis.sentence << "\n"
          << asked.story << evidence;
    }
  }
}

TEST(Why, F01_ADeadCoordinatorIsNamed) { AnswersTheTruth("F01"); }
TEST(Why, F02_ACoordinatorThatDiedHalfWayIsNamed) { AnswersTheTruth("F02"); }
TEST(Why, F03_ABusThatRefusesIsNamed) { AnswersTheTruth("F03"); }
TEST(Why, F06_AHistoryThatHangsOrFailsIsNamed) { AnswersTheTruth("F06"); }
TEST(Why, F07_BrokenRowsAreNamedAsData) { AnswersTheTruth("F07"); }
TEST(Why, F12_WorkersThatAreNotThereOrNeverPullAreNamed) { AnswersTheTruth("F12"); }
TEST(Why, F13_AWorkerThatDiedIsNamed) { AnswersTheTruth("F13"); }
TEST(Why, F14_LostCompletionsAreNamed) { AnswersTheTruth("F14"); }
TEST(Why, F15_RightSkipsAreNobodysFault) { AnswersTheTruth("F15"); }
TEST(Why, F20_ADeletedSubscriptionIsNamed) { AnswersTheTruth("F20"); }
TEST(Why, F25_AStoreThatFailsCommitsIsNamed) { AnswersTheTruth("F25"); }
TEST(Why, F31_ASweepThatHangsIsNamed) { AnswersTheTruth("F31"); }
TEST(Why, F34_AStoreThatIsAwayIsNamed) { AnswersTheTruth("F34"); }
TEST(Why, F43_WorkersThatRefuseAreNamed) { AnswersTheTruth("F43"); }
TEST(Why, F46_IncompleteDataAreNamed) { AnswersTheTruth("F46"); }

}  // namespace
}  // namespace tipoff
