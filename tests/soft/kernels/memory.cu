/*
 * Memory: every width of load and store with its cache hints, constants, globals, parameters, asynchronous copies and
 * the barriers and pipelines of CUDA C++ that go with them.
 */
#include "common.cuh"
#include <cooperative_groups.h>
#include <cooperative_groups/memcpy_async.h>
#include <cuda/barrier>
#include <cuda/pipeline>

#pragma nv_diag_suppress static_var_with_dynamic_init /* barriers in shared memory are made by init() */

/* ---- launches ---------------------------------------------------------------------------------------------------- */

extern "C" __global__ void launch_empty(void) {}

/* Arguments of unequal sizes and alignments. */
struct Mixed {
        char first;
        double second;
        short third[3];
};
extern "C" __global__ void launch_arguments(double *out, int a, long b, char c, double d, Mixed mixed)
{
        out[0] = a;
        out[1] = b;
        out[2] = c;
        out[3] = d;
        out[4] = mixed.first + mixed.second + mixed.third[0] * 10 + mixed.third[2] * 1000;
        out[5] = mixed.third[threadIdx.x + a % 3];
}

/* 32 words turned round in dynamic shared memory, or in static shared memory larger than they need. */
extern "C" __global__ void shared_dynamic(float *words)
{
        extern __shared__ float dynamic[];
        dynamic[threadIdx.x] = words[threadIdx.x];
        __syncthreads();
        words[threadIdx.x] = dynamic[31 - threadIdx.x];
}
extern "C" __global__ void shared_static(float *words)
{
        __shared__ float fixed[3000];
        fixed[threadIdx.x] = words[threadIdx.x];
        __syncthreads();
        words[threadIdx.x] = fixed[31 - threadIdx.x];
}

/* A local array read at indices that depend on an argument. */
extern "C" __global__ void local_array(float *words, int stride)
{
        float own[256], sum = 0;
        for (int i = 0; i < 256; i++)
                own[i] = words[i * stride & 31];
        for (int i = 0; i < 256; i++)
                sum += own[(i * stride + threadIdx.x) & 255];
        __syncthreads();
        words[threadIdx.x] = sum;
}

/* As many threads as a CTA can have, each of which tells its number. */
extern "C" __global__ void __launch_bounds__(1024) launch_wide(float *out) { out[threadIdx.x] = threadIdx.x; }

#if __CUDA_ARCH__ >= 900
/* A cluster of two CTAs. */
extern "C" __global__ void __cluster_dims__(2, 1, 1) launch_cluster(float *out)
{
        out[blockIdx.x * blockDim.x + threadIdx.x] = 1.0f + blockIdx.x;
}
#endif

__device__ float variable[4] = {1, 2, 3, 4};
__device__ float *pointer_to_variable = &variable[1];
__constant__ float constants[4] = {5, 6, 7, 8};
__constant__ double constant_rows[3][16] = {{1, 2, 4, 8, 16, 32}, {1e300, 1e-300, -1, 0.1}, {3, 5, 7, 11, 13, 17, 19, 23}};

/* Variables and constants with initial values, at indices of each lane, and a pointer that was relocated. */
extern "C" __global__ void launch_globals(float *out, double *rows)
{
        uint32_t i = threadIdx.x;
        out[i] = variable[i & 3] + constants[i >> 2 & 3] + pointer_to_variable[i & 1];
        rows[i] = constant_rows[i % 3][i & 15] + constant_rows[1][blockIdx.x];
}

__device__ __noinline__ double sum_of(const double *row, int count)
{
        double sum = 0;
        for (int i = 0; i < count; i++)
                sum += row[i];
        return sum;
}

/* One function reads constants, a global variable and an argument, all by generic pointers. */
extern "C" __global__ void launch_generic(const double *rows, double *out, uint32_t *kinds)
{
        const double *row = threadIdx.x % 3 == 0 ? constant_rows[threadIdx.x & 1] : rows + threadIdx.x;
        out[threadIdx.x] = sum_of(row, 8);
        kinds[threadIdx.x] = __isConstant(row) * 2 + __isGlobal(row);
}

/* ---- widths ------------------------------------------------------------------------------------------------------ */

