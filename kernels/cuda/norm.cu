/*
 * Functions of whole rows: softmax, rms_norm, layer_norm. Rows are contiguous; a block takes a row at a time, computes
 * in float, and reads the row again from the cache rather than keeping it.
 */
#include "common.cuh"

/* Calls body(column, value) for this thread's share of a row. */
template <typename T, typename Body>
__device__ static inline void for_each(const T *row, int64_t columns, Body body)
{
        int64_t begin = 0;
        if (is_aligned16(row)) {
                int64_t packs = columns / Pack<T>::count;
#pragma unroll 1
                for (int64_t i = threadIdx.x; i < packs; i += blockDim.x) {
                        Pack<T> pack = ((const Pack<T> *)row)[i];
#pragma unroll
                        for (int j = 0; j < Pack<T>::count; j++)
                                body(i * Pack<T>::count + j, to_float(pack.item[j]));
                }
                begin = packs * Pack<T>::count;
        }
#pragma unroll 1
        for (int64_t i = begin + threadIdx.x; i < columns; i += blockDim.x)
                body(i, to_float(row[i]));
}

/* out[column] = function(column, row[column]) for this thread's share of a row. */
template <typename T, typename Function>
__device__ static inline void map_row(T *out, const T *row, int64_t columns, Function function)
{
        int64_t begin = 0;
        if (is_aligned16(row) && is_aligned16(out)) {
                int64_t packs = columns / Pack<T>::count;
#pragma unroll 1
                for (int64_t i = threadIdx.x; i < packs; i += blockDim.x) {
                        Pack<T> pack = ((const Pack<T> *)row)[i];
#pragma unroll
                        for (int j = 0; j < Pack<T>::count; j++)
                                from_float(&pack.item[j], function(i * Pack<T>::count + j, to_float(pack.item[j])));
                        ((Pack<T> *)out)[i] = pack;
                }
                begin = packs * Pack<T>::count;
        }
#pragma unroll 1
        for (int64_t i = begin + threadIdx.x; i < columns; i += blockDim.x)
                from_float(&out[i], function(i, to_float(row[i])));
}

template <typename T> __device__ static void softmax(T *out, const T *in, int64_t rows, int64_t columns)
{
        __shared__ float scratch[WARP];
#pragma unroll 1
        for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
                const T *x = in + row * columns;
                float top = -INFINITY, total = 0;
                for_each(x, columns, [&](int64_t, float value) { top = Maximum()(top, value); });
                top = block_reduce(top, Maximum(), scratch);
                for_each(x, columns, [&](int64_t, float value) { total += expf(value - top); });
                total = block_reduce(total, Add(), scratch);
                float scale = 1.0f / total;
                map_row(out + row * columns, x, columns,
                        [&](int64_t, float value) { return expf(value - top) * scale; });
        }
}

/* x / sqrt(mean(x^2) + epsilon) * weight; a null weight is 1. */
template <typename T>
__device__ static void rms_norm(T *out, const T *in, const T *weight, int64_t rows, int64_t columns, float epsilon)
{
        __shared__ float scratch[WARP];
#pragma unroll 1
        for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
                const T *x = in + row * columns;
                float squares = 0;
                for_each(x, columns, [&](int64_t, float value) { squares += value * value; });
                squares = block_reduce(squares, Add(), scratch);
                float scale = 1.0f / sqrtf(squares / (float)columns + epsilon);
                map_row(out + row * columns, x, columns, [&](int64_t column, float value) {
                        return value * scale * (weight ? to_float(weight[column]) : 1.0f);
                });
        }
}

/* (x - mean) / sqrt(variance + epsilon) * weight + bias; a null weight is 1, a null bias is 0. */
template <typename T>
__device__ static void layer_norm(T *out, const T *in, const T *weight, const T *bias, int64_t rows, int64_t columns,
                                  float epsilon)
{
        __shared__ float scratch[WARP];
#pragma unroll 1
        for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
                const T *x = in + row * columns;
                float sum = 0, squares = 0;
                for_each(x, columns, [&](int64_t, float value) { sum += value; });
                float mean = block_reduce(sum, Add(), scratch) / (float)columns;
                for_each(x, columns, [&](int64_t, float value) { squares += (value - mean) * (value - mean); });
                squares = block_reduce(squares, Add(), scratch);
                float scale = 1.0f / sqrtf(squares / (float)columns + epsilon);
                map_row(out + row * columns, x, columns, [&](int64_t column, float value) {
                        float y = (value - mean) * scale * (weight ? to_float(weight[column]) : 1.0f);
                        return y + (bias ? to_float(bias[column]) : 0.0f);
                });
        }
}

#define KERNELS(suffix, T)                                                                                             \
        extern "C" __global__ void softmax_##suffix(T *out, const T *in, int64_t rows, int64_t columns)                \
        {                                                                                                              \
                softmax(out, in, rows, columns);                                                                       \
        }                                                                                                              \
        extern "C" __global__ void rms_norm_##suffix(T *out, const T *in, const T *weight, int64_t rows,               \
                                                     int64_t columns, float epsilon)                                   \
        {                                                                                                              \
                rms_norm(out, in, weight, rows, columns, epsilon);                                                     \
        }                                                                                                              \
        extern "C" __global__ void layer_norm_##suffix(T *out, const T *in, const T *weight, const T *bias,            \
                                                       int64_t rows, int64_t columns, float epsilon)                   \
        {                                                                                                              \
                layer_norm(out, in, weight, bias, rows, columns, epsilon);                                             \
        }

KERNELS(f32, float)
KERNELS(f16, f16)
KERNELS(bf16, bf16)
