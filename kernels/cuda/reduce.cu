/*
 * Reductions over any set of axes: sum (and mean, by a divisor), max (and min, of mirrored values), argmax.
 *
 * The caller splits the axes into those kept and those reduced. `<name>_rows` gives each output to a block, for long
 * reductions and contiguous data; `<name>_columns` gives each output to a thread, where neighbouring outputs are
 * neighbours in memory. A long reduction with few outputs is cut into slices, whose partial results (in the compute
 * type) a second launch reduces. Sums are made in float; those of int32 wrap.
 */
#include "common.cuh"

struct ReduceLayout {
        int64_t reduced_count;
        int64_t slice_items; /* elements of a slice */
        uint32_t kept_count;
        uint32_t slices; /* per output; 1: the result itself is written */
        uint32_t items;  /* kept_count * slices, below 2^31 */
        uint32_t reserved;
        Axes kept;
        Axes reduced;
        float divisor;
        int32_t partial; /* write partial results, in the compute type */
        int32_t mirror;  /* reduce the values in reverse order: max becomes min */
        int32_t reserved2;
};

/* Turns the order of values round, and back. */
__device__ static inline float mirrored(float value, int32_t mirror) { return mirror ? -value : value; }
__device__ static inline int32_t mirrored(int32_t value, int32_t mirror) { return mirror ? ~value : value; }

template <typename T> __device__ static inline float divided(float sum, float divisor) { return sum / divisor; }
template <typename T> __device__ static inline int32_t divided(int32_t sum, float) { return sum; }

/* Writes result number `item`. */
template <typename T>
__device__ static inline void finish(void *out, int64_t item, Compute<T> value, const ReduceLayout &layout)
{
        value = mirrored(value, layout.mirror);
        if (layout.partial)
                ((Compute<T> *)out)[item] = value;
        else
                ((T *)out)[item] = narrow<T>(divided<T>(value, layout.divisor));
}

template <typename T, typename Combine>
__device__ static void reduce_rows(void *out, const T *in, const ReduceLayout &layout, Compute<T> identity,
                                   Combine combine)
{
        __shared__ Compute<T> scratch[WARP];
#pragma unroll 1
        for (uint32_t item = blockIdx.x; item < layout.items; item += gridDim.x) {
                uint32_t output = item / layout.slices, slice = item % layout.slices;
                int64_t begin = slice * layout.slice_items, end = begin + layout.slice_items;
                const T *base = in + offset_of(layout.kept, output);
                if (end > layout.reduced_count)
                        end = layout.reduced_count;
                Compute<T> value = identity;
#pragma unroll 1
                for (int64_t i = begin + threadIdx.x; i < end; i += blockDim.x)
                        value = combine(value, mirrored(widen(base[offset_of(layout.reduced, i)]), layout.mirror));
                value = block_reduce(value, combine, scratch);
                if (threadIdx.x == 0)
                        finish<T>(out, item, value, layout);
        }
}

template <typename T, typename Combine>
__device__ static void reduce_columns(void *out, const T *in, const ReduceLayout &layout, Compute<T> identity,
                                      Combine combine)
{
#pragma unroll 1
        for (uint32_t thread = (uint32_t)first_item(); thread < layout.items; thread += (uint32_t)item_step()) {
                uint32_t slice = thread / layout.kept_count, output = thread % layout.kept_count;
                int64_t begin = slice * layout.slice_items, end = begin + layout.slice_items;
                const T *base = in + offset_of(layout.kept, output);
                if (end > layout.reduced_count)
                        end = layout.reduced_count;
                Compute<T> value = identity;
#pragma unroll 1
                for (int64_t i = begin; i < end; i++)
                        value = combine(value, mirrored(widen(base[offset_of(layout.reduced, i)]), layout.mirror));
                finish<T>(out, (int64_t)output * layout.slices + slice, value, layout);
        }
}

__device__ static inline float lowest(float) { return -INFINITY; }
__device__ static inline int32_t lowest(int32_t) { return INT32_MIN; }

#define KERNEL(name, Combine, identity, suffix, T)                                                                     \
        extern "C" __global__ void name##_rows_##suffix(void *out, const T *in,                                        \
                                                        const __grid_constant__ ReduceLayout layout)                   \
        {                                                                                                              \
                reduce_rows(out, in, layout, identity, Combine());                                                     \
        }                                                                                                              \
        extern "C" __global__ void name##_columns_##suffix(void *out, const T *in,                                     \
                                                           const __grid_constant__ ReduceLayout layout)                \
        {                                                                                                              \
                reduce_columns(out, in, layout, identity, Combine());                                                  \
        }

#define KERNELS(suffix, T)                                                                                             \
        KERNEL(sum, Add, Compute<T>(0), suffix, T)                                                                     \
        KERNEL(max, Maximum, lowest(Compute<T>()), suffix, T)

KERNELS(f32, float)
KERNELS(f16, f16)
KERNELS(bf16, bf16)
KERNELS(i32, int32_t)

/* A candidate for argmax. The first of equal ones wins, and NaN over everything, as in NumPy. */
template <typename C> struct Candidate {
        C value;
        int32_t index;
};

template <typename C> __device__ static inline Candidate<C> better(Candidate<C> a, Candidate<C> b)
{
        bool a_nan = a.value != a.value, b_nan = b.value != b.value;
        bool same = a.value == b.value || (a_nan && b_nan);
        bool first = same ? a.index < b.index : (a_nan || (!b_nan && a.value > b.value));
        return first ? a : b;
}

/* out[o] = position in the reduced axes, row-major; one block for each output. There is at least one element. */
template <typename T> __device__ static void argmax(int32_t *out, const T *in, const ReduceLayout &layout)
{
        typedef Compute<T> C;
        __shared__ Candidate<C> scratch[WARP];
        int warps = blockDim.x / WARP, warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
#pragma unroll 1
        for (uint32_t output = blockIdx.x; output < layout.kept_count; output += gridDim.x) {
                const T *base = in + offset_of(layout.kept, output);
                Candidate<C> best = {lowest(C()), INT32_MAX};
#pragma unroll 1
                for (int64_t i = threadIdx.x; i < layout.reduced_count; i += blockDim.x) {
                        Candidate<C> next = {widen(base[offset_of(layout.reduced, i)]), (int32_t)i};
                        best = better(best, next);
                }
#pragma unroll 1
                for (int distance = WARP / 2; distance > 0; distance /= 2) {
                        Candidate<C> other;
                        other.value = __shfl_xor_sync(ALL_LANES, best.value, distance);
                        other.index = __shfl_xor_sync(ALL_LANES, best.index, distance);
                        best = better(best, other);
                }
                if (lane == 0)
                        scratch[warp] = best;
                __syncthreads();
                if (threadIdx.x == 0) {
#pragma unroll 1
                        for (int i = 1; i < warps; i++)
                                best = better(best, scratch[i]);
                        out[output] = best.index;
                }
                __syncthreads();
        }
}

#define ARGMAX(suffix, T)                                                                                              \
        extern "C" __global__ void argmax_##suffix(int32_t *out, const T *in,                                          \
                                                   const __grid_constant__ ReduceLayout layout)                        \
        {                                                                                                              \
                argmax(out, in, layout);                                                                               \
        }

ARGMAX(f32, float)
ARGMAX(f16, f16)
ARGMAX(bf16, bf16)
ARGMAX(i32, int32_t)
