#include "predict/features.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "predict/rate_minutes.h"

namespace tipoff {
namespace {

// 2^(-1/half-life), as literals: every machine and compiler weighs alike, to the bit.
constexpr double kKeep2 = 0.70710678118654752;
constexpr double kKeep4 = 0.84089641525371454;
constexpr double kKeep8 = 0.91700404320467123;
constexpr double kKeep16 = 0.95760328069857365;
constexpr double kKeep40 = 0.98282059854525188;

// How many games the earlier seasons are worth beside this one, in forms of that half-life.
constexpr double kEarlier2 = 0.5;
constexpr double kEarlier4 = 1;
constexpr double kEarlier8 = 1;
constexpr double kEarlier16 = 2;
constexpr double kEarlier40 = 8;

// The league's level, and how much of it a player starts with.
constexpr double kLeaguePointsPerMinute = 0.47;
constexpr double kLeagueShotsPerMinute = 0.42;
constexpr double kLeaguePointsPerShot = 1.12;
constexpr double kPriorShots = 100;
// A rate starts with so many minutes of the league's, divided by his own minutes: 25 beside one
// game of 40, nothing to speak of after ten games.
constexpr double kPriorMinutesSquared = 1000;
constexpr double kPriorMinutesMax = 60;
constexpr double kEarlierShots = 0.5;  // A shot of an earlier season counts half.

constexpr double kTypicalMargin = 8;
constexpr int kRestDaysMax = 60;
constexpr int kOffSeasonDays = 60;
constexpr double kDaysPerGame = 2.3;
constexpr double kHomeMargin = 0.02;   // Of the points of a game.
constexpr double kFormGamesPrior = 5;  // A team's form of few games is drawn to the league's.

double Shots(const GameRecord& game) { return game.fga + 0.44 * game.fta; }
bool ShotsKnown(const GameRecord& game) { return game.fga != kAbsent && game.fta != kAbsent; }

// Sums over games, each weighing `keep` times as much as the one after it.
struct Decayed {
  double keep = 1;
  double next = 1;
  double weight = 0, points = 0, minutes = 0;
  double shots = 0, shot_minutes = 0, shot_points = 0;

  void Add(const GameRecord& game) {
    weight += next;
    points += next * game.points;
    minutes += next * game.minutes;
    if (ShotsKnown(game)) {
      shots += next * Shots(game);
      shot_minutes += next * game.minutes;
      shot_points += next * game.points;
    }
    next *= keep;
  }
};

// Null for a team without form. The forms are sorted by name.
const TeamForm* FindTeam(const std::vector<TeamForm>& teams, std::string_view team) {
  auto found = std::lower_bound(
      teams.begin(), teams.end(), team,
      [](const TeamForm& form, std::string_view wanted) { return form.team < wanted; });
  return found != teams.end() && found->team == team ? &*found : nullptr;
}

struct Mean {
  double sum = 0, squares = 0;
  int n = 0;

