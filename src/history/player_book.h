// Who is who: ids and names of all known players, and which of them a source means. Pure.
#pragma once

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/id.h"
#include "base/instant.h"
#include "base/result.h"
#include "history/names.h"

namespace tipoff {

struct KnownPlayer {
  PlayerId id;
  std::string name;
  NameKey key;
  bool made = false;  // The id is a slug of the name, because no source gave a real one yet.
  Day named_on;       // Date of the row that gave the name; of two names the later one holds.
};

class PlayerBook {
 public:
  // What is stored already.
  void Load(KnownPlayer player);

  // A source gives an id and perhaps a name. A new id is entered; a later or a fuller name ("Luka
  // Dončić" for "Luka Doncic") replaces the one that is known.
  void Know(const PlayerId& id, const std::string& name, Day date);

  // A source gives a name only. Compared as a whole, never by initials: exactly as spelled first,
  // then without a suffix that one of both lacks. Unknown names get an id made from the name.
  // kInvalid: several players have this name, or it has no letters.
  Result<PlayerId> Resolve(const std::string& name, Day date);

  // Null if unknown.
  const KnownPlayer* Find(const PlayerId& id) const;
  // For each player with a made id, by id: those with a real one that may be the same man, who is
  // spelled exactly so first.
  struct Likeness {
    PlayerId made;
    std::vector<PlayerId> real;
  };
  std::vector<Likeness> MadeAndReal() const;
  void Forget(const PlayerId& id);

  // Entered or renamed since the last call; in the order of their first change.
  std::vector<PlayerId> TakeChanged();
  std::size_t size() const { return players_.size(); }

 private:
  void Enter(KnownPlayer player);
  void MarkChanged(const PlayerId& id);

  std::unordered_map<PlayerId, KnownPlayer> players_;
  std::unordered_map<std::string, std::vector<PlayerId>> by_base_;
  std::set<PlayerId> made_;
  std::vector<PlayerId> changed_;
};

}  // namespace tipoff
