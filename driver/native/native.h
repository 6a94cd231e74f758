/*
 * What Python cannot promise: accesses of an exact width, their order, and waiting without the interpreter lock.
 *
 * Nothing here knows a register or a chip. cffi releases the interpreter lock around every call.
 */
#ifndef BAREWIRE_NATIVE_H
#define BAREWIRE_NATIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* cdef begin */

/* Reads and writes of exactly one width, never merged, split or cached by the compiler. */
uint8_t bw_read8(uintptr_t address);
uint16_t bw_read16(uintptr_t address);
uint32_t bw_read32(uintptr_t address);
uint64_t bw_read64(uintptr_t address);
void bw_write8(uintptr_t address, uint8_t value);
void bw_write16(uintptr_t address, uint16_t value);
void bw_write32(uintptr_t address, uint32_t value);
void bw_write64(uintptr_t address, uint64_t value);

/* Earlier stores, write-combined ones too, are visible before later ones. */
void bw_store_fence(void);
/* Earlier loads and stores are complete before later ones. */
void bw_full_fence(void);

/* Copy to write-combined memory with wide stores that bypass the cache, then fence. */
void bw_copy_to_wc(uintptr_t destination, const uint8_t *source, size_t size_bytes);
/*
 * Write one value at many places: `base` + each of `offsets` (multiples of 8). Only the value's own bytes are written:
 * of an H100's memory a thousand took 330 us, and whole lines in their place 1240 us.
 */
void bw_write64_at(uintptr_t base, const uint32_t *offsets, uint32_t count, uint64_t value);
/* Copy from device memory with reads of 8 bytes, and one of 4 at the end; address and size are multiples of 4. */
void bw_copy_from_device(uint8_t *destination, uintptr_t source, size_t size_bytes);
/* Copy between ordinary memory; the interpreter lock is released. */
void bw_copy(uintptr_t destination, uintptr_t source, size_t size_bytes);

/* Part of a piece of memory that two sides have a copy of each: what one side's holds now, and the other's copy. */
struct bw_copy_piece {
        const uint32_t *now;    /* of the side whose changes are carried; nobody writes it any more */
        uint32_t *target;       /* the other side's, which may be writing it */
        uint32_t *agreed;       /* what both held last */
        uint32_t words;
};

/*
 * Carry changes: the words of `now` that differ from `agreed` go to `target` and `agreed`, piece after piece, each from
 * its end to its start. Where the other side has changed the same word, only the bytes that differ are carried.
 */
void bw_carry(const struct bw_copy_piece *pieces, uint32_t count);

enum bw_status {
        BW_OK = 0,
        BW_TIMEOUT = 1,      /* the deadline passed */
        BW_FAULT = 2,        /* the channel's error notifier is set */
        BW_MUST_FOLLOW = 3,  /* the queue has to wait for another one first; nothing was written */
        BW_CLOSED = 4,       /* the ring was closed; nothing was written */
};

/*
 * A doorbell for a device that has no word to write: a GPU in this process, or one that is being recorded. Whoever rings
 * leaves a token, and one thread, which answers, makes an ordinary register write of each.
 */
struct bw_bell;

enum { BW_BELL_TOKENS = 4096 };

/* NULL if there is no memory. */
struct bw_bell *bw_bell_new(void);
/*
 * Leave a token; any thread may, with or without the interpreter lock. When half of the places are taken, a token that
 * waits already is not left again: the device looks at its channel after this call either way. Nothing after
 * bw_bell_close.
 */
void bw_bell_ring(struct bw_bell *bell, uint32_t token);
/* Take at most `limit` tokens in the order they were left; how many, 0 after `timeout_ns`, -1 once the bell is closed. */
int bw_bell_answer(struct bw_bell *bell, uint32_t *tokens, uint32_t limit, uint64_t timeout_ns);
/* Wake who answers; what waits is dropped. */
void bw_bell_close(struct bw_bell *bell);
/* Give the memory back; nobody may use the bell any more. */
void bw_bell_free(struct bw_bell *bell);

/*
 * A mapping of a device that may leave. Where the kernel has taken its pages away, they read as ones from then on, as a
 * bus without a device does, and what is written is lost; an access does not end the process.
 *
 * A guard is a number that is never another one's; 0 is none. Accesses by it may be made at any time, also while
 * another thread ends the mapping, and afterwards: they then read as ones, and write nothing. Who accesses the mapping
 * by its address has to know that it is there.
 */

