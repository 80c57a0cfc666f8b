// Where a command prints and asks: the terminal, or a test's memory.
#pragma once

#include <string>

namespace tipoff {

class Screen {
 public:
  virtual ~Screen() = default;

  // Results, on standard output.
  virtual void Out(const std::string& text) = 0;
  // Everything else, on standard error.
  virtual void Note(const std::string& text) = 0;
  // Whether somebody is there to read a line drawn in place and to answer a question.
  virtual bool terminal() const = 0;
  // Asks for y or N; only where there is a terminal.
  virtual bool Ask(const std::string& question) = 0;
};

// The process's own streams.
class StandardScreen final : public Screen {
 public:
  void Out(const std::string& text) override;
  void Note(const std::string& text) override;
  bool terminal() const override;
  bool Ask(const std::string& question) override;
};

}  // namespace tipoff
