#include "history/loader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/reply.h"
#include "core/limits.h"

namespace tipoff {
namespace {

// How long a query that is not full waits for others to join it while other queries run.
constexpr auto kGather = std::chrono::milliseconds(25);
constexpr auto kHeartbeat = std::chrono::seconds(10);

// The answer, if it is one to the question.
Result<HistoryBatch> Checked(Result<HistoryBatch> answer, const std::vector<PlayerId>& players) {
  if (!answer.ok()) return answer;
  bool same = std::equal(answer->players.begin(), answer->players.end(), players.begin(),
                         players.end(), [](const PlayerHistory& history, const PlayerId& player) {
                           return history.player == player;
                         });
  if (same) return answer;
  return Error{Errc::kUnavailable, "history answered for other players than were asked for"};
}

}  // namespace

struct HistoryLoader::Waiter {
  std::vector<PlayerId> players;
  std::vector<std::size_t> at;  // Where they stand in the query.
  Take take;
  std::function<bool()> wanted;
};

struct HistoryLoader::Query {
  Day before;
  std::vector<PlayerId> players;
  std::vector<Waiter> waiters;
  Duration asked_at{};  // Steady time.

  bool full() const { return players.size() >= limits::kPlayersPerQuery; }
  // Adds the one at `at` to what the waiter at the end, who is the one that asks now, waits for.
  void Await(std::size_t at) {
    waiters.back().players.push_back(players[at]);
    waiters.back().at.push_back(at);
  }
};

// What has come of a date since somebody asked for it.
struct HistoryLoader::Date {
  std::size_t queries = 0;  // Not ended.
  std::size_t rows = 0;
  Duration asked_at{};  // Steady time.
  Loop::TimerId heartbeat = 0;
};

HistoryLoader::HistoryLoader(Loop& loop, History& source, HistoryRules rules)
    : loop_(loop), source_(source), rules_(rules) {}

HistoryLoader::~HistoryLoader() {
  loop_.Cancel(gather_timer_);
  for (auto& [day, date] : dates_) loop_.Cancel(date.heartbeat);
}

void HistoryLoader::Load(Day before, const std::vector<PlayerId>& players, Take take,
                         std::function<bool()> wanted) {
  std::set<Query*> joined;
  std::set<PlayerId> seen;
  for (const PlayerId& player : players) {
    if (!seen.insert(player).second) continue;
    std::shared_ptr<Query>& query = loading_[{before, player}];
    bool fresh = query == nullptr;
    if (fresh) query = Room(before);
    if (joined.insert(query.get()).second) query->waiters.push_back({{}, {}, take, wanted});
    if (fresh) query->players.push_back(player);
    auto at = std::find(query->players.begin(), query->players.end(), player);
    query->Await(static_cast<std::size_t>(at - query->players.begin()));
  }
  BeginSome();
}

// The query that has not begun and has room for one more player.
std::shared_ptr<HistoryLoader::Query> HistoryLoader::Room(Day before) {
  auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& query) {
    return query->before == before && !query->full();
  });
  if (found != waiting_.end()) return *found;
  auto query = std::make_shared<Query>();
  query->before = before;
  query->asked_at = loop_.Steady();
  waiting_.push_back(query);
  Date& date = dates_[before];
  if (date.queries++ == 0) {
    date.asked_at = query->asked_at;
    date.heartbeat = loop_.After(kHeartbeat, [this, before] { Heartbeat(before); });
  }
  return query;
}

bool HistoryLoader::MayBegin(const Query& query) const {
  if (running_ >= rules_.parallel) return false;
  return query.full() || running_ == 0 || loop_.Steady() - query.asked_at >= kGather;
}

// A query of several is wanted as long as one of them wants it.
bool HistoryLoader::StillWanted(Query& query) {
  return std::any_of(query.waiters.begin(), query.waiters.end(), [](const Waiter& waiter) {
    return waiter.wanted == nullptr || waiter.wanted();
  });
}

void HistoryLoader::BeginSome() {
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    std::shared_ptr<Query> query = *next;
    bool wanted = StillWanted(*query);
    if (wanted && !MayBegin(*query)) {
      ++next;
      continue;
    }
    next = waiting_.erase(next);
    wanted ? Begin(query) : Forget(*query);
  }
  loop_.Cancel(gather_timer_);
  gather_timer_ = 0;
  if (waiting_.empty() || running_ >= rules_.parallel) return;
  gather_timer_ = loop_.After(kGather, [this] { BeginSome(); });
}

void HistoryLoader::Begin(std::shared_ptr<Query> query) {
  ++running_;
  ++asked_;
  HistoryQuery asked{.players = query->players,
                     .before = query->before,
                     .max_games = rules_.max_games,
                     .lookback_days = rules_.lookback_days,
                     .timeout = rules_.timeout};
  auto reply = Reply<HistoryBatch>::Start(
      loop_, rules_.timeout,
      {Errc::kUnavailable, "history did not answer within " + FormatDuration(rules_.timeout)},
      [this, query](Result<HistoryBatch> answer) { Ended(query, std::move(answer)); });
  source_.Load(std::move(asked),
               [reply](Result<HistoryBatch> answer) { reply->Post(std::move(answer)); });
}

void HistoryLoader::Ended(const std::shared_ptr<Query>& query, Result<HistoryBatch> answer) {
  --running_;
  answer = Checked(std::move(answer), query->players);
  if (answer.ok()) {
    for (const PlayerHistory& player : answer->players) {
      dates_.at(query->before).rows += player.games.size();
    }
  }
  Forget(*query);
  BeginSome();
  std::shared_ptr<const HistoryBatch> batch;
  if (answer.ok()) batch = std::make_shared<const HistoryBatch>(std::move(*answer));
  for (const Waiter& waiter : query->waiters) {
    if (batch == nullptr) {
      waiter.take(waiter.players, answer.error());
      continue;
    }
    HistoryChunk chunk{batch, {}};
    for (std::size_t at : waiter.at) chunk.players.push_back(&batch->players[at]);
    waiter.take(waiter.players, std::move(chunk));
  }
}

void HistoryLoader::Forget(const Query& query) {
  for (const PlayerId& player : query.players) loading_.erase({query.before, player});
  auto date = dates_.find(query.before);
  if (--date->second.queries > 0) return;
  loop_.Cancel(date->second.heartbeat);
  dates_.erase(date);
}

// Tells that somebody waits, and for how much longer than usual; progress of nothing.
void HistoryLoader::Heartbeat(Day before) {
  Date& date = dates_.at(before);
  Log(Severity::kWarning, "history is still being loaded",
      {{"game_date", FormatDay(before)},
       {"elapsed", FormatDuration(loop_.Steady() - date.asked_at)},
       {"rows", std::to_string(date.rows)},
       {"queries_open", std::to_string(date.queries)}});
  date.heartbeat = loop_.After(kHeartbeat, [this, before] { Heartbeat(before); });
}

}  // namespace tipoff
