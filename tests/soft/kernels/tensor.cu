/*
 * Tensor cores: every shape and number format of mma.sync that the compiler offers from sm_80 on, one product a warp,
 * and products of whole matrices that feed them by ldmatrix, cp.async and wmma.
 *
 * The kernels named mma_* read and write fragments as they lie in registers: register r of lane l is word
 * (r * 32 + l) of an operand of each warp. So they say nothing of layouts; the whole products do.
 */
#include "common.cuh"
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

using namespace nvcuda;

template <int N, typename T> __device__ static void load_fragment(T (&registers)[N], const T *from)
{
        for (int i = 0; i < N; i++)
                registers[i] = from[(global_thread() / WARP * N + i) * WARP + lane_id()];
}

template <int N, typename T> __device__ static void store_fragment(T *to, const T (&registers)[N])
{
        for (int i = 0; i < N; i++)
                to[(global_thread() / WARP * N + i) * WARP + lane_id()] = registers[i];
}

#define OPERANDS_A4B2 "{%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
#define OPERANDS_A2B1 "{%4,%5}, {%6}, {%0,%1,%2,%3};"

/* D += A B with four accumulators of type `type` (constraint `kind`). */
#define MMA_A4B2(name, type, kind, instruction)                                                                        \
        extern "C" __global__ void name(const uint32_t *a_words, const uint32_t *b_words, type *d_words)              \
        {                                                                                                              \
                uint32_t a[4], b[2];                                                                                   \
                type d[4];                                                                                             \
                load_fragment(a, a_words);                                                                             \
                load_fragment(b, b_words);                                                                             \
                load_fragment(d, d_words);                                                                             \
                asm volatile("mma.sync.aligned." instruction " {%0,%1,%2,%3}, " OPERANDS_A4B2                           \
                             : kind(d[0]), kind(d[1]), kind(d[2]), kind(d[3])                                          \
                             : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));                      \
                store_fragment(d_words, d);                                                                            \
        }

#define MMA_A2B1(name, type, kind, instruction)                                                                        \
        extern "C" __global__ void name(const uint32_t *a_words, const uint32_t *b_words, type *d_words)              \
        {                                                                                                              \
                uint32_t a[2], b[1];                                                                                   \
                type d[4];                                                                                             \
                load_fragment(a, a_words);                                                                             \
                load_fragment(b, b_words);                                                                             \
                load_fragment(d, d_words);                                                                             \
                asm volatile("mma.sync.aligned." instruction " {%0,%1,%2,%3}, " OPERANDS_A2B1                           \
                             : kind(d[0]), kind(d[1]), kind(d[2]), kind(d[3])                                          \
                             : "r"(a[0]), "r"(a[1]), "r"(b[0]));                                                       \
                store_fragment(d_words, d);                                                                            \
        }

MMA_A4B2(mma_16816_f16, float, "+f", "m16n8k16.row.col.f32.f16.f16.f32")
MMA_A4B2(mma_16816_bf16, float, "+f", "m16n8k16.row.col.f32.bf16.bf16.f32")
MMA_A2B1(mma_1688_f16, float, "+f", "m16n8k8.row.col.f32.f16.f16.f32")
MMA_A2B1(mma_1688_bf16, float, "+f", "m16n8k8.row.col.f32.bf16.bf16.f32")
MMA_A4B2(mma_1688_tf32, float, "+f", "m16n8k8.row.col.f32.tf32.tf32.f32")
MMA_A2B1(mma_1684_tf32, float, "+f", "m16n8k4.row.col.f32.tf32.tf32.f32")
MMA_A4B2(mma_16832_s8, int, "+r", "m16n8k32.row.col.s32.s8.s8.s32")
MMA_A4B2(mma_16832_u8_sat, int, "+r", "m16n8k32.row.col.satfinite.s32.u8.u8.s32")
MMA_A4B2(mma_16832_s8u8, int, "+r", "m16n8k32.row.col.s32.s8.u8.s32")
MMA_A2B1(mma_16816_s8, int, "+r", "m16n8k16.row.col.s32.s8.s8.s32")
MMA_A2B1(mma_16816_u8s8, int, "+r", "m16n8k16.row.col.s32.u8.s8.s32")
MMA_A4B2(mma_16864_s4, int, "+r", "m16n8k64.row.col.s32.s4.s4.s32")
MMA_A2B1(mma_16832_u4, int, "+r", "m16n8k32.row.col.s32.u4.u4.s32")
MMA_A4B2(mma_168256_and, int, "+r", "m16n8k256.row.col.s32.b1.b1.s32.and.popc")
MMA_A2B1(mma_168128_xor, int, "+r", "m16n8k128.row.col.s32.b1.b1.s32.xor.popc")

