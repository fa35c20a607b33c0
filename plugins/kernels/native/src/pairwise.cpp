// Euclidean distances for Python: items put in panels, pairs shared out.
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
using Items = Array<const double, 2>;
using Indices = Array<const long, 1>;

constexpr long PANELS = 4, ROWS = 32;  // as in pairwise.hpp: panels come in fours, pieces are of 32 rows

// Panels of `lanes` items, (values, lanes) each, the last ones filled up with zeros.
std::vector<double> panels_of(const Items& x, long lanes) {
    const long items = long(x.shape(0)), values = long(x.shape(1)), width = PANELS * lanes;
    std::vector<double> out((items + width - 1) / width * width * values, 0.0);
    for (long k = 0; k < items; ++k) {
        double* panel = out.data() + k / lanes * lanes * values + k % lanes;
        for (long v = 0; v < values; ++v) panel[v * lanes] = x.data()[k * values + v];
    }
    return out;
}

const Kernels& kernels_of(int level) {
    if (level < 0 || level >= int(levels_here().size())) throw std::invalid_argument("no such level");
    return *levels_here()[level];
}

void euclidean(int level, const Items& x, const Indices& i, const Indices& j, bool squared, Array<double, 1> out,
               int threads) {
    const Kernels& kernels = kernels_of(level);
    const long items = long(x.shape(0)), values = long(x.shape(1)), pairs = long(i.shape(0));
    const auto outside = [&](const Indices& k) {
        return std::any_of(k.data(), k.data() + pairs, [&](long at) { return at < 0 || at >= items; });
    };
    if (long(j.shape(0)) != pairs || long(out.shape(0)) != pairs || outside(i) || outside(j)) {
        throw std::invalid_argument("pairs do not fit the items");
    }
    const nb::gil_scoped_release free;
    const std::vector<double> panels = panels_of(x, kernels.lanes / 2);
    const Vectors vectors{x.data(), panels.data(), items, values, squared};
    share(pairs, threads, values, 1, [&](long first, long last, float*) {
        kernels.some_pairs(vectors, i.data(), j.data(), first, last, out.data());
    });
}

void euclidean_all(int level, const Items& x, bool squared, Array<float, 1> out, int threads) {
    const Kernels& kernels = kernels_of(level);
    const long items = long(x.shape(0)), values = long(x.shape(1));
    if (long(out.shape(0)) != items * (items - 1) / 2) throw std::invalid_argument("out has another size");
    const nb::gil_scoped_release free;
    const std::vector<double> panels = panels_of(x, kernels.lanes / 2);
    const Vectors vectors{x.data(), panels.data(), items, values, squared};
    share((items + ROWS - 1) / ROWS, threads, ROWS * items * values / 2, 1, [&](long first, long last, float*) {
        kernels.all_pairs(vectors, first, last, out.data());
    });
}

}  // namespace

void bind_pairwise(nb::module_& m) {
    const auto same = [](const char* name) { return nb::arg(name).noconvert(); };
    m.def("euclidean", &euclidean, nb::arg("level"), same("x"), same("i"), same("j"), nb::arg("squared"), same("out"),
          nb::arg("threads"));
    m.def("euclidean_all", &euclidean_all, nb::arg("level"), same("x"), nb::arg("squared"), same("out"),
          nb::arg("threads"));
}
