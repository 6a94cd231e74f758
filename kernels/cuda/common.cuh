/*
 * What the kernels share: the 16-bit floating-point types, conversions, strided addressing, warp and block reductions.
 *
 * The unit tests compile these sources for the host too, on an emulation of blocks and warps (host_shim.h); whatever
 * differs between the two is kept in this file.
 */
#pragma once
#include <stdint.h>

#ifdef BAREWIRE_HOST
#include "host_shim.h"
#else
extern __shared__ __align__(16) unsigned char dynamic_shared[];
#endif

#define WARP 32
#define MAX_RANK 6

/* ---- types ------------------------------------------------------------------------------------------------------- */

struct f16 {
        uint16_t bits;
};

struct bf16 {
        uint16_t bits;
};

#ifndef BAREWIRE_HOST
__device__ static inline float to_float(f16 x)
{
        float y;
        asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
        return y;
}

__device__ static inline void from_float(f16 *y, float x)
{
        asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y->bits) : "f"(x));
}

__device__ static inline void from_float(bf16 *y, float x)
{
        asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y->bits) : "f"(x));
}
#else
static inline float to_float(f16 x) { return host::half_to_float(x.bits); }
static inline void from_float(f16 *y, float x) { y->bits = host::float_to_half(x); }
static inline void from_float(bf16 *y, float x) { y->bits = host::float_to_bfloat(x); }
#endif

__device__ static inline float to_float(bf16 x) { return __uint_as_float((uint32_t)x.bits << 16); }
__device__ static inline float to_float(float x) { return x; }
__device__ static inline float to_float(int32_t x) { return (float)x; }
__device__ static inline float to_float(uint8_t x) { return x ? 1.0f : 0.0f; }
__device__ static inline void from_float(float *y, float x) { *y = x; }
__device__ static inline void from_float(int32_t *y, float x) { *y = (int32_t)x; }
__device__ static inline void from_float(uint8_t *y, float x) { *y = x != 0.0f; }

/* The type in which values of type T are computed: float for all floating point, int32 for integers and booleans. */
template <typename T> struct ComputeType {
        typedef float type;
};
template <> struct ComputeType<int32_t> {
        typedef int32_t type;
};
template <> struct ComputeType<uint8_t> {
        typedef int32_t type;
};
template <typename T> using Compute = typename ComputeType<T>::type;

__device__ static inline float widen(float x) { return x; }
__device__ static inline float widen(f16 x) { return to_float(x); }
__device__ static inline float widen(bf16 x) { return to_float(x); }
__device__ static inline int32_t widen(int32_t x) { return x; }
__device__ static inline int32_t widen(uint8_t x) { return x != 0; }

template <typename T> __device__ static inline T narrow(float x)
{
        T y;
        from_float(&y, x);
        return y;
}
template <typename T> __device__ static inline T narrow(int32_t x) { return (T)x; }

/* Sixteen bytes of T that are loaded and stored at once. */
template <typename T> struct alignas(16) Pack {
        static const int count = 16 / sizeof(T);
        T item[16 / sizeof(T)];
};

__device__ static inline bool is_aligned16(const void *pointer) { return ((uintptr_t)pointer & 15) == 0; }

/* ---- strided addressing ------------------------------------------------------------------------------------------ */

/* A shape with the strides (in elements) of one array over it; the last axis varies fastest. */
struct Axes {
        int64_t shape[MAX_RANK];
        int64_t stride[MAX_RANK];
        int32_t rank;
        int32_t reserved;
};

/*
 * Offset, in elements, of the row-major position `linear`. With more than one axis, `linear` and the sizes are below
 * 2^31 (the caller cuts larger work into pieces): a 64-bit division is some hundred instructions.
 */
__device__ static inline int64_t offset_of(const int64_t *shape, const int64_t *stride, int rank, int64_t linear)
{
        int64_t offset = 0;
#pragma unroll 1
        for (int axis = rank - 1; axis > 0; axis--) {
                uint32_t size = (uint32_t)shape[axis], quotient = (uint32_t)linear / size;
                offset += (int64_t)((uint32_t)linear - quotient * size) * stride[axis];
                linear = quotient;
        }
        return rank > 0 ? offset + linear * stride[0] : offset;
}

/* The same for two arrays of one shape. */
struct Offsets {
        int64_t a, b;
};

__device__ static inline Offsets offsets_of(const int64_t *shape, const int64_t *a_stride, const int64_t *b_stride,
                                            int rank, int64_t linear)
{
        Offsets offset = {0, 0};
#pragma unroll 1
        for (int axis = rank - 1; axis > 0; axis--) {
                uint32_t size = (uint32_t)shape[axis], quotient = (uint32_t)linear / size;
                int64_t index = (uint32_t)linear - quotient * size;
                offset.a += index * a_stride[axis];
                offset.b += index * b_stride[axis];
                linear = quotient;
        }
        if (rank > 0) {
                offset.a += linear * a_stride[0];
                offset.b += linear * b_stride[0];
        }
        return offset;
}

__device__ static inline int64_t offset_of(const Axes &axes, int64_t linear)
{
        return offset_of(axes.shape, axes.stride, axes.rank, linear);
}

__device__ static inline int64_t first_item(void) { return (int64_t)blockIdx.x * blockDim.x + threadIdx.x; }
__device__ static inline int64_t item_step(void) { return (int64_t)gridDim.x * blockDim.x; }

/* ---- reductions over a warp and a block --------------------------------------------------------------------------- */

#define ALL_LANES 0xffffffffu

struct Add {
        template <typename A> __device__ A operator()(A a, A b) const { return a + b; }
};

/* NaN wins, as in NumPy. */
struct Maximum {
        __device__ float operator()(float a, float b) const { return (a > b || a != a) ? a : b; }
        __device__ int32_t operator()(int32_t a, int32_t b) const { return a > b ? a : b; }
};

struct Minimum {
        __device__ float operator()(float a, float b) const { return (a < b || a != a) ? a : b; }
        __device__ int32_t operator()(int32_t a, int32_t b) const { return a < b ? a : b; }
};

/* All lanes get the result. */
template <typename A, typename Combine> __device__ static inline A warp_reduce(A value, Combine combine)
{
#pragma unroll 1
        for (int distance = WARP / 2; distance > 0; distance /= 2)
                value = combine(value, __shfl_xor_sync(ALL_LANES, value, distance));
        return value;
}

/*
 * All threads of a one-dimensional block get the result. The block is a multiple of a warp; `scratch` has room for 32
 * values and may be used again right after.
 */
template <typename A, typename Combine> __device__ static inline A block_reduce(A value, Combine combine, A *scratch)
{
        int warps = blockDim.x / WARP, warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
        value = warp_reduce(value, combine);
        if (warps == 1)
                return value;
        if (lane == 0)
                scratch[warp] = value;
        __syncthreads();
        value = scratch[0];
#pragma unroll 1
        for (int i = 1; i < warps; i++)
                value = combine(value, scratch[i]);
        __syncthreads();
        return value;
}
