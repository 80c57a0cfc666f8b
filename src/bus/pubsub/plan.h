// The pieces that are to be on Pub/Sub, and how a subscription that is there differs from its plan.
// No gRPC: see pubsub_admin.h for who asks and makes.
#pragma once

#include <string>
#include <vector>

#include "bus/pubsub/names.h"

namespace tipoff::pubsub {

// A subscription as it should be, or as it was found.
struct SubscriptionShape {
  std::string name;
  std::string topic;
  std::string dead_letter_topic;  // "": none.
  int attempts_max = 0;
  Duration ack_deadline{};
  Duration retention{};
  bool has_retry_policy = false;
  bool expires = false;
  Duration expires_after{};
  std::string push_endpoint;  // "": pulled from.
  bool detached = false;
  bool broken = false;  // Pub/Sub says that it can't deliver.
  std::string filter;
};

struct Plan {
  std::vector<std::string> topics;
  std::vector<SubscriptionShape> subscriptions;
};

// Dead letters come first: the others name them.
Plan MakePlan(const PubsubOptions& options);

// One thing that is wrong with a subscription, and whether it can be mended.
struct Flaw {
  enum class Mend {
    kUpdate,  // `field` of the subscription is set to what is planned.
    kAnew,    // It has to be deleted and made anew.
    kNobody,  // Others depend on it, or Pub/Sub can't: an operator decides.
  };
  std::string what;
  std::string remedy;
  Mend mend = Mend::kUpdate;
  std::string field;  // Of google.pubsub.v1.Subscription.
};

// `slowest`: of a request, so far; zero: not known.
std::vector<Flaw> Compare(const SubscriptionShape& planned, const SubscriptionShape& found,
                          Duration slowest);

// What is wrong with the options themselves: a value that Pub/Sub does not take. kInvalid.
Status CheckOptions(const PubsubOptions& options);

}  // namespace tipoff::pubsub
