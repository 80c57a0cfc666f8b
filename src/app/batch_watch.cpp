#include "app/batch_watch.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/batch_view.h"
#include "app/fields.h"
#include "app/table.h"
#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// An event may get lost with its stream: the batch itself is asked at least so often.
constexpr Duration kLook = seconds(30);
constexpr Duration kPauseFirst = milliseconds(200);
constexpr Duration kPauseLongest = seconds(5);
constexpr Duration kGoneLongest = minutes(2);
constexpr int kBarWidth = 30;

class Follower {
 public:
  Follower(ApiClient& client, std::string path, std::optional<Duration> timeout,
           const std::function<void(const json::object&)>& changed)
      : client_(client), path_(std::move(path)), changed_(changed), begun_(client.Steady()) {
    if (timeout) give_up_ = begun_ + *timeout;
    heard_ = begun_;
  }

  Result<Followed> Run() {
    Duration pause = kPauseFirst;
    while (true) {
      TIPOFF_TRY(bool answered, Look());
      if (BatchEnded(batch_)) return Followed{batch_, true};
      if (TimedOut()) return Followed{batch_, false};
      Duration before = client_.Steady();
      if (answered) {
        TIPOFF_TRY_STATUS(Listen());
        if (BatchEnded(batch_)) return Followed{batch_, true};
        if (TimedOut()) return Followed{batch_, false};
      }
      // A stream that ends at once must not be asked for in a tight loop.
      if (client_.Steady() - before < kPauseFirst) {
        client_.Pause(std::min(pause, Remaining()));
        pause = std::min(pause * 2, kPauseLongest);
      } else {
        pause = kPauseFirst;
      }
    }
  }

 private:
  // False: not answered this time, and not given up yet.
  Result<bool> Look() {
    auto batch = GetObject(client_, path_);
    if (batch.ok()) {
      heard_ = client_.Steady();
      See(*batch);
      return true;
    }
    bool may_come_back = batch.error().code == Errc::kUnavailable && !batch_.empty();
    if (!may_come_back || client_.Steady() - heard_ > kGoneLongest) return batch.error();
    return false;
  }

  Status Listen() {
    std::string last = FieldText(batch_, "version");
    Status status = client_.Stream(path_ + "/events", last, ListenTime(),
                                   [&](const std::string&, const std::string& data) {
                                     auto batch = ParseObject(data);
                                     if (batch.ok()) See(*batch);
                                     heard_ = client_.Steady();
                                     return !BatchEnded(batch_) && !TimedOut();
                                   });
    // A stream that broke is begun anew; one that is refused is not.
    if (!status.ok() && status.error().code != Errc::kUnavailable) return status;
    return Ok();
  }

  // Up to the promised end, at which the batch is asked, because nobody else may be there to write
  // it.
  Duration ListenTime() const {
    Instant now = FieldInstant(batch_, "started_at") + FieldSeconds(batch_, "age_seconds");
    Duration to_end = FieldInstant(batch_, "terminal_by") - now + milliseconds(50);
    Duration time = to_end > Duration(0) ? std::min(kLook, to_end) : kLook;
    return std::min(time, Remaining());
  }

  void See(const json::object& batch) {
    bool same = !batch_.empty() && FieldText(batch, "version") == FieldText(batch_, "version") &&
                FieldText(batch, "status") == FieldText(batch_, "status");
    batch_ = batch;
    if (!same && changed_) changed_(batch_);
  }

  bool TimedOut() { return Remaining() <= Duration(0); }
  Duration Remaining() const { return give_up_ ? *give_up_ - client_.Steady() : kLook; }

  ApiClient& client_;
  std::string path_;
  const std::function<void(const json::object&)>& changed_;
  Duration begun_;
  Duration heard_;
  std::optional<Duration> give_up_;
  json::object batch_;
};

// "[######....]  76/81 ..." drawn over itself.
void DrawBar(Screen& screen, const json::object& batch) {
  std::int64_t expected = FieldInteger(FieldObject(batch, "counts"), "expected");
  std::int64_t filled = expected > 0 ? DoneRequests(batch) * kBarWidth / expected : kBarWidth;
  std::string bar(static_cast<std::size_t>(std::clamp<std::int64_t>(filled, 0, kBarWidth)), '#');
  bar.resize(kBarWidth, '.');
  screen.Note(fmt::format("\r\033[K[{}] {}", bar, BatchProgress(batch)));
}

void EraseBar(Screen& screen) {
  if (screen.terminal()) screen.Note("\r\033[K");
}

int TimedOut(Screen& screen, const json::object& batch) {
  screen.Note(fmt::format("tipoff: {} has not ended yet: {}\n", FieldText(batch, "batch_id"),
                          BatchProgress(batch)));
  return kExitWaitTimedOut;
}

std::string CsvLine(const json::object& batch, bool first) {
  std::string csv = FormatBatches({batch}, Output::kCsv);
  return first ? csv : csv.substr(csv.find('\n') + 1);
}

}  // namespace

Result<Followed> Follow(ApiClient& client, const std::string& id, std::optional<Duration> timeout,
                        const std::function<void(const json::object&)>& changed) {
  TIPOFF_TRY(std::string path, BatchPath(id));
  return Follower(client, std::move(path), timeout, changed).Run();
}

int WaitForBatch(ApiClient& client, Screen& screen, Output output, const std::string& id,
                 std::optional<Duration> timeout) {
  auto followed = Follow(client, id, timeout, [&](const json::object& batch) {
    if (screen.terminal()) DrawBar(screen, batch);
  });
  EraseBar(screen);
  if (!followed.ok()) return Complain(followed.error());
  if (output == Output::kTable) {
    if (followed->ended) screen.Out(BatchHeadline(followed->batch));
  } else {
    screen.Out(FormatBatch(followed->batch, output));
  }
  return followed->ended ? ExitForBatch(followed->batch) : TimedOut(screen, followed->batch);
}

int WatchBatch(ApiClient& client, Screen& screen, Output output, const std::string& id) {
  bool first = true;
  auto followed = Follow(client, id, std::nullopt, [&](const json::object& batch) {
    if (output == Output::kJson) {
      screen.Out(DumpJson(batch) + '\n');
    } else if (output == Output::kCsv) {
      screen.Out(CsvLine(batch, first));
    } else if (screen.terminal()) {
      DrawBar(screen, batch);
    } else {
      screen.Out(BatchProgress(batch) + '\n');
    }
    first = false;
  });
  EraseBar(screen);
  if (!followed.ok()) return Complain(followed.error());
  if (output == Output::kTable) screen.Out(BatchHeadline(followed->batch));
  return ExitForBatch(followed->batch);
}

}  // namespace tipoff
