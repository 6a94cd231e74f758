/* Launch slots: filling them, and linking launches that the GPU cannot begin yet. */

#include "internal.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
        LINE_BYTES = 64,
        QMD_BYTES = BW_QMD_WORDS * 4,
        QMD_CHANGING_BYTES = 128, /* release, chain and payload stand in the first two lines of every QMD version used */
        RELAX_BETWEEN_LOOKS = 32,
        ATTEMPTS_FOR_LOCK = 1000, /* somebody who does not wait for the GPU holds it for less than a microsecond */
        BUSY_ENTRIES = 2,         /* with fewer entries in flight the GPU may run out of work: nothing waits then */
};

static const uint64_t FLUSH_AFTER_NS = 50000;   /* the longest that a batch waits while the GPU is busy */
static const uint64_t STAY_AWAKE_NS = 1000000;  /* how long the flusher looks for another batch before it sleeps */

/* The thread that submits a batch which nobody adds to any more. */
struct flusher {
        pthread_t thread;
        pthread_mutex_t mutex;
        pthread_cond_t wake;
        bool awake;
        bool stop;
};

static uint8_t *shadow_of(const struct bw_slots *slots, uint32_t index)
{
        return slots->shadow + (size_t)index * slots->stride_bytes;
}

static uint64_t va_of(const struct bw_slots *slots, uint32_t index)
{
        return slots->gpu_va + (uint64_t)index * slots->stride_bytes;
}

/* Whole lines: a line that is written in parts would become many small writes on the bus. */
static uint32_t line_of(uint32_t offset)
{
        return offset & ~(LINE_BYTES - 1u);
}

/* Write the lines that hold bytes `from` to `to` of a slot. */
static void write_lines(const struct bw_slots *slots, uint32_t index, uint32_t from, uint32_t to)
{
        uint32_t first = line_of(from);
        uint32_t end = line_of(to + LINE_BYTES - 1u);
        uintptr_t slot = slots->base + (uintptr_t)index * slots->stride_bytes;

        write_combined(slot + first, shadow_of(slots, index) + first, end - first);
}

/* Put the parts of a launch that do not change into the shadow of a slot that held another plan. */
static void fill_template(const struct bw_slots *slots, uint32_t index, const struct bw_plan *plan)
{
        uint8_t *shadow = shadow_of(slots, index);
        uint32_t *qmd = (uint32_t *)shadow;
        uint8_t *bank0 = shadow + slots->bank0_offset;
        uint64_t bank0_va = va_of(slots, index) + slots->bank0_offset;

        memcpy(qmd, plan->qmd, sizeof plan->qmd);
        qmd[plan->bank0_low_word] = (uint32_t)(bank0_va >> plan->bank0_shift);
        qmd[plan->bank0_high_word] |= (uint32_t)(bank0_va >> (plan->bank0_shift + 32)) & plan->bank0_high_mask;
        qmd[plan->release_low_word] = (uint32_t)slots->release_va;
        qmd[plan->release_high_word] |= (uint32_t)(slots->release_va >> 32);
        memcpy(bank0, plan->bank0, plan->bank0_bytes);
        for (uint32_t i = 0; i < plan->pointer_count; i++) {
                uint64_t target = bank0_va + (uint64_t)(int64_t)plan->pointer_targets[i];

                memcpy(bank0 + plan->pointer_offsets[i], &target, sizeof target);
        }
        slots->identities[index] = plan->identity;
}

/* Everything of a slot but its QMD. */
static void write_slot(struct bw_slots *slots, uint32_t index, const struct bw_plan *plan, const uint8_t *arguments)
{
        uint32_t area = slots->bank0_offset + plan->argument_offset;
        bool fresh = slots->identities[index] != plan->identity;

        if (fresh) {
                fill_template(slots, index, plan);
                slots->fresh[index] = 1;
        }
        memcpy(shadow_of(slots, index) + area, arguments, plan->argument_bytes);
        if (fresh || plan->argument_bytes)
                write_lines(slots, index, fresh ? slots->bank0_offset : area, area + plan->argument_bytes);
}

/* Write the QMD: its first lines, which tell what happens at its end, and the rest if it is new. */
static void write_qmd(const struct bw_slots *slots, uint32_t index)
{
        write_lines(slots, index, 0, slots->fresh[index] ? QMD_BYTES : QMD_CHANGING_BYTES);
        slots->fresh[index] = 0;
}

