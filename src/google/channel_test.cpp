#include "google/channel.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <fstream>

#include "support/temp_folder.h"

namespace tipoff::gcloud {
namespace {

TEST(Channel, AnEmulatorNeedsNoCredentials) {
  auto channel = MakeChannel({.endpoint = "127.0.0.1:1", .insecure = true});
  ASSERT_TRUE(channel.ok()) << channel.error().message;
  EXPECT_NE(*channel, nullptr);
}

TEST(Channel, F49_AnEndpointWithASchemeOrWithoutAPortIsRefused) {
  for (const char* endpoint : {"http://127.0.0.1:8085", "localhost", ""}) {
    auto channel = MakeChannel({.endpoint = endpoint, .insecure = true});
    ASSERT_FALSE(channel.ok()) << endpoint;
    EXPECT_EQ(channel.error().code, Errc::kInvalid);
  }
}

TEST(Channel, F49_AKeyFileThatIsMissingOrOfAnotherKindIsNamed) {
  TempFolder folder;
  auto with = [&](const std::string& file) {
    return MakeChannel({.endpoint = "firestore.googleapis.com:443", .credentials_file = file})
        .error();
  };
  EXPECT_EQ(with(folder / "none.json").code, Errc::kDenied);
  std::ofstream(folder / "user.json") << R"({"type":"authorized_user"})";
  EXPECT_EQ(with(folder / "user.json").code, Errc::kInvalid);
  EXPECT_NE(with(folder / "user.json").message.find("authorized_user"), std::string::npos);
  std::ofstream(folder / "text.json") << "-----BEGIN";
  EXPECT_EQ(with(folder / "text.json").code, Errc::kInvalid);
}

}  // namespace
}  // namespace tipoff::gcloud
