// Beginning a batch, and beginning it again.
#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>

#include "app/api_client.h"
#include "app/command.h"
#include "app/screen.h"

namespace tipoff {

// As given on the command line; what is absent is the server's default.
struct StartArguments {
  std::string date;  // "": today.
  std::string dataset;
  std::optional<double> min_minutes;
  bool force = false;
  std::string run_mode;
  std::string correlation_id;
  bool use_multiple_lines = false;
  bool skip_completeness_check = false;
  std::string idempotency_key;
  std::string deadline;  // "2h"
  bool wait = false;
};

// Declares the flags of StartArguments but --date, --dataset and --force, which say which batch.
void AddStartOptions(CLI::App& command, StartArguments& arguments);

// The body of POST /v1/batches. kInvalid names the flag.
Result<boost::json::object> StartBody(const StartArguments& arguments);

int StartBatch(ApiClient& client, Screen& screen, Output output, const StartArguments& arguments);

struct RestartArguments {
  std::string id;
  std::string reason;
  bool yes = false;
  bool dry_run = false;
  StartArguments start;  // What is given overrides the old batch's.
};

// Clears a batch, unless it has ended, and starts its slot again with the same options.
int RestartBatch(ApiClient& client, Screen& screen, Output output,
                 const RestartArguments& arguments);

}  // namespace tipoff
