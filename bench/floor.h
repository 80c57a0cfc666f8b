// What SQLite alone can do on this disk: a bare loop with the row writes of the durable cycle, for
// `tipoff bench` to compare the whole program with. Nothing of src/ is used.
#pragma once

#include <cstddef>
#include <string>

namespace tipoff::bench {

// The bytes of one request's rows, as the product writes them.
struct FloorRows {
  std::string spec;     // request_spec.body
  std::string message;  // message.body
  std::string staged;   // staged.body
};

// The tables and indexes that the floor makes.
const char* FloorSchema();

// One connection to a new database, with the product's pragmas and prepared statements. All throw
// std::runtime_error when SQLite does.
class Floor {
 public:
  explicit Floor(const std::string& path, FloorRows rows);
  ~Floor();
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  // The rows of `requests` requests, recorded but not published, in groups of 1,000 a commit.
  void Create(std::size_t requests);
  // Publishes, claims and completes what was created, each step in groups of 1,000 a commit.
  void Work();

 private:
  struct Impl;
  Impl* impl_;
};

}  // namespace tipoff::bench
