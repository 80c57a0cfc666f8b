// Every queue, retry and loop has its number here, with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/instant.h"

namespace tipoff::limits {

// Transitions in one commit. 1,000 rows are 5-10 ms of SQLite; more would only delay the others.
inline constexpr std::size_t kTransitionsPerCommit = 1000;
// Request rows written in one creation chunk; a batch up to this size is created in one commit.
inline constexpr std::size_t kRowsPerChunk = 1000;
// Requests in one batch: 32-bit ordinals would allow more, but nobody has waited for more.
inline constexpr std::uint32_t kRequestsPerBatch = 10'000'000;
// Messages published or leased in one call. Pub/Sub allows 1,000.
inline constexpr std::size_t kMessagesPerCall = 1000;
// Bytes of one message body. Pub/Sub allows 10 MB for a whole publish.
inline constexpr std::size_t kMessageBytes = 1u << 20;
// Players whose history is asked for in one query: an answer that is there in about a second, and
// soon enough for the first requests to leave before the last players are loaded.
inline constexpr std::size_t kPlayersPerQuery = 100;
// Completion messages held by one coordinator, leased but not yet committed.
inline constexpr std::size_t kCompletionsHeld = 20'000;
// Rows read in one call by what goes through all rows of something.
inline constexpr std::size_t kRowsPerPage = 500;
// Batches listed in one page.
inline constexpr std::size_t kBatchesPerPage = 500;
// Tries of one commit against conflicts, with back-off; then its caller gets kConflict.
inline constexpr int kCommitTries = 20;
// How long a commit may take in all, tries and back-off included. Below any lease of a message.
inline constexpr Duration kCommitTime = std::chrono::seconds(20);
// One call of a store or a bus.
inline constexpr Duration kCallTime = std::chrono::seconds(10);
// When a call that promised to end within kCallTime is given up by its caller, who trusts nobody.
inline constexpr Duration kWatchTime = kCallTime + std::chrono::seconds(1);
// Batches that the sweep decides about at the same time: enough to fill a group commit of the
// store, few enough not to hold up what workers report.
inline constexpr std::size_t kVisitsAtOnce = 64;
// A visit that takes longer makes room for the next one; its commit goes on in its own lane.
inline constexpr Duration kVisitTime = std::chrono::seconds(3);
// Stalled batches whose outstanding requests are paged through at the same time.
inline constexpr std::size_t kRedrivesAtOnce = 16;
// Systemic alerts are kept for whoever comes back from a holiday.
inline constexpr Duration kAlertsKept = std::chrono::hours(24 * 30);
// Journal entries in one page.
inline constexpr std::size_t kJournalPerPage = 500;
// Characters of a reason or message kept; longer ones come from errors that quote their input.
inline constexpr std::size_t kReasonBytes = 500;
// Kinds of errors that one process tells apart, and windows of them read for one diagnosis.
inline constexpr std::size_t kTroubleKinds = 64;
inline constexpr std::size_t kTroublesRead = 5000;
// Requests and journal entries that one diagnosis reads; of a larger batch the first ones.
inline constexpr std::size_t kRowsDiagnosed = 20'000;
inline constexpr std::size_t kEntriesDiagnosed = 5000;
// Deliveries of one message before the bus gives it up as a dead letter.
inline constexpr int kDeliveriesMax = 10;

// Announcements on their way to one target at once: enough to catch up, few enough not to flood it.
inline constexpr std::size_t kAnnouncementsInFlight = 4;

}  // namespace tipoff::limits
