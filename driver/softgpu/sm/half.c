/* Two 16-bit numbers in a register: fp16 and bf16 arithmetic and comparison. Included by isa.h only. */

#include "alu.h"

/*
 * option: FLAGS, SWIZZLES (two bits a source), COMPARE and BOOLEAN of the comparisons.
 * In the lanes of `struct halves` lie 16-bit numbers, one a lane.
 */
enum { HALF_FLAGS = 0, HALF_SWIZZLES = 1, HALF_COMPARE = 2, HALF_BOOLEAN = 3 };
enum {
        HALF_BF16 = 1,
        HALF_FTZ = 2,
        HALF_SATURATE = 4,
        HALF_RELU = 8,
        HALF_F32 = 16,     /* one fp32 number comes out: that of the low halves */
        HALF_NAN = 32,     /* minimum and maximum return NaN where a source is NaN */
        HALF_XORSIGN = 64,
        HALF_ONES = 128,   /* HSET2: true is 1.0, else all ones */
        HALF_BOTH = 256,   /* HSETP2: one predicate for both halves */
        HALF_FMZ = 512,    /* zero times anything is zero */
};
enum { SWIZZLE_H1_H0 = 0, SWIZZLE_F32 = 1, SWIZZLE_H0_H0 = 2, SWIZZLE_H1_H1 = 3 };
enum { HALF_SIGN = 0x8000, HALF_MAGNITUDE = 0x7fff };

struct halves {
        struct vreg low, high;
};

INLINE bool half_flag(const struct uop *uop, uint32_t flag) { return uop->option[HALF_FLAGS] & flag; }

/* A source's halves as its swizzle picks them, with signs applied and, where asked for, denormals flushed. */
INLINE void load_halves(const struct warp *warp, const struct uop *uop, const struct operand *operand, unsigned position,
                        struct halves *halves)
{
        uint32_t swizzle = uop->option[HALF_SWIZZLES] >> 2 * position & 3;
        uint32_t low_shift = swizzle == SWIZZLE_H1_H1 ? 16 : 0, high_shift = swizzle == SWIZZLE_H0_H0 ? 0 : 16;
        uint32_t keep = operand->absolute ? HALF_MAGNITUDE : 0xffff, flip = operand->negate ? HALF_SIGN : 0;
        struct vreg room;
        const struct vreg *from = source(warp, operand, &room);

        for_each_lane(lane) {
                halves->low.lane[lane] = (from->lane[lane] >> low_shift & keep) ^ flip;
                halves->high.lane[lane] = (from->lane[lane] >> high_shift & keep) ^ flip;
        }
        if (!half_flag(uop, HALF_FTZ | HALF_FMZ))
                return;
        for_each_lane(lane) {
                bool bf16 = half_flag(uop, HALF_BF16);

                halves->low.lane[lane] = bf16 ? bf16_flush(halves->low.lane[lane]) : f16_flush(halves->low.lane[lane]);
                halves->high.lane[lane] = bf16 ? bf16_flush(halves->high.lane[lane]) : f16_flush(halves->high.lane[lane]);
        }
}

/* What is done to every result: clamped, made positive, flushed. */
INLINE uint32_t half_finish(uint32_t half, uint32_t flags)
{
        uint32_t one = flags & HALF_BF16 ? 0x3f80 : 0x3c00;
        bool nan = flags & HALF_BF16 ? bf16_is_nan(half) : f16_is_nan(half);

        if (flags & (HALF_FTZ | HALF_FMZ))
                half = flags & HALF_BF16 ? bf16_flush(half) : f16_flush(half);
        if (flags & HALF_SATURATE)
                half = nan || (half & HALF_SIGN) ? 0 : half > one ? one : half;
        if (flags & HALF_RELU)
                half = !nan && (half & HALF_SIGN) ? 0 : half;
        return half;
}

INLINE void write_halves(struct warp *warp, const struct uop *uop, const struct halves *halves, lane_mask active)
{
        struct vreg result;

        for_each_lane(lane)
                result.lane[lane] = halves->low.lane[lane] | halves->high.lane[lane] << 16;
        write_register(warp, uop->d, &result, active);
}

