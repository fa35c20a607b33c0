// L frames of a signal, windowed, one per lane.
#pragma once
#include "untangle.hpp"

namespace {

inline long padded_length(const Plan& p) { return (p.n_fft + 15) / 16 * 16; }
inline long z_floats(const Plan& p) { return (padded_length(p) / 2 + 1) * 2 * L; }
inline long edge_floats(const Plan& p) { return padded_length(p) * L; }

// The sample that padding puts at i, outside [0, n): `numpy.pad`'s edge, reflect or symmetric.
inline long fold(long i, long n, Pad pad) {
    if (pad == Pad::EDGE || n == 1) return i < 0 ? 0 : n - 1;
    const long twice = pad == Pad::SYMMETRIC, period = 2 * (n - 1 + twice);
    if (i < -period || i > 2 * period) i %= period;  // a division costs more than the transform of a sample
    while (i < 0 || i >= n) i = i < 0 ? -i - twice : period - twice - i;
    return i;
}

// Samples that padding puts from i on, outside the signal, as long as they follow each other there, `most` at most.
long write_run(const Frames& s, const float* x, long i, long most, float* out) {
    const long n = s.samples;
    if (s.pad == Pad::CONSTANT || s.pad == Pad::EDGE) {
        const float value = s.pad == Pad::EDGE ? x[fold(i, n, s.pad)] : 0;
        for (long j = 0; j < most; ++j) out[j] = value;
        return most;
    }
    const long first = fold(i, n, s.pad), step = fold(i + 1, n, s.pad) - first;
    const long run = step > 0 ? n - first : step < 0 ? first + 1 : 1, count = run < most ? run : most;
    if (step < 0) for (long j = 0; j < count; ++j) out[j] = x[first - j];
    else for (long j = 0; j < count; ++j) out[j] = x[first + j];
    return count;
}

// Samples [begin, begin + n_fft) with padding.
void write_padded(const Frames& s, const float* x, long begin, float* out) {
    const long n = s.plan->n_fft;
    const auto within = [n](long i) { return i < 0 ? 0 : i > n ? n : i; };
    const long first = within(-begin), last = within(s.samples - begin);
    const auto outside = [&](long i, long end) {
        while (i < end) i += write_run(s, x, begin + i, end - i, out + i);
    };
    outside(0, first < last ? first : n);
    if (first < last) {
        __builtin_memcpy(out + first, x + begin + first, (last - first) * sizeof(float));
        outside(last, n);
    }
    for (long i = n; i < padded_length(*s.plan); ++i) out[i] = 0;
}

typedef float Quad __attribute__((vector_size(16), aligned(4), may_alias));
template <class Half, int... J> inline auto joined(Half a, Half b, Lanes<J...>) {
    return __builtin_shufflevector(a, b, J...);
}

// Four samples from i on of each of N / 4 frames, every fourth: put together as they are loaded, samples of L frames
// need half the shuffles of a transpose of whole registers.
template <int N> inline auto every_fourth(const float* const* frame, long i) {
    if constexpr (N == 4) {
        typedef float Aligned __attribute__((vector_size(16)));
        return Aligned(*reinterpret_cast<const Quad*>(frame[0] + i));
    } else {
        const auto first = every_fourth<N / 2>(frame, i), second = every_fourth<N / 2>(frame + N / 2, i);
        return joined(first, second, typename Count<N>::type{});
    }
}

// Frames [first, first + valid), windowed, into z. Only those that reach over an end are first written out, padded, to
// `edge`; all others are read in place. Lanes beyond `valid` repeat the first.
void load_frames(const Frames& s, long first, int valid, Z* z, float* edge) {
    const long n = padded_length(*s.plan);
    const float* frame[L];
    for (int l = 0; l < L; ++l) {
        if (l >= valid) {
            frame[l] = frame[0];
            continue;
        }
        const float* x = s.signal + (first + l) / s.count * s.channel_stride;
        const long begin = s.start + (first + l) % s.count * s.hop;
        if (begin >= 0 && begin + n <= s.samples) {
            frame[l] = x + begin;
        } else {
            write_padded(s, x, begin, edge + l * n);
            frame[l] = edge + l * n;
        }
    }
    float* row = reinterpret_cast<float*>(z);
    // What the next group has that this one has not, L hops, is asked for meanwhile, a line at a time. Past the end of the
    // signal this fetches nothing, and does no harm.
    const long next = s.hop * L, step = 4 * L * s.hop / n;
    for (long i = 0; i < n; i += 4) {
        __builtin_prefetch(frame[i / 4 % L] + next + i / (4 * L) * step);
        V r[4];
        for (int l = 0; l < 4; ++l) r[l] = every_fourth<L>(frame + l, i);
        transpose<1, 4>(r);
        for (int k = 0; k < 4; ++k) store(row + (i + k) * L, r[k] * s.window[i + k]);
    }
}

}  // namespace
