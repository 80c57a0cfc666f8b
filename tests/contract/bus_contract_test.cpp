// bus/bus.h as a test, run over every backend.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "bus/memory/memory_bus.h"
#include "bus/sqlite/sqlite_bus.h"
#include "core/limits.h"
#include "sqlite/schema.h"
#include "support/manual_loop.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Backend {
 public:
  virtual ~Backend() = default;
  virtual Bus& bus() = 0;
  virtual Bus& other() = 0;
  ManualLoop loop;
};

class MemoryBackend final : public Backend {
 public:
  Bus& bus() override { return bus_; }
  Bus& other() override { return other_; }

 private:
  MemoryBroker broker_;
  MemoryBus bus_{broker_, loop};
  MemoryBus other_{broker_, loop};
};

class SqliteBackend final : public Backend {
 public:
  SqliteBackend() {
    for (int i = 0; i < 2; ++i) {
      sqlite::DatabaseOptions options;
      options.path = folder_ / "tipoff.db";
      options.migrations = sqlite::Migrations();
      options.process = Incarnation(fmt::format("p{}", i));
      options.on_death = sqlite::GiveBack;
      auto opened = sqlite::Database::Open(options, loop);
      EXPECT_TRUE(opened.ok()) << opened.error().message;
      databases_.push_back(std::move(*opened));
      auto bell = sqlite::Doorbell::Open(folder_ / "processes", options.process);
      EXPECT_TRUE(bell.ok()) << bell.error().message;
      bells_.push_back(std::move(*bell));
      buses_.push_back(std::make_unique<SqliteBus>(*databases_[static_cast<std::size_t>(i)],
                                                   *bells_[static_cast<std::size_t>(i)], loop));
    }
  }
  Bus& bus() override { return *buses_[0]; }
  Bus& other() override { return *buses_[1]; }

 private:
  TempFolder folder_;
  std::vector<std::unique_ptr<sqlite::Database>> databases_;
  std::vector<std::unique_ptr<sqlite::Doorbell>> bells_;
  std::vector<std::unique_ptr<SqliteBus>> buses_;
};

struct Kind {
  const char* name;
  std::unique_ptr<Backend> (*make)();

  friend void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }
};

const Topic kRequests{Topic::Kind::kRequests, ""};
const Topic kCompletions{Topic::Kind::kCompletions, ""};

class BusContract : public testing::TestWithParam<Kind> {
 protected:
  BusContract() : backend_(GetParam().make()) {}

  ManualLoop& loop() { return backend_->loop; }
  Bus& bus() { return backend_->bus(); }
  Bus& other() { return backend_->other(); }

  std::vector<std::string> Publish(const Topic& topic, std::vector<std::string> bodies) {
    auto refusals = Await<std::vector<std::string>>(
        loop(), [&](auto done) { bus().Publish(topic, std::move(bodies), done); });
    EXPECT_TRUE(refusals.ok());
    return *refusals;
  }

  std::vector<Delivery> Lease(const Topic& topic, std::size_t max = 100,
                              Duration lease = seconds(60), const std::string& owner = "w1") {
    auto leased = Await<std::vector<Delivery>>(loop(), [&](auto done) {
      bus().Lease(topic, Incarnation(owner), {.max = max, .lease = lease}, done);
    });
    EXPECT_TRUE(leased.ok());
    return *leased;
  }

  void Ack(std::vector<LeaseToken> tokens) {
    EXPECT_TRUE(Await<Done>(loop(), [&](auto done) { bus().Ack(kRequests, tokens, done); }).ok());
  }

  void Nack(std::vector<LeaseToken> tokens, Duration delay) {
    EXPECT_TRUE(
        Await<Done>(loop(), [&](auto done) { bus().Nack(kRequests, tokens, delay, done); }).ok());
  }

  Backlog Inspect(const Topic& topic) {
    return *Await<Backlog>(loop(), [&](auto done) { bus().Inspect(topic, done); });
  }

  std::unique_ptr<Backend> backend_;
};

