/*
 * Tensor cores, and the moves of 8x8 matrices that serve them. Included by isa.h only.
 *
 * Facts: PTX ISA, "Matrix fragments for mma" (which lane holds which element), "ldmatrix", "stmatrix", "movmatrix",
 * "mma.sp" (the metadata of sparse matrices). In every shape a lane is (group, thread) = (lane / 4, lane % 4); register i
 * of A holds row `group + 8 * (i % 2)` and word `thread + 4 * (i / 2)` of that row; register i of B holds column `group`
 * and word `thread + 4 * i`; an accumulator r is D[group + 8 * (r / 2)][2 * thread + r % 2]. A word is as many elements
 * as 32 bits hold: that is all there is to know about the integer and 16-bit shapes; in fp64 a word is one pair.
 */

#include "address.h"
#include "lane_float.h"
#include "tensor_sum.h"

enum {
        GROUPS = 8,
        THREADS = 4,           /* of a group */
        MATRIX_ROWS = 8,
        MATRIX_ROW_BYTES = 16,
        MAX_MATRIX_WORDS = 16, /* of a row of A */
};

/* What a matrix instruction needs to know of its shape; kept in uop->option. */
enum { MATRIX_OPTION_A_REGISTERS, MATRIX_OPTION_B_REGISTERS, MATRIX_OPTION_KIND, MATRIX_OPTION_SPARSE };

/* Register `i` of a group that may be RZ: zero in all of them. */
INLINE const struct vreg *group_register(const struct warp *warp, unsigned index, unsigned i)
{
        return &warp->reg[index == SM_RZ ? SM_RZ : index + i];
}

/* out[lane] = the word of A that `thread` of the lane's group holds. */
INLINE void spread_row_word(uint32_t out[LANES], const uint32_t held[LANES], unsigned thread)
{
        for (unsigned first = 0; first < LANES; first += THREADS) {
                uint32_t word = held[first + thread];

                for (unsigned i = 0; i < THREADS; i++)
                        out[first + i] = word;
        }
}

/* out[lane] = the word of B that `thread` of the group of column 2 * (lane % 4) + odd holds; for 16 lanes. */
INLINE void spread_column_word(uint32_t out[16], const uint32_t held[LANES], unsigned thread, unsigned odd)
{
        uint32_t column[THREADS];

        for (unsigned i = 0; i < THREADS; i++)
                column[i] = held[(2 * i + odd) * THREADS + thread];
        for (unsigned lane = 0; lane < 16; lane++)
                out[lane] = column[lane % THREADS];
}

/* e4m3: no infinity, one NaN of each sign. */
INLINE float e4m3_value(uint32_t bits)
{
        uint32_t magnitude = bits & 0x7f;
        float scaled = f32_value(magnitude << 20) * 0x1p120f;
        uint32_t value = magnitude == 0x7f ? F32_NAN : f32_bits(scaled);

        return f32_value(value | (bits & 0x80) << 24);
}

/* How elements become floats: element `i` of each word. */
INLINE void float_elements(struct vreg *out, const struct vreg *words, enum tensor_input input, unsigned i)
{
        switch (input) {
        case TENSOR_BF16:
                for_each_lane(lane)
                        out->lane[lane] = i ? words->lane[lane] & 0xffff0000u : words->lane[lane] << 16;
                break;
        case TENSOR_F16:
#if defined(__AVX512F__)
                for (unsigned half = 0; half < LANES; half += 16) {
                        __m512i word = _mm512_load_si512(words->lane + half);

                        word = i ? _mm512_srli_epi32(word, 16) : word;
                        _mm512_store_ps(out->lane + half, _mm512_cvtph_ps(_mm512_cvtepi32_epi16(word)));
                }
#else
                for_each_lane(lane)
                        out->lane[lane] = f32_bits(f16_value(words->lane[lane] >> 16 * i & 0xffff));
#endif
                break;
        case TENSOR_E4M3:
                for_each_lane(lane)
                        out->lane[lane] = f32_bits(e4m3_value(words->lane[lane] >> 8 * i & 0xff));
                break;
        case TENSOR_E5M2:
                for_each_lane(lane)
                        out->lane[lane] = f32_bits(f16_value((words->lane[lane] >> 8 * i & 0xff) << 8));
                break;
        default:
                *out = *words;
                break;
        }
}

INLINE void negate_floats(struct vreg *values)
{
        for_each_lane(lane)
                values->lane[lane] ^= F32_SIGN;
}

static const uint8_t ELEMENTS_OF_WORD[] = {[TENSOR_F16] = 2, [TENSOR_BF16] = 2, [TENSOR_TF32] = 1,
                                           [TENSOR_E4M3] = 4, [TENSOR_E5M2] = 4};

/* Spread the fragments of A over the lanes that need them. */
INLINE void spread_a(struct tensor_operands *operands, const struct warp *warp, const struct uop *uop,
                     enum tensor_input input)
{
        unsigned elements = ELEMENTS_OF_WORD[input];

        for (unsigned i = 0; i < uop->option[MATRIX_OPTION_A_REGISTERS]; i++)
                for (unsigned element = 0; element < elements; element++) {
                        struct vreg value;

                        float_elements(&value, group_register(warp, uop->a.index, i), input, element);
                        if (UNLIKELY(uop->a.negate))
                                negate_floats(&value);
                        for (unsigned thread = 0; thread < THREADS; thread++) {
                                unsigned k = (thread + THREADS * (i / 2)) * elements + element;

                                spread_row_word((uint32_t *)operands->a[k][i % 2], value.lane, thread);
                        }
                }
}

INLINE void spread_b(struct tensor_operands *operands, const struct warp *warp, const struct uop *uop,
                     enum tensor_input input)
{
        unsigned elements = ELEMENTS_OF_WORD[input];

