#include "bus/pubsub/names.h"

#include <fmt/format.h>

#include <cctype>

namespace tipoff::pubsub {
namespace {

constexpr std::string_view kServiceEndpoint = "pubsub.googleapis.com:443";
constexpr std::string_view kRemedy = "`tipoff setup --profile gcp` makes it anew";

// Pub/Sub takes letters, digits and -_.~+% in names.
std::string Escaped(const std::string& text) {
  std::string escaped;
  for (char c : text) {
    bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                 std::string_view("-_.~+").find(c) != std::string_view::npos;
    escaped += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return escaped;
}

const std::string& TopicName(const PubsubOptions& options, Topic::Kind kind) {
  switch (kind) {
    case Topic::Kind::kRequests: return options.requests_topic;
    case Topic::Kind::kCompletions: return options.completions_topic;
    case Topic::Kind::kAnnouncements: return options.announcements_topic;
    case Topic::Kind::kDeadLetters: return options.dead_letters_topic;
  }
  Panic(__FILE__, __LINE__, "unnamed topic");
}

}  // namespace

Route RouteOf(const PubsubOptions& options, const Topic& topic) {
  std::string name = TopicName(options, topic.kind);
  if (topic.kind == Topic::Kind::kRequests && !topic.group.empty()) {
    name += "-" + Escaped(topic.group);
  }
  Route route;
  route.topic = fmt::format("projects/{}/topics/{}", options.project, name);
  if (topic.kind != Topic::Kind::kAnnouncements) {
    route.subscription = fmt::format("projects/{}/subscriptions/{}{}", options.project, name,
                                     options.subscription_suffix);
  }
  route.pushed =
      (topic.kind == Topic::Kind::kRequests && topic.group.empty() &&
       !options.requests_push_endpoint.empty()) ||
      (topic.kind == Topic::Kind::kCompletions && !options.completions_push_endpoint.empty());
  return route;
}

std::string ShortName(const std::string& resource) {
  return resource.substr(resource.rfind('/') + 1);
}

std::string EndpointOf(const PubsubOptions& options) {
  return options.endpoint.empty() ? std::string(kServiceEndpoint) : options.endpoint;
}

std::string MissingTopic(const std::string& resource) {
  return fmt::format("the topic '{}' does not exist on Pub/Sub; {}", ShortName(resource), kRemedy);
}

std::string MissingSubscription(const std::string& resource) {
  return fmt::format(
      "the subscription '{}' does not exist on Pub/Sub: it was deleted, has expired, or was never "
      "made; {}",
      ShortName(resource), kRemedy);
}

std::string OrphanedSubscription(const std::string& resource) {
  return fmt::format(
      "the topic of the subscription '{}' was deleted ({}): nothing that is published reaches it; "
      "{}",
      ShortName(resource), kDeletedTopic, kRemedy);
}

std::string DetachedSubscription(const std::string& resource) {
  return fmt::format("the subscription '{}' is detached from its topic: nothing reaches it; {}",
                     ShortName(resource), kRemedy);
}

}  // namespace tipoff::pubsub
