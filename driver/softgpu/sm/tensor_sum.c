/*
 * What a tensor core adds up. Included by isa.h only.
 *
 * A group of products and the accumulator are added as one: all are brought to the largest exponent among them (that of a
 * product is the sum of its factors' exponents, whatever their significands multiply to), cut off toward zero some bits
 * below it, and added exactly; the sum is cut off toward zero to 24 bits, or rounded to nearest fp16. Denormals are kept
 * everywhere, a zero is +0. On an H100 this gives every bit: docs/sm-numerics.md. The group sizes and widths of the other
 * architectures are from P. Xie et al., "MMA-Sim", arXiv 2511.10909, and have not been compared with silicon here.
 */

#include "lane_float.h"
#include "tensor_sum.h"

/* How one kind of sum is made. */
struct tensor_rules {
        unsigned group;        /* products that are added at once */
        int fraction_bits;     /* kept below the largest exponent */
        uint64_t cut;          /* the bits of a double that the result has not */
        int16_t least_exponent[2]; /* of a normal number in A's and B's format */
};

enum {
        TENSOR_NO_TERM = -4096,  /* the exponent of a zero: below that of any number, with another number's added too */
        TENSOR_NO_NUMBER = 8192, /* of an infinity or NaN: above, even with TENSOR_NO_TERM added */
        TENSOR_HALF_LANES = LANES / 2,
        DOUBLE_BIAS = 1023,
        DOUBLE_FRACTION = 52,
};

#define TENSOR_TF32_MASK UINT32_C(0xffffe000)

static int16_t tensor_least_exponent(enum tensor_input input)
{
        static const int16_t LEAST[] = {
                [TENSOR_F16] = -14, [TENSOR_BF16] = -126, [TENSOR_TF32] = -126, [TENSOR_E4M3] = -6, [TENSOR_E5M2] = -14,
        };

        return LEAST[input];
}

static bool tensor_is_fp8(enum tensor_input input) { return input == TENSOR_E4M3 || input == TENSOR_E5M2; }

/* A mask of the fraction bits of a double beyond `kept` (the leading one is not counted). */
static uint64_t tensor_cut(unsigned kept) { return (UINT64_C(1) << (DOUBLE_FRACTION - kept)) - 1; }

static struct tensor_rules tensor_rules_of(struct tensor_kind kind, unsigned k_count)
{
        struct tensor_rules rules = {
                .group = k_count,
                .fraction_bits = kind.arch >= 90 ? 25 : 24,
                .cut = tensor_cut(23),
                .least_exponent = {tensor_least_exponent(kind.a), tensor_least_exponent(kind.b)},
        };

        if (tensor_is_fp8(kind.a) && kind.arch < 100) {
                rules.fraction_bits = 13;
                rules.cut = tensor_cut(13);
        }
        if (kind.arch >= 80 && kind.arch < 90) {
                unsigned most = tensor_is_fp8(kind.a) ? 16 : kind.a == TENSOR_TF32 ? 4 : 8;

                rules.group = k_count < most ? k_count : most;
        }
        return rules;
}

/* The result of a group: `sum`, exact, cut off or rounded. */
INLINE float tensor_result(double sum, uint64_t cut, enum tensor_output output)
{
        double half;

        if (output == TENSOR_TO_F32)
                return (float)f64_value(f64_bits(sum) & ~cut); /* from 2^128 on that is an infinity */
        half = round_to_narrow(sum, 10, -14);
        half = half >= 0x1p16 ? __builtin_inf() : half <= -0x1p16 ? -__builtin_inf() : half;
        return (float)(half == 0 ? 0 : half);
}

/* The exponent of a number of the format whose least one is given. */
INLINE int16_t tensor_exponent(float value, int32_t least)
{
        uint32_t magnitude = f32_bits(value) << 1;
        int32_t exponent = (int32_t)(magnitude >> 24) - 127;

        exponent = exponent < least ? least : exponent;
        exponent = exponent == 128 ? TENSOR_NO_NUMBER : exponent;
        return (int16_t)(magnitude == 0 ? TENSOR_NO_TERM : exponent);
}

/*
 * One output, any operands: every product is exact in double, and so is every term in 64 bits. The result may be an fp32
 * denormal, which double has not: it is cut off in units of the least of them.
 */
static float tensor_dot_group(const float *a, const float *b, const struct tensor_rules *rules, enum tensor_output output,
                              float addend)
{
        int largest = tensor_exponent(addend, output == TENSOR_TO_F16 ? -14 : -126);
        double plain = addend, scale, total;
        int64_t sum;

        for (unsigned k = 0; k < rules->group; k++) {
                int exponent = tensor_exponent(a[k], rules->least_exponent[0]) + tensor_exponent(b[k], rules->least_exponent[1]);

                largest = exponent > largest ? exponent : largest;
                plain += (double)a[k] * (double)b[k];
        }
        if (plain != plain)
                return f32_value(F32_NAN);
        if (plain - plain != 0)
                return (float)plain;
        if (largest <= TENSOR_NO_TERM / 2)
                return 0;
        scale = __builtin_ldexp(1.0, rules->fraction_bits - largest);
        sum = (int64_t)((double)addend * scale);
        for (unsigned k = 0; k < rules->group; k++)
                sum += (int64_t)((double)a[k] * (double)b[k] * scale);
        total = (double)sum / scale;
        if (output == TENSOR_TO_F32 && total < 0x1p-126 && total > -0x1p-126)
                return (float)((double)(int64_t)(total * 0x1p149) * 0x1p-149) + 0.0f;
        return tensor_result(total, rules->cut, output);
}

