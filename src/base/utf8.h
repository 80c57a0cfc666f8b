// UTF-8 as a reader must see it, whatever bytes came in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tipoff {

// Bytes of the character at the beginning of `text`; 0 if there is none. Overlong forms, surrogates
// and what is past U+10FFFF are none.
std::size_t Utf8CharacterSize(std::string_view text);

bool IsUtf8(std::string_view text);

// The beginning of `text`, at most so many bytes, cut between characters: half of one could not be
// told to anybody.
std::string CutUtf8(std::string text, std::size_t bytes_max);

}  // namespace tipoff
