/* Integer arithmetic, logic, shifts, moves and comparison. Included by isa.h only. */

#include "alu.h"
#include "lane_integer.h"

static uint32_t add_lane(uint32_t a, uint32_t b) { return a + b; }

/* IADD3 without carries; most additions are this. */
static uint32_t add3_lane(uint32_t a, uint32_t b, uint32_t c) { return a + b + c; }

static enum sm_outcome run_iadd3(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return integer3(warp, uop, active, add3_lane);
}

/* Both carries of a sum of three: whether it reaches 2^32, and whether it reaches 2^33. */
static void write_carries(struct warp *warp, const struct uop *uop, const struct vreg *carry, lane_mask active)
{
        struct vreg twice;

        write_predicate(warp, uop->pd, lanes_not_zero(carry), active);
        if (uop->pd2 == SM_PRED_WRITTEN)
                return;
        for_each_lane(lane)
                twice.lane[lane] = carry->lane[lane] > 1;
        write_predicate(warp, uop->pd2, lanes_not_zero(&twice), active);
}

/* option: EXTENDED */
enum { IADD3_EXTENDED = 0 };

/* The sum of three words and a small number, and how often it carried: in words, which make twice as wide vectors. */
INLINE uint32_t sum_of_four(uint32_t a, uint32_t b, uint32_t c, uint32_t small, uint32_t *carries)
{
        uint32_t two = a + b;
        uint32_t three = two + c;
        uint32_t four = three + small;

        *carries = (uint32_t)(two < a) + (uint32_t)(three < c) + (uint32_t)(four < small);
        return four;
}

static enum sm_outcome run_iadd3_carry(struct warp *warp, const struct uop *uop, lane_mask active)
{
        bool extended = uop->option[IADD3_EXTENDED];
        lane_mask in = extended ? predicate(warp, uop->p[0]) : 0, in2 = extended ? predicate(warp, uop->p[1]) : 0;
        uint32_t invert_a = 0u - uop->a.negate, invert_b = 0u - uop->b.negate, invert_c = 0u - uop->c.negate;
        uint32_t ones = extended ? 0 : (uint32_t)uop->a.negate + uop->b.negate + uop->c.negate;
        struct vreg room_a, room_b, room_c, result, carry;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);
        const struct vreg *c = source(warp, &uop->c, &room_c);

        for_each_lane(lane)
                result.lane[lane] = sum_of_four(a->lane[lane] ^ invert_a, b->lane[lane] ^ invert_b, c->lane[lane] ^ invert_c,
                                                ones + (uint32_t)lane_bit(in, lane) + (uint32_t)lane_bit(in2, lane),
                                                &carry.lane[lane]);
        write_register(warp, uop->d, &result, active);
        write_carries(warp, uop, &carry, active);
        return SM_NEXT;
}

/* LEA: b plus a shifted. option: SHIFT, HIGH, SIGNED_HIGH (the upper half of a is its sign), EXTENDED. */
enum { LEA_SHIFT = 0, LEA_HIGH = 1, LEA_SIGNED_HIGH = 2, LEA_EXTENDED = 3 };

INLINE uint32_t lea_upper(const struct uop *uop, uint32_t a, uint32_t c)
{
        return uop->option[LEA_SIGNED_HIGH] ? (uint32_t)((int32_t)a >> 31) : c;
}

static enum sm_outcome run_lea(struct warp *warp, const struct uop *uop, lane_mask active)
{
        bool extended = uop->option[LEA_EXTENDED];
        lane_mask in = extended ? predicate(warp, uop->p[0]) : 0;
        struct vreg room_a, room_b, room_c, result, carry;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);
        const struct vreg *c = source(warp, &uop->c, &room_c);

        for_each_lane(lane) {
                uint32_t upper = lea_upper(uop, a->lane[lane], c->lane[lane]);
                uint32_t term = lea_term(a->lane[lane], upper, uop->option[LEA_SHIFT], uop->option[LEA_HIGH]);
                uint64_t sum = addend(term, uop->a.negate, extended) + addend(b->lane[lane], uop->b.negate, extended)
                               + lane_bit(in, lane);

                result.lane[lane] = (uint32_t)sum;
                carry.lane[lane] = (uint32_t)(sum >> 32);
        }
        write_register(warp, uop->d, &result, active);
        write_predicate(warp, uop->pd, lanes_not_zero(&carry), active);
        return SM_NEXT;
}

/* LEA of the low word, nothing negated, no carry: an address. */
static enum sm_outcome run_lea_low(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t shift = uop->option[LEA_SHIFT] & 31;
        struct vreg room_a, room_b, room;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);
        struct vreg *d = result_place(warp, uop->d, &room, active);

        LANE_LOOP
                d->lane[lane] = (a->lane[lane] << shift) + b->lane[lane];
        result_done(warp, uop->d, d, active);
        return SM_NEXT;
}

/* LOP3. option: TABLE, PREDICATE_AND (the input predicate joins the output by AND, else by OR). */
enum { LOP3_TABLE = 0, LOP3_PREDICATE_AND = 1 };

static uint32_t and_lane(uint32_t a, uint32_t b) { return a & b; }
static uint32_t or_lane(uint32_t a, uint32_t b) { return a | b; }
static uint32_t xor_lane(uint32_t a, uint32_t b) { return a ^ b; }

static enum sm_outcome run_and(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return plain2(warp, uop, active, and_lane);
}

static enum sm_outcome run_or(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return plain2(warp, uop, active, or_lane);
}

static enum sm_outcome run_xor(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return plain2(warp, uop, active, xor_lane);
}

static enum sm_outcome run_lop3(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t table = uop->option[LOP3_TABLE];
        struct vreg room_a, room_b, room_c, result;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);
        const struct vreg *c = source(warp, &uop->c, &room_c);

        for_each_lane(lane)
                result.lane[lane] = lop3_word(a->lane[lane], b->lane[lane], c->lane[lane], table);
        write_register(warp, uop->d, &result, active);
        if (uop->pd != SM_PRED_WRITTEN) {
                lane_mask other = predicate(warp, uop->p[0]);
                lane_mask set = lanes_not_zero(&result);

                write_predicate(warp, uop->pd, uop->option[LOP3_PREDICATE_AND] ? set & other : set | other, active);
        }
        return SM_NEXT;
}

/* The quick forms of the commonest tables; the register c does not matter to them. */
static sm_handler *lop3_handler(uint32_t table, bool predicate_written)
{
        if (predicate_written)
                return run_lop3;
        switch (table) {
        case 0xc0: return run_and;
        case 0xfc: return run_or;
        case 0x3c: return run_xor;
        default: return run_lop3;
        }
}

/* SHF. option: TYPE, RIGHT, WRAP, HIGH. */
enum { SHF_TYPE = 0, SHF_RIGHT = 1, SHF_WRAP = 2, SHF_HIGH = 3 };

static enum sm_outcome run_shf(struct warp *warp, const struct uop *uop, lane_mask active)
{
        enum shift_type type = (enum shift_type)uop->option[SHF_TYPE];
        bool right = uop->option[SHF_RIGHT], wrap = uop->option[SHF_WRAP];
        uint32_t drop = uop->option[SHF_HIGH] ? 32 : 0;
        struct vreg room_a, room_b, room_c, result;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);
        const struct vreg *c = source(warp, &uop->c, &room_c);

        for_each_lane(lane)
                result.lane[lane] = (uint32_t)(shift_word(a->lane[lane], b->lane[lane], c->lane[lane], type, right, wrap)
                                               >> drop);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* The shifts of one word: a to the left (low word), c to the right (high word). */
static uint32_t shift_left_lane(uint32_t a, uint32_t b) { return b > 31 ? 0 : a << (b & 31); }
static uint32_t shift_right_lane(uint32_t c, uint32_t b) { return b > 31 ? 0 : c >> (b & 31); }
static uint32_t shift_right_signed_lane(uint32_t c, uint32_t b) { return (uint32_t)((int32_t)c >> (b > 31 ? 31 : b)); }

