#include "bus/pubsub/pubsub_admin.h"

#include <fmt/format.h>
#include <google/iam/v1/iam_policy.grpc.pb.h>
#include <google/pubsub/v1/pubsub.grpc.pb.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "bus/pubsub/plan.h"
#include "core/limits.h"
#include "google/channel.h"
#include "google/status.h"

namespace tipoff {
namespace {

namespace pb = ::google::pubsub::v1;
namespace iam = ::google::iam::v1;
using Did = PubsubStep::Did;
using State = PubsubCheck::State;
using pubsub::Flaw;
using pubsub::ShortName;
using pubsub::SubscriptionShape;

// Pieces are made one after the other; each takes a second or two where the service is slow.
constexpr auto kSetupTime = std::chrono::seconds(60);
constexpr auto kOneCall = std::chrono::seconds(8);
static_assert(kOneCall < limits::kCallTime);

// Pub/Sub's own agent moves dead letters. What it needs: to publish there, to ack here.
constexpr const char* kPublisherRole = "roles/pubsub.publisher";
constexpr const char* kSubscriberRole = "roles/pubsub.subscriber";
constexpr const char* kAgentDomain = "@gcp-sa-pubsub.iam.gserviceaccount.com";

void SetDuration(Duration from, ::google::protobuf::Duration* to) {
  to->set_seconds(from.count() / 1'000'000);
  to->set_nanos(static_cast<std::int32_t>(from.count() % 1'000'000) * 1000);
}

Duration FromProto(const ::google::protobuf::Duration& duration) {
  return std::chrono::seconds(duration.seconds()) +
         std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(duration.nanos()));
}

SubscriptionShape ShapeOf(const pb::Subscription& found) {
  SubscriptionShape shape;
  shape.name = found.name();
  shape.topic = found.topic();
  shape.dead_letter_topic = found.dead_letter_policy().dead_letter_topic();
  shape.attempts_max = found.dead_letter_policy().max_delivery_attempts();
  shape.ack_deadline = std::chrono::seconds(found.ack_deadline_seconds());
  shape.retention = FromProto(found.message_retention_duration());
  shape.has_retry_policy = found.has_retry_policy();
  // Without a policy Pub/Sub's default holds; a policy without a time says never.
  shape.expires = !found.has_expiration_policy() || found.expiration_policy().has_ttl();
  shape.expires_after = found.expiration_policy().has_ttl()
                            ? FromProto(found.expiration_policy().ttl())
                            : Duration(std::chrono::hours(24 * 31));
  shape.push_endpoint = found.push_config().push_endpoint();
  shape.detached = found.detached();
  shape.broken = found.state() == pb::Subscription::RESOURCE_ERROR;
  shape.filter = found.filter();
  return shape;
}

pb::Subscription ToProto(const PubsubOptions& options, const SubscriptionShape& shape) {
  pb::Subscription made;
  made.set_name(shape.name);
  made.set_topic(shape.topic);
  made.set_ack_deadline_seconds(static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(shape.ack_deadline).count()));
  SetDuration(shape.retention, made.mutable_message_retention_duration());
  made.mutable_expiration_policy();  // Without a time: never.
  if (!shape.dead_letter_topic.empty()) {
    made.mutable_dead_letter_policy()->set_dead_letter_topic(shape.dead_letter_topic);
    made.mutable_dead_letter_policy()->set_max_delivery_attempts(shape.attempts_max);
  }
  if (shape.has_retry_policy) {
    SetDuration(options.retry_min, made.mutable_retry_policy()->mutable_minimum_backoff());
    SetDuration(options.retry_max, made.mutable_retry_policy()->mutable_maximum_backoff());
  }
  if (!shape.push_endpoint.empty()) {
    made.mutable_push_config()->set_push_endpoint(shape.push_endpoint);
    if (!options.push_service_account.empty()) {
      made.mutable_push_config()->mutable_oidc_token()->set_service_account_email(
          options.push_service_account);
    }
  }
  return made;
}

