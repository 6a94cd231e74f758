/*
 * Plain loads and stores: global (LDG, STG), generic (LD, ST), shared (LDS, STS), local (LDL, STL). Included by isa.h only.
 *
 * Local memory is kept with the same word of all 32 lanes together, as real GPUs keep it: a frame is then read and written
 * by rows. It lies at the end of its window: the stack grows down from there.
 */
#include "address.h"
#include "gather.h"
#include "sizes.h"

enum { SHARED_LINE_BYTES = LANES * 4 };

INLINE uint64_t local_begin(const struct warp *warp)
{
        return LOCAL_WINDOW_BYTES - warp->launch->parameters.local_bytes;
}

/* Where a lane's local memory has the word at an offset in the window; NULL outside. */
INLINE uint8_t *local_memory(const struct warp *warp, unsigned lane, uint64_t address, unsigned bytes)
{
        uint64_t offset = address - local_begin(warp);

        if (offset >= warp->launch->parameters.local_bytes || warp->launch->parameters.local_bytes - offset < bytes)
                return NULL;
        return warp->local + offset / 4 * SHARED_LINE_BYTES + lane * 4 + offset % 4;
}

/* Below the frame that a launch was given there is nothing: the stack has grown too far. */
static enum sm_outcome local_fault(struct warp *warp, const struct uop *uop, unsigned lane, uint64_t address, unsigned bytes)
{
        enum sm_fault_kind kind = SM_FAULT_ADDRESS_RANGE;

        if (address % bytes)
                kind = SM_FAULT_MISALIGNED_ADDRESS;
        else if (warp->launch->parameters.local_bytes && address < local_begin(warp))
                kind = SM_FAULT_STACK_OVERFLOW;
        return sm_fault(warp, uop, kind, (lane_mask)1 << lane, address);
}

INLINE bool in_local_window(const struct warp *warp, uint64_t va)
{
        return va - warp->launch->parameters.local_window_va < LOCAL_WINDOW_BYTES;
}

/* One lane: between its registers and memory whose words are `stride` bytes apart. */
INLINE void load_lane(struct warp *warp, const struct uop *uop, unsigned lane, const uint8_t *memory, unsigned size,
                      size_t stride)
{
        uint32_t word[4];

        if (size < SIZE_64) {
                load_extended(memory, size, word);
                warp->reg[uop->d].lane[lane] = word[0];
                return;
        }
        for (unsigned i = 0; i < words_of(size); i++)
                memcpy(&warp->reg[uop->d + i].lane[lane], memory + i * stride, 4);
}

INLINE void store_lane(const struct warp *warp, const struct uop *uop, unsigned lane, uint8_t *memory, unsigned size,
                       size_t stride)
{
        const struct vreg *from = &warp->reg[uop->c.index];

        if (size < SIZE_64) {
                memcpy(memory, &from->lane[lane], SIZE_BYTES[size]);
                return;
        }
        for (unsigned i = 0; i < words_of(size); i++)
                memcpy(memory + i * stride, &from[i].lane[lane], 4);
}

/* All lanes, from consecutive places; one word at most. */
INLINE void load_row(struct warp *warp, const struct uop *uop, const uint8_t *memory, unsigned size)
{
        struct vreg *into = &warp->reg[uop->d];

        switch (size) {
        case SIZE_U8:
                for_each_lane(lane)
                        into->lane[lane] = memory[lane];
                break;
        case SIZE_S8:
                for_each_lane(lane)
                        into->lane[lane] = (uint32_t)(int8_t)memory[lane];
                break;
        case SIZE_U16:
        case SIZE_S16: {
                uint16_t halves[LANES];

                memcpy(halves, memory, sizeof halves);
                for_each_lane(lane)
                        into->lane[lane] = size == SIZE_U16 ? halves[lane] : (uint32_t)(int16_t)halves[lane];
                break;
        }
        default:
                memcpy(into, memory, sizeof *into);
                break;
        }
}

