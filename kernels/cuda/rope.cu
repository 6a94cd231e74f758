/*
 * Rotary position embedding. Pair i of a vector is turned by the angle whose cosine and sine the caller gives for the
 * position (made on the host in double precision: angles reach thousands of turns). Pairs are neighbours (x[2i],
 * x[2i + 1]), or, in the half-split layout, (x[i], x[i + rotary / 2]). What lies beyond `rotary` is copied.
 */
#include "common.cuh"

struct RopeLayout {
        int64_t batches;
        int64_t heads;
        int64_t length;
        int64_t head_dim;
        int64_t rotary;          /* elements of a head that turn, even */
        int64_t batch_stride;    /* of the input, in elements; a head's own elements are neighbours */
        int64_t head_stride;
        int64_t position_stride;
        int64_t table_batch_stride; /* elements between the tables of two batches; 0: one for all */
        int32_t half_split;
        int32_t reserved;
};

/* One thread for each pair, or each two elements beyond `rotary`; the output is contiguous. */
template <typename T>
__device__ static void rope(T *out, const T *in, const float *cosines, const float *sines, const RopeLayout &layout)
{
        const int64_t pairs = (layout.head_dim + 1) / 2, turning = layout.rotary / 2;
        const int64_t count = layout.batches * layout.heads * layout.length * pairs;
#pragma unroll 1
        for (int64_t item = first_item(); item < count; item += item_step()) {
                int64_t pair = item % pairs, vector = item / pairs;
                int64_t position = vector % layout.length, above = vector / layout.length;
                int64_t head = above % layout.heads, batch = above / layout.heads;
                const T *x = in + batch * layout.batch_stride + head * layout.head_stride +
                             position * layout.position_stride;
                T *y = out + vector * layout.head_dim;
                if (pair >= turning) {
                        int64_t i = layout.rotary + 2 * (pair - turning);
                        y[i] = x[i];
                        if (i + 1 < layout.head_dim)
                                y[i + 1] = x[i + 1];
                        continue;
                }
                int64_t first = layout.half_split ? pair : 2 * pair;
                int64_t second = layout.half_split ? pair + turning : 2 * pair + 1;
                int64_t entry = batch * layout.table_batch_stride + position * turning + pair;
                float c = cosines[entry], s = sines[entry], a = to_float(x[first]), b = to_float(x[second]);
                from_float(&y[first], a * c - b * s);
                from_float(&y[second], a * s + b * c);
        }
}

#define KERNEL(suffix, T)                                                                                              \
        extern "C" __global__ void rope_##suffix(T *out, const T *in, const float *cosines, const float *sines,        \
                                                 const __grid_constant__ RopeLayout layout)                            \
        {                                                                                                              \
                rope(out, in, cosines, sines, layout);                                                                 \
        }

KERNEL(f32, float)
KERNEL(f16, f16)
KERNEL(bf16, bf16)
