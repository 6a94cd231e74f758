/* Conversions between formats. Included by isa.h only. */

#include "alu.h"
#include "lane_integer.h"

/* option: FROM, TO (float formats, or integer ones), ROUND, FLAGS. */
enum { CONVERT_FROM = 0, CONVERT_TO = 1, CONVERT_ROUND = 2, CONVERT_FLAGS = 3 };
enum convert_format {
        CONVERT_F16, CONVERT_F32, CONVERT_F64, CONVERT_BF16, CONVERT_TF32, CONVERT_E4M3, CONVERT_E5M2,
        CONVERT_U8, CONVERT_S8, CONVERT_U16, CONVERT_S16, CONVERT_U32, CONVERT_S32, CONVERT_U64, CONVERT_S64,
};
enum {
        CONVERT_FTZ = 1,
        CONVERT_SATURATE = 2,    /* into [0, 1], or into the integer's range */
        CONVERT_NAN_TO_ZERO = 4, /* .NTZ */
        CONVERT_INTEGRAL = 8,    /* round to an integer first (FRND) */
        CONVERT_RELU = 16,
        CONVERT_FINITE = 32,     /* .SATFINITE */
        CONVERT_UNPACK = 64,     /* F2FP: both results come from the two halves of b */
        CONVERT_MERGE = 128,     /* F2FP: the other half of the result is a half of c */
        CONVERT_H1 = 256,        /* the source's upper half; for MERGE, of c */
};
/* For narrow sources, which byte or half of the register: in the bits above the flags. */
enum { CONVERT_PART_SHIFT = 16 };

INLINE bool convert_flag(const struct uop *uop, uint32_t flag) { return uop->option[CONVERT_FLAGS] & flag; }

static const struct float_format *float_format_of(uint32_t format)
{
        static const struct float_format *const FORMATS[] = {
                &FORMAT_F16, &FORMAT_F32, &FORMAT_F64, &FORMAT_BF16, &FORMAT_TF32, &FORMAT_E4M3, &FORMAT_E5M2,
        };

        return FORMATS[format];
}

INLINE unsigned integer_bits(uint32_t format) { return 8u << (format - CONVERT_U8) / 2; }
INLINE bool integer_is_signed(uint32_t format) { return (format - CONVERT_U8) % 2; }
INLINE bool is_wide_format(uint32_t format)
{
        return format == CONVERT_F64 || format == CONVERT_U64 || format == CONVERT_S64;
}

/* The number rounded to an integer, as a number. */
static struct number integral_number(const struct number *number, enum rounding mode)
{
        struct number integer = *number;

        if (number->kind != NUMBER_FINITE || number->exponent >= 0)
                return integer;
        integer.significand = round_to_unit(number, 0, mode);
        integer.exponent = 0;
        integer.kind = integer.significand ? NUMBER_FINITE : NUMBER_ZERO;
        return integer;
}

/* Into an integer format, clamped to its range. NaN is the format's lowest (or, unsigned, its middle), or zero. */
static uint64_t integer_of_number(const struct number *number, uint32_t format, enum rounding mode, bool nan_to_zero)
{
        unsigned bits = integer_bits(format);
        bool is_signed = integer_is_signed(format);
        uint64_t top = UINT64_C(1) << (bits - 1), ones = top | (top - 1);
        uint64_t limit = is_signed ? (number->negative ? top : top - 1) : number->negative ? 0 : ones;
        struct number integer = integral_number(number, mode);
        uint64_t magnitude;

        if (number->kind == NUMBER_NAN)
                return nan_to_zero ? 0 : top;
        if (integer.kind == NUMBER_ZERO)
                return 0;
        if (integer.kind == NUMBER_INFINITE || integer.exponent + highest_bit(integer.significand) > 63)
                magnitude = limit;
        else
                magnitude = (uint64_t)(integer.exponent > 0 ? integer.significand << integer.exponent : integer.significand);
        if (magnitude > limit)
                magnitude = limit;
        return (number->negative ? 0 - magnitude : magnitude) & ones;
}

