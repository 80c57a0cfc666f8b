#include "sim/receivers.h"

#include "sim/process.h"
#include "sim/world.h"

namespace tipoff::sim {

using std::chrono::milliseconds;
using std::chrono::seconds;

Announce Receiver(World& world, Process& process, const std::string& target) {
  return
      [&world, &process, target](const Notice& notice, std::function<void(AnnounceAnswer)> done) {
        if (!process.alive()) return;
        std::uint64_t entity = process.Entity("receiver " + target);
        Duration takes = world.faults.Latency(entity, milliseconds(1), milliseconds(50));
        if (auto slow = world.faults.Strike(Site::kReceiverSlow, entity)) {
          takes = slow->Between(seconds(1), seconds(9));
        }
        Status status = Ok();
        bool taken = true;
        if (world.faults.Strike(Site::kReceiverFails, entity)) {
          taken = false;
          status = Error{Errc::kUnavailable, "the receiver answers 500"};
        } else if (world.faults.Strike(Site::kReceiverLostAnswer, entity)) {
          status = Error{Errc::kUnavailable, "the receiver does not answer"};
        }
        if (!status.ok()) world.Tell(process.name(), target + ": " + status.error().message);
        if (taken && notice.announcement.kind == "batch.ended") {
          world.clock.After(takes / 2,
                            [&world, batch = notice.batch, announcement = notice.announcement] {
                              world.Announced(batch, announcement);
                            });
        }
        world.clock.After(
            takes, [done = std::move(done), status] { done({status}); }, process.life());
      };
}

}  // namespace tipoff::sim
