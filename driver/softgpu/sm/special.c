/* Special registers and constants: S2R, S2UR, CS2R, LDC, ULDC. Included by isa.h only. */

#include "sizes.h"

#include <time.h>

/* The window and size registers say addresses and bytes; VIRTID holds the warp, VIRTCFG how many warps a CTA can have. */
enum {
        VIRTID_WARP_SHIFT = 8,
        VIRTCFG_WARPS_SHIFT = 8,
        WARPS_PER_SM = 64,
        NANOSECONDS_PER_SECOND = 1000000000,
        TIMER_STEP_NS = 32,
};

/* Nanoseconds: of the GPU's timer, or of the day's clock. */
static uint64_t global_timer_ns(const struct sm_launch *launch)
{
        struct timespec now;

        if (launch->has_timer)
                return (sm_now_ns() + (uint64_t)launch->timer_offset_ns) & ~(uint64_t)(TIMER_STEP_NS - 1);
        clock_gettime(CLOCK_REALTIME, &now);
        return (uint64_t)now.tv_sec * NANOSECONDS_PER_SECOND + (uint64_t)now.tv_nsec;
}

/* A clock that runs at 1 GHz. */
static uint64_t clock_cycles(const struct warp *warp)
{
        return sm_now_ns() - warp->launch->began_ns;
}

/* A special register that is the same in all lanes, as 64 bits where it has a high half; false if we have none. */
static bool warp_special(const struct warp *warp, unsigned number, uint64_t *value)
{
        const struct cta *cta = warp->cta;
        const struct sm_launch *launch = &warp->launch->parameters;

        switch (number) {
        case SASS_S2R_SPECIAL_SR_CLOCK:
        case SASS_S2R_SPECIAL_SR_CLOCKLO:
                *value = clock_cycles(warp);
                return true;
        case SASS_S2R_SPECIAL_SR_CLOCKHI:
                *value = clock_cycles(warp) >> 32;
                return true;
        case SASS_S2R_SPECIAL_SR_GLOBALTIMERLO:
                *value = global_timer_ns(launch);
                return true;
        case SASS_S2R_SPECIAL_SR_GLOBALTIMERHI:
                *value = global_timer_ns(launch) >> 32;
                return true;
        case SASS_S2R_SPECIAL_SR_CTAID_X:
                *value = cta->id[0];
                return true;
        case SASS_S2R_SPECIAL_SR_CTAID_Y:
                *value = cta->id[1];
                return true;
        case SASS_S2R_SPECIAL_SR_CTAID_Z:
                *value = cta->id[2];
                return true;
        case SASS_S2R_SPECIAL_SR_NTID:
                *value = launch->block[0] | launch->block[1] << 16 | launch->block[2] << 26;
                return true;
        case SASS_S2R_SPECIAL_SR_VIRTID:
                *value = warp->index << VIRTID_WARP_SHIFT;
                return true;
        case SASS_S2R_SPECIAL_SR_VIRTCFG:
                *value = WARPS_PER_SM << VIRTCFG_WARPS_SHIFT;
                return true;
        case SASS_S2R_SPECIAL_SR_VIRTUALSMID:
                *value = cta->sm;
                return true;
        case SASS_S2R_SPECIAL_SR_LWINHI:
                *value = launch->local_window_va >> 32;
                return true;
        case SASS_S2R_SPECIAL_SR_LWINLO:
                *value = (uint32_t)launch->local_window_va;
                return true;
        case SASS_S2R_SPECIAL_SR_LWINSZ:
                *value = LOCAL_WINDOW_BYTES;
                return true;
        case SASS_S2R_SPECIAL_SR_SWINHI:
                *value = launch->shared_window_va >> 32;
                return true;
        case SASS_S2R_SPECIAL_SR_SWINLO:
                *value = (uint32_t)launch->shared_window_va;
                return true;
        case SASS_S2R_SPECIAL_SR_SWINSZ:
                *value = SHARED_WINDOW_BYTES;
                return true;
        case SASS_S2R_SPECIAL_SR_SMEMSZ:
                *value = launch->shared_bytes;
                return true;
        case SASS_S2R_SPECIAL_SR_LMEMHIOFF:
                *value = LOCAL_WINDOW_BYTES - launch->local_bytes;
                return true;
        case SASS_S2R_SPECIAL_SR_REGALLOC:
                *value = launch->register_count;
                return true;
        case SASS_S2R_SPECIAL_SR_BARRIERALLOC:
                *value = launch->barrier_count;
                return true;
        case SASS_S2R_SPECIAL_SR_CGACTAID:
                *value = cta->cluster_rank;
                return true;
        case SASS_S2R_SPECIAL_SRZ:
                *value = 0;
                return true;
        default:
                return false;
        }
}