        for (unsigned i = 0; i < uop->option[MATRIX_OPTION_B_REGISTERS]; i++)
                for (unsigned element = 0; element < elements; element++) {
                        struct vreg value;

                        float_elements(&value, group_register(warp, uop->b.index, i), input, element);
                        for (unsigned thread = 0; thread < THREADS; thread++) {
                                unsigned k = (thread + THREADS * i) * elements + element;

                                for (unsigned odd = 0; odd < 2; odd++)
                                        spread_column_word((uint32_t *)operands->b[k][odd], value.lane, thread, odd);
                        }
                }
}

/* The accumulators as floats, and back. fp16 ones come in pairs: register i holds outputs 2i and 2i + 1. */
INLINE void load_accumulators(float accumulator[TENSOR_OUTPUTS][LANES], const struct warp *warp, unsigned index,
                              enum tensor_output output)
{
        for (unsigned i = 0; i < TENSOR_OUTPUTS; i++) {
                struct vreg value;

                if (output == TENSOR_TO_F32)
                        value = *group_register(warp, index, i);
                else
                        float_elements(&value, group_register(warp, index, i / 2), TENSOR_F16, i % 2);
                memcpy(accumulator[i], &value, sizeof value);
        }
}

INLINE void store_accumulators(struct warp *warp, unsigned index, float accumulator[TENSOR_OUTPUTS][LANES],
                               enum tensor_output output, lane_mask active)
{
        struct vreg value;

        if (output == TENSOR_TO_F32) {
                for (unsigned i = 0; i < TENSOR_OUTPUTS; i++) {
                        memcpy(&value, accumulator[i], sizeof value);
                        write_register(warp, index + i, &value, active);
                }
                return;
        }
        for (unsigned i = 0; i < TENSOR_OUTPUTS / 2; i++) {
                for_each_lane(lane)
                        value.lane[lane] = f16_bits_of_exact(accumulator[2 * i][lane])
                                           | f16_bits_of_exact(accumulator[2 * i + 1][lane]) << 16;
                write_register(warp, index + i, &value, active);
        }
}

/* The kind of a sum in one option word. */
INLINE uint32_t pack_kind(struct tensor_kind kind)
{
        return (uint32_t)kind.a | (uint32_t)kind.b << 8 | (uint32_t)kind.output << 16 | kind.arch << 24;
}

INLINE struct tensor_kind unpack_kind(uint32_t packed)
{
        return (struct tensor_kind){.a = (enum tensor_input)(packed & 0xff),
                                    .b = (enum tensor_input)(packed >> 8 & 0xff),
                                    .output = (enum tensor_output)(packed >> 16 & 0xff),
                                    .arch = packed >> 24};
}

INLINE enum sm_outcome multiply_floats(struct warp *warp, const struct uop *uop, lane_mask active, struct tensor_kind kind)
{
        struct tensor_operands operands;
        _Alignas(64) float accumulator[TENSOR_OUTPUTS][LANES];
        unsigned k_count = THREADS * uop->option[MATRIX_OPTION_B_REGISTERS] * ELEMENTS_OF_WORD[kind.b];

        spread_a(&operands, warp, uop, kind.a);
        spread_b(&operands, warp, uop, kind.b);
        load_accumulators(accumulator, warp, uop->c.index, kind.output);
        tensor_sum(&operands, k_count, kind, accumulator);
        store_accumulators(warp, uop->d, accumulator, kind.output, active);
        return SM_NEXT;
}

/* HMMA, QMMA Rd, Ra, Rb, Rc: floats of 8 to 32 bits. */
static enum sm_outcome run_float_matrix(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return multiply_floats(warp, uop, active, unpack_kind(uop->option[MATRIX_OPTION_KIND]));
}

/* The same with the formats known when compiled: the shapes that programs live on. */
static enum sm_outcome run_bf16_matrix(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct tensor_kind kind = {TENSOR_BF16, TENSOR_BF16, TENSOR_TO_F32, warp->launch->arch};

        return multiply_floats(warp, uop, active, kind);
}

static enum sm_outcome run_f16_matrix(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct tensor_kind kind = {TENSOR_F16, TENSOR_F16, TENSOR_TO_F32, warp->launch->arch};

        return multiply_floats(warp, uop, active, kind);
}

/*
 * Sparse A: of every four elements of a row of A two are there, and two bits of metadata for each say which (tf32: of
 * every two elements one, and four bits, the upper two of which say it; 4-bit integers: pairs take the place of elements).
 * The metadata of a row takes 16, 32 or 64 bits. With elements of 16 bits and more they lie by 16 in the halves of the
 * registers of 1 or 2 lanes of a group, from the lane that the selector says: the low half is that of row `group`, the
 * high half that of row `group + 8`. With smaller elements they lie by 32 in a lane of each row: the even one of 2 lanes
 * holds those of row `group`. All of this was compared with an H100.
 */
struct sparse_metadata {
        uint64_t row[2 * GROUPS];
};

/* What MATRIX_OPTION_SPARSE holds. */
enum { SPARSE_LANES = 0xff, SPARSE_SELECTOR_SHIFT = 8, SPARSE_SELECTOR = 0xff, SPARSE_BY_LANES = 1 << 16 };

INLINE void load_metadata_by_lanes(struct sparse_metadata *metadata, const uint32_t *group_lanes, unsigned group,
                                   unsigned lanes)
{
        for (unsigned i = 0; i < lanes; i++)
                metadata->row[group + GROUPS * (i % 2)] |= (uint64_t)group_lanes[i] << 32 * (i / 2);
}

INLINE void load_metadata_by_halves(struct sparse_metadata *metadata, const uint32_t *group_lanes, unsigned group,
                                    unsigned lanes)
{
        for (unsigned i = 0; i < lanes; i++) {
                metadata->row[group] |= (uint64_t)(group_lanes[i] & 0xffff) << 16 * i;
                metadata->row[group + GROUPS] |= (uint64_t)(group_lanes[i] >> 16) << 16 * i;
        }
}

