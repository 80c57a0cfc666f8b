// Looking at batches; nothing is changed but by asking for one batch after its promised time, which
// writes its end.
#pragma once

#include <string>
#include <vector>

#include "app/api_client.h"
#include "app/batch_select.h"
#include "app/command.h"
#include "app/screen.h"

namespace tipoff {

int ListBatches(ApiClient& client, Screen& screen, Output output, const BatchFilters& filters);
int GetBatch(ApiClient& client, Screen& screen, Output output, const std::string& id);
int ShowRequests(ApiClient& client, Screen& screen, Output output, const std::string& id,
                 const std::vector<std::string>& states);
int ShowPredictions(ApiClient& client, Screen& screen, Output output, const std::string& id);
int ShowJournal(ApiClient& client, Screen& screen, Output output, const std::string& id);

}  // namespace tipoff
