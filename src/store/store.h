// Port: where batches, their requests, their journal and their staged predictions live.
//
// Every call is asynchronous: `done` is posted to the loop, exactly once, never run inside the
// call. Calls from the loop's thread only. Every call ends within limits::kCallTime; after that its
// error is kUnavailable (certainly not applied) or kUnknownOutcome (perhaps applied: re-read).
// A write that is reported as done is durable: it survives kill -9 and a power cut.
//
// Writes that would break a rule are refused as a whole; there is no partial effect, ever.
// tests/contract/store_contract_test.cpp is this header as a test, run over every backend.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/instant.h"
#include "base/result.h"
#include "core/batch.h"
#include "core/prediction.h"
#include "core/slate.h"

namespace tipoff {

struct NewRequest {
  Request row;
  RequestSpec spec;
};

// Says something to the world: that a batch has ended, written by the ending commit, or an alert.
// Sent afterwards.
struct Announcement {
  std::string id;      // Unique, derived from what it tells: sending twice is recognisable.
  BatchId batch;       // What it is about; of an alert the batch at which it tripped.
  std::string target;  // "log", "bus", a webhook's name.
  std::string kind = "batch.ended";  // Or "alert.systemic".
  std::string detail;                // Of an alert: what it says, as JSON.
  Instant recorded_at;
  int tries = 0;
  Instant due_at;     // Store time of the next try.
  Instant sent_at;    // never: not yet.
  bool dead = false;  // Given up.
  std::string last_error;
};

enum class AnnouncementState : std::uint8_t {
  kPending,
  kSent,
  kDead,
};

struct AnnouncementFilter {
  std::optional<AnnouncementState> state;
  bool due = false;    // Only pending ones that are due by now, the longest due first.
  std::string target;  // "": all.
  std::string id;      // "": all.
  std::string after;   // Only ids above this one: the cursor. Not with `due`.
  std::size_t limit = 100;
};

// How one target's announcements stand.
struct AnnouncementCount {
  std::string target;
  std::uint64_t pending = 0;
  std::uint64_t dead = 0;
  Instant oldest;  // When the oldest pending one was recorded; never: none.
};

// A small thing of a kind, found by its id: a key, an audit entry, a worker seen, an answer given.
// Its body is text that only its users understand.
struct Record {
  std::string kind;
  std::string id;
  Instant at;  // Store time of the write; set by the store.
  std::string body;

  friend bool operator==(const Record&, const Record&) = default;
};

enum class PutMode : std::uint8_t {
  kReplace,
  kFirstStays,  // One that is there already stays as it is.
};

struct RecordFilter {
  std::string kind;
  bool newest_first = false;  // By id, descending; else ascending.
  std::string after;          // Only ids behind this one, in that order: the cursor.
  std::size_t limit = 100;
};

// One commit to one batch: header, rows and journal together or not at all.
struct BatchCommit {
  Batch next;                        // Its version is that of the stored header + 1.
  std::vector<Request> rows;         // Rows that change, as they become.
  std::vector<NewRequest> new_rows;  // Rows written for the first time, before the batch is sealed.
  std::string journal;               // EncodeJournal of the entry whose seq is next.version.
  std::vector<Announcement> announcements;
  std::vector<Record> records;  // Put in the same commit, replacing.
};

struct CreateOutcome {
  bool created = false;
  BatchId live;  // Not created: the live batch that holds the slot.
};

// A header with the rows that were asked for, as of one instant.
struct Snapshot {
  Batch batch;
  std::vector<Request> rows;           // Sorted by ordinal; what does not exist is left out.
  std::uint32_t next_publication = 1;  // The number that the slot's next publication gets.
};

struct RowKeys {
  struct Player {
    PlayerId player;
    std::string group;
  };
  std::vector<std::uint32_t> ordinals;
  std::vector<Player> players;
};

struct RequestFilter {
  std::vector<RequestState> states;  // Stored states; empty: all.
  std::int64_t after = -1;           // Only ordinals above it: the cursor.
  std::size_t limit = 500;
};

struct BatchFilter {
  bool live_only = false;
  bool unsettled = false;  // Terminal, with rows that may still be open.
  bool published_only = false;
  std::optional<Slot> slot;
  std::optional<Day> game_date;
  std::optional<Phase> phase;
  std::optional<BatchId> retry_of;
  std::optional<Instant> ended_before;  // Terminal, and was so before that.
  std::string after;  // Cursor of the page before; "" for the first page. Else kInvalid.
  std::size_t limit = 100;
};

struct BatchPage {
  std::vector<Batch> batches;  // Newest first; with published_only by publication, highest first.
  std::string next;            // Cursor of the next page; "" if this was the last.
  // Headers of the page that can't be decoded, each "ID: why". They keep no other from its turn.
  std::vector<std::string> unreadable;
};

struct JournalRecord {
  std::uint64_t seq = 0;
  std::string text;
  std::string hash;
};

// A lease on a name, with a token that only ever grows: who writes with an older one is fenced.
struct LeaseGrant {
  bool granted = false;
  std::uint64_t token = 0;
  Incarnation holder;  // Who has it, the caller if granted.
  Instant until;
};

// A message that could not be understood or belongs to no batch.
struct Quarantined {
  Instant at;
  std::string topic;
  std::string reason;
  std::string body;  // The first kilobytes.
};

template <class T>
using DoneWith = std::function<void(Result<T>)>;

class Store {
 public:
  virtual ~Store() = default;

