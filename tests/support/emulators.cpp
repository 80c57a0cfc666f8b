#include "support/emulators.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

namespace tipoff {
namespace {

const std::string kFolder = TIPOFF_BINARY_DIR "/emulators";

}  // namespace

Emulators RunningEmulators() {
  Emulators emulators;
  std::ifstream env(kFolder + "/env");
  for (std::string line; std::getline(env, line);) {
    auto equals = line.find('=');
    if (equals == std::string::npos) continue;
    std::string name = line.substr(0, equals);
    if (name == "PUBSUB_EMULATOR_HOST") emulators.pubsub = line.substr(equals + 1);
    if (name == "FIRESTORE_EMULATOR_HOST") emulators.firestore = line.substr(equals + 1);
  }
  if (!emulators.pubsub.empty() && !emulators.firestore.empty()) return emulators;
  std::ifstream missing(kFolder + "/missing");
  if (!std::getline(missing, emulators.missing)) {
    emulators.missing = "no emulators run for this build: tools/emulators start " + kFolder;
  }
  return emulators;
}

std::string OwnProject() {
  // Unlike any that ran on these emulators before: the process, when it began, and how many so far.
  static std::atomic<int> next{0};
  std::ifstream stat("/proc/self/stat");
  std::string field;
  for (int i = 0; i < 22; ++i) stat >> field;
  return fmt::format("demo-{}-{}-{}", getpid(), field, next++);
}

}  // namespace tipoff
