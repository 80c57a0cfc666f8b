#include "api/api.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/openapi.h"
#include "api/router.h"
#include "support/api_world.h"

namespace tipoff {
namespace {

using std::chrono::minutes;

class ApiTest : public testing::Test {
 protected:
  ApiTest() { api_.world.AddSlate(10); }
  std::string Text(const HttpResponse& response, const char* field) {
    return std::string(ApiWorld::Json(response).at(field).as_string());
  }
  // The status, and that the problem's detail speaks of `word`.
  void ExpectProblem(const HttpResponse& response, int status, const std::string& word) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_NE(Text(response, "detail").find(word), std::string::npos) << response.body;
  }
  ApiWorld api_;
};

TEST_F(ApiTest, F06_AStartIsAcceptedWhileHistoryHangs) {
  HttpResponse started = api_.Ask("POST", "/v1/batches", R"({"game_date":"2025-01-15"})");
  EXPECT_EQ(started.status, 202);
  boost::json::object batch = ApiWorld::Json(started);
  EXPECT_EQ(batch.at("counts").at("expected").to_number<int>(), 10);
  EXPECT_EQ(batch.at("summary").at("total_players").to_number<int>(), 10);
  EXPECT_EQ(api_.history.loads, 0) << "a start never asks the history source";
  ASSERT_EQ(started.headers.size(), 1u);
  EXPECT_EQ(started.headers[0].first, "Location");
  EXPECT_EQ(started.headers[0].second, "/v1/batches/" + Text(started, "batch_id"));
}

TEST_F(ApiTest, F04_StartingTwiceNamesTheSameBatch) {
  BatchId id = api_.Start();
  HttpResponse again = api_.Ask("POST", "/v1/batches", R"({"game_date":"2025-01-15"})");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(Text(again, "batch_id"), id.str());
  HttpResponse platform =
      api_.Ask("POST", "/start", R"({"game_date":"2025-01-15","prediction_run_mode":"BACKFILL"})");
  EXPECT_EQ(platform.status, 409);
  EXPECT_EQ(Text(platform, "batch_id"), id.str());
  EXPECT_EQ(Text(platform, "status"), "already_running");
}

TEST_F(ApiTest, F04_TheSameIdempotencyKeyGetsTheFirstAnswerAgain) {
  ApiWorld::Headers key{{"idempotency-key", "nightly"}};
  std::string body = R"({"game_date":"2025-01-15","prediction_run_mode":"BACKFILL"})";
  HttpResponse first = api_.Ask("POST", "/start", body, key);
  EXPECT_EQ(first.status, 202);
  api_.world.WorkAll();
  HttpResponse again = api_.Ask("POST", "/start", body, key);
  EXPECT_EQ(again.status, 202);
  EXPECT_EQ(again.body, first.body) << "the first answer, although the batch has ended";
  ExpectProblem(api_.Ask("POST", "/start", "{}", key), 422, "Idempotency-Key");
  api_.world.loop.Advance(std::chrono::hours(25));
  EXPECT_NE(Text(api_.Ask("POST", "/start", body, key), "batch_id"), Text(first, "batch_id"));
}

TEST_F(ApiTest, F10_ForceSupersedesAndItsRepeatNamesTheSame) {
  BatchId old = api_.Start();
  std::string forced = R"({"game_date":"2025-01-15","force":true,"correlation_id":"c7"})";
  HttpResponse started = api_.Ask("POST", "/v1/batches", forced);
  EXPECT_EQ(started.status, 202);
  EXPECT_EQ(api_.world.Stored(old).reason, Reason::kSuperseded);
  EXPECT_EQ(Text(api_.Ask("POST", "/v1/batches", forced), "batch_id"), Text(started, "batch_id"));
}

TEST_F(ApiTest, F05_AnotherDateIsNeverBlocked) {
  api_.world.AddSlate(3, "2025-01-16");
  api_.Start();
  EXPECT_EQ(api_.Ask("POST", "/v1/batches", R"({"game_date":"2025-01-16"})").status, 202);
}

TEST_F(ApiTest, F08_NoGamesAndNoPlayersHaveTheirAnswers) {
  HttpResponse none = api_.Ask("POST", "/v1/batches", R"({"game_date":"2025-01-20"})");
  EXPECT_EQ(none.status, 200);
  EXPECT_EQ(Text(none, "status"), "no_games_scheduled");
  HttpResponse nobody =
      api_.Ask("POST", "/v1/batches", R"({"game_date":"2025-01-15","min_minutes":40})");
  ExpectProblem(nobody, 404, "40 minutes");
}

TEST_F(ApiTest, F46_IncompleteDataIsRefused) {
  Slate& slate = api_.world.database.slates.begin()->second;
  slate.recent_games = 10;
  slate.recent_games_with_rows = 7;
  HttpResponse refused =
      api_.Ask("POST", "/start", R"({"game_date":"2025-01-15","prediction_run_mode":"BACKFILL"})");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(Text(refused, "error"), "DATA_INCOMPLETE");
  EXPECT_EQ(api_.Ask("POST", "/start",
                     R"({"game_date":"2025-01-15","prediction_run_mode":"BACKFILL",
                         "skip_completeness_check":true})")
                .status,
            202);
}