std::string PieceOf(const std::string& resource) {
  bool topic = resource.find("/topics/") != std::string::npos;
  return (topic ? "topic " : "subscription ") + ShortName(resource);
}

// One role on one piece, for dead lettering.
struct Grant {
  std::string resource;
  std::string role;
  std::string piece() const {
    return fmt::format("grant of {} on {}", role.substr(role.rfind('/') + 1), PieceOf(resource));
  }
};

std::vector<Grant> GrantsOf(const pubsub::Plan& plan) {
  std::vector<Grant> grants{{plan.topics.front(), kPublisherRole}};
  for (const SubscriptionShape& shape : plan.subscriptions) {
    if (!shape.dead_letter_topic.empty()) grants.push_back({shape.name, kSubscriberRole});
  }
  return grants;
}

std::string GrantCommand(const PubsubOptions& options, const Grant& grant) {
  std::string number =
      options.project_number.empty()
          ? fmt::format("$(gcloud projects describe {} --format='value(projectNumber)')",
                        options.project)
          : options.project_number;
  bool topic = grant.resource.find("/topics/") != std::string::npos;
  return fmt::format(
      "gcloud pubsub {} add-iam-policy-binding {} --member=serviceAccount:service-{}{} --role={}",
      topic ? "topics" : "subscriptions", ShortName(grant.resource), number, kAgentDomain,
      grant.role);
}

bool Granted(const iam::Policy& policy, const Grant& grant) {
  const std::vector<std::string> enough{grant.role, "roles/pubsub.editor", "roles/pubsub.admin"};
  for (const auto& binding : policy.bindings()) {
    if (std::find(enough.begin(), enough.end(), binding.role()) == enough.end()) continue;
    for (const std::string& member : binding.members()) {
      if (member.starts_with("serviceAccount:service-") && member.ends_with(kAgentDomain)) {
        return true;
      }
    }
  }
  return false;
}

bool Unreachable(const Error& error) {
  return error.code == Errc::kUnavailable || error.code == Errc::kUnknownOutcome;
}

}  // namespace

std::string_view ToString(PubsubStep::Did did) {
  switch (did) {
    case Did::kCreated: return "created";
    case Did::kExists: return "exists";
    case Did::kChanged: return "changed";
    case Did::kLeft: return "left";
    case Did::kFailed: return "failed";
  }
  Panic(__FILE__, __LINE__, "unnamed step");
}

std::string_view ToString(PubsubCheck::State state) {
  switch (state) {
    case State::kOk: return "ok";
    case State::kMissing: return "missing";
    case State::kWrong: return "wrong";
    case State::kUnknown: return "unknown";
  }
  Panic(__FILE__, __LINE__, "unnamed state");
}

// One Setup or Verify, on a thread of its own: its calls follow one another, each with a deadline.
class PubsubAdmin::Job {
 public:
  explicit Job(const PubsubOptions& options)
      : options_(options), plan_(pubsub::MakePlan(options)) {}
  ~Job() { End(); }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  void Run(std::function<void()> work) { thread_ = std::thread(std::move(work)); }
  void End() {
    {
      std::scoped_lock guard(mutex_);
      ended_ = true;
      if (context_ != nullptr) context_->TryCancel();
    }
    if (thread_.joinable()) thread_.join();
  }
  bool over = false;  // It has answered. The loop's.

  Result<std::vector<PubsubStep>> Setup(bool dry_run);
  Result<std::vector<PubsubCheck>> Verify(Duration slowest);

 private:
  Status Connect(Duration limit);
  // One call, tried twice if the service was not reached.
  template <class Request, class Response, class Method>
  Result<Response> Call(Method method, const Request& request, std::string_view what);
  Result<pb::Subscription> Find(const std::string& subscription);
  Result<pb::Topic> FindTopic(const std::string& topic);
  Result<iam::Policy> PolicyOf(const std::string& resource);

