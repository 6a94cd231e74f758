/*
 * Elementwise functions of two arrays, comparisons, and `where`. Shapes are broadcast by strides of zero; either
 * operand may be a scalar in the arguments. The output is contiguous.
 */
#include "common.cuh"

struct BinaryLayout {
        int64_t count;
        int64_t shape[MAX_RANK];
        int64_t a_stride[MAX_RANK];
        int64_t b_stride[MAX_RANK];
        int32_t rank;
        int32_t contiguous;     /* each operand is contiguous or a scalar */
        int32_t scalar_operand; /* 0: none, 1: a, 2: b */
        int32_t scalar_bits;    /* a float for the floating-point types, else an int */
};

__device__ static inline float scalar_of(const BinaryLayout &layout, float) { return __int_as_float(layout.scalar_bits); }
__device__ static inline int32_t scalar_of(const BinaryLayout &layout, int32_t) { return layout.scalar_bits; }

template <typename R, typename T, typename Function>
__device__ static void combine(R *out, const T *a, const T *b, const BinaryLayout &layout, Function function)
{
        typedef Compute<T> C;
        const bool scalar_a = layout.scalar_operand == 1, scalar_b = layout.scalar_operand == 2;
        const C scalar = scalar_of(layout, C());
        int64_t begin = 0;
        if (Function::vectorised && sizeof(R) == sizeof(T) && layout.contiguous && is_aligned16(out) && (scalar_a || is_aligned16(a)) &&
            (scalar_b || is_aligned16(b))) {
                int64_t packs = layout.count / Pack<T>::count;
#pragma unroll 1
                for (int64_t i = first_item(); i < packs; i += item_step()) {
                        Pack<T> left = {}, right = {};
                        if (!scalar_a)
                                left = ((const Pack<T> *)a)[i];
                        if (!scalar_b)
                                right = ((const Pack<T> *)b)[i];
                        Pack<R> result;
#pragma unroll
                        for (int j = 0; j < Pack<T>::count; j++) {
                                C x = scalar_a ? scalar : widen(left.item[j]);
                                C y = scalar_b ? scalar : widen(right.item[j]);
                                result.item[j] = narrow<R>(function(x, y));
                        }
                        ((Pack<R> *)out)[i] = result;
                }
                begin = packs * Pack<T>::count;
        }
#pragma unroll 1
        for (int64_t i = begin + first_item(); i < layout.count; i += item_step()) {
                Offsets at = offsets_of(layout.shape, layout.a_stride, layout.b_stride, layout.rank, i);
                C x = scalar_a ? scalar : widen(a[at.a]);
                C y = scalar_b ? scalar : widen(b[at.b]);
                out[i] = narrow<R>(function(x, y));
        }
}

/* `vectorised`: short enough to be worth a second copy that works on sixteen bytes at once. */
#define FUNCTION(name, vectorised_, expression)                                                                        \
        struct name##_function {                                                                                       \
                static const bool vectorised = vectorised_;                                                            \
                template <typename C> __device__ C operator()(C x, C y) const { return expression; }                   \
        };

FUNCTION(add, true, x + y)
FUNCTION(sub, true, x - y)
FUNCTION(mul, true, x *y)
FUNCTION(div, false, x / y)
FUNCTION(pow, false, powf(x, y))
FUNCTION(maximum, false, Maximum()(x, y))
FUNCTION(minimum, false, Minimum()(x, y))

/* One kernel a type for all comparisons: they differ in one instruction. */
enum Comparison { EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL };

struct compare_function {
        static const bool vectorised = false;
        int32_t comparison;

        template <typename C> __device__ int32_t operator()(C x, C y) const
        {
                switch (comparison) {
                case EQUAL:
                        return x == y;
                case NOT_EQUAL:
                        return x != y;
                case LESS:
                        return x < y;
                case LESS_EQUAL:
                        return x <= y;
                case GREATER:
                        return x > y;
                default:
                        return x >= y;
                }
        }
};

#define KERNEL(name, suffix, T, R)                                                                                     \
        extern "C" __global__ void name##_##suffix(R *out, const T *a, const T *b,                                     \
                                                   const __grid_constant__ BinaryLayout layout)                        \
        {                                                                                                              \
                combine(out, a, b, layout, name##_function());                                                         \
        }

#define FLOAT_KERNELS(name) KERNEL(name, f32, float, float) KERNEL(name, f16, f16, f16) KERNEL(name, bf16, bf16, bf16)

FLOAT_KERNELS(add)
FLOAT_KERNELS(sub)
FLOAT_KERNELS(mul)
FLOAT_KERNELS(div)
FLOAT_KERNELS(pow)
FLOAT_KERNELS(maximum)
FLOAT_KERNELS(minimum)
KERNEL(add, i32, int32_t, int32_t)
KERNEL(sub, i32, int32_t, int32_t)
KERNEL(mul, i32, int32_t, int32_t)
KERNEL(maximum, i32, int32_t, int32_t)
KERNEL(minimum, i32, int32_t, int32_t)

#define COMPARE(suffix, T)                                                                                             \
        extern "C" __global__ void compare_##suffix(uint8_t *out, const T *a, const T *b,                              \
                                                    const __grid_constant__ BinaryLayout layout, int32_t comparison)   \
        {                                                                                                              \
                combine(out, a, b, layout, compare_function{comparison});                                              \
        }

COMPARE(f32, float)
COMPARE(f16, f16)
COMPARE(bf16, bf16)
COMPARE(i32, int32_t)
COMPARE(b8, uint8_t)

struct WhereLayout {
        int64_t count;
        int64_t shape[MAX_RANK];
        int64_t condition_stride[MAX_RANK];
        int64_t a_stride[MAX_RANK];
        int64_t b_stride[MAX_RANK];
        int32_t rank;
        int32_t scalars; /* bit 0: a is a scalar, bit 1: b is */
        uint32_t a_bits;
        uint32_t b_bits;
};

template <typename T>
__device__ static void choose(T *out, const uint8_t *condition, const T *a, const T *b, const WhereLayout &layout)
{
#pragma unroll 1
        for (int64_t i = first_item(); i < layout.count; i += item_step()) {
                Offsets at = offsets_of(layout.shape, layout.a_stride, layout.b_stride, layout.rank, i);
                if (condition[offset_of(layout.shape, layout.condition_stride, layout.rank, i)])
                        out[i] = (layout.scalars & 1) ? (T)layout.a_bits : a[at.a];
                else
                        out[i] = (layout.scalars & 2) ? (T)layout.b_bits : b[at.b];
        }
}

#define WHERE(suffix, T)                                                                                               \
        extern "C" __global__ void where_##suffix(T *out, const uint8_t *condition, const T *a, const T *b,            \
                                                  const __grid_constant__ WhereLayout layout)                          \
        {                                                                                                              \
                choose(out, condition, a, b, layout);                                                                  \
        }

WHERE(b8, uint8_t)
WHERE(b16, uint16_t)
WHERE(b32, uint32_t)
