// The Python module.
#include <nanobind/nanobind.h>

#include "levels.hpp"

namespace nb = nanobind;

void bind_dtw(nb::module_& m);
void bind_pairwise(nb::module_& m);
void bind_quantize(nb::module_& m);
void bind_resize(nb::module_& m);
void bind_spectra(nb::module_& m);

namespace {

nb::tuple names(const std::vector<const Kernels*>& levels) {
    nb::list list;
    for (const Kernels* kernels : levels) list.append(kernels->name);
    return nb::tuple(list);
}

}  // namespace

NB_MODULE(_kernels, m) {
    m.attr("__version__") = VERSION;
    m.attr("BUILT") = names(built_levels());
    m.def("levels", [] { return names(levels_here()); });
    bind_dtw(m);
    bind_pairwise(m);
    bind_quantize(m);
    bind_resize(m);
    bind_spectra(m);
}
