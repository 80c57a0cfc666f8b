// What Firestore allows, and what this store makes of it. The emulator is more lenient, so the
// store refuses by itself what the service would: kExhausted, and nothing is written.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tipoff::firestore {

inline constexpr std::size_t kDocumentBytes = 1u << 20;
// 10 MiB a request; some of it is left for what the network adds.
inline constexpr std::size_t kCommitBytes = (10u << 20) - (64u << 10);
inline constexpr std::size_t kWritesPerCommit = 500;
// Documents read by one call: a page of the largest ones stays far below what an answer may be.
inline constexpr std::size_t kDocumentsPerRead = 500;
// Documents deleted, or results staged, in one call.
inline constexpr std::size_t kDocumentsPerPage = 400;

// Requests in one document: so few that an update of it is small, so many that the 450 completions
// of a batch touch five documents. A larger batch has larger documents instead of more, so that one
// commit of 1,000 scattered requests stays within the writes of a commit.
inline constexpr std::uint32_t kRowsPerDocument = 100;
inline constexpr std::uint32_t kDocumentsPerBatch = 400;
// Rows of this many requests, with what they ask for, fit into one document.
inline constexpr std::uint32_t kRowsPerDocumentMax = 500;
inline constexpr std::uint32_t kRequestsPerBatch = kDocumentsPerBatch * kRowsPerDocumentMax;

// The platform's arrays of names are kept for batches of up to so many requests.
inline constexpr std::uint32_t kNamesKept = 500;
// Batches about which one process remembers what never changes.
inline constexpr std::size_t kBatchesKnown = 512;
// Announcements that one count goes through; more are a trouble of their own.
inline constexpr std::size_t kUnsentCounted = 10'000;
// Messages that one process can put into the quarantine, in order, within a microsecond.
inline constexpr std::int64_t kOrdersPerMicro = 1000;
// Tries of a read-decide-write, such as a lease, against others who write the same document.
inline constexpr int kDecideTries = 5;

}  // namespace tipoff::firestore
