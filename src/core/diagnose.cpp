#include "core/diagnose.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/mutant.h"

namespace tipoff {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::string_view, kLayers> kLayerNames{
    "none",         "coordinator", "store",           "history", "bus",
    "subscription", "worker",      "completion path", "data"};

// A hop may take so long before it is blamed for it without other evidence.
constexpr Duration kPatience = seconds(30);
// No sweep for so long: a period is 5 s, a lease 15 s, a standing is written every 10 s.
constexpr Duration kSweepLate = seconds(60);
// A batch that ended so long after its promised time was ended late.
constexpr Duration kEndLate = seconds(60);
// Errors that are fewer and shorter than this happen in the best of services.
constexpr std::uint64_t kErrorsMany = 3;
constexpr Duration kErrorsLong = seconds(20);
// Somebody who waits for a prefetch says so every 5 s, and it is written a little later.
constexpr Duration kPrefetchSilence = seconds(15);
// Without progress for so long, a batch that went well in the end was held up.
constexpr Duration kHeldUp = seconds(45);

std::string Count(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}
std::string Requests(std::uint64_t count) { return Count(count, "request", "requests"); }

class Judge {
 public:
  explicit Judge(const Facts& facts)
      : f_(facts),
        batch_(facts.batch),
        ended_(IsTerminal(batch_.phase)),
        end_(ended_ ? batch_.terminal_at : facts.at) {}

  Diagnosis Decide() {
    Find();
    if (found_.next_command.empty()) found_.next_command = Command("batch get");
    Tell();
    return std::move(found_);
  }

 private:
  void Find() {
    if (!f_.store_problem.empty()) {
      return Say(Layer::kStore, 0.95, fmt::format("The store can't be read: {}.", f_.store_problem),
                 "tipoff doctor");
    }
    if (ended_ && (batch_.phase == Phase::kCancelled || batch_.expected() == 0)) {
      return Say(Layer::kNone, 0.95, EndSentence(), Command("batch journal"));
    }
    if (batch_.phase == Phase::kSucceeded) return JudgeSuccess();
    if (JudgeOrderedEnd()) return;
    if (JudgeStore() || JudgeAbsence()) return;
    if (JudgePath() || JudgeHops()) return;
    if (JudgeResults()) return;
    JudgeHealth();
  }

  // What was open at these ends waited for nobody: its end was decided while it went on.
  bool JudgeOrderedEnd() {
    if (batch_.reason == Reason::kPoisonedRun) {
      return Blame(
          Layer::kWorker, 0.9,
          fmt::format("The first results all failed alike, so it was ended: {}.", batch_.message),
          Command("batch autopsy"));
    }
    // What an order ends without any prediction is told as such, not as ordered.
    bool chosen = batch_.reason == Reason::kToleranceMet ||
                  batch_.reason == Reason::kForcedByOperator ||
                  (ended_ && batch_.open_become == OpenBecome::kCancelled);
    if (!chosen || end_ - batch_.progress_at >= kHeldUp) return false;
    return Blame(Layer::kNone, 0.9, EndSentence(), Command("batch journal"));
  }

  // --- what surrounds the batch ---------------------------------------------------------------

  // Writes that do not get through stop everything else.
  bool JudgeStore() {
    if (!f_.write_problem.empty() && !ended_) {
      return Blame(Layer::kStore, 0.9,
                   fmt::format("The store can be read but not written: {}.", f_.write_problem),
                   "tipoff doctor");
    }
    Weight weight = WeightOf(Layer::kStore);
    if (!Acute(weight)) return false;
    return Blame(
        Layer::kStore, 0.85,
        fmt::format("The store did not do its work: {} between {} and {}, the last: {}.",
                    Count(weight.count, "call failed", "calls failed"), FormatInstant(weight.first),
                    FormatInstant(weight.last), weight.message),
        Retry("tipoff doctor"));
  }

