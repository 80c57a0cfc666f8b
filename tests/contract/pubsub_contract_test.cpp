// The Bus's contract on Pub/Sub's emulator, and what only Pub/Sub can do to it: pieces that are
// deleted, made anew, wrong from the beginning; a service that does not answer.
#include <fmt/format.h>
#include <google/pubsub/v1/pubsub.grpc.pb.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include "api/push_envelope.h"
#include "bus/messages.h"
#include "bus/pubsub/pubsub_admin.h"
#include "bus/pubsub/pubsub_bus.h"
#include "contract/bus_contract.h"
#include "core/limits.h"
#include "http/server.h"
#include "support/emulators.h"
#include "support/real_loop.h"
#include "support/silent_port.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

namespace pb = ::google::pubsub::v1;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Did = PubsubStep::Did;
using State = PubsubCheck::State;

const Topic kRequests{Topic::Kind::kRequests, ""};
const Topic kCompletions{Topic::Kind::kCompletions, ""};

PubsubOptions OwnOptions() {
  PubsubOptions options;
  options.project = OwnProject();
  options.endpoint = RunningEmulators().pubsub;
  options.insecure = true;
  options.groups = {"theirs", "nobody"};
  options.retry_min = options.retry_max = Duration(0);  // What is given back comes at once.
  return options;
}

template <class T, class Call>
Result<T> Answer(RealLoop& loop, Call call) {
  std::optional<Result<T>> answer;
  call([&](Result<T> result) { answer.emplace(std::move(result)); });
  EXPECT_FALSE(answer.has_value()) << "answered inside the call";
  loop.RunUntil([&] { return answer.has_value(); });
  return std::move(*answer);
}

std::vector<PubsubStep> SetUpPieces(RealLoop& loop, PubsubAdmin& admin, bool dry_run = false) {
  auto steps =
      Answer<std::vector<PubsubStep>>(loop, [&](auto done) { admin.Setup(dry_run, done); });
  EXPECT_TRUE(steps.ok()) << steps.error().message;
  return steps.ok() ? *steps : std::vector<PubsubStep>();
}

class PubsubBackend final : public BusBackend {
 public:
  PubsubBackend() {
    traits = {.lease = seconds(2),
              .ages = seconds(3),
              .patience = seconds(8),
              .fences = false,
              .counts = false};
    PubsubAdmin admin(options_, loop_.loop());
    SetUpPieces(loop_, admin);
  }
  Bus& bus() override { return bus_; }
  Bus& other() override { return other_; }
  void RunUntil(const std::function<bool()>& done) override { loop_.RunUntil(done); }
  void Pass(Duration time) override { loop_.Pass(time); }

 private:
  PubsubOptions options_ = OwnOptions();
  RealLoop loop_;
  PubsubBus bus_{options_, loop_.loop()};
  PubsubBus other_{options_, loop_.loop()};
};

// What anybody may do to the pieces, or publish, with a client of his own.
class Somebody {
 public:
  explicit Somebody(const PubsubOptions& options)
      : options_(options),
        channel_(grpc::CreateChannel(options.endpoint, grpc::InsecureChannelCredentials())),
        publisher_(pb::Publisher::NewStub(channel_)),
        subscriber_(pb::Subscriber::NewStub(channel_)) {}

