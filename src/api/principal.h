// Who is asking, and what he may do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tipoff {

// Each role may do what those before it may.
enum class Role : std::uint8_t {
  kNone,     // Health only.
  kRead,     // Look.
  kWork,     // Take requests and report on them.
  kOperate,  // Start, end, change.
};
std::string_view ToString(Role role);
// "read", "work", "operate"; kInvalid otherwise.
Result<Role> ParseRole(std::string_view text);

struct Principal {
  std::string name;  // "key:nightly-scheduler", "oidc:push@project.iam...", "anonymous", "local"
  Role role = Role::kNone;
  bool by_cookie = false;  // Of a page's session: other sites' pages might send it, too.
};

}  // namespace tipoff
