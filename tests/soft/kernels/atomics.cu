/*
 * Atomic operations: every operation, width and scope, in global and in shared memory, through generic addresses too.
 *
 * Results do not depend on the order of threads: operations that commute and are exact, or old values that are summed.
 */
#include "common.cuh"
#include <cuda/atomic>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

/* All operations on 32-bit cells in global memory; each thread also adds up the old values where their sum is fixed. */
extern "C" __global__ void atomic_words(const uint32_t *in, uint32_t *cells, uint32_t *old_sum)
{
        uint32_t x = in[global_thread()], cell = x & 7;
        atomicAdd(&cells[cell], x);
        atomicSub(&cells[8 + cell], x >> 3);
        atomicMin(&cells[16 + cell], x);
        atomicMax(&cells[24 + cell], x);
        atomicMin((int *)&cells[32 + cell], (int)x);
        atomicMax((int *)&cells[40 + cell], (int)x);
        atomicAnd(&cells[48 + cell], x | 0x00ffff00);
        atomicOr(&cells[56 + cell], x & 0x11111111);
        atomicXor(&cells[64 + cell], x);
        uint32_t old = atomicInc(&cells[72], 99);
        atomicAdd(&old_sum[0], old);
        old = atomicDec(&cells[73], 1023);
        atomicAdd(&old_sum[1], old);
        old = atomicAdd(&cells[74], 3);
        atomicXor(&old_sum[2], old);
        old = atomicExch(&cells[75], 5);
        atomicAdd(&old_sum[3], old);
        old = atomicCAS(&cells[76 + cell], 0, 1 + cell);
        if (old == 0)
                atomicAdd(&old_sum[4 + cell], 1);
        atomicOr(&old_sum[12], atomicOr(&cells[84], 1u << lane_id()));
}

/* The same on 64-bit cells. */
extern "C" __global__ void atomic_longs(const uint64_t *in, unsigned long long *cells, unsigned long long *old_sum)
{
        unsigned long long x = in[global_thread()];
        uint32_t cell = x & 3;
        atomicAdd(&cells[cell], x);
        atomicMin(&cells[4 + cell], x);
        atomicMax(&cells[8 + cell], x);
        atomicMin((long long *)&cells[12 + cell], (long long)x);
        atomicMax((long long *)&cells[16 + cell], (long long)x);
        atomicAnd(&cells[20 + cell], x | 0xffff0000ull);
        atomicOr(&cells[24 + cell], x & 0x1111111111111111ull);
        atomicXor(&cells[28 + cell], x);
        atomicXor(old_sum, atomicAdd(&cells[32], 5ull));
        if (atomicCAS(&cells[33 + cell], 0ull, 5ull << 32 | cell) == 0)
                atomicAdd(old_sum + 1, 1ull);
        atomicAdd(old_sum + 2, atomicExch(&cells[37], 1ull << 40));
}

/* Floating point sums of small whole numbers, which are exact in any order. */
extern "C" __global__ void atomic_floats(const int *in, float *f32, double *f64, __half2 *f16, __nv_bfloat162 *bf16,
                                         __half *single)
{
        int x = in[global_thread()], cell = x & 3;
        atomicAdd(&f32[cell], (float)(x & 1023));
        atomicAdd(&f64[cell], (double)x * 0.5);
        atomicAdd(&f16[cell], __floats2half2_rn(x >> 4 & 1, -(x >> 5 & 1)));
        atomicAdd(&bf16[cell], __floats2bfloat162_rn(x >> 6 & 1, -(x >> 7 & 1) * 0.5f));
        atomicAdd(&single[cell], __int2half_rn(x >> 8 & 1));
        float old = atomicExch(&f32[4], 2.5f);
        atomicAdd(&f32[5], old);
        atomicAdd(&f32[6], atomicAdd(&f32[7], 0.0f));
}

/* Shared memory: the operations on words, on 64 bits and on floats, with what they return. */
extern "C" __global__ void atomic_shared(const uint32_t *in, uint32_t *words, uint64_t *longs, float *floats)
{
        __shared__ uint32_t cells[48];
        __shared__ unsigned long long wide[16];
        __shared__ float real[4];
        for (int i = threadIdx.x; i < 48; i += blockDim.x) {
                cells[i] = i / 4 == 3 || i / 4 == 5 ? ~0u : 0;
                if (i < 16)
                        wide[i] = i / 4 == 1 ? ~0ull : 0;
                if (i < 4)
                        real[i] = 0;
        }
        __syncthreads();
        uint32_t x = in[global_thread()], cell = x & 3;
        atomicAdd(&cells[cell], x);
        atomicMin((int *)&cells[4 + cell], (int)x);
        atomicMax((int *)&cells[8 + cell], (int)x);
        atomicMin(&cells[12 + cell], x);
        atomicMax(&cells[16 + cell], x);
        atomicAnd(&cells[20 + cell], x | 0xff);
        atomicOr(&cells[24 + cell], x & 0x01010101);
        atomicXor(&cells[28 + cell], x);
        atomicXor(&cells[32], atomicInc(&cells[33], 20));
        atomicAdd(&cells[34], atomicDec(&cells[35], 1u << 20));
        atomicAdd(&cells[36], atomicExch(&cells[37], 3));
        if (atomicCAS(&cells[38], 0, 9) == 0)
                atomicAdd(&cells[39], 1);
        atomicXor(&cells[40], atomicAdd(&cells[41], 1));
        unsigned long long both = (unsigned long long)x << 32 | ~x;
        atomicAdd(&wide[cell], both);
        atomicMin(&wide[4 + cell], both);
        atomicMax(&wide[8 + cell], both);
        if (atomicCAS(&wide[12], 0ull, 77ull) == 0)
                atomicExch(&wide[13], 5ull);
        atomicAdd(&real[cell], (float)(x & 255));
        __syncthreads();
        for (int i = threadIdx.x; i < 48; i += blockDim.x) {
                words[blockIdx.x * 48 + i] = cells[i];
                if (i < 16)
                        longs[blockIdx.x * 16 + i] = wide[i];
                if (i < 4)
                        floats[blockIdx.x * 4 + i] = real[i];
        }
}

