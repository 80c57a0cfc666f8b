#include "api/openapi.h"
#include "openapi_schemas_text.h"

namespace tipoff {

std::string_view SchemasText() { return kSchemas; }

}  // namespace tipoff
