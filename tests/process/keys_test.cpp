// Keys and the audit log on the command line, as an operator uses them.
#include <gtest/gtest.h>

#include "base/json.h"
#include "process/program.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

namespace json = boost::json;

class KeysProcessTest : public testing::Test {
 protected:
  Finished Tipoff(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--data", data_.path() + "/data"});
    return RunTipoff(arguments);
  }
  json::value Json(const std::vector<std::string>& arguments) {
    Finished finished = Tipoff(arguments);
    EXPECT_EQ(finished.exit, 0) << finished.err;
    auto value = ParseJson(finished.out);
    EXPECT_TRUE(value.ok()) << finished.out;
    return value.ok() ? *value : json::value();
  }

  TempFolder data_;
};

TEST_F(KeysProcessTest, AKeyIsShownOnceListedWithoutItsSecretAndRevoked) {
  Finished added = Tipoff({"keys", "add", "ci", "--role", "work"});
  ASSERT_EQ(added.exit, 0) << added.err;
  ASSERT_EQ(added.out.size(), 50u) << added.out;  // The key and a newline.
  std::string secret = added.out.substr(13, 36);
  EXPECT_EQ(added.err.find(secret), std::string::npos);

  Finished listed = Tipoff({"keys", "list", "-o", "json"});
  EXPECT_EQ((listed.out + listed.err).find(secret), std::string::npos);
  json::value keys = *ParseJson(listed.out);
  std::string id(keys.at(0).at("id").as_string());
  EXPECT_EQ(added.out.substr(4, 8), id);
  EXPECT_EQ(keys.at(0).at("role"), "work");
  EXPECT_TRUE(keys.at(0).at("revoked_at").is_null());
  EXPECT_FALSE(keys.at(0).as_object().contains("hash"));

  json::value first = Json({"keys", "revoke", id, "--reason", "lost", "-o", "json"});
  json::value second = Json({"keys", "revoke", id, "-o", "json"});
  EXPECT_FALSE(first.at("revoked_at").is_null());
  EXPECT_EQ(first, second);

  json::value audit = Json({"audit", "-o", "json"});
  ASSERT_EQ(audit.as_array().size(), 3u);
  EXPECT_EQ(audit.at(1).at("action"), "keys.revoke");
  EXPECT_EQ(audit.at(1).at("why"), "lost");
  EXPECT_EQ(audit.at(2).at("action"), "keys.add");
  EXPECT_EQ(DumpJson(audit).find(secret), std::string::npos);
  EXPECT_EQ(Json({"audit", "--limit", "1", "-o", "json"}).as_array().size(), 1u);
  EXPECT_EQ(Json({"audit", "--since", "1h", "-o", "json"}).as_array().size(), 3u);
}

TEST_F(KeysProcessTest, TablesAndCsvForPeopleAndScripts) {
  Finished added = Tipoff({"keys", "add", "ci", "--role", "read", "-o", "csv"});
  EXPECT_TRUE(added.out.starts_with("id,name,role,key\n")) << added.out;
  EXPECT_TRUE(Tipoff({"keys", "list"}).out.starts_with("ID ")) << "a table";
  EXPECT_TRUE(Tipoff({"keys", "list", "-o", "csv"}).out.starts_with("ID,NAME,ROLE,"));
  EXPECT_TRUE(Tipoff({"audit", "-o", "csv"}).out.starts_with("AT,WHO,ROLE,ACTION,"));
  EXPECT_NE(Tipoff({"audit"}).out.find("keys.add"), std::string::npos);
}

TEST_F(KeysProcessTest, MistakesAreToldWithoutMakingAnything) {
  EXPECT_EQ(Tipoff({"keys", "add", "ci"}).exit, 2);
  EXPECT_EQ(Tipoff({"keys", "add", "ci", "--role", "admin"}).exit, 2);
  EXPECT_EQ(Tipoff({"keys", "add", "a b", "--role", "read"}).exit, 2);
  EXPECT_EQ(Tipoff({"keys", "revoke", "abcd1234"}).exit, 4);
  EXPECT_EQ(Tipoff({"keys", "list"}).exit, 4);
  EXPECT_EQ(Tipoff({"audit"}).exit, 4);
  std::string whole = Tipoff({"keys", "add", "ci", "--role", "read"}).out;
  whole.pop_back();
  Finished revoked = Tipoff({"keys", "revoke", whole});
  EXPECT_EQ(revoked.exit, 2);
  EXPECT_EQ(revoked.err.find(whole), std::string::npos);
  EXPECT_EQ(Tipoff({"keys", "revoke", "abcd1234"}).exit, 4);
  EXPECT_EQ(Tipoff({"audit", "--since", "5"}).exit, 2);
}

}  // namespace
}  // namespace tipoff
