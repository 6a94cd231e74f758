/* fp64 arithmetic and comparison. Included by isa.h only. */

#include "alu.h"

/* option: ROUND. */
enum { DOUBLE_ROUND = 0 };

static const uint64_t F64_SIGN = UINT64_C(1) << 63;
static const uint64_t F64_QUIET = UINT64_C(1) << 51;
static const uint64_t F64_DEFAULT_NAN = UINT64_C(0xfff8000000000000);

static inline bool f64_is_nan(uint64_t bits) { return bits << 1 > UINT64_C(0x7ff0000000000000) << 1; }

/* 64-bit lanes. */
struct dreg {
        uint64_t lane[LANES];
} __attribute__((aligned(128)));

INLINE void load_double(const struct warp *warp, const struct operand *operand, struct dreg *d)
{
        uint64_t keep = operand->absolute ? ~F64_SIGN : ~UINT64_C(0), flip = operand->negate ? F64_SIGN : 0;
        struct wide_room room;
        struct wide_source from = wide_source(warp, operand, &room);

        for_each_lane(lane) {
                uint64_t bits = wide_lane(from, lane);

                d->lane[lane] = f64_is_nan(bits) ? bits : (bits & keep) ^ flip;
        }
}

INLINE void write_double(struct warp *warp, const struct uop *uop, const struct dreg *d, lane_mask active)
{
        struct wide_room split;

        for_each_lane(lane) {
                split.low.lane[lane] = (uint32_t)d->lane[lane];
                split.high.lane[lane] = (uint32_t)(d->lane[lane] >> 32);
        }
        write_wide(warp, uop, &split, active);
}

/*
 * What an operation returns where its result is NaN: b, c or a, the first that is one, made quiet; the signs of operands do
 * not touch it. The default NaN where none is.
 */
static inline uint64_t f64_nan_of(uint64_t a, uint64_t b, uint64_t c)
{
        uint64_t nan = f64_is_nan(b) ? b : f64_is_nan(c) ? c : f64_is_nan(a) ? a : F64_DEFAULT_NAN;

        return nan | F64_QUIET;
}

typedef uint64_t double_function(uint64_t a, uint64_t b, uint64_t c, enum rounding mode);

static inline uint64_t f64_add_exact(uint64_t a, uint64_t b, uint64_t c, enum rounding mode)
{
        (void)c;
        return exact_add(a, b, &FORMAT_F64, mode);
}

static inline uint64_t f64_multiply_exact(uint64_t a, uint64_t b, uint64_t c, enum rounding mode)
{
        (void)c;
        return exact_multiply(a, b, &FORMAT_F64, mode);
}

static inline uint64_t f64_fma_exact(uint64_t a, uint64_t b, uint64_t c, enum rounding mode)
{
        return exact_fma(a, b, c, &FORMAT_F64, mode);
}

/* To nearest: the host's arithmetic. */
static inline uint64_t f64_add_nearest(uint64_t a, uint64_t b, uint64_t c, enum rounding mode)
{
        (void)c;
        (void)mode;
        return f64_bits(f64_value(a) + f64_value(b));
}

static inline uint64_t f64_multiply_nearest(uint64_t a, uint64_t b, uint64_t c, enum rounding mode)
{
        (void)c;
        (void)mode;
        return f64_bits(f64_value(a) * f64_value(b));
}

static inline uint64_t f64_fma_nearest(uint64_t a, uint64_t b, uint64_t c, enum rounding mode)
{
        (void)mode;
        return f64_bits(__builtin_fma(f64_value(a), f64_value(b), f64_value(c)));
}

INLINE enum sm_outcome run_double(struct warp *warp, const struct uop *uop, lane_mask active, const struct dreg *a,
                                  const struct dreg *b, const struct dreg *c, double_function *nearest,
                                  double_function *exact)
{
        enum rounding mode = (enum rounding)uop->option[DOUBLE_ROUND];
        struct dreg result;

        if (LIKELY(mode == ROUND_NEAREST)) {
                for_each_lane(lane)
                        result.lane[lane] = nearest(a->lane[lane], b->lane[lane], c->lane[lane], mode);
        } else {
                result = *a;
                for_each_lane_of(lane, active)
                        result.lane[lane] = exact(a->lane[lane], b->lane[lane], c->lane[lane], mode);
        }
        for_each_lane(lane)
                result.lane[lane] = f64_is_nan(result.lane[lane]) ? f64_nan_of(a->lane[lane], b->lane[lane], c->lane[lane])
                                                                  : result.lane[lane];
        write_double(warp, uop, &result, active);
        return SM_NEXT;
}

static enum sm_outcome run_dadd(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct dreg a, b;

        load_double(warp, &uop->a, &a);
        load_double(warp, &uop->b, &b);
        return run_double(warp, uop, active, &a, &b, &b, f64_add_nearest, f64_add_exact);
}

static enum sm_outcome run_dmul(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct dreg a, b;

        load_double(warp, &uop->a, &a);
        load_double(warp, &uop->b, &b);
        return run_double(warp, uop, active, &a, &b, &b, f64_multiply_nearest, f64_multiply_exact);
}

static enum sm_outcome run_dfma(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct dreg a, b, c;

        load_double(warp, &uop->a, &a);
        load_double(warp, &uop->b, &b);
        load_double(warp, &uop->c, &c);
        return run_double(warp, uop, active, &a, &b, &c, f64_fma_nearest, f64_fma_exact);
}

/* DSETP. option: COMPARE, BOOLEAN. Two codes that are comparisons elsewhere choose the lesser or the greater here. */
enum { DSETP_COMPARE = 0, DSETP_BOOLEAN = 1 };
enum { DSETP_MINIMUM = 0, DSETP_MAXIMUM = 15 };

