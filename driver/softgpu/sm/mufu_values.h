/*
 * What the multi-function unit computes, bit for bit, for 32 lanes at a time. Included by mufu.c only.
 *
 * All functions share one interpolator (S. Oberman and M. Siu, "A high-performance area-efficient multifunction
 * interpolator", ARITH 2005): the leading bits of the reduced argument choose a segment, the other 17 are x, and
 *
 *         p = c0 + c1 x + c2 s(x)
 *
 * where s is a squarer that leaves its low columns out. The sum is exact and then truncated. Widths, coefficients and the
 * squarer were found from an H100's outputs by scripts/fit_mufu.py; docs/sm-numerics.md says how they were proven.
 */
#ifndef BAREWIRE_SM_MUFU_VALUES_H
#define BAREWIRE_SM_MUFU_VALUES_H

#include "lanes.h"
#include "mufu_tables.h"

enum {
        MUFU_X_BITS = 17,
        MUFU_X_MASK = (1 << MUFU_X_BITS) - 1,
        MUFU_MANTISSA_BITS = 23,
        MUFU_MANTISSA_MASK = (1 << MUFU_MANTISSA_BITS) - 1,
        MUFU_BIAS = 127,
};

#define MUFU_NAN UINT32_C(0x7fffffff)
#define MUFU_INFINITY UINT32_C(0x7f800000)
#define MUFU_SIGN UINT32_C(0x80000000)
#define MUFU_ONE UINT32_C(0x3f800000)

/* The results of the functions' numbers in MUFU (bits 74-79 of the word). */
enum mufu_function {
        MUFU_COS,
        MUFU_SIN,
        MUFU_EX2,
        MUFU_LG2,
        MUFU_RCP,
        MUFU_RSQ,
        MUFU_RCP64H,
        MUFU_RSQ64H,
        MUFU_SQRT,
        MUFU_TANH,
        MUFU_FUNCTIONS,
};

/* An argument, reduced: which segment, and where in it. */
struct mufu_argument {
        struct vreg segment;
        struct vreg x;
};

/*
 * x squared, over 2^19, by an array of partial products x_i x_j whose columns below 2^19 do not exist. Of the upper bits
 * h = x >> 8 only the product of the lowest two is missing; a lower bit meets those of h that reach column 19.
 */
INLINE uint32_t mufu_square(uint32_t x)
{
        uint32_t whole = x >> 10;
        uint32_t square = whole * (2 * whole + (x >> 8 & 3));

        for (unsigned bit = 2; bit < 8; bit++)
                square += (UINT32_C(0) - (x >> bit & 1)) & x >> (18 - bit);
        return square;
}

/* Toward zero to the 24 bits of an fp32 number that is not denormal. */
INLINE uint32_t mufu_truncate(double value)
{
        uint64_t bits;
        float narrow;
        uint32_t result;

        memcpy(&bits, &value, sizeof bits);
        bits &= ~UINT64_C(0x1fffffff);
        memcpy(&value, &bits, sizeof value);
        narrow = (float)value;
        memcpy(&result, &narrow, sizeof result);
        return result;
}

/* One coefficient of each lane. `count` is 64 or 128. */
INLINE void mufu_lookup(const int32_t *table, unsigned count, const struct vreg *segment, struct vreg *value)
{
#if defined(__AVX512F__)
        for (unsigned i = 0; i < LANES; i += 16) {
                __m512i at = _mm512_load_si512(segment->lane + i);
                __mmask16 upper32 = _mm512_test_epi32_mask(at, _mm512_set1_epi32(32));
                __mmask16 upper64 = _mm512_test_epi32_mask(at, _mm512_set1_epi32(64));
                __m512i found[4];

                for (unsigned part = 0; part < count / 32; part++)
                        found[part] = _mm512_permutex2var_epi32(_mm512_load_si512(table + 32 * part), at,
                                                                _mm512_load_si512(table + 32 * part + 16));
                found[0] = _mm512_mask_mov_epi32(found[0], upper32, found[1]);
                if (count > 64) {
                        found[2] = _mm512_mask_mov_epi32(found[2], upper32, found[3]);
                        found[0] = _mm512_mask_mov_epi32(found[0], upper64, found[2]);
                }
                _mm512_store_si512(value->lane + i, found[0]);
        }
#else
        (void)count;
        for_each_lane(lane)
                value->lane[lane] = (uint32_t)table[segment->lane[lane]];
#endif
}

