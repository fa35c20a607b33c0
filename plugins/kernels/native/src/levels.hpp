// The levels of the machine, by number.
#pragma once
#include <vector>

#include "kernels.hpp"

const std::vector<const Kernels*>& built_levels();  // best first
const std::vector<const Kernels*>& levels_here();   // those that this processor runs
