// Weighted linear least squares by the normal equations: a handful of columns, any number of rows.
#pragma once

#include <cmath>
#include <utility>
#include <vector>

namespace tipoff {

class LeastSquares {
 public:
  explicit LeastSquares(std::size_t columns)
      : left_(columns, std::vector<double>(columns, 0.0)), right_(columns, 0.0) {}

  void Add(const std::vector<double>& row, double target, double weight) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      for (std::size_t j = 0; j < row.size(); ++j) left_[i][j] += weight * row[i] * row[j];
      right_[i] += weight * row[i] * target;
    }
  }

  // Gauss-Jordan with pivots; columns must not be dependent.
  std::vector<double> Solve() const {
    auto a = left_;
    auto b = right_;
    std::size_t n = b.size();
    for (std::size_t k = 0; k < n; ++k) {
      std::size_t pivot = k;
      for (std::size_t i = k + 1; i < n; ++i) {
        if (std::abs(a[i][k]) > std::abs(a[pivot][k])) pivot = i;
      }
      std::swap(a[k], a[pivot]);
      std::swap(b[k], b[pivot]);
      for (std::size_t i = 0; i < n; ++i) {
        if (i == k) continue;
        double factor = a[i][k] / a[k][k];
        for (std::size_t j = k; j < n; ++j) a[i][j] -= factor * a[k][j];
        b[i] -= factor * b[k];
      }
    }
    for (std::size_t k = 0; k < n; ++k) b[k] /= a[k][k];
    return b;
  }

 private:
  std::vector<std::vector<double>> left_;
  std::vector<double> right_;
};

}  // namespace tipoff
