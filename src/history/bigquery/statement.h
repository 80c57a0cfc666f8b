// What BigQuery is asked and what it answers, without any network. The statement's rows have two
// columns, `kind` and `body`, a JSON object: 'state' (one), 'team', and 'game'. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "history/history.h"

namespace tipoff {

struct BigqueryTable {
  std::string table;           // "project.dataset.table"
  std::string location;        // "US"; empty: BigQuery finds it out.
  std::int64_t bytes_max = 0;  // A query that would be billed for more is refused; 0: none is.
};

// The body of a POST to jobs.query: the statement with its parameters, standard SQL.
// `answer_within`: how long the call itself waits for the job.
std::string BigqueryRequest(const BigqueryTable& table, const HistoryQuery& query,
                            Duration answer_within);

// One answer of jobs.query or getQueryResults.
struct BigqueryPage {
  std::string job;
  std::string location;
  bool complete = false;
  std::string next_page;  // Empty: this was the last one.
  std::optional<std::int64_t> bytes_billed;
  std::vector<std::pair<std::string, std::string>> rows;  // kind, body
};
// kUnavailable: not an answer of BigQuery's.
Result<BigqueryPage> ReadBigqueryPage(const std::string& body);

// Puts rows together, whatever their order and however many pages they come in.
class BigqueryAnswer {
 public:
  explicit BigqueryAnswer(HistoryQuery query) : query_(std::move(query)) {}
  const HistoryQuery& query() const { return query_; }

  // kUnavailable: a row that is not what was asked for.
  Status Take(const BigqueryPage& page);
  // kUnavailable: the state is missing, or the table is empty.
  Result<HistoryBatch> Finish();

 private:
  HistoryQuery query_;
  std::vector<std::pair<PlayerId, GameRecord>> games_;
  std::vector<TeamForm> teams_;
  std::string data_version_;
  std::int64_t stored_ = -1;  // Rows of the table.
};

}  // namespace tipoff
