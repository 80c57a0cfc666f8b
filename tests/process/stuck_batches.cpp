#include "process/stuck_batches.h"

#include <fmt/format.h>

#include <optional>
#include <stdexcept>

#include "base/asio_loop.h"
#include "flow/commit.h"
#include "sqlite/schema.h"
#include "store/sqlite/sqlite_store.h"

namespace tipoff {
namespace {

using std::chrono::minutes;

class Writer {
 public:
  explicit Writer(const std::string& data) {
    sqlite::DatabaseOptions options;
    options.path = data + "/tipoff.db";
    options.migrations = sqlite::Migrations();
    options.process = Incarnation("long-gone");
    options.on_death = sqlite::GiveBack;
    auto opened = sqlite::Database::Open(options, loop_);
    if (!opened.ok()) throw std::runtime_error(opened.error().message);
    database_ = std::move(*opened);
    store_ = std::make_unique<SqliteStore>(*database_, loop_);
  }

  void Write(const StuckBatch& stuck) {
    Instant at = store_->Now() - stuck.age;
    Batch header;
    header.id = BatchId(stuck.id);
    header.slot.game_date = *ParseDay(stuck.date);
    header.slot.dataset = stuck.dataset;
    header.trigger = "api";
    header.min_minutes = 15;
    std::vector<NewRequest> rows;
    for (std::uint32_t i = 0; i < stuck.expected; ++i) {
      RequestSpec spec;
      spec.player = PlayerId(fmt::format("p{}", i));
      spec.game_date = header.slot.game_date;
      rows.push_back(MakeRequest(i, spec, at));
    }
    auto created = Wait<CreateOutcome>([&](auto done) {
      store_->Create(MakeCreation(header, stuck.expected, rows, "long-gone", at, {}), std::nullopt,
                     done);
    });
    if (!created.created) throw std::runtime_error("the slot is taken: " + stuck.id);
    if (stuck.done > 0) Complete(stuck, at);
  }

 private:
  // Publishes all of it and completes the first `done`.
  void Complete(const StuckBatch& stuck, Instant at) {
    RowKeys keys;
    Published published{at, {}};
    Completions completions{at, {}};
    for (std::uint32_t i = 0; i < stuck.expected; ++i) {
      keys.ordinals.push_back(i);
      published.items.push_back({.ordinal = i});
      if (i >= stuck.done) continue;
      Completion completion;
      completion.ordinal = i;
      completion.predictions = 4;
      completion.reported_at = at;
      completions.items.push_back(completion);
    }
    auto snapshot = Wait<Snapshot>([&](auto done) { store_->Load(BatchId(stuck.id), keys, done); });
    CommitBuilder builder(std::move(snapshot));
    builder.Apply(published);
    builder.Apply(completions);
    BatchCommit commit = builder.Build("long-gone", at, {});
    Wait<Done>([&](auto done) { store_->Commit(commit, done); });
  }

  template <class T, class Call>
  T Wait(Call call) {
    std::optional<Result<T>> answer;
    call([&](Result<T> result) {
      answer.emplace(std::move(result));
      loop_.Stop();
    });
    while (!answer) loop_.Run();
    if (!answer->ok()) throw std::runtime_error(answer->error().message);
    return std::move(**answer);
  }

  AsioLoop loop_;
  std::unique_ptr<sqlite::Database> database_;
  std::unique_ptr<SqliteStore> store_;
};

}  // namespace

std::vector<StuckBatch> TheStuckBatches() {
  std::vector<StuckBatch> batches{
      {"batch_2026-01-27_1769553644", "2026-01-27", "", 0, 105, minutes(49)},
      {"batch_2026-01-28_1769554811", "2026-01-28", "a", 0, 117, minutes(21)},
      {"batch_2026-01-28_1769555415", "2026-01-28", "", 0, 117, minutes(14)},
      {"batch_2026-01-23_1769169606", "2026-01-23", "", 76, 81, minutes(6448)},
      {"batch_2026-01-25_1769342408", "2026-01-25", "", 77, 83, minutes(3519)},
      {"batch_2026-01-25_1769353208", "2026-01-25", "b", 74, 80, minutes(3366)},
      {"batch_2026-01-18_1768702278", "2026-01-18", "", 52, 57, minutes(14234)},
  };
  for (int i = 0; batches.size() < 76; ++i) {
    Day day = *ParseDay("2026-01-26") - i / 4;
    batches.push_back({fmt::format("batch_{}_{}", FormatDay(day), 1769000000 - i * 20'000),
                       FormatDay(day), fmt::format("d{}", i), 0, static_cast<std::uint32_t>(60 + i),
                       minutes(2000 + 200 * i)});
  }
  return batches;
}

void WriteStuckBatches(const std::string& data, const std::vector<StuckBatch>& batches) {
  Writer writer(data);
  for (const StuckBatch& batch : batches) writer.Write(batch);
}

}  // namespace tipoff