static enum sm_outcome run_dsetp(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t compare = uop->option[DSETP_COMPARE];
        struct dreg a, b;
        struct vreg holds;

        load_double(warp, &uop->a, &a);
        load_double(warp, &uop->b, &b);
        for_each_lane(lane) {
                double left = f64_value(a.lane[lane]), right = f64_value(b.lane[lane]);
                uint32_t less = left < right ? compare & COMPARE_LESS : 0;
                uint32_t equal = left == right ? compare & COMPARE_EQUAL : 0;
                uint32_t greater = left > right ? compare & COMPARE_GREATER : 0;
                uint32_t unordered = left != left || right != right ? compare & COMPARE_UNORDERED : 0;

                holds.lane[lane] = less | equal | greater | unordered;
        }
        write_comparison(warp, uop, lanes_not_zero(&holds), predicate(warp, uop->p[0]), uop->option[DSETP_BOOLEAN], active);
        return SM_NEXT;
}

/* Numbers as integers in the same order, -0 below +0. */
static inline int64_t f64_order(uint64_t bits) { return (int64_t)(bits & F64_SIGN ? bits ^ ~F64_SIGN : bits); }

/* DSETP.MIN, DSETP.MAX: whether a is the result; the second predicate says that the result is NaN, both being that. */
static enum sm_outcome run_dsetp_pick(struct warp *warp, const struct uop *uop, lane_mask active)
{
        bool want_least = uop->option[DSETP_COMPARE] == DSETP_MINIMUM;
        lane_mask other = predicate(warp, uop->p[0]);
        struct dreg a, b;
        struct vreg picked, nan;

        load_double(warp, &uop->a, &a);
        load_double(warp, &uop->b, &b);
        for_each_lane(lane) {
                bool a_nan = f64_is_nan(a.lane[lane]), b_nan = f64_is_nan(b.lane[lane]);
                int64_t left = f64_order(a.lane[lane]), right = f64_order(b.lane[lane]);

                picked.lane[lane] = !a_nan && (b_nan || (want_least ? left <= right : left > right));
                nan.lane[lane] = a_nan && b_nan;
        }
        write_predicate(warp, uop->pd, combine(lanes_not_zero(&picked), other, uop->option[DSETP_BOOLEAN]), active);
        write_predicate(warp, uop->pd2, combine(lanes_not_zero(&nan), other, uop->option[DSETP_BOOLEAN]), active);
        return SM_NEXT;
}

/* The second source, wherever the form puts it: a 32-bit immediate is the upper half of a number. */
static void bind_double_slot(const struct sass_word *word, struct uop *uop, struct operand *operand)
{
        *operand = bind_slot(word, uop, 2, false);
        if (operand->kind == OPERAND_IMMEDIATE && !operand->is_constant) {
                operand->value_high = operand->value;
                operand->value = 0;
        }
}

static void bind_double_ab(const struct sass_word *word, struct uop *uop)
{
        uop->a = bind_a(word, uop, 2, false);
        bind_double_slot(word, uop, &uop->b);
}

static void bind_dadd(const struct sass_word *word, struct uop *uop)
{
        bind_d(word, uop, 2);
        bind_double_ab(word, uop);
        if (word_form(word) == FORM_REGISTERS) /* it has the third source's place */
                uop->b = bind_register_64(word, uop, 2, false);
        uop->option[DOUBLE_ROUND] = sass_DADD_round(word->word);
        uop->run = run_dadd;
}

static void bind_dmul(const struct sass_word *word, struct uop *uop)
{
        bind_d(word, uop, 2);
        bind_double_ab(word, uop);
        uop->option[DOUBLE_ROUND] = sass_DMUL_round(word->word);
        uop->run = run_dmul;
}

static void bind_dfma(const struct sass_word *word, struct uop *uop)
{
        enum operand_form form = word_form(word);

        bind_d(word, uop, 2);
        uop->a = bind_a(word, uop, 2, false);
        if (form == FORM_C_IMMEDIATE || form == FORM_C_CONSTANT || form == FORM_C_UNIFORM) {
                uop->b = bind_register_64(word, uop, 2, false);
                bind_double_slot(word, uop, &uop->c);
        } else {
                bind_double_slot(word, uop, &uop->b);
                uop->c = bind_register_64(word, uop, 2, false);
        }
        uop->option[DOUBLE_ROUND] = sass_DFMA_round(word->word);
        uop->run = run_dfma;
}

static void bind_dsetp(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_double_ab(word, uop);
        bind_outputs(uop, sass_DSETP_Pd(w), sass_DSETP_Pd2(w));
        uop->p[0] = bind_predicate(sass_DSETP_Pa(w), sass_DSETP_Pa_negate(w));
        uop->option[DSETP_COMPARE] = sass_DSETP_compare(w);
        uop->option[DSETP_BOOLEAN] = sass_DSETP_boolean(w);
        if (uop->option[DSETP_COMPARE] == DSETP_MINIMUM || uop->option[DSETP_COMPARE] == DSETP_MAXIMUM)
                uop->run = run_dsetp_pick;
        else
                uop->run = run_dsetp;
}

static bool bind_double(const struct sass_word *word, struct uop *uop)
{
        switch (word->opcode) {
        case SASS_DADD: bind_dadd(word, uop); return true;
        case SASS_DMUL: bind_dmul(word, uop); return true;
        case SASS_DFMA: bind_dfma(word, uop); return true;
        case SASS_DSETP: bind_dsetp(word, uop); return true;
        default: return false;
        }
}
