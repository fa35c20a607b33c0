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
    std::vector<int> slots;
    std::vector<float> stage_turns, untangle_turns;

    explicit OwnedPlan(int length) : Plan{} {
        n_fft = length;
        half = length / 2;
        choose_radices();
        make_stages();
        for (int k = 0; k <= half; ++k) append(untangle_turns, double(k) / n_fft + 0.25);
        stage = stage_turns.data();
        untangle = untangle_turns.data();
        slots.push_back(half);
        slot = slots.data();
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
                run = stride;
            }
            for (int k = 0; k < half; ++k) slots[k] += k / stride % r * m;
            stride *= r;
            n = m;
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

const Plan& plan_for(long n_fft) {
    static std::mutex lock;
    static std::map<long, std::unique_ptr<OwnedPlan>> plans;
    if (!has_plan(n_fft)) throw std::invalid_argument("n_fft must be even, from 32 to 65536, with no prime factor above 5");
    const std::lock_guard<std::mutex> hold(lock);
    auto found = plans.find(n_fft);
    if (found == plans.end()) found = plans.emplace(n_fft, std::make_unique<OwnedPlan>(int(n_fft))).first;
    return *found->second;
}
