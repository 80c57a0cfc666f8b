// The messages on the bus, as the platform's services write and read them, with tipoff's additions.
// Receivers tolerate unknown and missing fields. docs/API.md lists the fields.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/batch.h"
#include "core/request.h"
#include "history/history.h"

namespace tipoff {

// Coordinator to worker: predict this player.
struct RequestMessage {
  BatchId batch;
  std::int64_t ordinal = Completion::kNoOrdinal;  // Absent in messages of other publishers.
  std::uint16_t attempt = 1;
  RequestSpec spec;
  std::string correlation_id;
  std::string dataset;
  Instant published_at;
  // Absent: not loaded, the worker asks for itself. Present and empty: he really has no games.
  std::optional<PlayerHistory> history;
  std::optional<std::vector<TeamForm>> teams;
  std::string data_version;
};

// Worker to coordinator: these requests of one batch have ended.
struct CompletionMessage {
  BatchId batch;
  std::vector<Completion> completions;
};

// Worker to coordinator: I hold these requests.
struct LeaseReport {
  BatchId batch;
  std::vector<std::uint32_t> ordinals;
  std::string worker;
  std::string worker_version;
};

// Coordinator to worker: answer this at once; nothing is to be predicted. It shows whether the way
// is open. On the wire its one member is `canary`; a worker that does not know it acks and ignores
// what has no player_lookup.
struct CanaryMessage {
  std::string id;
  Instant sent_at;
  Instant expires_at;  // After that nobody waits for an answer.
};

// Worker to coordinator: I have seen that canary.
struct CanaryAnswer {
  std::string id;
  Instant worked_at;
  std::string worker;
  std::string worker_version;
};

using WorkMessage = std::variant<RequestMessage, CanaryMessage>;
using ReadyMessage = std::variant<CompletionMessage, LeaseReport, CanaryAnswer>;

inline constexpr int kMessageSchema = 1;

std::string Encode(const RequestMessage& message);
// kInvalid names the field: such a message is acked and quarantined, never retried.
Result<RequestMessage> DecodeRequest(std::string_view body);
std::string Encode(const CanaryMessage& message);
// Whatever lies on a topic of requests.
Result<WorkMessage> DecodeWork(std::string_view body);

// Several completions of tipoff's own workers travel in one message, a single one in the
// platform's flat form.
std::string Encode(const CompletionMessage& message);
std::string Encode(const LeaseReport& message);
std::string Encode(const CanaryAnswer& message);
Result<ReadyMessage> DecodeReady(std::string_view body);

}  // namespace tipoff
