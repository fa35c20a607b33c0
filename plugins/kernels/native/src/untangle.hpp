// The last stage of the transform, and from there to the spectrum of the real signal.
#pragma once
#include "fft.hpp"

namespace {

// No squares; such as are summed up anyway, in bands; or such as are looked at one by one.
enum class Squares { NONE, QUICK, FINE };

// Even samples went in as real, odd ones as imaginary parts; E and O, their spectra, are the halves of the transform Y
// that are and are not conjugate-symmetric: X[k] = E[k] + exp(−2πi k / n_fft) O[k]. The 1/2 of it is in the window.
// Sums and products are taken in the order that fused multiply-adds round least.
inline void pair(Z& first, Z& second, Z a, Z b, Complex<float> w) {
    const Z sum{a.re + b.re, a.im - b.im}, rest{a.re - b.re, a.im + b.im};
    second = {(sum.re + rest.im * w.im) - rest.re * w.re, (rest.im * w.re - sum.im) + rest.re * w.im};
    first = {(sum.re - rest.im * w.im) + rest.re * w.re, (sum.im + rest.im * w.re) + rest.re * w.im};
}

template <Squares S> inline void powers(V& first, V& second, Z a, Z b, Complex<float> w) {
    const Z sum{a.re + b.re, a.im - b.im}, rest{a.re - b.re, a.im + b.im};
    if constexpr (S == Squares::FINE) return norms(sum, rest * w, first, second);
    Z x, y;
    pair(x, y, a, b, w);
    first = norm(x);
    second = norm(y);
}

template <int R> inline void last_stage(const Z* z, const Complex<float>* turn, Z* u) {
    u[0] = z[0];
    for (int j = 1; j < R; ++j) u[j] = z[j] * turn[j];
    butterfly(Radix<R>{}, u);
}

// Transform c of the last stage gives Y[c], Y[c + step], Y[c + 2 step], …; transform step − c, backwards, their partners
// Y[n − c] and so on. Taken are those c which, divided by `every`, leave `rest`, and their partners.
template <int R, Squares S> void untangle(const Plan& p, Z* z, V* power, int rest, int every) {
    const auto* stage = reinterpret_cast<const Complex<float>*>(p.stage);
    const auto* w = reinterpret_cast<const Complex<float>*>(p.untangle);
    const int n = p.half, step = n / R;
    const auto end = [=](int k, V value) {
        if constexpr (S == Squares::NONE) z[k] = {value, V{}};
        else power[k] = value * value;
    };
    const auto both = [=](Z& first, Z& second, int k, Z a, Z b) {
        if constexpr (S == Squares::NONE) pair(first, second, a, b, w[k]);
        else powers<S>(power[k], power[n - k], a, b, w[k]);
    };
    Z u[R], v[R];
    if (rest == 0) {
        last_stage<R>(z, stage, u);
        end(n, (u[0].re - u[0].im) * 2);
        end(0, (u[0].re + u[0].im) * 2);
        for (int j = 1; 2 * j <= R; ++j) both(z[j], z[R - j], j * step, u[j], u[R - j]);
    }
    if (step % 2 == 0 && step / 2 % every == rest) {
        const int c = step / 2;
        Z* a = z + p.slot[c];
        last_stage<R>(a, stage + p.row[c], u);
        for (int j = 0; 2 * j < R; ++j) both(a[j], a[R - 1 - j], c + j * step, u[j], u[R - 1 - j]);
    }
    const bool among_themselves = 2 * rest % every == 0;
    for (int c = rest ? rest : every; c < step && !(among_themselves && 2 * c >= step); c += every) {
        Z *a = z + p.slot[c], *b = z + p.slot[step - c];
        last_stage<R>(a, stage + p.row[c], u);
        last_stage<R>(b, stage + p.row[step - c], v);
        for (int j = 0; j < R; ++j) both(a[j], b[R - 1 - j], c + j * step, u[j], v[R - 1 - j]);
    }
}

// z[slot[k]] becomes X[k], or power[k] |X[k]|², for k = 0 … half.
template <Squares S> void untangle(const Plan& p, Z* z, V* power = nullptr, int rest = 0, int every = 1) {
    switch (p.radix[p.stages - 1]) {
        case 8: return untangle<8, S>(p, z, power, rest, every);
        case 5: return untangle<5, S>(p, z, power, rest, every);
        case 4: return untangle<4, S>(p, z, power, rest, every);
        case 3: return untangle<3, S>(p, z, power, rest, every);
        default: return untangle<2, S>(p, z, power, rest, every);
    }
}

// From samples in z. Of a transform larger than the first-level cache, the first stage leaves blocks: number j has the
// frequencies that leave j when divided by their number, and is untangled with the block of their partners while both are
// in the cache.
template <Squares S> void transform(const Plan& p, Z* z, V* power) {
    if (p.stages == 2 || p.half * long(sizeof(Z)) <= CACHE) {
        fft(p, z, p.half, 0);
        return untangle<S>(p, z, power);
    }
    const int blocks = p.radix[0];
    const long m = p.half / blocks;
    first_pass(p, [z](long i) { return z[i]; }, z);
    for (int j = 0; 2 * j <= blocks; ++j) {
        fft(p, z + j * m, m, 1);
        if (j && 2 * j != blocks) fft(p, z + (blocks - j) * m, m, 1);
        untangle<S>(p, z, power, j, blocks);
    }
}

}  // namespace
