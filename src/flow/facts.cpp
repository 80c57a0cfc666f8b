#include "flow/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "base/reply.h"
#include "core/failure.h"
#include "core/journal.h"
#include "core/limits.h"
#include "flow/start.h"
#include "view/coordinator_presence.h"
#include "view/worker_presence.h"

namespace tipoff {
namespace {

constexpr Duration kCallLimit = std::chrono::seconds(5);

// One gathering, step by step. Any step that the store does not answer ends it with what is there.
class Gathering : public std::enable_shared_from_this<Gathering> {
 public:
  Gathering(Loop& loop, Store& store, Bus& bus, const TroubleLog* troubles, FactsQuery query,
            DoneWith<Facts> done)
      : loop_(loop),
        store_(store),
        bus_(bus),
        troubles_(troubles),
        query_(std::move(query)),
        done_(std::move(done)) {
    if (troubles_ != nullptr) facts_.troubles = troubles_->Unwritten();
  }

  void Begin() {
    facts_.at = store_.Now();
    facts_.batch.id = query_.batch;
    auto self = shared_from_this();
    store_.Load(query_.batch, {}, Limited<Snapshot>([self](Result<Snapshot> snapshot) {
                  if (!snapshot.ok()) return self->Fail(snapshot.error());
                  self->TakeHeader(std::move(snapshot->batch));
                }));
  }

 private:
  template <class T>
  DoneWith<T> Limited(DoneWith<T> done) {
    auto reply = Reply<T>::Start(
        loop_, kCallLimit, {Errc::kUnavailable, "no answer within " + FormatDuration(kCallLimit)},
        std::move(done));
    return [reply](Result<T> answer) { reply->Post(std::move(answer)); };
  }

  void Fail(const Error& error) {
    if (error.code == Errc::kNotFound) return done_(error);
    facts_.store_problem = error.message;
    done_(std::move(facts_));
  }

  void TakeHeader(Batch batch) {
    facts_.at = std::max(facts_.at, store_.Now());
    if (query_.at && *query_.at < facts_.at) {
      facts_.at = *query_.at;
      facts_.past = true;
    }
    if (facts_.at < batch.created_at) {
      return done_(Error{Errc::kInvalid, fmt::format("at {} batch '{}' did not exist: it was "
                                                     "started {}",
                                                     FormatInstant(facts_.at), batch.id.str(),
                                                     FormatInstant(batch.created_at))});
    }
    stored_ = batch;
    facts_.batch = std::move(batch);
    if (facts_.past) {
      facts_.batch.phase = Phase::kAccepted;
      facts_.batch.reason = Reason::kNone;
      facts_.batch.progress_at = facts_.batch.created_at;
    }
    ReadJournal(0);
  }

  // --- the journal: counts of then, progress, what the sweep found --------------------------

  void ReadJournal(std::uint64_t after) {
    auto self = shared_from_this();
    store_.ReadJournal(
        query_.batch, after, limits::kJournalPerPage,
        Limited<std::vector<JournalRecord>>([self](Result<std::vector<JournalRecord>> records) {
          if (!records.ok()) return self->Fail(records.error());
          self->TakeJournal(*records);
        }));
  }

  void TakeJournal(const std::vector<JournalRecord>& records) {
    bool later = false;
    for (const JournalRecord& record : records) {
      auto entry = DecodeJournal(record.text);
      if (!entry.ok()) return Fail(entry.error());
      later = facts_.past && entry->at > facts_.at;
      if (later) break;
      TakeEntry(*entry);
    }
    bool last =
        later || records.size() < limits::kJournalPerPage || entries_ >= limits::kEntriesDiagnosed;
    if (!last) return ReadJournal(records.back().seq);
    Instant until = IsTerminal(facts_.batch.phase) ? facts_.batch.terminal_at : facts_.at;
    facts_.standstill = std::max(facts_.standstill, Duration(until - moved_at_));
    if (facts_.past) {
      facts_.batch.progress_at = moved_at_;
      if (!IsTerminal(facts_.batch.phase)) facts_.batch.terminal_at = Instant();
    }
    ReadRows(-1);
  }

