#include "history/names.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(Names, DiacriticsDotsAndCaseDoNotCount) {
  EXPECT_EQ(FoldText("Luka Dončić"), "luka doncic");
  EXPECT_EQ(FoldText("LUKA DONCIC"), "luka doncic");
  EXPECT_EQ(FoldText("Nikola Đurišić"), "nikola durisic");
  EXPECT_EQ(FoldText("Dončic\xCC\x81"), "doncic");  // A combining accent.
  EXPECT_EQ(FoldText("Tidjane Salaün"), "tidjane salaun");
  EXPECT_EQ(FoldText("Kristaps Porziņģis"), "kristaps porzingis");
  EXPECT_EQ(FoldText("Ömer Aşık"), "omer asik");
}

TEST(Names, ApostrophesAndHyphensAndInitialsAreOneSpelling) {
  EXPECT_EQ(FoldText("De'Aaron Fox"), FoldText("De’Aaron Fox"));
  EXPECT_EQ(FoldText("Karl-Anthony  Towns"), "karl anthony towns");
  EXPECT_EQ(FoldText("A.J. Lawson"), "aj lawson");
  EXPECT_EQ(FoldText("A. J. Lawson"), "aj lawson");
  EXPECT_EQ(FoldText("AJ Lawson"), "aj lawson");
}

TEST(Names, SurnameFirstIsTurnedRound) {
  EXPECT_EQ(FirstNameFirst("Barlow, Dominick"), "Dominick Barlow");
  EXPECT_EQ(FirstNameFirst("Payton II, Gary"), "Gary Payton II");
  EXPECT_EQ(FirstNameFirst("Tim Hardaway, Jr."), "Tim Hardaway Jr.");
  EXPECT_EQ(FirstNameFirst(" Nene "), "Nene");
}

TEST(Names, ASuffixIsNotPartOfTheBase) {
  NameKey key = MakeNameKey("Wendell Moore Jr.");
  EXPECT_EQ(key.full, "wendell moore jr");
  EXPECT_EQ(key.base, "wendell moore");
  EXPECT_TRUE(key.has_suffix());
  EXPECT_FALSE(MakeNameKey("Wendell Moore").has_suffix());
  EXPECT_FALSE(MakeNameKey("Jr.").has_suffix());
}

TEST(Names, SlugsAreWhatPeopleType) {
  EXPECT_EQ(NameSlug(MakeNameKey("Alex Sarr")), "alex-sarr");
  EXPECT_EQ(NameSlug(MakeNameKey("Luka Dončić")), "luka-doncic");
  EXPECT_EQ(NameSlug(MakeNameKey("...")), "");
}

TEST(Names, F07_TextThatIsNoTextIsRecognised) {
  EXPECT_TRUE(IsCleanText("Dončić O'Neal Jr."));
  EXPECT_FALSE(IsCleanText(std::string_view("a\0b", 3)));
  EXPECT_FALSE(IsCleanText("a\nb"));
  EXPECT_TRUE(IsText("a\nb"));
  EXPECT_FALSE(IsText("\xff\xfe"));
  EXPECT_FALSE(IsText("\xc0\xaf"));          // An overlong slash.
  EXPECT_FALSE(IsText("\xed\xa0\x80"));      // A surrogate.
  EXPECT_FALSE(IsText("\xf4\x90\x80\x80"));  // Beyond Unicode.
  EXPECT_FALSE(IsText("Don\xc4"));           // Cut inside a character.
  EXPECT_EQ(FoldText("Don\xff\xc4"), "don");
}

}  // namespace
}  // namespace tipoff