/* Copies by every element size, with streaming, volatile, read-only and write-through accesses, and sign extension. */
extern "C" __global__ void access_widths(const uint8_t *__restrict__ in, uint8_t *out, int64_t *sums)
{
        uint32_t i = global_thread(), n = grid_threads();
        uint4 quad = __ldcs((const uint4 *)in + i);
        __stcs((uint4 *)out + i, quad);
        uint2 pair = __ldca((const uint2 *)in + i);
        __stwt((uint2 *)(out + 16 * n) + i, pair);
        uint32_t word = __ldcg((const uint32_t *)in + i);
        __stcg((uint32_t *)(out + 24 * n) + i, word);
        uint16_t half = __ldg((const uint16_t *)in + i);
        ((volatile uint16_t *)(out + 28 * n))[i] = half;
        out[30 * n + i] = __ldcv(in + i);
        double2 reals = __ldg((const double2 *)in + i);
        asm volatile("st.global.wt.v2.f64 [%0], {%1, %2};" ::"l"((double2 *)(out + 32 * n) + i), "d"(reals.y), "d"(reals.x) : "memory");
        int64_t sum = (int8_t)in[i] + ((const int16_t *)in)[i] + ((const int32_t *)in)[i];
        uint32_t lower;
        asm volatile("ld.global.nc.L1::no_allocate.L2::128B.u32 %0, [%1];" : "=r"(lower) : "l"((const uint32_t *)in + i));
        sum += lower;
        asm volatile("ld.relaxed.gpu.global.u32 %0, [%1];" : "=r"(lower) : "l"((const uint32_t *)in + i) : "memory");
        sum += lower;
        asm volatile("ld.acquire.sys.global.u32 %0, [%1];" : "=r"(lower) : "l"((const uint32_t *)in + i) : "memory");
        sum ^= lower;
        asm volatile("prefetch.global.L2 [%0];" ::"l"(in + i));
        sums[i] = sum;
}

/* The same in shared memory: all widths at addresses of each lane, straight and with conflicts. */
extern "C" __global__ void shared_widths(const uint4 *in, uint64_t *out)
{
        __shared__ __align__(16) uint8_t cells[4096];
        ((uint4 *)cells)[threadIdx.x] = in[global_thread()];
        __syncthreads();
        uint32_t place = in[global_thread()].x;
        uint64_t digest = cells[place & 4095];
        digest = digest * 31 + (int8_t)cells[place >> 3 & 4095];
        digest = digest * 31 + ((uint16_t *)cells)[place >> 5 & 2047];
        digest = digest * 31 + ((int16_t *)cells)[place >> 7 & 2047];
        digest = digest * 31 + ((uint32_t *)cells)[place >> 9 & 1023];
        digest = digest * 31 + ((uint64_t *)cells)[place >> 11 & 511];
        uint4 quad = ((uint4 *)cells)[place >> 13 & 255];
        digest = digest * 31 + quad.x + quad.y * 3 + quad.z * 5 + quad.w * 7;
        __syncthreads();
        cells[threadIdx.x] = digest;
        ((uint16_t *)cells)[256 + threadIdx.x] = digest >> 8;
        ((uint64_t *)cells)[256 + threadIdx.x / 2 * 2] = threadIdx.x & 1 ? 5 : 5;
        __syncthreads();
        out[global_thread()] = digest + cells[255 - threadIdx.x] + ((uint16_t *)cells)[511 - threadIdx.x]
                               + ((uint64_t *)cells)[256 + threadIdx.x / 2 * 2];
}

/* Texts copied byte by byte at any alignment, and compared (memcpy and memcmp of unknown length). */
extern "C" __global__ void copy_unaligned(const uint8_t *in, uint8_t *out, const uint32_t *starts, const uint32_t *sizes,
                                          int *compared)
{
        uint32_t start = starts[global_thread()], size = sizes[global_thread()];
        memcpy(out + start, in + start, size);
        int difference = 0;
        for (uint32_t i = 0; i < size && difference == 0; i++)
                difference = out[start + i] - in[i];
        compared[global_thread()] = difference;
        if (size > 8)
                memset(out + start + 1, 0x5a, size / 4);
}

/* ---- asynchronous copies ----------------------------------------------------------------------------------------- */

