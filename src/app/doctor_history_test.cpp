#include "app/doctor_history.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

HistoryBatch Answer() { return {{}, {{"DEN", 30, 110, 108}}, "v7"}; }

TEST(DoctorOnHistory, ASourceThatAnswersIsWell) {
  Finding finding = JudgeHistory("postgres", Answer(), milliseconds(12));
  EXPECT_EQ(finding.verdict, Verdict::kOk);
  EXPECT_EQ(finding.detail, "postgres, version v7, 1 teams in the last year, answered in 12ms");
}

TEST(DoctorOnHistory, F06_ASourceThatDoesNotAnswerIsTheFailure) {
  Finding finding =
      JudgeHistory("postgres", Error{Errc::kUnavailable, "PostgreSQL: can't connect"}, seconds(1));
  EXPECT_EQ(finding.verdict, Verdict::kFail);
  EXPECT_EQ(finding.detail, "PostgreSQL: can't connect");
  EXPECT_FALSE(finding.remedy.empty());
}

TEST(DoctorOnHistory, OneThatIsEmptyOrSlowIsWorthALook) {
  EXPECT_EQ(JudgeHistory("postgres", HistoryBatch{{}, {}, "v7"}, seconds(0)).verdict,
            Verdict::kWarn);
  EXPECT_EQ(JudgeHistory("postgres", Answer(), seconds(3)).verdict, Verdict::kWarn);
}

}  // namespace
}  // namespace tipoff
