#include "history/import/csv_reader.h"

#include <csv.h>
#include <fmt/format.h>
#include <zlib.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace tipoff {
namespace {

// A field longer than this is a quote that was never closed, not a field.
constexpr std::size_t kFieldBytesMost = 16u << 20;
constexpr std::size_t kInflateBytes = 256u << 10;
constexpr std::size_t kBufferStep = 64u << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// So many bytes tell what kind of file it is.
constexpr std::size_t kMagicBytes = 4;

void* LimitedRealloc(void* memory, std::size_t size) {
  return size > kFieldBytesMost ? nullptr : std::realloc(memory, size);
}

// Rows as the parser's callbacks collect them, delivered between its calls: nothing of ours runs
// below C frames.
struct Collected {
  struct Row {
    std::int64_t line;
    std::size_t first_field, fields;
  };
  std::string bytes;
  std::vector<std::size_t> field_ends;
  std::vector<Row> rows;
  std::size_t row_begins_at_field = 0;
  std::int64_t line = 1;      // Of what comes next.
  std::int64_t row_line = 1;  // Where the row under way begins.
  bool after_cr = false;

  void Field(std::string_view text) {
    if (field_ends.size() == row_begins_at_field) row_line = line;
    bytes += text;
    field_ends.push_back(bytes.size());
    for (char c : text) line += c == '\n' ? 1 : 0;
  }

  void EndOfRow(int terminator) {
    std::size_t fields = field_ends.size() - row_begins_at_field;
    if (fields > 0) rows.push_back({row_line, row_begins_at_field, fields});
    row_begins_at_field = field_ends.size();
    bool second_of_crlf = terminator == '\n' && after_cr && fields == 0;
    if (!second_of_crlf) ++line;
    after_cr = terminator == '\r';
  }

  void Clear() {
    // Fields of an unfinished row stay for the next delivery.
    std::size_t kept_from = row_begins_at_field == 0 ? 0 : field_ends[row_begins_at_field - 1];
    bytes.erase(0, kept_from);
    field_ends.erase(field_ends.begin(),
                     field_ends.begin() + static_cast<std::ptrdiff_t>(row_begins_at_field));
    for (std::size_t& end : field_ends) end -= kept_from;
    row_begins_at_field = 0;
    rows.clear();
  }
};

extern "C" void TakeField(void* text, std::size_t size, void* collected) {
  static_cast<Collected*>(collected)->Field({static_cast<const char*>(text), size});
}

extern "C" void TakeRow(int terminator, void* collected) {
  static_cast<Collected*>(collected)->EndOfRow(terminator);
}

Error CutShort() {
  return {Errc::kInvalid, "the gzip file ends in the middle: fetch or copy it again"};
}

}  // namespace

struct CsvReader::Impl {
  explicit Impl(OnRow its_on_row) : on_row(std::move(its_on_row)) {
    csv_init(&parser, CSV_REPALL_NL);
    csv_set_realloc_func(&parser, LimitedRealloc);
    csv_set_blk_size(&parser, kBufferStep);
  }
  ~Impl() {
    csv_free(&parser);
    if (gzip) inflateEnd(&stream);
  }

  Status Begin(std::string_view bytes) {
    begun = true;
    auto starts = [&](std::string_view magic) { return bytes.starts_with(magic); };
    if (starts("PK\x03\x04")) {
      return Error{Errc::kInvalid,
                   "it is a zip or Excel file: unpack it, or save the sheet as CSV (UTF-8)"};
    }
    if (starts("\xFF\xFE") || starts("\xFE\xFF")) {
      return Error{Errc::kInvalid, "it is UTF-16 text: save it as CSV (UTF-8)"};
    }
    gzip = starts("\x1F\x8B");
    constexpr int kGzipOnly = 15 + 16;
    if (gzip && inflateInit2(&stream, kGzipOnly) != Z_OK) {
      gzip = false;
      return Error{Errc::kExhausted, "not enough memory to unpack"};
    }
    return Ok();
  }

