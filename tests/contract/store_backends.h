// The backends over which store_contract_test.cpp runs: each program of it has its own.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "store/store.h"
#include "support/manual_loop.h"

namespace tipoff {

// One backend, empty at first. `Other` is a second client of the same data, as another process
// would be.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual Store& store() = 0;
  virtual Store& other() = 0;
  ManualLoop loop;
};

struct Kind {
  const char* name;
  std::unique_ptr<Backend> (*make)();
  // Why it can't be tested here; "": it can.
  std::string (*missing)() = [] { return std::string(); };

  friend void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }
};

std::vector<Kind> StoreKinds();

}  // namespace tipoff
