#include "bus/pubsub/service.h"

#include <google/pubsub/v1/pubsub.grpc.pb.h>
#include <grpcpp/grpcpp.h>

#include <map>
#include <mutex>
#include <optional>

#include "bus/pubsub/chunks.h"
#include "google/calls.h"
#include "google/channel.h"

namespace tipoff::pubsub {
namespace {

namespace pb = ::google::pubsub::v1;
using gcloud::Calls;
using gcloud::Effect;

// To give back what was pulled in vain, at the end.
constexpr auto kGiveBackTime = std::chrono::seconds(1);
// Pub/Sub takes no message without both data and attributes.
constexpr const char* kEmptyMark = "empty";

// What was pulled and nobody has yet. gRPC's threads put in, the loop takes out.
class Unclaimed {
 public:
  void Add(const std::string& subscription, const pb::PullResponse& response) {
    std::scoped_lock guard(mutex_);
    for (const auto& received : response.received_messages()) {
      held_[received.ack_id()] = subscription;
    }
  }
  void Claim(const std::vector<Received>& messages) {
    std::scoped_lock guard(mutex_);
    for (const Received& message : messages) held_.erase(message.ack_id);
  }
  void Claim(const std::vector<std::string>& ack_ids) {
    std::scoped_lock guard(mutex_);
    for (const std::string& id : ack_ids) held_.erase(id);
  }
  // By subscription.
  std::map<std::string, std::vector<std::string>> TakeAll() {
    std::scoped_lock guard(mutex_);
    std::map<std::string, std::vector<std::string>> all;
    for (auto& [id, subscription] : held_) all[subscription].push_back(id);
    held_.clear();
    return all;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> held_;  // Ack id to subscription.
};

std::vector<Received> FromResponse(pb::PullResponse& response) {
  std::vector<Received> messages;
  messages.reserve(static_cast<std::size_t>(response.received_messages_size()));
  for (auto& received : *response.mutable_received_messages()) {
    const auto& at = received.message().publish_time();
    messages.push_back({std::move(*received.mutable_ack_id()),
                        std::move(*received.mutable_message()->mutable_data()),
                        Instant::FromMicros(at.seconds() * 1'000'000 + at.nanos() / 1000),
                        // 0: without a dead-letter policy Pub/Sub does not count.
                        std::max(received.delivery_attempt(), 1)});
  }
  return messages;
}

// The same error, but what does not exist is said in our words.
Error Named(Error error, std::string missing) {
  if (error.code == Errc::kNotFound) error.message = std::move(missing);
  return error;
}

template <class Response>
Status AsStatus(const Result<Response>& result, const std::string& missing) {
  return result.ok() ? Ok() : Status(Named(result.error(), missing));
}

class GrpcService final : public Service {
 public:
  GrpcService(std::shared_ptr<grpc::Channel> channel, Loop& loop)
      : publisher_(pb::Publisher::NewStub(channel)),
        subscriber_(pb::Subscriber::NewStub(channel)),
        calls_(std::in_place, loop) {}

  ~GrpcService() override {
    calls_.reset();  // An answer that still comes in here is not heard by anybody.
    auto deadline = gpr_time_add(
        gpr_now(GPR_CLOCK_MONOTONIC),
        gpr_time_from_millis(std::chrono::milliseconds(kGiveBackTime).count(), GPR_TIMESPAN));
    for (auto& [subscription, ids] : unclaimed_->TakeAll()) {
      for (auto& chunk : CutAckIds(std::move(ids))) {
        grpc::ClientContext context;
        context.set_deadline(deadline);
        pb::ModifyAckDeadlineRequest request = HoldRequest(subscription, chunk, 0);
        ::google::protobuf::Empty response;
        subscriber_->ModifyAckDeadline(&context, request, &response);
      }
    }
  }

  void Publish(const std::string& topic, std::vector<std::string> bodies,
               std::function<void(Status)> done) override {
    auto request = std::make_shared<pb::PublishRequest>();
    request->set_topic(topic);
    for (std::string& body : bodies) {
      pb::PubsubMessage* message = request->add_messages();
      if (body.empty()) (*message->mutable_attributes())[kEmptyMark] = "true";
      message->set_data(std::move(body));
    }
    // Twice does no harm: every receiver tells a repetition.
    calls_->Unary<pb::PublishResponse>(
        {.what = "Pub/Sub publish to " + ShortName(topic), .effect = Effect::kRepeatableWrite},
        [this, request](grpc::ClientContext* context, pb::PublishResponse* response,
                        Calls::Over over) {
          publisher_->async()->Publish(context, request.get(), response, std::move(over));
        },
        [topic, request, done = std::move(done)](Result<pb::PublishResponse> response) {
          if (response.ok() && response->message_ids_size() != request->messages_size()) {
            return done(Error{Errc::kUnknownOutcome,
                              "Pub/Sub did not confirm each message that was published"});
          }
          done(AsStatus(response, MissingTopic(topic)));
        });
  }

  void Pull(const std::string& subscription, std::size_t max, PullMode mode, Duration limit,
            std::function<void(Result<std::vector<Received>>)> done) override {
    auto request = std::make_shared<pb::PullRequest>();
    request->set_subscription(subscription);
    request->set_max_messages(static_cast<std::int32_t>(max));
    if (mode == PullMode::kNow) SetReturnImmediately(*request);
    calls_->Unary<pb::PullResponse>(
        {.what = "Pub/Sub pull from " + ShortName(subscription), .limit = limit},
        [this, request, subscription, mode](grpc::ClientContext* context,
                                            pb::PullResponse* response, Calls::Over over) {
          auto pulled = [unclaimed = unclaimed_, subscription, mode, response,
                         over = std::move(over)](const grpc::Status& status) {
            if (status.ok()) unclaimed->Add(subscription, *response);
            // Who waits for a message that does not come has waited long enough.
            bool waited = mode == PullMode::kWait &&
                          status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
            over(waited ? grpc::Status::OK : status);
          };
          subscriber_->async()->Pull(context, request.get(), response, std::move(pulled));
        },
        [subscription, done = std::move(done)](Result<pb::PullResponse> response) {
          if (response.ok()) return done(FromResponse(*response));
          done(Named(response.error(), MissingSubscription(subscription)));
        });
  }

