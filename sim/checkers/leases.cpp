#include "sim/checkers/leases.h"

#include <fmt/format.h>

namespace tipoff::sim {

void LeaseChecker::OnLease(const std::string& name, const Incarnation&, const LeaseGrant& grant,
                           Instant at, const std::string& who) {
  if (!grant.granted) return;
  Book& book = books_[name];
  bool another = book.who != who;
  if (another && book.until > at) {
    Violated("14 a lease has one holder",
             fmt::format("{} gets the lease '{}' while {} has it", who, name, book.who));
  }
  if (another && grant.token <= book.token) {
    Violated("14 a lease has one holder",
             fmt::format("{} gets the lease '{}' with an old token", who, name));
  }
  book = {who, grant.token, grant.until};
}

}  // namespace tipoff::sim