  // Nobody there to publish, count and end.
  bool JudgeAbsence() {
    if (ended_) {
      Duration late = batch_.terminal_at - batch_.terminal_by;
      if (batch_.terminal_by.never() || late <= kEndLate) return false;
      // One that was there before and after stood still, or found a store that took nothing, not
      // even the news of that.
      bool through = std::any_of(
          f_.coordinators.begin(), f_.coordinators.end(), [&](const CoordinatorSighting& c) {
            return c.started_at <= batch_.terminal_by && c.seen_at + kSilence >= end_;
          });
      return Blame(Layer::kCoordinator, through ? 0.7 : 0.75,
                   fmt::format("Nobody ended the batch in time: it ended {} after {}, because {}.",
                               FormatDuration(late), FormatInstant(batch_.terminal_by),
                               through ? "the coordinator stood still, or the store took nothing"
                                       : "no coordinator swept"),
                   Retry("tipoff doctor"));
    }
    bool here = std::any_of(f_.coordinators.begin(), f_.coordinators.end(),
                            [&](const CoordinatorSighting& c) { return WasThere(c, f_.at); });
    if (!here) {
      std::string since;
      Instant last = LastSeen(f_.coordinators);
      if (!last.never()) since = fmt::format(" since {}", FormatInstant(last));
      // One that has just begun, or can't write, is not seen.
      bool sure = f_.at - batch_.created_at > kSilence && WeightOf(Layer::kStore).count == 0;
      return Blame(Layer::kCoordinator, sure ? 0.9 : 0.6,
                   fmt::format("No coordinator is running{}: nobody publishes, counts or ends "
                               "this batch.",
                               since),
                   "tipoff serve");
    }
    Instant swept;
    for (const CoordinatorSighting& c : f_.coordinators) swept = std::max(swept, c.swept_at);
    bool late = f_.at - swept > kSweepLate;
    bool overdue = !batch_.terminal_by.never() && f_.at - batch_.terminal_by > kEndLate;
    if (!overdue && !(late && (Stalled() || f_.at - batch_.progress_at > kSweepLate))) return false;
    return Blame(Layer::kCoordinator, late ? 0.75 : 0.7,
                 fmt::format("A coordinator is running, but no sweep has gone through since {}: "
                             "nothing that the clock has to do is done.",
                             FormatInstant(swept)),
                 "tipoff doctor");
  }

  // Results that were found by the sweep, or can't be sent, explain whatever waits elsewhere: what
  // was not reported is handed out again, and lease reports go the same way.
  bool JudgePath() {
    bool found = f_.reconciled > 0 && !ReconciledOfDead();
    return (found || Acute(WeightOf(Layer::kCompletionPath))) && BlameCompletionPath();
  }

  // --- the first hop with inflow and no outflow -----------------------------------------------

  bool JudgeHops() {
    return JudgeRecorded() || JudgePublished() || JudgeLeased() || JudgeReported();
  }

  bool JudgeRecorded() {
    std::uint32_t waiting = f_.recorded.waiting + f_.refused;
    if (waiting == 0) return false;
    Weight bus = WeightOf(Layer::kBus);
    if (f_.refused > 0 || bus.heavy() || (bus.count > 0 && waiting > 0 && Stuck(f_.recorded))) {
      std::string why = bus.count > 0 ? "; the last error: " + bus.message : "";
      std::string what =
          f_.refused > 0
              ? fmt::format("The bus refused {} for good", Requests(f_.refused))
              : fmt::format("The bus does not take what is published: {} wait", Requests(waiting));
      double confidence = f_.refused > 0 || bus.heavy() ? 0.9 : 0.7;
      return Blame(Layer::kBus, confidence, fmt::format("{}{}.", what, why),
                   Retry("tipoff doctor"));
    }
    if (!Stuck(f_.recorded)) return false;
    // Whoever made it died, or could not write on: nothing tells which.
    if (!batch_.sealed) return false;
    if (JudgePrefetch(waiting)) return true;
    if (BlameErrors(Layer::kStore, fmt::format("{} recorded and not published", Were(waiting)))) {
      return true;
    }
    return Blame(Layer::kCoordinator, 0.85,
                 fmt::format("{} recorded and never published, and the bus has reported no error: "
                             "the coordinator did not publish {}.",
                             Were(waiting), waiting == 1 ? "it" : "them"),
                 Retry("tipoff doctor"));
  }

