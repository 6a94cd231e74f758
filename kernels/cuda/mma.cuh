/*
 * Tensor cores by mma.sync (sm_80 and later), and how tiles reach them.
 *
 * mma.m16n8k16: D[16x8] += A[16x16] B[16x8], fp32 accumulators. With g = lane / 4 and t = lane % 4, a lane holds
 *   A: a[0] = (row g,     k 2t and 2t + 1)   a[1] = (row g + 8, the same k)   a[2], a[3] = the same rows, k + 8
 *   B: b[0] = (k 2t and 2t + 1, column g)    b[1] = (k + 8, column g)
 *   D: d[0], d[1] = (row g, columns 2t and 2t + 1)                            d[2], d[3] = (row g + 8, same columns)
 * the lower k in the lower half of a register (PTX ISA, "Matrix fragments for mma.m16n8k16").
 *
 * ldmatrix.x4 reads four 8x8 matrices of 16-bit elements: lane 8i + r gives the address of row r of matrix i, and
 * register i of each lane receives the elements (row g, columns 2t, 2t + 1) of matrix i; `.trans` gives (rows 2t,
 * 2t + 1, column g) instead.
 */
#pragma once
#include "common.cuh"

#ifndef BAREWIRE_HOST
template <bool TRANSPOSE> __device__ static inline void load_matrices(uint32_t (&out)[4], const void *shared_row)
{
        uint32_t address = (uint32_t)__cvta_generic_to_shared(shared_row);
        if (TRANSPOSE)
                asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                             : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
                             : "r"(address)
                             : "memory");
        else
                asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                             : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
                             : "r"(address)
                             : "memory");
}

#define MMA(type)                                                                                                      \
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." type "." type ".f32 "                                    \
                     "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"                                           \
                     : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])                                                  \
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1))

template <typename T> struct TensorCore;

template <> struct TensorCore<f16> {
        __device__ static void multiply(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) { MMA("f16"); }
        __device__ static uint32_t pack(float low, float high)
        {
                uint32_t both;
                asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
                return both;
        }
};

template <> struct TensorCore<bf16> {
        __device__ static void multiply(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) { MMA("bf16"); }
        __device__ static uint32_t pack(float low, float high)
        {
                uint32_t both;
                asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
                return both;
        }
};

#undef MMA

/* Copies 16 bytes into shared memory without a register; the bytes from `valid_bytes` on become zero. */
__device__ static inline void copy_async(void *shared, const void *global, int valid_bytes)
{
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"((uint32_t)__cvta_generic_to_shared(shared)),
                     "l"(global), "r"(valid_bytes)
                     : "memory");
}

__device__ static inline void copy_commit(void) { asm volatile("cp.async.commit_group;" ::: "memory"); }

/* Waits until at most `PENDING` of the committed groups are unfinished. */
template <int PENDING> __device__ static inline void copy_wait(void)
{
        asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
}
#else
#include "host_mma.h"
#endif

#define PAD 8 /* elements after each row of a shared tile, so that eight rows fall into different banks */

/*
 * Reads the window [outer, outer + OUTER) x [inner, inner + INNER) of an array into shared memory, rows padded; what
 * lies beyond the limits is zero. `wide` says that inner_stride is 1 and all rows start at multiples of 16 bytes.
 */
template <int OUTER, int INNER, int THREADS, typename T>
__device__ static inline void load_tile(T *shared, const T *global, int64_t outer, int64_t inner, int64_t outer_limit,
                                        int64_t inner_limit, int64_t outer_stride, int64_t inner_stride, bool wide)
{
        if (wide) {
                const int chunks = INNER / 8, turns = OUTER * chunks / THREADS;
                static_assert(OUTER * chunks % THREADS == 0, "every thread copies as many chunks");
#pragma unroll 4
                for (int turn = 0; turn < turns; turn++) {
                        int i = turn * THREADS + threadIdx.x;
                        int row = i / chunks, column = i % chunks * 8;
                        int64_t left = outer + row < outer_limit ? inner_limit - inner - column : 0;
                        int valid = left <= 0 ? 0 : left >= 8 ? 8 : (int)left;
                        const T *from = global + (outer + row) * outer_stride + inner + column;
                        copy_async(shared + row * (INNER + PAD) + column, valid ? from : global,
                                   valid * (int)sizeof(T));
                }
                return;
        }
#pragma unroll 1
        for (int i = threadIdx.x; i < OUTER * INNER; i += THREADS) {
                int row = i / INNER, column = i % INNER;
                bool inside = outer + row < outer_limit && inner + column < inner_limit;
                const T *from = global + (outer + row) * outer_stride + (inner + column) * inner_stride;
                shared[row * (INNER + PAD) + column] = inside ? *from : T{0};
        }
}