  Result<PubsubStep> MakeTopic(const std::string& topic, bool dry_run);
  Result<PubsubStep> MakeSubscription(const SubscriptionShape& planned, bool dry_run);
  Result<PubsubStep> Mend(const SubscriptionShape& planned, const pb::Subscription& found,
                          bool dry_run);
  Status MakeAnew(const SubscriptionShape& planned);
  Status SetField(const SubscriptionShape& planned, const std::string& field);
  Result<PubsubStep> MakeGrant(const Grant& grant, bool dry_run);

  Result<PubsubCheck> CheckTopic(const std::string& topic);
  Result<PubsubCheck> CheckSubscription(const SubscriptionShape& planned, Duration slowest);
  Result<PubsubCheck> CheckGrant(const Grant& grant);

  PubsubOptions options_;
  pubsub::Plan plan_;
  gpr_timespec deadline_{};
  std::unique_ptr<pb::Publisher::Stub> publisher_;
  std::unique_ptr<pb::Subscriber::Stub> subscriber_;
  std::unique_ptr<iam::IAMPolicy::Stub> policies_;
  std::mutex mutex_;
  grpc::ClientContext* context_ = nullptr;
  bool ended_ = false;
  std::thread thread_;
};

Status PubsubAdmin::Job::Connect(Duration limit) {
  TIPOFF_TRY_STATUS(pubsub::CheckOptions(options_));
  TIPOFF_TRY(auto channel, gcloud::MakeChannel({.endpoint = pubsub::EndpointOf(options_),
                                                .insecure = options_.insecure,
                                                .credentials_file = options_.credentials_file}));
  publisher_ = pb::Publisher::NewStub(channel);
  subscriber_ = pb::Subscriber::NewStub(channel);
  policies_ = iam::IAMPolicy::NewStub(channel);
  deadline_ =
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_micros(limit.count(), GPR_TIMESPAN));
  return Ok();
}

template <class Request, class Response, class Method>
Result<Response> PubsubAdmin::Job::Call(Method method, const Request& request,
                                        std::string_view what) {
  for (int tries = 1;; ++tries) {
    grpc::ClientContext context;
    gpr_timespec once = gpr_time_add(
        gpr_now(GPR_CLOCK_MONOTONIC),
        gpr_time_from_millis(std::chrono::milliseconds(kOneCall).count(), GPR_TIMESPAN));
    context.set_deadline(gpr_time_min(once, deadline_));
    {
      std::scoped_lock guard(mutex_);
      context_ = &context;
      if (ended_) context.TryCancel();
    }
    Response response;
    grpc::Status status = method(&context, request, &response);
    {
      std::scoped_lock guard(mutex_);
      context_ = nullptr;
    }
    if (status.ok()) return response;
    if (tries == 1 && status.error_code() == grpc::StatusCode::UNAVAILABLE) continue;
    return gcloud::ToError(status, gcloud::Effect::kRead, what);
  }
}

Result<pb::Topic> PubsubAdmin::Job::FindTopic(const std::string& topic) {
  pb::GetTopicRequest request;
  request.set_topic(topic);
  return Call<pb::GetTopicRequest, pb::Topic>(
      [this](auto&&... parts) { return publisher_->GetTopic(parts...); }, request,
      "Pub/Sub " + PieceOf(topic));
}

Result<pb::Subscription> PubsubAdmin::Job::Find(const std::string& subscription) {
  pb::GetSubscriptionRequest request;
  request.set_subscription(subscription);
  return Call<pb::GetSubscriptionRequest, pb::Subscription>(
      [this](auto&&... parts) { return subscriber_->GetSubscription(parts...); }, request,
      "Pub/Sub " + PieceOf(subscription));
}

Result<iam::Policy> PubsubAdmin::Job::PolicyOf(const std::string& resource) {
  iam::GetIamPolicyRequest request;
  request.set_resource(resource);
  return Call<iam::GetIamPolicyRequest, iam::Policy>(
      [this](auto&&... parts) { return policies_->GetIamPolicy(parts...); }, request,
      "Pub/Sub grants on " + ShortName(resource));
}

