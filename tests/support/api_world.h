// A coordinator with its API in memory, asked without sockets.
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/api.h"
#include "support/world.h"

namespace tipoff {

// A history that never answers.
class HangingHistory final : public History {
 public:
  void Load(HistoryQuery, LoadDone) override { ++loads; }
  int loads = 0;
};

class TestResponder final : public Responder, public EventSink {
 public:
  void Send(HttpResponse a_response) override { response = std::move(a_response); }
  std::shared_ptr<EventSink> Stream() override;
  bool Send(std::string event) override;
  void Close() override { is_closed = true; }
  bool closed() const override { return is_closed || gone; }
  bool alive() const override { return !gone; }

  std::optional<HttpResponse> response;
  std::shared_ptr<TestResponder> stream;
  std::vector<std::string> events;
  bool is_closed = false;
  bool gone = false;  // The client has left.
};

struct ApiWorld {
  explicit ApiWorld(ApiOptions options = {}, Auth::Options auth_options = {.open = true});

  using Headers = std::vector<std::pair<std::string, std::string>>;
  // Sends a request and runs the loop until it is answered. The query is part of `target`.
  HttpResponse Ask(const std::string& method, const std::string& target,
                   const std::string& body = "", const Headers& headers = {});
  // Sends it and does not wait.
  std::shared_ptr<TestResponder> Send(const std::string& method, const std::string& target,
                                      const std::string& body = "", const Headers& headers = {});
  static boost::json::object Json(const HttpResponse& response);
  // Starts a batch of the slate of 2025-01-15 by the API; its id.
  BatchId Start();

  World world;
  std::unique_ptr<TestCoordinator> process;
  HangingHistory history;
  Auth auth;
  Audit audit;
  Api api;
};

}  // namespace tipoff
