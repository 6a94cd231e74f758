/* What Python sees of the streaming multiprocessors: one call runs a launch to its end. */
#ifndef BAREWIRE_SM_MACHINE_H
#define BAREWIRE_SM_MACHINE_H

#include <stdint.h>

/* cdef begin */

/*
 * What a warp did wrong. The low byte is the number that the warp error status register has for it; what that does not tell
 * apart, bits above it do. See barewire.softgpu.sm.machine.
 */
enum sm_fault_kind {
        SM_FAULT_NONE = 0,
        SM_FAULT_STACK_ERROR = 0x01,
        SM_FAULT_PC_WRAP = 0x04,
        SM_FAULT_MISALIGNED_PC = 0x05,
        SM_FAULT_PC_OVERFLOW = 0x06,
        SM_FAULT_MISALIGNED_CONSTANT = 0x07,
        SM_FAULT_MISALIGNED_REGISTER = 0x08,
        SM_FAULT_ILLEGAL_INSTRUCTION = 0x09,
        SM_FAULT_ILLEGAL_PARAMETER = 0x0b,
        SM_FAULT_CONSTANT_RANGE = 0x0c,
        SM_FAULT_REGISTER_RANGE = 0x0d,
        SM_FAULT_ADDRESS_RANGE = 0x0e,
        SM_FAULT_MISALIGNED_ADDRESS = 0x0f,
        SM_FAULT_ADDRESS_SPACE = 0x10,
        SM_FAULT_MMU = 0x20,
        SM_FAULT_BARRIER = 0x21,
        SM_FAULT_TRAP = 0x109,
        SM_FAULT_STACK_OVERFLOW = 0x10e,
        SM_FAULT_BREAKPOINT = 0x209,
        SM_FAULT_NOT_EXECUTED = 0x82, /* real SMs have the instruction, this one does not execute it yet */
};

struct sm_fault {
        uint32_t kind;
        uint32_t sm;
        uint32_t warp; /* in the CTA */
        uint32_t lanes;
        uint32_t cta[3];
        uint32_t access; /* of SM_ACCESS_*: what the MMU refused */
        uint64_t pc;
        uint64_t address;
};

enum { SM_ACCESS_READ = 1, SM_ACCESS_WRITE = 2, SM_ACCESS_ATOMIC = 4, SM_ACCESS_EXECUTE = 8 };

/* What a port says of one address: host memory for a range around it. */
struct sm_page {
        uint64_t begin; /* gpu_va */
        uint64_t bytes;
        uint64_t host;   /* 0: a sparse range, whose reads give zeros and whose writes vanish */
        uint32_t access; /* what is allowed, of SM_ACCESS_* */
};

/*
 * The way to global memory. `translate` fills `page` for the range that holds `gpu_va` and returns 0, or returns another
 * number, and the access faults. It is called from several threads. Raising `*generation` drops what was remembered, in
 * launches that are running too.
 */
struct sm_extents;

struct sm_port {
        int (*translate)(void *context, uint64_t gpu_va, uint32_t access, struct sm_page *page);
        void *context;
        const volatile uint32_t *generation;
        struct sm_extents *extents; /* what `translate` has said, known to all launches; NULL: each asks by itself */
};

/* Extents of one address space, as a port said them. Invalidating them is safe while launches run. */
struct sm_extents *sm_extents_new(void);
void sm_extents_free(struct sm_extents *extents);
void sm_extents_invalidate(struct sm_extents *extents);
void sm_use_extents(struct sm_port *port, struct sm_extents *extents);

/*
 * The reins of launches that run: pauses (which count), and the end. At rest means that no worker of a launch that was
 * given this control executes instructions or holds an address of the host; one that waits for the port is at rest.
 */
struct sm_control;

