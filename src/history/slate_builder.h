// Who plays on a game day, from what was known before it. Pure: everything about a date comes from
// rows strictly before that date, and from that date's schedule, lines and injury list.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/slate.h"

namespace tipoff {

// A game of the schedule, or one that was played.
struct ViewGame {
  Day date;
  GameId game;
  std::string season;
  std::string home;
  std::string away;
  bool neutral_site = false;
};

// One player took part in one game.
struct ViewAppearance {
  Day date;
  GameId game;
  PlayerId player;
  std::string team;
  float minutes = 0;
};

// A points line.
struct ViewLine {
  Day date;
  GameId game;
  PlayerId player;
  BookLine line;
};

struct ViewInjury {
  Day date;
  PlayerId player;
  std::string status;
};

// What slates are made from; each list in any order.
struct SlateView {
  std::vector<ViewGame> games;
  std::vector<ViewAppearance> appearances;
  std::vector<ViewLine> lines;
  std::vector<ViewInjury> injuries;
  std::unordered_map<PlayerId, std::string> names;
};

// Takes some slates at a time, in order of their dates. An error ends the building.
using SlateSink = std::function<Status(std::vector<Slate>)>;

// The slates of all dates on or after `from` that have games, as of `as_of`, in one sweep:
// - A player plays if his latest team before the date plays. He is `recent` if he took part in one
//   of its last 10 games; in the first two weeks of a season, if he played in this season or in the
//   last one.
// - Players with a line that are in no such list are added with recent = false; where their latest
//   team does not play that day, with the line's game and no team, because it is not known.
// - Games, players and lines come sorted by id, players by game first.
Status BuildSlates(const SlateView& view, Day from, Instant as_of, const SlateSink& sink);

}  // namespace tipoff
