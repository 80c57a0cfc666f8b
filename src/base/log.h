// Structured log lines on standard error: human on a terminal, JSON elsewhere. The JSON lines are
// what Google Cloud Logging reads off a container's output, and plain enough for everything else.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/instant.h"

namespace tipoff {

enum class Severity {
  kDebug,
  kInfo,
  kWarning,
  kError
};
enum class LogFormat {
  kAuto,  // Text if standard error is a terminal, else JSON.
  kText,
  kJson
};

struct LogField {
  std::string_view key;
  std::string value;
};

// Lines below `least` are dropped. Callable once, before the first line; until then: kInfo, kText.
void ConfigureLog(Severity least, LogFormat format);

// One line. `message` is a constant sentence; what varies goes into `fields` (batch_id, player,
// trace...), so that lines can be searched; a field can't replace severity, time or message. Values
// over 4,096 bytes are cut, bytes that are no UTF-8 become U+FFFD. Callable from any thread; never
// throws, never blocks for long.
void Log(Severity severity, std::string_view message, std::initializer_list<LogField> fields = {});

// While one lives, what its thread logs goes to it instead: the processes of a simulated world do
// not speak for the real one. One at a time in a thread.
class LogCapture {
 public:
  using Take = std::function<void(Severity severity, std::string_view message,
                                  std::initializer_list<LogField> fields)>;
  explicit LogCapture(Take take);
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

 private:
  Take take_;
};

// The line itself, without the end of line; text lines without severity and time.
std::string FormatLogLine(LogFormat format, Severity severity, Instant at, std::string_view message,
                          std::initializer_list<LogField> fields);

}  // namespace tipoff