INLINE void finish_halves(struct warp *warp, const struct uop *uop, struct halves *halves, lane_mask active)
{
        if (half_flag(uop, HALF_FTZ | HALF_FMZ | HALF_SATURATE | HALF_RELU)) {
                uint32_t flags = uop->option[HALF_FLAGS];

                for_each_lane(lane) {
                        halves->low.lane[lane] = half_finish(halves->low.lane[lane], flags);
                        halves->high.lane[lane] = half_finish(halves->high.lane[lane], flags);
                }
        }
        write_halves(warp, uop, halves, active);
}

/* fp32 results: the low halves only. */
INLINE void finish_f32(struct warp *warp, const struct uop *uop, struct vreg *result, lane_mask active)
{
        for_each_lane(lane) {
                uint32_t bits = result->lane[lane];

                bits = half_flag(uop, HALF_FTZ | HALF_FMZ) ? f32_flush(bits) : bits;
                bits = half_flag(uop, HALF_SATURATE) ? f32_saturate(bits) : bits;
                bits = half_flag(uop, HALF_RELU) && (bits & F32_SIGN) && !f32_is_nan(bits) ? 0 : bits;
                result->lane[lane] = bits;
        }
        write_register(warp, uop->d, result, active);
}

/*
 * fp16: the product of two is exact in fp32. A sum is rounded to odd in fp32 first, of which the rounding to fp16 is right.
 */
static inline float sum_to_odd_f32(float a, float b)
{
        float sum = a + b;
        float part = sum - a;
        float error = (a - (sum - part)) + (b - part);
        uint32_t bits = f32_bits(sum);
        uint32_t away = (error > 0) == (sum > 0) ? 1 : ~(uint32_t)0;
        uint32_t inexact_even = ((error > 0) | (error < 0)) & ~bits & 1;

        return f32_value(bits + (inexact_even ? away : 0));
}

static inline uint32_t f16_fma(uint32_t a, uint32_t b, uint32_t c)
{
        return f16_from_f32(f32_bits(sum_to_odd_f32(f16_value(a) * f16_value(b), f16_value(c))));
}

/* A sum or product of two needs no such care: 24 bits are more than twice 11. */
static inline uint32_t f16_add(uint32_t a, uint32_t b) { return f16_from_f32(f32_bits(f16_value(a) + f16_value(b))); }
static inline uint32_t f16_multiply(uint32_t a, uint32_t b) { return f16_from_f32(f32_bits(f16_value(a) * f16_value(b))); }

/* bf16: a product may leave the range of fp32, so the fused form is in double. */
static inline uint32_t bf16_fma(uint32_t a, uint32_t b, uint32_t c)
{
        return bf16_round_nearest(sum_to_odd((double)bf16_value(a) * bf16_value(b), bf16_value(c)));
}

static inline uint32_t bf16_add(uint32_t a, uint32_t b) { return bf16_from_f32(f32_bits(bf16_value(a) + bf16_value(b))); }
static inline uint32_t bf16_multiply(uint32_t a, uint32_t b) { return bf16_from_f32(f32_bits(bf16_value(a) * bf16_value(b))); }

INLINE void combine_halves2(struct halves *d, const struct halves *a, const struct halves *b, lane_function2 *function)
{
        for_each_lane(lane)
                d->low.lane[lane] = function(a->low.lane[lane], b->low.lane[lane]);
        for_each_lane(lane)
                d->high.lane[lane] = function(a->high.lane[lane], b->high.lane[lane]);
}

INLINE void combine_halves3(struct halves *d, const struct halves *a, const struct halves *b, const struct halves *c,
                            lane_function3 *function)
{
        for_each_lane(lane)
                d->low.lane[lane] = function(a->low.lane[lane], b->low.lane[lane], c->low.lane[lane]);
        for_each_lane(lane)
                d->high.lane[lane] = function(a->high.lane[lane], b->high.lane[lane], c->high.lane[lane]);
}

/* A 16-bit number of either format as fp32. */
INLINE uint32_t widen_half(uint32_t half, bool bf16) { return bf16 ? half << 16 : f32_bits(f16_value(half)); }

