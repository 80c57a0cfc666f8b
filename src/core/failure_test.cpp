#include "core/failure.h"

#include <gtest/gtest.h>

#include <array>

namespace tipoff {
namespace {

TEST(Failure, WhatDiffersFromRequestToRequestIsTakenOut) {
  const std::array<std::pair<std::string_view, std::string_view>, 14> cases{{
      {"no row 4711 for LeBron James in 'p_23.csv' (0x7fe2)", "no row # for <name> in '*' (#)"},
      {"took 31.5s, limit 30s", "took #s, limit #s"},
      {"connect to 10.0.0.17:5432: refused", "connect to #: refused"},
      {"worker-7 said \"no\"", "worker-# said '*'"},
      {"history of Luka Dončić Jr. is empty", "history of <name> is empty"},
      {"history of De'Von O'Neal is empty", "history of <name> is empty"},
      {"Permission Denied", "Permission Denied"},
      {"ValueError: Wrong Shape", "ValueError: Wrong Shape"},
      {"can't read 'a' and can't read 'b'", "can't read '*' and can't read '*'"},
      {"it's broken", "it's broken"},
      {"commit 3f2504e04f8911d39a0c0305e82c3301 lost", "commit # lost"},
      {"id 3F2504E0-4F89-11D3-9A0C-0305E82C3301", "id #"},
      {"the facade decade", "the facade decade"},
      {"  much \n\t space  ", "much space"},
  }};
  for (auto [reason, normalised] : cases) EXPECT_EQ(NormaliseError(reason), normalised) << reason;
}

TEST(Failure, AKnownNameIsTakenOutWhereverItStands) {
  std::array<std::string_view, 2> names{"lebron-james", "LeBron James"};
  EXPECT_EQ(NormaliseError("lebron-james: no model", names), "<name>: no model");
  EXPECT_EQ(NormaliseError("LeBron James has no model", names), "<name> has no model");
  EXPECT_EQ(NormaliseError("lebron-jameson: no model", names), "lebron-jameson: no model");
  std::array<std::string_view, 1> shortest{"no"};
  EXPECT_EQ(NormaliseError("no model, not now", shortest), "no model, not now");
}

TEST(Failure, NormalisingTwiceIsNormalisingOnce) {
  for (std::string_view reason :
       {"no row 4711 for LeBron James in 'p_23.csv' (0x7fe2)", "'open", "", "\xff\xfe 12", "a''b''",
        "deadbeef01 0x 0xg 1.2.3. 1,", "for A B C"}) {
    std::string once = NormaliseError(reason);
    EXPECT_EQ(NormaliseError(once), once) << reason;
  }
}

TEST(Failure, ALongErrorIsCutWithinItsCharacters) {
  std::string text(199, 'x');
  EXPECT_EQ(NormaliseError(text + "éé"), text);
}

}  // namespace
}  // namespace tipoff
