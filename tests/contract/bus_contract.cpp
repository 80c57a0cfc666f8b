#include "contract/bus_contract.h"

#include <algorithm>
#include <optional>
#include <set>

#include "core/limits.h"

namespace tipoff {
namespace {

using std::chrono::seconds;

const Topic kRequests{Topic::Kind::kRequests, ""};
const Topic kCompletions{Topic::Kind::kCompletions, ""};
constexpr auto kMinute = seconds(60);

class BusContract : public testing::TestWithParam<BusKind> {
 protected:
  void SetUp() override {
    const std::string missing = GetParam().missing();
    if (!missing.empty()) GTEST_SKIP() << missing;
    backend_ = GetParam().make();
  }

  Bus& bus() { return backend_->bus(); }
  Bus& other() { return backend_->other(); }
  const BusTraits& traits() const { return backend_->traits; }
  void Pass(Duration time) { backend_->Pass(time); }

  template <class T, class Call>
  Result<T> Answer(Call call) {
    std::optional<Result<T>> answer;
    call([&](Result<T> result) { answer.emplace(std::move(result)); });
    EXPECT_FALSE(answer.has_value()) << "answered inside the call";
    backend_->RunUntil([&] { return answer.has_value(); });
    return std::move(*answer);
  }

  std::vector<std::string> Publish(const Topic& topic, std::vector<std::string> bodies) {
    auto refusals = Answer<std::vector<std::string>>(
        [&](auto done) { bus().Publish(topic, std::move(bodies), done); });
    EXPECT_TRUE(refusals.ok()) << refusals.error().message;
    return refusals.ok() ? *refusals : std::vector<std::string>();
  }

  std::vector<Delivery> Lease(const Topic& topic, LeaseOptions options,
                              const std::string& owner = "w1") {
    auto leased = Answer<std::vector<Delivery>>(
        [&](auto done) { bus().Lease(topic, Incarnation(owner), options, done); });
    EXPECT_TRUE(leased.ok()) << leased.error().message;
    return leased.ok() ? *leased : std::vector<Delivery>();
  }

  // Exactly `count`, which are there or come within the backend's patience.
  std::vector<Delivery> Take(const Topic& topic, std::size_t count, Duration lease = kMinute,
                             const std::string& owner = "w1") {
    std::vector<Delivery> taken;
    while (taken.size() < count) {
      auto leased = Lease(
          topic, {.max = count - taken.size(), .lease = lease, .wait = traits().patience}, owner);
      if (leased.empty()) break;
      std::move(leased.begin(), leased.end(), std::back_inserter(taken));
    }
    EXPECT_EQ(taken.size(), count);
    return taken;
  }
  Delivery TakeOne(const Topic& topic, Duration lease = kMinute, const std::string& owner = "w1") {
    auto taken = Take(topic, 1, lease, owner);
    return taken.empty() ? Delivery() : taken.front();
  }

  void ExpectNothing(const Topic& topic, const std::string& why = "") {
    EXPECT_TRUE(Lease(topic, {}).empty()) << why;
  }

  void Ack(const std::vector<LeaseToken>& tokens, const Topic& topic = kRequests) {
    Status acked = Answer<Done>([&](auto done) { bus().Ack(topic, tokens, done); });
    EXPECT_TRUE(acked.ok()) << acked.error().message;
  }

  void Nack(const std::vector<LeaseToken>& tokens, Duration delay, const Topic& topic = kRequests) {
    Status nacked = Answer<Done>([&](auto done) { bus().Nack(topic, tokens, delay, done); });
    EXPECT_TRUE(nacked.ok()) << nacked.error().message;
  }

  // How many Extend says were still held.
  std::size_t Extend(const std::vector<LeaseToken>& tokens, Duration lease) {
    auto held =
        Answer<std::size_t>([&](auto done) { bus().Extend(kRequests, tokens, lease, done); });
    EXPECT_TRUE(held.ok()) << held.error().message;
    return held.ok() ? *held : 0;
  }

  Result<Backlog> Inspect(const Topic& topic) {
    return Answer<Backlog>([&](auto done) { bus().Inspect(topic, done); });
  }

