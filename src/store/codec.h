// The parts of stored objects that backends keep as JSON text: what nobody searches by.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch.h"
#include "core/prediction.h"
#include "core/slate.h"

namespace tipoff {

std::string EncodeSpec(const RequestSpec& spec);
Result<RequestSpec> DecodeSpec(std::string_view text);

std::string EncodeSlate(const Slate& slate);
Result<Slate> DecodeSlate(std::string_view text);

std::string EncodePredictions(const std::vector<Prediction>& predictions);
Result<std::vector<Prediction>> DecodePredictions(std::string_view text);

// The header's fields that have no column of their own: policy, provenance, the decided outcome.
std::string EncodeBatchDetails(const Batch& batch);
Status DecodeBatchDetails(std::string_view text, Batch& batch);

// The cursor of a list of batches, as pages give it; 0 for the first page. kInvalid: it is none.
Result<std::int64_t> ParseBatchCursor(std::string_view text);

}  // namespace tipoff