TEST_F(ApiTest, F11_TheDateWindowHoldsForThePlatformsPathOnly) {
  ExpectProblem(api_.Ask("POST", "/start", R"({"game_date":"2025-01-15"})"), 400, "game_date");
  EXPECT_EQ(api_.Ask("POST", "/start", "").status, 200) << "today, and no games then";
}

TEST_F(ApiTest, F48_BadBodiesNameTheField) {
  auto start = [&](const char* body) { return api_.Ask("POST", "/v1/batches", body); };
  ExpectProblem(start("{"), 400, "JSON");
  ExpectProblem(start("[]"), 400, "object");
  ExpectProblem(start(R"({"game_date":7})"), 400, "game_date");
  ExpectProblem(start(R"({"game_date":"15.1.2025"})"), 400, "game_date");
  ExpectProblem(start(R"({"gamedate":"TODAY"})"), 400, "gamedate");
  ExpectProblem(start(R"({"min_minutes":"many"})"), 400, "min_minutes");
  ExpectProblem(start(R"({"min_minutes":-1})"), 400, "min_minutes");
  ExpectProblem(start(R"({"run_mode":"NOW"})"), 400, "run_mode");
  ExpectProblem(start(R"({"policy":{"deadline":120}})"), 400, "deadline");
  ExpectProblem(start(R"({"policy":{"deadline":"0s"}})"), 400, "deadline");
  ExpectProblem(start(R"({"force":"yes"})"), 400, "force");
  EXPECT_TRUE(api_.world.database.batches().empty()) << "nothing was started";
}

TEST_F(ApiTest, F48_UnknownPathsAndWrongMethodsAreNamed) {
  ExpectProblem(api_.Ask("GET", "/v2/batches"), 404, "/v2/batches");
  HttpResponse wrong = api_.Ask("DELETE", "/v1/batches");
  ExpectProblem(wrong, 405, "GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(wrong.headers[0],
            std::make_pair(std::string("Allow"), std::string("GET, HEAD, OPTIONS, POST")));
  EXPECT_EQ(api_.Ask("HEAD", "/v1/batches").status, 200);
  EXPECT_EQ(api_.Ask("OPTIONS", "/v1/batches").status, 204);
  ExpectProblem(api_.Ask("GET", "/v1/batches/none"), 404, "none");
  ExpectProblem(api_.Ask("GET", "/v1/batches?phase=odd"), 400, "phase");
  ExpectProblem(api_.Ask("GET", "/v1/batches?limit=0"), 400, "limit");
  ExpectProblem(api_.Ask("GET", "/v1/batches?stalled=1"), 400, "stalled");
}

TEST_F(ApiTest, F33_OrdersAreIdempotentAndAudited) {
  BatchId id = api_.Start();
  HttpResponse finished =
      api_.Ask("POST", "/v1/batches/" + id.str() + ":finish", R"({"reason":"enough"})");
  EXPECT_EQ(finished.status, 200);
  EXPECT_EQ(Text(finished, "reason"), "NoPredictions") << "ended, and nothing had arrived";
  api_.world.loop.Advance(std::chrono::seconds(1));
  HttpResponse cancelled = api_.Ask("POST", "/v1/batches/" + id.str() + ":cancel");
  EXPECT_EQ(Text(cancelled, "phase"), Text(finished, "phase")) << "an ended batch stays as it is";
  boost::json::object audit = ApiWorld::Json(api_.Ask("GET", "/v1/audit"));
  const boost::json::array& entries = audit.at("entries").as_array();
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].at("action").as_string(), "batch.cancel");
  EXPECT_EQ(entries[1].at("action").as_string(), "batch.finish");
  EXPECT_EQ(entries[1].at("why").as_string(), "enough");
  EXPECT_EQ(entries[1].at("target").as_string(), id.str());
  EXPECT_EQ(entries[1].at("from").as_string(), "127.0.0.1:5555");
}

