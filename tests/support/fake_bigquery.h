// A small server that speaks as much of BigQuery's REST interface as is asked of it: jobs.query,
// jobs.getQueryResults in pages, jobs.cancel, and the machine's token. Its answers have the form of
// the published reference; the statement itself is not run, but answered from a table in memory by
// its parameters.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/json.h"
#include "history/facts.h"
#include "history/table.h"
#include "http/server.h"

namespace tipoff {

class FakeBigquery {
 public:
  FakeBigquery() {
    HttpServerOptions options;
    options.port = 0;
    server_ = HttpServer::Listen(options, [this](HttpRequest request, auto responder) {
                std::lock_guard lock(mutex_);
                Handle(request, std::move(responder));
              }).value();
  }
  ~FakeBigquery() { server_->Stop(Duration(0)); }
  const std::string& url() const { return server_->url(); }

  void Put(std::vector<PlayerGame> rows) {
    std::lock_guard lock(mutex_);
    for (PlayerGame& row : rows) rows_.push_back(std::move(row));
    table_ = std::make_unique<HistoryTable>(rows_, fmt::format("{}", rows_.size()));
  }

  // To be set before it is asked.
  std::size_t page_rows = 1000;
  int unfinished = 0;       // So many answers say that the job is not done yet.
  bool hangs = false;       // Jobs are never done.
  int refuse = 0;           // With this status.
  std::string refusal;      // BigQuery's words for it.
  bool no_account = false;  // The machine has none.

  std::string row_refusal;  // No row is taken, for this reason.

  // By insertId, as BigQuery keeps them for a while.
  std::map<std::string, boost::json::object> Inserted() {
    std::lock_guard lock(mutex_);
    return inserted_;
  }
  std::vector<std::string> Seen(const std::string& what) {
    std::lock_guard lock(mutex_);
    return seen_[what];
  }

 private:
  using Value = boost::json::value;
  using Object = boost::json::object;
  using Array = boost::json::array;
  struct Stored {
    Array rows;
  };

  static HttpResponse Answer(const Value& body, int status = 200) {
    HttpResponse response;
    response.status = status;
    response.body = DumpJson(body);
    return response;
  }

  void Handle(const HttpRequest& request, std::shared_ptr<Responder> responder) {
    if (request.path.starts_with("/computeMetadata/")) {
      seen_["tokens"].push_back(std::string(request.Header("metadata-flavor")));
      if (no_account) return responder->Send(HttpProblem(404, "no account"));
      return responder->Send(Answer(
          Object{{"access_token", "machine"}, {"expires_in", 3599}, {"token_type", "Bearer"}}));
    }
    seen_["authorization"].push_back(std::string(request.Header("authorization")));
    if (refuse != 0) {
      return responder->Send(
          Answer(Object{{"error", {{"code", refuse}, {"message", refusal}, {"status", "PROBLEM"}}}},
                 refuse));
    }
    if (request.path.ends_with("/insertAll")) {
      seen_["inserts"].push_back(request.path);
      return responder->Send(Answer(Insert(ParseJson(request.body).value())));
    }
    const std::string base = "/bigquery/v2/projects/billed/";
    if (!request.path.starts_with(base)) return responder->Send(HttpProblem(404, request.path));
    std::string rest = request.path.substr(base.size());
    if (rest == "queries") return Begin(request, std::move(responder));
    if (rest.starts_with("jobs/") && rest.ends_with("/cancel")) {
      seen_["cancelled"].push_back(rest.substr(5, rest.size() - 12));
      return responder->Send(Answer(Object{{"kind", "bigquery#jobCancelResponse"}}));
    }
    seen_["results"].push_back(rest);
    responder->Send(Answer(Page(rest.substr(8), std::string(request.Query("pageToken")))));
  }

  Value Insert(const Value& body) {
    if (!row_refusal.empty()) {
      return Object{
          {"kind", "bigquery#tableDataInsertAllResponse"},
          {"insertErrors", Array{Object{{"index", 3},
                                        {"errors", Array{Object{{"reason", "invalid"},
                                                                {"location", "line"},
                                                                {"message", row_refusal}}}}}}}};
    }
    for (const Value& row : body.at("rows").as_array()) {
      inserted_[std::string(row.at("insertId").as_string())] = row.at("json").as_object();
    }
    return Object{{"kind", "bigquery#tableDataInsertAllResponse"}};
  }

  void Begin(const HttpRequest& request, std::shared_ptr<Responder> responder) {
    seen_["queries"].push_back(request.body);
    Value body = ParseJson(request.body).value();
    std::string id = fmt::format("job_{}", seen_["queries"].size());
    jobs_[id].rows = Rows(body);
    responder->Send(Answer(Page(id, "")));
  }

