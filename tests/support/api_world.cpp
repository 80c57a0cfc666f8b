#include "support/api_world.h"

#include <gtest/gtest.h>

namespace tipoff {

std::shared_ptr<EventSink> TestResponder::Stream() {
  stream = std::make_shared<TestResponder>();
  return stream;
}

bool TestResponder::Send(std::string event) {
  if (gone) return false;
  events.push_back(std::move(event));
  return true;
}

ApiWorld::ApiWorld(ApiOptions options, Auth::Options auth_options)
    : process(world.NewCoordinator()),
      auth(process->loop, process->store, std::move(auth_options)),
      audit(process->store, process->random),
      api({process->loop, process->store, process->bus, history, process->random,
           process->coordinator, auth, audit, nullptr, std::move(options)}) {
  process->coordinator.Start();
}

std::shared_ptr<TestResponder> ApiWorld::Send(const std::string& method, const std::string& target,
                                              const std::string& body, const Headers& headers) {
  HttpRequest request;
  request.method = method;
  std::size_t question = std::min(target.find('?'), target.size());
  request.path = target.substr(0, question);
  if (question < target.size()) request.query = *ParseQuery(target.substr(question + 1));
  request.headers["host"] = "127.0.0.1:8080";
  for (const auto& [name, value] : headers) request.headers[name] = value;
  request.body = body;
  request.remote = "127.0.0.1:5555";
  auto responder = std::make_shared<TestResponder>();
  api.Handle(std::move(request), responder);
  return responder;
}

HttpResponse ApiWorld::Ask(const std::string& method, const std::string& target,
                           const std::string& body, const Headers& headers) {
  auto responder = Send(method, target, body, headers);
  world.loop.RunUntil([&] { return responder->response.has_value(); });
  return *responder->response;
}

boost::json::object ApiWorld::Json(const HttpResponse& response) {
  auto value = boost::json::parse(response.body);
  return value.as_object();
}

BatchId ApiWorld::Start() {
  HttpResponse response = Ask("POST", "/v1/batches", R"({"game_date":"2025-01-15"})");
  EXPECT_EQ(response.status, 202) << response.body;
  return BatchId(std::string(Json(response).at("batch_id").as_string()));
}

}  // namespace tipoff
