#include "base/base64.h"

#include <fmt/format.h>

#include <cstdint>

namespace tipoff {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Without padding.
std::string Encode(std::string_view bytes, std::string_view alphabet) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (char c : bytes) {
    bits = (bits << 8 | static_cast<unsigned char>(c)) & 0xffff;
    held += 8;
    while (held >= 6) {
      held -= 6;
      text += alphabet[bits >> held & 63];
    }
  }
  if (held > 0) text += alphabet[bits << (6 - held) & 63];
  return text;
}

int ValueOf(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

}  // namespace

std::string Base64Encode(std::string_view bytes) {
  std::string text = Encode(bytes, kStandard);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::string Base64UrlEncode(std::string_view bytes) { return Encode(bytes, kUrl); }

Result<std::string> Base64Decode(std::string_view text) {
  // Padding fills up the last group of four, or is left out altogether.
  std::string_view digits = text.substr(0, text.find_last_not_of('=') + 1);
  std::size_t padding = text.size() - digits.size();
  if (digits.size() % 4 == 1 || (padding > 0 && padding != (4 - digits.size() % 4) % 4)) {
    return Error{Errc::kInvalid,
                 fmt::format("not base64: {} characters and {} of padding make no whole bytes",
                             digits.size(), padding)};
  }
  std::string bytes;
  bytes.reserve(digits.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int held = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    int value = ValueOf(digits[i]);
    if (value < 0) {
      return Error{Errc::kInvalid,
                   fmt::format("not base64: character {} is not of its alphabet", i + 1)};
    }
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xff);
    bits &= (1u << held) - 1;
  }
  if (bits != 0) {
    return Error{Errc::kInvalid, "not base64: the last character holds bits that belong nowhere"};
  }
  return bytes;
}

}  // namespace tipoff