INLINE void store_row(const struct warp *warp, const struct uop *uop, uint8_t *memory, unsigned size)
{
        const struct vreg *from = &warp->reg[uop->c.index];
        uint32_t words[LANES * 4];

        switch (size) {
        case SIZE_U8:
        case SIZE_S8:
                for_each_lane(lane)
                        memory[lane] = (uint8_t)from->lane[lane];
                break;
        case SIZE_U16:
        case SIZE_S16: {
                uint16_t halves[LANES];

                for_each_lane(lane)
                        halves[lane] = (uint16_t)from->lane[lane];
                memcpy(memory, halves, sizeof halves);
                break;
        }
        case SIZE_32:
                memcpy(memory, from, sizeof *from);
                break;
        case SIZE_64:
                for_each_lane(lane) {
                        words[lane * 2] = from[0].lane[lane];
                        words[lane * 2 + 1] = from[1].lane[lane];
                }
                memcpy(memory, words, sizeof *from * 2);
                break;
        default:
                for (unsigned i = 0; i < 4; i++)
                        for_each_lane(lane)
                                words[lane * 4 + i] = from[i].lane[lane];
                memcpy(memory, words, sizeof *from * 4);
                break;
        }
}

enum direction { LOADS, STORES };

/* The same word for all lanes. */
INLINE void load_same(struct warp *warp, const struct uop *uop, const uint8_t *memory, unsigned size)
{
        uint32_t word[4];

        load_extended(memory, size, word);
        for (unsigned i = 0; i < words_of(size); i++)
                lanes_fill(&warp->reg[uop->d + i], word[i]);
}

/* All lanes, each from or to its own place. */
INLINE void access_all(struct warp *warp, const struct uop *uop, uint8_t *base, const uint32_t offsets[LANES], unsigned size,
                       enum direction direction)
{
        if (direction == LOADS && size == SIZE_32)
                gather_32(&warp->reg[uop->d], base, offsets);
        else if (direction == LOADS && size == SIZE_64)
                gather_64(&warp->reg[uop->d], base, offsets);
        else if (direction == LOADS && size == SIZE_128)
                gather_128(&warp->reg[uop->d], base, offsets);
        else if (direction == LOADS)
                for_each_lane(lane)
                        load_lane(warp, uop, lane, base + offsets[lane], size, 4);
        else if (size >= SIZE_32)
                scatter_words(&warp->reg[uop->c.index], words_of(size), base, offsets);
        else
                for_each_lane(lane)
                        store_lane(warp, uop, lane, base + offsets[lane], size, 4);
}

/* How the places of the lanes lie: those of all 32, from the first. */
struct layout {
        bool same, row;
};

INLINE struct layout layout_of(const uint32_t offsets[LANES], unsigned bytes)
{
        uint32_t not_same = 0;
        uint32_t not_row = 0;

        for_each_lane(lane) {
                not_same |= offsets[lane] ^ offsets[0];
                not_row |= offsets[lane] ^ (offsets[0] + lane * bytes);
        }
        return (struct layout){!not_same, !not_row};
}

/* All lanes, by the quickest way for how their places lie. */
INLINE void access_full(struct warp *warp, const struct uop *uop, uint8_t *base, const uint32_t offsets[LANES],
                        unsigned size, enum direction direction)
{
        struct layout layout = layout_of(offsets, SIZE_BYTES[size]);

        if (layout.row && (size <= SIZE_32 || direction == STORES)) {
                if (direction == LOADS)
                        load_row(warp, uop, base + offsets[0], size);
                else
                        store_row(warp, uop, base + offsets[0], size);
        } else if (layout.same && direction == LOADS) {
                load_same(warp, uop, base + offsets[0], size);
        } else {
                access_all(warp, uop, base, offsets, size, direction);
        }
}

/* Some lanes. */
INLINE void access_some(struct warp *warp, const struct uop *uop, uint8_t *base, const uint32_t offsets[LANES],
                        lane_mask active, unsigned size, enum direction direction)
{
        for_each_lane_of(lane, active) {
                if (direction == LOADS)
                        load_lane(warp, uop, lane, base + offsets[lane], size, 4);
                else
                        store_lane(warp, uop, lane, base + offsets[lane], size, 4);
        }
}

/* Global memory. */

/* Do all 32 lanes access consecutive places, in order? */
INLINE bool is_row(const struct addresses *addresses, unsigned bytes)
{
        uint64_t different = 0;

        for_each_lane(lane)
                different |= addresses->lane[lane] ^ (addresses->lane[0] + lane * bytes);
        return !different;
}

/* The lowest and the highest address of the active lanes, and all bits that are set in one. */
struct extent {
        uint64_t low, high, bits;
};

