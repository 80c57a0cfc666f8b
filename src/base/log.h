// Structured log lines on standard error: human on a terminal, JSON elsewhere.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace tipoff {

enum class Severity {
  kDebug,
  kInfo,
  kWarning,
  kError
};
enum class LogFormat {
  kText,
  kJson
};

struct LogField {
  std::string_view key;
  std::string value;
};

// Lines below `least` are dropped. Callable once, before the first line; until then: kInfo, kText.
void ConfigureLog(Severity least, LogFormat format);

// One line. `message` is a constant sentence; what varies goes into `fields` (batch_id, player...),
// so that lines can be searched. Callable from any thread; never throws, never blocks for long.
void Log(Severity severity, std::string_view message, std::initializer_list<LogField> fields = {});

}  // namespace tipoff
