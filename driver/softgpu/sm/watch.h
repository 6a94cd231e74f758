/*
 * Watching what operations do with video memory: whether they read what nobody wrote, and whether two that nothing orders
 * use the same word, one of them writing.
 *
 * A shadow has, for each 32-bit word of video memory, the number of the operation that wrote it last and of the one that
 * read it last, each with a mask of the bytes: `number << 4 | mask`. Numbers rise from 1 and have 28 bits; 0 is nobody.
 *
 * Memory that nobody wrote holds a pattern made of its own address, so that what the CPU writes behind everybody's back
 * counts as written too. A word that equals its pattern, beside another that does, was not written.
 */
#ifndef BAREWIRE_SM_WATCH_H
#define BAREWIRE_SM_WATCH_H

#include <stdint.h>

/* cdef begin */

struct watch_shadow;

/*
 * The order as one operation sees it. Others up to `ordered_before` came before it. Of those from there to itself, those do
 * not whose bit in `unordered` is 1 (the lowest is that of `ordered_before + 1`). Later ones began while it ran.
 */
struct watch_order {
        uint32_t operation;
        uint32_t ordered_before;
        uint32_t unordered_bits;
        const uint8_t *unordered;
};

struct watch_conflict {
        uint32_t other;
        uint32_t other_wrote;
        uint64_t vram_offset;
};

/* A shadow of video memory: the address of its first byte, its size, and the file that is mapped there; NULL for no memory. */
struct watch_shadow *watch_shadow_new(uint64_t vram, uint64_t vram_bytes, int vram_file);
void watch_shadow_free(struct watch_shadow *shadow);
/* Video memory was lost: it holds nothing that anybody wrote, and no operation is remembered. */
void watch_shadow_forget(struct watch_shadow *shadow);
/* Pages that were never written get the pattern. `overwritten`: all bytes of the stretch are about to be written. */
void watch_prepare(struct watch_shadow *shadow, uint64_t offset, uint64_t bytes, int overwritten);
/* The first byte of a stretch that was not written; the end of the stretch if all was. */
uint64_t watch_unwritten(struct watch_shadow *shadow, uint64_t offset, uint64_t bytes);
/* An operation reads or writes a stretch: whether it collides with another, the first of which is told. */
int watch_use(struct watch_shadow *shadow, const struct watch_order *order, uint64_t offset, uint64_t bytes, int write,
              struct watch_conflict *conflict);
/* Whether an operation that is not ordered before this one used a stretch; nothing is remembered. */
int watch_users(struct watch_shadow *shadow, const struct watch_order *order, uint64_t offset, uint64_t bytes,
                struct watch_conflict *conflict);

enum { WATCH_UNWRITTEN = 1, WATCH_RACE = 2 };
enum { WATCH_MOST_EVENTS = 64 };

/* What a launch did at an instruction, and how often. */
struct watch_event {
        uint32_t kind;
        uint32_t write;
        uint32_t other; /* for a race */
        uint32_t other_wrote;
        uint32_t cta[3];
        uint32_t warp; /* in the CTA */
        uint32_t lane;
        uint64_t pc;
        uint64_t gpu_va;
        uint64_t vram_offset;
        uint64_t count;
};

/* The watch over one launch. What `order` points at has to stay. */
struct sm_watch {
        struct watch_shadow *shadow;
        struct watch_order order;
        uint32_t lock;
        uint32_t event_count;
        struct watch_event events[64]; /* WATCH_MOST_EVENTS: the first of each kind at each instruction */
};

/* cdef end */

/* Who accesses memory, and how. A strong access (atomic, volatile) collides with nobody: it is how kernels talk. */
struct watch_access {
        uint64_t pc;
        uint32_t cta[3];
        uint32_t warp;
        uint32_t bytes; /* of a lane */
        int read;
        int write;
        int strong;
};

/*
 * Lanes of a warp are about to access memory: each at `memory + offsets[lane]`, where `memory` has the bytes of `gpu_va`. What
 * is not video memory is not watched. Called from several threads.
 */
void watch_lanes(struct sm_watch *watch, const struct watch_access *access, const uint8_t *memory, uint64_t gpu_va,
                 const uint32_t offsets[32], uint32_t active);
/* The same for a stretch: a row of lanes, a bulk copy. */
void watch_stretch(struct sm_watch *watch, const struct watch_access *access, const uint8_t *memory, uint64_t gpu_va,
                   uint64_t bytes);

#endif
