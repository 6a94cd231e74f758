/* Conversions between formats. Included by isa.h only. */

#include "alu.h"
#include "lane_integer.h"

/* option: FROM, TO (float formats, or integer ones), ROUND, FLAGS. */
enum { CONVERT_FROM = 0, CONVERT_TO = 1, CONVERT_ROUND = 2, CONVERT_FLAGS = 3 };
enum convert_format {
        CONVERT_F16, CONVERT_F32, CONVERT_F64, CONVERT_BF16, CONVERT_TF32, CONVERT_E4M3, CONVERT_E5M2,
        CONVERT_U8, CONVERT_S8, CONVERT_U16, CONVERT_S16, CONVERT_U32, CONVERT_S32, CONVERT_U64, CONVERT_S64,
        NO_FORMAT,
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

/*
 * Conversions from and to fp64 keep the sign and the leading bits of a NaN's payload, made quiet; others return the
 * canonical NaN of their format.
 */
static uint64_t convert_nan(uint64_t bits, const struct float_format *from, const struct float_format *to)
{
        int shift = to->fraction_bits - from->fraction_bits;
        uint64_t payload = bits & ((UINT64_C(1) << from->fraction_bits) - 1);
        uint64_t sign = bits & sign_bit(from) ? sign_bit(to) : 0;

        if (from != &FORMAT_F64 && to != &FORMAT_F64)
                return to->canonical_nan;
        payload = shift < 0 ? payload >> -shift : payload << shift;
        return sign | exponent_mask(to) << to->fraction_bits | UINT64_C(1) << (to->fraction_bits - 1) | payload;
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
        if (number.kind == NUMBER_NAN)
                return convert_nan(bits, from, to);
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

/* F2I: a narrow signed result fills the register; what stands for NaN does not. */
static uint64_t convert_float_to_register(const struct uop *uop, uint64_t bits)
{
        uint32_t to = uop->option[CONVERT_TO];
        uint64_t result = convert_float_to_integer(uop, bits);

        if (is_wide_format(to) || unpack_number(bits, float_format_of(uop->option[CONVERT_FROM])).kind == NUMBER_NAN)
                return result;
        return extend_bits((uint32_t)result, integer_bits(to), integer_is_signed(to), false);
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
        uint64_t bits = is_wide_format(format) ? wide_lane(b, lane) : b.low->lane[lane] >> (part & 31);
        const struct float_format *from;

        if (format >= CONVERT_U8)
                return bits;
        from = float_format_of(format);
        bits &= sign_bit(from) | (sign_bit(from) - 1);
        if (unpack_number(bits, from).kind == NUMBER_NAN)
                return bits; /* its sign is left alone */
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
        return run_convert(warp, uop, active, convert_float_to_register);
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

/* The source b as fp32, flushed where the instruction says so. */
INLINE void convert_source_f32(const struct warp *warp, const struct uop *uop, struct vreg *d)
{
        struct vreg room;
        const struct vreg *b = float_source(warp, &uop->b, &room);

        if (convert_flag(uop, CONVERT_FTZ))
                for_each_lane(lane)
                        d->lane[lane] = f32_flush(b->lane[lane]);
        else
                *d = *b;
}

static enum sm_outcome run_f2i_word(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t nan = convert_flag(uop, CONVERT_NAN_TO_ZERO) ? 0 : 0x80000000u;
        struct vreg b, integral, result;

        convert_source_f32(warp, uop, &b);
        integral_lanes(&integral, &b, (enum rounding)uop->option[CONVERT_ROUND]);
        if (uop->option[CONVERT_TO] == CONVERT_S32)
                for_each_lane(lane)
                        result.lane[lane] = f32_to_s32(integral.lane[lane], nan);
        else
                for_each_lane(lane)
                        result.lane[lane] = f32_to_u32(integral.lane[lane], nan);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* Every 32-bit integer is exact in double. */
INLINE void round_words(struct vreg *d, const struct vreg *b, bool is_signed, enum rounding mode)
{
        for_each_lane(lane) {
                double low = (double)(int32_t)b->lane[lane];

                d->lane[lane] = f32_round(is_signed || low >= 0 ? low : low + 0x1p32, mode);
        }
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
        case ROUND_UP: round_words(&result, b, is_signed, ROUND_UP); break;
        case ROUND_DOWN: round_words(&result, b, is_signed, ROUND_DOWN); break;
        default: round_words(&result, b, is_signed, ROUND_ZERO); break;
        }
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_frnd_word(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg b, result;

        convert_source_f32(warp, uop, &b);
        integral_lanes(&result, &b, (enum rounding)uop->option[CONVERT_ROUND]);
        for_each_lane(lane)
                result.lane[lane] = f32_is_nan(result.lane[lane]) ? F32_NAN : result.lane[lane];
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* fp64 to nearest from and to fp32, and from and to 32-bit integers. The host treats NaN as the GPU does. */
static enum sm_outcome run_f64_from_f32(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t keep = uop->b.absolute ? ~(uint32_t)F32_SIGN : ~(uint32_t)0, flip = uop->b.negate ? F32_SIGN : 0;
        struct vreg room;
        const struct vreg *b = source(warp, &uop->b, &room);
        struct dreg result;

        for_each_lane(lane) {
                uint32_t bits = b->lane[lane];
                uint32_t with_sign = f32_is_nan(bits) ? bits : (bits & keep) ^ flip;

                result.lane[lane] = f64_bits((double)f32_value(with_sign));
        }
        write_double(warp, uop, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_f32_from_f64(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct dreg b;
        struct vreg result;

        load_double(warp, &uop->b, &b);
        for_each_lane(lane)
                result.lane[lane] = f32_bits((float)f64_value(b.lane[lane]));
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_s32_from_f64(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct dreg b;
        struct vreg result;

        load_double(warp, &uop->b, &b);
        for_each_lane(lane) {
                double value = f64_value(b.lane[lane]);
                double inside = value > -0x1p31 && value < 0x1p31 ? value : 0;
                uint32_t outside = value >= 0x1p31 ? 0x7fffffffu : 0x80000000u; /* NaN too */

                result.lane[lane] = value > -0x1p31 && value < 0x1p31 ? (uint32_t)(int32_t)inside : outside;
        }
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_f64_from_word(struct warp *warp, const struct uop *uop, lane_mask active)
{
        bool is_signed = uop->option[CONVERT_FROM] == CONVERT_S32;
        struct vreg room;
        const struct vreg *b = source(warp, &uop->b, &room);
        struct dreg result;

        for_each_lane(lane) {
                double low = (double)(int32_t)b->lane[lane];

                result.lane[lane] = f64_bits(is_signed || low >= 0 ? low : low + 0x1p32);
        }
        write_double(warp, uop, &result, active);
        return SM_NEXT;
}

/* Conversions that fp64 code is full of; NULL if this is none. */
static sm_handler *double_handler(const struct uop *uop, sm_handler *general)
{
        uint32_t from = uop->option[CONVERT_FROM], to = uop->option[CONVERT_TO], round = uop->option[CONVERT_ROUND];

        if (uop->option[CONVERT_FLAGS])
                return NULL;
        if (general == run_f2f && from == CONVERT_F32 && to == CONVERT_F64)
                return run_f64_from_f32;
        if (general == run_f2f && from == CONVERT_F64 && to == CONVERT_F32 && round == ROUND_NEAREST)
                return run_f32_from_f64;
        if (general == run_f2i && from == CONVERT_F64 && to == CONVERT_S32 && round == ROUND_ZERO)
                return run_s32_from_f64;
        if (general == run_i2f && (from == CONVERT_S32 || from == CONVERT_U32) && to == CONVERT_F64)
                return run_f64_from_word;
        return NULL;
}

/* Integral doubles, NaN among them. */
INLINE void integral_doubles(struct dreg *d, enum rounding mode)
{
        switch (mode) {
        case ROUND_NEAREST:
                for_each_lane(lane)
                        d->lane[lane] = f64_bits(__builtin_rint(f64_value(d->lane[lane])));
                break;
        case ROUND_DOWN:
                for_each_lane(lane)
                        d->lane[lane] = f64_bits(__builtin_floor(f64_value(d->lane[lane])));
                break;
        case ROUND_UP:
                for_each_lane(lane)
                        d->lane[lane] = f64_bits(__builtin_ceil(f64_value(d->lane[lane])));
                break;
        default:
                for_each_lane(lane)
                        d->lane[lane] = f64_bits(__builtin_trunc(f64_value(d->lane[lane])));
                break;
        }
}

/* FRND.F64. */
static enum sm_outcome run_frnd_double(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct dreg b;

        load_double(warp, &uop->b, &b);
        integral_doubles(&b, (enum rounding)uop->option[CONVERT_ROUND]);
        for_each_lane(lane) /* some hosts leave a signalling NaN as it is */
                b.lane[lane] |= f64_is_nan(b.lane[lane]) ? F64_QUIET : 0;
        write_double(warp, uop, &b, active);
        return SM_NEXT;
}

/* What a float becomes in an integer format: the limits as numbers and as bits. */
struct integer_limits {
        double lowest, beyond; /* representable: lowest <= value < beyond */
        uint64_t least, greatest, nan;
};

static struct integer_limits limits_of(uint32_t format, bool nan_to_zero)
{
        unsigned bits = integer_bits(format);
        uint64_t top = UINT64_C(1) << (bits - 1);
        double half_range = __builtin_ldexp(1.0, (int)bits - 1);
        struct integer_limits limits = { 0, 2 * half_range, 0, top | (top - 1), nan_to_zero ? 0 : top };

        if (integer_is_signed(format))
                limits = (struct integer_limits){ -half_range, half_range, 0 - top, top - 1, limits.nan };
        return limits;
}

/*
 * An integral double as an integer, clamped. Its two words are split exactly; adding 1.5 * 2^52 leaves a word in the low
 * bits of the sum.
 */
INLINE uint64_t clamp_integral(double value, struct integer_limits limits)
{
        const double magic = 0x1.8p52;
        bool inside = value >= limits.lowest && value < limits.beyond;
        double safe = inside ? value : 0;
        double high = __builtin_floor(safe * 0x1p-32), low = safe - high * 0x1p32;
        uint64_t bits = f64_bits(high + magic) << 32 | (f64_bits(low + magic) & 0xffffffffu);
        uint64_t outside = value < limits.lowest ? limits.least : value == value ? limits.greatest : limits.nan;

        return inside ? bits : outside;
}

/* F2I from fp32 or fp64 to any integer. */
static enum sm_outcome run_f2i_any(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct integer_limits limits = limits_of(uop->option[CONVERT_TO], convert_flag(uop, CONVERT_NAN_TO_ZERO));
        struct dreg value;

        if (uop->option[CONVERT_FROM] == CONVERT_F64) {
                load_double(warp, &uop->b, &value);
        } else {
                struct vreg b;

                convert_source_f32(warp, uop, &b);
                for_each_lane(lane)
                        value.lane[lane] = f64_bits((double)f32_value(b.lane[lane]));
        }
        integral_doubles(&value, (enum rounding)uop->option[CONVERT_ROUND]);
        for_each_lane(lane)
                value.lane[lane] = clamp_integral(f64_value(value.lane[lane]), limits);
        if (is_wide_format(uop->option[CONVERT_TO])) {
                write_double(warp, uop, &value, active);
        } else {
                struct vreg low;

                for_each_lane(lane)
                        low.lane[lane] = (uint32_t)value.lane[lane];
                write_register(warp, uop->d, &low, active);
        }
        return SM_NEXT;
}

/* An unsigned word as a double. */
INLINE double double_of_word(uint32_t word) { return f64_value(f64_bits(0x1p52) | word) - 0x1p52; }

/* I2F from any integer: its two words as doubles, of which the sum is the number. */
struct integer_parts {
        struct dreg high, low;
};

INLINE void load_integer(const struct warp *warp, const struct uop *uop, struct integer_parts *parts)
{
        uint32_t from = uop->option[CONVERT_FROM];
        bool is_signed = integer_is_signed(from);
        unsigned unused = integer_bits(from) < 32 ? 32 - integer_bits(from) : 0;
        uint32_t part = uop->option[CONVERT_FLAGS] >> CONVERT_PART_SHIFT & 31;
        struct wide_room room;
        struct wide_source b = wide_source(warp, &uop->b, &room);

        for_each_lane(lane) {
                uint32_t top = b.low->lane[lane] >> part << unused;
                uint32_t low = is_signed && unused ? (uint32_t)((int32_t)top >> unused) : top >> unused;
                uint32_t high = is_signed ? (uint32_t)((int32_t)low >> 31) : 0;

                high = is_wide_format(from) ? b.high->lane[lane] : high;
                parts->high.lane[lane] = f64_bits((is_signed ? (double)(int32_t)high : double_of_word(high)) * 0x1p32);
                parts->low.lane[lane] = f64_bits(double_of_word(low));
        }
}

INLINE void round_parts(struct vreg *d, const struct integer_parts *parts, enum rounding mode)
{
        for_each_lane(lane)
                d->lane[lane] = f32_round(sum_to_odd(f64_value(parts->high.lane[lane]), f64_value(parts->low.lane[lane])), mode);
}

static enum sm_outcome run_i2f_any(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct integer_parts parts;
        struct vreg result;

        load_integer(warp, uop, &parts);
        switch (uop->option[CONVERT_ROUND]) {
        case ROUND_NEAREST: round_parts(&result, &parts, ROUND_NEAREST); break;
        case ROUND_DOWN: round_parts(&result, &parts, ROUND_DOWN); break;
        case ROUND_UP: round_parts(&result, &parts, ROUND_UP); break;
        default: round_parts(&result, &parts, ROUND_ZERO); break;
        }
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_i2f_double(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct integer_parts parts;
        struct dreg result;

        load_integer(warp, uop, &parts);
        for_each_lane(lane)
                result.lane[lane] = f64_bits(f64_value(parts.high.lane[lane]) + f64_value(parts.low.lane[lane]));
        write_double(warp, uop, &result, active);
        return SM_NEXT;
}

static sm_handler *f2i_handler(const struct uop *uop)
{
        uint32_t from = uop->option[CONVERT_FROM], to = uop->option[CONVERT_TO];

        if (uop->option[CONVERT_FLAGS] & ~(uint32_t)(CONVERT_NAN_TO_ZERO | CONVERT_FTZ))
                return run_f2i;
        if (from == CONVERT_F32 && (to == CONVERT_S32 || to == CONVERT_U32))
                return run_f2i_word;
        return from == CONVERT_F32 || from == CONVERT_F64 ? run_f2i_any : run_f2i;
}

static sm_handler *i2f_handler(const struct uop *uop)
{
        uint32_t from = uop->option[CONVERT_FROM], to = uop->option[CONVERT_TO];
        bool word = from == CONVERT_S32 || from == CONVERT_U32;

        if (to == CONVERT_F32)
                return word ? run_i2f_word : run_i2f_any;
        return to == CONVERT_F64 && uop->option[CONVERT_ROUND] == ROUND_NEAREST ? run_i2f_double : run_i2f;
}

static sm_handler *frnd_handler(const struct uop *uop)
{
        uint32_t from = uop->option[CONVERT_FROM];

        if (from == CONVERT_F32 && !(uop->option[CONVERT_FLAGS] & ~(uint32_t)(CONVERT_INTEGRAL | CONVERT_FTZ)))
                return run_frnd_word;
        return from == CONVERT_F64 && uop->option[CONVERT_FLAGS] == CONVERT_INTEGRAL ? run_frnd_double : run_f2f;
}

static sm_handler *convert_handler(const struct uop *uop, sm_handler *general)
{
        sm_handler *for_double = double_handler(uop, general);

        if (for_double)
                return for_double;
        if (general == run_f2i)
                return f2i_handler(uop);
        if (general == run_i2f)
                return i2f_handler(uop);
        return convert_flag(uop, CONVERT_INTEGRAL) ? frnd_handler(uop) : general;
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

enum { TF32_UNUSED_BITS = 13 };

static uint32_t convert_pair(const struct uop *uop, uint32_t a, uint32_t b, uint32_t c)
{
        uint32_t from = uop->option[CONVERT_FROM], to = uop->option[CONVERT_TO];
        uint32_t bits = from == CONVERT_E4M3 || from == CONVERT_E5M2 ? 8 : 16;

        if (to == CONVERT_TF32)
                return (uint32_t)convert_float(uop, b) << TF32_UNUSED_BITS;
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

/* .RELU: negative numbers become zero; NaN stays. */
INLINE uint32_t f32_relu(uint32_t bits) { return (bits & F32_SIGN) && !f32_is_nan(bits) ? 0 : bits; }

/*
 * fp8, to nearest and saturated. Denormals: the sum with a power of two whose unit is theirs has their count of units in
 * its low bits.
 */
INLINE uint32_t fp8_from_f32(uint32_t bits, uint32_t fraction_bits, uint32_t bias, uint32_t greatest)
{
        uint32_t magnitude = bits & ~(uint32_t)F32_SIGN, shift = 23 - fraction_bits;
        uint32_t rounded = magnitude + ((1u << (shift - 1)) - 1) + (magnitude >> shift & 1);
        uint32_t normal = (rounded >> shift) - ((127 - bias) << fraction_bits);
        uint32_t magic = (127 + 1 - bias + shift) << 23;
        uint32_t denormal = f32_bits(f32_value(magnitude) + f32_value(magic)) - magic;
        uint32_t code = magnitude < (128 - bias) << 23 ? denormal : normal;

        code = code > greatest ? greatest : code;
        return magnitude > F32_INFINITY ? 0x7f : code | (bits >> 24 & 0x80);
}

INLINE uint32_t e4m3_from_f32(uint32_t bits) { return fp8_from_f32(bits, 3, 7, 0x7e); }
INLINE uint32_t e5m2_from_f32(uint32_t bits) { return fp8_from_f32(bits, 2, 15, 0x7b); }

INLINE uint32_t f16_from_e4m3(uint32_t byte)
{
        uint32_t magnitude = byte & 0x7f;
        uint32_t half = f16_from_f32(f32_bits(f32_value(magnitude << 20) * 0x1p120f));

        return magnitude == 0x7f ? (uint32_t)F16_NAN : half | (byte & 0x80) << 8;
}

INLINE uint32_t f16_from_e5m2(uint32_t byte) { return (byte & 0x7f) > 0x7c ? (uint32_t)F16_NAN : byte << 8; }

/* Two numbers to fp8, a half of c above them. */
INLINE enum sm_outcome pack_fp8(struct warp *warp, const struct uop *uop, lane_mask active, bool to_e4m3)
{
        bool unpack = convert_flag(uop, CONVERT_UNPACK), relu = convert_flag(uop, CONVERT_RELU);
        struct vreg room_a, room_b, room_c, result;
        const struct vreg *a = float_source(warp, &uop->a, &room_a);
        const struct vreg *b = float_source(warp, &uop->b, &room_b);
        const struct vreg *c = source(warp, &uop->c, &room_c);
        uint32_t shift = convert_flag(uop, CONVERT_H1) ? 16 : 0;

        for_each_lane(lane) {
                uint32_t upper = unpack ? f32_bits(f16_value(b->lane[lane] >> 16)) : a->lane[lane];
                uint32_t lower = unpack ? f32_bits(f16_value(b->lane[lane] & 0xffff)) : b->lane[lane];

                upper = relu ? f32_relu(upper) : upper;
                lower = relu ? f32_relu(lower) : lower;
                upper = to_e4m3 ? e4m3_from_f32(upper) : e5m2_from_f32(upper);
                lower = to_e4m3 ? e4m3_from_f32(lower) : e5m2_from_f32(lower);
                result.lane[lane] = c->lane[lane] >> shift << 16 | upper << 8 | lower;
        }
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_pack_e4m3(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return pack_fp8(warp, uop, active, true);
}

static enum sm_outcome run_pack_e5m2(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return pack_fp8(warp, uop, active, false);
}

/* Two fp8 numbers to halves. */
INLINE enum sm_outcome unpack_fp8(struct warp *warp, const struct uop *uop, lane_mask active, bool from_e4m3)
{
        uint32_t shift = convert_flag(uop, CONVERT_H1) ? 16 : 0;
        struct vreg room, result;
        const struct vreg *b = source(warp, &uop->b, &room);

        for_each_lane(lane) {
                uint32_t pair = b->lane[lane] >> shift;
                uint32_t upper = pair >> 8 & 0xff, lower = pair & 0xff;

                upper = from_e4m3 ? f16_from_e4m3(upper) : f16_from_e5m2(upper);
                lower = from_e4m3 ? f16_from_e4m3(lower) : f16_from_e5m2(lower);
                result.lane[lane] = upper << 16 | lower;
        }
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_unpack_e4m3(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return unpack_fp8(warp, uop, active, true);
}

static enum sm_outcome run_unpack_e5m2(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return unpack_fp8(warp, uop, active, false);
}

/* The quick form of a conversion with fp8 on one side; NULL if it is none. */
static sm_handler *fp8_handler(const struct uop *uop)
{
        uint32_t from = uop->option[CONVERT_FROM], to = uop->option[CONVERT_TO], flags = uop->option[CONVERT_FLAGS];
        uint32_t packs = CONVERT_MERGE | CONVERT_FINITE, unpacks = CONVERT_UNPACK;

        if (uop->option[CONVERT_ROUND] != ROUND_NEAREST || uop->b.negate || uop->b.absolute)
                return NULL;
        if (from == CONVERT_F16)
                packs |= CONVERT_UNPACK;
        if ((from == CONVERT_F32 || from == CONVERT_F16) && (flags & ~(uint32_t)(CONVERT_RELU | CONVERT_H1)) == packs)
                return to == CONVERT_E4M3 ? run_pack_e4m3 : to == CONVERT_E5M2 ? run_pack_e5m2 : NULL;
        if (to == CONVERT_F16 && (flags & ~(uint32_t)CONVERT_H1) == unpacks)
                return from == CONVERT_E4M3 ? run_unpack_e4m3 : from == CONVERT_E5M2 ? run_unpack_e5m2 : NULL;
        return NULL;
}

static uint32_t pack_f16_relu_lane(uint32_t a, uint32_t b) { return pack_f16_lane(f32_relu(a), f32_relu(b)); }
static uint32_t pack_bf16_relu_lane(uint32_t a, uint32_t b) { return pack_bf16_lane(f32_relu(a), f32_relu(b)); }

static enum sm_outcome run_pack_f16_relu(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return float2(warp, uop, active, pack_f16_relu_lane);
}

static enum sm_outcome run_pack_bf16_relu(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return float2(warp, uop, active, pack_bf16_relu_lane);
}

static sm_handler *f2fp_handler(const struct uop *uop)
{
        uint32_t to = uop->option[CONVERT_TO];
        bool relu = uop->option[CONVERT_FLAGS] == CONVERT_RELU;
        sm_handler *for_fp8 = fp8_handler(uop);

        if (for_fp8)
                return for_fp8;
        if (uop->option[CONVERT_FROM] != CONVERT_F32 || (uop->option[CONVERT_FLAGS] && !relu)
            || uop->option[CONVERT_ROUND] != ROUND_NEAREST || (to != CONVERT_F16 && to != CONVERT_BF16))
                return run_f2fp;
        if (to == CONVERT_F16)
                return relu ? run_pack_f16_relu : run_pack_f16;
        return relu ? run_pack_bf16_relu : run_pack_bf16;
}

/*
 * I2IP and F2IP: a and b clamped to narrow integers, side by side at the bottom; c moves up over them.
 */
INLINE uint32_t pack_integers(uint32_t upper, uint32_t lower, uint32_t c, unsigned bits)
{
        uint32_t pair = upper << bits | lower;

        return bits == 16 ? pair : c << 2 * bits | pair;
}

/* I2IP. option: NARROW_TYPE, NARROW_SATURATE (none, SAT, SATRELU), NARROW_UPPER (c's upper half is meant). */
enum { NARROW_TYPE = 0, NARROW_SATURATE = 1, NARROW_UPPER = 2 };
enum { NARROW_SAT = 1, NARROW_SATRELU = 2 };

/* The widths of I2IP's types, of each the unsigned one first. */
static unsigned narrow_bits(uint32_t type)
{
        static const uint8_t BITS[4] = { 8, 16, 2, 4 };

        return BITS[type >> 1 & 3];
}

INLINE uint32_t narrow_integer(uint32_t word, uint32_t type, uint32_t saturate)
{
        int32_t value = (int32_t)word;

        if (saturate == NARROW_SATRELU && value < 0)
                value = 0;
        return saturate ? saturate_integer(value, narrow_bits(type), type & 1) : word & low_ones(narrow_bits(type));
}

static enum sm_outcome run_i2ip(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t type = uop->option[NARROW_TYPE], saturate = uop->option[NARROW_SATURATE];
        uint32_t shift = uop->option[NARROW_UPPER] ? 16 : 0;
        struct vreg room_a, room_b, room_c, result;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);
        const struct vreg *c = source(warp, &uop->c, &room_c);

        for_each_lane(lane)
                result.lane[lane] = pack_integers(narrow_integer(a->lane[lane], type, saturate),
                                                  narrow_integer(b->lane[lane], type, saturate), c->lane[lane] >> shift,
                                                  narrow_bits(type));
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

/* The float formats' numbers in the words. */
static uint32_t float_of_field(unsigned field)
{
        static const uint8_t FORMATS[8] = {
                CONVERT_F16, CONVERT_F16, CONVERT_F32, CONVERT_F64, CONVERT_BF16, CONVERT_TF32, CONVERT_F32, CONVERT_F32,
        };

        return FORMATS[field & 7];
}

/* The integer formats are numbered as here: sizes from 8 to 64 bits, of each the unsigned one first. */
static uint32_t integer_of_field(unsigned field) { return CONVERT_U8 + (field & 7); }

/* b is one register or two; narrow sources are one byte or half of it. */
static void bind_convert_source(const struct sass_word *word, struct uop *uop)
{
        unsigned part = (unsigned)word_bits(word->word, 60, 2);
        uint32_t from = uop->option[CONVERT_FROM];
        unsigned bits = from == CONVERT_U8 || from == CONVERT_S8 ? 8 : 16;
        bool narrow = bits == 8 || from == CONVERT_F16 || from == CONVERT_BF16 || from == CONVERT_U16 || from == CONVERT_S16;

        uop->b = bind_slot(word, uop, is_wide_format(from) ? 2 : 1, false);
        if (uop->b.kind == OPERAND_IMMEDIATE && !uop->b.is_constant) {
                if (from == CONVERT_F64) {
                        uop->b.value_high = uop->b.value;
                        uop->b.value = 0;
                } else {
                        extend_immediate(&uop->b);
                }
                return;
        }
        if (narrow)
                uop->option[CONVERT_FLAGS] |= part * bits << CONVERT_PART_SHIFT;
}

static void bind_convert_result(const struct sass_word *word, struct uop *uop)
{
        bind_d(word, uop, is_wide_format(uop->option[CONVERT_TO]) ? 2 : 1);
}

static void bind_f2f(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        uop->option[CONVERT_FROM] = float_of_field(sass_F2F_source(w));
        uop->option[CONVERT_TO] = float_of_field(sass_F2F_result(w));
        uop->option[CONVERT_ROUND] = sass_F2F_round(w);
        uop->option[CONVERT_FLAGS] = sass_F2F_ftz(w) ? CONVERT_FTZ : 0;
        bind_convert_source(word, uop);
        bind_convert_result(word, uop);
        uop->run = convert_handler(uop, run_f2f);
}

static void bind_frnd(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        uop->option[CONVERT_FROM] = uop->option[CONVERT_TO] = float_of_field(sass_FRND_source(w));
        uop->option[CONVERT_ROUND] = sass_FRND_round(w);
        uop->option[CONVERT_FLAGS] = CONVERT_INTEGRAL | (sass_FRND_ftz(w) ? CONVERT_FTZ : 0);
        bind_convert_source(word, uop);
        bind_convert_result(word, uop);
        uop->run = convert_handler(uop, run_f2f);
}

static void bind_f2i(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        uop->option[CONVERT_FROM] = float_of_field(sass_F2I_source(w));
        uop->option[CONVERT_TO] = integer_of_field(sass_F2I_result(w));
        uop->option[CONVERT_ROUND] = sass_F2I_round(w);
        uop->option[CONVERT_FLAGS] = (sass_F2I_ftz(w) ? CONVERT_FTZ : 0) | (sass_F2I_ntz(w) ? CONVERT_NAN_TO_ZERO : 0);
        bind_convert_source(word, uop);
        bind_convert_result(word, uop);
        uop->run = convert_handler(uop, run_f2i);
}

static void bind_i2f(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        uop->option[CONVERT_FROM] = integer_of_field(sass_I2F_source(w));
        uop->option[CONVERT_TO] = float_of_field(sass_I2F_result(w));
        uop->option[CONVERT_ROUND] = sass_I2F_round(w);
        bind_convert_source(word, uop);
        bind_convert_result(word, uop);
        uop->run = convert_handler(uop, run_i2f);
}

static void bind_i2fp(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        uop->option[CONVERT_FROM] = integer_of_field(sass_I2FP_source(w));
        uop->option[CONVERT_TO] = CONVERT_F32;
        uop->option[CONVERT_ROUND] = sass_I2FP_round(w);
        bind_convert_source(word, uop);
        bind_convert_result(word, uop);
        uop->run = convert_handler(uop, run_i2f);
}

static void bind_i2i(const struct sass_word *word, struct uop *uop)
{
        uop->option[CONVERT_FROM] = CONVERT_S32;
        uop->option[CONVERT_TO] = integer_of_field(sass_I2I_result(word->word));
        bind_convert_source(word, uop);
        bind_convert_result(word, uop);
        uop->run = run_i2i;
}

/* What lies at which end of the pairs' c: a half of it, or all but its highest byte. */
static void bind_pair_sources(const struct sass_word *word, struct uop *uop)
{
        bind_d(word, uop, 1);
        bind_abc(word, uop, false);
        forget_signs(&uop->c);
}

enum { I2IP_UPPER_HALF = 1 };

/* How I2IP saturates: always before sm_86; then until Hopper 0 saturates and 1 does not. */
static uint32_t i2ip_saturation(const struct sass_word *word)
{
        uint32_t saturate;

        if (word->arch < 86)
                return NARROW_SAT;
        saturate = sass_I2IP_saturate(word->word);
        return word->arch < 90 && saturate < NARROW_SATRELU ? saturate ^ NARROW_SAT : saturate;
}

static void bind_i2ip(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_pair_sources(word, uop);
        uop->option[NARROW_TYPE] = sass_I2IP_result(w);
        uop->option[NARROW_SATURATE] = i2ip_saturation(word);
        uop->option[NARROW_UPPER] = sass_I2IP_C_suffix(w) == I2IP_UPPER_HALF;
        uop->run = run_i2ip;
}

static void bind_f2ip(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_pair_sources(word, uop);
        uop->option[CONVERT_FROM] = CONVERT_F32;
        uop->option[CONVERT_TO] = integer_of_field(sass_F2IP_result(w));
        uop->option[CONVERT_ROUND] = sass_F2IP_round(w);
        uop->option[CONVERT_FLAGS] = (sass_F2IP_ntz(w) ? CONVERT_NAN_TO_ZERO : 0) | (sass_F2IP_relu(w) ? CONVERT_RELU : 0);
        uop->run = run_f2ip;
}

/* F2FP's formats and layouts, as the tables number them. */
static uint32_t packed_format(unsigned field)
{
        switch (field) {
        case 0: return CONVERT_F16;
        case 1: return CONVERT_BF16;
        case 5: return CONVERT_TF32;
        case 8: return CONVERT_E5M2;
        case 9: return CONVERT_E4M3;
        default: return NO_FORMAT;
        }
}

static uint32_t unpacked_format(unsigned field)
{
        switch (field) {
        case 0: return CONVERT_F32;
        case 1: return CONVERT_F16;
        case 2: return CONVERT_E5M2;
        case 3: return CONVERT_E4M3;
        case 9: return CONVERT_BF16;
        default: return NO_FORMAT;
        }
}

enum { LAYOUT_PACK_AB, LAYOUT_MERGE_C, LAYOUT_UNPACK_B, LAYOUT_PACK_B, LAYOUT_UNPACK_B_MERGE_C, LAYOUT_PACK_AB_MERGE_C };

static uint32_t layout_flags(unsigned layout)
{
        switch (layout) {
        case LAYOUT_MERGE_C:
        case LAYOUT_PACK_AB_MERGE_C: return CONVERT_MERGE;
        case LAYOUT_UNPACK_B: return CONVERT_UNPACK;
        case LAYOUT_UNPACK_B_MERGE_C: return CONVERT_UNPACK | CONVERT_MERGE;
        default: return 0;
        }
}

/* Bits that choose the upper half of c, or of an unpacked b; the tables show them as parts of those operands. */
enum { UPPER_C_BIT = 72, UPPER_B_BIT = 88 };

static void bind_f2fp(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;
        bool upper = word_bits(w, UPPER_C_BIT, 1) || word_bits(w, UPPER_B_BIT, 1);

        bind_pair_sources(word, uop);
        uop->option[CONVERT_FROM] = unpacked_format(word->arch < 89 ? 0 : sass_F2FP_source(w));
        uop->option[CONVERT_TO] = packed_format(sass_F2FP_result(w, word->arch));
        uop->option[CONVERT_ROUND] = sass_F2FP_round(w, word->arch);
        uop->option[CONVERT_FLAGS] = layout_flags(sass_F2FP_layout(w, word->arch)) | (sass_F2FP_relu(w) ? CONVERT_RELU : 0)
                                     | (sass_F2FP_satfinite(w) ? CONVERT_FINITE : 0) | (upper ? CONVERT_H1 : 0);
        uop->run = f2fp_handler(uop);
}

static bool f2fp_is_known(const struct sass_word *word)
{
        const uint64_t *w = word->word;

        return packed_format(sass_F2FP_result(w, word->arch)) != NO_FORMAT
               && (word->arch < 89 || unpacked_format(sass_F2FP_source(w)) != NO_FORMAT)
               && sass_F2FP_round(w, word->arch) <= ROUND_ZERO;
}

static bool bind_convert(const struct sass_word *word, struct uop *uop)
{
        switch (word->opcode) {
        case SASS_F2F: bind_f2f(word, uop); return true;
        case SASS_FRND: bind_frnd(word, uop); return true;
        case SASS_F2I: bind_f2i(word, uop); return true;
        case SASS_I2F: bind_i2f(word, uop); return true;
        case SASS_I2FP: bind_i2fp(word, uop); return true;
        case SASS_I2I: bind_i2i(word, uop); return true;
        case SASS_I2IP: bind_i2ip(word, uop); return true;
        case SASS_F2IP: bind_f2ip(word, uop); return true;
        case SASS_F2FP:
                if (!f2fp_is_known(word))
                        return false;
                bind_f2fp(word, uop);
                return true;
        default: return false;
        }
}
