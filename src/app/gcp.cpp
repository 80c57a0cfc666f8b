#include "app/gcp.h"

#include "bus/pubsub/pubsub_bus.h"

namespace tipoff {
namespace {

// Each loop has its connections to itself; gRPC joins those to the same place.
class GcpBackend final : public Backend {
 public:
  GcpBackend(FirestoreOptions firestore, PubsubOptions pubsub)
      : firestore_(std::move(firestore)), pubsub_(std::move(pubsub)) {}

  std::unique_ptr<Store> MakeStore(Loop& loop) override {
    return std::make_unique<FirestoreStore>(firestore_, loop);
  }
  std::unique_ptr<Bus> MakeBus(Loop& loop) override {
    return std::make_unique<PubsubBus>(pubsub_, loop);
  }
  void Check(Store& store, DoneWith<Done> done) override {
    dynamic_cast<FirestoreStore&>(store).Check(std::move(done));
  }

 private:
  FirestoreOptions firestore_;
  PubsubOptions pubsub_;
};

}  // namespace

bool UsesGcp(const Config& config) { return config.Text("profile") == "gcp"; }

FirestoreOptions FirestoreOptionsFrom(const Config& config) {
  FirestoreOptions options;
  options.project = config.Text("gcp.project");
  options.database = config.Text("gcp.database");
  options.endpoint = config.Text("gcp.firestore_emulator");
  options.insecure = !options.endpoint.empty();
  options.credentials_file = config.Text("gcp.credentials_file");
  options.prefix = config.Text("gcp.collection_prefix");
  return options;
}

PubsubOptions PubsubOptionsFrom(const Config& config) {
  PubsubOptions options;
  options.project = config.Text("gcp.project");
  options.endpoint = config.Text("gcp.pubsub_emulator");
  options.insecure = !options.endpoint.empty();
  options.credentials_file = config.Text("gcp.credentials_file");
  options.requests_topic = config.Text("gcp.requests_topic");
  options.completions_topic = config.Text("gcp.completions_topic");
  options.announcements_topic = config.Text("gcp.announcements_topic");
  options.dead_letters_topic = config.Text("gcp.dead_letters_topic");
  options.groups = config.Texts("start.groups");
  options.ack_deadline = config.Span("gcp.ack_deadline");
  options.retention = config.Span("gcp.retention");
  options.retry_min = config.Span("gcp.retry_min");
  options.retry_max = config.Span("gcp.retry_max");
  options.requests_push_endpoint = config.Text("gcp.requests_push_endpoint");
  options.completions_push_endpoint = config.Text("gcp.completions_push_endpoint");
  options.push_service_account = config.Text("gcp.push_service_account");
  options.project_number = config.Text("gcp.project_number");
  return options;
}

std::unique_ptr<Backend> MakeGcp(FirestoreOptions firestore, PubsubOptions pubsub) {
  return std::make_unique<GcpBackend>(std::move(firestore), std::move(pubsub));
}

}  // namespace tipoff
