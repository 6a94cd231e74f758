/* fp32 arithmetic and comparison. Included by isa.h only. */

#include "alu.h"

/* option of FADD, FMUL, FFMA: ROUND, FLUSH, SATURATE; of FMUL also SCALE. */
enum { FLOAT_ROUND = 0, FLOAT_FLUSH = 1, FLOAT_SATURATE = 2, FLOAT_SCALE = 3 };

/* FTZ flushes denormal sources and results; with FMZ, moreover, zero times anything is zero. */
enum { FLUSH_NONE = 0, FLUSH_FTZ = 1, FLUSH_FMZ = 2 };

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

static enum sm_outcome run_fadd_flushed(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return float2(warp, uop, active, add_flushed_lane);
}

/*
 * Results are flushed that are denormal if rounded without a least exponent. Where rounding made the least normal number
 * of them, that is looked at again: far from the denormals, where nothing limits the exponent.
 */
enum { F32_LEAST_NORMAL = 0x00800000 };

static inline bool f32_is_tiny(double exact, enum rounding mode)
{
        return (f32_round(exact * AWAY_FROM_DENORMALS, mode) & ~(uint32_t)F32_SIGN) < f32_bits(0x1p-126f * (float)AWAY_FROM_DENORMALS);
}

static uint32_t flush_if_tiny(uint32_t result, uint32_t a, uint32_t b, uint32_t c, enum rounding mode)
{
        double exact = sum_to_odd((double)f32_value(a) * (double)f32_value(b), f32_value(c));

        return f32_is_tiny(exact, mode) ? result & F32_SIGN : result;
}

/* `result` is a * b + c of flushed sources. */
INLINE void flush_results(struct vreg *result, const struct vreg *a, const struct vreg *b, const struct vreg *c,
                          enum rounding mode)
{
        struct vreg doubtful;
        lane_mask lanes;

        for_each_lane(lane) {
                result->lane[lane] = f32_flush(result->lane[lane]);
                doubtful.lane[lane] = (result->lane[lane] & ~(uint32_t)F32_SIGN) == F32_LEAST_NORMAL;
        }
        lanes = lanes_not_zero(&doubtful);
        for_each_lane_of(lane, lanes)
                result->lane[lane] = flush_if_tiny(result->lane[lane], a->lane[lane], b->lane[lane], c->lane[lane],
                                                   mode);
}

INLINE void load_flushed(const struct warp *warp, const struct operand *operand, struct vreg *v)
{
        struct vreg room;
        const struct vreg *from = float_source(warp, operand, &room);

        for_each_lane(lane)
                v->lane[lane] = f32_flush(from->lane[lane]);
}

