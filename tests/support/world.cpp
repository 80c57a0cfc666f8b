#include "support/world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tipoff {
namespace {

const Topic kRequests{Topic::Kind::kRequests, ""};
const Topic kCompletions{Topic::Kind::kCompletions, ""};

Completion ResultOf(const RequestMessage& request, RequestState status) {
  Completion outcome;
  outcome.ordinal = request.ordinal;
  outcome.player = request.spec.player;
  outcome.status = status;
  outcome.predictions = status == RequestState::kSucceeded ? 4 : 0;
  outcome.attempt = request.attempt;
  outcome.reason = status == RequestState::kSucceeded ? "" : "TestReason";
  outcome.worker = "test-worker";
  outcome.worker_version = "1";
  return outcome;
}

}  // namespace

void World::AddSlate(int players, const std::string& date) {
  Slate slate;
  slate.game_date = *ParseDay(date);
  slate.as_of = loop.Now();
  slate.games = {{GameId("g1"), "DEN", "HOU", false}};
  for (int i = 0; i < players; ++i) {
    SlatePlayer player;
    player.player = PlayerId(fmt::format("player-{:04}", i));
    player.name = fmt::format("Player {}", i);
    player.game = GameId("g1");
    player.team = "DEN";
    player.opponent = "HOU";
    player.mean_minutes = 30;
    slate.players.push_back(player);
  }
  database.slates[slate.game_date] = slate;
}

std::unique_ptr<TestCoordinator> World::NewCoordinator(const std::string& name,
                                                       Sweep::Options sweep) {
  return std::make_unique<TestCoordinator>(loop, database, broker, name, sweep);
}

StartRequest World::For(const std::string& date) {
  StartRequest request;
  request.slot.game_date = *ParseDay(date);
  request.trigger = "test";
  return request;
}

StartOutcome World::Start(TestCoordinator& process, StartRequest request) {
  if (request.slot.game_date == Day()) request.slot.game_date = *ParseDay("2025-01-15");
  std::optional<Result<StartOutcome>> outcome;
  process.coordinator.starter().Start(request, [&](auto answer) { outcome.emplace(answer); });
  loop.RunUntil([&] { return outcome.has_value(); });
  EXPECT_TRUE(outcome->ok()) << outcome->error().message;
  return std::move(**outcome);
}

std::vector<std::pair<LeaseToken, RequestMessage>> World::LeaseRequests(std::size_t max) {
  std::vector<std::pair<LeaseToken, RequestMessage>> requests;
  for (Delivery& delivery :
       broker.Lease(kRequests, Incarnation("test-worker"), {.max = max}, loop.Now())) {
    auto request = DecodeRequest(delivery.body);
    EXPECT_TRUE(request.ok());
    requests.emplace_back(delivery.token, std::move(*request));
  }
  return requests;
}

void World::Stage(const RequestMessage& request, RequestState status) {
  StagedResult result;
  result.batch = request.batch;
  result.outcome = ResultOf(request, status);
  EXPECT_TRUE(database.Stage({result}, loop.Now()).ok());
}

void World::Report(const RequestMessage& request, RequestState status) {
  CompletionMessage message{request.batch, {ResultOf(request, status)}};
  EXPECT_EQ(broker.Publish(kCompletions, Encode(message), loop.Now()), "");
}

int World::WorkAll() {
  int worked = 0;
  while (true) {
    loop.RunIdle();
    auto requests = LeaseRequests();
    if (requests.empty()) return worked;
    for (auto& [token, request] : requests) {
      Stage(request);
      Report(request);
      broker.Ack({token});
      ++worked;
    }
  }
}

Batch World::Stored(const BatchId& batch) const { return Everything(batch).batch; }

const MemoryDatabase::StoredBatch& World::Everything(const BatchId& batch) const {
  for (const auto& [number, stored] : database.batches()) {
    if (stored.batch.id == batch) return stored;
  }
  throw std::runtime_error("no batch " + batch.str());
}

}  // namespace tipoff