/* p of every lane. Each term and each sum is exact in double. */
INLINE void mufu_interpolate(const struct mufu_table *table, unsigned count, const struct mufu_argument *argument, double *p)
{
        struct vreg c0, c1, c2, square;

        mufu_lookup(table->c0, count, &argument->segment, &c0);
        mufu_lookup(table->c1, count, &argument->segment, &c1);
        mufu_lookup(table->c2, count, &argument->segment, &c2);
        for_each_lane(lane)
                square.lane[lane] = mufu_square(argument->x.lane[lane]);
        for_each_lane(lane) {
                double linear = (double)(int32_t)c1.lane[lane] * ((double)(int32_t)argument->x.lane[lane] * table->c1_unit);
                double quadratic = (double)(int32_t)c2.lane[lane] * ((double)(int32_t)square.lane[lane] * table->c2_unit);

                p[lane] = (double)(int32_t)c0.lane[lane] * table->c0_unit + table->offset + linear + quadratic;
        }
}

/* p as fp32, truncated. */
INLINE void mufu_interpolate_f32(const struct mufu_table *table, unsigned count, const struct mufu_argument *argument,
                                 struct vreg *value)
{
        _Alignas(64) double p[LANES];

        mufu_interpolate(table, count, argument, p);
        for_each_lane(lane)
                value->lane[lane] = mufu_truncate(p[lane]);
}

INLINE uint32_t mufu_exponent(uint32_t bits) { return bits >> MUFU_MANTISSA_BITS & 0xff; }
INLINE uint32_t mufu_mantissa(uint32_t bits) { return bits & MUFU_MANTISSA_MASK; }
INLINE uint32_t mufu_is_nan(uint32_t bits) { return (bits & ~MUFU_SIGN) > MUFU_INFINITY; }

/* `value`, a normal number, times 2^power; what would be denormal is zero. */
INLINE uint32_t mufu_scale(uint32_t value, int32_t power)
{
        int32_t exponent = (int32_t)mufu_exponent(value) + power;
        uint32_t scaled = value + ((uint32_t)power << MUFU_MANTISSA_BITS);

        return exponent <= 0 ? 0 : exponent >= 255 ? MUFU_INFINITY : scaled;
}

static void mufu_rcp(const struct vreg *in, struct vreg *out)
{
        struct mufu_argument argument;
        struct vreg p;

        for_each_lane(lane) {
                argument.segment.lane[lane] = mufu_mantissa(in->lane[lane]) >> 16;
                argument.x.lane[lane] = in->lane[lane] << 1 & MUFU_X_MASK;
        }
        mufu_interpolate_f32(&MUFU_RCP_TABLE, 128, &argument, &p);
        for_each_lane(lane) {
                uint32_t x = in->lane[lane], sign = x & MUFU_SIGN, exponent = mufu_exponent(x);
                uint32_t result = mufu_scale(p.lane[lane], MUFU_BIAS - (int32_t)exponent);

                result = exponent == 0 ? MUFU_INFINITY : exponent == 255 ? 0 : result;
                out->lane[lane] = mufu_is_nan(x) ? MUFU_NAN : sign | result;
        }
}

/* Roots halve the exponent: segments 64 and up are those of odd ones. */
INLINE void mufu_root_argument(const struct vreg *in, struct mufu_argument *argument)
{
        for_each_lane(lane) {
                uint32_t x = in->lane[lane], odd = ~x >> MUFU_MANTISSA_BITS & 1;

                argument->segment.lane[lane] = odd << 6 | mufu_mantissa(x) >> MUFU_X_BITS;
                argument->x.lane[lane] = x & MUFU_X_MASK;
        }
}

/* Half the exponent, rounded down, where an fp32 number has it. No root is too large or too small for fp32. */
INLINE uint32_t mufu_half_exponent(uint32_t x)
{
        return (uint32_t)(((int32_t)mufu_exponent(x) - MUFU_BIAS) >> 1) << MUFU_MANTISSA_BITS;
}

