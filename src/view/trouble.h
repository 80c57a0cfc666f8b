// How a window of errors stands in a Record; see flow/trouble.h, which writes and reads them.
#pragma once

#include <string>
#include <string_view>

#include "core/diagnose.h"

namespace tipoff {

std::string Encode(const Trouble& trouble);
// kCorrupt names the field.
Result<Trouble> DecodeTrouble(std::string_view body);

}  // namespace tipoff