static enum sm_outcome run_shift_left(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg a, b;

        return apply2(warp, uop, active, source(warp, &uop->a, &a), source(warp, &uop->b, &b), shift_left_lane);
}

static enum sm_outcome run_shift_right(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg b, c;

        return apply2(warp, uop, active, source(warp, &uop->c, &c), source(warp, &uop->b, &b), shift_right_lane);
}

static enum sm_outcome run_shift_right_signed(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg b, c;

        return apply2(warp, uop, active, source(warp, &uop->c, &c), source(warp, &uop->b, &b), shift_right_signed_lane);
}

static const struct operand ZERO_OPERAND = { .kind = OPERAND_REGISTER, .index = SM_RZ };

/* b + (a << amount), with an amount that is known, is what run_lea_low does. */
static sm_handler *shift_and_add(struct uop *uop, uint32_t amount, struct operand addend)
{
        uop->option[LEA_SHIFT] = amount;
        uop->b = addend;
        return run_lea_low;
}

static bool is_literal(const struct operand *operand) { return operand->kind == OPERAND_IMMEDIATE && !operand->negate; }

static sm_handler *shf_handler(struct uop *uop)
{
        bool word = uop->option[SHF_TYPE] == SHIFT_S32 || uop->option[SHF_TYPE] == SHIFT_U32;

        if (!word || uop->option[SHF_WRAP])
                return run_shf;
        if (!uop->option[SHF_RIGHT] && !uop->option[SHF_HIGH])
                return is_literal(&uop->b) && uop->b.value < 32 ? shift_and_add(uop, uop->b.value, ZERO_OPERAND) : run_shift_left;
        if (uop->option[SHF_RIGHT] && uop->option[SHF_HIGH])
                return uop->option[SHF_TYPE] == SHIFT_S32 ? run_shift_right_signed : run_shift_right;
        return run_shf;
}

/* IMAD, the low word. */
static uint32_t mad_lane(uint32_t a, uint32_t b, uint32_t c) { return a * b + c; }

static enum sm_outcome run_imad(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return integer3(warp, uop, active, mad_lane);
}

/* IMAD that only adds or moves: a * 1 + c, 0 * b + c. */
static enum sm_outcome run_imad_add(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg a, c;

        return apply2(warp, uop, active, integer_source(warp, &uop->a, &a), integer_source(warp, &uop->c, &c), add_lane);
}

static enum sm_outcome run_imad_move(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg c;

        write_register(warp, uop->d, integer_source(warp, &uop->c, &c), active);
        return SM_NEXT;
}

static sm_handler *imad_handler(struct uop *uop)
{
        bool a_is_zero = uop->a.kind == OPERAND_REGISTER && uop->a.index == SM_RZ;
        uint32_t b = uop->b.value;

        if (a_is_zero)
                return run_imad_move;
        if (!is_literal(&uop->b))
                return run_imad;
        if (b == 1)
                return run_imad_add;
        if (b && !(b & (b - 1)) && !uop->c.negate)
                return shift_and_add(uop, (uint32_t)__builtin_ctz(b), uop->c);
        return run_imad;
}

/*
 * IMAD.X, IMAD.WIDE and IMAD.HI: 64-bit a * b plus a 64-bit c, of which the low word, both words or the high
 * word is the result. The carry is that of the sum as unsigned numbers. option: SIGNED, EXTENDED, PART.
 */
enum { IMAD_SIGNED = 0, IMAD_EXTENDED = 1, IMAD_PART = 2 };
enum { IMAD_LOW, IMAD_WIDE, IMAD_HIGH };

INLINE uint64_t product_of(uint32_t a, uint32_t b, bool is_signed)
{
        return is_signed ? (uint64_t)((int64_t)(int32_t)a * (int32_t)b) : (uint64_t)a * b;
}

INLINE uint64_t signed_addend(uint64_t c, bool negate, bool extended)
{
        return negate ? ~c + !extended : c;
}

static enum sm_outcome run_imad_carry(struct warp *warp, const struct uop *uop, lane_mask active)
{
        lane_mask in = predicate(warp, uop->p[0]);
        struct vreg room_a, room_b, room_c, result;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);
        const struct vreg *c = inverted_source(warp, &uop->c, &room_c);

        for_each_lane(lane)
                result.lane[lane] = a->lane[lane] * b->lane[lane] + c->lane[lane] + lane_bit(in, lane);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

INLINE void multiply_wide(struct warp *warp, const struct uop *uop, bool is_signed, struct wide_room *sum)
{
        struct vreg room_a, room_b;
        struct wide_room room_c;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);
        struct wide_source c = wide_source(warp, &uop->c, &room_c);

        for_each_lane(lane) {
                uint64_t total = product_of(a->lane[lane], b->lane[lane], is_signed)
                                 + signed_addend(wide_lane(c, lane), uop->c.negate, false);

                sum->low.lane[lane] = (uint32_t)total;
                sum->high.lane[lane] = (uint32_t)(total >> 32);
        }
}

static enum sm_outcome run_imad_wide(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct wide_room sum;

        multiply_wide(warp, uop, true, &sum);
        write_wide(warp, uop, &sum, active);
        return SM_NEXT;
}

static enum sm_outcome run_imad_wide_unsigned(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct wide_room sum;

        multiply_wide(warp, uop, false, &sum);
        write_wide(warp, uop, &sum, active);
        return SM_NEXT;
}

static enum sm_outcome run_imad_high(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct wide_room sum;

        if (uop->option[IMAD_SIGNED])
                multiply_wide(warp, uop, true, &sum);
        else
                multiply_wide(warp, uop, false, &sum);
        write_register(warp, uop->d, &sum.high, active);
        return SM_NEXT;
}

static enum sm_outcome run_imad_wide_carry(struct warp *warp, const struct uop *uop, lane_mask active)
{
        bool extended = uop->option[IMAD_EXTENDED];
        lane_mask in = extended ? predicate(warp, uop->p[0]) : 0;
        struct vreg room_a, room_b, carry;
        struct wide_room room_c, result;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);
        struct wide_source c = wide_source(warp, &uop->c, &room_c);

        for_each_lane(lane) {
                uint64_t product = product_of(a->lane[lane], b->lane[lane], uop->option[IMAD_SIGNED]);
                uint64_t added = signed_addend(wide_lane(c, lane), uop->c.negate, extended);
                uint64_t partial = product + added;
                uint64_t total = partial + lane_bit(in, lane);

                result.low.lane[lane] = (uint32_t)total;
                result.high.lane[lane] = (uint32_t)(total >> 32);
                carry.lane[lane] = partial < product || total < partial;
        }
        if (uop->option[IMAD_PART] == IMAD_WIDE)
                write_wide(warp, uop, &result, active);
        else
                write_register(warp, uop->d, &result.high, active);
        write_predicate(warp, uop->pd, lanes_not_zero(&carry), active);
        return SM_NEXT;
}

static sm_handler *imad_wide_handler(const struct uop *uop)
{
        if (uop->option[IMAD_EXTENDED] || uop->pd != SM_PRED_WRITTEN)
                return run_imad_wide_carry;
        if (uop->option[IMAD_PART] == IMAD_HIGH)
                return run_imad_high;
        return uop->option[IMAD_SIGNED] ? run_imad_wide : run_imad_wide_unsigned;
}

/* Comparison. Signed words are compared as unsigned ones with the sign bit flipped. */
struct order {
        lane_mask less, equal;
};

INLINE struct order compare_words(const struct vreg *a, const struct vreg *b, uint32_t bias)
{
        struct vreg less, equal;

        for_each_lane(lane) {
                less.lane[lane] = (a->lane[lane] ^ bias) < (b->lane[lane] ^ bias);
                equal.lane[lane] = a->lane[lane] == b->lane[lane];
        }
        return (struct order){ lanes_not_zero(&less), lanes_not_zero(&equal) };
}

