// Goes through all box scores of history.db a few rows at a time, in one state of the file, so that
// whoever does so has time for others in between.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "history/history.h"

namespace tipoff {

class HistoryDatabase;

class BoxScoreScan {
 public:
  // On a connection of its own. Errors as HistoryDatabase::Open's.
  static Result<BoxScoreScan> Begin(const std::string& path);
  BoxScoreScan(BoxScoreScan&&) noexcept;
  BoxScoreScan& operator=(BoxScoreScan&&) noexcept;
  ~BoxScoreScan();

  // Of the state that is gone through; "" if nothing was imported.
  const std::string& data_version() const { return data_version_; }

  // Hands over at most `rows` more rows. False: those were the last ones.
  Result<bool> Next(int rows, const std::function<void(const PlayerId&, const GameRecord&)>& take);

 private:
  struct Rows;
  BoxScoreScan(std::unique_ptr<HistoryDatabase> database, std::string data_version);

  std::unique_ptr<HistoryDatabase> database_;
  std::string data_version_;
  std::unique_ptr<Rows> rows_;
};

}  // namespace tipoff