  void Add(double x) {
    sum += x;
    squares += x * x;
    ++n;
  }
  double mean() const { return n == 0 ? 0 : sum / n; }
  double sd() const { return n == 0 ? 0 : std::sqrt(std::max(0.0, squares / n - mean() * mean())); }
};

// The off-season is a long break around the first of September, whatever the calendar calls it.
bool OffSeasonBetween(Day earlier, Day later) {
  if (later - earlier < kOffSeasonDays) return false;
  CivilDay from = ToCivil(earlier);
  CivilDay to = ToCivil(later);
  auto past_august = [](const CivilDay& day) { return day.month >= 9 ? 1 : 0; };
  return from.year + past_august(from) < to.year + past_august(to);
}

// How many of the games, newest first, are of the season that a game on `date` belongs to.
std::size_t GamesThisSeason(std::span<const GameRecord> games, Day date) {
  std::size_t n = 0;
  for (Day later = date; n < games.size() && !OffSeasonBetween(games[n].date, later); ++n) {
    later = games[n].date;
  }
  return n;
}

// A weighted mean of a value of this season's games, in which the earlier ones are one opinion.
double Form(double sum, double weight, double earlier_mean, double earlier_weight) {
  double all = weight + earlier_weight;
  return all > 0 ? (sum + earlier_weight * earlier_mean) / all : 0;
}

double Ratio(double sum, double weight) { return weight > 0 ? sum / weight : 0; }

struct PerMinute {
  double sum = 0;
  double minutes = 0;
};

// A rate of this season, in which the earlier ones are one opinion worth `earlier_worth` minutes,
// and the league's is another.
double Rate(const PerMinute& now, const PerMinute& earlier, double earlier_worth,
            const PerMinute& league) {
  return Form(now.sum + league.sum, now.minutes + league.minutes,
              Ratio(earlier.sum, earlier.minutes), earlier.minutes > 0 ? earlier_worth : 0);
}

struct Sums {
  Decayed now2{kKeep2}, now4{kKeep4}, now8{kKeep8}, now16{kKeep16}, now40{kKeep40};
  Decayed earlier{kKeep40};
};

Sums SumUp(std::span<const GameRecord> games, std::size_t season_games) {
  Sums sums;
  for (std::size_t i = 0; i < season_games; ++i) {
    for (Decayed* now : {&sums.now2, &sums.now4, &sums.now8, &sums.now16, &sums.now40}) {
      now->Add(games[i]);
    }
  }
  for (std::size_t i = season_games; i < games.size(); ++i) sums.earlier.Add(games[i]);
  return sums;
}

void DeriveForms(const Sums& sums, Features& f) {
  const Decayed& old = sums.earlier;
  double old_minutes = Ratio(old.minutes, old.weight);
  auto minutes = [&](const Decayed& now, double games) {
    return Form(now.minutes, now.weight, old_minutes, old.weight > 0 ? games : 0);
  };
  f.minutes_form_2 = minutes(sums.now2, kEarlier2);
  f.minutes_form_8 = minutes(sums.now8, kEarlier8);
  f.minutes_form_40 = minutes(sums.now40, kEarlier40);
  f.points_form_8 = Form(sums.now8.points, sums.now8.weight, Ratio(old.points, old.weight),
                         old.weight > 0 ? kEarlier8 : 0);

  double own_minutes = sums.now40.minutes + old.minutes;
  double prior = std::min(kPriorMinutesSquared / std::max(own_minutes, 1.0), kPriorMinutesMax);
  auto shots = [&](const Decayed& now, double earlier_games) {
    return Rate({now.shots, now.shot_minutes}, {old.shots, old.shot_minutes},
                earlier_games * old_minutes, {prior * kLeagueShotsPerMinute, prior});
  };
  f.points_per_minute = Rate({sums.now16.points, sums.now16.minutes}, {old.points, old.minutes},
                             kEarlier16 * old_minutes, {prior * kLeaguePointsPerMinute, prior});
  f.shots_per_minute_4 = shots(sums.now4, kEarlier4);
  f.shots_per_minute_16 = shots(sums.now16, kEarlier16);
  f.points_per_shot = (sums.now40.shot_points + kEarlierShots * old.shot_points +
                       kPriorShots * kLeaguePointsPerShot) /
                      (sums.now40.shots + kEarlierShots * old.shots + kPriorShots);
  double recent = sums.now16.minutes > 0 ? sums.now16.minutes : old.minutes;
  double known = sums.now16.minutes > 0 ? sums.now16.shot_minutes : old.shot_minutes;
  f.shots_known = Ratio(known, recent);
}

void DeriveRecent(std::span<const GameRecord> games, std::size_t season_games, Features& f) {
  Mean points5, points10, points20, season, all, minutes10, margin;
  for (std::size_t i = 0; i < games.size(); ++i) {
    double points = games[i].points;
    all.Add(points);
    if (i < season_games) season.Add(points);
    if (i < 20) points20.Add(points);
    if (i < 10) points10.Add(points);
    if (i < 10) minutes10.Add(games[i].minutes);
    if (i < 5) points5.Add(points);
    if (i < 5 && games[i].plus_minus != kAbsent) margin.Add(std::abs(games[i].plus_minus));
  }
  f.points_l5 = points5.mean();
  f.points_l10 = points10.mean();
  f.points_season = season_games > 0 ? season.mean() : all.mean();
  f.points_sd = points20.sd();
  f.points_trend = points5.mean() - points20.mean();
  f.minutes_last = games.front().minutes;
  f.minutes_sd = minutes10.sd();
  f.margin_5 = margin.n > 0 ? margin.mean() : kTypicalMargin;
}

// From the tenth of March, as teams begin to rest regulars, to the season's end in mid-April.
double LateSeason(Day date) {
  CivilDay civil = ToCivil(date);
  Result<Day> start = MakeDay(civil.year, 3, 10);
  int days = date - start.value();
  return days < 0 || days > 35 ? 0 : std::min(days / 30.0, 1.0);
}

void DeriveCalendar(std::span<const GameRecord> games, const RequestSpec& request, Features& f) {
  int rest = request.game_date - games.front().date;
  f.rest_days = std::min(rest, kRestDaysMax);
  f.back_to_back = rest == 1 ? 1 : 0;
  for (const GameRecord& game : games) {
    int days = request.game_date - game.date;
    if (days <= 7) ++f.games_7_days;
    if (days <= 30) ++f.games_30_days;
  }
  f.late_season = LateSeason(request.game_date);
  f.is_home = request.is_home ? 1 : 0;
}

void DeriveTeams(const std::vector<TeamForm>& teams, const RequestSpec& request, Features& f) {
  double games = 0, points = 0;
  for (const TeamForm& form : teams) {
    games += form.games;
    points += form.games * form.points_for;
  }
  if (points <= 0) return;
  double league = points / games;
  auto share = [&](const TeamForm& form, double mean) {
    return (mean / league - 1) * form.games / (form.games + kFormGamesPrior);
  };
  if (const TeamForm* own = FindTeam(teams, request.team)) {
    f.team_offence = share(*own, own->points_for);
    f.team_defence = share(*own, own->points_against);
  }
  if (const TeamForm* other = FindTeam(teams, request.opponent)) {
    f.opponent_offence = share(*other, other->points_for);
    f.opponent_defence = share(*other, other->points_against);
  }
  f.opponent_tier = OpponentTier(teams, request.opponent);
  f.expected_margin =
      (f.team_offence - f.team_defence - f.opponent_offence + f.opponent_defence) / 2 +
      (request.is_home ? kHomeMargin : -kHomeMargin);
  f.expected_pace = f.team_offence + f.team_defence + f.opponent_offence + f.opponent_defence;
}

// Sums over the last games that tell what kind of player he is.
struct Role {
  double minutes = 0, shots = 0, threes = 0, free_throws = 0, rebounds = 0, assists = 0;

