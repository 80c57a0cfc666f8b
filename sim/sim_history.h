// The history source as one process of a simulated world sees it. Whether a player has played is
// the world's to say; a query that fails says nothing about him.
#pragma once

#include "history/history.h"

namespace tipoff::sim {

class World;
class Process;

class SimHistory final : public History {
 public:
  SimHistory(World& world, Process& process) : world_(world), process_(process) {}
  void Load(HistoryQuery query, LoadDone done) override;

 private:
  World& world_;
  Process& process_;
};

}  // namespace tipoff::sim
