#include "app/gcp.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(Gcp, EachSettingReachesItsEngine) {
  auto config = ParseConfig(
      "profile = \"gcp\"\n"
      "[gcp]\nproject = \"p\"\ndatabase = \"d\"\ncollection_prefix = \"x_\"\n"
      "credentials_file = \"/k.json\"\nrequests_topic = \"r\"\ncompletions_topic = \"c\"\n"
      "announcements_topic = \"a\"\ndead_letters_topic = \"l\"\nack_deadline = \"90s\"\n"
      "retention = \"1d\"\nretry_min = \"2s\"\nretry_max = \"3s\"\n"
      "[start]\ngroups = [\"gpu\", \"r2\"]\n",
      "t.toml");
  ASSERT_TRUE(config.ok()) << config.error().message;
  FirestoreOptions firestore = FirestoreOptionsFrom(*config);
  EXPECT_EQ(firestore.project, "p");
  EXPECT_EQ(firestore.database, "d");
  EXPECT_EQ(firestore.prefix, "x_");
  EXPECT_EQ(firestore.credentials_file, "/k.json");
  EXPECT_FALSE(firestore.insecure);
  PubsubOptions pubsub = PubsubOptionsFrom(*config);
  EXPECT_EQ(pubsub.project, "p");
  EXPECT_EQ(pubsub.credentials_file, "/k.json");
  EXPECT_EQ(pubsub.requests_topic, "r");
  EXPECT_EQ(pubsub.completions_topic, "c");
  EXPECT_EQ(pubsub.announcements_topic, "a");
  EXPECT_EQ(pubsub.dead_letters_topic, "l");
  EXPECT_EQ(pubsub.ack_deadline, std::chrono::seconds(90));
  EXPECT_EQ(pubsub.groups, (std::vector<std::string>{"gpu", "r2"}));
  EXPECT_EQ(pubsub.retention, std::chrono::hours(24));
  EXPECT_EQ(pubsub.retry_min, std::chrono::seconds(2));
  EXPECT_EQ(pubsub.retry_max, std::chrono::seconds(3));
  EXPECT_FALSE(pubsub.insecure);
}

TEST(Gcp, AnEmulatorIsSpokenToWithoutCredentials) {
  auto config = ParseConfig(
      "gcp.firestore_emulator = \"127.0.0.1:1\"\ngcp.pubsub_emulator = \"127.0.0.1:2\"\n",
      "t.toml");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(FirestoreOptionsFrom(*config).endpoint, "127.0.0.1:1");
  EXPECT_TRUE(FirestoreOptionsFrom(*config).insecure);
  EXPECT_EQ(PubsubOptionsFrom(*config).endpoint, "127.0.0.1:2");
  EXPECT_TRUE(PubsubOptionsFrom(*config).insecure);
}

}  // namespace
}  // namespace tipoff