INLINE void load_metadata(struct sparse_metadata *metadata, const struct vreg *held, uint32_t option)
{
        unsigned lanes = option & SPARSE_LANES;
        unsigned first = (option >> SPARSE_SELECTOR_SHIFT & SPARSE_SELECTOR) * lanes & (THREADS - 1);

        memset(metadata, 0, sizeof *metadata);
        for (unsigned group = 0; group < GROUPS; group++) {
                const uint32_t *group_lanes = &held->lane[group * THREADS + first];

                if (option & SPARSE_BY_LANES)
                        load_metadata_by_lanes(metadata, group_lanes, group, lanes);
                else
                        load_metadata_by_halves(metadata, group_lanes, group, lanes);
        }
}

/* Which element of the full row the compressed element `i` is. */
INLINE unsigned sparse_position(uint64_t metadata, unsigned i, bool one_of_two)
{
        if (one_of_two)
                return 2 * i + (unsigned)(metadata >> (4 * i + 1) & 1);
        return 4 * (i / 2) + (unsigned)(metadata >> 2 * i & 3);
}

/* HMMA.SP, QMMA.SP Rd, Ra, Rb, Rc, Re, selector. */
static enum sm_outcome run_sparse_float_matrix(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct tensor_kind kind = unpack_kind(uop->option[MATRIX_OPTION_KIND]);
        unsigned a_registers = uop->option[MATRIX_OPTION_A_REGISTERS];
        unsigned b_registers = uop->option[MATRIX_OPTION_B_REGISTERS];
        unsigned a_elements = ELEMENTS_OF_WORD[kind.a];
        unsigned b_elements = ELEMENTS_OF_WORD[kind.b];
        unsigned k_count = THREADS * (a_registers / 2) * a_elements;
        float a[2 * GROUPS][TENSOR_MAX_K];
        float b[GROUPS][2 * TENSOR_MAX_K];
        _Alignas(64) float accumulator[TENSOR_OUTPUTS][LANES];
        struct sparse_metadata metadata;
        struct vreg value;

        for (unsigned i = 0; i < a_registers; i++)
                for (unsigned element = 0; element < a_elements; element++) {
                        float_elements(&value, group_register(warp, uop->a.index, i), kind.a, element);
                        if (UNLIKELY(uop->a.negate))
                                negate_floats(&value);
                        for_each_lane(lane)
                                a[lane / THREADS + GROUPS * (i % 2)]
                                 [(lane % THREADS + THREADS * (i / 2)) * a_elements + element] = f32_value(value.lane[lane]);
                }
        for (unsigned i = 0; i < b_registers; i++)
                for (unsigned element = 0; element < b_elements; element++) {
                        float_elements(&value, group_register(warp, uop->b.index, i), kind.b, element);
                        for_each_lane(lane)
                                b[lane / THREADS][(lane % THREADS + THREADS * i) * b_elements + element] =
                                        f32_value(value.lane[lane]);
                }
        load_metadata(&metadata, &warp->reg[uop->d2], uop->option[MATRIX_OPTION_SPARSE]);
        load_accumulators(accumulator, warp, uop->c.index, kind.output);
        for (unsigned output = 0; output < TENSOR_OUTPUTS; output++)
                for_each_lane(lane) {
                        unsigned row = lane / THREADS + GROUPS * (output / 2);
                        const float *column = b[2 * (lane % THREADS) + output % 2];
                        float chosen[TENSOR_MAX_K];

                        for (unsigned k = 0; k < k_count; k++)
                                chosen[k] = column[sparse_position(metadata.row[row], k, kind.a == TENSOR_TF32)];
                        accumulator[output][lane] = tensor_dot(a[row], chosen, k_count, kind, accumulator[output][lane]);
                }
        store_accumulators(warp, uop->d, accumulator, kind.output, active);
        return SM_NEXT;
}

/* Integers: how wide, and whether signed; kept in MATRIX_OPTION_KIND. */
enum {
        INTEGER_BITS = 0xff, /* 8, 4 or 1 */
        INTEGER_A_SIGNED = 1 << 8,
        INTEGER_B_SIGNED = 1 << 9,
        INTEGER_SATURATE = 1 << 10,
        INTEGER_AND = 1 << 11, /* BMMA: else exclusive or */
        INTEGER_ROWS_8 = 1 << 12,
};

INLINE int32_t integer_element(uint32_t word, unsigned i, unsigned bits, bool is_signed)
{
        uint32_t top = word << (32 - bits * (i + 1));

        return is_signed ? (int32_t)top >> (32 - bits) : (int32_t)(top >> (32 - bits));
}

INLINE int32_t integer_result(int64_t sum, bool saturate)
{
        if (saturate && sum > INT32_MAX)
                return INT32_MAX;
        if (saturate && sum < INT32_MIN)
                return INT32_MIN;
        return (int32_t)sum;
}

/* The elements of A and B as integers, spread as struct tensor_operands is; words of bits count as one element. */
enum { INTEGER_MAX_K = 64 };

struct integer_operands {
        _Alignas(64) uint32_t a[INTEGER_MAX_K][2][LANES];
        _Alignas(64) uint32_t b[INTEGER_MAX_K][2][16];
};

/* Element `i` of every word, extended; bits stay together. */
INLINE void integer_elements(struct vreg *out, const struct vreg *words, unsigned i, unsigned bits, bool is_signed)
{
        for_each_lane(lane)
                out->lane[lane] = bits == 1 ? words->lane[lane]
                                            : (uint32_t)integer_element(words->lane[lane], i, bits, is_signed);
}