  void DeleteTopic(const Topic& topic) {
    pb::DeleteTopicRequest request;
    request.set_topic(pubsub::RouteOf(options_, topic).topic);
    ::google::protobuf::Empty response;
    auto context = Context();
    Expect(publisher_->DeleteTopic(context.get(), request, &response));
  }
  void DeleteSubscription(const Topic& topic) {
    pb::DeleteSubscriptionRequest request;
    request.set_subscription(pubsub::RouteOf(options_, topic).subscription);
    ::google::protobuf::Empty response;
    auto context = Context();
    Expect(subscriber_->DeleteSubscription(context.get(), request, &response));
  }
  void MakeTopic(const std::string& name) {
    pb::Topic request;
    request.set_name(name);
    pb::Topic response;
    auto context = Context();
    Expect(publisher_->CreateTopic(context.get(), request, &response));
  }
  void MakeSubscription(const pb::Subscription& request) {
    pb::Subscription response;
    auto context = Context();
    Expect(subscriber_->CreateSubscription(context.get(), request, &response));
  }
  void Publish(const Topic& topic, const std::string& data,
               const std::map<std::string, std::string>& attributes) {
    pb::PublishRequest request;
    request.set_topic(pubsub::RouteOf(options_, topic).topic);
    request.add_messages()->set_data(data);
    for (const auto& [key, value] : attributes) {
      (*request.mutable_messages(0)->mutable_attributes())[key] = value;
    }
    pb::PublishResponse response;
    auto context = Context();
    Expect(publisher_->Publish(context.get(), request, &response));
  }

 private:
  static std::unique_ptr<grpc::ClientContext> Context() {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_seconds(10, GPR_TIMESPAN)));
    return context;
  }
  static void Expect(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << status.error_message();
  }

  PubsubOptions options_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<pb::Publisher::Stub> publisher_;
  std::unique_ptr<pb::Subscriber::Stub> subscriber_;
};

class Pubsub : public testing::Test {
 protected:
  void SetUp() override {
    TIPOFF_NEEDS_EMULATORS();
    options_ = OwnOptions();
    somebody_ = std::make_unique<Somebody>(options_);
    bus_ = std::make_unique<PubsubBus>(options_, loop_.loop());
    admin_ = std::make_unique<PubsubAdmin>(options_, loop_.loop());
  }

  Result<std::vector<std::string>> Publish(const Topic& topic, const std::string& body) {
    return Answer<std::vector<std::string>>(loop_,
                                            [&](auto done) { bus_->Publish(topic, {body}, done); });
  }
  Result<std::vector<Delivery>> Lease(const Topic& topic, Duration wait, PubsubBus* by = nullptr) {
    return Answer<std::vector<Delivery>>(loop_, [&](auto done) {
      (by == nullptr ? *bus_ : *by).Lease(topic, Incarnation("w"), {.wait = wait}, done);
    });
  }
  Result<Backlog> Inspect(const Topic& topic) {
    return Answer<Backlog>(loop_, [&](auto done) { bus_->Inspect(topic, done); });
  }
  // By piece.
  std::map<std::string, PubsubCheck> Verify(Duration slowest = {}) {
    auto checks =
        Answer<std::vector<PubsubCheck>>(loop_, [&](auto done) { admin_->Verify(slowest, done); });
    EXPECT_TRUE(checks.ok()) << checks.error().message;
    std::map<std::string, PubsubCheck> by_piece;
    if (checks.ok()) {
      for (PubsubCheck& check : *checks) by_piece[check.piece] = check;
    }
    return by_piece;
  }
  std::map<std::string, PubsubStep> SetUpAll(bool dry_run = false) {
    std::map<std::string, PubsubStep> by_piece;
    for (PubsubStep& step : SetUpPieces(loop_, *admin_, dry_run)) by_piece[step.piece] = step;
    return by_piece;
  }
  // One message goes through.
  void ExpectFlow(const Topic& topic, const std::string& body) {
    auto published = Publish(topic, body);
    ASSERT_TRUE(published.ok()) << published.error().message;
    auto leased = Lease(topic, seconds(8));
    ASSERT_TRUE(leased.ok()) << leased.error().message;
    ASSERT_EQ(leased->size(), 1u);
    EXPECT_EQ(leased->front().body, body);
  }
  void ExpectNamed(const Error& error, Errc code, const std::string& piece) {
    EXPECT_EQ(error.code, code) << error.message;
    EXPECT_NE(error.message.find(piece), std::string::npos) << error.message;
    EXPECT_NE(error.message.find("tipoff setup"), std::string::npos) << error.message;
  }

