// Who is told of the ends of batches, outside of tipoff. They fail, they are slow, and sometimes
// they have taken what they say they have not.
#pragma once

#include <string>

#include "flow/announce.h"

namespace tipoff::sim {

class World;
class Process;

inline constexpr const char* kTargets[] = {"hook", "log"};

// The way from `process` to the receiver `target`.
Announce Receiver(World& world, Process& process, const std::string& target);

}  // namespace tipoff::sim