static enum sm_outcome run_fmul_flushed(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg a, b, zero, result;

        load_flushed(warp, &uop->a, &a);
        load_flushed(warp, &uop->b, &b);
        lanes_fill(&zero, 0);
        for_each_lane(lane)
                result.lane[lane] = f32_multiply(a.lane[lane], b.lane[lane]);
        flush_results(&result, &a, &b, &zero, ROUND_NEAREST);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_ffma_flushed(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg a, b, c, result;

        load_flushed(warp, &uop->a, &a);
        load_flushed(warp, &uop->b, &b);
        load_flushed(warp, &uop->c, &c);
        for_each_lane(lane)
                result.lane[lane] = f32_fma(a.lane[lane], b.lane[lane], c.lane[lane]);
        flush_results(&result, &a, &b, &c, ROUND_NEAREST);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
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

        if (uop->option[FLOAT_FLUSH]) {
                flush_lanes(a);
                flush_lanes(b);
                flush_lanes(c);
        }
        if (uop->option[FLOAT_FLUSH] == FLUSH_FMZ)
                clear_zero_products(a, b);
        fma_rounded_lanes(&result, a, b, c, (enum rounding)uop->option[FLOAT_ROUND]);
        if (uop->option[FLOAT_FLUSH])
                flush_results(&result, a, b, c, (enum rounding)uop->option[FLOAT_ROUND]);
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

        if (uop->option[FLOAT_FLUSH] == FLUSH_FMZ)
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

/* Sources that are flushed where the instruction says so. */
INLINE void float_operand(const struct warp *warp, const struct operand *operand, struct vreg *v, bool ftz)
{
        struct vreg room;

        *v = *float_source(warp, operand, &room);
        if (ftz)
                flush_lanes(v);
}

/* FMUL's scale: the product times 2^-3 to 2^3, rounded once. */
enum { FMUL_UNSCALED = 4 };

static enum sm_outcome run_fmul_scaled(struct warp *warp, const struct uop *uop, lane_mask active)
{
        bool flush = uop->option[FLOAT_FLUSH];
        double scale = __builtin_ldexp(1.0, (int)uop->option[FLOAT_SCALE] - FMUL_UNSCALED);
        struct vreg a, b, result;

        float_operand(warp, &uop->a, &a, flush);
        float_operand(warp, &uop->b, &b, flush);
        if (uop->option[FLOAT_FLUSH] == FLUSH_FMZ)
                clear_zero_products(&a, &b);
        for_each_lane(lane) {
                double exact = (double)f32_value(a.lane[lane]) * (double)f32_value(b.lane[lane]) * scale;
                uint32_t rounded = f32_round(exact, (enum rounding)uop->option[FLOAT_ROUND]);

                rounded = flush && f32_is_tiny(exact, (enum rounding)uop->option[FLOAT_ROUND]) ? rounded & F32_SIGN : rounded;
                result.lane[lane] = uop->option[FLOAT_SATURATE] ? f32_saturate(rounded) : rounded;
        }
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* Which of the three handlers of an operation. */
static sm_handler *float_handler(const struct uop *uop, sm_handler *plain, sm_handler *flushed, sm_handler *general)
{
        if (uop->option[FLOAT_ROUND] != ROUND_NEAREST || uop->option[FLOAT_SATURATE] || uop->option[FLOAT_FLUSH] > FLUSH_FTZ)
                return general;
        return uop->option[FLOAT_FLUSH] ? flushed : plain;
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

        return exponent_a < 25 || exponent_a > 254 || exponent_b < 2 || exponent_b > 251 || difference > 126
               || difference < -124;
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

static void bind_float_options(struct uop *uop, uint32_t round, uint32_t flush, uint32_t saturate)
{
        uop->option[FLOAT_ROUND] = round;
        uop->option[FLOAT_FLUSH] = flush;
        uop->option[FLOAT_SATURATE] = saturate;
}

/* a + b, where b is what lies in bits 32-63 whichever form it has. */
static void bind_fadd(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        bind_ab(word, uop, false);
        bind_float_options(uop, sass_FADD_round(w), sass_FADD_ftz(w), sass_FADD_saturate(w));
        uop->run = float_handler(uop, run_fadd, run_fadd_flushed, run_fadd_general);
}

static void bind_fmul(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        bind_ab(word, uop, false);
        bind_float_options(uop, sass_FMUL_round(w), sass_FMUL_flush(w), sass_FMUL_saturate(w));
        uop->option[FLOAT_SCALE] = sass_FMUL_scale(w);
        if (sass_FMUL_scale(w) != FMUL_UNSCALED)
                uop->run = run_fmul_scaled;
        else
                uop->run = float_handler(uop, run_fmul, run_fmul_flushed, run_fmul_general);
}

static void bind_ffma(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        bind_abc(word, uop, false);
        bind_float_options(uop, sass_FFMA_round(w), sass_FFMA_flush(w), sass_FFMA_saturate(w));
        uop->run = float_handler(uop, run_ffma, run_ffma_flushed, run_ffma_general);
}

static void bind_fmnmx(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        bind_ab(word, uop, false);
        uop->p[0] = bind_predicate(sass_FMNMX_Pa(w), sass_FMNMX_Pa_negate(w));
        uop->option[FMNMX_FTZ] = sass_FMNMX_ftz(w);
        uop->option[FMNMX_NAN] = sass_FMNMX_nan(w);
        uop->option[FMNMX_XORSIGN] = sass_FMNMX_xorsign(w);
        uop->run = run_fmnmx;
}

static void bind_fmnmx3(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        bind_abc(word, uop, false);
        uop->p[0] = uop->p[1] = bind_predicate(sass_FMNMX3_Pa(w), sass_FMNMX3_Pa_negate(w));
        uop->option[FMNMX_FTZ] = sass_FMNMX3_ftz(w);
        uop->option[FMNMX_NAN] = sass_FMNMX3_nan(w);
        uop->run = run_fmnmx3;
}

static void bind_fsetp(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_ab(word, uop, false);
        bind_outputs(uop, sass_FSETP_Pd(w), sass_FSETP_Pd2(w));
        uop->p[0] = bind_predicate(sass_FSETP_Pa(w), sass_FSETP_Pa_negate(w));
        uop->option[FSETP_COMPARE] = sass_FSETP_compare(w);
        uop->option[FSETP_BOOLEAN] = sass_FSETP_boolean(w);
        uop->option[FSETP_FTZ] = sass_FSETP_ftz(w);
        uop->run = run_fsetp;
}

static void bind_fset(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        bind_ab(word, uop, false);
        uop->p[0] = bind_predicate(sass_FSET_Pa(w), sass_FSET_Pa_negate(w));
        uop->option[FSETP_COMPARE] = sass_FSET_compare(w);
        uop->option[FSETP_BOOLEAN] = sass_FSET_boolean(w);
        uop->option[FSETP_FTZ] = sass_FSET_ftz(w);
        uop->option[FSET_TRUE] = F32_ONE;
        uop->run = run_fset;
}

static void bind_fsel(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        bind_ab(word, uop, false);
        uop->p[0] = bind_predicate(sass_FSEL_Pa(w), sass_FSEL_Pa_negate(w));
        uop->option[FSEL_FTZ] = sass_FSEL_ftz(w);
        uop->run = run_fsel;
}

static void bind_fswzadd(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        uop->a = bind_register_at(word, uop, 24, 1, false);
        uop->b = bind_register_at(word, uop, 64, 1, false);
        uop->option[SWIZZLE_PATTERN] = sass_FSWZADD_signs_3(w) << 6 | sass_FSWZADD_signs_2(w) << 4 | sass_FSWZADD_signs_1(w) << 2
                                       | sass_FSWZADD_signs_0(w);
        uop->option[SWIZZLE_FTZ] = sass_FSWZADD_ftz(w);
        uop->option[SWIZZLE_ROUND] = sass_FSWZADD_round(w);
        uop->run = run_fswzadd;
}

static void bind_fchk(const struct sass_word *word, struct uop *uop)
{
        bind_ab(word, uop, false);
        bind_outputs(uop, sass_FCHK_Pd(word->word), PT);
        uop->run = run_fchk;
}

/* FHADD and FHFMA: a, or a and b, are 16-bit floats in the low halves. option: HALF_FORMAT beside those of FADD. */
enum { HALF_FORMAT = 3, HALF_FORMAT_BF16 = 1 };

INLINE void widen_low_half(const struct warp *warp, const struct uop *uop, const struct operand *operand, struct vreg *d)
{
        struct operand plain = *operand;
        struct vreg room;
        const struct vreg *from;

        plain.negate = plain.absolute = false;
        from = source(warp, &plain, &room);
        for_each_lane(lane) {
                uint32_t half = from->lane[lane] & 0xffff;
                uint32_t wide = uop->option[HALF_FORMAT] == HALF_FORMAT_BF16 ? half << 16 : f32_bits(f16_value(half));

                wide = operand->absolute ? wide & ~(uint32_t)F32_SIGN : wide;
                d->lane[lane] = operand->negate ? wide ^ F32_SIGN : wide;
        }
}

static enum sm_outcome run_fhadd(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg a, one, c;

        widen_low_half(warp, uop, &uop->a, &a);
        lanes_fill(&one, F32_ONE);
        float_operand(warp, &uop->b, &c, false);
        return run_fma_lanes(warp, uop, active, &a, &one, &c);
}

static enum sm_outcome run_fhfma(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg a, b, c;

        widen_low_half(warp, uop, &uop->a, &a);
        widen_low_half(warp, uop, &uop->b, &b);
        float_operand(warp, &uop->c, &c, false);
        return run_fma_lanes(warp, uop, active, &a, &b, &c);
}

static void bind_fhadd(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        bind_ab(word, uop, false);
        bind_float_options(uop, sass_FHADD_round(w), FLUSH_NONE, sass_FHADD_saturate(w));
        uop->option[HALF_FORMAT] = sass_FHADD_format(w);
        uop->run = run_fhadd;
}

static void bind_fhfma(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        bind_abc(word, uop, false);
        bind_float_options(uop, sass_FHFMA_round(w), FLUSH_NONE, sass_FHFMA_saturate(w));
        uop->option[HALF_FORMAT] = sass_FHFMA_format(w);
        uop->run = run_fhfma;
}

/*
 * FADD2, FMUL2 and FFMA2 of sm_100: two operations on register pairs. option: those of FADD, and HALVES: for each source
 * (four bits) whether its pair is as it stands, swapped, or one register for both.
 */
enum { PACKED_HALVES = 3, PACKED_BITS = 4, PACKED_SWAPPED = 1, PACKED_SINGLE = 2, PACKED_UNKNOWN = 3 };

INLINE void load_packed(const struct warp *warp, const struct uop *uop, const struct operand *operand, unsigned position,
                        struct wide_room *d)
{
        uint32_t keep = operand->absolute ? ~(uint32_t)F32_SIGN : ~(uint32_t)0, flip = operand->negate ? F32_SIGN : 0;
        uint32_t how = uop->option[PACKED_HALVES] >> PACKED_BITS * position & PACKED_UNKNOWN;
        struct wide_room room;
        struct wide_source from = wide_source(warp, operand, &room);
        const struct vreg *low = how == PACKED_SWAPPED ? from.high : from.low;
        const struct vreg *high = how == PACKED_SWAPPED || how == PACKED_SINGLE ? from.low : from.high;

        for_each_lane(lane) {
                d->low.lane[lane] = (low->lane[lane] & keep) ^ flip;
                d->high.lane[lane] = (high->lane[lane] & keep) ^ flip;
        }
}

/* Both halves of a * b + c. */
INLINE enum sm_outcome run_packed(struct warp *warp, const struct uop *uop, lane_mask active, struct wide_room *a,
                                  struct wide_room *b, struct wide_room *c)
{
        struct uop upper = *uop;

        upper.d++;
        run_fma_lanes(warp, uop, active, &a->low, &b->low, &c->low);
        return run_fma_lanes(warp, &upper, active, &a->high, &b->high, &c->high);
}

static enum sm_outcome run_ffma2(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct wide_room a, b, c;

        load_packed(warp, uop, &uop->a, 0, &a);
        load_packed(warp, uop, &uop->b, 1, &b);
        load_packed(warp, uop, &uop->c, 2, &c);
        return run_packed(warp, uop, active, &a, &b, &c);
}

static enum sm_outcome run_fadd2(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct wide_room a, one, c;

        load_packed(warp, uop, &uop->a, 0, &a);
        load_packed(warp, uop, &uop->b, 2, &c);
        lanes_fill(&one.low, F32_ONE);
        lanes_fill(&one.high, F32_ONE);
        return run_packed(warp, uop, active, &a, &one, &c);
}

static enum sm_outcome run_fmul2(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct wide_room a, b, zero;

        load_packed(warp, uop, &uop->a, 0, &a);
        load_packed(warp, uop, &uop->b, 1, &b);
        if (uop->option[FLOAT_FLUSH] == FLUSH_FMZ) {
                clear_zero_products(&a.low, &b.low);
                clear_zero_products(&a.high, &b.high);
        }
        for_each_lane(lane) {
                zero.low.lane[lane] = (a.low.lane[lane] ^ b.low.lane[lane]) & F32_SIGN;
                zero.high.lane[lane] = (a.high.lane[lane] ^ b.high.lane[lane]) & F32_SIGN;
        }
        return run_packed(warp, uop, active, &a, &b, &zero);
}

/* False where the table has no meaning for how a source's halves are taken. */
static bool bind_packed_halves(struct uop *uop, uint32_t a, uint32_t b, uint32_t c)
{
        uop->option[PACKED_HALVES] = a | b << PACKED_BITS | c << 2 * PACKED_BITS;
        return a < PACKED_UNKNOWN && b < PACKED_UNKNOWN && c < PACKED_UNKNOWN;
}

/* A pair needs an even register, a single one does not. */
static unsigned packed_count(uint32_t halves) { return halves == PACKED_SINGLE ? 1 : 2; }

static bool bind_ffma2(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;
        uint32_t a = sass_FFMA2_Ra_suffix(w), b = sass_FFMA2_B_suffix(w), c = sass_FFMA2_C_suffix(w);

        bind_d(word, uop, 2);
        bind_abc_wide(word, uop, false, packed_count(a), packed_count(b), packed_count(c));
        bind_float_options(uop, sass_FFMA2_round(w), sass_FFMA2_flush(w), 0);
        uop->run = run_ffma2;
        return bind_packed_halves(uop, a, b, c);
}

static bool bind_fmul2(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;
        uint32_t a = sass_FMUL2_Ra_suffix(w), b = sass_FMUL2_B_suffix(w);

        bind_d(word, uop, 2);
        uop->a = bind_a(word, uop, packed_count(a), false);
        uop->b = bind_slot(word, uop, packed_count(b), false);
        bind_float_options(uop, sass_FMUL2_round(w), sass_FMUL2_flush(w), 0);
        uop->run = run_fmul2;
        return bind_packed_halves(uop, a, b, 0);
}

static bool bind_fadd2(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;
        uint32_t a = sass_FADD2_Ra_suffix(w), c = sass_FADD2_C_suffix(w);

        bind_d(word, uop, 2);
        uop->a = bind_a(word, uop, packed_count(a), false);
        uop->b = bind_slot(word, uop, packed_count(c), false);
        bind_float_options(uop, sass_FADD2_round(w), sass_FADD2_ftz(w), 0);
        uop->run = run_fadd2;
        return bind_packed_halves(uop, a, 0, c);
}

static bool bind_float(const struct sass_word *word, struct uop *uop)
{
        switch (word->opcode) {
        case SASS_FADD: bind_fadd(word, uop); return true;
        case SASS_FMUL: bind_fmul(word, uop); return true;
        case SASS_FFMA: bind_ffma(word, uop); return true;
        case SASS_FMNMX: bind_fmnmx(word, uop); return word->arch < 90 || !sass_FMNMX_is_a(word->word);
        case SASS_FMNMX3: bind_fmnmx3(word, uop); return true;
        case SASS_FSETP: bind_fsetp(word, uop); return true;
        case SASS_FSET: bind_fset(word, uop); return true;
        case SASS_FSEL: bind_fsel(word, uop); return true;
        case SASS_FADD2: return bind_fadd2(word, uop);
        case SASS_FMUL2: return bind_fmul2(word, uop);
        case SASS_FFMA2: return bind_ffma2(word, uop);
        case SASS_FHADD: bind_fhadd(word, uop); return true;
        case SASS_FHFMA: bind_fhfma(word, uop); return true;
        case SASS_FSWZADD: bind_fswzadd(word, uop); return true;
        case SASS_FCHK: bind_fchk(word, uop); return true;
        default: return false;
        }
}
