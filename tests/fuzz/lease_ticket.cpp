// Tickets as workers send them back: only the very text that was handed out is one. An input is
// read as a ticket, and its lines as the parts of one that is made and read.
#include "api/lease_ticket.h"

#include <charconv>
#include <string>
#include <vector>

#include "base/base64.h"
#include "core/limits.h"
#include "fuzz/fuzz.h"
#include "history/names.h"

namespace tipoff {
namespace {

constexpr std::size_t kTicketBytesMax = 4096;

bool Same(const LeaseTicket& a, const LeaseTicket& b) {
  return a.group == b.group && a.token.id == b.token.id && a.token.epoch == b.token.epoch &&
         a.batch == b.batch && a.ordinal == b.ordinal && a.attempt == b.attempt &&
         a.deliveries == b.deliveries && a.worker == b.worker &&
         a.worker_version == b.worker_version;
}

void CheckTicket(std::string_view text) {
  auto ticket = DecodeLeaseTicket(text);
  if (!ticket.ok()) return CheckRefusal(ticket.error(), {"token:"});
  TIPOFF_CHECK(text.size() <= kTicketBytesMax, "a ticket over the limit");
  TIPOFF_CHECK(!ticket->token.id.empty() && !ticket->batch.empty(), "a ticket of nothing");
  TIPOFF_CHECK(ticket->ordinal < limits::kRequestsPerBatch, "a ticket of no request");
  TIPOFF_CHECK(Encode(*ticket) == text, "two spellings of one ticket");
}

std::uint64_t Number(std::string_view text, std::uint64_t end) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number % end;
}

void CheckMade(std::string_view text) {
  if (!IsText(text)) return;
  std::vector<std::string> lines;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    lines.emplace_back(line);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  lines.resize(9);
  LeaseTicket ticket;
  ticket.token = {lines[0], Number(lines[1], std::uint64_t{1} << 63)};
  ticket.batch = BatchId(lines[2]);
  ticket.ordinal = static_cast<std::uint32_t>(Number(lines[3], limits::kRequestsPerBatch));
  ticket.attempt = static_cast<std::uint16_t>(Number(lines[4], 10'001));
  ticket.deliveries = static_cast<int>(Number(lines[5], 1'000'001));
  ticket.group = lines[6];
  ticket.worker = lines[7];
  ticket.worker_version = lines[8];
  std::string made = Encode(ticket);
  auto read = DecodeLeaseTicket(made);
  bool nothing = ticket.token.id.empty() || ticket.batch.empty();
  TIPOFF_CHECK(read.ok() == (!nothing && made.size() <= kTicketBytesMax), "refused: " + made);
  TIPOFF_CHECK(!read.ok() || Same(ticket, *read), "another ticket: " + made);
}

void CheckBase64(std::string_view text) {
  auto bytes = Base64Decode(text);
  if (!bytes.ok()) return;
  std::string plain = Base64Encode(*bytes), url = Base64UrlEncode(*bytes);
  auto again = Base64Decode(plain), url_again = Base64Decode(url);
  TIPOFF_CHECK(again.ok() && *again == *bytes, "other bytes: " + plain);
  TIPOFF_CHECK(url_again.ok() && *url_again == *bytes, "other bytes: " + url);
}

}  // namespace
}  // namespace tipoff

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = tipoff::FuzzText(data, size);
  tipoff::CheckTicket(text);
  tipoff::CheckMade(text);
  tipoff::CheckBase64(text);
  return 0;
}
