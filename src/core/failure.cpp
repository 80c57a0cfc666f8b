#include "core/failure.h"

#include <algorithm>
#include <cctype>

#include "base/utf8.h"

namespace tipoff {
namespace {

constexpr std::size_t kBytesMax = 200;
// Shorter ones are found in words.
constexpr std::size_t kNameBytesMin = 3;
// Hashes and UUIDs; shorter ones are words such as "face" or "decade".
constexpr std::size_t kHexDigitsMin = 8;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsForeign(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsWord(char c) { return IsDigit(c) || IsUpper(c) || IsLower(c) || IsForeign(c) || c == '_'; }
bool IsSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::string WithoutNames(std::string_view text, std::span<const std::string_view> names) {
  std::string out(text);
  for (std::string_view name : names) {
    if (name.size() < kNameBytesMin) continue;
    for (std::size_t at = out.find(name); at != std::string::npos; at = out.find(name, at)) {
      std::size_t end = at + name.size();
      bool whole = (at == 0 || !IsWord(out[at - 1])) && (end == out.size() || !IsWord(out[end]));
      if (whole) out.replace(at, name.size(), "<name>");
      at += whole ? 6 : 1;
    }
  }
  return out;
}

// Reads one text from left to right; each Take function answers how many bytes it has used up, 0 if
// what begins here is nothing of its kind.
class Normaliser {
 public:
  explicit Normaliser(std::string_view text) : text_(text) {}

  std::string Run() {
    while (at_ < text_.size()) {
      std::size_t used = TakeQuoted();
      if (used == 0) used = TakeHex();
      if (used == 0) used = TakeNumber();
      if (used == 0) used = TakeName();
      if (used == 0) used = TakeOther();
      at_ += used;
    }
    if (!out_.empty() && out_.back() == ' ') out_.pop_back();
    return CutUtf8(std::move(out_), kBytesMax);
  }

 private:
  char At(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  bool StartsHere() const { return at_ == 0 || !IsWord(text_[at_ - 1]); }

  std::size_t TakeQuoted() {
    char quote = At(at_);
    if ((quote != '\'' && quote != '"' && quote != '`') || !StartsHere()) return 0;
    for (std::size_t end = at_ + 1; end < text_.size(); ++end) {
      if (text_[end] != quote || IsWord(At(end + 1))) continue;  // An apostrophe ends nothing.
      out_ += "'*'";
      return end + 1 - at_;
    }
    return 0;
  }

  std::size_t TakeHex() {
    if (!StartsHere()) return 0;
    bool marked = At(at_) == '0' && (At(at_ + 1) == 'x' || At(at_ + 1) == 'X');
    std::size_t end = at_ + (marked ? 2 : 0);
    std::size_t digits = 0;
    bool decimal = false;
    for (; IsHex(At(end)) || (At(end) == '-' && IsHex(At(end + 1))); ++end) {
      digits += IsHex(text_[end]) ? 1 : 0;
      decimal |= IsDigit(text_[end]);
    }
    if (IsWord(At(end)) || digits == 0) return 0;
    if (!marked && (digits < kHexDigitsMin || !decimal)) return 0;
    out_ += '#';
    return end - at_;
  }

  std::size_t TakeNumber() {
    if (!IsDigit(At(at_))) return 0;
    std::size_t end = at_ + 1;
    while (IsDigit(At(end)) ||
           ((At(end) == '.' || At(end) == ',' || At(end) == ':') && IsDigit(At(end + 1)))) {
      ++end;
    }
    out_ += '#';
    return end - at_;
  }

  // The end of a capitalised word that begins at `from`; `from` if there is none.
  std::size_t CapitalisedWord(std::size_t from) const {
    if (!IsUpper(At(from)) && !IsForeign(At(from))) return from;
    std::size_t end = from + 1;
    while (IsUpper(At(end)) || IsLower(At(end)) || IsForeign(At(end)) || At(end) == '\'' ||
           At(end) == '.' || At(end) == '-') {
      ++end;
    }
    return end;
  }

  std::size_t TakeName() {
    if (at_ < 2 || text_[at_ - 1] != ' ' || !IsLower(text_[at_ - 2])) return 0;
    std::size_t end = CapitalisedWord(at_);
    int words = end > at_ ? 1 : 0;
    while (words > 0 && At(end) == ' ' && CapitalisedWord(end + 1) > end + 1) {
      end = CapitalisedWord(end + 1);
      ++words;
    }
    if (words < 2) return 0;
    out_ += "<name>";
    return end - at_;
  }

  std::size_t TakeOther() {
    char c = text_[at_];
    if (!IsSpace(c)) {
      out_ += c;
    } else if (!out_.empty() && out_.back() != ' ') {
      out_ += ' ';
    }
    return 1;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string NormaliseError(std::string_view reason, std::span<const std::string_view> names) {
  std::string text = WithoutNames(reason, names);
  return Normaliser(text).Run();
}

}  // namespace tipoff
