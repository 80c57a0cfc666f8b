// What the emulator can't do: refuse single messages, forbid, know grants. A server of this test's
// own says what the service itself would say.
#include "bus/pubsub/pubsub_bus.h"

#include <fmt/format.h>
#include <google/iam/v1/iam_policy.grpc.pb.h>
#include <google/pubsub/v1/pubsub.grpc.pb.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "bus/pubsub/pubsub_admin.h"
#include "core/limits.h"
#include "support/manual_loop.h"

namespace tipoff {
namespace {

namespace pb = ::google::pubsub::v1;
namespace iam = ::google::iam::v1;
using ::google::protobuf::Empty;
using State = PubsubCheck::State;

const Topic kRequests{Topic::Kind::kRequests, ""};
constexpr const char* kAgent =
    "serviceAccount:service-123456@gcp-sa-pubsub.iam.gserviceaccount.com";

class FakePublisher final : public pb::Publisher::Service {
 public:
  grpc::Status Publish(grpc::ServerContext*, const pb::PublishRequest* request,
                       pb::PublishResponse* response) override {
    std::scoped_lock guard(mutex);
    ++publishes;
    if (denied) return {grpc::PERMISSION_DENIED, "you may not publish"};
    for (const auto& message : request->messages()) {
      if (message.data() == "bad") return {grpc::INVALID_ARGUMENT, "the schema forbids it"};
    }
    for (const auto& message : request->messages()) {
      EXPECT_TRUE(published.insert(message.data()).second) << message.data();
      if (!forgetful) response->add_message_ids("1");
    }
    return grpc::Status::OK;
  }
  grpc::Status GetTopic(grpc::ServerContext*, const pb::GetTopicRequest* request,
                        pb::Topic* response) override {
    response->set_name(request->topic());
    return grpc::Status::OK;
  }
  std::mutex mutex;
  std::set<std::string> published;
  int publishes = 0;
  bool denied = false;
  bool forgetful = false;
};

class FakeSubscriber final : public pb::Subscriber::Service {
 public:
  grpc::Status Acknowledge(grpc::ServerContext*, const pb::AcknowledgeRequest* request,
                           Empty*) override {
    return Take(request->ack_ids());
  }
  grpc::Status ModifyAckDeadline(grpc::ServerContext*, const pb::ModifyAckDeadlineRequest* request,
                                 Empty*) override {
    EXPECT_LE(request->ack_deadline_seconds(), 600);
    return Take(request->ack_ids());
  }
  grpc::Status Pull(grpc::ServerContext*, const pb::PullRequest*, pb::PullResponse*) override {
    return {grpc::FAILED_PRECONDITION, "it is a push subscription"};
  }
  grpc::Status GetSubscription(grpc::ServerContext*, const pb::GetSubscriptionRequest* request,
                               pb::Subscription* response) override {
    std::scoped_lock guard(mutex);
    auto found = subscriptions.find(request->subscription());
    if (found == subscriptions.end()) return {grpc::NOT_FOUND, "none"};
    *response = found->second;
    return grpc::Status::OK;
  }
  grpc::Status CreateSubscription(grpc::ServerContext*, const pb::Subscription* request,
                                  pb::Subscription* response) override {
    std::scoped_lock guard(mutex);
    subscriptions[request->name()] = *request;
    *response = *request;
    return grpc::Status::OK;
  }
  grpc::Status DeleteSubscription(grpc::ServerContext*,
                                  const pb::DeleteSubscriptionRequest* request, Empty*) override {
    std::scoped_lock guard(mutex);
    subscriptions.erase(request->subscription());
    return grpc::Status::OK;
  }
  grpc::Status UpdateSubscription(grpc::ServerContext*,
                                  const pb::UpdateSubscriptionRequest* request,
                                  pb::Subscription* response) override {
    std::scoped_lock guard(mutex);
    pb::Subscription& found = subscriptions.at(request->subscription().name());
    for (const std::string& path : request->update_mask().paths()) {
      if (path == "expiration_policy") {
        *found.mutable_expiration_policy() = request->subscription().expiration_policy();
      } else {
        ADD_FAILURE() << "nobody asked for " << path;
      }
    }
    *response = found;
    return grpc::Status::OK;
  }

