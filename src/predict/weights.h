// Which mix of several systems would have been the best.
#pragma once

#include <span>
#include <vector>

namespace tipoff {

// By member: prediction less actual, of one game.
using MemberErrors = std::vector<double>;

// Weights of at least 0 that add up to 1 and make the mean squared error of the mix least; alike
// members share. Equal weights without any game. Pure.
std::vector<double> LearnWeights(std::span<const MemberErrors> games, std::size_t members);

}  // namespace tipoff