  Status Take(std::string_view bytes) { return gzip ? Inflate(bytes) : Parse(bytes); }

  Status Inflate(std::string_view bytes) {
    if (out.empty()) out.resize(kInflateBytes);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    while (stream.avail_in > 0) {
      if (member_ended) {  // Another member follows, or padding.
        if (*stream.next_in == 0) {
          ++stream.next_in, --stream.avail_in;
          continue;
        }
        inflateReset(&stream);
        member_ended = false;
      }
      stream.next_out = reinterpret_cast<Bytef*>(out.data());
      stream.avail_out = static_cast<uInt>(out.size());
      int code = inflate(&stream, Z_NO_FLUSH);
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
        return Error{Errc::kCorrupt, "the gzip file is damaged: fetch or copy it again"};
      }
      member_ended = code == Z_STREAM_END;
      TIPOFF_TRY_STATUS(Parse({out.data(), out.size() - stream.avail_out}));
      if (code == Z_BUF_ERROR && stream.avail_out == out.size()) break;
    }
    return Ok();
  }

  Status Parse(std::string_view text) {
    while (mark_matched < kByteOrderMark.size() && !text.empty()) {
      if (text.front() != kByteOrderMark[mark_matched]) {
        std::string_view no_mark = kByteOrderMark.substr(0, mark_matched);
        mark_matched = kByteOrderMark.size();
        TIPOFF_TRY_STATUS(Split(no_mark));
        break;
      }
      ++mark_matched;
      text.remove_prefix(1);
    }
    return Split(text);
  }

  Status Split(std::string_view text) {
    if (csv_parse(&parser, text.data(), text.size(), TakeField, TakeRow, &collected) !=
        text.size()) {
      return Error{Errc::kInvalid,
                   fmt::format("line {}: a field is longer than {} MB; a quotation mark is open",
                               collected.line, kFieldBytesMost >> 20)};
    }
    return Deliver();
  }

  Status Deliver() {
    for (const Collected::Row& row : collected.rows) {
      fields.clear();
      for (std::size_t i = row.first_field; i < row.first_field + row.fields; ++i) {
        std::size_t begin = i == 0 ? 0 : collected.field_ends[i - 1];
        fields.push_back(
            std::string_view(collected.bytes).substr(begin, collected.field_ends[i] - begin));
      }
      any = true;
      TIPOFF_TRY_STATUS(on_row(row.line, fields));
    }
    collected.Clear();
    return Ok();
  }

  OnRow on_row;
  csv_parser parser{};
  z_stream stream{};
  std::vector<char> out;  // What is unpacked, a piece at a time.
  Collected collected;
  std::vector<std::string_view> fields;
  std::string head;  // The first bytes, until there are enough.
  bool begun = false;
  bool gzip = false;
  bool member_ended = false;
  std::size_t mark_matched = 0;
  bool any = false;
};

CsvReader::CsvReader(OnRow on_row) : impl_(std::make_unique<Impl>(std::move(on_row))) {}
CsvReader::~CsvReader() = default;

Status CsvReader::Add(std::string_view bytes) {
  if (impl_->begun) return impl_->Take(bytes);
  impl_->head += bytes;
  if (impl_->head.size() < kMagicBytes) return Ok();
  TIPOFF_TRY_STATUS(impl_->Begin(impl_->head));
  return impl_->Take(std::exchange(impl_->head, ""));
}

Status CsvReader::Finish() {
  if (!impl_->begun) {
    TIPOFF_TRY_STATUS(impl_->Begin(impl_->head));
    TIPOFF_TRY_STATUS(impl_->Take(impl_->head));
  }
  if (impl_->gzip && !impl_->member_ended) return CutShort();
  csv_fini(&impl_->parser, TakeField, TakeRow, &impl_->collected);
  TIPOFF_TRY_STATUS(impl_->Deliver());
  if (!impl_->any) return Error{Errc::kInvalid, "the file is empty"};
  return Ok();
}

}  // namespace tipoff
