#include "base/mutant.h"

namespace tipoff {
namespace {

std::string& Planted() {
  static std::string name;
  return name;
}

}  // namespace

void PlantMutant(std::string name) { Planted() = std::move(name); }

bool MutantPlanted(std::string_view name) { return Planted() == name; }

}  // namespace tipoff
