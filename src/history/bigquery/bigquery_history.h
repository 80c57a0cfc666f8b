// The `History` port over BigQuery's REST interface: a table or a view with the columns of
// deploy/postgres/history.sql. One statement a query; its bytes billed go to the log. What
// it speaks is tested against fake_bigquery.h of the tests; no test reaches Google.
//
// A query that is not done within its timeout is cancelled: by BigQuery itself (`jobTimeoutMs`) and
// by a call of jobs.cancel, so that nothing is billed for an answer that nobody waits for.
#pragma once

#include <memory>
#include <string>

#include "base/loop.h"
#include "history/bigquery/account.h"
#include "history/bigquery/statement.h"
#include "history/history.h"
#include "http/client.h"

namespace tipoff {

struct BigqueryOptions {
  std::string project;  // Whose quota is used, and who is billed.
  BigqueryTable table;
  BigqueryAccount::Options account;
  std::string endpoint = "https://bigquery.googleapis.com";
};

class BigqueryHistory final : public History {
 public:
  // `loop` outlives this object.
  BigqueryHistory(Loop& loop, BigqueryOptions options);
  ~BigqueryHistory() override;

  // kUnavailable: no token, no access, no table, over the quota, or not in time; the message says
  // which, with BigQuery's own words.
  void Load(HistoryQuery query, LoadDone done) override;

 private:
  struct Job;
  void Call(std::shared_ptr<Job> job, HttpCall call);
  void Answered(std::shared_ptr<Job> job, Result<HttpResponse> response);
  void More(std::shared_ptr<Job> job, const BigqueryPage& page);
  void Finish(const std::shared_ptr<Job>& job, Result<HistoryBatch> answer);
  void Cancel(const Job& job);
  std::string Url(const std::string& path) const;

  Loop& loop_;
  BigqueryOptions options_;
  HttpClient client_;
  BigqueryAccount account_;
};

}  // namespace tipoff
