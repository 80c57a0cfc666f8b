#include "config/together.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

std::string Refusal(std::string_view toml) {
  auto config = ParseConfig(toml, "t.toml");
  return config.ok() ? "" : config.error().message;
}

TEST(Together, TheDefaultsAreNoDanger) { EXPECT_TRUE(DangersTogether(Config()).empty()); }

TEST(Together, F49_AStallThatIsNeverSeenIsRefused) {
  std::string refusal = Refusal("[batch]\ndeadline = \"5m\"\n");
  for (const char* part :
       {"batch.stall_after = 5m (default)", "batch.deadline = 5m (t.toml line 2)", "stuck",
        "make batch.stall_after the shorter one"}) {
    EXPECT_NE(refusal.find(part), std::string::npos) << part << " in " << refusal;
  }
  EXPECT_EQ(Refusal("[batch]\ndeadline = \"5m\"\nstall_after = \"1m\"\n"), "");
}

TEST(Together, F49_ASweepRarerThanAStallIsRefused) {
  EXPECT_NE(Refusal("sweep.period = \"2m\"\nbatch.stall_after = \"1m\"\n").find("sweep.period"),
            std::string::npos);
}

TEST(Together, F49_AQueryLongerThanItsBatchIsRefused) {
  std::string refusal =
      Refusal("history.timeout = \"2m\"\nbatch.deadline = \"1m\"\nbatch.stall_after = \"30s\"\n");
  EXPECT_NE(refusal.find("history.timeout"), std::string::npos) << refusal;
}

TEST(Together, F49_HalfOfATokenCheckIsRefused) {
  EXPECT_NE(Refusal("auth.oidc_audience = \"https://x.org\"\n").find("oidc_emails"),
            std::string::npos);
  EXPECT_NE(Refusal("auth.oidc_emails = [\"a@x.org\"]\n").find("oidc_audience"), std::string::npos);
  EXPECT_EQ(Refusal("auth.oidc_emails = [\"a@x.org\"]\nauth.oidc_audience = \"https://x.org\"\n"),
            "");
  EXPECT_NE(Refusal("auth.oidc_operators = [\"a@x.org\"]\n").find("auth.oidc_emails"),
            std::string::npos);
}

TEST(Together, AHalfConfiguredCloudIsRefused) {
  EXPECT_NE(Refusal("profile = \"gcp\"\n").find("gcp needs gcp.project"), std::string::npos);
  EXPECT_EQ(Refusal("profile = \"gcp\"\ngcp.project = \"p\"\n"), "");
  std::string halves =
      Refusal("profile = \"gcp\"\ngcp.project = \"p\"\ngcp.pubsub_emulator = \"127.0.0.1:8085\"\n");
  EXPECT_NE(halves.find("set both, or unset both"), std::string::npos) << halves;
  EXPECT_NE(Refusal("gcp.pubsub_emulator = \"http://x:1\"\n").find("HOST:PORT"), std::string::npos);
  std::string retries = Refusal("profile = \"gcp\"\ngcp.project = \"p\"\ngcp.retry_min = \"2m\"\n");
  EXPECT_NE(retries.find("gcp.retry_min the shorter"), std::string::npos) << retries;
}

}  // namespace
}  // namespace tipoff
