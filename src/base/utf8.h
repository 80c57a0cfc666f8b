// Telling text from other bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tipoff {

// The length of the UTF-8 character at the beginning of `text`, which must not be empty; 0 if there
// is none. Overlong forms, surrogates and what is past U+10FFFF are none.
std::size_t CharacterLength(std::string_view text);

bool IsUtf8(std::string_view text);

// `text` with U+FFFD in place of each byte that belongs to no character.
std::string ReplaceNonUtf8(std::string_view text);

}  // namespace tipoff