static struct number number_of_integer(uint64_t value, uint32_t format)
{
        unsigned bits = integer_bits(format);
        uint64_t top = UINT64_C(1) << (bits - 1), ones = top | (top - 1);
        bool negative = integer_is_signed(format) && (value & top);

        return number_from_integer((negative ? 0 - value : value) & ones, negative);
}

INLINE uint64_t flush_denormal(uint64_t bits, const struct float_format *format)
{
        return bits >> format->fraction_bits & exponent_mask(format) ? bits : bits & sign_bit(format);
}

/* One float to another format, or to the same (FRND). */
static uint64_t convert_float(const struct uop *uop, uint64_t bits)
{
        const struct float_format *from = float_format_of(uop->option[CONVERT_FROM]);
        const struct float_format *to = float_format_of(uop->option[CONVERT_TO]);
        enum rounding mode = (enum rounding)uop->option[CONVERT_ROUND];
        struct number number;
        uint64_t result;

        if (convert_flag(uop, CONVERT_FTZ) && from == &FORMAT_F32)
                bits = flush_denormal(bits, from);
        number = unpack_number(bits, from);
        if (convert_flag(uop, CONVERT_INTEGRAL))
                number = integral_number(&number, mode);
        if (convert_flag(uop, CONVERT_SATURATE) && (number.negative || number.kind == NUMBER_NAN))
                return 0;
        if (convert_flag(uop, CONVERT_RELU) && number.kind != NUMBER_NAN && number.negative)
                return 0;
        result = pack_number(&number, to, mode, convert_flag(uop, CONVERT_FINITE));
        if (convert_flag(uop, CONVERT_FTZ) && to == &FORMAT_F32)
                result = flush_denormal(result, to);
        if (convert_flag(uop, CONVERT_SATURATE)) {
                uint64_t one = (uint64_t)exponent_bias(to) << to->fraction_bits;

                return result > one ? one : result;
        }
        return result;
}

static uint64_t convert_float_to_integer(const struct uop *uop, uint64_t bits)
{
        const struct float_format *from = float_format_of(uop->option[CONVERT_FROM]);
        struct number number;

        if (convert_flag(uop, CONVERT_FTZ) && from == &FORMAT_F32)
                bits = flush_denormal(bits, from);
        number = unpack_number(bits, from);
        return integer_of_number(&number, uop->option[CONVERT_TO], (enum rounding)uop->option[CONVERT_ROUND],
                                 convert_flag(uop, CONVERT_NAN_TO_ZERO));
}

static uint64_t convert_integer_to_float(const struct uop *uop, uint64_t bits)
{
        struct number number = number_of_integer(bits, uop->option[CONVERT_FROM]);

        return pack_number(&number, float_format_of(uop->option[CONVERT_TO]), (enum rounding)uop->option[CONVERT_ROUND],
                           false);
}

/* I2I: an integer clamped to a narrower type; the result is extended to the register. */
static uint64_t convert_integer(const struct uop *uop, uint64_t bits)
{
        struct number number = number_of_integer(bits, uop->option[CONVERT_FROM]);
        uint64_t result = integer_of_number(&number, uop->option[CONVERT_TO], ROUND_ZERO, true);

        return extend_bits((uint32_t)result, integer_bits(uop->option[CONVERT_TO]), integer_is_signed(uop->option[CONVERT_TO]),
                           false);
}

/* The bits of the source b in one lane: a part of the register for the narrow formats, signs applied to floats. */
INLINE uint64_t convert_source_lane(const struct uop *uop, struct wide_source b, unsigned lane)
{
        uint32_t format = uop->option[CONVERT_FROM];
        uint32_t part = uop->option[CONVERT_FLAGS] >> CONVERT_PART_SHIFT;
        uint64_t bits = is_wide_format(format) ? wide_lane(b, lane) : b.low->lane[lane] >> part;
        const struct float_format *from;

        if (format >= CONVERT_U8)
                return bits;
        from = float_format_of(format);
        bits &= sign_bit(from) | (sign_bit(from) - 1);
        if (uop->b.absolute)
                bits &= sign_bit(from) - 1;
        return uop->b.negate ? bits ^ sign_bit(from) : bits;
}