/* Watch over a mapping of whole pages; 0 if there are too many. */
uint64_t bw_guard_new(uintptr_t address, size_t size_bytes);
/* How often it was found gone since it was new; 0 once it is shut. */
uint32_t bw_guard_faults(uint64_t guard);
/* It was mapped anew at the same address; only before it is shut. */
void bw_guard_renew(uint64_t guard);
/* Let no access by it begin, and wait for those that are under way, some microseconds. A second time is nothing. */
void bw_guard_shut(uint64_t guard);
/* Watch no more, and wait for handlers that are under way; once, after it was shut and before it is unmapped. */
void bw_guard_free(uint64_t guard);

/* One access; all of a mapping reads as ones once part of it was found gone. Writes tell whether there was a mapping. */
uint8_t bw_guard_read8(uint64_t guard, size_t offset);
uint16_t bw_guard_read16(uint64_t guard, size_t offset);
uint32_t bw_guard_read32(uint64_t guard, size_t offset);
uint64_t bw_guard_read64(uint64_t guard, size_t offset);
bool bw_guard_write8(uint64_t guard, size_t offset, uint8_t value);
bool bw_guard_write16(uint64_t guard, size_t offset, uint16_t value);
bool bw_guard_write32(uint64_t guard, size_t offset, uint32_t value);
bool bw_guard_write64(uint64_t guard, size_t offset, uint64_t value);
/* As bw_copy_from_device and bw_copy_to_wc do it; false if the mapping ended before all was copied. */
bool bw_guard_copy_from(uint64_t guard, size_t offset, uint8_t *destination, size_t size_bytes);
bool bw_guard_copy_to(uint64_t guard, size_t offset, const uint8_t *source, size_t size_bytes);

struct bw_slots;

/* A counter in host memory that the GPU raises, and the word that tells that it never will. */
struct bw_timeline {
        uintptr_t value_address; /* 32-bit counter, written by the GPU */
        uintptr_t error_address; /* 16-bit status of the error notifier, 0 while the channel lives */
        uint64_t submitted;      /* the last value that work was submitted for */
};

/* The value that the GPU has reached, widened to 64 bits (the counter wraps; `submitted` does not). */
uint64_t bw_completed(const struct bw_timeline *timeline);
/* Wait until `value` is reached: first spinning, then with short sleeps. */
int bw_wait(const struct bw_timeline *timeline, uint64_t value, uint64_t timeout_ns);

/* A GPFIFO ring as its owner writes it. One entry is written for each timeline value. */
struct bw_ring {
        struct bw_timeline timeline;
        uintptr_t entries;      /* of 8 bytes, in write-combined memory */
        uintptr_t gp_put;       /* USERD GPPut */
        uintptr_t doorbell;     /* usermode page + 0x90, or not 0 beside a bell; 0 once the ring is closed */
        uintptr_t bell;         /* the bell to ring in place of the doorbell, or 0 */
        uint32_t token;         /* work-submit token */
        uint32_t entry_count;   /* a power of two */
        uint32_t put;           /* the next entry to write */
        uint32_t lock;          /* held while an entry is written: several threads may share a ring */
        const struct bw_timeline *follows; /* another queue's work that must be done first, or NULL */
        uint64_t followed;                 /* what this queue already waits for, of that */

        /* Launches that wait, linked, to be submitted as one entry: see bw_launch. */
        uint32_t batch_limit;   /* the most launches in one entry; 1 for no batches */
        uint32_t batch_count;   /* launches that wait now */
        uint64_t batch_entry;   /* fetches the first of them; of the chain's form once there are two */
        struct bw_slots *batch_slots;      /* where the last of them stands */
        uint32_t batch_index;
        void *flusher;          /* the thread that submits a batch which nobody adds to any more, or NULL */
};

/*
 * Ring the doorbell once more, for work that seems not to be seen. Two posted writes by two ways into a GPU may change
 * places: a doorbell that came before the GPPut in video memory finds nothing new.
 */
void bw_ring_again(struct bw_ring *ring);

/* Submit the launches that wait. */
void bw_flush(struct bw_ring *ring);
/* Submit what waits on each ring, then wait until all of it is done; what the first ring answers that is not. */
int bw_drain(struct bw_ring **rings, uint32_t count, uint64_t timeout_ns);
/* Whether none of the rings has work, submitted or waiting to be. */
int bw_idle(struct bw_ring **rings, uint32_t count);
/* If the rings are idle, copy to or from device memory with the CPU; 0 if they are not, and nothing was done. */
int bw_write_if_idle(struct bw_ring **rings, uint32_t count, uintptr_t destination, uintptr_t source, size_t size_bytes);
int bw_read_if_idle(struct bw_ring **rings, uint32_t count, uintptr_t destination, uintptr_t source, size_t size_bytes);
/* Close a ring: nothing is written to the device any more, and launches that wait are dropped. */
void bw_shut(struct bw_ring *ring);
/* End the ring's flusher; the ring must be closed and not be used any more. */
void bw_stop(struct bw_ring *ring);

