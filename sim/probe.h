// After everything was healed: whether those that met calls without an answer, and were not started
// again, still do their work.
#pragma once

namespace tipoff::sim {

class World;

// One coordinator and one worker are left, of the seed's choice; a small batch must go through
// them.
void Probe(World& world);

}  // namespace tipoff::sim
