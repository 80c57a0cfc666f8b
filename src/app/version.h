// Which build this is.
#pragma once

#include <string>

namespace tipoff {

// "0.1.0+1a2b3c4": what workers report.
std::string VersionText();
// The same with the version of a model behind it, if there is one.
std::string VersionWith(const std::string& model);
// "tipoff 0.1.0 (commit 1a2b3c4, g++ 12.2.0)": what `tipoff --version` prints.
std::string VersionLine();

}  // namespace tipoff
