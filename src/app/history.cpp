#include "app/history.h"

#include <CLI/CLI.hpp>

#include "history/bigquery/bigquery_history.h"
#include "history/postgres/postgres_history.h"
#include "history/sqlite/history_database.h"
#include "history/sqlite/sqlite_history.h"

namespace tipoff {
namespace {

BigqueryOptions BigqueryOptionsFrom(const Config& config) {
  BigqueryOptions options;
  options.project = config.Text("gcp.project");
  options.table.table = config.Text("history.bigquery.table");
  options.table.location = config.Text("history.bigquery.location");
  options.table.bytes_max = config.Integer("history.bigquery.bytes_max");
  options.account.credentials_file = config.Text("gcp.credentials_file");
  options.endpoint = config.Text("history.bigquery.endpoint");
  return options;
}

}  // namespace

HistorySources HistorySourcesFrom(const Globals& globals) {
  if (globals.config.Text("history.source") == "postgres") {
    PostgresOptions options{
        .url = globals.config.Text("history.postgres.url"),
        .connections = static_cast<int>(globals.config.Integer("history.parallel"))};
    return [options](Loop& loop) -> std::unique_ptr<History> {
      return std::make_unique<PostgresHistory>(loop, options);
    };
  }
  if (globals.config.Text("history.source") == "bigquery") {
    return [options = BigqueryOptionsFrom(globals.config)](Loop& loop) -> std::unique_ptr<History> {
      return std::make_unique<BigqueryHistory>(loop, options);
    };
  }
  auto reader = std::make_shared<HistoryReader>(HistoryPath(globals.data));
  return [reader](Loop& loop) -> std::unique_ptr<History> {
    return std::make_unique<SqliteHistory>(loop, reader);
  };
}

bool HistoryIsRemote(const Config& config) { return config.Text("history.source") != "sqlite"; }

HistoryRules HistoryRulesFrom(const Config& config) {
  HistoryRules rules;
  rules.max_games = static_cast<int>(config.Integer("history.max_games"));
  rules.lookback_days = static_cast<int>(
      std::chrono::ceil<std::chrono::days>(config.Span("history.lookback")).count());
  rules.timeout = config.Span("history.timeout");
  rules.parallel = static_cast<int>(config.Integer("history.parallel"));
  return rules;
}

PrefetchPlan PrefetchPlanFrom(const Config& config, std::optional<Duration> delay) {
  const std::string& mode = config.Text("history.mode");
  PrefetchPlan plan;
  bool wanted = mode == "auto" ? HistoryIsRemote(config) : mode == "prefetch" || mode == "true";
  plan.on = wanted || delay.has_value();
  plan.rules = HistoryRulesFrom(config);
  plan.wait_max = config.Span("history.wait_max");
  plan.delay = delay.value_or(Duration(0));
  return plan;
}

Relay::Prefetch PrefetchSource::ForRelay() {
  if (!plan_.on) return {};
  History* source = plan_.delay > Duration(0) ? static_cast<History*>(&delayed_) : &source_;
  return {.source = source, .rules = plan_.rules, .wait_max = plan_.wait_max};
}

void AddHistoryDelay(CLI::App& command, std::optional<Duration>& delay) {
  command
      .add_option_function<std::string>(
          "--history-delay",
          [&delay](const std::string& text) {
            auto parsed = ParseDuration(text);
            if (!parsed.ok()) throw CLI::ValidationError("--history-delay", parsed.error().message);
            delay = *parsed;
          },
          "Delay the coordinator's prefetch of history by so long, to see what happens then; "
          "workers load theirs undelayed")
      ->type_name("duration");
}

}  // namespace tipoff
