// What is called what on Pub/Sub, and how the pieces are to be made.
#pragma once

#include <string>
#include <vector>

#include "base/instant.h"
#include "bus/bus.h"

namespace tipoff {

struct PubsubOptions {
  std::string project;
  std::string endpoint;          // host:port; "": the service itself.
  bool insecure = false;         // An emulator: no TLS, no credentials.
  std::string credentials_file;  // A service account's key; "": the application default.

  std::string requests_topic = "prediction-request-prod";
  std::string completions_topic = "prediction-ready-prod";
  std::string announcements_topic = "nba-phase5-predictions-complete";
  std::string dead_letters_topic = "prediction-request-dlq";
  // A topic's own subscription is its name with this behind it. Those who listen to announcements
  // bring their own.
  std::string subscription_suffix = "-subscription";
  // Groups of systems besides tipoff's own: each has its own topic and subscription of requests,
  // with the group's name behind the topic's.
  std::vector<std::string> groups;

  // How `setup` makes the pieces, and what `doctor` holds them against.
  Duration ack_deadline = std::chrono::seconds(60);  // 10 s to 600 s.
  Duration retention = std::chrono::hours(24 * 7);   // Of messages that nobody has acked.
  Duration retry_min = std::chrono::seconds(1);      // Pause before a message comes again;
  Duration retry_max = std::chrono::seconds(60);     // zero: at once.
  std::string requests_push_endpoint;                // "": workers pull.
  std::string completions_push_endpoint;             // "": coordinators pull.
  std::string push_service_account;                  // Signs the pushes.
  std::string project_number;  // To grant Pub/Sub's own agent what dead lettering needs.
};

namespace pubsub {

// One topic with, perhaps, the subscription that is read from it: full resource names.
struct Route {
  std::string topic;
  std::string subscription;  // "": nobody reads it by this bus.
  bool pushed = false;       // Its messages come to an HTTP door; nobody may pull.
};

Route RouteOf(const PubsubOptions& options, const Topic& topic);

// "prediction-request-prod" of "projects/p/topics/prediction-request-prod".
std::string ShortName(const std::string& resource);

// The endpoint, or the service's own.
std::string EndpointOf(const PubsubOptions& options);

// Sentences for an operator.
std::string MissingTopic(const std::string& resource);
std::string MissingSubscription(const std::string& resource);
std::string OrphanedSubscription(const std::string& resource);
std::string DetachedSubscription(const std::string& resource);

// What Pub/Sub puts in a subscription's place of a topic that was deleted.
inline constexpr const char* kDeletedTopic = "_deleted-topic_";

}  // namespace pubsub
}  // namespace tipoff
