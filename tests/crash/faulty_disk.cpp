// A disk that fails as told, for LD_PRELOAD into a program that uses SQLite.
//
// FAULTY_DISK names a file that is shared with whoever tells: a `Control`, below. Calls on the
// files whose name ends as chosen fail with the chosen error, as long as it is chosen.
//
// FAULTY_DISK_LOG names a file to which each write, sync and removal of such a file is appended,
// and none is synced for real: from it follows what a disk holds that has lost its power, where all
// that was not synced is gone, and what a failed sync was about never gets there by a later one.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>

namespace {

enum Call : std::uint32_t {
  kWrite = 1,
  kSync = 2,
  kRead = 4,
  kOpen = 8,
  kTruncate = 16
};
enum File : std::uint32_t {
  kDatabase = 1,
  kLog = 2,
  kIndex = 4
};
// Begins each record of the power log: whoever is killed may leave half of one.
constexpr std::int64_t kMagic = 0x5469706f6666;
constexpr std::int32_t kShort = -1;  // Instead of an error: half of the bytes are written.

struct Control {
  std::atomic<std::uint32_t> calls;
  std::atomic<std::uint32_t> files;
  std::atomic<std::int32_t> error;
  std::atomic<std::uint32_t> every;  // Only each n-th of them; 1: all.
  std::atomic<std::uint64_t> seen;
  std::atomic<std::uint64_t> failed;
};

template <class Function>
Function Real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

using Open = int (*)(const char*, int, ...);
using Pwrite = ssize_t (*)(int, const void*, size_t, off_t);
using Pread = ssize_t (*)(int, void*, size_t, off_t);
using Truncate = int (*)(int, off_t);

int RealOpen(const char* path, int flags, mode_t mode) {
  static const Open open_file = Real<Open>("open64");
  return open_file(path, flags, mode);
}

Control& Told() {
  static Control* const control = [] {
    static Control calm{};
    const char* path = getenv("FAULTY_DISK");
    if (path == nullptr) return &calm;
    int fd = RealOpen(path, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0) abort();
    void* shared = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED) abort();
    close(fd);
    return static_cast<Control*>(shared);
  }();
  return *control;
}

int PowerLog() {
  static const int fd = [] {
    const char* path = getenv("FAULTY_DISK_LOG");
    return path == nullptr ? -1 : RealOpen(path, O_RDWR | O_APPEND | O_CLOEXEC, 0);
  }();
  return fd;
}

std::uint32_t KindOf(std::string_view path) {
  if (path.ends_with("tipoff.db")) return kDatabase;
  if (path.ends_with("tipoff.db-wal")) return kLog;
  if (path.ends_with("tipoff.db-shm")) return kIndex;
  return 0;
}

bool Watches() { return Told().calls.load() != 0 || PowerLog() >= 0; }

std::uint32_t KindOf(int fd) {
  char path[4096];
  std::string link = "/proc/self/fd/" + std::to_string(fd);
  ssize_t size = readlink(link.c_str(), path, sizeof(path));
  return size <= 0 ? 0 : KindOf(std::string_view(path, static_cast<std::size_t>(size)));
}

// The error that this call is to suffer; 0: none.
std::int32_t Suffers(Call call, std::uint32_t kind) {
  Control& told = Told();
  if ((told.calls.load() & call) == 0 || (told.files.load() & kind) == 0) return 0;
  std::uint32_t every = std::max<std::uint32_t>(told.every.load(), 1);
  if (++told.seen % every != 0) return 0;
  ++told.failed;
  return told.error.load();
}

// Holds all processes and threads that log: what is logged is in the order in which it was done.
class Ordered {
 public:
  Ordered() : guard_(mutex_) {
    if (PowerLog() >= 0) flock(PowerLog(), LOCK_EX);
  }
  ~Ordered() {
    if (PowerLog() >= 0) flock(PowerLog(), LOCK_UN);
  }
  Ordered(const Ordered&) = delete;
  Ordered& operator=(const Ordered&) = delete;

