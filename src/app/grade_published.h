// What was really published, as rows to grade.
#pragma once

#include <vector>

#include "flow/published.h"
#include "predict/grading.h"

namespace tipoff {

// Everyone who has published predictions, in their order, played or not, with mean minutes over the
// last 10 games of at least `min_minutes`; and his earlier games, for the bands of minutes.
GradeCases PublishedCases(const HistoryTable& table, std::vector<PublishedPlayer>& players,
                          const GradeOptions& options);

// A row for each system that was published, against the lowest line or without one; predictions of
// other stats than points are left out.
std::vector<GradeRow> RowsOfPublished(const GradeCases& cases,
                                      const std::vector<PublishedPlayer>& players);

}  // namespace tipoff
