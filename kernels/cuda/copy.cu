/*
 * Strided copies and fills, by element size (b8, b16, b32: the bits are what counts, not the type), and casts.
 */
#include "common.cuh"

struct CopyLayout {
        int64_t count;
        int64_t shape[MAX_RANK];
        int64_t out_stride[MAX_RANK];
        int64_t in_stride[MAX_RANK];
        int32_t rank;
        int32_t contiguous; /* both sides */
};

template <typename T> __device__ static void copy(T *out, const T *in, const CopyLayout &layout)
{
        int64_t begin = 0;
        if (layout.contiguous && is_aligned16(out) && is_aligned16(in)) {
                int64_t packs = layout.count / Pack<T>::count;
#pragma unroll 1
                for (int64_t i = first_item(); i < packs; i += item_step())
                        ((Pack<T> *)out)[i] = ((const Pack<T> *)in)[i];
                begin = packs * Pack<T>::count;
        }
#pragma unroll 1
        for (int64_t i = begin + first_item(); i < layout.count; i += item_step()) {
                Offsets at = offsets_of(layout.shape, layout.out_stride, layout.in_stride, layout.rank, i);
                out[at.a] = in[at.b];
        }
}

struct FillLayout {
        int64_t count;
        Axes out;
};

template <typename T> __device__ static void fill(T *out, uint32_t bits, const FillLayout &layout)
{
#pragma unroll 1
        for (int64_t i = first_item(); i < layout.count; i += item_step())
                out[offset_of(layout.out, i)] = (T)bits;
}

#define COPY_AND_FILL(suffix, T)                                                                                       \
        extern "C" __global__ void copy_##suffix(T *out, const T *in, const __grid_constant__ CopyLayout layout)       \
        {                                                                                                              \
                copy(out, in, layout);                                                                                 \
        }                                                                                                              \
        extern "C" __global__ void fill_##suffix(T *out, uint32_t bits, const __grid_constant__ FillLayout layout)     \
        {                                                                                                              \
                fill(out, bits, layout);                                                                               \
        }

COPY_AND_FILL(b8, uint8_t)
COPY_AND_FILL(b16, uint16_t)
COPY_AND_FILL(b32, uint32_t)

/* The types of a cast's output, as its layout names them. */
enum DType { FLOAT32, FLOAT16, BFLOAT16, INT32, BOOL };

struct CastLayout {
        int64_t count;
        Axes in;
        int32_t to; /* a DType; the output is contiguous */
        int32_t reserved;
};

/* Writes element i of an output of any type. Integers do not pass through float where they need not. */
template <typename C> __device__ static inline void store_as(int32_t to, void *out, int64_t i, C value)
{
        switch (to) {
        case FLOAT32:
                ((float *)out)[i] = (float)value;
                break;
        case FLOAT16:
                ((f16 *)out)[i] = narrow<f16>((float)value);
                break;
        case BFLOAT16:
                ((bf16 *)out)[i] = narrow<bf16>((float)value);
                break;
        case INT32:
                ((int32_t *)out)[i] = (int32_t)value;
                break;
        case BOOL:
                ((uint8_t *)out)[i] = value != 0;
                break;
        }
}

#define CAST(suffix, T)                                                                                                \
        extern "C" __global__ void cast_from_##suffix(void *out, const T *in, const __grid_constant__ CastLayout layout) \
        {                                                                                                              \
                for (int64_t i = first_item(); i < layout.count; i += item_step())                                     \
                        store_as(layout.to, out, i, widen(in[offset_of(layout.in, i)]));                               \
        }

CAST(f32, float)
CAST(f16, f16)
CAST(bf16, bf16)
CAST(i32, int32_t)
CAST(b8, uint8_t)
