// `separable` for Python: taps checked and put in the order that the kernels read, work shared out.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "levels.hpp"
#include "threads.hpp"

namespace nb = nanobind;

namespace {

template <class T, int N> using Array = nb::ndarray<T, nb::ndim<N>, nb::c_contig, nb::device::cpu>;
using Start = Array<const long, 1>;

void require(bool fine, const char* message) {
    if (!fine) throw std::invalid_argument(message);
}

// Taps with the memory that they point to.
template <class T> struct OwnedTaps {
    Taps<T> taps{};
    std::vector<int> start, count;
    std::vector<T> weight;

    // lanes: of the level, where the axis is the last one; 0 for the others, which are read row by row
    OwnedTaps(const Start& given, const Array<const T, 2>& weights, long n, int lanes) {
        const long m = long(given.shape(0)), width = long(weights.shape(1));
        require(long(weights.shape(0)) == m && m > 0 && width > 0, "taps do not fit each other");
        const auto [least, most] = std::minmax_element(given.data(), given.data() + m);
        if (*least < 0 || *most > n - width) {
            throw std::invalid_argument("taps from " + std::to_string(*least) + " to " + std::to_string(*most + width) +
                                        " on an axis of " + std::to_string(n));
        }
        start.assign(given.data(), given.data() + m);
        const T* w = weights.data();
        const auto is = [&](T value) { return std::all_of(w, w + m * width, [&](T x) { return x == value; }); };
        taps.n = n;
        taps.m = m;
        taps.width = int(width);
        taps.full = std::find(w, w + m * width, T(0)) == w + m * width;
        if (!lanes) weight.assign(w, w + m * width);
        if (width == 1 && is(1)) {
            taps.how = Along::PICK;
            bool same = m == n;
            for (long j = 0; same && j < m; ++j) same = start[j] == j;
            if (same && lanes) taps.how = Along::SAME;
        } else if (!lanes) {
            taps.how = Along::MANY;
        } else if (width <= FEW_TAPS) {
            taps.how = Along::FEW;
            weight.resize(m * width);
            for (long j = 0; j < m; ++j) {
                for (long k = 0; k < width; ++k) weight[k * m + j] = w[j * width + k];
            }
        } else if (means(w, lanes)) {
            taps.how = Along::EQUAL;
        } else {
            taps.how = Along::MANY;
            widen(w, lanes);
        }
        taps.start = start.data();
        taps.count = count.data();
        taps.weight = weight.data();
    }

    // Are all weights of each output one number, over at least a register?
    bool means(const T* w, int lanes) {
        const long width = taps.width;
        count.resize(taps.m);
        weight.resize(taps.m);
        std::vector<int> from(taps.m);
        for (long j = 0; j < taps.m; ++j, w += width) {
            const T* end = w + width;
            const T* first = std::find_if(w, end, [](T x) { return x != 0; });
            const T* last = std::find_if_not(first, end, [&](T x) { return x == *first; });
            if (last - first < lanes || std::any_of(last, end, [](T x) { return x != 0; })) return false;
            from[j] = start[j] + int(first - w);
            count[j] = int(last - first);
            weight[j] = *first;
        }
        start = from;
        return true;
    }

    // Whole registers of weights per output, moved left where they would reach past the end of the axis.
    void widen(const T* w, int lanes) {
        const long width = taps.width, wide = (width + lanes - 1) / lanes * lanes;
        weight.assign(taps.m * wide, 0);
        for (long j = 0; j < taps.m; ++j) {
            const long moved = std::clamp(start[j] + wide - taps.n, 0L, long(start[j]));
            start[j] -= int(moved);
            std::copy(w + j * width, w + (j + 1) * width, weight.begin() + j * wide + moved);
        }
        taps.width = int(wide);
    }
};

template <class T>
void separable(int level, const Array<const T, 4>& x, const Start& z, const Array<const T, 2>& zw, const Start& y,
               const Array<const T, 2>& yw, const Start& s, const Array<const T, 2>& sw, Array<T, 4> out, int threads) {
    require(level >= 0 && level < int(levels_here().size()), "no such level");
    const Kernels& kernels = *levels_here()[level];
    const int lanes = int(kernels.lanes * sizeof(float) / sizeof(T));
    OwnedTaps<T> depth(z, zw, long(x.shape(1)), 0), height(y, yw, long(x.shape(2)), 0);
    OwnedTaps<T> width(s, sw, long(x.shape(3)), lanes);
    Resize<T> r{x.data(), out.data(), long(x.shape(0)), 1, depth.taps, height.taps, width.taps};
    require(out.shape(0) == x.shape(0) && long(out.shape(1)) == r.depth.m && long(out.shape(2)) == r.height.m &&
                long(out.shape(3)) == r.width.m, "out has another shape");
    const bool rows_of_x = r.depth.how == Along::PICK && r.height.how == Along::PICK;
    if (rows_of_x) r.parts = (r.width.m + 4095) / 4096;
    const long rows = r.items * r.depth.m * r.height.m;
    // four: what is read comes from memory, not from cache
    const long each = 4 * (r.depth.width * r.height.width * r.width.n + r.width.m * r.width.width) / r.parts;
    const long doubles = long(r.depth.width) * r.height.width >= ROWS ? r.width.n : 0;
    const long floats = padded(r.width.n) * long(sizeof(T) / sizeof(float)) + 2 * doubles;
    const nb::gil_scoped_release free;
    share(rows * r.parts, threads, each, floats, [&](long first, long last, float* scratch) {
        if constexpr (sizeof(T) == 4) kernels.resize_single(r, first, last, scratch);
        else kernels.resize_double(r, first, last, scratch);
    });
}

template <class T> void bind(nb::module_& m) {
    const auto same = [](const char* name) { return nb::arg(name).noconvert(); };
    m.def("separable", &separable<T>, nb::arg("level"), same("x"), same("z"), same("z_weights"), same("y"),
          same("y_weights"), same("start"), same("weights"), same("out"), nb::arg("threads"));
}

}  // namespace

void bind_resize(nb::module_& m) {
    bind<float>(m);
    bind<double>(m);
}
