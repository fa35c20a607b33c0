// Dynamic time warping along anti-diagonals: all loops are contiguous, and memory grows with the shorter sequence.
//
// AT_ONCE diagonals go through the registers together, so that each value of the first sequence is loaded once for all
// of them, and only the last two are stored.
#pragma once
#include "kernels.hpp"
#include "lanes.hpp"

namespace {

template <class T> struct Diagonals {
    static constexpr int N = 4 * L / sizeof(T), AT_ONCE = 4;
    typedef T V __attribute__((vector_size(4 * L)));
    typedef T Loose __attribute__((vector_size(4 * L), aligned(sizeof(T)), may_alias));
    using All = typename Count<N>::type;

    static V load(const T* p) { return *reinterpret_cast<const Loose*>(p); }
    static void store(T* p, V v) { *reinterpret_cast<Loose*>(p) = v; }
    static V splat(T x) { return x - V{}; }
    static V least(V a, V b) { return a < b ? a : b; }
    static V root(V x) {
        for (int l = 0; l < N; ++l) {
            if constexpr (sizeof(T) == 4) x[l] = __builtin_sqrtf(x[l]);
            else x[l] = __builtin_sqrt(x[l]);
        }
        return x;
    }
    template <int... J> static V numbers(Lanes<J...>) { return V{T(J)...}; }
    // one lane up, the first from the register before
    template <int... J> static V shifted(V before, V v, Lanes<J...>) {
        return __builtin_shufflevector(before, v, (N - 1 + J)...);
    }

    // Cost of the cheapest path to a cell, and the cells on it.
    struct Path { V cost, cells; };
    static Path shifted(Path before, Path p) {
        return {shifted(before.cost, p.cost, All{}), shifted(before.cells, p.cells, All{})};
    }
    // The cheapest of three, the shortest where they cost the same.
    static Path best(Path a, Path b, Path c) {
        const V cost = least(least(a.cost, b.cost), c.cost), none = splat(T(__builtin_inf()));
        const V first = a.cost == cost ? a.cells : none, second = b.cost == cost ? b.cells : none;
        return {cost, least(least(first, second), c.cost == cost ? c.cells : none)};
    }
};

// Rows of diagonal d, in which row i meets column d − i: those in the matrix and within `radius` columns of the line
// between its corners.
struct Rows {
    long n, m;
    double radius, slope;

    Rows(long n, long m, double band) : n(n), m(m), radius(0), slope(n > 1 ? double(m - 1) / double(n - 1) : 0) {
        if (band > 0 && n > 1) radius = band * m > (slope + 1) / 2 ? band * m : (slope + 1) / 2;
    }
    long low(long d) const {
        const long edge = d < m ? 0 : d - m + 1;
        if (radius == 0) return edge;
        const long near = long(__builtin_ceil((d - radius) / (1 + slope) - 1e-9));
        return near > edge ? near : edge;
    }
    long high(long d) const {
        const long edge = d < n ? d : n - 1;
        if (radius == 0) return edge;
        const long near = long(__builtin_floor((d + radius) / (1 + slope) + 1e-9));
        return near < edge ? near : edge;
    }
};

// x: n rows ahead, y: m rows back, n <= m. scratch: 4 · (n + 2 N) values.
template <class T>
void warp_pair(const T* x, const T* y, long n, long m, long columns, double band, T* scratch, T* cost, T* cells) {
    using D = Diagonals<T>;
    using V = typename D::V;
    using Path = typename D::Path;
    constexpr int N = D::N, K = D::AT_ONCE;
    const T far = T(__builtin_inf());
    const long x_row = padded(n), y_row = padded(m), size = n + 2 * N, last = n + m - 2;
    T *before = scratch, *before_cells = before + size, *after = before_cells + size, *after_cells = after + size;
    for (long i = 0; i < size; ++i) {
        before[i] = after[i] = far;
        before_cells[i] = after_cells[i] = 0;
    }
    const Rows rows(n, m, band);
    const Path closed = {D::splat(far), V{}};
    Path done[K];
    for (long d = 0; d <= last; d += K) {
        long low[K], high[K];
        for (int k = 0; k < K; ++k) {
            low[k] = rows.low(d + k);
            high[k] = rows.high(d + k);
            done[k] = closed;
        }
        Path two_back = closed, one_back = closed;
        if (d == 0) two_back.cost = V{};  // a cell before the first
        // from where the stored diagonals begin, so that nothing of them is left over
        for (long i = rows.low(d > 1 ? d - 2 : 0) / N * N; i <= high[K - 1]; i += N) {
            V sum[K] = {};
            const T *from_x = x + i, *from_y = y + (m - 1 - d + i);
            for (long c = 0; c < columns; ++c, from_x += x_row, from_y += y_row) {
                const V value = D::load(from_x);
#pragma GCC unroll 4
                for (int k = 0; k < K; ++k) {
                    const V difference = value - D::load(from_y - k);
                    sum[k] += difference * difference;
                }
            }
            const V row = D::numbers(typename D::All{}) + T(i);
            const Path here_two = {D::load(before + i), D::load(before_cells + i)};
            Path here = {D::load(after + i), D::load(after_cells + i)};
            Path across = D::shifted(two_back, here_two), above = D::shifted(one_back, here);
            two_back = here_two;
            one_back = here;
#pragma GCC unroll 4
            for (int k = 0; k < K; ++k) {
                const Path found = D::best(across, above, here);
                const auto open = (row >= T(low[k])) & (row <= T(high[k]));
                here = {open ? D::root(sum[k]) + found.cost : D::splat(far), found.cells + T(1)};
                across = above;
                above = D::shifted(done[k], here);
                done[k] = here;
            }
            D::store(before + i, done[K - 2].cost);
            D::store(before_cells + i, done[K - 2].cells);
            D::store(after + i, done[K - 1].cost);
            D::store(after_cells + i, done[K - 1].cells);
        }
    }
    const Path end = done[last % K];
    *cost = end.cost[(n - 1) % N];
    *cells = end.cells[(n - 1) % N];
}

// Pairs [first, last).
template <class T> void warp(const Warping<T>& w, long first, long last, T* scratch) {
    for (long p = first; p < last; ++p) {
        const bool turn = w.length[w.i[p]] > w.length[w.j[p]];
        const long a = turn ? w.j[p] : w.i[p], b = turn ? w.i[p] : w.j[p];
        warp_pair(w.ahead[a] + MARGIN, w.back[b] + MARGIN, w.length[a], w.length[b], w.columns, w.band, scratch,
                  w.cost + p, w.cells + p);
    }
}

}  // namespace