INLINE struct extent extent_of(const struct addresses *addresses, lane_mask active)
{
        struct extent extent = {UINT64_MAX, 0, 0};

        if (active == ALL_LANES) {
                for_each_lane(lane) {
                        uint64_t va = addresses->lane[lane];

                        extent.low = va < extent.low ? va : extent.low;
                        extent.high = va > extent.high ? va : extent.high;
                        extent.bits |= va;
                }
                return extent;
        }
        for_each_lane_of(lane, active) {
                uint64_t va = addresses->lane[lane];

                extent.low = va < extent.low ? va : extent.low;
                extent.high = va > extent.high ? va : extent.high;
                extent.bits |= va;
        }
        return extent;
}

static enum sm_outcome misaligned_fault(struct warp *warp, const struct uop *uop, const struct addresses *addresses,
                                        lane_mask active, unsigned bytes)
{
        for_each_lane_of(lane, active)
                if (addresses->lane[lane] % bytes)
                        return sm_fault(warp, uop, SM_FAULT_MISALIGNED_ADDRESS, (lane_mask)1 << lane, addresses->lane[lane]);
        return SM_NEXT;
}

/* Each lane by itself, each through the port. */
static enum sm_outcome access_scattered(struct warp *warp, const struct uop *uop, const struct addresses *addresses,
                                        lane_mask active, unsigned size, enum direction direction)
{
        uint32_t access = direction == LOADS ? SM_ACCESS_READ : SM_ACCESS_WRITE;

        for_each_lane_of(lane, active) {
                uint8_t *memory = sm_translate(warp->worker, addresses->lane[lane], SIZE_BYTES[size], access);

                if (!memory)
                        return sm_fault(warp, uop, SM_FAULT_MMU, (lane_mask)1 << lane, addresses->lane[lane]);
                if (direction == LOADS)
                        load_lane(warp, uop, lane, memory, size, 4);
                else
                        store_lane(warp, uop, lane, memory, size, 4);
        }
        return SM_NEXT;
}

/* What LDG and STG do with the addresses of their lanes. */
INLINE enum sm_outcome access_global(struct warp *warp, const struct uop *uop, const struct addresses *addresses,
                                     lane_mask active, unsigned size, enum direction direction)
{
        uint32_t access = direction == LOADS ? SM_ACCESS_READ : SM_ACCESS_WRITE;
        unsigned bytes = SIZE_BYTES[size];
        struct extent extent;
        uint32_t offsets[LANES] __attribute__((aligned(64)));
        uint8_t *memory;

        if (active == ALL_LANES && size <= SIZE_32 && is_row(addresses, bytes) && addresses->lane[0] % bytes == 0) {
                memory = sm_translate(warp->worker, addresses->lane[0], bytes * LANES, access);
                if (LIKELY(memory)) {
                        if (direction == LOADS)
                                load_row(warp, uop, memory, size);
                        else
                                store_row(warp, uop, memory, size);
                        return SM_NEXT;
                }
        }
        extent = extent_of(addresses, active);
        if (UNLIKELY(extent.bits & (bytes - 1)))
                return misaligned_fault(warp, uop, addresses, active, bytes);
        if (UNLIKELY(extent.high - extent.low > UINT32_MAX - bytes))
                return access_scattered(warp, uop, addresses, active, size, direction);
        memory = sm_translate(warp->worker, extent.low, (uint32_t)(extent.high - extent.low) + bytes, access);
        if (UNLIKELY(!memory))
                return access_scattered(warp, uop, addresses, active, size, direction);
        for_each_lane(lane)
                offsets[lane] = (uint32_t)(addresses->lane[lane] - extent.low);
        if (LIKELY(active == ALL_LANES))
                access_full(warp, uop, memory, offsets, size, direction);
        else
                access_some(warp, uop, memory, offsets, active, size, direction);
        return SM_NEXT;
}

/* One handler for each size, so that the size is a constant in it. */
#define GLOBAL_HANDLERS(name, size) \
        static enum sm_outcome run_ldg_##name(struct warp *warp, const struct uop *uop, lane_mask active) \
        { \
                struct addresses addresses; \
\
                global_addresses(warp, uop, &uop->a, &uop->b, &addresses); \
                return access_global(warp, uop, &addresses, active, size, LOADS); \
        } \
        static enum sm_outcome run_stg_##name(struct warp *warp, const struct uop *uop, lane_mask active) \
        { \
                struct addresses addresses; \
\
                global_addresses(warp, uop, &uop->a, &uop->b, &addresses); \
                return access_global(warp, uop, &addresses, active, size, STORES); \
        }