typedef uint64_t convert_function(const struct uop *uop, uint64_t bits);

INLINE enum sm_outcome run_convert(struct warp *warp, const struct uop *uop, lane_mask active, convert_function *function)
{
        struct wide_room room, result;
        struct wide_source b = wide_source(warp, &uop->b, &room);

        for_each_lane_of(lane, active) {
                uint64_t value = function(uop, convert_source_lane(uop, b, lane));

                result.low.lane[lane] = (uint32_t)value;
                result.high.lane[lane] = (uint32_t)(value >> 32);
        }
        for_each_lane_of(idle, ~active)
                result.low.lane[idle] = result.high.lane[idle] = 0;
        if (is_wide_format(uop->option[CONVERT_TO]))
                write_wide(warp, uop, &result, active);
        else
                write_register(warp, uop->d, &result.low, active);
        return SM_NEXT;
}

static enum sm_outcome run_f2f(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return run_convert(warp, uop, active, convert_float);
}

static enum sm_outcome run_f2i(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return run_convert(warp, uop, active, convert_float_to_integer);
}

static enum sm_outcome run_i2f(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return run_convert(warp, uop, active, convert_integer_to_float);
}

static enum sm_outcome run_i2i(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return run_convert(warp, uop, active, convert_integer);
}

/* fp32 to and from 32-bit integers is common enough for vectors. */
INLINE uint32_t f32_to_s32(uint32_t bits, uint32_t nan)
{
        float value = f32_value(bits);
        int32_t inside = (int32_t)(value >= -0x1p31f && value < 0x1p31f ? value : 0);
        uint32_t clamped = value >= 0x1p31f ? 0x7fffffffu : value < -0x1p31f ? 0x80000000u : (uint32_t)inside;

        return value != value ? nan : clamped;
}

INLINE uint32_t f32_to_u32(uint32_t bits, uint32_t nan)
{
        float value = f32_value(bits);
        bool upper = value >= 0x1p31f;
        float lowered = upper ? value - 0x1p31f : value;
        uint32_t inside = (uint32_t)(int32_t)(lowered >= 0 && lowered < 0x1p31f ? lowered : 0);
        uint32_t clamped = value >= 0x1p32f ? ~(uint32_t)0 : inside + (upper ? 0x80000000u : 0);

        return value != value ? nan : clamped;
}

INLINE uint32_t f32_integral(uint32_t bits, enum rounding mode)
{
        switch (mode) {
        case ROUND_NEAREST: return f32_bits(__builtin_rintf(f32_value(bits)));
        case ROUND_DOWN: return f32_bits(__builtin_floorf(f32_value(bits)));
        case ROUND_UP: return f32_bits(__builtin_ceilf(f32_value(bits)));
        default: return f32_bits(__builtin_truncf(f32_value(bits)));
        }
}

/* NaN passes: what becomes of it is the caller's. */
INLINE void integral_lanes(struct vreg *d, const struct vreg *b, enum rounding mode)
{
        switch (mode) {
        case ROUND_NEAREST:
                for_each_lane(lane)
                        d->lane[lane] = f32_integral(b->lane[lane], ROUND_NEAREST);
                break;
        case ROUND_DOWN:
                for_each_lane(lane)
                        d->lane[lane] = f32_integral(b->lane[lane], ROUND_DOWN);
                break;
        case ROUND_UP:
                for_each_lane(lane)
                        d->lane[lane] = f32_integral(b->lane[lane], ROUND_UP);
                break;
        default:
                for_each_lane(lane)
                        d->lane[lane] = f32_integral(b->lane[lane], ROUND_ZERO);
                break;
        }
}