/* HADD2. */
static enum sm_outcome run_hadd2(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct halves a, b, d;

        load_halves(warp, uop, &uop->a, 0, &a);
        load_halves(warp, uop, &uop->b, 1, &b);
        if (half_flag(uop, HALF_BF16))
                combine_halves2(&d, &a, &b, bf16_add);
        else
                combine_halves2(&d, &a, &b, f16_add);
        finish_halves(warp, uop, &d, active);
        return SM_NEXT;
}

static enum sm_outcome run_hadd2_f32(struct warp *warp, const struct uop *uop, lane_mask active)
{
        bool bf16 = half_flag(uop, HALF_BF16);
        struct halves a, b;
        struct vreg d;

        load_halves(warp, uop, &uop->a, 0, &a);
        load_halves(warp, uop, &uop->b, 1, &b);
        for_each_lane(lane)
                d.lane[lane] = f32_add(widen_half(a.low.lane[lane], bf16), widen_half(b.low.lane[lane], bf16));
        finish_f32(warp, uop, &d, active);
        return SM_NEXT;
}

/* HADD2.F32 Rd, -RZ, Rb: the conversion of a half. */
static uint32_t widen_low_lane(uint32_t b) { return f32_canonical(f16_value(b & 0xffff)); }
static uint32_t widen_high_lane(uint32_t b) { return f32_canonical(f16_value(b >> 16)); }

static enum sm_outcome run_widen_low(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return plain1(warp, uop, active, widen_low_lane);
}

static enum sm_outcome run_widen_high(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return plain1(warp, uop, active, widen_high_lane);
}

/* Factors of which one is zero become positive zeros (.FMZ). */
INLINE void clear_zero_half_products(struct vreg *a, struct vreg *b)
{
        for_each_lane(lane) {
                bool zero = !(a->lane[lane] & HALF_MAGNITUDE) || !(b->lane[lane] & HALF_MAGNITUDE);

                a->lane[lane] = zero ? 0 : a->lane[lane];
                b->lane[lane] = zero ? 0 : b->lane[lane];
        }
}

/* HMUL2. */
static enum sm_outcome run_hmul2(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct halves a, b, d;

        load_halves(warp, uop, &uop->a, 0, &a);
        load_halves(warp, uop, &uop->b, 1, &b);
        if (half_flag(uop, HALF_FMZ)) {
                clear_zero_half_products(&a.low, &b.low);
                clear_zero_half_products(&a.high, &b.high);
        }
        if (half_flag(uop, HALF_BF16))
                combine_halves2(&d, &a, &b, bf16_multiply);
        else
                combine_halves2(&d, &a, &b, f16_multiply);
        finish_halves(warp, uop, &d, active);
        return SM_NEXT;
}

static enum sm_outcome run_hmul2_f32(struct warp *warp, const struct uop *uop, lane_mask active)
{
        bool bf16 = half_flag(uop, HALF_BF16);
        struct halves a, b;
        struct vreg d;

        load_halves(warp, uop, &uop->a, 0, &a);
        load_halves(warp, uop, &uop->b, 1, &b);
        for_each_lane(lane)
                d.lane[lane] = f32_multiply(widen_half(a.low.lane[lane], bf16), widen_half(b.low.lane[lane], bf16));
        finish_f32(warp, uop, &d, active);
        return SM_NEXT;
}

/* HFMA2. */
static enum sm_outcome run_hfma2(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct halves a, b, c, d;

        load_halves(warp, uop, &uop->a, 0, &a);
        load_halves(warp, uop, &uop->b, 1, &b);
        load_halves(warp, uop, &uop->c, 2, &c);
        if (half_flag(uop, HALF_FMZ)) {
                clear_zero_half_products(&a.low, &b.low);
                clear_zero_half_products(&a.high, &b.high);
        }
        if (half_flag(uop, HALF_BF16))
                combine_halves3(&d, &a, &b, &c, bf16_fma);
        else
                combine_halves3(&d, &a, &b, &c, f16_fma);
        finish_halves(warp, uop, &d, active);
        return SM_NEXT;
}

static enum sm_outcome run_hfma2_f32(struct warp *warp, const struct uop *uop, lane_mask active)
{
        bool bf16 = half_flag(uop, HALF_BF16);
        struct halves a, b, c;
        struct vreg d;

