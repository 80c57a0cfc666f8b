// A worker on another machine: takes requests through a server's lease API, predicts them from the
// history that comes with them, and hands the predictions in. Keeps nothing on disk; what it holds
// when it dies comes back to others.
//
//   lease ─► predict ─► complete | fail        meanwhile, every third of a lease: heartbeat
//
// A server that is away, busy or restarting is waited for, with back-off and jitter.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/loop.h"
#include "http/client.h"
#include "worker/predictor.h"

namespace tipoff {

class RemoteWorker {
 public:
  struct Options {
    std::string url;  // "http://host:8080", without a slash at its end.
    std::string key;  // "": none is sent.
    std::string name;
    std::string version;
    std::string group;
    std::size_t held_max = 100;
    Duration lease = std::chrono::seconds(60);
    Duration wait = std::chrono::seconds(5);  // For requests, in one call: a stop waits for it.
    Duration drain = std::chrono::seconds(7);
  };
  using Send = std::function<void(HttpCall, std::function<void(Result<HttpResponse>)>)>;

  // All must outlive this.
  RemoteWorker(Loop& loop, Send send, Predictor predict, Options options);
  ~RemoteWorker();

  // Works until stopped. `refused` runs if the server will not have this worker: its key is wrong,
  // now or later, or it was no tipoff server from the first. Nothing else ends the work.
  void Start(std::function<void(Error)> refused);
  // Takes nothing more, hands in what it holds, gives back what it can't; then `drained` runs.
  void Stop(std::function<void()> drained);

  std::size_t held() const { return held_.size(); }

 private:
  struct Item;
  using Held = std::shared_ptr<Item>;
  void Pull();
  void Taken(Result<HttpResponse> answer);
  void PullLater(const std::string& why);
  void Work(std::vector<Held> items);
  void HandIn(Held item);
  void HandedIn(Held item, Result<HttpResponse> answer);
  void KeepLeases();
  void Drop(const Held& item);
  void GiveBack(const Held& item);
  void GiveUp();
  void CheckDrained();
  void Call(const std::string& path, std::string body, Duration timeout,
            std::function<void(Result<HttpResponse>)> done);

  Loop& loop_;
  Send send_;
  Predictor predict_;
  Options options_;
  std::map<std::string, Held> held_;  // By token.
  bool pulling_ = false;
  bool stopping_ = false;
  bool served_ = false;  // The server has taken this worker at least once.
  int failures_ = 0;
  std::size_t giving_back_ = 0;  // Calls under way.
  Loop::TimerId pull_timer_ = 0;
  Loop::TimerId keep_timer_ = 0;
  Loop::TimerId drain_timer_ = 0;
  std::function<void(Error)> refused_;
  std::function<void()> drained_;
};

}  // namespace tipoff
