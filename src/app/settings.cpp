#include "app/settings.h"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "app/game_date.h"
#include "app/gcp.h"
#include "app/history.h"

namespace tipoff {
namespace {

namespace fs = std::filesystem;

// An envelope around Pub/Sub's largest message, 10 MB, in base64.
constexpr std::size_t kPushBytesMax = 14u << 20;

std::map<std::string, std::string> Environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view line(*entry);
    std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return variables;
}

Result<std::string> ReadFile(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    return Error{Errc::kUnsupported, fmt::format("'{}' is a folder, not a file", path)};
  }
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (file) text << file.rdbuf();
  if (!file || text.bad()) {
    return Error{Errc::kUnsupported,
                 fmt::format("the file '{}' can't be read: {}", path, std::strerror(errno))};
  }
  return text.str();
}

// The path of the file, and who named it; "" if there is none to read.
struct FileChoice {
  std::string path;
  std::string named_by;
};

FileChoice ChooseFile(const Globals& globals, const std::map<std::string, std::string>& variables) {
  if (!globals.config_file.empty()) return {globals.config_file, "--config"};
  auto named = variables.find("TIPOFF_CONFIG");
  if (named != variables.end()) return {named->second, "environment TIPOFF_CONFIG"};
  std::string usual = (fs::path(globals.data) / "tipoff.toml").string();
  std::error_code ignored;
  return fs::exists(usual, ignored) ? FileChoice{usual, "the data folder"} : FileChoice{};
}

}  // namespace

Result<Config> LoadConfig(const Globals& globals) {
  ConfigSources sources;
  sources.flags = globals.setting_flags;
  sources.environment = Environment();
  sources.read_file = ReadFile;
  FileChoice file = ChooseFile(globals, sources.environment);
  if (file.path.empty() && !file.named_by.empty()) {
    return Error{Errc::kUnsupported,
                 fmt::format("{} is empty: name a file, or unset it", file.named_by)};
  }
  if (!file.path.empty()) {
    auto text = ReadFile(file.path);
    if (!text.ok()) return Annotate(text.error(), "configuration, named by " + file.named_by);
    sources.file_name = file.path;
    sources.file_text = std::move(*text);
  }
  return ResolveConfig(sources);
}

CLI::Option* AddSettingFlag(CLI::App& command, const std::string& flag, std::string_view key,
                            Globals& globals) {
  const Setting* setting = FindSetting(key);
  TIPOFF_CHECK(setting != nullptr, "a flag of a setting that does not exist");
  std::string long_name = flag.substr(flag.find("--"));
  CLI::Option* option = command.add_option_function<std::string>(
      flag,
      [&globals, setting, long_name](const std::string& text) {
        globals.setting_flags.push_back({std::string(setting->key), long_name, text});
      },
      std::string(setting->help));
  option->type_name(std::string(ToString(setting->kind)));
  if (!setting->fallback.empty()) option->default_str(std::string(setting->fallback));
  return option;
}

Policy PolicyFrom(const Config& config) {
  Policy policy;
  policy.deadline = config.Span("batch.deadline");
  policy.stall_after = config.Span("batch.stall_after");
  policy.stall_percent = config.Number("batch.stall_percent");
  // Checked when the configuration was resolved.
  policy.tolerance = ParseTolerance(config.Text("batch.tolerance")).value();
  for (const std::string& player : config.Texts("batch.required_players")) {
    policy.required_players.emplace_back(player);
  }
  policy.publishes_max = static_cast<int>(config.Integer("batch.publishes_max"));
  policy.poison_after = static_cast<int>(config.Integer("batch.poison_after"));
  // One document of Firestore takes about one write a second.
  Duration interval = UsesGcp(config) ? Duration(std::chrono::seconds(1)) : Duration(0);
  policy.commit_interval_min = config.OptionalSpan("commit.interval_min").value_or(interval);
  return policy;
}

StartRequest StartRequestFrom(const Config& config) {
  StartRequest request;
  request.policy = PolicyFrom(config);
  request.players.min_minutes = config.Number("start.min_minutes");
  request.groups = config.Texts("start.groups");
  request.force_repeat_window = config.Span("start.force_repeat_window");
  request.completeness_min_percent = config.Number("start.completeness_min_percent");
  request.slate_age_max = config.Span("slate.max_age");
  return request;
}

Sweep::Options SweepOptionsFrom(const Config& config) {
  Sweep::Options options;
  options.period = config.Span("sweep.period");
  options.lease = config.Span("sweep.lease");
  options.keep_batches = config.Span("retention.batches");
  options.alerts.interventions = static_cast<int>(config.Integer("alert.interventions"));
  options.alerts.window = config.Span("alert.window");
  options.alerts.cooldown = config.Span("alert.cooldown");
  return options;
}