  void Add(const GameRecord& game) {
    minutes += game.minutes;
    if (game.fga != kAbsent) shots += game.fga;
    if (game.fg3a != kAbsent) threes += game.fg3a;
    if (game.fta != kAbsent) free_throws += game.fta;
    if (game.rebounds != kAbsent) rebounds += game.rebounds;
    if (game.assists != kAbsent) assists += game.assists;
  }
};

void DeriveRole(std::span<const GameRecord> games, Features& f) {
  Role role;
  for (const GameRecord& game : games.first(std::min<std::size_t>(games.size(), 20))) {
    role.Add(game);
  }
  f.threes_share = Ratio(role.threes, role.shots);
  f.free_throw_share = Ratio(role.free_throws, role.shots);
  f.rebounds_per_minute = Ratio(role.rebounds, role.minutes);
  f.assists_per_minute = Ratio(role.assists, role.minutes);
}

void DeriveMinutes(std::span<const GameRecord> games, Features& f) {
  Mean minutes3, minutes10, plus_minus;
  f.minutes_high = f.minutes_low = games.front().minutes;
  for (std::size_t i = 0; i < std::min<std::size_t>(games.size(), 10); ++i) {
    double minutes = games[i].minutes;
    minutes10.Add(minutes);
    if (i < 3) minutes3.Add(minutes);
    f.minutes_high = std::max(f.minutes_high, minutes);
    f.minutes_low = std::min(f.minutes_low, minutes);
    if (games[i].plus_minus != kAbsent) plus_minus.Add(games[i].plus_minus);
  }
  f.points_last = games.front().points;
  f.minutes_l3 = minutes3.mean();
  f.minutes_trend = minutes3.mean() - minutes10.mean();
  f.plus_minus_10 = plus_minus.mean();
}

void DeriveSeason(std::span<const GameRecord> games, const RequestSpec& request, Features& f) {
  std::size_t same = 0;
  while (same < std::min<std::size_t>(games.size(), 40) && games[same].team == request.team) ++same;
  f.same_team_games = static_cast<double>(same);
  auto season = static_cast<std::size_t>(f.season_games);
  f.season_days = season > 0 ? request.game_date - games[season - 1].date : 0;
  f.games_missed = std::max(0.0, std::min(f.season_days, 30.0) / kDaysPerGame - f.games_30_days);
}

constexpr std::array kColumns{
    FeatureColumn{"games", &Features::games},
    FeatureColumn{"season_games", &Features::season_games},
    FeatureColumn{"points_l5", &Features::points_l5},
    FeatureColumn{"points_l10", &Features::points_l10},
    FeatureColumn{"points_season", &Features::points_season},
    FeatureColumn{"points_form_8", &Features::points_form_8},
    FeatureColumn{"points_sd", &Features::points_sd},
    FeatureColumn{"points_trend", &Features::points_trend},
    FeatureColumn{"minutes_last", &Features::minutes_last},
    FeatureColumn{"minutes_form_2", &Features::minutes_form_2},
    FeatureColumn{"minutes_form_8", &Features::minutes_form_8},
    FeatureColumn{"minutes_form_40", &Features::minutes_form_40},
    FeatureColumn{"minutes_sd", &Features::minutes_sd},
    FeatureColumn{"points_per_minute", &Features::points_per_minute},
    FeatureColumn{"shots_per_minute_4", &Features::shots_per_minute_4},
    FeatureColumn{"shots_per_minute_16", &Features::shots_per_minute_16},
    FeatureColumn{"points_per_shot", &Features::points_per_shot},
    FeatureColumn{"shots_known", &Features::shots_known},
    FeatureColumn{"rest_days", &Features::rest_days},
    FeatureColumn{"back_to_back", &Features::back_to_back},
    FeatureColumn{"games_7_days", &Features::games_7_days},
    FeatureColumn{"games_30_days", &Features::games_30_days},
    FeatureColumn{"late_season", &Features::late_season},
    FeatureColumn{"is_home", &Features::is_home},
    FeatureColumn{"opponent_defence", &Features::opponent_defence},
    FeatureColumn{"opponent_offence", &Features::opponent_offence},
    FeatureColumn{"opponent_tier", &Features::opponent_tier},
    FeatureColumn{"team_offence", &Features::team_offence},
    FeatureColumn{"team_defence", &Features::team_defence},
    FeatureColumn{"margin_5", &Features::margin_5},
    FeatureColumn{"points_last", &Features::points_last},
    FeatureColumn{"minutes_l3", &Features::minutes_l3},
    FeatureColumn{"minutes_trend", &Features::minutes_trend},
    FeatureColumn{"minutes_high", &Features::minutes_high},
    FeatureColumn{"minutes_low", &Features::minutes_low},
    FeatureColumn{"threes_share", &Features::threes_share},
    FeatureColumn{"free_throw_share", &Features::free_throw_share},
    FeatureColumn{"rebounds_per_minute", &Features::rebounds_per_minute},
    FeatureColumn{"assists_per_minute", &Features::assists_per_minute},
    FeatureColumn{"plus_minus_10", &Features::plus_minus_10},
    FeatureColumn{"same_team_games", &Features::same_team_games},
    FeatureColumn{"games_missed", &Features::games_missed},
    FeatureColumn{"season_days", &Features::season_days},
    FeatureColumn{"expected_margin", &Features::expected_margin},
    FeatureColumn{"expected_pace", &Features::expected_pace},
    FeatureColumn{"rate_minutes", &Features::rate_minutes},
};
static_assert(sizeof(Features) == kColumns.size() * sizeof(double), "a feature without a column");

}  // namespace

std::span<const GameRecord> EarlierGames(const PredictionInput& input) {
  const std::vector<GameRecord>& games = input.history->games;
  auto earlier = std::find_if(games.begin(), games.end(), [&](const GameRecord& game) {
    return game.date < input.request->game_date;
  });
  return {earlier, games.end()};
}

double RecentMinutes(std::span<const GameRecord> earlier) {
  Mean minutes;
  for (const GameRecord& game : earlier.first(std::min<std::size_t>(earlier.size(), 10))) {
    minutes.Add(game.minutes);
  }
  return minutes.mean();
}

Features DeriveFeatures(const PredictionInput& input) {
  std::span<const GameRecord> games = EarlierGames(input);
  TIPOFF_CHECK(!games.empty(), "features of a player without a game");
  std::size_t season_games = GamesThisSeason(games, input.request->game_date);
  Features features;
  features.games = static_cast<double>(games.size());
  features.season_games = static_cast<double>(season_games);
  DeriveRecent(games, season_games, features);
  DeriveForms(SumUp(games, season_games), features);
  DeriveCalendar(games, *input.request, features);
  DeriveTeams(*input.teams, *input.request, features);
  DeriveRole(games, features);
  DeriveMinutes(games, features);
  DeriveSeason(games, *input.request, features);
  features.rate_minutes = RateMinutesPoints(features);
  return features;
}

int OpponentTier(const std::vector<TeamForm>& teams, std::string_view team) {
  const TeamForm* found = FindTeam(teams, team);
  if (found == nullptr || teams.size() < 3) return 1;
  auto harder = std::count_if(teams.begin(), teams.end(), [&](const TeamForm& form) {
    return form.points_against < found->points_against;
  });
  return static_cast<int>(harder * 3 / static_cast<std::ptrdiff_t>(teams.size()));
}

std::span<const FeatureColumn> FeatureColumns() { return kColumns; }

}  // namespace tipoff