Result<std::vector<PubsubStep>> PubsubAdmin::Job::Setup(bool dry_run) {
  TIPOFF_TRY_STATUS(Connect(kSetupTime));
  std::vector<PubsubStep> steps;
  for (const std::string& topic : plan_.topics) {
    TIPOFF_TRY(PubsubStep step, MakeTopic(topic, dry_run));
    steps.push_back(std::move(step));
  }
  for (const SubscriptionShape& planned : plan_.subscriptions) {
    TIPOFF_TRY(PubsubStep step, MakeSubscription(planned, dry_run));
    steps.push_back(std::move(step));
  }
  for (const Grant& grant : GrantsOf(plan_)) {
    TIPOFF_TRY(PubsubStep step, MakeGrant(grant, dry_run));
    steps.push_back(std::move(step));
  }
  return steps;
}

Result<PubsubStep> PubsubAdmin::Job::MakeTopic(const std::string& topic, bool dry_run) {
  auto found = FindTopic(topic);
  if (found.ok()) return PubsubStep{PieceOf(topic), Did::kExists, ""};
  if (Unreachable(found.error())) return found.error();
  if (found.error().code != Errc::kNotFound) {
    return PubsubStep{PieceOf(topic), Did::kFailed, found.error().message};
  }
  if (dry_run) return PubsubStep{PieceOf(topic), Did::kCreated, ""};
  pb::Topic request;
  request.set_name(topic);
  auto made = Call<pb::Topic, pb::Topic>(
      [this](auto&&... parts) { return publisher_->CreateTopic(parts...); }, request,
      "Pub/Sub " + PieceOf(topic));
  if (made.ok()) return PubsubStep{PieceOf(topic), Did::kCreated, ""};
  if (Unreachable(made.error())) return made.error();
  bool raced = made.error().code == Errc::kExists;
  return PubsubStep{PieceOf(topic), raced ? Did::kExists : Did::kFailed,
                    raced ? "" : made.error().message};
}

Status PubsubAdmin::Job::MakeAnew(const SubscriptionShape& planned) {
  auto made = Call<pb::Subscription, pb::Subscription>(
      [this](auto&&... parts) { return subscriber_->CreateSubscription(parts...); },
      ToProto(options_, planned), "Pub/Sub " + PieceOf(planned.name));
  // Somebody else's setup was quicker: as good.
  return made.ok() || made.error().code == Errc::kExists ? Ok() : Status(made.error());
}

Result<PubsubStep> PubsubAdmin::Job::MakeSubscription(const SubscriptionShape& planned,
                                                      bool dry_run) {
  auto found = Find(planned.name);
  if (found.ok()) return Mend(planned, *found, dry_run);
  if (Unreachable(found.error())) return found.error();
  PubsubStep step{PieceOf(planned.name), Did::kCreated, ""};
  Status made = found.error().code != Errc::kNotFound ? Status(found.error())
                : dry_run                             ? Ok()
                                                      : MakeAnew(planned);
  if (made.ok()) return step;
  if (Unreachable(made.error())) return made.error();
  step.did = Did::kFailed;
  step.what = made.error().message;
  return step;
}

Status PubsubAdmin::Job::SetField(const SubscriptionShape& planned, const std::string& field) {
  pb::UpdateSubscriptionRequest request;
  *request.mutable_subscription() = ToProto(options_, planned);
  request.mutable_update_mask()->add_paths(field);
  auto updated = Call<pb::UpdateSubscriptionRequest, pb::Subscription>(
      [this](auto&&... parts) { return subscriber_->UpdateSubscription(parts...); }, request,
      fmt::format("Pub/Sub {} of {}", field, PieceOf(planned.name)));
  return updated.ok() ? Ok() : Status(updated.error());
}

