// `dtw` for Python: sequences laid out as the kernels read them, pairs shared out.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "levels.hpp"
#include "threads.hpp"

namespace nb = nanobind;

namespace {

template <class T, int N> using Array = nb::ndarray<T, nb::ndim<N>, nb::c_contig, nb::device::cpu>;
using Indices = Array<const long, 1>;

// (rows, columns), one sequence after the other, as `columns` rows in time with zeros around.
template <class T> std::vector<T> laid_out(const T* values, const std::vector<long>& length, long columns, bool back) {
    long total = 0;
    for (long n : length) total += columns * padded(n);
    std::vector<T> out(total, T(0));
    T* to = out.data();
    for (long n : length) {
        for (long c = 0; c < columns; ++c, to += padded(n)) {
            for (long t = 0; t < n; ++t) to[MARGIN + t] = values[(back ? n - 1 - t : t) * columns + c];
        }
        values += n * columns;
    }
    return out;
}

template <class T> std::vector<const T*> sequences(const T* data, const std::vector<long>& length, long columns) {
    std::vector<const T*> out;
    for (long n : length) {
        out.push_back(data);
        data += columns * padded(n);
    }
    return out;
}

// lengths: rows of each sequence in `values`, 1 or more
template <class T>
void dtw(int level, const Array<const T, 2>& values, const Indices& lengths, const Indices& i, const Indices& j,
         double band, Array<T, 1> cost, Array<T, 1> cells, int threads) {
    const long count = long(lengths.shape(0)), pairs = long(i.shape(0)), columns = long(values.shape(1));
    const std::vector<long> length(lengths.data(), lengths.data() + count);
    long total = 0, longest = 0;
    for (long n : length) {
        if (n < 1) throw std::invalid_argument("a sequence without rows");
        total += n;
        longest = std::max(longest, n);
    }
    const auto outside = [&](const Indices& k) {
        return std::any_of(k.data(), k.data() + pairs, [&](long at) { return at < 0 || at >= count; });
    };
    if (level < 0 || level >= int(levels_here().size()) || total != long(values.shape(0)) ||
        long(j.shape(0)) != pairs || long(cost.shape(0)) != pairs || long(cells.shape(0)) != pairs || outside(i) ||
        outside(j)) {
        throw std::invalid_argument("lengths, pairs or results do not fit the sequences");
    }
    const Kernels& kernels = *levels_here()[level];
    const nb::gil_scoped_release free;
    const std::vector<T> ahead = laid_out(values.data(), length, columns, false);
    const std::vector<T> back = laid_out(values.data(), length, columns, true);
    const auto ahead_of = sequences(ahead.data(), length, columns), back_of = sequences(back.data(), length, columns);
    const Warping<T> warping{ahead_of.data(), back_of.data(), length.data(), i.data(), j.data(), columns,
                             band,            cost.data(),    cells.data()};
    const long floats = 4 * (longest + 64) * long(sizeof(T) / sizeof(float));
    const double cells_each = double(total) / count * (double(total) / count) * (columns + 4);
    share(pairs, threads, long(std::min(cells_each, 1e15)), floats, [&](long first, long last, float* scratch) {
        if constexpr (sizeof(T) == 4) kernels.dtw_single(warping, first, last, scratch);
        else kernels.dtw_double(warping, first, last, reinterpret_cast<double*>(scratch));
    });
}

template <class T> void bind(nb::module_& m) {
    const auto same = [](const char* name) { return nb::arg(name).noconvert(); };
    m.def("dtw", &dtw<T>, nb::arg("level"), same("values"), same("lengths"), same("i"), same("j"), nb::arg("band"),
          same("cost"), same("cells"), nb::arg("threads"));
}

}  // namespace

void bind_dtw(nb::module_& m) {
    bind<float>(m);
    bind<double>(m);
}
