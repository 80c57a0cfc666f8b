#include "http/connection.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/write.hpp>
#include <sstream>
#include <utility>

#include "base/log.h"
#include "http/responder.h"

namespace tipoff {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

// A client that is refused while it sends reads the answer only if its bytes are taken a while
// longer: a socket that is closed with unread bytes resets the connection, and the answer is lost.
constexpr Duration kLingerMax = std::chrono::seconds(2);
constexpr std::size_t kLingerBytesMax = 32u << 20;
// Pipelined requests that are read while another is handled, in order to see the client's end
// behind them. A client that sends more ahead is not seen to leave.
constexpr std::size_t kEarlyBytesMax = 65536;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kHeartbeat = ":\n\n";

// A line break in a value would begin another header, or the body.
std::string HeaderValue(std::string value) {
  for (char& c : value) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7F') c = ' ';
  }
  return value;
}

bool HasBody(int status) { return status >= 200 && status != 204 && status != 304; }

std::string RemoteOf(const asio::ip::tcp::socket& socket) {
  boost::system::error_code problem;
  auto endpoint = socket.remote_endpoint(problem);
  if (problem) return "";
  std::ostringstream text;
  text << endpoint;
  return text.str();
}

}  // namespace

bool ServerDoor::Post(std::function<void()> task) {
  std::scoped_lock guard(mutex_);
  if (context_ == nullptr) return false;
  asio::post(*context_, std::move(task));
  return true;
}

void ServerDoor::Close() {
  std::scoped_lock guard(mutex_);
  context_ = nullptr;
}

ServerConnection::ServerConnection(ConnectionSet& set, asio::ip::tcp::socket socket)
    : set_(set),
      socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      reader_({set.options.header_bytes_max, set.options.body_bytes_max,
               &set.options.body_bytes_max_for}),
      remote_(RemoteOf(socket_)) {
  Error ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void ServerConnection::Begin() { NextRequest(); }

void ServerConnection::TurnAway() {
  turned_away_ = true;
  ++set_.turned_away;
  Refuse(503, fmt::format("All {} connections of this server are in use. Try again soon.",
                          set_.options.connections_max));
}

void ServerConnection::WindDown() {
  if (state_ == State::kIdle) Close();
  if (queue_) {  // Perhaps not yet streaming: then it ends when its header is written.
    queue_->Close();
    FlushStream();
  }
}

void ServerConnection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  if (queue_) queue_->Abort();
  if (gone_) *gone_ = true;
  Error ignored;
  socket_.close(ignored);
  timer_.cancel();
  if (turned_away_) --set_.turned_away;
  auto self = shared_from_this();
  set_.open.erase(self);
  set_.connections = set_.open.size();
  set_.on_close();
}

// Reading.

void ServerConnection::NextRequest() {
  ++number_;
  state_ = State::kIdle;
  Arm(set_.options.idle_timeout);
  ReadRequest();
}

// Waits without a buffer, so that an idle connection costs none.
void ServerConnection::WaitForBytes() {
  if (waiting_for_bytes_) return;
  waiting_for_bytes_ = true;
  socket_.async_wait(asio::socket_base::wait_read,
                     [self = shared_from_this()](const Error& problem) {
                       self->waiting_for_bytes_ = false;
                       if (self->state_ == State::kClosed) return;
                       if (problem) return self->OnEnd(problem);
                       self->TakeBytes();
                     });
}

void ServerConnection::TakeBytes() {
  bool early = state_ == State::kHandling || state_ == State::kAnswering;
  if (early && reader_.buffered() >= kEarlyBytesMax) return;
  Error problem;
  std::size_t read = socket_.read_some(asio::buffer(set_.scratch), problem);
  if (problem == asio::error::would_block || problem == asio::error::try_again) {
    return WaitForBytes();
  }
  if (problem) return OnEnd(problem);
  OnBytes({set_.scratch.data(), read});
}

void ServerConnection::OnBytes(std::string_view bytes) {
  if (state_ == State::kIdle || state_ == State::kReading) {
    reader_.Put(bytes);
    return ReadRequest();
  }
  if (state_ == State::kHandling || state_ == State::kAnswering) {
    reader_.Put(bytes);  // For the next request.
    return WaitForBytes();
  }
  // Whatever a client says during its stream, or after its last answer, is not listened to.
  lingered_bytes_ += bytes.size();
  if (lingered_bytes_ > kLingerBytesMax) return Close();
  WaitForBytes();
}

