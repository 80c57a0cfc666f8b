// The `batch` commands against an API that a test makes up.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "app/api_client.h"
#include "app/batch_look.h"
#include "app/batch_orders.h"
#include "app/batch_select.h"
#include "app/batch_start.h"
#include "app/batch_view.h"
#include "app/batch_watch.h"
#include "app/fields.h"
#include "base/json.h"
#include "support/fake_api.h"

namespace tipoff {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct BatchOptions {
  int done = 0, of = 117;
  std::string phase = "running", status, reason;
  double idle = 3600, age = 7200;
  int version = 3;
};

json::object MakeBatch(const std::string& id, const BatchOptions& o = {}) {
  bool ended = o.phase == "succeeded" || o.phase == "partial" || o.phase == "failed" ||
               o.phase == "cancelled";
  json::object batch{{"batch_id", id},
                     {"game_date", "2026-01-28"},
                     {"dataset", ""},
                     {"status", o.status.empty() ? o.phase : o.status},
                     {"phase", o.phase},
                     {"reason", nullptr},
                     {"message", ""},
                     {"terminal_by", "2026-01-28T02:00:00.000Z"},
                     {"started_at", "2026-01-28T00:00:00.000Z"},
                     {"ended_at", nullptr},
                     {"counts",
                      {{"expected", o.of},
                       {"succeeded", o.done},
                       {"skipped", 0},
                       {"failed", 0},
                       {"expired", 0},
                       {"cancelled", 0},
                       {"undelivered", 0},
                       {"open", o.of - o.done}}},
                     {"open", {{"pending", 0}, {"published", o.of - o.done}, {"leased", 0}}},
                     {"done_percent", o.of == 0 ? 100.0 : 100.0 * o.done / o.of},
                     {"total_predictions", o.done * 4},
                     {"run_mode", "FINAL_RETRY"},
                     {"min_minutes", 18},
                     {"correlation_id", "c-1"},
                     {"parent_processor", nullptr},
                     {"trigger", "api"},
                     {"late", 0},
                     {"version", o.version},
                     {"age_seconds", o.age},
                     {"idle_seconds", nullptr}};
  if (!o.reason.empty()) batch["reason"] = o.reason;
  if (ended) batch["ended_at"] = "2026-01-28T02:00:01.000Z";
  if (!ended) batch["idle_seconds"] = o.idle;
  return batch;
}

HttpResponse Json(int status, const json::value& value) {
  HttpResponse response;
  response.status = status;
  response.body = DumpJson(value);
  return response;
}

HttpResponse Problem(int status, const char* detail) {
  return Json(status, json::object{{"title", "x"}, {"detail", detail}});
}

HttpResponse List(const std::vector<json::object>& batches) {
  json::array array(batches.begin(), batches.end());
  return Json(200, json::object{{"batches", array}, {"next_cursor", nullptr}});
}

// Some live batches, which orders end.
class FakeCoordinator {
 public:
  void Add(const json::object& batch) { batches_[FieldText(batch, "batch_id")] = batch; }

  HttpResponse operator()(const std::string& method, const std::string& path, const json::object&) {
    if (path.starts_with("/v1/batches?")) {
      std::vector<json::object> live;
      for (const auto& [id, batch] : batches_) {
        if (!BatchEnded(batch)) live.push_back(batch);
      }
      return List(live);
    }
    if (path == "/v1/workers") return Json(200, json::object{{"workers", json::array()}});
    if (path == "/v1/batches") {
      json::object started = MakeBatch("new", {.phase = "accepted"});
      started["summary"] = {{"total_players", 117}, {"total_games", 9}};
      return Json(202, started);
    }
    std::string id = path.substr(12, path.find_first_of(":/", 12) - 12);
    auto found = batches_.find(id);
    if (found == batches_.end()) return Problem(404, "there is no batch of that id");
    json::object& batch = found->second;
    if (method == "GET") {
      if (FieldText(batch, "status") == "overdue") End(batch, "failed", "DeadlineExceeded");
      return Json(200, batch);
    }
    std::string verb = path.substr(path.find(':') + 1);
    if (verb == "clear") End(batch, "cancelled", "ClearedByOperator");
    if (verb == "cancel") End(batch, "cancelled", "CancelledByOperator");
    if (verb == "finish") End(batch, "partial", "ForcedByOperator");
    if (verb != "check-stalled") return Json(200, batch);
    bool ends = FieldNumber(batch, "done_percent") >= 90 && FieldNumber(batch, "idle_seconds") > 0;
    if (ends) End(batch, "partial", "Stalled");
    return Json(200, json::object{{"batch", batch},
                                  {"was_stalled", true},
                                  {"action", ends ? "completed_with_partial" : "no_action"}});
  }

