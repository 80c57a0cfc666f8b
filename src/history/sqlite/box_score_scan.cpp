#include "history/sqlite/box_score_scan.h"

#include <fmt/format.h>

#include "history/sqlite/history_database.h"
#include "history/sqlite/rows.h"

namespace tipoff {

// The statement under way keeps the state of the file that its transaction began with.
struct BoxScoreScan::Rows {
  explicit Rows(sqlite::Connection& its_connection)
      : connection(its_connection),
        statement(connection.handle(),
                  fmt::format("SELECT {}, player FROM player_games", kRecordColumns)) {}
  ~Rows() {
    statement.Reset();
    sqlite3_exec(connection.handle(), "COMMIT", nullptr, nullptr, nullptr);
  }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  sqlite::Connection& connection;
  sqlite::Statement statement;
};

BoxScoreScan::BoxScoreScan(std::unique_ptr<HistoryDatabase> database, std::string data_version)
    : database_(std::move(database)), data_version_(std::move(data_version)) {}
BoxScoreScan::BoxScoreScan(BoxScoreScan&&) noexcept = default;
BoxScoreScan& BoxScoreScan::operator=(BoxScoreScan&& other) noexcept {
  rows_ = std::move(other.rows_);  // The old statement ends before its connection does.
  database_ = std::move(other.database_);
  data_version_ = std::move(other.data_version_);
  return *this;
}
BoxScoreScan::~BoxScoreScan() = default;

Result<BoxScoreScan> BoxScoreScan::Begin(const std::string& path) {
  TIPOFF_TRY(HistoryDatabase opened, HistoryDatabase::Open(path, HistoryDatabase::Mode::kReadOnly));
  auto database = std::make_unique<HistoryDatabase>(std::move(opened));
  TIPOFF_TRY_STATUS(AtEdge([&] {
    database->connection().Execute("BEGIN");
    return Done{};
  }));
  TIPOFF_TRY(std::string version, database->DataVersion());
  BoxScoreScan scan(std::move(database), std::move(version));
  TIPOFF_TRY(scan.rows_,
             AtEdge([&] { return std::make_unique<Rows>(scan.database_->connection()); }));
  return scan;
}

Result<bool> BoxScoreScan::Next(
    int rows, const std::function<void(const PlayerId&, const GameRecord&)>& take) {
  return AtEdge([&] {
    for (int i = 0; i < rows; ++i) {
      if (!rows_->statement.Step()) return false;
      take(PlayerId(rows_->statement.Text(kRecordColumnCount)), ReadRecord(rows_->statement, 0));
    }
    return true;
  });
}

}  // namespace tipoff