TEST_F(ApiTest, AnOrderThatCantBeAuditedChangesNothing) {
  BatchId id = api_.Start();
  api_.process->store.fault = [](const std::string& call) {
    return call == "PutRecord" ? Fault::kRefused : Fault::kNone;
  };
  HttpResponse refused = api_.Ask("POST", "/v1/batches/" + id.str() + ":cancel");
  ExpectProblem(refused, 503, "audit log");
  EXPECT_FALSE(IsTerminal(api_.world.Stored(id).phase));
}

TEST_F(ApiTest, AnOverdueBatchIsEndedBeforeItIsTold) {
  BatchId id = api_.Start();
  api_.world.loop.RunIdle();
  api_.process->store.fault = [](const std::string& call) {  // Its sweep is blind.
    return call == "ListBatches" ? Fault::kRefused : Fault::kNone;
  };
  api_.world.loop.Advance(minutes(121));
  HttpResponse told = api_.Ask("GET", "/v1/batches/" + id.str());
  EXPECT_EQ(Text(told, "status"), "failed");
  EXPECT_EQ(Text(told, "reason"), "DeadlineExceeded");
}

TEST_F(ApiTest, AnOverdueBatchThatCantBeEndedIsToldOverdue) {
  BatchId id = api_.Start();
  api_.world.loop.RunIdle();
  api_.process->store.fault = [](const std::string& call) {
    return call == "Commit" || call == "ListBatches" ? Fault::kRefused : Fault::kNone;
  };
  api_.world.loop.Advance(minutes(121));
  auto responder = api_.Send("GET", "/v1/batches/" + id.str());
  api_.world.loop.Advance(std::chrono::seconds(5));
  ASSERT_TRUE(responder->response);
  EXPECT_EQ(Text(*responder->response, "status"), "overdue");
}

TEST_F(ApiTest, StuckBatchesAreListedWithTheirAge) {
  BatchId id = api_.Start();
  api_.world.loop.RunIdle();
  auto stuck = [&] { return ApiWorld::Json(api_.Ask("GET", "/v1/batches?stuck=true")); };
  EXPECT_TRUE(stuck().at("batches").as_array().empty());
  api_.world.loop.Advance(minutes(7));
  boost::json::object list = stuck();
  ASSERT_EQ(list.at("batches").as_array().size(), 1u);
  const boost::json::value& batch = list.at("batches").as_array()[0];
  EXPECT_EQ(batch.at("batch_id").as_string(), id.str());
  EXPECT_NEAR(batch.at("idle_seconds").to_number<double>(), 7 * 60, 1);
  EXPECT_TRUE(ApiWorld::Json(api_.Ask("GET", "/v1/batches?older_than=8m"))
                  .at("batches")
                  .as_array()
                  .empty());
  boost::json::object ready = ApiWorld::Json(api_.Ask("GET", "/readyz"));
  EXPECT_EQ(ready.at("status").as_string(), "ready_but_stuck") << "F50: green never hides stuck";
  EXPECT_NE(api_.Ask("GET", "/metrics").body.find("tipoff_live_batches_without_progress 1"),
            std::string::npos);
}

TEST_F(ApiTest, TheCursorWalksThroughAllBatches) {
  for (int day = 10; day < 20; ++day) {
    std::string date = "2025-02-" + std::to_string(day);
    api_.world.AddSlate(1, date);
    ASSERT_EQ(api_.Ask("POST", "/v1/batches", R"({"game_date":")" + date + R"("})").status, 202);
  }
  std::size_t seen = 0;
  std::string cursor;
  do {
    boost::json::object page =
        ApiWorld::Json(api_.Ask("GET", "/v1/batches?limit=3&cursor=" + PercentEncode(cursor)));
    EXPECT_LE(page.at("batches").as_array().size(), 3u);
    seen += page.at("batches").as_array().size();
    cursor = page.at("next_cursor").is_null() ? "" : page.at("next_cursor").as_string().c_str();
  } while (!cursor.empty());
  EXPECT_EQ(seen, 10u);
}

