#include "bus/sqlite/sqlite_bus.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/crash_point.h"
#include "base/reply.h"
#include "core/limits.h"

namespace tipoff {
namespace {

using sqlite::Connection;
using sqlite::ReadContext;
using sqlite::Statement;
using sqlite::WriteContext;

// How often a waiting lease looks by itself, should a ring have got lost.
constexpr auto kPoll = std::chrono::milliseconds(250);

std::int64_t MessageId(const LeaseToken& token) {
  std::int64_t id = 0;
  std::from_chars(token.id.data(), token.id.data() + token.id.size(), id);
  return id;
}

void InsertMessage(WriteContext& context, const std::string& topic, const std::string& body) {
  Statement& insert = context.db.Prepared(
      "INSERT INTO message(topic, avail_at, owner, epoch, deliveries, published_at, body) "
      "VALUES(?,?,'',0,0,?,?)");
  insert.BindText(0, topic).Bind(1, context.now.micros()).Bind(2, context.now.micros());
  insert.BindBlob(3, body);
  insert.Run();
}

std::vector<Delivery> LeaseMessages(WriteContext& context, const Topic& topic,
                                    const Incarnation& owner, const LeaseOptions& options) {
  Statement& lease =
      context.db
          .Prepared(
              "UPDATE message SET avail_at=?1, owner=?2, epoch=epoch+1, "
              "deliveries=deliveries+1 WHERE id IN (SELECT id FROM message WHERE topic=?3 "
              "AND avail_at<=?4 ORDER BY avail_at, id LIMIT ?5) "
              "RETURNING id, epoch, deliveries, published_at, body")
          .With((context.now + options.lease).micros(), owner.str(), ToString(topic),
                context.now.micros(), std::min(options.max, limits::kMessagesPerCall));
  std::vector<std::pair<std::int64_t, Delivery>> leased;
  while (lease.Step()) {
    std::int64_t id = lease.Int(0);
    leased.emplace_back(id, Delivery{{std::to_string(id), static_cast<std::uint64_t>(lease.Int(1))},
                                     lease.Text(4),
                                     Instant::FromMicros(lease.Int(3)),
                                     static_cast<int>(lease.Int(2))});
  }
  // RETURNING gives rows in no particular order.
  std::sort(leased.begin(), leased.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Delivery> deliveries;
  for (auto& [id, delivery] : leased) {
    bool given_up =
        topic.kind == Topic::Kind::kRequests && delivery.deliveries > limits::kDeliveriesMax;
    if (!given_up) {
      deliveries.push_back(std::move(delivery));
      continue;
    }
    context.db.Prepared("UPDATE message SET topic=?, avail_at=?, owner='', deliveries=0 WHERE id=?")
        .With(ToString(Topic{Topic::Kind::kDeadLetters, ""}), context.now.micros(), id)
        .Run();
    TIPOFF_CRASH_POINT("bus/dead-letter");
  }
  return deliveries;
}

}  // namespace

// A lease call that is still to be answered.
struct SqliteBus::Waiter {
  std::uint64_t id = 0;
  Topic topic;
  Incarnation owner;
  LeaseOptions options;
  Duration until{};  // Steady time.
  bool trying = false;
  bool rung = false;  // While it was trying.
  Loop::TimerId timer = 0;
  sqlite::Doorbell::ListenerId listener = 0;
  std::function<void(Result<std::vector<Delivery>>)> done;
};

SqliteBus::SqliteBus(sqlite::Database& database, sqlite::Doorbell& doorbell, Loop& loop)
    : database_(database), doorbell_(doorbell), loop_(loop) {}

SqliteBus::~SqliteBus() {
  for (auto& [id, waiter] : waiters_) {
    doorbell_.Unlisten(waiter->listener);
    loop_.Cancel(waiter->timer);
  }
}

void SqliteBus::Publish(Topic topic, std::vector<std::string> bodies,
                        std::function<void(Result<std::vector<std::string>>)> done) {
  auto reply = Reply<std::vector<std::string>>::Start(
      loop_, limits::kCallTime, {Errc::kUnknownOutcome, "the database did not answer in time"},
      std::move(done));
  std::vector<std::string> refusals(bodies.size());
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    if (bodies[i].size() <= limits::kMessageBytes) continue;
    refusals[i] =
        fmt::format("message of {} bytes: at most {}", bodies[i].size(), limits::kMessageBytes);
  }
  std::string name = ToString(topic);
  database_.Write(
      [name, bodies = std::move(bodies), refusals](WriteContext& context) {
        for (std::size_t i = 0; i < bodies.size(); ++i) {
          if (refusals[i].empty()) InsertMessage(context, name, bodies[i]);
          TIPOFF_CRASH_POINT("bus/publish-one");
        }
        return Ok();
      },
      [reply, refusals, name, &doorbell = doorbell_](Status status) {
        TIPOFF_CRASH_POINT("bus/ring");
        if (status.ok()) doorbell.Ring(name);
        reply->Post(status.ok() ? Result<std::vector<std::string>>(refusals)
                                : Result<std::vector<std::string>>(status.error()));
      });
}

void SqliteBus::Lease(Topic topic, Incarnation owner, LeaseOptions options,
                      std::function<void(Result<std::vector<Delivery>>)> done) {
  auto waiter = std::make_shared<Waiter>();
  waiter->id = next_waiter_++;
  waiter->topic = std::move(topic);
  waiter->owner = std::move(owner);
  waiter->options = options;
  waiter->until = loop_.Steady() + options.wait;
  waiter->done = std::move(done);
  waiters_[waiter->id] = waiter;
  std::weak_ptr<Waiter> weak = waiter;
  // Listens before it looks, so that a message that comes in between is not missed.
  waiter->listener = doorbell_.Listen(ToString(waiter->topic), [this, weak, &loop = loop_] {
    loop.Post([this, weak] {
      auto rung = weak.lock();
      if (rung == nullptr || rung->done == nullptr) return;
      if (rung->trying) {
        rung->rung = true;
      } else {
        TryLease(rung);
      }
    });
  });
  TryLease(waiter);
}

void SqliteBus::TryLease(std::shared_ptr<Waiter> waiter) {
  waiter->trying = true;
  waiter->rung = false;
  loop_.Cancel(waiter->timer);
  waiter->timer = 0;
  auto answered = [this, waiter](Result<std::vector<Delivery>> result) {
    waiter->trying = false;
    bool empty = result.ok() && result->empty();
    if (empty && loop_.Steady() < waiter->until) return Park(waiter);
    doorbell_.Unlisten(waiter->listener);
    waiters_.erase(waiter->id);
    auto done = std::exchange(waiter->done, nullptr);
    done(std::move(result));
  };
  auto reply = Reply<std::vector<Delivery>>::Start(
      loop_, limits::kCallTime, {Errc::kUnknownOutcome, "the database did not answer in time"},
      answered);
  auto deliveries = std::make_shared<std::vector<Delivery>>();
  database_.Write(
      [deliveries, topic = waiter->topic, owner = waiter->owner,
       options = waiter->options](WriteContext& context) {
        *deliveries = LeaseMessages(context, topic, owner, options);
        if (!deliveries->empty()) TIPOFF_CRASH_POINT("bus/lease");
        return Ok();
      },
      [deliveries, reply](Status status) {
        reply->Post(status.ok() ? Result<std::vector<Delivery>>(std::move(*deliveries))
                                : Result<std::vector<Delivery>>(status.error()));
      });
}

void SqliteBus::Park(std::shared_ptr<Waiter> waiter) {
  if (waiter->rung) return TryLease(std::move(waiter));
  Duration left = waiter->until - loop_.Steady();
  Duration pause = std::max<Duration>(std::min<Duration>(kPoll, left), Duration(1));
  waiter->timer = loop_.After(pause, [this, waiter] { TryLease(waiter); });
}

void SqliteBus::Ack(Topic, std::vector<LeaseToken> tokens, std::function<void(Status)> done) {
  auto reply = Reply<Done>::Start(loop_, limits::kCallTime,
                                  {Errc::kUnknownOutcome, "the database did not answer in time"},
                                  std::move(done));
  database_.Write(
      [tokens = std::move(tokens)](WriteContext& context) {
        for (const LeaseToken& token : tokens) {
          context.db.Prepared("DELETE FROM message WHERE id=? AND epoch=?")
              .With(MessageId(token), token.epoch)
              .Run();
          TIPOFF_CRASH_POINT("bus/ack-one");
        }
        return Ok();
      },
      [reply](Status status) { reply->Post(std::move(status)); });
}

void SqliteBus::Nack(Topic topic, std::vector<LeaseToken> tokens, Duration delay,
                     std::function<void(Status)> done) {
  auto reply = Reply<Done>::Start(loop_, limits::kCallTime,
                                  {Errc::kUnknownOutcome, "the database did not answer in time"},
                                  std::move(done));
  database_.Write(
      [tokens = std::move(tokens), delay](WriteContext& context) {
        for (const LeaseToken& token : tokens) {
          context.db
              .Prepared(
                  "UPDATE message SET avail_at=?, owner='' WHERE id=? AND epoch=? "
                  "AND owner<>''")
              .With((context.now + delay).micros(), MessageId(token), token.epoch)
              .Run();
          TIPOFF_CRASH_POINT("bus/nack-one");
        }
        return Ok();
      },
      [reply, delay, name = ToString(topic), &doorbell = doorbell_](Status status) {
        if (status.ok() && delay <= Duration::zero()) doorbell.Ring(name);
        reply->Post(std::move(status));
      });
}

void SqliteBus::Extend(Topic, std::vector<LeaseToken> tokens, Duration lease,
                       std::function<void(Result<std::size_t>)> done) {
  auto reply = Reply<std::size_t>::Start(
      loop_, limits::kCallTime, {Errc::kUnknownOutcome, "the database did not answer in time"},
      std::move(done));
  auto held = std::make_shared<std::size_t>(0);
  database_.Write(
      [tokens = std::move(tokens), lease, held](WriteContext& context) {
        *held = 0;
        for (const LeaseToken& token : tokens) {
          context.db.Prepared("UPDATE message SET avail_at=? WHERE id=? AND epoch=? AND owner<>''")
              .With((context.now + lease).micros(), MessageId(token), token.epoch)
              .Run();
          *held += static_cast<std::size_t>(context.db.changes());
          TIPOFF_CRASH_POINT("bus/extend-one");
        }
        return Ok();
      },
      [reply, held](Status status) {
        reply->Post(status.ok() ? Result<std::size_t>(*held) : status.error());
      });
}

void SqliteBus::Inspect(Topic topic, std::function<void(Result<Backlog>)> done) {
  auto reply = Reply<Backlog>::Start(loop_, limits::kCallTime,
                                     {Errc::kUnavailable, "the database did not answer in time"},
                                     std::move(done));
  auto backlog = std::make_shared<Backlog>();
  database_.Read(
      [backlog, name = ToString(topic)](ReadContext& context) {
        Statement& count =
            context.db
                .Prepared(
                    "SELECT count(*), sum(owner<>'' AND avail_at>?), min(published_at) "
                    "FROM message WHERE topic=?")
                .With(context.now.micros(), name);
        if (!count.Step()) return;
        backlog->leased = static_cast<std::uint64_t>(count.Int(1));
        backlog->waiting = static_cast<std::uint64_t>(count.Int(0)) - backlog->leased;
        backlog->oldest = Instant::FromMicros(count.Int(2));
        count.Reset();
      },
      [reply, backlog](Status status) {
        reply->Post(status.ok() ? Result<Backlog>(*backlog) : status.error());
      });
}

}  // namespace tipoff