INLINE struct order compare_wide(struct wide_source a, struct wide_source b, uint64_t bias)
{
        struct vreg less, equal;

        for_each_lane(lane) {
                uint64_t left = wide_lane(a, lane), right = wide_lane(b, lane);

                less.lane[lane] = (left ^ bias) < (right ^ bias);
                equal.lane[lane] = left == right;
        }
        return (struct order){ lanes_not_zero(&less), lanes_not_zero(&equal) };
}

INLINE lane_mask order_mask(struct order order, uint32_t compare)
{
        return (compare & COMPARE_LESS ? order.less : 0) | (compare & COMPARE_EQUAL ? order.equal : 0)
               | (compare & COMPARE_GREATER ? ~(order.less | order.equal) : 0);
}

/* ISETP. option: COMPARE, BOOLEAN, BIAS (the sign bit if signed), EXTENDED (words are high ones; p[1] compared the low). */
enum { ISETP_COMPARE = 0, ISETP_BOOLEAN = 1, ISETP_BIAS = 2, ISETP_EXTENDED = 3 };

/* Where the high words are equal, the comparison of the low ones decides. */
INLINE lane_mask extended_mask(struct order order, uint32_t compare, lane_mask low)
{
        return (order_mask(order, compare) & ~order.equal) | (order.equal & low);
}

static enum sm_outcome run_isetp(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room_a, room_b;
        struct order order = compare_words(source(warp, &uop->a, &room_a), source(warp, &uop->b, &room_b),
                                           uop->option[ISETP_BIAS]);
        uint32_t compare = uop->option[ISETP_COMPARE];
        lane_mask condition = uop->option[ISETP_EXTENDED] ? extended_mask(order, compare, predicate(warp, uop->p[1]))
                                                          : order_mask(order, compare);

        write_comparison(warp, uop, condition, predicate(warp, uop->p[0]), uop->option[ISETP_BOOLEAN], active);
        return SM_NEXT;
}

static enum sm_outcome run_isetp_wide(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct wide_room room_a, room_b;
        struct order order = compare_wide(wide_source(warp, &uop->a, &room_a), wide_source(warp, &uop->b, &room_b),
                                          (uint64_t)uop->option[ISETP_BIAS] << 32);

        write_comparison(warp, uop, order_mask(order, uop->option[ISETP_COMPARE]), predicate(warp, uop->p[0]),
                         uop->option[ISETP_BOOLEAN], active);
        return SM_NEXT;
}

/* SEL: a where the predicate holds, else b. Moves. */
INLINE void select_lanes(struct vreg *into, const struct vreg *a, const struct vreg *b, lane_mask choose_a)
{
        struct vreg choice;

        lanes_from_mask(&choice, choose_a);
        for_each_lane(lane)
                into->lane[lane] = (a->lane[lane] & choice.lane[lane]) | (b->lane[lane] & ~choice.lane[lane]);
}

