/* fp32 arithmetic and comparison. Included by isa.h only. */

#include "alu.h"

/* option of FADD, FMUL, FFMA: ROUND, FTZ, SATURATE, FMZ (as FTZ, and zero times anything is zero). */
enum { FLOAT_ROUND = 0, FLOAT_FTZ = 1, FLOAT_SATURATE = 2, FLOAT_FMZ = 3 };

/* The forms that most code uses: to nearest, nothing flushed, nothing clamped. */
static enum sm_outcome run_fadd(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return float2(warp, uop, active, f32_add);
}

static enum sm_outcome run_fmul(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return float2(warp, uop, active, f32_multiply);
}

static enum sm_outcome run_ffma(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return float3(warp, uop, active, f32_fma);
}

static uint32_t add_flushed_lane(uint32_t a, uint32_t b) { return f32_flush(f32_add(f32_flush(a), f32_flush(b))); }
static uint32_t multiply_flushed_lane(uint32_t a, uint32_t b) { return f32_flush(f32_multiply(f32_flush(a), f32_flush(b))); }

static uint32_t fma_flushed_lane(uint32_t a, uint32_t b, uint32_t c)
{
        return f32_flush(f32_fma(f32_flush(a), f32_flush(b), f32_flush(c)));
}

static enum sm_outcome run_fadd_flushed(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return float2(warp, uop, active, add_flushed_lane);
}

static enum sm_outcome run_fmul_flushed(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return float2(warp, uop, active, multiply_flushed_lane);
}

static enum sm_outcome run_ffma_flushed(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return float3(warp, uop, active, fma_flushed_lane);
}

/*
 * Everything else goes through one fused multiply-add: a + b is a * 1 + b, and a product has nothing added, that is a zero
 * of its own sign.
 */
#if defined(__AVX512F__)
enum { NO_EXCEPTIONS = _MM_FROUND_NO_EXC };

#define FMA_ROUNDED(mode) \
        for (unsigned i = 0; i < LANES; i += 16) \
        _mm512_store_ps((float *)(d->lane + i), \
                        _mm512_fmadd_round_ps(_mm512_load_ps((const float *)(a->lane + i)), \
                                              _mm512_load_ps((const float *)(b->lane + i)), \
                                              _mm512_load_ps((const float *)(c->lane + i)), (mode) | NO_EXCEPTIONS))

/* The instruction set rounds each instruction as it says. */
INLINE void fma_rounded_lanes(struct vreg *d, const struct vreg *a, const struct vreg *b, const struct vreg *c,
                              enum rounding mode)
{
        switch (mode) {
        case ROUND_DOWN: FMA_ROUNDED(_MM_FROUND_TO_NEG_INF); break;
        case ROUND_UP: FMA_ROUNDED(_MM_FROUND_TO_POS_INF); break;
        case ROUND_ZERO: FMA_ROUNDED(_MM_FROUND_TO_ZERO); break;
        default: FMA_ROUNDED(_MM_FROUND_TO_NEAREST_INT); break;
        }
        for_each_lane(lane)
                d->lane[lane] = f32_is_nan(d->lane[lane]) ? F32_NAN : d->lane[lane];
}
#else
INLINE void fma_rounded_lanes(struct vreg *d, const struct vreg *a, const struct vreg *b, const struct vreg *c,
                              enum rounding mode)
{
        switch (mode) {
        case ROUND_DOWN:
                for_each_lane(lane)
                        d->lane[lane] = f32_fma_rounded(a->lane[lane], b->lane[lane], c->lane[lane], ROUND_DOWN);
                break;
        case ROUND_UP:
                for_each_lane(lane)
                        d->lane[lane] = f32_fma_rounded(a->lane[lane], b->lane[lane], c->lane[lane], ROUND_UP);
                break;
        case ROUND_ZERO:
                for_each_lane(lane)
                        d->lane[lane] = f32_fma_rounded(a->lane[lane], b->lane[lane], c->lane[lane], ROUND_ZERO);
                break;
        default:
                for_each_lane(lane)
                        d->lane[lane] = f32_fma(a->lane[lane], b->lane[lane], c->lane[lane]);
                break;
        }
}
#endif