INLINE void spread_integers(struct integer_operands *operands, const struct warp *warp, const struct uop *uop,
                            unsigned halves, unsigned bits)
{
        uint32_t kind = uop->option[MATRIX_OPTION_KIND];
        unsigned elements = bits == 1 ? 1 : 32 / bits;

        for (unsigned i = 0; i < uop->option[MATRIX_OPTION_A_REGISTERS] + uop->option[MATRIX_OPTION_B_REGISTERS]; i++)
                for (unsigned element = 0; element < elements; element++) {
                        bool is_a = i < uop->option[MATRIX_OPTION_A_REGISTERS];
                        unsigned register_number = is_a ? i : i - uop->option[MATRIX_OPTION_A_REGISTERS];
                        unsigned first_word = THREADS * (is_a ? register_number / halves : register_number);
                        struct vreg value;

                        integer_elements(&value, group_register(warp, is_a ? uop->a.index : uop->b.index, register_number),
                                         element, bits, kind & (is_a ? INTEGER_A_SIGNED : INTEGER_B_SIGNED));
                        for (unsigned thread = 0; thread < THREADS; thread++) {
                                unsigned k = (first_word + thread) * elements + element;

                                if (is_a) {
                                        spread_row_word(operands->a[k][register_number % halves], value.lane, thread);
                                } else {
                                        spread_column_word(operands->b[k][0], value.lane, thread, 0);
                                        spread_column_word(operands->b[k][1], value.lane, thread, 1);
                                }
                        }
                }
}

/* The sum of products of 16 lanes of one output register: it fits 32 bits whatever the elements are. */
INLINE void sum_of_products(uint32_t sum[16], const uint32_t (*a)[2][LANES], const uint32_t (*b)[2][16], unsigned k_count,
                            unsigned bits, bool use_and)
{
        for (unsigned k = 0; k < k_count; k++)
                for (unsigned lane = 0; lane < 16; lane++) {
                        uint32_t x = a[k][0][lane];
                        uint32_t y = b[k][0][lane];

                        if (bits == 1)
                                sum[lane] += (uint32_t)__builtin_popcount(use_and ? x & y : x ^ y);
                        else
                                sum[lane] += x * y;
                }
}

/* Bits are counted, 8-bit and 4-bit elements multiplied: `bits` is known when this is compiled. */
INLINE enum sm_outcome multiply_integers(struct warp *warp, const struct uop *uop, lane_mask active, unsigned bits)
{
        uint32_t kind = uop->option[MATRIX_OPTION_KIND];
        unsigned halves = kind & INTEGER_ROWS_8 ? 1 : 2;
        unsigned k_count = THREADS * uop->option[MATRIX_OPTION_B_REGISTERS] * (bits == 1 ? 1 : 32 / bits);
        struct integer_operands operands;
        struct vreg result[TENSOR_OUTPUTS];

        spread_integers(&operands, warp, uop, halves, bits);
        for (unsigned output = 0; output < 2 * halves; output++) {
                const struct vreg *addend = group_register(warp, uop->c.index, output);
                _Alignas(64) uint32_t sum[LANES] = {0};

                for (unsigned first = 0; first < LANES; first += 16)
                        sum_of_products(sum + first, (const uint32_t(*)[2][LANES])&operands.a[0][output / 2][first],
                                        (const uint32_t(*)[2][16])operands.b[0][output % 2], k_count, bits,
                                        kind & INTEGER_AND);
                for_each_lane(lane)
                        result[output].lane[lane] =
                                (uint32_t)integer_result((int64_t)(int32_t)addend->lane[lane] + (int32_t)sum[lane],
                                                         kind & INTEGER_SATURATE);
        }
        for (unsigned output = 0; output < 2 * halves; output++)
                write_register(warp, uop->d + output, &result[output], active);
        return SM_NEXT;
}

/* IMMA Rd, Ra, Rb, Rc, of 8-bit and of 4-bit integers; BMMA of bits. */
static enum sm_outcome run_int8_matrix(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return multiply_integers(warp, uop, active, 8);
}

static enum sm_outcome run_int4_matrix(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return multiply_integers(warp, uop, active, 4);
}

static enum sm_outcome run_bit_matrix(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return multiply_integers(warp, uop, active, 1);
}

/* Element `i` of the row or column that is spread over the words of a group: registers of A in pairs, of B singly. */
INLINE int32_t fragment_integer(const struct warp *warp, unsigned index, unsigned group, unsigned i, unsigned bits,
                                bool is_signed, unsigned stride, unsigned half)
{
        unsigned word = i * bits / 32;
        const struct vreg *held = group_register(warp, index, word / THREADS * stride + half);

        return integer_element(held->lane[group * THREADS + word % THREADS], i % (32 / bits), bits, is_signed);
}

/* IMMA.SP Rd, Ra, Rb, Rc, Re, selector. 4-bit elements are chosen in pairs. */
static enum sm_outcome run_sparse_integer_matrix(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t kind = uop->option[MATRIX_OPTION_KIND];
        unsigned bits = kind & INTEGER_BITS;
        unsigned pair = 8 / bits;
        unsigned units = THREADS * (uop->option[MATRIX_OPTION_A_REGISTERS] / 2) * 4;
        struct sparse_metadata metadata;
        struct vreg result[TENSOR_OUTPUTS];

        load_metadata(&metadata, &warp->reg[uop->d2], uop->option[MATRIX_OPTION_SPARSE]);
        for (unsigned output = 0; output < TENSOR_OUTPUTS; output++)
                for_each_lane(lane) {
                        unsigned group = lane / THREADS;
                        unsigned column = 2 * (lane % THREADS) + output % 2;
                        uint64_t row_metadata = metadata.row[group + GROUPS * (output / 2)];
                        int64_t sum = (int32_t)group_register(warp, uop->c.index, output)->lane[lane];

                        for (unsigned unit = 0; unit < units; unit++) {
                                unsigned position = sparse_position(row_metadata, unit, false);

                                for (unsigned i = 0; i < pair; i++)
                                        sum += fragment_integer(warp, uop->a.index, group, unit * pair + i, bits,
                                                                kind & INTEGER_A_SIGNED, 2, output / 2)
                                               * fragment_integer(warp, uop->b.index, column, position * pair + i, bits,
                                                                  kind & INTEGER_B_SIGNED, 1, 0);
                        }
                        result[output].lane[lane] = (uint32_t)integer_result(sum, kind & INTEGER_SATURATE);
                }
        for (unsigned output = 0; output < TENSOR_OUTPUTS; output++)
                write_register(warp, uop->d + output, &result[output], active);
        return SM_NEXT;
}

