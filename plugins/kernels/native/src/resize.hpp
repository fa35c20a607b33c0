// Resizing: the rows behind an output row are added up into a buffer that stays in cache, then gathered along it.
#pragma once
#include "kernels.hpp"
#include "lanes.hpp"

namespace {

template <class T> struct Wide {
    static constexpr int N = 4 * L / sizeof(T);
    typedef T V __attribute__((vector_size(4 * L)));
    typedef T Loose __attribute__((vector_size(4 * L), aligned(sizeof(T)), may_alias));
    using All = typename Count<N>::type;
    static V load(const T* p) { return *reinterpret_cast<const Loose*>(p); }

    template <int H, int... J> static V fold(V a, Lanes<J...> all) {
        a += __builtin_shufflevector(a, a, (J ^ H)...);
        if constexpr (H > 1) return fold<H / 2>(a, all);
        return a;
    }
    static T sum(V a) { return fold<N / 2>(a, All{})[0]; }
};

// A sum that grows and grows loses what is small beside it. So after so many registers, or after ROWS rows, what there is
// goes into a sum in double precision.
constexpr int STRETCH = 32;

// Up to eight rows at a time: the buffer is read and written once for all of them. `whole` is for sums of ROWS and more.
template <class T> struct Blend {
    T* buffer;
    double* whole;
    long size;
    bool begun = false, parted = false;
    int waiting = 0, flushed = 0;
    const T* row[8];
    T weight[8];

    Blend(T* buffer, double* whole, long size) : buffer(buffer), whole(whole), size(size) {}

    void add(const T* x, T w) {
        row[waiting] = x;
        weight[waiting++] = w;
        if (waiting == 8) flush();
    }

    template <int K> void sum() {
        T* __restrict out = buffer;
        for (long i = 0; i < size; ++i) {
            T s = row[0][i] * weight[0];
#pragma GCC unroll 8
            for (int k = 1; k < K; ++k) s += row[k][i] * weight[k];
            out[i] = begun ? out[i] + s : s;
        }
    }

    void flush() {
        switch (waiting) {
            case 1: sum<1>(); break;
            case 2: sum<2>(); break;
            case 3: sum<3>(); break;
            case 4: sum<4>(); break;
            case 5: sum<5>(); break;
            case 6: sum<6>(); break;
            case 7: sum<7>(); break;
            case 8: sum<8>(); break;
            default: return;
        }
        begun = true;
        waiting = 0;
        if (++flushed == ROWS / 8) part();
    }

    void part() {
        for (long i = 0; i < size; ++i) whole[i] = parted ? whole[i] + buffer[i] : buffer[i];
        parted = true;
        begun = false;
        flushed = 0;
    }

    // False where no row had a weight: the buffer then holds nothing.
    bool finish() {
        flush();
        if (!parted) return begun;
        for (long i = 0; i < size; ++i) buffer[i] = T(begun ? whole[i] + buffer[i] : whole[i]);
        return true;
    }
};

// Where outputs lie a cache line apart or more, lines are asked for ahead: the processor by itself asks for few at a time.
// They are asked into the second-level cache, which can wait for more lines at once than the first.
constexpr long AHEAD = 128;

template <class T> bool sparse(const Taps<T>& taps) { return taps.n >= taps.m * long(64 / sizeof(T)); }
template <class T> void ask(const T* x, const int* start, long j, long left) {
    __builtin_prefetch(x + start[j + AHEAD < left ? j + AHEAD : j], 0, 2);
}

// Eight at a time: their loads do not wait for each other. Of a row that is not sparse all lines are needed, and those of
// the row that is `coming` are asked for meanwhile.
template <bool SPARSE, class T>
void pick(const T* x, const T* coming, const Taps<T>& taps, long first, long last, T* __restrict out) {
    constexpr int AT_ONCE = 8;
    const int* __restrict start = taps.start + first;
    const long count = last - first, left = taps.m - first;
    long j = 0;
    for (; j + AT_ONCE <= count; j += AT_ONCE) {
#pragma GCC unroll 8
        for (int k = 0; k < AT_ONCE; ++k) {
            if (SPARSE) ask(x, start, j + k, left);
            else if (k % 4 == 0) __builtin_prefetch(coming + start[j + k]);
            out[j + k] = x[start[j + k]];
        }
    }
    for (; j < count; ++j) out[j] = x[start[j]];
}

template <int K, bool FULL, bool SPARSE, class T>
void few(const T* x, const Taps<T>& taps, long first, long last, T* __restrict out) {
    const int* __restrict start = taps.start + first;
    const T* __restrict weight = taps.weight + first;
    const long m = taps.m, count = last - first, left = m - first;
    for (long j = 0; j < count; ++j) {
        if (SPARSE) ask(x, start, j, left);
        const T* from = x + start[j];
        T s = 0;
#pragma GCC unroll 8
        for (int k = 0; k < K; ++k) {
            const T w = weight[k * m + j], term = from[k] * w;
            s += FULL || w != 0 ? term : 0;
        }
        out[j] = s;
    }
}

template <int K, class T> void few(const T* x, const Taps<T>& taps, long first, long last, T* out) {
    if (taps.full && sparse(taps)) few<K, true, true>(x, taps, first, last, out);
    else if (taps.full) few<K, true, false>(x, taps, first, last, out);
    else few<K, false, false>(x, taps, first, last, out);
}

// The last register of a mean overlaps the one before; `keep` blanks what is counted already.
template <bool LONG, class T> void equal(const T* x, const Taps<T>& taps, long first, long last, T* out) {
    using W = Wide<T>;
    using Bits = decltype(typename W::V{} < typename W::V{});
    for (long j = first; j < last; ++j) {
        const T* from = x + taps.start[j];
        const int count = taps.count[j], rest = count % W::N;
        // past the end of x this fetches nothing, and does no harm
        for (int k = 0; k < count; k += int(64 / sizeof(T))) __builtin_prefetch(from + k + 4096 / sizeof(T));
        typename W::V s = W::load(from);
        double before = 0;
        for (int k = W::N; k + W::N <= count; k += W::N) {
            if (LONG && k % (STRETCH * W::N) == 0) {
                before += W::sum(s);
                s = typename W::V{};
            }
            s += W::load(from + k);
        }
        if (rest) {
            Bits lane;
            for (int l = 0; l < W::N; ++l) lane[l] = l;
            const Bits keep = lane >= W::N - rest;
            s += (typename W::V)((Bits)W::load(from + count - W::N) & keep);
        }
        const T sum = W::sum(s);
        out[j - first] = (LONG ? T(before + sum) : sum) * taps.weight[j];
    }
}

template <bool LONG, class T> void many(const T* x, const Taps<T>& taps, long first, long last, T* out) {
    using W = Wide<T>;
    for (long j = first; j < last; ++j) {
        const T *from = x + taps.start[j], *weight = taps.weight + j * taps.width;
        typename W::V s = {};
        double before = 0;
        for (int k = 0; k < taps.width; k += W::N) {
            if (LONG && k % (STRETCH * W::N) == 0) {
                before += W::sum(s);
                s = typename W::V{};
            }
            const typename W::V w = W::load(weight + k), zero = {};
            s += w != zero ? W::load(from + k) * w : zero;
        }
        const T sum = W::sum(s);
        out[j - first] = LONG ? T(before + sum) : sum;
    }
}

template <class T>
void along(const T* x, const T* coming, const Taps<T>& taps, long first, long last, T* __restrict out) {
    const bool lengthy = taps.width > STRETCH * Wide<T>::N;
    switch (taps.how) {
        case Along::SAME:
            for (long j = first; j < last; ++j) out[j - first] = x[j];
            return;
        case Along::PICK:
            return sparse(taps) ? pick<true>(x, coming, taps, first, last, out)
                                : pick<false>(x, coming, taps, first, last, out);
        case Along::EQUAL:
            return lengthy ? equal<true>(x, taps, first, last, out) : equal<false>(x, taps, first, last, out);
        case Along::MANY:
            return lengthy ? many<true>(x, taps, first, last, out) : many<false>(x, taps, first, last, out);
        case Along::FEW: break;
    }
    switch (taps.width) {
        case 1: return few<1>(x, taps, first, last, out);
        case 2: return few<2>(x, taps, first, last, out);
        case 3: return few<3>(x, taps, first, last, out);
        case 4: return few<4>(x, taps, first, last, out);
        case 5: return few<5>(x, taps, first, last, out);
        case 6: return few<6>(x, taps, first, last, out);
        case 7: return few<7>(x, taps, first, last, out);
        default: return few<8>(x, taps, first, last, out);
    }
}

// The first row of x that output row `row`, numbered over all items, is made of.
template <class T> const T* corner(const Resize<T>& r, long row) {
    const long rows = r.depth.m * r.height.m, item = row / rows, z = row % rows / r.height.m, y = row % r.height.m;
    return r.x + ((item * r.depth.n + r.depth.start[z]) * r.height.n + r.height.start[y]) * r.width.n;
}

// What output row `row` is made of along its width: a row of x, or a sum of rows in `to`.
template <class T> const T* blended(const Resize<T>& r, long row, T* to, double* whole) {
    const long size = r.width.n, z = row / r.height.m % r.depth.m, y = row % r.height.m;
    const Taps<T>&depth = r.depth, &height = r.height;
    const T* x = corner(r, row);
    if (depth.how == Along::PICK && height.how == Along::PICK) {
        if (r.width.how != Along::MANY || r.width.width <= size) return x;
        // whole registers reach past the end of a row, but not past the buffer's
        __builtin_memcpy(to, x, size * sizeof(T));
        return to;
    }
    Blend<T> blend(to, whole, size);
    for (int a = 0; a < depth.width; ++a) {
        for (int b = 0; b < height.width; ++b) {
            const T u = depth.weight[z * depth.width + a], v = height.weight[y * height.width + b];
            if (u != 0 && v != 0) blend.add(x + (a * height.n + b) * size, u * v);
        }
    }
    if (!blend.finish()) __builtin_memset(to, 0, size * sizeof(T));
    return to;
}

// Pieces [first, last) of all output rows, numbered over all items.
template <class T> void resize(const Resize<T>& r, long first, long last, float* scratch) {
    const long w = r.width.m;
    T* buffer = reinterpret_cast<T*>(scratch);
    double* whole = reinterpret_cast<double*>(buffer + padded(r.width.n));
    const T *before = nullptr, *before_out = nullptr;
    for (long piece = first; piece < last; ++piece) {
        const long row = piece / r.parts, part = piece % r.parts;
        const long from = w * part / r.parts, to = w * (part + 1) / r.parts;
        T* out = r.out + row * w + from;
        const bool direct = r.width.how == Along::SAME && r.parts == 1;
        const T* line = blended(r, row, direct ? out : buffer, whole);
        if (line == out) continue;
        const T* coming = r.parts == 1 && piece + 1 < last ? corner(r, row + 1) : line;
        if (line == before && line != buffer && r.parts == 1) __builtin_memcpy(out, before_out, w * sizeof(T));
        else along(line, coming, r.width, from, to, out);
        before = line;
        before_out = out;
    }
}

}  // namespace