/* fp16 accumulators: two registers of two. */
extern "C" __global__ void mma_16816_f16_f16(const uint32_t *a_words, const uint32_t *b_words, uint32_t *d_words)
{
        uint32_t a[4], b[2], d[2];
        load_fragment(a, a_words);
        load_fragment(b, b_words);
        load_fragment(d, d_words);
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%0,%1}, {%2,%3,%4,%5}, {%6,%7}, {%0,%1};"
                     : "+r"(d[0]), "+r"(d[1])
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
        store_fragment(d_words, d);
}

extern "C" __global__ void mma_1688_f16_f16(const uint32_t *a_words, const uint32_t *b_words, uint32_t *d_words)
{
        uint32_t a[2], b[1], d[2];
        load_fragment(a, a_words);
        load_fragment(b, b_words);
        load_fragment(d, d_words);
        asm volatile("mma.sync.aligned.m16n8k8.row.col.f16.f16.f16.f16 {%0,%1}, {%2,%3}, {%4}, {%0,%1};"
                     : "+r"(d[0]), "+r"(d[1])
                     : "r"(a[0]), "r"(a[1]), "r"(b[0]));
        store_fragment(d_words, d);
}

/* fp64: one register pair of A and B a lane, two of D. */
extern "C" __global__ void mma_884_f64(const double *a_words, const double *b_words, double *d_words)
{
        double a[1], b[1], d[2];
        load_fragment(a, a_words);
        load_fragment(b, b_words);
        load_fragment(d, d_words);
        asm volatile("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0,%1}, {%2}, {%3}, {%0,%1};"
                     : "+d"(d[0]), "+d"(d[1])
                     : "d"(a[0]), "d"(b[0]));
        store_fragment(d_words, d);
}

#if __CUDA_ARCH__ >= 900
extern "C" __global__ void mma_1684_f64(const double *a_words, const double *b_words, double *d_words)
{
        double a[2], b[1], d[4];
        load_fragment(a, a_words);
        load_fragment(b, b_words);
        load_fragment(d, d_words);
        asm volatile("mma.sync.aligned.m16n8k4.row.col.f64.f64.f64.f64 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
                     : "+d"(d[0]), "+d"(d[1]), "+d"(d[2]), "+d"(d[3])
                     : "d"(a[0]), "d"(a[1]), "d"(b[0]));
        store_fragment(d_words, d);
}

extern "C" __global__ void mma_16816_f64(const double *a_words, const double *b_words, double *d_words)
{
        double a[8], b[4], d[4];
        load_fragment(a, a_words);
        load_fragment(b, b_words);
        load_fragment(d, d_words);
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f64.f64.f64.f64 {%0,%1,%2,%3}, {%4,%5,%6,%7,%8,%9,%10,%11}, "
                     "{%12,%13,%14,%15}, {%0,%1,%2,%3};"
                     : "+d"(d[0]), "+d"(d[1]), "+d"(d[2]), "+d"(d[3])
                     : "d"(a[0]), "d"(a[1]), "d"(a[2]), "d"(a[3]), "d"(a[4]), "d"(a[5]), "d"(a[6]), "d"(a[7]), "d"(b[0]),
                       "d"(b[1]), "d"(b[2]), "d"(b[3]));
        store_fragment(d_words, d);
}
#endif

/* ---- moving matrices --------------------------------------------------------------------------------------------- */

/* Four 8 x 8 matrices by ldmatrix, straight and transposed, and back as they were loaded; and two by the x2 form. */
extern "C" __global__ void matrix_loads(const uint4 *rows, uint32_t *out)
{
        __shared__ uint4 tile[32];
        tile[lane_id()] = rows[global_thread()];
        __syncwarp();
        uint32_t at = (uint32_t)__cvta_generic_to_shared(&tile[lane_id()]), straight[4], turned[4], two[2], one[1];
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                     : "=r"(straight[0]), "=r"(straight[1]), "=r"(straight[2]), "=r"(straight[3])
                     : "r"(at)
                     : "memory");
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                     : "=r"(turned[0]), "=r"(turned[1]), "=r"(turned[2]), "=r"(turned[3])
                     : "r"(at)
                     : "memory");
        asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];" : "=r"(two[0]), "=r"(two[1]) : "r"(at) : "memory");
        asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(one[0]) : "r"(at) : "memory");
        store_fragment(out, straight);
        store_fragment(out + 4 * grid_threads(), turned);
        store_fragment(out + 8 * grid_threads(), two);
        store_fragment(out + 10 * grid_threads(), one);
}

