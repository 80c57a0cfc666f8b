#include "history/names.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace tipoff {
namespace {

// The next code point, which is removed from `text`. 0xFFFFFFFF: not UTF-8.
std::uint32_t TakeCodePoint(std::string_view& text) {
  constexpr std::uint32_t kBad = 0xFFFFFFFF;
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::uint32_t first = byte(0);
  std::size_t length = first < 0x80   ? 1
                       : first < 0xC2 ? 0
                       : first < 0xE0 ? 2
                       : first < 0xF0 ? 3
                                      : 4;
  if (first > 0xF4 || length == 0 || text.size() < length) return kBad;
  std::uint32_t point = length == 1 ? first : first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return kBad;
    point = point << 6 | (byte(i) & 0x3Fu);
  }
  static constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  if (point < kLeast[length] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) {
    return kBad;
  }
  text.remove_prefix(length);
  return point;
}

// The plain letters of U+00C0..U+017F, in order; '?' where two letters or none are meant.
constexpr std::string_view kPlainLatin =
    "aaaaaa?ceeeeiiiidnooooo ouuuuy??aaaaaa?ceeeeiiiidnooooo ouuuuy?y"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii??jjkkklllllll"
    "lllnnnnnnnnnoooooo??rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kPlainLatin.size() == 0x180 - 0xC0);

std::string_view TwoLetters(std::uint32_t point) {
  switch (point) {
    case 0xC6:
    case 0xE6: return "ae";
    case 0xDE:
    case 0xFE: return "th";
    case 0xDF: return "ss";
    case 0x132:
    case 0x133: return "ij";
    case 0x152:
    case 0x153: return "oe";
    case 0x218:
    case 0x219: return "s";  // With a comma below, Romanian.
    case 0x21A:
    case 0x21B: return "t";
    default: return {};
  }
}

bool IsDropped(std::uint32_t point) {
  bool combining = point >= 0x300 && point < 0x370;
  bool apostrophe = point == '\'' || point == '`' || point == 0x2018 || point == 0x2019;
  return combining || apostrophe || point == '.';
}

bool IsDash(std::uint32_t point) { return point >= 0x2010 && point <= 0x2015; }

bool IsSuffix(std::string_view word) {
  static constexpr std::array<std::string_view, 6> kSuffixes{"jr", "sr", "ii", "iii", "iv", "v"};
  return std::find(kSuffixes.begin(), kSuffixes.end(), word) != kSuffixes.end();
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

bool IsText(std::string_view text) {
  while (!text.empty()) {
    std::uint32_t point = TakeCodePoint(text);
    if (point == 0xFFFFFFFF || point == 0) return false;
  }
  return true;
}

bool IsCleanText(std::string_view text) {
  while (!text.empty()) {
    std::uint32_t point = TakeCodePoint(text);
    if (point == 0xFFFFFFFF || point < 0x20 || (point >= 0x7F && point < 0xA0)) return false;
  }
  return true;
}

std::string FoldText(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  while (!text.empty()) {
    std::string_view at = text;
    std::uint32_t point = TakeCodePoint(text);
    if (point == 0xFFFFFFFF) {
      text.remove_prefix(1);
    } else if (point >= 'A' && point <= 'Z') {
      plain += static_cast<char>(point - 'A' + 'a');
    } else if ((point >= 'a' && point <= 'z') || (point >= '0' && point <= '9')) {
      plain += static_cast<char>(point);
    } else if (std::string_view letters = TwoLetters(point); !letters.empty()) {
      plain += letters;
    } else if (point >= 0xC0 && point < 0x180) {
      plain += kPlainLatin[point - 0xC0];
    } else if (point >= 0x180 && !IsDropped(point) && !IsDash(point)) {
      plain += at.substr(0, at.size() - text.size());
    } else if (!IsDropped(point)) {
      plain += ' ';
    }
  }
  // One space between words, none between initials.
  std::string folded;
  std::size_t last_length = 0;
  for (std::string_view word : Words(plain)) {
    if (!folded.empty() && (last_length > 1 || word.size() > 1)) folded += ' ';
    folded += word;
    last_length = word.size();
  }
  return folded;
}

std::string FirstNameFirst(std::string_view name) {
  std::size_t comma = name.find(',');
  if (comma == std::string_view::npos) return std::string(Trim(name));
  std::string_view surname = Trim(name.substr(0, comma));
  std::string_view first = Trim(name.substr(comma + 1));
  // "Tim Hardaway, Jr." has its comma before a suffix.
  if (IsSuffix(FoldText(first))) return std::string(surname) + ' ' + std::string(first);
  std::string turned(first);
  if (!turned.empty() && !surname.empty()) turned += ' ';
  return turned.append(surname);
}

NameKey MakeNameKey(std::string_view name) {
  NameKey key;
  key.full = FoldText(FirstNameFirst(name));
  key.base = key.full;
  std::size_t last = key.full.rfind(' ');
  if (last != std::string::npos && IsSuffix(std::string_view(key.full).substr(last + 1))) {
    key.base.resize(last);
  }
  return key;
}

std::string NameSlug(const NameKey& key) {
  std::string slug = key.full;
  std::replace(slug.begin(), slug.end(), ' ', '-');
  return slug;
}

}  // namespace tipoff