TEST_F(ApiTest, F28_CheckStalledEndsWhatIsStalledWithEnoughDone) {
  BatchId id = api_.Start();
  api_.world.loop.RunIdle();
  auto held = api_.world.LeaseRequests();
  for (std::size_t i = 0; i < 9; ++i) {
    api_.world.Stage(held[i].second);
    api_.world.Report(held[i].second);
  }
  api_.world.loop.Advance(minutes(3));
  auto check = [&](const std::string& body) {
    return ApiWorld::Json(api_.Ask("POST", "/check-stalled", body));
  };
  std::string all = R"({"stall_threshold_minutes":10,"min_completion_pct":90})";
  EXPECT_EQ(check(all).at("batches_completed").to_number<int>(), 0) << "not stalled yet";
  std::string one = R"({"batch_id":")" + id.str() + R"(","stall_threshold_minutes":2,
                      "min_completion_pct":95})";
  EXPECT_EQ(check(one).at("batches_completed").to_number<int>(), 0) << "not enough is done";
  boost::json::object done = check(R"({"stall_threshold_minutes":2,"min_completion_pct":90})");
  EXPECT_EQ(done.at("batches_completed").to_number<int>(), 1);
  const boost::json::value& result = done.at("results").as_array()[0];
  EXPECT_EQ(result.at("action").as_string(), "completed_with_partial");
  EXPECT_EQ(result.at("was_stalled").as_bool(), true);
  EXPECT_EQ(api_.world.Stored(id).reason, Reason::kStalled);
}

TEST_F(ApiTest, F31_CheckStalledAnswersAfterAWholeSweepWhoeverHoldsTheLease) {
  BatchId overdue = api_.Start();
  api_.world.AddSlate(4, "2025-01-16");
  // Its lease can't be had, as if another held it that is frozen between two calls.
  api_.process->store.fault = [](const std::string& call) {
    return call == "AcquireLease" ? Fault::kRefused : Fault::kNone;
  };
  api_.world.loop.Advance(minutes(121));
  ASSERT_FALSE(IsTerminal(api_.world.Stored(overdue).phase)) << "nobody sweeps";
  boost::json::object all = ApiWorld::Json(api_.Ask("POST", "/check-stalled", "{}"));
  EXPECT_EQ(all.at("batches_checked").to_number<int>(), 1);
  EXPECT_EQ(all.at("batches_completed").to_number<int>(), 1);
  const boost::json::value& result = all.at("results").as_array()[0];
  EXPECT_EQ(result.at("action").as_string(), "ended");
  EXPECT_EQ(result.at("was_stalled").as_bool(), true);
  EXPECT_EQ(api_.world.Stored(overdue).reason, Reason::kDeadlineExceeded);
  EXPECT_EQ(api_.world.Stored(overdue).rows_open_at_end, 0u) << "answered when it was all done";
}

TEST_F(ApiTest, ASystemicAlertAndTheSweepsStandingAreShown) {
  std::string metrics = api_.Ask("GET", "/metrics").body;
  EXPECT_NE(metrics.find("\ntipoff_sweep_leader 1\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("\ntipoff_sweep_last_success_age_seconds 0\n"), std::string::npos);
  EXPECT_NE(metrics.find("\ntipoff_systemic_alert 0\n"), std::string::npos);
  api_.Start();
  api_.world.loop.Advance(minutes(50));  // Published again three times.
  metrics = api_.Ask("GET", "/metrics").body;
  EXPECT_NE(metrics.find("\ntipoff_systemic_alert 1\n"), std::string::npos) << metrics;
  std::string deep = api_.Ask("GET", "/health/deep").body;
  EXPECT_NE(deep.find("the clock had to intervene"), std::string::npos) << deep;
  api_.process->store.fault = [](const std::string&) { return Fault::kRefused; };
  api_.world.loop.Advance(minutes(5));
  metrics = api_.Ask("GET", "/metrics").body;
  EXPECT_NE(metrics.find("\ntipoff_sweep_leader 0\n"), std::string::npos) << metrics;
  EXPECT_EQ(metrics.find("\ntipoff_sweep_last_success_age_seconds 0\n"), std::string::npos);
}

TEST_F(ApiTest, APatchIsKeptAndDecidesTheEnd) {
  BatchId id = api_.Start();
  api_.world.loop.RunIdle();
  auto held = api_.world.LeaseRequests();
  for (std::size_t i = 0; i < 6; ++i) api_.world.Report(held[i].second);
  api_.world.loop.RunIdle();
  std::string path = "/v1/batches/" + id.str();
  std::string required = held[9].second.spec.player.str();
  HttpResponse patched =
      api_.Ask("PATCH", path,
               R"({"tolerance":"60% at deadline","required_players":[")" + required +
                   R"("],"poison_after":7,"reason":"the game is on"})");
  ASSERT_EQ(patched.status, 200) << patched.body;
  boost::json::object policy = ApiWorld::Json(api_.Ask("GET", path)).at("policy").as_object();
  EXPECT_EQ(policy.at("tolerance").as_string(), "60% at deadline");
  EXPECT_EQ(policy.at("poison_after").to_number<int>(), 7);
  EXPECT_EQ(policy.at("required_players").as_array()[0].as_string(), required);
  api_.world.loop.Advance(std::chrono::seconds(10));
  EXPECT_FALSE(IsTerminal(api_.world.Stored(id).phase)) << "60 % are done, but one is required";
  api_.world.Report(held[9].second);
  api_.world.loop.Advance(std::chrono::seconds(10));
  EXPECT_EQ(api_.world.Stored(id).reason, Reason::kToleranceMet);
  EXPECT_EQ(api_.Ask("PATCH", path, R"({"poison_after":-1})").status, 400);
}

