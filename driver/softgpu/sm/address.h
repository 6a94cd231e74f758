/*
 * Addresses of loads, stores and atomics: how they are bound, and the address of each lane. Included by isa.h's files only.
 *
 * Global: [R + offset], where R is one register or, with .E, a pair; or with a uniform register: desc[UR][R.64 + offset],
 * whose descriptor does not move the address, or [R.64 + UR + offset], [R.U32 + UR + offset]. Shared: [R.Xn + UR + offset],
 * where Xn scales R by 4, 8 or 16 (up to sm_89).
 */
#ifndef BAREWIRE_SM_ADDRESS_H
#define BAREWIRE_SM_ADDRESS_H

#include "bind.h"

enum {
        ADDRESS_OFFSET_LOW = 40,
        ADDRESS_OFFSET_BITS = 24,
        ADDRESS_EXTENDED_BIT = 72, /* .E: the register is a pair */
        ADDRESS_UNIFORM_BIT = 91,
        ADDRESS_SCALE_LOW = 78,
        ADDRESS_SCALE_BITS = 2,
        GLOBAL_ADDRESS_BITS = 49, /* more makes an address that no page has */
};

/* Where instructions keep the parts of an address that are not everywhere at the same bits. */
struct address_places {
        uint8_t uniform_low;        /* the uniform register */
        uint8_t wide_bit;           /* with a uniform register: R is a pair */
        uint8_t descriptor_bit;     /* the uniform register is a descriptor */
        uint8_t new_wide_bit;       /* the same from sm_100 on */
        uint8_t new_descriptor_bit;
};

static const struct address_places LOAD_ADDRESS = {32, 90, 76, 90, 76};
static const struct address_places STORE_ADDRESS = {64, 90, 76, 90, 76};
static const struct address_places REDUCTION_ADDRESS = {64, 90, 71, 90, 81};
static const struct address_places ATOMIC_ADDRESS = {64, 70, 71, 63, 76};
static const struct address_places FLOAT_ATOMIC_ADDRESS = {64, 70, 71, 63, 90};
static const struct address_places COPY_ADDRESS = {64, 70, 76, 83, 76}; /* LDGSTS */

/* The address of each lane. */
struct addresses {
        _Alignas(64) uint64_t lane[LANES];
};

/* What an address is made of: uop->a, uop->b (a uniform register or the immediate 0), uop->target. */
enum { ADDRESS_IS_NARROW = 0, ADDRESS_IS_WIDE = 1 };

INLINE struct operand bind_address_uniform(const struct sass_word *word, struct uop *uop, unsigned low, unsigned count)
{
        unsigned number = (unsigned)word_bits(word->word, low, word->launch->uniform_zero == 63 ? 6 : 8);

        return bind_uniform_operand(word, uop, number, count);
}

/* Bind a global (or generic) address: the base into `base`, the uniform part into `uniform`, the offset into uop->target. */
static void bind_global_address(const struct sass_word *word, struct uop *uop, const struct address_places *places,
                                struct operand *base, struct operand *uniform)
{
        bool has_uniform = word_bits(word->word, ADDRESS_UNIFORM_BIT, 1);
        unsigned wide_bit = word->arch < 100 ? places->wide_bit : places->new_wide_bit;
        unsigned descriptor_bit = word->arch < 100 ? places->descriptor_bit : places->new_descriptor_bit;
        bool wide = word_bits(word->word, has_uniform ? wide_bit : ADDRESS_EXTENDED_BIT, 1);
        /* The offset ends below a flag that took its highest bit. */
        unsigned offset_bits = has_uniform && wide_bit == ADDRESS_OFFSET_LOW + ADDRESS_OFFSET_BITS - 1
                                       ? ADDRESS_OFFSET_BITS - 1
                                       : ADDRESS_OFFSET_BITS;

