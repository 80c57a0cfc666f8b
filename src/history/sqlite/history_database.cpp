#include "history/sqlite/history_database.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/crash_point.h"
#include "history/sqlite/rows.h"
#include "history/sqlite/schema.h"
#include "history/team_games.h"
#include "sqlite/connection.h"
#include "sqlite/migrate.h"

namespace tipoff {
namespace {

Error NothingImported(const std::string& what) {
  return {Errc::kUnavailable,
          fmt::format("{}: import box scores first, with `tipoff import FILE...`", what)};
}

// Everything inside sees one state of the file.
class ReadTransaction {
 public:
  explicit ReadTransaction(sqlite::Connection& connection) : connection_(connection) {
    connection_.Execute("BEGIN");
  }
  ~ReadTransaction() { sqlite3_exec(connection_.handle(), "COMMIT", nullptr, nullptr, nullptr); }
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  sqlite::Connection& connection_;
};

std::string ReadDataVersion(sqlite::Connection& connection) {
  sqlite::Statement& state = connection.Prepared("SELECT data_version FROM state");
  std::string version = state.Step() ? state.Text(0) : "";
  state.Reset();
  return version;
}

bool HasRows(sqlite::Connection& connection) {
  return connection.QueryInt("SELECT EXISTS (SELECT 1 FROM player_games)") != 0;
}

void CopyInto(sqlite::Connection& target, const std::string& path) {
  // Without a log beside it nobody has the file open, and no file needs to appear beside it.
  std::error_code problem;
  bool in_use = std::filesystem::exists(path + "-wal", problem);
  sqlite::Connection source(
      path, in_use ? sqlite::Connection::Mode::kReadOnly : sqlite::Connection::Mode::kImmutable);
  sqlite3_backup* backup = sqlite3_backup_init(target.handle(), "main", source.handle(), "main");
  int code = backup == nullptr ? SQLITE_ERROR : sqlite3_backup_step(backup, -1);
  sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) throw sqlite::Failure(code, path + ": " + sqlite3_errstr(code));
}

}  // namespace

std::string HistoryPath(const std::string& data) { return data + "/history.db"; }

HistoryDatabase::HistoryDatabase(std::unique_ptr<sqlite::Connection> connection)
    : connection_(std::move(connection)) {}
HistoryDatabase::HistoryDatabase(HistoryDatabase&&) noexcept = default;
HistoryDatabase& HistoryDatabase::operator=(HistoryDatabase&&) noexcept = default;
HistoryDatabase::~HistoryDatabase() = default;

Result<HistoryDatabase> HistoryDatabase::Open(const std::string& path, Mode mode) {
  bool write = mode == Mode::kReadWrite;
  std::error_code problem;
  if (!write && !std::filesystem::exists(path, problem)) {
    return NothingImported("there is no " + path);
  }
  auto opened = AtEdge([&] {
    return std::make_unique<sqlite::Connection>(
        path, write ? sqlite::Connection::Mode::kReadWrite : sqlite::Connection::Mode::kReadOnly);
  });
  bool damaged = !opened.ok() && opened.error().code == Errc::kCorrupt;
  if (damaged) return Annotate(opened.error(), path);  // SQLite names no file here.
  TIPOFF_TRY(auto connection, std::move(opened));
  if (write) {
    TIPOFF_TRY_STATUS(sqlite::Migrate(*connection, HistorySchema(), path));
  } else {
    TIPOFF_TRY_STATUS(sqlite::CheckVersion(*connection, HistorySchema().size(), path));
  }
  return HistoryDatabase(std::move(connection));
}

Result<HistoryDatabase> HistoryDatabase::CopyInMemory(const std::string& path) {
  std::error_code problem;
  bool exists = std::filesystem::exists(path, problem);
  TIPOFF_TRY(auto connection, AtEdge([&] {
               auto memory = std::make_unique<sqlite::Connection>(
                   ":memory:", sqlite::Connection::Mode::kReadWrite);
               if (exists) CopyInto(*memory, path);
               return memory;
             }));
  TIPOFF_TRY_STATUS(sqlite::Migrate(*connection, HistorySchema(), path));
  return HistoryDatabase(std::move(connection));
}

std::vector<GameRecord> HistoryDatabase::GamesOf(const PlayerId& player, Day oldest,
                                                 const HistoryQuery& query) {
  static const std::string kSql = fmt::format(
      "SELECT {} FROM player_games WHERE player = ? AND date < ? AND date >= ? "
      "ORDER BY date DESC, game DESC LIMIT ?",
      kRecordColumns);
  std::vector<GameRecord> games;
  sqlite::Statement& rows = connection_->Prepared(kSql);
  rows.With(player.str(), query.before.days(), oldest.days(), query.max_games);
  while (rows.Step()) games.push_back(ReadRecord(rows, 0));
  return games;
}

const std::vector<TeamForm>& HistoryDatabase::TeamForms(const std::string& data_version, Day oldest,
                                                        Day before) {
  if (last_teams_.data_version == data_version && last_teams_.oldest == oldest &&
      last_teams_.before == before) {
    return last_teams_.teams;
  }
  struct Side {
    std::string team;
    std::int64_t points;
  };
  TeamGames teams;
  std::vector<Side> sides;
  std::pair<Day, std::string> game;
  auto close_game = [&] {
    if (sides.size() == 2) {
      teams.Add(game.first, sides[0].team, sides[0].points, sides[1].team, sides[1].points);
    }
    sides.clear();
  };
  sqlite::Statement& rows = connection_->Prepared(
      "SELECT date, game, team, sum(points) FROM player_games WHERE date >= ? AND date < ? "
      "GROUP BY date, game, team ORDER BY date, game, team");
  rows.With(oldest.days(), before.days());
  while (rows.Step()) {
    std::pair<Day, std::string> of{ReadDay(rows, 0), rows.Text(1)};
    if (of != game) close_game();
    game = std::move(of);
    sides.push_back({rows.Text(2), rows.Int(3)});
  }
  close_game();
  last_teams_ = {data_version, oldest, before, teams.FormsBefore(before, oldest)};
  return last_teams_.teams;
}

