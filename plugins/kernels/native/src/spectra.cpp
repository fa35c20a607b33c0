// `stft` and `mel_bands` for Python: arguments checked, plans made, work shared out.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string_view.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "levels.hpp"
#include "plan.hpp"
#include "threads.hpp"

namespace nb = nanobind;

namespace {

template <class T, int N> using Array = nb::ndarray<T, nb::ndim<N>, nb::device::cpu>;
using Signal = Array<const float, 2>;
using Vector = Array<const float, 1>;
using Weights = Array<const float, 2>;
using Cosines = Array<const double, 2>;
using Dense = nb::ndarray<float, nb::ndim<3>, nb::c_contig, nb::device::cpu>;

constexpr size_t CACHED = 1 << 22;  // floats of a spectrogram, 16 MB, that may be read again from a cache
constexpr long KEPT = 1 << 19;  // floats of levels, 2 MB, that a thread keeps of one channel rather than makes twice

void require(bool fine, const char* message) {
    if (!fine) throw std::invalid_argument(message);
}

template <class A> bool rows_are_dense(const A& array) {
    return array.shape(array.ndim() - 1) < 2 || array.stride(array.ndim() - 1) == 1;
}

template <class A> bool is_dense(const A& array) {
    return rows_are_dense(array) && (array.shape(0) < 2 || array.stride(0) == long(array.shape(1)));
}

Pad pad_of(std::string_view name) {
    if (name == "constant") return Pad::CONSTANT;
    if (name == "edge") return Pad::EDGE;
    if (name == "reflect") return Pad::REFLECT;
    require(name == "symmetric", "pad must be constant, edge, reflect or symmetric");
    return Pad::SYMMETRIC;
}

const Kernels& kernels_at(int level) {
    require(level >= 0 && level < int(levels_here().size()), "no such level");
    return *levels_here()[level];
}

// The frames that arguments describe, with the window that they point to.
struct Described {
    Frames frames;
    std::vector<float> window;

    Described(const Kernels& kernels, const Signal& x, const Vector& given, long hop, long start, long count,
              std::string_view pad) {
        constexpr long LIMIT = std::numeric_limits<long>::max() / 4;
        const Plan& plan = plan_for(long(given.shape(0)), kernels.lanes);
        const long n = long(x.shape(1));
        require(rows_are_dense(x) && rows_are_dense(given), "samples of a channel must follow each other");
        require(hop >= 1 && count >= 0 && count < LIMIT && start > -LIMIT && start < LIMIT && hop < LIMIT / (count + 1),
                "hop must be 1 or more, count 0 or more, and frames within reach of 64-bit numbers");
        require(n > 0 || !count || pad == "constant", "no samples to pad from");
        window.assign((plan.n_fft + 15) / 16 * 16, 0);
        for (int i = 0; i < plan.n_fft; ++i) window[i] = given.data()[i] * 0.5f;
        frames = {&plan, x.data(), window.data(), long(x.shape(0)), x.stride(0), n, start, hop, count, pad_of(pad)};
    }
};

void stft(int level, const Signal& x, const Vector& window, long hop, long start, long count, std::string_view pad,
          int power, Array<float, 3> out, int threads) {
    const Kernels& kernels = kernels_at(level);
    const Described described(kernels, x, window, hop, start, count, pad);
    const Frames& frames = described.frames;
    const size_t bins = frames.plan->half + 1, width = power ? 1 : 2, channels = x.shape(0);
    require(out.shape(0) == channels && out.shape(1) == size_t(count) && out.shape(2) == bins * width,
            "out has another shape");
    require(rows_are_dense(out), "out has another order");
    require(power >= 0 && power <= 2, "power must be 0, 1 or 2");
    const Result result = power == 0 ? Result::COMPLEX : power == 1 ? Result::MAGNITUDE : Result::POWER;
    const bool large = channels * count * bins * width > CACHED;
    const Spectrogram spectrogram{out.data(), out.stride(0), out.stride(1), result, large};
    const long tiles = (count + TILE - 1) / TILE * long(channels);
    const nb::gil_scoped_release free;
    share(tiles, threads, frames.plan->n_fft * TILE, kernels.stft_scratch(*frames.plan),
          [&](long first, long last, float* scratch) { kernels.stft(frames, spectrogram, first, last, scratch); });
}

// Weights are mostly zeros: looked through in stretches, which the compiler turns into vectors.
constexpr int STRETCH = 64;

bool all_zero(const float* row) {
    int weights = 0;
    for (int i = 0; i < STRETCH; ++i) weights |= row[i] != 0;
    return !weights;
}

int first_weight(const float* row, int bins) {
    int i = 0;
    while (i + STRETCH <= bins && all_zero(row + i)) i += STRETCH;
    while (i < bins && row[i] == 0) ++i;
    return i;
}

int past_last_weight(const float* row, int begin, int bins) {
    int i = bins;
    while (i - STRETCH >= begin && all_zero(row + i - STRETCH)) i -= STRETCH;
    while (i > begin && row[i - 1] == 0) --i;
    return i;
}

// Bands as the kernels want them: of each row only the stretch that is not zero; the DCT's columns as rows.
struct OwnedBands : Bands {
    std::vector<int> firsts, lasts, offsets;
    std::vector<float> weights, cosines;

    OwnedBands(const Weights& given, const std::optional<Cosines>& matrix) : Bands{} {
        require(is_dense(given), "weights must be in C order");
        count = int(given.shape(0));
        const int bins = int(given.shape(1));
        for (int b = 0; b < count; ++b) {
            const float* row = given.data() + long(b) * bins;
            const int begin = first_weight(row, bins), end = past_last_weight(row, begin, bins);
            firsts.push_back(begin);
            lasts.push_back(end);
            offsets.push_back(int(weights.size()));
            weights.insert(weights.end(), row + begin, row + end);
        }
        first = firsts.data();
        last = lasts.data();
        offset = offsets.data();
        weight = weights.data();
        if (matrix) transpose(*matrix);
    }

