#include "config/toml.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(Toml, TablesBecomeKeysWithTheirLines) {
  auto entries = ReadToml("top = true\n[server]\nport = 80\nhost = \"::1\"\n[a.b]\nc = [\"x\"]\n");
  ASSERT_TRUE(entries.ok()) << entries.error().message;
  ASSERT_EQ(entries->size(), 4u);
  EXPECT_EQ(entries->at(0).key, "top");
  EXPECT_EQ(entries->at(1).key, "server.port");
  EXPECT_EQ(entries->at(1).line, 3u);
  EXPECT_EQ(std::get<std::int64_t>(entries->at(1).value), 80);
  EXPECT_EQ(std::get<std::string>(entries->at(2).value), "::1");
  EXPECT_EQ(entries->at(3).key, "a.b.c");
}

TEST(Toml, WhatNoSettingCanBeIsNamed) {
  auto entries = ReadToml("a = 2025-01-15\nb = [1, 2]\n");
  ASSERT_TRUE(entries.ok());
  EXPECT_EQ(std::get<OddToml>(entries->at(0).value).what, "a date or a time");
  EXPECT_TRUE(std::holds_alternative<OddToml>(entries->at(1).value));
}

TEST(Toml, WhatIsNoTomlIsRefusedWithItsLine) {
  for (const char* text : {"a = 1\nb = \n", "a = 1\na = 2\n", "a = 1\n[a]\n[a]\n"}) {
    auto entries = ReadToml(text);
    ASSERT_FALSE(entries.ok()) << text;
    EXPECT_NE(entries.error().message.find("line "), std::string::npos);
  }
  EXPECT_FALSE(ReadToml(std::string("a = \"\xff\xfe\"\n")).ok());
  EXPECT_FALSE(ReadToml("a = " + std::string(10'000, '[')).ok()) << "no overflow of the stack";
  EXPECT_FALSE(ReadToml(std::string(65'537, '\n')).ok());
}

TEST(Toml, AKeyOfThousandsOfPartsIsOneKeyThatNoSettingHas) {
  std::string text;
  while (text.size() < 32'000) text += "a.";
  auto entries = ReadToml(text + "a = 1\n");
  ASSERT_TRUE(entries.ok()) << entries.error().message;
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(entries->front().key, "a.a.a.a.a.a.a.a");
  EXPECT_TRUE(std::holds_alternative<OddToml>(entries->front().value));
}

}  // namespace
}  // namespace tipoff