TEST_F(ApiTest, ThePlatformsStatusHasItsFields) {
  EXPECT_EQ(Text(api_.Ask("GET", "/status"), "status"), "no_active_batch");
  BatchId id = api_.Start();
  api_.world.WorkAll();
  boost::json::object status = ApiWorld::Json(api_.Ask("GET", "/status?batch_id=" + id.str()));
  EXPECT_EQ(status.at("status").as_string(), "complete");
  const boost::json::object& progress = status.at("progress").as_object();
  EXPECT_EQ(progress.at("completed").to_number<int>(), 10);
  EXPECT_EQ(progress.at("remaining").to_number<int>(), 0);
  EXPECT_EQ(progress.at("total_predictions").to_number<int>(), 40);
  EXPECT_EQ(progress.at("progress_percentage").to_number<double>(), 100);
  EXPECT_EQ(api_.Ask("GET", "/status?batch_id=none").status, 404);
}

TEST_F(ApiTest, F33_ResetAndClearEndABatchEachInItsWay) {
  BatchId first = api_.Start();
  HttpResponse reset = api_.Ask("POST", "/reset", R"({"game_date":"2025-01-15"})");
  EXPECT_EQ(Text(reset, "status"), "reset");
  EXPECT_TRUE(IsTerminal(api_.world.Stored(first).phase));
  BatchId second = api_.Start();
  std::string body = R"({"batch_id":")" + second.str() + R"(","reason":"stuck with 0"})";
  EXPECT_EQ(api_.Ask("POST", "/admin/clear-batch", body).status, 200);
  EXPECT_EQ(api_.world.Stored(second).reason, Reason::kClearedByOperator);
  EXPECT_NE(api_.world.Stored(second).message.find("stuck with 0"), std::string::npos);
  ExpectProblem(api_.Ask("POST", "/reset", "{}"), 400, "batch_id or game_date");
  ExpectProblem(api_.Ask("POST", "/reset", R"({"game_date":"2025-01-15"})"), 404, "2025-01-15");
}

TEST_F(ApiTest, F32_RetryNamesOneChildAndRefusesALiveParent) {
  BatchId id = api_.Start();
  std::string retry = "/v1/batches/" + id.str() + ":retry";
  ExpectProblem(api_.Ask("POST", retry), 409, "has not ended");
  api_.world.loop.Advance(minutes(121));
  HttpResponse child = api_.Ask("POST", retry);
  EXPECT_EQ(child.status, 202) << child.body;
  EXPECT_EQ(Text(child, "retry_of"), id.str());
  HttpResponse again = api_.Ask("POST", retry);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(Text(again, "batch_id"), Text(child, "batch_id"));
}

TEST_F(ApiTest, PatchBringsTheEndForwardAndNeverBack) {
  BatchId id = api_.Start();
  std::string path = "/v1/batches/" + id.str();
  Instant promised = api_.world.Stored(id).terminal_by;
  auto at = [](Instant instant) {
    return R"({"terminal_by":")" + FormatInstant(instant) + R"("})";
  };
  ExpectProblem(api_.Ask("PATCH", path, at(promised + minutes(1))), 400, "never back");
  EXPECT_EQ(api_.Ask("PATCH", path, at(promised - minutes(60))).status, 200);
  EXPECT_EQ(api_.world.Stored(id).terminal_by, promised - minutes(60));
  ExpectProblem(api_.Ask("PATCH", path, R"({"required_players":["nobody"]})"), 400, "nobody");
  EXPECT_EQ(api_.Ask("PATCH", path, R"({"required_players":["player-0003"]})").status, 200);
  api_.world.loop.Advance(minutes(61));
  EXPECT_TRUE(IsTerminal(api_.world.Stored(id).phase));
  ExpectProblem(api_.Ask("PATCH", path, R"({"stall_after":"1m"})"), 409, "has ended");
}

