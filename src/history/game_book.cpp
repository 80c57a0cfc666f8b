#include "history/game_book.h"

#include <fmt/format.h>

#include <algorithm>

namespace tipoff {
namespace {

bool AllDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Which of two ids of one game is kept: the league's, any other, a made one.
enum class IdRank {
  kMade,
  kOther,
  kLeague
};

IdRank RankOf(const GameId& id) {
  const std::string& text = id.str();
  if (text.size() == 10 && text.starts_with("00") && AllDigits(text)) return IdRank::kLeague;
  bool made = text.size() > 9 && text[8] == '_' && AllDigits(std::string_view(text).substr(0, 8));
  return made ? IdRank::kMade : IdRank::kOther;
}

std::string TeamsKey(Day date, const std::string& a, const std::string& b) {
  return fmt::format("{} {} {}", date.days(), std::min(a, b), std::max(a, b));
}

std::string TeamsKey(const GameFact& fact) { return TeamsKey(fact.date, fact.home, fact.away); }

bool SameTeams(const GameFact& a, const GameFact& b) {
  return (a.home == b.home && a.away == b.away) || (a.home == b.away && a.away == b.home);
}

void SwapSides(GameFact& game) {
  std::swap(game.home, game.away);
  std::swap(game.home_score, game.away_score);
}

template <class T>
bool Replace(T& stored, const T& told) {
  if (stored == told) return false;
  stored = told;
  return true;
}

}  // namespace

GameId MakeGameId(Day date, const std::string& away, const std::string& home) {
  CivilDay civil = ToCivil(date);
  return GameId(
      fmt::format("{:04}{:02}{:02}_{}_{}", civil.year, civil.month, civil.day, away, home));
}

std::string SeasonOf(Day date) {
  CivilDay civil = ToCivil(date);
  // Seasons begin in autumn; that of 2019-20 ended in October 2020.
  unsigned first_month = civil.year == 2020 ? 11 : 8;
  int start = civil.month >= first_month ? civil.year : civil.year - 1;
  return fmt::format("{:04}-{:02}", start, (start + 1) % 100);
}

void GameBook::Load(GameFact game) { Enter(std::move(game)).stored = true; }

KnownGame& GameBook::Enter(GameFact fact) {
  if (fact.game.empty()) fact.game = MakeGameId(fact.date, fact.away, fact.home);
  if (fact.season.empty()) fact.season = SeasonOf(fact.date);
  auto [entry, inserted] = by_teams_.try_emplace(TeamsKey(fact), fact.game);
  if (!inserted && RankOf(fact.game) > RankOf(entry->second)) entry->second = fact.game;
  GameId id = fact.game;
  return games_[id] = KnownGame{.fact = std::move(fact)};
}

KnownGame* GameBook::MoveTo(const GameId& from, const GameId& to, Day date) {
  auto node = games_.extract(from);
  GameFact& fact = node.mapped().fact;
  if (auto old = by_teams_.find(TeamsKey(fact)); old->second == from) by_teams_.erase(old);
  moves_.push_back({from, fact.date, to, date});
  fact.game = to;
  fact.date = date;
  auto [entry, inserted] = by_teams_.try_emplace(TeamsKey(fact), to);
  if (!inserted && RankOf(entry->second) < RankOf(to)) {
    moves_.push_back({entry->second, date, to, date});
    games_.erase(entry->second);
    entry->second = to;
  }
  node.key() = to;
  node.mapped().changed = true;
  return &games_.insert(std::move(node)).position->second;
}

KnownGame* GameBook::Locate(const GameFact& fact, std::string* problem) {
  if (!fact.game.empty()) {
    if (auto found = games_.find(fact.game); found != games_.end()) {
      KnownGame& game = found->second;
      if (!SameTeams(game.fact, fact)) {
        *problem = fmt::format("game {} is {} at {}, not {} and {}", fact.game.str(),
                               game.fact.away, game.fact.home, fact.away, fact.home);
        return nullptr;
      }
      if (game.fact.date == fact.date) return &game;
      bool played = game.fact.scheduled && game.fact.home_score && !fact.scheduled;
      if (game.seen || played) {
        *problem = fmt::format("game {} was on {}, not on {}", fact.game.str(),
                               FormatDay(game.fact.date), FormatDay(fact.date));
        return nullptr;
      }
      return MoveTo(fact.game, fact.game, fact.date);
    }
  }
  auto found = by_teams_.find(TeamsKey(fact));
  if (found == by_teams_.end()) return nullptr;
  if (fact.game.empty() || RankOf(fact.game) < RankOf(found->second)) {
    return &games_.at(found->second);
  }
  if (RankOf(fact.game) == RankOf(found->second)) return nullptr;  // Numbered apart on purpose.
  GameId known = found->second;
  return MoveTo(known, fact.game, fact.date);
}

// True if home and away are settled; false with a problem if two teams both claim to be at home.
bool GameBook::MergeHome(KnownGame& game, const GameFact& fact, std::string* problem) {
  GameFact& known = game.fact;
  HomeBy told = fact.home_by;
  bool both_away = known.home_by == HomeBy::kNobody && known.neutral_site.value_or(false);
  if (told == HomeBy::kNobody || (told == HomeBy::kOtherTeam && both_away)) return true;
  if (told < known.home_by || (fact.home == known.home && told == known.home_by)) return true;
  if (fact.home != known.home && told == known.home_by) {
    if (told == HomeBy::kItself) {
      *problem = fmt::format("both {} and {} are at home in game {}", fact.home, known.home,
                             known.game.str());
      return false;
    }
    if (told == HomeBy::kOtherTeam) {  // Each says that the other is at home: a neutral site.
      known.home_by = HomeBy::kNobody;
      known.neutral_site = true;
      if (known.home < known.away) SwapSides(known);
      game.realign = game.changed = true;
      return true;
    }
  }
  bool moved = fact.home != known.home || known.home_by == HomeBy::kNobody;
  if (fact.home != known.home) SwapSides(known);
  known.home_by = told;
  game.changed = true;
  game.realign |= moved;
  return true;
}

void GameBook::MergeRest(KnownGame& game, const GameFact& fact) {
  GameFact& known = game.fact;
  bool believed = fact.scheduled || !known.scheduled;
  if (!fact.type.empty() && (believed || known.type.empty()) && Replace(known.type, fact.type)) {
    game.realign = game.changed = true;
  }
  if (!fact.season.empty() && believed && Replace(known.season, fact.season)) {
    game.realign = game.changed = true;
  }
  if (fact.neutral_site) game.changed |= Replace(known.neutral_site, fact.neutral_site);
  bool turned = fact.home != known.home;
  const auto& home_score = turned ? fact.away_score : fact.home_score;
  const auto& away_score = turned ? fact.home_score : fact.away_score;
  if (home_score) game.changed |= Replace(known.home_score, home_score);
  if (away_score) game.changed |= Replace(known.away_score, away_score);
  if (fact.scheduled && !known.scheduled) known.scheduled = game.changed = true;
}

const KnownGame* GameBook::Resolve(const GameFact& fact, std::string* problem) {
  problem->clear();
  KnownGame* game = Locate(fact, problem);
  if (!problem->empty()) return nullptr;
  if (game == nullptr) {
    game = &Enter(fact);
    game->changed = game->seen = true;
    last_news_ = GameNews::kNew;
    return game;
  }
  bool was_scheduled = game->fact.scheduled;
  bool was_changed = std::exchange(game->changed, !moves_.empty());
  if (!MergeHome(*game, fact, problem)) {
    game->changed |= was_changed;
    return nullptr;
  }
  MergeRest(*game, fact);
  last_news_ = !was_scheduled  ? GameNews::kNew
               : game->changed ? GameNews::kChanged
                               : GameNews::kSame;
  game->changed |= was_changed;
  game->seen = true;
  return game;
}

std::vector<GameMove> GameBook::TakeMoves() { return std::exchange(moves_, {}); }

std::vector<const KnownGame*> GameBook::Changed() const {
  std::vector<const KnownGame*> changed;
  for (const auto& [id, game] : games_) {
    if (game.changed) changed.push_back(&game);
  }
  std::sort(changed.begin(), changed.end(),
            [](const KnownGame* a, const KnownGame* b) { return a->fact.game < b->fact.game; });
  return changed;
}

}  // namespace tipoff