static void mufu_rsq(const struct vreg *in, struct vreg *out)
{
        struct mufu_argument argument;
        struct vreg p;

        mufu_root_argument(in, &argument);
        mufu_interpolate_f32(&MUFU_RSQ_TABLE, 128, &argument, &p);
        for_each_lane(lane) {
                uint32_t x = in->lane[lane], exponent = mufu_exponent(x);
                uint32_t power_of_4 = (x & ((2u << MUFU_MANTISSA_BITS) - 1)) == 1u << MUFU_MANTISSA_BITS;
                uint32_t result = (power_of_4 ? MUFU_ONE : p.lane[lane]) - mufu_half_exponent(x);

                result = exponent == 255 ? 0 : result;
                result = x & MUFU_SIGN ? MUFU_NAN : result;
                result = exponent == 0 ? (x & MUFU_SIGN) | MUFU_INFINITY : result;
                out->lane[lane] = mufu_is_nan(x) ? MUFU_NAN : result;
        }
}

static void mufu_sqrt(const struct vreg *in, struct vreg *out)
{
        struct mufu_argument argument;
        struct vreg p;

        mufu_root_argument(in, &argument);
        mufu_interpolate_f32(&MUFU_SQRT_TABLE, 128, &argument, &p);
        for_each_lane(lane) {
                uint32_t x = in->lane[lane], exponent = mufu_exponent(x);
                uint32_t result = p.lane[lane] + mufu_half_exponent(x);

                result = exponent == 255 ? MUFU_INFINITY : result;
                result = x & MUFU_SIGN ? MUFU_NAN : result;
                result = exponent == 0 ? x & MUFU_SIGN : result;
                out->lane[lane] = mufu_is_nan(x) ? MUFU_NAN : result;
        }
}

/*
 * 2^x. The argument becomes a fixed-point number of 23 fraction bits, truncated; a negative one is complemented, bit by
 * bit, unless its fraction is zero.
 */
static void mufu_ex2(const struct vreg *in, struct vreg *out)
{
        static const float LARGEST = 255.0f; /* beyond it nothing changes: infinity or zero */
        struct mufu_argument argument;
        struct vreg whole, p;

        for_each_lane(lane) {
                uint32_t x = in->lane[lane], magnitude_bits = x & ~MUFU_SIGN;
                float magnitude;
                int32_t fixed, negative;

                memcpy(&magnitude, &magnitude_bits, sizeof magnitude);
                magnitude = magnitude < LARGEST ? magnitude : LARGEST;
                fixed = (int32_t)(magnitude * 0x1p23f);
                negative = fixed & MUFU_MANTISSA_MASK ? ~fixed : -fixed;
                fixed = x & MUFU_SIGN ? negative : fixed;
                whole.lane[lane] = (uint32_t)(fixed >> MUFU_MANTISSA_BITS);
                argument.segment.lane[lane] = mufu_mantissa((uint32_t)fixed) >> MUFU_X_BITS;
                argument.x.lane[lane] = (uint32_t)fixed & MUFU_X_MASK;
        }
        mufu_interpolate_f32(&MUFU_EX2_TABLE, 64, &argument, &p);
        for_each_lane(lane) {
                uint32_t result = mufu_scale(p.lane[lane], (int32_t)whole.lane[lane]);

                out->lane[lane] = mufu_is_nan(in->lane[lane]) ? MUFU_NAN : result;
        }
}

/* The binary logarithm of 1.mantissa, plus the exponent; 36 fraction bits. A negative sum is complemented bit by bit. */
static void mufu_lg2(const struct vreg *in, struct vreg *out)
{
        static const double LAST_BIT = 0x1p-36, FLOOR = 0x1p16; /* a sum with FLOOR has LAST_BIT as its last bit */
        struct mufu_argument argument;
        _Alignas(64) double p[LANES];

        for_each_lane(lane) {
                argument.segment.lane[lane] = mufu_mantissa(in->lane[lane]) >> MUFU_X_BITS;
                argument.x.lane[lane] = in->lane[lane] & MUFU_X_MASK;
        }
        mufu_interpolate(&MUFU_LG2_TABLE, 64, &argument, p);
        for_each_lane(lane) {
                uint32_t x = in->lane[lane], exponent = mufu_exponent(x);
                double power = (double)((int32_t)exponent - MUFU_BIAS);
                /* p has two more bits: minus 3/8, to nearest is down */
                double fraction = (p[lane] - 0.375 * LAST_BIT + FLOOR) - FLOOR;
                double sum = power + (mufu_mantissa(x) == 0 && power >= 0 ? 0 : fraction);
                uint32_t result;

                sum = sum < 0 ? sum + LAST_BIT : sum;
                result = mufu_truncate(sum);
                result = exponent == 255 ? MUFU_INFINITY : result;
                result = x & MUFU_SIGN ? MUFU_NAN : result;
                result = exponent == 0 ? MUFU_SIGN | MUFU_INFINITY : result;
                out->lane[lane] = mufu_is_nan(x) ? MUFU_NAN : result;
        }
}

