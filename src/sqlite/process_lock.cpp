#include "sqlite/process_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>

#include "base/crash_point.h"

namespace tipoff::sqlite {

namespace fs = std::filesystem;

struct ProcessLock::Impl {
  std::string folder;
  std::string own_path;
  int own_fd = -1;
  bool left_behind = false;
  std::mutex mutex;
  std::map<Incarnation, int> claimed;  // The dead that this object looks after.
};

ProcessLock::ProcessLock(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ProcessLock::ProcessLock(ProcessLock&&) noexcept = default;
ProcessLock& ProcessLock::operator=(ProcessLock&&) noexcept = default;

Result<ProcessLock> ProcessLock::Take(const std::string& folder, const Incarnation& process) {
  auto impl = std::make_unique<Impl>();
  impl->folder = folder;
  impl->own_path = fmt::format("{}/{}.lock", folder, process.str());
  std::error_code problem;
  fs::create_directories(folder, problem);
  // Locked under another name first: a file of this name is locked from its first moment.
  std::string fresh = impl->own_path + ".new";
  impl->own_fd = open(fresh.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  TIPOFF_CRASH_POINT("process-lock/made");
  bool held = impl->own_fd >= 0 && flock(impl->own_fd, LOCK_EX | LOCK_NB) == 0 &&
              rename(fresh.c_str(), impl->own_path.c_str()) == 0;
  if (!held) {
    Error error{errno == ENOSPC ? Errc::kExhausted : Errc::kDenied,
                fmt::format("cannot lock {}: {}", impl->own_path, std::strerror(errno))};
    if (impl->own_fd >= 0) close(impl->own_fd);
    return error;
  }
  return ProcessLock(std::move(impl));
}

ProcessLock::~ProcessLock() {
  if (impl_ == nullptr) return;
  for (auto& [dead, fd] : impl_->claimed) close(fd);
  if (!impl_->left_behind) unlink(impl_->own_path.c_str());
  close(impl_->own_fd);
}

std::vector<Incarnation> ProcessLock::FindDead() {
  std::scoped_lock guard(impl_->mutex);
  std::vector<Incarnation> found;
  std::error_code problem;
  for (const fs::directory_entry& entry : fs::directory_iterator(impl_->folder, problem)) {
    if (entry.path().extension() != ".lock" || entry.path() == impl_->own_path) continue;
    Incarnation process(entry.path().stem().string());
    if (impl_->claimed.contains(process)) continue;
    int fd = open(entry.path().c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) continue;
    struct stat status {};
    bool dead = flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &status) == 0 &&
                status.st_nlink > 0;  // Not one that just left in good order.
    if (!dead) {
      close(fd);
      continue;
    }
    impl_->claimed.emplace(process, fd);
    found.push_back(process);
  }
  return found;
}

void ProcessLock::Forget(const Incarnation& dead) {
  std::scoped_lock guard(impl_->mutex);
  auto found = impl_->claimed.find(dead);
  if (found == impl_->claimed.end()) return;
  unlink(fmt::format("{}/{}.sock", impl_->folder, dead.str()).c_str());  // Its doorbell's.
  unlink(fmt::format("{}/{}.lock", impl_->folder, dead.str()).c_str());
  TIPOFF_CRASH_POINT("process-lock/forgotten");
  close(found->second);
  impl_->claimed.erase(found);
}

void ProcessLock::LetGo(const Incarnation& dead) {
  std::scoped_lock guard(impl_->mutex);
  auto found = impl_->claimed.find(dead);
  if (found == impl_->claimed.end()) return;
  close(found->second);
  impl_->claimed.erase(found);
}

void ProcessLock::LeaveBehind() { impl_->left_behind = true; }

}  // namespace tipoff::sqlite