#if __CUDA_ARCH__ >= 800
/* cp.async of 4, 8 and 16 bytes, partly filled with zeros, in two groups. */
extern "C" __global__ void async_copies(const uint4 *in, uint4 *out, uint32_t valid_bytes)
{
        __shared__ uint4 cells[3][128];
        uint32_t i = global_thread();
        uint32_t first = (uint32_t)__cvta_generic_to_shared(&cells[0][threadIdx.x]);
        uint32_t second = (uint32_t)__cvta_generic_to_shared(&cells[1][threadIdx.x]);
        uint32_t third = (uint32_t)__cvta_generic_to_shared(&cells[2][threadIdx.x]);
        cells[1][threadIdx.x] = make_uint4(1, 2, 3, 4);
        cells[2][threadIdx.x] = make_uint4(5, 6, 7, 8);
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(first), "l"(in + i), "r"(valid_bytes & threadIdx.x) : "memory");
        asm volatile("cp.async.commit_group;" ::: "memory");
        asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(second + 4), "l"(in + i) : "memory");
        asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;" ::"r"(second + 8), "l"(in + i), "r"(valid_bytes & 4) : "memory");
        asm volatile("cp.async.ca.shared.global.L2::128B [%0], [%1], 16;" ::"r"(third), "l"(in + i) : "memory");
        asm volatile("cp.async.commit_group;" ::: "memory");
        asm volatile("cp.async.wait_group 1;" ::: "memory");
        __syncthreads();
        out[i] = cells[0][127 - threadIdx.x];
        asm volatile("cp.async.wait_all;" ::: "memory");
        __syncthreads();
        uint4 a = cells[1][threadIdx.x ^ 1], b = cells[2][threadIdx.x ^ 3];
        out[grid_threads() + i] = make_uint4(a.x + b.x, a.y + b.y, a.z ^ b.z, a.w ^ b.w);
}

/* A pipeline of two stages over tiles, each thread waiting for its own part. */
extern "C" __global__ void async_pipeline(const float4 *in, float4 *out, int tiles)
{
        extern __shared__ float4 stages[];
        auto pipeline = cuda::make_pipeline();
        float4 sum = make_float4(0, 0, 0, 0);
        for (int tile = 0; tile < tiles + 1; tile++) {
                pipeline.producer_acquire();
                if (tile < tiles)
                        cuda::memcpy_async(&stages[tile % 2 * blockDim.x + threadIdx.x],
                                           &in[tile * grid_threads() + global_thread()],
                                           cuda::aligned_size_t<16>(sizeof(float4)), pipeline);
                pipeline.producer_commit();
                if (tile > 0) {
                        cuda::pipeline_consumer_wait_prior<1>(pipeline);
                        float4 part = stages[(tile - 1) % 2 * blockDim.x + threadIdx.x];
                        sum.x += part.x, sum.y -= part.y, sum.z *= part.z, sum.w = fmaxf(sum.w, part.w);
                        pipeline.consumer_release();
                }
        }
        out[global_thread()] = sum;
}

/* A barrier object in shared memory: half of the threads arrive early and do other work before they wait. */
extern "C" __global__ void async_barrier(const uint32_t *in, uint32_t *out, int rounds)
{
        __shared__ cuda::barrier<cuda::thread_scope_block> barrier;
        __shared__ uint32_t cells[2][256];
        if (threadIdx.x == 0)
                init(&barrier, blockDim.x);
        __syncthreads();
        uint32_t value = in[global_thread()];
        for (int round = 0; round < rounds; round++) {
                cells[round & 1][threadIdx.x] = value;
                auto token = barrier.arrive();
                uint32_t other = 0;
                if (threadIdx.x & 1)
                        for (uint32_t i = 0; i < (value & 31); i++)
                                other = other * 3 + i;
                barrier.wait(std::move(token));
                value = cells[round & 1][(threadIdx.x * 3 + round) % blockDim.x] + other;
        }
        out[global_thread()] = value;
}

/* Tiles copied by the whole CTA with a barrier that counts the copies (memcpy_async of cooperative groups too). */
extern "C" __global__ void async_group_copy(const int *in, int *out, int tiles)
{
        __shared__ cuda::barrier<cuda::thread_scope_block> barrier;
        __shared__ __align__(16) int tile[2][256];
        auto block = cooperative_groups::this_thread_block();
        if (threadIdx.x == 0)
                init(&barrier, blockDim.x);
        block.sync();
        int sum = 0;
        for (int i = 0; i < tiles; i++) {
                cuda::memcpy_async(block, tile[0], in + (blockIdx.x * tiles + i) * 256, cuda::aligned_size_t<16>(sizeof(tile[0])), barrier);
                barrier.arrive_and_wait();
                cooperative_groups::memcpy_async(block, tile[1], in + ((blockIdx.x + 1) % gridDim.x * tiles + i) * 256, sizeof(tile[1]));
                sum = sum * 5 + tile[0][threadIdx.x ^ 5];
                cooperative_groups::wait(block);
                sum ^= tile[1][255 - threadIdx.x];
                block.sync();
        }
        out[global_thread()] = sum;
}
#endif
