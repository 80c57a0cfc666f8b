#include "bus/end_message.h"

#include "base/json.h"
#include "base/panic.h"

namespace tipoff {
namespace {

namespace json = boost::json;

std::string_view PlatformStatus(const Batch& batch) {
  switch (batch.phase) {
    case Phase::kSucceeded: return batch.predictions > 0 ? "success" : "no_data";
    case Phase::kPartial: return "partial";
    case Phase::kAccepted:
    case Phase::kDispatching:
    case Phase::kRunning:
    case Phase::kFinalizing:
    case Phase::kFailed:
    case Phase::kCancelled: return "failed";
  }
  Panic(__FILE__, __LINE__, "unnamed Phase");
}

double Rounded(double number) {
  return static_cast<double>(static_cast<std::int64_t>(number * 100)) / 100;
}

}  // namespace

std::string EncodeBatchEnd(const Batch& batch) {
  std::uint32_t done = batch.counts.done();
  // Where the platform's own workers put what they predict.
  std::string dataset =
      batch.slot.dataset.empty() ? "nba_predictions" : batch.slot.dataset + "_nba_predictions";
  // Rounded down, so that nobody goes on at 79.999 %.
  double percent = batch.expected() == 0 ? 0 : Rounded(100.0 * done / batch.expected());
  double seconds =
      static_cast<double>((batch.terminal_at - batch.created_at).count() / 1000) / 1000;
  json::object metadata{{"batch_id", batch.id.str()},
                        {"expected_players", batch.expected()},
                        {"completed_players", done},
                        {"total_predictions", batch.predictions},
                        {"completion_percentage", percent},
                        {"completion_pct", percent},
                        {"tipoff_status", ToString(batch.phase)},
                        {"reason", ToString(batch.reason)},
                        {"message", batch.message},
                        {"started_at", InstantToJson(batch.created_at)},
                        {"terminal_by", InstantToJson(batch.terminal_by)},
                        {"terminal_at", InstantToJson(batch.terminal_at)},
                        {"run_mode", batch.run_mode}};
  json::object object{{"processor_name", "PredictionCoordinator"},
                      {"phase", "phase_5_predictions"},
                      {"execution_id", batch.id.str()},
                      {"correlation_id", batch.correlation_id},
                      {"game_date", FormatDay(batch.slot.game_date)},
                      {"output_table", "player_prop_predictions"},
                      {"output_dataset", dataset},
                      {"status", PlatformStatus(batch)},
                      {"record_count", batch.predictions},
                      {"records_failed", batch.expected() - done},
                      {"timestamp", InstantToJson(batch.terminal_at)},
                      {"duration_seconds", seconds},
                      {"trigger_source", batch.trigger},
                      {"metadata", std::move(metadata)}};
  return DumpJson(object);
}

}  // namespace tipoff
