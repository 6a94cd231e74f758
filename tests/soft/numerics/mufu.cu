/*
 * One MUFU over many inputs. Compiled with EX2; `mufu.py` puts the other functions into the instruction's word.
 *
 *     nvcc -arch=sm_90 -cubin -o mufu.sm_90.cubin mufu.cu
 */
typedef unsigned int u32;
typedef unsigned long long u64;

__device__ __forceinline__ u32 mufu(u32 x)
{
        u32 y;

        asm volatile("ex2.approx.ftz.f32 %0, %1;" : "=r"(y) : "r"(x));
        return y;
}

/* y[i] = mufu(start + i) */
extern "C" __global__ void sweep(u32 *y, u32 start, u32 count)
{
        u32 i = blockIdx.x * blockDim.x + threadIdx.x;

        if (i < count)
                y[i] = mufu(start + i);
}

/* y[i] = mufu(x[i]) */
extern "C" __global__ void many(u32 *y, const u32 *x, u32 count)
{
        u32 i = blockIdx.x * blockDim.x + threadIdx.x;

        if (i < count)
                y[i] = mufu(x[i]);
}

/* One sum for each 65536 inputs, of a hash of every value and its place; a CTA each. */
extern "C" __global__ void __launch_bounds__(256) digest(u64 *sum)
{
        u64 total = 0;
        u32 base = blockIdx.x << 16;

#pragma unroll 1
        for (u32 low = threadIdx.x; low < 65536u; low += 256u) {
                u64 z = (u64)low << 32 | mufu(base | low);

                z *= 0x9e3779b97f4a7c15ull;
                z ^= z >> 29;
                z *= 0xbf58476d1ce4e5b9ull;
                z ^= z >> 32;
                total += z;
        }
        atomicAdd(&sum[blockIdx.x], total);
}