 private:
  static void End(json::object& batch, const char* phase, const char* reason) {
    batch["phase"] = batch["status"] = phase;
    batch["reason"] = reason;
    batch["ended_at"] = "2026-01-28T02:00:01.000Z";
    batch["idle_seconds"] = nullptr;
  }

  std::map<std::string, json::object> batches_;
};

class BatchCommands : public testing::Test {
 protected:
  BatchCommands() {
    coordinator_.Add(MakeBatch("b1", {.done = 0, .of = 117, .status = "overdue"}));
    coordinator_.Add(MakeBatch("b2", {.done = 76, .of = 81}));
    coordinator_.Add(MakeBatch("b3", {.done = 10, .of = 80}));
    coordinator_.Add(MakeBatch("b4", {.done = 5, .of = 5, .phase = "succeeded"}));
  }

  std::vector<std::string> Posts() const {
    std::vector<std::string> posts;
    for (const std::string& call : api_.calls) {
      if (call.starts_with("POST")) posts.push_back(call);
    }
    return posts;
  }

  FakeCoordinator coordinator_;
  FakeApi api_{[this](const auto& method, const auto& path, const auto& body) {
    return coordinator_(method, path, body);
  }};
  FakeConsole console_;
};

TEST_F(BatchCommands, FiltersBecomeTheQueryAndMistakesNameTheirFlag) {
  auto query = FilterQuery(
      {.phase = "running", .date = "2026-01-28", .older_than = "2h", .live = true, .stuck = true});
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(*query, (ApiClient::Pairs{{"phase", "running"},
                                      {"date", "2026-01-28"},
                                      {"older_than", "2h"},
                                      {"live", "true"},
                                      {"stuck", "true"}}));
  EXPECT_THAT(FilterQuery({.phase = "flying"}).error().message, HasSubstr("--phase"));
  EXPECT_THAT(FilterQuery({.date = "soon"}).error().message, HasSubstr("--date"));
  auto bare = FilterQuery({.older_than = "2"});
  EXPECT_EQ(bare.error().code, Errc::kInvalid);
  EXPECT_THAT(bare.error().message, HasSubstr("--older-than"));
}

TEST_F(BatchCommands, AListIsReadPageByPageUpToItsLimit) {
  FakeApi pages([](const auto&, const std::string& path, const auto&) {
    bool second = path.find("cursor=next") != std::string::npos;
    return Json(200, json::object{{"batches", {MakeBatch(second ? "b2" : "b1")}},
                                  {"next_cursor", second ? json::value("more") : "next"}});
  });
  BatchFilters filters;
  filters.limit = 2;
  EXPECT_EQ(ListBatches(pages, console_, Output::kCsv, filters), kExitSucceeded);
  EXPECT_THAT(pages.calls,
              ElementsAre("GET /v1/batches?limit=2", "GET /v1/batches?limit=1&cursor=next"));
  EXPECT_THAT(console_.notes, HasSubstr("--all"));
}

TEST_F(BatchCommands, StuckBatchesAreShownWithPercentAgeAndIdleTime) {
  BatchFilters filters;
  filters.stuck = true;
  EXPECT_EQ(ListBatches(api_, console_, Output::kTable, filters), kExitSucceeded);
  EXPECT_THAT(console_.out, HasSubstr("NO_PROGRESS_FOR"));
  EXPECT_THAT(console_.out, HasSubstr("93.8"));
  EXPECT_THAT(console_.out, HasSubstr("2h"));
  EXPECT_THAT(console_.out, HasSubstr("1h"));
}

TEST_F(BatchCommands, AnErrorOfTheServerHasItsExitCode) {
  for (auto [status, exit] : std::map<int, int>{{400, 2},
                                                {401, 77},
                                                {403, 77},
                                                {404, 4},
                                                {409, 1},
                                                {422, 2},
                                                {500, 1},
                                                {503, 1},
                                                {0, 1}}) {
    FakeApi refusing([status = status](const auto&, const auto&, const auto&) {
      return Problem(status, "because");
    });
    EXPECT_EQ(GetBatch(refusing, console_, Output::kTable, "b1"), exit) << status;
  }
  EXPECT_EQ(GetBatch(api_, console_, Output::kTable, "../etc"), kExitNotFound);
}

TEST_F(BatchCommands, APageThatIsNoTipoffIsSaid) {
  FakeApi other([](const auto&, const auto&, const auto&) {
    HttpResponse response;
    response.body = "<html>";
    return response;
  });
  auto batch = GetObject(other, "/v1/batches/b1");
  EXPECT_THAT(batch.error().message, HasSubstr("is this a tipoff server?"));
}

TEST_F(BatchCommands, AnOrderForNamedBatchesAsksNobodyWhereNobodyIs) {
  OrderArguments arguments{.ids = {"b1", "b2", "b1"}, .reason = "too late"};
  EXPECT_EQ(GiveOrder(api_, console_, Output::kTable, OrderVerb::kClear, arguments),
            kExitSucceeded);
  EXPECT_THAT(Posts(), ElementsAre("POST /v1/batches/b1:clear", "POST /v1/batches/b2:clear"));
  EXPECT_THAT(api_.bodies.back(), HasSubstr("too late"));
  EXPECT_THAT(console_.out, HasSubstr("ClearedByOperator"));
}

TEST_F(BatchCommands, AnOverdueBatchIsClearedNotEndedByLookingAtItFirst) {
  EXPECT_EQ(GiveOrder(api_, console_, Output::kJson, OrderVerb::kClear, {.ids = {"b1"}}),
            kExitSucceeded);
  EXPECT_THAT(console_.out, HasSubstr("ClearedByOperator"));
}

TEST_F(BatchCommands, F33_AnEndedBatchStaysAsItIs) {
  EXPECT_EQ(GiveOrder(api_, console_, Output::kTable, OrderVerb::kFinish, {.ids = {"b4"}}),
            kExitSucceeded);
  EXPECT_TRUE(Posts().empty());
  EXPECT_THAT(console_.out, HasSubstr("already_ended"));
}

TEST_F(BatchCommands, ABulkOrderNeedsAYesOrSomebodyToAsk) {
  OrderArguments arguments;
  arguments.filters.stuck = true;
  EXPECT_EQ(GiveOrder(api_, console_, Output::kTable, OrderVerb::kClear, arguments), kExitUsage);
  EXPECT_THAT(console_.notes, HasSubstr("--yes"));
  EXPECT_THAT(console_.notes, HasSubstr("3 batches"));

  console_.is_terminal = true;
  EXPECT_EQ(GiveOrder(api_, console_, Output::kTable, OrderVerb::kClear, arguments), kExitError);
  EXPECT_THAT(console_.asked, ElementsAre("Clear these 3 batches?"));
  EXPECT_THAT(console_.notes, HasSubstr("76"));
  EXPECT_TRUE(Posts().empty());

  console_.answer = true;
  EXPECT_EQ(GiveOrder(api_, console_, Output::kTable, OrderVerb::kClear, arguments),
            kExitSucceeded);
  EXPECT_EQ(Posts().size(), 3u);
}

TEST_F(BatchCommands, YesAsksNobody) {
  OrderArguments arguments{.yes = true};
  arguments.filters.older_than = "1h";
  EXPECT_EQ(GiveOrder(api_, console_, Output::kCsv, OrderVerb::kFinish, arguments), kExitSucceeded);
  EXPECT_EQ(Posts().size(), 3u);
  EXPECT_THAT(api_.calls.front(), HasSubstr("older_than=1h"));
  EXPECT_THAT(api_.calls.front(), HasSubstr("live=true"));
}

TEST_F(BatchCommands, ADryRunPostsNothingAndSaysWhatWouldBeDone) {
  OrderArguments arguments{.dry_run = true};
  arguments.filters.stuck = true;
  EXPECT_EQ(GiveOrder(api_, console_, Output::kTable, OrderVerb::kCleanUp, arguments),
            kExitSucceeded);
  EXPECT_TRUE(Posts().empty());
  EXPECT_EQ(api_.calls.size(), 1u) << "not even a look at one batch, which may end it";
  EXPECT_THAT(console_.out, HasSubstr("would_end"));
  EXPECT_THAT(console_.out, HasSubstr("would_complete_with_partial"));
  EXPECT_THAT(console_.out, HasSubstr("no_action"));
}

TEST_F(BatchCommands, NamesAndFiltersTogetherOrNeitherIsAMistake) {
  OrderArguments both{.ids = {"b1"}};
  both.filters.stuck = true;
  EXPECT_EQ(GiveOrder(api_, console_, Output::kTable, OrderVerb::kClear, both), kExitUsage);
  EXPECT_EQ(GiveOrder(api_, console_, Output::kTable, OrderVerb::kClear, {}), kExitUsage);
  EXPECT_EQ(GiveOrder(api_, console_, Output::kTable, OrderVerb::kClear, {.ids = {"nope"}}),
            kExitNotFound);
  EXPECT_EQ(GiveOrder(api_, console_, Output::kTable, OrderVerb::kCheckStalled,
                      {.ids = {"b1"}, .stall_after = "5"}),
            kExitUsage);
}

TEST_F(BatchCommands, OneThatGoesWrongDoesNotHoldUpTheOthers) {
  FakeApi half([this](const std::string& method, const std::string& path, const auto& body) {
    if (path == "/v1/batches/b2:finish") return Problem(503, "the store is busy");
    return coordinator_(method, path, body);
  });
  OrderArguments arguments{.yes = true};
  arguments.filters.stuck = true;
  EXPECT_EQ(GiveOrder(half, console_, Output::kTable, OrderVerb::kFinish, arguments), kExitError);
  EXPECT_THAT(console_.out, HasSubstr("the store is busy"));
  EXPECT_THAT(console_.notes, HasSubstr("1 of 3"));
  EXPECT_THAT(half.calls.back(), HasSubstr("b3:finish"));
}

TEST_F(BatchCommands, TheCleanupEndsWhatTheClockWouldAndLeavesTheRest) {
  EXPECT_EQ(GiveOrder(api_, console_, Output::kJson, OrderVerb::kCleanUp, {.yes = true}),
            kExitSucceeded);
  json::array all = ParseJson(console_.out)->as_array();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].at("reason"), "DeadlineExceeded");
  EXPECT_EQ(all[0].at("action"), "ended");
  EXPECT_EQ(all[1].at("reason"), "Stalled");
  EXPECT_EQ(all[1].at("action"), "completed_with_partial");
  EXPECT_EQ(all[2].at("action"), "no_action");
}