#if __CUDA_ARCH__ >= 900
/* Four 8 x 8 matrices from registers to shared memory by stmatrix, straight and transposed. */
extern "C" __global__ void matrix_stores(const uint32_t *fragments, uint4 *out)
{
        __shared__ uint4 tile[64];
        uint32_t words[4];
        load_fragment(words, fragments);
        uint32_t at = (uint32_t)__cvta_generic_to_shared(&tile[lane_id()]);
        asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1,%2,%3,%4};" ::"r"(at), "r"(words[0]), "r"(words[1]),
                     "r"(words[2]), "r"(words[3])
                     : "memory");
        asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1,%2,%3,%4};" ::"r"(at + 512), "r"(words[0]),
                     "r"(words[1]), "r"(words[2]), "r"(words[3])
                     : "memory");
        __syncwarp();
        out[blockIdx.x * 64 + lane_id()] = tile[lane_id()];
        out[blockIdx.x * 64 + 32 + lane_id()] = tile[32 + lane_id()];
}
#endif

/* Register transposes of 8 x 8 halves within a warp (movmatrix). */
extern "C" __global__ void matrix_turns(const uint32_t *in, uint32_t *out)
{
        uint32_t turned;
        asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(turned) : "r"(in[global_thread()]));
        out[global_thread()] = turned;
}

/* ---- whole products ---------------------------------------------------------------------------------------------- */

__device__ static void copy_async(void *shared, const void *global)
{
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"((uint32_t)__cvta_generic_to_shared(shared)), "l"(global)
                     : "memory");
}

template <typename T> struct Multiply;
template <> struct Multiply<__half> {
        __device__ static void run(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1)
        {
                asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, " OPERANDS_A4B2
                             : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                             : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
        }
        __device__ static void store(__half *to, float x, float y) { *(__half2 *)to = __floats2half2_rn(x, y); }
};
template <> struct Multiply<__nv_bfloat16> {
        __device__ static void run(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1)
        {
                asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, " OPERANDS_A4B2
                             : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                             : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
        }
        __device__ static void store(__nv_bfloat16 *to, float x, float y)
        {
                *(__nv_bfloat162 *)to = __floats2bfloat162_rn(x, y);
        }
};

__device__ static void load_matrices(uint32_t (&to)[4], const void *row)
{
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                     : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                     : "r"((uint32_t)__cvta_generic_to_shared(row))
                     : "memory");
}

__device__ static void load_matrices_turned(uint32_t (&to)[4], const void *row)
{
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                     : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                     : "r"((uint32_t)__cvta_generic_to_shared(row))
                     : "memory");
}

/* C = A B, sizes that 64 divides (K by 32): 64 x 64 a CTA of four warps, the next tile on its way by cp.async. */
template <typename T> __device__ static void matmul(const T *a, const T *b, T *c, int n, int k)
{
        __shared__ __align__(16) T tile_a[2][64][32 + 8];
        __shared__ __align__(16) T tile_b[2][32][64 + 8];
        int warp = threadIdx.x / WARP, lane = lane_id(), top = warp % 2 * 32, left = warp / 2 * 32;
        float sums[2][4][4] = {};
        auto fetch = [&](int stage, int from) {
                for (int i = threadIdx.x; i < 256; i += 128) {
                        copy_async(&tile_a[stage][i / 4][i % 4 * 8], a + (size_t)(blockIdx.y * 64 + i / 4) * k + from + i % 4 * 8);
                        copy_async(&tile_b[stage][i / 8][i % 8 * 8], b + (size_t)(from + i / 8) * n + blockIdx.x * 64 + i % 8 * 8);
                }
                asm volatile("cp.async.commit_group;" ::: "memory");
        };
        fetch(0, 0);
        for (int step = 0; step < k / 32; step++) {
                if (step + 1 < k / 32) {
                        fetch((step + 1) & 1, (step + 1) * 32);
                        asm volatile("cp.async.wait_group 1;" ::: "memory");
                } else {
                        asm volatile("cp.async.wait_group 0;" ::: "memory");
                }
                __syncthreads();
#pragma unroll
                for (int depth = 0; depth < 32; depth += 16) {
                        uint32_t rows[2][4], columns[2][4];
                        for (int i = 0; i < 2; i++) {
                                load_matrices(rows[i], &tile_a[step & 1][top + i * 16 + lane % 16][depth + lane / 16 * 8]);
                                load_matrices_turned(columns[i], &tile_b[step & 1][depth + lane % 16][left + i * 16 + lane / 16 * 8]);
                        }
                        for (int i = 0; i < 2; i++)
                                for (int j = 0; j < 4; j++)
                                        Multiply<T>::run(sums[i][j], rows[i], columns[j / 2][j % 2 * 2], columns[j / 2][j % 2 * 2 + 1]);
                }
                __syncthreads();
        }
        for (int i = 0; i < 2; i++)
                for (int j = 0; j < 4; j++) {
                        T *to = c + (size_t)(blockIdx.y * 64 + top + i * 16 + lane / 4) * n + blockIdx.x * 64 + left + j * 8 + lane % 4 * 2;
                        Multiply<T>::store(to, sums[i][j][0], sums[i][j][1]);
                        Multiply<T>::store(to + 8 * n, sums[i][j][2], sums[i][j][3]);
                }
}