/*
 * The sine of x turns (ptxas multiplies radians by 1 / 2 pi beforehand): 2 bits of quadrant, then 23 of the angle in it,
 * truncated; every other quadrant runs backwards, its angle complemented. A cosine is one quadrant ahead.
 */
INLINE void mufu_wave(const struct vreg *in, struct vreg *out, uint32_t quadrants_ahead, bool odd)
{
        enum { ANGLE_BITS = 23, UNIT_EXPONENT = MUFU_BIAS - 2 }; /* numbers with this exponent are in units of the angle */
        struct mufu_argument argument;
        struct vreg p, sign;

        for_each_lane(lane) {
                uint32_t x = in->lane[lane], exponent = mufu_exponent(x);
                uint32_t significand = exponent ? mufu_mantissa(x) | 1u << MUFU_MANTISSA_BITS : 0;
                uint32_t left = exponent > UNIT_EXPONENT ? exponent - UNIT_EXPONENT : 0;
                uint32_t right = exponent < UNIT_EXPONENT ? UNIT_EXPONENT - exponent : 0;
                uint32_t turn = significand << (left < 31 ? left : 31) >> (right < 31 ? right : 31);
                uint32_t quadrant = (turn >> ANGLE_BITS) + quadrants_ahead;
                uint32_t angle = turn ^ (UINT32_C(0) - (quadrant & 1));

                sign.lane[lane] = (odd ? x & MUFU_SIGN : 0) ^ (quadrant & 2) << 30;
                argument.segment.lane[lane] = mufu_mantissa(angle) >> MUFU_X_BITS;
                argument.x.lane[lane] = angle & MUFU_X_MASK;
        }
        mufu_interpolate_f32(&MUFU_SIN_TABLE, 64, &argument, &p);
        for_each_lane(lane)
                out->lane[lane] = mufu_exponent(in->lane[lane]) == 255 ? MUFU_NAN : p.lane[lane] | sign.lane[lane];
}

static void mufu_sin(const struct vreg *in, struct vreg *out) { mufu_wave(in, out, 0, true); }
static void mufu_cos(const struct vreg *in, struct vreg *out) { mufu_wave(in, out, 1, false); }

/* Below 2^-8 it is x itself (denormals too), from 8 on it is 1. Between, each binade has segments of its own. */
static void mufu_tanh(const struct vreg *in, struct vreg *out)
{
        enum { FIRST_EXPONENT = MUFU_BIAS - 8, END_EXPONENT = MUFU_BIAS + 3, BINADES = END_EXPONENT - FIRST_EXPONENT };
        /* how many low bits of the mantissa are left out, and the first segment */
        static const uint32_t DROPPED[BINADES] = {6, 6, 6, 5, 5, 4, 4, 4, 3, 2, 3};
        static const uint32_t SEGMENT[BINADES] = {0, 1, 2, 3, 5, 7, 11, 15, 19, 27, 43};
        struct mufu_argument argument;
        struct vreg p, binade;

        for_each_lane(lane) {
                int32_t at = (int32_t)mufu_exponent(in->lane[lane]) - FIRST_EXPONENT;

                at = at < 0 ? 0 : at;
                binade.lane[lane] = (uint32_t)(at < BINADES ? at : BINADES - 1);
        }
        for_each_lane(lane) {
                uint32_t kept = mufu_mantissa(in->lane[lane]) >> DROPPED[binade.lane[lane]];

                argument.segment.lane[lane] = SEGMENT[binade.lane[lane]] + (kept >> MUFU_X_BITS);
                argument.x.lane[lane] = kept & MUFU_X_MASK;
        }
        mufu_interpolate_f32(&MUFU_TANH_TABLE, 64, &argument, &p);
        for_each_lane(lane) {
                uint32_t x = in->lane[lane], exponent = mufu_exponent(x);
                uint32_t result = exponent >= END_EXPONENT ? MUFU_ONE : p.lane[lane];

                result = exponent < FIRST_EXPONENT ? x & ~MUFU_SIGN : result;
                out->lane[lane] = mufu_is_nan(x) ? MUFU_NAN : result | (x & MUFU_SIGN);
        }
}