TEST_F(BatchCommands, APatchSendsWhatIsToChangeAndNothingElse) {
  Instant now = *ParseInstant("2026-01-28T18:00:00Z");
  PatchArguments arguments{.id = "b1", .terminal_by = "20m", .reason = "tip-off"};
  EXPECT_EQ(PatchBatch(api_, console_, Output::kTable, arguments, now), kExitSucceeded);
  EXPECT_EQ(api_.calls.back(), "PATCH /v1/batches/b1");
  EXPECT_EQ(api_.bodies.back(), R"({"terminal_by":"2026-01-28T18:20:00.000Z","reason":"tip-off"})");
  PatchArguments more{.id = "b1", .terminal_by = "2026-01-28T19:00:00Z"};
  more.required_players = {"2544"};
  more.poison_after = 0;
  EXPECT_EQ(PatchBatch(api_, console_, Output::kTable, more, now), kExitSucceeded);
  EXPECT_EQ(
      api_.bodies.back(),
      R"({"terminal_by":"2026-01-28T19:00:00Z","poison_after":0,"required_players":["2544"]})");
  EXPECT_EQ(PatchBatch(api_, console_, Output::kTable, {.id = "b1"}, now), kExitUsage);
}

TEST_F(BatchCommands, AStartSendsWhatWasSaidAndNothingElse) {
  StartArguments arguments{.date = "2026-01-28", .deadline = "2h"};
  arguments.idempotency_key = "k1";
  arguments.run_mode = "FIRST";
  EXPECT_EQ(StartBatch(api_, console_, Output::kTable, arguments), kExitSucceeded);
  EXPECT_EQ(api_.bodies.front(),
            R"({"game_date":"2026-01-28","policy":{"deadline":"2h"},"run_mode":"FIRST"})");
  EXPECT_THAT(api_.last_headers, HasSubstr("idempotency-key: k1"));
  EXPECT_THAT(console_.out, HasSubstr("117 players of 9 games"));
  EXPECT_THAT(console_.notes, HasSubstr("no worker is at work"));
  EXPECT_EQ(StartBatch(api_, console_, Output::kTable, {.date = "soon"}), kExitUsage);
  EXPECT_EQ(StartBatch(api_, console_, Output::kTable, {.deadline = "2"}), kExitUsage);
}

