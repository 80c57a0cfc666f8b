// Players' names as keys. Sources spell one name in many ways: with or without diacritics, dots,
// suffixes, or as "Surname, First". Pure.
#pragma once

#include <string>
#include <string_view>

namespace tipoff {

// True for valid UTF-8 without NUL.
bool IsText(std::string_view text);
// True for text that a name or an id may hold: valid UTF-8 without control characters.
bool IsCleanText(std::string_view text);

// Lower-case letters, digits and single spaces: "Luka Dončić" is "luka doncic", "A.J. Lawson" is
// "aj lawson", "Karl-Anthony Towns" is "karl anthony towns". Letters of other scripts stay.
std::string FoldText(std::string_view text);

// "Payton II, Gary" is "Gary Payton II"; a name without a comma is itself.
std::string FirstNameFirst(std::string_view name);

struct NameKey {
  std::string full;  // With the suffix: "gary payton ii".
  std::string base;  // Without: "gary payton". Equal to `full` where there is no suffix.

  bool has_suffix() const { return full != base; }
};
NameKey MakeNameKey(std::string_view name);

// An id for a player of whom no source gives one: "alex-sarr". Empty if the name has no letter.
std::string NameSlug(const NameKey& key);

}  // namespace tipoff
