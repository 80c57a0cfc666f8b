#include "config/together.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/webhook_line.h"

namespace tipoff {
namespace {

std::string Name(const Config& config, std::string_view key) {
  return fmt::format("{} = {} ({})", key, config.Shown(key), config.Origin(key));
}

class Dangers {
 public:
  explicit Dangers(const Config& config) : config_(config) {}

  // `shorter` must be shorter than `longer`, or what `otherwise` says happens.
  void Shorter(std::string_view shorter, std::string_view longer, std::string_view otherwise) {
    if (config_.Span(shorter) < config_.Span(longer)) return;
    Add(shorter, longer, otherwise, fmt::format("make {} the shorter one", shorter));
  }

  void Say(std::string_view key, std::string_view danger) {
    found_.push_back(fmt::format("{} ({}): {}", key, config_.Origin(key), danger));
  }

  void Add(std::string_view one, std::string_view other, std::string_view danger,
           std::string_view remedy) {
    found_.push_back(fmt::format("{} together with {}: {}; {}", Name(config_, one),
                                 Name(config_, other), danger, remedy));
  }

  std::vector<std::string> Take() { return std::move(found_); }

 private:
  const Config& config_;
  std::vector<std::string> found_;
};

// Every receiver of CloudEvents can verify who sent them, and every name names one receiver.
void CheckReceivers(const Config& config, Dangers& dangers) {
  std::set<std::string> names, signed_names;
  for (const std::string& line : config.Texts("announce.webhook_secrets")) {
    signed_names.insert(ParseWebhookSecret(line).value().name);
  }
  for (const char* key : {"announce.webhooks", "announce.slack"}) {
    for (const std::string& line : config.Texts(key)) {
      std::string name = ParseWebhookLine(line).value().name;
      if (!names.insert(name).second) {
        dangers.Say(key, fmt::format("there are two receivers named '{}': rename one", name));
      }
      bool wants_secret = std::string_view(key) == "announce.webhooks";
      if (wants_secret && signed_names.erase(name) == 0) {
        dangers.Say(key, fmt::format("'{0}' has no secret, so it could not tell who sends: add "
                                     "'{0}=whsec_...' to announce.webhook_secrets",
                                     name));
      }
    }
  }
  for (const std::string& name : signed_names) {
    dangers.Say("announce.webhook_secrets",
                fmt::format("'{}' names none of announce.webhooks: remove it", name));
  }
}

// Where state and messages lie must be said as a whole.
void CheckCloud(const Config& config, Dangers& dangers) {
  if (config.Text("profile") != "gcp") return;
  if (config.Text("gcp.project").empty()) {
    dangers.Say("profile", "gcp needs gcp.project: set it, or GOOGLE_CLOUD_PROJECT");
  }
  bool firestore = !config.Text("gcp.firestore_emulator").empty();
  bool pubsub = !config.Text("gcp.pubsub_emulator").empty();
  if (firestore != pubsub) {
    dangers.Add("gcp.firestore_emulator", "gcp.pubsub_emulator",
                "batches of an emulator and messages of the real service, or the other way round, "
                "do not belong together",
                "set both, or unset both");
  }
  if (config.Span("gcp.retry_min") > config.Span("gcp.retry_max")) {
    dangers.Add("gcp.retry_min", "gcp.retry_max", "Pub/Sub takes no such retry policy",
                "make gcp.retry_min the shorter one");
  }
}

}  // namespace

std::vector<std::string> DangersTogether(const Config& config) {
  Dangers dangers(config);
  dangers.Shorter("batch.stall_after", "batch.deadline",
                  "a batch would end before anybody noticed that it is stuck");
  dangers.Shorter("sweep.period", "batch.stall_after",
                  "a stuck batch would not be looked at in time");
  dangers.Shorter("sweep.period", "sweep.lease",
                  "the coordinator that sweeps would lose its lease between two rounds");
  dangers.Shorter("history.timeout", "batch.deadline",
                  "one query of the history could outlast the batch");
  bool audience = !config.Text("auth.oidc_audience").empty();
  bool emails = !config.Texts("auth.oidc_emails").empty();
  if (audience && !emails) {
    dangers.Add("auth.oidc_audience", "auth.oidc_emails",
                "everybody's service account can have a token made for that audience",
                "list the service accounts that may push, or unset both");
  }
  if (emails && !audience) {
    dangers.Add("auth.oidc_emails", "auth.oidc_audience",
                "a token that those accounts gave to another service would be accepted here",
                "set the audience that the push subscription uses, or unset both");
  }
  for (const std::string& operating : config.Texts("auth.oidc_operators")) {
    const auto& accepted = config.Texts("auth.oidc_emails");
    if (std::find(accepted.begin(), accepted.end(), operating) != accepted.end()) continue;
    dangers.Say("auth.oidc_operators",
                fmt::format("'{}' is none of auth.oidc_emails, so its tokens are refused: add it "
                            "there, too",
                            operating));
  }
  if (config.Text("history.source") == "postgres" && config.Text("history.postgres.url").empty()) {
    dangers.Say("history.source", "postgres needs history.postgres.url: set it, or import here");
  }
  if (config.Text("history.source") == "bigquery") {
    if (config.Text("history.bigquery.table").empty()) {
      dangers.Say("history.source", "bigquery needs history.bigquery.table: set it");
    }
    if (config.Text("gcp.project").empty()) {
      dangers.Say("history.source",
                  "bigquery needs gcp.project, which is billed: set it, or GOOGLE_CLOUD_PROJECT");
    }
  }
  CheckReceivers(config, dangers);
  CheckCloud(config, dangers);
  return dangers.Take();
}

}  // namespace tipoff