  // Requests that wait for their history say so every few seconds.
  bool JudgePrefetch(std::uint32_t waiting) {
    Weight prefetch = WeightOf(Layer::kHistory, true);
    if (prefetch.count == 0 || end_ - prefetch.last > kPrefetchSilence) return false;
    return Blame(Layer::kHistory, 0.85,
                 fmt::format("{} recorded and not published, because the coordinator waits for "
                             "history.wait_max for their history: {}.",
                             Were(waiting), prefetch.message),
                 Retry("tipoff doctor"));
  }

  bool JudgePublished() {
    if (f_.published.waiting == 0) return false;
    Weight gone = WeightOf(Layer::kSubscription);
    // What lies on the bus now tells nothing of a batch that has ended.
    bool there = f_.requests.state == BacklogFact::State::kKnown && !ended_;
    bool missing = f_.requests.state == BacklogFact::State::kMissing && !ended_;
    if (missing || (gone.count > 0 && !there)) {
      std::string why = gone.count > 0 ? gone.message : f_.requests.problem;
      return Blame(Layer::kSubscription, 0.95,
                   fmt::format("The workers' subscription does not exist: {}. Nothing that is "
                               "published reaches them.",
                               why),
                   "tipoff doctor");
    }
    if (JudgeWorkersAway()) return true;
    if (!Stuck(f_.published) || OthersHold() || StartedSince()) return false;
    std::string published = fmt::format("{} published and not taken", Were(f_.published.waiting));
    if (BlameErrors(Layer::kBus, published)) return true;
    const BacklogFact& backlog = f_.requests;
    bool known = backlog.state == BacklogFact::State::kKnown;
    bool asked = AskedLately();
    if (known && backlog.waiting > 0 && !(ended_ && asked)) {
      // Those that ask may be about to be given it: then it is a guess.
      return Blame(Layer::kWorker, asked ? 0.7 : 0.85,
                   fmt::format("{}: {} on the bus, and the workers that are there take none.",
                               published, Count(backlog.waiting, "message waits", "messages wait")),
                   "tipoff doctor");
    }
    if (known && backlog.waiting == 0 && backlog.leased == 0 && !ended_) {
      return Blame(Layer::kSubscription, 0.75,
                   fmt::format("{}, but nothing lies on the bus: what was published went nowhere. "
                               "Was the subscription deleted, or made anew?",
                               published),
                   "tipoff doctor");
    }
    // Somebody has been given it, who may have died.
    if (asked && known && backlog.leased > 0 && !ended_) return false;
    if (asked && end_ - f_.published.oldest_waiting < kPatience) return false;
    if (asked) {
      return Blame(Layer::kSubscription, 0.75,
                   fmt::format("{}, though workers were there and asked for work: what was "
                               "published did not reach their subscription.",
                               published),
                   Retry("tipoff doctor"));
    }
    return Blame(Layer::kWorker, 0.7,
                 fmt::format("{}: workers are there, but do not ask for work.", published),
                 Retry("tipoff doctor"));
  }

  bool BlameErrors(Layer layer, const std::string& what) {
    Weight weight = WeightOf(layer);
    if (weight.count == 0) return false;
    return Blame(layer, 0.7,
                 fmt::format("{}, and {}, the last: {}.", what,
                             Count(weight.count, "call failed", "calls failed"), weight.message),
                 Retry("tipoff doctor"));
  }

  // Nobody there to work, or nobody who would.
  bool JudgeWorkersAway() {
    std::size_t here = 0, refusing = 0;
    std::string refusal;
    for (const WorkerSighting& worker : f_.workers) {
      if (!WasThereWhenNeeded(worker)) continue;
      ++here;
      if (worker.refusal.empty()) continue;
      ++refusing;
      refusal = fmt::format("{}: {}", worker.name, worker.refusal);
    }
    if (here > 0 && refusing == here) {
      return Blame(Layer::kWorker, 0.95,
                   fmt::format("{} there, but refuse to work: {}.",
                               Count(here, "worker is", "workers are"), refusal),
                   "tipoff doctor");
    }
    // One that has been started again since tells nothing of its earlier lives.
    if (here > 0 || StartedSince()) return false;
    Instant last = LastSeen(f_.workers);
    std::string who = last.never()
                          ? "no worker was there"
                          : fmt::format("the last worker was seen {}", FormatInstant(last));
    bool sure = end_ - f_.published.oldest_waiting > kSilence;
    return Blame(Layer::kWorker, sure ? 0.9 : 0.6,
                 fmt::format("{} for workers, and {}.",
                             Count(f_.published.waiting, "request waits", "requests wait"), who),
                 Retry("tipoff worker"));
  }

