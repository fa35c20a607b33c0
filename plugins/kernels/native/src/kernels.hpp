// What the Python module and the levels share. Plain data only (see lanes.hpp). Sizes and strides count floats.
#pragma once
#include "codes.hpp"
#include "pairs.hpp"
#include "taps.hpp"

enum class Pad { CONSTANT, EDGE, REFLECT, SYMMETRIC };
enum class Result { COMPLEX, MAGNITUDE, POWER };
enum class Log { NONE, DB, LN };

constexpr long TILE = 64;  // frames that one piece of work transforms

// The transform of n_fft real samples, as one of half as many complex numbers.
struct Plan {
    int n_fft, half;
    int stages, radix[32];
    const float* twiddle[32];  // per stage but the last two, (radix − 1) complex numbers for each of its butterflies
    const float* stage;     // (radix of the stage before, radix of the last), for what enters the last stage
    const int* row;         // where in it transform c of the last stage begins
    const float* untangle;  // −i exp(−2πi k / n_fft)
    const int* slot;        // where frequency k is left; slot[half] = half

    // For one frame alone, whose samples are shared out among L lanes. Tables hold (2, L) parts of exp(−2πi …).
    const Plan* lane;       // of n_fft / L samples; null where these do not come out even, or are too few
    const float* turn;      // k l / n_fft, for k < lane->half
    const float* cross;     // j (l mod 4) / L, for 0 < j < L / 4
    const float* middle;    // (lane->half + 2 j lane->half) l / n_fft: (L, L / 2) complex numbers
};

// Frame k of each channel begins on sample start + k · hop; samples outside [0, samples) follow `pad`. Frames are numbered
// over all channels, `count` of each.
struct Frames {
    const Plan* plan;
    const float* signal;
    const float* window;  // times 1/2, zeros from n_fft up to a multiple of 16
    long channels, channel_stride, samples, start, hop, count;
    Pad pad;
};

// Rows of frequencies, one per frame.
struct Spectrogram {
    float* data;
    long channel_stride, row_stride;
    Result result;
    bool large;  // more than a cache keeps
};

// Row b sums bins [first[b], last[b]) with the weights from weight[offset[b]] on.
struct Bands {
    const int *first, *last, *offset;
    const float* weight;
    int count;
    bool squared;  // of power, not of magnitude
    Log log;
    float floor, added;
    const float* dct;  // (count, coefs), or null
    int coefs;
};

// Loudest and quietest level of each frame, up to a whole number of groups; or null.
struct Ranges {
    float *loudest, *quietest;
};

struct Kernels {
    const char* name;
    int lanes;  // frames in a group

    // floats of 64-byte aligned memory that a thread needs
    long (*stft_scratch)(const Plan&);
    long (*mel_scratch)(const Plan&, const Bands&, long groups, long channels);

    // Tiles [first, last), numbered over all channels.
    void (*stft)(const Frames&, const Spectrogram&, long first, long last, float* scratch);

    // Groups [first, last) of frames, which may be of several channels, to rows of `out`, one per frame.
    void (*mel)(const Frames&, const Bands&, float* out, long first, long last, const Ranges&, float* scratch);
    // The same groups again where they hold levels under their channel's floor.
    void (*mel_raise)(const Frames&, const Bands&, float* out, long first, long last, const Ranges&, const float* floors,
                      float* scratch);
    // Channels [first, last) at once, levels raised to `top_db` under the channel's loudest.
    void (*mel_channels)(const Frames&, const Bands&, float* out, long first, long last, float top_db, float* scratch);

    // Pieces [first, last) of output rows, numbered over all items.
    void (*resize_single)(const Resize<float>&, long first, long last, float* scratch);
    void (*resize_double)(const Resize<double>&, long first, long last, float* scratch);

    // How many codes were kept in range.
    long (*quantize)(const Rounding&, Code);

    // Pairs [first, last); scratch: 4 · (longest + 64) values.
    void (*dtw_single)(const Warping<float>&, long first, long last, float* scratch);
    void (*dtw_double)(const Warping<double>&, long first, long last, double* scratch);

    // Pairs [first, last); rows [first, last) · 32 of the condensed form.
    void (*some_pairs)(const Vectors&, const long* i, const long* j, long first, long last, double* out);
    void (*all_pairs)(const Vectors&, long first, long last, float* out);
};