/* A special register that differs between lanes; false if it is none. */
static bool lane_special(const struct warp *warp, unsigned number, struct vreg *value)
{
        switch (number) {
        case SASS_S2R_SPECIAL_SR_LANEID:
                for_each_lane(lane)
                        value->lane[lane] = lane;
                return true;
        case SASS_S2R_SPECIAL_SR_TID:
                for_each_lane(lane)
                        value->lane[lane] = warp->tid[0].lane[lane] | warp->tid[1].lane[lane] << 16
                                            | warp->tid[2].lane[lane] << 26;
                return true;
        case SASS_S2R_SPECIAL_SR_TID_X:
        case SASS_S2R_SPECIAL_SR_TID_Y:
        case SASS_S2R_SPECIAL_SR_TID_Z:
                *value = warp->tid[number - SASS_S2R_SPECIAL_SR_TID_X];
                return true;
        case SASS_S2R_SPECIAL_SR_EQMASK:
                for_each_lane(lane)
                        value->lane[lane] = (uint32_t)1 << lane;
                return true;
        case SASS_S2R_SPECIAL_SR_LTMASK:
                for_each_lane(lane)
                        value->lane[lane] = ((uint32_t)1 << lane) - 1;
                return true;
        case SASS_S2R_SPECIAL_SR_LEMASK:
                for_each_lane(lane)
                        value->lane[lane] = ((uint32_t)2 << lane) - 1;
                return true;
        case SASS_S2R_SPECIAL_SR_GTMASK:
                for_each_lane(lane)
                        value->lane[lane] = ~(((uint32_t)2 << lane) - 1);
                return true;
        case SASS_S2R_SPECIAL_SR_GEMASK:
                for_each_lane(lane)
                        value->lane[lane] = ~(((uint32_t)1 << lane) - 1);
                return true;
        default:
                return false;
        }
}

/* S2R and CS2R. A register that we have not reads as zero, as those that hardware does not define do. */
static enum sm_outcome run_s2r(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg value;
        uint64_t same = 0;

        if (!lane_special(warp, uop->option[0], &value)) {
                warp_special(warp, uop->option[0], &same);
                lanes_fill(&value, (uint32_t)same);
        }
        write_register(warp, uop->d, &value, active);
        if (uop->option[1]) {
                lanes_fill(&value, (uint32_t)(same >> 32));
                write_register(warp, uop->d + 1u, &value, active);
        }
        return SM_NEXT;
}

static enum sm_outcome run_s2ur(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg value;
        uint64_t same = 0;

        if (lane_special(warp, uop->option[0], &value))
                same = value.lane[__builtin_ctz(active)];
        else
                warp_special(warp, uop->option[0], &same);
        warp->ureg[uop->d] = (uint32_t)same;
        if (uop->option[1])
                warp->ureg[uop->d + 1] = (uint32_t)(same >> 32);
        return SM_NEXT;
}

/* Constants. */

/*
 * Where LDC reads: `index` is the register. Plainly, offset + index in the bank of the word. .IL: the index is linear. .IS:
 * its high half adds to the bank; .ISL both (as PTXAS makes them for constants of several banks). Beyond a bank an H100 reads
 * zeros, without a fault. NULL for a misaligned place.
 */
enum { LDC_MODE_PLAIN = 0 };

static const uint8_t *constant_at(const struct warp *warp, const struct uop *uop, uint32_t index)
{
        enum { BANK_SHIFT = 16 };
        static const uint8_t nothing[16];
        bool segmented = uop->option[2] == SASS_LDC_MODE_IS || uop->option[2] == SASS_LDC_MODE_ISL;
        uint32_t bank = uop->option[1] + (segmented ? index >> BANK_SHIFT : 0);
        uint32_t offset = (uint32_t)uop->target + (segmented ? index & (CONSTANT_BANK_BYTES - 1) : index);
        unsigned bytes = SIZE_BYTES[uop->option[0]];

        if (offset % bytes)
                return NULL;
        if (bank >= SM_CONSTANT_BANKS || offset > warp->launch->bank[bank].size_bytes
            || warp->launch->bank[bank].size_bytes - offset < bytes)
                return nothing;
        return warp->launch->bank[bank].data + offset;
}

/* LDC with the same place for all lanes. */
static enum sm_outcome run_ldc_fixed(struct warp *warp, const struct uop *uop, lane_mask active)
{
        const uint8_t *data = constant_at(warp, uop, 0);
        uint32_t words[4] = {0};

        if (!data)
                return sm_fault(warp, uop, SM_FAULT_MISALIGNED_CONSTANT, active, uop->target);
        load_extended(data, uop->option[0], words);
        for (unsigned i = 0; i < words_of(uop->option[0]); i++) {
                struct vreg value;

                lanes_fill(&value, words[i]);
                write_register(warp, uop->d + i, &value, active);
        }
        return SM_NEXT;
}

static enum sm_outcome run_ldc(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg index = warp->reg[uop->a.index]; /* the destination may be the same register */

        for_each_lane_of(lane, active) {
                const uint8_t *data = constant_at(warp, uop, index.lane[lane]);
                uint32_t words[4] = {0};

                if (!data)
                        return sm_fault(warp, uop, SM_FAULT_MISALIGNED_CONSTANT, (lane_mask)1 << lane, index.lane[lane] + uop->target);
                load_extended(data, uop->option[0], words);
                for (unsigned i = 0; i < words_of(uop->option[0]); i++)
                        warp->reg[uop->d + i].lane[lane] = words[i];
        }
        return SM_NEXT;
}

