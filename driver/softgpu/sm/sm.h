/*
 * The streaming multiprocessor: what every C file of it shares.
 *
 * A warp is 32 lanes in step. Its registers are vectors of 32 words, its predicates lane masks. An instruction is read
 * once, *bound* into a `struct uop` (a handler and what the handler needs, with every index resolved and checked), and
 * run from there. The bound form belongs to one launch, so that constants are already values in it and register indices
 * have been checked against the launch's register count.
 *
 * The files named in isa.h are compiled once for each instruction set of the host; everything in them is static.
 * machine.c and port.c are compiled once.
 */
#ifndef BAREWIRE_SM_H
#define BAREWIRE_SM_H

#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "machine.h"
#include "sass_table.h"
#include "watch.h"

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

enum { LANES = 32 };
typedef uint32_t lane_mask;
#define ALL_LANES ((lane_mask)0xffffffff)

/* One register of a warp. */
struct vreg {
        uint32_t lane[LANES];
} __attribute__((aligned(128)));

/*
 * Indices into warp->reg. RZ as a source is SM_RZ, as a destination SM_RZ_WRITTEN; both have room for the widest group of
 * registers, so that nobody asks whether a register is RZ. R0 is SM_R0.
 */
enum { SM_RZ_GROUP = 8, SM_RZ = 0, SM_RZ_WRITTEN = SM_RZ_GROUP, SM_R0 = 2 * SM_RZ_GROUP };

/* Indices into warp->ureg: UR0 is 0; URZ as a source and as a destination. */
enum { SM_URZ = 256, SM_URZ_WRITTEN = SM_URZ + SM_RZ_GROUP, SM_UREG_COUNT = SM_URZ_WRITTEN + SM_RZ_GROUP };

/* Indices into warp->pred. A uniform predicate is 0 or ALL_LANES. PT and UPT are never written: see SM_PRED_WRITTEN. */
enum { SM_P0 = 0, SM_PT = 7, SM_UP0 = 8, SM_UPT = 15, SM_PRED_WRITTEN = 16, SM_PRED_COUNT = 17 };

/* Convergence barriers B0..B15, and those that WARPSYNC and WARPSYNC.COLLECTIVE use. */
enum { SM_CONVERGENCE_BARRIERS = 16, SM_WARPSYNC = SM_CONVERGENCE_BARRIERS, SM_COLLECTIVE, SM_CONVERGENCE_COUNT };

enum sm_outcome {
        SM_NEXT,    /* go on with the next instruction */
        SM_JUMPED,  /* warp->active and warp->pc say who goes on and where */
        SM_YIELD,   /* as SM_JUMPED, after somebody else has run */
        SM_BLOCKED, /* as SM_JUMPED, but nobody can go on (warp->active is 0) until others wake it */
        SM_EXITED,  /* no lane is left */
        SM_FAULT,   /* sm_fault() was called */
};

struct warp;
struct uop;
typedef enum sm_outcome sm_handler(struct warp *warp, const struct uop *uop, lane_mask active);

/* A source operand, resolved. Negate and absolute are the bits of the word; what they mean is the handler's business. */
enum operand_kind {
        OPERAND_REGISTER,  /* warp->reg[index]; a group follows at index + 1, ... */
        OPERAND_UNIFORM,   /* warp->ureg[index], pair in index + 1 */
        OPERAND_IMMEDIATE, /* value; constants are immediates too: value and, for the next word of the bank, value_high */
};

struct operand {
        uint8_t kind;
        bool negate;
        bool absolute;
        bool is_constant; /* an immediate that came from a constant bank, so that value_high is meaningful */
        uint16_t index;
        uint32_t value;
        uint32_t value_high;
};

/* A predicate as a source. */
struct predicate {
        uint8_t index;
        bool negate;
};

/* One bound instruction: two cache lines. Handlers may use `option`, `extra` and `target` as they like. */
struct uop {
        sm_handler *run;
        struct predicate guard;
        uint16_t d;          /* destination: index into warp->reg (or ureg), never RZ or URZ itself */
        uint8_t pd, pd2;     /* destination predicates, SM_PRED_WRITTEN for PT */
        struct predicate p[4];
        uint8_t fault;       /* SM_FAULT_*: the binder found that this instruction always faults */
        bool reads_constants; /* what was bound depends on the value of a constant */
        uint8_t barrier;     /* convergence or CTA barrier number */
        uint16_t d2;
        struct operand a, b, c;
        uint32_t option[4];
        uint64_t va;         /* where the instruction stands */
        uint64_t target;     /* of a direct branch; or an address offset */
        uint64_t word[2];
} __attribute__((aligned(128)));

