// What a worker elsewhere holds for a request: everything that any server needs to settle it, so
// that no server keeps anything about leases.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"
#include "bus/bus.h"

namespace tipoff {

struct LeaseTicket {
  std::string group;  // Of the topic, and of the request.
  LeaseToken token;
  BatchId batch;
  std::uint32_t ordinal = 0;
  std::uint16_t attempt = 1;
  int deliveries = 1;
  std::string worker;
  std::string worker_version;
};

// base64url of JSON: letters, digits, '-' and '_'. Not signed: who may send one has the role work,
// and may report on any request anyhow.
std::string Encode(const LeaseTicket& ticket);
// kInvalid for anything that Encode does not make.
Result<LeaseTicket> DecodeLeaseTicket(std::string_view text);

}  // namespace tipoff