static enum sm_outcome run_uldc(struct warp *warp, const struct uop *uop, lane_mask active)
{
        const uint8_t *data = constant_at(warp, uop, scalar_source(warp, &uop->a));
        uint32_t words[4] = {0};

        if (!data)
                return sm_fault(warp, uop, SM_FAULT_MISALIGNED_CONSTANT, active, uop->target);
        load_extended(data, uop->option[0], words);
        for (unsigned i = 0; i < words_of(uop->option[0]); i++)
                warp->ureg[uop->d + i] = words[i];
        return SM_NEXT;
}

static void bind_constant_place(struct uop *uop, unsigned size, unsigned bank, uint64_t offset, unsigned mode)
{
        uop->option[0] = size;
        uop->option[1] = bank;
        uop->option[2] = mode;
        uop->target = offset;
        if (size < SIZE_COUNT)
                return;
        uop->option[0] = SIZE_32;
        bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
}

static void bind_ldc(const struct sass_word *word, struct uop *uop)
{
        uint64_t offset = sass_LDC_constant_offset(word->word);

        uop->a = bind_register_operand(word, uop, sass_LDC_constant_base(word->word), 1);
        if (uop->a.index != SM_RZ)
                offset = (uint64_t)sign_extend(offset, 16);
        bind_constant_place(uop, sass_LDC_size(word->word), sass_LDC_constant_bank(word->word), offset,
                            sass_LDC_mode(word->word));
        bind_d(word, uop, words_of(uop->option[0]));
        if (sass_LDC_constant_bindless(word->word))
                bind_fault(uop, SM_FAULT_ILLEGAL_PARAMETER); /* a bank by descriptor, which nothing here makes */
        uop->run = uop->a.index == SM_RZ ? run_ldc_fixed : run_ldc;
}

/* ULDC, and the form of it that has an index in a uniform register. */
static void bind_uldc(const struct sass_word *word, struct uop *uop)
{
        enum { OPCODE_BITS = 12, INDEXED_OPCODE = 0xabb };
        bool indexed = word_bits(word->word, 0, OPCODE_BITS) == INDEXED_OPCODE;
        uint64_t offset = sass_ULDC_address_offset(word->word);

        bind_uniform_guard(uop);
        uop->a = indexed ? bind_register_at(word, uop, 24, 1, true) : bind_immediate_operand(0);
        if (indexed)
                offset = (uint64_t)sign_extend(offset, 16);
        bind_constant_place(uop, sass_ULDC_size(word->word), sass_ULDC_address_bank(word->word), offset, LDC_MODE_PLAIN);
        bind_uniform_d(word, uop, words_of(uop->option[0]));
        if (!indexed && word_bits(word->word, 91, 1))
                bind_fault(uop, SM_FAULT_ILLEGAL_PARAMETER);
        uop->run = run_uldc;
}

/* From sm_100 on: always with an index, and with 17 bits of offset. */
static void bind_ldcu(const struct sass_word *word, struct uop *uop)
{
        bind_uniform_guard(uop);
        uop->a = bind_register_at(word, uop, 24, 1, true);
        bind_constant_place(uop, sass_LDCU_size(word->word), sass_LDCU_address_bank(word->word),
                            (uint64_t)sign_extend(sass_LDCU_address_offset(word->word), 17), LDC_MODE_PLAIN);
        bind_uniform_d(word, uop, words_of(uop->option[0]));
        uop->run = run_uldc;
}

static bool bind_special(const struct sass_word *word, struct uop *uop)
{
        switch (word->opcode) {
        case SASS_S2R:
                uop->option[0] = sass_S2R_special(word->word);
                bind_d(word, uop, 1);
                uop->run = run_s2r;
                return true;
        case SASS_CS2R:
                uop->option[0] = sass_CS2R_special(word->word);
                uop->option[1] = sass_CS2R_width(word->word) != SASS_CS2R_WIDTH_32;
                bind_d(word, uop, uop->option[1] ? 2 : 1);
                uop->run = run_s2r;
                return true;
        case SASS_S2UR:
        case SASS_CS2UR:
                uop->option[0] = sass_S2UR_special(word->word);
                uop->option[1] = word->opcode == SASS_CS2UR && word_bits(word->word, 80, 1);
                bind_uniform_guard(uop);
                bind_uniform_d(word, uop, uop->option[1] ? 2 : 1);
                uop->run = run_s2ur;
                return true;
        case SASS_LDC:
                bind_ldc(word, uop);
                return true;
        case SASS_ULDC:
                bind_uldc(word, uop);
                return true;
        case SASS_LDCU:
                bind_ldcu(word, uop);
                return true;
        default:
                return false;
        }
}
