#include "flow/completion.h"

#include <fmt/format.h>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/mutant.h"
#include "core/limits.h"
#include "core/retry.h"
#include "flow/canary.h"
#include "flow/watch.h"

namespace tipoff {
namespace {

constexpr auto kWait = std::chrono::seconds(20);
constexpr auto kLease = std::chrono::seconds(60);
// A message whose commit failed comes again after this.
constexpr auto kNackDelay = std::chrono::seconds(1);
constexpr Backoff kPullBackoff{std::chrono::milliseconds(200), std::chrono::seconds(10)};
constexpr std::size_t kQuarantineBytes = 4096;

Completion GivenUp(const RequestMessage& request, Instant at) {
  Completion item;
  item.ordinal = request.ordinal;
  item.player = request.spec.player;
  item.group = request.spec.group;
  item.status = RequestState::kFailed;
  item.attempt = request.attempt;
  item.reason = "DeadLetter: delivered too often without an answer";
  item.reported_at = at;
  return item;
}

}  // namespace

// One topic that is pulled from, and what of it is held.
struct CompletionIntake::Source {
  Topic topic;
  bool pulling = false;
  bool flushing = false;  // A flush is posted.
  std::size_t held = 0;
  int failures = 0;
  std::vector<LeaseToken> acks;
  std::vector<LeaseToken> nacks;
  Loop::TimerId timer = 0;
};

CompletionIntake::CompletionIntake(Loop& loop, Store& store, Bus& bus, Driver& driver,
                                   TroubleLog& troubles, Incarnation owner)
    : loop_(loop),
      store_(store),
      bus_(bus),
      driver_(driver),
      troubles_(troubles),
      owner_(std::move(owner)) {
  for (Topic::Kind kind : {Topic::Kind::kCompletions, Topic::Kind::kDeadLetters}) {
    sources_.push_back(std::make_unique<Source>());
    sources_.back()->topic.kind = kind;
  }
}

CompletionIntake::~CompletionIntake() {
  for (auto& source : sources_) loop_.Cancel(source->timer);
}

void CompletionIntake::Start() {
  for (auto& source : sources_) Pull(*source);
}

void CompletionIntake::Stop(std::function<void()> drained) {
  stopping_ = true;
  drained_ = std::move(drained);
  loop_.Post([this] { CheckDrained(); });
}

void CompletionIntake::CheckDrained() {
  for (auto& source : sources_) {
    if (source->held > 0 || source->flushing) return;
  }
  if (auto drained = std::exchange(drained_, nullptr)) drained();
}

void CompletionIntake::Pull(Source& source) {
  bool full = source.held + limits::kMessagesPerCall > limits::kCompletionsHeld;
  if (source.pulling || stopping_ || full) return;
  source.pulling = true;
  LeaseOptions options{.max = limits::kMessagesPerCall, .lease = kLease, .wait = kWait};
  // What an answer that never came has leased comes back when its lease ends.
  auto taken = [this, &source](Result<std::vector<Delivery>> deliveries) {
    source.pulling = false;
    Taken(source, std::move(deliveries));
  };
  bus_.Lease(source.topic, owner_, options,
             Watched<std::vector<Delivery>>(loop_, NoAnswer(), std::move(taken),
                                            kWait + limits::kWatchTime));
}

void CompletionIntake::Taken(Source& source, Result<std::vector<Delivery>> deliveries) {
  if (!deliveries.ok()) {
    ++source.failures;
    troubles_.Note(Layer::kCompletionPath, ToString(deliveries.error().code),
                   deliveries.error().message);
    Duration wait = BackoffDelay(kPullBackoff, source.failures, 0);
    Log(Severity::kWarning, "completions can't be taken off the bus",
        {{"retry_in", FormatDuration(wait)}, {"error", deliveries.error().message}});
    source.timer = loop_.After(wait, [this, &source] { Pull(source); });
    return;
  }
  source.failures = 0;
  if (!deliveries->empty()) TIPOFF_CRASH_POINT("completion/taken");
  source.held += deliveries->size();
  for (Delivery& delivery : *deliveries) {
    Handle(source.topic, std::move(delivery.body), delivery.published_at,
           [this, &source, token = delivery.token](bool ack) { Settled(source, token, ack); });
  }
  Pull(source);
}

// Gathers what is settled in one turn of the loop into one call.
void CompletionIntake::Settled(Source& source, const LeaseToken& token, bool ack) {
  (ack ? source.acks : source.nacks).push_back(token);
  if (source.flushing) return;
  source.flushing = true;
  loop_.Post([this, &source] { Flush(source); });
}

void CompletionIntake::Flush(Source& source) {
  source.flushing = false;
  source.held -= source.acks.size() + source.nacks.size();
  // An ack that fails is harmless: the message comes again and changes nothing.
  auto ignore = [](Status) { TIPOFF_CRASH_POINT("completion/let-go"); };
  TIPOFF_CRASH_POINT("completion/ack");
  if (!source.acks.empty()) bus_.Ack(source.topic, std::move(source.acks), ignore);
  if (!source.nacks.empty()) bus_.Nack(source.topic, std::move(source.nacks), kNackDelay, ignore);
  source.acks.clear();
  source.nacks.clear();
  Pull(source);
  if (stopping_) CheckDrained();
}

void CompletionIntake::Handle(const Topic& topic, std::string body, Instant reported_at,
                              std::function<void(bool ack)> settle) {
  if (topic.kind == Topic::Kind::kDeadLetters) {
    return HandleDeadLetter(body, reported_at, std::move(settle));
  }
  auto message = DecodeReady(body);
  if (!message.ok()) return Quarantine(topic, body, message.error().message, std::move(settle));
  HandleReady(std::move(*message), body, reported_at, std::move(settle));
}

void CompletionIntake::HandleReady(ReadyMessage message, const std::string& body,
                                   Instant reported_at, std::function<void(bool ack)> settle) {
  if (auto* completed = std::get_if<CompletionMessage>(&message)) {
    for (Completion& item : completed->completions) item.reported_at = reported_at;
    return SubmitCompletions(std::move(*completed), Completions::Origin::kReported, body,
                             std::move(settle));
  }
  if (auto* canary = std::get_if<CanaryAnswer>(&message)) {
    auto counted =
        Watched<bool>(loop_, NotKnown(), [settle](Result<bool> ack) { settle(ack.ok() && *ack); });
    return CountCanary(store_, std::move(*canary), counted);
  }
  LeaseReport& report = std::get<LeaseReport>(message);
  Leased event;
  event.leased_at = reported_at;
  event.worker = std::move(report.worker);
  event.worker_version = std::move(report.worker_version);
  event.ordinals = report.ordinals;
  RowKeys keys;
  keys.ordinals = std::move(report.ordinals);
  Topic topic{Topic::Kind::kCompletions, ""};
  driver_.Submit(report.batch, std::move(keys), std::move(event),
                 [this, topic, body, settle](Result<Applied> applied) {
                   if (!applied.ok() && applied.error().code == Errc::kNotFound) {
                     return Quarantine(topic, body, applied.error().message, settle);
                   }
                   TIPOFF_CRASH_POINT("completion/lease-noted");
                   settle(applied.ok());
                 });
}

void CompletionIntake::SubmitCompletions(CompletionMessage message, Completions::Origin origin,
                                         const std::string& body,
                                         std::function<void(bool ack)> settle) {
  if (TIPOFF_MUTANT("ack-before-commit")) std::exchange(settle, [](bool) {})(true);
  RowKeys keys;
  for (const Completion& item : message.completions) {
    if (item.ordinal != Completion::kNoOrdinal) {
      keys.ordinals.push_back(static_cast<std::uint32_t>(item.ordinal));
    } else {
      keys.players.push_back({item.player, item.group});
    }
  }
  Completions event;
  event.origin = origin;
  event.items = std::move(message.completions);
  Topic topic{Topic::Kind::kCompletions, ""};
  driver_.Submit(message.batch, std::move(keys), std::move(event),
                 [this, topic, body, settle](Result<Applied> applied) {
                   if (!applied.ok()) {
                     if (applied.error().code != Errc::kNotFound) return settle(false);
                     return Quarantine(topic, body, applied.error().message, settle);
                   }
                   TIPOFF_CRASH_POINT("completion/counted");
                   if (applied->strays.empty() || TIPOFF_MUTANT("stray-forgotten")) {
                     return settle(true);
                   }
                   Quarantine(
                       topic, body,
                       fmt::format("{} of its completions belong to no request of batch '{}'",
                                   applied->strays.size(), applied->batch.id.str()),
                       settle);
                 });
}

// The bus has given a request up: that is a failure of the request, counted as one.
void CompletionIntake::HandleDeadLetter(const std::string& body, Instant reported_at,
                                        std::function<void(bool ack)> settle) {
  Topic topic{Topic::Kind::kDeadLetters, ""};
  auto message = DecodeWork(body);
  if (!message.ok()) return Quarantine(topic, body, message.error().message, std::move(settle));
  auto* request = std::get_if<RequestMessage>(&*message);
  if (request == nullptr) return settle(true);  // A canary: that it is lost is known by the clock.
  RequestMessage work = std::move(*request);
  if (work.ordinal == Completion::kNoOrdinal) {
    return SubmitCompletions({work.batch, {GivenUp(work, reported_at)}},
                             Completions::Origin::kGivenUp, body, std::move(settle));
  }
  TIPOFF_CRASH_POINT("completion/dead-letter");
  // Where only the reports got lost, its result is staged: then it did not fail.
  auto staged = [this, request = work, reported_at, body,
                 settle](const Result<std::vector<StagedResult>>& found) {
    if (!found.ok() && found.error().code != Errc::kNotFound) {
      troubles_.NoteStore(found.error(), request.batch);
      return settle(false);
    }
    if (!found.ok() || found->empty()) {
      return SubmitCompletions({request.batch, {GivenUp(request, reported_at)}},
                               Completions::Origin::kGivenUp, body, settle);
    }
    Completion item = found->front().outcome;
    item.reported_at = found->front().staged_at;
    SubmitCompletions({request.batch, {std::move(item)}}, Completions::Origin::kReconciled, body,
                      settle);
  };
  store_.ListStaged(work.batch, -1, 1, {static_cast<std::uint32_t>(work.ordinal)},
                    Watched<std::vector<StagedResult>>(loop_, NoAnswer(), std::move(staged)));
}

void CompletionIntake::Quarantine(const Topic& topic, const std::string& body,
                                  const std::string& reason, std::function<void(bool ack)> settle) {
  Log(Severity::kWarning, "a message was quarantined",
      {{"topic", ToString(topic)}, {"reason", reason}});
  Quarantined message{{}, ToString(topic), reason, body.substr(0, kQuarantineBytes)};
  troubles_.Note(Layer::kCompletionPath, kQuarantinedTrouble, reason);
  store_.Quarantine({std::move(message)}, Watched<Done>(loop_, NotKnown(), [settle](Status status) {
                      TIPOFF_CRASH_POINT("completion/quarantined");
                      settle(status.ok());
                    }));
}

}  // namespace tipoff
