// What rounding to codes is, shared by the Python module and the levels. Plain data only (see lanes.hpp).
#pragma once

enum class Dither { NONE, RPDF, TPDF, TPDF_HIGHPASS };

// Samples [first, last) of one channel; sample i has index `start` + i, which its dither depends on.
struct Rounding {
    const float* x;
    void* out;  // the codes' type is the function's
    long first, last;
    unsigned start, key;
    float half, zero;  // 2^(bits − 1); what is added to signed codes
    Dither dither;
};

enum class Code { INT8, UINT8, INT16, UINT16 };
