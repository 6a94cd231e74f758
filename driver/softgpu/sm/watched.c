/*
 * Launches that are watched (watch.h): what their instructions do with global memory is told before it is done.
 *
 * The binder puts a handler of this file before the instruction's own, so launches that nobody watches know nothing of it.
 * Included by isa.h only.
 */

#include "address.h"
#include "sizes.h"
#include "watch_quick.h"

static const struct watched *watched_of(const struct uop *uop)
{
        size_t index = uop->va % BLOCK_BYTES / INSTRUCTION_BYTES;
        const uint8_t *first = (const uint8_t *)(uop - index);

        return &((const struct code_block *)(first - offsetof(struct code_block, uop)))->watched[index];
}

static struct watch_access access_of(const struct warp *warp, const struct uop *uop, const struct watched *watched)
{
        return (struct watch_access){
                .pc = uop->va,
                .cta = {warp->cta->id[0], warp->cta->id[1], warp->cta->id[2]},
                .warp = warp->index,
                .bytes = watched->bytes,
                .read = (watched->access & SM_ACCESS_READ) != 0,
                .write = (watched->access & SM_ACCESS_WRITE) != 0,
                .strong = watched->strong,
        };
}

/* One lane, if there is memory: else the instruction will fault, and has done nothing. */
static void tell_lane(struct warp *warp, const struct watch_access *access, unsigned lane, uint64_t va, uint32_t bytes,
                      uint32_t rights)
{
        static const uint32_t no_offsets[LANES];
        const uint8_t *memory = sm_translate(warp->worker, va, bytes, rights);
        struct watch_access one = *access;

        one.bytes = bytes;
        if (memory)
                watch_lanes(warp->launch->parameters.watch, &one, memory, va, no_offsets, (lane_mask)1 << lane);
}

/* The slow way: somebody may have something to tell. */
static void tell_row(struct warp *warp, const struct uop *uop, const struct watched *watched, const uint8_t *memory, uint64_t va)
{
        struct watch_access access = access_of(warp, uop, watched);

        watch_stretch(warp->launch->parameters.watch, &access, memory, va, watched->bytes * LANES);
}

static void tell_offsets(struct warp *warp, const struct uop *uop, const struct watched *watched, const uint8_t *memory,
                         uint64_t va, const uint32_t offsets[LANES], lane_mask active)
{
        struct watch_access access = access_of(warp, uop, watched);

        watch_lanes(warp->launch->parameters.watch, &access, memory, va, offsets, active);
}

static void tell_apart(struct warp *warp, const struct uop *uop, const struct watched *watched,
                       const struct addresses *addresses, lane_mask active)
{
        struct watch_access access = access_of(warp, uop, watched);

        for_each_lane_of(lane, active)
                tell_lane(warp, &access, lane, addresses->lane[lane], watched->bytes, watched->access);
}

/* One plain load or store of whole words by all lanes in a row: is there nothing to tell? */
INLINE bool row_is_quick(struct warp *warp, const struct watched *watched, const uint8_t *memory)
{
        struct sm_watch *watch = warp->launch->parameters.watch;
        bool write = watched->access == SM_ACCESS_WRITE;

        switch (watched->bytes) {
        case 4:
                return write ? watch_row_quickly(watch, memory, LANES, true) : watch_row_quickly(watch, memory, LANES, false);
        case 8:
                return watch_row_quickly(watch, memory, LANES * 2, write);
        case 16:
                return watch_row_quickly(watch, memory, LANES * 4, write);
        default:
                return watch_row_quickly(watch, memory, LANES / 4 * watched->bytes, write);
        }
}

INLINE bool lanes_are_quick(struct warp *warp, const struct watched *watched, const uint8_t *memory,
                            const uint32_t offsets[LANES], lane_mask active)
{
        struct sm_watch *watch = warp->launch->parameters.watch;
        bool write = watched->access == SM_ACCESS_WRITE;

        switch (watched->bytes) {
        case 4:
                return write ? watch_lanes_quickly(watch, memory, offsets, active, 1, true)
                             : watch_lanes_quickly(watch, memory, offsets, active, 1, false);
        case 8:
                return watch_lanes_quickly(watch, memory, offsets, active, 2, write);
        case 16:
                return watch_lanes_quickly(watch, memory, offsets, active, 4, write);
        default:
                return false;
        }
}

/* All active lanes, at aligned addresses. */
INLINE void tell_lanes(struct warp *warp, const struct uop *uop, const struct watched *watched,
                       const struct addresses *addresses, lane_mask active)
{
        uint32_t bytes = watched->bytes;
        uint32_t offsets[LANES] __attribute__((aligned(64)));
        const uint8_t *memory = NULL;
        struct extent extent;

        if (active == ALL_LANES && is_row(addresses, bytes) && addresses->lane[0] % bytes == 0) {
                memory = sm_translate(warp->worker, addresses->lane[0], bytes * LANES, watched->access);
                if (LIKELY(memory)) {
                        if (watched->strong || !row_is_quick(warp, watched, memory))
                                tell_row(warp, uop, watched, memory, addresses->lane[0]);
                        return;
                }
        }
        extent = extent_of(addresses, active);
        if (extent.bits & (bytes - 1))
                return; /* it will fault */
        if (extent.high - extent.low <= UINT32_MAX - bytes)
                memory = sm_translate(warp->worker, extent.low, (uint32_t)(extent.high - extent.low) + bytes, watched->access);
        if (UNLIKELY(!memory)) {
                tell_apart(warp, uop, watched, addresses, active);
                return;
        }
        for_each_lane(lane)
                offsets[lane] = (uint32_t)(addresses->lane[lane] - extent.low);
        if (watched->strong || !lanes_are_quick(warp, watched, memory, offsets, active))
                tell_offsets(warp, uop, watched, memory, extent.low, offsets, active);
}