void ServerConnection::OnEnd(const Error& problem) {
  bool cut_off = state_ == State::kReading && problem == asio::error::eof;
  if (cut_off) return Refuse(400, "The request ended before it was complete.");
  if (state_ != State::kHandling && state_ != State::kAnswering) return Close();
  // Perhaps it only says no more and still reads: it is answered all the same.
  if (gone_) *gone_ = true;
}

void ServerConnection::ReadRequest() {
  RequestReader::Step step = reader_.Read();
  if (state_ == State::kIdle && reader_.begun()) {
    state_ = State::kReading;
    Arm(set_.options.request_timeout);
  }
  switch (step) {
    case RequestReader::Step::kDone: return Handle();
    case RequestReader::Step::kRefused:
      return Refuse(reader_.refusal().status, reader_.refusal().detail);
    case RequestReader::Step::kContinue: {
      // A socket that can't take 25 bytes belongs to a client that does not read.
      Error ignored;
      socket_.write_some(asio::buffer(kContinue), ignored);
      return WaitForBytes();
    }
    case RequestReader::Step::kMore: return WaitForBytes();
  }
}

void ServerConnection::Handle() {
  RequestReader::Taken taken = reader_.Take();
  keep_alive_ = taken.keep_alive;
  http10_ = taken.http10;
  head_ = taken.request.method == "HEAD";
  taken.request.remote = remote_;
  state_ = State::kHandling;
  Arm(set_.options.answer_timeout);
  ++set_.requests;
  gone_ = std::make_shared<std::atomic<bool>>(false);
  WaitForBytes();  // The end of the client.
  auto responder = std::make_shared<ConnectionResponder>(set_.door, weak_from_this(), number_,
                                                         set_.options.stream_bytes_max, gone_);
  // A handler that throws drops its responder, which answers 500.
  try {
    set_.handler(std::move(taken.request), std::move(responder));
  } catch (const std::exception& thrown) {
    Log(Severity::kError, "a request's handler threw", {{"error", thrown.what()}});
  }
}

// Answering.

void ServerConnection::Answer(std::uint64_t number, HttpResponse response) {
  if (state_ == State::kHandling && number == number_) Write(std::move(response));
}

void ServerConnection::Refuse(int status, std::string_view detail) {
  ++set_.refused;
  refused_ = true;
  keep_alive_ = false;
  HttpResponse response = HttpProblem(status, detail);
  if (status == 503) response.headers.emplace_back("retry-after", "1");
  Write(std::move(response));
}

void ServerConnection::Write(HttpResponse response) {
  state_ = State::kAnswering;
  Arm(set_.options.idle_timeout);
  keep_alive_ = keep_alive_ && !set_.stopping && !queue_;
  http::response<http::empty_body> header;
  header.version(http10_ ? 10 : 11);
  header.result(static_cast<unsigned>(response.status));
  header.reason(HttpTitle(response.status));
  for (auto& [name, value] : response.headers) header.insert(name, HeaderValue(std::move(value)));
  header.set(http::field::server, "tipoff");
  if (set_.options.now) header.set(http::field::date, HttpDate(set_.options.now()));
  header.set("X-Content-Type-Options", "nosniff");
  if (header.count(http::field::cache_control) == 0) {
    header.set(http::field::cache_control, "no-store");
  }
  if (!HasBody(response.status)) {
    response.body.clear();
  } else {
    if (!response.content_type.empty()) {
      header.set(http::field::content_type, HeaderValue(std::move(response.content_type)));
    }
    if (queue_) {
      header.chunked(!http10_);
    } else {
      header.content_length(response.body.size());
    }
  }
  header.keep_alive(keep_alive_);
  std::ostringstream text;
  text << header.base();
  WriteBytes(text.str(), head_ ? "" : std::move(response.body));
}

