#include "demo/calendar.h"

#include <algorithm>
#include <array>

#include "base/panic.h"
#include "demo/dice.h"
#include "demo/names.h"

namespace tipoff {
namespace {

constexpr std::uint64_t kSite = 2;
constexpr int kDivision = 5;
constexpr int kConference = 15;
constexpr int kBreakDays = 6;

struct Pairing {
  int home;
  int away;
};

void Meet(std::vector<Pairing>& pairings, int a, int b, int at_a, int at_b) {
  for (int i = 0; i < at_a; ++i) pairings.push_back({a, b});
  for (int i = 0; i < at_b; ++i) pairings.push_back({b, a});
}

// Every pair of teams once, with as many meetings as the header says.
std::vector<Pairing> AllPairings() {
  std::vector<Pairing> pairings;
  for (int a = 0; a < kDemoTeams; ++a) {
    for (int b = a + 1; b < kDemoTeams; ++b) {
      if (a / kConference != b / kConference) {
        Meet(pairings, a, b, 1, 1);
      } else if (a / kDivision == b / kDivision || (b - a) % kDivision > 1) {
        Meet(pairings, a, b, 2, 2);
      } else {  // Two of each five meet three times: at one once more, at the other once less.
        bool more_at_a = (b - a) % kDivision == 0;
        Meet(pairings, a, b, more_at_a ? 2 : 1, more_at_a ? 1 : 2);
      }
    }
  }
  return pairings;
}

// 0 is Monday.
int Weekday(Day day) { return ((day.days() + 3) % 7 + 7) % 7; }

Day OnWeekday(int year, unsigned month, unsigned first, int weekday) {
  Day day = MakeDay(year, month, first).value();
  while (Weekday(day) != weekday) day = day + 1;
  return day;
}

struct DayPlan {
  Day date;
  double weight;  // Of the season's games.
};

std::vector<DayPlan> PlanDays(int year) {
  static constexpr std::array<double, 7> kByWeekday{8, 6, 11, 3.5, 10.5, 8, 7.5};
  Day first = OnWeekday(year, 10, 21, 1);
  Day last = OnWeekday(year + 1, 4, 8, 6);
  Day thanksgiving = OnWeekday(year, 11, 22, 3);
  Day christmas_eve = MakeDay(year, 12, 24).value();
  Day rest_from = OnWeekday(year + 1, 2, 13, 4);
  std::vector<DayPlan> plan;
  for (Day day = first; day <= last; day = day + 1) {
    bool free = day == thanksgiving || day == christmas_eve ||
                (day >= rest_from && day < rest_from + kBreakDays);
    double weight = free           ? 0
                    : day == first ? 2
                                   : kByWeekday[static_cast<std::size_t>(Weekday(day))];
    plan.push_back({day, weight});
  }
  return plan;
}

// Gives out the pairings day by day: first to the teams that have most left, and rather to rested
// ones.
class Scheduler {
 public:
  Scheduler(std::uint64_t seed, std::vector<Pairing> pairings)
      : dice_(seed, kSite), open_(std::move(pairings)) {
    dice_.Shuffle(open_);
    for (const Pairing& pairing : open_) {
      ++left_[Index(pairing.home)];
      ++left_[Index(pairing.away)];
    }
  }

  std::size_t open() const { return open_.size(); }

  void FillDay(Day date, int games, std::vector<DemoGame>& calendar) {
    std::vector<std::pair<double, std::size_t>> wishes;
    for (std::size_t i = 0; i < open_.size(); ++i) {
      if (Tired(open_[i].home, date) || Tired(open_[i].away, date)) continue;
      wishes.emplace_back(Wish(open_[i], date), i);
    }
    std::sort(wishes.begin(), wishes.end(), std::greater<>());
    std::vector<std::size_t> taken;
    for (const auto& [wish, i] : wishes) {
      if (static_cast<int>(taken.size()) == games) break;
      const Pairing pairing = open_[i];
      if (last_[Index(pairing.home)] == date || last_[Index(pairing.away)] == date) continue;
      Play(pairing.home, date);
      Play(pairing.away, date);
      calendar.push_back({date, pairing.home, pairing.away});
      taken.push_back(i);
    }
    std::sort(taken.rbegin(), taken.rend());
    for (std::size_t i : taken) open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(i));
  }

 private:
  static std::size_t Index(int team) { return static_cast<std::size_t>(team); }

  bool Tired(int team, Day date) const {
    return last_[Index(team)] == date - 1 && before_last_[Index(team)] == date - 2;
  }

  double Wish(const Pairing& pairing, Day date) {
    double wish = left_[Index(pairing.home)] + left_[Index(pairing.away)] + dice_.Between(0, 3);
    for (int team : {pairing.home, pairing.away}) {
      if (last_[Index(team)] == date - 1) wish -= 2.2;
    }
    return wish;
  }

  void Play(int team, Day date) {
    before_last_[Index(team)] = last_[Index(team)];
    last_[Index(team)] = date;
    --left_[Index(team)];
  }

  Dice dice_;
  std::vector<Pairing> open_;
  std::array<int, kDemoTeams> left_{};
  std::array<Day, kDemoTeams> last_{};
  std::array<Day, kDemoTeams> before_last_{};
};

}  // namespace

std::vector<DemoGame> MakeDemoCalendar(std::uint64_t seed, int year) {
  Scheduler scheduler(seed, AllPairings());
  std::vector<DayPlan> plan = PlanDays(year);
  double weight_left = 0;
  for (const DayPlan& day : plan) weight_left += day.weight;
  std::vector<DemoGame> calendar;
  Dice dice(seed, kSite + 100);
  for (const DayPlan& day : plan) {
    if (day.weight <= 0) continue;
    double share = day.weight / weight_left * static_cast<double>(scheduler.open());
    int games = static_cast<int>(share * dice.Between(0.6, 1.4) + 0.5);
    scheduler.FillDay(day.date, std::clamp(games, 1, 15), calendar);
    weight_left -= day.weight;
  }
  for (Day day = plan.back().date + 1; scheduler.open() > 0; day = day + 1) {
    TIPOFF_CHECK(day - plan.back().date < 30, "a demo season that does not end");
    scheduler.FillDay(day, 15, calendar);
  }
  return calendar;
}

}  // namespace tipoff