/* An instruction word on its way to be bound. */
struct sass_word {
        uint64_t word[2];
        enum sass_opcode opcode;
        unsigned arch; /* 90 for sm_90 */
        uint64_t va;
        const struct launch *launch;
};

/* Host memory behind a range of GPU virtual addresses, as the port last said. */
struct translation {
        uint64_t begin; /* gpu_va */
        uint64_t bytes;
        uint8_t *host;
        uint32_t access; /* of SM_ACCESS_* */
        uint32_t generation; /* of the port when it said so */
};

/* Found by the page, and large ones by what 2 MiB of them hold. */
enum { TRANSLATIONS = 64, LARGE_TRANSLATIONS = 16, TRANSLATION_SHIFT = 12, LARGE_TRANSLATION_SHIFT = 21 };

/* The longest access to a sparse range that is done at once: a row of 32 lanes; a power of two. */
enum { SPARSE_BYTES = 512, WIDEST_ATOMIC_BYTES = 16 };

/* A host thread at work on a launch. */
struct worker {
        struct launch *launch;
        const volatile uint32_t *generation; /* the port's */
        const volatile uint32_t *attention;  /* not 0: see sm_heed() */
        struct extent_table *table;          /* of the port's extents, as the worker knows them; or NULL */
        uint32_t refused;                    /* of SM_ACCESS_*: what sm_translate() said no to last */
        bool abandoned;                      /* its control stopped it: it may not touch memory again */
        struct translation last; /* what was hit last: most kernels stay in a few ranges */
        struct translation cache[TRANSLATIONS];
        struct translation large[LARGE_TRANSLATIONS];
        uint64_t warp_instructions;
        uint64_t thread_instructions;
        struct cta *resident; /* the CTAs it has admitted: a ring, at the one that runs now */
        uint32_t spent_rounds;
        uint32_t ended_ctas;
        struct cta *idle;     /* finished ones, to be used again */
        uint8_t sparse[SPARSE_BYTES + WIDEST_ATOMIC_BYTES] __attribute__((aligned(64))); /* stands for memory that keeps nothing */
};

/* A CTA barrier (BAR) in progress. A warp has arrived when all its live lanes have; it counts as 32 threads. */
struct cta_barrier {
        uint32_t arrived_warps;
        uint32_t expected_threads; /* 0: every warp of the CTA that has not exited */
        uint32_t count;            /* of threads whose predicate held (RED) */
        bool reduces, all, any;    /* whether there is a reduction, and whether it held for all, for any */
        uint8_t reduction;         /* which one decides the predicate */
};

/* Named barriers 0..15, and the one of the cluster. */
enum { SM_NAMED_BARRIERS = 16, SM_CLUSTER_BARRIER = SM_NAMED_BARRIERS, SM_CTA_BARRIERS };

struct cta {
        struct launch *launch;
        struct worker *worker; /* the thread that runs it now: never two */
        uint32_t id[3];
        uint32_t linear_id;
        uint32_t cluster_rank;
        uint32_t sm;
        uint32_t warp_count;
        uint32_t live_warps;   /* that have not exited */
        uint32_t cluster_phase;   /* how often the cluster's barrier has completed */
        uint32_t barriers_in_use; /* a bit for each that somebody has arrived at */
        uint8_t *shared; /* launch->shared_bytes, and room for one vector access beyond */
        uint8_t *local;  /* of all its threads */
        struct warp **warps;
        struct cta_barrier barrier[SM_CTA_BARRIERS];
        uint64_t polls;        /* since it last had a round of spent time slices */
        uint32_t short_rounds; /* that barriers cut short */
        struct cta *next;
        void *async; /* what async.c keeps of copies in flight */
};

