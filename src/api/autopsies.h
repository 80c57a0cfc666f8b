// Autopsies: written once for each batch that did not succeed, right after its end.
#pragma once

#include "base/loop.h"
#include "bus/bus.h"
#include "flow/announce.h"
#include "store/store.h"

namespace tipoff {

// The name of the announcements' target.
inline constexpr char kAutopsyTarget[] = "autopsy";

// Is told of ends as any receiver is, and therefore told again after a crash or a failure of the
// store; asks what is at fault, and stores the autopsy under the batch's id, replacing what an
// earlier try has written.
Announce AutopsyAnnouncement(Loop& loop, Store& store, Bus& bus);

}  // namespace tipoff
