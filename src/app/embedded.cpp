#include "app/embedded.h"

#include <filesystem>

#include "bus/sqlite/sqlite_bus.h"
#include "sqlite/database.h"
#include "sqlite/doorbell.h"
#include "sqlite/schema.h"
#include "store/sqlite/sqlite_store.h"

namespace tipoff {
namespace {

namespace fs = std::filesystem;

class EmbeddedBackend final : public Backend {
 public:
  EmbeddedBackend(std::unique_ptr<sqlite::Doorbell> doorbell,
                  std::unique_ptr<sqlite::Database> database)
      : doorbell_(std::move(doorbell)), database_(std::move(database)) {}

  std::unique_ptr<Store> MakeStore(Loop& loop) override {
    return std::make_unique<SqliteStore>(*database_, loop);
  }
  std::unique_ptr<Bus> MakeBus(Loop& loop) override {
    return std::make_unique<SqliteBus>(*database_, *doorbell_, loop);
  }
  std::uint64_t disk_full() const override { return database_->statistics().disk_full; }

 private:
  // Outlives the database, whose last writes still ring it.
  std::unique_ptr<sqlite::Doorbell> doorbell_;
  std::unique_ptr<sqlite::Database> database_;
};

}  // namespace

Result<std::unique_ptr<Backend>> OpenEmbedded(const std::string& data, Access access,
                                              const Incarnation& process, Loop& loop) {
  bool writable = access == Access::kReadWrite;
  sqlite::DatabaseOptions options;
  options.path = (fs::path(data) / "tipoff.db").string();
  options.migrations = sqlite::Migrations();
  options.process = process;
  options.on_death = sqlite::GiveBack;
  options.mode =
      writable ? sqlite::Connection::Mode::kReadWrite : sqlite::Connection::Mode::kReadOnly;
  TIPOFF_TRY(std::unique_ptr<sqlite::Database> database, sqlite::Database::Open(options, loop));
  std::unique_ptr<sqlite::Doorbell> doorbell;
  if (writable) {
    TIPOFF_TRY(doorbell, sqlite::Doorbell::Open((fs::path(data) / "processes").string(), process));
  }
  return std::unique_ptr<Backend>(
      std::make_unique<EmbeddedBackend>(std::move(doorbell), std::move(database)));
}

}  // namespace tipoff
