#include "flow/sweep.h"

#include <algorithm>

#include "base/crash_point.h"
#include "base/log.h"
#include "flow/watch.h"

namespace tipoff {
namespace {

constexpr std::size_t kPage = 100;

RowKeys KeysOf(const Batch& batch) {
  RowKeys keys;
  for (const PlayerId& player : batch.policy.required_players) keys.players.push_back({player, ""});
  return keys;
}

}  // namespace

// One look at everything, step by step: live batches, batches to settle, alerts, retention.
class Sweep::Round : public std::enable_shared_from_this<Sweep::Round> {
 public:
  // With a `token` it goes on only while the lease has it.
  Round(Sweep& sweep, std::optional<std::uint64_t> token, std::function<void(Status)> done)
      : sweep_(sweep), token_(token), done_(std::move(done)) {}

  void Begin() {
    TIPOFF_CRASH_POINT("sweep/begun");
    first_ = cursor_ = sweep_.resume_;
    sweep_.resume_.clear();
    LivePage();
  }

 private:
  // Goes on with `next` unless the lease was lost.
  void IfLeading(std::function<void()> next) {
    if (!token_) return next();
    sweep_.leadership_.Keep(
        *token_, [self = shared_from_this(), next = std::move(next)](bool held) {
          if (held) return next();
          self->End(Error{Errc::kConflict, "the lease was lost; another coordinator goes on"});
        });
  }

  void LivePage() {
    reading_ = true;
    IfLeading([self = shared_from_this()] {
      BatchFilter live{.live_only = true, .after = self->cursor_, .limit = kPage};
      self->sweep_.store_.ListBatches(
          live, Watched<BatchPage>(self->sweep_.loop_, NoAnswer(), [self](Result<BatchPage> page) {
            self->TakeLivePage(std::move(page));
          }));
    });
  }

  void TakeLivePage(Result<BatchPage> page) {
    reading_ = false;
    if (!page.ok()) {
      // The next round begins here, unless this one did and got nowhere.
      if (cursor_ != first_) sweep_.resume_ = cursor_;
      return End(page.error());
    }
    TIPOFF_CRASH_POINT("sweep/live-page");
    cursor_ = page->next;
    last_page_ = cursor_.empty() && first_.empty();
    if (cursor_.empty()) first_.clear();  // Begun in the middle: once more, from the top.
    for (Batch& batch : page->batches) waiting_.push_back(std::move(batch));
    for (const std::string& header : page->unreadable) {
      Log(Severity::kError, "a batch can't be read, so nobody ends it: mend or drop its row",
          {{"batch", header}});
      if (trouble_.ok()) trouble_ = Error{Errc::kCorrupt, header};
    }
    VisitSome();
  }

  void VisitSome() {
    if (done_ == nullptr) return;  // It was given up.
    while (at_work_ < limits::kVisitsAtOnce && !waiting_.empty()) {
      Batch batch = std::move(waiting_.front());
      waiting_.pop_front();
      Visit(batch);
    }
    if (!waiting_.empty() || reading_ || visited_) return;
    if (!last_page_) return LivePage();
    if (at_work_ > 0) return;
    visited_ = true;
    // Every batch had its turn, whatever became of one of them.
    sweep_.success_at_ = sweep_.swept_at_ = sweep_.loop_.Steady();
    SettlePage();
  }

  void Visit(const Batch& batch) {
    // Most batches need nothing: that is seen without reading them again.
    Decision decision = Decide(batch, {}, Tick{sweep_.store_.Now()});
    if (!decision.changed && batch.policy.required_players.empty()) {
      return sweep_.driver_.Notify(batch, decision.effects);
    }
    // One that the driver still works on since an earlier round is left to it.
    if (!sweep_.visiting_.insert(batch.id).second) return;
    ++at_work_;
    TIPOFF_CRASH_POINT("sweep/visit");
    auto reply =
        Reply<Applied>::Start(sweep_.loop_, limits::kVisitTime, NoAnswer(),
                              [self = shared_from_this(), id = batch.id](Result<Applied> applied) {
                                TIPOFF_CRASH_POINT("sweep/visited");
                                if (!applied.ok()) self->Failed(id, applied.error());
                                --self->at_work_;
                                self->VisitSome();
                              });
    Sweep& sweep = sweep_;
    sweep_.Visit(batch, [&sweep, id = batch.id, reply](Result<Applied> applied) {
      sweep.visiting_.erase(id);
      reply->Post(std::move(applied));
    });
  }