/*
 * RCP64H and RSQ64H take and give the high words of fp64 numbers: the mantissa's 20 bits go through the same segments.
 * `parity` keeps the exponent even or odd for the roots.
 */
enum { HIGH_MANTISSA_BITS = 20, HIGH_BIAS = 1023, HIGH_EXPONENT_MAX = 2047, HIGH_SHORTER = MUFU_MANTISSA_BITS - HIGH_MANTISSA_BITS };
#define HIGH_INFINITY UINT32_C(0x7ff00000)

INLINE uint32_t mufu_high_exponent(uint32_t x) { return x >> HIGH_MANTISSA_BITS & HIGH_EXPONENT_MAX; }

/* The fp32 number of the same mantissa, its exponent 0 or 1. */
INLINE uint32_t mufu_from_high(uint32_t x, uint32_t exponent)
{
        return (MUFU_BIAS + exponent) << MUFU_MANTISSA_BITS | (x << HIGH_SHORTER & MUFU_MANTISSA_MASK);
}

/* A positive fp32 number times 2^power as a high word; what would be denormal is zero. */
INLINE uint32_t mufu_to_high(uint32_t value, int32_t power)
{
        int32_t exponent = (int32_t)mufu_exponent(value) - MUFU_BIAS + power + HIGH_BIAS;

        return exponent <= 0 ? 0 : (uint32_t)exponent << HIGH_MANTISSA_BITS | mufu_mantissa(value) >> HIGH_SHORTER;
}

static void mufu_rcp64h(const struct vreg *in, struct vreg *out)
{
        struct vreg narrow;

        for_each_lane(lane)
                narrow.lane[lane] = mufu_from_high(in->lane[lane], 0);
        mufu_rcp(&narrow, &narrow);
        for_each_lane(lane) {
                uint32_t x = in->lane[lane], sign = x & MUFU_SIGN, exponent = mufu_high_exponent(x);
                uint32_t result = mufu_to_high(narrow.lane[lane], HIGH_BIAS - (int32_t)exponent);

                result = exponent == 0 ? HIGH_INFINITY : exponent == HIGH_EXPONENT_MAX ? 0 : result;
                out->lane[lane] = (x & ~MUFU_SIGN) > HIGH_INFINITY ? MUFU_NAN : sign | result;
        }
}

static void mufu_rsq64h(const struct vreg *in, struct vreg *out)
{
        struct vreg narrow;

        for_each_lane(lane)
                narrow.lane[lane] = mufu_from_high(in->lane[lane], ~in->lane[lane] >> HIGH_MANTISSA_BITS & 1);
        mufu_rsq(&narrow, &narrow);
        for_each_lane(lane) {
                uint32_t x = in->lane[lane], exponent = mufu_high_exponent(x);
                uint32_t result = mufu_to_high(narrow.lane[lane], -(((int32_t)exponent - HIGH_BIAS) >> 1));

                result = exponent == HIGH_EXPONENT_MAX ? 0 : result;
                result = x & MUFU_SIGN ? MUFU_NAN : result;
                result = exponent == 0 ? (x & MUFU_SIGN) | HIGH_INFINITY : result;
                out->lane[lane] = (x & ~MUFU_SIGN) > HIGH_INFINITY ? MUFU_NAN : result;
        }
}

typedef void mufu_values(const struct vreg *in, struct vreg *out);

static mufu_values *const MUFU_VALUES[MUFU_FUNCTIONS] = {
        [MUFU_COS] = mufu_cos, [MUFU_SIN] = mufu_sin, [MUFU_EX2] = mufu_ex2, [MUFU_LG2] = mufu_lg2,
        [MUFU_RCP] = mufu_rcp, [MUFU_RSQ] = mufu_rsq, [MUFU_RCP64H] = mufu_rcp64h, [MUFU_RSQ64H] = mufu_rsq64h,
        [MUFU_SQRT] = mufu_sqrt, [MUFU_TANH] = mufu_tanh,
};

#endif
