// Identities are types, so that a player can't be passed where a batch is asked for.
#pragma once

#include <compare>
#include <functional>
#include <ostream>
#include <string>
#include <utility>

namespace tipoff {

template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string text) : text_(std::move(text)) {}

  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }

  friend auto operator<=>(const Id&, const Id&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Id& id) { return out << id.text_; }

 private:
  std::string text_;
};

using BatchId = Id<struct BatchTag>;
// As in the imported file ("201939"), or a slug of the name where a file has no ids.
using PlayerId = Id<struct PlayerTag>;
// As in the imported file ("0022400061", leading zeros kept), or `YYYYMMDD_AWY_HOM`.
using GameId = Id<struct GameTag>;
// One life of one process: a restarted worker has another one. See base/identity.h.
using Incarnation = Id<struct IncarnationTag>;

}  // namespace tipoff

template <class Tag>
struct std::hash<tipoff::Id<Tag>> {
  std::size_t operator()(const tipoff::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
