// Spectrograms: complex, magnitude or power, a row per frame.
#pragma once
#include "single.hpp"

namespace {

long stft_scratch(const Plan& p) { return z_floats(p) + edge_floats(p) + 2 * (p.half + 1); }

// One group, loaded into z, to rows of frequencies at `out`. power: memory of half + 1 rows
template <Result R> void store_frames(const Plan& p, Z* z, V* power, float* out, long stride, int valid) {
    const long bins = p.half + 1;
    const int* slot = p.slot;
    if constexpr (R == Result::COMPLEX) {
        transform<Squares::NONE>(p, z, power);
        const auto part = [=](long i) { const Z& x = z[slot[i / 2]]; return i % 2 ? x.im : x.re; };
        store_transposed(part, 2 * bins, out, stride, valid);
    } else {
        transform<Squares::FINE>(p, z, power);
        store_transposed([=](long k) { return level_of<R>(power[k]); }, bins, out, stride, valid);
    }
}

// One frame at a time where a plan says how, else a group.
template <Result R> void stft_tile(const Frames& s, const Spectrogram& out, long first, long frames, float* rows,
                                   float* scratch) {
    const Plan& p = *s.plan;
    Z* z = reinterpret_cast<Z*>(scratch);
    float *edge = scratch + z_floats(p), *row = edge + edge_floats(p);
    constexpr long width = R == Result::COMPLEX ? 2 : 1;
    const long stride = out.row_stride;
    if (p.lane) {
        for (long t = 0; t < frames; ++t) {
            float* place = rows + t * stride;
            stft_single<R>(s, first + t, out.large ? Row{row, 0} : Row{place, stride}, z, edge);
            if (out.large) copy_past(row, width * (p.half + 1), place);
        }
        return;
    }
    for (long t = 0; t < frames; t += L) {
        const int valid = frames - t < L ? int(frames - t) : L;
        load_frames(s, first + t, valid, z, edge);
        // what was padded is of no use any more once the frames are loaded
        store_frames<R>(p, z, reinterpret_cast<V*>(edge), rows + t * stride, stride, valid);
    }
}

template <Result R> void stft_tiles(const Frames& s, const Spectrogram& out, long first, long last, float* scratch) {
    const long tiles = (s.count + TILE - 1) / TILE;
    for (long i = first; i < last; ++i) {
        const long channel = i / tiles, begin = i % tiles * TILE, left = s.count - begin;
        float* rows = out.data + channel * out.channel_stride + begin * out.row_stride;
        stft_tile<R>(s, out, channel * s.count + begin, left < TILE ? left : TILE, rows, scratch);
    }
    if (out.large) finish_stores();
}

void stft(const Frames& s, const Spectrogram& out, long first, long last, float* scratch) {
    switch (out.result) {
        case Result::COMPLEX: return stft_tiles<Result::COMPLEX>(s, out, first, last, scratch);
        case Result::MAGNITUDE: return stft_tiles<Result::MAGNITUDE>(s, out, first, last, scratch);
        case Result::POWER: return stft_tiles<Result::POWER>(s, out, first, last, scratch);
    }
}

}  // namespace