struct sm_control *sm_control_new(void);
void sm_control_free(struct sm_control *control);
void sm_control_pause(struct sm_control *control);
int sm_control_resume(struct sm_control *control); /* not 0: it was not paused */
void sm_control_stop(struct sm_control *control);
int sm_control_wait_at_rest(struct sm_control *control, uint64_t timeout_ns); /* whether it came to rest in time */
uint32_t sm_control_pauses(struct sm_control *control);
int sm_control_is_stopped(struct sm_control *control);

/*
 * Decoded code of one address space, kept from launch to launch. Code is read through the port once, and then not again until
 * it is forgotten; launches that run go on with what they have.
 */
struct sm_code_cache;

struct sm_code_cache *sm_code_cache_new(void);
void sm_code_cache_free(struct sm_code_cache *cache); /* when no launch uses it any more */
void sm_code_cache_forget(struct sm_code_cache *cache);
/* Compare what was read with what the port has now: the addresses of lines that differ, `capacity` at most; their number. */
uint32_t sm_code_cache_stale(struct sm_code_cache *cache, const struct sm_port *port, uint64_t stale[], uint32_t capacity);
/* What is kept: lines of code, and blocks decoded from them; and how many blocks have been decoded since it was made. */
void sm_code_cache_count(struct sm_code_cache *cache, uint64_t counts[3]);

/* A port onto one piece of host memory. */
struct sm_flat_memory {
        uint64_t gpu_va;
        uint64_t size_bytes;
        uint64_t host;
};

struct sm_constant_range {
        uint64_t gpu_va;
        uint32_t size_bytes;
};

struct sm_watch; /* watch.h */

struct sm_launch {
        struct sm_port port;
        struct sm_control *control;  /* or NULL */
        struct sm_code_cache *code;  /* or NULL: what is decoded is forgotten when the launch ends */
        struct sm_watch *watch;      /* or NULL */
        uint64_t entry_va;
        uint64_t shared_window_va;
        uint64_t local_window_va;
        uint64_t timeout_ns; /* 0: none */
        int64_t timer_offset_ns; /* of the GPU's timer, from the host's monotonic clock */
        uint32_t has_timer;      /* 0: the timer shows the time of day */
        uint32_t grid[3];
        uint32_t block[3];
        uint32_t cluster[3];
        uint32_t arch; /* 90 for sm_90 */
        uint32_t register_count;
        uint32_t shared_bytes; /* of a CTA, with what is reserved at its begin */
        uint32_t local_bytes;  /* of a thread, at the end of its window */
        uint32_t barrier_count;
        uint32_t sm_count;
        uint32_t ctas_per_sm; /* how many may be resident on one */
        uint32_t threads;     /* of the host */
        uint32_t isa;         /* of SM_ISA_* */
        struct sm_constant_range constant_banks[18]; /* one without bytes is all zeros */
};

enum { SM_ISA_BEST, SM_ISA_GENERIC, SM_ISA_AVX2, SM_ISA_AVX512 };
enum { SM_DONE, SM_FAULTED, SM_TIMED_OUT, SM_STUCK, SM_NO_MEMORY, SM_BAD_LAUNCH, SM_STOPPED };

enum { SM_MOST_FAULTS = 132 };

struct sm_report {
        uint32_t fault_count;
        struct sm_fault faults[132]; /* the first of every SM that erred, in the order of time */
        uint64_t warp_instructions;
        uint64_t thread_instructions;
        uint64_t ctas;
        uint64_t most_resident; /* the most CTAs that were resident at one time */
        uint64_t cta_bytes;     /* memory that one takes, without its shared and local memory */
};

/* Run a launch to its end on threads of its own: one of SM_DONE, ... */
int sm_run(const struct sm_launch *launch, struct sm_report *report);

/* The name of what SM_ISA_BEST means here; whether the host can run another. */
const char *sm_isa_name(uint32_t isa);

int sm_flat_translate(void *context, uint64_t gpu_va, uint32_t access, struct sm_page *page);
void sm_use_flat_memory(struct sm_port *port, struct sm_flat_memory *memory);

/* cdef end */

#endif