  void Failed(const BatchId& batch, const Error& error) {
    if (error.code == Errc::kNotFound) return;
    Log(Severity::kWarning, "the sweep can't decide about a batch; it holds up no other",
        {{"batch_id", batch.str()}, {"error", error.message}});
    if (trouble_.ok()) trouble_ = Annotate(error, batch.str());
  }

  // A page each round, so that those that can't be settled keep no other from its turn.
  void SettlePage() {
    IfLeading([self = shared_from_this()] {
      BatchFilter unsettled{
          .unsettled = true, .after = self->sweep_.settle_cursor_, .limit = kPage};
      self->sweep_.store_.ListBatches(
          unsettled,
          Watched<BatchPage>(self->sweep_.loop_, NoAnswer(), [self](Result<BatchPage> page) {
            if (!page.ok()) return self->End(page.error());
            TIPOFF_CRASH_POINT("sweep/unsettled-page");
            self->sweep_.settle_cursor_ = page->next;
            for (const Batch& batch : page->batches) self->sweep_.fan_in_.Settle(batch.id);
            self->CheckAlerts();
          }));
    });
  }

  void CheckAlerts() {
    sweep_.alerts_.Check([self = shared_from_this()](Status status) {
      if (!status.ok()) return self->End(status);
      TIPOFF_CRASH_POINT("sweep/alerts-checked");
      self->DropOld();
    });
  }

  void DropOld() {
    IfLeading([self = shared_from_this()] {
      self->sweep_.retention_.Step([self](Status status) {
        if (!status.ok()) return self->End(status);
        TIPOFF_CRASH_POINT("sweep/ended");
        self->End(self->trouble_);
      });
    });
  }

  void End(const Status& status) {
    if (auto done = std::exchange(done_, nullptr)) done(status);
  }

  Sweep& sweep_;
  std::optional<std::uint64_t> token_;
  std::function<void(Status)> done_;
  std::string first_, cursor_;
  bool reading_ = false;
  bool last_page_ = false;
  bool visited_ = false;
  std::deque<Batch> waiting_;
  std::size_t at_work_ = 0;
  Status trouble_ = Ok();  // With some batch; the round goes on.
};

Sweep::Sweep(Loop& loop, Store& store, Driver& driver, FanIn& fan_in, const Incarnation& process,
             Options options)
    : loop_(loop),
      store_(store),
      driver_(driver),
      fan_in_(fan_in),
      options_(options),
      leadership_(loop, store, "sweep", process, options.lease),
      redriver_(loop, store, driver),
      retention_(loop, store, options.keep_batches),
      alerts_(loop, store, options.alerts),
      swept_at_(loop.Steady()),
      success_at_(swept_at_) {}

Sweep::~Sweep() { loop_.Cancel(timer_); }

void Sweep::Start() { Look(); }

void Sweep::Look() {
  leadership_.Take([this](bool held) {
    if (stopping_) return leadership_.GiveUp([] {});
    if (!held) {
      if (leadership_.somebody()) success_at_ = loop_.Steady();
      return Plan();
    }
    auto round = std::make_shared<Round>(*this, leadership_.token(), [this](const Status& status) {
      Ended(status);
      Plan();
    });
    round->Begin();
  });
}

void Sweep::Plan() {
  if (!stopping_) timer_ = loop_.After(options_.period, [this] { Look(); });
}

void Sweep::Ended(const Status& status) {
  if (status.ok()) {
    ++rounds_;
    return;
  }
  if (stopping_) return;  // Whoever takes over begins anew.
  ++troubles_;
  Log(Severity::kWarning, "a round of the sweep did not go through; the next one goes on",
      {{"error", status.error().message}});
}

void Sweep::Stop(std::function<void()> stopped) {
  stopping_ = true;
  loop_.Cancel(timer_);
  leadership_.GiveUp(std::move(stopped));
}

void Sweep::SweepNow(std::function<void(Status)> done) {
  auto round = std::make_shared<Round>(*this, std::nullopt,
                                       [this, done = std::move(done)](const Status& status) {
                                         Ended(status);
                                         done(status);
                                       });
  round->Begin();
}

void Sweep::Visit(const Batch& batch, DoneWith<Applied> done) {
  driver_.Submit(batch.id, KeysOf(batch), Tick{}, std::move(done));
}

Sweep::Standing Sweep::standing() const {
  Duration now = loop_.Steady();
  return {leadership_.held(), now - swept_at_,     now - success_at_, rounds_,
          troubles_,          leadership_.holder()};
}

}  // namespace tipoff
