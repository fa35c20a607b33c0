#include "plan.hpp"

#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

namespace {

struct OwnedPlan : Plan {
    std::vector<std::vector<float>> tables;
    std::vector<int> slots, rows;
    std::vector<float> stage_turns, untangle_turns, lane_turns, cross_turns, middle_turns;
    std::unique_ptr<OwnedPlan> lane_plan;

    OwnedPlan(int length, int lanes) : Plan{} {
        n_fft = length;
        half = length / 2;
        choose_radices();
        make_stages();
        for (int k = 0; k <= half; ++k) append(untangle_turns, double(k) / n_fft + 0.25);
        stage = stage_turns.data();
        untangle = untangle_turns.data();
        slots.push_back(half);
        slot = slots.data();
        row = rows.data();
        if (lanes && has_plan(n_fft / lanes) && half % lanes == 0 && half / lanes >= lanes) split(lanes);
    }

  private:
    // As many 8s as leave no single 2 behind: 8 · 8 · 4 rather than 8 · 8 · 2 · 2, and 4 · 4 rather than 8 · 2.
    void choose_radices() {
        int left = half;
        for (int radix_now : {8, 4, 2, 3, 5}) {
            while (left % radix_now == 0 && !(radix_now == 8 && left % 16 == 0 && left % 32)) {
                radix[stages++] = radix_now;
                left /= radix_now;
            }
        }
    }

    void make_stages() {
        slots.assign(half, 0);
        tables.reserve(stages);  // the levels keep pointers into them
        int n = half, stride = 1;
        for (int i = 0; i < stages; ++i) {
            const int r = radix[i], m = n / r;
            if (i < stages - 2) {
                auto& table = tables.emplace_back();
                for (int p = 0; p < m; ++p) {
                    for (int j = 1; j < r; ++j) append(table, double(p) * j / n);
                }
                twiddle[i] = table.data();
            } else if (i == stages - 2) {
                for (int j = 0; j < r; ++j) {
                    for (int p = 0; p < m; ++p) append(stage_turns, double(p) * j / n);
                }
                for (int c = 0; c < half / radix[stages - 1]; ++c) rows.push_back(c / stride * radix[stages - 1]);
            }
            for (int k = 0; k < half; ++k) slots[k] += k / stride % r * m;
            stride *= r;
            n = m;
        }
    }

    // For lanes that hold a signal each, and make one spectrum together: see single.hpp.
    void split(int lanes) {
        lane_plan = std::make_unique<OwnedPlan>(n_fft / lanes, 0);
        lane = lane_plan.get();
        for (int k = 0; k < lane->half; ++k) append_parts(lane_turns, double(k) / n_fft, lanes, lanes);
        for (int j = 1; j < lanes / 4; ++j) append_parts(cross_turns, double(j) / lanes, lanes, 4);
        for (int l = 0; l < lanes; ++l) {
            for (int j = 0; j < lanes / 2; ++j) append(middle_turns, double(2 * j + 1) / (2 * lanes) * l);
        }
        turn = lane_turns.data();
        cross = cross_turns.data();
        middle = middle_turns.data();
    }

    // Real, then imaginary parts of `lanes` numbers that begin anew every `period`.
    static void append_parts(std::vector<float>& table, double turns, int lanes, int period) {
        std::vector<float> pairs;
        for (int l = 0; l < lanes; ++l) append(pairs, turns * (l % period));
        for (int part = 0; part < 2; ++part) {
            for (int l = 0; l < lanes; ++l) table.push_back(pairs[2 * l + part]);
        }
    }

    // exp(−2πi · turns)
    static void append(std::vector<float>& table, double turns) {
        const double angle = 2 * 3.14159265358979323846 * turns;
        table.push_back(float(std::cos(angle)));
        table.push_back(float(-std::sin(angle)));
    }
};

}  // namespace

bool has_plan(long n_fft) {
    constexpr long LONGEST = 1 << 16;  // L frames at once must not need much memory
    if (n_fft < 32 || n_fft % 2 || n_fft > LONGEST) return false;
    for (long prime : {2, 3, 5}) {
        while (n_fft % prime == 0) n_fft /= prime;
    }
    return n_fft == 1;
}

const Plan& plan_for(long n_fft, int lanes) {
    static std::mutex lock;
    static std::map<std::pair<long, int>, std::unique_ptr<OwnedPlan>> plans;
    if (!has_plan(n_fft)) throw std::invalid_argument("n_fft must be even, from 32 to 65536, with no prime factor above 5");
    const std::lock_guard<std::mutex> hold(lock);
    auto& plan = plans[{n_fft, lanes}];
    if (!plan) plan = std::make_unique<OwnedPlan>(int(n_fft), lanes);
    return *plan;
}
