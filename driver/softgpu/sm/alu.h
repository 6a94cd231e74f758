/*
 * What the arithmetic files share: a function of one lane becomes a function of a warp.
 *
 * The function is passed by name to an inlined template and disappears into its loop, which the compiler turns into
 * vectors. A destination may be a source too: only equal lanes meet, which `ivdep` tells. Included by isa.h only.
 */
#ifndef BAREWIRE_SM_ALU_H
#define BAREWIRE_SM_ALU_H

#include "bind.h"
#include "lane_float.h"

#define LANE_LOOP _Pragma("GCC ivdep") for (unsigned lane = 0; lane < LANES; lane++)

typedef uint32_t lane_function1(uint32_t b);
typedef uint32_t lane_function2(uint32_t a, uint32_t b);
typedef uint32_t lane_function3(uint32_t a, uint32_t b, uint32_t c);

/* A source for arithmetic: the operand's lanes with its signs applied. `room` holds them where they are not a register's. */
INLINE const struct vreg *float_source(const struct warp *warp, const struct operand *operand, struct vreg *room)
{
        uint32_t keep = operand->absolute ? ~(uint32_t)F32_SIGN : ~(uint32_t)0;
        uint32_t flip = operand->negate ? F32_SIGN : 0;
        const struct vreg *from;

        if (LIKELY(operand->kind == OPERAND_REGISTER && !operand->negate && !operand->absolute))
                return &warp->reg[operand->index];
        if (operand->kind != OPERAND_REGISTER) {
                lanes_fill(room, (scalar_source(warp, operand) & keep) ^ flip);
                return room;
        }
        from = &warp->reg[operand->index];
        for_each_lane(lane)
                room->lane[lane] = (from->lane[lane] & keep) ^ flip;
        return room;
}

/* The same with integer negation. */
INLINE const struct vreg *integer_source(const struct warp *warp, const struct operand *operand, struct vreg *room)
{
        const struct vreg *from;

        if (LIKELY(!operand->negate))
                return source(warp, operand, room);
        from = source(warp, operand, room);
        for_each_lane(lane)
                room->lane[lane] = 0 - from->lane[lane];
        return room;
}

/* The same with every bit inverted instead. */
INLINE const struct vreg *inverted_source(const struct warp *warp, const struct operand *operand, struct vreg *room)
{
        const struct vreg *from = source(warp, operand, room);

        if (!operand->negate)
                return from;
        for_each_lane(lane)
                room->lane[lane] = ~from->lane[lane];
        return room;
}

/* Where a handler puts its result: the register itself if all lanes are written, else a vector to be merged after. */
INLINE struct vreg *result_place(struct warp *warp, unsigned index, struct vreg *room, lane_mask active)
{
        return LIKELY(active == ALL_LANES) ? &warp->reg[index] : room;
}

INLINE void result_done(struct warp *warp, unsigned index, const struct vreg *place, lane_mask active)
{
        if (UNLIKELY(active != ALL_LANES))
                lanes_merge(&warp->reg[index], place, active);
}

INLINE enum sm_outcome apply1(struct warp *warp, const struct uop *uop, lane_mask active, const struct vreg *b,
                              lane_function1 *function)
{
        struct vreg room;
        struct vreg *d = result_place(warp, uop->d, &room, active);

        LANE_LOOP
                d->lane[lane] = function(b->lane[lane]);
        result_done(warp, uop->d, d, active);
        return SM_NEXT;
}

INLINE enum sm_outcome apply2(struct warp *warp, const struct uop *uop, lane_mask active, const struct vreg *a,
                              const struct vreg *b, lane_function2 *function)
{
        struct vreg room;
        struct vreg *d = result_place(warp, uop->d, &room, active);

        LANE_LOOP
                d->lane[lane] = function(a->lane[lane], b->lane[lane]);
        result_done(warp, uop->d, d, active);
        return SM_NEXT;
}

INLINE enum sm_outcome apply3(struct warp *warp, const struct uop *uop, lane_mask active, const struct vreg *a,
                              const struct vreg *b, const struct vreg *c, lane_function3 *function)
{
        struct vreg room;
        struct vreg *d = result_place(warp, uop->d, &room, active);

        LANE_LOOP
                d->lane[lane] = function(a->lane[lane], b->lane[lane], c->lane[lane]);
        result_done(warp, uop->d, d, active);
        return SM_NEXT;
}