TEST_F(BatchCommands, F08_ADayWithoutGamesStartsNothing) {
  FakeApi empty([](const auto&, const auto&, const auto&) {
    return Json(200, json::object{{"status", "no_games_scheduled"},
                                  {"batch_id", nullptr},
                                  {"detail", "no games on 2026-02-13"}});
  });
  EXPECT_EQ(StartBatch(empty, console_, Output::kTable, {}), kExitNotFound);
  EXPECT_THAT(console_.notes, HasSubstr("no games on 2026-02-13"));
}

TEST_F(BatchCommands, ARestartClearsAndStartsTheSameDayWithTheSameOptions) {
  RestartArguments arguments{.id = "b1", .reason = "stuck"};
  arguments.start.run_mode = "LAST_CALL";
  EXPECT_EQ(RestartBatch(api_, console_, Output::kTable, arguments), kExitSucceeded);
  EXPECT_THAT(Posts(), ElementsAre("POST /v1/batches/b1:clear", "POST /v1/batches"));
  std::string body;
  for (std::size_t i = 0; i < api_.calls.size(); ++i) {
    if (api_.calls[i] == "POST /v1/batches") body = api_.bodies[i];
  }
  EXPECT_THAT(body, HasSubstr(R"("game_date":"2026-01-28")"));
  EXPECT_THAT(body, HasSubstr(R"("min_minutes":18)"));
  EXPECT_THAT(body, HasSubstr(R"("correlation_id":"c-1")"));
  EXPECT_THAT(body, HasSubstr(R"("run_mode":"LAST_CALL")"));
}