  std::mutex mutex;
  std::map<std::string, pb::Subscription> subscriptions;
  std::set<std::string> taken;

 private:
  template <class Ids>
  grpc::Status Take(const Ids& ids) {
    std::scoped_lock guard(mutex);
    for (const std::string& id : ids) {
      if (id == "stale") return {grpc::INVALID_ARGUMENT, "PERMANENT_FAILURE_INVALID_ACK_ID"};
    }
    taken.insert(ids.begin(), ids.end());
    return grpc::Status::OK;
  }
};

class FakePolicies final : public iam::IAMPolicy::Service {
 public:
  grpc::Status GetIamPolicy(grpc::ServerContext*, const iam::GetIamPolicyRequest* request,
                            iam::Policy* response) override {
    std::scoped_lock guard(mutex);
    if (denied) return {grpc::PERMISSION_DENIED, "you may not look"};
    *response = policies[request->resource()];
    return grpc::Status::OK;
  }
  grpc::Status SetIamPolicy(grpc::ServerContext*, const iam::SetIamPolicyRequest* request,
                            iam::Policy* response) override {
    std::scoped_lock guard(mutex);
    EXPECT_EQ(request->policy().etag(), policies[request->resource()].etag());
    *response = policies[request->resource()] = request->policy();
    return grpc::Status::OK;
  }
  std::mutex mutex;
  std::map<std::string, iam::Policy> policies;
  bool denied = false;
};

class PubsubBusTest : public testing::Test {
 protected:
  PubsubBusTest() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&publisher_);
    builder.RegisterService(&subscriber_);
    builder.RegisterService(&policies_);
    server_ = builder.BuildAndStart();
    options_.project = "p";
    options_.endpoint = fmt::format("127.0.0.1:{}", port);
    options_.insecure = true;
    bus_.emplace(options_, loop_);
  }

  Result<std::vector<std::string>> Publish(std::vector<std::string> bodies) {
    return Await<std::vector<std::string>>(
        loop_, [&](auto done) { bus_->Publish(kRequests, std::move(bodies), done); });
  }
  std::vector<PubsubStep> SetUpAll() {
    PubsubAdmin admin(options_, loop_);
    auto steps =
        Await<std::vector<PubsubStep>>(loop_, [&](auto done) { admin.Setup(false, done); });
    EXPECT_TRUE(steps.ok()) << steps.error().message;
    return *steps;
  }
  // What it finds about the pieces whose names hold `part`.
  std::vector<PubsubCheck> Verify(const std::string& part) {
    PubsubAdmin admin(options_, loop_);
    auto checks =
        Await<std::vector<PubsubCheck>>(loop_, [&](auto done) { admin.Verify(Duration(0), done); });
    EXPECT_TRUE(checks.ok()) << checks.error().message;
    std::erase_if(*checks, [&](const PubsubCheck& check) {
      return check.piece.find(part) == std::string::npos;
    });
    return *checks;
  }
  pb::Subscription& Requests() {
    return subscriber_.subscriptions.at(pubsub::RouteOf(options_, kRequests).subscription);
  }

  FakePublisher publisher_;
  FakeSubscriber subscriber_;
  FakePolicies policies_;
  std::unique_ptr<grpc::Server> server_;
  PubsubOptions options_;
  ManualLoop loop_;
  std::optional<PubsubBus> bus_;
};

TEST_F(PubsubBusTest, F03_TheMessageThatIsRefusedIsFoundAndTheOthersGoOn) {
  std::vector<std::string> bodies;
  for (int i = 0; i < 100; ++i) bodies.push_back(std::to_string(i));
  bodies[42] = "bad";
  auto refusals = Publish(bodies);
  ASSERT_TRUE(refusals.ok()) << refusals.error().message;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    EXPECT_EQ((*refusals)[i].empty(), i != 42) << i;
  }
  EXPECT_NE((*refusals)[42].find("the schema forbids it"), std::string::npos) << (*refusals)[42];
  EXPECT_EQ(publisher_.published.size(), 99u);
  EXPECT_LE(publisher_.publishes, 15) << "by halves, not one by one";
}

