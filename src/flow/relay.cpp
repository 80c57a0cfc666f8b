#include "flow/relay.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/mutant.h"
#include "core/limits.h"
#include "core/retry.h"
#include "flow/watch.h"

namespace tipoff {
namespace {

// Requests published in one call. The first calls of a batch are small, so that its first requests
// are soon at a worker; each doubles the next, so that a large batch costs few commits.
constexpr std::size_t kFirstPage = 125;
constexpr std::size_t kPageMax = limits::kMessagesPerCall;
// Pages read and not yet confirmed: while one is confirmed the next is being published. Only one
// that waits for its history.
constexpr int kPagesAtOnce = 3;
constexpr Backoff kPublishBackoff{std::chrono::milliseconds(200), std::chrono::seconds(30)};
// Requests that wait for their history for longer say so that often.
constexpr auto kWaitNoted = std::chrono::seconds(5);

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
  Loop::TimerId timer = 0;   // Of a pause, or of waiting for history.
  Duration waiting_since{};  // For history; steady time.
  Duration loaded_at{};      // When some of it last came; steady time.
};

// One page of the outbox, published in one part, or in several as its history comes.
struct Relay::Page {
  BatchId batch;
  std::string group;
  std::vector<RequestMessage> waiting;  // For their history.
  std::size_t under_way = 0;            // Parts that are being published or confirmed.
  std::optional<Error> problem;         // The first one; the other parts go on.
};

Relay::Relay(Loop& loop, Store& store, Bus& bus, Driver& driver, Random& random,
             TroubleLog& troubles, const Prefetch& prefetch)
    : loop_(loop),
      store_(store),
      bus_(bus),
      driver_(driver),
      random_(random),
      troubles_(troubles),
      wait_max_(prefetch.wait_max) {
  if (prefetch.source == nullptr) return;
  loader_ = std::make_unique<HistoryLoader>(loop, *prefetch.source, prefetch.rules);
}

Relay::~Relay() {
  for (auto& [id, run] : runs_) loop_.Cancel(run.timer);
}

void Relay::Kick(const Batch& batch) {
  auto [entry, fresh] = runs_.try_emplace(batch.id);
  Run& run = entry->second;
  if (!fresh) {
    run.again = true;
    return;
  }
  run.correlation_id = batch.correlation_id;
  run.dataset = batch.slot.dataset;
  run.waiting_since = run.loaded_at = loop_.Steady();
  NextPage(batch.id);
}

void Relay::NextPage(const BatchId& id) {
  Run& run = runs_.at(id);
  int pages = loader_ != nullptr ? 1 : kPagesAtOnce;
  if (run.under_way == 0 && !run.reading && run.trouble) return Pause(id, *run.trouble);
  if (run.under_way == 0 && !run.reading && run.through) return Finish(id);
  if (run.reading || run.through || run.trouble || run.under_way >= pages) return;
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
      TakePage(id, std::move(*page));
    }
    NextPage(id);
  };
  std::size_t size = loader_ != nullptr ? limits::kRowsPerPage : run.page;
  store_.ListOutbox(id, run.after, size, store_.Now(),
                    Watched<std::vector<NewRequest>>(loop_, NoAnswer(), std::move(listed)));
  run.page = std::min(run.page * 2, kPageMax);
}

void Relay::TakePage(const BatchId& id, std::vector<NewRequest> requests) {
  Run& run = runs_.at(id);
  auto page = std::make_shared<Page>();
  page->batch = id;
  page->group = requests.front().spec.group;
  for (NewRequest& request : requests) {
    // A page may hold requests of several groups of systems; each group has its own topic.
    if (request.spec.group != page->group) break;
    RequestMessage& message = page->waiting.emplace_back();
    message.batch = id;
    message.ordinal = request.row.ordinal;
    message.attempt = static_cast<std::uint16_t>(request.row.attempt + 1);
    message.spec = std::move(request.spec);
    message.correlation_id = run.correlation_id;
    message.dataset = run.dataset;
  }
  run.after = page->waiting.back().ordinal;
  ++run.under_way;
  if (loader_ == nullptr || Patience(*page) <= Duration(0)) {
    return Publish(page, std::exchange(page->waiting, {}));
  }
  AskForHistory(page);
}

// --- history --------------------------------------------------------------------------------

void Relay::AskForHistory(std::shared_ptr<Page> page) {
  std::map<Day, std::vector<PlayerId>> dates;
  for (const RequestMessage& message : page->waiting) {
    dates[message.spec.game_date].push_back(message.spec.player);
  }
  for (const auto& [date, players] : dates) {
    loader_->Load(
        date, players,
        [this, page](const std::vector<PlayerId>& some, const Result<HistoryChunk>& chunk) {
          Loaded(page, some, chunk);
        },
        [page] { return !page->waiting.empty(); });
  }
  Wait(page);
}

