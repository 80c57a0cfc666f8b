#include "api/keys.h"

#include <gtest/gtest.h>

#include <set>

#include "api/principal.h"
#include "base/hash.h"
#include "store/memory/memory_store.h"
#include "support/manual_loop.h"

namespace tipoff {
namespace {

class KeysTest : public testing::Test {
 protected:
  NewApiKey Add(const std::string& name, Role role) {
    auto made = MakeKey(name, role, loop_.Now());
    EXPECT_TRUE(made.ok());
    auto stored =
        Await<Done>(loop_, [&](auto done) { StoreKey(store_, made->key, std::move(done)); });
    EXPECT_TRUE(stored.ok());
    return *made;
  }
  std::vector<ApiKey> List() {
    return *Await<std::vector<ApiKey>>(loop_, [&](auto done) { ListKeys(store_, done); });
  }
  Result<ApiKey> Revoke(const std::string& id) {
    return Await<ApiKey>(loop_, [&](auto done) { RevokeKey(store_, id, done); });
  }

  ManualLoop loop_;
  MemoryDatabase database_;
  MemoryStore store_{database_, loop_};
};

TEST(Role, EachIsReadAsItIsWritten) {
  for (Role role : {Role::kRead, Role::kWork, Role::kOperate}) {
    EXPECT_EQ(*ParseRole(ToString(role)), role);
  }
  EXPECT_FALSE(ParseRole("none").ok());
  EXPECT_FALSE(ParseRole("Operate").ok());
  EXPECT_FALSE(ParseRole("").ok());
}

TEST_F(KeysTest, AKeyHasItsFormAndOnlyItsHashIsKept) {
  NewApiKey made = Add("nightly-scheduler", Role::kOperate);
  ASSERT_EQ(made.text.size(), 4u + 8u + 1u + 36u);
  EXPECT_EQ(made.text.substr(0, 13), "tip_" + made.key.id + "_");
  EXPECT_EQ(KeyIdOf(made.text), made.key.id);
  ASSERT_EQ(database_.records.size(), 1u);
  const Record& record = database_.records.begin()->second;
  EXPECT_EQ(record.body.find(made.text.substr(13)), std::string::npos);
  EXPECT_NE(record.body.find(Sha256Hex(made.text)), std::string::npos);
}

TEST_F(KeysTest, NoTwoKeysAreAlike) {
  std::set<std::string> ids, texts;
  std::set<char> characters;
  for (int i = 0; i < 200; ++i) {
    auto made = MakeKey("a", Role::kRead, loop_.Now());
    ids.insert(made->key.id);
    texts.insert(made->text);
    characters.insert(made->text.begin() + 13, made->text.end());
  }
  EXPECT_EQ(ids.size(), 200u);
  EXPECT_EQ(texts.size(), 200u);
  EXPECT_EQ(characters.size(), 62u);
}

TEST_F(KeysTest, TheListTellsAllThatWereMade) {
  NewApiKey a = Add("a", Role::kRead);
  NewApiKey b = Add("b", Role::kWork);
  std::vector<ApiKey> listed = List();
  ASSERT_EQ(listed.size(), 2u);
  const ApiKey& found = listed[0].id == a.key.id ? listed[0] : listed[1];
  EXPECT_EQ(found.name, "a");
  EXPECT_EQ(found.role, Role::kRead);
  EXPECT_EQ(found.created_at, loop_.Now());
  EXPECT_TRUE(found.revoked_at.never());
}

TEST_F(KeysTest, TheListGoesOverPages) {
  for (int i = 0; i < 1203; ++i) Add("k", Role::kRead);
  EXPECT_EQ(List().size(), 1203u);
}

TEST_F(KeysTest, RevokedTwiceTheFirstTimeHolds) {
  NewApiKey made = Add("a", Role::kRead);
  loop_.Advance(std::chrono::seconds(1));
  Instant first = loop_.Now();
  EXPECT_EQ(Revoke(made.key.id)->revoked_at, first);
  loop_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Revoke(made.key.id)->revoked_at, first);
  ASSERT_EQ(List().size(), 1u);
  EXPECT_EQ(List()[0].revoked_at, first);
  EXPECT_EQ(List()[0].name, "a");
}

TEST_F(KeysTest, RevokingWhatIsNotThereSaysSo) {
  EXPECT_EQ(Revoke("abcd1234").error().code, Errc::kNotFound);
}

TEST_F(KeysTest, ADamagedRecordIsListedAndCanBeRevoked) {
  database_.records[{"key", "abcd1234"}] = {"key", "abcd1234", loop_.Now(), "{"};
  ASSERT_EQ(List().size(), 1u);
  EXPECT_EQ(List()[0].role, Role::kNone);
  EXPECT_EQ(List()[0].hash, "");
  EXPECT_TRUE(Revoke("abcd1234").ok());
  EXPECT_FALSE(List()[0].revoked_at.never());
}

TEST_F(KeysTest, AnIdThatIsTakenIsNotOverwritten) {
  NewApiKey made = Add("a", Role::kRead);
  ApiKey other = MakeKey("b", Role::kOperate, loop_.Now())->key;
  other.id = made.key.id;
  auto stored = Await<Done>(loop_, [&](auto done) { StoreKey(store_, other, done); });
  ASSERT_FALSE(stored.ok());
  EXPECT_EQ(stored.error().code, Errc::kExists);
  EXPECT_EQ(List()[0].name, "a");
}

TEST(Keys, NamesStayFitForLogs) {
  for (const char* good : {"a", "nightly-scheduler", "push@project.iam", "A_1.b"}) {
    EXPECT_TRUE(CheckKeyName(good).ok()) << good;
  }
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("a\nb"),
                                 std::string("\xc3\xa9"), std::string(65, 'a')}) {
    EXPECT_FALSE(CheckKeyName(bad).ok()) << bad;
  }
  EXPECT_FALSE(MakeKey("a b", Role::kRead, Instant()).ok());
  EXPECT_FALSE(MakeKey("a", Role::kNone, Instant()).ok());
}

TEST(Keys, F47_AWholeKeyGivenAsItsIdIsNotRepeated) {
  NewApiKey made = *MakeKey("a", Role::kRead, Instant());
  Status status = CheckKeyId(made.text);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message.find(made.text), std::string::npos);
  EXPECT_TRUE(CheckKeyId(made.key.id).ok());
}

TEST(Keys, OnlyWhatHasTheFormOfAKeyHasAnId) {
  for (const char* text : {"", "tip_", "tip_abcd1234", "tip_abcd1234_", "tip_ABCD1234_x",
                           "tip_abcd123_xx", "top_abcd1234_x", "xtip_abcd1234_x"}) {
    EXPECT_EQ(KeyIdOf(text), "") << text;
  }
  EXPECT_EQ(KeyIdOf("tip_abcd1234_x"), "abcd1234");
}

}  // namespace
}  // namespace tipoff
