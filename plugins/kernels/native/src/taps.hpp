// What a resize is, shared by the Python module and the levels. Plain data only (see lanes.hpp).
#pragma once

enum class Along {
    SAME,    // every element stays
    PICK,    // one element each
    FEW,     // by_tap: a loop over outputs per tap
    EQUAL,   // means of at least LONGEST elements, all of the same weight
    MANY     // by_output: a loop over taps per output
};

constexpr int FEW_TAPS = 8;

// One axis of n elements resized to m: output j sums weight[j][k] · x[start[j] + k]; a weight of 0 leaves x unread.
template <class T> struct Taps {
    Along how;
    long n, m;
    int width;         // taps; for MANY rounded up to whole registers
    const int* start;
    const int* count;  // EQUAL: elements of each mean
    const T* weight;   // FEW: (width, m); EQUAL: (m,); MANY, and always for depth and height: (m, width)
    bool full;         // no weight is 0
};

// Rows that are added up in the values' own precision.
constexpr int ROWS = 128;

// Elements of a buffer for rows of n: whole registers may reach past the end, and doubles may follow.
static constexpr long padded(long n) { return (n + 79) / 16 * 16; }

// (items, depth.n, height.n, width.n) to (items, depth.m, height.m, width.m)
template <class T> struct Resize {
    const T* x;
    T* out;
    long items, parts;  // parts: pieces of an output row
    Taps<T> depth, height, width;
};
