#include "base/hash.h"

#include <gtest/gtest.h>

#include "base/base64.h"

namespace tipoff {
namespace {

TEST(Hash, KnownTextsHaveTheirKnownDigest) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 pieces;
  pieces.Add("a");
  pieces.Add("bc");
  EXPECT_EQ(pieces.Hex(), Sha256Hex("abc"));
}

// RFC 4231, test case 2.
TEST(Hash, AKnownKeyMakesTheKnownCode) {
  std::string code = HmacSha256("Jefe", "what do ya want for nothing?");
  EXPECT_EQ(code.size(), 32u);
  EXPECT_EQ(Base64Encode(code), "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
}

}  // namespace
}  // namespace tipoff