void ServerConnection::WriteBytes(std::string header, std::string body) {
  writing_ = {std::move(header), std::move(body)};
  std::array<asio::const_buffer, 2> buffers = {asio::buffer(writing_[0]),
                                               asio::buffer(writing_[1])};
  asio::async_write(socket_, buffers,
                    [self = shared_from_this()](const Error& problem, std::size_t) {
                      self->writing_ = {};
                      self->OnWritten(problem);
                    });
}

void ServerConnection::OnWritten(const Error& problem) {
  if (state_ == State::kClosed) return;
  if (problem) return Close();
  if (queue_ && !head_) {
    state_ = State::kStreaming;
    Arm(set_.options.stream_heartbeat);
    WaitForBytes();  // The end of the client.
    return FlushStream();
  }
  if (keep_alive_ && !set_.stopping) return NextRequest();
  Linger();
}

// After the last byte that will be written: a client that still sends is listened to, so that it
// can read its answer.
void ServerConnection::Linger() {
  if (queue_) queue_->Abort();
  Error ignored;
  if (!refused_ && socket_.available(ignored) == 0) return Close();
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  state_ = State::kLingering;
  Arm(kLingerMax);
  WaitForBytes();
}

// Streaming.

void ServerConnection::BeginStream(std::uint64_t number, std::shared_ptr<EventQueue> queue) {
  if (state_ != State::kHandling || number != number_) return queue->Abort();
  queue_ = std::move(queue);
  if (set_.stopping) queue_->Close();
  Write({.content_type = "text/event-stream"});
}

void ServerConnection::FlushStream() {
  if (state_ != State::kStreaming || !chunk_.empty()) return;
  bool closed = queue_->closed();  // Before taking, so that nothing is queued in between.
  std::string events = queue_->Take();
  std::size_t size = events.size();
  if (!events.empty()) {
    WriteChunk(std::move(events), size);
  } else if (closed) {
    EndStream();
  }
}

void ServerConnection::CutStream(const std::shared_ptr<EventQueue>& queue) {
  if (queue_ == queue) Close();
}

void ServerConnection::WriteChunk(std::string events, std::size_t of_queue) {
  chunk_ = http10_ ? std::move(events) : fmt::format("{:x}\r\n{}\r\n", events.size(), events);
  chunk_age_ = {};
  asio::async_write(socket_, asio::buffer(chunk_),
                    [self = shared_from_this(), of_queue](const Error& problem, std::size_t) {
                      if (self->state_ != State::kStreaming) return;
                      if (problem) return self->Close();
                      self->chunk_.clear();
                      self->queue_->Written(of_queue);
                      self->FlushStream();
                    });
}

void ServerConnection::EndStream() {
  queue_.reset();
  if (http10_) return Linger();
  state_ = State::kAnswering;
  Arm(set_.options.idle_timeout);
  WriteBytes("0\r\n\r\n", "");
}

// The only limits of a stream are those of its queue and of the writing of one chunk.
void ServerConnection::OnHeartbeat() {
  if (chunk_.empty()) {
    WriteChunk(std::string(kHeartbeat), 0);
  } else {
    chunk_age_ += set_.options.stream_heartbeat;
    if (chunk_age_ >= set_.options.idle_timeout) return Close();
  }
  Arm(set_.options.stream_heartbeat);
}

// Time.

void ServerConnection::Arm(Duration limit) {
  std::uint64_t number = ++timer_number_;
  timer_.expires_after(limit);
  // An expiry that is already queued when the timer is armed again is not cancelled by that.
  timer_.async_wait([self = shared_from_this(), number](const Error& problem) {
    if (!problem && number == self->timer_number_) self->OnTimeout();
  });
}

void ServerConnection::OnTimeout() {
  switch (state_) {
    case State::kReading:
      return Refuse(408, fmt::format("The request was not complete within {}.",
                                     FormatDuration(set_.options.request_timeout)));
    case State::kHandling:
      *gone_ = true;
      return Write(HttpProblem(504, fmt::format("There was no answer within {}. Whether the "
                                                "request took effect is not known: ask again.",
                                                FormatDuration(set_.options.answer_timeout))));
    case State::kStreaming: return OnHeartbeat();
    case State::kIdle:
    case State::kAnswering:
    case State::kLingering: return Close();
    case State::kClosed: return;
  }
}

}  // namespace tipoff
