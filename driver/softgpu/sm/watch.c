/* See watch.h. Losing an update when two threads note the same word at once is no harm: one of the two is remembered. */
#define _GNU_SOURCE
#include "watch_quick.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = WATCH_PAGE, PAGE_SHIFT = WATCH_PAGE_SHIFT, WORD = WATCH_WORD, LANES = WATCH_LANES };
enum { ALL_BYTES = WATCH_ALL_BYTES, NUMBER_SHIFT = WATCH_NUMBER_SHIFT };

static uint64_t shadow_bytes(const struct watch_shadow *shadow)
{
        return shadow->vram_bytes;
}

static uint64_t page_count(const struct watch_shadow *shadow)
{
        return shadow->vram_bytes >> PAGE_SHIFT;
}

/* Zeros that cost nothing before they are written. */
static void *reserve(uint64_t bytes)
{
        void *made = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (made == MAP_FAILED)
                return NULL;
        madvise(made, bytes, MADV_DONTDUMP);
        return made;
}

static void release(void *memory, uint64_t bytes)
{
        if (memory)
                munmap(memory, bytes);
}

void watch_shadow_free(struct watch_shadow *shadow)
{
        if (!shadow)
                return;
        release(shadow->writers, shadow_bytes(shadow));
        release(shadow->readers, shadow_bytes(shadow));
        release(shadow->pages, page_count(shadow));
        free(shadow);
}

struct watch_shadow *watch_shadow_new(uint64_t vram, uint64_t vram_bytes, int vram_file)
{
        struct watch_shadow *shadow = calloc(1, sizeof *shadow);

        if (!shadow)
                return NULL;
        shadow->vram = (uint8_t *)(uintptr_t)vram;
        shadow->vram_bytes = vram_bytes;
        shadow->vram_file = vram_file;
        shadow->writers = reserve(shadow_bytes(shadow));
        shadow->readers = reserve(shadow_bytes(shadow));
        shadow->pages = reserve(page_count(shadow));
        if (!shadow->writers || !shadow->readers || !shadow->pages) {
                watch_shadow_free(shadow);
                return NULL;
        }
        return shadow;
}

void watch_shadow_forget(struct watch_shadow *shadow)
{
        madvise(shadow->writers, shadow_bytes(shadow), MADV_DONTNEED);
        madvise(shadow->readers, shadow_bytes(shadow), MADV_DONTNEED);
        madvise(shadow->pages, page_count(shadow), MADV_DONTNEED);
        if (fallocate(shadow->vram_file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)shadow->vram_bytes))
                return; /* then old bytes count as written */
}

/* Memory that nobody wrote. */

/* What a word holds that nobody wrote, by its number. No byte is a small number, a flag or a letter. */
static inline uint32_t pattern(uint64_t word)
{
        uint32_t mixed = (uint32_t)word * 0x9e3779b1u + (uint32_t)(word >> 32) * 0x85ebca6bu;

        mixed ^= mixed >> 15;
        return (mixed & WATCH_PATTERN_BITS) | WATCH_PATTERN_MARK;
}

static bool is_hole(const struct watch_shadow *shadow, uint64_t offset)
{
        return lseek(shadow->vram_file, (off_t)offset, SEEK_DATA) != (off_t)offset;
}

static void fill_page(struct watch_shadow *shadow, uint64_t page)
{
        uint32_t *words = (uint32_t *)(shadow->vram + (page << PAGE_SHIFT));

        for (unsigned i = 0; i < PAGE / WORD; i++)
                words[i] = pattern((page << (PAGE_SHIFT - 2)) + i);
}