        *base = bind_register_operand(word, uop, (unsigned)word_bits(word->word, 24, REGISTER_BITS), wide ? 2 : 1);
        base->absolute = wide;
        *uniform = bind_immediate_operand(0);
        if (has_uniform && !word_bits(word->word, descriptor_bit, 1))
                *uniform = bind_address_uniform(word, uop, places->uniform_low, 2);
        uop->target = (uint64_t)sign_extend(word_bits(word->word, ADDRESS_OFFSET_LOW, offset_bits), offset_bits);
}

/* The part of an address that all lanes share. */
INLINE uint64_t uniform_address(const struct warp *warp, const struct operand *uniform, uint64_t offset)
{
        uint64_t low = scalar_source(warp, uniform);
        uint64_t high = uniform->kind == OPERAND_UNIFORM ? scalar_source_high(warp, uniform) : 0;

        return (low | high << 32) + offset;
}

INLINE void global_addresses(const struct warp *warp, const struct uop *uop, const struct operand *base,
                             const struct operand *uniform, struct addresses *addresses)
{
        uint64_t shared_part = uniform_address(warp, uniform, uop->target);
        const struct vreg *low = &warp->reg[base->index];
        const struct vreg *high = &warp->reg[base->absolute ? base->index + 1 : SM_RZ];

        for_each_lane(lane)
                addresses->lane[lane] = ((uint64_t)high->lane[lane] << 32 | low->lane[lane]) + shared_part;
}

/* Bind a shared (or local) address: the register into `base`, its scale into base->absolute as a shift, the rest as above. */
static void bind_shared_address(const struct sass_word *word, struct uop *uop, unsigned uniform_low, bool scaled,
                                struct operand *base, struct operand *uniform)
{
        unsigned scale = scaled ? (unsigned)word_bits(word->word, ADDRESS_SCALE_LOW, ADDRESS_SCALE_BITS) : 0;

        *base = bind_register_operand(word, uop, (unsigned)word_bits(word->word, 24, REGISTER_BITS), 1);
        base->value = scale ? scale + 1 : 0;
        *uniform = bind_immediate_operand(0);
        if (word_bits(word->word, ADDRESS_UNIFORM_BIT, 1))
                *uniform = bind_address_uniform(word, uop, uniform_low, 1);
        uop->target = (uint64_t)sign_extend(word_bits(word->word, ADDRESS_OFFSET_LOW, ADDRESS_OFFSET_BITS),
                                            ADDRESS_OFFSET_BITS);
}

INLINE void shared_addresses(const struct warp *warp, const struct uop *uop, const struct operand *base,
                             const struct operand *uniform, struct vreg *addresses)
{
        uint32_t shared_part = scalar_source(warp, uniform) + (uint32_t)uop->target;
        const struct vreg *from = &warp->reg[base->index];

        for_each_lane(lane)
                addresses->lane[lane] = (from->lane[lane] << base->value) + shared_part;
}

/* Shared memory at `address` (with the rank of the CTA in its cluster above bit 24), or NULL if it ends before. */
enum { SHARED_RANK_SHIFT = 24 };

INLINE uint8_t *shared_memory(const struct warp *warp, uint32_t address, unsigned bytes)
{
        uint32_t offset = address - (warp->cta->cluster_rank << SHARED_RANK_SHIFT);
        uint32_t size = warp->launch->parameters.shared_bytes;

        return LIKELY(offset <= size && size - offset >= bytes) ? warp->shared + offset : NULL;
}

/* The fault of an access to shared memory that shared_memory() or the alignment refused. */
static enum sm_outcome shared_fault(struct warp *warp, const struct uop *uop, unsigned lane, uint32_t address, unsigned bytes)
{
        enum sm_fault_kind kind = address % bytes ? SM_FAULT_MISALIGNED_ADDRESS : SM_FAULT_ADDRESS_RANGE;

        return sm_fault(warp, uop, kind, (lane_mask)1 << lane, address);
}

/* Does a generic address lie in the window of shared memory? */
INLINE bool in_shared_window(const struct warp *warp, uint64_t va)
{
        unsigned ctas = warp->launch->arch >= 90 ? 16 : 1; /* of a cluster */

        return va - warp->launch->parameters.shared_window_va < (uint64_t)ctas * SHARED_WINDOW_BYTES;
}

#endif