/* fp64 operands, spread as struct tensor_operands is. */
enum { DOUBLE_MAX_K = 16 };

struct double_operands {
        _Alignas(64) uint64_t a[DOUBLE_MAX_K][2][LANES];
        _Alignas(64) uint64_t b[DOUBLE_MAX_K][2][LANES];
};

/* The pair of registers `i` of a group, lane by lane. */
INLINE void load_pair(uint64_t out[LANES], const struct warp *warp, unsigned index, unsigned i)
{
        const struct vreg *low = group_register(warp, index, 2 * i);
        const struct vreg *high = group_register(warp, index, 2 * i + 1);

        for_each_lane(lane)
                out[lane] = low->lane[lane] | (uint64_t)high->lane[lane] << 32;
}

INLINE void spread_doubles(struct double_operands *operands, const struct warp *warp, const struct uop *uop, unsigned halves)
{
        unsigned words = uop->option[MATRIX_OPTION_B_REGISTERS];
        uint64_t held[LANES];

        for (unsigned i = 0; i < words * halves; i++) {
                load_pair(held, warp, uop->a.index, i);
                for (unsigned thread = 0; thread < THREADS; thread++)
                        for_each_lane(lane)
                                operands->a[THREADS * (i / halves) + thread][i % halves][lane] =
                                        held[lane / THREADS * THREADS + thread];
        }
        for (unsigned i = 0; i < words; i++) {
                load_pair(held, warp, uop->b.index, i);
                for (unsigned k = 0; k < THREADS; k++)
                        for (unsigned odd = 0; odd < 2; odd++)
                                for_each_lane(lane)
                                        operands->b[THREADS * i + k][odd][lane] = held[(2 * (lane % THREADS) + odd) * THREADS + k];
        }
}

/* a * b + c; of several NaNs the sum so far comes first, as an H100 has it (DFMA has the factors first). */
INLINE uint64_t multiply_add_f64(uint64_t a, uint64_t b, uint64_t c, enum rounding mode)
{
        uint64_t sum = mode == ROUND_NEAREST ? f64_fma_nearest(a, b, c, mode) : f64_fma_exact(a, b, c, mode);

        if (!f64_is_nan(sum))
                return sum;
        return f64_is_nan(c) ? c | F64_QUIET : f64_nan_of(a, b, c);
}

/* DMMA Rd, Ra, Rb, Rc: fp64, a chain of fused multiply-adds over k. */
INLINE enum sm_outcome multiply_doubles(struct warp *warp, const struct uop *uop, lane_mask active, enum rounding mode)
{
        unsigned words = uop->option[MATRIX_OPTION_B_REGISTERS];
        unsigned halves = uop->option[MATRIX_OPTION_A_REGISTERS] / words;
        struct double_operands operands;
        struct vreg result[2 * TENSOR_OUTPUTS];

        spread_doubles(&operands, warp, uop, halves);
        for (unsigned output = 0; output < 2 * halves; output++) {
                uint64_t sum[LANES];

                load_pair(sum, warp, uop->c.index, output);
                for (unsigned k = 0; k < THREADS * words; k++)
                        for_each_lane(lane)
                                sum[lane] = multiply_add_f64(operands.a[k][output / 2][lane],
                                                             operands.b[k][output % 2][lane], sum[lane], mode);
                for_each_lane(lane) {
                        result[2 * output].lane[lane] = (uint32_t)sum[lane];
                        result[2 * output + 1].lane[lane] = (uint32_t)(sum[lane] >> 32);
                }
        }
        for (unsigned i = 0; i < 4 * halves; i++)
                write_register(warp, uop->d + i, &result[i], active);
        return SM_NEXT;
}

static enum sm_outcome run_double_matrix(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return multiply_doubles(warp, uop, active, ROUND_NEAREST);
}

static enum sm_outcome run_double_matrix_rounded(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return multiply_doubles(warp, uop, active, (enum rounding)uop->option[MATRIX_OPTION_KIND]);
}

/* The rows that lanes 8 * matrix, ... point at: NULL, with the fault raised, if one of them is not there. */
INLINE bool matrix_rows(struct warp *warp, const struct uop *uop, unsigned matrix, const struct vreg *address,
                        uint8_t *row[MATRIX_ROWS])
{
        for (unsigned i = 0; i < MATRIX_ROWS; i++) {
                unsigned lane = matrix * MATRIX_ROWS + i;
                uint32_t at = address->lane[lane];

                row[i] = shared_memory(warp, at, MATRIX_ROW_BYTES);
                if (UNLIKELY(!row[i] || at % MATRIX_ROW_BYTES)) {
                        shared_fault(warp, uop, lane, at, MATRIX_ROW_BYTES);
                        return false;
                }
        }
        return true;
}

/* An 8x8 matrix of 16-bit elements, a row of 8 to a group of lanes, turned over. */
INLINE void transpose_matrix(struct vreg *out, const struct vreg *in)
{
        uint16_t from[MATRIX_ROWS][MATRIX_ROWS];
        uint16_t to[MATRIX_ROWS][MATRIX_ROWS];

        memcpy(from, in, sizeof from);
        for (unsigned row = 0; row < MATRIX_ROWS; row++)
                for (unsigned column = 0; column < MATRIX_ROWS; column++)
                        to[column][row] = from[row][column];
        memcpy(out, to, sizeof to);
}

/* Options of the matrix moves. */
enum { MOVE_OPTION_COUNT, MOVE_OPTION_TRANSPOSE };

