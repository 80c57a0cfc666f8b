// The files of the web page in the program; dashboard/embed.mjs writes their definition.
#pragma once

#include <span>

#include "api/page.h"

namespace tipoff {

// For as long as the program runs.
std::span<const PageFile> DashboardFiles();

}  // namespace tipoff