  void TakeEntry(const JournalEntry& entry) {
    if (entries_++ == 0) moved_at_ = entry.at;
    bool moves = false;
    for (const auto& transition : entry.transitions) {
      moves |= transition.to != RequestState::kPending;
      if (!facts_.past) continue;
      for (const OrdinalRange& range : transition.requests) {
        for (std::uint32_t i = range.first; i <= range.last; ++i) states_[i] = transition.to;
      }
    }
    // A batch that has ended moves no more; the settling of its rows is bookkeeping.
    if (moves && !ended_) {
      facts_.standstill = std::max(facts_.standstill, Duration(entry.at - moved_at_));
      moved_at_ = entry.at;
    }
    ended_ |= IsTerminal(entry.phase);
    for (const std::string& event : entry.events) {
      unsigned count = 0;
      if (std::sscanf(event.c_str(), "reconciled (%u)", &count) == 1) facts_.reconciled += count;
    }
    if (!facts_.past) return;
    facts_.batch.phase = entry.phase;
    facts_.batch.reason = entry.reason;
    facts_.batch.message = entry.message;
    facts_.batch.predictions = entry.predictions;
    facts_.batch.open_become = entry.open_become;
    facts_.batch.version = entry.seq;
  }

  // --- the rows: how far each request had come ----------------------------------------------

  void ReadRows(std::int64_t after) {
    auto self = shared_from_this();
    RequestFilter filter{.after = after, .limit = limits::kRowsPerPage};
    store_.ListRequests(query_.batch, filter,
                        Limited<std::vector<Request>>([self](Result<std::vector<Request>> rows) {
                          if (!rows.ok()) return self->Fail(rows.error());
                          self->TakeRows(std::move(*rows));
                        }));
  }

  void TakeRows(std::vector<Request> rows) {
    bool last =
        rows.size() < limits::kRowsPerPage || rows_read_ + rows.size() >= limits::kRowsDiagnosed;
    rows_read_ += rows.size();
    std::vector<std::uint32_t> uncounted;
    for (const Request& row : rows) {
      if (!Then(row.hops.counted)) uncounted.push_back(row.ordinal);
    }
    std::int64_t next = rows.empty() ? -1 : rows.back().ordinal;
    if (uncounted.empty()) {
      CountRows(rows, {});
      return last ? RowsDone() : ReadRows(next);
    }
    auto self = shared_from_this();
    store_.ListStaged(
        query_.batch, -1, limits::kRowsPerPage, std::move(uncounted),
        Limited<std::vector<StagedResult>>(
            [self, rows = std::move(rows), last, next](Result<std::vector<StagedResult>> staged) {
              if (!staged.ok()) return self->Fail(staged.error());
              std::map<std::uint32_t, Instant> staged_at;
              for (const StagedResult& result : *staged) {
                staged_at[static_cast<std::uint32_t>(result.outcome.ordinal)] = result.staged_at;
              }
              self->CountRows(rows, staged_at);
              last ? self->RowsDone() : self->ReadRows(next);
            }));
  }

  bool Then(Instant hop) const { return !hop.never() && hop <= facts_.at; }

  void CountRows(const std::vector<Request>& rows,
                 const std::map<std::uint32_t, Instant>& staged_at) {
    for (const Request& row : rows) {
      auto staged = staged_at.find(row.ordinal);
      CountRow(row, staged == staged_at.end() ? Instant() : staged->second);
    }
  }

  static void Past(HopFact& hop, bool past_next, Instant since) {
    hop.count = hop.count.value_or(0) + 1;
    if (past_next) return;
    ++hop.waiting;
    if (hop.oldest_waiting.never() || since < hop.oldest_waiting) hop.oldest_waiting = since;
  }

