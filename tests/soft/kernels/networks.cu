/*
 * What a language model's decoder is made of: softmax, normalisation, rotary embedding, gates, attention, sampling.
 */
#include "common.cuh"
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <math_constants.h>

template <typename Combine> __device__ static float block_reduce(float value, float neutral, Combine combine)
{
        __shared__ float of_warp[WARP];
        for (int distance = WARP / 2; distance; distance /= 2)
                value = combine(value, __shfl_xor_sync(ALL_LANES, value, distance));
        if (lane_id() == 0)
                of_warp[threadIdx.x / WARP] = value;
        __syncthreads();
        value = lane_id() < blockDim.x / WARP ? of_warp[lane_id()] : neutral;
        for (int distance = WARP / 2; distance; distance /= 2)
                value = combine(value, __shfl_xor_sync(ALL_LANES, value, distance));
        __syncthreads();
        return value;
}

__device__ static float block_sum(float value)
{
        return block_reduce(value, 0.0f, [](float a, float b) { return a + b; });
}

__device__ static float block_max(float value)
{
        return block_reduce(value, -CUDART_INF_F, [](float a, float b) { return fmaxf(a, b); });
}

/* Softmax of rows, one a CTA. */
extern "C" __global__ void softmax_rows(const float *in, float *out, int columns)
{
        const float *row = in + (size_t)blockIdx.x * columns;
        float *to = out + (size_t)blockIdx.x * columns, greatest = -CUDART_INF_F, sum = 0;
        for (int i = threadIdx.x; i < columns; i += blockDim.x)
                greatest = fmaxf(greatest, row[i]);
        greatest = block_max(greatest);
        for (int i = threadIdx.x; i < columns; i += blockDim.x)
                sum += expf(row[i] - greatest);
        float scale = 1.0f / block_sum(sum);
        for (int i = threadIdx.x; i < columns; i += blockDim.x)
                to[i] = expf(row[i] - greatest) * scale;
}

/* Rows divided by their root mean square, times a weight; bf16 in and out, pairs at a time. */
extern "C" __global__ void rms_norm_bf16(const __nv_bfloat162 *in, const __nv_bfloat162 *weights, __nv_bfloat162 *out,
                                         int pairs, float epsilon)
{
        const __nv_bfloat162 *row = in + (size_t)blockIdx.x * pairs;
        float sum = 0;
        for (int i = threadIdx.x; i < pairs; i += blockDim.x) {
                float2 both = __bfloat1622float2(row[i]);
                sum += both.x * both.x + both.y * both.y;
        }
        float scale = rsqrtf(block_sum(sum) / (2 * pairs) + epsilon);
        for (int i = threadIdx.x; i < pairs; i += blockDim.x) {
                float2 both = __bfloat1622float2(row[i]), weight = __bfloat1622float2(weights[i]);
                out[(size_t)blockIdx.x * pairs + i] = __floats2bfloat162_rn(both.x * scale * weight.x, both.y * scale * weight.y);
        }
}

/* Layer norm of fp16 rows with weight and bias. */
extern "C" __global__ void layer_norm_f16(const __half *in, const __half *weights, const __half *bias, __half *out,
                                          int columns, float epsilon)
{
        const __half *row = in + (size_t)blockIdx.x * columns;
        float sum = 0, squares = 0;
        for (int i = threadIdx.x; i < columns; i += blockDim.x)
                sum += __half2float(row[i]);
        float mean = block_sum(sum) / columns;
        for (int i = threadIdx.x; i < columns; i += blockDim.x) {
                float away = __half2float(row[i]) - mean;
                squares += away * away;
        }
        float scale = rsqrtf(block_sum(squares) / columns + epsilon);
        for (int i = threadIdx.x; i < columns; i += blockDim.x) {
                float normal = (__half2float(row[i]) - mean) * scale;
                out[(size_t)blockIdx.x * columns + i] =
                        __float2half_rn(normal * __half2float(weights[i]) + __half2float(bias[i]));
        }
}

/* Rotary embedding with the slow, exact sine and cosine and a power; grid (position, head), one pair a thread. */
extern "C" __global__ void rope_exact(__half *heads, const int *positions, int head_width, float base)
{
        int half_width = head_width / 2, i = threadIdx.x;
        if (i >= half_width)
                return;
        float angle = positions[blockIdx.x] * powf(base, -2.0f * i / head_width), sine, cosine;
        sincosf(angle, &sine, &cosine);
        __half *head = heads + ((size_t)blockIdx.x * gridDim.y + blockIdx.y) * head_width;
        float a = __half2float(head[i]), b = __half2float(head[i + half_width]);
        head[i] = __float2half(a * cosine - b * sine);
        head[i + half_width] = __float2half(a * sine + b * cosine);
}

