/*
 * The quick part of watching (watch.h): finding that there is nothing to tell. Most accesses end here, so it is compiled
 * together with the interpreter, for each instruction set, as loops that become vectors.
 */
#ifndef BAREWIRE_SM_WATCH_QUICK_H
#define BAREWIRE_SM_WATCH_QUICK_H

#include <stdbool.h>

#include "watch.h"

#define WATCH_INLINE static inline __attribute__((always_inline))

enum { WATCH_PAGE = 4096, WATCH_PAGE_SHIFT = 12, WATCH_WORD = 4, WATCH_LANES = 32, WATCH_ALL_BYTES = 15, WATCH_NUMBER_SHIFT = 4 };
enum watch_page_state { WATCH_UNKNOWN, WATCH_READY, WATCH_BUSY };

#define WATCH_PATTERN_BITS 0x3f3f3f3fu
#define WATCH_PATTERN_MARK 0x80808080u

struct watch_shadow {
        uint8_t *vram;
        uint64_t vram_bytes;
        int vram_file;
        uint32_t *writers;
        uint32_t *readers;
        uint8_t *pages; /* of enum watch_page_state, for each page */
};

/* Could it be a pattern, of whatever word? Quick, and most words could not. */
WATCH_INLINE bool watch_may_be_pattern(uint32_t value)
{
        return (value & ~WATCH_PATTERN_BITS) == WATCH_PATTERN_MARK;
}

/* What is compared with every note: up to `limit` all were ordered before, and `mine` are this operation's own. */
struct watch_bounds {
        uint32_t limit;
        uint32_t mine;
};

WATCH_INLINE struct watch_bounds watch_bounds_of(const struct watch_order *order)
{
        return (struct watch_bounds){
                order->ordered_before << WATCH_NUMBER_SHIFT | WATCH_ALL_BYTES,
                order->operation << WATCH_NUMBER_SHIFT,
        };
}

/* May a note collide? Quick, and most do not. */
WATCH_INLINE bool watch_may_collide(struct watch_bounds bounds, uint32_t note)
{
        return note > bounds.limit && (note ^ bounds.mine) > WATCH_ALL_BYTES;
}

WATCH_INLINE bool watch_page_is_ready(const struct watch_shadow *shadow, uint64_t offset)
{
        return __atomic_load_n(&shadow->pages[offset >> WATCH_PAGE_SHIFT], __ATOMIC_ACQUIRE) == WATCH_READY;
}

/*
 * A row of `words` whole words that is read, or written: note it, if there is nothing to tell. False if there may be
 * something, and then nothing was noted. Pages are looked at first: one whose words are only read is no hole any more.
 */
WATCH_INLINE bool watch_row_quickly(struct sm_watch *watch, const uint8_t *memory, unsigned words, bool write)
{
        const struct watch_shadow *shadow = watch->shadow;
        uint64_t offset = (uint64_t)(memory - shadow->vram);
        uint64_t bytes = words * WATCH_WORD;
        struct watch_bounds bounds = watch_bounds_of(&watch->order);
        const uint32_t *vram;
        uint32_t *writers, *readers, *notes;
        uint32_t new = 0;
        uint32_t found = 0;

        if (offset >= shadow->vram_bytes)
                return true; /* not video memory */
        if (shadow->vram_bytes - offset < bytes || offset % WATCH_WORD)
                return false;
        vram = (const uint32_t *)memory;
        writers = shadow->writers + offset / WATCH_WORD;
        readers = shadow->readers + offset / WATCH_WORD;
        notes = write ? writers : readers;
        for (unsigned i = 0; i < words; i++)
                new |= notes[i] ^ (bounds.mine | WATCH_ALL_BYTES);
        if (!new)
                return true; /* it did so before: whoever came between has been told of */
        if (!watch_page_is_ready(shadow, offset) || !watch_page_is_ready(shadow, offset + bytes - 1))
                return false;
        for (unsigned i = 0; i < words; i++) {
                found |= watch_may_collide(bounds, writers[i]);
                found |= write ? watch_may_collide(bounds, readers[i]) : watch_may_be_pattern(vram[i]);
        }
        if (found)
                return false;
        for (unsigned i = 0; i < words; i++)
                notes[i] = bounds.mine | WATCH_ALL_BYTES;
        return true;
}

/* The same for `words` words of each lane, wherever they are: without branches, so that the host waits for all lanes at once. */
WATCH_INLINE bool watch_lanes_quickly(struct sm_watch *watch, const uint8_t *memory, const uint32_t offsets[WATCH_LANES],
                                      uint32_t active, unsigned words, bool write)
{
        const struct watch_shadow *shadow = watch->shadow;
        uint64_t start = (uint64_t)(memory - shadow->vram);
        struct watch_bounds bounds = watch_bounds_of(&watch->order);
        uint32_t *notes = write ? shadow->writers : shadow->readers;
        const uint32_t *vram = (const uint32_t *)shadow->vram;
        uint64_t most = 0;
        uint32_t new = 0;
        uint32_t found = 0;

        for (unsigned lane = 0; lane < WATCH_LANES; lane++)
                if (active >> lane & 1)
                        most = offsets[lane] > most ? offsets[lane] : most;
        if (start >= shadow->vram_bytes)
                return true; /* one stretch of host memory is behind all lanes */
        if (shadow->vram_bytes - start < most + words * WATCH_WORD)
                return false;
        for (unsigned lane = 0; lane < WATCH_LANES; lane++)
                if (active >> lane & 1)
                        for (unsigned i = 0; i < words; i++)
                                new |= notes[(start + offsets[lane]) / WATCH_WORD + i] ^ (bounds.mine | WATCH_ALL_BYTES);
        if (!new)
                return true;
        for (unsigned lane = 0; lane < WATCH_LANES; lane++)
                if (active >> lane & 1)
                        found |= !watch_page_is_ready(shadow, start + offsets[lane]);
        if (found)
                return false;
        for (unsigned lane = 0; lane < WATCH_LANES; lane++) {
                uint64_t word = (start + offsets[lane]) / WATCH_WORD;

                if (!(active >> lane & 1))
                        continue;
                for (unsigned i = 0; i < words; i++) {
                        found |= watch_may_collide(bounds, shadow->writers[word + i]);
                        found |= write ? watch_may_collide(bounds, shadow->readers[word + i])
                                       : watch_may_be_pattern(vram[word + i]);
                }
        }
        if (found)
                return false;
        for (unsigned lane = 0; lane < WATCH_LANES; lane++)
                if (active >> lane & 1)
                        for (unsigned i = 0; i < words; i++)
                                notes[(start + offsets[lane]) / WATCH_WORD + i] = bounds.mine | WATCH_ALL_BYTES;
        return true;
}

#endif
