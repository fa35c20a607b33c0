// Spectrograms: complex, magnitude or power, in either memory order.
#pragma once
#include "frames.hpp"

namespace {

inline long tile_floats(const Plan& p) { return (p.half + 1) * 2 * TILE; }
long stft_scratch(const Plan& p) { return z_floats(p) + edge_floats(p) + tile_floats(p); }

template <Result R> inline V level_of(const Z& x) { return R == Result::MAGNITUDE ? root(x.re) : x.re; }

// One group, from z to rows of frequencies at `out`.
template <Result R> void store_frames(const Plan& p, const Z* z, float* out, long stride, int valid) {
    const long bins = p.half + 1;
    const int* slot = p.slot;
    if constexpr (R == Result::COMPLEX) {
        const auto part = [=](long i) { const Z& x = z[slot[i / 2]]; return i % 2 ? x.im : x.re; };
        store_transposed(part, 2 * bins, out, stride, valid);
    } else {
        store_transposed([=](long k) { return level_of<R>(z[slot[k]]); }, bins, out, stride, valid);
    }
}

// One group, from z to columns of a (bins, TILE) tile.
template <Result R> void store_columns(const Plan& p, const Z* z, float* tile, long column) {
    for (long k = 0; k <= p.half; ++k) {
        const Z& x = z[p.slot[k]];
        if constexpr (R == Result::COMPLEX) {
            float* out = tile + 2 * (k * TILE + column);
            store(out, zip_low(x.re, x.im, All{}));
            store(out + L, zip_high(x.re, x.im, All{}));
        } else {
            store(tile + k * TILE + column, level_of<R>(x));
        }
    }
}

template <Result R> void stft_tiles(const Frames& s, const Spectrogram& out, long first, long last, float* scratch) {
    const Plan& p = *s.plan;
    Z* z = reinterpret_cast<Z*>(scratch);
    float *edge = scratch + z_floats(p), *tile = edge + edge_floats(p);
    constexpr long width = R == Result::COMPLEX ? 2 : 1;
    const long tiles = (s.count + TILE - 1) / TILE;
    for (long i = first; i < last; ++i) {
        const long channel = i / tiles, begin = i % tiles * TILE, left = s.count - begin;
        const long frames = left < TILE ? left : TILE;
        float* result = out.data + channel * out.channel_stride;
        for (long t = 0; t < frames; t += L) {
            const int valid = frames - t < L ? int(frames - t) : L;
            load_frames(s, channel * s.count + begin + t, valid, z, edge);
            R == Result::COMPLEX ? spectra(p, z) : powers(p, z);
            if (out.frame_major) {
                store_frames<R>(p, z, result + (begin + t) * out.row_stride, out.row_stride, valid);
            } else {
                store_columns<R>(p, z, tile, t);
            }
        }
        if (out.frame_major) continue;
        for (long k = 0; k <= p.half; ++k) {
            float* row = result + k * out.row_stride + begin * width;
            __builtin_memcpy(row, tile + k * TILE * width, frames * width * sizeof(float));
        }
    }
}

void stft(const Frames& s, const Spectrogram& out, long first, long last, float* scratch) {
    switch (out.result) {
        case Result::COMPLEX: return stft_tiles<Result::COMPLEX>(s, out, first, last, scratch);
        case Result::MAGNITUDE: return stft_tiles<Result::MAGNITUDE>(s, out, first, last, scratch);
        case Result::POWER: return stft_tiles<Result::POWER>(s, out, first, last, scratch);
    }
}

}  // namespace