  // A hop that nothing reported was passed all the same if a later one was.
  void CountRow(const Request& row, Instant staged_at) {
    RequestState state = StateUnder(stored_, row);
    if (facts_.past) {
      auto then = states_.find(row.ordinal);
      state = then == states_.end() ? RequestState::kPending : then->second;
      if (IsTerminal(facts_.batch.phase) && IsOpen(state)) state = StateUnder(stored_, row);
      then_.Set(state, then_[state] + 1);
    }
    bool result = state == RequestState::kSucceeded || state == RequestState::kSkipped ||
                  state == RequestState::kFailed;
    if (state == RequestState::kUndelivered && !row.reason.empty() && Then(row.hops.counted)) {
      ++facts_.refused;
      Past(facts_.recorded, true, row.hops.recorded);
      return;
    }
    Instant reported_at = row.hops.reported;
    if (!Then(reported_at) && Then(staged_at)) reported_at = staged_at;
    bool counted = result;
    bool reported = counted || Then(reported_at);
    bool leased = reported || Then(row.hops.leased);
    bool published = leased || Then(row.hops.published);
    Past(facts_.recorded, published, row.hops.recorded);
    if (published) Past(facts_.published, leased, row.hops.published);
    if (leased) Past(facts_.leased, reported, row.hops.leased);
    if (reported) Past(facts_.reported, counted, reported_at);
    if (counted) Past(facts_.counted, true, row.hops.counted);
    if (leased && !reported && !row.worker.empty()) ++facts_.holders[row.worker];
    if (state == RequestState::kSkipped) ++facts_.skips[row.reason];
    if (state == RequestState::kFailed) ++facts_.failures[NormaliseError(row.reason)];
    if (!published || leased) return;
    waiting_groups_.insert(row.group);
  }

  void RowsDone() {
    for (HopFact* hop :
         {&facts_.recorded, &facts_.published, &facts_.leased, &facts_.reported, &facts_.counted}) {
      hop->count = hop->count.value_or(0);
    }
    if (facts_.past && then_.expected() == facts_.batch.expected()) facts_.batch.counts = then_;
    ReadData();
  }

  // --- what surrounds the batch -------------------------------------------------------------

  void ReadData() {
    auto self = shared_from_this();
    store_.GetRecord(kIncompleteRecords, query_.batch.str(),
                     Limited<Record>([self](Result<Record> record) {
                       if (record.ok()) {
                         self->facts_.data_percent = std::strtod(record->body.c_str(), nullptr);
                       } else if (record.error().code != Errc::kNotFound) {
                         return self->Fail(record.error());
                       }
                       self->ReadWorkers("");
                     }));
  }

  template <class Take>
  void ReadAll(std::string_view kind, const std::string& after, Take take,
               std::function<void()> next) {
    auto self = shared_from_this();
    RecordFilter filter{.kind = std::string(kind), .after = after, .limit = limits::kRowsPerPage};
    store_.ListRecords(filter, Limited<std::vector<Record>>([=](Result<std::vector<Record>> page) {
                         if (!page.ok()) return self->Fail(page.error());
                         for (const Record& record : *page) take(record);
                         if (page->size() < limits::kRowsPerPage) return next();
                         self->ReadAll(kind, page->back().id, take, next);
                       }));
  }

  void ReadWorkers(const std::string& after) {
    auto self = shared_from_this();
    ReadAll(
        kWorkerRecords, after,
        [self](const Record& record) {
          auto presence = DecodeWorkerPresence(record.body);
          if (!presence.ok()) return;
          WorkerSighting worker;
          worker.name = presence->name;
          worker.is_ours = presence->counts.has_value();
          // One elsewhere is known since he first asked, which nobody keeps.
          worker.started_at =
              presence->started_at.never() ? self->stored_.created_at : presence->started_at;
          worker.seen_at = record.at;
          worker.stopped_at = presence->stopped_at;
          worker.asked_at = worker.is_ours ? presence->asked_at : record.at;
          worker.refusal = presence->refusal;
          worker.group = presence->group;
          worker.version = presence->version;
          worker.held = presence->counts ? presence->counts->held : 0;
          self->facts_.workers.push_back(std::move(worker));
        },
        [self] { self->ReadCoordinators(); });
  }

  void ReadCoordinators() {
    auto self = shared_from_this();
    ReadAll(
        kCoordinatorRecords, "",
        [self](const Record& record) {
          auto presence = DecodeCoordinatorPresence(record.body);
          if (!presence.ok()) return;
          self->facts_.coordinators.push_back(
              {{presence->process, presence->started_at, record.at, presence->stopped_at},
               presence->swept_at});
        },
        [self] { self->ReadTroubles(); });
  }

