#include "config/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>

#include "config/start_line.h"
#include "config/webhook_line.h"
#include "core/policy.h"

namespace tipoff {
namespace {

using enum SettingKind;

// Bytes; with the longest name of tipoff's own far below Firestore's 1,500.
constexpr std::size_t kPrefixMax = 100;

std::string ToleranceProblem(const SettingValue& value) {
  auto steps = ParseTolerance(std::get<std::string>(value));
  return steps.ok() ? "" : steps.error().message;
}

std::string StartLinesProblem(const SettingValue& value) {
  for (const std::string& line : std::get<std::vector<std::string>>(value)) {
    if (auto parsed = ParseStartLine(line); !parsed.ok()) return parsed.error().message;
  }
  return "";
}

std::string HostsProblem(const SettingValue& value) {
  for (const std::string& host : std::get<std::vector<std::string>>(value)) {
    if (host.empty() || host.find_first_of("/* \t") != std::string::npos) {
      return fmt::format(
          "'{}' is no host name: write it bare, such as tipoff.example.com or "
          "tipoff.example.com:8443, without wildcards",
          host);
    }
  }
  return "";
}

// Keys that came over a line that anybody may rewrite would let anybody in.
std::string JwksProblem(const SettingValue& value) {
  const std::string& place = std::get<std::string>(value);
  if (place.empty()) return "must not be empty: write a https URL or the path of a file";
  bool plain = place.starts_with("http://");
  for (std::string_view loopback : {"http://127.0.0.1", "http://localhost"}) {
    std::string_view rest = std::string_view(place).substr(std::min(loopback.size(), place.size()));
    if (place.starts_with(loopback) && (rest.starts_with(':') || rest.starts_with('/'))) {
      plain = false;
    }
  }
  return plain
             ? fmt::format("'{}' is not encrypted, so its keys could be forged: write https", place)
             : "";
}

template <auto Parse>
std::string LinesProblem(const SettingValue& value) {
  const auto* lines = std::get_if<std::vector<std::string>>(&value);
  if (lines == nullptr) return "";
  for (const std::string& line : *lines) {
    if (auto parsed = Parse(line); !parsed.ok()) return parsed.error().message;
  }
  return "";
}

// They become parts of topics' names.
std::string GroupsProblem(const SettingValue& value) {
  const auto& groups = std::get<std::vector<std::string>>(value);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    bool plain =
        !groups[i].empty() && groups[i].size() <= 40 &&
        groups[i].find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
    if (!plain) {
      return fmt::format("'{}' is no name of a group: up to 40 small letters, digits, - and _",
                         groups[i]);
    }
    if (std::find(groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(i), groups[i]) !=
        groups.begin() + static_cast<std::ptrdiff_t>(i)) {
      return fmt::format("'{}' stands there twice", groups[i]);
    }
  }
  return "";
}

std::string StatsProblem(const SettingValue& value) {
  const auto& stats = std::get<std::vector<std::string>>(value);
  if (stats.empty()) return "must name one: points, rebounds, assists or threes";
  for (std::size_t i = 0; i < stats.size(); ++i) {
    auto earlier = stats.begin() + static_cast<std::ptrdiff_t>(i);
    if (stats[i] != "points" && stats[i] != "rebounds" && stats[i] != "assists" &&
        stats[i] != "threes") {
      return fmt::format("'{}' is not one of points, rebounds, assists, threes", stats[i]);
    }
    if (std::find(stats.begin(), earlier, stats[i]) != earlier) {
      return fmt::format("'{}' stands there twice", stats[i]);
    }
  }
  return "";
}

std::string EmptyProblem(const SettingValue& value) {
  return std::get<std::string>(value).empty() ? "must not be empty" : "";
}

// It becomes part of a statement.
std::string BigqueryTableProblem(const SettingValue& value) {
  const auto* table = std::get_if<std::string>(&value);
  if (table == nullptr) return "";
  bool plain = std::count(table->begin(), table->end(), '.') == 2 &&
               std::all_of(table->begin(), table->end(), [](char c) {
                 return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
               });
  return plain ? "" : fmt::format("'{}' is not of the form PROJECT.DATASET.TABLE", *table);
}

std::string EmulatorProblem(const SettingValue& value) {
  const auto* address = std::get_if<std::string>(&value);
  if (address == nullptr) return "";
  std::size_t colon = address->rfind(':');
  bool plain = colon != std::string::npos && colon > 0 && address->find('/') == std::string::npos &&
               address->find_first_not_of("0123456789", colon + 1) == std::string::npos &&
               colon + 1 < address->size();
  return plain ? "" : fmt::format("'{}' is no HOST:PORT, such as 127.0.0.1:8085", *address);
}

// Firestore takes no slash in a collection's name, and keeps __names__ to itself.
std::string PrefixProblem(const SettingValue& value) {
  const std::string& prefix = std::get<std::string>(value);
  if (prefix.find('/') != std::string::npos) {
    return fmt::format("'{}' has a slash, which would make documents of it: write nba_", prefix);
  }
  if (prefix.starts_with("__") || prefix.starts_with('.')) {
    return fmt::format("'{}' begins as only Firestore's own names do: write nba_", prefix);
  }
  bool plain = std::all_of(prefix.begin(), prefix.end(), [](char c) { return c > ' ' && c < 127; });
  if (!plain) return fmt::format("'{}' has characters other than plain ASCII ones", prefix);
  return prefix.size() <= kPrefixMax ? "" : fmt::format("is longer than {} bytes", kPrefixMax);
}

// A group's name ends the names of its topic and its subscription.
constexpr Setting Row(std::string_view key, SettingKind kind, std::string_view fallback,
                      std::string_view help, SettingRules rules = {}) {
  return Setting{rules, key, kind, fallback, help};
}

constexpr std::array kSettings{
    Row("profile", kText, "embedded",
        "embedded: all in the data folder; gcp: state in Firestore, messages in Pub/Sub",
        {.choices = "embedded|gcp"}),

    Row("server.host", kText, "127.0.0.1",
        "Address to listen on; another than loopback needs a key", {.problem = EmptyProblem}),
    Row("server.port", kInteger, "8080", "Port to listen on; 0 takes any free one",
        {.least = "0", .most = "65535"}),
    Row("server.workers", kInteger, "",
        "Workers in the server's process; unset: one a core, 0: none",
        {.least = "0", .most = "256", .optional = true, .example = "4"}),
    Row("server.body_max_bytes", kInteger, "1048576", "Largest body of a request",
        {.least = "1024", .most = "16777216"}),
    Row("server.connections_max", kInteger, "2000", "Connections at once; more are answered 503",
        {.least = "1", .most = "100000"}),
    Row("server.request_timeout", kDuration, "10s", "From the first byte of a request to its last",
        {.least = "100ms", .most = "10m"}),

    Row("log.level", kText, "auto",
        "Least severity that is logged; auto: info for serve and worker, else warning",
        {.choices = "auto|debug|info|warning|error"}),
    Row("log.format", kText, "auto", "auto: text on a terminal, JSON lines elsewhere",
        {.choices = "auto|text|json"}),

    Row("batch.deadline", kDuration, "2h", "Every batch has ended after so long",
        {.least = "1s", .most = "7d"}),
    Row("batch.stall_after", kDuration, "5m",
        "Without progress for so long, what is outstanding is published again",
        {.least = "1s", .most = "1d"}),
    Row("batch.stall_percent", kPercent, "90", "Done by a stalled batch that may end partial"),
    Row("batch.tolerance", kText, "",
        "Early ends, such as '95% until 25m, 90% at deadline'; empty: none",
        {.problem = ToleranceProblem}),
    Row("batch.required_players", kTexts, "", "Players without whom no batch ends early"),
    Row("batch.publishes_max", kInteger, "3", "Publishes of one request, the first included",
        {.least = "1", .most = "100"}),
    Row("batch.poison_after", kInteger, "25",
        "First results that all failed with the same error end the batch; 0: never",
        {.least = "0", .most = "10000"}),

    Row("start.min_minutes", kNumber, "15",
        "Players who averaged at least so many minutes in their last 7 games",
        {.least = "0", .most = "48"}),
    Row("start.groups", kTexts, "",
        "Groups of systems of workers from outside, who predict each player, too",
        {.problem = GroupsProblem}),
    Row("start.window_past", kDuration, "90d", "How old a game date POST /start takes",
        {.least = "0s", .most = "36500d"}),
    Row("start.window_future", kDuration, "14d", "How far ahead a game date POST /start takes",
        {.least = "0s", .most = "3650d"}),
    Row("start.completeness_min_percent", kPercent, "80",
        "Finished games of the last 7 days that must have box scores"),
    Row("start.force_repeat_window", kDuration, "5m",
        "A forced start so soon after another is its repeat", {.least = "0s", .most = "1d"}),

    Row("slate.max_age", kDuration, "0s", "A slate older than that is refused; 0s: no limit",
        {.least = "0s", .most = "30d"}),

    Row("history.max_games", kInteger, "82", "Games of a player's history, the newest first",
        {.least = "1", .most = "1000"}),
    Row("history.lookback", kDuration, "400d", "Games older than that are not history",
        {.least = "1d", .most = "36500d"}),
    Row("history.timeout", kDuration, "30s", "One query of the history",
        {.least = "100ms", .most = "10m"}),
    Row("history.source", kText, "sqlite",
        "sqlite: what was imported into the data folder; postgres, bigquery: a database of your "
        "own",
        {.choices = "sqlite|postgres|bigquery"}),
    Row("history.postgres.url", kText, "",
        "Where that is, such as 'postgresql://tipoff@db.example.com/nba'",
        {.optional = true,
         .secret = true,
         .example = "\"postgresql://tipoff@db.example.com/nba\""}),
    Row("history.bigquery.table", kText, "",
        "Table or view, PROJECT.DATASET.TABLE, with the columns of deploy/postgres/history.sql",
        {.optional = true,
         .example = "\"my-project.nba.player_games\"",
         .problem = BigqueryTableProblem}),
    Row("history.bigquery.location", kText, "",
        "Where its dataset is, such as US; empty: asked for"),
    Row("history.bigquery.bytes_max", kInteger, "0",
        "A query that would be billed for more bytes is refused; 0: none is",
        {.least = "0", .most = "1000000000000000"}),
    Row("history.bigquery.endpoint", kText, "https://bigquery.googleapis.com",
        "Where the service is", {.problem = EmptyProblem}),
    Row("history.mode", kText, "auto",
        "Who loads it. prefetch (or true): the coordinator, ahead; worker (or false): workers; "
        "auto: workers where it lies in the data folder",
        {.choices = "auto|prefetch|worker|true|false", .alias = "ENABLE_BATCH_HISTORICAL_LOAD"}),
    Row("history.wait_max", kDuration, "2s",
        "How long a request waits for its prefetch before it goes without",
        {.least = "0s", .most = "1m"}),
    Row("history.parallel", kInteger, "4", "Queries of the history at once, of 100 players each",
        {.least = "1", .most = "32"}),

    Row("commit.interval_min", kDuration, "",
        "No two commits of a batch closer than this; unset: 0s, with Firestore 1s",
        {.least = "0s", .most = "30s", .optional = true, .example = "\"1s\""}),

    Row("sweep.period", kDuration, "5s", "How often the clock looks at every live batch",
        {.least = "100ms", .most = "5m"}),
    Row("sweep.lease", kDuration, "15s",
        "If the coordinator that sweeps dies, another does so after that and two periods",
        {.least = "1s", .most = "10m"}),
    Row("sweep.scheduler_period", kDuration, "0s",
        "Where instances scale to zero: how often a scheduler posts /check-stalled; 0s: none does",
        {.least = "0s", .most = "1h"}),

    Row("retention.batches", kDuration, "90d",
        "Batches that ended longer ago are dropped, but what readers still see; 0s: none",
        {.least = "0s", .most = "36500d"}),

    Row("alert.interventions", kInteger, "3",
        "So many within alert.window raise one systemic alert; 0: never",
        {.least = "0", .most = "1000"}),
    Row("alert.window", kDuration, "1h", "Within which the clock's interventions are counted",
        {.least = "1m", .most = "1d"}),
    Row("alert.cooldown", kDuration, "1h", "No other systemic alert so soon after one",
        {.least = "0s", .most = "7d"}),

    Row("model.file", kText, "",
        "A trained model; empty: models/points.model in the data folder, if it is there"),
    Row("predict.stats", kTexts, "points",
        "What is predicted of each player: points, rebounds, assists, threes",
        {.problem = StatsProblem}),
    Row("recommend.edge_min", kNumber, "1.5", "OVER and UNDER from so many points of the line on",
        {.least = "0", .most = "60"}),
    Row("recommend.chance_min", kNumber, "0.55", "... that are at least so likely",
        {.least = "0", .most = "1"}),
    Row("recommend.confidence_min", kNumber, "0.5", "... of a system that trusts itself so far",
        {.least = "0", .most = "1"}),

    Row("worker.held_max", kInteger, "1000", "Requests that a worker holds at once",
        {.least = "1", .most = "10000"}),
    Row("worker.lease", kDuration, "60s",
        "What a worker held comes back to others so long after it died",
        {.least = "1s", .most = "10m"}),
    // At most what the bus delivers before it gives a message up, limits::kDeliveriesMax.
    Row("worker.tries_max", kInteger, "3", "Tries of a request that fails the same way each time",
        {.least = "1", .most = "10"}),

    Row("auth.coordinator_key", kText, "", "A key with the role operate; unset: none",
        {.optional = true, .secret = true, .alias = "COORDINATOR_API_KEY"}),
    Row("auth.oidc_audience", kText, "", "Audience that tokens on the push doors must be made for"),
    Row("auth.oidc_issuer", kText, "https://accounts.google.com", "Issuer of those tokens",
        {.problem = EmptyProblem}),
    Row("auth.oidc_jwks", kText, "https://www.googleapis.com/oauth2/v3/certs",
        "The issuer's public keys: a URL or a file", {.problem = JwksProblem}),
    Row("auth.oidc_emails", kTexts, "", "Service accounts whose tokens are accepted"),
    Row("auth.oidc_operators", kTexts, "",
        "Those of them that may operate, such as a scheduler's; the others may only work"),
    Row("auth.allowed_hosts", kTexts, "",
        "Names, besides loopback's, that Host and Origin may have", {.problem = HostsProblem}),

    Row("schedule.start", kTexts, "",
        "Starts by the clock, New York time: five cron fields, TODAY or TOMORROW, a run mode",
        {.separator = ';', .problem = StartLinesProblem}),

    Row("announce.bus", kBoolean, "false",
        "Announce ends on the bus, in the platform's form; something must take them off"),
    Row("announce.webhooks", kTexts, "",
        "Receivers of CloudEvents, such as 'ops=https://ops.example.com/tipoff'",
        {.secret = true, .separator = ' ', .problem = LinesProblem<ParseWebhookLine>}),
    Row("announce.webhook_secrets", kTexts, "",
        "What they verify signatures with, such as 'ops=whsec_...'",
        {.secret = true, .separator = ' ', .problem = LinesProblem<ParseWebhookSecret>}),
    Row("announce.slack", kTexts, "",
        "Receivers of a Slack message, such as 'chat=https://hooks.slack.com/services/...'",
        {.secret = true, .separator = ' ', .problem = LinesProblem<ParseWebhookLine>}),
    Row("announce.source", kText, "/tipoff", "Who announces: the source of CloudEvents",
        {.problem = EmptyProblem}),
    Row("announce.timeout", kDuration, "10s", "One call of a receiver",
        {.least = "100ms", .most = "50s"}),

    Row("publish.bigquery.table", kText, "",
        "Published predictions become rows of this table, PROJECT.DATASET.TABLE; unset: they do "
        "not",
        {.optional = true,
         .example = "\"my-project.nba.predictions\"",
         .problem = BigqueryTableProblem}),
    Row("publish.bigquery.endpoint", kText, "https://bigquery.googleapis.com",
        "Where the service is", {.problem = EmptyProblem}),

    Row("gcp.project", kText, "", "Google Cloud project of Firestore and Pub/Sub",
        {.optional = true, .alias = "GOOGLE_CLOUD_PROJECT", .example = "\"my-project\""}),
    Row("gcp.credentials_file", kText, "",
        "Key of a service account; unset: the machine's own account",
        {.optional = true,
         .alias = "GOOGLE_APPLICATION_CREDENTIALS",
         .example = "\"/etc/tipoff/account.json\""}),
    Row("gcp.firestore_emulator", kText, "", "HOST:PORT of an emulator instead of Firestore",
        {.optional = true,
         .alias = "FIRESTORE_EMULATOR_HOST",
         .example = "\"127.0.0.1:8086\"",
         .problem = EmulatorProblem}),
    Row("gcp.pubsub_emulator", kText, "", "HOST:PORT of an emulator instead of Pub/Sub",
        {.optional = true,
         .alias = "PUBSUB_EMULATOR_HOST",
         .example = "\"127.0.0.1:8085\"",
         .problem = EmulatorProblem}),
    Row("gcp.database", kText, "(default)", "Firestore database", {.problem = EmptyProblem}),
    Row("gcp.collection_prefix", kText, "", "Begins the name of every collection of tipoff",
        {.problem = PrefixProblem}),
    Row("gcp.requests_topic", kText, "prediction-request-prod", "Requests to workers",
        {.problem = EmptyProblem}),
    Row("gcp.completions_topic", kText, "prediction-ready-prod", "Completions of workers",
        {.problem = EmptyProblem}),
    Row("gcp.announcements_topic", kText, "nba-phase5-predictions-complete",
        "Announcements of ended batches", {.problem = EmptyProblem}),
    Row("gcp.dead_letters_topic", kText, "prediction-request-dlq",
        "Requests that were delivered too often", {.problem = EmptyProblem}),

    Row("gcp.ack_deadline", kDuration, "60s",
        "How long Pub/Sub waits for an ack before it hands a message out again",
        {.least = "10s", .most = "10m"}),
    Row("gcp.retention", kDuration, "7d", "How long Pub/Sub keeps a message that nobody has acked",
        {.least = "10m", .most = "31d"}),
    Row("gcp.retry_min", kDuration, "1s", "Shortest pause before Pub/Sub hands a message out again",
        {.least = "0s", .most = "10m"}),
    Row("gcp.retry_max", kDuration, "60s", "Longest such pause; 0s: it comes again at once",
        {.least = "0s", .most = "10m"}),
    Row("gcp.requests_push_endpoint", kText, "",
        "URL of a worker's /predict that requests are pushed to; empty: workers pull"),
    Row("gcp.completions_push_endpoint", kText, "",
        "URL of a coordinator's /complete; empty: coordinators pull"),
    Row("gcp.push_service_account", kText, "", "Account that signs what is pushed"),
    Row("gcp.project_number", kText, "",
        "For `setup`, to let Pub/Sub itself publish dead letters; empty: granted by hand"),

    Row("canary.period", kDuration, "0s", "A no-op request goes the whole way so often; 0s: never",
        {.least = "0s", .most = "1d"}),
    Row("canary.timeout", kDuration, "30s", "A canary that is not back after so long is lost",
        {.least = "1s", .most = "1h"}),
    Row("canary.losses_max", kInteger, "3", "So many lost canaries in a row mean a dead path",
        {.least = "1", .most = "1000"}),
    Row("canary.readiness", kBoolean, "false", "A dead path makes /readyz say no"),
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::string_view(" \t\r\n").find(text.front()) != text.npos) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::string_view(" \t\r\n").find(text.back()) != text.npos) {
    text.remove_suffix(1);
  }
  return text;
}

