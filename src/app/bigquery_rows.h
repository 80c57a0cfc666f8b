// Published predictions as rows of a BigQuery table: one more target of a batch's end, written from
// the same outbox, with its retries. Whoever else is told of the end hears of it once the rows are
// there, so that he finds them.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "flow/announce.h"
#include "flow/queries.h"
#include "history/bigquery/account.h"
#include "http/client.h"

namespace tipoff {

inline constexpr char kBigqueryTarget[] = "bigquery";

struct BigqueryRowsOptions {
  std::string table;  // "project.dataset.table"; empty: off.
  BigqueryAccount::Options account;
  std::string endpoint = "https://bigquery.googleapis.com";
};

class BigqueryRows {
 public:
  // `loop` and `store` must outlive this, and this what AddTo has added.
  BigqueryRows(Loop& loop, Store& store, BigqueryRowsOptions options);

  // Adds the target, and lets the others (but the log) wait for it, where a table is named.
  void AddTo(std::map<std::string, Announce>& announcers);

 private:
  struct Insert;
  void Send(const Notice& notice, std::function<void(AnnounceAnswer)> done);
  void Next(std::shared_ptr<Insert> insert);
  void Answered(std::shared_ptr<Insert> insert, const Result<HttpResponse>& response);

  Loop& loop_;
  Store& store_;
  BigqueryRowsOptions options_;
  // Null: no table is named.
  std::unique_ptr<HttpClient> client_;
  std::unique_ptr<BigqueryAccount> account_;
};

// What is sent to tabledata.insertAll: at most `count` of the predictions from `first` on. Each has
// its prediction_id as insertId, by which BigQuery knows a repeat.
std::string InsertBody(const Batch& batch, const std::vector<PredictionView>& rows,
                       std::size_t first, std::size_t count);

// Tells `next` of an end once the rows of that end are there, or were given up. kUnavailable, and
// tried again, if they are not there for long.
Announce AfterRows(Loop& loop, Store& store, Announce next);

}  // namespace tipoff