/* True if nothing stands before the ring's next work. */
int bw_may_start(const struct bw_ring *ring);

/*
 * Pushbuffer memory: segments of a fixed size, taken in turn; a push takes as many neighbours as it needs. A segment is
 * used again when the work that it held has completed.
 */
struct bw_segments {
        uintptr_t base;         /* CPU address, write-combined */
        uint64_t gpu_va;
        uint32_t segment_bytes;
        uint32_t count;
        uint32_t next;
        uint64_t *values;       /* per segment: the timeline value of its last use */
};

enum { BW_NO_PAYLOAD = 0xffffffff };

/*
 * Copy words to pushbuffer memory and submit them. The new timeline value is written where the release that raises the
 * timeline has its payload: to the word at `payload_index`, unless it is BW_NO_PAYLOAD, and to device memory at
 * `payload_address`, unless it is 0 (a QMD's release).
 */
int bw_push(struct bw_ring *ring, struct bw_segments *segments, const uint8_t *words, uint32_t word_count,
            uint32_t payload_index, uintptr_t payload_address, uint64_t timeout_ns);
/* Submit a GPFIFO entry whose words, the release among them, the caller has already written for `submitted + 1`. */
int bw_submit(struct bw_ring *ring, uint64_t entry, uint64_t timeout_ns);

/*
 * Launch slots: in each, a QMD, the pushbuffers that send it, and constant bank 0. A slot is used again when the launch
 * that used it has completed, since a QMD that is active must not change.
 */
struct bw_slots {
        uintptr_t base;             /* CPU address of the first slot, write-combined */
        uint8_t *shadow;            /* the same bytes in ordinary memory: only whole lines are written to the device */
        uint64_t gpu_va;            /* GPU address of the first slot */
        uint32_t stride_bytes;
        uint32_t count;             /* a power of two */
        uint32_t next;
        uint32_t bank0_offset;      /* of constant bank 0 in a slot */
        uint64_t release_va;        /* the timeline's counter, that each launch raises */
        uint64_t *values;           /* per slot: the timeline value of its last launch */
        uint64_t *identities;       /* per slot: the plan whose template it holds */
        uint8_t *fresh;             /* per slot: its QMD is new in the shadow, and not yet written in full */
        uint64_t *entries;          /* per slot: the GPFIFO entry that launches it alone */
        uint64_t *chain_entries;    /* per slot: the entry that launches it as the first of a chain */

        /* Where a QMD of this device's version tells what happens at its end. */
        uint32_t payload_word;
        uint32_t release_word;
        uint32_t release_bit;
        uint32_t chain_word;         /* the next QMD is to be scheduled */
        uint32_t chain_bits;         /* 0 if a QMD cannot name another */
        uint32_t chain_pointer_word; /* which one: its address shifted right by 8 */
};

enum { BW_QMD_WORDS = 96, BW_MAX_POINTERS = 4 };

/* One kernel with its grid, block and shared memory: all of a launch that does not change from call to call. */
struct bw_plan {
        uint64_t identity;               /* never 0, unique in the process */
        uint32_t qmd[96];                /* template; bank 0's address and the payload are filled in */
        uint32_t bank0_low_word;         /* where bank 0's address stands, shifted right */
        uint32_t bank0_high_word;
        uint32_t bank0_high_mask;        /* the bits of that word that belong to the address */
        uint32_t bank0_shift;
        uint32_t release_low_word;       /* where the release's address stands */
        uint32_t release_high_word;
        const uint8_t *bank0;            /* template of bank 0, up to the parameters */
        uint32_t bank0_bytes;
        uint32_t pointer_count;          /* 64-bit words in bank 0 that hold an address in the slot itself */
        uint32_t pointer_offsets[4];
        int32_t pointer_targets[4];      /* relative to the start of bank 0 */
        uint32_t argument_offset;        /* of the parameters in bank 0 */
        uint32_t argument_bytes;
};

/*
 * Launch: fill the next slot, submit it. Ordered after everything submitted to the ring before.
 *
 * While the GPU has other entries of the ring to work on, launches are linked to a chain: each QMD names the next, and
 * only the last raises the timeline. The chain is submitted when it is long enough, when anybody waits or submits
 * something else, and at the latest when the flusher sees the GPU run out of work.
 *
 * With a `timeout_ns` of 0 it does not wait for anything: BW_TIMEOUT then means that it would have had to.
 */
int bw_launch(struct bw_ring *ring, struct bw_slots *slots, const struct bw_plan *plan, const uint8_t *arguments,
              uint64_t timeout_ns);

/* Where a launcher sends its launches: what the device changes when it renews a queue, captures a graph or is closed. */
struct bw_target {
        struct bw_ring *ring;
        struct bw_slots *slots;
        uint32_t enabled;
};

/* cdef end */

#endif