Error Invalid(std::string message) { return Error{Errc::kInvalid, std::move(message)}; }

template <class T>
bool ReadAll(std::string_view text, T& number) {
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && end == text.data() + text.size();
}

Result<SettingValue> ParseInteger(std::string_view text) {
  std::int64_t number = 0;
  if (ReadAll(text, number)) return SettingValue(number);
  return Invalid(fmt::format("'{}' is not a whole number", text));
}

Result<SettingValue> ParseNumber(std::string_view text) {
  double number = 0;
  if (ReadAll(text, number) && std::isfinite(number)) return SettingValue(number);
  return Invalid(fmt::format("'{}' is not a number", text));
}

Result<SettingValue> ParsePercent(std::string_view text) {
  double number = 0;
  std::string_view digits = text.ends_with('%') ? Trim(text.substr(0, text.size() - 1)) : text;
  if (ReadAll(digits, number) && std::isfinite(number)) return SettingValue(number);
  return Invalid(fmt::format("'{}' is not a percentage: write 90 or 90%", text));
}

Result<SettingValue> ParseBoolean(std::string_view text) {
  if (text == "true") return SettingValue(true);
  if (text == "false") return SettingValue(false);
  return Invalid(fmt::format("'{}' is neither true nor false", text));
}

Result<SettingValue> ParseSpan(std::string_view text) {
  auto span = ParseDuration(text);
  if (span.ok()) return SettingValue(*span);
  double bare = 0;
  if (!ReadAll(text, bare)) return span.error();
  return Invalid(fmt::format(
      "'{0}' is a bare number: write its unit, such as {0}ms, {0}s, {0}m, {0}h or {0}d", text));
}

