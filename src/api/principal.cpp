#include "api/principal.h"

#include <fmt/format.h>

namespace tipoff {

std::string_view ToString(Role role) {
  switch (role) {
    case Role::kNone: return "none";
    case Role::kRead: return "read";
    case Role::kWork: return "work";
    case Role::kOperate: return "operate";
  }
  return "none";
}

Result<Role> ParseRole(std::string_view text) {
  for (Role role : {Role::kRead, Role::kWork, Role::kOperate}) {
    if (text == ToString(role)) return role;
  }
  return Error{Errc::kInvalid, fmt::format("'{}' is not a role: use read, work or operate", text)};
}

}  // namespace tipoff
