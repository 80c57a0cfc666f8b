#include "api/lease_ticket.h"

#include <gtest/gtest.h>

#include "base/base64.h"

namespace tipoff {
namespace {

LeaseTicket Sample() {
  return {.group = "mine",
          .token = {"4711", 3},
          .batch = BatchId("batch_2025-01-15_1750000000_9axqvx"),
          .ordinal = 12,
          .attempt = 2,
          .deliveries = 4,
          .worker = "host-ä",
          .worker_version = "1.2"};
}

TEST(LeaseTicket, IsReadAsItWasWrittenAndFitsIntoAPath) {
  std::string text = Encode(Sample());
  EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789-_"),
            std::string::npos);
  auto ticket = DecodeLeaseTicket(text);
  ASSERT_TRUE(ticket.ok()) << ticket.error().message;
  EXPECT_EQ(Encode(*ticket), text);
  EXPECT_EQ(ticket->token.id, "4711");
  EXPECT_EQ(ticket->token.epoch, 3u);
  EXPECT_EQ(ticket->ordinal, 12u);
  EXPECT_EQ(ticket->deliveries, 4);
}

TEST(LeaseTicket, F17_NothingElseIsOne) {
  std::string text = Encode(Sample());
  for (const std::string& wrong :
       {std::string(), std::string("x"), text + "A", text.substr(1), text + "=",
        std::string(5000, 'A'), Base64UrlEncode("{}"), Base64UrlEncode("[1]"),
        Base64UrlEncode(R"({"g":"","i":"1","e":-1,"b":"b","o":0,"a":1,"d":1,"w":"","v":""})"),
        Base64UrlEncode(R"({"g":"","i":"1","e":1,"b":"b","o":99999999,"a":1,"d":1,"w":"","v":""})"),
        Base64UrlEncode(R"({"g":"","i":"","e":1,"b":"b","o":0,"a":1,"d":1,"w":"","v":""})"),
        Base64UrlEncode(R"({"g":"","i":"1","e":1,"b":"b","o":0,"a":1,"d":1,"w":"","v":"","z":1})"),
        Base64UrlEncode(std::string(40, '['))}) {
    auto ticket = DecodeLeaseTicket(wrong);
    ASSERT_FALSE(ticket.ok()) << wrong;
    EXPECT_EQ(ticket.error().code, Errc::kInvalid);
  }
}

}  // namespace
}  // namespace tipoff