  // Store time: the highest time seen in this store's answers, carried forward by the steady clock;
  // never steps back. What is promised to users is judged by it. Reads nothing.
  virtual Instant Now() = 0;

  // --- batches ---------------------------------------------------------------------------------

  // Writes a new batch (version 1) with its first rows, and takes its slot unless the batch is
  // terminal already. Not created if a live batch holds the slot; nothing is written then. With
  // `superseded` that batch's commit is made in the same transaction first: kConflict if its
  // version has moved on. kExists if the id is taken.
  virtual void Create(BatchCommit created, std::optional<BatchCommit> superseded,
                      DoneWith<CreateOutcome> done) = 0;

  // kNotFound if there is no such batch. Rows that do not exist are left out.
  virtual void Load(BatchId batch, RowKeys keys, DoneWith<Snapshot> done) = 0;

  // Guarded: kConflict, and nothing written, unless the stored version is next.version - 1.
  // Frees the slot when next is terminal. kUnknownOutcome: re-read; it was applied if the stored
  // journal_hash is next.journal_hash.
  virtual void Commit(BatchCommit commit, DoneWith<Done> done) = 0;

  virtual void ListBatches(BatchFilter filter, DoneWith<BatchPage> done) = 0;

  // Rows by ordinal; kNotFound if there is no such batch.
  virtual void ListRequests(BatchId batch, RequestFilter filter,
                            DoneWith<std::vector<Request>> done) = 0;

  // What is to be published: rows never published, or due by `now`, of a sealed live batch, with
  // what they ask for; by ordinal. Empty for any other batch.
  virtual void ListOutbox(BatchId batch, std::int64_t after, std::size_t limit, Instant now,
                          DoneWith<std::vector<NewRequest>> done) = 0;

  virtual void LoadSpecs(BatchId batch, std::vector<std::uint32_t> ordinals,
                         DoneWith<std::vector<RequestSpec>> done) = 0;

  // Removes a batch that has ended, with rows, predictions, journal and announcements: `rows` rows
  // at most in one call, so that nothing is held for long. True: it is gone. False: call again;
  // the header goes last, so that whoever comes next finds it and goes on. kConflict, and nothing
  // removed, while it is live, has rows to settle or an announcement that is neither sent nor given
  // up. kNotFound if there is no such batch: somebody else has removed the rest.
  virtual void DropBatch(BatchId batch, std::size_t rows, DoneWith<bool> done) = 0;

  // Entries with a seq above `after`, in order.
  virtual void ReadJournal(BatchId batch, std::uint64_t after, std::size_t limit,
                           DoneWith<std::vector<JournalRecord>> done) = 0;

  // --- predictions -----------------------------------------------------------------------------

  // Stages each result in one atomic write. A request that has one already keeps it: the first
  // stays. Answers, for each in order, what is now stored for it.
  virtual void Stage(std::vector<StagedResult> results, DoneWith<std::vector<Completion>> done) = 0;

  // By ordinal, above `after`. With `ordinals` not empty only those.
  virtual void ListStaged(BatchId batch, std::int64_t after, std::size_t limit,
                          std::vector<std::uint32_t> ordinals,
                          DoneWith<std::vector<StagedResult>> done) = 0;

  // --- slates ----------------------------------------------------------------------------------

  // Replaces the snapshots of these dates.
  virtual void PutSlates(std::vector<Slate> slates, DoneWith<Done> done) = 0;
  // kNotFound if nothing was imported for the date.
  virtual void GetSlate(Day game_date, DoneWith<Slate> done) = 0;

  // --- everything else -------------------------------------------------------------------------

  // Takes or extends the lease `name` for `owner` until `ttl` from now, by store time. Who takes a
  // lease that was free gets a higher token. Not granted while another holds it. With a `ttl` of 0
  // its holder gives it up: another may take it at once.
  virtual void AcquireLease(std::string name, Incarnation owner, Duration ttl,
                            DoneWith<LeaseGrant> done) = 0;

  // By id, unless `due`.
  virtual void ListAnnouncements(AnnouncementFilter filter,
                                 DoneWith<std::vector<Announcement>> done) = 0;
  // Of each target that has pending or dead ones, by name.
  virtual void CountAnnouncements(DoneWith<std::vector<AnnouncementCount>> done) = 0;
  // Replaces the stored one of the same id, or adds it.
  virtual void UpdateAnnouncement(Announcement announcement, DoneWith<Done> done) = 0;

  // Answers what is stored under the id now.
  virtual void PutRecord(Record record, PutMode mode, DoneWith<Record> done) = 0;
  // kNotFound if there is none.
  virtual void GetRecord(std::string kind, std::string id, DoneWith<Record> done) = 0;
  virtual void ListRecords(RecordFilter filter, DoneWith<std::vector<Record>> done) = 0;
  // Removes those of a kind that were written before; answers how many.
  virtual void DropRecords(std::string kind, Instant before, DoneWith<std::size_t> done) = 0;

  virtual void Quarantine(std::vector<Quarantined> messages, DoneWith<Done> done) = 0;
  // Newest first.
  virtual void ListQuarantine(std::size_t limit, DoneWith<std::vector<Quarantined>> done) = 0;
};

}  // namespace tipoff