/* The same by the fast approximations. */
extern "C" __global__ void rope_fast(__half *heads, const int *positions, int head_width, float log2_base)
{
        int half_width = head_width / 2, i = threadIdx.x;
        float angle = positions[blockIdx.x] * exp2f(-2.0f * i / head_width * log2_base), sine, cosine;
        __sincosf(angle, &sine, &cosine);
        __half *head = heads + ((size_t)blockIdx.x * gridDim.y + blockIdx.y) * head_width;
        float a = __half2float(head[i]), b = __half2float(head[i + half_width]);
        head[i] = __float2half(a * cosine - b * sine);
        head[i + half_width] = __float2half(a * sine + b * cosine);
}

/* silu(gate) * up in fp32 and all in fp16; and GELU by tanh and by erf of the gate. */
extern "C" __global__ void gates(const __half2 *gate, const __half2 *up, __half2 *out, int count)
{
        int i = global_thread();
        if (i >= count)
                return;
        float2 g = __half22float2(gate[i]), u = __half22float2(up[i]);
        out[i] = __floats2half2_rn(g.x / (1.0f + __expf(-g.x)) * u.x, g.y / (1.0f + __expf(-g.y)) * u.y);
        __half2 one = __float2half2_rn(1.0f);
        __half2 sigmoid = h2rcp(__hadd2(one, h2exp(__hneg2(gate[i]))));
        out[count + i] = __hmul2(__hmul2(gate[i], sigmoid), up[i]);
        float c = 0.7978845608f, x = g.x, y = g.y;
        out[2 * count + i] = __floats2half2_rn(0.5f * x * (1.0f + tanhf(c * (x + 0.044715f * x * x * x))),
                                               0.5f * y * (1.0f + erff(y * 0.70710678f)));
}

/* Rows of a table by 64-bit index, 16 bytes at a time. */
extern "C" __global__ void embed_rows(const int64_t *ids, const uint4 *table, uint4 *out, int quads)
{
        int64_t id = ids[blockIdx.x];
        for (int i = threadIdx.x; i < quads; i += blockDim.x)
                out[(size_t)blockIdx.x * quads + i] = table[id * quads + i];
}

/* Index of the greatest float of an array as one atomic maximum of 64 bits: value above, complement of the index below. */
extern "C" __global__ void sample_greedy(const float *logits, int count, unsigned long long *best)
{
        unsigned long long own = 0;
        for (uint32_t i = global_thread(); i < count; i += grid_threads()) {
                uint32_t bits = __float_as_uint(logits[i]);
                uint32_t ordered = bits & 0x80000000 ? ~bits : bits | 0x80000000;
                own = max(own, (unsigned long long)ordered << 32 | (uint32_t)~i);
        }
        for (int distance = WARP / 2; distance; distance /= 2)
                own = max(own, __shfl_xor_sync(ALL_LANES, own, distance));
        if (lane_id() == 0)
                atomicMax(best, own);
}

/* Attention of one query over cached keys and values of width 64, a running softmax in each warp; one head a CTA. */
extern "C" __global__ void __launch_bounds__(128)
        attention_decode(const __half *query, const __half *keys, const __half *values, float *out, int length)
{
        __shared__ float sums[4], greatest[4], parts[4][64];
        int warp = threadIdx.x / WARP, lane = lane_id();
        float2 q = __half22float2(((const __half2 *)query)[blockIdx.x * 32 + lane]), gathered = make_float2(0, 0);
        float top = -CUDART_INF_F, sum = 0;
        for (int i = warp; i < length; i += 4) {
                size_t row = ((size_t)blockIdx.x * length + i) * 32 + lane;
                float2 k = __half22float2(((const __half2 *)keys)[row]), v = __half22float2(((const __half2 *)values)[row]);
                float score = q.x * k.x + q.y * k.y;
                for (int distance = WARP / 2; distance; distance /= 2)
                        score += __shfl_xor_sync(ALL_LANES, score, distance);
                float next = fmaxf(top, score * 0.125f), keep = __expf(top - next), weight = __expf(score * 0.125f - next);
                sum = sum * keep + weight;
                gathered.x = gathered.x * keep + weight * v.x;
                gathered.y = gathered.y * keep + weight * v.y;
                top = next;
        }
        parts[warp][2 * lane] = gathered.x;
        parts[warp][2 * lane + 1] = gathered.y;
        if (lane == 0) {
                sums[warp] = sum;
                greatest[warp] = top;
        }
        __syncthreads();
        if (threadIdx.x < 64) {
                float whole_top = fmaxf(fmaxf(greatest[0], greatest[1]), fmaxf(greatest[2], greatest[3]));
                float value = 0, whole = 0;
                for (int i = 0; i < 4; i++) {
                        float keep = __expf(greatest[i] - whole_top);
                        value += parts[i][threadIdx.x] * keep;
                        whole += sums[i] * keep;
                }
                out[blockIdx.x * 64 + threadIdx.x] = __fdividef(value, whole);
        }
}