  bool JudgeLeased() {
    std::uint32_t waiting = f_.leased.waiting;
    Weight history = WeightOf(Layer::kHistory);
    if (history.heavy() && (waiting > 0 || f_.published.waiting > 0)) {
      return Blame(
          Layer::kHistory, 0.9,
          fmt::format("Workers hold requests but can't load the history for them, {}: {}.",
                      Count(history.count, "load failed", "loads failed"), history.message),
          Retry("tipoff doctor"));
    }
    if (waiting == 0) return false;
    std::uint32_t dead = 0;
    for (const auto& [holder, count] : f_.holders) dead += Died(holder) ? count : 0;
    if (dead > 0) {
      Layer layer = TIPOFF_MUTANT("why-wrong-layer") ? Layer::kHistory : Layer::kWorker;
      return Blame(layer, 0.9,
                   fmt::format("The worker that held {} has died, and nobody goes on with {}.",
                               Requests(dead), dead == 1 ? "it" : "them"),
                   Retry("tipoff worker"));
    }
    if (!Stuck(f_.leased)) return false;
    // Few errors, but nothing else explains it.
    for (Layer cause : {Layer::kHistory, Layer::kStore}) {
      if (BlameErrors(cause, fmt::format("{} taken by workers, without a result", Were(waiting)))) {
        return true;
      }
    }
    // A load of history may take so long before anybody knows that it fails.
    if (end_ - f_.leased.oldest_waiting <= kPatience + seconds(5)) return false;
    return Blame(Layer::kWorker, 0.7,
                 fmt::format("Workers have taken {}, and no result has come of {}.",
                             Requests(waiting), waiting == 1 ? "it" : "them"),
                 Retry("tipoff doctor"));
  }

  bool JudgeReported() {
    bool found = f_.reconciled > 0 && !ReconciledOfDead();
    if (!found && !Stuck(f_.reported)) return false;
    // A coordinator holds them, or one did that has died: they come again.
    bool known = f_.completions.state == BacklogFact::State::kKnown;
    if (f_.reconciled == 0 && !ended_ && known && f_.completions.leased > 0) return false;
    return BlameCompletionPath();
  }

  bool BlameCompletionPath() {
    Weight path = WeightOf(Layer::kCompletionPath);
    std::string why = path.count > 0 ? "; the last error: " + path.message : "";
    std::string what;
    if (f_.reported.waiting > 0)
      what = fmt::format("{} predicted but not counted", Were(f_.reported.waiting));
    if (f_.reconciled > 0) {
      what += fmt::format("{}{} counted only because the sweep found the predictions",
                          what.empty() ? "" : ", ", Were(f_.reconciled));
    }
    if (what.empty()) what = "Workers can't report their results";
    // Without an error of the path's own, whoever died or failed meanwhile may have lost them.
    bool others =
        WeightOf(Layer::kStore).count > 0 || WeightOf(Layer::kHistory).count > 0 || SomebodyDied();
    return Blame(Layer::kCompletionPath, path.count == 0 && others ? 0.75 : 0.9,
                 fmt::format("{}: the workers' results do not reach the coordinator{}.", what, why),
                 ended_ ? Retry("tipoff doctor") : Command("batch check-stalled"));
  }

  bool SomebodyDied() const {
    return std::any_of(f_.workers.begin(), f_.workers.end(),
                       [&](const WorkerSighting& w) { return w.is_ours && DiedMeanwhile(w); }) ||
           std::any_of(f_.coordinators.begin(), f_.coordinators.end(),
                       [&](const CoordinatorSighting& c) {
                         return DiedMeanwhile(c) && c.seen_at >= batch_.created_at;
                       });
  }

  // --- every request has its result -----------------------------------------------------------