/* A launch that another follows in the same entry: the scheduler starts that one when it has completed. */
static void go_on_with(struct bw_slots *slots, uint32_t index, uint64_t next_qmd_va)
{
        uint32_t *qmd = (uint32_t *)shadow_of(slots, index);

        qmd[slots->release_word] &= ~slots->release_bit;
        qmd[slots->chain_word] |= slots->chain_bits;
        qmd[slots->chain_pointer_word] = (uint32_t)(next_qmd_va >> 8);
        write_qmd(slots, index);
}

/* The last launch of an entry: it raises the timeline to the entry's value. */
static void end_entry(const struct bw_ring *ring, const struct bw_slots *slots, uint32_t index)
{
        uint32_t *qmd = (uint32_t *)shadow_of(slots, index);

        qmd[slots->chain_word] &= ~slots->chain_bits;
        qmd[slots->release_word] |= slots->release_bit;
        qmd[slots->payload_word] = (uint32_t)(ring->timeline.submitted + 1);
        write_qmd(slots, index);
}

void submit_batch(struct bw_ring *ring)
{
        if (!ring->batch_count || !ring->doorbell)
                return;
        end_entry(ring, ring->batch_slots, ring->batch_index);
        publish(ring, ring->batch_entry);
        __atomic_store_n(&ring->batch_count, 0, __ATOMIC_RELEASE); /* only now: who sees 0 must see the new value too */
}

static bool gpu_is_busy(const struct bw_ring *ring)
{
        return !reached(&ring->timeline, submitted_of(&ring->timeline) - (BUSY_ENTRIES - 1));
}

void bw_flush(struct bw_ring *ring)
{
        if (!__atomic_load_n(&ring->batch_count, __ATOMIC_ACQUIRE))
                return;
        acquire(ring);
        submit_batch(ring);
        release(ring, BW_OK);
}

void bw_shut(struct bw_ring *ring)
{
        acquire(ring);
        ring->doorbell = 0;
        __atomic_store_n(&ring->batch_count, 0, __ATOMIC_RELEASE);
        release(ring, BW_OK);
}

int bw_drain(struct bw_ring **rings, uint32_t count, uint64_t timeout_ns)
{
        int status = BW_OK;

        for (uint32_t i = 0; i < count; i++)
                bw_flush(rings[i]);
        for (uint32_t i = 0; i < count && status == BW_OK; i++)
                status = bw_wait(&rings[i]->timeline, submitted_of(&rings[i]->timeline), timeout_ns);
        return status;
}

int bw_idle(struct bw_ring **rings, uint32_t count)
{
        for (uint32_t i = 0; i < count; i++) {
                if (__atomic_load_n(&rings[i]->batch_count, __ATOMIC_ACQUIRE))
                        return 0;
                if (!reached(&rings[i]->timeline, submitted_of(&rings[i]->timeline)))
                        return 0;
        }
        return 1;
}

int bw_write_if_idle(struct bw_ring **rings, uint32_t count, uintptr_t destination, uintptr_t source, size_t size_bytes)
{
        if (!bw_idle(rings, count))
                return 0;
        bw_copy_to_wc(destination, (const uint8_t *)source, size_bytes);
        return 1;
}

int bw_read_if_idle(struct bw_ring **rings, uint32_t count, uintptr_t destination, uintptr_t source, size_t size_bytes)
{
        if (!bw_idle(rings, count))
                return 0;
        bw_copy_from_device((uint8_t *)destination, source, size_bytes);
        return 1;
}

/* Each look takes the ring's lines away from the thread that launches: a microsecond or two between looks. */
static void look_away(void)
{
        for (unsigned i = 0; i < RELAX_BETWEEN_LOOKS; i++)
                relax();
}

/* Submit the batch when the GPU runs out of work, or when it has waited long enough. */
static void watch_batch(struct bw_ring *ring)
{
        uint64_t start = now_ns();

        while (__atomic_load_n(&ring->batch_count, __ATOMIC_ACQUIRE)) {
                if (!gpu_is_busy(ring) || now_ns() - start >= FLUSH_AFTER_NS)
                        bw_flush(ring);
                look_away();
        }
}

