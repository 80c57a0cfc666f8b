#include "api/lease_ticket.h"

#include "base/base64.h"
#include "base/json.h"
#include "core/limits.h"

namespace tipoff {
namespace {

namespace json = boost::json;

constexpr std::size_t kTicketBytesMax = 4096;
constexpr std::int64_t kDeliveriesBelievedMax = 1'000'000;

Error NoTicket() {
  return {Errc::kInvalid,
          "token: is not one that POST /v1/leases has answered; send it back as it came"};
}

std::int64_t ReadWithin(JsonReader& reader, std::string_view field, std::int64_t min,
                        std::int64_t max) {
  std::int64_t number = reader.Integer(field, -1);
  if (number < min || number > max) reader.Fail(field, "is out of range");
  return number;
}

}  // namespace

std::string Encode(const LeaseTicket& ticket) {
  return Base64UrlEncode(DumpJson(json::object{{"g", ticket.group},
                                               {"i", ticket.token.id},
                                               {"e", ticket.token.epoch},
                                               {"b", ticket.batch.str()},
                                               {"o", ticket.ordinal},
                                               {"a", ticket.attempt},
                                               {"d", ticket.deliveries},
                                               {"w", ticket.worker},
                                               {"v", ticket.worker_version}}));
}

Result<LeaseTicket> DecodeLeaseTicket(std::string_view text) {
  if (text.size() > kTicketBytesMax) return NoTicket();
  auto bytes = Base64Decode(text);
  if (!bytes.ok()) return NoTicket();
  auto value = ParseJson(*bytes);
  if (!value.ok()) return NoTicket();
  JsonReader reader(*value);
  LeaseTicket ticket;
  ticket.group = reader.Text("g");
  ticket.token.id = reader.Text("i");
  ticket.token.epoch =
      static_cast<std::uint64_t>(ReadWithin(reader, "e", 0, std::numeric_limits<int64_t>::max()));
  ticket.batch = BatchId(reader.Text("b"));
  ticket.ordinal =
      static_cast<std::uint32_t>(ReadWithin(reader, "o", 0, limits::kRequestsPerBatch - 1));
  ticket.attempt = static_cast<std::uint16_t>(ReadWithin(reader, "a", 0, 10'000));
  ticket.deliveries = static_cast<int>(ReadWithin(reader, "d", 0, kDeliveriesBelievedMax));
  ticket.worker = reader.Text("w");
  ticket.worker_version = reader.Text("v");
  // Only the very text that was handed out is one: no other spelling, no further fields.
  bool whole = reader.status().ok() && !ticket.token.id.empty() && !ticket.batch.str().empty();
  if (!whole || Encode(ticket) != text) return NoTicket();
  return ticket;
}

}  // namespace tipoff