TEST_P(BusContract, AMessageIsHandedOutOnceWhileItIsHeld) {
  EXPECT_EQ(Publish(kRequests, {"a", "b", "c"}), std::vector<std::string>(3));
  auto first = Lease(kRequests, 2);
  auto second = Lease(kRequests, 2, seconds(60), "w2");
  ASSERT_EQ(first.size(), 2u);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_TRUE(Lease(kRequests).empty());
  std::multiset<std::string> bodies{first[0].body, first[1].body, second[0].body};
  EXPECT_EQ(bodies, (std::multiset<std::string>{"a", "b", "c"}));
  EXPECT_EQ(first[0].deliveries, 1);
  EXPECT_FALSE(first[0].published_at.never());
}

TEST_P(BusContract, TopicsAndGroupsAreApart) {
  Publish(kRequests, {"mine"});
  Publish({Topic::Kind::kRequests, "theirs"}, {"theirs"});
  Publish(kCompletions, {"done"});
  EXPECT_EQ(Lease({Topic::Kind::kRequests, "theirs"}).at(0).body, "theirs");
  EXPECT_EQ(Lease(kCompletions).at(0).body, "done");
  EXPECT_EQ(Lease(kRequests).at(0).body, "mine");
  EXPECT_TRUE(Lease({Topic::Kind::kRequests, "nobody"}).empty());
}

TEST_P(BusContract, BodiesAreBytes) {
  std::string bytes("\0\xff\n{\"", 5);
  Publish(kRequests, {bytes, ""});
  auto leased = Lease(kRequests);
  std::multiset<std::string> bodies;
  for (const Delivery& delivery : leased) bodies.insert(delivery.body);
  EXPECT_EQ(bodies, (std::multiset<std::string>{bytes, ""}));
}

TEST_P(BusContract, AckedMessagesNeverComeBack) {
  Publish(kRequests, {"a"});
  Ack({Lease(kRequests).at(0).token});
  loop().Advance(seconds(3600));
  EXPECT_TRUE(Lease(kRequests).empty());
  EXPECT_EQ(Inspect(kRequests).waiting, 0u);
}

TEST_P(BusContract, F13_AnUnsettledMessageComesBackWhenItsLeaseEnds) {
  Publish(kRequests, {"a"});
  auto first = Lease(kRequests, 1, seconds(60));
  loop().Advance(seconds(59));
  EXPECT_TRUE(Lease(kRequests).empty());
  loop().Advance(seconds(2));
  auto second = Lease(kRequests, 1, seconds(60), "w2");
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].deliveries, 2);
}

TEST_P(BusContract, F23_AStaleTokenSettlesNothing) {
  Publish(kRequests, {"a"});
  auto first = Lease(kRequests, 1, seconds(60));
  loop().Advance(seconds(61));
  auto second = Lease(kRequests, 1, seconds(60));
  ASSERT_EQ(second.size(), 1u);
  Ack({first[0].token});
  Nack({first[0].token}, Duration(0));
  EXPECT_TRUE(Lease(kRequests).empty()) << "still held by the second";
  auto extended = Await<std::size_t>(
      loop(), [&](auto done) { bus().Extend(kRequests, {first[0].token}, seconds(600), done); });
  EXPECT_EQ(*extended, 0u);
  loop().Advance(seconds(61));
  EXPECT_EQ(Lease(kRequests).size(), 1u) << "and was not acked";
}

TEST_P(BusContract, ExtendingHoldsAMessageLonger) {
  Publish(kRequests, {"a"});
  auto leased = Lease(kRequests, 1, seconds(60));
  loop().Advance(seconds(50));
  auto extended = Await<std::size_t>(
      loop(), [&](auto done) { bus().Extend(kRequests, {leased[0].token}, seconds(60), done); });
  EXPECT_EQ(*extended, 1u);
  loop().Advance(seconds(50));
  EXPECT_TRUE(Lease(kRequests).empty());
  loop().Advance(seconds(11));
  EXPECT_EQ(Lease(kRequests).size(), 1u);
}

TEST_P(BusContract, ANackGivesBackAfterItsDelay) {
  Publish(kRequests, {"a", "b"});
  auto leased = Lease(kRequests, 2);
  Nack({leased[0].token}, Duration(0));
  Nack({leased[1].token}, seconds(10));
  EXPECT_EQ(Lease(kRequests).size(), 1u);
  loop().Advance(seconds(11));
  EXPECT_EQ(Lease(kRequests).size(), 1u);
}

