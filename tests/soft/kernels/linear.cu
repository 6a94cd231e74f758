/*
 * Dense matrices: products in several number formats, transposes, and factorisations of small ones.
 */
#include "common.cuh"
#include <cuda_bf16.h>
#include <cuda_fp16.h>

/* ---- element by element ------------------------------------------------------------------------------------------ */

/* c = a + b. */
extern "C" __global__ void add_f32(const float *a, const float *b, float *c, int count)
{
        uint32_t i = global_thread();
        if (i < count)
                c[i] = a[i] + b[i];
}

/* y += scale * x, four floats at a time, then what is left over. */
extern "C" __global__ void axpy_f32x4(const float *__restrict__ x, float *__restrict__ y, float scale, int count)
{
        for (uint32_t i = global_thread(); i < count / 4; i += grid_threads()) {
                float4 a = ((const float4 *)x)[i], b = ((float4 *)y)[i];
                ((float4 *)y)[i] = make_float4(fmaf(scale, a.x, b.x), fmaf(scale, a.y, b.y), fmaf(scale, a.z, b.z),
                                               fmaf(scale, a.w, b.w));
        }
        uint32_t last = count / 4 * 4 + global_thread();
        if (last < count)
                y[last] = fmaf(scale, x[last], y[last]);
}

/* ---- products ---------------------------------------------------------------------------------------------------- */

/* C = A B in fp32 for sizes that 64 divides (K by 16): tiles of 64 x 64, 4 x 4 results a thread. */
extern "C" __global__ void __launch_bounds__(256)
        matmul_f32(const float *__restrict__ a, const float *__restrict__ b, float *__restrict__ c, int m, int n, int k)
{
        const int tile = 64, depth = 16;
        __shared__ float shared_a[depth][tile + 4];
        __shared__ float shared_b[depth][tile];
        int column = threadIdx.x % 16 * 4, row = threadIdx.x / 16 * 4;
        const float *from_a = a + (size_t)(blockIdx.y * tile + threadIdx.x / 4) * k + threadIdx.x % 4 * 4;
        const float *from_b = b + (size_t)(threadIdx.x / 16) * n + blockIdx.x * tile + column;
        float sums[4][4] = {};
        for (int step = 0; step < k; step += depth) {
                float4 part = *(const float4 *)(from_a + step);
                float parts[4] = {part.x, part.y, part.z, part.w};
                for (int i = 0; i < 4; i++)
                        shared_a[threadIdx.x % 4 * 4 + i][threadIdx.x / 4] = parts[i];
                *(float4 *)&shared_b[threadIdx.x / 16][column] = *(const float4 *)(from_b + (size_t)step * n);
                __syncthreads();
#pragma unroll
                for (int i = 0; i < depth; i++) {
                        float4 left = *(float4 *)&shared_a[i][row], right = *(float4 *)&shared_b[i][column];
                        float lefts[4] = {left.x, left.y, left.z, left.w}, rights[4] = {right.x, right.y, right.z, right.w};
#pragma unroll
                        for (int y = 0; y < 4; y++)
#pragma unroll
                                for (int x = 0; x < 4; x++)
                                        sums[y][x] = fmaf(lefts[y], rights[x], sums[y][x]);
                }
                __syncthreads();
        }
        for (int y = 0; y < 4; y++)
                *(float4 *)(c + (size_t)(blockIdx.y * tile + row + y) * n + blockIdx.x * tile + column) =
                        make_float4(sums[y][0], sums[y][1], sums[y][2], sums[y][3]);
}

/* C = A B in fp64 for any sizes, tiles of 16 x 16. */
extern "C" __global__ void __launch_bounds__(256)
        matmul_f64(const double *a, const double *b, double *c, int m, int n, int k)
{
        __shared__ double shared_a[16][17], shared_b[16][17];
        int row = blockIdx.y * 16 + threadIdx.y, column = blockIdx.x * 16 + threadIdx.x;
        double sum = 0;
        for (int step = 0; step < k; step += 16) {
                int ka = step + threadIdx.x, kb = step + threadIdx.y;
                shared_a[threadIdx.y][threadIdx.x] = row < m && ka < k ? a[row * k + ka] : 0;
                shared_b[threadIdx.y][threadIdx.x] = column < n && kb < k ? b[kb * n + column] : 0;
                __syncthreads();
                for (int i = 0; i < 16; i++)
                        sum += shared_a[threadIdx.y][i] * shared_b[i][threadIdx.x];
                __syncthreads();
        }
        if (row < m && column < n)
                c[row * n + column] = sum;
}

