/* What the kernels of this folder share: indices, and helpers that every theme needs. */
#pragma once
#include <stdint.h>

#define WARP 32
#define ALL_LANES 0xffffffffu

/* Index of the thread in a one-dimensional grid. */
__device__ static inline uint32_t global_thread(void) { return blockIdx.x * blockDim.x + threadIdx.x; }

__device__ static inline uint32_t grid_threads(void) { return gridDim.x * blockDim.x; }

__device__ static inline uint32_t lane_id(void) { return threadIdx.x % WARP; }

__device__ static inline uint32_t rotate_left(uint32_t x, int count) { return x << count | x >> (32 - count); }

/*
 * All CTAs wait for each other. `arrived` starts at zero and is used once for each barrier of a launch; the grid must
 * be small enough to be resident at once.
 */
__device__ static inline void grid_barrier(uint32_t *arrived)
{
        __syncthreads();
        if (threadIdx.x == 0) {
                __threadfence();
                atomicAdd(arrived, 1);
                while (*(volatile uint32_t *)arrived < gridDim.x)
                        ;
                __threadfence();
        }
        __syncthreads();
}
