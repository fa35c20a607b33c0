// Spectrum → bands → logarithm → cosine transform, a group of L frames at a time, all of it in cache.
#pragma once
#include "frames.hpp"

namespace {

constexpr float INF = __builtin_inff();

// z, edge, coefficients of one group, levels of so many groups, floors of so many channels
long mel_scratch(const Plan& p, const Bands& m, long groups, long channels) {
    return z_floats(p) + edge_floats(p) + (m.coefs + groups * m.count) * L + channels;
}
inline V* level_part(const Frames& s, const Bands& m, float* scratch) {
    return reinterpret_cast<V*>(scratch + mel_scratch(*s.plan, m, 0, 0));
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

inline V band(const Bands& m, const V* power, int b) {
    const float* w = m.weight + m.offset[b];
    V even{}, odd{};
    int k = m.first[b];
    for (; k + 1 < m.last[b]; k += 2, w += 2) {
        even += power[k] * w[0];
        odd += power[k + 1] * w[1];
    }
    if (k < m.last[b]) even += power[k] * w[0];
    return even + odd;
}

inline V logarithm(const Bands& m, V x) {
    if (m.log == Log::NONE) return x;
    x = at_least(x, splat(m.floor));
    if (m.log == Log::LN) return log2(x + m.added) * 0.6931471806f;
    return log2(x) * (m.squared ? 3.010299957f : 6.020599913f);
}

inline long frames_of(const Frames& s) { return s.channels * s.count; }
inline long groups_of(long frames) { return (frames + L - 1) / L; }
inline int valid_of(long first, long last) { return last - first < L ? int(last - first) : L; }

// Levels of frames [first, first + valid) to `level`, (bands) lanes. Not inlined, nor is finish: however the work is
// divided, the same instructions make the same bytes.
__attribute__((noinline)) void levels(const Frames& s, const Bands& m, long first, int valid, float* scratch, V* level) {
    const Plan& p = *s.plan;
    Z* z = reinterpret_cast<Z*>(scratch);
    float* edge = scratch + z_floats(p);
    V* power = reinterpret_cast<V*>(edge);  // of no use any more once the frames are loaded
    load_frames(s, first, valid, z, edge);
    transform<Squares::QUICK>(p, z, power);
    if (!m.squared) {
        for (long k = 0; k <= p.half; ++k) power[k] = root(power[k]);
    }
    for (int b = 0; b < m.count; ++b) level[b] = logarithm(m, band(m, power, b));
}

// Sums of 16 bands, then the sum of those: in one go, 128 roundings of large sums would be the largest error of all.
inline void cosines(const Bands& m, const V* level, V* out) {
    constexpr int AT_ONCE = L > 8 ? 10 : 4, STRETCH = 16;  // as many as registers hold
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

// Levels of a group, raised to its frames' floors, to `valid` rows of `out`.
__attribute__((noinline)) void finish(const Bands& m, V floor, V* level, V* coefs, float* out, int valid) {
    for (int b = 0; b < m.count; ++b) level[b] = at_least(level[b], floor);
    if (m.dct) {
        cosines(m, level, coefs);
        store_transposed([=](long k) { return coefs[k]; }, m.coefs, out, m.coefs, valid);
    } else {
        store_transposed([=](long b) { return level[b]; }, m.count, out, m.count, valid);
    }
}
inline long columns_of(const Bands& m) { return m.dct ? m.coefs : m.count; }

// Only finite levels count: one broken frame must not lift all others to its own.
inline V loudest(const Bands& m, const V* level) {
    V most = splat(-INF);
    for (int b = 0; b < m.count; ++b) most = (level[b] > most) & (level[b] < INF) ? level[b] : most;
    return most;
}
inline V quietest(const Bands& m, const V* level) {
    V least = splat(INF);
    for (int b = 0; b < m.count; ++b) least = level[b] < least ? level[b] : least;
    return least;
}

// The floors of the channels that frames [first, first + valid) belong to, `floors` being that of `channel`.
inline V floors_of(const Frames& s, const float* floors, long channel, long first, int valid) {
    V floor = splat(-INF);
    for (int l = 0; l < valid; ++l) floor[l] = floors[(first + l) / s.count - channel];
    return floor;
}

void mel(const Frames& s, const Bands& m, float* out, long first, long last, const Ranges& ranges, float* scratch) {
    V* level = level_part(s, m, scratch);
    for (long t = first * L; t < last * L; t += L) {
        const int valid = valid_of(t, frames_of(s));
        levels(s, m, t, valid, scratch, level);
        if (ranges.loudest) {
            store(ranges.loudest + t, loudest(m, level));
            store(ranges.quietest + t, quietest(m, level));
        }
        finish(m, splat(-INF), level, level - m.coefs, out + t * columns_of(m), valid);
    }
}

void mel_raise(const Frames& s, const Bands& m, float* out, long first, long last, const Ranges& ranges,
               const float* floors, float* scratch) {
    V* level = level_part(s, m, scratch);
    for (long t = first * L; t < last * L; t += L) {
        const int valid = valid_of(t, frames_of(s));
        const V floor = floors_of(s, floors, 0, t, valid);
        bool under = false;
        for (int l = 0; l < valid; ++l) under |= ranges.quietest[t + l] < floor[l];
        if (!under) continue;
        levels(s, m, t, valid, scratch, level);
        finish(m, floor, level, level - m.coefs, out + t * columns_of(m), valid);
    }
}

void mel_channels(const Frames& s, const Bands& m, float* out, long first, long last, float top_db, float* scratch) {
    const long begin = first * s.count, end = last * s.count;
    V* level = level_part(s, m, scratch);
    float* floors = reinterpret_cast<float*>(level + groups_of(end - begin) * m.count);
    for (long c = 0; c < last - first; ++c) floors[c] = -INF;
    for (long t = begin; t < end; t += L) {
        const int valid = valid_of(t, end);
        V* here = level + (t - begin) / L * m.count;
        levels(s, m, t, valid, scratch, here);
        const V most = loudest(m, here) - top_db;
        for (int l = 0; l < valid; ++l) {
            float& floor = floors[(t + l) / s.count - first];
            floor = most[l] > floor ? most[l] : floor;
        }
    }
    for (long t = begin; t < end; t += L) {
        const int valid = valid_of(t, end);
        V* here = level + (t - begin) / L * m.count;
        finish(m, floors_of(s, floors, first, t, valid), here, level - m.coefs, out + t * columns_of(m), valid);
    }
}

}  // namespace