/* LDSM Rd, [address]: 1, 2 or 4 matrices; lane l gives the address of row l % 8 of matrix l / 8. */
static enum sm_outcome run_ldsm(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg address, matrix;
        struct vreg result[4];

        shared_addresses(warp, uop, &uop->a, &uop->b, &address);
        for (unsigned i = 0; i < uop->option[MOVE_OPTION_COUNT]; i++) {
                uint8_t *row[MATRIX_ROWS];

                if (!matrix_rows(warp, uop, i, &address, row))
                        return SM_FAULT;
                for (unsigned j = 0; j < MATRIX_ROWS; j++)
                        memcpy((uint8_t *)matrix.lane + j * MATRIX_ROW_BYTES, row[j], MATRIX_ROW_BYTES);
                if (uop->option[MOVE_OPTION_TRANSPOSE])
                        transpose_matrix(&result[i], &matrix);
                else
                        result[i] = matrix;
        }
        for (unsigned i = 0; i < uop->option[MOVE_OPTION_COUNT]; i++)
                write_register(warp, uop->d + i, &result[i], active);
        return SM_NEXT;
}

/* STSM [address], Rc. */
static enum sm_outcome run_stsm(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg address, turned;

        shared_addresses(warp, uop, &uop->a, &uop->b, &address);
        for (unsigned i = 0; i < uop->option[MOVE_OPTION_COUNT]; i++) {
                const struct vreg *matrix = group_register(warp, uop->c.index, i);
                uint8_t *row[MATRIX_ROWS];

                if (!matrix_rows(warp, uop, i, &address, row))
                        return SM_FAULT;
                if (uop->option[MOVE_OPTION_TRANSPOSE]) {
                        transpose_matrix(&turned, matrix);
                        matrix = &turned;
                }
                for (unsigned j = 0; j < MATRIX_ROWS; j++)
                        memcpy(row[j], (const uint8_t *)matrix->lane + j * MATRIX_ROW_BYTES, MATRIX_ROW_BYTES);
        }
        return SM_NEXT;
}

/* MOVM Rd, Ra. */
static enum sm_outcome run_movm(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg turned;

        transpose_matrix(&turned, &warp->reg[uop->a.index]);
        write_register(warp, uop->d, &turned, active);
        return SM_NEXT;
}

/* How many registers a lane holds of A and B in a shape; sparse ones: how many lanes of a group hold metadata. */
struct matrix_shape {
        uint8_t a_registers; /* 0: there is no such shape */
        uint8_t b_registers;
        uint8_t metadata_lanes;
};

/* The numbers of the registers of an instruction. */
struct matrix_registers {
        unsigned d, a, b, c;
};

static void bind_matrix_operands(const struct sass_word *word, struct uop *uop, struct matrix_shape shape,
                                 struct matrix_registers numbers, unsigned accumulators)
{
        if (!shape.a_registers)
                bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
        uop->option[MATRIX_OPTION_A_REGISTERS] = shape.a_registers;
        uop->option[MATRIX_OPTION_B_REGISTERS] = shape.b_registers;
        uop->a = bind_register_operand(word, uop, numbers.a, shape.a_registers);
        uop->b = bind_register_operand(word, uop, numbers.b, shape.b_registers);
        uop->c = bind_register_operand(word, uop, numbers.c, accumulators);
        uop->d = bind_destination_register(word, uop, numbers.d, accumulators);
}

/* The metadata of a sparse A: its register, the lanes that hold it, and the selector. */
static void bind_metadata(const struct sass_word *word, struct uop *uop, struct matrix_shape shape, unsigned number,
                          unsigned selector, bool by_lanes)
{
        uop->d2 = bind_source_register(word, uop, number, 1);
        uop->option[MATRIX_OPTION_SPARSE] =
                shape.metadata_lanes | selector << SPARSE_SELECTOR_SHIFT | (by_lanes ? SPARSE_BY_LANES : 0);
}

/* HMMA's shapes, of elements of 16 bits and of tf32. */
enum { HMMA_SHAPES = 4 };

static const struct matrix_shape HMMA_SHAPE[2][HMMA_SHAPES] = {
        {[SASS_HMMA_SHAPE_1688] = {2, 1, 0}, [SASS_HMMA_SHAPE_16816] = {4, 2, 0}},
        {[SASS_HMMA_SHAPE_1688] = {4, 2, 0}, [SASS_HMMA_SHAPE_1684] = {2, 1, 0}},
};

static const struct matrix_shape HMMA_SPARSE_SHAPE[2][HMMA_SHAPES] = {
        {[SASS_HMMA_SHAPE_16816] = {2, 2, 1}, [SASS_HMMA_SHAPE_16832] = {4, 4, 2}},
        {[SASS_HMMA_SHAPE_1688] = {2, 2, 1}, [SASS_HMMA_SHAPE_16816] = {4, 4, 2}},
};

INLINE sm_handler *float_matrix_handler(struct tensor_kind kind, bool sparse, bool negated)
{
        if (sparse)
                return run_sparse_float_matrix;
        if (kind.output == TENSOR_TO_F32 && !negated && kind.a == TENSOR_BF16)
                return run_bf16_matrix;
        if (kind.output == TENSOR_TO_F32 && !negated && kind.a == TENSOR_F16)
                return run_f16_matrix;
        return run_float_matrix;
}

