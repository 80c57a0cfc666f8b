// Looking at batches; nothing is changed but by asking for one batch after its promised time, which
// writes its end.
#pragma once

#include <string>
#include <vector>

#include "app/api_client.h"
#include "app/batch_select.h"
#include "app/command.h"
#include "app/console.h"

namespace tipoff {

int ListBatches(ApiClient& client, Console& console, Output output, const BatchFilters& filters);
int GetBatch(ApiClient& client, Console& console, Output output, const std::string& id);
int ShowRequests(ApiClient& client, Console& console, Output output, const std::string& id,
                 const std::vector<std::string>& states);
int ShowPredictions(ApiClient& client, Console& console, Output output, const std::string& id);
int ShowJournal(ApiClient& client, Console& console, Output output, const std::string& id);
// Whether the journal is whole and folds to what is stored; exits 1 if it is not.
int VerifyBatchJournal(ApiClient& client, Console& console, Output output, const std::string& id);

}  // namespace tipoff