  const std::string requests_ = "topic prediction-request-prod";
  const std::string requests_sub_ = "subscription prediction-request-prod-subscription";
  const std::string completions_sub_ = "subscription prediction-ready-prod-subscription";
  PubsubOptions options_;
  RealLoop loop_;
  std::unique_ptr<Somebody> somebody_;
  std::unique_ptr<PubsubBus> bus_;
  std::unique_ptr<PubsubAdmin> admin_;
};

TEST_F(Pubsub, SetupMakesEachPieceOnceAndADryRunMakesNone) {
  for (const auto& [piece, step] : SetUpAll(true)) {
    if (piece.starts_with("grant")) continue;
    EXPECT_EQ(step.did, Did::kCreated) << piece;
  }
  EXPECT_EQ(Verify().at(requests_).state, State::kMissing) << "a dry run really does nothing";
  std::size_t made = 0;
  for (const auto& [piece, step] : SetUpAll()) made += step.did == Did::kCreated;
  EXPECT_EQ(made, 6u + 5u) << "topics and subscriptions";
  for (const auto& [piece, step] : SetUpAll()) {
    Did expected = piece.starts_with("grant") ? Did::kLeft : Did::kExists;
    EXPECT_EQ(step.did, expected) << piece << ": " << step.what;
  }
}

TEST_F(Pubsub, WhatSetupHasMadeIsWell) {
  SetUpAll();
  for (const auto& [piece, check] : Verify()) {
    State expected = piece.starts_with("grant") ? State::kUnknown : State::kOk;
    EXPECT_EQ(check.state, expected) << piece << ": " << check.what;
  }
  EXPECT_EQ(Verify(seconds(90)).at(requests_sub_).state, State::kWrong)
      << "the ack deadline is shorter than the slowest request";
}

TEST_F(Pubsub, F20_ADeletedSubscriptionIsNamedAndSetupMendsIt) {
  SetUpAll();
  ExpectFlow(kRequests, "before");
  somebody_->DeleteSubscription(kRequests);
  ExpectNamed(Lease(kRequests, Duration(0)).error(), Errc::kNotFound,
              "'prediction-request-prod-subscription'");
  ExpectNamed(Lease(kRequests, seconds(1)).error(), Errc::kNotFound,
              "'prediction-request-prod-subscription'");
  ExpectNamed(Inspect(kRequests).error(), Errc::kNotFound,
              "'prediction-request-prod-subscription'");
  auto checks = Verify();
  EXPECT_EQ(checks.at(requests_sub_).state, State::kMissing);
  EXPECT_EQ(checks.at(requests_sub_).remedy, "tipoff setup --profile gcp");
  EXPECT_EQ(checks.at(completions_sub_).state, State::kOk) << "only what is missing is missing";
  EXPECT_EQ(SetUpAll().at(requests_sub_).did, Did::kCreated);
  ExpectFlow(kRequests, "after");
}

TEST_F(Pubsub, F20_ADeletedTopicIsNamedAndSetupMendsIt) {
  SetUpAll();
  somebody_->DeleteTopic(kRequests);
  ExpectNamed(Publish(kRequests, "lost").error(), Errc::kUnavailable, "'prediction-request-prod'");
  // Its subscription is there still, and nothing will ever come.
  ExpectNamed(Lease(kRequests, seconds(1)).error(), Errc::kNotFound, "_deleted-topic_");
  ExpectNamed(Inspect(kRequests).error(), Errc::kNotFound, "_deleted-topic_");
  auto checks = Verify();
  EXPECT_EQ(checks.at(requests_).state, State::kMissing);
  EXPECT_EQ(checks.at(requests_sub_).state, State::kWrong);
  EXPECT_NE(checks.at(requests_sub_).what.find("_deleted-topic_"), std::string::npos);
  auto steps = SetUpAll();
  EXPECT_EQ(steps.at(requests_).did, Did::kCreated);
  EXPECT_EQ(steps.at(requests_sub_).did, Did::kChanged) << steps.at(requests_sub_).what;
  ExpectFlow(kRequests, "after");
}

