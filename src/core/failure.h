// Failures that mean the same read the same, so that they can be counted together.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tipoff {

// The error without what differs from one request to the next, in at most 200 bytes:
//   "no row 4711 for LeBron James in 'p_23.csv' (0x7fe2)" -> "no row # for <name> in '*' (#)".
// Numbers and hexadecimal become #, quoted parts '*', people's names and each of `names` <name>.
// A name is what is in `names`, and two or more capitalised words behind a lower-case one. The same
// text gives the same answer; normalising twice is normalising once.
std::string NormaliseError(std::string_view reason, std::span<const std::string_view> names = {});

}  // namespace tipoff