SettingValue SplitTexts(std::string_view text, char separator) {
  std::vector<std::string> texts;
  while (!Trim(text).empty()) {
    std::size_t end = text.find(separator);
    std::string_view part = Trim(text.substr(0, end));
    if (!part.empty()) texts.emplace_back(part);
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
  }
  return texts;
}

// Bounds are compared as what they bound is; both have been parsed by the same rules.
bool Below(const SettingValue& a, const SettingValue& b) { return a.index() == b.index() && a < b; }

Status CheckBounds(const Setting& setting, const SettingValue& value) {
  bool percent = setting.kind == kPercent;
  std::string_view least = percent ? "0" : setting.least;
  std::string_view most = percent ? "100" : setting.most;
  if (least.empty()) return Ok();
  TIPOFF_TRY(SettingValue low, ParseSetting(setting, least));
  TIPOFF_TRY(SettingValue high, ParseSetting(setting, most));
  if (!Below(value, low) && !Below(high, value)) return Ok();
  return Invalid(fmt::format("is out of range: {} to {}", least, most));
}

bool IsChoice(std::string_view choices, std::string_view text) {
  std::string framed = fmt::format("|{}|", choices);
  return text.find('|') == text.npos && framed.find(fmt::format("|{}|", text)) != framed.npos;
}

}  // namespace

