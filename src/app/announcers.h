// Whom a coordinator tells, made from the configuration.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/bigquery_rows.h"
#include "app/webhook.h"
#include "bus/bus.h"
#include "config/config.h"
#include "flow/announce.h"

namespace tipoff {

struct AnnounceOptions {
  bool bus = false;
  std::vector<Webhook> webhooks;
  BigqueryRowsOptions rows;
};

AnnounceOptions AnnounceOptionsFrom(const Config& config);

// The log, and what `options` name. All must outlive what is returned; `client` may be null where
// there are no webhooks, `autopsies` where no autopsies are written.
std::map<std::string, Announce> MakeAnnouncers(const AnnounceOptions& options, Loop& loop, Bus& bus,
                                               HttpClient* client, Store* autopsies = nullptr);

}  // namespace tipoff