struct warp {
        struct vreg *reg; /* SM_R0 + register_count of them */
        lane_mask pred[SM_PRED_COUNT];
        lane_mask active; /* the lanes that run together now */
        uint64_t pc;      /* theirs, whenever a handler returns SM_JUMPED, SM_YIELD or SM_BLOCKED */
        int64_t budget;   /* what is left of its time slice, in instructions */
        struct cta *cta;
        struct worker *worker;
        const struct launch *launch;
        uint8_t *shared;
        uint8_t *local;       /* of lane 0; lanes are local_bytes apart */
        uint32_t index;       /* in the CTA */
        lane_mask alive;      /* lanes that have not exited */
        lane_mask waiting;    /* lanes that wait at a convergence barrier or a CTA barrier */
        lane_mask at_barrier[SM_CTA_BARRIERS]; /* lanes that have arrived at each CTA barrier in progress */
        lane_mask blocked_at[SM_CTA_BARRIERS]; /* of them, those that wait there (SYNC, RED), not only arrived (ARV) */
        uint32_t barrier_count;                /* what B2R.RESULT reads: of the last BAR.RED */
        bool barrier_predicate;
        uint32_t cluster_phase;                /* of the cluster's barrier, when the warp arrived there */
        lane_mask at_convergence[SM_CONVERGENCE_COUNT]; /* lanes that wait at each convergence barrier */
        struct vreg convergence[SM_CONVERGENCE_COUNT];  /* which lanes each lane will meet there */
        struct vreg split;                    /* which lanes each lane runs together with; of lanes that are not active */
        uint64_t lane_pc[LANES];              /* of the lanes that are not active */
        uint64_t collective_target[LANES];    /* where each lane goes on after ENDCOLLECTIVE */
        struct vreg rpc[2];                   /* the register pair of RPCMOV */
        uint32_t ureg[SM_UREG_COUNT];
        struct vreg tid[3];
        uint64_t instructions; /* since the launch began: clocks are made of it */
        uint64_t polls;        /* strong accesses and the like, among them */
        uint32_t yields;       /* YIELD executed while lanes wait at convergence barriers */
        bool finished;
        bool exited;           /* its CTA knows that no lane is alive */
};

/* One run of consecutive instructions, bound. The last uop is not an instruction: it leads to the next block. */
enum { BLOCK_INSTRUCTIONS = 64, INSTRUCTION_BYTES = 16, BLOCK_BYTES = BLOCK_INSTRUCTIONS * INSTRUCTION_BYTES };

/* What binding depends on beside the words and the constants; launches with equal ones may share blocks. */
struct bind_key {
        const struct sm_isa *isa;
        uint32_t arch;
        uint32_t register_count;
        bool clustered; /* several CTAs in a cluster */
        bool watched;
};

/* What an instruction of a watched launch does with global memory; see watched.c. */
struct watched {
        sm_handler *run; /* its own handler */
        uint8_t bytes;   /* of a lane; 0: it does nothing there */
        uint8_t access;  /* of SM_ACCESS_* */
        bool strong;     /* volatile, atomic */
        bool generic;    /* the address may lie in shared or local memory */
};

struct code_block {
        uint64_t va;
        struct code_block *next; /* in the bucket of its cache */
        struct bind_key key;
        uint64_t reads_constants; /* a bit for each instruction that depends on a constant's value */
        uint32_t users;           /* launches */
        bool cached;              /* else it goes with its last user */
        uint64_t used;            /* when it was last, as its cache counts */
        struct watched watched[BLOCK_INSTRUCTIONS]; /* with a key that is watched */
        struct uop uop[BLOCK_INSTRUCTIONS + 1];
};

/* Where a launch finds a block. */
struct code_link {
        uint64_t va;
        struct code_block *block;
        struct code_link *next;
};

enum { CODE_BUCKETS = 256, SM_CONSTANT_BANKS = 18, CONSTANT_BANK_BYTES = 65536 };
enum { LOCAL_WINDOW_BYTES = 1 << 24, SHARED_WINDOW_BYTES = 1 << 24 }; /* of one thread, of one CTA */

struct constant_bank {
        const uint8_t *data; /* a copy made when the launch began, as the constant caches have it */
        uint32_t size_bytes;
};

