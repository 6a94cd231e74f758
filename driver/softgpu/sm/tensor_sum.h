/*
 * What a tensor core adds up: D = A x B + C for 8 columns, as the hardware does it.
 *
 * Operands come spread over the lanes as the accumulator fragments of the m16n8 shapes are (PTX ISA, "Matrix fragments for
 * mma.m16n8k16"): output register r of lane l is D[l / 4 + 8 * (r / 2)][2 * (l % 4) + r % 2]. So nothing is transposed.
 */

#ifndef BAREWIRE_SM_TENSOR_SUM_H
#define BAREWIRE_SM_TENSOR_SUM_H

#include <stdint.h>

enum {
        TENSOR_MAX_K = 32,
        TENSOR_OUTPUTS = 4, /* accumulators of a lane in the m16n8 shapes */
};

enum tensor_input { TENSOR_F16, TENSOR_BF16, TENSOR_TF32, TENSOR_E4M3, TENSOR_E5M2 };
enum tensor_output { TENSOR_TO_F32, TENSOR_TO_F16 };

/* The elements as floats of the same value (tf32: the register as it is). The product of output r, lane l and step k is
   a[k][r / 2][l] * b[k][r % 2][l % 16]. */
struct tensor_operands {
        _Alignas(64) float a[TENSOR_MAX_K][2][32];
        _Alignas(64) float b[TENSOR_MAX_K][2][16];
};

/* What a sum depends on besides its numbers. */
struct tensor_kind {
        enum tensor_input a;
        enum tensor_input b;
        enum tensor_output output;
        unsigned arch; /* 80, 86, 89, 90 */
};

/* accumulator[r][l]: C on entry and D on return. With TENSOR_TO_F16 both hold the values of f16 numbers. */
static void tensor_sum(struct tensor_operands *operands, unsigned k_count, struct tensor_kind kind,
                       float accumulator[TENSOR_OUTPUTS][32]);

/* One output: the sum of a[k] * b[k] and `addend`. For the sparse shapes, in which each row has its own rows of B. */
static float tensor_dot(const float *a, const float *b, unsigned k_count, struct tensor_kind kind, float addend);

#endif