INLINE void flush_lanes(struct vreg *v)
{
        for_each_lane(lane)
                v->lane[lane] = f32_flush(v->lane[lane]);
}

/* Where a factor is zero, both become zero, and the product is +0 whatever the other was (.FMZ). */
INLINE void clear_zero_products(struct vreg *a, struct vreg *b)
{
        for_each_lane(lane) {
                bool zero = !(a->lane[lane] << 1) || !(b->lane[lane] << 1);

                a->lane[lane] = zero ? 0 : a->lane[lane];
                b->lane[lane] = zero ? 0 : b->lane[lane];
        }
}

INLINE enum sm_outcome run_fma_lanes(struct warp *warp, const struct uop *uop, lane_mask active, struct vreg *a,
                                     struct vreg *b, struct vreg *c)
{
        struct vreg result;

        if (uop->option[FLOAT_FTZ] || uop->option[FLOAT_FMZ]) {
                flush_lanes(a);
                flush_lanes(b);
                flush_lanes(c);
        }
        if (uop->option[FLOAT_FMZ])
                clear_zero_products(a, b);
        fma_rounded_lanes(&result, a, b, c, (enum rounding)uop->option[FLOAT_ROUND]);
        if (uop->option[FLOAT_FTZ] || uop->option[FLOAT_FMZ])
                flush_lanes(&result);
        if (uop->option[FLOAT_SATURATE])
                for_each_lane(lane)
                        result.lane[lane] = f32_saturate(result.lane[lane]);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_fadd_general(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room, one;
        struct vreg a = *float_source(warp, &uop->a, &room);
        struct vreg c = *float_source(warp, &uop->b, &room);

        lanes_fill(&one, F32_ONE);
        return run_fma_lanes(warp, uop, active, &a, &one, &c);
}

static enum sm_outcome run_fmul_general(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room, zero;
        struct vreg a = *float_source(warp, &uop->a, &room);
        struct vreg b = *float_source(warp, &uop->b, &room);

        if (uop->option[FLOAT_FMZ])
                clear_zero_products(&a, &b);
        for_each_lane(lane)
                zero.lane[lane] = (a.lane[lane] ^ b.lane[lane]) & F32_SIGN;
        return run_fma_lanes(warp, uop, active, &a, &b, &zero);
}

static enum sm_outcome run_ffma_general(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room;
        struct vreg a = *float_source(warp, &uop->a, &room);
        struct vreg b = *float_source(warp, &uop->b, &room);
        struct vreg c = *float_source(warp, &uop->c, &room);

        return run_fma_lanes(warp, uop, active, &a, &b, &c);
}

/* Which of the three handlers of an operation. */
static sm_handler *float_handler(const struct uop *uop, sm_handler *plain, sm_handler *flushed, sm_handler *general)
{
        if (uop->option[FLOAT_ROUND] != ROUND_NEAREST || uop->option[FLOAT_SATURATE] || uop->option[FLOAT_FMZ])
                return general;
        return uop->option[FLOAT_FTZ] ? flushed : plain;
}

/* Sources that are flushed where the instruction says so. */
INLINE void float_operand(const struct warp *warp, const struct operand *operand, struct vreg *v, bool ftz)
{
        struct vreg room;

        *v = *float_source(warp, operand, &room);
        if (ftz)
                flush_lanes(v);
}

/*
 * FMNMX: the predicate asks for the minimum. -0 is less than +0. A NaN loses against a number, unless .NAN is asked for.
 * option: FTZ, NAN, XORSIGN (the sign is that of a times b).
 */
enum { FMNMX_FTZ = 0, FMNMX_NAN = 1, FMNMX_XORSIGN = 2 };

/* Floats as signed integers in the same order. */
static inline int32_t f32_order(uint32_t bits) { return (int32_t)(bits & F32_SIGN ? bits ^ ~(uint32_t)F32_SIGN : bits); }

INLINE uint32_t f32_pick(uint32_t a, uint32_t b, uint32_t want_least, bool prefer_nan)
{
        bool a_less = f32_order(a) < f32_order(b);
        uint32_t picked = a_less == (want_least != 0) ? a : b;
        bool a_nan = f32_is_nan(a), b_nan = f32_is_nan(b);

        picked = a_nan ? b : b_nan ? a : picked;
        return (prefer_nan ? a_nan || b_nan : a_nan && b_nan) ? F32_NAN : picked;
}

INLINE void f32_pick_lanes(struct vreg *d, const struct vreg *a, const struct vreg *b, lane_mask least, bool prefer_nan)
{
        struct vreg want_least;

        lanes_from_mask(&want_least, least);
        if (prefer_nan)
                for_each_lane(lane)
                        d->lane[lane] = f32_pick(a->lane[lane], b->lane[lane], want_least.lane[lane], true);
        else
                for_each_lane(lane)
                        d->lane[lane] = f32_pick(a->lane[lane], b->lane[lane], want_least.lane[lane], false);
}

static enum sm_outcome run_fmnmx(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg a, b, result;

        float_operand(warp, &uop->a, &a, uop->option[FMNMX_FTZ]);
        float_operand(warp, &uop->b, &b, uop->option[FMNMX_FTZ]);
        f32_pick_lanes(&result, &a, &b, predicate(warp, uop->p[0]), uop->option[FMNMX_NAN]);
        if (uop->option[FMNMX_XORSIGN]) {
                struct vreg room_a, room_b;
                const struct vreg *raw_a = source(warp, &uop->a, &room_a), *raw_b = source(warp, &uop->b, &room_b);

                for_each_lane(lane) {
                        uint32_t sign = (raw_a->lane[lane] ^ raw_b->lane[lane]) & F32_SIGN;
                        uint32_t magnitude = result.lane[lane] & ~(uint32_t)F32_SIGN;

                        result.lane[lane] = f32_is_nan(magnitude) ? F32_NAN : magnitude | sign;
                }
        }
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* FMNMX3: of three. */
static enum sm_outcome run_fmnmx3(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg a, b, c, first, result;

        float_operand(warp, &uop->a, &a, uop->option[FMNMX_FTZ]);
        float_operand(warp, &uop->b, &b, uop->option[FMNMX_FTZ]);
        float_operand(warp, &uop->c, &c, uop->option[FMNMX_FTZ]);
        f32_pick_lanes(&first, &a, &b, predicate(warp, uop->p[0]), uop->option[FMNMX_NAN]);
        f32_pick_lanes(&result, &first, &c, predicate(warp, uop->p[1]), uop->option[FMNMX_NAN]);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* Comparison: lanes where a is less, equal, greater; in the rest one is NaN. */
INLINE lane_mask compare_floats(const struct vreg *a, const struct vreg *b, uint32_t compare)
{
        struct vreg holds;

        for_each_lane(lane) {
                float left = f32_value(a->lane[lane]), right = f32_value(b->lane[lane]);
                uint32_t less = left < right ? compare & COMPARE_LESS : 0;
                uint32_t equal = left == right ? compare & COMPARE_EQUAL : 0;
                uint32_t greater = left > right ? compare & COMPARE_GREATER : 0;
                uint32_t unordered = left != left || right != right ? compare & COMPARE_UNORDERED : 0;

                holds.lane[lane] = less | equal | greater | unordered;
        }
        return lanes_not_zero(&holds);
}

/* FSETP, FSET. option: COMPARE, BOOLEAN, FTZ, and for FSET what true is. */
enum { FSETP_COMPARE = 0, FSETP_BOOLEAN = 1, FSETP_FTZ = 2, FSET_TRUE = 3 };

INLINE lane_mask fsetp_condition(struct warp *warp, const struct uop *uop)
{
        struct vreg room_a, room_b;

        if (uop->option[FSETP_FTZ]) {
                float_operand(warp, &uop->a, &room_a, true);
                float_operand(warp, &uop->b, &room_b, true);
                return compare_floats(&room_a, &room_b, uop->option[FSETP_COMPARE]);
        }
        return compare_floats(float_source(warp, &uop->a, &room_a), float_source(warp, &uop->b, &room_b),
                              uop->option[FSETP_COMPARE]);
}

static enum sm_outcome run_fsetp(struct warp *warp, const struct uop *uop, lane_mask active)
{
        write_comparison(warp, uop, fsetp_condition(warp, uop), predicate(warp, uop->p[0]), uop->option[FSETP_BOOLEAN],
                         active);
        return SM_NEXT;
}

static enum sm_outcome run_fset(struct warp *warp, const struct uop *uop, lane_mask active)
{
        lane_mask holds = combine(fsetp_condition(warp, uop), predicate(warp, uop->p[0]), uop->option[FSETP_BOOLEAN]);
        struct vreg result;

        lanes_from_mask(&result, holds);
        for_each_lane(lane)
                result.lane[lane] &= uop->option[FSET_TRUE];
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* FSEL: the chosen source, its bits untouched but for the signs (and flushed, where asked for). option: FTZ. */
enum { FSEL_FTZ = 0 };

static enum sm_outcome run_fsel(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg a, b, choice, result;

        float_operand(warp, &uop->a, &a, uop->option[FSEL_FTZ]);
        float_operand(warp, &uop->b, &b, uop->option[FSEL_FTZ]);
        lanes_from_mask(&choice, predicate(warp, uop->p[0]));
        for_each_lane(lane)
                result.lane[lane] = (a.lane[lane] & choice.lane[lane]) | (b.lane[lane] & ~choice.lane[lane]);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/*
 * FSWZADD: what each of the four lanes of a quad does with a and b is two bits of the pattern, the first lane's the
 * highest. option: PATTERN, FTZ, ROUND.
 */
enum { SWIZZLE_PATTERN = 0, SWIZZLE_FTZ = 1, SWIZZLE_ROUND = 2 };
enum { SWIZZLE_ADD = 0, SWIZZLE_SUBTRACT_A = 1, SWIZZLE_SUBTRACT_B = 2, SWIZZLE_TAKE_B = 3 };

static enum sm_outcome run_fswzadd(struct warp *warp, const struct uop *uop, lane_mask active)
{
        enum rounding mode = (enum rounding)uop->option[SWIZZLE_ROUND];
        struct vreg a, b, result;

        float_operand(warp, &uop->a, &a, uop->option[SWIZZLE_FTZ]);
        float_operand(warp, &uop->b, &b, uop->option[SWIZZLE_FTZ]);
        for_each_lane(lane) {
                uint32_t what = uop->option[SWIZZLE_PATTERN] >> 2 * (3 - lane % 4) & 3;
                uint32_t left = what == SWIZZLE_SUBTRACT_A ? a.lane[lane] ^ F32_SIGN : a.lane[lane];
                uint32_t right = what == SWIZZLE_SUBTRACT_B ? b.lane[lane] ^ F32_SIGN : b.lane[lane];

                if (what == SWIZZLE_TAKE_B)
                        left = F32_SIGN; /* -0 + b is b */
                result.lane[lane] = f32_add_rounded(left, right, mode);
        }
        if (uop->option[SWIZZLE_FTZ])
                flush_lanes(&result);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/*
 * FCHK: whether a / b needs the slow path, that is whether a reciprocal of b, the quotient or the remainder could leave the
 * normal numbers.
 */
INLINE bool division_is_risky(uint32_t a, uint32_t b)
{
        int32_t exponent_a = (int32_t)(a >> 23 & 0xff), exponent_b = (int32_t)(b >> 23 & 0xff);
        int32_t difference = exponent_a - exponent_b;

        return exponent_a == 255 || exponent_b == 255 || exponent_b <= 1 || exponent_b >= 253 || exponent_a <= 24
               || difference >= 126 || difference <= -126;
}

static enum sm_outcome run_fchk(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room_a, room_b, risky;
        const struct vreg *a = float_source(warp, &uop->a, &room_a), *b = float_source(warp, &uop->b, &room_b);

        for_each_lane(lane)
                risky.lane[lane] = division_is_risky(a->lane[lane], b->lane[lane]);
        write_predicate(warp, uop->pd, lanes_not_zero(&risky), active);
        return SM_NEXT;
}

static bool bind_float(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        return false;
}