/* y = A x with fp16 weights, pairs multiplied and added in fp16; one row a warp. */
extern "C" __global__ void matvec_half2(const __half2 *a, const __half2 *x, __half *y, int pairs)
{
        int row = global_thread() / WARP;
        __half2 sum = __float2half2_rn(0.0f);
        for (int i = lane_id(); i < pairs; i += WARP)
                sum = __hfma2(a[row * pairs + i], x[i], sum);
        for (int distance = WARP / 2; distance; distance /= 2)
                sum = __hadd2(sum, __shfl_xor_sync(ALL_LANES, sum, distance));
        if (lane_id() == 0)
                y[row] = __hadd(__low2half(sum), __high2half(sum));
}

/* y = A x with fp16 weights and fp32 sums, 16 bytes a load; one row a warp. */
extern "C" __global__ void matvec_f16(const uint4 *a, const uint4 *x, float *y, int eights)
{
        int row = global_thread() / WARP;
        float sum = 0;
        for (int i = lane_id(); i < eights; i += WARP) {
                uint4 left = a[(size_t)row * eights + i], right = x[i];
                const __half2 *lefts = (const __half2 *)&left, *rights = (const __half2 *)&right;
#pragma unroll
                for (int j = 0; j < 4; j++) {
                        float2 p = __half22float2(lefts[j]), q = __half22float2(rights[j]);
                        sum = fmaf(p.x, q.x, sum);
                        sum = fmaf(p.y, q.y, sum);
                }
        }
        for (int distance = WARP / 2; distance; distance /= 2)
                sum += __shfl_xor_sync(ALL_LANES, sum, distance);
        if (lane_id() == 0)
                y[row] = sum;
}

/* y = A x with bf16 weights and fp32 sums; one row a warp. */
extern "C" __global__ void matvec_bf16(const uint4 *a, const uint4 *x, float *y, int eights)
{
        int row = global_thread() / WARP;
        float sum = 0;
        for (int i = lane_id(); i < eights; i += WARP) {
                uint4 left = a[(size_t)row * eights + i], right = x[i];
                const __nv_bfloat162 *lefts = (const __nv_bfloat162 *)&left, *rights = (const __nv_bfloat162 *)&right;
#pragma unroll
                for (int j = 0; j < 4; j++) {
                        float2 p = __bfloat1622float2(lefts[j]), q = __bfloat1622float2(rights[j]);
                        sum = fmaf(p.x, q.x, sum);
                        sum = fmaf(p.y, q.y, sum);
                }
        }
        for (int distance = WARP / 2; distance; distance /= 2)
                sum += __shfl_xor_sync(ALL_LANES, sum, distance);
        if (lane_id() == 0)
                y[row] = sum;
}

/* y = A x in blocks of 32 int8 weights with a scale each, by four-way dot products; one row a warp. */
extern "C" __global__ void matvec_int8(const int4 *a, const float *a_scales, const int4 *x, const float *x_scales, float *y,
                                       int sixteens)
{
        int row = global_thread() / WARP;
        float sum = 0;
        for (int i = lane_id(); i < sixteens; i += WARP) {
                int4 left = a[row * sixteens + i], right = x[i];
                int dot = __dp4a(left.x, right.x, __dp4a(left.y, right.y, 0));
                dot = __dp4a(left.z, right.z, __dp4a(left.w, right.w, dot));
                sum += dot * a_scales[row * (sixteens / 2) + i / 2] * x_scales[i / 2];
        }
        for (int distance = WARP / 2; distance; distance /= 2)
                sum += __shfl_xor_sync(ALL_LANES, sum, distance);
        if (lane_id() == 0)
                y[row] = sum;
}

/* y = A x with weights of four bits: nibbles become halves of 1024 + n by a bit trick, less the bias, times a scale. */
extern "C" __global__ void matvec_int4(const uint32_t *a, const __half *scales, const __half2 *x, float *y, int words)
{
        int row = global_thread() / WARP;
        float sum = 0;
        for (int i = lane_id(); i < words; i += WARP) {
                uint32_t nibbles = a[row * words + i];
                __half2 scale = __half2half2(scales[row * (words / 4) + i / 4]), part = __float2half2_rn(0.0f);
#pragma unroll
                for (int j = 0; j < 4; j++) {
                        uint32_t bits = nibbles >> 4 * j & 0x000f000f | 0x64006400;
                        __half2 weight = __hsub2(*(__half2 *)&bits, __float2half2_rn(1032.0f));
                        part = __hfma2(__hmul2(weight, scale), x[i * 4 + j], part);
                }
                float2 both = __half22float2(part);
                sum += both.x + both.y;
        }
        for (int distance = WARP / 2; distance; distance /= 2)
                sum += __shfl_xor_sync(ALL_LANES, sum, distance);
        if (lane_id() == 0)
                y[row] = sum;
}