Result<HistoryBatch> HistoryDatabase::Query(const HistoryQuery& query) {
  return AtEdge([&]() -> Result<HistoryBatch> {
    ReadTransaction transaction(*connection_);
    if (!HasRows(*connection_)) return NothingImported("the history is empty");
    HistoryBatch batch;
    batch.data_version = ReadDataVersion(*connection_);
    Day oldest = query.before - query.lookback_days;
    for (const PlayerId& player : query.players) {
      batch.players.push_back({player, GamesOf(player, oldest, query)});
    }
    batch.teams = TeamForms(batch.data_version, oldest, query.before);
    return batch;
  });
}

Result<HistoryTable> HistoryDatabase::LoadTable() {
  static const std::string kSql = fmt::format(
      "SELECT {}, player, name FROM player_games LEFT JOIN players ON players.id = player",
      kRecordColumns);
  return AtEdge([&]() -> Result<HistoryTable> {
    ReadTransaction transaction(*connection_);
    std::vector<PlayerGame> games;
    sqlite::Statement& rows = connection_->Prepared(kSql);
    while (rows.Step()) {
      games.push_back({PlayerId(rows.Text(kRecordColumnCount)), rows.Text(kRecordColumnCount + 1),
                       ReadRecord(rows, 0)});
    }
    if (games.empty()) return NothingImported("the history is empty");
    return HistoryTable(std::move(games), ReadDataVersion(*connection_));
  });
}

Result<SlateView> HistoryDatabase::LoadSlateView() {
  return AtEdge([&] {
    ReadTransaction transaction(*connection_);
    SlateView view;
    sqlite::Statement& games =
        connection_->Prepared("SELECT date, id, season, home, away, neutral FROM games");
    while (games.Step()) {
      view.games.push_back({ReadDay(games, 0), GameId(games.Text(1)), games.Text(2), games.Text(3),
                            games.Text(4), games.Int(5) != 0});
    }
    sqlite::Statement& rows =
        connection_->Prepared("SELECT date, game, player, team, seconds FROM player_games");
    while (rows.Step()) {
      view.appearances.push_back({ReadDay(rows, 0), GameId(rows.Text(1)), PlayerId(rows.Text(2)),
                                  rows.Text(3), ToMinutes(static_cast<int>(rows.Int(4)))});
    }
    sqlite::Statement& lines = connection_->Prepared(
        "SELECT date, game, player, book, line FROM lines WHERE stat = 'points'");
    while (lines.Step()) {
      Line line = Line::FromMilli(static_cast<std::int32_t>(lines.Int(4)));
      view.lines.push_back({ReadDay(lines, 0),
                            GameId(lines.Text(1)),
                            PlayerId(lines.Text(2)),
                            {lines.Text(3), line}});
    }
    sqlite::Statement& injuries =
        connection_->Prepared("SELECT date, player, status FROM injuries");
    while (injuries.Step()) {
      view.injuries.push_back({ReadDay(injuries, 0), PlayerId(injuries.Text(1)), injuries.Text(2)});
    }
    sqlite::Statement& players = connection_->Prepared("SELECT id, name FROM players");
    while (players.Step()) view.names.emplace(PlayerId(players.Text(0)), players.Text(1));
    return view;
  });
}

Result<std::string> HistoryDatabase::DataVersion() {
  return AtEdge([&] { return ReadDataVersion(*connection_); });
}

Result<SlatesDue> HistoryDatabase::DueSlates() {
  return AtEdge([&] {
    ReadTransaction transaction(*connection_);
    SlatesDue due;
    sqlite::Statement& state = connection_->Prepared("SELECT data_version, dirty_from FROM state");
    if (state.Step()) {
      due.data_version = state.Text(0);
      if (!state.IsNull(1)) due.from = ReadDay(state, 1);
    }
    state.Reset();
    if (!due.from) return due;
    sqlite::Statement& slated =
        connection_->Prepared("SELECT date FROM slated WHERE date >= ? ORDER BY date");
    slated.With(due.from->days());
    while (slated.Step()) due.slated.push_back(ReadDay(slated, 0));
    return due;
  });
}

Status HistoryDatabase::MarkSlatesDue() {
  return AtEdge([&] {
    connection_->Execute(
        "UPDATE state SET dirty_from = (SELECT min(date) FROM (SELECT date FROM games "
        "UNION ALL SELECT date FROM slated))");
    return Done{};
  });
}

Status HistoryDatabase::SlatesDone(const SlatesDue& due, const std::vector<Day>& dates) {
  return AtEdge([&] {
    sqlite::Transaction transaction(*connection_);
    if (!due.from || ReadDataVersion(*connection_) != due.data_version) return Done{};
    connection_->Prepared("DELETE FROM slated WHERE date >= ?").With(due.from->days()).Run();
    for (Day date : dates) {
      connection_->Prepared("INSERT INTO slated VALUES (?)").With(date.days()).Run();
    }
    connection_->Execute("UPDATE state SET dirty_from = NULL");
    TIPOFF_CRASH_POINT("slates/done");
    transaction.Commit();
    TIPOFF_CRASH_POINT("slates/clean");
    return Done{};
  });
}

void HistoryDatabase::Checkpoint() {
  sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr,
                            nullptr);
  TIPOFF_CRASH_POINT("history/checkpointed");
}

}  // namespace tipoff