TEST_F(Pubsub, F20_AWorkerThatWaitsHearsOfTheDeletionAndGoesOnAfterwards) {
  SetUpAll();
  std::optional<Result<std::vector<Delivery>>> answer;
  bus_->Lease(kRequests, Incarnation("w"), {.wait = seconds(2)},
              [&](Result<std::vector<Delivery>> result) { answer.emplace(std::move(result)); });
  somebody_->DeleteSubscription(kRequests);
  loop_.RunUntil([&] { return answer.has_value(); });
  ExpectNamed(answer->error(), Errc::kNotFound, "'prediction-request-prod-subscription'");
  SetUpAll();
  ExpectFlow(kRequests, "after");
}

TEST_F(Pubsub, F20_WhatIsWrongFromTheBeginningIsNamedAndMended) {
  somebody_->MakeTopic(pubsub::RouteOf(options_, kRequests).topic);
  pb::Subscription wrong;
  wrong.set_name(pubsub::RouteOf(options_, kRequests).subscription);
  wrong.set_topic(pubsub::RouteOf(options_, kRequests).topic);
  wrong.set_ack_deadline_seconds(10);
  somebody_->MakeSubscription(wrong);
  PubsubCheck check = Verify(seconds(30)).at(requests_sub_);
  EXPECT_EQ(check.state, State::kWrong);
  for (const char* word : {"ack deadline", "dead-letter policy", "expires"}) {
    EXPECT_NE(check.what.find(word), std::string::npos) << word << ": " << check.what;
  }
  // The emulator can't change when a subscription expires; the rest is mended all the same.
  EXPECT_NE(SetUpAll().at(requests_sub_).what.find("ack deadline"), std::string::npos);
  check = Verify(seconds(30)).at(requests_sub_);
  EXPECT_EQ(check.what.find("ack deadline"), std::string::npos) << check.what;
  EXPECT_EQ(check.what.find("dead-letter"), std::string::npos) << check.what;
}

TEST_F(Pubsub, F20_APushSubscriptionIsNamedAndLeftToWhoeverNeedsIt) {
  options_.requests_push_endpoint = "http://127.0.0.1:9/predict";
  PubsubAdmin pushing(options_, loop_.loop());
  SetUpPieces(loop_, pushing);
  PubsubCheck check = Verify().at(requests_sub_);
  EXPECT_EQ(check.state, State::kWrong);
  EXPECT_NE(check.what.find("pushes to http://127.0.0.1:9/predict"), std::string::npos);
  EXPECT_EQ(SetUpAll().at(requests_sub_).did, Did::kLeft);
}

TEST_F(Pubsub, APlainClientsMessageArrivesUnchanged) {
  SetUpAll();
  const std::string data =
      R"({"player_lookup":"o'neal-júnior","game_date":"2026-01-28","game_id":"20260128_LAL_BOS",)"
      R"("line_values":[24.5],"batch_id":"batch_2026-01-28_1769555415"})";
  somebody_->Publish(kRequests, data, {{"source", "somebody"}});
  auto leased = Lease(kRequests, seconds(8));
  ASSERT_TRUE(leased.ok());
  ASSERT_EQ(leased->size(), 1u);
  EXPECT_EQ(leased->front().body, data);
  auto request = DecodeRequest(leased->front().body);
  ASSERT_TRUE(request.ok()) << request.error().message;
  EXPECT_EQ(request->spec.player.str(), "o'neal-júnior");
}

