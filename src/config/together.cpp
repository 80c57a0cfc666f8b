#include "config/together.h"

#include <fmt/format.h>

namespace tipoff {
namespace {

std::string Name(const Config& config, std::string_view key) {
  return fmt::format("{} = {} ({})", key, config.Shown(key), config.Origin(key));
}

class Dangers {
 public:
  explicit Dangers(const Config& config) : config_(config) {}

  // `shorter` must be shorter than `longer`, or what `otherwise` says happens.
  void Shorter(std::string_view shorter, std::string_view longer, std::string_view otherwise) {
    if (config_.Span(shorter) < config_.Span(longer)) return;
    Add(shorter, longer, otherwise, fmt::format("make {} the shorter one", shorter));
  }

  void Add(std::string_view one, std::string_view other, std::string_view danger,
           std::string_view remedy) {
    found_.push_back(fmt::format("{} together with {}: {}; {}", Name(config_, one),
                                 Name(config_, other), danger, remedy));
  }

  std::vector<std::string> Take() { return std::move(found_); }

 private:
  const Config& config_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> DangersTogether(const Config& config) {
  Dangers dangers(config);
  dangers.Shorter("batch.stall_after", "batch.deadline",
                  "a batch would end before anybody noticed that it is stuck");
  dangers.Shorter("sweep.period", "batch.stall_after",
                  "a stuck batch would not be looked at in time");
  dangers.Shorter("sweep.period", "sweep.lease",
                  "the coordinator that sweeps would lose its lease between two rounds");
  dangers.Shorter("history.timeout", "batch.deadline",
                  "one query of the history could outlast the batch");
  bool audience = !config.Text("auth.oidc_audience").empty();
  bool emails = !config.Texts("auth.oidc_emails").empty();
  if (audience && !emails) {
    dangers.Add("auth.oidc_audience", "auth.oidc_emails",
                "everybody's service account can have a token made for that audience",
                "list the service accounts that may push, or unset both");
  }
  if (emails && !audience) {
    dangers.Add("auth.oidc_emails", "auth.oidc_audience",
                "a token that those accounts gave to another service would be accepted here",
                "set the audience that the push subscription uses, or unset both");
  }
  return dangers.Take();
}

}  // namespace tipoff
