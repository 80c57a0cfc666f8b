// Two pictures of how good predictions were, as SVG.
#pragma once

#include <string>
#include <vector>

#include "predict/grading.h"

namespace tipoff {

// What was said to be so likely against how often it came, of the rows of one system: its
// quantiles, and its probabilities against lines in tenths. On the diagonal it is right.
std::string ReliabilityPlot(const std::vector<GradeRow>& rows, const std::string& system);

// By predicted points, two at a time: the mean of actual less predicted, and between what 10 % and
// 90 % of it lie.
std::string ResidualPlot(const std::vector<GradeRow>& rows, const std::string& system);

// Both as reliability.svg and residuals.svg in a folder, which is made.
Status WritePlots(const std::string& folder, const std::vector<GradeRow>& rows,
                  const std::string& system);

}  // namespace tipoff
