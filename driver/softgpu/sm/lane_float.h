/*
 * fp32, fp16 and bf16 arithmetic of one lane, written so that a loop over 32 lanes becomes vector instructions.
 *
 * No rounding mode of the host is ever changed: sums that need another rounding, or one rounding in a narrower format, are
 * formed in double and rounded to odd (the last bit is set where the sum is inexact), after which one rounding to at most
 * 24 bits in any direction is right (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums").
 * Products of two fp32 numbers are exact in double. The host must round to nearest and keep denormals: its default.
 */

#ifndef BAREWIRE_SM_LANE_FLOAT_H
#define BAREWIRE_SM_LANE_FLOAT_H

#include "exact.h"

#include <string.h>

enum {
        F32_SIGN = 0x80000000u,
        F32_INFINITY = 0x7f800000u,
        F32_NAN = 0x7fffffffu, /* what every fp32 operation returns for NaN */
        F32_ONE = 0x3f800000u,
        F16_NAN = 0x7fffu, /* of bf16 too */
};

static inline float f32_value(uint32_t bits)
{
        float value;

        memcpy(&value, &bits, sizeof value);
        return value;
}

static inline uint32_t f32_bits(float value)
{
        uint32_t bits;

        memcpy(&bits, &value, sizeof bits);
        return bits;
}

static inline double f64_value(uint64_t bits)
{
        double value;

        memcpy(&value, &bits, sizeof value);
        return value;
}

static inline uint64_t f64_bits(double value)
{
        uint64_t bits;

        memcpy(&bits, &value, sizeof bits);
        return bits;
}

static inline uint32_t f32_is_nan(uint32_t bits) { return (bits & ~F32_SIGN) > F32_INFINITY; }

/* A denormal becomes zero of its sign (.FTZ). */
static inline uint32_t f32_flush(uint32_t bits) { return bits & F32_INFINITY ? bits : bits & F32_SIGN; }

static inline uint32_t f32_canonical(float value) { return value != value ? F32_NAN : f32_bits(value); }

/* .SAT: into [0, 1], NaN and -0 become +0. */
static inline uint32_t f32_saturate(uint32_t bits)
{
        uint32_t clamped = bits > F32_ONE ? F32_ONE : bits;

        return (bits & F32_SIGN) || f32_is_nan(bits) ? 0 : clamped;
}

/* a + b in double, rounded to odd. */
static inline double sum_to_odd(double a, double b)
{
        double sum = a + b;
        double part = sum - a;
        double error = (a - (sum - part)) + (b - part);
        uint64_t bits = f64_bits(sum);
        uint64_t away = (error > 0) == (sum > 0) ? 1 : ~(uint64_t)0;
        uint64_t inexact_even = ((error > 0) | (error < 0)) & ~bits & 1;

        return f64_value(bits + (inexact_even ? away : 0));
}

/* The sum's zero is negative where rounding is downward and either addend is a negative zero or they cancel. */
static inline double signed_zero_sum(double a, double b, double sum, enum rounding mode)
{
        uint64_t either = (f64_bits(a) | f64_bits(b)) & (uint64_t)1 << 63;

        return mode == ROUND_DOWN && sum == 0 ? f64_value(f64_bits(sum) | either) : sum;
}

/* `exact`, which holds an exact result or one rounded to odd, to fp32. */
static inline uint32_t f32_round(double exact, enum rounding mode)
{
        float nearest = (float)exact;
        double back = nearest;
        uint32_t bits = f32_bits(nearest);
        uint32_t too_large = back > exact, too_small = back < exact;
        uint32_t negative = bits >> 31;

        switch (mode) {
        case ROUND_DOWN: bits += too_large ? (negative ? 1 : -1u) : 0; break;
        case ROUND_UP: bits += too_small ? (negative ? -1u : 1) : 0; break;
        case ROUND_ZERO: bits -= negative ? too_small : too_large; break;
        default: break;
        }
        return exact != exact ? F32_NAN : bits;
}

static inline uint32_t f32_add_rounded(uint32_t a, uint32_t b, enum rounding mode)
{
        double left = f32_value(a), right = f32_value(b);

        return f32_round(signed_zero_sum(left, right, sum_to_odd(left, right), mode), mode);
}

static inline uint32_t f32_multiply_rounded(uint32_t a, uint32_t b, enum rounding mode)
{
        return f32_round((double)f32_value(a) * (double)f32_value(b), mode);
}

static inline uint32_t f32_fma_rounded(uint32_t a, uint32_t b, uint32_t c, enum rounding mode)
{
        double product = (double)f32_value(a) * (double)f32_value(b), addend = f32_value(c);

        return f32_round(signed_zero_sum(product, addend, sum_to_odd(product, addend), mode), mode);
}

