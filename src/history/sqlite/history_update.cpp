#include "history/sqlite/history_update.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crash_point.h"
#include "base/hash.h"
#include "history/sqlite/rows.h"
#include "sqlite/connection.h"

namespace tipoff {
namespace {

void BindOptional(sqlite::Statement& statement, int index, const std::optional<double>& value) {
  value ? statement.Bind(index, *value) : statement.BindNull(index);
}

void BindOptional(sqlite::Statement& statement, int index, const std::optional<int>& value) {
  value ? statement.Bind(index, std::int64_t{*value}) : statement.BindNull(index);
}

}  // namespace

struct HistoryUpdate::Transaction : sqlite::Transaction {
  using sqlite::Transaction::Transaction;
};

// What was stored of one player, stat and book before this file, less what the file repeats.
struct HistoryUpdate::LineGroup {
  Day date;
  PlayerId player;
  std::string stat, book;
  bool existed = false;
  std::set<std::int64_t> stale;
};

HistoryUpdate::HistoryUpdate(HistoryDatabase& database)
    : connection_(database.connection()), rows_(connection_) {}
HistoryUpdate::~HistoryUpdate() = default;

Result<std::unique_ptr<HistoryUpdate>> HistoryUpdate::Begin(HistoryDatabase& database) {
  return AtEdge([&] {
    std::unique_ptr<HistoryUpdate> update(new HistoryUpdate(database));
    update->transaction_ = std::make_unique<Transaction>(update->connection_);
    update->LoadBooks();
    TIPOFF_CRASH_POINT("import/begun");
    return update;
  });
}

void HistoryUpdate::LoadBooks() {
  sqlite::Statement& players = connection_.Prepared("SELECT id, name, made, named_on FROM players");
  while (players.Step()) {
    std::string name = players.Text(1);
    NameKey key = MakeNameKey(name);
    players_.Load({PlayerId(players.Text(0)), std::move(name), std::move(key), players.Int(2) != 0,
                   ReadDay(players, 3)});
  }
  sqlite::Statement& games = connection_.Prepared(
      "SELECT id, date, season, type, home, away, home_by, neutral, home_score, away_score, "
      "scheduled FROM games");
  while (games.Step()) {
    GameFact game{.game = GameId(games.Text(0)),
                  .date = ReadDay(games, 1),
                  .season = games.Text(2),
                  .type = games.Text(3),
                  .home = games.Text(4),
                  .away = games.Text(5),
                  .home_by = static_cast<HomeBy>(games.Int(6))};
    if (!games.IsNull(7)) game.neutral_site = games.Int(7) != 0;
    if (!games.IsNull(8)) game.home_score = static_cast<int>(games.Int(8));
    if (!games.IsNull(9)) game.away_score = static_cast<int>(games.Int(9));
    game.scheduled = games.Int(10) != 0;
    games_.Load(std::move(game));
  }
}

void HistoryUpdate::Touch(Day date) {
  changed_ = true;
  touched_ = touched_ ? std::min(*touched_, date) : date;
}

Result<const KnownGame*> HistoryUpdate::FindGame(const GameFact& fact) {
  std::string problem;
  const KnownGame* game = games_.Resolve(fact, &problem);
  for (const GameMove& move : games_.TakeMoves()) MoveGame(move);
  if (game == nullptr) return Error{Errc::kInvalid, problem};
  return game;
}

void HistoryUpdate::MoveGame(const GameMove& move) {
  Touch(std::min(move.from_date, move.to_date));
  for (const char* table : {"player_games", "lines"}) {
    // A row that is there already under the new name stays; its double goes.
    connection_
        .Prepared(fmt::format(
            "UPDATE OR IGNORE {} SET game = ?, date = ? WHERE date = ? AND game = ?", table))
        .With(move.to.str(), move.to_date.days(), move.from_date.days(), move.from.str())
        .Run();
    if (move.from == move.to && move.from_date == move.to_date) continue;
    connection_.Prepared(fmt::format("DELETE FROM {} WHERE date = ? AND game = ?", table))
        .With(move.from_date.days(), move.from.str())
        .Run();
  }
  connection_.Prepared("DELETE FROM games WHERE id = ?").With(move.from.str()).Run();
}

template <class Fact>
Result<HistoryUpdate::Place> HistoryUpdate::FindPlace(const Fact& fact) {
  Place place{fact.player, nullptr};
  if (place.player.empty()) {
    TIPOFF_TRY(place.player, players_.Resolve(fact.name, fact.game.date));
  }
  TIPOFF_TRY(place.game, FindGame(fact.game));
  // Only now: a row that is rejected enters nobody.
  if (!fact.player.empty()) players_.Know(fact.player, fact.name, place.game->fact.date);
  return place;
}

Result<PlayerId> HistoryUpdate::FindPlayer(const PlayerId& id, const std::string& name, Day date) {
  if (id.empty()) return players_.Resolve(name, date);
  players_.Know(id, name, date);
  return id;
}

Result<HistoryUpdate::Outcome> HistoryUpdate::Put(const PlayerGameFact& fact) {
  return AtEdge([&]() -> Result<Outcome> {
    TIPOFF_TRY(auto place, FindPlace(fact));
    const auto& [player, game] = place;
    GameRecord record = fact.record;
    record.date = game->fact.date;
    record.game = game->fact.game;
    record.season = game->fact.season;
    record.playoffs = game->playoffs();
    record.team = fact.team;
    record.opponent = game->Opponent(fact.team);
    record.is_home = game->IsHome(fact.team);
    Outcome outcome = rows_.Store(player, record, fact.seconds, fact.whole_minutes);
    if (outcome != Outcome::kSame) Touch(record.date);
    return outcome;
  });
}

Result<HistoryUpdate::Outcome> HistoryUpdate::Put(const GameFact& fact) {
  return AtEdge([&]() -> Result<Outcome> {
    TIPOFF_TRY(const KnownGame* game, FindGame(fact));
    GameNews news = games_.last_news();
    if (news == GameNews::kSame) return Outcome::kSame;
    Touch(game->fact.date);
    return news == GameNews::kNew ? Outcome::kNew : Outcome::kChanged;
  });
}

HistoryUpdate::LineGroup& HistoryUpdate::FindLineGroup(Day date, const PlayerId& player,
                                                       const LineFact& fact) {
  std::string key = fmt::format("{}\n{}\n{}\n{}", date.days(), player.str(), fact.stat, fact.book);
  auto [entry, inserted] = line_groups_.try_emplace(key);
  LineGroup& group = entry->second;
  if (!inserted) return group;
  group = {date, player, fact.stat, fact.book, false, {}};
  sqlite::Statement& stored = connection_.Prepared(
      "SELECT line FROM lines WHERE date = ? AND player = ? AND stat = ? AND book = ?");
  stored.With(date.days(), player.str(), fact.stat, fact.book);
  while (stored.Step()) group.stale.insert(stored.Int(0));
  group.existed = !group.stale.empty();
  return group;
}

Result<HistoryUpdate::Outcome> HistoryUpdate::Put(const LineFact& fact) {
  return AtEdge([&]() -> Result<Outcome> {
    TIPOFF_TRY(auto place, FindPlace(fact));
    const auto& [player, game] = place;
    Day date = game->fact.date;
    LineGroup& group = FindLineGroup(date, player, fact);
    group.stale.erase(fact.line.milli());
    sqlite::Statement& find = connection_.Prepared(
        "SELECT game = ? AND over_odds IS ? AND under_odds IS ? FROM lines "
        "WHERE date = ? AND player = ? AND stat = ? AND book = ? AND line = ?");
    find.With(game->fact.game.str(), nullptr, nullptr, date.days(), player.str(), fact.stat,
              fact.book, fact.line.milli());
    BindOptional(find, 1, fact.over_odds);
    BindOptional(find, 2, fact.under_odds);
    bool exists = find.Step();
    bool same = exists && find.Int(0) != 0;
    find.Reset();
    if (same) return Outcome::kSame;
    sqlite::Statement& put =
        connection_.Prepared("INSERT OR REPLACE INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    put.With(date.days(), player.str(), fact.stat, fact.book, fact.line.milli(),
             game->fact.game.str());
    BindOptional(put, 6, fact.over_odds);
    BindOptional(put, 7, fact.under_odds);
    put.Run();
    Touch(date);
    return exists || group.existed ? Outcome::kChanged : Outcome::kNew;
  });
}

Result<HistoryUpdate::Outcome> HistoryUpdate::Put(const InjuryFact& fact) {
  return AtEdge([&]() -> Result<Outcome> {
    TIPOFF_TRY(PlayerId player, FindPlayer(fact.player, fact.name, fact.date));
    sqlite::Statement& find = connection_.Prepared(
        "SELECT team = ? AND status = ? AND reason = ? FROM injuries WHERE date = ? AND player = "
        "?");
    find.With(fact.team, fact.status, fact.reason, fact.date.days(), player.str());
    bool exists = find.Step();
    bool same = exists && find.Int(0) != 0;
    find.Reset();
    if (same) return Outcome::kSame;
    connection_.Prepared("INSERT OR REPLACE INTO injuries VALUES (?, ?, ?, ?, ?)")
        .With(fact.date.days(), player.str(), fact.team, fact.status, fact.reason)
        .Run();
    Touch(fact.date);
    return exists ? Outcome::kChanged : Outcome::kNew;
  });
}

Result<HistoryUpdate::Outcome> HistoryUpdate::Put(const PositionFact& fact) {
  return AtEdge([&]() -> Result<Outcome> {
    TIPOFF_TRY(PlayerId player, FindPlayer(fact.player, fact.name, Day()));
    sqlite::Statement& find = connection_.Prepared(
        "SELECT position = ? AND position_group = ? FROM positions "
        "WHERE season = ? AND player = ?");
    find.With(fact.position, fact.position_group, fact.season, player.str());
    bool exists = find.Step();
    bool same = exists && find.Int(0) != 0;
    find.Reset();
    if (same) return Outcome::kSame;
    connection_.Prepared("INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)")
        .With(fact.season, player.str(), fact.position, fact.position_group)
        .Run();
    changed_ = true;
    return exists ? Outcome::kChanged : Outcome::kNew;
  });
}

void HistoryUpdate::JoinPlayers() {
  for (const PlayerBook::Likeness& likeness : players_.MadeAndReal()) {
    auto real = std::find_if(likeness.real.begin(), likeness.real.end(), [&](const PlayerId& id) {
      return rows_.MayBeOneMan(likeness.made, id);
    });
    if (real != likeness.real.end()) JoinPlayer(likeness.made, *real);
  }
}

void HistoryUpdate::JoinPlayer(const PlayerId& made, const PlayerId& real) {
  if (std::optional<Day> first = rows_.Join(made, real)) Touch(*first);
  for (const char* table : {"lines", "injuries", "positions"}) {
    connection_.Prepared(fmt::format("UPDATE OR IGNORE {} SET player = ? WHERE player = ?", table))
        .With(real.str(), made.str())
        .Run();
    connection_.Prepared(fmt::format("DELETE FROM {} WHERE player = ?", table))
        .With(made.str())
        .Run();
  }
  connection_.Prepared("DELETE FROM players WHERE id = ?").With(made.str()).Run();
  players_.Forget(made);
  changed_ = true;
}

void HistoryUpdate::DropStaleLines() {
  for (const auto& [key, group] : line_groups_) {
    for (std::int64_t line : group.stale) {
      connection_
          .Prepared(
              "DELETE FROM lines WHERE date = ? AND player = ? AND stat = ? AND book = ? "
              "AND line = ?")
          .With(group.date.days(), group.player.str(), group.stat, group.book, line)
          .Run();
      Touch(group.date);
    }
  }
}

void HistoryUpdate::StoreGames() {
  sqlite::Statement& put =
      connection_.Prepared("INSERT OR REPLACE INTO games VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const KnownGame* game : games_.Changed()) {
    const GameFact& fact = game->fact;
    put.With(fact.game.str(), fact.date.days(), fact.season, fact.type, fact.home, fact.away,
             fact.home_by, nullptr, nullptr, nullptr, fact.scheduled);
    if (fact.neutral_site) put.Bind(7, std::int64_t{*fact.neutral_site});
    BindOptional(put, 8, fact.home_score);
    BindOptional(put, 9, fact.away_score);
    put.Run();
    changed_ = true;
    if (!game->realign) continue;
    rows_.Realign(*game);
    Touch(fact.date);
  }
}

void HistoryUpdate::StorePlayers() {
  for (const PlayerId& id : players_.TakeChanged()) {
    const KnownPlayer& player = *players_.Find(id);
    connection_.Prepared("INSERT OR REPLACE INTO players VALUES (?, ?, ?, ?, ?)")
        .With(id.str(), player.name, player.key.full, player.made, player.named_on.days())
        .Run();
    changed_ = true;
    // Slates show names.
    sqlite::Statement& first =
        connection_.Prepared("SELECT min(date) FROM player_games WHERE player = ?");
    first.With(id.str());
    if (first.Step() && !first.IsNull(0)) Touch(ReadDay(first, 0));
    first.Reset();
  }
}

void HistoryUpdate::StoreRecord(const ImportRecord& record) {
  connection_
      .Prepared(
          "INSERT INTO imports (path, kind, hash, imported_at, read, new, same, changed, "
          "rejected) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .With(record.path, record.kind, record.hash, record.at.micros(), record.counts.read,
            record.counts.added, record.counts.same, record.counts.changed, record.counts.rejected)
      .Run();
  if (!changed_) return;
  sqlite::Statement& state = connection_.Prepared("SELECT data_version FROM state");
  std::string before = state.Step() ? state.Text(0) : "";
  state.Reset();
  connection_.Prepared("UPDATE state SET data_version = ?")
      .With(Sha256Hex(before + '\n' + record.hash).substr(0, 16))
      .Run();
  if (!touched_) return;
  connection_.Prepared("UPDATE state SET dirty_from = min(ifnull(dirty_from, ?1), ?1)")
      .With(touched_->days())
      .Run();
}

Status HistoryUpdate::Commit(const ImportRecord& record) {
  std::int64_t id = 0;
  TIPOFF_TRY_STATUS(AtEdge([&] {
    TIPOFF_CRASH_POINT("import/rows-put");
    JoinPlayers();
    DropStaleLines();
    StoreGames();
    TIPOFF_CRASH_POINT("import/games-stored");
    StorePlayers();
    StoreRecord(record);
    TIPOFF_CRASH_POINT("import/recorded");
    id = connection_.last_row_id();
    return Done{};
  }));
  Status committed = AtEdge([&] {
    transaction_->Commit();
    return Done{};
  });
  TIPOFF_CRASH_POINT("import/committed");
  if (committed.ok()) return committed;
  // An error from COMMIT may hide a success: what counts is what can be read afterwards.
  transaction_.reset();
  auto found = AtEdge([&] {
    sqlite::Statement& stored = connection_.Prepared("SELECT 1 FROM imports WHERE id = ?");
    stored.With(id);
    bool there = stored.Step();
    stored.Reset();
    return there;
  });
  if (!found.ok()) {
    return Error{Errc::kUnknownOutcome,
                 fmt::format("{}; whether the file was stored is not known: import it again",
                             committed.error().message)};
  }
  return *found ? Ok() : committed;
}

}  // namespace tipoff
