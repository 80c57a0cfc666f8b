// Everything that is not a batch: slates, leases, announcements, records, the quarantine.
#include "store/firestore/documents.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"
#include "store/firestore/impl.h"
#include "store/firestore/limits.h"
#include "store/firestore/queries.h"

namespace tipoff {

using namespace firestore;  // NOLINT: its own folder's parts.

// Documents put one commit after the other, as many in each as it takes.
struct FirestoreStore::Impl::Putting {
  Op<Done> op;
  std::vector<fs::Document> documents;
  std::size_t next = 0;
};

void FirestoreStore::Impl::PutNext(const std::shared_ptr<Putting>& putting) {
  std::vector<fs::Write> writes;
  std::size_t bytes = 0;
  for (; putting->next < putting->documents.size() && writes.size() < kDocumentsPerPage;
       ++putting->next) {
    fs::Document& document = putting->documents[putting->next];
    std::size_t size = document.ByteSizeLong();
    if (!writes.empty() && bytes + size > kCommitBytes / 2) break;
    bytes += size;
    writes.push_back(Put(std::move(document)));
  }
  if (writes.empty()) return putting->op(Done{});
  client.Commit(std::move(writes), Effect::kRepeatableWrite, putting->op.until,
                [this, putting](Result<Client::Times> times) {
                  if (!times.ok()) return putting->op(times.error());
                  PutNext(putting);
                });
}

void FirestoreStore::PutSlates(std::vector<Slate> slates, DoneWith<Done> done) {
  auto putting = std::make_shared<Impl::Putting>();
  putting->op = impl_->Begin<Done>(Effect::kRepeatableWrite, std::move(done));
  for (const Slate& slate : slates) {
    fs::Document document = SlateDocument(slate);
    document.set_name(impl_->Name(impl_->paths.Slate(slate.game_date)));
    putting->documents.push_back(std::move(document));
  }
  impl_->PutNext(putting);
}

void FirestoreStore::GetSlate(Day game_date, DoneWith<Slate> done) {
  auto op = impl_->Begin<Slate>(Effect::kRead, std::move(done));
  impl_->client.Get(
      {impl_->Name(impl_->paths.Slate(game_date))}, {}, op.until,
      [op, game_date](Result<Client::Documents> found) {
        if (!found.ok()) return op(found.error());
        if (found->front()) return op(DecodeSlateDocument(*found->front()));
        op(Error{Errc::kNotFound,
                 fmt::format("no games are known on {}: none was played or scheduled then, or its "
                             "schedule and box scores are still to be imported",
                             FormatDay(game_date))});
      });
}

struct FirestoreStore::Impl::Leasing {
  Op<LeaseGrant> op;
  std::string name;
  Incarnation owner;
  Duration ttl;
  int tries = 0;
};

void FirestoreStore::AcquireLease(std::string name, Incarnation owner, Duration ttl,
                                  DoneWith<LeaseGrant> done) {
  auto leasing = std::make_shared<Impl::Leasing>();
  leasing->op = impl_->Begin<LeaseGrant>(Effect::kWrite, std::move(done));
  leasing->name = impl_->Name(impl_->paths.Lease(name));
  leasing->owner = std::move(owner);
  leasing->ttl = ttl;
  impl_->TryLease(leasing);
}

// Read, decide, write under the guard of what was read; whoever loses reads again.
void FirestoreStore::Impl::TryLease(const std::shared_ptr<Leasing>& leasing) {
  ++leasing->tries;
  client.Get({leasing->name}, {}, leasing->op.until, [this, leasing](auto found) {
    if (!found.ok()) return leasing->op(found.error());
    const auto& document = found->front();
    LeaseGrant grant = document ? DecodeLease(*document) : LeaseGrant();
    Instant now = client.Now();
    bool free = grant.until <= now;
    if (grant.holder != leasing->owner && !free) return leasing->op(std::move(grant));
    if (grant.holder != leasing->owner || free) ++grant.token;
    grant.granted = true;
    grant.holder = leasing->owner;
    grant.until = now + leasing->ttl;
    fs::Document taken = LeaseDocument(grant);
    taken.set_name(leasing->name);
    fs::Write write = document ? Put(std::move(taken)) : PutNew(std::move(taken));
    if (document) Guard(write, document->update_time());
    client.Commit({std::move(write)}, Effect::kWrite, leasing->op.until,
                  [this, leasing, grant](Result<Client::Times> times) {
                    if (times.ok()) return leasing->op(grant);
                    Errc code = times.error().code;
                    bool lost = code == Errc::kConflict || code == Errc::kExists;
                    if (!lost || leasing->tries >= kDecideTries) return leasing->op(times.error());
                    client.Later(PauseBefore(leasing->tries),
                                 [this, leasing] { TryLease(leasing); });
                  });
  });
}

void FirestoreStore::ListAnnouncements(AnnouncementFilter filter,
                                       DoneWith<std::vector<Announcement>> done) {
  auto op = impl_->Begin<std::vector<Announcement>>(Effect::kRead, std::move(done));
  Instant now = Now();
  auto wanted = [filter, now](const Announcement& found) {
    AnnouncementState state = StateOf(found);
    bool due = state == AnnouncementState::kPending && found.due_at <= now;
    return found.id > filter.after && (!filter.state || *filter.state == state) &&
           (!filter.due || due) && (filter.target.empty() || found.target == filter.target);
  };
  if (!filter.id.empty()) {
    impl_->client.Get({impl_->Name(impl_->paths.Announcement(filter.id))}, {}, op.until,
                      [op, wanted](Result<Client::Documents> found) {
                        if (!found.ok()) return op(found.error());
                        std::vector<Announcement> answer;
                        if (found->front()) answer.push_back(DecodeAnnouncement(*found->front()));
                        std::erase_if(answer, [&](const auto& one) { return !wanted(one); });
                        op(std::move(answer));
                      });
    return;
  }
  QuerySpec spec{.collection = impl_->paths.Collection(kAnnouncements),
                 .found_by = Narrowest(filter),
                 .order = filter.due ? "due_at" : "id",
                 .limit = filter.limit};
  if (filter.due) spec.at_most = Time(now);
  if (!filter.due && !filter.after.empty()) spec.above = Text(filter.after);
  impl_->client.Query(impl_->Name(""), MakeQuery(spec), op.until,
                      [op, wanted, due = filter.due](Result<std::vector<fs::Document>> found) {
                        if (!found.ok()) return op(found.error());
                        std::vector<Announcement> answer;
                        for (const fs::Document& document : *found) {
                          answer.push_back(DecodeAnnouncement(document));
                        }
                        std::erase_if(answer, [&](const auto& one) { return !wanted(one); });
                        auto longer_due = [](const Announcement& a, const Announcement& b) {
                          return std::pair(a.due_at, a.id) < std::pair(b.due_at, b.id);
                        };
                        if (due) std::sort(answer.begin(), answer.end(), longer_due);
                        op(std::move(answer));
                      });
}

void FirestoreStore::CountAnnouncements(DoneWith<std::vector<AnnouncementCount>> done) {
  auto op = impl_->Begin<std::vector<AnnouncementCount>>(Effect::kRead, std::move(done));
  QuerySpec spec{.collection = impl_->paths.Collection(kAnnouncements),
                 .found_by = kUnsent,
                 .limit = kUnsentCounted,
                 .fields = {"target", "dead", "recorded_at"}};
  impl_->client.Query(impl_->Name(""), MakeQuery(spec), op.until,
                      [op](Result<std::vector<fs::Document>> found) {
                        if (!found.ok()) return op(found.error());
                        std::map<std::string, AnnouncementCount> targets;
                        for (const fs::Document& document : *found) {
                          std::string target = TextOf(document, "target");
                          AnnouncementCount& count = targets[target];
                          count.target = target;
                          bool dead = BooleanOf(document, "dead");
                          ++(dead ? count.dead : count.pending);
                          Instant recorded = TimeOf(document, "recorded_at");
                          bool older = count.oldest.never() || recorded < count.oldest;
                          if (!dead && older) count.oldest = recorded;
                        }
                        std::vector<AnnouncementCount> counts;
                        for (auto& [target, count] : targets) counts.push_back(std::move(count));
                        op(std::move(counts));
                      });
}

void FirestoreStore::UpdateAnnouncement(Announcement announcement, DoneWith<Done> done) {
  auto putting = std::make_shared<Impl::Putting>();
  putting->op = impl_->Begin<Done>(Effect::kRepeatableWrite, std::move(done));
  fs::Document document = AnnouncementDocument(announcement);
  document.set_name(impl_->Name(impl_->paths.Announcement(announcement.id)));
  putting->documents.push_back(std::move(document));
  impl_->PutNext(putting);
}

void FirestoreStore::PutRecord(Record record, PutMode mode, DoneWith<Record> done) {
  auto op = impl_->Begin<Record>(Effect::kRepeatableWrite, std::move(done));
  record.at = Now();
  fs::Document document = RecordDocument(record);
  std::string name = impl_->Name(impl_->paths.Record(record.kind, record.id));
  document.set_name(name);
  bool first_stays = mode == PutMode::kFirstStays;
  fs::Write write = first_stays ? PutNew(std::move(document)) : Put(std::move(document));
  impl_->client.Commit({std::move(write)}, Effect::kRepeatableWrite, op.until,
                       [impl = impl_.get(), op, record, name](Result<Client::Times> times) {
                         if (times.ok()) return op(record);
                         if (times.error().code != Errc::kExists) return op(times.error());
                         impl->client.Get(
                             {name}, {}, op.until, [op](Result<Client::Documents> found) {
                               if (!found.ok()) return op(found.error());
                               if (found->front()) return op(DecodeRecord(*found->front()));
                               op(Error{Errc::kUnavailable, "the record was removed a moment ago"});
                             });
                       });
}

void FirestoreStore::GetRecord(std::string kind, std::string id, DoneWith<Record> done) {
  auto op = impl_->Begin<Record>(Effect::kRead, std::move(done));
  impl_->client.Get({impl_->Name(impl_->paths.Record(kind, id))}, {}, op.until,
                    [op, kind, id](Result<Client::Documents> found) {
                      if (!found.ok()) return op(found.error());
                      if (found->front()) return op(DecodeRecord(*found->front()));
                      op(Error{Errc::kNotFound, fmt::format("there is no {} '{}'", kind, id)});
                    });
}

void FirestoreStore::ListRecords(RecordFilter filter, DoneWith<std::vector<Record>> done) {
  auto op = impl_->Begin<std::vector<Record>>(Effect::kRead, std::move(done));
  QuerySpec spec{.collection = kEntries,
                 .order = "id",
                 .descending = filter.newest_first,
                 .limit = filter.limit};
  if (!filter.after.empty()) (filter.newest_first ? spec.below : spec.above) = Text(filter.after);
  impl_->client.Query(impl_->Name(impl_->paths.Records(filter.kind)), MakeQuery(spec), op.until,
                      [op](Result<std::vector<fs::Document>> found) {
                        if (!found.ok()) return op(found.error());
                        std::vector<Record> records;
                        for (const fs::Document& document : *found) {
                          records.push_back(DecodeRecord(document));
                        }
                        op(std::move(records));
                      });
}

struct FirestoreStore::Impl::Dropping {
  Op<std::size_t> op;
  std::string kind;
  Instant before;
  std::size_t dropped = 0;
};

void FirestoreStore::DropRecords(std::string kind, Instant before, DoneWith<std::size_t> done) {
  auto dropping = std::make_shared<Impl::Dropping>();
  dropping->op = impl_->Begin<std::size_t>(Effect::kRepeatableWrite, std::move(done));
  dropping->kind = std::move(kind);
  dropping->before = before;
  impl_->DropSome(dropping);
}

void FirestoreStore::Impl::DropSome(const std::shared_ptr<Dropping>& dropping) {
  QuerySpec spec{.collection = kEntries,
                 .order = "at",
                 .below = Time(dropping->before),
                 .limit = kDocumentsPerPage,
                 .fields = {"__name__"}};
  client.Query(Name(paths.Records(dropping->kind)), MakeQuery(spec), dropping->op.until,
               [this, dropping](Result<std::vector<fs::Document>> found) {
                 if (!found.ok()) return dropping->op(found.error());
                 if (found->empty()) return dropping->op(dropping->dropped);
                 std::vector<fs::Write> writes;
                 for (const fs::Document& document : *found) {
                   writes.push_back(Delete(document.name()));
                 }
                 std::size_t n = writes.size();
                 client.Commit(std::move(writes), Effect::kRepeatableWrite, dropping->op.until,
                               [this, dropping, n](Result<Client::Times> times) {
                                 if (!times.ok()) return dropping->op(times.error());
                                 dropping->dropped += n;
                                 if (n == kDocumentsPerPage) return DropSome(dropping);
                                 dropping->op(dropping->dropped);
                               });
               });
}

void FirestoreStore::Quarantine(std::vector<Quarantined> messages, DoneWith<Done> done) {
  auto putting = std::make_shared<Impl::Putting>();
  putting->op = impl_->Begin<Done>(Effect::kRepeatableWrite, std::move(done));
  for (Quarantined& message : messages) {
    message.at = Now();
    // Their order within one microsecond, and one process, is that of their coming.
    std::int64_t order = std::max(impl_->last_order + 1, message.at.micros() * kOrdersPerMicro);
    impl_->last_order = order;
    fs::Document document = QuarantinedDocument(message, order);
    // Two processes at one instant: the same message twice is as good as once.
    std::string digest = Sha256Hex(message.topic + '\0' + message.reason + '\0' + message.body);
    document.set_name(impl_->Name(
        impl_->paths.Quarantine(fmt::format("{:020}-{}", order, digest.substr(0, 16)))));
    putting->documents.push_back(std::move(document));
  }
  impl_->PutNext(putting);
}

void FirestoreStore::ListQuarantine(std::size_t limit, DoneWith<std::vector<Quarantined>> done) {
  auto op = impl_->Begin<std::vector<Quarantined>>(Effect::kRead, std::move(done));
  QuerySpec spec{.collection = impl_->paths.Collection(kQuarantine),
                 .order = "order",
                 .descending = true,
                 .limit = limit};
  impl_->client.Query(impl_->Name(""), MakeQuery(spec), op.until,
                      [op](Result<std::vector<fs::Document>> found) {
                        if (!found.ok()) return op(found.error());
                        std::vector<Quarantined> messages;
                        for (const fs::Document& document : *found) {
                          messages.push_back(DecodeQuarantined(document));
                        }
                        op(std::move(messages));
                      });
}

}  // namespace tipoff
