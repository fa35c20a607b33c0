// The spectrum of one frame alone, in the order of its frequencies: no lane is left empty for want of frames, and what
// is worked on is a few times the frame, not L frames, which the first-level cache cannot hold.
//
// Lane l holds samples l, l + L, l + 2 L, …: L real signals, which untangle.hpp transforms to X_l. Across the lanes,
//     X[k + j n_fft / L] = sum over l of exp(−2πi j l / L) · exp(−2πi k l / n_fft) · X_l[k],
// one turn and one transform of length L for each k. It is what Bailey calls the four-step method ("FFTs in external or
// hierarchical memory", Journal of Supercomputing 4, 1990), cut to real input.
#pragma once
#include "frames.hpp"

namespace {

// Rows of L samples, windowed, two at a time as real and imaginary parts.
struct Windowed {
    const float *samples, *window;

    V row(long i) const { return load(samples + i * L) * load(window + i * L); }
    Z operator()(long i) const { return {row(2 * i), row(2 * i + 1)}; }
};

Windowed windowed(const Frames& s, long frame, float* edge) {
    const float* x = s.signal + frame / s.count * s.channel_stride;
    const long begin = s.start + frame % s.count * s.hop;
    if (begin >= 0 && begin + s.plan->n_fft <= s.samples) return {x + begin, s.window};
    write_padded(s, x, begin, edge);
    return {edge, s.window};
}

inline Z load_parts(const float* p) { return {load(p), load(p + L)}; }

template <int UNIT, int N> inline void transpose(Z* rows) {
    V re[N], im[N];
    for (int i = 0; i < N; ++i) re[i] = rows[i].re, im[i] = rows[i].im;
    transpose<UNIT, N>(re);
    transpose<UNIT, N>(im);
    for (int i = 0; i < N; ++i) rows[i] = {re[i], im[i]};
}

template <int... J> inline V back(V a, Lanes<J...>) { return __builtin_shufflevector(a, a, (L - 1 - J)...); }
inline Z back(Z a) { return {back(a.re, All{}), back(a.im, All{})}; }

// A row of the result. The same lines of the row that comes next, `next` floats on, are asked for while this one is
// written: a store waits for its line.
struct Row {
    float* data;
    long next;

    void ask(float* first) const {
        for (int i = 0; i < L; i += 16) __builtin_prefetch(first + next + i, 1);
    }
};

template <Result R> inline V level_of(V power) { return R == Result::MAGNITUDE ? root(power) : power; }

// The last butterfly; where levels are wanted, powers in place of real parts.
template <Result R> inline void last_butterfly(Z* u) {
    if constexpr (R == Result::COMPLEX) return butterfly(Radix<4>{}, u);
    const Z a = u[0] + u[2], b = u[0] - u[2], c = u[1] + u[3], d = minus_i(u[1] - u[3]);
    norms(a, c, u[0].re, u[2].re);
    norms(b, d, u[1].re, u[3].re);
}

// Frequencies k, k + 1, …
template <Result R> inline void put(Row out, long k, Z x) {
    if constexpr (R == Result::COMPLEX) {
        float* first = out.data + 2 * k;
        out.ask(first);
        out.ask(first + L);
        store(first, zip_low(x.re, x.im, All{}));
        store(first + L, zip_high(x.re, x.im, All{}));
    } else {
        float* first = out.data + k;
        out.ask(first);
        store(first, level_of<R>(x.re));
    }
}

// One turn and one transform of length L = A · 4 for each k, for L of them at a time: over blocks of four lanes, then
// within them, each after that part of a transpose which brings together what it adds up. Frequencies above n_fft / 2
// are the conjugates of those below.
template <Result R> void cross_lanes(const Plan& p, const Z* z, Row out) {
    constexpr int A = L / 4;
    const long n = p.n_fft, m = n / L, half = m / 2;
    const int* slot = p.lane->slot;
    Z row[L];
    for (long k = 0; k < half; k += L) {
        if (k + L > half) k = half - L;  // the last may overlap those before
        for (int i = 0; i < 4; ++i) {
            Z u[A];
            for (int q = 0; q < A; ++q) {
                const long here = k + i + 4 * q;
                u[q] = z[slot[here]] * load_parts(p.turn + 2 * L * here);
            }
            transpose<4, A>(u);
            butterfly(Radix<A>{}, u);
            row[i] = u[0];
            for (int q = 1; q < A; ++q) row[4 * q + i] = u[q] * load_parts(p.cross + 2 * L * (q - 1));
        }
        for (int q = 0; q < A; ++q) {
            Z* u = row + 4 * q;
            transpose<1, 4>(u);
            last_butterfly<R>(u);
            for (int j = 0; j < 2; ++j) put<R>(out, k + (q + A * j) * m, u[j]);
            for (int j = 2; j < 4; ++j) {
                put<R>(out, n - (k + L - 1) - (q + A * j) * m, back(Z{u[j].re, -u[j].im}));
            }
        }
    }
}

// k = n_fft / 2 L, where X_l is real, and L / 2 numbers fill a register.
template <Result R> void cross_middle(const Plan& p, V x, float* out) {
    constexpr int AT_ONCE = 4;
    V sum[AT_ONCE] = {};
    for (int l = 0; l < L; ++l) sum[l % AT_ONCE] += x[l] * load(p.middle + l * L);
    const V total = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    for (int j = 0; j < L / 2; ++j) {
        const long k = p.lane->half + j * long(p.lane->n_fft);
        const float re = total[2 * j], im = total[2 * j + 1], power = re * re + im * im;
        if constexpr (R == Result::COMPLEX) out[2 * k] = re, out[2 * k + 1] = im;
        else out[k] = R == Result::POWER ? power : __builtin_sqrtf(power);
    }
}

// A row that no cache keeps: whole lines past it, their ends as usual.
void copy_past(const float* row, long count, float* out) {
    constexpr long LINE = 16;
    long i = -long(reinterpret_cast<__UINTPTR_TYPE__>(out) / sizeof(float)) & (LINE - 1);
    __builtin_memcpy(out, row, i * sizeof(float));
    for (; i + LINE <= count; i += LINE) {
        for (long j = i; j < i + LINE; j += L) store_past(out + j, load(row + j));
    }
    __builtin_memcpy(out + i, row + i, (count - i) * sizeof(float));
}

// Frame `frame` to a row of the result.
template <Result R> void stft_single(const Frames& s, long frame, Row out, Z* z, float* edge) {
    const Plan& p = *s.plan;
    fft_of(*p.lane, windowed(s, frame, edge), z);
    untangle<Squares::NONE>(*p.lane, z);
    cross_lanes<R>(p, z, out);
    cross_middle<R>(p, z[p.lane->half].re, out.data);
}

}  // namespace