TEST_F(BatchCommands, ARestartOfAnEndedBatchOnlyStarts) {
  EXPECT_EQ(RestartBatch(api_, console_, Output::kTable, {.id = "b4"}), kExitSucceeded);
  EXPECT_THAT(Posts(), ElementsAre("POST /v1/batches"));
}

TEST_F(BatchCommands, ADryRestartChangesNothing) {
  EXPECT_EQ(RestartBatch(api_, console_, Output::kTable, {.id = "b1", .dry_run = true}),
            kExitSucceeded);
  EXPECT_TRUE(Posts().empty());
  EXPECT_THAT(console_.out, HasSubstr("would clear b1"));
}

class Following : public testing::Test {
 protected:
  std::string Event(const BatchOptions& options) { return DumpJson(MakeBatch("b1", options)); }

  json::object first_ = MakeBatch("b1", {.done = 1, .of = 4, .age = 60, .version = 3});
  FakeApi api_{[this](const auto&, const auto&, const auto&) { return Json(200, first_); }};
  FakeConsole console_;
};

TEST_F(Following, AWatchShowsEachChangeOnALineOfItsOwnAndExitsByTheOutcome) {
  api_.events = {
      Event({.done = 2, .of = 4, .version = 4}),
      Event({.done = 3, .of = 4, .phase = "partial", .reason = "Stalled", .version = 5})};
  EXPECT_EQ(WatchBatch(api_, console_, Output::kTable, "b1"), kExitPartial);
  EXPECT_THAT(console_.out, HasSubstr("running  1/4"));
  EXPECT_THAT(console_.out, HasSubstr("running  2/4"));
  EXPECT_THAT(console_.out, HasSubstr("partial (Stalled)"));
  EXPECT_THAT(console_.out, Not(HasSubstr("\033")));
  EXPECT_THAT(api_.calls,
              ElementsAre("GET /v1/batches/b1", "STREAM /v1/batches/b1/events after 3"));
}

