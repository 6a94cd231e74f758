/* Two 16-bit numbers in a register: fp16 and bf16 arithmetic and comparison. Included by isa.h only. */

#include "alu.h"

/*
 * option: FLAGS, SWIZZLES (three bits a source), COMPARE and BOOLEAN of the comparisons.
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
        HALF_OOB = 1024,   /* a factor that stands for a number outside of a tensor makes the result zero */
};
enum { SWIZZLE_H1_H0 = 0, SWIZZLE_F32 = 1, SWIZZLE_H0_H0 = 2, SWIZZLE_H1_H1 = 3, SWIZZLE_H0_NH1 = 4 };
enum { SWIZZLE_BITS = 3, SWIZZLE_MASK = 7 };
enum { HALF_SIGN = 0x8000, HALF_MAGNITUDE = 0x7fff };

struct halves {
        struct vreg low, high;
};

INLINE bool half_flag(const struct uop *uop, uint32_t flag) { return uop->option[HALF_FLAGS] & flag; }

/* A source's halves as its swizzle picks them, with signs applied and, where asked for, denormals flushed. */
INLINE void load_halves(const struct warp *warp, const struct uop *uop, const struct operand *operand, unsigned position,
                        struct halves *halves)
{
        uint32_t swizzle = uop->option[HALF_SWIZZLES] >> SWIZZLE_BITS * position & SWIZZLE_MASK;
        uint32_t low_shift = swizzle == SWIZZLE_H1_H1 || swizzle == SWIZZLE_H0_NH1 ? 16 : 0;
        uint32_t high_shift = swizzle == SWIZZLE_H0_H0 || swizzle == SWIZZLE_H0_NH1 ? 0 : 16;
        uint32_t keep = operand->absolute ? HALF_MAGNITUDE : 0xffff, flip = operand->negate ? HALF_SIGN : 0;
        uint32_t flip_low = swizzle == SWIZZLE_H0_NH1 ? flip ^ HALF_SIGN : flip;
        struct vreg room;
        const struct vreg *from = source(warp, operand, &room);

        for_each_lane(lane) {
                halves->low.lane[lane] = (from->lane[lane] >> low_shift & keep) ^ flip_low;
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

static uint32_t fma_to_odd_lane(uint32_t a, uint32_t b, uint32_t c)
{
        return f32_bits(sum_to_odd_f32(f32_value(a) * f32_value(b), f32_value(c)));
}

/* A sum or product of two needs no such care: 24 bits are more than twice 11. */
static uint32_t sum_lane(uint32_t a, uint32_t b) { return f32_bits(f32_value(a) + f32_value(b)); }
static uint32_t product_lane(uint32_t a, uint32_t b) { return f32_bits(f32_value(a) * f32_value(b)); }

/* bf16: a product may leave the range of fp32, so the fused form is in double. */
static inline uint32_t bf16_fma(uint32_t a, uint32_t b, uint32_t c)
{
        return bf16_round_nearest(sum_to_odd((double)bf16_value(a) * bf16_value(b), bf16_value(c)));
}

static inline uint32_t bf16_add(uint32_t a, uint32_t b) { return bf16_from_f32(f32_bits(bf16_value(a) + bf16_value(b))); }
static inline uint32_t bf16_multiply(uint32_t a, uint32_t b) { return bf16_from_f32(f32_bits(bf16_value(a) * bf16_value(b))); }

/* Lanes of fp16 to fp32, and of fp32 to fp16, to nearest: the host has instructions for that, if not for their NaNs. */
#if defined(__AVX512F__)
INLINE void widen_f16_lanes(struct vreg *d, const struct vreg *half)
{
        for (unsigned i = 0; i < LANES; i += 16)
                _mm512_store_ps(d->lane + i, _mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_load_si512(half->lane + i))));
}

