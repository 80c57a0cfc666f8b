// Operating errors are values. A function that can fail for a reason outside the program returns
// `Result<T>`; a caller that ignores it does not compile.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/panic.h"

namespace tipoff {

// Few enough to switch on: each asks something else of the caller.
enum class Errc {
  kInvalid,         // The input is wrong; the same call fails again. The message names the field.
  kNotFound,        // The thing named does not exist.
  kExists,          // It exists already; the message names what was found.
  kConflict,        // A guard failed: somebody else wrote first. Re-read, decide again.
  kUnavailable,     // Certainly not applied; may work later. Back off and retry.
  kUnknownOutcome,  // May or may not have been applied. Re-read before deciding.
  kDenied,          // Not allowed: permissions, read-only medium, missing key.
  kExhausted,       // A limit was reached: disk full, queue full, message too large.
  kCorrupt,         // Stored data contradicts itself.
  kUnsupported,     // A newer format or a setting that this build cannot honour.
};

std::string_view ToString(Errc code);

struct Error {
  Errc code = Errc::kInvalid;
  std::string message;

  friend bool operator==(const Error&, const Error&) = default;
};

// The same error, with where it happened in front: "import x.csv: line 3: ...".
Error Annotate(Error error, std::string_view where);

// A value or an error. Reading the wrong one is a broken invariant.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT: conversion is the point
  Result(Error error) : state_(std::move(error)) {}  // NOLINT: conversion is the point

  bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }

  T& value() & { return Get(); }
  const T& value() const& { return const_cast<Result*>(this)->Get(); }
  T&& value() && { return std::move(Get()); }
  T& operator*() & { return Get(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &Get(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    TIPOFF_CHECK(!ok(), "error() of a Result that holds a value");
    return std::get<Error>(state_);
  }

 private:
  T& Get() {
    if (!ok()) Panic(__FILE__, __LINE__, "value() of an error: " + std::get<Error>(state_).message);
    return std::get<T>(state_);
  }

  std::variant<T, Error> state_;
};

// Success without a value.
struct Done {
  friend bool operator==(const Done&, const Done&) = default;
};
using Status = Result<Done>;

inline Status Ok() { return Done{}; }

}  // namespace tipoff

// `TIPOFF_TRY(auto x, F())` returns F's error from the enclosing function or names its value `x`.
#define TIPOFF_CONCAT_INNER(a, b) a##b
#define TIPOFF_CONCAT(a, b) TIPOFF_CONCAT_INNER(a, b)
#define TIPOFF_TRY(declaration, expression) \
  TIPOFF_TRY_IMPL(TIPOFF_CONCAT(try_result_, __LINE__), declaration, expression)
#define TIPOFF_TRY_IMPL(temporary, declaration, expression) \
  auto temporary = (expression);                            \
  if (!temporary.ok()) return temporary.error();            \
  declaration = std::move(temporary).value()
#define TIPOFF_TRY_STATUS(expression)                                                \
  do {                                                                               \
    if (auto try_status = (expression); !try_status.ok()) return try_status.error(); \
  } while (false)