TEST_F(PubsubBusTest, F03_NothingIsTakenForPublishedThatWasNotConfirmed) {
  publisher_.forgetful = true;
  EXPECT_EQ(Publish({"a"}).error().code, Errc::kUnknownOutcome);
  publisher_.denied = true;
  EXPECT_EQ(Publish({"a"}).error().code, Errc::kDenied);
}

TEST_F(PubsubBusTest, F23_AStaleTokenIsIgnoredAndTheOthersAreSettled) {
  std::vector<LeaseToken> tokens;
  for (int i = 0; i < 20; ++i) tokens.push_back({std::to_string(i), 0});
  tokens[7].id = "stale";
  EXPECT_TRUE(Await<Done>(loop_, [&](auto done) { bus_->Ack(kRequests, tokens, done); }).ok());
  EXPECT_EQ(subscriber_.taken.size(), 19u);
  auto held = Await<std::size_t>(
      loop_, [&](auto done) { bus_->Extend(kRequests, tokens, std::chrono::hours(1), done); });
  EXPECT_EQ(*held, 19u);
}

TEST_F(PubsubBusTest, F20_PullingWhereMessagesArePushedIsAnError) {
  auto leased = Await<std::vector<Delivery>>(
      loop_, [&](auto done) { bus_->Lease(kRequests, Incarnation("w"), {}, done); });
  EXPECT_EQ(leased.error().code, Errc::kUnavailable);
  EXPECT_NE(leased.error().message.find("push subscription"), std::string::npos);
}

TEST_F(PubsubBusTest, F20_SetupMendsWhatTheEmulatorCantShow) {
  SetUpAll();
  EXPECT_EQ(Verify("prediction-request-prod-subscription").front().state, State::kOk);
  Requests().mutable_expiration_policy()->mutable_ttl()->set_seconds(31 * 86400);
  PubsubCheck check = Verify("prediction-request-prod-subscription").front();
  EXPECT_EQ(check.state, State::kWrong);
  EXPECT_NE(check.what.find("expires"), std::string::npos) << check.what;
  SetUpAll();
  EXPECT_EQ(Verify("prediction-request-prod-subscription").front().state, State::kOk);
  Requests().set_detached(true);
  EXPECT_EQ(Verify("prediction-request-prod-subscription").front().state, State::kWrong);
  SetUpAll();
  EXPECT_EQ(Verify("prediction-request-prod-subscription").front().state, State::kOk);
}

TEST_F(PubsubBusTest, F20_MissingGrantsForDeadLetteringAreNamedWithTheCommand) {
  SetUpAll();
  auto grants = Verify("grant of");
  ASSERT_EQ(grants.size(), 2u);
  for (const PubsubCheck& grant : grants) {
    EXPECT_EQ(grant.state, State::kWrong) << grant.piece;
    EXPECT_NE(grant.remedy.find("add-iam-policy-binding"), std::string::npos) << grant.remedy;
  }
  EXPECT_NE(grants[0].remedy.find("roles/pubsub.publisher"), std::string::npos);
  EXPECT_NE(grants[1].remedy.find("roles/pubsub.subscriber"), std::string::npos);
}

TEST_F(PubsubBusTest, SetupGrantsWhereItKnowsTheProjectsNumberAndKeepsOthersGrants) {
  const std::string topic = pubsub::RouteOf(options_, {Topic::Kind::kDeadLetters, ""}).topic;
  auto* others = policies_.policies[topic].add_bindings();
  others->set_role("roles/pubsub.viewer");
  others->add_members("user:somebody@example.com");
  policies_.policies[topic].set_etag("e1");
  options_.project_number = "123456";
  SetUpAll();
  for (const PubsubCheck& grant : Verify("grant of")) {
    EXPECT_EQ(grant.state, State::kOk) << grant.piece << grant.what;
  }
  ASSERT_EQ(policies_.policies[topic].bindings_size(), 2);
  EXPECT_EQ(policies_.policies[topic].bindings(1).members(0), kAgent);
}

TEST_F(PubsubBusTest, WhatMayNotBeLookedAtIsUnknownNotWell) {
  SetUpAll();
  policies_.denied = true;
  for (const PubsubCheck& grant : Verify("grant of")) {
    EXPECT_EQ(grant.state, State::kUnknown) << grant.piece;
  }
}

}  // namespace
}  // namespace tipoff
