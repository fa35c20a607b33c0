#include "levels.hpp"

#include <string>

// LEVELS comes from CMake, best first: LEVEL(v4) LEVEL(v3) LEVEL(v2)
#define LEVEL(name) extern const Kernels name;
LEVELS
#undef LEVEL

namespace {

bool runs_here([[maybe_unused]] const std::string& level) {
#ifdef __x86_64__
    __builtin_cpu_init();
    if (level == "v4") {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
    }
    if (level == "v3") {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("bmi2");
    }
    return __builtin_cpu_supports("sse4.2");
#else
    return true;
#endif
}

}  // namespace

const std::vector<const Kernels*>& built_levels() {
#define LEVEL(name) &name,
    static const std::vector<const Kernels*> all = {LEVELS};
#undef LEVEL
    return all;
}

const std::vector<const Kernels*>& levels_here() {
    static const std::vector<const Kernels*> here = [] {
        std::vector<const Kernels*> found;
        for (const Kernels* kernels : built_levels()) {
            if (runs_here(kernels->name)) found.push_back(kernels);
        }
        return found;
    }();
    return here;
}