Worker::Options WorkerOptionsFrom(const Config& config) {
  Worker::Options options;
  options.held_max = static_cast<std::size_t>(config.Integer("worker.held_max"));
  options.lease = config.Span("worker.lease");
  options.tries_max = static_cast<int>(config.Integer("worker.tries_max"));
  options.history = HistoryRulesFrom(config);
  return options;
}

ApiOptions ApiOptionsFrom(const Config& config) {
  ApiOptions options;
  options.policy = PolicyFrom(config);
  options.min_minutes = config.Number("start.min_minutes");
  options.groups = config.Texts("start.groups");
  options.start_window_past = config.Span("start.window_past");
  options.start_window_future = config.Span("start.window_future");
  options.completeness_min_percent = config.Number("start.completeness_min_percent");
  options.force_repeat_window = config.Span("start.force_repeat_window");
  options.slate_age_max = config.Span("slate.max_age");
  options.canary = {config.Span("canary.period"),
                    static_cast<int>(config.Integer("canary.losses_max")),
                    config.Boolean("canary.readiness")};
  options.allowed_hosts = config.Texts("auth.allowed_hosts");
  Worker::Options worker = WorkerOptionsFrom(config);
  // A worker elsewhere waits for its answer, so it waits less long.
  worker.history.timeout = std::min(worker.history.timeout, options.lease_history.timeout);
  options.lease_history = worker.history;
  options.tries_max = worker.tries_max;
  return options;
}

Service::Options ServiceOptionsFrom(const Config& config) {
  Service::Options options;
  options.sweep = SweepOptionsFrom(config);
  options.announce = AnnounceOptionsFrom(config);
  options.canary = {config.Span("canary.period"), config.Span("canary.timeout")};
  options.api = ApiOptionsFrom(config);
  options.auth = AuthOptionsFrom(config);
  options.push_worker = WorkerOptionsFrom(config);
  options.prefetch = PrefetchPlanFrom(config);
  return options;
}

Auth::Options AuthOptionsFrom(const Config& config) {
  Auth::Options options;
  options.coordinator_key = config.Text("auth.coordinator_key");
  options.oidc.audience = config.Text("auth.oidc_audience");
  options.oidc.issuers = {config.Text("auth.oidc_issuer")};
  // Google writes it in both ways.
  if (options.oidc.issuers[0] == "https://accounts.google.com") {
    options.oidc.issuers.push_back("accounts.google.com");
  }
  options.oidc.emails = config.Texts("auth.oidc_emails");
  options.oidc.operators = config.Texts("auth.oidc_operators");
  options.oidc.jwks = config.Text("auth.oidc_jwks");
  return options;
}

HttpServerOptions ServerOptionsFrom(const Config& config) {
  HttpServerOptions options;
  options.host = config.Text("server.host");
  options.port = static_cast<std::uint16_t>(config.Integer("server.port"));
  options.connections_max = static_cast<std::size_t>(config.Integer("server.connections_max"));
  options.body_bytes_max = static_cast<std::size_t>(config.Integer("server.body_max_bytes"));
  options.request_timeout = config.Span("server.request_timeout");
  // What Pub/Sub pushes is taken whole, or it would push it for days; see KeepMalformed.
  for (const char* door : {"/complete", "/predict"}) {
    options.body_bytes_max_for[door] = std::max(options.body_bytes_max, kPushBytesMax);
  }
  options.now = WallClock;
  return options;
}

int WorkersFrom(const Config& config) {
  auto workers = config.OptionalInteger("server.workers");
  if (workers) return static_cast<int>(*workers);
  // 0 means that the machine doesn't say.
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

std::vector<StartLine> StartLinesFrom(const Config& config) {
  std::vector<StartLine> lines;
  for (const std::string& text : config.Texts("schedule.start")) {
    // Checked when the configuration was resolved.
    lines.push_back(ParseStartLine(text).value());
  }
  return lines;
}

Severity LogLevelFrom(const Config& config, bool service) {
  const std::string& level = config.Text("log.level");
  if (level == "debug") return Severity::kDebug;
  if (level == "info") return Severity::kInfo;
  if (level == "warning") return Severity::kWarning;
  if (level == "error") return Severity::kError;
  return service ? Severity::kInfo : Severity::kWarning;
}

LogFormat LogFormatFrom(const Config& config) {
  const std::string& format = config.Text("log.format");
  if (format == "text") return LogFormat::kText;
  if (format == "json") return LogFormat::kJson;
  return LogFormat::kAuto;
}

}  // namespace tipoff
