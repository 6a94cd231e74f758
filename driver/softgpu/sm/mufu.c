/* The multi-function unit: reciprocals, roots, exponentials, logarithms, sine and cosine. Included by isa.h only. */

#include "mufu_values.h"

enum { MUFU_UPPER_HALF_BIT = 60 }; /* of the word: .H1 */

enum mufu_format { MUFU_F32, MUFU_F16, MUFU_BF16 };

/* option of MUFU */
enum { MUFU_OPTION_FUNCTION, MUFU_OPTION_FORMAT, MUFU_OPTION_UPPER_HALF };

enum { HALF_BITS = 16, HALF_MASK = 0xffff, F16_LARGEST_EXPONENT = 15, F16_MANTISSA_DROPPED = 13 };
#define HALF_SIGN UINT32_C(0x8000)
#define F16_INFINITY UINT32_C(0x7c00)

/* |x| and -x of the bits that hold the number. */
static void mufu_signs(const struct operand *operand, uint32_t sign, struct vreg *in)
{
        uint32_t cleared = operand->absolute ? sign : 0, flipped = operand->negate ? sign : 0;

        for_each_lane(lane)
                in->lane[lane] = (in->lane[lane] & ~cleared) ^ flipped;
}

/* fp32 to fp16, toward zero, but an overflow is an infinity. */
static uint32_t mufu_to_f16(uint32_t value)
{
        uint32_t sign = value >> HALF_BITS & HALF_SIGN;
        int32_t exponent = (int32_t)mufu_exponent(value) - MUFU_BIAS;
        uint32_t significand = mufu_mantissa(value) | 1u << MUFU_MANTISSA_BITS;
        int32_t denormal_shift = -14 - exponent;

        if (mufu_is_nan(value))
                return F16_NAN;
        if (exponent > F16_LARGEST_EXPONENT)
                return sign | F16_INFINITY;
        if (denormal_shift > 0)
                return sign | (denormal_shift < 32 ? significand >> F16_MANTISSA_DROPPED >> denormal_shift : 0);
        return sign | ((uint32_t)(exponent + 15) << 10) | mufu_mantissa(value) >> F16_MANTISSA_DROPPED;
}

static uint32_t mufu_to_bf16(uint32_t value)
{
        return mufu_is_nan(value) ? F16_NAN : value >> HALF_BITS;
}

/* The 16-bit forms: the fp32 function of the number, truncated; the upper half of the register becomes zero. */
static enum sm_outcome run_mufu_half(struct warp *warp, const struct uop *uop, lane_mask active)
{
        bool bf16 = uop->option[MUFU_OPTION_FORMAT] == MUFU_BF16;
        unsigned shift = uop->option[MUFU_OPTION_UPPER_HALF] ? HALF_BITS : 0;
        struct vreg room, in, out;
        const struct vreg *x = source(warp, &uop->b, &room);

        for_each_lane(lane)
                in.lane[lane] = x->lane[lane] >> shift & HALF_MASK;
        mufu_signs(&uop->b, HALF_SIGN, &in);
        for_each_lane(lane)
                in.lane[lane] = bf16 ? in.lane[lane] << HALF_BITS : f32_bits(f16_value(in.lane[lane]));
        MUFU_VALUES[uop->option[MUFU_OPTION_FUNCTION]](&in, &out);
        for_each_lane(lane)
                out.lane[lane] = bf16 ? mufu_to_bf16(out.lane[lane]) : mufu_to_f16(out.lane[lane]);
        write_register(warp, uop->d, &out, active);
        return SM_NEXT;
}

static enum sm_outcome run_mufu_signed(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room, in, out;

        in = *source(warp, &uop->b, &room);
        mufu_signs(&uop->b, MUFU_SIGN, &in);
        MUFU_VALUES[uop->option[MUFU_OPTION_FUNCTION]](&in, &out);
        write_register(warp, uop->d, &out, active);
        return SM_NEXT;
}

static enum sm_outcome run_mufu(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room, out;

        MUFU_VALUES[uop->option[MUFU_OPTION_FUNCTION]](source(warp, &uop->b, &room), &out);
        write_register(warp, uop->d, &out, active);
        return SM_NEXT;
}

static bool bind_mufu(const struct sass_word *word, struct uop *uop)
{
        if (word->opcode != SASS_MUFU)
                return false;
        bind_d(word, uop, 1);
        uop->b = bind_slot(word, uop, 1, false);
        uop->option[MUFU_OPTION_FUNCTION] = sass_MUFU_function(word->word);
        uop->option[MUFU_OPTION_FORMAT] = sass_MUFU_format(word->word, word->arch);
        uop->option[MUFU_OPTION_UPPER_HALF] = (uint32_t)word_bits(word->word, MUFU_UPPER_HALF_BIT, 1);
        if (uop->option[MUFU_OPTION_FUNCTION] >= MUFU_FUNCTIONS || uop->option[MUFU_OPTION_FORMAT] > MUFU_BF16)
                bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
        if (uop->option[MUFU_OPTION_FORMAT] != MUFU_F32)
                uop->run = run_mufu_half;
        else
                uop->run = uop->b.negate || uop->b.absolute ? run_mufu_signed : run_mufu;
        return true;
}
