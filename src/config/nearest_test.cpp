#include "config/nearest.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(Nearest, AMistypedNameIsRecognised) {
  std::vector<std::string> known{"server.host", "server.port", "batch.deadline"};
  EXPECT_EQ(Nearest("server.prot", known), "server.port");
  EXPECT_EQ(Nearest("sever.port", known), "server.port");
  EXPECT_EQ(Nearest("port", known), "") << "too far from everything";
  EXPECT_EQ(Nearest("completely.different", known), "");
  EXPECT_EQ(Nearest(std::string(5000, 'a'), known), "");
  EXPECT_EQ(Nearest("x", {}), "");
}

}  // namespace
}  // namespace tipoff
