// `quantize` and `shape` for Python.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "levels.hpp"
#include "threads.hpp"

namespace nb = nanobind;

namespace {

using Samples = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Doubles = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class C> using Codes = nb::ndarray<C, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

constexpr long BLOCK = 1 << 16;

Dither dither_of(const std::string& name) {
    if (name == "none") return Dither::NONE;
    if (name == "rpdf") return Dither::RPDF;
    if (name == "tpdf") return Dither::TPDF;
    if (name == "tpdf-highpass") return Dither::TPDF_HIGHPASS;
    throw std::invalid_argument("no such dither: " + name);
}

// keys: of every channel's dither, all samples having the same upper half of their index
template <class C, Code KIND>
long quantize(int level, const Samples& x, Codes<C> out, int bits, const std::string& dither,
              const std::vector<unsigned>& keys, unsigned start, int threads) {
    const long channels = long(x.shape(0)), n = long(x.shape(1));
    if (level < 0 || level >= int(levels_here().size()) || long(out.shape(0)) != channels ||
        long(out.shape(1)) != n || long(keys.size()) != channels || bits < 2 || bits > 8 * int(sizeof(C))) {
        throw std::invalid_argument("codes, keys or bits do not fit the samples");
    }
    const Kernels& kernels = *levels_here()[level];
    const long blocks = (n + BLOCK - 1) / BLOCK;
    const float half = std::ldexp(1.0f, bits - 1), zero = std::is_unsigned_v<C> ? half : 0.0f;
    const Dither kind = dither_of(dither);
    std::atomic<long> kept{0};
    const nb::gil_scoped_release free;
    share(channels * blocks, threads, BLOCK, 1, [&](long first, long last, float*) {
        for (long k = first; k < last; ++k) {
            const long channel = k / blocks, from = k % blocks * BLOCK;
            const Rounding part{x.data() + channel * n, out.data() + channel * n, from, std::min(from + BLOCK, n),
                                start, keys[channel], half, zero, kind};
            kept += kernels.quantize(part, KIND);
        }
    });
    return kept;
}

// One channel: x + noise rounded, the errors of past samples fed back. Compiled without fused multiply-add, so that
// every machine gets the codes of the twin.
long shape(const Doubles& x, const Doubles& noise, const Doubles& taps,
           nb::ndarray<double, nb::ndim<1>, nb::c_contig, nb::device::cpu> errors,
           nb::ndarray<long, nb::ndim<1>, nb::c_contig, nb::device::cpu> out, int bits) {
    const long n = long(x.shape(0)), count = long(taps.shape(0));
    if (long(noise.shape(0)) != n || long(out.shape(0)) != n || long(errors.shape(0)) != count) {
        throw std::invalid_argument("noise, codes or errors do not fit the samples");
    }
    const double half = std::ldexp(1.0, bits - 1), *weight = taps.data();
    double* past = errors.data();
    long kept = 0;
    const nb::gil_scoped_release free;
    for (long i = 0; i < n; ++i) {
        double value = x.data()[i] * half;
        for (long j = 0; j < count; ++j) value -= weight[j] * past[j];
        const double code = std::nearbyint(value + noise.data()[i]);
        for (long j = count - 1; j > 0; --j) past[j] = past[j - 1];
        if (count) past[0] = code - value;
        const double inside = std::min(std::max(code, -half), half - 1);
        kept += code != inside;
        out.data()[i] = long(inside);
    }
    return kept;
}

template <class C, Code KIND> void bind(nb::module_& m) {
    m.def("quantize", &quantize<C, KIND>, nb::arg("level"), nb::arg("x").noconvert(), nb::arg("out").noconvert(),
          nb::arg("bits"), nb::arg("dither"), nb::arg("keys"), nb::arg("start"), nb::arg("threads"));
}

}  // namespace

void bind_quantize(nb::module_& m) {
    bind<int8_t, Code::INT8>(m);
    bind<uint8_t, Code::UINT8>(m);
    bind<int16_t, Code::INT16>(m);
    bind<uint16_t, Code::UINT16>(m);
    const auto same = [](const char* name) { return nb::arg(name).noconvert(); };
    m.def("shape", &shape, same("x"), same("noise"), same("taps"), same("errors"), same("out"), nb::arg("bits"));
}
