#include <algorithm>
#include <set>

#include "history/import/importer.h"

#include "base/crash_point.h"

namespace tipoff {
namespace {

// How often imports of other processes may come in between before the slates are left due.
constexpr int kRoundsMax = 5;

Result<SlatesReport> BuildDue(HistoryDatabase& database, const SlatesDue& due, Instant now,
                              const SlateSink& put_slates) {
  SlatesReport report;
  TIPOFF_TRY(SlateView view, database.LoadSlateView());
  report.from = due.from;
  TIPOFF_CRASH_POINT("slates/due");

  // A date that has lost its games gets an empty slate in place of the old one.
  std::set<Day> emptied(due.slated.begin(), due.slated.end());
  std::vector<Day> dates;
  TIPOFF_TRY_STATUS(BuildSlates(view, *due.from, now, [&](std::vector<Slate> slates) {
    for (const Slate& slate : slates) {
      emptied.erase(slate.game_date);
      dates.push_back(slate.game_date);
    }
    TIPOFF_CRASH_POINT("slates/put");
    return put_slates(std::move(slates));
  }));
  std::vector<Slate> empty;
  for (Day date : emptied) {
    empty.emplace_back();
    empty.back().game_date = date;
    empty.back().as_of = now;
  }
  if (!empty.empty()) TIPOFF_TRY_STATUS(put_slates(std::move(empty)));
  TIPOFF_TRY_STATUS(database.SlatesDone(due, dates));
  report.dates = static_cast<std::int64_t>(dates.size() + emptied.size());
  return report;
}

}  // namespace

Result<SlatesReport> RebuildSlates(HistoryDatabase& database, Instant now,
                                   const SlateSink& put_slates, bool all) {
  if (all) TIPOFF_TRY_STATUS(database.MarkSlatesDue());
  SlatesReport report;
  for (int round = 0; round < kRoundsMax; ++round) {
    TIPOFF_TRY(SlatesDue due, database.DueSlates());
    if (!due.from) break;
    TIPOFF_TRY(report, BuildDue(database, due, now, put_slates));
    TIPOFF_TRY(std::string version, database.DataVersion());
    if (version == due.data_version) break;
    // Another import came in between, and these slates may have replaced its newer ones.
    TIPOFF_TRY_STATUS(database.MarkSlatesDue());
  }
  return report;
}

}  // namespace tipoff