void Relay::Loaded(const std::shared_ptr<Page>& page, const std::vector<PlayerId>& players,
                   const Result<HistoryChunk>& chunk) {
  // Not of use any more, but why it was missed is worth knowing.
  if (!chunk.ok()) {
    troubles_.Note(Layer::kHistory, kPrefetchTrouble, chunk.error().message, page->batch);
  }
  std::map<PlayerId, std::size_t> asked;
  for (std::size_t i = 0; i < players.size(); ++i) asked.emplace(players[i], i);
  std::vector<RequestMessage> part, others;
  for (RequestMessage& message : page->waiting) {
    auto found = asked.find(message.spec.player);
    if (found == asked.end()) {
      others.push_back(std::move(message));
      continue;
    }
    if (chunk.ok()) {
      message.history = *chunk->players[found->second];
      message.teams = chunk->batch->teams;
      message.data_version = chunk->batch->data_version;
    }
    part.push_back(std::move(message));
  }
  page->waiting = std::move(others);
  if (part.empty()) return;
  Run& run = runs_.at(page->batch);
  run.loaded_at = loop_.Steady();
  if (page->waiting.empty()) loop_.Cancel(std::exchange(run.timer, 0));
  Publish(page, std::move(part));
}

// How much longer the batch of this page waits for history.
Duration Relay::Patience(const Page& page) const {
  const Run& run = runs_.at(page.batch);
  Duration until = std::min(run.loaded_at + wait_max_,
                            run.waiting_since + std::max(wait_max_, loader_->rules().timeout));
  return until - loop_.Steady();
}

void Relay::Wait(std::shared_ptr<Page> page) {
  Duration wait = std::min<Duration>(Patience(*page), kWaitNoted);
  runs_.at(page->batch).timer = loop_.After(wait, [this, page] { Waited(page); });
}

void Relay::Waited(const std::shared_ptr<Page>& page) {
  const Run& run = runs_.at(page->batch);
  bool slow = loop_.Steady() - run.loaded_at >= std::min<Duration>(wait_max_, kWaitNoted);
  if (Patience(*page) > Duration(0)) {
    if (slow) {
      troubles_.Note(Layer::kHistory, kPrefetchTrouble,
                     "nothing has come of it for " + FormatDuration(loop_.Steady() - run.loaded_at),
                     page->batch);
    }
    return Wait(page);
  }
  troubles_.Note(Layer::kHistory, kPrefetchTrouble,
                 "it was not there in time, and the requests went without it", page->batch);
  Log(Severity::kWarning, "requests go without their history; workers load it",
      {{"batch_id", page->batch.str()},
       {"count", std::to_string(page->waiting.size())},
       {"waited", FormatDuration(loop_.Steady() - run.waiting_since)}});
  Publish(page, std::exchange(page->waiting, {}));
}

// --- publishing -----------------------------------------------------------------------------

void Relay::Publish(std::shared_ptr<Page> page, std::vector<RequestMessage> messages) {
  ++page->under_way;
  std::vector<std::string> bodies;
  bodies.reserve(messages.size());
  for (RequestMessage& message : messages) {
    message.published_at = store_.Now();
    bodies.push_back(Encode(message));
    message.history.reset();  // Only the message's identity is needed from here on.
    message.teams.reset();
  }
  TIPOFF_CRASH_POINT("relay/publish");
  auto published = [this, page,
                    messages = std::move(messages)](Result<std::vector<std::string>> refusals) {
    if (!refusals.ok() && TIPOFF_MUTANT("confirmed-unpublished")) {
      refusals = std::vector<std::string>(messages.size());
    }
    if (!refusals.ok()) {
      troubles_.Note(Layer::kBus, ToString(refusals.error().code), refusals.error().message,
                     page->batch);
      return Settled(page, refusals.error());
    }
    TIPOFF_CRASH_POINT("relay/published");
    Confirm(page, messages, *refusals);
  };
  bus_.Publish({Topic::Kind::kRequests, page->group}, std::move(bodies),
               Watched<std::vector<std::string>>(loop_, NoAnswer(), std::move(published)));
}

void Relay::Confirm(std::shared_ptr<Page> page, const std::vector<RequestMessage>& messages,
                    const std::vector<std::string>& refusals) {
  Published event;
  RowKeys keys;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    auto ordinal = static_cast<std::uint32_t>(messages[i].ordinal);
    if (!refusals[i].empty()) {
      troubles_.Note(Layer::kBus, "refused for good", refusals[i], page->batch);
    }
    event.items.push_back({ordinal, messages[i].attempt, refusals[i]});
    keys.ordinals.push_back(ordinal);
  }
  driver_.Submit(page->batch, std::move(keys), std::move(event),
                 [this, page](Result<Applied> applied) {
                   Settled(page, applied.ok() ? Ok() : Status(applied.error()));
                 });
}

// One part of a page is through. What is not confirmed stays in the outbox, and the next round
// publishes it again.
void Relay::Settled(const std::shared_ptr<Page>& page, const Status& status) {
  if (!status.ok() && !page->problem) page->problem = status.error();
  if (--page->under_way > 0 || !page->waiting.empty()) return;
  Run& run = runs_.at(page->batch);
  --run.under_way;
  if (page->problem) {
    run.trouble = page->problem;
  } else {
    TIPOFF_CRASH_POINT("relay/confirmed");
    run.failures = 0;
  }
  NextPage(page->batch);
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
  run.waiting_since = run.loaded_at = loop_.Steady();
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
