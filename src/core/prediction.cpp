#include "core/prediction.h"

#include <fmt/format.h>

#include <array>

#include "base/hash.h"

namespace tipoff {
namespace {

constexpr std::array<std::string_view, 4> kNames{"OVER", "UNDER", "PASS", "NO_LINE"};

}  // namespace

std::string_view ToString(Recommendation recommendation) {
  return kNames[static_cast<std::size_t>(recommendation)];
}

Result<Recommendation> ParseRecommendation(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<Recommendation>(i);
  }
  return Error{Errc::kInvalid, fmt::format("'{}' is not a recommendation", text)};
}

std::string MakePredictionId(const BatchId& batch, const RequestSpec& request,
                             std::string_view stat, std::string_view system,
                             const std::optional<Line>& line) {
  std::string identity =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", batch.str(), FormatDay(request.game_date),
                  request.game.str(), request.player.str(), stat, system, line ? line->str() : "-");
  return Sha256Hex(identity).substr(0, 32);
}

}  // namespace tipoff
