/* GPFIFO rings: publishing entries, and pushbuffer memory. */

#include "internal.h"

int bw_may_start(const struct bw_ring *ring)
{
        const struct bw_timeline *other = ring->follows;

        if (!other || ring->followed >= other->submitted)
                return 1;
        return reached(other, other->submitted);
}

/* A ring is empty at GET == PUT, so one entry always stays free. */
static int wait_for_entry(const struct bw_ring *ring, uint64_t timeout_ns)
{
        uint64_t in_flight_limit = ring->entry_count - 1;

        if (ring->timeline.submitted < in_flight_limit)
                return BW_OK;
        return bw_wait(&ring->timeline, ring->timeline.submitted - in_flight_limit + 1, timeout_ns);
}

/* The first fence also covers whatever the entry leads to: the GPU looks at nothing before GPPut moves. */
void publish(struct bw_ring *ring, uint64_t entry)
{
        bw_write64(ring->entries + (uintptr_t)ring->put * sizeof entry, entry);
        ring->put = (ring->put + 1) & (ring->entry_count - 1);
        __atomic_store_n(&ring->timeline.submitted, ring->timeline.submitted + 1, __ATOMIC_RELEASE);
        bw_store_fence();
        bw_write32(ring->gp_put, ring->put);
        bw_store_fence();
        if (__builtin_expect(ring->bell != 0, 0))
                bw_bell_ring((struct bw_bell *)ring->bell, ring->token);
        else
                bw_write32(ring->doorbell, ring->token);
}

void bw_ring_again(struct bw_ring *ring)
{
        acquire(ring);
        if (ring->doorbell && !ring->bell) {
                bw_read32(ring->gp_put); /* the answer comes after the store has arrived */
                bw_write32(ring->doorbell, ring->token);
        }
        release(ring, BW_OK);
}

bool try_acquire(struct bw_ring *ring)
{
        return !__atomic_exchange_n(&ring->lock, 1, __ATOMIC_ACQUIRE);
}

void acquire(struct bw_ring *ring)
{
        while (!try_acquire(ring))
                relax();
}

int release(struct bw_ring *ring, int status)
{
        __atomic_store_n(&ring->lock, 0, __ATOMIC_RELEASE);
        return status;
}

/* What every submission needs first: a living channel and a free entry. */
int ready(const struct bw_ring *ring, uint64_t timeout_ns)
{
        if (!ring->doorbell)
                return BW_CLOSED;
        if (faulted(&ring->timeline))
                return BW_FAULT;
        return wait_for_entry(ring, timeout_ns);
}

int bw_submit(struct bw_ring *ring, uint64_t entry, uint64_t timeout_ns)
{
        int status;

        acquire(ring);
        submit_batch(ring);
        status = ready(ring, timeout_ns);
        if (status == BW_OK)
                publish(ring, entry);
        return release(ring, status);
}

/* A GPFIFO entry for `word_count` words at `gpu_va`: 31:2 address low, 39:32 address high, 62:42 length. */
static uint64_t gpfifo_entry(uint64_t gpu_va, uint32_t word_count)
{
        return (gpu_va & 0xfffffffffcull) | (uint64_t)word_count << 42;
}

/* The first of `needed` neighbouring segments, none of them in use any more, or -1 with `status` set. */
static int64_t take_segments(const struct bw_ring *ring, struct bw_segments *segments, uint32_t needed,
                             uint64_t timeout_ns, int *status)
{
        uint32_t first = segments->next + needed <= segments->count ? segments->next : 0;

        for (uint32_t i = 0; i < needed; i++) {
                *status = bw_wait(&ring->timeline, segments->values[first + i], timeout_ns);
                if (*status != BW_OK)
                        return -1;
        }
        return first;
}

int bw_push(struct bw_ring *ring, struct bw_segments *segments, const uint8_t *words, uint32_t word_count,
            uint32_t payload_index, uintptr_t payload_address, uint64_t timeout_ns)
{
        uint32_t needed = (word_count * 4 + segments->segment_bytes - 1) / segments->segment_bytes;
        uint64_t value;
        uintptr_t address;
        int64_t first;
        int status;

        acquire(ring);
        submit_batch(ring);
        status = ready(ring, timeout_ns);
        if (status != BW_OK)
                return release(ring, status);
        first = take_segments(ring, segments, needed, timeout_ns, &status);
        if (first < 0)
                return release(ring, status);

        value = ring->timeline.submitted + 1;
        address = segments->base + (uintptr_t)first * segments->segment_bytes;
        write_combined(address, words, (size_t)word_count * 4);
        if (payload_index != BW_NO_PAYLOAD)
                bw_write32(address + (uintptr_t)payload_index * 4, (uint32_t)value);
        if (payload_address)
                bw_write32(payload_address, (uint32_t)value);
        for (uint32_t i = 0; i < needed; i++)
                segments->values[first + i] = value;
        segments->next = (uint32_t)first + needed == segments->count ? 0 : (uint32_t)first + needed;
        publish(ring, gpfifo_entry(segments->gpu_va + (uint64_t)first * segments->segment_bytes, word_count));
        return release(ring, BW_OK);
}

