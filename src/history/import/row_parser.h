// One row of a recognised file as a fact. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "history/facts.h"
#include "history/import/format.h"

namespace tipoff {

// Rightly left out, without being a mistake: "did not play", "preseason".
struct IgnoredRow {
  std::string why;
};

struct RejectedRow {
  std::string reason;
  std::string foreign_team;  // The team that is none of the NBA's, where that is the reason.
};

using ParsedRow = std::variant<PlayerGameFact, GameFact, LineFact, InjuryFact, PositionFact,
                               IgnoredRow, RejectedRow>;

class RowParser {
 public:
  explicit RowParser(Format format) : format_(format) {}

  const Format& format() const { return format_; }
  // One fact, or why not. Looks at the mapped columns only; `fields` may be of any number and hold
  // any bytes.
  ParsedRow Parse(std::span<const std::string_view> fields) const;

 private:
  Format format_;
};

}  // namespace tipoff