static void bind_hmma(const struct sass_word *word, struct uop *uop)
{
        static const enum tensor_input inputs[] = {[SASS_HMMA_FORMAT_F16] = TENSOR_F16, [SASS_HMMA_FORMAT_BF16] = TENSOR_BF16,
                                                   [SASS_HMMA_FORMAT_TF32] = TENSOR_TF32};
        const uint64_t *bits = word->word;
        struct matrix_registers numbers = {sass_HMMA_Rd(bits), sass_HMMA_Ra(bits), sass_HMMA_Rb(bits), sass_HMMA_Rc(bits)};
        bool sparse = sass_HMMA_sparse(bits);
        bool to_f32 = sass_HMMA_accumulator(bits) == SASS_HMMA_ACCUMULATOR_F32;
        enum tensor_input input = inputs[sass_HMMA_format(bits) % (sizeof inputs / sizeof inputs[0])];
        struct matrix_shape shape =
                (sparse ? HMMA_SPARSE_SHAPE : HMMA_SHAPE)[input == TENSOR_TF32][sass_HMMA_shape(bits)];
        struct tensor_kind kind = {input, input, to_f32 ? TENSOR_TO_F32 : TENSOR_TO_F16, word->arch};

        if (sass_HMMA_format(bits) > SASS_HMMA_FORMAT_TF32 || (!to_f32 && input != TENSOR_F16))
                bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
        bind_matrix_operands(word, uop, shape, numbers, to_f32 ? 4 : 2);
        uop->a.negate = sass_HMMA_Ra_negate(bits);
        uop->option[MATRIX_OPTION_KIND] = pack_kind(kind);
        if (sparse)
                bind_metadata(word, uop, shape, sass_HMMA_Re(bits), sass_HMMA_selector(bits), false);
        uop->run = float_matrix_handler(kind, sparse, uop->a.negate);
}

static void bind_qmma(const struct sass_word *word, struct uop *uop)
{
        static const struct matrix_shape shapes[4] = {{2, 1, 0}, {4, 2, 0}, {0, 0, 0}, {0, 0, 0}};
        static const struct matrix_shape sparse_shapes[4] = {{0, 0, 0}, {2, 2, 2}, {4, 4, 4}, {0, 0, 0}};
        const uint64_t *bits = word->word;
        struct matrix_registers numbers = {sass_QMMA_Rd(bits), sass_QMMA_Ra(bits), sass_QMMA_Rb(bits), sass_QMMA_Rc(bits)};
        bool sparse = sass_QMMA_sparse(bits);
        bool to_f32 = sass_QMMA_accumulator(bits) == SASS_QMMA_ACCUMULATOR_F32;
        struct matrix_shape shape = (sparse ? sparse_shapes : shapes)[sass_QMMA_shape(bits)];
        struct tensor_kind kind = {
                .a = sass_QMMA_a_format(bits) == SASS_QMMA_A_FORMAT_E5M2 ? TENSOR_E5M2 : TENSOR_E4M3,
                .b = sass_QMMA_b_format(bits) == SASS_QMMA_B_FORMAT_E5M2 ? TENSOR_E5M2 : TENSOR_E4M3,
                .output = to_f32 ? TENSOR_TO_F32 : TENSOR_TO_F16,
                .arch = word->arch,
        };

        bind_matrix_operands(word, uop, shape, numbers, to_f32 ? 4 : 2);
        uop->a.negate = sass_QMMA_Ra_negate(bits);
        uop->option[MATRIX_OPTION_KIND] = pack_kind(kind);
        if (sparse)
                bind_metadata(word, uop, shape, sass_QMMA_Re(bits), sass_QMMA_selector(bits), true);
        uop->run = float_matrix_handler(kind, sparse, uop->a.negate);
}

/* IMMA's shapes, of bytes and of halves of them. */
enum { IMMA_SHAPES = 8 };

static const struct matrix_shape IMMA_SHAPE[2][IMMA_SHAPES] = {
        {[SASS_IMMA_SHAPE_8816] = {1, 1, 0}, [SASS_IMMA_SHAPE_16816] = {2, 1, 0}, [SASS_IMMA_SHAPE_16832] = {4, 2, 0}},
        {[SASS_IMMA_SHAPE_8832] = {1, 1, 0}, [SASS_IMMA_SHAPE_16832] = {2, 1, 0}, [SASS_IMMA_SHAPE_16864] = {4, 2, 0}},
};

static const struct matrix_shape IMMA_SPARSE_SHAPE[2][IMMA_SHAPES] = {
        {[SASS_IMMA_SHAPE_16832] = {2, 2, 2}, [SASS_IMMA_SHAPE_16864] = {4, 4, 4}},
        {[SASS_IMMA_SHAPE_16864] = {2, 2, 2}, [SASS_IMMA_SHAPE_168128] = {4, 4, 4}},
};

INLINE bool imma_is_signed(unsigned format) { return format == SASS_IMMA_A_FORMAT_S8 || format == SASS_IMMA_A_FORMAT_S4; }
INLINE bool imma_is_narrow(unsigned format) { return format == SASS_IMMA_A_FORMAT_U4 || format == SASS_IMMA_A_FORMAT_S4; }

static void bind_imma(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;
        struct matrix_registers numbers = {sass_IMMA_Rd(bits), sass_IMMA_Ra(bits), sass_IMMA_Rb(bits), sass_IMMA_Rc(bits)};
        bool sparse = sass_IMMA_sparse(bits);
        bool narrow = imma_is_narrow(sass_IMMA_a_format(bits));
        struct matrix_shape shape = (sparse ? IMMA_SPARSE_SHAPE : IMMA_SHAPE)[narrow][sass_IMMA_shape(bits)];

        if (narrow != imma_is_narrow(sass_IMMA_b_format(bits)))
                bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
        bind_matrix_operands(word, uop, shape, numbers, shape.a_registers == 1 ? 2 : 4);
        uop->option[MATRIX_OPTION_KIND] = (narrow ? 4 : 8) | (imma_is_signed(sass_IMMA_a_format(bits)) ? INTEGER_A_SIGNED : 0)
                                          | (imma_is_signed(sass_IMMA_b_format(bits)) ? INTEGER_B_SIGNED : 0)
                                          | (sass_IMMA_saturate(bits) ? INTEGER_SATURATE : 0)
                                          | (shape.a_registers == 1 ? INTEGER_ROWS_8 : 0);
        if (sparse)
                bind_metadata(word, uop, shape, sass_IMMA_Re(bits), sass_IMMA_selector(bits), true);
        if (sparse)
                uop->run = run_sparse_integer_matrix;
        else
                uop->run = narrow ? run_int4_matrix : run_int8_matrix;
}