TEST_F(Following, ABrokenStreamIsBegunAnewWhereItBroke) {
  api_.events = {Event({.done = 2, .of = 4, .version = 4}), "cut",
                 Event({.done = 4, .of = 4, .phase = "succeeded", .version = 6})};
  first_["version"] = 3;
  EXPECT_EQ(WatchBatch(api_, console_, Output::kTable, "b1"), kExitSucceeded);
  EXPECT_EQ(api_.pauses, 1) << "not in a tight loop";
}

TEST_F(Following, AWaitEndsInTimeWithItsOwnExitCode) {
  EXPECT_EQ(WaitForBatch(api_, console_, Output::kTable, "b1", std::chrono::minutes(10)),
            kExitWaitTimedOut);
  EXPECT_THAT(console_.notes, HasSubstr("has not ended yet"));
  EXPECT_EQ(console_.out, "");
}

TEST_F(Following, EveryOutcomeHasItsExitCode) {
  struct Case {
    const char* phase;
    const char* reason;
    int exit;
  };
  for (const Case& c : std::vector<Case>{{"succeeded", "Completed", 0},
                                         {"failed", "NoPredictions", 5},
                                         {"partial", "DeadlineExceeded", 6},
                                         {"failed", "DeadlineExceeded", 7},
                                         {"cancelled", "Superseded", 8}}) {
    first_ = MakeBatch("b1", {.phase = c.phase, .reason = c.reason});
    EXPECT_EQ(WaitForBatch(api_, console_, Output::kTable, "b1", std::nullopt), c.exit) << c.phase;
  }
}

TEST_F(Following, AServerThatIsGoneForAWhileIsWaitedForAndGivenUpInTheEnd) {
  int gone = 3;
  FakeApi back([&](const auto&, const auto&, const auto&) {
    if (!first_.empty() && gone < 3 && gone > 0) {
      --gone;
      HttpResponse none;
      none.status = 0;
      return none;
    }
    if (gone == 0) first_ = MakeBatch("b1", {.phase = "succeeded"});
    --gone;
    return Json(200, first_);
  });
  back.events = {"cut"};
  EXPECT_EQ(WaitForBatch(back, console_, Output::kTable, "b1", std::nullopt), kExitSucceeded);

  bool seen = false;
  FakeApi never([&](const auto&, const auto&, const auto&) {
    HttpResponse none;
    none.status = 0;
    return std::exchange(seen, true) ? none : Json(200, first_ = MakeBatch("b1"));
  });
  EXPECT_EQ(WaitForBatch(never, console_, Output::kTable, "b1", std::nullopt), kExitError);
}

TEST_F(Following, AnUnknownBatchIsNotWaitedFor) {
  FakeApi unknown([](const auto&, const auto&, const auto&) { return Problem(404, "no such"); });
  EXPECT_EQ(WaitForBatch(unknown, console_, Output::kTable, "b1", std::nullopt), kExitNotFound);
}

TEST_F(Following, OnATerminalABarIsDrawnInPlace) {
  console_.is_terminal = true;
  api_.events = {Event({.done = 4, .of = 4, .phase = "succeeded", .version = 5})};
  EXPECT_EQ(WatchBatch(api_, console_, Output::kTable, "b1"), kExitSucceeded);
  EXPECT_THAT(console_.notes, HasSubstr("\r\033[K[#######"));
  EXPECT_THAT(console_.out, HasSubstr("succeeded"));
}

}  // namespace
}  // namespace tipoff