  void Note(char what, std::uint32_t kind, std::int64_t offset, const void* data,
            std::size_t size) const {
    if (PowerLog() < 0 || kind == 0 || kind == kIndex) return;
    static const auto write_file = Real<ssize_t (*)(int, const void*, size_t)>("write");
    std::int64_t head[3] = {kMagic << 16 | static_cast<std::int64_t>(kind) << 8 | what, offset,
                            static_cast<std::int64_t>(size)};
    std::string record(reinterpret_cast<const char*>(head), sizeof(head));
    record.append(static_cast<const char*>(data), data == nullptr ? 0 : size);
    if (write_file(PowerLog(), record.data(), record.size()) < 0) abort();
  }

 private:
  static std::mutex mutex_;
  std::scoped_lock<std::mutex> guard_;
};

std::mutex Ordered::mutex_;

ssize_t WriteAt(int fd, const void* data, size_t size, off_t offset) {
  static const auto write_at = Real<Pwrite>("pwrite64");
  std::uint32_t kind = Watches() ? KindOf(fd) : 0;
  if (kind == 0) return write_at(fd, data, size, offset);
  std::int32_t error = Suffers(kWrite, kind);
  if (error > 0) {
    errno = error;
    return -1;
  }
  if (error == kShort && size > 1) size /= 2;
  Ordered ordered;
  ordered.Note('W', kind, offset, data, size);
  return write_at(fd, data, size, offset);
}

ssize_t ReadAt(int fd, void* data, size_t size, off_t offset) {
  static const auto read_at = Real<Pread>("pread64");
  std::int32_t error = Watches() ? Suffers(kRead, KindOf(fd)) : 0;
  if (error <= 0) return read_at(fd, data, size, offset);
  errno = error;
  return -1;
}

int Sync(int fd) {
  static const auto sync_file = Real<int (*)(int)>("fdatasync");
  std::uint32_t kind = Watches() ? KindOf(fd) : 0;
  if (kind == 0) return sync_file(fd);
  std::int32_t error = Suffers(kSync, kind);
  Ordered ordered;
  ordered.Note(error > 0 ? 'F' : 'S', kind, 0, nullptr, 0);
  if (error > 0) {
    errno = error;
    return -1;
  }
  return PowerLog() >= 0 ? 0 : sync_file(fd);
}

int CutTo(int fd, off_t size) {
  static const auto truncate_file = Real<Truncate>("ftruncate64");
  std::uint32_t kind = Watches() ? KindOf(fd) : 0;
  std::int32_t error = kind == 0 ? 0 : Suffers(kTruncate, kind);
  if (error > 0) {
    errno = error;
    return -1;
  }
  Ordered ordered;
  ordered.Note('T', kind, size, nullptr, 0);
  return truncate_file(fd, size);
}

int OpenFile(const char* path, int flags, mode_t mode) {
  std::int32_t error = Watches() ? Suffers(kOpen, KindOf(std::string_view(path))) : 0;
  if (error <= 0) return RealOpen(path, flags, mode);
  errno = error;
  return -1;
}

}  // namespace

// What SQLite calls, and tipoff itself; nothing else writes to these files.
extern "C" {

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  return WriteAt(fd, data, size, offset);
}
ssize_t pread(int fd, void* data, size_t size, off_t offset) {
  return ReadAt(fd, data, size, offset);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  return WriteAt(fd, data, size, offset);
}
ssize_t pread64(int fd, void* data, size_t size, off64_t offset) {
  return ReadAt(fd, data, size, offset);
}
int fdatasync(int fd) { return Sync(fd); }
int ftruncate64(int fd, off64_t size) noexcept { return CutTo(fd, size); }
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return OpenFile(path, flags, mode);
}
int unlink(const char* path) noexcept {
  static const auto unlink_file = Real<int (*)(const char*)>("unlink");
  Ordered ordered;
  ordered.Note('U', KindOf(std::string_view(path)), 0, nullptr, 0);
  return unlink_file(path);
}
}
