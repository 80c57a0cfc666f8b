// The API on the data folder, in this process: no server, no socket, no key.
#pragma once

#include <memory>

#include "app/api_client.h"
#include "app/command.h"
#include "app/connect.h"

namespace tipoff {

// Opens the folder. Other processes may work on it at the same time; their changes are seen.
// kNotFound where it has no batches yet and `writes` would not make any.
Result<std::unique_ptr<ApiClient>> OpenLocalClient(const Globals& globals, Writes writes);

}  // namespace tipoff
