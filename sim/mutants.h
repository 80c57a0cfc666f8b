// The planted bugs by name; base/mutant.h says what they are for.
#pragma once

#include <span>
#include <string_view>

namespace tipoff::sim {

struct Mutant {
  std::string_view name;
  std::string_view bug;
};

std::span<const Mutant> Mutants();

}  // namespace tipoff::sim
