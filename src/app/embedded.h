// The embedded profile: state and messages in one SQLite file of the data folder.
#pragma once

#include <string>

#include "app/backend.h"
#include "base/id.h"
#include "base/result.h"

namespace tipoff {

// Opens `data`/tipoff.db for `process`; read-write creates it and its folder. kNotFound if it is to
// be read and is not there. `loop` outlives the backend and, where there are several, is the one
// that the process itself runs.
Result<std::unique_ptr<Backend>> OpenEmbedded(const std::string& data, Access access,
                                              const Incarnation& process, Loop& loop);

}  // namespace tipoff
