// One crew of threads per process. Nobody waits for a thread that is slow to wake: whoever has work to share begins at
// once, and when it is done, only those who came are waited for.
#include "threads.hpp"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#ifndef _WIN32
#include <pthread.h>
#endif

namespace {

using Job = std::function<void(float*)>;

// Between two short calls a thread is not sent to sleep: waking it would take longer than the call. OpenMP's threads
// do the same for milliseconds, at the cost of whatever runs next.
constexpr std::chrono::microseconds AWAKE{50};

// To a processor that shares a core with another; the system keeps this one on its core, as a yield would not.
inline void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

template <class Ready> void watch(Ready ready) {
    const auto end = std::chrono::steady_clock::now() + AWAKE;
    while (!ready() && std::chrono::steady_clock::now() < end) pause();
}

float* own_memory(long floats) {
    static thread_local Scratch own;  // kept: fresh pages would cost more than a short clip
    return own.reserve(floats);
}

class Crew {
  public:
    // False if the crew has another's work to do.
    bool work(int helpers, long floats, const Job& job) {
        const std::unique_lock<std::mutex> turn(turn_, std::try_to_lock);
        if (!turn) return false;
        hire(helpers);
        float* mine = own_memory(floats);
        {
            const std::lock_guard<std::mutex> door(door_);
            job_ = &job;
            floats_ = floats;
            places_ = helpers;
        }
        called_.notify_all();
        job(mine);
        std::unique_lock<std::mutex> door(door_);
        places_ = 0;
        if (inside_) {
            door.unlock();
            watch([&] { return inside_ == 0; });
            door.lock();
            left_.wait(door, [&] { return inside_ == 0; });
        }
        return true;
    }

  private:
    void hire(int helpers) {
        try {
            for (; hired_ < helpers; ++hired_) std::thread([this] { serve(); }).detach();
        } catch (const std::exception&) {
            // no more threads to be had: those that there are, and the caller, do it all
        }
    }

    void serve() {
        for (;;) {
            watch([&] { return places_ > 0; });
            std::unique_lock<std::mutex> door(door_);
            called_.wait(door, [&] { return places_ > 0; });
            --places_;
            ++inside_;
            const Job& job = *job_;
            const long floats = floats_;
            door.unlock();
            try {
                job(own_memory(floats));
            } catch (const std::bad_alloc&) {
                // no memory for this one: the others do its share
            }
            door.lock();
            --inside_;
            door.unlock();
            left_.notify_one();
        }
    }

    std::mutex turn_, door_;
    std::condition_variable called_, left_;
    std::atomic<int> places_{0}, inside_{0};  // written behind the door, watched from outside
    const Job* job_ = nullptr;
    long floats_ = 0;
    int hired_ = 0;
};

// Never deleted: its threads sleep in it until the process ends. A fork has none of them, and gets a crew of its own.
std::atomic<Crew*> crew{nullptr};

#ifndef _WIN32
[[maybe_unused]] const int watching = pthread_atfork(nullptr, nullptr, [] { crew = nullptr; });
#endif

Crew& crew_here() {
    Crew* here = crew;
    if (here) return *here;
    Crew* fresh = new Crew;
    if (crew.compare_exchange_strong(here, fresh)) return *fresh;
    delete fresh;  // another thread was first
    return *here;
}

}  // namespace

void together(int helpers, long floats, const Job& job) {
    // one after the other: two who share at once have both their hands full already
    if (helpers < 1 || !crew_here().work(helpers, floats, job)) job(own_memory(floats));
}