GLOBAL_HANDLERS(u8, SIZE_U8)
GLOBAL_HANDLERS(s8, SIZE_S8)
GLOBAL_HANDLERS(u16, SIZE_U16)
GLOBAL_HANDLERS(s16, SIZE_S16)
GLOBAL_HANDLERS(32, SIZE_32)
GLOBAL_HANDLERS(64, SIZE_64)
GLOBAL_HANDLERS(128, SIZE_128)

static sm_handler *const LDG_HANDLERS[SIZE_COUNT] = {
        run_ldg_u8, run_ldg_s8, run_ldg_u16, run_ldg_s16, run_ldg_32, run_ldg_64, run_ldg_128,
};
static sm_handler *const STG_HANDLERS[SIZE_COUNT] = {
        run_stg_u8, run_stg_s8, run_stg_u16, run_stg_s16, run_stg_32, run_stg_64, run_stg_128,
};

/* A strong access, which may be part of a spin-wait. */
static enum sm_outcome run_strong_load(struct warp *warp, const struct uop *uop, lane_mask active)
{
        note_poll(warp);
        return LDG_HANDLERS[uop->option[0]](warp, uop, active);
}

/* Generic addresses: the windows of shared and local memory lie in the same space. */

static enum sm_outcome access_generic_lane(struct warp *warp, const struct uop *uop, unsigned lane, uint64_t va,
                                           enum direction direction)
{
        unsigned size = uop->option[0];
        unsigned bytes = SIZE_BYTES[size];
        size_t stride = 4;
        uint8_t *memory;

        if (va % bytes)
                return sm_fault(warp, uop, SM_FAULT_MISALIGNED_ADDRESS, (lane_mask)1 << lane, va);
        if (in_shared_window(warp, va)) {
                uint32_t offset = (uint32_t)(va - warp->launch->parameters.shared_window_va);

                memory = shared_memory(warp, offset, bytes);
                if (!memory)
                        return shared_fault(warp, uop, lane, offset, bytes);
        } else if (in_local_window(warp, va)) {
                uint64_t offset = va - warp->launch->parameters.local_window_va;

                memory = local_memory(warp, lane, offset, bytes);
                stride = SHARED_LINE_BYTES;
                if (!memory)
                        return local_fault(warp, uop, lane, offset, bytes);
        } else {
                memory = sm_translate(warp->worker, va, bytes, direction == LOADS ? SM_ACCESS_READ : SM_ACCESS_WRITE);
                if (!memory)
                        return sm_fault(warp, uop, SM_FAULT_MMU, (lane_mask)1 << lane, va);
        }
        if (direction == LOADS)
                load_lane(warp, uop, lane, memory, size, stride);
        else
                store_lane(warp, uop, lane, memory, size, stride);
        return SM_NEXT;
}

INLINE enum sm_outcome access_generic(struct warp *warp, const struct uop *uop, lane_mask active, enum direction direction)
{
        struct addresses addresses;
        bool special = false;

        global_addresses(warp, uop, &uop->a, &uop->b, &addresses);
        for_each_lane(lane)
                special |= in_shared_window(warp, addresses.lane[lane]) || in_local_window(warp, addresses.lane[lane]);
        if (!special)
                return direction == LOADS ? LDG_HANDLERS[uop->option[0]](warp, uop, active)
                                          : STG_HANDLERS[uop->option[0]](warp, uop, active);
        for_each_lane_of(lane, active) {
                enum sm_outcome outcome = access_generic_lane(warp, uop, lane, addresses.lane[lane], direction);

                if (outcome != SM_NEXT)
                        return outcome;
        }
        return SM_NEXT;
}

static enum sm_outcome run_ld(struct warp *warp, const struct uop *uop, lane_mask active)
{
        if (uop->option[1])
                note_poll(warp);
        return access_generic(warp, uop, active, LOADS);
}

static enum sm_outcome run_st(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return access_generic(warp, uop, active, STORES);
}

/* Shared memory. */

/* Can all active lanes access shared memory at these addresses? */
INLINE bool shared_is_plain(const struct warp *warp, const struct vreg *addresses, lane_mask active, unsigned bytes,
                            struct vreg *offsets)
{
        uint32_t rank = warp->cta->cluster_rank << SHARED_RANK_SHIFT;
        uint32_t highest = 0;
        uint32_t bits = 0;

