#include "app/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

const Instant kNow = *ParseInstant("2026-01-28T12:00:00Z");

json::array List(const char* text) { return ParseJson(text)->as_array(); }

TEST(Diagnosis, F50_StuckIsNeverHiddenBehindGreen) {
  json::array live = List(R"([{"batch_id":"a"},{"batch_id":"b"}])");
  EXPECT_EQ(JudgeBatches(live, {}).verdict, Verdict::kOk);
  Finding slow = JudgeBatches(live, List(R"([{"status":"running","idle_seconds":600}])"));
  EXPECT_EQ(slow.verdict, Verdict::kWarn);
  EXPECT_THAT(slow.detail, HasSubstr("10m"));
  Finding overdue = JudgeBatches(live, List(R"([{"status":"overdue","idle_seconds":9000}])"));
  EXPECT_EQ(overdue.verdict, Verdict::kFail);
  EXPECT_THAT(overdue.remedy, HasSubstr("tipoff batch cleanup"));
}

TEST(Diagnosis, F12_NoWorkerIsAFailureOnlyWhereThereIsSomethingToWork) {
  json::array gone = List(
      R"([{"name":"w1","version":"1","seen_at":"2026-01-28T11:00:00Z"},
          {"name":"w2","version":"1","seen_at":"2026-01-28T11:59:59Z",
           "stopped_at":"2026-01-28T11:59:59Z"}])");
  Finding idle = JudgeWorkers(gone, 0, kNow);
  EXPECT_EQ(idle.verdict, Verdict::kWarn);
  EXPECT_THAT(idle.detail, HasSubstr("1 gone without a word"));
  Finding needed = JudgeWorkers(gone, 1, kNow);
  EXPECT_EQ(needed.verdict, Verdict::kFail);
  EXPECT_THAT(needed.remedy, HasSubstr("tipoff worker"));
}

TEST(Diagnosis, F22_WorkersOfSeveralVersionsAreShown) {
  Finding mixed =
      JudgeWorkers(List(R"([{"name":"w1","version":"1.0","seen_at":"2026-01-28T11:59:55Z"},
               {"name":"w2","version":"1.1","seen_at":"2026-01-28T11:59:55Z"}])"),
                   1, kNow);
  EXPECT_EQ(mixed.verdict, Verdict::kWarn);
  EXPECT_THAT(mixed.detail, HasSubstr("1.0, 1.1"));
}

TEST(Diagnosis, ABacklogIsJudgedByItsOldest) {
  auto findings = JudgeBacklog(
      List(R"([{"topic":"requests","waiting":9,"leased":1,"oldest_at":"2026-01-28T11:50:00Z"},
               {"topic":"completions","waiting":2,"leased":0,"oldest_at":"2026-01-28T11:59:50Z"},
               {"topic":"dead-letters","waiting":0,"leased":0,"oldest_at":null},
               {"topic":"x","error":"no answer"}])"),
      kNow);
  ASSERT_EQ(findings.size(), 4u);
  EXPECT_EQ(findings[0].verdict, Verdict::kWarn);
  EXPECT_THAT(findings[0].detail, HasSubstr("9 waiting, 1 being worked, the oldest 10m"));
  EXPECT_THAT(findings[0].remedy, HasSubstr("tipoff worker"));
  EXPECT_EQ(findings[1].verdict, Verdict::kOk);
  EXPECT_EQ(findings[1].remedy, "");
  EXPECT_EQ(findings[2].verdict, Verdict::kOk);
  EXPECT_EQ(findings[3].verdict, Verdict::kWarn);
}

TEST(Diagnosis, F17_QuarantinedMessagesAreShownWithTheNewestReason) {
  EXPECT_EQ(JudgeQuarantine({}, kNow).verdict, Verdict::kOk);
  Finding some = JudgeQuarantine(
      List(R"([{"at":"2026-01-28T11:58:00Z","topic":"completions","reason":"no JSON"}])"), kNow);
  EXPECT_EQ(some.verdict, Verdict::kWarn);
  EXPECT_THAT(some.detail, HasSubstr("1 message, the newest 2m ago on completions: no JSON"));
}

TEST(Diagnosis, F37_AnnouncementsThatNobodySendsOrTakesAreShown) {
  EXPECT_EQ(JudgeAnnouncements({}, kNow).verdict, Verdict::kOk);
  auto judge = [](bool known, int pending, int dead, const char* oldest) {
    boost::json::object target{{"target", "ops"},
                               {"known", known},
                               {"pending", pending},
                               {"dead", dead},
                               {"oldest_at", nullptr}};
    if (pending > 0) target["oldest_at"] = oldest;
    return JudgeAnnouncements({target}, kNow);
  };
  EXPECT_EQ(judge(true, 0, 0, "").verdict, Verdict::kOk);
  EXPECT_EQ(judge(true, 1, 0, "2026-01-28T11:59:30Z").verdict, Verdict::kOk) << "on its way";
  EXPECT_EQ(judge(true, 1, 0, "2026-01-28T11:00:00Z").verdict, Verdict::kWarn);
  EXPECT_THAT(judge(false, 1, 0, "2026-01-28T11:59:30Z").detail, HasSubstr("nobody here sends"));
  Finding dead = judge(true, 0, 2, "");
  EXPECT_EQ(dead.verdict, Verdict::kWarn);
  EXPECT_THAT(dead.detail, HasSubstr("2 given up"));
  EXPECT_THAT(dead.remedy, HasSubstr("announcements list --state dead"));
}