INLINE void narrow_f16_lanes(struct vreg *d, const struct vreg *single)
{
        for (unsigned i = 0; i < LANES; i += 16) {
                __m512 value = _mm512_load_ps(single->lane + i);
                __m512i half = _mm512_cvtepu16_epi32(_mm512_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));

                half = _mm512_mask_mov_epi32(half, _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q), _mm512_set1_epi32(F16_NAN));
                _mm512_store_si512(d->lane + i, half);
        }
}
#elif defined(__F16C__)
INLINE void widen_f16_lanes(struct vreg *d, const struct vreg *half)
{
        for (unsigned i = 0; i < LANES; i += 8) {
                const __m128i *words = (const __m128i *)(half->lane + i);

                _mm256_store_ps((float *)d->lane + i, _mm256_cvtph_ps(_mm_packus_epi32(words[0], words[1])));
        }
}

INLINE void narrow_f16_lanes(struct vreg *d, const struct vreg *single)
{
        for (unsigned i = 0; i < LANES; i += 8) {
                __m256 value = _mm256_load_ps((const float *)single->lane + i);
                __m256i half = _mm256_cvtepu16_epi32(_mm256_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
                __m256 nan = _mm256_cmp_ps(value, value, _CMP_UNORD_Q);

                half = _mm256_blendv_epi8(half, _mm256_set1_epi32(F16_NAN), _mm256_castps_si256(nan));
                _mm256_store_si256((__m256i *)(d->lane + i), half);
        }
}
#else
INLINE void widen_f16_lanes(struct vreg *d, const struct vreg *half)
{
        for_each_lane(lane)
                d->lane[lane] = f32_bits(f16_value(half->lane[lane]));
}

INLINE void narrow_f16_lanes(struct vreg *d, const struct vreg *single)
{
        for_each_lane(lane)
                d->lane[lane] = f16_from_f32(single->lane[lane]);
}
#endif

INLINE void combine_f16_2(struct vreg *d, const struct vreg *a, const struct vreg *b, lane_function2 *function)
{
        struct vreg wide_a, wide_b, result;

        widen_f16_lanes(&wide_a, a);
        widen_f16_lanes(&wide_b, b);
        for_each_lane(lane)
                result.lane[lane] = function(wide_a.lane[lane], wide_b.lane[lane]);
        narrow_f16_lanes(d, &result);
}

INLINE void combine_f16_3(struct vreg *d, const struct vreg *a, const struct vreg *b, const struct vreg *c,
                          lane_function3 *function)
{
        struct vreg wide_a, wide_b, wide_c, result;

        widen_f16_lanes(&wide_a, a);
        widen_f16_lanes(&wide_b, b);
        widen_f16_lanes(&wide_c, c);
        for_each_lane(lane)
                result.lane[lane] = function(wide_a.lane[lane], wide_b.lane[lane], wide_c.lane[lane]);
        narrow_f16_lanes(d, &result);
}

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

/*
 * With .FTZ, results are flushed that are denormal if rounded without a least exponent. Where rounding made the least
 * normal number of them, that is looked at again. Sums of two are exact there.
 */
INLINE void flush_tiny_half(struct vreg *d, const struct vreg *a, const struct vreg *b, const struct vreg *c, bool bf16)
{
        uint32_t least_normal = bf16 ? 0x0080 : 0x0400;
        int exponent = bf16 ? -126 : -14, fraction_bits = bf16 ? 7 : 10;
        struct vreg doubtful;
        lane_mask lanes;

        for_each_lane(lane)
                doubtful.lane[lane] = (d->lane[lane] & HALF_MAGNITUDE) == least_normal;
        lanes = lanes_not_zero(&doubtful);
        for_each_lane_of(lane, lanes) {
                double product = (double)f32_value(widen_half(a->lane[lane], bf16)) * f32_value(widen_half(b->lane[lane], bf16));
                double exact = sum_to_odd(product, f32_value(widen_half(c->lane[lane], bf16)));

                if (__builtin_fabs(round_to_narrow(exact * AWAY_FROM_DENORMALS, fraction_bits, exponent))
                    < __builtin_ldexp(AWAY_FROM_DENORMALS, exponent))
                        d->lane[lane] &= HALF_SIGN;
        }
}

static const struct halves ZERO_HALVES;

INLINE void flush_tiny_halves(const struct uop *uop, struct halves *d, const struct halves *a, const struct halves *b,
                              const struct halves *c)
{
        if (!half_flag(uop, HALF_FTZ | HALF_FMZ))
                return;
        flush_tiny_half(&d->low, &a->low, &b->low, &c->low, half_flag(uop, HALF_BF16));
        flush_tiny_half(&d->high, &a->high, &b->high, &c->high, half_flag(uop, HALF_BF16));
}

/* HADD2. */
static enum sm_outcome run_hadd2(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct halves a, b, d;

        load_halves(warp, uop, &uop->a, 0, &a);
        load_halves(warp, uop, &uop->b, 1, &b);
        if (half_flag(uop, HALF_BF16)) {
                combine_halves2(&d, &a, &b, bf16_add);
        } else {
                combine_f16_2(&d.low, &a.low, &b.low, sum_lane);
                combine_f16_2(&d.high, &a.high, &b.high, sum_lane);
        }
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
INLINE enum sm_outcome widen_source(struct warp *warp, const struct uop *uop, lane_mask active, unsigned shift)
{
        struct vreg room, half, result;
        const struct vreg *b = source(warp, &uop->b, &room);

        for_each_lane(lane)
                half.lane[lane] = b->lane[lane] >> shift & 0xffff;
        widen_f16_lanes(&result, &half);
        for_each_lane(lane)
                result.lane[lane] = f32_is_nan(result.lane[lane]) ? F32_NAN : result.lane[lane];
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_widen_low(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return widen_source(warp, uop, active, 0);
}

static enum sm_outcome run_widen_high(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return widen_source(warp, uop, active, 16);
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
        if (half_flag(uop, HALF_BF16)) {
                combine_halves2(&d, &a, &b, bf16_multiply);
        } else {
                combine_f16_2(&d.low, &a.low, &b.low, product_lane);
                combine_f16_2(&d.high, &a.high, &b.high, product_lane);
        }
        flush_tiny_halves(uop, &d, &a, &b, &ZERO_HALVES);
        finish_halves(warp, uop, &d, active);
        return SM_NEXT;
}

/*
 * The NaN with which tensor maps fill what lies outside of a tensor: where a source holds it, its sign not looked at as an
 * operand's but as it stands, the result is zero (.OOB).
 */
enum { OUT_OF_BOUNDS_NAN = 0xfff7 };

INLINE void clear_out_of_bounds(const struct warp *warp, const struct uop *uop, const struct operand *operand,
                                unsigned position, struct halves *d)
{
        struct operand raw = *operand;
        struct halves source_halves;

        raw.negate = raw.absolute = false;
        load_halves(warp, uop, &raw, position, &source_halves);
        for_each_lane(lane) {
                d->low.lane[lane] = source_halves.low.lane[lane] == OUT_OF_BOUNDS_NAN ? 0 : d->low.lane[lane];
                d->high.lane[lane] = source_halves.high.lane[lane] == OUT_OF_BOUNDS_NAN ? 0 : d->high.lane[lane];
        }
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
        if (half_flag(uop, HALF_BF16)) {
                combine_halves3(&d, &a, &b, &c, bf16_fma);
        } else {
                combine_f16_3(&d.low, &a.low, &b.low, &c.low, fma_to_odd_lane);
                combine_f16_3(&d.high, &a.high, &b.high, &c.high, fma_to_odd_lane);
        }
        flush_tiny_halves(uop, &d, &a, &b, &c);
        if (half_flag(uop, HALF_OOB)) {
                clear_out_of_bounds(warp, uop, &uop->a, 0, &d);
                clear_out_of_bounds(warp, uop, &uop->b, 1, &d);
        }
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

/*
 * Sources lie where others have them, but the signs of the register at 64 are bits 84 and 83 and its swizzle is 81-82;
 * a's swizzle is 74-75, that of bits 32-63 is 60-61 unless they are an immediate, which is both halves.
 */
static struct operand bind_half_register_64(const struct sass_word *word, struct uop *uop, unsigned position)
{
        struct operand operand = bind_register_at(word, uop, 64, 1, false);

        operand.absolute = word_bits(word->word, 83, 1);
        operand.negate = word_bits(word->word, 84, 1);
        uop->option[HALF_SWIZZLES] |= (uint32_t)word_bits(word->word, 81, 2) << SWIZZLE_BITS * position;
        return operand;
}

static struct operand bind_half_slot(const struct sass_word *word, struct uop *uop, unsigned position)
{
        struct operand operand = bind_slot(word, uop, 1, false);

        if (operand.kind != OPERAND_IMMEDIATE || operand.is_constant)
                uop->option[HALF_SWIZZLES] |= (uint32_t)word_bits(word->word, 60, 2) << SWIZZLE_BITS * position;
        return operand;
}

static void bind_half_ab(const struct sass_word *word, struct uop *uop)
{
        uop->a = bind_a(word, uop, 1, false);
        uop->option[HALF_SWIZZLES] = (uint32_t)word_bits(word->word, 74, 2);
        uop->b = bind_half_slot(word, uop, 1);
}

static void bind_half_abc(const struct sass_word *word, struct uop *uop)
{
        enum operand_form form = word_form(word);

        uop->a = bind_a(word, uop, 1, false);
        uop->option[HALF_SWIZZLES] = (uint32_t)word_bits(word->word, 74, 2);
        if (form == FORM_C_IMMEDIATE || form == FORM_C_CONSTANT || form == FORM_C_UNIFORM) {
                uop->b = bind_half_register_64(word, uop, 1);
                uop->c = bind_half_slot(word, uop, 2);
        } else {
                uop->b = bind_half_slot(word, uop, 1);
                uop->c = bind_half_register_64(word, uop, 2);
        }
        if (word_bits(word->word, 86, 1)) /* b's swizzle has a third bit */
                uop->option[HALF_SWIZZLES] |= SWIZZLE_H0_NH1 << SWIZZLE_BITS;
}

/* The format fields: halves are 0. */
enum { FORMAT_TO_F32 = 1, FORMAT_OF_BF16 = 2 };

/* The field of HMUL2 and HFMA2 that says what is flushed. */
static const uint16_t FLUSH_FLAGS[4] = { 0, HALF_FTZ, HALF_FMZ, HALF_OOB };

static uint32_t flag_if(unsigned field, uint32_t flag) { return field ? flag : 0; }

static void bind_hadd2(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;
        unsigned format = sass_HADD2_format(w, word->arch);
        uint32_t flags = flag_if(sass_HADD2_ftz(w), HALF_FTZ) | flag_if(sass_HADD2_saturate(w), HALF_SATURATE)
                         | flag_if(format == FORMAT_OF_BF16, HALF_BF16);
        uint32_t swizzle_b;

        bind_d(word, uop, 1);
        bind_half_ab(word, uop);
        uop->option[HALF_FLAGS] = flags;
        swizzle_b = uop->option[HALF_SWIZZLES] >> SWIZZLE_BITS & SWIZZLE_MASK;
        if (format != FORMAT_TO_F32)
                uop->run = run_hadd2;
        else if (!flags && uop->a.index == SM_RZ && uop->a.negate && !uop->b.negate && !uop->b.absolute)
                uop->run = swizzle_b == SWIZZLE_H1_H1 ? run_widen_high : run_widen_low;
        else
                uop->run = run_hadd2_f32;
}

static void bind_hmul2(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        bind_half_ab(word, uop);
        uop->option[HALF_FLAGS] = FLUSH_FLAGS[sass_HMUL2_flush(w)] | flag_if(sass_HMUL2_saturate(w), HALF_SATURATE)
                                  | flag_if(sass_HMUL2_format(w) == FORMAT_OF_BF16, HALF_BF16);
        uop->run = run_hmul2;
}

/* HFMA2, and HFMA2.MMA, which does the same in another pipe. */
static void bind_fused_half(const struct sass_word *word, struct uop *uop, unsigned format, uint32_t flags)
{
        bind_d(word, uop, 1);
        bind_half_abc(word, uop);
        uop->option[HALF_FLAGS] = flags | flag_if(format == FORMAT_OF_BF16, HALF_BF16);
        if (format == FORMAT_TO_F32)
                uop->run = run_hfma2_f32;
        else
                uop->run = is_constant_load(uop) ? run_half_constant : run_hfma2;
}

static void bind_hfma2(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_fused_half(word, uop, sass_HFMA2_format(w, word->arch),
                        FLUSH_FLAGS[sass_HFMA2_flush(w)] | flag_if(sass_HFMA2_saturate(w), HALF_SATURATE)
                                | flag_if(sass_HFMA2_relu(w), HALF_RELU));
}

static void bind_hfma2_mma(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_fused_half(word, uop, sass_HFMA2_MMA_format(w),
                        FLUSH_FLAGS[sass_HFMA2_MMA_flush(w)] | flag_if(sass_HFMA2_MMA_saturate(w), HALF_SATURATE)
                                | flag_if(sass_HFMA2_MMA_relu(w), HALF_RELU));
}

static void bind_hmnmx2(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        bind_half_ab(word, uop);
        uop->p[0] = bind_predicate(sass_HMNMX2_Pa(w), sass_HMNMX2_Pa_negate(w));
        uop->option[HALF_FLAGS] = flag_if(sass_HMNMX2_ftz(w), HALF_FTZ) | flag_if(sass_HMNMX2_format(w) == FORMAT_OF_BF16, HALF_BF16)
                                  | flag_if(sass_HMNMX2_nan(w), HALF_NAN) | flag_if(sass_HMNMX2_xorsign(w), HALF_XORSIGN);
        uop->run = run_hmnmx2;
}

static void bind_hset2(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        bind_half_ab(word, uop);
        uop->p[0] = bind_predicate(sass_HSET2_Pa(w), sass_HSET2_Pa_negate(w));
        uop->option[HALF_FLAGS] = flag_if(sass_HSET2_ftz(w), HALF_FTZ) | flag_if(sass_HSET2_format(w) == FORMAT_OF_BF16, HALF_BF16)
                                  | flag_if(sass_HSET2_ones(w), HALF_ONES);
        uop->option[HALF_COMPARE] = sass_HSET2_compare(w);
        uop->option[HALF_BOOLEAN] = sass_HSET2_boolean(w);
        uop->run = run_hset2;
}

static void bind_hsetp2(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_half_ab(word, uop);
        bind_outputs(uop, sass_HSETP2_Pd(w), sass_HSETP2_Pd2(w));
        uop->p[0] = bind_predicate(sass_HSETP2_Pa(w), sass_HSETP2_Pa_negate(w));
        uop->option[HALF_FLAGS] = flag_if(sass_HSETP2_ftz(w), HALF_FTZ) | flag_if(sass_HSETP2_format(w) == FORMAT_OF_BF16, HALF_BF16)
                                  | flag_if(sass_HSETP2_both(w), HALF_BOTH);
        uop->option[HALF_COMPARE] = sass_HSETP2_compare(w);
        uop->option[HALF_BOOLEAN] = sass_HSETP2_boolean(w);
        uop->run = run_hsetp2;
}

static bool bind_half(const struct sass_word *word, struct uop *uop)
{
        switch (word->opcode) {
        case SASS_HADD2: bind_hadd2(word, uop); return true;
        case SASS_HMUL2: bind_hmul2(word, uop); return true;
        case SASS_HFMA2: bind_hfma2(word, uop); return true;
        case SASS_HFMA2_MMA: bind_hfma2_mma(word, uop); return true;
        case SASS_HMNMX2: bind_hmnmx2(word, uop); return word->arch < 90 || !sass_HMNMX2_is_a(word->word);
        case SASS_HSET2: bind_hset2(word, uop); return true;
        case SASS_HSETP2: bind_hsetp2(word, uop); return true;
        default: return false;
        }
}
