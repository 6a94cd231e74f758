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

        for_each_lane(lane)
                d->lane[lane] = (wide_lane(from, lane) & keep) ^ flip;
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

/* What an operation returns where its result is NaN: the first source that is one, made quiet. */
static inline uint64_t f64_nan_of(uint64_t a, uint64_t b, uint64_t c)
{
        uint64_t nan = f64_is_nan(a) ? a : f64_is_nan(b) ? b : f64_is_nan(c) ? c : F64_DEFAULT_NAN;

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

/* DSETP. option: COMPARE, BOOLEAN. */
enum { DSETP_COMPARE = 0, DSETP_BOOLEAN = 1 };

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

static bool bind_double(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        return false;
}
