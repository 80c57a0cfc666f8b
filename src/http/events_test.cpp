#include "http/events.h"

#include <gtest/gtest.h>

#include <vector>

namespace tipoff {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

Events ReadEvents(std::string_view bytes, std::size_t step) {
  Events events;
  EventReader reader(1000);
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    auto more = reader.Put(bytes.substr(at, step), [&](const auto& id, const auto& data) {
      events.emplace_back(id, data);
      return true;
    });
    EXPECT_TRUE(more.ok() && *more);
  }
  return events;
}

TEST(EventReader, ReadsTheSameHoweverTheBytesAreCut) {
  std::string_view bytes =
      "\xEF\xBB\xBF: a comment\n\nid: 1\ndata: one\n\n"
      "event: x\ndata:first\r\ndata: second\r\n\r\n"
      ":\n\nid: 3\n\ndata\rdata:  two spaces\r\rretry: 5\ndata: cut off";
  Events expected = {{"1", "one"}, {"1", "first\nsecond"}, {"3", "\n two spaces"}};
  for (std::size_t step : {1u, 2u, 3u, 7u, 1000u}) EXPECT_EQ(ReadEvents(bytes, step), expected);
}

TEST(EventReader, StopsWhenToldTo) {
  EventReader reader(1000);
  int calls = 0;
  auto more = reader.Put("data: 1\n\ndata: 2\n\n", [&](const auto&, const auto&) {
    ++calls;
    return false;
  });
  EXPECT_FALSE(*more);
  EXPECT_EQ(calls, 1);
}

TEST(EventReader, AnEndlessEventIsRefused) {
  for (const char* bytes : {"data: 0123456789", "data: 123\ndata: 456\ndata: 789\n"}) {
    EventReader reader(10);
    auto more = reader.Put(bytes, [](const auto&, const auto&) { return true; });
    ASSERT_FALSE(more.ok());
    EXPECT_EQ(more.error().code, Errc::kExhausted);
  }
}

TEST(EventFormat, IsReadBackAsItWasWritten) {
  EXPECT_EQ(FormatEvent("7", "{}"), "id: 7\ndata: {}\n\n");
  EXPECT_EQ(FormatEvent("", "a\nb\r\nc\r"), "data: a\ndata: b\ndata: c\ndata: \n\n");
  EXPECT_EQ(FormatEvent("7\ndata: forged", "x"), "id: 7\ndata: x\n\n");
  Events expected = {{"9", "a\n\nb"}};
  EXPECT_EQ(ReadEvents(FormatEvent("9", "a\n\nb"), 1), expected);
}

TEST(EventQueue, WhatIsBeingWrittenCountsAgainstTheLimit) {
  EventQueue queue(10);
  EXPECT_EQ(queue.Push("12345"), EventQueue::Pushed::kFirst);
  EXPECT_EQ(queue.Push("678"), EventQueue::Pushed::kQueued);
  EXPECT_EQ(queue.Take(), "12345678");
  EXPECT_EQ(queue.Push("9"), EventQueue::Pushed::kFirst);
  queue.Written(8);
  EXPECT_EQ(queue.Push("123456789"), EventQueue::Pushed::kQueued);
  EXPECT_EQ(queue.Push("x"), EventQueue::Pushed::kOverflow);
  EXPECT_EQ(queue.Push("x"), EventQueue::Pushed::kClosed);
  EXPECT_EQ(queue.Take(), "");
}

TEST(EventQueue, ClosingKeepsWhatIsQueuedAndAbortingDropsIt) {
  EventQueue closed(10);
  closed.Push("a");
  EXPECT_TRUE(closed.Close());
  EXPECT_FALSE(closed.Close());
  EXPECT_EQ(closed.Push("b"), EventQueue::Pushed::kClosed);
  EXPECT_EQ(closed.Take(), "a");
  EventQueue aborted(10);
  aborted.Push("a");
  aborted.Abort();
  EXPECT_TRUE(aborted.closed());
  EXPECT_EQ(aborted.Take(), "");
}

}  // namespace
}  // namespace tipoff
