#include "api/canaries.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "api/fields.h"
#include "api/routes.h"
#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

// More losses in a row than that are not told apart.
constexpr std::size_t kCanariesRead = 50;

void List(const ApiParts& parts, const Call& call) {
  QueryReader reader(call.request);
  Status only = reader.Only({"limit"});
  if (!only.ok()) return call.Fail(only.error());
  auto limit = reader.Integer("limit", 20, 1, 500);
  if (!limit.ok()) return call.Fail(limit.error());
  RecordFilter newest{.kind = std::string(kCanaryRecords),
                      .newest_first = true,
                      .limit = static_cast<std::size_t>(*limit)};
  Store& store = parts.store;
  CanaryRules rules = parts.options.canary;
  store.ListRecords(std::move(newest), [&store, call, rules](Result<std::vector<Record>> records) {
    if (!records.ok()) return call.Fail(records.error());
    json::array shown;
    std::vector<Canary> canaries;
    for (const Record& record : *records) {
      auto canary = DecodeCanary(record.body);
      if (!canary.ok()) continue;
      shown.push_back(ParseJson(record.body).value());
      canaries.push_back(std::move(*canary));
    }
    CanaryHealth health = JudgeCanaries(canaries);
    call.Answer(200, json::object{{"period", FormatDuration(rules.period)},
                                  {"losses", health.losses},
                                  {"losses_max", rules.losses_max},
                                  {"dead", PathIsDead(health, rules)},
                                  {"detail", DescribeCanaries(health, rules, store.Now())},
                                  {"canaries", std::move(shown)}});
  });
}

}  // namespace

void FindCanaryHealth(Store& store, DoneWith<CanaryHealth> done) {
  RecordFilter newest{
      .kind = std::string(kCanaryRecords), .newest_first = true, .limit = kCanariesRead};
  store.ListRecords(std::move(newest),
                    [done = std::move(done)](Result<std::vector<Record>> records) {
                      if (!records.ok()) return done(records.error());
                      std::vector<Canary> canaries;
                      for (const Record& record : *records) {
                        auto canary = DecodeCanary(record.body);
                        if (canary.ok()) canaries.push_back(std::move(*canary));
                      }
                      done(JudgeCanaries(canaries));
                    });
}

bool PathIsDead(const CanaryHealth& health, const CanaryRules& rules) {
  return rules.period > Duration(0) && health.losses >= rules.losses_max;
}

std::string DescribeCanaries(const CanaryHealth& health, const CanaryRules& rules, Instant now) {
  if (rules.period == Duration(0)) return "off: canary.period is 0s";
  if (health.losses > 0) {
    return fmt::format("lost for {} in a row; the newest got past '{}': {}",
                       health.losses == 1 ? "one period" : fmt::format("{} periods", health.losses),
                       health.newest_lost.lost_after, health.newest_lost.message);
  }
  const Canary& back = health.newest_back;
  if (back.id.empty()) return "none has come back yet";
  return fmt::format("back {} ago, after {}, from worker '{}'", FormatDuration(now - back.sent_at),
                     FormatDuration(back.counted_at - back.sent_at), back.worker);
}

void AddCanaryRoutes(Router& router, const ApiParts& parts) {
  router.Add("GET", "/v1/canaries", Role::kRead, [parts](const Call& call) { List(parts, call); });
}

}  // namespace tipoff
