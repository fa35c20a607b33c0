// All kernels, compiled once per level: CMakeLists.txt sets LEVEL, LANES and the instruction set.
#include "dtw.hpp"
#include "mel.hpp"
#include "pairwise.hpp"
#include "quantize.hpp"
#include "resize.hpp"
#include "stft.hpp"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

extern const Kernels LEVEL;
const Kernels LEVEL = {TEXT(LEVEL), L, stft_scratch, mel_scratch, stft, mel, mel_raise, mel_channels,
                       resize<float>, resize<double>, quantize, warp<float>, warp<double>,
                       some_pairs, all_pairs};
