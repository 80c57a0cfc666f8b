#include "history/player_book.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

const Day kDay = Day::FromDays(20'000);

std::string ResolveOr(PlayerBook& book, const std::string& name) {
  auto id = book.Resolve(name, kDay);
  return id.ok() ? id->str() : "error: " + id.error().message;
}

TEST(PlayerBook, ANameIsFoundWithoutItsDiacriticsAndSuffix) {
  PlayerBook book;
  book.Know(PlayerId("1629029"), "Luka Dončić", kDay);
  book.Know(PlayerId("202710"), "Jimmy Butler III", kDay);
  EXPECT_EQ(ResolveOr(book, "Luka Doncic"), "1629029");
  EXPECT_EQ(ResolveOr(book, "Jimmy Butler"), "202710");
  EXPECT_EQ(ResolveOr(book, "Butler III, Jimmy"), "202710");
}

TEST(PlayerBook, NobodyIsMatchedByInitials) {
  PlayerBook book;
  book.Know(PlayerId("201939"), "Stephen Curry", kDay);
  EXPECT_EQ(ResolveOr(book, "Seth Curry"), "seth-curry");
  EXPECT_EQ(ResolveOr(book, "S. Curry"), "s-curry");
}

TEST(PlayerBook, TheExactSpellingDecidesBetweenFatherAndSon) {
  PlayerBook book;
  book.Know(PlayerId("896"), "Tim Hardaway", kDay);
  book.Know(PlayerId("203501"), "Tim Hardaway Jr.", kDay);
  EXPECT_EQ(ResolveOr(book, "Tim Hardaway"), "896");
  EXPECT_EQ(ResolveOr(book, "Tim Hardaway Jr"), "203501");
  EXPECT_EQ(ResolveOr(book, "Tim Hardaway III"), "896");  // Only one of them lacks a suffix.
}

TEST(PlayerBook, SuffixesThatDifferAreTwoMen) {
  PlayerBook book;
  book.Know(PlayerId("1627780"), "Gary Payton II", kDay);
  EXPECT_EQ(ResolveOr(book, "Gary Payton III"), "gary-payton-iii");
}

TEST(PlayerBook, ANameOfTwoPlayersIsRefused) {
  PlayerBook book;
  book.Know(PlayerId("1"), "Jaylin Williams", kDay);
  book.Know(PlayerId("2"), "Jaylin Williams", kDay);
  auto id = book.Resolve("Jaylin Williams", kDay);
  ASSERT_FALSE(id.ok());
  EXPECT_EQ(id.error().code, Errc::kInvalid);
  EXPECT_NE(id.error().message.find("no player id"), std::string::npos);
  EXPECT_FALSE(book.Resolve("...", kDay).ok());
}

TEST(PlayerBook, AFullerNameReplacesTheKnownOneAndALesserOneDoesNot) {
  PlayerBook book;
  book.Know(PlayerId("1"), "Luka Doncic", kDay);
  book.Know(PlayerId("1"), "Luka Dončić", kDay - 100);
  EXPECT_EQ(book.Find(PlayerId("1"))->name, "Luka Dončić");
  book.TakeChanged();
  book.Know(PlayerId("1"), "Luka Doncic", kDay + 100);
  EXPECT_EQ(book.Find(PlayerId("1"))->name, "Luka Dončić");
  EXPECT_TRUE(book.TakeChanged().empty());
}

TEST(PlayerBook, OfTwoNamesTheLaterOneHoldsWhateverComesFirst) {
  PlayerBook book;
  book.Know(PlayerId("202683"), "Enes Freedom", kDay);
  book.Know(PlayerId("202683"), "Enes Kanter", kDay - 300);
  EXPECT_EQ(book.Find(PlayerId("202683"))->name, "Enes Freedom");
  EXPECT_EQ(ResolveOr(book, "Enes Freedom"), "202683");
}

TEST(PlayerBook, MadeIdsAreOfferedToTheRealPlayersTheyMayBe) {
  PlayerBook book;
  EXPECT_EQ(ResolveOr(book, "Gary Payton"), "gary-payton");
  EXPECT_EQ(ResolveOr(book, "Alex Sarr"), "alex-sarr");
  book.Know(PlayerId("1627780"), "Gary Payton II", kDay);
  book.Know(PlayerId("56"), "Gary Payton", kDay);
  auto pairs = book.MadeAndReal();
  ASSERT_EQ(pairs.size(), 1u);
  EXPECT_EQ(pairs[0].made, PlayerId("gary-payton"));
  EXPECT_EQ(pairs[0].real, (std::vector<PlayerId>{PlayerId("56"), PlayerId("1627780")}));
  book.Forget(PlayerId("gary-payton"));
  EXPECT_EQ(book.Find(PlayerId("gary-payton")), nullptr);
  EXPECT_TRUE(book.MadeAndReal().empty());
}

}  // namespace
}  // namespace tipoff
