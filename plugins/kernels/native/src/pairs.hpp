// What comparisons of many pairs are, shared by the Python module and the levels. Plain data only (see lanes.hpp).
#pragma once

namespace {

constexpr long MARGIN = 64;  // zeros before and after a sequence: what a register reads beyond its ends

constexpr long padded(long n) { return (n + 2 * MARGIN + 15) / 16 * 16; }

}  // namespace

// Sequence k: `columns` rows of padded(length[k]) values in time, the first of each row at MARGIN.
template <class T> struct Warping {
    const T* const* ahead;
    const T* const* back;  // the same, last value first
    const long *length, *i, *j;
    long columns;
    double band;  // share of the longer sequence, 0 for none
    T *cost, *cells;
};

// Items as rows, and as panels: the values of a register's worth of items side by side.
struct Vectors {
    const double *rows, *panels;
    long items, values;
    bool squared;
};