static enum sm_outcome run_f2i_word(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t nan = convert_flag(uop, CONVERT_NAN_TO_ZERO) ? 0 : 0x80000000u;
        struct vreg room, integral, result;

        integral_lanes(&integral, float_source(warp, &uop->b, &room), (enum rounding)uop->option[CONVERT_ROUND]);
        if (uop->option[CONVERT_TO] == CONVERT_S32)
                for_each_lane(lane)
                        result.lane[lane] = f32_to_s32(integral.lane[lane], nan);
        else
                for_each_lane(lane)
                        result.lane[lane] = f32_to_u32(integral.lane[lane], nan);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_i2f_word(struct warp *warp, const struct uop *uop, lane_mask active)
{
        bool is_signed = uop->option[CONVERT_FROM] == CONVERT_S32;
        struct vreg room, result;
        const struct vreg *b = source(warp, &uop->b, &room);

        switch (uop->option[CONVERT_ROUND]) {
        case ROUND_NEAREST:
                if (is_signed)
                        for_each_lane(lane)
                                result.lane[lane] = f32_bits((float)(int32_t)b->lane[lane]);
                else
                        for_each_lane(lane)
                                result.lane[lane] = f32_bits((float)b->lane[lane]);
                break;
        default: /* every 32-bit integer is exact in double */
                for_each_lane(lane) {
                        double exact = is_signed ? (double)(int32_t)b->lane[lane] : (double)b->lane[lane];

                        result.lane[lane] = f32_round(exact, (enum rounding)uop->option[CONVERT_ROUND]);
                }
                break;
        }
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_frnd_word(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room, result;

        integral_lanes(&result, float_source(warp, &uop->b, &room), (enum rounding)uop->option[CONVERT_ROUND]);
        for_each_lane(lane)
                result.lane[lane] = f32_is_nan(result.lane[lane]) ? F32_NAN : result.lane[lane];
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static sm_handler *convert_handler(const struct uop *uop, sm_handler *general)
{
        uint32_t from = uop->option[CONVERT_FROM], to = uop->option[CONVERT_TO];
        bool whole = !(uop->option[CONVERT_FLAGS] & ~(uint32_t)(CONVERT_NAN_TO_ZERO | CONVERT_INTEGRAL));

        if (general == run_f2i && whole && from == CONVERT_F32 && (to == CONVERT_S32 || to == CONVERT_U32))
                return run_f2i_word;
        if (general == run_i2f && whole && to == CONVERT_F32 && (from == CONVERT_S32 || from == CONVERT_U32))
                return run_i2f_word;
        if (general == run_f2f && from == CONVERT_F32 && to == CONVERT_F32
            && uop->option[CONVERT_FLAGS] == CONVERT_INTEGRAL)
                return run_frnd_word;
        return general;
}

/*
 * F2FP: two results into one register. They come from a (upper) and b (lower), or from the two halves of b (UNPACK); with
 * MERGE only the lower half is new, and a half of c stays above it. Two fp8 numbers fill one half.
 */
static uint32_t pack_pair(const struct uop *uop, uint64_t upper, uint64_t lower, uint32_t c)
{
        uint32_t to = uop->option[CONVERT_TO];
        uint32_t width = to == CONVERT_E4M3 || to == CONVERT_E5M2 ? 8 : 16;
        uint32_t kept = (convert_flag(uop, CONVERT_H1) ? c >> 16 : c) << 16;
        uint32_t pair = (uint32_t)(convert_float(uop, upper) << width | convert_float(uop, lower));

        return width == 8 && convert_flag(uop, CONVERT_MERGE) ? kept | pair : pair;
}

static uint32_t convert_pair(const struct uop *uop, uint32_t a, uint32_t b, uint32_t c)
{
        uint32_t from = uop->option[CONVERT_FROM], to = uop->option[CONVERT_TO];
        uint32_t bits = from == CONVERT_E4M3 || from == CONVERT_E5M2 ? 8 : 16;

        if (convert_flag(uop, CONVERT_UNPACK)) {
                uint32_t pair = b >> (bits == 8 && convert_flag(uop, CONVERT_H1) ? 16 : 0);

                return pack_pair(uop, pair >> bits & low_ones(bits), pair & low_ones(bits), c);
        }
        if (convert_flag(uop, CONVERT_MERGE) && to != CONVERT_E4M3 && to != CONVERT_E5M2)
                return (convert_flag(uop, CONVERT_H1) ? c >> 16 : c) << 16 | (uint32_t)convert_float(uop, b);
        return pack_pair(uop, a, b, c);
}

static enum sm_outcome run_f2fp(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room_a, room_b, room_c, result;
        const struct vreg *a = float_source(warp, &uop->a, &room_a);
        const struct vreg *b = float_source(warp, &uop->b, &room_b);
        const struct vreg *c = source(warp, &uop->c, &room_c);

        lanes_fill(&result, 0);
        for_each_lane_of(lane, active)
                result.lane[lane] = convert_pair(uop, a->lane[lane], b->lane[lane], c->lane[lane]);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* fp32 to two fp16 or two bf16, to nearest. */
static uint32_t pack_f16_lane(uint32_t a, uint32_t b) { return f16_from_f32(a) << 16 | f16_from_f32(b); }
static uint32_t pack_bf16_lane(uint32_t a, uint32_t b) { return bf16_from_f32(a) << 16 | bf16_from_f32(b); }

static enum sm_outcome run_pack_f16(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return float2(warp, uop, active, pack_f16_lane);
}

static enum sm_outcome run_pack_bf16(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return float2(warp, uop, active, pack_bf16_lane);
}

static sm_handler *f2fp_handler(const struct uop *uop)
{
        if (uop->option[CONVERT_FROM] != CONVERT_F32 || uop->option[CONVERT_FLAGS] || uop->option[CONVERT_ROUND] != ROUND_NEAREST)
                return run_f2fp;
        if (uop->option[CONVERT_TO] == CONVERT_F16)
                return run_pack_f16;
        return uop->option[CONVERT_TO] == CONVERT_BF16 ? run_pack_bf16 : run_f2fp;
}

/*
 * I2IP and F2IP: a and b clamped to narrow integers, side by side at the bottom; c moves up over them.
 */
INLINE uint32_t pack_integers(uint32_t upper, uint32_t lower, uint32_t c, unsigned bits)
{
        uint32_t pair = upper << bits | lower;

        return bits == 16 ? pair : c << 2 * bits | pair;
}

/* option for I2IP: FROM, TO, and in FLAGS the width of a 4-bit result. */
enum { NARROW_BITS = 3 };

static enum sm_outcome run_i2ip(struct warp *warp, const struct uop *uop, lane_mask active)
{
        unsigned bits = uop->option[NARROW_BITS];
        bool from_signed = integer_is_signed(uop->option[CONVERT_FROM]), to_signed = uop->option[CONVERT_TO];
        struct vreg room_a, room_b, room_c, result;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);
        const struct vreg *c = source(warp, &uop->c, &room_c);

        for_each_lane(lane) {
                int64_t upper = from_signed ? (int64_t)(int32_t)a->lane[lane] : (int64_t)a->lane[lane];
                int64_t lower = from_signed ? (int64_t)(int32_t)b->lane[lane] : (int64_t)b->lane[lane];

                result.lane[lane] = pack_integers(saturate_integer(upper, bits, to_signed),
                                                  saturate_integer(lower, bits, to_signed), c->lane[lane], bits);
        }
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_f2ip(struct warp *warp, const struct uop *uop, lane_mask active)
{
        unsigned bits = integer_bits(uop->option[CONVERT_TO]);
        struct vreg room_a, room_b, room_c, result;
        const struct vreg *a = float_source(warp, &uop->a, &room_a);
        const struct vreg *b = float_source(warp, &uop->b, &room_b);
        const struct vreg *c = source(warp, &uop->c, &room_c);

        lanes_fill(&result, 0);
        for_each_lane_of(lane, active) {
                uint32_t upper = (uint32_t)convert_float_to_integer(uop, a->lane[lane]);
                uint32_t lower = (uint32_t)convert_float_to_integer(uop, b->lane[lane]);

                result.lane[lane] = pack_integers(upper, lower, c->lane[lane], bits);
        }
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static bool bind_convert(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        return false;
}
