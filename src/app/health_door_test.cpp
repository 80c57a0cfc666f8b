#include "app/health_door.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/asio_loop.h"
#include "support/raw_client.h"

namespace tipoff {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class HealthDoorTest : public testing::Test {
 protected:
  HealthDoorTest() {
    auto door = HealthDoor::Open(0, loop_, [this](auto done) {
      done(works_ ? Ok() : Status(Error{Errc::kUnavailable, "the store does not answer"}));
    });
    EXPECT_TRUE(door.ok());
    door_ = std::move(*door);
    thread_ = std::thread([this] { loop_.Run(); });
  }
  ~HealthDoorTest() override {
    loop_.Post([this] { loop_.Stop(); });
    thread_.join();
    door_.reset();
  }

  std::string Ask(std::string_view path) {
    RawClient client(door_->server());
    client.Send(GetText(path));
    return client.ReadAnswer();
  }

  AsioLoop loop_;
  std::atomic<bool> works_ = true;
  std::unique_ptr<HealthDoor> door_;
  std::thread thread_;
};

TEST_F(HealthDoorTest, SaysThatItLivesAndIsReady) {
  EXPECT_THAT(Ask("/livez"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Ask("/readyz"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Ask("/v1/batches"), StartsWith("HTTP/1.1 404"));
}

TEST_F(HealthDoorTest, WhoCanNotWorkLivesAllTheSame) {
  works_ = false;
  EXPECT_THAT(Ask("/livez"), StartsWith("HTTP/1.1 200"));
  std::string answer = Ask("/readyz");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("the store does not answer"));
}

}  // namespace
}  // namespace tipoff
