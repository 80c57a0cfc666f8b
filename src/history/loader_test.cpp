#include "history/loader.h"

#include <gtest/gtest.h>

#include <map>

#include "support/counting_history.h"
#include "support/manual_loop.h"

namespace tipoff {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Day kDate = ParseDay("2025-01-15").value();

class HistoryLoaderTest : public testing::Test {
 protected:
  HistoryLoader::Take Takes() {
    return [this](const std::vector<PlayerId>& players, Result<HistoryChunk> chunk) {
      for (std::size_t i = 0; i < players.size(); ++i) {
        ++heard_[players[i]];
        if (!chunk.ok()) {
          errors_.push_back(chunk.error().message);
          continue;
        }
        EXPECT_EQ(chunk->players[i]->player, players[i]);
        games_ += chunk->players[i]->games.size();
      }
    };
  }
  void Load(int players) { loader_.Load(kDate, ManyPlayers(players), Takes()); }

  // How long it takes until `players` have been heard of.
  Duration Takes(int players) {
    Duration begun = loop_.Steady();
    while (heard_.size() < static_cast<std::size_t>(players)) loop_.Advance(milliseconds(10));
    return loop_.Steady() - begun;
  }

  ManualLoop loop_;
  CountingHistory history_{loop_};
  HistoryLoader loader_{loop_, history_, {}};
  std::map<PlayerId, int> heard_;
  std::vector<std::string> errors_;
  std::size_t games_ = 0;
};

TEST_F(HistoryLoaderTest, AsksOnceForEveryHundredPlayers) {
  for (int players : {1, 100, 101, 450, 1000}) {
    CountingHistory history(loop_);
    HistoryLoader loader(loop_, history, {});
    heard_.clear();
    loader.Load(kDate, ManyPlayers(players), Takes());
    Takes(players);
    EXPECT_EQ(history.queries, (players + 99) / 100) << players;
    for (const auto& [player, times] : heard_) EXPECT_EQ(times, 1) << player.str();
  }
}

TEST_F(HistoryLoaderTest, APrefetchOf118PlayersIsAHundredTimesFasterThanOneByOne) {
  history_.round_trip = milliseconds(1500);
  Load(118);
  Duration chunks = Takes(118);
  EXPECT_EQ(history_.queries, 2);
  heard_.clear();
  Duration begun = loop_.Steady();
  for (const PlayerId& player : ManyPlayers(118)) {
    std::size_t before = heard_.size();
    loader_.Load(kDate, {player}, Takes());
    while (heard_.size() == before) loop_.Advance(milliseconds(10));
  }
  Duration one_by_one = loop_.Steady() - begun;
  EXPECT_EQ(history_.queries, 2 + 118);
  EXPECT_GE(one_by_one / chunks, 100)
      << FormatDuration(one_by_one) << " to " << FormatDuration(chunks);
}

TEST_F(HistoryLoaderTest, LoadsAThousandPlayersWithoutATimeoutFourQueriesAtATime) {
  for (int players : {450, 1000}) {
    history_.round_trip = milliseconds(1500);
    heard_.clear();
    Load(players);
    EXPECT_LE(Takes(players), seconds(5)) << players;
    EXPECT_TRUE(errors_.empty());
    EXPECT_EQ(history_.most_running, 4);
  }
}

TEST_F(HistoryLoaderTest, WhoIsBeingLoadedIsNotAskedForAgain) {
  history_.round_trip = seconds(1);
  Load(50);
  Load(80);
  Takes(80);
  loop_.Advance(seconds(2));
  EXPECT_EQ(history_.queries, 2) << "the second one asks for the 30 others";
  EXPECT_EQ(history_.sizes, (std::vector<std::size_t>{50, 30}));
  EXPECT_EQ(heard_.at(PlayerId("player-0007")), 2) << "both hear of him";
  Load(50);
  loop_.Advance(seconds(2));
  EXPECT_EQ(history_.queries, 3) << "nothing is kept";
}

TEST_F(HistoryLoaderTest, WhatComesWhileAQueryRunsGathers) {
  history_.round_trip = seconds(1);
  std::vector<PlayerId> all = ManyPlayers(90);
  for (const PlayerId& player : all) loader_.Load(kDate, {player}, Takes());
  Takes(90);
  EXPECT_EQ(history_.sizes, (std::vector<std::size_t>{1, 89}));
}

TEST_F(HistoryLoaderTest, OtherDatesAreOtherQueries) {
  loader_.Load(kDate, ManyPlayers(10), Takes());
  loader_.Load(kDate + 1, ManyPlayers(10), Takes());
  loop_.Advance(seconds(1));
  EXPECT_EQ(history_.queries, 2);
  EXPECT_EQ(heard_.at(PlayerId("player-0007")), 2);
}

TEST_F(HistoryLoaderTest, F06_UnknownIsNotEmpty) {
  history_.unplayed.insert(PlayerId("player-0000"));
  Load(2);
  loop_.Advance(seconds(1));
  EXPECT_EQ(games_, 2u);
  EXPECT_TRUE(errors_.empty()) << "he really has none";
  history_.down = true;
  Load(2);
  loop_.Advance(seconds(1));
  EXPECT_EQ(errors_, (std::vector<std::string>{"history is down", "history is down"}));
}

TEST_F(HistoryLoaderTest, F06_ASourceThatHangsIsAnErrorAfterTheTimeout) {
  history_.hangs = true;
  Load(450);
  loop_.Advance(seconds(29));
  EXPECT_TRUE(heard_.empty());
  loop_.Advance(seconds(1));
  EXPECT_EQ(heard_.size(), 400u);
  loop_.Advance(seconds(31));
  EXPECT_EQ(heard_.size(), 450u);
  EXPECT_EQ(errors_.front(), "history did not answer within 30s");
}

TEST_F(HistoryLoaderTest, F06_AnAnswerAboutOtherPlayersIsNone) {
  class Swapping final : public History {
   public:
    explicit Swapping(CountingHistory& history) : history_(history) {}
    void Load(HistoryQuery query, LoadDone done) override {
      std::swap(query.players.front(), query.players.back());
      history_.Load(std::move(query), std::move(done));
    }
    CountingHistory& history_;
  };
  Swapping swapping(history_);
  HistoryLoader loader(loop_, swapping, {});
  loader.Load(kDate, ManyPlayers(3), Takes());
  loop_.Advance(seconds(1));
  EXPECT_EQ(errors_.size(), 3u);
}

TEST_F(HistoryLoaderTest, AQueryThatNobodyWantsAnyMoreIsNotBegun) {
  history_.hangs = true;
  bool wanted = true;
  loader_.Load(kDate, ManyPlayers(1000), Takes(), [&] { return wanted; });
  loop_.Advance(seconds(2));
  EXPECT_EQ(history_.queries, 4);
  wanted = false;
  loop_.Advance(std::chrono::minutes(5));
  EXPECT_EQ(history_.queries, 4);
}

}  // namespace
}  // namespace tipoff
