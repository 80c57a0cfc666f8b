#include "http/responder.h"

#include <utility>

namespace tipoff {
namespace {

class ConnectionSink final : public EventSink {
 public:
  ConnectionSink(std::shared_ptr<ServerDoor> door, std::weak_ptr<ServerConnection> connection,
                 std::shared_ptr<EventQueue> queue)
      : door_(std::move(door)), connection_(std::move(connection)), queue_(std::move(queue)) {}

  ~ConnectionSink() override { Close(); }

  bool Send(std::string event) override {
    switch (queue_->Push(std::move(event))) {
      case EventQueue::Pushed::kQueued: return true;
      case EventQueue::Pushed::kFirst: return Tell([](ServerConnection& c) { c.FlushStream(); });
      case EventQueue::Pushed::kClosed: return false;
      case EventQueue::Pushed::kOverflow:
        Tell([queue = queue_](ServerConnection& c) { c.CutStream(queue); });
        return false;
    }
    return false;
  }

  void Close() override {
    if (queue_->Close()) Tell([](ServerConnection& c) { c.FlushStream(); });
  }

  bool closed() const override { return queue_->closed(); }

 private:
  template <class Action>
  bool Tell(Action action) {
    bool told = door_->Post([connection = connection_, action = std::move(action)] {
      if (auto open = connection.lock()) action(*open);
    });
    if (!told) queue_->Abort();
    return told;
  }

  const std::shared_ptr<ServerDoor> door_;
  const std::weak_ptr<ServerConnection> connection_;
  const std::shared_ptr<EventQueue> queue_;
};

}  // namespace

ConnectionResponder::ConnectionResponder(std::shared_ptr<ServerDoor> door,
                                         std::weak_ptr<ServerConnection> connection,
                                         std::uint64_t number, std::size_t stream_bytes_max,
                                         std::shared_ptr<const std::atomic<bool>> gone)
    : door_(std::move(door)),
      connection_(std::move(connection)),
      number_(number),
      stream_bytes_max_(stream_bytes_max),
      gone_(std::move(gone)) {}

ConnectionResponder::~ConnectionResponder() {
  if (used_.exchange(true)) return;
  Deliver(
      HttpProblem(500, "The request was dropped without an answer. The server's log says why."));
}

void ConnectionResponder::Send(HttpResponse response) {
  if (!used_.exchange(true)) Deliver(std::move(response));
}

void ConnectionResponder::Deliver(HttpResponse response) {
  door_->Post([connection = connection_, number = number_, response = std::move(response)] {
    if (auto open = connection.lock()) open->Answer(number, response);
  });
}

std::shared_ptr<EventSink> ConnectionResponder::Stream() {
  auto queue = std::make_shared<EventQueue>(stream_bytes_max_);
  bool begun =
      !used_.exchange(true) && door_->Post([connection = connection_, number = number_, queue] {
        auto open = connection.lock();
        open ? open->BeginStream(number, queue) : queue->Abort();
      });
  if (!begun) queue->Abort();
  return std::make_shared<ConnectionSink>(door_, connection_, std::move(queue));
}

}  // namespace tipoff