/* Two-way dot products of 16-bit with 8-bit integers, and four-way ones of each signedness. */
extern "C" __global__ void dot_products(const int *a, const int *b, int *out)
{
        uint32_t i = global_thread(), stride = grid_threads();
        out[i] = __dp4a(a[i], b[i], (int)i);
        out[stride + i] = __dp4a((uint32_t)a[i], (uint32_t)b[i], i);
        out[2 * stride + i] = __dp2a_lo(a[i], b[i], (int)i);
        out[3 * stride + i] = __dp2a_hi((uint32_t)a[i], (uint32_t)b[i], i);
        int mixed;
        asm("dp4a.s32.u32 %0, %1, %2, %3;" : "=r"(mixed) : "r"(a[i]), "r"(b[i]), "r"(-7));
        out[4 * stride + i] = mixed;
        asm("dp2a.hi.u32.s32 %0, %1, %2, %3;" : "=r"(mixed) : "r"(a[i]), "r"(b[i]), "r"(5));
        out[5 * stride + i] = mixed;
}

/* ---- transposes -------------------------------------------------------------------------------------------------- */

template <typename T> __device__ static void transpose_tile(const T *in, T *out, int width, int height)
{
        __shared__ T tile[32][33];
        int x = blockIdx.x * 32 + threadIdx.x, y = blockIdx.y * 32 + threadIdx.y;
        for (int i = 0; i < 32; i += 8)
                if (x < width && y + i < height)
                        tile[threadIdx.y + i][threadIdx.x] = in[(size_t)(y + i) * width + x];
        __syncthreads();
        x = blockIdx.y * 32 + threadIdx.x;
        y = blockIdx.x * 32 + threadIdx.y;
        for (int i = 0; i < 32; i += 8)
                if (x < height && y + i < width)
                        out[(size_t)(y + i) * height + x] = tile[threadIdx.x][threadIdx.y + i];
}

/* Transposes of 8-, 32- and 64-bit elements, in tiles with a padded row; CTAs of 32 x 8. */
extern "C" __global__ void transpose_u8(const uint8_t *in, uint8_t *out, int width, int height)
{
        transpose_tile(in, out, width, height);
}
extern "C" __global__ void transpose_u32(const uint32_t *in, uint32_t *out, int width, int height)
{
        transpose_tile(in, out, width, height);
}
extern "C" __global__ void transpose_u64(const uint64_t *in, uint64_t *out, int width, int height)
{
        transpose_tile(in, out, width, height);
}

/* Each warp transposes a 32 x 32 bit matrix by shuffles and masks. */
extern "C" __global__ void transpose_bits(const uint32_t *in, uint32_t *out)
{
        uint32_t word = in[global_thread()], lane = lane_id(), mask = 0x0000ffff;
        for (int distance = 16; distance; distance /= 2, mask ^= mask << distance) {
                uint32_t other = __shfl_xor_sync(ALL_LANES, word, distance);
                word = lane & distance ? (word & ~mask) | (other >> distance & mask)
                                       : (word & mask) | (other & mask) << distance;
        }
        out[global_thread()] = word;
}

/* ---- factorisations ---------------------------------------------------------------------------------------------- */

/* LU with partial pivoting of n x n floats in shared memory; one matrix a CTA, one column a thread. */
extern "C" __global__ void lu_pivoted(float *matrices, int *pivots, int n)
{
        extern __shared__ float a[];
        __shared__ int pivot;
        float *own = matrices + blockIdx.x * n * n;
        int column = threadIdx.x;
        for (int row = 0; row < n; row++)
                a[row * n + column] = own[row * n + column];
        __syncthreads();
        for (int k = 0; k < n; k++) {
                if (column == 0) {
                        pivot = k;
                        for (int row = k + 1; row < n; row++)
                                if (fabsf(a[row * n + k]) > fabsf(a[pivot * n + k]))
                                        pivot = row;
                        pivots[blockIdx.x * n + k] = pivot;
                }
                __syncthreads();
                float top = a[pivot * n + column];
                a[pivot * n + column] = a[k * n + column];
                a[k * n + column] = top;
                __syncthreads();
                if (column > k)
                        a[column * n + k] /= a[k * n + k];
                __syncthreads();
                if (column > k)
                        for (int row = k + 1; row < n; row++)
                                a[row * n + column] -= a[row * n + k] * a[k * n + column];
                __syncthreads();
        }
        for (int row = 0; row < n; row++)
                own[row * n + column] = a[row * n + column];
}