TEST_F(ApiTest, EventsFollowABatchToItsEndAndResume) {
  BatchId id = api_.Start();
  std::string path = "/v1/batches/" + id.str() + "/events";
  auto responder = api_.Send("GET", path);
  api_.world.loop.RunIdle();
  ASSERT_TRUE(responder->stream);
  EXPECT_EQ(responder->stream->events.size(), 1u) << "how it stands is told at once";
  api_.world.WorkAll();
  api_.world.loop.Advance(std::chrono::seconds(1));
  EXPECT_TRUE(responder->stream->is_closed);
  const std::string& last = responder->stream->events.back();
  EXPECT_NE(last.find("\"phase\":\"succeeded\""), std::string::npos) << last;
  EXPECT_TRUE(last.starts_with("id: ")) << last;

  auto resumed = api_.Send("GET", path, "", {{"last-event-id", "1"}});
  api_.world.loop.RunIdle();
  ASSERT_EQ(resumed->stream->events.size(), 1u);
  EXPECT_NE(resumed->stream->events[0].find("\"seq\":2"), std::string::npos)
      << "what was missed is told";
  EXPECT_EQ(resumed->stream->events[0].find("\"seq\":1,"), std::string::npos);
  EXPECT_TRUE(resumed->stream->is_closed);
}

TEST_F(ApiTest, AWatcherWhoLeavesIsForgotten) {
  auto responder = api_.Send("GET", "/v1/batches/" + api_.Start().str() + "/events");
  api_.world.loop.RunIdle();
  responder->stream->gone = true;
  api_.world.WorkAll();
  api_.world.loop.Advance(std::chrono::seconds(1));
  int looks = api_.process->store.calls["Load"];
  api_.world.loop.Advance(std::chrono::seconds(1));
  EXPECT_EQ(api_.process->store.calls["Load"], looks) << "nobody looks any more";
}

TEST_F(ApiTest, AWatcherOfAQuietBatchWhoLeavesIsForgotten) {
  auto responder = api_.Send("GET", "/v1/batches/" + api_.Start().str() + "/events");
  api_.world.loop.Advance(std::chrono::seconds(1));
  ASSERT_TRUE(responder->stream);
  responder->stream->gone = true;
  api_.world.loop.Advance(std::chrono::seconds(1));
  int looks = api_.process->store.calls["Load"];
  api_.world.loop.Advance(std::chrono::seconds(1));
  EXPECT_EQ(api_.process->store.calls["Load"], looks) << "nobody looks any more";
}

TEST_F(ApiTest, ARefusalIsNotKeptForItsIdempotencyKey) {
  ApiWorld::Headers key{{"idempotency-key", "daily"}};
  std::string body = R"({"game_date":"2025-01-20"})";
  EXPECT_EQ(Text(api_.Ask("POST", "/v1/batches", body, key), "status"), "no_games_scheduled");
  api_.world.AddSlate(2, "2025-01-20");
  EXPECT_EQ(api_.Ask("POST", "/v1/batches", body, key).status, 202) << "it was imported since";
}

TEST_F(ApiTest, AReasonIsBounded) {
  BatchId id = api_.Start();
  std::string body = R"({"reason":")" + std::string(5000, 'x') + R"("})";
  ExpectProblem(api_.Ask("POST", "/v1/batches/" + id.str() + ":finish", body), 400, "reason");
  EXPECT_FALSE(IsTerminal(api_.world.Stored(id).phase));
}

TEST_F(ApiTest, F33_ThePlatformIsToldThatABatchHadEndedAlready) {
  BatchId id = api_.Start();
  api_.world.WorkAll();
  HttpResponse answer =
      api_.Ask("POST", "/admin/clear-batch", R"({"batch_id":")" + id.str() + R"("})");
  EXPECT_EQ(Text(answer, "status"), "already_ended");
  EXPECT_EQ(Text(answer, "phase"), "succeeded");
}

TEST_F(ApiTest, AnEndWithoutSuccessIsNotCalledPartial) {
  BatchId id = api_.Start();
  api_.world.loop.Advance(minutes(7));
  HttpResponse answer = api_.Ask("POST", "/v1/batches/" + id.str() + ":check-stalled",
                                 R"({"stall_after":"1m","min_percent":0})");
  EXPECT_EQ(Text(answer, "action"), "ended");
  EXPECT_EQ(api_.world.Stored(id).phase, Phase::kFailed);
}

