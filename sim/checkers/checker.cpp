#include "sim/checkers/checker.h"

#include "sim/checkers/announcements.h"
#include "sim/checkers/counting.h"
#include "sim/checkers/durability.h"
#include "sim/checkers/ending.h"
#include "sim/checkers/journal.h"
#include "sim/checkers/leases.h"
#include "sim/checkers/publication.h"
#include "sim/checkers/slots.h"
#include "sim/checkers/why.h"

namespace tipoff::sim {

std::vector<std::unique_ptr<Checker>> MakeCheckers(Notebook& notes) {
  std::vector<std::unique_ptr<Checker>> checkers;
  checkers.push_back(std::make_unique<EndingChecker>(notes));
  checkers.push_back(std::make_unique<CountingChecker>(notes));
  checkers.push_back(std::make_unique<DurabilityChecker>(notes));
  checkers.push_back(std::make_unique<SlotChecker>(notes));
  checkers.push_back(std::make_unique<PublicationChecker>(notes));
  checkers.push_back(std::make_unique<AnnouncementChecker>(notes));
  checkers.push_back(std::make_unique<JournalChecker>(notes));
  checkers.push_back(std::make_unique<LeaseChecker>(notes));
  checkers.push_back(std::make_unique<WhyChecker>(notes));
  return checkers;
}

}  // namespace tipoff::sim
