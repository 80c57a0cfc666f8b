#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/api.h"
#include "support/api_world.h"

namespace tipoff {
namespace {

namespace json = boost::json;

class AnnouncementRoutes : public testing::Test {
 protected:
  AnnouncementRoutes() {
    Add("a", "log", false);
    Add("b", "ops", true);
    Add("c", "ops", false);
  }

  void Add(const std::string& id, const std::string& target, bool dead) {
    Announcement announcement;
    announcement.id = id;
    announcement.batch = BatchId("b1");
    announcement.target = target;
    announcement.recorded_at = api_.world.loop.Now();
    announcement.due_at = api_.world.loop.Now() + std::chrono::hours(1);
    announcement.tries = 3;
    announcement.dead = dead;
    announcement.last_error = "answered 500: no";
    api_.world.database.announcements[id] = announcement;
  }

  json::object Get(const std::string& target) {
    HttpResponse response = api_.Ask("GET", target);
    EXPECT_EQ(response.status, 200) << response.body;
    return ApiWorld::Json(response);
  }

  std::string Ids(const std::string& target) {
    std::string ids;
    json::object answer = Get(target);
    for (const json::value& item : answer["announcements"].as_array()) {
      ids += item.at("id").as_string();
    }
    return ids;
  }

  ApiWorld api_;
};

TEST_F(AnnouncementRoutes, TheyAreListedByStateAndTargetPageByPage) {
  EXPECT_EQ(Ids("/v1/announcements"), "abc");
  EXPECT_EQ(Ids("/v1/announcements?state=dead"), "b");
  EXPECT_EQ(Ids("/v1/announcements?state=pending&target=ops"), "c");
  EXPECT_EQ(Ids("/v1/announcements?limit=1&cursor=a"), "b");
  EXPECT_EQ(Get("/v1/announcements?limit=1")["next_cursor"], "a");
  EXPECT_TRUE(Get("/v1/announcements?limit=3")["next_cursor"].is_null());
  EXPECT_EQ(api_.Ask("GET", "/v1/announcements?state=lost").status, 400);
}

TEST_F(AnnouncementRoutes, ATargetThatNobodySendsToIsShownAsUnknown) {
  json::array targets = Get("/v1/announcements")["targets"].as_array();
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0].at("target"), "log");
  EXPECT_TRUE(targets[0].at("known").as_bool());
  EXPECT_EQ(targets[1].at("target"), "ops");
  EXPECT_FALSE(targets[1].at("known").as_bool());
  EXPECT_EQ(targets[1].at("dead").to_number<int>(), 1);
  EXPECT_EQ(targets[1].at("pending").to_number<int>(), 1);
}

TEST_F(AnnouncementRoutes, F37_ADeadLetterIsSentAgainByOrder) {
  std::string path = "/v1/announcements/b:resend";
  HttpResponse response = api_.Ask("POST", path, R"({"reason":"it is back"})");
  ASSERT_EQ(response.status, 200) << response.body;
  json::object item = ApiWorld::Json(response);
  EXPECT_EQ(item["state"], "pending");
  EXPECT_EQ(item["tries"].to_number<int>(), 0);
  EXPECT_FALSE(api_.world.database.announcements["b"].dead);
  EXPECT_EQ(api_.Ask("POST", path).status, 200) << "twice is once";
  json::object audit = Get("/v1/audit");
  EXPECT_EQ(audit["entries"].at(1).at("action"), "announcements.resend");
  EXPECT_EQ(audit["entries"].at(1).at("target"), "b");
  EXPECT_EQ(audit["entries"].at(1).at("why"), "it is back");
  EXPECT_EQ(api_.Ask("POST", "/v1/announcements/nothere:resend").status, 404);
  EXPECT_EQ(api_.Ask("POST", path, R"({"raeson":"x"})").status, 400);
}

TEST_F(AnnouncementRoutes, MetricsCountWhatIsNotSent) {
  std::string text = api_.Ask("GET", "/metrics").body;
  EXPECT_NE(text.find("tipoff_announcements_pending 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("tipoff_announcements_dead 1\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace tipoff