extern "C" __global__ void __launch_bounds__(128) matmul_f16(const __half *a, const __half *b, __half *c, int n, int k)
{
        matmul(a, b, c, n, k);
}

extern "C" __global__ void __launch_bounds__(128)
        matmul_bf16(const __nv_bfloat16 *a, const __nv_bfloat16 *b, __nv_bfloat16 *c, int n, int k)
{
        matmul(a, b, c, n, k);
}

/* Attention over heads of width 64: 64 queries a CTA, keys and values by tiles, softmax on the run; grid (tile, head). */
extern "C" __global__ void __launch_bounds__(128)
        flash_attention(const __half *queries, const __half *keys, const __half *values, __half *out, int length, float scale,
                        int causal)
{
        __shared__ __align__(16) __half tile_q[64][72], tile_k[64][72], tile_v[64][72];
        int warp = threadIdx.x / WARP, lane = lane_id(), first = blockIdx.x * 64;
        size_t base = (size_t)blockIdx.y * length * 64;
        for (int i = threadIdx.x; i < 512; i += 128)
                copy_async(&tile_q[i / 8][i % 8 * 8], queries + base + (size_t)(first + i / 8) * 64 + i % 8 * 8);
        asm volatile("cp.async.commit_group;" ::: "memory");
        float sums[8][4] = {}, top[2] = {-INFINITY, -INFINITY}, weights[2] = {};
        int tiles = causal ? blockIdx.x + 1 : (length + 63) / 64;
        for (int tile = 0; tile < tiles; tile++) {
                __syncthreads();
                for (int i = threadIdx.x; i < 512; i += 128) {
                        int row = tile * 64 + i / 8;
                        if (row < length) {
                                copy_async(&tile_k[i / 8][i % 8 * 8], keys + base + (size_t)row * 64 + i % 8 * 8);
                                copy_async(&tile_v[i / 8][i % 8 * 8], values + base + (size_t)row * 64 + i % 8 * 8);
                        } else {
                                *(uint4 *)&tile_v[i / 8][i % 8 * 8] = make_uint4(0, 0, 0, 0);
                        }
                }
                asm volatile("cp.async.commit_group;\ncp.async.wait_group 0;" ::: "memory");
                __syncthreads();
                float scores[8][4] = {};
                for (int depth = 0; depth < 64; depth += 16) {
                        uint32_t q[4], k[4];
                        load_matrices(q, &tile_q[warp * 16 + lane % 16][depth + lane / 16 * 8]);
                        for (int j = 0; j < 4; j++) {
                                load_matrices(k, &tile_k[j * 16 + lane % 8 + lane / 16 * 8][depth + lane / 8 % 2 * 8]);
                                Multiply<__half>::run(scores[2 * j], q, k[0], k[1]);
                                Multiply<__half>::run(scores[2 * j + 1], q, k[2], k[3]);
                        }
                }
                float next[2] = {top[0], top[1]};
                for (int j = 0; j < 8; j++)
                        for (int e = 0; e < 4; e++) {
                                int column = tile * 64 + j * 8 + lane % 4 * 2 + e % 2;
                                int row = first + warp * 16 + lane / 4 + e / 2 * 8;
                                bool hidden = column >= length || (causal && column > row);
                                scores[j][e] = hidden ? -INFINITY : scores[j][e] * scale;
                                next[e / 2] = fmaxf(next[e / 2], scores[j][e]);
                        }
                for (int half = 0; half < 2; half++) {
                        next[half] = fmaxf(next[half], __shfl_xor_sync(ALL_LANES, next[half], 1));
                        next[half] = fmaxf(next[half], __shfl_xor_sync(ALL_LANES, next[half], 2));
                        float keep = exp2f(top[half] - next[half]);
                        top[half] = next[half];
                        weights[half] *= keep;
                        for (int j = 0; j < 8; j++) {
                                sums[j][2 * half] *= keep;
                                sums[j][2 * half + 1] *= keep;
                        }
                }
                for (int j = 0; j < 8; j++)
                        for (int e = 0; e < 4; e++) {
                                scores[j][e] = exp2f(scores[j][e] - top[e / 2]);
                                weights[e / 2] += scores[j][e];
                        }
                for (int depth = 0; depth < 4; depth++) {
                        uint32_t p[4], v[4];
                        for (int i = 0; i < 4; i++) {
                                const float *pair = &scores[2 * depth + i / 2][i % 2 * 2];
                                __half2 rounded = __floats2half2_rn(pair[0], pair[1]);
                                p[i] = *(uint32_t *)&rounded;
                        }
                        for (int j = 0; j < 4; j++) {
                                load_matrices_turned(v, &tile_v[depth * 16 + lane % 16][j * 16 + lane / 16 * 8]);
                                Multiply<__half>::run(sums[2 * j], p, v[0], v[1]);
                                Multiply<__half>::run(sums[2 * j + 1], p, v[2], v[3]);
                        }
                }
        }
        for (int half = 0; half < 2; half++) {
                weights[half] += __shfl_xor_sync(ALL_LANES, weights[half], 1);
                weights[half] += __shfl_xor_sync(ALL_LANES, weights[half], 2);
                int row = first + warp * 16 + lane / 4 + half * 8;
                float inverse = 1.0f / weights[half];
                for (int j = 0; j < 8 && row < length; j++)
                        Multiply<__half>::store(out + base + (size_t)row * 64 + j * 8 + lane % 4 * 2, sums[j][2 * half] * inverse,
                                                sums[j][2 * half + 1] * inverse);
        }
}

