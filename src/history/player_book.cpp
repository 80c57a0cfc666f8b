#include "history/player_book.h"

#include <fmt/format.h>

#include <algorithm>

namespace tipoff {
namespace {

// "Gary Payton II" and "Gary Payton III" are two men, "Jimmy Butler" may be "Jimmy Butler III".
bool MayBeOneMan(const NameKey& a, const NameKey& b) {
  return a.base == b.base && (a.full == b.full || !a.has_suffix() || !b.has_suffix());
}

}  // namespace

void PlayerBook::Load(KnownPlayer player) { Enter(std::move(player)); }

void PlayerBook::Enter(KnownPlayer player) {
  by_base_[player.key.base].push_back(player.id);
  if (player.made) made_.insert(player.id);
  PlayerId id = player.id;
  players_.insert_or_assign(id, std::move(player));
}

void PlayerBook::MarkChanged(const PlayerId& id) {
  if (std::find(changed_.begin(), changed_.end(), id) == changed_.end()) changed_.push_back(id);
}

const KnownPlayer* PlayerBook::Find(const PlayerId& id) const {
  auto found = players_.find(id);
  return found == players_.end() ? nullptr : &found->second;
}

void PlayerBook::Forget(const PlayerId& id) {
  auto found = players_.find(id);
  if (found == players_.end()) return;
  std::erase(by_base_[found->second.key.base], id);
  players_.erase(found);
  made_.erase(id);
  std::erase(changed_, id);
}

void PlayerBook::Know(const PlayerId& id, const std::string& name, Day date) {
  auto found = players_.find(id);
  if (found == players_.end()) {
    Enter({id, name.empty() ? id.str() : name, MakeNameKey(name), false, date});
    MarkChanged(id);
    return;
  }
  KnownPlayer& known = found->second;
  if (known.made) {
    known.made = false;
    made_.erase(id);
    MarkChanged(id);
  }
  if (name.empty() || name == known.name) return;
  NameKey key = MakeNameKey(name);
  bool fuller = key.base == known.key.base && name.size() > known.name.size();
  bool nameless = known.key.full.empty();
  bool later = key.base != known.key.base && date > known.named_on;
  if (!fuller && !nameless && !later) return;
  std::erase(by_base_[known.key.base], id);
  by_base_[key.base].push_back(id);
  known.name = name;
  known.key = std::move(key);
  known.named_on = std::max(known.named_on, date);
  MarkChanged(id);
}

Result<PlayerId> PlayerBook::Resolve(const std::string& name, Day date) {
  NameKey key = MakeNameKey(name);
  if (key.full.empty()) {
    return Error{Errc::kInvalid, fmt::format("'{}' is not a player's name", name)};
  }
  std::vector<const KnownPlayer*> exact, similar;
  if (auto found = by_base_.find(key.base); found != by_base_.end()) {
    for (const PlayerId& id : found->second) {
      const KnownPlayer& player = players_.at(id);
      if (player.key.full == key.full) {
        exact.push_back(&player);
      } else if (MayBeOneMan(player.key, key)) {
        similar.push_back(&player);
      }
    }
  }
  // A made id beside a real one is about to be merged into it.
  if (exact.size() > 1) std::erase_if(exact, [](const auto* player) { return player->made; });
  const auto& candidates = exact.empty() ? similar : exact;
  if (candidates.size() > 1) {
    return Error{Errc::kInvalid,
                 fmt::format("'{}' may be {} ({}) or {} ({}): the file gives no player id", name,
                             candidates[0]->name, candidates[0]->id.str(), candidates[1]->name,
                             candidates[1]->id.str())};
  }
  if (candidates.size() == 1) return candidates.front()->id;
  PlayerId id(NameSlug(key));
  Enter({id, name, std::move(key), true, date});
  MarkChanged(id);
  return id;
}

std::vector<PlayerBook::Likeness> PlayerBook::MadeAndReal() const {
  std::vector<Likeness> pairs;
  for (const PlayerId& id : made_) {
    const KnownPlayer& made = players_.at(id);
    Likeness likeness{id, {}};
    for (const PlayerId& other : by_base_.at(made.key.base)) {
      const KnownPlayer& real = players_.at(other);
      if (real.made || !MayBeOneMan(real.key, made.key)) continue;
      bool exact = real.key.full == made.key.full;
      likeness.real.insert(exact ? likeness.real.begin() : likeness.real.end(), other);
    }
    if (!likeness.real.empty()) pairs.push_back(std::move(likeness));
  }
  return pairs;
}

std::vector<PlayerId> PlayerBook::TakeChanged() { return std::exchange(changed_, {}); }

}  // namespace tipoff
