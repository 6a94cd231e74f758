/*
 * Thread block clusters (sm_90 and later): two blocks of a cluster read each other's shared memory.
 */
#include <stdint.h>

__device__ static inline uint32_t cluster_rank(void)
{
        uint32_t rank;
        asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
        return rank;
}

__device__ static inline void cluster_barrier(void)
{
        asm volatile("barrier.cluster.arrive.aligned;\n\tbarrier.cluster.wait.aligned;" ::: "memory");
}

/* The word at `local_address` of this block's shared memory, but in block `rank` of the cluster. */
__device__ static inline uint32_t read_peer(uint32_t local_address, uint32_t rank)
{
        uint32_t remote_address, value;
        asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(remote_address) : "r"(local_address), "r"(rank));
        asm volatile("ld.shared::cluster.u32 %0, [%1];" : "=r"(value) : "r"(remote_address) : "memory");
        return value;
}

__device__ static void exchange(uint32_t *out, uint32_t cluster_size)
{
        __shared__ uint32_t words[1024];
        uint64_t i = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
        words[threadIdx.x] = (uint32_t)i;
        cluster_barrier();
        uint32_t peer = (cluster_rank() + 1) % cluster_size;
        out[i] = read_peer((uint32_t)__cvta_generic_to_shared(&words[threadIdx.x]), peer);
        cluster_barrier(); /* no block may leave while its memory is read */
}

/* out[i] = the global thread index of the same thread in the next block of its cluster of two. */
extern "C" __global__ void __cluster_dims__(2, 1, 1) cluster_exchange(uint32_t *out)
{
        exchange(out, 2);
}

/* The same in clusters of eight, the largest that every chip with clusters offers. */
extern "C" __global__ void __cluster_dims__(8, 1, 1) cluster_exchange_8(uint32_t *out)
{
        exchange(out, 8);
}

/* out[2 * block] = rank in the cluster, out[2 * block + 1] = blocks in the cluster. */
extern "C" __global__ void __cluster_dims__(2, 1, 1) cluster_shape(uint32_t *out)
{
        if (threadIdx.x != 0)
                return;
        uint32_t size;
        asm volatile("mov.u32 %0, %%cluster_nctarank;" : "=r"(size));
        out[2 * blockIdx.x] = cluster_rank();
        out[2 * blockIdx.x + 1] = size;
}