static float tensor_dot(const float *a, const float *b, unsigned k_count, struct tensor_kind kind, float addend)
{
        struct tensor_rules rules = tensor_rules_of(kind, k_count);
        float kept_a[TENSOR_MAX_K], kept_b[TENSOR_MAX_K];
        uint32_t mask = kind.a == TENSOR_TF32 ? TENSOR_TF32_MASK : ~UINT32_C(0);

        for (unsigned k = 0; k < k_count; k++) {
                kept_a[k] = f32_value(f32_bits(a[k]) & mask);
                kept_b[k] = f32_value(f32_bits(b[k]) & mask);
        }
        for (unsigned k = 0; k < k_count; k += rules.group)
                addend = tensor_dot_group(kept_a + k, kept_b + k, &rules, kind.output, addend);
        return addend;
}

/* The exponents of all operands. */
struct tensor_exponents {
        _Alignas(64) int16_t a[TENSOR_MAX_K][2][LANES];
        _Alignas(64) int16_t b[TENSOR_MAX_K][2][TENSOR_HALF_LANES];
};

INLINE void tensor_exponents_of(const float *values, int16_t *exponents, unsigned count, int16_t least)
{
        for (unsigned i = 0; i < count; i++)
                exponents[i] = tensor_exponent(values[i], least);
}

/* Half of the lanes of one output register. */
struct tensor_block {
        const float (*a)[2][LANES];             /* [k][row half], from the first lane on */
        const float (*b)[2][TENSOR_HALF_LANES];
        const int16_t (*exponent_a)[2][LANES];
        const int16_t (*exponent_b)[2][TENSOR_HALF_LANES];
        unsigned row, column, lane;
};

/*
 * The fast path: products in fp32, terms and their sums in 32 bits. Products are exact where the largest exponent is in
 * this range; smaller ones that are not exact would be cut off anyway. 16 terms below 2^27 fit into 32 bits. False if an
 * exponent or the sum may be beyond that.
 */
enum { TENSOR_FAST_LEAST = -90, TENSOR_FAST_MOST = 126, TENSOR_FAST_GROUP = 16, TENSOR_FAST_FRACTION_BITS = 23 };

/* Vectors of half of the lanes, whatever the host's are. */
typedef float tensor_floats __attribute__((vector_size(4 * TENSOR_HALF_LANES), may_alias));
typedef int32_t tensor_integers __attribute__((vector_size(4 * TENSOR_HALF_LANES), may_alias));
typedef int16_t tensor_shorts __attribute__((vector_size(2 * TENSOR_HALF_LANES), may_alias));

/* The largest of the given exponents and those of a group's products. */
INLINE void tensor_largest(const struct tensor_block *block, unsigned group, int16_t *largest)
{
        tensor_shorts most = *(const tensor_shorts *)largest;

#pragma GCC unroll 16
        for (unsigned k = 0; k < group; k++) {
                tensor_shorts exponent = *(const tensor_shorts *)(block->exponent_a[k][block->row] + block->lane)
                                         + *(const tensor_shorts *)block->exponent_b[k][block->column];

#if defined(__AVX2__)
                most = (tensor_shorts)_mm256_max_epi16((__m256i)exponent, (__m256i)most);
#else
                tensor_shorts larger = exponent > most;

                most = (exponent & larger) | (most & ~larger);
#endif
        }
        *(tensor_shorts *)largest = most;
}

/* The sum of a group's products, each in units of 1 / scale and cut off. */
INLINE void tensor_add_terms(const struct tensor_block *block, unsigned group, const float *scale, int32_t *sum)
{
        tensor_floats unit = *(const tensor_floats *)scale;
        tensor_integers total = {0};

#pragma GCC unroll 16
        for (unsigned k = 0; k < group; k++) {
                tensor_floats a = *(const tensor_floats *)(block->a[k][block->row] + block->lane);
                tensor_floats b = *(const tensor_floats *)block->b[k][block->column];

                total += __builtin_convertvector(a * b * unit, tensor_integers);
        }
        *(tensor_integers *)sum = total;
}

INLINE bool tensor_add_group(const struct tensor_block *block, unsigned group, const struct tensor_rules *rules,
                             enum tensor_output output, float *accumulator)
{
        enum { COUNT = TENSOR_HALF_LANES };
        int16_t least_addend = output == TENSOR_TO_F16 ? -14 : -126;
        _Alignas(64) int16_t largest[COUNT];
        _Alignas(64) int32_t exponent[COUNT], sum[COUNT];
        _Alignas(64) float scale[COUNT];
        int32_t beyond = 0;

