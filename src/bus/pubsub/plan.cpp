#include "bus/pubsub/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "bus/pubsub/chunks.h"
#include "core/limits.h"

namespace tipoff::pubsub {
namespace {

constexpr const char* kSetup = "tipoff setup --profile gcp";
// A batch ends within hours; what is to be sent again for it must still lie there.
constexpr auto kRetentionNeeded = std::chrono::hours(3);

SubscriptionShape Planned(const PubsubOptions& options, const Route& route) {
  SubscriptionShape shape;
  shape.name = route.subscription;
  shape.topic = route.topic;
  shape.ack_deadline = options.ack_deadline;
  shape.retention = options.retention;
  shape.has_retry_policy = options.retry_max > Duration::zero();
  return shape;
}

Status Between(const char* name, Duration value, Duration low, Duration high) {
  if (value >= low && value <= high) return Ok();
  return Error{Errc::kInvalid,
               fmt::format("{}: {} is not between {} and {}, which is what Pub/Sub takes", name,
                           FormatDuration(value), FormatDuration(low), FormatDuration(high))};
}

void CompareDeadLetters(const SubscriptionShape& planned, const SubscriptionShape& found,
                        std::vector<Flaw>& flaws) {
  if (planned.dead_letter_topic.empty()) {
    if (!found.dead_letter_topic.empty()) {
      flaws.push_back({fmt::format("gives messages up to '{}', where nobody looks for them",
                                   ShortName(found.dead_letter_topic)),
                       fmt::format("gcloud pubsub subscriptions update {} "
                                   "--clear-dead-letter-policy",
                                   ShortName(planned.name)),
                       Flaw::Mend::kNobody, ""});
    }
    return;
  }
  if (found.dead_letter_topic.empty()) {
    flaws.push_back({"has no dead-letter policy: a request that nobody can work comes for ever",
                     kSetup, Flaw::Mend::kUpdate, "dead_letter_policy"});
  } else if (found.dead_letter_topic != planned.dead_letter_topic) {
    bool deleted = found.dead_letter_topic == kDeletedTopic;
    std::string what =
        deleted
            ? fmt::format("its dead-letter topic was deleted ({})", kDeletedTopic)
            : fmt::format("gives requests up to the topic '{}' instead of '{}'",
                          ShortName(found.dead_letter_topic), ShortName(planned.dead_letter_topic));
    flaws.push_back({std::move(what), kSetup, Flaw::Mend::kUpdate, "dead_letter_policy"});
  } else if (found.attempts_max < kAttemptsMin || found.attempts_max > kAttemptsMax) {
    flaws.push_back({fmt::format("gives a request up after {} deliveries, not after {} to {}",
                                 found.attempts_max, kAttemptsMin, kAttemptsMax),
                     kSetup, Flaw::Mend::kUpdate, "dead_letter_policy"});
  }
}

void ComparePush(const SubscriptionShape& planned, const SubscriptionShape& found,
                 std::vector<Flaw>& flaws) {
  if (found.push_endpoint == planned.push_endpoint) return;
  std::string what;
  if (planned.push_endpoint.empty()) {
    what = fmt::format("pushes to {}: who pulls gets nothing", found.push_endpoint);
  } else if (found.push_endpoint.empty()) {
    what = fmt::format("does not push (paused?): nothing reaches {}", planned.push_endpoint);
  } else {
    what = fmt::format("pushes to {} instead of {}", found.push_endpoint, planned.push_endpoint);
  }
  flaws.push_back(
      {std::move(what),
       fmt::format("gcloud pubsub subscriptions modify-push-config {} --push-endpoint='{}'",
                   ShortName(planned.name), planned.push_endpoint),
       Flaw::Mend::kNobody, ""});
}

void CompareTimes(const SubscriptionShape& planned, const SubscriptionShape& found,
                  Duration slowest, std::vector<Flaw>& flaws) {
  if (found.expires) {
    flaws.push_back({fmt::format("expires after {} without anybody who reads from it",
                                 FormatDuration(found.expires_after)),
                     kSetup, Flaw::Mend::kUpdate, "expiration_policy"});
  }
  Duration needed = std::max<Duration>(slowest, std::chrono::seconds(kAckSecondsMin));
  if (found.ack_deadline < needed) {
    flaws.push_back(
        {fmt::format(
             "its ack deadline is {}, and {} is needed: else a request comes again while it "
             "is worked",
             FormatDuration(found.ack_deadline), FormatDuration(needed)),
         fmt::format("gcloud pubsub subscriptions update {} --ack-deadline={}",
                     ShortName(planned.name),
                     std::max(HoldSeconds(2 * needed), HoldSeconds(planned.ack_deadline))),
         Flaw::Mend::kUpdate, "ack_deadline_seconds"});
  }
  if (found.retention < std::min<Duration>(kRetentionNeeded, planned.retention)) {
    flaws.push_back(
        {fmt::format("keeps what nobody has taken for only {}", FormatDuration(found.retention)),
         kSetup, Flaw::Mend::kUpdate, "message_retention_duration"});
  }
}

}  // namespace

Plan MakePlan(const PubsubOptions& options) {
  Plan plan;
  Route dead = RouteOf(options, {Topic::Kind::kDeadLetters, ""});
  plan.topics.push_back(dead.topic);
  plan.subscriptions.push_back(Planned(options, dead));
  std::vector<std::string> groups{""};
  groups.insert(groups.end(), options.groups.begin(), options.groups.end());
  for (const std::string& group : groups) {
    Route route = RouteOf(options, {Topic::Kind::kRequests, group});
    SubscriptionShape shape = Planned(options, route);
    shape.dead_letter_topic = dead.topic;
    shape.attempts_max = limits::kDeliveriesMax;
    // Workers of other groups bring models of their own, and pull.
    if (group.empty()) shape.push_endpoint = options.requests_push_endpoint;
    plan.topics.push_back(route.topic);
    plan.subscriptions.push_back(std::move(shape));
  }
  Route completions = RouteOf(options, {Topic::Kind::kCompletions, ""});
  SubscriptionShape shape = Planned(options, completions);
  shape.push_endpoint = options.completions_push_endpoint;
  plan.topics.push_back(completions.topic);
  plan.subscriptions.push_back(std::move(shape));
  plan.topics.push_back(RouteOf(options, {Topic::Kind::kAnnouncements, ""}).topic);
  return plan;
}

std::vector<Flaw> Compare(const SubscriptionShape& planned, const SubscriptionShape& found,
                          Duration slowest) {
  if (found.topic == kDeletedTopic) {
    return {{OrphanedSubscription(planned.name), kSetup, Flaw::Mend::kAnew, ""}};
  }
  if (found.detached) {
    return {{DetachedSubscription(planned.name), kSetup, Flaw::Mend::kAnew, ""}};
  }
  std::vector<Flaw> flaws;
  if (found.topic != planned.topic) {
    flaws.push_back({fmt::format("belongs to the topic '{}', not to '{}'", ShortName(found.topic),
                                 ShortName(planned.topic)),
                     "name another subscription in the configuration, or delete this one and run "
                     "tipoff setup --profile gcp",
                     Flaw::Mend::kNobody, ""});
  }
  if (!found.filter.empty()) {
    flaws.push_back(
        {fmt::format("lets only messages through that match the filter {}", found.filter),
         "delete it and run tipoff setup --profile gcp: a filter can't be changed",
         Flaw::Mend::kNobody, ""});
  }
  ComparePush(planned, found, flaws);
  if (found.broken) {
    flaws.push_back({"Pub/Sub says that it can't deliver to it (RESOURCE_ERROR)",
                     "gcloud pubsub subscriptions describe " + ShortName(planned.name),
                     Flaw::Mend::kNobody, ""});
  }
  if (planned.has_retry_policy && !found.has_retry_policy) {
    flaws.push_back({"has no retry policy: a message that fails comes again at once, and again",
                     kSetup, Flaw::Mend::kUpdate, "retry_policy"});
  }
  CompareDeadLetters(planned, found, flaws);
  CompareTimes(planned, found, slowest, flaws);
  return flaws;
}

Status CheckOptions(const PubsubOptions& options) {
  if (options.project.empty()) {
    return Error{Errc::kInvalid, "project: the id of the Google Cloud project is missing"};
  }
  TIPOFF_TRY_STATUS(Between("ack_deadline", options.ack_deadline,
                            std::chrono::seconds(kAckSecondsMin),
                            std::chrono::seconds(kAckSecondsMax)));
  TIPOFF_TRY_STATUS(Between("retention", options.retention, kRetentionMin, kRetentionMax));
  TIPOFF_TRY_STATUS(Between("retry_max", options.retry_max, Duration::zero(), kRetryMax));
  return Between("retry_min", options.retry_min, Duration::zero(), options.retry_max);
}

}  // namespace tipoff::pubsub
