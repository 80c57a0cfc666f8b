#include "store/firestore/client.h"

#include <gtest/gtest.h>

#include "store/firestore/limits.h"
#include "support/manual_loop.h"

namespace tipoff::firestore {
namespace {

fs::CommitRequest Writes(int n, std::size_t bytes) {
  fs::CommitRequest request;
  for (int i = 0; i < n; ++i) {
    auto* document = request.add_writes()->mutable_update();
    document->set_name("projects/p/databases/d/documents/c/" + std::to_string(i));
    (*document->mutable_fields())["x"] = Bytes(std::string(bytes, 'x'));
  }
  return request;
}

// The emulator takes more than the service does.
TEST(Client, TheServicesLimitsAreKeptHere) {
  EXPECT_TRUE(CheckSizes(Writes(500, 10)).ok());
  EXPECT_EQ(CheckSizes(Writes(501, 10)).error().code, Errc::kExhausted);
  EXPECT_TRUE(CheckSizes(Writes(1, (1u << 20) - 200)).ok());
  EXPECT_EQ(CheckSizes(Writes(1, 1u << 20)).error().code, Errc::kExhausted) << "1 MiB a document";
  EXPECT_TRUE(CheckSizes(Writes(9, (1u << 20) - 200)).ok());
  EXPECT_EQ(CheckSizes(Writes(10, (1u << 20) - 200)).error().code, Errc::kExhausted)
      << "10 MiB a commit";
}

TEST(Client, AMergeNamesItsFieldsAndAReplacementDoesNot) {
  fs::Document document;
  (*document.mutable_fields())["a"] = Integer(1);
  EXPECT_FALSE(Put(document).has_update_mask());
  fs::Write merge = Merge(document);
  ASSERT_EQ(merge.update_mask().field_paths_size(), 1);
  EXPECT_EQ(merge.update_mask().field_paths(0), "a");
  EXPECT_FALSE(PutNew(document).current_document().exists());
  EXPECT_TRUE(PutNew(document).current_document().has_exists());
}

TEST(Client, F49_WrongOptionsAreTheAnswerOfEveryCall) {
  ManualLoop loop;
  Client client({.project = "", .insecure = true}, loop);
  auto found = Await<Client::Documents>(
      loop, [&](auto done) { client.Get({"x"}, {}, std::chrono::hours(2), done); });
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, Errc::kInvalid);
}

}  // namespace
}  // namespace tipoff::firestore