TEST_F(ApiTest, ARequiredPlayerWhoIsNotInTheBatchIsNotWaitedFor) {
  HttpResponse started = api_.Ask(
      "POST", "/v1/batches",
      R"({"game_date":"2025-01-15","policy":{"required_players":["nobody","player-0001"]}})");
  BatchId id(Text(started, "batch_id"));
  EXPECT_EQ(api_.world.Stored(id).policy.required_players, std::vector{PlayerId("player-0001")});
}

TEST_F(ApiTest, TheSlotShowsTheNewestPublicationOfEachPlayer) {
  BatchId first = api_.Start();
  api_.world.WorkAll();
  BatchId second = api_.Start();
  api_.world.loop.RunIdle();
  auto held = api_.world.LeaseRequests();
  api_.world.Stage(held[0].second);
  api_.world.Report(held[0].second);
  api_.world.Stage(held[1].second, RequestState::kSkipped);
  api_.world.Report(held[1].second, RequestState::kSkipped);
  api_.world.loop.RunIdle();
  api_.Ask("POST", "/v1/batches/" + second.str() + ":finish");
  boost::json::object slot = ApiWorld::Json(api_.Ask("GET", "/v1/slots/2025-01-15/predictions"));
  EXPECT_EQ(slot.at("publication").to_number<int>(), 2);
  ASSERT_EQ(slot.at("skipped").as_array().size(), 1u);
  EXPECT_EQ(slot.at("skipped").as_array()[0].at("batch_id").as_string(), second.str());
}

TEST_F(ApiTest, F34_ReadyzSaysNoWhileTheStoreIsAway) {
  EXPECT_EQ(api_.Ask("GET", "/readyz").status, 200);
  api_.process->store.fault = [](const std::string&) { return Fault::kRefused; };
  HttpResponse away = api_.Ask("GET", "/readyz");
  EXPECT_EQ(away.status, 503);
  EXPECT_EQ(Text(away, "status"), "not_ready");
  EXPECT_EQ(api_.Ask("GET", "/livez").status, 200);
  api_.process->store.fault = [](const std::string&) { return Fault::kHang; };
  auto responder = api_.Send("GET", "/readyz");
  api_.world.loop.Advance(std::chrono::seconds(7));
  ASSERT_TRUE(responder->response) << "a store that hangs does not hang the check";
  EXPECT_EQ(responder->response->status, 503);
}

TEST_F(ApiTest, F34_F50_ReadyzSaysNoWhileWritesAreRefused) {
  api_.process->store.fault = [](const std::string& call) {
    return call == "PutRecord" ? Fault::kRefused : Fault::kNone;
  };
  int before = api_.process->store.calls["PutRecord"];
  HttpResponse refused = api_.Ask("GET", "/readyz");
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_EQ(Text(refused, "status"), "not_ready");
  EXPECT_NE(refused.body.find("can't be written: "), std::string::npos) << refused.body;
  for (int i = 0; i < 10; ++i) api_.Ask("GET", "/health/deep");
  EXPECT_EQ(api_.process->store.calls["PutRecord"], before + 1) << "checks are no load";
  api_.process->store.fault = [](const std::string&) { return Fault::kNone; };
  api_.world.loop.Advance(std::chrono::seconds(6));
  EXPECT_EQ(api_.Ask("GET", "/readyz").status, 200) << "it goes on by itself";
  api_.world.loop.Advance(std::chrono::seconds(6));
  api_.process->store.fault = [](const std::string& call) {
    return call == "PutRecord" ? Fault::kHang : Fault::kNone;
  };
  auto first = api_.Send("GET", "/readyz");
  auto second = api_.Send("GET", "/readyz");
  api_.world.loop.Advance(std::chrono::seconds(4));
  ASSERT_TRUE(first->response && second->response);
  EXPECT_EQ(first->response->status, 503);
  EXPECT_EQ(second->response->status, 503);
}

TEST_F(ApiTest, WhatIsOpenedReadOnlyIsNotWrittenToFindOut) {
  ApiWorld reader({.read_only = true});
  int before = reader.process->store.calls["PutRecord"];
  EXPECT_EQ(reader.Ask("GET", "/readyz").status, 200);
  EXPECT_EQ(reader.process->store.calls["PutRecord"], before);
}

