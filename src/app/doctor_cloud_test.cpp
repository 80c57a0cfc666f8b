#include "app/doctor_cloud.h"

#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace tipoff {
namespace {

TEST(DoctorCloud, WhereNobodyAnswersItSaysSoAndAsksNoFurther) {
  TempFolder folder;
  Globals globals{.data = folder / "data"};
  auto config = ParseConfig(
      "profile = \"gcp\"\ngcp.project = \"p\"\n"
      "gcp.firestore_emulator = \"127.0.0.1:1\"\ngcp.pubsub_emulator = \"127.0.0.1:1\"\n",
      "t.toml");
  ASSERT_TRUE(config.ok()) << config.error().message;
  globals.config = *config;
  std::vector<Finding> findings;
  EXPECT_FALSE(ExamineCloud(globals, findings));
  ASSERT_EQ(findings.size(), 3u);
  EXPECT_EQ(findings[0].name, "history");
  EXPECT_EQ(findings[0].verdict, Verdict::kWarn);
  EXPECT_EQ(findings[1].name, "emulators");
  EXPECT_EQ(findings[2].name, "store");
  EXPECT_EQ(findings[2].verdict, Verdict::kFail);
  EXPECT_FALSE(findings[2].remedy.empty());
}

}  // namespace
}  // namespace tipoff
