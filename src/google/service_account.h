// A service account's key file, and the tokens that it signs for itself: what Google's REST APIs
// take as a bearer without asking anybody for one first.
#pragma once

#include <memory>
#include <string>

#include "base/instant.h"
#include "base/result.h"

namespace tipoff::gcloud {

inline constexpr auto kSelfSignedTokenLife = std::chrono::hours(1);

class ServiceAccount {
 public:
  // `text` is the key file's. kInvalid: not a service account's, or without a usable key.
  static Result<ServiceAccount> Parse(const std::string& text);
  // The same of a file; kDenied if it can't be read. Messages name it.
  static Result<ServiceAccount> Read(const std::string& path);
  ServiceAccount(ServiceAccount&&) noexcept;
  ServiceAccount& operator=(ServiceAccount&&) noexcept;
  ~ServiceAccount();

  // A token for one API, such as "https://bigquery.googleapis.com/"; good from `now` for
  // kSelfSignedTokenLife.
  std::string SignFor(const std::string& audience, Instant now) const;
  const std::string& email() const { return email_; }

 private:
  struct Key;
  ServiceAccount(std::string email, std::string key_id, std::unique_ptr<Key> key);

  std::string email_;
  std::string key_id_;
  std::unique_ptr<Key> key_;
};

}  // namespace tipoff::gcloud
