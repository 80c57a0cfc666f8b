#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "base/json.h"

namespace tipoff {
namespace {

struct Sink {
  std::shared_ptr<spdlog::logger> logger;
  LogFormat format = LogFormat::kText;
};

Sink& TheSink() {
  static Sink sink = [] {
    Sink made;
    made.logger = std::make_shared<spdlog::logger>(
        "tipoff", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    made.logger->set_pattern("%H:%M:%S.%e %^%-7l%$ %v");
    made.logger->flush_on(spdlog::level::trace);
    return made;
  }();
  return sink;
}

spdlog::level::level_enum Level(Severity severity) {
  switch (severity) {
    case Severity::kDebug: return spdlog::level::debug;
    case Severity::kInfo: return spdlog::level::info;
    case Severity::kWarning: return spdlog::level::warn;
    case Severity::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

// Google Cloud's names, which the JSON lines are read by most often.
std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kDebug: return "DEBUG";
    case Severity::kInfo: return "INFO";
    case Severity::kWarning: return "WARNING";
    case Severity::kError: return "ERROR";
  }
  return "INFO";
}

bool NeedsQuotes(std::string_view value) {
  return value.empty() || value.find_first_of(" \t\n\"=") != std::string_view::npos;
}

std::string TextLine(std::string_view message, std::initializer_list<LogField> fields) {
  std::string line(message);
  for (const LogField& field : fields) {
    line += "  ";
    line += field.key;
    line += '=';
    line += NeedsQuotes(field.value) ? DumpJson(boost::json::value(field.value)) : field.value;
  }
  return line;
}

std::string JsonLine(Severity severity, std::string_view message,
                     std::initializer_list<LogField> fields) {
  boost::json::object line;
  line["severity"] = SeverityName(severity);
  line["time"] = FormatInstant(Instant::FromMicros(
      std::chrono::duration_cast<Duration>(spdlog::log_clock::now().time_since_epoch()).count()));
  line["message"] = message;
  for (const LogField& field : fields) line[field.key] = field.value;
  return DumpJson(line);
}

}  // namespace

void ConfigureLog(Severity least, LogFormat format) {
  Sink& sink = TheSink();
  sink.format = format;
  sink.logger->set_level(Level(least));
  if (format == LogFormat::kJson) sink.logger->set_pattern("%v");
}

void Log(Severity severity, std::string_view message, std::initializer_list<LogField> fields) {
  Sink& sink = TheSink();
  if (!sink.logger->should_log(Level(severity))) return;
  std::string line = sink.format == LogFormat::kJson ? JsonLine(severity, message, fields)
                                                     : TextLine(message, fields);
  sink.logger->log(Level(severity), "{}", line);
}

}  // namespace tipoff