/* Cholesky's factor of 8 x 8 doubles, one matrix a thread, in registers. */
extern "C" __global__ void cholesky_f64(const double *matrices, double *factors)
{
        const int n = 8;
        double l[n][n];
        const double *own = matrices + (size_t)global_thread() * n * n;
#pragma unroll
        for (int j = 0; j < n; j++) {
                double diagonal = own[j * n + j];
#pragma unroll
                for (int k = 0; k < j; k++)
                        diagonal -= l[j][k] * l[j][k];
                l[j][j] = sqrt(diagonal);
#pragma unroll
                for (int i = j + 1; i < n; i++) {
                        double sum = own[i * n + j];
#pragma unroll
                        for (int k = 0; k < j; k++)
                                sum -= l[i][k] * l[j][k];
                        l[i][j] = sum / l[j][j];
                }
        }
        for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++)
                        factors[((size_t)global_thread() * n + i) * n + j] = j <= i ? l[i][j] : 0.0;
}

/* QR of 6 x 4 floats by Givens rotations, one matrix a thread; R replaces the matrix. */
extern "C" __global__ void qr_givens(float *matrices)
{
        const int rows = 6, columns = 4;
        float a[rows][columns], *own = matrices + global_thread() * rows * columns;
        for (int i = 0; i < rows * columns; i++)
                a[i / columns][i % columns] = own[i];
        for (int j = 0; j < columns; j++) {
                for (int i = rows - 1; i > j; i--) {
                        float length = hypotf(a[i - 1][j], a[i][j]);
                        if (length == 0.0f)
                                continue;
                        float c = a[i - 1][j] / length, s = a[i][j] / length;
                        for (int k = j; k < columns; k++) {
                                float top = c * a[i - 1][k] + s * a[i][k];
                                a[i][k] = c * a[i][k] - s * a[i - 1][k];
                                a[i - 1][k] = top;
                        }
                }
        }
        for (int i = 0; i < rows * columns; i++)
                own[i] = a[i / columns][i % columns];
}

/* Solutions of tridiagonal systems of 32 doubles, one a thread (Thomas). */
extern "C" __global__ void tridiagonal(const double *lower, const double *middle, const double *upper, double *right)
{
        const int n = 32;
        double c[n], d[n];
        size_t base = (size_t)global_thread() * n;
        c[0] = upper[base] / middle[base];
        d[0] = right[base] / middle[base];
        for (int i = 1; i < n; i++) {
                double scale = 1.0 / (middle[base + i] - lower[base + i] * c[i - 1]);
                c[i] = upper[base + i] * scale;
                d[i] = (right[base + i] - lower[base + i] * d[i - 1]) * scale;
        }
        right[base + n - 1] = d[n - 1];
        for (int i = n - 2; i >= 0; i--) {
                d[i] -= c[i] * d[i + 1];
                right[base + i] = d[i];
        }
}

/* Eigenvalues of symmetric 3 x 3 matrices by Jacobi's rotations, sorted; six floats in, three out. */
extern "C" __global__ void eigen_jacobi(const float *matrices, float *values)
{
        const float *own = matrices + global_thread() * 6;
        float a[3][3] = {{own[0], own[1], own[2]}, {own[1], own[3], own[4]}, {own[2], own[4], own[5]}};
        for (int sweep = 0; sweep < 6; sweep++) {
                for (int pair = 0; pair < 3; pair++) {
                        int p = pair == 2 ? 1 : 0, q = pair == 0 ? 1 : 2;
                        if (fabsf(a[p][q]) < 1e-30f)
                                continue;
                        float theta = (a[q][q] - a[p][p]) / (2.0f * a[p][q]);
                        float t = copysignf(1.0f, theta) / (fabsf(theta) + sqrtf(theta * theta + 1.0f));
                        float c = rsqrtf(t * t + 1.0f), s = t * c;
                        for (int k = 0; k < 3; k++) {
                                float left = a[k][p], right = a[k][q];
                                a[k][p] = c * left - s * right;
                                a[k][q] = s * left + c * right;
                        }
                        for (int k = 0; k < 3; k++) {
                                float top = a[p][k], bottom = a[q][k];
                                a[p][k] = c * top - s * bottom;
                                a[q][k] = s * top + c * bottom;
                        }
                }
        }
        float x = fminf(a[0][0], a[1][1]), y = fmaxf(a[0][0], a[1][1]), z = a[2][2];
        values[global_thread() * 3] = fminf(x, z);
        values[global_thread() * 3 + 1] = fmaxf(x, fminf(y, z));
        values[global_thread() * 3 + 2] = fmaxf(y, z);
}