static enum sm_outcome run_sel(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room_a, room_b, result;

        select_lanes(&result, source(warp, &uop->a, &room_a), source(warp, &uop->b, &room_b), predicate(warp, uop->p[0]));
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_sel_wide(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct wide_room room_a, room_b, result;
        struct wide_source a = wide_source(warp, &uop->a, &room_a), b = wide_source(warp, &uop->b, &room_b);
        lane_mask choose_a = predicate(warp, uop->p[0]);

        select_lanes(&result.low, a.low, b.low, choose_a);
        select_lanes(&result.high, a.high, b.high, choose_a);
        write_wide(warp, uop, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_mov(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room;

        write_register(warp, uop->d, source(warp, &uop->b, &room), active);
        return SM_NEXT;
}

/* MOV with a mask: only these lanes of each quad. option: LANES. */
enum { MOV_LANES = 0, ALL_LANES_OF_QUAD = 0xf };

static enum sm_outcome run_mov_some(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return run_mov(warp, uop, active & uop->option[MOV_LANES] * 0x11111111u);
}

static enum sm_outcome run_mov_wide(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct wide_room room, copy;
        struct wide_source b = wide_source(warp, &uop->b, &room);

        copy.low = *b.low;
        copy.high = *b.high;
        write_wide(warp, uop, &copy, active);
        return SM_NEXT;
}

/* IADD of sm_120: a + b of one register or two, either negated (inverted, where a carry comes in). option: EXTENDED. */
static enum sm_outcome run_iadd_wide(struct warp *warp, const struct uop *uop, lane_mask active)
{
        bool extended = uop->option[IADD3_EXTENDED];
        lane_mask in = extended ? predicate(warp, uop->p[0]) : 0;
        struct wide_room room_a, room_b, result;
        struct wide_source a = wide_source(warp, &uop->a, &room_a), b = wide_source(warp, &uop->b, &room_b);
        struct vreg carry;

        for_each_lane(lane) {
                uint64_t left = uop->a.negate ? ~wide_lane(a, lane) : wide_lane(a, lane);
                uint64_t right = uop->b.negate ? ~wide_lane(b, lane) : wide_lane(b, lane);
                uint64_t ones = extended ? lane_bit(in, lane) : (uint64_t)uop->a.negate + uop->b.negate;
                uint64_t two = left + right, sum = two + ones;

                result.low.lane[lane] = (uint32_t)sum;
                result.high.lane[lane] = (uint32_t)(sum >> 32);
                carry.lane[lane] = two < left || sum < two;
        }
        write_wide(warp, uop, &result, active);
        write_predicate(warp, uop->pd, lanes_not_zero(&carry), active);
        return SM_NEXT;
}

static enum sm_outcome run_iadd(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return integer2(warp, uop, active, add_lane);
}

/*
 * Minimum and maximum. The predicate asks for the minimum. option: FORMAT, RELU (negative results become zero).
 * In the 16x2 and 8x4 formats a word holds several numbers.
 */
enum { MINMAX_FORMAT = 0, MINMAX_RELU = 1 };
enum minmax_format { MINMAX_U32, MINMAX_S32, MINMAX_U16X2, MINMAX_S16X2, MINMAX_U8X4, MINMAX_S8X4 };

INLINE uint32_t pick_word(uint32_t a, uint32_t b, uint32_t bias, uint32_t want_least)
{
        bool less = (a ^ bias) < (b ^ bias);

        return less == (want_least != 0) ? a : b;
}

/* The same for each of the parts of a word: shifted to the top they compare as words do, with nothing below them. */
INLINE uint32_t pick_parts(uint32_t a, uint32_t b, uint32_t bias, uint32_t want_least, unsigned bits)
{
        uint32_t result = 0, top = ~(uint32_t)0 << (32 - bits);

        for (unsigned shift = 0; shift < 32; shift += bits)
                result |= pick_word(a << (32 - bits - shift) & top, b << (32 - bits - shift) & top, bias, want_least)
                          >> (32 - bits - shift);
        return result;
}

INLINE uint32_t pick_formatted(uint32_t a, uint32_t b, enum minmax_format format, uint32_t want_least)
{
        switch (format) {
        case MINMAX_U32: return pick_word(a, b, 0, want_least);
        case MINMAX_S32: return pick_word(a, b, 0x80000000u, want_least);
        case MINMAX_U16X2: return pick_parts(a, b, 0, want_least, 16);
        case MINMAX_S16X2: return pick_parts(a, b, 0x80000000u, want_least, 16);
        case MINMAX_U8X4: return pick_parts(a, b, 0, want_least, 8);
        default: return pick_parts(a, b, 0x80000000u, want_least, 8);
        }
}

INLINE uint32_t without_negative(uint32_t value, enum minmax_format format)
{
        if (format == MINMAX_U32 || format == MINMAX_U16X2 || format == MINMAX_U8X4)
                return value;
        return pick_formatted(value, 0, format, 0);
}

INLINE void pick_lanes(struct vreg *result, const struct vreg *a, const struct vreg *b, const struct uop *uop,
                       lane_mask least)
{
        struct vreg want_least;

        lanes_from_mask(&want_least, least);
        switch (uop->option[MINMAX_FORMAT]) {
        case MINMAX_U32:
                for_each_lane(lane)
                        result->lane[lane] = pick_formatted(a->lane[lane], b->lane[lane], MINMAX_U32, want_least.lane[lane]);
                break;
        case MINMAX_S32:
                for_each_lane(lane)
                        result->lane[lane] = pick_formatted(a->lane[lane], b->lane[lane], MINMAX_S32, want_least.lane[lane]);
                break;
        default:
                for_each_lane(lane)
                        result->lane[lane] = pick_formatted(a->lane[lane], b->lane[lane],
                                                            (enum minmax_format)uop->option[MINMAX_FORMAT],
                                                            want_least.lane[lane]);
                break;
        }
        if (uop->option[MINMAX_RELU])
                for_each_lane(lane)
                        result->lane[lane] = without_negative(result->lane[lane],
                                                              (enum minmax_format)uop->option[MINMAX_FORMAT]);
}

static enum sm_outcome run_minmax(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room_a, room_b, result;

        pick_lanes(&result, source(warp, &uop->a, &room_a), source(warp, &uop->b, &room_b), uop,
                   predicate(warp, uop->p[0]));
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* Additions of the parts of a word do not carry into each other. */
static uint32_t add_halves_lane(uint32_t a, uint32_t b)
{
        return ((a & 0xffff0000u) + (b & 0xffff0000u)) | ((a + b) & 0xffffu);
}

static uint32_t add_bytes_lane(uint32_t a, uint32_t b)
{
        return (((a & 0xff00ff00u) + (b & 0xff00ff00u)) & 0xff00ff00u)
               | (((a & 0x00ff00ffu) + (b & 0x00ff00ffu)) & 0x00ff00ffu);
}

INLINE bool is_halves(const struct uop *uop)
{
        return uop->option[MINMAX_FORMAT] == MINMAX_U16X2 || uop->option[MINMAX_FORMAT] == MINMAX_S16X2;
}

/* VIADDMNMX: the lesser or greater of a + b and c. */
static enum sm_outcome run_add_minmax(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room_a, room_b, room_c, sum, result;
        const struct vreg *a = integer_source(warp, &uop->a, &room_a);
        const struct vreg *b = integer_source(warp, &uop->b, &room_b);

        if (is_halves(uop))
                for_each_lane(lane)
                        sum.lane[lane] = add_halves_lane(a->lane[lane], b->lane[lane]);
        else
                for_each_lane(lane)
                        sum.lane[lane] = add_lane(a->lane[lane], b->lane[lane]);
        pick_lanes(&result, &sum, source(warp, &uop->c, &room_c), uop, predicate(warp, uop->p[0]));
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* VIMNMX3: of three. */
static enum sm_outcome run_minmax3(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room_a, room_b, room_c, first, result;

        pick_lanes(&first, source(warp, &uop->a, &room_a), source(warp, &uop->b, &room_b), uop, predicate(warp, uop->p[0]));
        pick_lanes(&result, &first, source(warp, &uop->c, &room_c), uop, predicate(warp, uop->p[1]));
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* IMNMX.64. option: FORMAT (only the sign matters). */
static enum sm_outcome run_minmax_wide(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint64_t bias = uop->option[MINMAX_FORMAT] == MINMAX_S32 ? UINT64_C(1) << 63 : 0;
        lane_mask least = predicate(warp, uop->p[0]);
        struct wide_room room_a, room_b, result;
        struct wide_source a = wide_source(warp, &uop->a, &room_a), b = wide_source(warp, &uop->b, &room_b);

        for_each_lane(lane) {
                uint64_t left = wide_lane(a, lane), right = wide_lane(b, lane);
                uint64_t picked = ((left ^ bias) < (right ^ bias)) == lane_bit(least, lane) ? left : right;

                result.low.lane[lane] = (uint32_t)picked;
                result.high.lane[lane] = (uint32_t)(picked >> 32);
        }
        write_wide(warp, uop, &result, active);
        return SM_NEXT;
}

/* VIADD. */
static enum sm_outcome run_viadd(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return integer2(warp, uop, active, add_lane);
}

static uint32_t subtract_halves_lane(uint32_t a, uint32_t b)
{
        return add_halves_lane(add_halves_lane(a, ~b), 0x00010001u);
}

static enum sm_outcome run_viadd_halves(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return plain2(warp, uop, active, add_halves_lane);
}

static enum sm_outcome run_vsub_halves(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return plain2(warp, uop, active, subtract_halves_lane);
}

static enum sm_outcome run_viadd_bytes(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return plain2(warp, uop, active, add_bytes_lane);
}

static uint32_t subtract_bytes_lane(uint32_t a, uint32_t b)
{
        return add_bytes_lane(add_bytes_lane(a, ~b), 0x01010101u);
}

static enum sm_outcome run_vsub_bytes(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return plain2(warp, uop, active, subtract_bytes_lane);
}

/* VIADD.S32.ISAT: the sum stops at the ends of the signed range. */
static enum sm_outcome run_viadd_saturated(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room_a, room_b, result;
        const struct vreg *a = source(warp, &uop->a, &room_a), *b = source(warp, &uop->b, &room_b);

        for_each_lane(lane) {
                int64_t left = (int32_t)a->lane[lane], right = (int32_t)b->lane[lane];
                int64_t sum = (uop->a.negate ? -left : left) + (uop->b.negate ? -right : right);

                result.lane[lane] = (uint32_t)(sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : sum);
        }
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* Operations of one source. */
static uint32_t absolute_lane(uint32_t b) { return (int32_t)b < 0 ? 0 - b : b; }
static uint32_t reverse_lane(uint32_t b) { return reverse_bits(b); }
static uint32_t ones_lane(uint32_t b) { return count_ones(b); }

static enum sm_outcome run_iabs(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return plain1(warp, uop, active, absolute_lane);
}

static enum sm_outcome run_brev(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg b;

        return apply1(warp, uop, active, inverted_source(warp, &uop->b, &b), reverse_lane);
}

static enum sm_outcome run_popc(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg b;

        return apply1(warp, uop, active, inverted_source(warp, &uop->b, &b), ones_lane);
}

/* FLO. option: SIGNED, SHIFT_AMOUNT. The predicate says whether there was a bit. */
enum { FLO_SIGNED = 0, FLO_SHIFT_AMOUNT = 1 };

static enum sm_outcome run_flo(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room, result, found;
        const struct vreg *b = inverted_source(warp, &uop->b, &room);

        for_each_lane(lane) {
                result.lane[lane] = find_leading(b->lane[lane], uop->option[FLO_SIGNED], uop->option[FLO_SHIFT_AMOUNT]);
                found.lane[lane] = result.lane[lane] != ~(uint32_t)0;
        }
        write_register(warp, uop->d, &result, active);
        write_predicate(warp, uop->pd, lanes_not_zero(&found), active);
        return SM_NEXT;
}

/* BMSK and SGXT. option: WRAP, SIGNED. */
enum { FIELD_WRAP = 0, FIELD_SIGNED = 1 };

static enum sm_outcome run_bmsk(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room_a, room_b, result;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);

        for_each_lane(lane)
                result.lane[lane] = bit_mask(a->lane[lane], b->lane[lane], uop->option[FIELD_WRAP]);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_sgxt(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room_a, room_b, result;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);

        for_each_lane(lane)
                result.lane[lane] = extend_bits(a->lane[lane], b->lane[lane], uop->option[FIELD_SIGNED],
                                                uop->option[FIELD_WRAP]);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* PRMT. option: MODE. */
enum { PERMUTE_MODE = 0 };

/* With a constant selector each byte of the result has one source for all lanes. */
static enum sm_outcome run_prmt_constant(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room_a, room_c, result;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *c = source(warp, &uop->c, &room_c);

        lanes_fill(&result, 0);
        for (unsigned i = 0; i < 4; i++) {
                uint32_t pick = uop->b.value >> 4 * i, shift = 8 * (pick & 3);
                const struct vreg *from = pick & 4 ? c : a;

                if (pick & 8)
                        for_each_lane(lane)
                                result.lane[lane] |= (from->lane[lane] >> shift & 0x80 ? 0xffu : 0) << 8 * i;
                else
                        for_each_lane(lane)
                                result.lane[lane] |= (from->lane[lane] >> shift & 0xff) << 8 * i;
        }
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* Selectors that move whole halves, which is how 16-bit numbers are unpacked and packed. option: SELECTOR. */
enum { PERMUTE_SELECTOR = 1 };

static bool moves_halves(uint32_t selector)
{
        uint32_t low = selector & 0xff, high = selector >> 8 & 0xff;

        return !((low | high) & 0x88) && !(low & 1) && !(high & 1) && low >> 4 == (low & 7) + 1 && high >> 4 == (high & 7) + 1;
}

static enum sm_outcome run_prmt_halves(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t selector = uop->option[PERMUTE_SELECTOR];
        uint32_t low_shift = 8 * (selector & 2), high_shift = 8 * (selector >> 8 & 2);
        struct vreg room_a, room_c, room;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *c = source(warp, &uop->c, &room_c);
        const struct vreg *low = selector & 4 ? c : a, *high = selector >> 8 & 4 ? c : a;
        struct vreg *d = result_place(warp, uop->d, &room, active);

        LANE_LOOP
                d->lane[lane] = (low->lane[lane] >> low_shift & 0xffff) | high->lane[lane] >> high_shift << 16;
        result_done(warp, uop->d, d, active);
        return SM_NEXT;
}

static enum sm_outcome run_prmt(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return plain3(warp, uop, active, permute_index);
}

static enum sm_outcome run_prmt_mode(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room_a, room_b, room_c, result;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);
        const struct vreg *c = source(warp, &uop->c, &room_c);

        for_each_lane(lane)
                result.lane[lane] = permute_bytes(a->lane[lane], b->lane[lane], c->lane[lane], uop->option[PERMUTE_MODE]);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* IDP. option: A_SIGNED, B_SIGNED, SIZE (4 or 2), HIGH. */
enum { DOT_A_SIGNED = 0, DOT_B_SIGNED = 1, DOT_SIZE = 2, DOT_HIGH = 3 };

INLINE void dot_lanes_4(struct vreg *d, const struct vreg *a, const struct vreg *b, const struct vreg *c, bool a_signed,
                        bool b_signed)
{
        for_each_lane(lane)
                d->lane[lane] = dot_product_4(a->lane[lane], b->lane[lane], c->lane[lane], a_signed, b_signed);
}

INLINE void dot_lanes_2(struct vreg *d, const struct vreg *a, const struct vreg *b, const struct vreg *c,
                        const struct uop *uop)
{
        for_each_lane(lane)
                d->lane[lane] = dot_product_2(a->lane[lane], b->lane[lane], c->lane[lane], uop->option[DOT_A_SIGNED],
                                              uop->option[DOT_B_SIGNED], uop->option[DOT_HIGH]);
}

static enum sm_outcome run_idp(struct warp *warp, const struct uop *uop, lane_mask active)
{
        bool a_signed = uop->option[DOT_A_SIGNED], b_signed = uop->option[DOT_B_SIGNED];
        struct vreg room_a, room_b, room_c, result;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);
        const struct vreg *c = integer_source(warp, &uop->c, &room_c);

        if (uop->option[DOT_SIZE] != 4)
                dot_lanes_2(&result, a, b, c, uop);
        else if (a_signed && b_signed)
                dot_lanes_4(&result, a, b, c, true, true);
        else if (!a_signed && !b_signed)
                dot_lanes_4(&result, a, b, c, false, false);
        else
                dot_lanes_4(&result, a, b, c, a_signed, b_signed);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* VABSDIFF and VABSDIFF4. option: SIGNED, ACCUMULATE. */
enum { DIFFERENCE_SIGNED = 0, DIFFERENCE_ACCUMULATE = 1 };

static enum sm_outcome run_vabsdiff(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room_a, room_b, room_c, result;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);
        const struct vreg *c = source(warp, &uop->c, &room_c);

        for_each_lane(lane)
                result.lane[lane] = absolute_difference(a->lane[lane], b->lane[lane], uop->option[DIFFERENCE_SIGNED])
                                    + c->lane[lane];
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_vabsdiff4(struct warp *warp, const struct uop *uop, lane_mask active)
{
        bool is_signed = uop->option[DIFFERENCE_SIGNED], accumulate = uop->option[DIFFERENCE_ACCUMULATE];
        struct vreg room_a, room_b, room_c, result;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);
        const struct vreg *c = source(warp, &uop->c, &room_c);

        for_each_lane(lane)
                result.lane[lane] = absolute_difference_4(a->lane[lane], b->lane[lane], c->lane[lane], is_signed, accumulate);
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

/* PLOP3: two functions of three predicates. p[2] may be a uniform predicate. option: TABLE, TABLE2. */
enum { PLOP3_TABLE = 0, PLOP3_TABLE2 = 1 };

static enum sm_outcome run_plop3(struct warp *warp, const struct uop *uop, lane_mask active)
{
        lane_mask a = predicate(warp, uop->p[0]), b = predicate(warp, uop->p[1]), c = predicate(warp, uop->p[2]);
        lane_mask first = lop3_word(a, b, c, uop->option[PLOP3_TABLE]);
        lane_mask second = lop3_word(a, b, c, uop->option[PLOP3_TABLE2]);

        write_predicate(warp, uop->pd, first, active);
        write_predicate(warp, uop->pd2, second, active);
        return SM_NEXT;
}

/* PLOP3 with the signs of registers in place of some predicates: option FROM_REGISTER, a bit for each source. */
enum { PLOP3_FROM_REGISTER = 2, PLOP3_A = 1, PLOP3_B = 2, PLOP3_C = 4 };

INLINE lane_mask signs_of(const struct warp *warp, const struct operand *operand)
{
        struct vreg room, sign;
        const struct vreg *from = source(warp, operand, &room);

        for_each_lane(lane)
                sign.lane[lane] = from->lane[lane] >> 31;
        return lanes_not_zero(&sign);
}

static enum sm_outcome run_plop3_signs(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t registers = uop->option[PLOP3_FROM_REGISTER];
        lane_mask a = registers & PLOP3_A ? signs_of(warp, &uop->a) : predicate(warp, uop->p[0]);
        lane_mask b = registers & PLOP3_B ? signs_of(warp, &uop->b) : predicate(warp, uop->p[1]);
        lane_mask c = registers & PLOP3_C ? signs_of(warp, &uop->c) : predicate(warp, uop->p[2]);

        write_predicate(warp, uop->pd, lop3_word(a, b, c, uop->option[PLOP3_TABLE]), active);
        write_predicate(warp, uop->pd2, lop3_word(a, b, c, uop->option[PLOP3_TABLE2]), active);
        return SM_NEXT;
}

/*
 * P2R: bits of a, those in the mask b replaced by the predicates (shifted to the byte that `option` names); R2P: the
 * predicates in the mask from that byte of a.
 */
enum { PREDICATES_BYTE = 0, PREDICATE_BITS = 7 };

static enum sm_outcome run_p2r(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t shift = 8 * uop->option[PREDICATES_BYTE];
        struct vreg room_a, room_b, result, bits;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);

        lanes_fill(&bits, 0);
        for (unsigned i = 0; i < PREDICATE_BITS; i++)
                for_each_lane(lane)
                        bits.lane[lane] |= lane_bit(warp->pred[SM_P0 + i], lane) << i;
        for_each_lane(lane) {
                uint32_t mask = b->lane[lane] & 0xff;

                result.lane[lane] = (a->lane[lane] & ~(mask << shift)) | (bits.lane[lane] & mask) << shift;
        }
        write_register(warp, uop->d, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_r2p(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t shift = 8 * uop->option[PREDICATES_BYTE];
        struct vreg room_a, room_b;
        const struct vreg *a = source(warp, &uop->a, &room_a);
        const struct vreg *b = source(warp, &uop->b, &room_b);

        for (unsigned i = 0; i < PREDICATE_BITS; i++) {
                struct vreg set, write;

                for_each_lane(lane) {
                        set.lane[lane] = a->lane[lane] >> shift >> i & 1;
                        write.lane[lane] = b->lane[lane] >> i & 1;
                }
                write_predicate(warp, SM_P0 + i, lanes_not_zero(&set), active & lanes_not_zero(&write));
        }
        return SM_NEXT;
}

/*
 * Binding. Every function binds an instruction of the vector datapath or, with `uniform`, of the uniform one: the fields
 * lie in the same places. Only then is it made uniform: see uniform.c.
 */
static void bind_result(const struct sass_word *word, struct uop *uop, unsigned count, bool uniform)
{
        if (!uniform) {
                bind_d(word, uop, count);
                return;
        }
        bind_uniform_d(word, uop, count);
        uop->d2 = uop->d;
        uop->d = SM_RZ_WRITTEN;
}

static void bind_outputs(struct uop *uop, unsigned pd, unsigned pd2)
{
        uop->pd = bind_destination_predicate(pd);
        uop->pd2 = bind_destination_predicate(pd2);
}

static bool writes_predicate(const struct uop *uop)
{
        return uop->pd != SM_PRED_WRITTEN || uop->pd2 != SM_PRED_WRITTEN;
}

static void bind_iadd3(const struct sass_word *word, struct uop *uop, bool uniform)
{
        const uint64_t *w = word->word;

        bind_result(word, uop, 1, uniform);
        bind_abc(word, uop, uniform);
        bind_outputs(uop, sass_IADD3_Pd(w), sass_IADD3_Pd2(w));
        uop->p[0] = bind_predicate(sass_IADD3_Pa(w), sass_IADD3_Pa_negate(w));
        uop->p[1] = bind_predicate(sass_IADD3_Pb(w), sass_IADD3_Pb_negate(w));
        uop->option[IADD3_EXTENDED] = sass_IADD3_extended(w);
        uop->run = sass_IADD3_extended(w) || writes_predicate(uop) ? run_iadd3_carry : run_iadd3;
}

static void bind_lea(const struct sass_word *word, struct uop *uop, bool uniform)
{
        const uint64_t *w = word->word;

        bind_result(word, uop, 1, uniform);
        bind_abc(word, uop, uniform);
        bind_outputs(uop, sass_LEA_Pd(w), PT);
        uop->p[0] = bind_predicate(sass_LEA_Pa(w), sass_LEA_Pa_negate(w));
        uop->option[LEA_SHIFT] = sass_LEA_shift(w);
        uop->option[LEA_HIGH] = sass_LEA_high(w);
        uop->option[LEA_SIGNED_HIGH] = sass_LEA_sign_extends(w);
        uop->option[LEA_EXTENDED] = sass_LEA_extended(w);
        if (sass_LEA_high(w) || sass_LEA_extended(w) || writes_predicate(uop) || uop->a.negate || uop->b.negate)
                uop->run = run_lea;
        else
                uop->run = run_lea_low;
}

static void bind_lop3(const struct sass_word *word, struct uop *uop, bool uniform)
{
        const uint64_t *w = word->word;

        bind_result(word, uop, 1, uniform);
        bind_abc(word, uop, uniform);
        bind_outputs(uop, sass_LOP3_Pd(w), PT);
        uop->p[0] = bind_predicate(sass_LOP3_Pa(w), sass_LOP3_Pa_negate(w));
        uop->option[LOP3_TABLE] = sass_LOP3_table(w);
        uop->option[LOP3_PREDICATE_AND] = sass_LOP3_predicate_and(w);
        uop->run = lop3_handler(sass_LOP3_table(w), writes_predicate(uop));
}

static void bind_shf(const struct sass_word *word, struct uop *uop, bool uniform)
{
        const uint64_t *w = word->word;

        bind_result(word, uop, 1, uniform);
        bind_abc(word, uop, uniform);
        uop->option[SHF_TYPE] = sass_SHF_type(w);
        uop->option[SHF_RIGHT] = sass_SHF_right(w);
        uop->option[SHF_WRAP] = sass_SHF_wrap(w);
        uop->option[SHF_HIGH] = sass_SHF_high(w);
        uop->run = shf_handler(uop);
}

/* Only c has a sign. */
static void bind_product(const struct sass_word *word, struct uop *uop, bool uniform, unsigned c_count)
{
        bind_abc_wide(word, uop, uniform, 1, 1, c_count);
        forget_signs(&uop->a);
        forget_signs(&uop->b);
}

static void bind_imad(const struct sass_word *word, struct uop *uop, bool uniform)
{
        const uint64_t *w = word->word;

        bind_result(word, uop, 1, uniform);
        bind_product(word, uop, uniform, 1);
        uop->p[0] = bind_predicate(sass_IMAD_Pa(w), sass_IMAD_Pa_negate(w));
        uop->option[IMAD_EXTENDED] = sass_IMAD_extended(w);
        uop->run = sass_IMAD_extended(w) ? run_imad_carry : imad_handler(uop);
}

/* IMAD.WIDE and IMAD.HI, whose fields are the same. */
static void bind_imad_wide(const struct sass_word *word, struct uop *uop, bool uniform, uint32_t part)
{
        const uint64_t *w = word->word;

        bind_result(word, uop, part == IMAD_WIDE ? 2 : 1, uniform);
        bind_product(word, uop, uniform, 2);
        bind_outputs(uop, sass_IMAD_WIDE_Pd(w), PT);
        uop->p[0] = bind_predicate(sass_IMAD_WIDE_Pa(w), sass_IMAD_WIDE_Pa_negate(w));
        uop->option[IMAD_SIGNED] = sass_IMAD_WIDE_signed(w);
        uop->option[IMAD_EXTENDED] = sass_IMAD_WIDE_extended(w);
        uop->option[IMAD_PART] = part;
        uop->run = imad_wide_handler(uop);
}

static void bind_isetp(const struct sass_word *word, struct uop *uop, bool uniform)
{
        const uint64_t *w = word->word;

        bind_ab(word, uop, uniform);
        bind_outputs(uop, sass_ISETP_Pd(w), sass_ISETP_Pd2(w));
        uop->p[0] = bind_predicate(sass_ISETP_Pa(w), sass_ISETP_Pa_negate(w));
        uop->p[1] = bind_predicate(sass_ISETP_Pb(w), sass_ISETP_Pb_negate(w));
        uop->option[ISETP_COMPARE] = sass_ISETP_compare(w);
        uop->option[ISETP_BOOLEAN] = sass_ISETP_boolean(w);
        uop->option[ISETP_BIAS] = sass_ISETP_signed(w) ? 0x80000000u : 0;
        uop->option[ISETP_EXTENDED] = sass_ISETP_extended(w);
        uop->run = run_isetp;
}

static void bind_sel(const struct sass_word *word, struct uop *uop, bool uniform)
{
        const uint64_t *w = word->word;

        bind_result(word, uop, 1, uniform);
        bind_ab(word, uop, uniform);
        uop->p[0] = bind_predicate(sass_SEL_Pa(w), sass_SEL_Pa_negate(w));
        uop->run = run_sel;
}

static void bind_mov(const struct sass_word *word, struct uop *uop, bool uniform)
{
        bind_result(word, uop, 1, uniform);
        uop->b = bind_slot(word, uop, 1, uniform);
        uop->option[MOV_LANES] = uniform ? ALL_LANES_OF_QUAD : sass_MOV_lanes(word->word);
        uop->run = uop->option[MOV_LANES] == ALL_LANES_OF_QUAD ? run_mov : run_mov_some;
}

static void bind_prmt(const struct sass_word *word, struct uop *uop, bool uniform)
{
        bind_result(word, uop, 1, uniform);
        bind_abc(word, uop, uniform);
        uop->option[PERMUTE_MODE] = sass_PRMT_mode(word->word);
        uop->option[PERMUTE_SELECTOR] = uop->b.value;
        if (uop->option[PERMUTE_MODE] != PRMT_INDEX)
                uop->run = run_prmt_mode;
        else if (uop->b.kind != OPERAND_IMMEDIATE)
                uop->run = run_prmt;
        else
                uop->run = moves_halves(uop->b.value) ? run_prmt_halves : run_prmt_constant;
}

/* Instructions of one source whose bits may be inverted. */
static void bind_unary(const struct sass_word *word, struct uop *uop, bool uniform, bool invert, sm_handler *run)
{
        bind_result(word, uop, 1, uniform);
        uop->b = bind_slot(word, uop, 1, uniform);
        uop->b.negate = invert;
        uop->run = run;
}

static void bind_flo(const struct sass_word *word, struct uop *uop, bool uniform)
{
        const uint64_t *w = word->word;

        bind_unary(word, uop, uniform, sass_FLO_B_invert(w), run_flo);
        bind_outputs(uop, sass_FLO_Pd(w), PT);
        uop->option[FLO_SIGNED] = sass_FLO_signed(w);
        uop->option[FLO_SHIFT_AMOUNT] = sass_FLO_shift_amount(w);
}

static void bind_field(const struct sass_word *word, struct uop *uop, bool uniform, uint32_t wrap, uint32_t is_signed,
                       sm_handler *run)
{
        bind_result(word, uop, 1, uniform);
        bind_ab(word, uop, uniform);
        uop->option[FIELD_WRAP] = wrap;
        uop->option[FIELD_SIGNED] = is_signed;
        uop->run = run;
}

static void bind_imnmx(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        bind_ab(word, uop, false);
        uop->p[0] = bind_predicate(sass_IMNMX_Pa(w), sass_IMNMX_Pa_negate(w));
        uop->option[MINMAX_FORMAT] = sass_IMNMX_signed(w) ? MINMAX_S32 : MINMAX_U32;
        uop->run = run_minmax;
}

/* A 32-bit immediate of a 64-bit operation is signed. */
static void extend_immediate(struct operand *operand)
{
        if (operand->kind == OPERAND_IMMEDIATE && !operand->is_constant)
                operand->value_high = (uint32_t)((int32_t)operand->value >> 31);
}

/* As IADD3 with a third source of zero, where it is one register. */
static void bind_iadd_narrow(struct uop *uop)
{
        uop->c = (struct operand){ .kind = OPERAND_REGISTER, .index = SM_RZ };
        uop->p[1] = bind_predicate(PT, true);
        uop->run = uop->option[IADD3_EXTENDED] || writes_predicate(uop) ? run_iadd3_carry : run_iadd;
}

static void bind_iadd(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;
        unsigned count = sass_IADD_64_width(w) ? 2 : 1;

        bind_d(word, uop, count);
        uop->a = bind_a(word, uop, count, false);
        uop->b = bind_slot(word, uop, count, false);
        extend_immediate(&uop->b);
        bind_outputs(uop, sass_IADD_64_Pd(w), PT);
        uop->p[0] = bind_predicate(sass_IADD_64_Pa(w), sass_IADD_64_Pa_negate(w));
        uop->option[IADD3_EXTENDED] = sass_IADD_64_extended(w);
        uop->run = run_iadd_wide;
        if (count == 1)
                bind_iadd_narrow(uop);
}

/* Comparison of two registers each (bit 80, from sm_120 on). */
static void bind_isetp_wide(const struct sass_word *word, struct uop *uop, bool uniform)
{
        const uint64_t *w = word->word;

        bind_isetp(word, uop, uniform);
        uop->a = bind_a(word, uop, 2, uniform);
        uop->b = bind_slot(word, uop, 2, uniform);
        extend_immediate(&uop->b);
        uop->option[ISETP_BIAS] = sass_ISETP_width(w) ? 0x80000000u : 0;
        uop->run = run_isetp_wide;
}

static bool is_wide_isetp(const struct sass_word *word)
{
        return word->arch >= 120 && word_bits(word->word, 80, 1);
}

static void bind_any_isetp(const struct sass_word *word, struct uop *uop, bool uniform)
{
        if (is_wide_isetp(word))
                bind_isetp_wide(word, uop, uniform);
        else
                bind_isetp(word, uop, uniform);
}

static void bind_wide_immediate(struct uop *uop, uint64_t value)
{
        uop->b = bind_immediate_operand((uint32_t)value);
        uop->b.value_high = (uint32_t)(value >> 32);
}

/* SEL.64 and MOV.64: the numbers of their forms mean something else than usually. */
static void bind_sel_wide(const struct sass_word *word, struct uop *uop, bool uniform)
{
        const uint64_t *w = word->word;

        bind_result(word, uop, 2, uniform);
        uop->a = bind_a(word, uop, 2, uniform);
        if (word_form(word) == FORM_C_IMMEDIATE)
                bind_wide_immediate(uop, (uint64_t)sign_extend(sass_SEL_64_B(w), 33));
        else
                uop->b = bind_register_at(word, uop, 32, 2, uniform || word_form(word) == FORM_C_UNIFORM);
        uop->p[0] = bind_predicate(sass_SEL_64_Pa(w), sass_SEL_64_Pa_negate(w));
        uop->run = run_sel_wide;
}

static void bind_mov_wide(const struct sass_word *word, struct uop *uop, bool uniform)
{
        bind_result(word, uop, 2, uniform);
        if (word_form(word) == FORM_C_IMMEDIATE)
                bind_wide_immediate(uop, sass_MOV_64_wide(word->word));
        else
                uop->b = bind_slot(word, uop, 2, uniform);
        uop->run = run_mov_wide;
}

/* From sm_120 on one opcode compares one register or two; the field's lower bit says signed, the upper one two. */
static unsigned imnmx_count(const struct sass_word *word) { return sass_IMNMX_64_width(word->word) & 2 ? 2 : 1; }

static void bind_imnmx_any(const struct sass_word *word, struct uop *uop, bool uniform)
{
        const uint64_t *w = word->word;
        unsigned count = imnmx_count(word);

        bind_result(word, uop, count, uniform);
        uop->a = bind_a(word, uop, count, uniform);
        uop->b = bind_slot(word, uop, count, uniform);
        extend_immediate(&uop->b);
        uop->p[0] = bind_predicate(sass_IMNMX_64_Pa(w), sass_IMNMX_64_Pa_negate(w));
        uop->option[MINMAX_FORMAT] = sass_IMNMX_64_width(w) & 1 ? MINMAX_S32 : MINMAX_U32;
        uop->run = count == 2 ? run_minmax_wide : run_minmax;
}

static void bind_vimnmx(const struct sass_word *word, struct uop *uop, bool uniform)
{
        const uint64_t *w = word->word;

        bind_result(word, uop, 1, uniform);
        bind_ab(word, uop, uniform);
        uop->p[0] = bind_predicate(sass_VIMNMX_Pa(w), sass_VIMNMX_Pa_negate(w));
        uop->option[MINMAX_FORMAT] = sass_VIMNMX_type(w, word->arch);
        uop->option[MINMAX_RELU] = sass_VIMNMX_relu(w);
        uop->run = run_minmax;
}

static void bind_viaddmnmx(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        bind_abc(word, uop, false);
        forget_signs(&uop->a);
        uop->p[0] = bind_predicate(sass_VIADDMNMX_Pa(w), sass_VIADDMNMX_Pa_negate(w));
        uop->option[MINMAX_FORMAT] = sass_VIADDMNMX_type(w);
        uop->option[MINMAX_RELU] = sass_VIADDMNMX_relu(w);
        uop->run = run_add_minmax;
}

/* VIADD's types, as the tables have them. */
enum { VIADD_WORDS = 0, VIADD_HALVES = 1, VIADD_SIGNED_WORDS = 2, VIADD_BYTES = 4, VIADD_SIGNED_BYTES = 5 };

static sm_handler *viadd_handler(uint32_t type, bool saturate, bool negate_b)
{
        if (saturate)
                return run_viadd_saturated;
        if (type == VIADD_HALVES)
                return negate_b ? run_vsub_halves : run_viadd_halves;
        if (type >= VIADD_BYTES)
                return negate_b ? run_vsub_bytes : run_viadd_bytes;
        return run_viadd;
}

/* False for the saturated forms that no kernel has shown yet. */
static bool bind_viadd(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;
        uint32_t type = sass_VIADD_type(w, word->arch);
        bool saturate = word->arch >= 120 && sass_VIADD_saturate(w);

        bind_d(word, uop, 1);
        bind_ab(word, uop, false);
        if (word->arch < 120)
                forget_signs(&uop->a);
        uop->run = viadd_handler(type, saturate, uop->b.negate);
        return !saturate || type == VIADD_SIGNED_WORDS;
}

/* IDP. The kinds of the table: four bytes; two halves with b's low or high bytes. */
static void bind_idp(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        bind_abc(word, uop, false);
        uop->option[DOT_A_SIGNED] = sass_IDP_signed_a(w) & 1;
        uop->option[DOT_B_SIGNED] = sass_IDP_signed_b(w);
        uop->option[DOT_SIZE] = sass_IDP_kind(w) == SASS_IDP_KIND_4A ? 4 : 2;
        uop->option[DOT_HIGH] = sass_IDP_kind(w) == SASS_IDP_KIND_2A_HI;
        uop->run = run_idp;
}

static void bind_vabsdiff(const struct sass_word *word, struct uop *uop, uint32_t is_signed, uint32_t accumulate,
                          sm_handler *run)
{
        bind_d(word, uop, 1);
        bind_abc(word, uop, false);
        uop->option[DIFFERENCE_SIGNED] = is_signed;
        uop->option[DIFFERENCE_ACCUMULATE] = accumulate;
        uop->run = run;
}

static void bind_plop3(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_outputs(uop, sass_PLOP3_Pd(w), sass_PLOP3_Pd2(w));
        uop->p[0] = bind_predicate(sass_PLOP3_Pa(w), sass_PLOP3_Pa_negate(w));
        uop->p[1] = bind_predicate(sass_PLOP3_Pb(w), sass_PLOP3_Pb_negate(w));
        if (sass_PLOP3_uniform_c(w))
                uop->p[2] = bind_uniform_predicate(sass_PLOP3_UPc(w), sass_PLOP3_UPc_negate(w));
        else
                uop->p[2] = bind_predicate(sass_PLOP3_Pc(w), sass_PLOP3_Pc_negate(w));
        uop->option[PLOP3_TABLE] = sass_PLOP3_table(w);
        uop->option[PLOP3_TABLE2] = sass_PLOP3_table2(w);
        uop->run = run_plop3;
}

/* The three forms have their fields in the same places. */
static void bind_plop3_signs(const struct sass_word *word, struct uop *uop, uint32_t registers)
{
        const uint64_t *w = word->word;

        if (registers & PLOP3_A)
                uop->a = bind_a(word, uop, 1, false);
        uop->b = bind_slot(word, uop, 1, false);
        if (registers & PLOP3_C)
                uop->c = bind_register_64(word, uop, 1, false);
        uop->p[0] = bind_predicate(sass_PLOP3_SIGN_B_Pa(w), sass_PLOP3_SIGN_B_Pa_negate(w));
        uop->p[2] = bind_predicate(sass_PLOP3_SIGN_B_Pc(w), sass_PLOP3_SIGN_B_Pc_negate(w));
        bind_outputs(uop, sass_PLOP3_SIGN_Pd(w), sass_PLOP3_SIGN_Pd2(w));
        uop->option[PLOP3_TABLE] = sass_PLOP3_SIGN_table(w);
        uop->option[PLOP3_TABLE2] = sass_PLOP3_SIGN_table2(w);
        uop->option[PLOP3_FROM_REGISTER] = registers;
        uop->run = run_plop3_signs;
}

static void bind_vimnmx3(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_d(word, uop, 1);
        bind_abc(word, uop, false);
        uop->p[0] = uop->p[1] = bind_predicate(sass_VIMNMX3_Pa(w), sass_VIMNMX3_Pa_negate(w));
        uop->option[MINMAX_FORMAT] = sass_VIMNMX3_type(w);
        uop->option[MINMAX_RELU] = sass_VIMNMX3_relu(w);
        uop->run = run_minmax3;
}

static void bind_predicate_move(const struct sass_word *word, struct uop *uop, uint32_t byte, sm_handler *run)
{
        bind_ab(word, uop, false);
        uop->option[PREDICATES_BYTE] = byte;
        uop->run = run;
}

static bool bind_integer(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        switch (word->opcode) {
        case SASS_IADD3: bind_iadd3(word, uop, false); return true;
        case SASS_LEA: bind_lea(word, uop, false); return true;
        case SASS_LOP3: bind_lop3(word, uop, false); return true;
        case SASS_SHF: bind_shf(word, uop, false); return true;
        case SASS_IMAD: bind_imad(word, uop, false); return true;
        case SASS_IMAD_WIDE: bind_imad_wide(word, uop, false, IMAD_WIDE); return true;
        case SASS_IMAD_HI: bind_imad_wide(word, uop, false, IMAD_HIGH); return true;
        case SASS_ISETP: bind_any_isetp(word, uop, false); return true;
        case SASS_SEL: bind_sel(word, uop, false); return true;
        case SASS_MOV: bind_mov(word, uop, false); return true;
        case SASS_PRMT: bind_prmt(word, uop, false); return true;
        case SASS_IABS: bind_unary(word, uop, false, false, run_iabs); return true;
        case SASS_BREV: bind_unary(word, uop, false, false, run_brev); return true;
        case SASS_POPC: bind_unary(word, uop, false, sass_POPC_B_invert(w), run_popc); return true;
        case SASS_FLO: bind_flo(word, uop, false); return true;
        case SASS_BMSK: bind_field(word, uop, false, sass_BMSK_wrap(w), 0, run_bmsk); return true;
        case SASS_SGXT: bind_field(word, uop, false, sass_SGXT_wrap(w), sass_SGXT_signed(w), run_sgxt); return true;
        case SASS_IMNMX: bind_imnmx(word, uop); return true;
        case SASS_IMNMX_64: bind_imnmx_any(word, uop, false); return true;
        case SASS_VIMNMX: bind_vimnmx(word, uop, false); return true;
        case SASS_VIMNMX3: bind_vimnmx3(word, uop); return true;
        case SASS_VIADDMNMX: bind_viaddmnmx(word, uop); return true;
        case SASS_VIADD: return bind_viadd(word, uop);
        case SASS_IADD_64: bind_iadd(word, uop); return true;
        case SASS_SEL_64: bind_sel_wide(word, uop, false); return true;
        case SASS_MOV_64: bind_mov_wide(word, uop, false); return true;
        case SASS_IDP: bind_idp(word, uop); return true;
        case SASS_VABSDIFF: bind_vabsdiff(word, uop, sass_VABSDIFF_signed(w), 0, run_vabsdiff); return true;
        case SASS_VABSDIFF4:
                bind_vabsdiff(word, uop, sass_VABSDIFF4_signed(w), sass_VABSDIFF4_accumulate(w), run_vabsdiff4);
                return true;
        case SASS_PLOP3: bind_plop3(word, uop); return true;
        case SASS_PLOP3_SIGN: bind_plop3_signs(word, uop, PLOP3_A | PLOP3_B | PLOP3_C); return true;
        case SASS_PLOP3_SIGN_B: bind_plop3_signs(word, uop, PLOP3_B); return true;
        case SASS_PLOP3_SIGN_BC: bind_plop3_signs(word, uop, PLOP3_B | PLOP3_C); return true;
        case SASS_P2R:
                bind_d(word, uop, 1);
                bind_predicate_move(word, uop, sass_P2R_byte(w), run_p2r);
                return true;
        case SASS_R2P: bind_predicate_move(word, uop, sass_R2P_byte(w), run_r2p); return true;
        default: return false;
        }
}
