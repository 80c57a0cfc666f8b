#include "app/announcers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "bus/memory/memory_bus.h"
#include "http/client.h"
#include "support/manual_loop.h"

namespace tipoff {
namespace {

using testing::ElementsAre;
using testing::Key;

TEST(Announcers, TheLogIsAlwaysThereAndTheOthersAsConfigured) {
  ManualLoop loop;
  MemoryBroker broker;
  MemoryBus bus(broker, loop);
  EXPECT_THAT(MakeAnnouncers(AnnounceOptionsFrom(Config()), loop, bus, nullptr),
              ElementsAre(Key("log")));
  auto config = ParseConfig(R"([announce]
bus = true
webhooks = ["ops=http://127.0.0.1:9/"]
webhook_secrets = ["ops=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
slack = ["chat=http://127.0.0.1:9/"]
timeout = "3s"
source = "/east"
)",
                            "t.toml");
  ASSERT_TRUE(config.ok()) << config.error().message;
  AnnounceOptions options = AnnounceOptionsFrom(*config);
  HttpClient client(loop);
  EXPECT_THAT(MakeAnnouncers(options, loop, bus, &client),
              ElementsAre(Key("bus"), Key("chat"), Key("log"), Key("ops")));
  ASSERT_EQ(options.webhooks.size(), 2u);
  EXPECT_EQ(options.webhooks[0].key.size(), 24u);
  EXPECT_EQ(options.webhooks[0].source, "/east");
  EXPECT_EQ(options.webhooks[0].timeout, std::chrono::seconds(3));
  EXPECT_TRUE(options.webhooks[1].slack);
  EXPECT_EQ(options.webhooks[1].key, "");
}

TEST(Announcers, AnEndGoesOnTheBusInThePlatformsForm) {
  ManualLoop loop;
  MemoryBroker broker;
  MemoryBus bus(broker, loop);
  auto announcers = MakeAnnouncers({.bus = true}, loop, bus, nullptr);
  Notice notice = SampleNotice("bus", loop.Now());
  std::optional<AnnounceAnswer> answer;
  announcers.at("bus")(notice, [&](AnnounceAnswer got) { answer = std::move(got); });
  loop.RunUntil([&] { return answer.has_value(); });
  EXPECT_TRUE(answer->status.ok());
  auto lease = Await<std::vector<Delivery>>(loop, [&](auto done) {
    bus.Lease({Topic::Kind::kAnnouncements, ""}, Incarnation("reader"), {}, done);
  });
  ASSERT_EQ(lease->size(), 1u);
  EXPECT_EQ(ParseJson((*lease)[0].body)->at("status"), "partial");
}

}  // namespace
}  // namespace tipoff
