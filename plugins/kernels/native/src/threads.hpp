// Work shared out to threads that are kept from call to call.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <new>

// 64-byte aligned floats.
class Scratch {
  public:
    Scratch() = default;
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() { std::free(data_); }

    float* reserve(long floats) {
        if (floats <= size_) return data_;
        std::free(data_);
        size_ = 0;
        data_ = static_cast<float*>(std::aligned_alloc(64, (floats * sizeof(float) + 63) / 64 * 64));
        if (!data_) throw std::bad_alloc();
        size_ = floats;
        return data_;
    }

  private:
    float* data_ = nullptr;
    long size_ = 0;
};

// `job` here, and in up to `helpers` other threads that come to it before it ends here; returns when all are through.
// A job is called with its thread's own memory, of `floats`.
void together(int helpers, long floats, const std::function<void(float*)>& job);

constexpr long WORTH_A_THREAD = 200'000;  // sample-points; a thread takes about as long to wake as a tenth of them

// work(first, last, scratch) over [0, count), in pieces that threads fetch, so that a busy core holds nobody up.
// `each`: sample-points that one of `count` takes.
template <class Work> void share(long count, int threads, long each, long floats, Work work) {
    const long least = std::max(1L, WORTH_A_THREAD / std::max(1L, each));
    threads = int(std::clamp(count / least, 1L, long(threads)));
    const long pieces = threads == 1 ? 1 : std::min(count, threads * 16L);
    std::atomic<long> next{0};
    together(threads - 1, floats, [&](float* scratch) {
        for (long i; (i = next++) < pieces;) work(count * i / pieces, count * (i + 1) / pieces, scratch);
    });
}