  private:
    void transpose(const Cosines& matrix) {
        require(is_dense(matrix) && int(matrix.shape(1)) == count, "dct must be (coefs, bands) in C order");
        coefs = int(matrix.shape(0));
        cosines.resize(size_t(coefs) * count);
        for (int k = 0; k < coefs; ++k) {
            for (int b = 0; b < count; ++b) cosines[b * coefs + k] = float(matrix.data()[k * count + b]);
        }
        dct = cosines.data();
    }
};

// Channels that are transformed at once: no more than leave hardly a lane of their last group empty.
long at_once(long count, int lanes) {
    for (long channels = 1; channels < lanes; ++channels) {
        const long frames = channels * count, empty = (lanes - frames % lanes) % lanes;
        if (32 * empty <= frames) return channels;
    }
    return lanes;
}

// Levels tied to the loudest of their channel: in one go where a channel's levels can be kept, else in two.
void share_with_top(const Kernels& kernels, const Frames& frames, const Bands& bands, float* out, float top_db,
                    int threads) {
    const long lanes = kernels.lanes, n_fft = frames.plan->n_fft, channels = frames.channels, count = frames.count;
    const auto groups = [lanes](long n) { return (n + lanes - 1) / lanes; };
    const long some = at_once(count, kernels.lanes), blocks = (channels + some - 1) / some;
    if (groups(some * count) * bands.count * lanes <= KEPT &&
        (blocks >= threads || channels * count * n_fft < 2 * WORTH_A_THREAD)) {
        const long floats = kernels.mel_scratch(*frames.plan, bands, groups(some * count), some);
        share(blocks, threads, some * count * n_fft, floats, [&](long first, long last, float* scratch) {
            for (long b = first; b < last; ++b) {
                kernels.mel_channels(frames, bands, out, b * some, std::min((b + 1) * some, channels), top_db, scratch);
            }
        });
        return;
    }
    const long all = groups(channels * count), floats = kernels.mel_scratch(*frames.plan, bands, 1, 0);
    std::vector<float> loudest(all * lanes), quietest(all * lanes);
    const Ranges ranges{loudest.data(), quietest.data()};
    share(all, threads, n_fft * lanes, floats, [&](long first, long last, float* scratch) {
        kernels.mel(frames, bands, out, first, last, ranges, scratch);
    });
    std::vector<float> floors(channels, -std::numeric_limits<float>::infinity());
    for (long i = 0; i < channels * count; ++i) floors[i / count] = std::max(floors[i / count], loudest[i] - top_db);
    share(all, threads, n_fft * lanes, floats, [&](long first, long last, float* scratch) {
        kernels.mel_raise(frames, bands, out, first, last, ranges, floors.data(), scratch);
    });
}

void mel_bands(int level, const Signal& x, const Vector& window, long hop, const Weights& weights, long start, long count,
               std::string_view pad, int power, std::string_view log, float floor, float offset,
               std::optional<float> top_db, const std::optional<Cosines>& dct, Dense out, int threads) {
    const Kernels& kernels = kernels_at(level);
    const Described described(kernels, x, window, hop, start, count, pad);
    const Frames& frames = described.frames;
    OwnedBands bands(weights, dct);
    require(int(weights.shape(1)) == frames.plan->half + 1, "weights must be (bands, n_fft / 2 + 1)");
    require(log == "" || log == "db" || log == "ln", "log must be '', 'db' or 'ln'");
    require(log == "" || floor + (log == "ln" ? offset : 0) >= std::numeric_limits<float>::min(),
            "the least argument of the logarithm must be a normal number");
    const size_t columns = dct ? bands.coefs : bands.count;
    require(out.shape(0) == x.shape(0) && out.shape(1) == size_t(count) && out.shape(2) == columns,
            "out has another shape");
    bands.squared = power == 2;
    bands.log = log == "" ? Log::NONE : log == "db" ? Log::DB : Log::LN;
    bands.floor = floor;
    bands.added = offset;
    const long groups = (long(x.shape(0)) * count + kernels.lanes - 1) / kernels.lanes;
    const nb::gil_scoped_release free;
    if (top_db) return share_with_top(kernels, frames, bands, out.data(), *top_db, threads);
    share(groups, threads, frames.plan->n_fft * kernels.lanes, kernels.mel_scratch(*frames.plan, bands, 1, 0),
          [&](long first, long last, float* scratch) {
              kernels.mel(frames, bands, out.data(), first, last, Ranges{}, scratch);
          });
}

}  // namespace

void bind_spectra(nb::module_& m) {
    // noconvert: nanobind would silently copy an array of another dtype, and what is written to `out` would be lost
    const auto same = [](const char* name) { return nb::arg(name).noconvert(); };
    m.def("has_plan", &has_plan, nb::arg("n_fft"));
    m.def("stft", &stft, nb::arg("level"), same("x"), same("window"), nb::arg("hop"), nb::arg("start"),
          nb::arg("count"), nb::arg("pad"), nb::arg("power"), same("out"), nb::arg("threads"));
    m.def("mel_bands", &mel_bands, nb::arg("level"), same("x"), same("window"), nb::arg("hop"), same("weights"),
          nb::arg("start"), nb::arg("count"), nb::arg("pad"), nb::arg("power"), nb::arg("log"), nb::arg("floor"),
          nb::arg("offset"), nb::arg("top_db").none(), same("dct").none(), same("out"), nb::arg("threads"));
}