static void bind_bmma(const struct sass_word *word, struct uop *uop)
{
        static const struct matrix_shape shapes[4] = {[SASS_BMMA_SHAPE_88128] = {1, 1, 0},
                                                      [SASS_BMMA_SHAPE_168128] = {2, 1, 0},
                                                      [SASS_BMMA_SHAPE_168256] = {4, 2, 0}};
        const uint64_t *bits = word->word;
        struct matrix_registers numbers = {sass_BMMA_Rd(bits), sass_BMMA_Ra(bits), sass_BMMA_Rb(bits), sass_BMMA_Rc(bits)};
        struct matrix_shape shape = shapes[sass_BMMA_shape(bits)];
        unsigned operation = sass_BMMA_operation(bits);

        if (operation != SASS_BMMA_OPERATION_XOR && operation != SASS_BMMA_OPERATION_AND)
                bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
        bind_matrix_operands(word, uop, shape, numbers, shape.a_registers == 1 ? 2 : 4);
        uop->option[MATRIX_OPTION_KIND] = 1 | (operation == SASS_BMMA_OPERATION_AND ? INTEGER_AND : 0)
                                          | (shape.a_registers == 1 ? INTEGER_ROWS_8 : 0);
        uop->run = run_bit_matrix;
}

/* DMMA's shapes count pairs of registers. */
static void bind_dmma(const struct sass_word *word, struct uop *uop)
{
        static const struct matrix_shape shapes[4] = {[SASS_DMMA_SHAPE_8X8X4] = {1, 1, 0},
                                                      [SASS_DMMA_SHAPE_16X8X4] = {2, 1, 0},
                                                      [SASS_DMMA_SHAPE_16X8X8] = {4, 2, 0},
                                                      [SASS_DMMA_SHAPE_16X8X16] = {8, 4, 0}};
        const uint64_t *bits = word->word;
        struct matrix_registers numbers = {sass_DMMA_Rd(bits), sass_DMMA_Ra(bits), sass_DMMA_Rb(bits), sass_DMMA_Rc(bits)};
        struct matrix_shape pairs = shapes[sass_DMMA_shape(bits)];
        struct matrix_shape registers = {2 * pairs.a_registers, 2 * pairs.b_registers, 0};

        bind_matrix_operands(word, uop, registers, numbers, pairs.a_registers == 1 ? 4 : 8);
        uop->option[MATRIX_OPTION_A_REGISTERS] = pairs.a_registers;
        uop->option[MATRIX_OPTION_B_REGISTERS] = pairs.b_registers;
        uop->option[MATRIX_OPTION_KIND] = sass_DMMA_round(bits);
        uop->run = sass_DMMA_round(bits) == ROUND_NEAREST ? run_double_matrix : run_double_matrix_rounded;
}

/* LDSM, STSM: 1, 2 or 4 matrices of 8x8 elements of 16 bits, as they stand or turned over. */
static void bind_matrix_move(const struct sass_word *word, struct uop *uop, unsigned format, unsigned layout,
                             unsigned count_code)
{
        if (format != SASS_LDSM_FORMAT_16 || layout > SASS_LDSM_LAYOUT_MT88 || count_code > SASS_LDSM_COUNT_4)
                bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
        uop->option[MOVE_OPTION_COUNT] = count_code > SASS_LDSM_COUNT_4 ? 1 : 1u << count_code;
        uop->option[MOVE_OPTION_TRANSPOSE] = layout == SASS_LDSM_LAYOUT_MT88;
}

static void bind_ldsm(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        bind_matrix_move(word, uop, sass_LDSM_format(bits), sass_LDSM_layout(bits, word->arch), sass_LDSM_count(bits));
        bind_shared_address(word, uop, LOAD_ADDRESS.uniform_low, false, &uop->a, &uop->b);
        uop->d = bind_destination_register(word, uop, sass_LDSM_Rd(bits), uop->option[MOVE_OPTION_COUNT]);
        uop->run = run_ldsm;
}

static void bind_stsm(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        bind_matrix_move(word, uop, sass_STSM_format(bits), sass_STSM_layout(bits), sass_STSM_count(bits));
        bind_shared_address(word, uop, STORE_ADDRESS.uniform_low, false, &uop->a, &uop->b);
        uop->c = bind_register_operand(word, uop, sass_STSM_Rb(bits), uop->option[MOVE_OPTION_COUNT]);
        uop->run = run_stsm;
}

static void bind_movm(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        if (sass_MOVM_format(bits) != SASS_MOVM_FORMAT_16 || sass_MOVM_layout(bits) != SASS_MOVM_LAYOUT_MT88)
                bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
        uop->d = bind_destination_register(word, uop, sass_MOVM_Rd(bits), 1);
        uop->a = bind_register_operand(word, uop, sass_MOVM_Ra(bits), 1);
        uop->run = run_movm;
}

static bool bind_matrix(const struct sass_word *word, struct uop *uop)
{
        switch (word->opcode) {
        case SASS_HMMA:
                bind_hmma(word, uop);
                return true;
        case SASS_QMMA:
                bind_qmma(word, uop);
                return true;
        case SASS_IMMA:
                bind_imma(word, uop);
                return true;
        case SASS_BMMA:
                bind_bmma(word, uop);
                return true;
        case SASS_DMMA:
                bind_dmma(word, uop);
                return true;
        case SASS_LDSM:
                bind_ldsm(word, uop);
                return true;
        case SASS_STSM:
                bind_stsm(word, uop);
                return true;
        case SASS_MOVM:
                bind_movm(word, uop);
                return true;
        default:
                return false;
        }
}
