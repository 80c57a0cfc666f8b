#include "sim/seed.h"

namespace tipoff::sim {

SeedResult RunSeed(const WorldOptions& options) {
  World world(options);
  world.Run();
  SeedResult result;
  result.seed = options.seed;
  result.violations = world.notes.violations;
  result.lived = world.lived();
  result.trace = world.trace();
  result.sometimes = world.sometimes;
  result.struck = world.faults.struck();
  result.story = world.story();
  return result;
}

}  // namespace tipoff::sim
