#include "view/announcement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tipoff {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

class AnnouncementView : public testing::Test {
 protected:
  AnnouncementView() {
    batch_.id = BatchId("batch_2025-01-15_1");
    batch_.slot.game_date = *ParseDay("2025-01-15");
    batch_.phase = Phase::kPartial;
    batch_.reason = Reason::kDeadlineExceeded;
    batch_.message = "The promised time came.";
    batch_.counts = Counts(100);
    batch_.counts.Move(RequestState::kPending, RequestState::kSucceeded, 90);
    batch_.counts.Move(RequestState::kPending, RequestState::kSkipped, 1);
    batch_.counts.Move(RequestState::kPending, RequestState::kExpired, 9);
    batch_.predictions = 540;
    batch_.terminal_at = Instant::FromMicros(1'000'000);
    announcement_.id = batch_.id.str() + ".ops";
    announcement_.batch = batch_.id;
    announcement_.target = "ops";
    announcement_.recorded_at = batch_.terminal_at;
    for (int i = 0; i < 7; ++i) {
      NewRequest& request = missing_.emplace_back();
      request.row.player = PlayerId("p" + std::to_string(i));
      request.row.state = RequestState::kExpired;
      request.spec.player_name = "Player <" + std::to_string(i) + ">";
    }
  }
  std::string Text() {
    return std::string(SlackMessageOf(announcement_, batch_, missing_).at("text").as_string());
  }

  Batch batch_;
  Announcement announcement_;
  std::vector<NewRequest> missing_;
};

TEST_F(AnnouncementView, ACloudEventHasEveryRequiredAttribute) {
  json::object event = CloudEventOf(announcement_, batch_, missing_, "/tipoff");
  EXPECT_EQ(event["specversion"], "1.0");
  EXPECT_EQ(event["id"], "batch_2025-01-15_1.ops");
  EXPECT_EQ(event["source"], "/tipoff");
  EXPECT_EQ(event["type"], "org.tipoff.batch.ended");
  EXPECT_EQ(event["subject"], "batch_2025-01-15_1");
  EXPECT_EQ(event["time"], "1970-01-01T00:00:01.000Z");
  EXPECT_EQ(event["datacontenttype"], "application/json");
  json::object data = event["data"].as_object();
  EXPECT_EQ(data["status"], "partial");
  EXPECT_EQ(data["reason"], "DeadlineExceeded");
  EXPECT_EQ(data["counts"].at("succeeded").to_number<int>(), 90);
  EXPECT_EQ(data["missing"].at("count").to_number<int>(), 9);
  EXPECT_EQ(data["missing"].at("first").at(0).at("player_id"), "p0");
  EXPECT_EQ(data["missing"].at("first").at(0).at("state"), "expired");
  EXPECT_EQ(data["next"].at(0), "tipoff batch why batch_2025-01-15_1");
  EXPECT_EQ(data["next"].at(1), "tipoff batch retry batch_2025-01-15_1");
}

TEST_F(AnnouncementView, F37_APersonReadsWhatHappenedWhoIsMissingAndWhatToType) {
  EXPECT_THAT(Text(), HasSubstr("the batch of 2025-01-15 ended partial (DeadlineExceeded)"));
  EXPECT_THAT(Text(), HasSubstr("90 of 100 players done, 1 skipped; 540 predictions"));
  EXPECT_THAT(Text(), HasSubstr("Player &lt;0&gt;, ")) << "nothing is taken for markup";
  EXPECT_THAT(Text(), HasSubstr("Player &lt;4&gt; and 4 more"));
  EXPECT_THAT(Text(), HasSubstr("`tipoff batch why batch_2025-01-15_1`"));
}

TEST_F(AnnouncementView, F37_EachEndIsToldAsWhatItIs) {
  auto told = [&](Phase phase) {
    batch_.phase = phase;
    json::object event = CloudEventOf(announcement_, batch_, {}, "/tipoff");
    return std::string(event["data"].at("status").as_string()) + "\n" + Text();
  };
  EXPECT_THAT(told(Phase::kSucceeded), HasSubstr("succeeded\ntipoff: the batch"));
  EXPECT_THAT(told(Phase::kSucceeded), HasSubstr("ended succeeded"));
  EXPECT_THAT(told(Phase::kSucceeded), Not(HasSubstr("Next:")));
  for (Phase phase : {Phase::kPartial, Phase::kFailed, Phase::kCancelled}) {
    EXPECT_THAT(told(phase), HasSubstr("ended " + std::string(ToString(phase))));
    EXPECT_THAT(told(phase), Not(HasSubstr("succeeded"))) << told(phase);
  }
}

TEST_F(AnnouncementView, AnAlertSaysItsMessage) {
  announcement_.kind = "alert.systemic";
  announcement_.detail = R"({"message":"three batches ended badly within an hour","ends":3})";
  json::object event = CloudEventOf(announcement_, batch_, {}, "/tipoff");
  EXPECT_EQ(event["type"], "org.tipoff.alert.systemic");
  EXPECT_EQ(event["data"].at("ends").to_number<int>(), 3);
  EXPECT_THAT(Text(), HasSubstr("ALERT (alert.systemic, at batch batch_2025-01-15_1): "
                                "three batches ended badly within an hour"));
}

TEST_F(AnnouncementView, TheStateIsPendingSentOrDead) {
  EXPECT_EQ(AnnouncementToJson(announcement_)["state"], "pending");
  announcement_.dead = true;
  EXPECT_EQ(AnnouncementToJson(announcement_)["state"], "dead");
  EXPECT_TRUE(AnnouncementToJson(announcement_)["due_at"].is_null());
  announcement_.sent_at = Instant::FromMicros(5);
  EXPECT_EQ(AnnouncementToJson(announcement_)["state"], "sent");
}

}  // namespace
}  // namespace tipoff