/* 16 x 16 tiles by the wmma interface: C = A B + C, one tile a warp; B by columns. */
template <typename T, typename Sum, int K> __device__ static void wmma_tile(const T *a, const T *b, Sum *c, int n, int k)
{
        wmma::fragment<wmma::matrix_a, 16, 16, K, T, wmma::row_major> left;
        wmma::fragment<wmma::matrix_b, 16, 16, K, T, wmma::col_major> right;
        wmma::fragment<wmma::accumulator, 16, 16, K, Sum> sum;
        Sum *to = c + blockIdx.y * 16 * n + blockIdx.x * 16;
        wmma::load_matrix_sync(sum, to, n, wmma::mem_row_major);
        for (int step = 0; step < k; step += K) {
                wmma::load_matrix_sync(left, a + blockIdx.y * 16 * k + step, k);
                wmma::load_matrix_sync(right, b + blockIdx.x * 16 * k + step, k);
                wmma::mma_sync(sum, left, right, sum);
        }
        wmma::store_matrix_sync(to, sum, n, wmma::mem_row_major);
}

extern "C" __global__ void wmma_f16(const __half *a, const __half *b, __half *c, int n, int k)
{
        wmma_tile<__half, __half, 16>(a, b, c, n, k);
}

extern "C" __global__ void wmma_bf16(const __nv_bfloat16 *a, const __nv_bfloat16 *b, float *c, int n, int k)
{
        wmma_tile<__nv_bfloat16, float, 16>(a, b, c, n, k);
}

extern "C" __global__ void wmma_s8(const signed char *a, const signed char *b, int *c, int n, int k)
{
        wmma_tile<signed char, int, 16>(a, b, c, n, k);
}

/* 8 x 8 tiles of fp64. */
extern "C" __global__ void wmma_f64(const double *a, const double *b, double *c, int n, int k)
{
        wmma::fragment<wmma::matrix_a, 8, 8, 4, double, wmma::row_major> left;
        wmma::fragment<wmma::matrix_b, 8, 8, 4, double, wmma::col_major> right;
        wmma::fragment<wmma::accumulator, 8, 8, 4, double> sum;
        wmma::fill_fragment(sum, 0.0);
        for (int step = 0; step < k; step += 4) {
                wmma::load_matrix_sync(left, a + blockIdx.y * 8 * k + step, k);
                wmma::load_matrix_sync(right, b + blockIdx.x * 8 * k + step, k);
                wmma::mma_sync(sum, left, right, sum);
        }
        wmma::store_matrix_sync(c + blockIdx.y * 8 * n + blockIdx.x * 8, sum, n, wmma::mem_row_major);
}
