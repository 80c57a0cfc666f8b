// bus/bus.h as a test: the suite, and what each program that runs it brings.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "bus/bus.h"

namespace tipoff {

// What a backend promises beside the rest of the contract, and in which time.
struct BusTraits {
  Duration lease = std::chrono::seconds(60);  // One that a test waits to end.
  Duration ages = std::chrono::hours(1);      // After that nothing comes any more.
  Duration patience{0};                       // What is there may take so long to come.
  bool fences = true;                         // A stale token settles nothing, and is known.
  bool counts = true;                         // Inspect tells how much there is.
};

class BusBackend {
 public:
  virtual ~BusBackend() = default;
  virtual Bus& bus() = 0;
  virtual Bus& other() = 0;  // On the same messages.
  virtual void RunUntil(const std::function<bool()>& done) = 0;
  virtual void Pass(Duration time) = 0;
  BusTraits traits;
};

struct BusKind {
  const char* name;
  std::unique_ptr<BusBackend> (*make)();
  std::string (*missing)() = [] { return std::string(); };  // Why it can't be made here.

  friend void PrintTo(const BusKind& kind, std::ostream* out) { *out << kind.name; }
};

// Defined by the program.
std::vector<BusKind> BusKinds();

}  // namespace tipoff
