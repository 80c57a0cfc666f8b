#include "store/filter.h"

namespace tipoff {

bool Matches(const BatchFilter& filter, const Batch& batch) {
  bool terminal = IsTerminal(batch.phase);
  return (!filter.live_only || !terminal) &&
         (!filter.unsettled || (terminal && batch.rows_open_at_end > 0)) &&
         (!filter.published_only || batch.publication > 0) &&
         (!filter.slot || batch.slot == *filter.slot) &&
         (!filter.game_date || batch.slot.game_date == *filter.game_date) &&
         (!filter.phase || batch.phase == *filter.phase) &&
         (!filter.retry_of || batch.retry_of == *filter.retry_of) &&
         (!filter.ended_before || (terminal && batch.terminal_at < *filter.ended_before));
}

}  // namespace tipoff