std::span<const Setting> Settings() { return kSettings; }

const Setting* FindSetting(std::string_view key) {
  const auto* found = std::find_if(kSettings.begin(), kSettings.end(),
                                   [&](const Setting& setting) { return setting.key == key; });
  return found == kSettings.end() ? nullptr : found;
}

std::string EnvironmentName(const Setting& setting) {
  std::string name = "TIPOFF_";
  for (char c : setting.key) {
    bool lower = c >= 'a' && c <= 'z';
    name += c == '.' ? '_' : lower ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

std::string_view ToString(SettingKind kind) {
  switch (kind) {
    case kText: return "text";
    case kInteger: return "integer";
    case kNumber: return "number";
    case kBoolean: return "boolean";
    case kDuration: return "duration";
    case kPercent: return "percent";
    case kTexts: return "list of texts";
  }
  Panic(__FILE__, __LINE__, "unnamed SettingKind");
}

Result<SettingValue> ParseSetting(const Setting& setting, std::string_view text) {
  if (setting.optional && text.empty()) return SettingValue();
  switch (setting.kind) {
    case kText: return SettingValue(std::string(text));
    case kInteger: return ParseInteger(Trim(text));
    case kNumber: return ParseNumber(Trim(text));
    case kBoolean: return ParseBoolean(Trim(text));
    case kDuration: return ParseSpan(Trim(text));
    case kPercent: return ParsePercent(Trim(text));
    case kTexts: return SplitTexts(text, setting.separator);
  }
  Panic(__FILE__, __LINE__, "unnamed SettingKind");
}

Status CheckSetting(const Setting& setting, const SettingValue& value) {
  if (std::holds_alternative<std::monostate>(value)) return Ok();
  TIPOFF_TRY_STATUS(CheckBounds(setting, value));
  if (!setting.choices.empty() && !IsChoice(setting.choices, std::get<std::string>(value))) {
    return Invalid(
        fmt::format("'{}' is none of {}", std::get<std::string>(value), setting.choices));
  }
  if (setting.problem == nullptr) return Ok();
  std::string problem = setting.problem(value);
  return problem.empty() ? Ok() : Status(Invalid(std::move(problem)));
}

}  // namespace tipoff
