// Base64 (RFC 4648): push envelopes, tokens, key sets.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tipoff {

// The standard alphabet (+ and /), padded.
std::string Base64Encode(std::string_view bytes);
// The alphabet for URLs (- and _), without padding: as in tokens.
std::string Base64UrlEncode(std::string_view bytes);

// Reads either alphabet, padded or not. Strict otherwise: white space, other characters, padding
// that is too short, too long or in the middle, and left-over bits that are not zero are kInvalid
// with the position.
Result<std::string> Base64Decode(std::string_view text);

}  // namespace tipoff
