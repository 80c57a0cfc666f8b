#include "history/import/teams.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(Teams, CodesNamesNicknamesAndCitiesAreOneTeam) {
  for (const char* name : {"BOS", "Boston Celtics", "Celtics", "boston celtics", "Boston"}) {
    EXPECT_EQ(FindNbaTeam(name), "BOS") << name;
  }
  EXPECT_EQ(FindNbaTeam("LA Clippers"), "LAC");
  EXPECT_EQ(FindNbaTeam("Los Angeles Clippers"), "LAC");
  EXPECT_EQ(FindNbaTeam("Los Angeles Lakers"), "LAL");
  EXPECT_EQ(FindNbaTeam("Philadelphia 76ers"), "PHI");
  EXPECT_EQ(FindNbaTeam("Trail Blazers"), "POR");
}

TEST(Teams, EspnsCodesAreTheLeaguesTeams) {
  EXPECT_EQ(FindNbaTeam("GS"), "GSW");
  EXPECT_EQ(FindNbaTeam("NY"), "NYK");
  EXPECT_EQ(FindNbaTeam("SA"), "SAS");
  EXPECT_EQ(FindNbaTeam("NO"), "NOP");
  EXPECT_EQ(FindNbaTeam("UTAH"), "UTA");
  EXPECT_EQ(FindNbaTeam("WSH"), "WAS");
}

TEST(Teams, OtherTeamsAreNone) {
  for (const char* name : {"Minnesota Lynx", "New York Liberty", "LV", "", "Los Angeles", "LA",
                           "Real Madrid", "XXX"}) {
    EXPECT_EQ(FindNbaTeam(name), std::nullopt) << name;
  }
}

TEST(Teams, FranchisesThatMovedKeepTheCodeOfTheirTime) {
  EXPECT_EQ(FindNbaTeam("New Jersey Nets"), "NJN");
  EXPECT_EQ(FindNbaTeam("Seattle SuperSonics"), "SEA");
  EXPECT_EQ(FindNbaTeam("Nets"), "BKN");
}

TEST(Teams, CodesOfAnyLeagueAreTwoToFourCapitals) {
  EXPECT_TRUE(IsTeamCode("NY"));
  EXPECT_TRUE(IsTeamCode("UTAH"));
  EXPECT_FALSE(IsTeamCode("A"));
  EXPECT_FALSE(IsTeamCode("ABCDE"));
  EXPECT_FALSE(IsTeamCode("Bos"));
}

}  // namespace
}  // namespace tipoff
