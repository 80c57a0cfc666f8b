// The backends that need nothing but this machine.
#include <fmt/format.h>

#include "bus/memory/memory_bus.h"
#include "bus/sqlite/sqlite_bus.h"
#include "contract/bus_contract.h"
#include "sqlite/schema.h"
#include "support/manual_loop.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

class SimulatedTime : public BusBackend {
 public:
  void RunUntil(const std::function<bool()>& done) override { loop.RunUntil(done); }
  void Pass(Duration time) override { loop.Advance(time); }

 protected:
  ManualLoop loop;
};

class MemoryBackend final : public SimulatedTime {
 public:
  Bus& bus() override { return bus_; }
  Bus& other() override { return other_; }

 private:
  MemoryBroker broker_;
  MemoryBus bus_{broker_, loop};
  MemoryBus other_{broker_, loop};
};

class SqliteBackend final : public SimulatedTime {
 public:
  SqliteBackend() {
    for (int i = 0; i < 2; ++i) {
      sqlite::DatabaseOptions options;
      options.path = folder_ / "tipoff.db";
      options.migrations = sqlite::Migrations();
      options.process = Incarnation(fmt::format("p{}", i));
      options.on_death = sqlite::GiveBack;
      auto opened = sqlite::Database::Open(options, loop);
      EXPECT_TRUE(opened.ok()) << opened.error().message;
      databases_.push_back(std::move(*opened));
      auto bell = sqlite::Doorbell::Open(folder_ / "processes", options.process);
      EXPECT_TRUE(bell.ok()) << bell.error().message;
      bells_.push_back(std::move(*bell));
      buses_.push_back(std::make_unique<SqliteBus>(*databases_[static_cast<std::size_t>(i)],
                                                   *bells_[static_cast<std::size_t>(i)], loop));
    }
  }
  Bus& bus() override { return *buses_[0]; }
  Bus& other() override { return *buses_[1]; }

 private:
  TempFolder folder_;
  std::vector<std::unique_ptr<sqlite::Database>> databases_;
  std::vector<std::unique_ptr<sqlite::Doorbell>> bells_;
  std::vector<std::unique_ptr<SqliteBus>> buses_;
};

template <class Made>
std::unique_ptr<BusBackend> Make() {
  return std::make_unique<Made>();
}

}  // namespace

std::vector<BusKind> BusKinds() {
  return {{"memory", Make<MemoryBackend>}, {"sqlite", Make<SqliteBackend>}};
}

}  // namespace tipoff
