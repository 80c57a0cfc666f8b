// An API without a coordinator, and a screen without a terminal: for tests of the command line.
#pragma once

#include <boost/json.hpp>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "app/api_client.h"
#include "app/screen.h"

namespace tipoff {

// Answers what `answer` says and remembers what it was asked. Its time passes by pausing only.
class FakeApi final : public ApiClient {
 public:
  using Answers = std::function<HttpResponse(const std::string& method, const std::string& path,
                                             const boost::json::object& body)>;

  explicit FakeApi(Answers answers) : answers_(std::move(answers)) {}

  Result<HttpResponse> Call(const std::string& method, const std::string& path, const Pairs& query,
                            const std::string& body, const Pairs& headers) override {
    std::string line = method + " " + path;
    char separator = '?';
    for (const auto& [name, value] : query) {
      line += separator + name + "=" + value;
      separator = '&';
    }
    calls.push_back(line);
    bodies.push_back(body);
    for (const auto& [name, value] : headers) last_headers += name + ": " + value + "\n";
    boost::json::object object;
    if (!body.empty()) object = boost::json::parse(body).as_object();
    HttpResponse response = answers_(method, line.substr(method.size() + 1), object);
    if (response.status == 0) return Error{Errc::kUnavailable, "nobody answered"};
    return response;
  }

  Status Stream(const std::string& path, const std::string& last_event_id, Duration limit,
                const OnEvent& event) override {
    calls.push_back("STREAM " + path + " after " + last_event_id);
    if (events.empty()) {
      now_ += limit;
      return Ok();
    }
    while (!events.empty()) {
      std::string data = std::move(events.front());
      events.pop_front();
      if (data == "cut") break;
      if (!event("", data)) return Ok();
    }
    return Error{Errc::kUnavailable, "the stream was cut"};
  }

  void Pause(Duration pause) override {
    ++pauses;
    now_ += pause;
  }
  Duration Steady() override { return now_; }
  std::string where() const override { return "fake"; }

  std::vector<std::string> calls, bodies;
  std::string last_headers;
  std::deque<std::string> events;  // Data of events to come; "cut" breaks the stream.
  int pauses = 0;

 private:
  Answers answers_;
  Duration now_{std::chrono::hours(1)};
};

class FakeScreen final : public Screen {
 public:
  void Out(const std::string& text) override { out += text; }
  void Note(const std::string& text) override { notes += text; }
  bool terminal() const override { return is_terminal; }
  bool Ask(const std::string& question) override {
    asked.push_back(question);
    return answer;
  }

  bool is_terminal = false;
  bool answer = false;
  std::string out, notes;
  std::vector<std::string> asked;
};

}  // namespace tipoff