static void *run_flusher(void *argument)
{
        struct bw_ring *ring = argument;
        struct flusher *flusher = ring->flusher;
        uint64_t last_ns = now_ns();
        sigset_t all;

        sigfillset(&all); /* signals are for the threads that Python knows */
        pthread_sigmask(SIG_BLOCK, &all, NULL);

        pthread_mutex_lock(&flusher->mutex);
        while (!flusher->stop) {
                pthread_mutex_unlock(&flusher->mutex);
                if (__atomic_load_n(&ring->batch_count, __ATOMIC_ACQUIRE)) {
                        watch_batch(ring);
                        last_ns = now_ns();
                }
                look_away();
                pthread_mutex_lock(&flusher->mutex);
                if (now_ns() - last_ns < STAY_AWAKE_NS)
                        continue;
                __atomic_store_n(&flusher->awake, false, __ATOMIC_SEQ_CST);
                while (!flusher->stop && !__atomic_load_n(&ring->batch_count, __ATOMIC_SEQ_CST))
                        pthread_cond_wait(&flusher->wake, &flusher->mutex);
                __atomic_store_n(&flusher->awake, true, __ATOMIC_SEQ_CST);
                last_ns = now_ns();
        }
        pthread_mutex_unlock(&flusher->mutex);
        return NULL;
}

/* False if there is none and none can be started: then nothing may wait. */
static bool have_flusher(struct bw_ring *ring)
{
        struct flusher *flusher = ring->flusher;

        if (flusher)
                return true;
        flusher = calloc(1, sizeof *flusher);
        if (!flusher)
                return false;
        pthread_mutex_init(&flusher->mutex, NULL);
        pthread_cond_init(&flusher->wake, NULL);
        flusher->awake = true;
        ring->flusher = flusher;
        if (!pthread_create(&flusher->thread, NULL, run_flusher, ring))
                return true;
        ring->flusher = NULL;
        free(flusher);
        return false;
}

static void wake_flusher(struct flusher *flusher)
{
        if (__atomic_load_n(&flusher->awake, __ATOMIC_SEQ_CST))
                return;
        pthread_mutex_lock(&flusher->mutex);
        pthread_cond_signal(&flusher->wake);
        pthread_mutex_unlock(&flusher->mutex);
}

void bw_stop(struct bw_ring *ring)
{
        struct flusher *flusher = ring->flusher;

        if (!flusher)
                return;
        pthread_mutex_lock(&flusher->mutex);
        flusher->stop = true;
        pthread_cond_signal(&flusher->wake);
        pthread_mutex_unlock(&flusher->mutex);
        pthread_join(flusher->thread, NULL);
        pthread_mutex_destroy(&flusher->mutex);
        pthread_cond_destroy(&flusher->wake);
        free(flusher);
        ring->flusher = NULL;
}

/* Add a filled slot to the batch. */
static void append(struct bw_ring *ring, struct bw_slots *slots, uint32_t index)
{
        uint32_t count = ring->batch_count;

        if (count) {
                go_on_with(ring->batch_slots, ring->batch_index, va_of(slots, index));
                if (count == 1)
                        ring->batch_entry = ring->batch_slots->chain_entries[ring->batch_index];
        } else {
                ring->batch_entry = slots->entries[index];
        }
        ring->batch_slots = slots;
        ring->batch_index = index;
        __atomic_store_n(&ring->batch_count, count + 1, __ATOMIC_SEQ_CST);
        if (count + 1 >= ring->batch_limit || !gpu_is_busy(ring))
                submit_batch(ring);
        else if (!count)
                wake_flusher(ring->flusher);
}

static bool acquire_soon(struct bw_ring *ring)
{
        for (unsigned attempt = 0; attempt < ATTEMPTS_FOR_LOCK; attempt++) {
                if (try_acquire(ring))
                        return true;
                relax();
        }
        return false;
}

int bw_launch(struct bw_ring *ring, struct bw_slots *slots, const struct bw_plan *plan, const uint8_t *arguments,
              uint64_t timeout_ns)
{
        uint32_t index;
        int status;

        if (timeout_ns)
                acquire(ring);
        else if (!acquire_soon(ring))
                return BW_TIMEOUT;
        status = ready(ring, timeout_ns);
        if (status == BW_OK && !bw_may_start(ring))
                status = BW_MUST_FOLLOW;
        index = slots->next;
        if (status == BW_OK)
                status = bw_wait(&ring->timeline, slots->values[index], timeout_ns);
        if (status != BW_OK)
                return release(ring, status);

        write_slot(slots, index, plan, arguments);
        slots->values[index] = ring->timeline.submitted + 1;
        slots->next = (index + 1) & (slots->count - 1);
        if (ring->batch_count || (ring->batch_limit > 1 && slots->chain_bits && gpu_is_busy(ring) && have_flusher(ring))) {
                append(ring, slots, index);
                return release(ring, BW_OK);
        }
        end_entry(ring, slots, index);
        publish(ring, slots->entries[index]);
        return release(ring, BW_OK);
}