  bool JudgeResults() {
    if (batch_.counts.open() > 0 && !ended_) return false;
    if (JudgeData() || (ended_ && JudgeHeldUp())) return true;
    std::uint32_t failed = batch_.counts[RequestState::kFailed];
    if (failed > 0) {
      auto most = Most(f_.failures);
      return Blame(
          Layer::kWorker, 0.8,
          fmt::format("{} failed in the workers, most of them with: {}.", Requests(failed), most),
          Retry("tipoff batch list"));
    }
    std::uint32_t skipped = batch_.counts[RequestState::kSkipped];
    if (ended_ && skipped > 0 && skipped == batch_.expected()) {
      return Blame(Layer::kNone, 0.8,
                   fmt::format("Every request was rightly skipped, most of them for: {}. {}",
                               Most(f_.skips), EndSentence()),
                   Command("batch requests"));
    }
    if (!ended_) return false;
    return Blame(Layer::kNone, 0.3, EndSentence() + " Nothing recorded says why.",
                 Command("batch journal"));
  }

  bool JudgeData() {
    std::uint32_t invalid = 0;
    std::string example;
    for (const auto& [reason, count] : f_.skips) {
      if (!reason.starts_with("InvalidInput")) continue;
      invalid += count;
      example = reason;
    }
    if (invalid > 0) {
      return Blame(Layer::kData, 0.9,
                   fmt::format("{} skipped because what is known about the player can't be right: "
                               "{}.",
                               Were(invalid), example),
                   Command("batch requests", " --state skipped"));
    }
    if (!f_.data_percent) return false;
    return Blame(Layer::kData, 0.9,
                 fmt::format("The batch was started although only {:.0f} % of the last 7 days' "
                             "games have box scores: its predictions miss the newest games.",
                             *f_.data_percent),
                 "tipoff import FILE...");
  }

  // It went well in the end; perhaps not at once.
  void JudgeSuccess() {
    Weight store = WeightOf(Layer::kStore);
    if (store.heavy()) {
      Blame(Layer::kStore, 0.8,
            fmt::format("It ended well, though {} on the way: {}.",
                        Count(store.count, "call of the store failed", "calls of the store failed"),
                        store.message),
            "tipoff doctor");
      return;
    }
    if (f_.reconciled > 0 && !ReconciledOfDead()) {
      BlameCompletionPath();
      return;
    }
    if (JudgeData() || JudgeHeldUp()) return;
    Say(Layer::kNone, 0.95, EndSentence(), Command("batch predictions"));
  }

  // Every request has its result, but not soon: by whose errors, or who was not there?
  bool JudgeHeldUp() {
    if (f_.standstill < kHeldUp) return false;
    for (Layer layer :
         {Layer::kBus, Layer::kSubscription, Layer::kHistory, Layer::kCompletionPath}) {
      Weight weight = WeightOf(layer);
      if (!weight.heavy()) continue;
      return Blame(layer, 0.75,
                   fmt::format("Every request has its result, but it was held up for {}: {}.",
                               FormatDuration(f_.standstill), weight.message),
                   "tipoff doctor");
    }
    Instant from = batch_.created_at;
    for (const WorkerSighting& worker : f_.workers) {
      if (!worker.is_ours || !DiedMeanwhile(worker)) continue;
      return Blame(
          Layer::kWorker, 0.75,
          fmt::format(
              "Every request has its result, but it was held up for {}: worker {} died after {}.",
              FormatDuration(f_.standstill), worker.name, FormatInstant(worker.seen_at)),
          "tipoff doctor");
    }
    for (const CoordinatorSighting& c : f_.coordinators) {
      if (!DiedMeanwhile(c) || c.seen_at < batch_.created_at) continue;
      return Blame(
          Layer::kCoordinator, 0.75,
          fmt::format(
              "Every request has its result, but it was held up for {}: coordinator {} died after "
              "{}.",
              FormatDuration(f_.standstill), c.name, FormatInstant(c.seen_at)),
          "tipoff doctor");
    }
    bool early = std::any_of(f_.workers.begin(), f_.workers.end(), [&](const WorkerSighting& w) {
      return w.started_at <= from + kPatience && w.seen_at + kSilence >= from;
    });
    if (early || f_.workers.empty() || StartedSince()) return false;
    return Blame(Layer::kWorker, 0.7,
                 fmt::format("Every request has its result, but it was held up for {}: at first no "
                             "worker was there.",
                             FormatDuration(f_.standstill)),
                 "tipoff doctor");
  }

