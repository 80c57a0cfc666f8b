#include "app/batch_why.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app/batch_select.h"
#include "app/fields.h"
#include "app/table.h"
#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

constexpr const char* kHops[] = {"recorded", "published", "leased", "reported", "counted"};

Result<std::string> NewestBatch(ApiClient& client) {
  BatchFilters newest;
  newest.limit = 1;
  TIPOFF_TRY(json::array batches, FetchBatches(client, newest));
  if (batches.empty()) return Error{Errc::kNotFound, "there is no batch yet"};
  return FieldText(batches.front().as_object(), "batch_id");
}

TextTable HopTable(const json::object& why) {
  TextTable table({"hop", ">requests", ">waiting", "oldest waits"});
  const json::object& hops = FieldObject(why, "hops");
  for (const char* name : kHops) {
    const json::object& hop = FieldObject(hops, name);
    std::string count = FieldText(hop, "count");
    std::string since = FieldText(hop, "oldest_waiting_at");
    if (!since.empty()) since = FormatDuration(FieldSeconds(hop, "oldest_waiting_seconds"));
    table.Row({name, count.empty() ? "unknown" : count, FieldText(hop, "waiting"), since});
  }
  return table;
}

// What the table does not show.
std::string EvidenceLines(const json::object& why) {
  static const std::set<std::string> kInTable(std::begin(kHops), std::end(kHops));
  const json::value* list = why.if_contains("evidence");
  std::string text;
  if (list == nullptr || !list->is_array()) return text;
  for (const json::value& value : list->as_array()) {
    if (!value.is_object()) continue;
    const json::object& fact = value.as_object();
    std::string name = FieldText(fact, "name");
    if (kInTable.contains(name)) continue;
    text += fmt::format("  {:<16}{}\n", name, FieldText(fact, "detail"));
  }
  return text;
}

}  // namespace

std::string FormatWhy(const json::object& why, Output output) {
  if (output == Output::kJson) return DumpJsonPretty(why) + '\n';
  if (output == Output::kCsv) {
    TextTable table({"batch_id", "at", "layer", "confidence", "sentence", "next_command"});
    table.Row({FieldText(why, "batch_id"), FieldText(why, "at"), FieldText(why, "layer"),
               FieldText(why, "confidence"), FieldText(why, "sentence"),
               FieldText(why, "next_command")});
    return table.Csv();
  }
  std::string layer = FieldText(why, "layer");
  bool sure = FieldNumber(why, "confidence") >= 0.5;
  if (layer == "none") layer = sure ? "nothing is wrong" : "not known";
  std::string text = fmt::format("{}: {}\n", layer, FieldText(why, "sentence"));
  text += fmt::format("{} at {}, {:.0f} % sure\n", FieldText(why, "batch_id"), FieldText(why, "at"),
                      100 * FieldNumber(why, "confidence"));
  const json::value* hops = why.if_contains("hops");
  if (hops != nullptr && hops->is_object()) text += "\n" + HopTable(why).Text();
  text += "\n" + EvidenceLines(why);
  return text + fmt::format("\nnext: {}\n", FieldText(why, "next_command"));
}

int ExplainBatch(ApiClient& client, Console& console, Output output,
                 const WhyArguments& arguments) {
  Result<std::string> id = arguments.id;
  if (arguments.id.empty()) id = NewestBatch(client);
  if (!id.ok()) return Complain(id.error());
  auto path = BatchPath(*id, "/why");
  if (!path.ok()) return Complain(path.error());
  ApiClient::Pairs query;
  if (!arguments.at.empty()) {
    auto at = ParseInstant(arguments.at);
    if (!at.ok()) return Complain(Annotate(at.error(), "--at"));
    query.emplace_back("at", FormatInstant(*at));
  }
  auto why = GetObject(client, *path, query);
  if (!why.ok()) return Complain(why.error());
  console.Out(FormatWhy(*why, output));
  return kExitSucceeded;
}

}  // namespace tipoff
