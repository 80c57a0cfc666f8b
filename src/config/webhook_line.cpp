#include "config/webhook_line.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.h"

namespace tipoff {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kKeyBytesMin = 24;
constexpr std::size_t kKeyBytesMax = 64;
constexpr std::size_t kNameMax = 40;

Error Invalid(std::string message) { return Error{Errc::kInvalid, std::move(message)}; }

// Names stand in announcements' ids and in paths.
Result<std::string> ReadName(std::string_view text, std::string_view form) {
  std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return Invalid(fmt::format("a receiver has no name: write {}", form));
  }
  std::string name(text.substr(0, equals));
  bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (name.empty() || name.size() > kNameMax || !plain) {
    // What stands before the first '=' of a bare address is part of the address.
    return Invalid(fmt::format(
        "a receiver's name must be 1 to {} of a-z, 0-9, '-' and '_': write {}", kNameMax, form));
  }
  if (name == "log" || name == "bus" || name == "bigquery") {
    return Invalid(fmt::format("'{}' is the name of a built-in target: take another", name));
  }
  return name;
}

}  // namespace

Result<WebhookLine> ParseWebhookLine(std::string_view text) {
  TIPOFF_TRY(std::string name, ReadName(text, "NAME=https://..."));
  std::string url(text.substr(name.size() + 1));
  bool web = url.starts_with("https://") || url.starts_with("http://");
  bool host = web && url.size() > url.find("//") + 2;
  if (!host || url.find_first_of(" \t\r\n\"") != std::string::npos) {
    return Invalid(fmt::format("the address of '{}' is no URL: write {}=https://...", name, name));
  }
  return WebhookLine{std::move(name), std::move(url)};
}

Result<WebhookSecret> ParseWebhookSecret(std::string_view text) {
  TIPOFF_TRY(std::string name, ReadName(text, "NAME=whsec_..."));
  std::string_view secret = text.substr(name.size() + 1);
  auto key = secret.starts_with(kPrefix) ? Base64Decode(secret.substr(kPrefix.size()))
                                         : Result<std::string>(Invalid("no prefix"));
  if (!key.ok() || key->size() < kKeyBytesMin || key->size() > kKeyBytesMax) {
    return Invalid(
        fmt::format("the secret of '{}' must be whsec_ and the base64 of {} to {} bytes: make one "
                    "with `echo whsec_$(openssl rand -base64 32)`",
                    name, kKeyBytesMin, kKeyBytesMax));
  }
  return WebhookSecret{std::move(name), std::move(*key)};
}

}  // namespace tipoff
