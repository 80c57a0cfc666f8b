#include "core/request.h"

#include <fmt/format.h>

namespace tipoff {
namespace {

constexpr std::array<std::string_view, kRequestStates> kNames{
    "pending", "published", "leased",    "succeeded",  "skipped",
    "failed",  "expired",   "cancelled", "undelivered"};

}  // namespace

std::string_view ToString(RequestState state) { return kNames[static_cast<std::size_t>(state)]; }

Result<RequestState> ParseRequestState(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<RequestState>(i);
  }
  return Error{Errc::kInvalid, fmt::format("'{}' is not a request state: one of {}", text,
                                           fmt::join(kNames, ", "))};
}

void Counts::Move(RequestState from, RequestState to, std::uint32_t n) {
  auto& source = by_state_[static_cast<std::size_t>(from)];
  TIPOFF_CHECK(source >= n, "more requests left a state than were in it");
  source -= n;
  by_state_[static_cast<std::size_t>(to)] += n;
}

std::uint32_t Counts::expected() const {
  std::uint32_t sum = 0;
  for (std::uint32_t n : by_state_) sum += n;
  return sum;
}

std::uint32_t Counts::open() const {
  return (*this)[RequestState::kPending] + (*this)[RequestState::kPublished] +
         (*this)[RequestState::kLeased];
}

double Counts::done_percent() const {
  std::uint32_t all = expected();
  return all == 0 ? 100.0 : 100.0 * done() / all;
}

}  // namespace tipoff
