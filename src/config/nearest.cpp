#include "config/nearest.h"

#include <algorithm>

namespace tipoff {
namespace {

// Longer names are no mistyped ones, and would make the table large.
constexpr std::size_t kLengthMax = 100;

// Damerau-Levenshtein, neighbours only (optimal string alignment).
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string Nearest(std::string_view mistyped, const std::vector<std::string>& known) {
  if (mistyped.size() > kLengthMax) return "";
  std::string nearest;
  std::size_t least = std::max<std::size_t>(2, mistyped.size() / 3) + 1;
  for (const std::string& name : known) {
    std::size_t distance = Distance(mistyped, name);
    if (distance >= least) continue;
    least = distance;
    nearest = name;
  }
  return nearest;
}

}  // namespace tipoff
