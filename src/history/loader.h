// Loads the history of many players in few queries. Players are asked for in chunks, some of them
// at once; whoever is being loaded already is waited for and not asked for again; what comes while
// queries are under way gathers into fuller ones. Keeps nothing: the next one who asks gets what
// the source says then.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "base/loop.h"
#include "history/history.h"

namespace tipoff {

struct HistoryRules {
  int max_games = 82;
  int lookback_days = 400;
  Duration timeout = std::chrono::seconds(30);  // Of one query.
  int parallel = 4;                             // Queries at once.
};

// What one query said of some of the players that somebody asked for.
struct HistoryChunk {
  std::shared_ptr<const HistoryBatch> batch;
  std::vector<const PlayerHistory*> players;  // In `batch`.
};

class HistoryLoader {
 public:
  // Of one query: `players` are those of the asked ones that it was about, as in the chunk. An
  // error says that their history is not known; it is never an empty list.
  using Take = std::function<void(const std::vector<PlayerId>& players, Result<HistoryChunk>)>;

  // Both must outlive this.
  HistoryLoader(Loop& loop, History& source, HistoryRules rules);
  ~HistoryLoader();

  // Loads what `players` did before a date. `take` names each of them exactly once, on the loop,
  // not inside this call, and within the timeout of his query. Once `wanted` says no, queries that
  // have not begun are dropped and nobody hears of them. A query that runs long is told to the log.
  void Load(Day before, const std::vector<PlayerId>& players, Take take,
            std::function<bool()> wanted = nullptr);

  // Queries that the source was asked so far.
  std::uint64_t queries() const { return asked_; }
  const HistoryRules& rules() const { return rules_; }

 private:
  struct Query;
  struct Waiter;
  struct Date;
  std::shared_ptr<Query> Room(Day before);
  void BeginSome();
  bool MayBegin(const Query& query) const;
  bool StillWanted(Query& query);
  void Begin(std::shared_ptr<Query> query);
  void Ended(const std::shared_ptr<Query>& query, Result<HistoryBatch> answer);
  void Forget(const Query& query);
  void Heartbeat(Day before);

  Loop& loop_;
  History& source_;
  HistoryRules rules_;
  std::deque<std::shared_ptr<Query>> waiting_;  // Not begun.
  std::map<std::pair<Day, PlayerId>, std::shared_ptr<Query>> loading_;
  std::map<Day, Date> dates_;  // Those with queries.
  int running_ = 0;
  std::uint64_t asked_ = 0;
  Loop::TimerId gather_timer_ = 0;
};

}  // namespace tipoff