/* Generic addresses: one pointer that is shared memory in some lanes, global in others and local in the rest. */
extern "C" __global__ void atomic_generic(const uint32_t *in, uint32_t *global_cells, uint32_t *out)
{
        __shared__ uint32_t shared_cells[32];
        uint32_t own[2] = {0, 0}, x = in[global_thread()];
        if (threadIdx.x < 32)
                shared_cells[threadIdx.x] = 0;
        __syncthreads();
        uint32_t *cell = x % 3 == 0 ? &shared_cells[x & 31] : x % 3 == 1 ? &global_cells[x & 31] : &own[x & 1];
        if (x % 3 == 2)
                *cell += x;
        else
                atomicAdd(cell, x);
        __syncthreads();
        out[global_thread()] = own[0] + own[1] * 3 + (threadIdx.x < 32 ? shared_cells[threadIdx.x] : 0);
        uint32_t *place = x & 1 ? &shared_cells[x >> 1 & 31] : &own[0];
        out[grid_threads() + global_thread()] = *place + (__isShared(place) ? 1 : __isLocal(place) ? 2 : 3);
}

/* Scopes and orders, by the C++ interface: block, device and system; relaxed, acquire, release, sequential. */
extern "C" __global__ void atomic_scopes(const uint32_t *in, uint32_t *cells, unsigned long long *wide)
{
        uint32_t x = in[global_thread()];
        cuda::atomic_ref<uint32_t, cuda::thread_scope_block> block(cells[blockIdx.x]);
        cuda::atomic_ref<uint32_t, cuda::thread_scope_device> device(cells[64]);
        cuda::atomic_ref<uint32_t, cuda::thread_scope_system> whole(cells[65]);
        cuda::atomic_ref<unsigned long long, cuda::thread_scope_system> large(wide[0]);
        block.fetch_add(x, cuda::memory_order_relaxed);
        device.fetch_xor(x, cuda::memory_order_acq_rel);
        whole.fetch_max(x, cuda::memory_order_seq_cst);
        large.fetch_add(x, cuda::memory_order_release);
        atomicAdd_block(&cells[66], 1);
        atomicOr_system(&cells[67], x);
        cuda::atomic_thread_fence(cuda::memory_order_seq_cst, cuda::thread_scope_device);
        uint32_t seen = device.load(cuda::memory_order_acquire);
        if (seen == ~0u && x == 0)
                whole.store(~0u, cuda::memory_order_release);
        uint32_t expected = 0;
        cuda::atomic_ref<uint32_t, cuda::thread_scope_device> once(cells[68]);
        if (once.compare_exchange_strong(expected, 7, cuda::memory_order_acq_rel))
                cells[69] = 11;
}

#if __CUDA_ARCH__ >= 900
/* Compare-and-swap of 128 bits in a loop, and vectors of floats added at once. */
extern "C" __global__ void atomic_wide(const uint32_t *in, uint4 *cell, float4 *sums)
{
        uint32_t x = in[global_thread()];
        unsigned __int128 *whole = (unsigned __int128 *)cell;
        unsigned __int128 seen = 0, found = *(volatile uint64_t *)cell;
        do {
                seen = found;
                unsigned __int128 next = seen + x + ((unsigned __int128)x << 80);
                asm volatile("{ .reg .b128 c, d, e; mov.b128 d, {%2, %3}; mov.b128 e, {%4, %5}; "
                             "atom.global.cas.b128 c, [%6], d, e; mov.b128 {%0, %1}, c; }"
                             : "=l"(((uint64_t *)&found)[0]), "=l"(((uint64_t *)&found)[1])
                             : "l"((uint64_t)seen), "l"((uint64_t)(seen >> 64)), "l"((uint64_t)next), "l"((uint64_t)(next >> 64)),
                               "l"(whole)
                             : "memory");
        } while (found != seen);
        atomicAdd(&sums[x & 1], make_float4(x & 7, x >> 3 & 7, x >> 6 & 7, 1.0f));
}
#endif