TEST_F(Pubsub, ADeadLetterBringsTheWholeRequest) {
  SetUpAll();
  const std::string body(20'000, 'q');
  ASSERT_TRUE(Publish(kRequests, body).ok());
  for (int i = 0; i < limits::kDeliveriesMax; ++i) {
    auto leased = Lease(kRequests, seconds(8));
    ASSERT_TRUE(leased.ok());
    ASSERT_EQ(leased->size(), 1u);
    EXPECT_TRUE(Answer<Done>(loop_, [&](auto done) {
                  bus_->Nack(kRequests, {leased->front().token}, Duration(0), done);
                }).ok());
  }
  // The emulator moves it when it would have handed it out once more.
  EXPECT_TRUE(Lease(kRequests, Duration(0))->empty());
  auto dead = Lease({Topic::Kind::kDeadLetters, ""}, seconds(8));
  ASSERT_TRUE(dead.ok());
  ASSERT_EQ(dead->size(), 1u);
  EXPECT_EQ(dead->front().body, body);
}

TEST_F(Pubsub, WhatABusHasTakenAndNotHandedOutIsGivenBackAtItsEnd) {
  SetUpAll();
  ASSERT_TRUE(Publish(kRequests, "a").ok());
  {
    // A loop that is never run: the answer is never heard.
    AsioLoop stopped;
    PubsubBus ending(options_, stopped);
    bool told = false;
    ending.Lease(kRequests, Incarnation("w"), {}, [&](const auto&) { told = true; });
    // Seen from here: it has been taken, and would be held for a minute.
    bool taken = false;
    for (int look = 0; look < 50 && !taken; ++look) {
      loop_.Pass(milliseconds(50));
      auto seen = Lease(kRequests, Duration(0));
      ASSERT_TRUE(seen.ok());
      taken = seen->empty();
      for (const Delivery& delivery : *seen) {
        bus_->Nack(kRequests, {delivery.token}, Duration(0), [](const Status&) {});
      }
    }
    EXPECT_TRUE(taken);
    EXPECT_FALSE(told);
  }
  auto leased = Lease(kRequests, seconds(8));
  ASSERT_TRUE(leased.ok());
  EXPECT_EQ(leased->size(), 1u);
}

TEST_F(Pubsub, MessagesOfAPullThatNobodyWaitsForAreGivenToOthers) {
  SetUpAll();
  auto empty = Lease(kRequests, seconds(1));
  ASSERT_TRUE(empty.ok());
  EXPECT_TRUE(empty->empty());
  // The pull of that lease waits still, on Pub/Sub's side.
  ASSERT_TRUE(Publish(kRequests, "a").ok());
  PubsubBus other(options_, loop_.loop());
  auto leased = Lease(kRequests, seconds(8), &other);
  ASSERT_TRUE(leased.ok());
  EXPECT_EQ(leased->size(), 1u);
}

TEST_F(Pubsub, WhatIsPushedIsReadAsAnEnvelope) {
  std::vector<std::string> pushes;
  HttpServerOptions http;
  http.port = 0;
  auto server = HttpServer::Listen(http, [&](HttpRequest request, auto responder) {
    // Refused once: it is pushed again.
    loop_.loop().Post([&pushes, body = std::move(request.body), responder] {
      pushes.push_back(body);
      HttpResponse response;
      response.status = pushes.size() == 1 ? 503 : 204;
      responder->Send(std::move(response));
    });
  });
  ASSERT_TRUE(server.ok()) << server.error().message;
  options_.completions_push_endpoint = (*server)->url() + "/complete";
  PubsubAdmin pushing(options_, loop_.loop());
  SetUpPieces(loop_, pushing);
  ASSERT_TRUE(Publish(kCompletions, R"({"player_lookup":"a"})").ok());
  loop_.RunUntil([&] { return pushes.size() == 2; });
  for (const std::string& push : pushes) {
    auto envelope = DecodePushEnvelope(push);
    ASSERT_TRUE(envelope.ok()) << envelope.error().message << push;
    EXPECT_EQ(envelope->body, R"({"player_lookup":"a"})");
    EXPECT_FALSE(envelope->published_at.never());
  }
  (*server)->Stop(Duration(0));
}

TEST_F(Pubsub, AnnouncementsArePublishedAndReadByOthers) {
  SetUpAll();
  const Topic announcements{Topic::Kind::kAnnouncements, ""};
  EXPECT_TRUE(Publish(announcements, "done").ok());
  EXPECT_EQ(Lease(announcements, Duration(0)).error().code, Errc::kUnsupported);
  EXPECT_EQ(Inspect(announcements).error().code, Errc::kUnsupported);
  somebody_->DeleteTopic(announcements);
  EXPECT_EQ(Inspect(announcements).error().code, Errc::kNotFound);
}

// An emulator of this test's own, which it may stop.
class PausedPubsub : public Pubsub {
 protected:
  void SetUp() override {
    TIPOFF_NEEDS_EMULATORS();
    ASSERT_EQ(Run("start"), 0);
    std::string started;
    int port = 0;
    std::ifstream(folder_ / "pubsub.pid") >> pid_ >> started >> port;
    ASSERT_GT(pid_, 0);
    options_ = OwnOptions();
    options_.endpoint = fmt::format("127.0.0.1:{}", port);
    bus_ = std::make_unique<PubsubBus>(options_, loop_.loop());
    admin_ = std::make_unique<PubsubAdmin>(options_, loop_.loop());
  }
  void TearDown() override { Run("stop"); }

  int Run(const std::string& verb) {
    return std::system(fmt::format("{}/tools/emulators {} {} pubsub > /dev/null", TIPOFF_SOURCE_DIR,
                                   verb, folder_.path())
                           .c_str());
  }

  // Each of its threads has stopped.
  void Pause() {
    kill(pid_, SIGSTOP);
    loop_.RunUntil([&] {
      namespace fs = std::filesystem;
      fs::directory_iterator tasks(fmt::format("/proc/{}/task", pid_));
      return std::all_of(fs::begin(tasks), fs::end(tasks), [](const fs::directory_entry& task) {
        std::string line;
        std::getline(std::ifstream(task.path() / "stat"), line);
        return line.find(") T ") != std::string::npos;
      });
    });
  }

  TempFolder folder_;
  pid_t pid_ = 0;
};

TEST_F(PausedPubsub, F34_WhatWasNotConfirmedDuringAPauseIsPublishedAgain) {
  SetUpAll();
  ExpectFlow(kRequests, "before");
  Pause();
  std::optional<Result<std::vector<Delivery>>> waiting;
  bus_->Lease(kRequests, Incarnation("w"), {.wait = seconds(2)},
              [&](Result<std::vector<Delivery>> result) { waiting.emplace(std::move(result)); });
  auto unheard = Publish(kRequests, "during");
  ASSERT_FALSE(unheard.ok());
  EXPECT_EQ(unheard.error().code, Errc::kUnknownOutcome) << unheard.error().message;
  loop_.RunUntil([&] { return waiting.has_value(); });
  ASSERT_FALSE(waiting->ok()) << "nobody could tell that there is nothing";
  EXPECT_EQ(waiting->error().code, Errc::kUnavailable);
  kill(pid_, SIGCONT);
  ASSERT_TRUE(Publish(kRequests, "during").ok());
  std::size_t came = 0;
  while (came == 0) {
    auto leased = Lease(kRequests, seconds(8));
    ASSERT_TRUE(leased.ok()) << leased.error().message;
    ASSERT_FALSE(leased->empty());
    for (const Delivery& delivery : *leased) came += delivery.body == "during";
  }
}

TEST_F(PausedPubsub, F20_ARestartedEmulatorHasLostEverythingAndSaysSo) {
  SetUpAll();
  kill(pid_, SIGKILL);
  EXPECT_FALSE(Publish(kRequests, "a").ok());
  ASSERT_EQ(Run("start"), 0);
  std::string started;
  std::string new_port;
  std::ifstream(folder_ / "pubsub.pid") >> pid_ >> started >> new_port;
  options_.endpoint = "127.0.0.1:" + new_port;
  bus_ = std::make_unique<PubsubBus>(options_, loop_.loop());
  admin_ = std::make_unique<PubsubAdmin>(options_, loop_.loop());
  ExpectNamed(Publish(kRequests, "a").error(), Errc::kUnavailable, "'prediction-request-prod'");
  EXPECT_EQ(Verify().at(requests_sub_).state, State::kMissing);
  SetUpAll();
  ExpectFlow(kRequests, "after");
}

// Needs no emulator.
TEST(PubsubSilence, F31_EachCallEndsInTime) {
  SilentPort silent;
  RealLoop loop;
  PubsubOptions options;
  options.project = "p";
  options.endpoint = silent.address();
  options.insecure = true;
  PubsubBus bus(options, loop.loop());
  PubsubAdmin admin(options, loop.loop());
  Duration began = loop.loop().Steady();
  std::map<std::string, Errc> answers;
  auto as = [&](const std::string& call) {
    return [&, call](const auto& result) {
      ASSERT_FALSE(result.ok());
      EXPECT_LT(loop.loop().Steady() - began, 2 * limits::kCallTime) << call;
      answers[call] = result.error().code;
    };
  };
  bus.Publish(kRequests, {"a"}, as("publish"));
  bus.Lease(kRequests, Incarnation("w"), {}, as("lease"));
  bus.Lease(kRequests, Incarnation("w"), {.wait = seconds(1)}, as("waiting lease"));
  bus.Ack(kRequests, {LeaseToken{"a", 0}}, as("ack"));
  bus.Nack(kRequests, {LeaseToken{"a", 0}}, Duration(0), as("nack"));
  bus.Extend(kRequests, {LeaseToken{"a", 0}}, seconds(60), as("extend"));
  bus.Inspect(kRequests, as("inspect"));
  admin.Verify({}, as("verify"));
  loop.RunUntil([&] { return answers.size() == 8; });
  EXPECT_EQ(answers["publish"], Errc::kUnknownOutcome);
  EXPECT_EQ(answers["lease"], Errc::kUnavailable);
  EXPECT_EQ(answers["waiting lease"], Errc::kUnavailable);
  EXPECT_EQ(answers["verify"], Errc::kUnavailable);
}

TEST(PubsubSilence, ABusThatEndsWhileItWaitsAnswersNoMore) {
  SilentPort silent;
  RealLoop loop;
  PubsubOptions options;
  options.project = "p";
  options.endpoint = silent.address();
  options.insecure = true;
  auto bus = std::make_unique<PubsubBus>(options, loop.loop());
  auto admin = std::make_unique<PubsubAdmin>(options, loop.loop());
  auto never = [](const auto&) { ADD_FAILURE() << "answered after the end"; };
  bus->Publish(kRequests, {"a"}, never);
  bus->Lease(kRequests, Incarnation("w"), {.wait = seconds(20)}, never);
  bus->Ack(kRequests, {LeaseToken{"a", 0}}, never);
  admin->Verify({}, never);
  loop.Pass(milliseconds(50));
  bus.reset();
  admin.reset();
  loop.Pass(milliseconds(50));
}

TEST(PubsubSilence, F49_WithoutAProjectOrCredentialsEachCallSaysSo) {
  RealLoop loop;
  PubsubBus bus({}, loop.loop());
  auto published = Answer<std::vector<std::string>>(
      loop, [&](auto done) { bus.Publish(kRequests, {"a"}, done); });
  EXPECT_EQ(published.error().code, Errc::kInvalid);
  auto leased = Answer<std::vector<Delivery>>(
      loop, [&](auto done) { bus.Lease(kRequests, Incarnation("w"), {}, done); });
  EXPECT_NE(leased.error().message.find("project"), std::string::npos);
}

}  // namespace

std::vector<BusKind> BusKinds() {
  return {{"pubsub",
           []() -> std::unique_ptr<BusBackend> { return std::make_unique<PubsubBackend>(); },
           [] { return RunningEmulators().missing; }}};
}

}  // namespace tipoff