  static std::string Parameter(const Value& body, std::string_view name) {
    for (const Value& parameter : body.at("queryParameters").as_array()) {
      if (parameter.at("name").as_string() != name) continue;
      return std::string(parameter.at("parameterValue").at("value").as_string());
    }
    ADD_FAILURE() << "no parameter " << name;
    return "";
  }

  static Value Row(std::string_view kind, const Object& body) {
    return Object{{"f", Array{Object{{"v", kind}}, Object{{"v", DumpJson(body)}}}}};
  }

  Array Rows(const Value& body) {
    if (table_ == nullptr) {
      return {Row("state", Object{{"stored", 0}, {"version", "0-0"}})};
    }
    HistoryQuery query;
    query.before = ParseDay(Parameter(body, "before")).value();
    query.lookback_days = query.before - ParseDay(Parameter(body, "oldest")).value();
    query.max_games = std::stoi(Parameter(body, "max_games"));
    for (const Value& parameter : body.at("queryParameters").as_array()) {
      if (parameter.at("name").as_string() != "players") continue;
      for (const Value& player : parameter.at("parameterValue").at("arrayValues").as_array()) {
        query.players.emplace_back(std::string(player.at("value").as_string()));
      }
    }
    HistoryBatch batch = table_->Query(query);
    Array rows;  // In an order that nobody promised.
    for (const PlayerHistory& player : batch.players) {
      for (auto game = player.games.rbegin(); game != player.games.rend(); ++game) {
        rows.push_back(Row("game", Game(player.player, *game)));
      }
    }
    rows.push_back(
        Row("state", Object{{"stored", rows_.size()}, {"version", batch.data_version + "-77"}}));
    for (auto team = batch.teams.rbegin(); team != batch.teams.rend(); ++team) {
      rows.push_back(
          Row("team", Object{{"team", team->team},
                             {"games", team->games},
                             {"points_for", Whole(team->points_for * team->games)},
                             {"points_against", Whole(team->points_against * team->games)}}));
    }
    return rows;
  }

  static std::int64_t Whole(double sum) { return static_cast<std::int64_t>(sum + 0.5); }

  static Object Game(const PlayerId& player, const GameRecord& game) {
    static constexpr const char* kNames[] = {"rebounds",  "assists", "steals", "blocks",
                                             "turnovers", "fgm",     "fga",    "fg3m",
                                             "fg3a",      "ftm",     "fta",    "plus_minus"};
    Object object{{"player", player.str()},
                  {"date", FormatDay(game.date)},
                  {"game", game.game.str()},
                  {"season", game.season},
                  {"playoffs", game.playoffs},
                  {"team", game.team},
                  {"opponent", game.opponent},
                  {"home", game.is_home},
                  {"seconds", static_cast<int>(game.minutes * 60 + 0.5F)},
                  {"points", game.points}};
    for (std::size_t i = 0; i < kCounts.size(); ++i) {
      std::int16_t count = game.*kCounts[i];
      object[kNames[i]] = count == kAbsent ? Value() : Value(count);
    }
    return object;
  }

  Object Page(const std::string& id, const std::string& token) {
    Object answer{{"kind", "bigquery#queryResponse"},
                  {"jobReference", {{"projectId", "billed"}, {"jobId", id}, {"location", "EU"}}},
                  {"jobComplete", false}};
    if (hangs || unfinished > 0) {
      if (!hangs) --unfinished;
      return answer;
    }
    const Array& all = jobs_.at(id).rows;
    std::size_t from = token.empty() ? 0 : std::stoul(token);
    std::size_t to = std::min(all.size(), from + page_rows);
    answer["jobComplete"] = true;
    answer["totalRows"] = fmt::format("{}", all.size());
    answer["totalBytesProcessed"] = "9000";
    answer["totalBytesBilled"] = "10485760";
    answer["rows"] = Array(all.begin() + static_cast<std::ptrdiff_t>(from),
                           all.begin() + static_cast<std::ptrdiff_t>(to));
    if (to < all.size()) answer["pageToken"] = fmt::format("{}", to);
    return answer;
  }

  std::mutex mutex_;
  std::vector<PlayerGame> rows_;
  std::unique_ptr<HistoryTable> table_;
  std::map<std::string, Stored> jobs_;
  std::map<std::string, boost::json::object> inserted_;
  std::map<std::string, std::vector<std::string>> seen_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace tipoff