/* A launch in progress. */
struct launch {
        struct sm_launch parameters;
        const struct sm_isa *isa;
        unsigned arch;
        unsigned uniform_zero; /* the number of URZ in the encoding: 63 or 255 */
        uint32_t register_count;
        uint32_t threads_per_cta;
        uint32_t warps_per_cta;
        uint64_t cta_count;
        struct constant_bank bank[SM_CONSTANT_BANKS];
        struct code_link *code[CODE_BUCKETS];
        struct sm_code_cache *cache;
        pthread_mutex_t code_lock;
        uint64_t next_cta;      /* the first that nobody has taken; atomic */
        uint64_t resident;      /* CTAs admitted and not finished; atomic */
        uint64_t most_resident;
        uint64_t resident_limit;
        int stopped;            /* SM_FAULTED, ...: every worker leaves soon; atomic */
        uint64_t deadline_ns;   /* 0: none */
        uint64_t began_ns;
        pthread_mutex_t fault_lock;
        uint32_t fault_count;
        struct sm_fault faults[SM_MOST_FAULTS];
};

/* One build of the interpreter. */
struct sm_isa {
        const char *name;
        void (*bind)(const struct launch *launch, uint64_t va, const uint64_t word[2], struct uop *uop);
        /* Put a handler that tells the watch before the instruction's own; see watched.c. */
        void (*watch)(const struct launch *launch, struct uop *uop, struct watched *watched);
        enum sm_outcome (*run)(struct warp *warp);
        sm_handler *next_block;
        sm_handler *raise; /* what uop->fault says, at the address uop->target */
};

extern const struct sm_isa sm_isa_generic;
#if defined(__x86_64__)
extern const struct sm_isa sm_isa_avx2;
extern const struct sm_isa sm_isa_avx512;
#endif

/* pause.c */
/* Begin to execute instructions: waits while the control is paused; false if it is stopped. NULL is no control. */
bool sm_control_enter(struct sm_control *control);
/* The worker is at rest until it enters again. */
void sm_control_leave(struct sm_control *control);
/* What a worker reads as often as it likes: not 0 if there is a pause or a stop to heed. */
const volatile uint32_t *sm_control_attention(struct sm_control *control);

/* machine.c */
/* Heed the worker's control: wait while it is paused; false if it is stopped, and then so is the launch. */
bool sm_heed(struct worker *worker);
/* The same around a wait for somebody else: what lies between does not execute instructions. */
void sm_rest(struct worker *worker);
bool sm_go_on(struct worker *worker);
/* End the launch soon with one of SM_FAULTED, ... unless it is ending already. */
void sm_stop(struct launch *launch, int why);
/* Record a fault of the lanes in `lanes` (the first of its SM is kept; it stops the grid). Always SM_FAULT. */
enum sm_outcome sm_fault(struct warp *warp, const struct uop *uop, enum sm_fault_kind kind, lane_mask lanes, uint64_t address);
uint64_t sm_now_ns(void);
/* Zeroed memory aligned for vectors, or NULL. */
void *sm_allocate(size_t bytes);

/* code.c */
/* The block of bound code that holds `pc`, fetched and bound if it is new; NULL if there is no memory, or no more launch. */
struct code_block *sm_code_block(struct worker *worker, uint64_t pc);
/* The launch has ended: it uses no code any more. */
void sm_release_code(struct launch *launch);

/* extents.c */
/* Find what holds `va`: 0 and the page, or not 0. The worker's table is brought up to date first. */
int sm_extents_find(struct sm_extents *extents, struct worker *worker, uint64_t va, struct sm_page *page);
/* The generation of the worker's table. */
uint32_t sm_extents_generation(const struct worker *worker);
/* Note what the port said in a generation; if it is over, nothing. */
void sm_extents_note(struct sm_extents *extents, uint32_t generation, const struct sm_page *page);
/* The worker ends. */
void sm_extents_leave(struct sm_extents *extents, struct worker *worker);

/* port.c */
/*
 * The host memory of `bytes` bytes at `va` for one kind of access, or NULL: then the address faults. The bytes may cross
 * from one translation to the next only if their host memory is contiguous too; naturally aligned accesses never do.
 */
uint8_t *sm_translate_slowly(struct worker *worker, uint64_t va, uint32_t bytes, uint32_t access);

static inline uint8_t *sm_translate(struct worker *worker, uint64_t va, uint32_t bytes, uint32_t access)
{
        const struct translation *last = &worker->last;
        uint64_t offset = va - last->begin;

        if (LIKELY(offset < last->bytes && last->bytes - offset >= bytes && (last->access & access) == access
                   && last->generation == *worker->generation))
                return last->host + offset;
        return sm_translate_slowly(worker, va, bytes, access);
}

#endif