        for (unsigned i = 0; i < COUNT; i++)
                largest[i] = tensor_exponent(accumulator[i], least_addend);
        tensor_largest(block, group, largest);
        for (unsigned i = 0; i < COUNT; i++) {
                int32_t most = largest[i], no_term = most <= TENSOR_NO_TERM / 2;

                exponent[i] = no_term ? 0 : most;
                beyond |= (exponent[i] > TENSOR_FAST_MOST) | (exponent[i] < TENSOR_FAST_LEAST);
                scale[i] = f32_value((uint32_t)(rules->fraction_bits - exponent[i] + 127) << 23);
        }
        if (UNLIKELY(beyond || (group > TENSOR_FAST_GROUP && rules->fraction_bits > TENSOR_FAST_FRACTION_BITS)))
                return false;
        tensor_add_terms(block, group, scale, sum);
        for (unsigned i = 0; i < COUNT; i++) {
                double unit = f64_value((uint64_t)(exponent[i] - rules->fraction_bits + DOUBLE_BIAS) << DOUBLE_FRACTION);
                double addend = (double)(int32_t)(accumulator[i] * scale[i]);

                accumulator[i] = tensor_result(((double)sum[i] + addend) * unit, rules->cut, output);
        }
        return true;
}

static void tensor_add_group_slowly(const struct tensor_block *block, const struct tensor_rules *rules,
                                    enum tensor_output output, float *accumulator)
{
        for (unsigned i = 0; i < TENSOR_HALF_LANES; i++) {
                float a[TENSOR_MAX_K], b[TENSOR_MAX_K];

                for (unsigned k = 0; k < rules->group; k++) {
                        a[k] = block->a[k][block->row][block->lane + i];
                        b[k] = block->b[k][block->column][i];
                }
                accumulator[i] = tensor_dot_group(a, b, rules, output, accumulator[i]);
        }
}

/* One loop for each group size, so that the products of a group are unrolled. */
INLINE bool tensor_add_group_fast(const struct tensor_block *block, const struct tensor_rules *rules,
                                  enum tensor_output output, float *accumulator)
{
        switch (rules->group) {
        case 4: return tensor_add_group(block, 4, rules, output, accumulator);
        case 8: return tensor_add_group(block, 8, rules, output, accumulator);
        case 16: return tensor_add_group(block, 16, rules, output, accumulator);
        default: return tensor_add_group(block, rules->group, rules, output, accumulator);
        }
}

static bool tensor_add_to_f32(const struct tensor_block *block, const struct tensor_rules *rules, float *accumulator)
{
        return tensor_add_group_fast(block, rules, TENSOR_TO_F32, accumulator);
}

static bool tensor_add_to_f16(const struct tensor_block *block, const struct tensor_rules *rules, float *accumulator)
{
        return tensor_add_group_fast(block, rules, TENSOR_TO_F16, accumulator);
}

static void tensor_cut_tf32(float *values, unsigned count)
{
        for (unsigned i = 0; i < count; i++)
                values[i] = f32_value(f32_bits(values[i]) & TENSOR_TF32_MASK);
}

static void tensor_sum(struct tensor_operands *operands, unsigned k_count, struct tensor_kind kind,
                       float accumulator[TENSOR_OUTPUTS][LANES])
{
        struct tensor_rules rules = tensor_rules_of(kind, k_count);
        struct tensor_exponents exponents;

        if (kind.a == TENSOR_TF32) {
                tensor_cut_tf32(operands->a[0][0], k_count * 2 * LANES);
                tensor_cut_tf32(operands->b[0][0], k_count * LANES);
        }
        tensor_exponents_of(operands->a[0][0], exponents.a[0][0], k_count * 2 * LANES, rules.least_exponent[0]);
        tensor_exponents_of(operands->b[0][0], exponents.b[0][0], k_count * LANES, rules.least_exponent[1]);
        for (unsigned k = 0; k < k_count; k += rules.group) {
                for (unsigned at = 0; at < 2 * TENSOR_OUTPUTS; at++) {
                        unsigned output = at / 2;
                        struct tensor_block block = {
                                .a = operands->a + k, .b = operands->b + k,
                                .exponent_a = exponents.a + k, .exponent_b = exponents.b + k,
                                .row = output / 2, .column = output % 2, .lane = at % 2 * TENSOR_HALF_LANES,
                        };
                        float *sums = accumulator[output] + block.lane;
                        bool done = kind.output == TENSOR_TO_F16 ? tensor_add_to_f16(&block, &rules, sums)
                                                                 : tensor_add_to_f32(&block, &rules, sums);

                        if (UNLIKELY(!done))
                                tensor_add_group_slowly(&block, &rules, kind.output, sums);
                }
        }
}