/* The first access to a page. Another thread may be at it. */
static void make_ready(struct watch_shadow *shadow, uint64_t page, bool overwritten)
{
        uint8_t expected = WATCH_UNKNOWN;

        if (__atomic_compare_exchange_n(&shadow->pages[page], &expected, WATCH_BUSY, false, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
                if (!overwritten && is_hole(shadow, page << PAGE_SHIFT))
                        fill_page(shadow, page);
                __atomic_store_n(&shadow->pages[page], WATCH_READY, __ATOMIC_RELEASE);
                return;
        }
        while (__atomic_load_n(&shadow->pages[page], __ATOMIC_ACQUIRE) != WATCH_READY)
                usleep(1);
}

static inline void prepare(struct watch_shadow *shadow, uint64_t offset, uint64_t bytes)
{
        uint64_t last = (offset + bytes - 1) >> PAGE_SHIFT;

        for (uint64_t page = offset >> PAGE_SHIFT; page <= last; page++)
                if (__atomic_load_n(&shadow->pages[page], __ATOMIC_ACQUIRE) != WATCH_READY)
                        make_ready(shadow, page, false);
}

/* Cut a stretch off at the end of video memory; false if nothing is left. */
static bool within(const struct watch_shadow *shadow, uint64_t offset, uint64_t *bytes)
{
        if (offset >= shadow->vram_bytes || !*bytes)
                return false;
        if (*bytes > shadow->vram_bytes - offset)
                *bytes = shadow->vram_bytes - offset;
        return true;
}

void watch_prepare(struct watch_shadow *shadow, uint64_t offset, uint64_t bytes, int overwritten)
{
        uint64_t end;

        if (!within(shadow, offset, &bytes))
                return;
        end = offset + bytes;
        for (uint64_t page = offset >> PAGE_SHIFT; page << PAGE_SHIFT < end; page++) {
                bool whole = page << PAGE_SHIFT >= offset && (page + 1) << PAGE_SHIFT <= end;

                if (__atomic_load_n(&shadow->pages[page], __ATOMIC_ACQUIRE) != WATCH_READY)
                        make_ready(shadow, page, overwritten && whole);
        }
}

static inline uint32_t word_at(const struct watch_shadow *shadow, uint64_t word)
{
        return ((const volatile uint32_t *)shadow->vram)[word];
}

/* A word that equals its pattern may be chance, two neighbours are none. */
static bool is_unwritten(const struct watch_shadow *shadow, uint64_t word)
{
        const uint64_t in_page = PAGE / WORD - 1;

        if (word_at(shadow, word) != pattern(word))
                return false;
        if ((word & in_page) != 0 && word_at(shadow, word - 1) == pattern(word - 1))
                return true;
        return (word & in_page) != in_page && word_at(shadow, word + 1) == pattern(word + 1);
}

enum { BLOCK_WORDS = 32 };

/* Whether one of some words may be a pattern; the compiler makes vectors of it. */
static inline bool any_may_be_pattern(const uint32_t *words, unsigned count)
{
        uint32_t found = 0;

        for (unsigned i = 0; i < count; i++)
                found |= watch_may_be_pattern(words[i]);
        return found;
}

/* The first word of [first, end) that was not written, or `end`. Pages are ready. */
static uint64_t first_unwritten(const struct watch_shadow *shadow, uint64_t first, uint64_t end)
{
        const uint32_t *vram = (const uint32_t *)shadow->vram;

        while (first < end) {
                unsigned count = end - first < BLOCK_WORDS ? (unsigned)(end - first) : BLOCK_WORDS;

                if (any_may_be_pattern(vram + first, count))
                        for (unsigned i = 0; i < count; i++)
                                if (watch_may_be_pattern(vram[first + i]) && is_unwritten(shadow, first + i))
                                        return first + i;
                first += count;
        }
        return end;
}

uint64_t watch_unwritten(struct watch_shadow *shadow, uint64_t offset, uint64_t bytes)
{
        uint64_t end = offset + bytes;
        uint64_t found;

        if (!within(shadow, offset, &bytes))
                return end;
        prepare(shadow, offset, bytes);
        found = first_unwritten(shadow, offset / WORD, (offset + bytes + WORD - 1) / WORD) * WORD;
        if (found >= offset + bytes)
                return end;
        return found < offset ? offset : found;
}

/* Who used a word. */

static inline bool is_unordered(const struct watch_order *order, uint32_t other)
{
        uint32_t bit;

        if (other <= order->ordered_before || other == order->operation)
                return false;
        if (other > order->operation)
                return true;
        bit = other - order->ordered_before - 1;
        return bit < order->unordered_bits && (order->unordered[bit / 8] >> bit % 8 & 1);
}

static inline bool collides(const struct watch_order *order, uint32_t note, uint32_t mask)
{
        return (note & mask) && is_unordered(order, note >> NUMBER_SHIFT);
}

static inline void note_use(uint32_t *note, uint32_t mine, uint32_t mask)
{
        *note = (*note ^ mine) > ALL_BYTES ? mine | mask : *note | mask;
}

/* Some bytes of one word. */
static bool use_word(struct watch_shadow *shadow, const struct watch_order *order, uint64_t word, uint32_t mask, bool write,
                     struct watch_conflict *conflict)
{
        struct watch_bounds bounds = watch_bounds_of(order);
        uint32_t writer = shadow->writers[word];
        uint32_t reader = shadow->readers[word];
        bool found = false;

        if (watch_may_collide(bounds, writer) && collides(order, writer, mask)) {
                *conflict = (struct watch_conflict){writer >> NUMBER_SHIFT, 1, word * WORD};
                found = true;
        } else if (write && watch_may_collide(bounds, reader) && collides(order, reader, mask)) {
                *conflict = (struct watch_conflict){reader >> NUMBER_SHIFT, 0, word * WORD};
                found = true;
        }
        note_use(write ? &shadow->writers[word] : &shadow->readers[word], bounds.mine, mask);
        return found;
}

/* Whether one of some whole words may collide, and note them. */
static inline bool use_block(uint32_t *writers, uint32_t *readers, unsigned count, struct watch_bounds bounds, bool write)
{
        uint32_t found = 0;

        for (unsigned i = 0; i < count; i++)
                found |= watch_may_collide(bounds, writers[i]);
        if (write)
                for (unsigned i = 0; i < count; i++)
                        found |= watch_may_collide(bounds, readers[i]);
        if (!found) {
                uint32_t *notes = write ? writers : readers;

                for (unsigned i = 0; i < count; i++)
                        notes[i] = bounds.mine | ALL_BYTES;
        }
        return found;
}

/* Whole words [first, end); the first conflict, if there is one. */
static bool use_words(struct watch_shadow *shadow, const struct watch_order *order, uint64_t first, uint64_t end, bool write,
                      struct watch_conflict *conflict)
{
        struct watch_bounds bounds = watch_bounds_of(order);
        bool found = false;

        while (first < end) {
                unsigned count = end - first < BLOCK_WORDS ? (unsigned)(end - first) : BLOCK_WORDS;

                if (use_block(shadow->writers + first, shadow->readers + first, count, bounds, write)) {
                        struct watch_conflict one;

                        for (unsigned i = 0; i < count; i++)
                                if (use_word(shadow, order, first + i, ALL_BYTES, write, &one) && !found) {
                                        *conflict = one;
                                        found = true;
                                }
                }
                first += count;
        }
        return found;
}

/* The mask of bytes `from` to before `to` of a word. */
static inline uint32_t byte_mask(unsigned from, unsigned to)
{
        return ((1u << to) - 1) & ~((1u << from) - 1);
}

static inline bool use_stretch(struct watch_shadow *shadow, const struct watch_order *order, uint64_t offset, uint64_t bytes,
                               bool write, struct watch_conflict *conflict)
{
        uint64_t end = offset + bytes;
        uint64_t first = (offset + WORD - 1) / WORD;
        uint64_t last = end / WORD;
        struct watch_conflict one;
        bool found = false;

        if (first > last) /* within one word */
                return use_word(shadow, order, last, byte_mask(offset % WORD, end % WORD), write, conflict);
        if (offset % WORD && use_word(shadow, order, first - 1, byte_mask(offset % WORD, WORD), write, &one)) {
                *conflict = one;
                found = true;
        }
        if (first < last && use_words(shadow, order, first, last, write, &one) && !found) {
                *conflict = one;
                found = true;
        }
        if (end % WORD && use_word(shadow, order, last, byte_mask(0, end % WORD), write, &one) && !found) {
                *conflict = one;
                found = true;
        }
        return found;
}

int watch_use(struct watch_shadow *shadow, const struct watch_order *order, uint64_t offset, uint64_t bytes, int write,
              struct watch_conflict *conflict)
{
        return within(shadow, offset, &bytes) && use_stretch(shadow, order, offset, bytes, write, conflict);
}

int watch_users(struct watch_shadow *shadow, const struct watch_order *order, uint64_t offset, uint64_t bytes,
                struct watch_conflict *conflict)
{
        struct watch_bounds bounds = watch_bounds_of(order);

        if (!within(shadow, offset, &bytes))
                return 0;
        for (uint64_t word = offset / WORD; word * WORD < offset + bytes; word++) {
                uint32_t writer = shadow->writers[word];
                uint32_t reader = shadow->readers[word];

                if (watch_may_collide(bounds, writer) && is_unordered(order, writer >> NUMBER_SHIFT)) {
                        *conflict = (struct watch_conflict){writer >> NUMBER_SHIFT, 1, word * WORD};
                        return 1;
                }
                if (watch_may_collide(bounds, reader) && is_unordered(order, reader >> NUMBER_SHIFT)) {
                        *conflict = (struct watch_conflict){reader >> NUMBER_SHIFT, 0, word * WORD};
                        return 1;
                }
        }
        return 0;
}

/* What launches tell. */

static void lock(struct sm_watch *watch)
{
        while (__atomic_exchange_n(&watch->lock, 1, __ATOMIC_ACQUIRE))
                sched_yield();
}

static void unlock(struct sm_watch *watch)
{
        __atomic_store_n(&watch->lock, 0, __ATOMIC_RELEASE);
}

/* Count an event, or note it if it is the first at its instruction. */
static void tell(struct sm_watch *watch, const struct watch_event *event)
{
        struct watch_event *at;

        lock(watch);
        for (uint32_t i = 0; i < watch->event_count; i++) {
                at = &watch->events[i];
                if (at->pc == event->pc && at->kind == event->kind) {
                        at->count++;
                        unlock(watch);
                        return;
                }
        }
        if (watch->event_count < WATCH_MOST_EVENTS)
                watch->events[watch->event_count++] = *event;
        unlock(watch);
}

static struct watch_event event_of(const struct watch_access *access, uint32_t kind, uint64_t gpu_va, uint32_t lane)
{
        struct watch_event event = {
                .kind = kind,
                .write = (uint32_t)access->write,
                .warp = access->warp,
                .lane = lane,
                .pc = access->pc,
                .gpu_va = gpu_va,
                .count = 1,
        };

        memcpy(event.cta, access->cta, sizeof event.cta);
        return event;
}

/* Bytes at an offset in video memory that are `gpu_va` to the launch. Lanes follow each other, from lane `lane` on. */
static void watch_bytes(struct sm_watch *watch, const struct watch_access *access, uint64_t offset, uint64_t gpu_va,
                        uint64_t bytes, uint32_t lane)
{
        struct watch_shadow *shadow = watch->shadow;
        struct watch_conflict conflict = {0};
        bool collided = false;

        prepare(shadow, offset, bytes);
        if (access->read) {
                uint64_t first = first_unwritten(shadow, offset / WORD, (offset + bytes + WORD - 1) / WORD) * WORD;

                if (__builtin_expect(first < offset + bytes, 0)) {
                        uint64_t into = first > offset ? first - offset : 0;
                        struct watch_event event =
                                event_of(access, WATCH_UNWRITTEN, gpu_va + into, lane + (uint32_t)(into / access->bytes));

                        event.vram_offset = offset + into;
                        tell(watch, &event);
                        return; /* and is not noted: who reads it again is told of again */
                }
        }
        if (access->strong) {
                if (access->write)
                        for (uint64_t word = offset / WORD; word * WORD < offset + bytes; word++)
                                shadow->writers[word] = watch_bounds_of(&watch->order).mine | ALL_BYTES;
                return;
        }
        if (access->read)
                collided = use_stretch(shadow, &watch->order, offset, bytes, false, &conflict);
        if (access->write)
                collided |= use_stretch(shadow, &watch->order, offset, bytes, true, &conflict);
        if (__builtin_expect(collided, 0)) {
                uint64_t into = conflict.vram_offset > offset ? conflict.vram_offset - offset : 0;
                struct watch_event event =
                        event_of(access, WATCH_RACE, gpu_va + into, lane + (uint32_t)(into / access->bytes));

                event.vram_offset = conflict.vram_offset;
                event.other = conflict.other;
                event.other_wrote = conflict.other_wrote;
                tell(watch, &event);
        }
}

void watch_stretch(struct sm_watch *watch, const struct watch_access *access, const uint8_t *memory, uint64_t gpu_va,
                   uint64_t bytes)
{
        uint64_t offset = (uint64_t)(memory - watch->shadow->vram);

        if (offset < watch->shadow->vram_bytes && bytes <= watch->shadow->vram_bytes - offset)
                watch_bytes(watch, access, offset, gpu_va, bytes, 0);
}

static bool is_row(const uint32_t offsets[LANES], uint32_t bytes)
{
        uint32_t different = 0;

        for (unsigned lane = 0; lane < LANES; lane++)
                different |= offsets[lane] ^ (offsets[0] + lane * bytes);
        return !different;
}

/* Do all active lanes stay within video memory? */
static bool lanes_within(const struct watch_shadow *shadow, uint64_t start, const uint32_t offsets[LANES], uint32_t active,
                         uint32_t bytes)
{
        uint64_t most = 0;

        for (unsigned lane = 0; lane < LANES; lane++)
                if (active >> lane & 1 && offsets[lane] > most)
                        most = offsets[lane];
        return start < shadow->vram_bytes && shadow->vram_bytes - start >= most + bytes;
}

void watch_lanes(struct sm_watch *watch, const struct watch_access *access, const uint8_t *memory, uint64_t gpu_va,
                 const uint32_t offsets[LANES], uint32_t active)
{
        uint64_t start = (uint64_t)(memory - watch->shadow->vram);
        uint32_t before = 0;
        bool first = true;

        if (!lanes_within(watch->shadow, start, offsets, active, access->bytes))
                return;
        if (active == UINT32_MAX && is_row(offsets, access->bytes)) {
                watch_bytes(watch, access, start + offsets[0], gpu_va + offsets[0], access->bytes * LANES, 0);
                return;
        }
        for (unsigned lane = 0; lane < LANES; lane++) {
                if (!(active >> lane & 1) || (!first && offsets[lane] == before))
                        continue;
                watch_bytes(watch, access, start + offsets[lane], gpu_va + offsets[lane], access->bytes, lane);
                before = offsets[lane];
                first = false;
        }
}