TEST_P(BusContract, F16_ARequestDeliveredTooOftenIsADeadLetter) {
  Publish(kRequests, {"poison"});
  for (int i = 1; i <= limits::kDeliveriesMax; ++i) {
    auto leased = Lease(kRequests);
    ASSERT_EQ(leased.size(), 1u) << i;
    EXPECT_EQ(leased[0].deliveries, i);
    Nack({leased[0].token}, Duration(0));
  }
  EXPECT_TRUE(Lease(kRequests).empty());
  auto dead = Lease({Topic::Kind::kDeadLetters, ""});
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].body, "poison");
}

TEST_P(BusContract, CompletionsAreNeverGivenUp) {
  Publish(kCompletions, {"done"});
  for (int i = 0; i < limits::kDeliveriesMax + 3; ++i) {
    ASSERT_EQ(Lease(kCompletions, 1, seconds(1)).size(), 1u) << i;
    loop().Advance(seconds(2));
  }
}

TEST_P(BusContract, F03_AnOversizedMessageIsRefusedAndTheOthersGoOn) {
  auto refusals = Publish(kRequests, {"a", std::string(limits::kMessageBytes + 1, 'x'), "c"});
  EXPECT_EQ(refusals[0], "");
  EXPECT_NE(refusals[1], "");
  EXPECT_EQ(refusals[2], "");
  EXPECT_EQ(Lease(kRequests).size(), 2u);
}

TEST_P(BusContract, AWaitingLeaseIsWokenByAPublish) {
  std::optional<std::vector<Delivery>> answer;
  other().Lease(kRequests, Incarnation("w"), {.wait = seconds(20)},
                [&](Result<std::vector<Delivery>> result) { answer = *result; });
  Publish(kRequests, {"a"});
  loop().RunUntil([&] { return answer.has_value(); });
  EXPECT_EQ(answer->size(), 1u);
}

TEST_P(BusContract, AWaitingLeaseAnswersEmptyWhenItsTimeIsOver) {
  std::optional<std::vector<Delivery>> answer;
  bus().Lease(kRequests, Incarnation("w"), {.wait = seconds(1)},
              [&](Result<std::vector<Delivery>> result) { answer = *result; });
  loop().RunIdle();
  for (int look = 0; look < 6; ++look) {
    // The database's threads answer in real time while the test's time stands: a publish that is
    // done says that the look before it is, too.
    Publish(kCompletions, {"done"});
    loop().Advance(milliseconds(250));
  }
  loop().RunUntil([&] { return answer.has_value(); });
  EXPECT_TRUE(answer->empty());
}

TEST_P(BusContract, TheBacklogCountsWaitingAndLeased) {
  Publish(kRequests, {"a", "b", "c"});
  Lease(kRequests, 1);
  Backlog backlog = Inspect(kRequests);
  EXPECT_EQ(backlog.waiting, 2u);
  EXPECT_EQ(backlog.leased, 1u);
  EXPECT_FALSE(backlog.oldest.never());
  EXPECT_TRUE(Inspect(kCompletions).oldest.never());
}

TEST_P(BusContract, F18_ABurstIsHandedOutInBoundedCalls) {
  std::vector<std::string> bodies;
  for (int i = 0; i < 2500; ++i) bodies.push_back(std::to_string(i));
  for (std::size_t i = 0; i < bodies.size(); i += limits::kMessagesPerCall) {
    auto end = std::min(bodies.size(), i + limits::kMessagesPerCall);
    Publish(kRequests, {bodies.begin() + static_cast<std::ptrdiff_t>(i),
                        bodies.begin() + static_cast<std::ptrdiff_t>(end)});
  }
  std::set<std::string> seen;
  while (true) {
    auto leased = Lease(kRequests, 100'000);
    if (leased.empty()) break;
    EXPECT_LE(leased.size(), limits::kMessagesPerCall);
    for (const Delivery& delivery : leased) EXPECT_TRUE(seen.insert(delivery.body).second);
  }
  EXPECT_EQ(seen.size(), 2500u);
}

INSTANTIATE_TEST_SUITE_P(Backends, BusContract,
                         testing::Values(Kind{"memory",
                                              []() -> std::unique_ptr<Backend> {
                                                return std::make_unique<MemoryBackend>();
                                              }},
                                         Kind{"sqlite",
                                              []() -> std::unique_ptr<Backend> {
                                                return std::make_unique<SqliteBackend>();
                                              }}),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace tipoff
