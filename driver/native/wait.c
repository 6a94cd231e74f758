/* Timelines: how far the GPU has come, and waiting for it. */

#include "internal.h"

#include <time.h>

static const uint64_t NANOSECONDS_PER_SECOND = 1000000000ull;
static const uint64_t SPIN_NS = 1000000ull;      /* launches are answered in microseconds: spin that long */
static const long SLEEP_NS = 20000;              /* then give the core away between looks */
static const unsigned LOOKS_PER_CLOCK_READ = 64; /* reading the clock costs more than looking */

uint64_t now_ns(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * NANOSECONDS_PER_SECOND + (uint64_t)now.tv_nsec;
}

/* Another thread may be submitting. */
uint64_t submitted_of(const struct bw_timeline *timeline)
{
        return __atomic_load_n(&timeline->submitted, __ATOMIC_ACQUIRE);
}

/* The counter is never 2^31 away from what was submitted last, before it or after it. */
uint64_t bw_completed(const struct bw_timeline *timeline)
{
        uint64_t submitted = submitted_of(timeline);
        int32_t ahead = (int32_t)(bw_read32(timeline->value_address) - (uint32_t)submitted);

        return submitted + (uint64_t)(int64_t)ahead;
}

bool reached(const struct bw_timeline *timeline, uint64_t value)
{
        return (int64_t)(bw_completed(timeline) - value) >= 0;
}

bool faulted(const struct bw_timeline *timeline)
{
        return bw_read16(timeline->error_address) != 0;
}

int bw_wait(const struct bw_timeline *timeline, uint64_t value, uint64_t timeout_ns)
{
        const struct timespec pause = {.tv_sec = 0, .tv_nsec = SLEEP_NS};
        uint64_t start;

        for (unsigned look = 0; look < LOOKS_PER_CLOCK_READ; look++) {
                if (reached(timeline, value))
                        return BW_OK;
                relax();
        }
        if (!timeout_ns)
                return faulted(timeline) ? BW_FAULT : BW_TIMEOUT;
        start = now_ns();
        for (;;) {
                uint64_t elapsed_ns = now_ns() - start;

                for (unsigned look = 0; look < LOOKS_PER_CLOCK_READ; look++) {
                        if (reached(timeline, value))
                                return BW_OK;
                        relax();
                }
                if (faulted(timeline))
                        return reached(timeline, value) ? BW_OK : BW_FAULT;
                if (elapsed_ns >= timeout_ns)
                        return BW_TIMEOUT;
                if (elapsed_ns >= SPIN_NS)
                        nanosleep(&pause, NULL);
        }
}

