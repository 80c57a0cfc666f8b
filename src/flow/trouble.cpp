#include "flow/trouble.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/reply.h"
#include "base/utf8.h"
#include "core/limits.h"
#include "core/retry.h"
#include "view/trouble.h"

namespace tipoff {
namespace {

// Windows are written together, so that a storm of errors is no storm of writes.
constexpr auto kWritePeriod = std::chrono::seconds(3);
// Between two errors of one window.
constexpr auto kWindowGap = std::chrono::minutes(1);
// A window is closed when it is so long, so that one that never ends is found by its beginning.
constexpr auto kWindowLength = std::chrono::minutes(10);
constexpr Backoff kWriteBackoff{std::chrono::seconds(3), std::chrono::seconds(30)};
constexpr auto kWriteLimit = std::chrono::seconds(15);
constexpr std::size_t kMessageBytes = 300;

struct Reading {
  Store& store;
  Instant from, to;
  DoneWith<std::vector<Trouble>> done;
  std::vector<Trouble> troubles;
  std::size_t read = 0;
};

// Newest first, by the time of their beginning, which stands first in their ids.
void ReadPage(std::shared_ptr<Reading> reading, std::string after) {
  RecordFilter filter{.kind = kTroubleRecords,
                      .newest_first = true,
                      .after = std::move(after),
                      .limit = limits::kRowsPerPage};
  reading->store.ListRecords(filter, [reading](Result<std::vector<Record>> records) {
    if (!records.ok()) return reading->done(records.error());
    bool older = false;
    for (const Record& record : *records) {
      auto trouble = DecodeTrouble(record.body);
      if (!trouble.ok()) continue;
      older |= trouble->first_at < reading->from - 2 * kWindowLength;
      if (trouble->first_at <= reading->to && trouble->last_at >= reading->from) {
        reading->troubles.push_back(std::move(*trouble));
      }
    }
    reading->read += records->size();
    bool last =
        records->size() < limits::kRowsPerPage || older || reading->read >= limits::kTroublesRead;
    if (last) return reading->done(std::move(reading->troubles));
    ReadPage(reading, records->back().id);
  });
}

}  // namespace

TroubleLog::TroubleLog(Loop& loop, Store& store, std::string process)
    : loop_(loop), store_(store), process_(std::move(process)) {}

TroubleLog::~TroubleLog() { loop_.Cancel(timer_); }

void TroubleLog::Note(Layer layer, std::string_view kind, std::string_view message,
                      const BatchId& batch) {
  Instant now = store_.Now();
  Key key{layer, std::string(kind), batch};
  // What is written and over makes room, so that a long life never runs out of it.
  std::erase_if(open_, [now](const auto& item) {
    const Window& window = item.second;
    return window.written == window.trouble.count && now - window.trouble.last_at > kWindowGap;
  });
  auto found = open_.find(key);
  if (found == open_.end() && open_.size() >= limits::kTroubleKinds) {
    key = {layer, std::string(kind), BatchId()};  // Many batches, one trouble.
    found = open_.find(key);
    if (found == open_.end() && open_.size() >= 2 * limits::kTroubleKinds) return;
  }
  bool over = found != open_.end() && (now - found->second.trouble.last_at > kWindowGap ||
                                       now - found->second.trouble.first_at > kWindowLength);
  if (over) {
    if (found->second.written < found->second.trouble.count) {
      if (closed_.size() >= limits::kTroubleKinds) closed_.erase(closed_.begin());
      closed_.push_back(std::move(found->second));
    }
    open_.erase(found);
    found = open_.end();
  }
  if (found == open_.end()) {
    Window window;
    window.number = next_number_++;
    window.trouble = {layer, std::string(kind), process_, now, now, 0, "", std::get<2>(key)};
    found = open_.emplace(key, std::move(window)).first;
  }
  Trouble& trouble = found->second.trouble;
  trouble.last_at = std::max(trouble.last_at, now);
  ++trouble.count;
  trouble.message = CutUtf8(std::string(message), kMessageBytes);
  if (timer_ == 0 && !writing_) Plan(kWritePeriod);
}

void TroubleLog::NoteStore(const Error& error, const BatchId& batch) {
  switch (error.code) {
    case Errc::kUnavailable:
    case Errc::kUnknownOutcome:
    case Errc::kDenied:
    case Errc::kExhausted:
    case Errc::kCorrupt: return Note(Layer::kStore, ToString(error.code), error.message, batch);
    default: return;
  }
}

std::vector<Trouble> TroubleLog::Unwritten() const {
  std::vector<Trouble> troubles;
  for (const Window& window : closed_) troubles.push_back(window.trouble);
  for (const auto& [key, window] : open_) {
    if (window.written < window.trouble.count) troubles.push_back(window.trouble);
  }
  return troubles;
}

void TroubleLog::Plan(Duration wait) {
  timer_ = loop_.After(wait, [this] {
    timer_ = 0;
    WriteNext();
  });
}

// One after the other: a store in trouble is not helped by many calls at once.
void TroubleLog::WriteNext() {
  const Window* next = closed_.empty() ? nullptr : &closed_.front();
  if (next == nullptr) {
    for (const auto& [key, window] : open_) {
      if (window.written < window.trouble.count) next = &window;
    }
  }
  if (next == nullptr) {
    if (store_.Now() - dropped_at_ < std::chrono::hours(1)) return;
    dropped_at_ = store_.Now();
    return store_.DropRecords(kTroubleRecords, store_.Now() - kTroubleKept,
                              [](Result<std::size_t>) {});
  }
  writing_ = true;
  std::string id =
      fmt::format("{}/{}/{}", FormatInstant(next->trouble.first_at), process_, next->number);
  Record record{kTroubleRecords, std::move(id), {}, Encode(next->trouble)};
  auto reply = Reply<Record>::Start(
      loop_, kWriteLimit, {Errc::kUnavailable, "the store does not answer"},
      [this, number = next->number, count = next->trouble.count](Result<Record> put) {
        Written(number, count, put.ok() ? Ok() : Status(put.error()));
      });
  store_.PutRecord(std::move(record), PutMode::kReplace,
                   [reply](Result<Record> put) { reply->Post(std::move(put)); });
}

void TroubleLog::Written(std::uint64_t number, std::uint64_t count, const Status& status) {
  writing_ = false;
  if (!status.ok()) {
    ++failures_;
    return Plan(BackoffDelay(kWriteBackoff, failures_, 0));
  }
  failures_ = 0;
  std::erase_if(closed_, [&](const Window& window) { return window.number == number; });
  bool grew = false;
  for (auto& [key, window] : open_) {
    if (window.number != number) continue;
    window.written = count;
    grew = window.trouble.count > count;
  }
  grew ? Plan(kWritePeriod) : WriteNext();
}

void ListTroubles(Store& store, Instant from, Instant to, DoneWith<std::vector<Trouble>> done) {
  auto reading = std::make_shared<Reading>(Reading{store, from, to, std::move(done), {}, 0});
  ReadPage(std::move(reading), "");
}

}  // namespace tipoff