  void JudgeHealth() {
    std::uint32_t done = batch_.counts.terminal(), expected = batch_.expected();
    if (Stalled()) {
      return Say(Layer::kNone, 0.3,
                 fmt::format("No request got further since {}, and nothing recorded says why.",
                             FormatInstant(batch_.progress_at)),
                 "tipoff doctor");
    }
    std::string when;
    Duration age = f_.at - batch_.created_at;
    if (done > 0 && done < expected && age > Duration(0)) {
      Instant end = f_.at + Duration(age.count() * (expected - done) / done);
      if (end < batch_.terminal_by) when = fmt::format(", expected end {}", FormatInstant(end));
    }
    Say(Layer::kNone, 0.9,
        fmt::format("It runs: {} of {} requests done{}; it ends by {} in any case.", done, expected,
                    when, FormatInstant(batch_.terminal_by)),
        Command("batch watch"));
  }

  // --- questions ------------------------------------------------------------------------------

  struct Weight {
    std::uint64_t count = 0;
    Instant first, last;
    std::string message;
    bool heavy() const {
      return count >= kErrorsMany || (count > 1 && last - first >= kErrorsLong);
    }
  };
  // All errors of a layer that may have touched this batch; those of the prefetch apart.
  Weight WeightOf(Layer layer, bool prefetch = false) const {
    Weight weight;
    for (const Trouble& trouble : f_.troubles) {
      bool other = !trouble.batch.empty() && trouble.batch != batch_.id;
      // One bad message is its sender's fault, and is kept for people to look at.
      if (trouble.layer != layer || other || trouble.kind == kQuarantinedTrouble) continue;
      if ((trouble.kind == kPrefetchTrouble) != prefetch) continue;
      // Of errors that began before this batch's life, or went on after it, only those are counted
      // of which it is known that they lie within.
      std::uint64_t outside =
          (trouble.first_at < batch_.created_at ? 1u : 0u) + (trouble.last_at > end_ ? 1u : 0u);
      std::uint64_t within = trouble.count;
      if (outside > 0) within = trouble.count > outside ? std::min(within, 2 - outside) : 0;
      if (within == 0) continue;
      weight.count += within;
      if (weight.first.never() || trouble.first_at < weight.first) weight.first = trouble.first_at;
      if (trouble.last_at < weight.last) continue;
      weight.last = trouble.last_at;
      weight.message = trouble.message;
    }
    return weight;
  }

  // Of a live batch that goes on, what is over is over.
  bool Acute(const Weight& weight) const {
    return weight.heavy() && (ended_ || Stalled() || f_.at - weight.last <= minutes(1));
  }

