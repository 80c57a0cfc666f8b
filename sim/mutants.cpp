#include "sim/mutants.h"

namespace tipoff::sim {
namespace {

constexpr Mutant kMutants[] = {
    {"ack-before-commit", "a completion is acked before it is counted"},
    {"stray-forgotten", "a completion of nobody is acked and kept nowhere"},
    {"no-slot-guard", "a slot may hold two live batches"},
    {"no-version-guard", "a commit overwrites what somebody else has written"},
    {"conflict-is-success", "a conflict is taken for a commit"},
    {"unknown-is-success", "a commit of unknown outcome is taken for done"},
    {"counter-not-set", "a repeated completion is added once more"},
    {"late-counted", "a completion after the end is counted"},
    {"late-forgotten", "a completion after the end leaves no mark"},
    {"two-finalizers", "a batch that has ended ends again"},
    {"finalizing-forgotten", "a batch whose ending commit was lost is never ended"},
    {"refusal-ends-nothing", "a refusal as the last event does not end the batch"},
    {"republish-without-limit", "requests are published again for ever"},
    {"reconcile-skipped", "what is staged and was never reported is not counted"},
    {"lease-is-progress", "each lease of a request counts as progress"},
    {"local-clock", "time is judged by the process's own clock"},
    {"promise-put-off", "a patch may put the promised end off"},
    {"confirmed-unpublished", "a failed publish is taken for sent"},
    {"publication-reused", "every publication of a slot has the number 1"},
    {"journal-unchained", "a journal entry forgets the one before it"},
    {"key-not-claimed", "two starts with one key make two batches"},
    {"child-not-claimed", "two retries of a batch make two children"},
    {"lease-without-incarnation", "the sweep's lease is asked for by role, not by life"},
    {"lease-for-everybody", "a lease is granted while another holds it"},
    {"settle-forgotten", "rows found open after the end are never rewritten"},
    {"sent-unheard", "an announcement that failed is marked as sent"},
    {"reported-unstaged", "a worker reports what it has not staged"},
    {"skip-unreported", "a worker acks a skip without telling"},
    {"unknown-is-empty", "history that was not loaded is taken for none"},
    {"transient-acked", "a worker acks what it could not do"},
    {"start-waits-for-publish", "a start is answered once its requests are sent"},
    {"why-wrong-layer", "why names history where a worker has died"},
    {"lease-unwatched", "a worker waits for ever for a lease that is not answered"},
};

}  // namespace

std::span<const Mutant> Mutants() { return kMutants; }

}  // namespace tipoff::sim
