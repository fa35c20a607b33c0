// The last stage of the transform, and from there to the spectrum of the real signal.
//
// A power doubles relative errors, and the last roundings are most of them: those before average out in sums. So powers
// take these steps in double precision, half the lanes at a time. Complex values and powers to be summed do without,
// and are quicker.
#pragma once
#include "fft.hpp"

namespace {

inline const Turns<float>& turns_for(const Plan& p, V) { return p.single; }
inline const Turns<double>& turns_for(const Plan& p, D) { return p.twice; }

template <bool POWER> inline void put(Z& z, int, Complex<V> x) {
    if (POWER) z.re = norm(x);
    else z = x;
}
template <bool POWER> inline void put(Z& z, int l, Complex<D> x) {
    store(reinterpret_cast<float*>(&z.re) + l, norm(x));
}

// Even samples went in as real, odd ones as imaginary parts; E and O, their spectra, are the halves of the transform Y
// that are and are not conjugate-symmetric: X[k] = E[k] + exp(−2πi k / n_fft) O[k]. The 1/2 of it is in the window.
template <bool POWER, class T>
inline void pair(Z& first, Z& second, int l, Complex<T> a, Complex<T> b, Complex<Scalar<T>> w) {
    b = conj(b);
    const Complex<T> e = a + b, d = (a - b) * w;
    put<POWER>(second, l, conj(e - d));
    put<POWER>(first, l, e + d);
}

template <int R, class T> inline void last_stage(const Z* z, const Complex<Scalar<T>>* turn, int l, Complex<T>* u) {
    for (int j = 0; j < R; ++j) {
        load(reinterpret_cast<const float*>(&z[j].re) + l, u[j].re);
        load(reinterpret_cast<const float*>(&z[j].im) + l, u[j].im);
        if (j) u[j] = u[j] * turn[j];
    }
    butterfly(Radix<R>{}, u);
}

// Transform c of the last stage gives Y[c], Y[c + S], Y[c + 2 S], …; transform S − c, backwards, their partners Y[n − c]
// and so on. Lanes l and further, as many as a T has.
template <int R, bool POWER, class T> void untangle(const Plan& p, Z* z) {
    constexpr int LANES_OF_T = sizeof(T) / sizeof(Scalar<T>);
    const auto* stage = reinterpret_cast<const Complex<Scalar<T>>*>(turns_for(p, T{}).stage);
    const auto* w = reinterpret_cast<const Complex<Scalar<T>>*>(turns_for(p, T{}).untangle);
    const int n = p.half, S = n / R;
    Complex<T> u[R], v[R];
    for (int l = 0; l < L; l += LANES_OF_T) {
        last_stage<R>(z, stage, l, u);
        put<POWER>(z[n], l, Complex<T>{(u[0].re - u[0].im) * Scalar<T>(2), T{}});
        put<POWER>(z[0], l, Complex<T>{(u[0].re + u[0].im) * Scalar<T>(2), T{}});
        for (int j = 1; 2 * j <= R; ++j) pair<POWER>(z[j], z[R - j], l, u[j], u[R - j], w[j * S]);
        if (S % 2) continue;
        const int c = S / 2;
        Z* a = z + p.slot[c];
        last_stage<R>(a, stage + c / p.run * R, l, u);
        for (int j = 0; 2 * j < R; ++j) pair<POWER>(a[j], a[R - 1 - j], l, u[j], u[R - 1 - j], w[c + j * S]);
    }
    for (int c = 1; 2 * c < S; ++c) {
        Z *a = z + p.slot[c], *b = z + p.slot[S - c];
        const auto *stage_a = stage + c / p.run * R, *stage_b = stage + (S - c) / p.run * R;
        for (int l = 0; l < L; l += LANES_OF_T) {
            last_stage<R>(a, stage_a, l, u);
            last_stage<R>(b, stage_b, l, v);
            for (int j = 0; j < R; ++j) pair<POWER>(a[j], b[R - 1 - j], l, u[j], v[R - 1 - j], w[c + j * S]);
        }
    }
}

template <bool POWER, class T> void transform(const Plan& p, Z* z) {
    fft(p, z, p.half, 0);
    switch (p.radix[p.stages - 1]) {
        case 8: return untangle<8, POWER, T>(p, z);
        case 5: return untangle<5, POWER, T>(p, z);
        case 4: return untangle<4, POWER, T>(p, z);
        case 3: return untangle<3, POWER, T>(p, z);
        default: return untangle<2, POWER, T>(p, z);
    }
}

// From samples, in place: z[slot[k]] becomes X[k], or its real part |X[k]|², for k = 0 … half.
void spectra(const Plan& p, Z* z) { transform<false, V>(p, z); }
void powers(const Plan& p, Z* z) { transform<true, D>(p, z); }
// Quicker, for sums of many: there the roundings average out, too.
void rough_powers(const Plan& p, Z* z) { transform<true, V>(p, z); }

}  // namespace
