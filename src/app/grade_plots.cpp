#include "app/grade_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>

namespace tipoff {
namespace {

constexpr double kWidth = 640, kHeight = 480, kEdge = 56;

// One picture: a frame with axes, in which points are placed by their values.
class Plot {
 public:
  struct Axis {
    double low, high, step;
    std::string title;
  };
  Plot(std::string title, Axis x, Axis y) : x_(std::move(x)), y_(std::move(y)) {
    svg_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
        "height=\"{1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
        "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
        kWidth, kHeight);
    Text(kWidth / 2, 24, title, "middle");
    Text(kWidth / 2, kHeight - 12, x_.title, "middle");
    Text(kEdge, kEdge - 12, y_.title, "start");
    for (double at = x_.low; at <= x_.high + 1e-9; at += x_.step) {
      Line(at, y_.low, at, y_.high, "#dddddd");
      Text(X(at), kHeight - kEdge + 18, fmt::format("{:.4g}", at), "middle");
    }
    for (double at = y_.low; at <= y_.high + 1e-9; at += y_.step) {
      Line(x_.low, at, x_.high, at, "#dddddd");
      Text(kEdge - 8, Y(at) + 4, fmt::format("{:.4g}", at), "end");
    }
  }

  void Line(double x1, double y1, double x2, double y2, std::string_view colour) {
    svg_ += fmt::format(
        "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\"/>\n", X(x1),
        Y(y1), X(x2), Y(y2), colour);
  }
  // `what` is shown by a browser when one points at it.
  void Dot(double x, double y, std::string_view colour, const std::string& what) {
    svg_ += fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"><title>{}</title></circle>\n",
        X(x), Y(y), colour, Escaped(what));
  }
  void Note(int row, std::string_view colour, const std::string& text) {
    svg_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"4\" fill=\"{}\"/>\n", kEdge + 14,
                        kEdge + 14 + 18 * row, colour);
    Text(kEdge + 24, kEdge + 18 + 18 * row, text, "start");
  }
  std::string Svg() const { return svg_ + "</svg>\n"; }

 private:
  static std::string Escaped(std::string_view text) {
    std::string escaped;
    for (char c : text) {
      if (c == '<')
        escaped += "&lt;";
      else if (c == '&')
        escaped += "&amp;";
      else
        escaped += c;
    }
    return escaped;
  }
  void Text(double x, double y, std::string_view text, std::string_view anchor) {
    svg_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y,
                        anchor, Escaped(text));
  }
  double X(double x) const {
    double at = std::clamp((x - x_.low) / (x_.high - x_.low), 0.0, 1.0);
    return kEdge + at * (kWidth - 2 * kEdge);
  }
  double Y(double y) const {
    double at = std::clamp((y - y_.low) / (y_.high - y_.low), 0.0, 1.0);
    return kHeight - kEdge - at * (kHeight - 2 * kEdge);
  }

  Axis x_, y_;
  std::string svg_;
};

struct Share {
  double said = 0, came = 0, n = 0;
};

void DrawShare(Plot& plot, const Share& share, std::string_view colour) {
  if (share.n == 0) return;
  double said = share.said / share.n, came = share.came / share.n;
  plot.Dot(said, came, colour,
           fmt::format("said {:.3f}, came {:.3f}, of {:.0f}", said, came, share.n));
}

Status WriteText(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return Ok();
  return Error{Errc::kExhausted, fmt::format("--plot: cannot write {}", path.string())};
}

}  // namespace

std::string ReliabilityPlot(const std::vector<GradeRow>& rows, const std::string& system) {
  std::array<Share, 3> quantiles;
  std::array<Share, 10> lines;
  for (const GradeRow& row : rows) {
    if (row.system != system || !row.actual_points) continue;
    double actual = *row.actual_points;
    if (row.quantiles) {
      const std::pair<double, double> said[] = {
          {0.1, row.quantiles->p10}, {0.5, row.quantiles->p50}, {0.9, row.quantiles->p90}};
      for (std::size_t i = 0; i < quantiles.size(); ++i) {
        // A whole number that a quantile falls on lies half below it.
        double below = actual < said[i].second ? 1 : actual == said[i].second ? 0.5 : 0;
        quantiles[i] = {quantiles[i].said + said[i].first, quantiles[i].came + below,
                        quantiles[i].n + 1};
      }
    }
    if (row.p_over && row.line && row.line->value() != actual) {
      auto tenth = std::min<std::size_t>(static_cast<std::size_t>(*row.p_over * 10), 9);
      lines[tenth] = {lines[tenth].said + *row.p_over,
                      lines[tenth].came + (actual > row.line->value() ? 1 : 0), lines[tenth].n + 1};
    }
  }
  Plot plot("Reliability of " + system, {0, 1, 0.1, "said"}, {0, 1, 0.1, "came"});
  plot.Line(0, 0, 1, 1, "#888888");
  for (const Share& share : quantiles) DrawShare(plot, share, "#1f77b4");
  for (const Share& share : lines) DrawShare(plot, share, "#d62728");
  plot.Note(0, "#1f77b4", "not more than p10, p50, p90");
  plot.Note(1, "#d62728", "over the line, in tenths");
  return plot.Svg();
}

std::string ResidualPlot(const std::vector<GradeRow>& rows, const std::string& system) {
  std::map<int, std::vector<double>> bins;
  for (const GradeRow& row : rows) {
    if (row.system != system || !row.actual_points) continue;
    bins[static_cast<int>(row.predicted_points / 2)].push_back(*row.actual_points -
                                                               row.predicted_points);
  }
  Plot plot("Residuals of " + system, {0, 40, 4, "predicted points"},
            {-20, 20, 5, "actual less predicted points"});
  plot.Line(0, 0, 40, 0, "#888888");
  for (auto& [bin, residuals] : bins) {
    std::sort(residuals.begin(), residuals.end());
    double sum = 0;
    for (double residual : residuals) sum += residual;
    double mean = sum / static_cast<double>(residuals.size());
    double x = 2 * bin + 1;
    plot.Line(x, residuals[residuals.size() / 10], x, residuals[residuals.size() * 9 / 10],
              "#1f77b4");
    plot.Dot(
        x, mean, "#1f77b4",
        fmt::format("{} to {}: mean {:+.2f}, of {}", 2 * bin, 2 * bin + 2, mean, residuals.size()));
  }
  return plot.Svg();
}

Status WritePlots(const std::string& folder, const std::vector<GradeRow>& rows,
                  const std::string& system) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem) {
    return Error{Errc::kDenied,
                 fmt::format("--plot: cannot create {}: {}", folder, problem.message())};
  }
  std::filesystem::path place(folder);
  TIPOFF_TRY_STATUS(WriteText(place / "reliability.svg", ReliabilityPlot(rows, system)));
  return WriteText(place / "residuals.svg", ResidualPlot(rows, system));
}

}  // namespace tipoff
