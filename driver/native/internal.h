/* What the C files share and Python does not see. */
#ifndef BAREWIRE_INTERNAL_H
#define BAREWIRE_INTERNAL_H

#include "native.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

/* Let the other hardware thread of the core run while this one looks again. */
static inline void relax(void)
{
#if defined(__x86_64__)
        _mm_pause();
#endif
}

/* access.c: without a fence, for callers that write several pieces and fence once. */
void write_combined(uintptr_t destination, const void *source, size_t size_bytes);

/* wait.c */
uint64_t now_ns(void);
uint64_t submitted_of(const struct bw_timeline *timeline);
bool reached(const struct bw_timeline *timeline, uint64_t value);
bool faulted(const struct bw_timeline *timeline);

/* ring.c; everything that takes a ring expects its lock to be held, but for these two. */
void acquire(struct bw_ring *ring);
bool try_acquire(struct bw_ring *ring);
int release(struct bw_ring *ring, int status);
int ready(const struct bw_ring *ring, uint64_t timeout_ns);
void publish(struct bw_ring *ring, uint64_t entry);

/* launch.c */
void submit_batch(struct bw_ring *ring);

#endif
