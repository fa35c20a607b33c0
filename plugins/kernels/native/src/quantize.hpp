// Samples to codes: scale, dither from a hash of the index, round half to even, keep in range, count what was kept.
#pragma once
#include "codes.hpp"
#include "lanes.hpp"

namespace {

typedef unsigned U __attribute__((vector_size(4 * L)));

// 32 random bits per lane: MurmurHash3's finaliser after a step by the golden ratio, as in quantize_twin.py
inline U mixed(U index, unsigned key) {
    U h = index * 0x9E3779B9u + key;
    h ^= h >> 16;
    h *= 0x85EBCA6Bu;
    h ^= h >> 13;
    h *= 0xC2B2AE35u;
    return h ^ (h >> 16);
}
inline V low(U bits) { return __builtin_convertvector((I)(bits & 0xFFFFu), V) * 0x1p-16f; }
inline V high(U bits) { return __builtin_convertvector((I)(bits >> 16), V) * 0x1p-16f; }

// In LSB, as quantize_twin.noise.
template <Dither D> inline V noise(U index, unsigned key) {
    if constexpr (D == Dither::NONE) return V{};
    const U bits = mixed(index, key);
    if constexpr (D == Dither::RPDF) return low(bits) - (0.5f - 0x1p-17f);
    if constexpr (D == Dither::TPDF) return low(bits) - high(bits);
    return low(bits) - low(mixed(index - 1u, key));
}

// Adding and taking away 1.5 · 2^23 leaves no room for a fraction: the processor rounds it off, halves to even.
inline V rounded(V x) { return (x + 12582912.0f) - 12582912.0f; }

template <class C, Dither D> long codes_of(const Rounding& r) {
    typedef C Codes __attribute__((vector_size(sizeof(C) * L)));
    typedef Codes Anywhere __attribute__((aligned(sizeof(C)), may_alias));
    U lane;
    for (int l = 0; l < L; ++l) lane[l] = unsigned(l);
    C* out = static_cast<C*>(r.out);
    const V top = splat(r.half - 1), bottom = splat(-r.half);
    I kept{};
    for (long i = r.first; i < r.last; i += L) {
        const int valid = r.last - i < L ? int(r.last - i) : L;
        V x{};
        if (valid == L) x = load(r.x + i);
        else for (int l = 0; l < valid; ++l) x[l] = r.x[i + l];
        const V code = rounded(x * r.half + noise<D>(lane + (r.start + unsigned(i)), r.key));
        V inside = code > top ? top : code;
        inside = inside < bottom ? bottom : inside;
        const I out_of_range = code != inside;
        const Codes made = __builtin_convertvector(__builtin_convertvector(inside + r.zero, I), Codes);
        if (valid == L) {
            kept -= out_of_range;
            *reinterpret_cast<Anywhere*>(out + i) = made;
        } else {
            for (int l = 0; l < valid; ++l) {
                kept[0] -= out_of_range[l];
                out[i + l] = made[l];
            }
        }
    }
    long sum = 0;
    for (int l = 0; l < L; ++l) sum += kept[l];
    return sum;
}

template <class C> long codes_of(const Rounding& r) {
    switch (r.dither) {
        case Dither::NONE: return codes_of<C, Dither::NONE>(r);
        case Dither::RPDF: return codes_of<C, Dither::RPDF>(r);
        case Dither::TPDF: return codes_of<C, Dither::TPDF>(r);
        default: return codes_of<C, Dither::TPDF_HIGHPASS>(r);
    }
}

// How many codes were kept in range.
long quantize(const Rounding& r, Code code) {
    switch (code) {
        case Code::INT8: return codes_of<signed char>(r);
        case Code::UINT8: return codes_of<unsigned char>(r);
        case Code::INT16: return codes_of<short>(r);
        default: return codes_of<unsigned short>(r);
    }
}

}  // namespace
