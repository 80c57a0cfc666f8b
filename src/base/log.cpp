#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/json.h"
#include "base/utf8.h"

namespace tipoff {
namespace {

// Of this thread; none: lines go to standard error.
thread_local const LogCapture::Take* capture = nullptr;

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

constexpr std::size_t kValueBytesMax = 4096;

// Values quote what came from outside; a line must stay readable whatever that was.
std::string Clean(std::string_view value) {
  std::string clean;
  while (!value.empty()) {
    std::size_t length = Utf8CharacterSize(value);
    std::size_t more = length == 0 ? 3 : length;
    if (clean.size() + more > kValueBytesMax) return clean + "...";
    if (length == 0) clean += "\xef\xbf\xbd";
    clean += value.substr(0, length);
    value.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return clean;
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
    std::string value = Clean(field.value);
    line += NeedsQuotes(value) ? DumpJson(boost::json::value(value)) : value;
  }
  return line;
}

std::string JsonLine(Severity severity, Instant at, std::string_view message,
                     std::initializer_list<LogField> fields) {
  boost::json::object line;
  line["severity"] = SeverityName(severity);
  line["time"] = FormatInstant(at);
  line["message"] = Clean(message);
  for (const LogField& field : fields) {
    line.emplace(field.key, Clean(field.value));
    // Under this name Cloud Logging shows the line beside the trace that it belongs to.
    if (field.key == "trace") line.emplace("logging.googleapis.com/trace", Clean(field.value));
  }
  return DumpJson(line);
}

Instant WallClock() {
  return Instant::FromMicros(
      std::chrono::duration_cast<Duration>(spdlog::log_clock::now().time_since_epoch()).count());
}

}  // namespace

void ConfigureLog(Severity least, LogFormat format) {
  Sink& sink = TheSink();
  if (format == LogFormat::kAuto) {
    format = isatty(STDERR_FILENO) == 1 ? LogFormat::kText : LogFormat::kJson;
  }
  sink.format = format;
  sink.logger->set_level(Level(least));
  if (format == LogFormat::kJson) sink.logger->set_pattern("%v");
}

std::string FormatLogLine(LogFormat format, Severity severity, Instant at, std::string_view message,
                          std::initializer_list<LogField> fields) {
  return format == LogFormat::kJson ? JsonLine(severity, at, message, fields)
                                    : TextLine(message, fields);
}

LogCapture::LogCapture(Take take) : take_(std::move(take)) { capture = &take_; }

LogCapture::~LogCapture() { capture = nullptr; }

void Log(Severity severity, std::string_view message, std::initializer_list<LogField> fields) {
  if (capture != nullptr) return (*capture)(severity, message, fields);
  Sink& sink = TheSink();
  if (!sink.logger->should_log(Level(severity))) return;
  sink.logger->log(Level(severity), "{}",
                   FormatLogLine(sink.format, severity, WallClock(), message, fields));
}

}  // namespace tipoff
