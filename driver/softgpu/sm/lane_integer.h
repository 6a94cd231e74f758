/*
 * Integer arithmetic of one lane, for both datapaths: what the words mean, without registers.
 *
 * Sums are formed in 64 bits, where a negated source is ~x + 1: so a negated zero carries, as the hardware has it.
 */

#ifndef BAREWIRE_SM_LANE_INTEGER_H
#define BAREWIRE_SM_LANE_INTEGER_H

#include <stdbool.h>
#include <stdint.h>

/* The fields' values of SHF's type, and of PRMT's mode. */
enum shift_type { SHIFT_S64 = 0, SHIFT_U64 = 1, SHIFT_S32 = 2, SHIFT_U32 = 3 };
enum prmt_mode {
        PRMT_INDEX = 0,
        PRMT_FORWARD_4 = 1,
        PRMT_BACKWARD_4 = 2,
        PRMT_REPLICATE_8 = 3,
        PRMT_EDGE_CLAMP_LEFT = 4,
        PRMT_EDGE_CLAMP_RIGHT = 5,
        PRMT_REPLICATE_16 = 6,
};

static inline uint64_t join(uint32_t low, uint32_t high) { return (uint64_t)high << 32 | low; }

/* One addend of a sum with carries: negated (~x + 1, 33 bits), or inverted where a carry comes in (.X). */
static inline uint64_t addend(uint32_t value, bool negate, bool extended)
{
        uint64_t plain = negate ? ~value : value;

        return plain + (negate && !extended);
}

/* Any function of three bits. */
static inline uint32_t lop3_word(uint32_t a, uint32_t b, uint32_t c, uint32_t table)
{
        uint32_t column[8];

        for (unsigned i = 0; i < 8; i++)
                column[i] = 0u - (table >> i & 1);
        for (unsigned i = 0; i < 4; i++)
                column[i] = column[2 * i] ^ (c & (column[2 * i] ^ column[2 * i + 1]));
        for (unsigned i = 0; i < 2; i++)
                column[i] = column[2 * i] ^ (b & (column[2 * i] ^ column[2 * i + 1]));
        return column[0] ^ (a & (column[0] ^ column[1]));
}

/* high:low shifted; the amount wraps or stops at the type's width. */
static inline uint64_t shift_word(uint32_t low, uint32_t amount, uint32_t high, enum shift_type type, bool right, bool wrap)
{
        uint32_t bits = type == SHIFT_S64 || type == SHIFT_U64 ? 64 : 32;
        uint32_t shift = wrap ? amount & (bits - 1) : amount < bits ? amount : bits;
        bool is_signed = type == SHIFT_S64 || type == SHIFT_S32;
        uint64_t value = join(low, high);

        if (right && is_signed)
                return (uint64_t)((int64_t)value >> (shift > 63 ? 63 : shift));
        if (shift > 63)
                return 0;
        return right ? value >> shift : value << shift;
}

/* a shifted left by 0..31 into 64 bits (the upper half of a comes from `high`), the low or the high word of it. */
static inline uint32_t lea_term(uint32_t a, uint32_t high, uint32_t shift, bool want_high)
{
        uint64_t shifted = join(a, high) << shift;

        return want_high ? (uint32_t)(shifted >> 32) : (uint32_t)shifted;
}

/* The highest bit that differs from the sign, ~0 where there is none. `shift_amount`: how far left of it bit 31 is. */
static inline uint32_t find_leading(uint32_t value, bool is_signed, bool shift_amount)
{
        uint32_t bits = is_signed && (value >> 31) ? ~value : value;
        uint32_t position;

        if (!bits)
                return ~(uint32_t)0;
        position = 31u - (uint32_t)__builtin_clz(bits);
        return shift_amount ? 31 - position : position;
}

static inline uint32_t reverse_bits(uint32_t value)
{
        value = (value >> 1 & 0x55555555u) | (value & 0x55555555u) << 1;
        value = (value >> 2 & 0x33333333u) | (value & 0x33333333u) << 2;
        value = (value >> 4 & 0x0f0f0f0fu) | (value & 0x0f0f0f0fu) << 4;
        return __builtin_bswap32(value);
}

static inline uint32_t count_ones(uint32_t value)
{
        value -= value >> 1 & 0x55555555u;
        value = (value & 0x33333333u) + (value >> 2 & 0x33333333u);
        value = (value + (value >> 4)) & 0x0f0f0f0fu;
        return value * 0x01010101u >> 24;
}

static inline uint32_t low_ones(uint32_t count) { return count > 31 ? ~(uint32_t)0 : (1u << count) - 1; }

/* `width` ones from bit `position` on. */
static inline uint32_t bit_mask(uint32_t position, uint32_t width, bool wrap)
{
        if (wrap)
                return low_ones(width & 31) << (position & 31);
        return position > 31 ? 0 : low_ones(width) << position;
}