static inline uint32_t f32_add(uint32_t a, uint32_t b) { return f32_canonical(f32_value(a) + f32_value(b)); }

static inline uint32_t f32_multiply(uint32_t a, uint32_t b) { return f32_canonical(f32_value(a) * f32_value(b)); }

static inline uint32_t f32_fma(uint32_t a, uint32_t b, uint32_t c)
{
#ifdef __FMA__
        return f32_canonical(__builtin_fmaf(f32_value(a), f32_value(b), f32_value(c)));
#else
        return f32_fma_rounded(a, b, c, ROUND_NEAREST);
#endif
}

/* Round a double to a 16-bit format with `fraction_bits` and smallest normal exponent `lowest_exponent`: the value is
 * brought to the unit of that format by adding and subtracting 1.5 * 2^52 units. Exact in the end, save for overflow. */
static inline double round_to_narrow(double exact, int fraction_bits, int lowest_exponent)
{
        int64_t exponent = (int64_t)(f64_bits(exact) >> 52 & 0x7ff) - 1023;
        int64_t floor_exponent = exponent < lowest_exponent ? lowest_exponent : exponent;
        double magic = f64_value((uint64_t)(floor_exponent + 1023 + 52 - fraction_bits) << 52 | (uint64_t)1 << 51);
        double rounded = (exact + magic) - magic;

        /* Infinity and NaN stay; a result of zero keeps the sign of what it came from. */
        rounded = exponent >= 1024 - 64 ? exact : rounded;
        return f64_value((f64_bits(rounded) & ~((uint64_t)1 << 63)) | (f64_bits(exact) & (uint64_t)1 << 63));
}

/* A factor that takes every denormal result to where exponents are not limited, exactly. */
static const double AWAY_FROM_DENORMALS = 0x1p64;

static inline float f16_value(uint32_t half)
{
        uint32_t sign = (half & 0x8000) << 16;
        uint32_t magnitude = half & 0x7fff;
        /* Denormals and normals alike: place the bits in a float's fraction and exponent, then scale by 2^112. */
        float scaled = f32_value(magnitude << 13) * 0x1p112f;
        uint32_t bits = magnitude >= 0x7c00 ? (magnitude > 0x7c00 ? F32_NAN : F32_INFINITY) : f32_bits(scaled);

        return f32_value(bits | sign);
}

static inline float bf16_value(uint32_t bits) { return f32_value(bits << 16); }

/* A float that is exactly a half (or overflows: 65536 and more) to its bits. */
static inline uint32_t f16_bits_of_exact(float value)
{
        uint32_t bits = f32_bits(value);
        uint32_t magnitude = bits & ~F32_SIGN;
        uint32_t small = f32_bits(f32_value(magnitude) * 0x1p-112f) >> 13;
        uint32_t half = magnitude >= 0x47800000u ? 0x7c00 : small;

        return magnitude > F32_INFINITY ? F16_NAN : half | (bits >> 16 & 0x8000);
}

static inline uint32_t f16_round_nearest(double exact)
{
        return f16_bits_of_exact((float)round_to_narrow(exact, 10, -14));
}

static inline uint32_t bf16_round_nearest(double exact)
{
        float value = (float)round_to_narrow(exact, 7, -126);

        return value != value ? F16_NAN : f32_bits(value) >> 16;
}

/* fp32 to bf16, to nearest. */
static inline uint32_t bf16_from_f32(uint32_t bits)
{
        return f32_is_nan(bits) ? F16_NAN : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

/* fp32 to fp16, to nearest. */
static inline uint32_t f16_from_f32(uint32_t bits)
{
        uint32_t magnitude = bits & ~F32_SIGN;
        uint32_t normal = (magnitude + 0xfff + (magnitude >> 13 & 1) - 0x38000000u) >> 13;
        /* Below 2^-14 the unit is 2^-24: adding 0.5 leaves the count of units in the low bits of the sum. */
        uint32_t denormal = f32_bits(f32_value(magnitude) + 0.5f) - 0x3f000000u;
        uint32_t half = magnitude < 0x38800000u ? denormal : normal;

        half = half > 0x7c00 ? 0x7c00 : half;
        return magnitude > F32_INFINITY ? F16_NAN : half | (bits >> 16 & 0x8000);
}

static inline uint32_t f16_is_nan(uint32_t half) { return (half & 0x7fff) > 0x7c00; }
static inline uint32_t bf16_is_nan(uint32_t bits) { return (bits & 0x7fff) > 0x7f80; }

/* A denormal half becomes zero of its sign. */
static inline uint32_t f16_flush(uint32_t half) { return half & 0x7c00 ? half : half & 0x8000; }
static inline uint32_t bf16_flush(uint32_t bits) { return bits & 0x7f80 ? bits : bits & 0x8000; }

#endif
