#include "support/temp_folder.h"

#include <cstdlib>
#include <stdexcept>

namespace tipoff {

TempFolder::TempFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "tipoff-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace tipoff