/* The low `width` bits extended by their sign, or by zeros. */
static inline uint32_t extend_bits(uint32_t value, uint32_t width, bool is_signed, bool wrap)
{
        uint32_t bits = wrap ? width & 31 : width;
        uint32_t kept, sign;

        if (bits > 31)
                return value;
        if (!bits)
                return 0;
        kept = value & low_ones(bits);
        sign = is_signed ? kept >> (bits - 1) & 1 : 0;
        return kept | (sign ? ~low_ones(bits) : 0);
}

static inline uint32_t byte_of(uint64_t value, uint32_t index) { return (uint32_t)(value >> 8 * index) & 0xff; }

/* PRMT's index mode: each nibble of the selector picks a byte of b:a; its highest bit asks for the sign of that byte. */
static inline uint32_t permute_index(uint32_t a, uint32_t selector, uint32_t b)
{
        uint64_t bytes = join(a, b);
        uint32_t result = 0;

        for (unsigned i = 0; i < 4; i++) {
                uint32_t pick = selector >> 4 * i;
                uint32_t byte = (uint32_t)(bytes >> 8 * (pick & 7)) & 0xff;
                uint32_t sign = byte & 0x80 ? 0xff : 0;

                result |= (pick & 8 ? sign : byte) << 8 * i;
        }
        return result;
}

/* The byte of b:a that PRMT's other modes put at `place`. */
static inline uint32_t permute_pick(uint32_t mode, uint32_t selector, uint32_t place)
{
        uint32_t low = selector & 3;

        switch (mode) {
        case PRMT_FORWARD_4: return low + place;
        case PRMT_BACKWARD_4: return (low - place) & 7;
        case PRMT_REPLICATE_8: return low;
        case PRMT_EDGE_CLAMP_LEFT: return place > low ? place : low;
        case PRMT_EDGE_CLAMP_RIGHT: return place < low ? place : low;
        default: return 2 * (selector & 1) + (place & 1);
        }
}

static inline uint32_t permute_bytes(uint32_t a, uint32_t selector, uint32_t b, uint32_t mode)
{
        uint32_t result = 0;

        if (mode == PRMT_INDEX)
                return permute_index(a, selector, b);
        for (unsigned i = 0; i < 4; i++)
                result |= byte_of(join(a, b), permute_pick(mode, selector, i)) << 8 * i;
        return result;
}

/* A field of a word, extended to 32 bits: moved to the top, and down again. */
static inline int32_t part_of(uint32_t word, unsigned index, unsigned bits, bool is_signed)
{
        uint32_t top = word << (32 - bits * (index + 1));

        return is_signed ? (int32_t)top >> (32 - bits) : (int32_t)(top >> (32 - bits));
}

/* Four products of bytes, or two of a 16-bit half with a byte of b's low or high half, added to c. */
static inline uint32_t dot_product_4(uint32_t a, uint32_t b, uint32_t c, bool a_signed, bool b_signed)
{
        for (unsigned i = 0; i < 4; i++)
                c += (uint32_t)(part_of(a, i, 8, a_signed) * part_of(b, i, 8, b_signed));
        return c;
}

static inline uint32_t dot_product_2(uint32_t a, uint32_t b, uint32_t c, bool a_signed, bool b_signed, bool high)
{
        for (unsigned i = 0; i < 2; i++)
                c += (uint32_t)(part_of(a, i, 16, a_signed) * part_of(b, i + 2 * high, 8, b_signed));
        return c;
}

static inline uint32_t absolute_difference(uint32_t a, uint32_t b, bool is_signed)
{
        uint32_t bias = is_signed ? 0x80000000u : 0;

        return (a ^ bias) > (b ^ bias) ? a - b : b - a;
}

/* By bytes; the differences are the bytes of the result, or are added to c. */
static inline uint32_t absolute_difference_4(uint32_t a, uint32_t b, uint32_t c, bool is_signed, bool accumulate)
{
        uint32_t packed = 0, sum = c;

        for (unsigned i = 0; i < 4; i++) {
                int32_t difference = part_of(a, i, 8, is_signed) - part_of(b, i, 8, is_signed);
                uint32_t magnitude = (uint32_t)(difference < 0 ? -difference : difference);

                packed |= (magnitude & 0xff) << 8 * i;
                sum += magnitude;
        }
        return accumulate ? sum : packed;
}

/* A signed or unsigned integer into `bits` bits, saturated. */
static inline uint32_t saturate_integer(int64_t value, unsigned bits, bool is_signed)
{
        int64_t highest = is_signed ? (INT64_C(1) << (bits - 1)) - 1 : (INT64_C(1) << bits) - 1;
        int64_t lowest = is_signed ? -(INT64_C(1) << (bits - 1)) : 0;
        int64_t clamped = value < lowest ? lowest : value > highest ? highest : value;

        return (uint32_t)clamped & low_ones(bits);
}

static inline bool order_holds(bool less, bool equal, uint32_t compare)
{
        return ((compare & 1) && less) || ((compare & 2) && equal) || ((compare & 4) && !less && !equal);
}

#endif