        for_each_lane(lane) {
                uint32_t used = (uint32_t)0 - (active >> lane & 1);
                uint32_t offset = (addresses->lane[lane] - rank) & used;

                offsets->lane[lane] = offset;
                bits |= offset;
                highest = offset > highest ? offset : highest;
        }
        return !(bits & (bytes - 1)) && highest <= warp->launch->parameters.shared_bytes
               && warp->launch->parameters.shared_bytes - highest >= bytes;
}

static enum sm_outcome refused_shared(struct warp *warp, const struct uop *uop, const struct vreg *addresses, lane_mask active,
                                      unsigned bytes)
{
        for_each_lane_of(lane, active)
                if (addresses->lane[lane] % bytes || !shared_memory(warp, addresses->lane[lane], bytes))
                        return shared_fault(warp, uop, lane, addresses->lane[lane], bytes);
        return SM_NEXT;
}

INLINE enum sm_outcome access_shared(struct warp *warp, const struct uop *uop, lane_mask active, unsigned size,
                                     enum direction direction)
{
        unsigned bytes = SIZE_BYTES[size];
        struct vreg addresses, offsets;

        shared_addresses(warp, uop, &uop->a, &uop->b, &addresses);
        if (UNLIKELY(!shared_is_plain(warp, &addresses, active, bytes, &offsets)))
                return refused_shared(warp, uop, &addresses, active, bytes);
        if (LIKELY(active == ALL_LANES))
                access_full(warp, uop, warp->shared, offsets.lane, size, direction);
        else
                access_some(warp, uop, warp->shared, offsets.lane, active, size, direction);
        return SM_NEXT;
}

/* Local memory. */

/* All lanes at the same offset in their frames: a row for each word. False if that is not so. */
INLINE bool access_frame(struct warp *warp, const struct uop *uop, const struct vreg *addresses, unsigned size,
                         enum direction direction)
{
        struct layout layout = layout_of(addresses->lane, 0);
        unsigned bytes = SIZE_BYTES[size];
        uint8_t *rows;

        if (!layout.same || size < SIZE_32 || addresses->lane[0] % bytes)
                return false;
        rows = local_memory(warp, 0, addresses->lane[0], bytes);
        if (!rows)
                return false;
        if (direction == LOADS)
                memcpy(&warp->reg[uop->d], rows, SHARED_LINE_BYTES * words_of(size));
        else
                memcpy(rows, &warp->reg[uop->c.index], SHARED_LINE_BYTES * words_of(size));
        return true;
}

INLINE enum sm_outcome access_local(struct warp *warp, const struct uop *uop, lane_mask active, unsigned size,
                                    enum direction direction)
{
        unsigned bytes = SIZE_BYTES[size];
        struct vreg addresses;

        shared_addresses(warp, uop, &uop->a, &uop->b, &addresses);
        if (active == ALL_LANES && access_frame(warp, uop, &addresses, size, direction))
                return SM_NEXT;
        for_each_lane_of(lane, active) {
                uint8_t *memory = addresses.lane[lane] % bytes ? NULL : local_memory(warp, lane, addresses.lane[lane], bytes);

                if (UNLIKELY(!memory))
                        return local_fault(warp, uop, lane, addresses.lane[lane], bytes);
                if (direction == LOADS)
                        load_lane(warp, uop, lane, memory, size, SHARED_LINE_BYTES);
                else
                        store_lane(warp, uop, lane, memory, size, SHARED_LINE_BYTES);
        }
        return SM_NEXT;
}

#define WINDOW_HANDLERS(name, size) \
        static enum sm_outcome run_lds_##name(struct warp *warp, const struct uop *uop, lane_mask active) \
        { \
                return access_shared(warp, uop, active, size, LOADS); \
        } \
        static enum sm_outcome run_sts_##name(struct warp *warp, const struct uop *uop, lane_mask active) \
        { \
                return access_shared(warp, uop, active, size, STORES); \
        } \
        static enum sm_outcome run_ldl_##name(struct warp *warp, const struct uop *uop, lane_mask active) \
        { \
                return access_local(warp, uop, active, size, LOADS); \
        } \
        static enum sm_outcome run_stl_##name(struct warp *warp, const struct uop *uop, lane_mask active) \
        { \
                return access_local(warp, uop, active, size, STORES); \
        }

WINDOW_HANDLERS(u8, SIZE_U8)
WINDOW_HANDLERS(s8, SIZE_S8)
WINDOW_HANDLERS(u16, SIZE_U16)
WINDOW_HANDLERS(s16, SIZE_S16)
WINDOW_HANDLERS(32, SIZE_32)
WINDOW_HANDLERS(64, SIZE_64)
WINDOW_HANDLERS(128, SIZE_128)

