// Planted bugs. Each is a name at the place where it would be made; in the product every one of
// them is the constant `false`. Only the program `tipoff-mutants` can turn one on, to show that the
// simulated world notices.
#pragma once

#include <string>
#include <string_view>

namespace tipoff {

// One at a time, for the whole process. Before any thread is started.
void PlantMutant(std::string name);
bool MutantPlanted(std::string_view name);

}  // namespace tipoff

#ifdef TIPOFF_MUTANTS
#define TIPOFF_MUTANT(name) ::tipoff::MutantPlanted(name)
#else
#define TIPOFF_MUTANT(name) false
#endif