  std::unique_ptr<BusBackend> backend_;
};

std::multiset<std::string> Bodies(const std::vector<Delivery>& deliveries) {
  std::multiset<std::string> bodies;
  for (const Delivery& delivery : deliveries) bodies.insert(delivery.body);
  return bodies;
}

TEST_P(BusContract, AMessageIsHandedOutOnceWhileItIsHeld) {
  EXPECT_EQ(Publish(kRequests, {"a", "b", "c"}), std::vector<std::string>(3));
  auto taken = Take(kRequests, 2);
  auto second = Take(kRequests, 1, kMinute, "w2");
  ExpectNothing(kRequests);
  taken.insert(taken.end(), second.begin(), second.end());
  EXPECT_EQ(Bodies(taken), (std::multiset<std::string>{"a", "b", "c"}));
  EXPECT_EQ(taken.at(0).deliveries, 1);
  EXPECT_FALSE(taken.at(0).published_at.never());
}

TEST_P(BusContract, ALeaseBringsAtMostWhatWasAskedFor) {
  Publish(kRequests, {"a", "b", "c"});
  auto first = Lease(kRequests, {.max = 2, .wait = traits().patience});
  EXPECT_GE(first.size(), 1u);
  EXPECT_LE(first.size(), 2u);
  Take(kRequests, 3 - first.size());
}

TEST_P(BusContract, TopicsAndGroupsAreApart) {
  const Topic theirs{Topic::Kind::kRequests, "theirs"};
  Publish(kRequests, {"mine"});
  Publish(theirs, {"theirs"});
  Publish(kCompletions, {"done"});
  EXPECT_EQ(TakeOne(theirs).body, "theirs");
  EXPECT_EQ(TakeOne(kCompletions).body, "done");
  EXPECT_EQ(TakeOne(kRequests).body, "mine");
  ExpectNothing({Topic::Kind::kRequests, "nobody"});
}

TEST_P(BusContract, BodiesAreBytes) {
  std::string bytes("\0\xff\n{\"", 5);
  Publish(kRequests, {bytes, ""});
  EXPECT_EQ(Bodies(Take(kRequests, 2)), (std::multiset<std::string>{bytes, ""}));
}

TEST_P(BusContract, AckedMessagesNeverComeBack) {
  Publish(kRequests, {"a"});
  Ack({TakeOne(kRequests, traits().lease).token});
  Pass(traits().ages);
  ExpectNothing(kRequests);
}

TEST_P(BusContract, AckingTwiceIsHarmless) {
  Publish(kRequests, {"a", "b"});
  auto taken = Take(kRequests, 2);
  Ack({taken.at(0).token});
  Ack({taken.at(0).token, taken.at(1).token});
  Nack({taken.at(0).token}, Duration(0));
  ExpectNothing(kRequests);
}

TEST_P(BusContract, ATokenOfNothingIsIgnored) {
  Publish(kRequests, {"a"});
  Ack({LeaseToken{"nonsense", 1}, TakeOne(kRequests).token});
  Nack({LeaseToken{"nonsense", 1}}, Duration(0));
  EXPECT_EQ(Extend({LeaseToken{"nonsense", 1}}, kMinute), 0u);
  EXPECT_EQ(Extend({}, kMinute), 0u);
  ExpectNothing(kRequests);
}

TEST_P(BusContract, F13_AnUnsettledMessageComesBackWhenItsLeaseEnds) {
  Publish(kRequests, {"a"});
  TakeOne(kRequests, traits().lease);
  Pass(traits().lease / 2);
  ExpectNothing(kRequests);
  Pass(traits().lease / 2 + traits().lease / 30);
  EXPECT_EQ(TakeOne(kRequests, kMinute, "w2").deliveries, 2);
}

TEST_P(BusContract, F23_AStaleTokenSettlesNothing) {
  Publish(kRequests, {"a"});
  Delivery first = TakeOne(kRequests, traits().lease);
  Pass(traits().lease + traits().lease / 60);
  Delivery second = TakeOne(kRequests, traits().lease, "w2");
  Ack({first.token});
  if (!traits().fences) {
    // It may have settled the message or not. Whoever holds it now settles it for certain.
    EXPECT_LE(Extend({first.token}, traits().lease), 1u);
    Ack({second.token});
    Pass(traits().ages);
    return ExpectNothing(kRequests);
  }
  Nack({first.token}, Duration(0));
  ExpectNothing(kRequests, "still held by the second");
  EXPECT_EQ(Extend({first.token}, seconds(600)), 0u);
  Pass(traits().lease + traits().lease / 60);
  TakeOne(kRequests);
}

TEST_P(BusContract, ExtendingHoldsAMessageLonger) {
  Publish(kRequests, {"a"});
  Delivery leased = TakeOne(kRequests, traits().lease);
  Pass(traits().lease / 2);
  EXPECT_EQ(Extend({leased.token}, 2 * traits().lease), 1u);
  Pass(traits().lease);
  ExpectNothing(kRequests);
  Pass(traits().lease + traits().lease / 6);
  TakeOne(kRequests);
}

TEST_P(BusContract, ANackGivesBackAfterItsDelay) {
  Publish(kRequests, {"a", "b"});
  auto leased = Take(kRequests, 2);
  Nack({leased.at(1).token}, 2 * traits().lease);
  Nack({leased.at(0).token}, Duration(0));
  Delivery first = TakeOne(kRequests);
  EXPECT_EQ(first.body, leased.at(0).body);
  Ack({first.token});
  ExpectNothing(kRequests);
  Pass(2 * traits().lease + traits().lease / 6);
  EXPECT_EQ(TakeOne(kRequests).body, leased.at(1).body);
}

TEST_P(BusContract, F16_ARequestDeliveredTooOftenIsADeadLetter) {
  Publish(kRequests, {"poison"});
  for (int i = 1; i <= limits::kDeliveriesMax; ++i) {
    Delivery leased = TakeOne(kRequests);
    ASSERT_EQ(leased.deliveries, i);
    Nack({leased.token}, Duration(0));
  }
  ExpectNothing(kRequests);
  EXPECT_EQ(TakeOne({Topic::Kind::kDeadLetters, ""}).body, "poison");
}

TEST_P(BusContract, CompletionsAreNeverGivenUp) {
  Publish(kCompletions, {"done"});
  for (int i = 0; i < limits::kDeliveriesMax + 3; ++i) {
    Delivery leased = TakeOne(kCompletions, seconds(1));
    ASSERT_EQ(leased.body, "done") << i;
    Nack({leased.token}, Duration(0), kCompletions);
  }
}

TEST_P(BusContract, F03_AnOversizedMessageIsRefusedAndTheOthersGoOn) {
  auto refusals = Publish(kRequests, {"a", std::string(limits::kMessageBytes + 1, 'x'), "c"});
  ASSERT_EQ(refusals.size(), 3u);
  EXPECT_EQ(refusals[0], "");
  EXPECT_NE(refusals[1], "");
  EXPECT_EQ(refusals[2], "");
  Take(kRequests, 2);
  ExpectNothing(kRequests);
}

TEST_P(BusContract, TheLargestMessagesPassTogether) {
  std::vector<std::string> bodies(12, std::string(limits::kMessageBytes, 'x'));
  EXPECT_EQ(Publish(kRequests, bodies), std::vector<std::string>(12));
  for (const Delivery& delivery : Take(kRequests, 12)) {
    EXPECT_EQ(delivery.body.size(), limits::kMessageBytes);
  }
}

TEST_P(BusContract, AWaitingLeaseIsWokenByAPublish) {
  std::optional<std::vector<Delivery>> answer;
  other().Lease(kRequests, Incarnation("w"), {.wait = seconds(20)},
                [&](Result<std::vector<Delivery>> result) { answer = *result; });
  Publish(kRequests, {"a"});
  backend_->RunUntil([&] { return answer.has_value(); });
  EXPECT_EQ(answer->size(), 1u);
}

TEST_P(BusContract, AWaitingLeaseAnswersEmptyWhenItsTimeIsOver) {
  std::optional<std::vector<Delivery>> answer;
  bus().Lease(kRequests, Incarnation("w"), {.wait = seconds(1)},
              [&](Result<std::vector<Delivery>> result) { answer = *result; });
  for (int look = 0; look < 6; ++look) {
    // The database's threads answer in real time while the test's time stands: a publish that is
    // done says that the look before it is, too.
    Publish(kCompletions, {"done"});
    Pass(std::chrono::milliseconds(250));
  }
  backend_->RunUntil([&] { return answer.has_value(); });
  EXPECT_TRUE(answer->empty());
}

TEST_P(BusContract, TheBacklogCountsWaitingAndLeased) {
  Publish(kRequests, {"a", "b", "c"});
  Take(kRequests, 1);
  Result<Backlog> backlog = Inspect(kRequests);
  if (!traits().counts) {
    ASSERT_FALSE(backlog.ok());
    EXPECT_EQ(backlog.error().code, Errc::kUnsupported) << backlog.error().message;
    return;
  }
  EXPECT_EQ(backlog->waiting, 2u);
  EXPECT_EQ(backlog->leased, 1u);
  EXPECT_FALSE(backlog->oldest.never());
  EXPECT_TRUE(Inspect(kCompletions)->oldest.never());
}

TEST_P(BusContract, F18_ABurstIsHandedOutInBoundedCalls) {
  constexpr std::size_t kBurst = 2500;
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i < kBurst; ++i) bodies.push_back(std::to_string(i));
  EXPECT_EQ(Publish(kRequests, bodies), std::vector<std::string>(kBurst));
  std::set<std::string> seen;
  while (seen.size() < kBurst) {
    auto leased = Lease(kRequests, {.max = 100'000, .wait = traits().patience});
    if (leased.empty()) break;
    EXPECT_LE(leased.size(), limits::kMessagesPerCall);
    for (const Delivery& delivery : leased) EXPECT_TRUE(seen.insert(delivery.body).second);
  }
  EXPECT_EQ(seen.size(), kBurst);
  ExpectNothing(kRequests);
}

INSTANTIATE_TEST_SUITE_P(Backends, BusContract, testing::ValuesIn(BusKinds()),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace tipoff
