// One SIMD register of L float lanes, written once with the vector extensions of GCC and Clang.
//
// LANES is set per level: 16 for AVX-512, 8 for AVX2, 4 for SSE and NEON; wider than the registers would be nine times
// slower without a warning. Everything is in an unnamed namespace and no std:: template is used: otherwise the linker
// could pick the AVX-512 copy of a shared inline function for all levels, and machines without AVX-512 would crash.
#pragma once
#ifdef __SSE2__
#include <immintrin.h>
#endif

namespace {

constexpr int L = LANES;
typedef float V __attribute__((vector_size(4 * L)));
typedef int I __attribute__((vector_size(4 * L)));
typedef float Unaligned __attribute__((vector_size(4 * L), aligned(4), may_alias));

inline V load(const float* p) { return *reinterpret_cast<const Unaligned*>(p); }
inline void store(float* p, V v) { *reinterpret_cast<Unaligned*>(p) = v; }

// To an aligned place that is not read again soon: past the caches, where the processor can.
inline void store_past(float* p, V v) {
#if defined __AVX512F__
    _mm512_stream_ps(p, v);
#elif defined __AVX__
    _mm256_stream_ps(p, v);
#elif defined __SSE2__
    _mm_stream_ps(p, v);
#else
    store(p, v);
#endif
}
inline void finish_stores() {
#ifdef __SSE2__
    _mm_sfence();
#endif
}

inline V splat(float x) { return x - V{}; }

// NaN in the first argument stays, as in numpy.maximum
inline V at_least(V x, V floor) { return x < floor ? floor : x; }
inline V root(V x) {
    for (int l = 0; l < L; ++l) x[l] = __builtin_sqrtf(x[l]);
    return x;
}

// Lanes<0, 1, … L − 1>, for shuffles whose pattern is a formula of the lane
template <int... J> struct Lanes {};
template <int N, int... J> struct Count : Count<N - 1, N - 1, J...> {};
template <int... J> struct Count<0, J...> { using type = Lanes<J...>; };
using All = typename Count<L>::type;

// a0 b0 a1 b1 …
template <int... J> inline V zip_low(V a, V b, Lanes<J...>) {
    return __builtin_shufflevector(a, b, (J / 2 + J % 2 * L)...);
}
template <int... J> inline V zip_high(V a, V b, Lanes<J...>) {
    return __builtin_shufflevector(a, b, (L / 2 + J / 2 + J % 2 * L)...);
}

// Swap the off-diagonal H × H blocks of two rows that are H rows apart.
template <int H, int... J> inline void swap_blocks(V& x, V& y, Lanes<J...>) {
    const V a = x, b = y;
    x = __builtin_shufflevector(a, b, (J & H ? J - H + L : J)...);
    y = __builtin_shufflevector(a, b, (J & H ? J + L : J + H)...);
}

// Rows UNIT apart, N of them: the N × N blocks of UNIT lanes that they hold, transposed.
template <int UNIT, int N> inline void transpose(V* r) {
    if constexpr (N > 1) {
#pragma GCC unroll 16
        for (int i = 0; i < N / 2; ++i) swap_blocks<UNIT * N / 2>(r[i], r[i + N / 2], All{});
        transpose<UNIT, N / 2>(r);
        transpose<UNIT, N / 2>(r + N / 2);
    }
}
inline void transpose(V* r) { transpose<1, L>(r); }

// Rows of lanes, row(i) for i in [0, count), to `valid` rows of `count` floats, `stride` apart.
//
// Where rows are about a multiple of 4 KB apart, the first-level cache cannot hold the lines of L rows at once, and would
// pass each on before it is complete: there, stretches are put together in a buffer first.
template <class Row> inline void store_transposed(Row row, long count, float* out, long stride, int valid) {
    if (count < L) {
        for (long i = 0; i < count; ++i) {
            const V values = row(i);
            for (int l = 0; l < valid; ++l) out[l * stride + i] = values[l];
        }
        return;
    }
    constexpr long STRETCH = 128, WAY = 1024;  // floats; WAY: what a cache's sets hold once
    const bool direct = valid == L && stride % WAY > L && stride % WAY < WAY - L;
    alignas(64) float buffer[L * STRETCH];
    for (long begin = 0; begin < count; begin += STRETCH) {
        if (count - begin < L) begin = count - L;  // the last stretch may overlap the one before it
        const long end = begin + STRETCH < count ? begin + STRETCH : count;
        for (long i = begin; i < end; i += L) {
            if (i + L > end) i = end - L;  // and so may the last block
            V r[L];
            for (int l = 0; l < L; ++l) r[l] = row(i + l);
            transpose(r);
            for (int l = 0; l < L; ++l) store(direct ? out + l * stride + i : buffer + l * STRETCH + i - begin, r[l]);
        }
        if (direct) continue;
        for (int l = 0; l < valid; ++l) {
            __builtin_memcpy(out + l * stride + begin, buffer + l * STRETCH, (end - begin) * sizeof(float));
        }
    }
}

// Complex numbers, one per lane, and a single one, such as a twiddle factor.
template <class T> struct Complex { T re, im; };
using Z = Complex<V>;
inline Z operator+(Z a, Z b) { return {a.re + b.re, a.im + b.im}; }
inline Z operator-(Z a, Z b) { return {a.re - b.re, a.im - b.im}; }
inline Z minus_i(Z a) { return {a.im, -a.re}; }
inline V norm(Z a) { return a.re * a.re + a.im * a.im; }
inline Z operator*(Z a, Z b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
inline Z operator*(Z a, float s) { return {a.re * s, a.im * s}; }
inline Z operator*(Z a, Complex<float> w) { return {a.re * w.re - a.im * w.im, a.re * w.im + a.im * w.re}; }

// |p + q|² and |p − q|². The larger one is made of |p|², |q|² and what p and q have in common: rounding the sum before it
// is squared would be the largest error of a power. The smaller one would cancel that way, and is squared as it is.
inline void norms(Z p, Z q, V& sum, V& difference) {
    const V common = 2 * (p.re * q.re + p.im * q.im), opposed = common < 0.0f ? -common : common;
    const V large = norm(p) + norm(q) + opposed, plus = norm(p + q), minus = norm(p - q);
    sum = common < 0.0f ? plus : large;
    difference = common < 0.0f ? large : minus;
}

}  // namespace
