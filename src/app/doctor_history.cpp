#include "app/doctor_history.h"

#include <fmt/format.h>

#include <optional>

#include "app/game_date.h"
#include "app/history.h"
#include "base/asio_loop.h"
#include "base/new_york.h"

namespace tipoff {
namespace {

// Whoever looks does not want to wait for as long as a batch would.
constexpr Duration kPatience = std::chrono::seconds(10);
// A chunk that takes longer than requests wait is loaded for nothing.
constexpr Duration kSlow = std::chrono::seconds(2);

}  // namespace

Finding JudgeHistory(const std::string& source, const Result<HistoryBatch>& answer, Duration took) {
  Finding finding{.name = "history"};
  if (!answer.ok()) {
    finding.verdict = Verdict::kFail;
    finding.detail = answer.error().message;
    finding.remedy = fmt::format(
        "mend it, or set history.source to sqlite and import here; meanwhile nobody is predicted "
        "({})",
        source);
    return finding;
  }
  finding.detail = fmt::format("{}, version {}, {} teams in the last year, answered in {}", source,
                               answer->data_version, answer->teams.size(), FormatDuration(took));
  if (answer->teams.empty()) {
    finding.verdict = Verdict::kWarn;
    finding.remedy = "no game of the last year is in it: is it still being filled?";
  } else if (took > kSlow) {
    finding.verdict = Verdict::kWarn;
    finding.remedy =
        "requests wait for history.wait_max (2s) and then go without: look at its load";
  }
  return finding;
}

Finding ExamineHistorySource(const Globals& globals) {
  AsioLoop loop;
  auto source = HistorySourcesFrom(globals)(loop);
  HistoryLoader loader(loop, *source, {.timeout = kPatience});
  std::optional<Result<HistoryChunk>> answer;
  Duration begun = loop.Steady();
  loader.Load(NewYorkDay(WallClock()), {PlayerId("0")},
              [&](const std::vector<PlayerId>&, Result<HistoryChunk> chunk) {
                answer.emplace(std::move(chunk));
                loop.Stop();
              });
  loop.Run();
  Duration took = loop.Steady() - begun;
  const std::string& name = globals.config.Text("history.source");
  if (!answer->ok()) return JudgeHistory(name, answer->error(), took);
  return JudgeHistory(name, *answer->value().batch, took);
}

}  // namespace tipoff