TEST(Diagnosis, F12_ALostCanaryIsShownWithItsLastHopsRemedy) {
  boost::json::object answer{{"losses", 0}, {"dead", false}, {"detail", "back 5s ago"}};
  EXPECT_EQ(JudgeCanary(answer).verdict, Verdict::kOk);
  answer["losses"] = 1;
  boost::json::object canary{{"lost_after", "published"}};
  answer["canaries"] = boost::json::array{canary};
  EXPECT_EQ(JudgeCanary(answer).verdict, Verdict::kWarn);
  EXPECT_THAT(JudgeCanary(answer).remedy, HasSubstr("start a worker"));
  answer["dead"] = true;
  EXPECT_EQ(JudgeCanary(answer).verdict, Verdict::kFail);
}

TEST(Diagnosis, F35_AClockThatWasSetBackIsSaid) {
  EXPECT_EQ(JudgeClock(kNow, kNow + std::chrono::seconds(1), "the store").verdict, Verdict::kOk);
  EXPECT_EQ(JudgeClock(kNow, kNow - std::chrono::hours(9), "the store").verdict, Verdict::kOk);
  Finding behind = JudgeClock(kNow, kNow + std::chrono::minutes(2), "the store");
  EXPECT_EQ(behind.verdict, Verdict::kWarn);
  EXPECT_THAT(behind.detail, HasSubstr("2m"));
  EXPECT_EQ(JudgeClock(kNow, kNow + std::chrono::hours(1), "the store").verdict, Verdict::kFail);
}

TEST(Diagnosis, F35_TheServersClockIsReadFromItsAnswers) {
  auto judge = [](Instant at) {
    return JudgeServerClock({.headers = {{"server", "tipoff"}, {"date", HttpDate(at)}}}, kNow);
  };
  EXPECT_EQ(judge(kNow).verdict, Verdict::kOk);
  EXPECT_EQ(judge(kNow + std::chrono::minutes(2)).verdict, Verdict::kWarn);
  EXPECT_EQ(judge(kNow + std::chrono::hours(1)).verdict, Verdict::kFail);
  Finding silent = JudgeServerClock({.headers = {{"server", "tipoff"}}}, kNow);
  EXPECT_EQ(silent.verdict, Verdict::kWarn);
  EXPECT_THAT(silent.detail, HasSubstr("the server tells no time"));
  EXPECT_EQ(JudgeServerClock({.headers = {{"date", "noon"}}}, kNow).verdict, Verdict::kWarn);
}

TEST(Diagnosis, OfAServerThatIsNotReadyEachReasonIsShown) {
  json::object ready = ParseJson(R"({"checks":[{"name":"store","ok":true}]})")->as_object();
  EXPECT_EQ(JudgeReadiness(200, ready).front().verdict, Verdict::kOk);
  json::object not_ready =
      ParseJson(R"({"checks":[{"name":"store","ok":false,"detail":"no answer within 3s"}]})")
          ->as_object();
  auto findings = JudgeReadiness(503, not_ready);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].verdict, Verdict::kFail);
  EXPECT_EQ(findings[0].detail, "no answer within 3s");
  EXPECT_EQ(JudgeReadiness(500, {}).front().verdict, Verdict::kFail);
}

TEST(Diagnosis, AnAlertOfThisHourIsShown) {
  json::object raised = ParseJson(R"({"checks":[{"name":"progress","ok":false,"detail":"stuck"},
                              {"name":"alerts","ok":false,"detail":"3 interventions"}]})")
                            ->as_object();
  Finding finding = JudgeAlerts(raised);
  EXPECT_EQ(finding.verdict, Verdict::kWarn);
  EXPECT_EQ(finding.detail, "3 interventions");
  EXPECT_NE(finding.remedy, "");
  json::object none = ParseJson(R"({"checks":[{"name":"alerts","ok":true}]})")->as_object();
  EXPECT_EQ(JudgeAlerts(none).verdict, Verdict::kOk);
  EXPECT_EQ(JudgeAlerts(json::object()).verdict, Verdict::kWarn) << "not known is not none";
}

TEST(Diagnosis, WarningsAreNoFailureAndEveryFormatSaysTheSame) {
  std::vector<Finding> findings{{.name = "disk", .detail = "9 MB free"},
                                {.name = "workers",
                                 .verdict = Verdict::kWarn,
                                 .detail = "0 at work",
                                 .remedy = "start some"}};
  EXPECT_EQ(ExitForFindings(findings), kExitSucceeded);
  EXPECT_THAT(FormatFindings(findings, Output::kTable), HasSubstr("-> start some"));
  EXPECT_THAT(FormatFindings(findings, Output::kCsv),
              HasSubstr("workers,WARN,0 at work,start some"));
  auto value = ParseJson(FormatFindings(findings, Output::kJson));
  EXPECT_TRUE(value->at("ok").as_bool());
  EXPECT_TRUE(value->at("checks").at(0).at("remedy").is_null());
  findings[1].verdict = Verdict::kFail;
  EXPECT_EQ(ExitForFindings(findings), kExitError);
}

}  // namespace
}  // namespace tipoff
