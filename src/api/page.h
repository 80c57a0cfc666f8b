// The web page: its files as they were built into the program, served at / and /assets/.
#pragma once

#include <string_view>

namespace tipoff {

// One file of the page. Both forms are kept, so that nothing is compressed for a request.
struct PageFile {
  std::string_view path;  // "/" or "/assets/index-1a2b3c.js": what is in assets never changes.
  std::string_view content_type;
  std::string_view etag;  // Quoted; of the content.
  std::string_view plain;
  std::string_view gzip;
};

}  // namespace tipoff