        load_halves(warp, uop, &uop->a, 0, &a);
        load_halves(warp, uop, &uop->b, 1, &b);
        load_halves(warp, uop, &uop->c, 2, &c);
        for_each_lane(lane)
                d.lane[lane] = f32_fma(widen_half(a.low.lane[lane], bf16), widen_half(b.low.lane[lane], bf16),
                                       widen_half(c.low.lane[lane], bf16));
        finish_f32(warp, uop, &d, active);
        return SM_NEXT;
}

/* -0 * 0 + c, with which compilers load constants: both halves of c, unless one is NaN or gets changed. */
static bool is_constant_load(const struct uop *uop)
{
        bool zero_product = uop->a.kind == OPERAND_REGISTER && uop->a.index == SM_RZ && uop->a.negate && !uop->b.negate
                            && uop->b.kind == OPERAND_REGISTER && uop->b.index == SM_RZ;
        uint32_t bits = uop->c.value, flags = uop->option[HALF_FLAGS];

        if (!zero_product || uop->c.kind != OPERAND_IMMEDIATE || uop->c.is_constant || (flags & ~(uint32_t)HALF_BF16))
                return false;
        if (flags & HALF_BF16)
                return !bf16_is_nan(bits & 0xffff) && !bf16_is_nan(bits >> 16);
        return !f16_is_nan(bits & 0xffff) && !f16_is_nan(bits >> 16);
}

static enum sm_outcome run_half_constant(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg value;

        lanes_fill(&value, uop->c.value);
        write_register(warp, uop->d, &value, active);
        return SM_NEXT;
}

/* Minimum and maximum, as FMNMX has them. Halves as integers in the same order. */
static inline int32_t half_order(uint32_t half)
{
        int32_t magnitude = (int32_t)(half & HALF_MAGNITUDE);

        return half & HALF_SIGN ? -1 - magnitude : magnitude;
}

INLINE uint32_t half_pick(uint32_t a, uint32_t b, uint32_t want_least, uint32_t flags)
{
        bool a_nan = flags & HALF_BF16 ? bf16_is_nan(a) : f16_is_nan(a);
        bool b_nan = flags & HALF_BF16 ? bf16_is_nan(b) : f16_is_nan(b);
        bool a_less = half_order(a) < half_order(b);
        uint32_t picked = a_less == (want_least != 0) ? a : b;

        picked = a_nan ? b : b_nan ? a : picked;
        return (flags & HALF_NAN ? a_nan || b_nan : a_nan && b_nan) ? (uint32_t)F16_NAN : picked;
}

INLINE void pick_halves_lanes(struct vreg *d, const struct vreg *a, const struct vreg *b, lane_mask least, uint32_t flags)
{
        struct vreg want_least;

        lanes_from_mask(&want_least, least);
        for_each_lane(lane)
                d->lane[lane] = half_pick(a->lane[lane], b->lane[lane], want_least.lane[lane], flags);
}

/* The sign of a times b on each half of the result. */
INLINE void apply_xorsign(struct vreg *d, const struct vreg *a, const struct vreg *b, unsigned shift, uint32_t flags)
{
        for_each_lane(lane) {
                uint32_t sign = (a->lane[lane] ^ b->lane[lane]) >> shift & HALF_SIGN;
                uint32_t magnitude = d->lane[lane] & HALF_MAGNITUDE;
                bool nan = flags & HALF_BF16 ? bf16_is_nan(magnitude) : f16_is_nan(magnitude);

                d->lane[lane] = nan ? F16_NAN : magnitude | sign;
        }
}

static enum sm_outcome run_hmnmx2(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t flags = uop->option[HALF_FLAGS];
        lane_mask least = predicate(warp, uop->p[0]);
        struct halves a, b, d;

        load_halves(warp, uop, &uop->a, 0, &a);
        load_halves(warp, uop, &uop->b, 1, &b);
        pick_halves_lanes(&d.low, &a.low, &b.low, least, flags);
        pick_halves_lanes(&d.high, &a.high, &b.high, least, flags);
        if (flags & HALF_XORSIGN) {
                struct uop signs = *uop;
                struct halves raw_a, raw_b;

                signs.a.absolute = signs.b.absolute = false;
                load_halves(warp, &signs, &signs.a, 0, &raw_a);
                load_halves(warp, &signs, &signs.b, 1, &raw_b);
                apply_xorsign(&d.low, &raw_a.low, &raw_b.low, 0, flags);
                apply_xorsign(&d.high, &raw_a.high, &raw_b.high, 0, flags);
        }
        finish_halves(warp, uop, &d, active);
        return SM_NEXT;
}

