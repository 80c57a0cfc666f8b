// From the configuration to the options of every part: the one place that knows both. Also where
// the configuration meets this process: its environment and its files.
#pragma once

#include <string>
#include <vector>

#include "api/api.h"
#include "api/auth.h"
#include "app/command.h"
#include "app/service.h"
#include "base/log.h"
#include "config/config.h"
#include "config/start_line.h"
#include "core/policy.h"
#include "flow/start.h"
#include "flow/sweep.h"
#include "http/server.h"
#include "worker/worker.h"

namespace tipoff {

// The configuration of this process: the flags that were given, its environment, and the file that
// --config or $TIPOFF_CONFIG names, else <data>/tipoff.toml if it is there. kUnsupported, so that
// the exit code is 78.
Result<Config> LoadConfig(const Globals& globals);

// Declares `flag` ("--port", "-p,--port") as the flag of the setting `key`: with its help and
// default, and for LoadConfig to find.
CLI::Option* AddSettingFlag(CLI::App& command, const std::string& flag, std::string_view key,
                            Globals& globals);

Policy PolicyFrom(const Config& config);
// A start request with everything that the configuration decides; slot, force, trigger and ids are
// the caller's. The platform's `min_minutes` and the like replace fields of it.
StartRequest StartRequestFrom(const Config& config);
Sweep::Options SweepOptionsFrom(const Config& config);
// Without process, name and version.
Worker::Options WorkerOptionsFrom(const Config& config);
// Of a service whose doors are closed and that has no way to fetch key sets.
Service::Options ServiceOptionsFrom(const Config& config);
// Without version.
ApiOptions ApiOptionsFrom(const Config& config);
// Without a way to fetch key sets, and with closed doors.
Auth::Options AuthOptionsFrom(const Config& config);
HttpServerOptions ServerOptionsFrom(const Config& config);
// server.workers, or one a core.
int WorkersFrom(const Config& config);
std::vector<StartLine> StartLinesFrom(const Config& config);

// `service`: serve and worker, whose log is their voice; the other commands answer by what they
// print, and log only warnings unless told otherwise.
Severity LogLevelFrom(const Config& config, bool service);
LogFormat LogFormatFrom(const Config& config);

}  // namespace tipoff