  bool Stalled() const {
    return !ended_ && f_.at - batch_.progress_at >= batch_.policy.stall_after;
  }
  // Long enough for it to be nobody's ordinary work. What waits at a batch's end waited too long.
  bool Stuck(const HopFact& hop) const {
    if (hop.waiting == 0) return false;
    return ended_ || Stalled() || f_.at - hop.oldest_waiting >= kPatience;
  }
  bool WasThereWhenNeeded(const WorkerSighting& worker) const {
    if (!ended_) return WasThere(worker, f_.at);
    // Somewhen in the time that the requests waited.
    Instant from =
        f_.published.oldest_waiting.never() ? batch_.created_at : f_.published.oldest_waiting;
    Instant until = worker.stopped_at.never() ? worker.seen_at + kSilence : worker.stopped_at;
    return worker.started_at <= end_ - kSilence && until >= std::min(end_, from + 2 * kSilence);
  }
  bool StartedSince() const {
    return ended_ && std::any_of(f_.workers.begin(), f_.workers.end(),
                                 [&](const WorkerSighting& w) { return w.started_at > end_; });
  }
  bool OthersHold() const {
    return std::any_of(f_.workers.begin(), f_.workers.end(),
                       [&](const WorkerSighting& worker) {
                         return WasThere(worker, f_.at) && worker.held > 0;
                       }) &&
           !ended_;
  }
  bool AskedLately() const {
    return std::any_of(f_.workers.begin(), f_.workers.end(), [&](const WorkerSighting& worker) {
      // A lease call may wait for 20 s, and what it answered is written up to 10 s later.
      return WasThereWhenNeeded(worker) && !worker.asked_at.never() &&
             worker.asked_at + minutes(1) >= std::min(worker.seen_at, end_);
    });
  }
  // In the life of this batch, without a word.
  bool DiedMeanwhile(const Sighting& sighting) const {
    return sighting.stopped_at.never() && sighting.seen_at >= batch_.created_at - kSilence &&
           sighting.seen_at + kSilence < end_;
  }
  bool Died(const std::string& name) const {
    auto found = std::find_if(f_.workers.begin(), f_.workers.end(),
                              [&](const WorkerSighting& worker) { return worker.name == name; });
    return found != f_.workers.end() && found->is_ours && DiedMeanwhile(*found);
  }
  // Results that a process held as it died are found by the sweep, and no path is at fault. Of one
  // that was started meanwhile an earlier life may have ended.
  bool ReconciledOfDead() const {
    auto may_have_died = [&](const Sighting& sighting) {
      return sighting.started_at > batch_.created_at || DiedMeanwhile(sighting);
    };
    bool worker =
        std::any_of(f_.workers.begin(), f_.workers.end(), [&](const WorkerSighting& sighting) {
          return sighting.is_ours && may_have_died(sighting);
        });
    bool any = worker || std::any_of(f_.coordinators.begin(), f_.coordinators.end(), may_have_died);
    return any && !WeightOf(Layer::kCompletionPath).heavy();
  }
  template <class Sightings>
  Instant LastSeen(const Sightings& sightings) const {
    Instant last;
    for (const auto& sighting : sightings) {
      if (sighting.started_at <= end_) last = std::max(last, std::min(sighting.seen_at, end_));
    }
    return last;
  }

  // --- words ----------------------------------------------------------------------------------

