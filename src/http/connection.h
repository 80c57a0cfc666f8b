// One client's connection: reads requests, hands them on, writes answers and event streams. Part of
// the server, and like it on the server's thread only.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "http/events.h"
#include "http/message.h"
#include "http/request_reader.h"
#include "http/server.h"

namespace tipoff {

class ServerConnection;

// The way from any thread to the server's thread. Outlives the server: then it takes nothing.
class ServerDoor {
 public:
  explicit ServerDoor(boost::asio::io_context& context) : context_(&context) {}
  // False if the server has stopped; then `task` never runs.
  bool Post(std::function<void()> task);
  void Close();

 private:
  std::mutex mutex_;
  boost::asio::io_context* context_;
};

// What all connections share.
struct ConnectionSet {
  HttpServerOptions options;
  HttpHandler handler;
  std::shared_ptr<ServerDoor> door;
  std::unordered_set<std::shared_ptr<ServerConnection>> open;
  std::size_t turned_away = 0;  // Of `open`: those that are only told 503.
  bool stopping = false;
  std::function<void()> on_close;        // After each connection that has closed.
  std::array<char, 65536> scratch;       // What has just been read, by whichever connection.
  std::atomic<std::size_t> connections;  // The rest is read by other threads.
  std::atomic<std::uint64_t> requests;
  std::atomic<std::uint64_t> refused;
};

//              ┌──────────── keep-alive ────────────┐
//              ▼                                    │
//   idle ─► reading ─► handling ─► answering ─► (answered) ─► lingering ─► closed
//              │           └─► streaming ─────────────────────────▲
//              └── refused: answering ────────────────────────────┘
class ServerConnection : public std::enable_shared_from_this<ServerConnection> {
 public:
  ServerConnection(ConnectionSet& set, boost::asio::ip::tcp::socket socket);

  void Begin();
  // Answers 503 instead, whatever the client asks.
  void TurnAway();
  // The server stops: closes what is idle, ends a stream; a request under way is still answered.
  void WindDown();
  void Close();

  // From responders and sinks. `number` says which request they belong to: one that has been
  // answered otherwise (504) is no longer theirs.
  void Answer(std::uint64_t number, HttpResponse response);
  void BeginStream(std::uint64_t number, std::shared_ptr<EventQueue> queue);
  void FlushStream();
  // The client of `queue` is too slow.
  void CutStream(const std::shared_ptr<EventQueue>& queue);

 private:
  using Error = boost::system::error_code;
  enum class State {
    kIdle,       // No byte of a request has come.
    kReading,    // Some have.
    kHandling,   // The handler has it.
    kAnswering,  // The answer is being written.
    kStreaming,
    kLingering,  // All is written; waits for the client to close, so that it can read all.
    kClosed
  };

  void NextRequest();
  void WaitForBytes();
  void TakeBytes();
  void OnBytes(std::string_view bytes);
  void OnEnd(const Error& problem);
  void ReadRequest();
  void Handle();
  void Refuse(int status, std::string_view detail);
  void Write(HttpResponse response);
  void WriteBytes(std::string header, std::string body);
  void OnWritten(const Error& problem);
  void WriteChunk(std::string events, std::size_t of_queue);
  void EndStream();
  void Linger();
  void Arm(Duration limit);
  void OnTimeout();
  void OnHeartbeat();

  ConnectionSet& set_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  std::uint64_t timer_number_ = 0;  // Which arming of the timer counts.
  State state_ = State::kIdle;
  bool waiting_for_bytes_ = false;
  RequestReader reader_;
  std::string remote_;

  std::uint64_t number_ = 0;  // Of the request.
  // Whether whoever asked it has left; its responder reads that on other threads.
  std::shared_ptr<std::atomic<bool>> gone_;
  bool keep_alive_ = true;
  bool http10_ = false;
  bool head_ = false;
  bool turned_away_ = false;
  bool refused_ = false;
  std::array<std::string, 2> writing_;  // Header and body.

  std::shared_ptr<EventQueue> queue_;  // Of a stream.
  std::string chunk_;                  // Of it, being written; or empty.
  Duration chunk_age_{};
  std::size_t lingered_bytes_ = 0;
};

}  // namespace tipoff