  void ReadTroubles() {
    auto self = shared_from_this();
    Instant until = facts_.at;
    if (IsTerminal(facts_.batch.phase)) until = std::min(until, facts_.batch.terminal_at);
    ListTroubles(store_, stored_.created_at, until,
                 Limited<std::vector<Trouble>>([self, until](Result<std::vector<Trouble>> found) {
                   if (!found.ok()) return self->Fail(found.error());
                   self->TakeTroubles(std::move(*found), until);
                 }));
  }

  void TakeTroubles(std::vector<Trouble> found, Instant until) {
    std::vector<Trouble>& all = facts_.troubles;
    // Those of this process are newer than what it has written of the same window.
    std::erase_if(all, [&](const Trouble& trouble) {
      return trouble.first_at > until || trouble.last_at < stored_.created_at;
    });
    std::size_t own = all.size();
    for (Trouble& trouble : found) {
      bool known = std::any_of(
          all.begin(), all.begin() + static_cast<std::ptrdiff_t>(own), [&](const Trouble& mine) {
            return mine.process == trouble.process && mine.first_at == trouble.first_at &&
                   mine.kind == trouble.kind && mine.layer == trouble.layer;
          });
      bool other = !trouble.batch.empty() && trouble.batch != query_.batch;
      if (!known && !other) all.push_back(std::move(trouble));
    }
    std::sort(all.begin(), all.end(),
              [](const Trouble& a, const Trouble& b) { return a.first_at < b.first_at; });
    if (facts_.past) {
      facts_.requests.problem = facts_.completions.problem = "nobody keeps what lay on the bus";
      return done_(std::move(facts_));
    }
    Inspect();
  }

  void Inspect() {
    std::string group = waiting_groups_.empty() ? "" : *waiting_groups_.begin();
    auto self = shared_from_this();
    auto take = [self](BacklogFact& fact, const Result<Backlog>& backlog) {
      if (backlog.ok()) {
        fact = {BacklogFact::State::kKnown, backlog->waiting, backlog->leased, backlog->oldest, ""};
      } else {
        bool missing = backlog.error().code == Errc::kNotFound;
        fact.state = missing ? BacklogFact::State::kMissing : BacklogFact::State::kUnknown;
        fact.problem = backlog.error().message;
      }
    };
    bus_.Inspect({Topic::Kind::kRequests, group}, Limited<Backlog>([=](Result<Backlog> requests) {
                   take(self->facts_.requests, requests);
                   self->bus_.Inspect({Topic::Kind::kCompletions, ""},
                                      self->Limited<Backlog>([=](Result<Backlog> completions) {
                                        take(self->facts_.completions, completions);
                                        self->Probe();
                                      }));
                 }));
  }

  void Probe() {
    if (!query_.probe_writes || IsTerminal(stored_.phase)) return done_(std::move(facts_));
    auto self = shared_from_this();
    store_.PutRecord({"probe", "why", {}, "{}"}, PutMode::kReplace,
                     Limited<Record>([self](Result<Record> put) {
                       if (!put.ok()) self->facts_.write_problem = put.error().message;
                       self->done_(std::move(self->facts_));
                     }));
  }

  Loop& loop_;
  Store& store_;
  Bus& bus_;
  const TroubleLog* troubles_;
  FactsQuery query_;
  DoneWith<Facts> done_;
  Facts facts_;
  Batch stored_;
  std::size_t entries_ = 0;
  std::size_t rows_read_ = 0;
  bool ended_ = false;
  Instant moved_at_;
  std::map<std::uint32_t, RequestState> states_;  // Of then.
  Counts then_;
  std::set<std::string> waiting_groups_;
};

}  // namespace

void GatherFacts(Loop& loop, Store& store, Bus& bus, const TroubleLog* troubles, FactsQuery query,
                 DoneWith<Facts> done) {
  std::make_shared<Gathering>(loop, store, bus, troubles, std::move(query), std::move(done))
      ->Begin();
}

}  // namespace tipoff