TEST_F(ApiTest, OfManyWorkersThoseSeenLastAreListed) {
  auto put = [&](const std::string& name) {
    api_.world.database.records[{"worker", name}] = {"worker", name, api_.world.loop.Now(),
                                                     R"({"name":")" + name + R"("})"};
  };
  for (int i = 0; i < 1200; ++i) put("crashed-" + std::to_string(i));
  api_.world.loop.Advance(std::chrono::seconds(1));
  put("working");
  boost::json::array workers =
      ApiWorld::Json(api_.Ask("GET", "/v1/workers")).at("workers").as_array();
  ASSERT_EQ(workers.size(), 500u);
  EXPECT_EQ(workers[0].at("name").as_string(), "working");
}

TEST_F(ApiTest, F48_UnknownParametersAndForeignCursorsAreErrors) {
  std::string batch = "/v1/batches/" + api_.Start().str();
  for (const std::string& path :
       {batch, batch + "/predictions", std::string("/v1/workers"), std::string("/v1/quarantine"),
        std::string("/v1/backlog"), std::string("/v1/audit")}) {
    EXPECT_EQ(api_.Ask("GET", path).status, 200) << path;
    ExpectProblem(api_.Ask("GET", path + "?limits=3"), 400, "limits");
  }
  for (const char* path : {"/v1/batches?cursor=abc", "/v1/audit?cursor=abc"}) {
    ExpectProblem(api_.Ask("GET", path), 400, "cursor");
  }
}

TEST_F(ApiTest, WhoIsStoppingStartsNothing) {
  api_.api.Drain();
  EXPECT_EQ(api_.Ask("POST", "/start").status, 503);
  EXPECT_EQ(api_.Ask("GET", "/readyz").status, 503);
}

TEST_F(ApiTest, F47_WithoutAKeyOnlyHealthAnswers) {
  ApiWorld closed({}, {.open = false, .coordinator_key = "secret-key-of-the-platform"});
  ExpectProblem(closed.Ask("GET", "/v1/batches"), 401, "X-API-Key");
  ExpectProblem(closed.Ask("POST", "/start"), 401, "X-API-Key");
  EXPECT_EQ(closed.Ask("GET", "/livez").status, 200);
  EXPECT_EQ(closed.Ask("GET", "/v1/batches", "", {{"x-api-key", "wrong"}}).status, 401);
  EXPECT_EQ(closed.Ask("GET", "/v1/batches", "", {{"authorization", "Bearer anything"}}).status,
            401);
  EXPECT_EQ(
      closed.Ask("GET", "/v1/batches", "", {{"x-api-key", "secret-key-of-the-platform"}}).status,
      200);
}

TEST_F(ApiTest, F47_AForeignHostOrOriginIsRefusedOnAnOpenServer) {
  EXPECT_EQ(api_.Ask("GET", "/v1/batches", "", {{"host", "evil.example"}}).status, 403);
  EXPECT_EQ(api_.Ask("POST", "/start", "", {{"origin", "http://evil.example"}}).status, 403);
  EXPECT_EQ(api_.Ask("GET", "/metrics", "", {{"host", "evil.example"}}).status, 403);
}

TEST_F(ApiTest, EveryRouteIsDescribedAndNothingElse) {
  for (const Route& route : api_.api.router().routes()) {
    EXPECT_NE(FindOperation(route.method, route.path), nullptr)
        << route.method << " " << route.path << " has no description in openapi.cpp";
  }
  boost::json::object document = ApiWorld::Json(api_.Ask("GET", "/openapi.json"));
  std::size_t described = 0;
  for (const auto& path : document.at("paths").as_object()) {
    described += path.value().as_object().size();
  }
  EXPECT_EQ(described, api_.api.router().routes().size());
  const boost::json::object& schemas = document.at("components").at("schemas").as_object();
  std::string text = boost::json::serialize(document);
  for (std::size_t at = 0;
       (at = text.find("#\\/components\\/schemas\\/", at)) != std::string::npos;) {
    at += std::string("#\\/components\\/schemas\\/").size();
    std::string name = text.substr(at, text.find('"', at) - at);
    EXPECT_TRUE(schemas.contains(name)) << "no schema " << name;
  }
}

TEST(Problem, F34_AFullDiskIsNoFaultOfTheCallersAndHeMayComeAgain) {
  HttpResponse response = MakeProblem(Error{Errc::kExhausted, "disk full"});
  EXPECT_EQ(response.status, 503);
  ASSERT_FALSE(response.headers.empty());
  EXPECT_EQ(response.headers.front().first, "Retry-After");
}

}  // namespace
}  // namespace tipoff
