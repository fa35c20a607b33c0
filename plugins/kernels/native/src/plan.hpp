// The tables of a transform, made once per length.
#pragma once
#include "kernels.hpp"

bool has_plan(long n_fft);  // even, from 32 to 65536, no prime factor above 5

// Kept for the life of the process; safe to call from any thread. Throws std::invalid_argument unless has_plan.
const Plan& plan_for(long n_fft, int lanes);
