// Euclidean distances by direct difference: one item against a register's worth of others, one per lane.
//
// A pair's value is one sum in one order, whichever function computes it and whatever is computed beside it.
#pragma once
#include "kernels.hpp"
#include "lanes.hpp"

namespace {

constexpr int PER_PANEL = L / 2, PANELS = 4;
constexpr long ROWS_AT_ONCE = 32, VALUES_AT_ONCE = 256;

typedef double Doubles __attribute__((vector_size(4 * L)));
typedef double LooseDoubles __attribute__((vector_size(4 * L), aligned(8), may_alias));
typedef float Halves __attribute__((vector_size(2 * L)));
typedef float LooseHalves __attribute__((vector_size(2 * L), aligned(4), may_alias));

// Item `row` against P panels. The sum of each VALUES_AT_ONCE values is added up on its own, which rounds less.
template <int P> inline void against(const double* row, const double* panel, long values, bool squared, Doubles* out) {
    for (int p = 0; p < P; ++p) out[p] = Doubles{};
    for (long begin = 0; begin < values; begin += VALUES_AT_ONCE) {
        const long end = begin + VALUES_AT_ONCE < values ? begin + VALUES_AT_ONCE : values;
        Doubles sum[P] = {};
        for (long v = begin; v < end; ++v) {
#pragma GCC unroll 4
            for (int p = 0; p < P; ++p) {
                const double* from = panel + (p * values + v) * PER_PANEL;
                const Doubles difference = *reinterpret_cast<const LooseDoubles*>(from) - row[v];
                sum[p] += difference * difference;
            }
        }
        for (int p = 0; p < P; ++p) out[p] += sum[p];
    }
    if (squared) return;
    for (int p = 0; p < P; ++p) {
        for (int l = 0; l < PER_PANEL; ++l) out[p][l] = __builtin_sqrt(out[p][l]);
    }
}

// Pairs in the given order; those of one item with one panel that follow each other cost as much as one.
void some_pairs(const Vectors& x, const long* i, const long* j, long first, long last, double* out) {
    Doubles found[1] = {};
    long row = -1, panel = -1;
    for (long p = first; p < last; ++p) {
        if (i[p] != row || j[p] / PER_PANEL != panel) {
            row = i[p];
            panel = j[p] / PER_PANEL;
            against<1>(x.rows + row * x.values, x.panels + panel * PER_PANEL * x.values, x.values, x.squared, found);
        }
        out[p] = found[0][j[p] % PER_PANEL];
    }
}

// Rows [first, last) · ROWS_AT_ONCE of the condensed form: item i with all after it. Panels are padded to PANELS.
void all_pairs(const Vectors& x, long first, long last, float* out) {
    constexpr long WIDTH = PANELS * PER_PANEL;
    for (long block = first; block < last; ++block) {
        const long top = block * ROWS_AT_ONCE, bottom = top + ROWS_AT_ONCE < x.items ? top + ROWS_AT_ONCE : x.items;
        for (long j = (top + 1) / WIDTH * WIDTH; j < x.items; j += WIDTH) {
            for (long i = top; i < bottom; ++i) {
                if (j + WIDTH <= i + 1) continue;
                Doubles found[PANELS];
                against<PANELS>(x.rows + i * x.values, x.panels + j * x.values, x.values, x.squared, found);
                float* to = out + (x.items * i - i * (i + 1) / 2 - i - 1) + j;
                if (j > i && j + WIDTH <= x.items) {
                    for (int p = 0; p < PANELS; ++p) {
                        const Halves narrow = __builtin_convertvector(found[p], Halves);
                        *reinterpret_cast<LooseHalves*>(to + p * PER_PANEL) = narrow;
                    }
                    continue;
                }
                for (long k = i + 1 > j ? i + 1 - j : 0; k < WIDTH && j + k < x.items; ++k) {
                    to[k] = float(found[k / PER_PANEL][k % PER_PANEL]);
                }
            }
        }
    }
}

}  // namespace
