#include "history/import/csv_reader.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

namespace tipoff {
namespace {

struct Read {
  std::vector<std::pair<std::int64_t, std::vector<std::string>>> rows;
  Status status = Ok();
};

Read ReadAll(std::string_view bytes, std::size_t piece = 1 << 20) {
  Read read;
  CsvReader reader([&](std::int64_t line, std::span<const std::string_view> fields) {
    read.rows.emplace_back(line, std::vector<std::string>(fields.begin(), fields.end()));
    return Ok();
  });
  for (std::size_t at = 0; at < bytes.size() && read.status.ok(); at += piece) {
    read.status = reader.Add(bytes.substr(at, piece));
  }
  if (read.status.ok()) read.status = reader.Finish();
  return read;
}

std::string Gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

using Fields = std::vector<std::string>;

TEST(CsvReader, QuotesCommasAndLineBreaksInFields) {
  Read read =
      ReadAll("a,b\r\n\"Apr 13, 2025\",\"say \"\"hi\"\"\"\r\n\"two\nlines\",x\r\nlast,\r\n");
  ASSERT_TRUE(read.status.ok());
  ASSERT_EQ(read.rows.size(), 4u);
  EXPECT_EQ(read.rows[1].second, (Fields{"Apr 13, 2025", "say \"hi\""}));
  EXPECT_EQ(read.rows[2].second, (Fields{"two\nlines", "x"}));
  EXPECT_EQ(read.rows[3].second, (Fields{"last", ""}));
}

TEST(CsvReader, LinesAreCountedAsAnEditorCountsThem) {
  for (const char* end : {"\n", "\r\n"}) {
    std::string e = end;
    Read read = ReadAll("a,b" + e + e + e + "1,2" + e + "\"x" + e + "y\",3" + e + "4,5");
    ASSERT_EQ(read.rows.size(), 4u);
    EXPECT_EQ(read.rows[1].first, 4) << (e == "\n");
    EXPECT_EQ(read.rows[2].first, 5) << (e == "\n");
    EXPECT_EQ(read.rows[3].first, 7) << (e == "\n");
  }
}

TEST(CsvReader, AByteOrderMarkIsNoPartOfTheFirstField) {
  Read read = ReadAll("\xEF\xBB\xBF\"a\",b\n1,2\n");
  ASSERT_EQ(read.rows.size(), 2u);
  EXPECT_EQ(read.rows[0].second, (Fields{"a", "b"}));
}

TEST(CsvReader, PiecesOfAnySizeGiveTheSameRows) {
  std::string text = "a,b\r\n\"x,\r\ny\",\"\"\"\"\r\n\r\nč,2\r\n3,4";
  Read whole = ReadAll(text);
  ASSERT_EQ(whole.rows.size(), 4u);
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    EXPECT_TRUE(ReadAll(text, piece).rows == whole.rows) << piece;
    EXPECT_TRUE(ReadAll(Gzip(text), piece).rows == whole.rows) << piece;
  }
}

TEST(CsvReader, GzipIsRecognisedByItsBytesAndMayHaveSeveralParts) {
  Read read = ReadAll(Gzip("a,b\n1,2\n") + Gzip("3,4\n") + std::string(10, '\0'));
  ASSERT_TRUE(read.status.ok());
  EXPECT_EQ(read.rows.size(), 3u);
}

TEST(CsvReader, AGzipFileCutShortAnywhereIsAnError) {
  std::string packed = Gzip("a,b\n1,2\n3,4\n");
  for (std::size_t size = 2; size < packed.size(); ++size) {
    Status status = ReadAll(std::string_view(packed).substr(0, size)).status;
    ASSERT_FALSE(status.ok()) << size;
    EXPECT_NE(status.error().message.find("again"), std::string::npos);
  }
  std::string damaged = packed;
  damaged[packed.size() / 2] = static_cast<char>(damaged[packed.size() / 2] ^ 0x55);
  EXPECT_FALSE(ReadAll(damaged).status.ok());
}

TEST(CsvReader, OtherFilesAreNamedWithTheRemedy) {
  EXPECT_NE(ReadAll("PK\x03\x04xx").status.error().message.find("zip"), std::string::npos);
  EXPECT_NE(ReadAll(std::string_view("\xFF\xFEg\0", 4)).status.error().message.find("UTF-16"),
            std::string::npos);
  EXPECT_EQ(ReadAll("").status.error().message, "the file is empty");
  EXPECT_EQ(ReadAll("\n\n").status.error().message, "the file is empty");
}

TEST(CsvReader, F07_AQuotationMarkThatIsNeverClosedIsAnErrorBeforeTheMemoryIsFull) {
  std::string text = "a,b\n1,\"" + std::string(20u << 20, 'x');
  Status status = ReadAll(text).status;
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("quotation mark"), std::string::npos);
}

TEST(CsvReader, AnErrorOfTheReceiverEndsTheReading) {
  int rows = 0;
  CsvReader reader([&](std::int64_t, std::span<const std::string_view>) -> Status {
    ++rows;
    return Error{Errc::kExhausted, "disk full"};
  });
  EXPECT_EQ(reader.Add("a\nb\nc\n").error().code, Errc::kExhausted);
  EXPECT_EQ(rows, 1);
}

}  // namespace
}  // namespace tipoff
