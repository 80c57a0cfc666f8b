#include "support/work_world.h"

#include <gtest/gtest.h>

#include "api/routes.h"

namespace tipoff {
namespace {

std::vector<PredictedRequest> PredictTwice(const BatchId&,
                                           std::span<const PredictionInput> inputs) {
  PredictedRequest predicted;
  Prediction prediction;
  prediction.system = "test";
  prediction.predicted_points = 20;
  predicted.predictions = {prediction, prediction};
  return std::vector<PredictedRequest>(inputs.size(), predicted);
}

}  // namespace

void OneGameHistory::Load(HistoryQuery query, LoadDone done) {
  ++queries;
  if (hang) return;
  Result<HistoryBatch> answer = Error{Errc::kUnavailable, "history is down"};
  if (!down) {
    HistoryBatch batch;
    for (const PlayerId& player : query.players) {
      GameRecord game;
      game.date = query.before - 2;
      game.points = 20;
      game.minutes = 30;
      batch.players.push_back({player, {game}});
    }
    batch.teams = {{"DEN", 30, 110, 108}};
    batch.data_version = "v1";
    answer = std::move(batch);
  }
  loop_.Post([done, answer = std::move(answer)] { done(answer); });
}

WorkWorld::WorkWorld(bool push)
    : process(world.NewCoordinator()),
      history(process->loop),
      push_worker(process->loop, process->store, process->bus, history, PredictTwice,
                  {.process = Incarnation("c1"), .name = "push", .version = "1"}),
      auth(process->loop, process->store, {.open = true}),
      audit(process->store, process->random) {
  ApiParts parts{process->loop,
                 process->store,
                 process->bus,
                 history,
                 process->random,
                 process->coordinator,
                 auth,
                 audit,
                 push ? &push_worker : nullptr,
                 {}};
  AddPushRoutes(router, parts);
  AddLeaseRoutes(router, parts, draining);
  world.AddSlate(10);
  process->coordinator.Start();
}

WorkWorld::~WorkWorld() { process->loop.Kill(); }

std::shared_ptr<TestResponder> WorkWorld::Send(const std::string& path, const std::string& body) {
  Call call;
  call.request.method = "POST";
  call.request.path = path;
  call.request.body = body;
  call.who = {"test", Role::kWork};
  auto responder = std::make_shared<TestResponder>();
  call.responder = responder;
  Router::Match match = router.Find(call.request);
  if (match.route == nullptr) {
    responder->response = match.problem;
    return responder;
  }
  EXPECT_EQ(match.route->role, Role::kWork);
  call.params = match.params;
  match.route->handler(std::move(call));
  return responder;
}

HttpResponse WorkWorld::Ask(const std::string& path, const std::string& body) {
  auto responder = Send(path, body);
  world.loop.RunUntil([&] { return responder->response.has_value(); });
  return *responder->response;
}

void WorkWorld::StartBatch() {
  batch = world.Start(*process).batch.id;
  world.loop.RunIdle();
}

boost::json::array WorkWorld::Lease(const std::string& fields) {
  HttpResponse response =
      Ask("/v1/leases", R"({"worker":"w1","worker_version":"3")" + fields + "}");
  EXPECT_EQ(response.status, 200) << response.body;
  if (response.status != 200) return {};
  return ApiWorld::Json(response).at("leases").as_array();
}

}  // namespace tipoff