  void Claim(const std::vector<Received>& messages) override { unclaimed_->Claim(messages); }

  void Hold(const std::string& subscription, std::vector<std::string> ack_ids, std::int32_t seconds,
            Duration limit, std::function<void(Status)> done) override {
    auto request =
        std::make_shared<pb::ModifyAckDeadlineRequest>(HoldRequest(subscription, ack_ids, seconds));
    if (seconds == 0) unclaimed_->Claim(ack_ids);
    calls_->Unary<::google::protobuf::Empty>(
        {.what = "Pub/Sub lease on " + ShortName(subscription),
         .effect = Effect::kRepeatableWrite,
         .limit = limit},
        [this, request](grpc::ClientContext* context, ::google::protobuf::Empty* response,
                        Calls::Over over) {
          subscriber_->async()->ModifyAckDeadline(context, request.get(), response,
                                                  std::move(over));
        },
        [subscription, done = std::move(done)](Result<::google::protobuf::Empty> response) {
          done(AsStatus(response, MissingSubscription(subscription)));
        });
  }

  void Acknowledge(const std::string& subscription, std::vector<std::string> ack_ids,
                   std::function<void(Status)> done) override {
    auto request = std::make_shared<pb::AcknowledgeRequest>();
    request->set_subscription(subscription);
    request->mutable_ack_ids()->Assign(ack_ids.begin(), ack_ids.end());
    calls_->Unary<::google::protobuf::Empty>(
        {.what = "Pub/Sub acknowledge on " + ShortName(subscription),
         .effect = Effect::kRepeatableWrite},
        [this, request](grpc::ClientContext* context, ::google::protobuf::Empty* response,
                        Calls::Over over) {
          subscriber_->async()->Acknowledge(context, request.get(), response, std::move(over));
        },
        [subscription, done = std::move(done)](Result<::google::protobuf::Empty> response) {
          done(AsStatus(response, MissingSubscription(subscription)));
        });
  }

  void LookAt(const std::string& subscription, Duration limit,
              std::function<void(Result<Subscribed>)> done) override {
    auto request = std::make_shared<pb::GetSubscriptionRequest>();
    request->set_subscription(subscription);
    calls_->Unary<pb::Subscription>(
        {.what = "Pub/Sub subscription " + ShortName(subscription), .limit = limit},
        [this, request](grpc::ClientContext* context, pb::Subscription* response,
                        Calls::Over over) {
          subscriber_->async()->GetSubscription(context, request.get(), response, std::move(over));
        },
        [subscription, done = std::move(done)](Result<pb::Subscription> found) {
          if (!found.ok()) return done(Named(found.error(), MissingSubscription(subscription)));
          if (found->topic() == kDeletedTopic) {
            return done(Error{Errc::kNotFound, OrphanedSubscription(subscription)});
          }
          if (found->detached()) {
            return done(Error{Errc::kNotFound, DetachedSubscription(subscription)});
          }
          done(Subscribed{found->ack_deadline_seconds()});
        });
  }

  void LookAtTopic(const std::string& topic, Duration limit,
                   std::function<void(Status)> done) override {
    auto request = std::make_shared<pb::GetTopicRequest>();
    request->set_topic(topic);
    calls_->Unary<pb::Topic>(
        {.what = "Pub/Sub topic " + ShortName(topic), .limit = limit},
        [this, request](grpc::ClientContext* context, pb::Topic* response, Calls::Over over) {
          publisher_->async()->GetTopic(context, request.get(), response, std::move(over));
        },
        [topic, done = std::move(done)](Result<pb::Topic> found) {
          done(AsStatus(found, MissingTopic(topic)));
        });
  }

 private:
  static pb::ModifyAckDeadlineRequest HoldRequest(const std::string& subscription,
                                                  const std::vector<std::string>& ack_ids,
                                                  std::int32_t seconds) {
    pb::ModifyAckDeadlineRequest request;
    request.set_subscription(subscription);
    request.mutable_ack_ids()->Assign(ack_ids.begin(), ack_ids.end());
    request.set_ack_deadline_seconds(seconds);
    return request;
  }

  // Google advises against it where much is pulled; here it only asks for the rest of what a pull
  // before has found, and for tests and one-off looks.
  static void SetReturnImmediately(pb::PullRequest& request) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    request.set_return_immediately(true);
#pragma GCC diagnostic pop
  }

  std::unique_ptr<pb::Publisher::Stub> publisher_;
  std::unique_ptr<pb::Subscriber::Stub> subscriber_;
  std::shared_ptr<Unclaimed> unclaimed_ = std::make_shared<Unclaimed>();
  std::optional<Calls> calls_;
};

}  // namespace

Result<std::unique_ptr<Service>> Service::Connect(const PubsubOptions& options, Loop& loop) {
  if (options.project.empty()) {
    return Error{Errc::kInvalid, "project: the id of the Google Cloud project is missing"};
  }
  TIPOFF_TRY(auto channel, gcloud::MakeChannel({.endpoint = EndpointOf(options),
                                                .insecure = options.insecure,
                                                .credentials_file = options.credentials_file}));
  return std::unique_ptr<Service>(std::make_unique<GrpcService>(std::move(channel), loop));
}

}  // namespace tipoff::pubsub
