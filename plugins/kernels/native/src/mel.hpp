// Spectrum → bands → logarithm → cosine transform, a group of L frames at a time, all of it in cache.
#pragma once
#include "frames.hpp"

namespace {

constexpr float INF = __builtin_inff();

// z, edge, coefficients of one group, levels of so many groups
long mel_scratch(const Plan& p, const Bands& m, long groups) {
    return z_floats(p) + edge_floats(p) + (m.coefs + groups * m.count) * L;
}
inline V* level_part(const Frames& s, const Bands& m, float* scratch) {
    return reinterpret_cast<V*>(scratch + mel_scratch(*s.plan, m, 0));
}

// Base 2, for normal numbers: exponent, and a polynomial in z = f / (f + 2) for the mantissa 1 + f in [√½, √2), relative
// error 1e-7. Infinity and NaN give themselves.
inline V log2(V x) {
    const I exponent = (reinterpret_cast<I>(x) - 0x3f3504f3) & -8388608;
    const V f = reinterpret_cast<V>(reinterpret_cast<I>(x) - exponent) - 1.0f, z = f / (f + 2.0f), s = z * z;
    const V odd = 0.577078016f + s * (0.412198583f + s * 0.320598898f);
    const V mantissa = z * (2.885390082f + s * (0.961796694f + s * odd));
    const V result = __builtin_convertvector(exponent >> 23, V) + mantissa;
    return x - x == 0.0f ? result : x;
}

inline V band(const Bands& m, const int* slot, const Z* z, int b) {
    const float* w = m.weight + m.offset[b];
    V even{}, odd{};
    int k = m.first[b];
    for (; k + 1 < m.last[b]; k += 2, w += 2) {
        even += z[slot[k]].re * w[0];
        odd += z[slot[k + 1]].re * w[1];
    }
    if (k < m.last[b]) even += z[slot[k]].re * w[0];
    return even + odd;
}

inline V logarithm(const Bands& m, V x) {
    if (m.log == Log::NONE) return x;
    x = at_least(x, splat(m.floor));
    if (m.log == Log::LN) return log2(x + m.added) * 0.6931471806f;
    return log2(x) * (m.squared ? 3.010299957f : 6.020599913f);
}

// Levels of frames [t, t + L) to `level`, (bands) lanes. Not inlined, nor is finish: however the work is divided, the
// same instructions make the same bytes.
__attribute__((noinline)) void levels(const Frames& s, const Bands& m, long channel, long t, float* scratch, V* level) {
    const Plan& p = *s.plan;
    Z* z = reinterpret_cast<Z*>(scratch);
    load_frames(s, channel, t, s.count - t < L ? int(s.count - t) : L, z, scratch + z_floats(p));
    powers(p, z);
    if (!m.squared) {
        for (long k = 0; k <= p.half; ++k) z[k].re = root(z[k].re);
    }
    for (int b = 0; b < m.count; ++b) level[b] = logarithm(m, band(m, p.slot, z, b));
}

// Sums of 16 bands, then the sum of those: in one go, 128 roundings of large sums would be the largest error of all.
inline void cosines(const Bands& m, const V* level, V* out) {
    constexpr int AT_ONCE = 4, STRETCH = 16;
    for (int k = 0; k < m.coefs; k += AT_ONCE) {
        const int n = m.coefs - k < AT_ONCE ? m.coefs - k : AT_ONCE;
        V total[AT_ONCE] = {};
        for (int begin = 0; begin < m.count; begin += STRETCH) {
            const int end = begin + STRETCH < m.count ? begin + STRETCH : m.count;
            V sum[AT_ONCE] = {};
            for (int b = begin; b < end; ++b) {
                const float* row = m.dct + b * m.coefs + k;
                for (int j = 0; j < AT_ONCE; ++j) sum[j] += level[b] * row[j < n ? j : 0];
            }
            for (int j = 0; j < AT_ONCE; ++j) total[j] += sum[j];
        }
        for (int j = 0; j < n; ++j) out[k + j] = total[j];
    }
}

// Levels of frames [t, t + L), raised to `floor`, to their rows of the table.
__attribute__((noinline)) void finish(const Frames& s, const Bands& m, const Table& out, long channel, long t,
                                      float floor, V* level, V* coefs) {
    const int valid = s.count - t < L ? int(s.count - t) : L;
    float* rows = out.data + channel * out.channel_stride + t * out.row_stride;
    for (int b = 0; b < m.count; ++b) level[b] = at_least(level[b], splat(floor));
    if (m.dct) {
        cosines(m, level, coefs);
        store_transposed([=](long k) { return coefs[k]; }, m.coefs, rows, out.row_stride, valid);
    } else {
        store_transposed([=](long b) { return level[b]; }, m.count, rows, out.row_stride, valid);
    }
}

// Only finite levels count: one broken frame must not lift all others to its own.
inline Range range(const Bands& m, const V* level) {
    V most = splat(-INF), least = splat(INF);
    for (int b = 0; b < m.count; ++b) {
        most = (level[b] > most) & (level[b] < INF) ? level[b] : most;
        least = level[b] < least ? level[b] : least;
    }
    Range r = {-INF, INF};
    for (int l = 0; l < L; ++l) {
        r.loudest = most[l] > r.loudest ? most[l] : r.loudest;
        r.quietest = least[l] < r.quietest ? least[l] : r.quietest;
    }
    return r;
}

inline long groups_of(const Frames& s) { return (s.count + L - 1) / L; }

void mel(const Frames& s, const Bands& m, const Table& out, long first, long last, Range* ranges, float* scratch) {
    V* level = level_part(s, m, scratch);
    for (long i = first; i < last; ++i) {
        const long channel = i / groups_of(s), t = i % groups_of(s) * L;
        levels(s, m, channel, t, scratch, level);
        if (ranges) ranges[i] = range(m, level);
        finish(s, m, out, channel, t, -INF, level, level - m.coefs);
    }
}

void mel_raise(const Frames& s, const Bands& m, const Table& out, long first, long last, const Range* ranges,
               const float* floors, float* scratch) {
    V* level = level_part(s, m, scratch);
    for (long i = first; i < last; ++i) {
        const long channel = i / groups_of(s), t = i % groups_of(s) * L;
        if (ranges[i].quietest >= floors[channel]) continue;
        levels(s, m, channel, t, scratch, level);
        finish(s, m, out, channel, t, floors[channel], level, level - m.coefs);
    }
}

void mel_channels(const Frames& s, const Bands& m, const Table& out, long first, long last, float top_db, float* scratch) {
    V* level = level_part(s, m, scratch);
    for (long channel = first; channel < last; ++channel) {
        float loudest = -INF;
        for (long g = 0; g < groups_of(s); ++g) {
            levels(s, m, channel, g * L, scratch, level + g * m.count);
            const float most = range(m, level + g * m.count).loudest;
            loudest = most > loudest ? most : loudest;
        }
        for (long g = 0; g < groups_of(s); ++g) {
            finish(s, m, out, channel, g * L, loudest - top_db, level + g * m.count, level - m.coefs);
        }
    }
}

}  // namespace
