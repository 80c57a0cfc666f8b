#include "flow/relay.h"

#include <algorithm>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/mutant.h"
#include "bus/messages.h"
#include "core/limits.h"
#include "core/retry.h"
#include "flow/watch.h"

namespace tipoff {
namespace {

// Requests published in one call. The first calls of a batch are small, so that its first requests
// are soon at a worker; each doubles the next, so that a large batch costs few commits.
constexpr std::size_t kFirstPage = 125;
constexpr std::size_t kPageMax = limits::kMessagesPerCall;
// Pages read and not yet confirmed: while one is confirmed the next is being published.
constexpr int kPagesAtOnce = 3;
constexpr Backoff kPublishBackoff{std::chrono::milliseconds(200), std::chrono::seconds(30)};

}  // namespace

struct Relay::Run {
  std::string correlation_id;
  std::string dataset;
  std::int64_t after = -1;  // Everything up to this ordinal has been seen in this round.
  std::size_t page = kFirstPage;
  bool reading = false;
  bool through = false;          // Nothing is left to be read in this round.
  int under_way = 0;             // Pages that are being published or confirmed.
  std::optional<Error> trouble;  // Of this round: it begins anew once nothing is under way.
  bool again = false;
  int failures = 0;
  Loop::TimerId timer = 0;
};

Relay::Relay(Loop& loop, Store& store, Bus& bus, Driver& driver, Random& random,
             TroubleLog& troubles)
    : loop_(loop),
      store_(store),
      bus_(bus),
      driver_(driver),
      random_(random),
      troubles_(troubles) {}

Relay::~Relay() {
  for (auto& [id, run] : runs_) loop_.Cancel(run.timer);
}

void Relay::Kick(const Batch& batch) {
  auto [entry, fresh] = runs_.try_emplace(batch.id);
  if (!fresh) {
    entry->second.again = true;
    return;
  }
  entry->second.correlation_id = batch.correlation_id;
  entry->second.dataset = batch.slot.dataset;
  NextPage(batch.id);
}

void Relay::NextPage(const BatchId& id) {
  Run& run = runs_.at(id);
  if (run.under_way == 0 && !run.reading && run.trouble) return Pause(id, *run.trouble);
  if (run.under_way == 0 && !run.reading && run.through) return Finish(id);
  if (run.reading || run.through || run.trouble || run.under_way >= kPagesAtOnce) return;
  run.reading = true;
  auto listed = [this, id](Result<std::vector<NewRequest>> page) {
    Run& read = runs_.at(id);
    read.reading = false;
    if (!page.ok()) {
      troubles_.NoteStore(page.error(), id);
      read.trouble = page.error();
    } else if (page->empty()) {
      read.through = true;
    } else {
      Publish(id, std::move(*page));
    }
    NextPage(id);
  };
  store_.ListOutbox(id, run.after, run.page, store_.Now(),
                    Watched<std::vector<NewRequest>>(loop_, NoAnswer(), std::move(listed)));
  run.page = std::min(run.page * 2, kPageMax);
}

void Relay::Publish(const BatchId& id, std::vector<NewRequest> page) {
  // A page may hold requests of several groups of systems; each group has its own topic.
  const std::string group = page.front().spec.group;
  auto other = std::find_if(page.begin(), page.end(),
                            [&](const NewRequest& request) { return request.spec.group != group; });
  page.erase(other, page.end());

  Run& run = runs_.at(id);
  run.after = page.back().row.ordinal;
  ++run.under_way;
  std::vector<std::string> bodies;
  bodies.reserve(page.size());
  for (const NewRequest& request : page) {
    RequestMessage message;
    message.batch = id;
    message.ordinal = request.row.ordinal;
    message.attempt = static_cast<std::uint16_t>(request.row.attempt + 1);
    message.spec = request.spec;
    message.correlation_id = run.correlation_id;
    message.dataset = run.dataset;
    message.published_at = store_.Now();
    bodies.push_back(Encode(message));
  }
  TIPOFF_CRASH_POINT("relay/publish");
  auto published = [this, id, page = std::move(page)](Result<std::vector<std::string>> refusals) {
    if (!refusals.ok() && TIPOFF_MUTANT("confirmed-unpublished")) {
      refusals = std::vector<std::string>(page.size());
    }
    if (!refusals.ok()) {
      troubles_.Note(Layer::kBus, ToString(refusals.error().code), refusals.error().message, id);
      return PageDone(id, refusals.error());
    }
    TIPOFF_CRASH_POINT("relay/published");
    Confirm(id, page, *refusals);
  };
  bus_.Publish({Topic::Kind::kRequests, group}, std::move(bodies),
               Watched<std::vector<std::string>>(loop_, NoAnswer(), std::move(published)));
}

void Relay::Confirm(const BatchId& id, const std::vector<NewRequest>& page,
                    const std::vector<std::string>& refusals) {
  Published event;
  RowKeys keys;
  for (std::size_t i = 0; i < page.size(); ++i) {
    const Request& row = page[i].row;
    if (!refusals[i].empty()) troubles_.Note(Layer::kBus, "refused for good", refusals[i], id);
    event.items.push_back({row.ordinal, static_cast<std::uint16_t>(row.attempt + 1), refusals[i]});
    keys.ordinals.push_back(row.ordinal);
  }
  driver_.Submit(id, std::move(keys), std::move(event), [this, id](Result<Applied> applied) {
    // Not confirmed: the rows stay in the outbox, and the next round publishes them again.
    if (!applied.ok()) return PageDone(id, applied.error());
    TIPOFF_CRASH_POINT("relay/confirmed");
    runs_.at(id).failures = 0;
    PageDone(id, std::nullopt);
  });
}

void Relay::PageDone(const BatchId& id, std::optional<Error> trouble) {
  Run& run = runs_.at(id);
  --run.under_way;
  if (trouble) run.trouble = std::move(trouble);
  NextPage(id);
}

// Nothing of the round is under way any more. What was not confirmed is still in the outbox.
void Relay::Pause(const BatchId& id, const Error& error) {
  if (error.code == Errc::kNotFound) {
    runs_.erase(id);
    return;
  }
  Run& run = runs_.at(id);
  ++run.failures;
  Duration wait = BackoffDelay(kPublishBackoff, run.failures, random_.Next());
  Log(Severity::kWarning, "publishing is held up",
      {{"batch_id", id.str()}, {"retry_in", FormatDuration(wait)}, {"error", error.message}});
  run.timer = loop_.After(wait, [this, id] { NewRound(id); });
}

void Relay::NewRound(const BatchId& id) {
  Run& run = runs_.at(id);
  run.again = false;
  run.through = false;
  run.trouble.reset();
  run.after = -1;
  NextPage(id);
}

void Relay::Finish(const BatchId& id) {
  TIPOFF_CRASH_POINT("relay/finished");
  Run& run = runs_.at(id);
  if (!run.again) {
    runs_.erase(id);
    return;
  }
  NewRound(id);
}

}  // namespace tipoff