/* VHMNMX: the least or greatest of three. Each of the two choices has its predicate. */
static enum sm_outcome run_vhmnmx(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t flags = uop->option[HALF_FLAGS];
        lane_mask least = predicate(warp, uop->p[0]), least2 = predicate(warp, uop->p[1]);
        struct halves a, b, c, d;

        load_halves(warp, uop, &uop->a, 0, &a);
        load_halves(warp, uop, &uop->b, 1, &b);
        load_halves(warp, uop, &uop->c, 2, &c);
        pick_halves_lanes(&d.low, &a.low, &b.low, least, flags);
        pick_halves_lanes(&d.high, &a.high, &b.high, least, flags);
        pick_halves_lanes(&d.low, &d.low, &c.low, least2, flags);
        pick_halves_lanes(&d.high, &d.high, &c.high, least2, flags);
        finish_halves(warp, uop, &d, active);
        return SM_NEXT;
}

/* Comparison of one half of every lane. */
INLINE lane_mask compare_halves(const struct vreg *a, const struct vreg *b, uint32_t compare, bool bf16)
{
        struct vreg holds;

        for_each_lane(lane) {
                float left = f32_value(widen_half(a->lane[lane], bf16)), right = f32_value(widen_half(b->lane[lane], bf16));
                uint32_t less = left < right ? compare & COMPARE_LESS : 0;
                uint32_t equal = left == right ? compare & COMPARE_EQUAL : 0;
                uint32_t greater = left > right ? compare & COMPARE_GREATER : 0;
                uint32_t unordered = left != left || right != right ? compare & COMPARE_UNORDERED : 0;

                holds.lane[lane] = less | equal | greater | unordered;
        }
        return lanes_not_zero(&holds);
}

struct half_masks {
        lane_mask low, high;
};

INLINE struct half_masks compare_sources(struct warp *warp, const struct uop *uop)
{
        bool bf16 = half_flag(uop, HALF_BF16);
        struct halves a, b;

        load_halves(warp, uop, &uop->a, 0, &a);
        load_halves(warp, uop, &uop->b, 1, &b);
        return (struct half_masks){ compare_halves(&a.low, &b.low, uop->option[HALF_COMPARE], bf16),
                                    compare_halves(&a.high, &b.high, uop->option[HALF_COMPARE], bf16) };
}

/* HSET2: each half of the result is true or zero. */
static enum sm_outcome run_hset2(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t one = half_flag(uop, HALF_BF16) ? 0x3f80 : 0x3c00;
        uint32_t true_half = half_flag(uop, HALF_ONES) ? one : 0xffff;
        struct half_masks holds = compare_sources(warp, uop);
        lane_mask other = predicate(warp, uop->p[0]);
        struct vreg low, high, result;

        lanes_from_mask(&low, combine(holds.low, other, uop->option[HALF_BOOLEAN]));
        lanes_from_mask(&high, combine(holds.high, other, uop->option[HALF_BOOLEAN]));
        for_each_lane(lane)
                result.lane[lane] = (low.lane[lane] & true_half) | (high.lane[lane] & true_half << 16);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* HSETP2: a predicate for each half; with .H_AND the first holds where both do, the second where not. */
static enum sm_outcome run_hsetp2(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct half_masks holds = compare_sources(warp, uop);
        lane_mask other = predicate(warp, uop->p[0]);
        uint32_t boolean = uop->option[HALF_BOOLEAN];

        if (half_flag(uop, HALF_BOTH)) {
                write_comparison(warp, uop, holds.low & holds.high, other, boolean, active);
                return SM_NEXT;
        }
        write_predicate(warp, uop->pd, combine(holds.low, other, boolean), active);
        write_predicate(warp, uop->pd2, combine(holds.high, other, boolean), active);
        return SM_NEXT;
}

static bool bind_half(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        return false;
}
