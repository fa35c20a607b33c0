// Work shared out to threads that live for one call: no pool, so nothing breaks on fork, and no OpenMP, whose workers
// spin after each call and slow down whatever runs next.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <new>
#include <thread>
#include <vector>

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

constexpr long WORTH_A_THREAD = 2'000'000;  // sample-points; a thread takes about as long to start as 100,000 of them

// work(first, last, scratch) over [0, count), in pieces that threads fetch, so that a busy core holds nobody up.
// `each`: sample-points that one of `count` takes.
template <class Work> void share(long count, int threads, long each, long floats, Work work) {
    static thread_local Scratch own;  // kept: fresh pages would cost more than a short clip
    const long least = std::max(1L, WORTH_A_THREAD / std::max(1L, each));
    threads = int(std::clamp(count / least, 1L, long(threads)));
    const long pieces = threads == 1 ? 1 : std::min(count, threads * 16L);
    std::atomic<long> next{0};
    const auto run = [&](float* scratch) {
        for (long i; (i = next++) < pieces;) work(count * i / pieces, count * (i + 1) / pieces, scratch);
    };
    // all memory before the first thread, so that nothing can fail while one runs
    float* mine = own.reserve(floats);
    std::vector<Scratch> scratch(threads - 1);
    for (auto& memory : scratch) memory.reserve(floats);
    std::vector<std::thread> others;
    others.reserve(threads - 1);
    try {
        for (auto& memory : scratch) others.emplace_back(run, memory.reserve(floats));
    } catch (const std::exception&) {
        // no more threads to be had: those that run, and this one, do it all
    }
    run(mine);
    for (auto& other : others) other.join();
}