  static std::string Were(std::uint64_t count) {
    return Count(count, "request was", "requests were");
  }
  static std::string Most(const std::map<std::string, std::uint32_t>& reasons) {
    auto most = std::max_element(reasons.begin(), reasons.end(),
                                 [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == reasons.end() ? "an unknown reason" : most->first;
  }
  std::string EndSentence() const {
    std::string sentence =
        fmt::format("It {} ({}): {} of {} requests done.",
                    batch_.phase == Phase::kPartial
                        ? std::string("ended partial")
                        : (batch_.phase == Phase::kCancelled ? "was cancelled"
                                                             : std::string(ToString(batch_.phase))),
                    ToString(batch_.reason), batch_.counts.done(), batch_.expected());
    return sentence;
  }
  std::string Command(std::string_view verb, std::string_view rest = "") const {
    return fmt::format("tipoff {} {}{}", verb, batch_.id.str(), rest);
  }
  // The layer is mended first; then, what is missing is asked for again.
  std::string Retry(std::string_view live) const {
    bool missing = batch_.phase == Phase::kPartial || batch_.phase == Phase::kFailed;
    return missing ? Command("batch retry") : std::string(live);
  }

  void Say(Layer layer, double confidence, std::string sentence, std::string next) {
    found_.layer = layer;
    found_.confidence = confidence;
    found_.sentence = std::move(sentence);
    found_.next_command = std::move(next);
  }
  bool Blame(Layer layer, double confidence, std::string sentence, std::string next) {
    Say(layer, confidence, std::move(sentence), std::move(next));
    return true;
  }

  void Add(std::string name, std::string detail) {
    found_.evidence.push_back({std::move(name), std::move(detail)});
  }
  void Tell();
  void TellHop(std::string_view name, const HopFact& hop, std::string_view waits);
  void TellPeople();
  void TellBacklog(std::string name, const BacklogFact& backlog);

  const Facts& f_;
  const Batch& batch_;
  bool ended_;
  Instant end_;  // Until when the facts speak.
  Diagnosis found_;
};

void Judge::TellHop(std::string_view name, const HopFact& hop, std::string_view waits) {
  std::string detail = hop.count ? fmt::format("{}", *hop.count) : "unknown";
  if (hop.waiting > 0) {
    detail += fmt::format(", {} of them {}", hop.waiting, waits);
    if (!hop.oldest_waiting.never()) {
      detail += fmt::format(", the oldest since {}", FormatInstant(hop.oldest_waiting));
    }
  }
  Add(std::string(name), std::move(detail));
}

void Judge::TellPeople() {
  std::size_t here = 0, refusing = 0;
  for (const WorkerSighting& worker : f_.workers) {
    if (!WasThere(worker, end_)) continue;
    ++here;
    refusing += worker.refusal.empty() ? 0 : 1;
  }
  std::string workers = fmt::format("{} there", here);
  if (refusing > 0) workers += fmt::format(", {} of them refuse to work", refusing);
  Instant last = LastSeen(f_.workers);
  if (here == 0 && !last.never()) workers += fmt::format(", the last seen {}", FormatInstant(last));
  Add("workers", std::move(workers));
  std::size_t coordinators = 0;
  for (const CoordinatorSighting& c : f_.coordinators) coordinators += WasThere(c, end_) ? 1 : 0;
  Add("coordinators", fmt::format("{} there", coordinators));
}

void Judge::TellBacklog(std::string name, const BacklogFact& backlog) {
  switch (backlog.state) {
    case BacklogFact::State::kUnknown:
      return Add(std::move(name),
                 "unknown" + (backlog.problem.empty() ? "" : ": " + backlog.problem));
    case BacklogFact::State::kMissing: return Add(std::move(name), "missing: " + backlog.problem);
    case BacklogFact::State::kKnown: {
      std::string detail =
          fmt::format("{} waiting, {} being worked", backlog.waiting, backlog.leased);
      if (!backlog.oldest.never()) detail += ", the oldest from " + FormatInstant(backlog.oldest);
      return Add(std::move(name), std::move(detail));
    }
  }
}

void Judge::Tell() {
  if (!f_.store_problem.empty()) return Add("store", "can't be read: " + f_.store_problem);
  std::string state = fmt::format("{}", ToString(batch_.phase));
  if (batch_.reason != Reason::kNone) state += fmt::format(" ({})", ToString(batch_.reason));
  Add("phase", fmt::format("{}, last progress {}", state, FormatInstant(batch_.progress_at)));
  TellHop("recorded", f_.recorded, "not published");
  TellHop("published", f_.published, "not taken by a worker");
  TellHop("leased", f_.leased, "without a result");
  TellHop("reported", f_.reported, "not counted");
  TellHop("counted", f_.counted, "");
  if (f_.reconciled > 0) {
    Add("reconciled", fmt::format("{} counted because the sweep found them staged", f_.reconciled));
  }
  TellPeople();
  TellBacklog("bus requests", f_.requests);
  TellBacklog("bus completions", f_.completions);
  for (const Trouble& trouble : f_.troubles) {
    Add("errors",
        fmt::format("{} {}: {} times from {} to {}, the last: {}", ToString(trouble.layer),
                    trouble.kind, trouble.count, FormatInstant(trouble.first_at),
                    FormatInstant(trouble.last_at), trouble.message));
  }
  for (const auto& [reason, count] : f_.failures)
    Add("failed", fmt::format("{}: {}", count, reason));
  for (const auto& [reason, count] : f_.skips) Add("skipped", fmt::format("{}: {}", count, reason));
  if (f_.data_percent) Add("data", fmt::format("{:.0f} % complete at the start", *f_.data_percent));
}

}  // namespace

std::string_view ToString(Layer layer) { return kLayerNames[static_cast<std::size_t>(layer)]; }

Result<Layer> ParseLayer(std::string_view text) {
  for (std::size_t i = 0; i < kLayerNames.size(); ++i) {
    if (kLayerNames[i] == text) return static_cast<Layer>(i);
  }
  return Error{Errc::kInvalid, fmt::format("'{}' is no layer", text)};
}

bool WasThere(const Sighting& sighting, Instant at) {
  if (sighting.started_at > at) return false;
  if (!sighting.stopped_at.never()) return at < sighting.stopped_at;
  return at <= sighting.seen_at + kSilence;
}

Diagnosis Diagnose(const Facts& facts) { return Judge(facts).Decide(); }

}  // namespace tipoff
