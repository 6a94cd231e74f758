/*
 * Elementwise functions of one array. The output is contiguous, the input has any strides; 16-bit types are computed
 * in float and rounded once.
 */
#include "common.cuh"

struct UnaryLayout {
        int64_t count;
        Axes in;
        int32_t contiguous;
        int32_t reserved;
};

/* Sixteen bytes as one or two groups of four: a long function is copied four times into a kernel, not eight. */
template <typename T> struct Quad {
        T item[4];
};

template <typename T> struct alignas(16) Quads {
        static const int count = 16 / sizeof(Quad<T>);
        Quad<T> quad[16 / sizeof(Quad<T>)];
};

template <typename T, typename Function>
__device__ static void map(T *out, const T *in, const UnaryLayout &layout, Function function)
{
        int64_t begin = 0;
        if (layout.contiguous && is_aligned16(out) && is_aligned16(in)) {
                int64_t packs = layout.count / Pack<T>::count;
#pragma unroll 1
                for (int64_t i = first_item(); i < packs; i += item_step()) {
                        Quads<T> pack = ((const Quads<T> *)in)[i];
#pragma unroll 1
                        for (int part = 0; part < Quads<T>::count; part++) {
                                Quad<T> quad = part == 0 ? pack.quad[0] : pack.quad[Quads<T>::count - 1];
#pragma unroll
                                for (int j = 0; j < 4; j++)
                                        quad.item[j] = narrow<T>(function(widen(quad.item[j])));
                                pack.quad[0] = part == 0 ? quad : pack.quad[0];
                                pack.quad[Quads<T>::count - 1] =
                                        part == Quads<T>::count - 1 ? quad : pack.quad[Quads<T>::count - 1];
                        }
                        ((Quads<T> *)out)[i] = pack;
                }
                begin = packs * Pack<T>::count;
        }
#pragma unroll 1
        for (int64_t i = begin + first_item(); i < layout.count; i += item_step())
                out[i] = narrow<T>(function(widen(in[offset_of(layout.in, i)])));
}

#define FUNCTION(name, expression)                                                                                     \
        struct name##_function {                                                                                       \
                template <typename C> __device__ C operator()(C x) const { return expression; }                        \
        };

#define SQRT_HALF 0.70710678118654752f
#define SQRT_2_OVER_PI 0.79788456080286536f

FUNCTION(neg, -x)
FUNCTION(abs, x < 0 ? -x : x == 0 ? (C)0 : x)
FUNCTION(exp, expf(x))
FUNCTION(log, logf(x))
FUNCTION(sqrt, sqrtf(x))
FUNCTION(rsqrt, rsqrtf(x))
FUNCTION(tanh, tanhf(x))
FUNCTION(sigmoid, __fdividef(1.0f, 1.0f + expf(-x)))
FUNCTION(gelu, 0.5f * x * (1.0f + erff(x * SQRT_HALF)))
FUNCTION(gelu_tanh, 0.5f * x * (1.0f + tanhf(SQRT_2_OVER_PI * (x + 0.044715f * x * x * x))))
FUNCTION(silu, __fdividef(x, 1.0f + expf(-x)))
FUNCTION(relu, x < 0 ? (C)0 : x)

#define KERNEL(name, suffix, T)                                                                                        \
        extern "C" __global__ void name##_##suffix(T *out, const T *in, const __grid_constant__ UnaryLayout layout)    \
        {                                                                                                              \
                map(out, in, layout, name##_function());                                                               \
        }

#define KERNELS(name) KERNEL(name, f32, float) KERNEL(name, f16, f16) KERNEL(name, bf16, bf16)

KERNELS(neg)
KERNELS(abs)
KERNELS(exp)
KERNELS(log)
KERNELS(sqrt)
KERNELS(rsqrt)
KERNELS(tanh)
KERNELS(sigmoid)
KERNELS(gelu)
KERNELS(gelu_tanh)
KERNELS(silu)
KERNELS(relu)
KERNEL(neg, i32, int32_t)
KERNEL(abs, i32, int32_t)
KERNEL(relu, i32, int32_t)