Result<PubsubStep> PubsubAdmin::Job::Mend(const SubscriptionShape& planned,
                                          const pb::Subscription& found, bool dry_run) {
  PubsubStep step{PieceOf(planned.name), Did::kExists, ""};
  auto note = [&step](Did did, const std::string& what) {
    step.did = std::max(step.did, did);
    step.what += (step.what.empty() ? "" : "; ") + what;
  };
  for (const Flaw& flaw : pubsub::Compare(planned, ShapeOf(found), options_.ack_deadline)) {
    if (flaw.mend == Flaw::Mend::kNobody) {
      note(Did::kLeft, fmt::format("{}: {}", flaw.what, flaw.remedy));
      continue;
    }
    Status mended = Ok();
    if (!dry_run && flaw.mend == Flaw::Mend::kUpdate) mended = SetField(planned, flaw.field);
    if (!dry_run && flaw.mend == Flaw::Mend::kAnew) {
      pb::DeleteSubscriptionRequest request;
      request.set_subscription(planned.name);
      auto gone = Call<pb::DeleteSubscriptionRequest, ::google::protobuf::Empty>(
          [this](auto&&... parts) { return subscriber_->DeleteSubscription(parts...); }, request,
          "Pub/Sub " + PieceOf(planned.name));
      bool deleted = gone.ok() || gone.error().code == Errc::kNotFound;
      mended = deleted ? MakeAnew(planned) : Status(gone.error());
    }
    if (!mended.ok() && Unreachable(mended.error())) return mended.error();
    mended.ok() ? note(Did::kChanged, "it was so: " + flaw.what)
                : note(Did::kFailed, mended.error().message);
  }
  return step;
}

Result<PubsubStep> PubsubAdmin::Job::MakeGrant(const Grant& grant, bool dry_run) {
  PubsubStep step{grant.piece(), Did::kExists, ""};
  auto policy = PolicyOf(grant.resource);
  if (!policy.ok() && Unreachable(policy.error())) return policy.error();
  if (policy.ok() && Granted(*policy, grant)) return step;
  bool emulator = !policy.ok() && policy.error().code == Errc::kUnsupported;
  step.did = emulator ? Did::kExists : Did::kLeft;
  if (!policy.ok()) {
    step.what = emulator ? "an emulator has no grants, and needs none"
                         : policy.error().message + ": " + GrantCommand(options_, grant);
    return step;
  }
  if (options_.project_number.empty()) {
    step.what = "the project's number is not configured: " + GrantCommand(options_, grant);
    return step;
  }
  step.did = Did::kCreated;
  if (dry_run) return step;
  iam::SetIamPolicyRequest request;
  request.set_resource(grant.resource);
  *request.mutable_policy() = std::move(*policy);  // With its etag: nobody's change is undone.
  auto* binding = request.mutable_policy()->add_bindings();
  binding->set_role(grant.role);
  binding->add_members(
      fmt::format("serviceAccount:service-{}{}", options_.project_number, kAgentDomain));
  auto set = Call<iam::SetIamPolicyRequest, iam::Policy>(
      [this](auto&&... parts) { return policies_->SetIamPolicy(parts...); }, request,
      "Pub/Sub " + grant.piece());
  if (set.ok()) return step;
  step.did = Did::kFailed;
  step.what = set.error().message + ": " + GrantCommand(options_, grant);
  return step;
}

Result<std::vector<PubsubCheck>> PubsubAdmin::Job::Verify(Duration slowest) {
  TIPOFF_TRY_STATUS(Connect(limits::kCallTime));
  std::vector<PubsubCheck> checks;
  for (const std::string& topic : plan_.topics) {
    TIPOFF_TRY(PubsubCheck check, CheckTopic(topic));
    checks.push_back(std::move(check));
  }
  for (const SubscriptionShape& planned : plan_.subscriptions) {
    TIPOFF_TRY(PubsubCheck check, CheckSubscription(planned, slowest));
    checks.push_back(std::move(check));
  }
  for (const Grant& grant : GrantsOf(plan_)) {
    TIPOFF_TRY(PubsubCheck check, CheckGrant(grant));
    checks.push_back(std::move(check));
  }
  return checks;
}

