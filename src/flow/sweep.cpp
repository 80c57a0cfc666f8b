#include "flow/sweep.h"

#include <algorithm>
#include <unordered_map>

#include "base/log.h"
#include "core/limits.h"

namespace tipoff {
namespace {

constexpr std::size_t kPage = 100;
constexpr std::size_t kRedrivePage = 500;

}  // namespace

Sweep::Sweep(Loop& loop, Store& store, Driver& driver, FanIn& fan_in, Options options)
    : loop_(loop),
      store_(store),
      driver_(driver),
      fan_in_(fan_in),
      options_(options),
      success_at_(loop.Steady()) {}

Sweep::~Sweep() { loop_.Cancel(timer_); }

void Sweep::Start() { Round(); }

void Sweep::Round() { Page(""); }

void Sweep::Plan(Duration wait) {
  timer_ = loop_.After(wait, [this] { Round(); });
}

void Sweep::Page(const std::string& cursor) {
  BatchFilter live{.live_only = true, .after = cursor, .limit = kPage};
  store_.ListBatches(live, [this](Result<BatchPage> page) {
    if (!page.ok()) {
      Log(Severity::kWarning, "the sweep can't read the store", {{"error", page.error().message}});
      return Plan(options_.period);
    }
    // A visit never waits for another's: one batch that can't be written holds up no other.
    for (const Batch& batch : page->batches) Visit(batch, nullptr);
    if (!page->next.empty()) return Page(page->next);
    SettlePage();
  });
}

void Sweep::SettlePage() {
  BatchFilter unsettled{.unsettled = true, .limit = kPage};
  store_.ListBatches(unsettled, [this](Result<BatchPage> page) {
    if (page.ok()) {
      success_at_ = loop_.Steady();
      for (const Batch& batch : page->batches) fan_in_.Settle(batch.id);
    }
    Plan(options_.period);
  });
}

void Sweep::Visit(const Batch& batch, DoneWith<Applied> done) {
  RowKeys keys;
  for (const PlayerId& player : batch.policy.required_players) keys.players.push_back({player, ""});
  driver_.Submit(batch.id, std::move(keys), Tick{}, std::move(done));
}

void Sweep::Redrive(const BatchId& batch) {
  if (!redriving_.insert(batch).second) return;
  Log(Severity::kWarning, "the batch makes no progress: reconciling and publishing again",
      {{"batch_id", batch.str()}});
  RedrivePage(batch, -1);
}

void Sweep::RedrivePage(const BatchId& batch, std::int64_t after) {
  RequestFilter outstanding{.states = {RequestState::kPublished, RequestState::kLeased},
                            .after = after,
                            .limit = kRedrivePage};
  store_.ListRequests(batch, outstanding, [this, batch](Result<std::vector<Request>> rows) {
    if (!rows.ok() || rows->empty()) {
      redriving_.erase(batch);  // The next round of the sweep asks again if it has to.
      return;
    }
    std::vector<std::uint32_t> ordinals;
    for (const Request& row : *rows) ordinals.push_back(row.ordinal);
    store_.ListStaged(
        batch, -1, kRedrivePage, ordinals,
        [this, batch, rows = std::move(*rows)](Result<std::vector<StagedResult>> staged) mutable {
          if (!staged.ok()) {
            redriving_.erase(batch);
            return;
          }
          Reconcile(batch, std::move(rows), std::move(*staged));
        });
  });
}

// A staged result whose completion never came is a completion. What is not staged is due again.
void Sweep::Reconcile(const BatchId& batch, std::vector<Request> rows,
                      std::vector<StagedResult> staged) {
  std::int64_t last = rows.back().ordinal;
  Completions found;
  found.reconciled = true;
  RowKeys found_keys;
  for (StagedResult& result : staged) {
    found_keys.ordinals.push_back(static_cast<std::uint32_t>(result.outcome.ordinal));
    result.outcome.reported_at = result.staged_at;
    found.items.push_back(std::move(result.outcome));
  }
  RowKeys missing;
  for (const Request& row : rows) {
    const auto& known = found_keys.ordinals;
    if (!std::binary_search(known.begin(), known.end(), row.ordinal)) {
      missing.ordinals.push_back(row.ordinal);
    }
  }
  if (!found.items.empty()) {
    Log(Severity::kWarning, "staged predictions were never reported; counting them",
        {{"batch_id", batch.str()}, {"count", std::to_string(found.items.size())}});
    driver_.Submit(batch, std::move(found_keys), std::move(found), nullptr);
  }
  driver_.Submit(batch, std::move(missing), tipoff::Redrive{},
                 [this, batch, last](Result<Applied> applied) {
                   if (applied.ok()) return RedrivePage(batch, last);
                   redriving_.erase(batch);
                 });
}

}  // namespace tipoff
