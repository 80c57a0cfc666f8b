// The groups of routes; each puts its own into the router.
#pragma once

#include "api/api.h"

namespace tipoff {

// /v1/batches and everything below it, /v1/slots.
void AddBatchRoutes(Router& router, const ApiParts& parts);
// /v1/batches/{id}/why
void AddWhyRoutes(Router& router, const ApiParts& parts);
// POST /v1/batches, :cancel, :finish, :clear, :retry, :check-stalled and PATCH: each audited.
void AddOrderRoutes(Router& router, const ApiParts& parts, const std::shared_ptr<bool>& draining);
// /v1/batches/{id}/events
void AddEventRoutes(Router& router, const ApiParts& parts);
// The platform's own paths: /start, /status, /check-stalled, /reset, /admin/clear-batch.
void AddPlatformRoutes(Router& router, const ApiParts& parts,
                       const std::shared_ptr<bool>& draining);
// Push doors for Pub/Sub envelopes: /complete, /predict.
void AddPushRoutes(Router& router, const ApiParts& parts);
// /v1/leases, for workers in any language. Nobody waits for work while the process ends.
void AddLeaseRoutes(Router& router, const ApiParts& parts, const std::shared_ptr<bool>& draining);
// GET /v1/announcements; POST /v1/announcements/{id}:resend, audited.
void AddAnnouncementRoutes(Router& router, const ApiParts& parts);
// The web page's files, at / and /assets/.
void AddPageRoutes(Router& router, const ApiParts& parts);
// /v1/session: a key for a cookie.
void AddSessionRoutes(Router& router, const ApiParts& parts);
// GET /v1/canaries
void AddCanaryRoutes(Router& router, const ApiParts& parts);
// /livez, /readyz, /health, /ready, /health/deep, /metrics, /openapi.json, /v1/workers,
// /v1/coordinators, /v1/quarantine, /v1/backlog, /v1/audit.
void AddSystemRoutes(Router& router, const ApiParts& parts, const std::shared_ptr<bool>& draining);

}  // namespace tipoff
