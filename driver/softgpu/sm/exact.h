/*
 * Numbers without rounding, and the one place where they are rounded.
 *
 * A float of any format is unpacked to sign, exponent and significand; sums and products are formed exactly (128 bits and
 * a sticky bit hold the sum of a 106-bit product and a 53-bit addend); `pack_number` rounds once. So every rounding mode of
 * every format is right by construction, on every host. It costs tens of nanoseconds a lane: the handlers use it for what
 * kernels do rarely, and the quick forms elsewhere are tested against it.
 */

#ifndef BAREWIRE_SM_EXACT_H
#define BAREWIRE_SM_EXACT_H

#include <stdbool.h>
#include <stdint.h>

/* The order of the rounding fields of FADD, FMUL, FFMA, DADD, F2F, I2F. */
enum rounding { ROUND_NEAREST = 0, ROUND_DOWN = 1, ROUND_UP = 2, ROUND_ZERO = 3, ROUND_NEAREST_AWAY = 4 };

enum number_kind { NUMBER_ZERO, NUMBER_FINITE, NUMBER_INFINITE, NUMBER_NAN };

/* The value significand * 2^exponent, and a little more in magnitude if `sticky`. */
struct number {
        enum number_kind kind;
        bool negative;
        bool sticky;
        int exponent;
        unsigned __int128 significand;
};

struct float_format {
        int fraction_bits;
        int exponent_bits;
        uint64_t canonical_nan;
        bool has_infinity; /* without: the largest exponent holds numbers too, and only all ones is NaN (e4m3) */
};

static const struct float_format FORMAT_F64 = { 52, 11, 0xfff8000000000000u, true };
static const struct float_format FORMAT_F32 = { 23, 8, 0x7fffffffu, true };
static const struct float_format FORMAT_TF32 = { 10, 8, 0x3ffffu, true };
static const struct float_format FORMAT_F16 = { 10, 5, 0x7fffu, true };
static const struct float_format FORMAT_BF16 = { 7, 8, 0x7fffu, true };
static const struct float_format FORMAT_E4M3 = { 3, 4, 0x7fu, false };
static const struct float_format FORMAT_E5M2 = { 2, 5, 0x7fu, true };

static inline int highest_bit(unsigned __int128 value)
{
        uint64_t high = (uint64_t)(value >> 64);

        return high ? 127 - __builtin_clzll(high) : 63 - __builtin_clzll((uint64_t)value);
}

static inline int exponent_bias(const struct float_format *format)
{
        return (1 << (format->exponent_bits - 1)) - 1;
}

static inline uint64_t exponent_mask(const struct float_format *format)
{
        return (1u << format->exponent_bits) - 1;
}

/* Bits of the largest finite magnitude. */
static inline uint64_t largest_finite(const struct float_format *format)
{
        uint64_t top = exponent_mask(format) << format->fraction_bits;

        return format->has_infinity ? top - 1 : top + ((1u << format->fraction_bits) - 2);
}

static inline uint64_t sign_bit(const struct float_format *format)
{
        return (uint64_t)1 << (format->fraction_bits + format->exponent_bits);
}

static inline struct number unpack_number(uint64_t bits, const struct float_format *format)
{
        uint64_t fraction = bits & (((uint64_t)1 << format->fraction_bits) - 1);
        uint64_t exponent = bits >> format->fraction_bits & exponent_mask(format);
        struct number number = { NUMBER_FINITE, bits & sign_bit(format), false, 0, fraction };

        if (format->has_infinity && exponent == exponent_mask(format)) {
                number.kind = fraction ? NUMBER_NAN : NUMBER_INFINITE;
        } else if (!format->has_infinity && (bits & (sign_bit(format) - 1)) == format->canonical_nan) {
                number.kind = NUMBER_NAN;
        } else if (exponent) {
                number.significand |= (uint64_t)1 << format->fraction_bits;
                number.exponent = (int)exponent - exponent_bias(format) - format->fraction_bits;
        } else if (fraction) {
                number.exponent = 1 - exponent_bias(format) - format->fraction_bits;
        } else {
                number.kind = NUMBER_ZERO;
        }
        return number;
}