Result<PubsubCheck> PubsubAdmin::Job::CheckTopic(const std::string& topic) {
  auto found = FindTopic(topic);
  if (found.ok()) return PubsubCheck{PieceOf(topic), State::kOk, "", ""};
  if (Unreachable(found.error())) return found.error();
  if (found.error().code == Errc::kNotFound) {
    return PubsubCheck{PieceOf(topic), State::kMissing, pubsub::MissingTopic(topic),
                       "tipoff setup --profile gcp"};
  }
  return PubsubCheck{PieceOf(topic), State::kUnknown, found.error().message,
                     "grant pubsub.topics.get (roles/pubsub.viewer) to whoever runs this"};
}

Result<PubsubCheck> PubsubAdmin::Job::CheckSubscription(const SubscriptionShape& planned,
                                                        Duration slowest) {
  PubsubCheck check{PieceOf(planned.name), State::kOk, "", ""};
  auto found = Find(planned.name);
  if (!found.ok()) {
    if (Unreachable(found.error())) return found.error();
    bool missing = found.error().code == Errc::kNotFound;
    check.state = missing ? State::kMissing : State::kUnknown;
    check.what = missing ? pubsub::MissingSubscription(planned.name) : found.error().message;
    check.remedy =
        missing ? "tipoff setup --profile gcp"
                : "grant pubsub.subscriptions.get (roles/pubsub.viewer) to whoever runs this";
    return check;
  }
  for (const Flaw& flaw : pubsub::Compare(planned, ShapeOf(*found), slowest)) {
    check.state = State::kWrong;
    check.what += (check.what.empty() ? "" : "; ") + flaw.what;
    if (check.remedy.empty()) check.remedy = flaw.remedy;
  }
  return check;
}

Result<PubsubCheck> PubsubAdmin::Job::CheckGrant(const Grant& grant) {
  PubsubCheck check{grant.piece(), State::kOk, "", ""};
  auto policy = PolicyOf(grant.resource);
  if (policy.ok() && Granted(*policy, grant)) return check;
  if (!policy.ok() && Unreachable(policy.error())) return policy.error();
  if (!policy.ok()) {
    check.state = State::kUnknown;
    bool emulator = policy.error().code == Errc::kUnsupported;
    check.what = emulator ? "an emulator has no grants: on the service itself dead lettering needs "
                            "this one"
                          : policy.error().message;
  } else {
    check.state = State::kWrong;
    check.what =
        "Pub/Sub's own agent has no such role there: requests that nobody can work are not given "
        "up but come again (a role on the whole project would do, too, and is not seen from here)";
  }
  check.remedy = GrantCommand(options_, grant);
  return check;
}

PubsubAdmin::PubsubAdmin(PubsubOptions options, Loop& loop)
    : options_(std::move(options)), loop_(loop) {}

PubsubAdmin::~PubsubAdmin() {
  for (auto& job : jobs_) job->End();
}

// `work` runs on the job's thread; what it returns runs on the loop.
void PubsubAdmin::Start(std::function<std::function<void()>(Job&)> work) {
  std::erase_if(jobs_, [](const std::shared_ptr<Job>& job) { return job->over; });
  auto job = std::make_shared<Job>(options_);
  jobs_.push_back(job);
  job->Run([&loop = loop_, work = std::move(work), &its = *job, weak = std::weak_ptr<Job>(job)] {
    std::function<void()> answer = work(its);
    loop.Post([weak, answer = std::move(answer)] {
      auto answered = weak.lock();
      if (answered == nullptr) return;
      answered->over = true;
      answer();
    });
  });
}

void PubsubAdmin::Setup(bool dry_run, std::function<void(Result<std::vector<PubsubStep>>)> done) {
  Start([dry_run, done = std::move(done)](Job& job) {
    auto steps = job.Setup(dry_run);
    return std::function<void()>([done, steps = std::move(steps)] { done(steps); });
  });
}

void PubsubAdmin::Verify(Duration slowest,
                         std::function<void(Result<std::vector<PubsubCheck>>)> done) {
  Start([slowest, done = std::move(done)](Job& job) {
    auto checks = job.Verify(slowest);
    return std::function<void()>([done, checks = std::move(checks)] { done(checks); });
  });
}

}  // namespace tipoff