/* Loads, stores and atomic operations of global memory. */
static enum sm_outcome run_watched(struct warp *warp, const struct uop *uop, lane_mask active)
{
        const struct watched *watched = watched_of(uop);
        struct addresses addresses;

        global_addresses(warp, uop, &uop->a, &uop->b, &addresses);
        tell_lanes(warp, uop, watched, &addresses, active);
        return watched->run(warp, uop, active);
}

/* The same with generic addresses: only what lies in global memory. */
static enum sm_outcome run_watched_generic(struct warp *warp, const struct uop *uop, lane_mask active)
{
        const struct watched *watched = watched_of(uop);
        lane_mask global = active;
        struct addresses addresses;

        global_addresses(warp, uop, &uop->a, &uop->b, &addresses);
        for_each_lane_of(lane, active)
                if (in_shared_window(warp, addresses.lane[lane]) || in_local_window(warp, addresses.lane[lane]))
                        global &= ~((lane_mask)1 << lane);
        if (global)
                tell_lanes(warp, uop, watched, &addresses, global);
        return watched->run(warp, uop, active);
}

/* LDGSTS: lanes whose predicate holds; with .ZFILL some take fewer bytes. */
static enum sm_outcome run_watched_copy(struct warp *warp, const struct uop *uop, lane_mask active)
{
        const struct watched *watched = watched_of(uop);
        struct watch_access access = access_of(warp, uop, watched);
        lane_mask whole = active & predicate(warp, uop->p[0]);
        struct addresses addresses;

        global_addresses(warp, uop, &uop->a, &uop->b, &addresses);
        for_each_lane_of(lane, whole) {
                uint64_t va = addresses.lane[lane];
                uint32_t zeros = (uint32_t)va & (watched->bytes - 1u);

                if (!zeros)
                        continue;
                whole &= ~((lane_mask)1 << lane);
                if (uop->option[COPY_OPTION_ZERO_FILL])
                        tell_lane(warp, &access, lane, va - zeros, watched->bytes - zeros, SM_ACCESS_READ);
        }
        if (whole)
                tell_lanes(warp, uop, watched, &addresses, whole);
        return watched->run(warp, uop, active);
}

/* UBLKCP: a run of bytes, which may go over several extents. */
static enum sm_outcome run_watched_bulk(struct warp *warp, const struct uop *uop, lane_mask active)
{
        const struct watched *watched = watched_of(uop);
        struct watch_access access = access_of(warp, uop, watched);
        uint32_t bytes = (scalar_source(warp, &uop->c) & BULK_SIZE_MASK) * BULK_UNIT_BYTES;
        uint64_t va = uniform_pair(warp, watched->access == SM_ACCESS_WRITE ? &uop->b : &uop->a);

        for (uint32_t done = 0; done < bytes && va % BULK_UNIT_BYTES == 0; done += BULK_UNIT_BYTES)
                tell_lane(warp, &access, (unsigned)__builtin_ctz(active), va + done, BULK_UNIT_BYTES, watched->access);
        return watched->run(warp, uop, active);
}

/* What an instruction does with global memory; an access of no bytes if nothing. */
static struct watched global_access(const struct sass_word *word, const struct uop *uop)
{
        switch (word->opcode) {
        case SASS_LDG:
        case SASS_LD:
                return (struct watched){.bytes = SIZE_BYTES[uop->option[0]], .access = SM_ACCESS_READ, .strong = is_strong(word),
                                        .generic = word->opcode == SASS_LD};
        case SASS_STG:
        case SASS_ST:
                return (struct watched){.bytes = SIZE_BYTES[uop->option[0]], .access = SM_ACCESS_WRITE, .strong = is_strong(word),
                                        .generic = word->opcode == SASS_ST};
        case SASS_LDGSTS:
                return (struct watched){.bytes = (uint8_t)uop->option[COPY_OPTION_BYTES], .access = SM_ACCESS_READ};
        case SASS_UBLKCP:
                if (uop->option[0] == SASS_UBLKCP_SPACES_G_S)
                        return (struct watched){.bytes = BULK_UNIT_BYTES, .access = SM_ACCESS_WRITE};
                if (uop->option[0] == SASS_UBLKCP_SPACES_S_G)
                        return (struct watched){.bytes = BULK_UNIT_BYTES, .access = SM_ACCESS_READ};
                return (struct watched){0};
        default:
                if (uop->run == run_atomg || uop->run == run_atom)
                        return (struct watched){.bytes = (uint8_t)atomic_bytes(uop), .access = ATOMIC_ACCESS, .strong = true,
                                                .generic = uop->run == run_atom};
                return (struct watched){0};
        }
}

static void watch_instruction(const struct launch *launch, struct uop *uop, struct watched *watched)
{
        struct sass_word word = {
                .word = {uop->word[0], uop->word[1]},
                .opcode = sass_match(uop->word, launch->arch),
                .arch = launch->arch,
        };

        *watched = (struct watched){0};
        if (uop->fault)
                return;
        *watched = global_access(&word, uop);
        if (!watched->bytes)
                return;
        watched->run = uop->run;
        if (word.opcode == SASS_LDGSTS)
                uop->run = run_watched_copy;
        else if (word.opcode == SASS_UBLKCP)
                uop->run = run_watched_bulk;
        else
                uop->run = watched->generic ? run_watched_generic : run_watched;
}
