// The last stage of the transform, and from there to the spectrum of the real signal.
#pragma once
#include "fft.hpp"

namespace {

template <bool POWER> inline void put(Z& z, V re, V im) {
    if (POWER) z.re = norm(Z{re, im});
    else z = {re, im};
}

// Even samples went in as real, odd ones as imaginary parts; E and O, their spectra, are the halves of the transform Y
// that are and are not conjugate-symmetric: X[k] = E[k] + exp(−2πi k / n_fft) O[k]. The 1/2 of it is in the window.
// Sums and products are taken in the order that fused multiply-adds round least.
template <bool POWER> inline void pair(Z& first, Z& second, Z a, Z b, Complex<float> w) {
    const V sum_re = a.re + b.re, sum_im = a.im - b.im, re = a.re - b.re, im = a.im + b.im;
    put<POWER>(second, (sum_re + im * w.im) - re * w.re, (im * w.re - sum_im) + re * w.im);
    put<POWER>(first, (sum_re - im * w.im) + re * w.re, (sum_im + im * w.re) + re * w.im);
}

template <int R> inline void last_stage(const Z* z, const Complex<float>* turn, Z* u) {
    u[0] = z[0];
    for (int j = 1; j < R; ++j) u[j] = z[j] * turn[j];
    butterfly(Radix<R>{}, u);
}

// Transform c of the last stage gives Y[c], Y[c + S], Y[c + 2 S], …; transform S − c, backwards, their partners Y[n − c]
// and so on.
template <int R, bool POWER> void untangle(const Plan& p, Z* z) {
    const auto* stage = reinterpret_cast<const Complex<float>*>(p.stage);
    const auto* w = reinterpret_cast<const Complex<float>*>(p.untangle);
    const int n = p.half, S = n / R;
    Z u[R], v[R];
    last_stage<R>(z, stage, u);
    put<POWER>(z[n], (u[0].re - u[0].im) * 2, V{});
    put<POWER>(z[0], (u[0].re + u[0].im) * 2, V{});
    for (int j = 1; 2 * j <= R; ++j) pair<POWER>(z[j], z[R - j], u[j], u[R - j], w[j * S]);
    if (S % 2 == 0) {
        const int c = S / 2;
        Z* a = z + p.slot[c];
        last_stage<R>(a, stage + p.row[c], u);
        for (int j = 0; 2 * j < R; ++j) pair<POWER>(a[j], a[R - 1 - j], u[j], u[R - 1 - j], w[c + j * S]);
    }
    for (int c = 1; 2 * c < S; ++c) {
        Z *a = z + p.slot[c], *b = z + p.slot[S - c];
        last_stage<R>(a, stage + p.row[c], u);
        last_stage<R>(b, stage + p.row[S - c], v);
        for (int j = 0; j < R; ++j) pair<POWER>(a[j], b[R - 1 - j], u[j], v[R - 1 - j], w[c + j * S]);
    }
}

template <bool POWER> void untangle(const Plan& p, Z* z) {
    switch (p.radix[p.stages - 1]) {
        case 8: return untangle<8, POWER>(p, z);
        case 5: return untangle<5, POWER>(p, z);
        case 4: return untangle<4, POWER>(p, z);
        case 3: return untangle<3, POWER>(p, z);
        default: return untangle<2, POWER>(p, z);
    }
}

// From samples, in place: z[slot[k]] becomes X[k], or its real part |X[k]|², for k = 0 … half.
template <bool POWER> void transform(const Plan& p, Z* z) {
    fft(p, z, p.half, 0);
    untangle<POWER>(p, z);
}
void spectra(const Plan& p, Z* z) { transform<false>(p, z); }
void powers(const Plan& p, Z* z) { transform<true>(p, z); }

}  // namespace
