#include "app/announcers.h"

#include "bus/end_message.h"
#include "config/webhook_line.h"

namespace tipoff {
namespace {

// Alerts are no message of the platform's: only ends go on the bus.
Announce BusAnnouncement(Bus& bus) {
  return [&bus](const Notice& notice, std::function<void(AnnounceAnswer)> done) {
    if (notice.announcement.kind != "batch.ended") return done({});
    bus.Publish({Topic::Kind::kAnnouncements, ""}, {EncodeBatchEnd(notice.batch)},
                [done = std::move(done)](Result<std::vector<std::string>> sent) {
                  if (!sent.ok()) return done({sent.error()});
                  const std::string& refusal = sent->front();
                  if (refusal.empty()) return done({});
                  done({Error{Errc::kInvalid, "the bus refused it: " + refusal}, true});
                });
  };
}

}  // namespace

// What is read here was checked when the configuration was resolved.
AnnounceOptions AnnounceOptionsFrom(const Config& config) {
  AnnounceOptions options;
  options.bus = config.Boolean("announce.bus");
  std::map<std::string, std::string> keys;
  for (const std::string& line : config.Texts("announce.webhook_secrets")) {
    WebhookSecret secret = ParseWebhookSecret(line).value();
    keys[secret.name] = std::move(secret.key);
  }
  for (const char* setting : {"announce.webhooks", "announce.slack"}) {
    for (const std::string& text : config.Texts(setting)) {
      WebhookLine line = ParseWebhookLine(text).value();
      Webhook& webhook = options.webhooks.emplace_back();
      webhook.key = keys[line.name];
      webhook.name = std::move(line.name);
      webhook.url = std::move(line.url);
      webhook.slack = std::string_view(setting) == "announce.slack";
      webhook.source = config.Text("announce.source");
      webhook.timeout = config.Span("announce.timeout");
    }
  }
  options.rows.table = config.Text("publish.bigquery.table");
  options.rows.endpoint = config.Text("publish.bigquery.endpoint");
  options.rows.account.credentials_file = config.Text("gcp.credentials_file");
  return options;
}

std::map<std::string, Announce> MakeAnnouncers(const AnnounceOptions& options, Loop& loop, Bus& bus,
                                               HttpClient* client, Store* autopsies) {
  std::map<std::string, Announce> announcers{{"log", LogAnnouncement()}};
  if (options.bus) announcers["bus"] = BusAnnouncement(bus);
  for (const Webhook& webhook : options.webhooks) {
    announcers[webhook.name] = WebhookAnnouncement(webhook, loop, *client, autopsies);
  }
  return announcers;
}

}  // namespace tipoff
