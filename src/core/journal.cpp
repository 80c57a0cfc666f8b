#include "core/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/hash.h"

namespace tipoff {
namespace {

std::string RangesText(std::span<const OrdinalRange> ranges) {
  std::string text;
  for (const OrdinalRange& range : ranges) {
    if (!text.empty()) text += ',';
    text += range.first == range.last ? fmt::format("{}", range.first)
                                      : fmt::format("{}-{}", range.first, range.last);
  }
  return text;
}

template <class Number>
bool ReadNumber(std::string_view text, Number& number) {
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && end == text.data() + text.size();
}

bool ReadRanges(std::string_view text, std::vector<OrdinalRange>& ranges) {
  while (!text.empty()) {
    std::size_t comma = text.find(',');
    std::string_view part = text.substr(0, comma);
    std::size_t dash = part.find('-');
    OrdinalRange range;
    if (!ReadNumber(part.substr(0, dash), range.first)) return false;
    range.last = range.first;
    if (dash != std::string_view::npos && !ReadNumber(part.substr(dash + 1), range.last)) {
      return false;
    }
    if (range.last < range.first) return false;
    ranges.push_back(range);
    text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
  }
  return true;
}

// A field is one line, so a message's line breaks are written as \n.
std::string Escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    bool escaped = text[i] == '\\' && i + 1 < text.size();
    if (escaped) ++i;
    out += escaped && text[i] == 'n' ? '\n' : text[i];
  }
  return out;
}

std::string_view OpenBecomeName(OpenBecome become) {
  switch (become) {
    case OpenBecome::kOpen: return "open";
    case OpenBecome::kCancelled: return "cancelled";
    case OpenBecome::kExpiredOrUndelivered: return "expired-or-undelivered";
  }
  Panic(__FILE__, __LINE__, "unnamed OpenBecome");
}

bool ReadOpenBecome(std::string_view text, OpenBecome& become) {
  for (OpenBecome candidate :
       {OpenBecome::kOpen, OpenBecome::kCancelled, OpenBecome::kExpiredOrUndelivered}) {
    if (OpenBecomeName(candidate) != text) continue;
    become = candidate;
    return true;
  }
  return false;
}

bool ReadField(std::string_view key, std::string_view value, JournalEntry& entry) {
  if (key == "seq") return ReadNumber(value, entry.seq);
  if (key == "at") {
    std::int64_t micros = 0;
    bool read = ReadNumber(value, micros);
    entry.at = Instant::FromMicros(micros);
    return read;
  }
  if (key == "actor") {
    entry.actor = Unescaped(value);
    return true;
  }
  if (key == "event") {
    entry.events.push_back(Unescaped(value));
    return true;
  }
  if (key == "phase") {
    auto phase = ParsePhase(value);
    if (phase.ok()) entry.phase = *phase;
    return phase.ok();
  }
  if (key == "reason") {
    auto reason = ParseReason(value);
    if (reason.ok()) entry.reason = *reason;
    return reason.ok();
  }
  if (key == "message") {
    entry.message = Unescaped(value);
    return true;
  }
  if (key == "expected") return ReadNumber(value, entry.expected);
  if (key == "predictions") return ReadNumber(value, entry.predictions);
  if (key == "publication") return ReadNumber(value, entry.publication);
  if (key == "open-become") return ReadOpenBecome(value, entry.open_become);
  if (key == "republish") return ReadRanges(value, entry.republish);
  if (key == "late") return ReadRanges(value, entry.late);
  if (key == "to") {
    std::size_t space = value.find(' ');
    auto state = ParseRequestState(value.substr(0, space));
    if (!state.ok() || space == std::string_view::npos) return false;
    JournalEntry::Transition transition{*state, {}};
    if (!ReadRanges(value.substr(space + 1), transition.requests)) return false;
    entry.transitions.push_back(std::move(transition));
    return true;
  }
  return false;
}

Error Contradiction(const JournalEntry& entry, std::string_view what) {
  return Error{Errc::kCorrupt, fmt::format("journal entry {}: {}", entry.seq, what)};
}

}  // namespace

std::vector<OrdinalRange> ToRanges(std::vector<std::uint32_t> ordinals) {
  std::sort(ordinals.begin(), ordinals.end());
  std::vector<OrdinalRange> ranges;
  for (std::uint32_t ordinal : ordinals) {
    if (!ranges.empty() && ordinal <= ranges.back().last + 1) {
      ranges.back().last = ordinal;
    } else {
      ranges.push_back({ordinal, ordinal});
    }
  }
  return ranges;
}

JournalEntry MakeJournalEntry(const Batch& before, const Batch& after,
                              std::span<const RowChange> changes, std::vector<std::string> events,
                              std::string actor, Instant at) {
  JournalEntry entry;
  entry.seq = after.version;
  entry.at = at;
  entry.actor = std::move(actor);
  entry.events = std::move(events);
  entry.phase = after.phase;
  entry.reason = after.reason;
  entry.message = after.message;
  entry.expected = after.expected();
  entry.predictions = after.predictions;
  entry.publication = after.publication;
  entry.open_become = after.open_become;

  std::map<RequestState, std::vector<std::uint32_t>> moved;
  std::vector<std::uint32_t> republish, late;
  for (const RowChange& change : changes) {
    // A row that is rewritten as what it reads as has not moved: the end has told it.
    if (StateUnder(before, change.before) != change.after.state) {
      moved[change.after.state].push_back(change.after.ordinal);
    }
    if (change.before.due_at.never() && !change.after.due_at.never()) {
      republish.push_back(change.after.ordinal);
    }
    if (change.before.late_at != change.after.late_at) late.push_back(change.after.ordinal);
  }
  for (auto& [state, ordinals] : moved) {
    entry.transitions.push_back({state, ToRanges(std::move(ordinals))});
  }
  entry.republish = ToRanges(std::move(republish));
  entry.late = ToRanges(std::move(late));
  return entry;
}

