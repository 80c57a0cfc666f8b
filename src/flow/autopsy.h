// Looks into a batch that has ended without success, for its autopsy. Changes nothing.
#pragma once

#include <string>

#include "core/autopsy.h"
#include "store/store.h"

namespace tipoff {

// `fault`: what was found to be at fault, as a sentence; "" if nothing was. Errors are the store's.
// A large batch is read page by page; only what the autopsy keeps is held.
void ExamineBatch(Store& store, const Batch& batch, std::string fault, DoneWith<Autopsy> done);

}  // namespace tipoff