/* Handlers of one, two or three sources whose signs are integer, float or none. */
INLINE enum sm_outcome plain1(struct warp *warp, const struct uop *uop, lane_mask active, lane_function1 *function)
{
        struct vreg b;

        return apply1(warp, uop, active, source(warp, &uop->b, &b), function);
}

INLINE enum sm_outcome plain2(struct warp *warp, const struct uop *uop, lane_mask active, lane_function2 *function)
{
        struct vreg a, b;

        return apply2(warp, uop, active, source(warp, &uop->a, &a), source(warp, &uop->b, &b), function);
}

INLINE enum sm_outcome plain3(struct warp *warp, const struct uop *uop, lane_mask active, lane_function3 *function)
{
        struct vreg a, b, c;

        return apply3(warp, uop, active, source(warp, &uop->a, &a), source(warp, &uop->b, &b),
                      source(warp, &uop->c, &c), function);
}

INLINE enum sm_outcome integer2(struct warp *warp, const struct uop *uop, lane_mask active, lane_function2 *function)
{
        struct vreg a, b;

        return apply2(warp, uop, active, integer_source(warp, &uop->a, &a), integer_source(warp, &uop->b, &b), function);
}

INLINE enum sm_outcome integer3(struct warp *warp, const struct uop *uop, lane_mask active, lane_function3 *function)
{
        struct vreg a, b, c;

        return apply3(warp, uop, active, integer_source(warp, &uop->a, &a), integer_source(warp, &uop->b, &b),
                      integer_source(warp, &uop->c, &c), function);
}

INLINE enum sm_outcome float2(struct warp *warp, const struct uop *uop, lane_mask active, lane_function2 *function)
{
        struct vreg a, b;

        return apply2(warp, uop, active, float_source(warp, &uop->a, &a), float_source(warp, &uop->b, &b), function);
}

INLINE enum sm_outcome float3(struct warp *warp, const struct uop *uop, lane_mask active, lane_function3 *function)
{
        struct vreg a, b, c;

        return apply3(warp, uop, active, float_source(warp, &uop->a, &a), float_source(warp, &uop->b, &b),
                      float_source(warp, &uop->c, &c), function);
}

/* A predicate's lanes as 0 or 1: a carry. */
INLINE uint32_t lane_bit(lane_mask mask, unsigned lane) { return mask >> lane & 1; }

/* Comparison codes: bits of what may hold. Integers know the first three, floats the fourth. */
enum { COMPARE_LESS = 1, COMPARE_EQUAL = 2, COMPARE_GREATER = 4, COMPARE_UNORDERED = 8 };

enum boolean { BOOLEAN_AND = 0, BOOLEAN_OR = 1, BOOLEAN_XOR = 2 };

INLINE lane_mask combine(lane_mask condition, lane_mask other, uint32_t boolean)
{
        switch (boolean) {
        case BOOLEAN_AND: return condition & other;
        case BOOLEAN_OR: return condition | other;
        default: return condition ^ other;
        }
}

/* What every *SETP does with its comparison: the second predicate gets the opposite one. */
INLINE void write_comparison(struct warp *warp, const struct uop *uop, lane_mask condition, lane_mask other,
                             uint32_t boolean, lane_mask active)
{
        write_predicate(warp, uop->pd, combine(condition, other, boolean), active);
        if (uop->pd2 != SM_PRED_WRITTEN)
                write_predicate(warp, uop->pd2, combine(~condition, other, boolean), active);
}

/* 64-bit values in two registers. */
struct wide_source {
        const struct vreg *low, *high;
};

INLINE uint64_t wide_lane(struct wide_source wide, unsigned lane)
{
        return (uint64_t)wide.high->lane[lane] << 32 | wide.low->lane[lane];
}

struct wide_room {
        struct vreg low, high;
};

INLINE struct wide_source wide_source(const struct warp *warp, const struct operand *operand, struct wide_room *room)
{
        return (struct wide_source){ source(warp, operand, &room->low), source_high(warp, operand, &room->high) };
}

INLINE void write_wide(struct warp *warp, const struct uop *uop, const struct wide_room *value, lane_mask active)
{
        write_register(warp, uop->d, &value->low, active);
        write_register(warp, uop->d + 1u, &value->high, active);
}

#endif