static sm_handler *const LDS_HANDLERS[SIZE_COUNT] = {
        run_lds_u8, run_lds_s8, run_lds_u16, run_lds_s16, run_lds_32, run_lds_64, run_lds_128,
};
static sm_handler *const STS_HANDLERS[SIZE_COUNT] = {
        run_sts_u8, run_sts_s8, run_sts_u16, run_sts_s16, run_sts_32, run_sts_64, run_sts_128,
};
static sm_handler *const LDL_HANDLERS[SIZE_COUNT] = {
        run_ldl_u8, run_ldl_s8, run_ldl_u16, run_ldl_s16, run_ldl_32, run_ldl_64, run_ldl_128,
};
static sm_handler *const STL_HANDLERS[SIZE_COUNT] = {
        run_stl_u8, run_stl_s8, run_stl_u16, run_stl_s16, run_stl_32, run_stl_64, run_stl_128,
};

/* Binding. */

/* The size of an access, checked; SIZE_32 with a fault noted if there is no such size. */
static unsigned bind_size(const struct sass_word *word, struct uop *uop)
{
        unsigned size = (unsigned)word_bits(word->word, 73, 3);

        if (size >= SIZE_COUNT) {
                bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
                size = SIZE_32;
        }
        uop->option[0] = size;
        return size;
}

/* Order and scope of an access: strong ones have a scope, or go beside the caches. */
static bool is_strong(const struct sass_word *word)
{
        enum { CONSTANT = 4 };

        return word_bits(word->word, 77, 4) > CONSTANT;
}

/* LDG and LD: the destination, and the address. */
static void bind_load(const struct sass_word *word, struct uop *uop, bool generic)
{
        unsigned size = bind_size(word, uop);

        bind_d(word, uop, words_of(size));
        bind_global_address(word, uop, &LOAD_ADDRESS, &uop->a, &uop->b);
        uop->option[1] = is_strong(word);
        if (generic)
                uop->run = run_ld;
        else
                uop->run = uop->option[1] ? run_strong_load : LDG_HANDLERS[size];
}

static void bind_stored_register(const struct sass_word *word, struct uop *uop, unsigned size)
{
        uop->c = bind_register_operand(word, uop, (unsigned)word_bits(word->word, 32, REGISTER_BITS), words_of(size));
}

static void bind_store(const struct sass_word *word, struct uop *uop, bool generic)
{
        unsigned size = bind_size(word, uop);

        bind_stored_register(word, uop, size);
        bind_global_address(word, uop, &STORE_ADDRESS, &uop->a, &uop->b);
        uop->run = generic ? run_st : STG_HANDLERS[size];
}

enum { LOAD_UNIFORM_LOW = 32, STORE_UNIFORM_LOW = 64 };

static bool bind_loadstore(const struct sass_word *word, struct uop *uop)
{
        switch (word->opcode) {
        case SASS_LDG:
                bind_load(word, uop, false);
                return true;
        case SASS_LD:
                bind_load(word, uop, true);
                return true;
        case SASS_STG:
                bind_store(word, uop, false);
                return true;
        case SASS_ST:
                bind_store(word, uop, true);
                return true;
        case SASS_LDS:
                uop->run = LDS_HANDLERS[bind_size(word, uop)];
                bind_d(word, uop, words_of(uop->option[0]));
                bind_shared_address(word, uop, LOAD_UNIFORM_LOW, true, &uop->a, &uop->b);
                return true;
        case SASS_STS:
                uop->run = STS_HANDLERS[bind_size(word, uop)];
                bind_stored_register(word, uop, uop->option[0]);
                bind_shared_address(word, uop, STORE_UNIFORM_LOW, true, &uop->a, &uop->b);
                return true;
        case SASS_LDL:
                uop->run = LDL_HANDLERS[bind_size(word, uop)];
                bind_d(word, uop, words_of(uop->option[0]));
                bind_shared_address(word, uop, LOAD_UNIFORM_LOW, false, &uop->a, &uop->b);
                return true;
        case SASS_STL:
                uop->run = STL_HANDLERS[bind_size(word, uop)];
                bind_stored_register(word, uop, uop->option[0]);
                bind_shared_address(word, uop, STORE_UNIFORM_LOW, false, &uop->a, &uop->b);
                return true;
        default:
                return false;
        }
}
