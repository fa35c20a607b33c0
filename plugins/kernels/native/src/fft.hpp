// In-place complex FFT of L signals at once, one per lane: decimation in frequency, radix 8, 4, 2, 3 and 5.
//
// The value for frequency k is left in z[plan.slot[k]]. A slot is whole cache lines, so reading in permuted order costs
// nothing, and neither a second buffer nor a bit-reversal pass is needed.
#pragma once
#include "kernels.hpp"
#include "lanes.hpp"

namespace {

constexpr long CACHE = 32768;  // bytes of the first level

template <int N> struct Radix {};

inline void butterfly(Radix<1>, Z*) {}

inline void butterfly(Radix<2>, Z* u) {
    const Z a = u[0];
    u[0] = a + u[1];
    u[1] = a - u[1];
}

inline void butterfly(Radix<3>, Z* u) {
    const float s = 0.8660254037844386f, half = 0.5f;
    const Z sum = u[1] + u[2], turned = minus_i(u[1] - u[2]) * s, rest = u[0] - sum * half;
    u[0] = u[0] + sum;
    u[1] = rest + turned;
    u[2] = rest - turned;
}

inline void butterfly(Radix<4>, Z* u) {
    const Z a = u[0] + u[2], b = u[0] - u[2], c = u[1] + u[3], d = minus_i(u[1] - u[3]);
    u[0] = a + c;
    u[1] = b + d;
    u[2] = a - c;
    u[3] = b - d;
}

inline void butterfly(Radix<5>, Z* u) {
    const float c1 = 0.30901699437494745f, c2 = -0.8090169943749475f;  // cos and sin of 72° and 144°
    const float s1 = 0.9510565162951535f, s2 = 0.5877852522924731f;
    const Z a = u[1] + u[4], b = u[2] + u[3], d = minus_i(u[1] - u[4]), e = minus_i(u[2] - u[3]);
    const Z p = u[0] + a * c1 + b * c2, q = u[0] + a * c2 + b * c1, r = d * s1 + e * s2, s = d * s2 - e * s1;
    u[0] = u[0] + a + b;
    u[1] = p + r;
    u[2] = q + s;
    u[3] = q - s;
    u[4] = p - r;
}

inline void butterfly(Radix<8>, Z* u) {
    const float h = 0.7071067811865476f;
    Z even[4] = {u[0], u[2], u[4], u[6]}, odd[4] = {u[1], u[3], u[5], u[7]};
    butterfly(Radix<4>{}, even);
    butterfly(Radix<4>{}, odd);
    odd[1] = (odd[1] + minus_i(odd[1])) * h;
    odd[2] = minus_i(odd[2]);
    odd[3] = (minus_i(odd[3]) - odd[3]) * h;
    for (int j = 0; j < 4; ++j) {
        u[j] = even[j] + odd[j];
        u[j + 4] = even[j] - odd[j];
    }
}

// One stage: `blocks` transforms of length R · m each, row(i), become R of length m in z.
template <int R, bool TURN, class Source>
void pass(Source row, Z* z, long m, long blocks, const Complex<float>* twiddle) {
    for (long p = 0; p < m; ++p, twiddle += R - 1) {
        for (long b = 0; b < blocks; ++b) {
            const long first = b * R * m + p;
            Z* a = z + first;
            Z u[R];
            for (int j = 0; j < R; ++j) u[j] = row(first + j * m);
            butterfly(Radix<R>{}, u);
            a[0] = u[0];
            for (int j = 1; j < R; ++j) a[j * m] = TURN ? u[j] * twiddle[j - 1] : u[j];
        }
    }
}

template <bool TURN, class Source>
void pass(int radix, Source row, Z* z, long m, long blocks, const Complex<float>* twiddle) {
    switch (radix) {
        case 8: return pass<8, TURN>(row, z, m, blocks, twiddle);
        case 5: return pass<5, TURN>(row, z, m, blocks, twiddle);
        case 4: return pass<4, TURN>(row, z, m, blocks, twiddle);
        case 3: return pass<3, TURN>(row, z, m, blocks, twiddle);
        default: return pass<2, TURN>(row, z, m, blocks, twiddle);
    }
}

// All stages from `stage` on but the last, which takes the twiddle factors before it as well: depth first while a block
// is larger than the first-level cache, then stage by stage.
void fft(const Plan& plan, Z* z, long n, int stage, long blocks = 1) {
    const auto row = [z](long i) { return z[i]; };
    for (; stage < plan.stages - 1; ++stage) {
        const int radix = plan.radix[stage];
        const bool large = n * long(sizeof(Z)) > CACHE;
        n /= radix;
        if (stage == plan.stages - 2) return pass<false>(radix, row, z, n, blocks, nullptr);
        pass<true>(radix, row, z, n, blocks, reinterpret_cast<const Complex<float>*>(plan.twiddle[stage]));
        if (large) {
            for (long j = 0; j < radix * blocks; ++j) fft(plan, z + j * n, n, stage + 1);
            return;
        }
        blocks *= radix;
    }
}

// The first stage, of rows that are made as they are asked for, where others than the last follow.
template <class Source> void first_pass(const Plan& plan, Source row, Z* z) {
    const int radix = plan.radix[0];
    pass<true>(radix, row, z, plan.half / radix, 1, reinterpret_cast<const Complex<float>*>(plan.twiddle[0]));
}

// All stages but the last, of rows that are made as they are asked for.
template <class Source> void fft_of(const Plan& plan, Source row, Z* z) {
    const int radix = plan.radix[0];
    const long m = plan.half / radix;
    if (plan.stages == 2) return pass<false>(radix, row, z, m, 1, nullptr);
    first_pass(plan, row, z);
    fft(plan, z, m, 1, radix);
}

}  // namespace
