#include "app/remote_client.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(RemoteClient, PathsAndQueriesAreEscapedAndTheirSeparatorsKept) {
  EXPECT_EQ(Target("/v1/batches/b_1.x:finish", {}), "/v1/batches/b_1.x:finish");
  EXPECT_EQ(Target("/v1/batches", {{"phase", "running"}, {"cursor", "a b&c"}}),
            "/v1/batches?phase=running&cursor=a%20b%26c");
}

}  // namespace
}  // namespace tipoff