static inline struct number number_from_integer(uint64_t magnitude, bool negative)
{
        return (struct number){ magnitude ? NUMBER_FINITE : NUMBER_ZERO, negative, false, 0, magnitude };
}

static inline struct number nan_number(void)
{
        return (struct number){ NUMBER_NAN, false, false, 0, 0 };
}

/* Whether a magnitude grows by one unit when `half` (the first bit dropped) and `rest` (any later one) are dropped. */
static inline bool rounds_up(bool odd, bool half, bool rest, bool negative, enum rounding mode)
{
        switch (mode) {
        case ROUND_NEAREST: return half && (rest || odd);
        case ROUND_NEAREST_AWAY: return half;
        case ROUND_DOWN: return negative && (half || rest);
        case ROUND_UP: return !negative && (half || rest);
        default: return false;
        }
}

/* `number`'s magnitude in units of 2^unit, rounded to an integer. The caller knows that it fits into 64 bits. */
static inline uint64_t round_to_unit(const struct number *number, int unit, enum rounding mode)
{
        int shift = unit - number->exponent;
        unsigned __int128 kept, dropped, half_unit;

        if (shift <= 0)
                return (uint64_t)(number->significand << -shift);
        if (shift > 127) /* far below half a unit */
                return rounds_up(false, false, true, number->negative, mode);
        kept = number->significand >> shift;
        dropped = number->significand - (kept << shift);
        half_unit = (unsigned __int128)1 << (shift - 1);
        return (uint64_t)kept + rounds_up(kept & 1, (dropped & half_unit) != 0,
                                          (dropped & (half_unit - 1)) != 0 || number->sticky, number->negative, mode);
}

static inline uint64_t overflowed(const struct float_format *format, bool negative, enum rounding mode, bool finite_only)
{
        bool toward_zero = mode == ROUND_ZERO || (mode == ROUND_DOWN && !negative) || (mode == ROUND_UP && negative);

        if (finite_only || toward_zero)
                return largest_finite(format);
        return format->has_infinity ? exponent_mask(format) << format->fraction_bits : format->canonical_nan;
}

/* Round to `format`. `finite_only` (SATFINITE) turns what would overflow, infinity too, into the largest number. */
static inline uint64_t pack_number(const struct number *number, const struct float_format *format, enum rounding mode,
                                   bool finite_only)
{
        int lowest_unit = 1 - exponent_bias(format) - format->fraction_bits;
        int unit;
        uint64_t sign = number->negative ? sign_bit(format) : 0;
        uint64_t magnitude;

        if (number->kind == NUMBER_NAN)
                return format->canonical_nan;
        if (number->kind == NUMBER_ZERO)
                return sign;
        if (number->kind == NUMBER_INFINITE)
                return sign | overflowed(format, number->negative, ROUND_NEAREST, finite_only);

        unit = number->exponent + highest_bit(number->significand) - format->fraction_bits;
        if (unit > lowest_unit + (int)exponent_mask(format))
                return sign | overflowed(format, number->negative, mode, finite_only);
        if (unit < lowest_unit)
                unit = lowest_unit;
        /* The unit's place and the significand's leading one add up to the exponent field; a carry runs into it. */
        magnitude = ((uint64_t)(unit - lowest_unit) << format->fraction_bits) + round_to_unit(number, unit, mode);
        if (magnitude > largest_finite(format))
                magnitude = overflowed(format, number->negative, mode, finite_only);
        return sign | magnitude;
}