std::string EncodeJournal(const JournalEntry& entry) {
  std::string text;
  auto line = [&](std::string_view key, std::string_view value) {
    text += key;
    text += ' ';
    text += value;
    text += '\n';
  };
  line("seq", fmt::format("{}", entry.seq));
  line("at", fmt::format("{}", entry.at.micros()));
  line("actor", Escaped(entry.actor));
  for (const std::string& event : entry.events) line("event", Escaped(event));
  line("phase", ToString(entry.phase));
  line("reason", ToString(entry.reason));
  line("message", Escaped(entry.message));
  line("expected", fmt::format("{}", entry.expected));
  line("predictions", fmt::format("{}", entry.predictions));
  line("publication", fmt::format("{}", entry.publication));
  line("open-become", OpenBecomeName(entry.open_become));
  for (const JournalEntry::Transition& transition : entry.transitions) {
    line("to", fmt::format("{} {}", ToString(transition.to), RangesText(transition.requests)));
  }
  if (!entry.republish.empty()) line("republish", RangesText(entry.republish));
  if (!entry.late.empty()) line("late", RangesText(entry.late));
  return text;
}

Result<JournalEntry> DecodeJournal(std::string_view text) {
  JournalEntry entry;
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    std::size_t space = line.find(' ');
    std::string_view value = space == std::string_view::npos ? "" : line.substr(space + 1);
    if (end == std::string_view::npos || !ReadField(line.substr(0, space), value, entry)) {
      return Error{Errc::kCorrupt, fmt::format("unreadable journal line '{}'", line)};
    }
    text.remove_prefix(end + 1);
  }
  if (entry.seq == 0) return Error{Errc::kCorrupt, "journal entry without a seq"};
  return entry;
}

std::string ChainHash(std::string_view previous, std::string_view text) {
  std::string bytes(previous);
  bytes += '\n';
  bytes += text;
  return Sha256Hex(bytes);
}

Status JournalFold::Add(const JournalEntry& entry) {
  if (entry.seq != last_.seq + 1) {
    return Contradiction(entry, fmt::format("comes after entry {}", last_.seq));
  }
  bool created = entry.seq == 1;
  bool ended_before = !created && IsTerminal(last_.phase);
  if (created) {
    counts_ = Counts(entry.expected);
    states_.assign(entry.expected, RequestState::kPending);
  } else if (entry.expected != last_.expected) {
    return Contradiction(entry, "changes the number of requests");
  }
  if (ended_before && (entry.phase != last_.phase || entry.reason != last_.reason ||
                       entry.predictions != last_.predictions || !entry.transitions.empty())) {
    return Contradiction(entry, "changes a terminal batch");
  }
  for (const JournalEntry::Transition& transition : entry.transitions) {
    for (const OrdinalRange& range : transition.requests) {
      if (range.last >= states_.size()) return Contradiction(entry, "names no such request");
      for (std::uint32_t i = range.first; i <= range.last; ++i) {
        if (!IsOpen(states_[i])) {
          return Contradiction(entry, fmt::format("changes request {} after its end", i));
        }
        counts_.Move(states_[i], transition.to);
        states_[i] = transition.to;
      }
    }
  }
  if (!ended_before && IsTerminal(entry.phase) && entry.open_become != OpenBecome::kOpen) {
    for (RequestState& state : states_) {
      if (!IsOpen(state)) continue;
      RequestState to = entry.open_become == OpenBecome::kCancelled ? RequestState::kCancelled
                        : state == RequestState::kPending           ? RequestState::kUndelivered
                                                                    : RequestState::kExpired;
      counts_.Move(state, to);
      state = to;
    }
  }
  if (IsTerminal(entry.phase) && counts_.open() > 0) {
    return Contradiction(entry, fmt::format("ends with {} requests open", counts_.open()));
  }
  for (const OrdinalRange& range : entry.late) late_ += range.last - range.first + 1;
  last_ = entry;
  return Ok();
}

Status JournalFold::Matches(const Batch& stored) const {
  auto differs = [&](std::string_view what, auto journal, auto header) -> Error {
    return Error{Errc::kCorrupt,
                 fmt::format("{}: the journal says {}, the batch {}", what, journal, header)};
  };
  if (last_.seq != stored.version) return differs("version", last_.seq, stored.version);
  if (last_.phase != stored.phase) {
    return differs("phase", ToString(last_.phase), ToString(stored.phase));
  }
  if (last_.reason != stored.reason) {
    return differs("reason", ToString(last_.reason), ToString(stored.reason));
  }
  if (last_.predictions != stored.predictions) {
    return differs("predictions", last_.predictions, stored.predictions);
  }
  if (last_.publication != stored.publication) {
    return differs("publication", last_.publication, stored.publication);
  }
  if (late_ != stored.late) return differs("late", late_, stored.late);
  for (int i = 0; i < kRequestStates; ++i) {
    auto state = static_cast<RequestState>(i);
    if (counts_[state] != stored.counts[state]) {
      return differs(ToString(state), counts_[state], stored.counts[state]);
    }
  }
  return Ok();
}

}  // namespace tipoff