static inline struct number multiply_numbers(struct number a, struct number b)
{
        struct number product = { NUMBER_FINITE, a.negative != b.negative, false, a.exponent + b.exponent, 0 };

        if (a.kind == NUMBER_NAN || b.kind == NUMBER_NAN)
                return nan_number();
        if (a.kind == NUMBER_INFINITE || b.kind == NUMBER_INFINITE) {
                if (a.kind == NUMBER_ZERO || b.kind == NUMBER_ZERO)
                        return nan_number();
                product.kind = NUMBER_INFINITE;
        } else if (a.kind == NUMBER_ZERO || b.kind == NUMBER_ZERO) {
                product.kind = NUMBER_ZERO;
        }
        product.significand = a.significand * b.significand;
        return product;
}

/* Shift the significand so that its highest bit is bit 125: room for a carry, nothing lost. */
static inline void normalize_number(struct number *number)
{
        int shift = 125 - highest_bit(number->significand);

        number->significand <<= shift;
        number->exponent -= shift;
}

/* The magnitude of `small` on the scale of `big`; what falls off is `*sticky`. Both are normalized, `small` is not larger. */
static inline unsigned __int128 align_number(const struct number *small, const struct number *big, bool *sticky)
{
        int shift = big->exponent - small->exponent;
        unsigned __int128 kept;

        *sticky = true;
        if (shift > 127)
                return 0;
        kept = small->significand >> shift;
        *sticky = kept << shift != small->significand;
        return kept;
}

/* Neither is zero, infinite or NaN, and neither is sticky. */
static inline struct number add_finite_numbers(struct number a, struct number b, enum rounding mode)
{
        struct number big, small, sum;
        unsigned __int128 aligned;

        normalize_number(&a);
        normalize_number(&b);
        big = a.exponent > b.exponent || (a.exponent == b.exponent && a.significand >= b.significand) ? a : b;
        small = big.exponent == a.exponent && big.significand == a.significand && big.negative == a.negative ? b : a;
        sum = big;
        aligned = align_number(&small, &big, &sum.sticky);
        if (big.negative == small.negative) {
                sum.significand += aligned;
        } else {
                sum.significand -= aligned + sum.sticky; /* a sticky bit then stands for one unit less its own value */
                if (!sum.significand && !sum.sticky)
                        return (struct number){ NUMBER_ZERO, mode == ROUND_DOWN, false, 0, 0 };
        }
        return sum;
}

static inline struct number add_numbers(struct number a, struct number b, enum rounding mode)
{
        if (a.kind == NUMBER_NAN || b.kind == NUMBER_NAN)
                return nan_number();
        if (a.kind == NUMBER_INFINITE && b.kind == NUMBER_INFINITE)
                return a.negative == b.negative ? a : nan_number();
        if (a.kind == NUMBER_INFINITE)
                return a;
        if (b.kind == NUMBER_INFINITE)
                return b;
        if (a.kind == NUMBER_ZERO && b.kind == NUMBER_ZERO) {
                a.negative = mode == ROUND_DOWN ? a.negative || b.negative : a.negative && b.negative;
                return a;
        }
        if (a.kind == NUMBER_ZERO)
                return b;
        if (b.kind == NUMBER_ZERO)
                return a;
        return add_finite_numbers(a, b, mode);
}

static inline uint64_t exact_add(uint64_t a, uint64_t b, const struct float_format *format, enum rounding mode)
{
        struct number sum = add_numbers(unpack_number(a, format), unpack_number(b, format), mode);

        return pack_number(&sum, format, mode, false);
}

static inline uint64_t exact_multiply(uint64_t a, uint64_t b, const struct float_format *format, enum rounding mode)
{
        struct number product = multiply_numbers(unpack_number(a, format), unpack_number(b, format));

        return pack_number(&product, format, mode, false);
}

static inline uint64_t exact_fma(uint64_t a, uint64_t b, uint64_t c, const struct float_format *format,
                                 enum rounding mode)
{
        struct number product = multiply_numbers(unpack_number(a, format), unpack_number(b, format));
        struct number sum = add_numbers(product, unpack_number(c, format), mode);

        return pack_number(&sum, format, mode, false);
}

#endif
