/*
 * Warps and barriers: shuffles, votes, matches, partial warps, named barriers, barriers that reduce, groups of threads.
 */
#include "common.cuh"
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>

namespace groups = cooperative_groups;

/* Every form of shuffle with widths and sources that change from lane to lane. */
extern "C" __global__ void warp_shuffles(const uint32_t *in, const double *wide, uint32_t *out, double *wide_out)
{
        uint32_t i = global_thread(), n = grid_threads(), x = in[i], row = 0;
        out[row++ * n + i] = __shfl_sync(ALL_LANES, x, x & 31);
        out[row++ * n + i] = __shfl_sync(ALL_LANES, x, x & 31, 8);
        out[row++ * n + i] = __shfl_up_sync(ALL_LANES, x, x & 15);
        out[row++ * n + i] = __shfl_up_sync(ALL_LANES, x, 3, 16);
        out[row++ * n + i] = __shfl_down_sync(ALL_LANES, x, x & 7);
        out[row++ * n + i] = __shfl_down_sync(ALL_LANES, x, 1, 4);
        out[row++ * n + i] = __shfl_xor_sync(ALL_LANES, x, x & 31);
        out[row++ * n + i] = __shfl_xor_sync(ALL_LANES, x, 9, 16);
        uint32_t value, valid;
        asm volatile("{ .reg .pred p; shfl.sync.up.b32 %0|p, %2, 5, 0, -1; selp.u32 %1, 1, 0, p; }"
                     : "=r"(value), "=r"(valid)
                     : "r"(x));
        out[row++ * n + i] = value + valid * 17;
        asm volatile("{ .reg .pred p; shfl.sync.idx.b32 %0|p, %2, %3, 0x181f, -1; selp.u32 %1, 1, 0, p; }"
                     : "=r"(value), "=r"(valid)
                     : "r"(x), "r"(x >> 5 & 31));
        out[row++ * n + i] = value ^ valid << 31;
        wide_out[i] = __shfl_xor_sync(ALL_LANES, wide[i], 5) + __shfl_down_sync(ALL_LANES, wide[i], 2);
}

/* Votes, matches and reductions among all lanes and among those on one side of a branch. */
extern "C" __global__ void warp_votes(const uint32_t *in, uint32_t *out)
{
        uint32_t i = global_thread(), n = grid_threads(), x = in[i], row = 0;
        out[row++ * n + i] = __ballot_sync(ALL_LANES, x & 4);
        out[row++ * n + i] = __any_sync(ALL_LANES, x % 61 == 7) << 1 | __all_sync(ALL_LANES, x % 61 != 7);
        out[row++ * n + i] = __match_any_sync(ALL_LANES, x & 3);
        int same;
        uint32_t mask = __match_all_sync(ALL_LANES, x >> 28, &same);
        out[row++ * n + i] = mask + same;
        out[row++ * n + i] = __match_any_sync(ALL_LANES, (uint64_t)(x & 1) << 40 | (x >> 3 & 1));
        if (x & 8) {
                uint32_t side = __ballot_sync(__activemask(), x & 16);
                out[row * n + i] = side;
                out[(row + 1) * n + i] = __shfl_sync(__activemask(), x, __ffs(__activemask()) - 1);
        } else {
                uint32_t side = __activemask();
                out[row * n + i] = __popc(side) << 8 | __any_sync(side, x & 32);
                out[(row + 1) * n + i] = __match_any_sync(side, x & 64);
        }
        row += 2;
        __syncwarp();
        int odd;
        asm volatile("{ .reg .pred p, q; setp.ne.u32 p, %1, 0; vote.sync.uni.pred q, p, -1; selp.s32 %0, 1, 0, q; }"
                     : "=r"(odd)
                     : "r"(x & 0x80000000));
        out[row++ * n + i] = odd;
#if __CUDA_ARCH__ >= 800
        uint32_t side = x & 1 ? 0 : 0;
        uint32_t odds = __ballot_sync(ALL_LANES, x & 1);
        if (x & 1)
                side = __reduce_add_sync(odds, x & 0xffff);
        else
                side = __reduce_max_sync(~odds, x);
        __syncwarp();
        out[row++ * n + i] = side;
#endif
}

/* Pairs of warps meet at named barriers of 64 threads, one number for each pair, while others do not wait. */
extern "C" __global__ void __launch_bounds__(256) barrier_named(const uint32_t *in, uint32_t *out)
{
        __shared__ uint32_t cells[256];
        uint32_t pair = threadIdx.x / 64;
        uint32_t value = in[global_thread()];
        for (int round = 0; round < 4; round++) {
                cells[threadIdx.x] = value;
                asm volatile("bar.sync %0, 64;" ::"r"(pair + 1) : "memory");
                value = value * 3 + cells[pair * 64 + (threadIdx.x * 5 + 33) % 64];
                asm volatile("barrier.sync %0, 64;" ::"r"(pair + 5) : "memory");
        }
        out[global_thread()] = value;
}

/* One warp produces and arrives, the others wait (bar.arrive, bar.sync), over two buffers. */
extern "C" __global__ void __launch_bounds__(128) barrier_arrive(const uint32_t *in, uint32_t *out, int rounds)
{
        __shared__ uint32_t buffer[2][32];
        uint32_t warp = threadIdx.x / WARP, sum = 0;
        for (int round = 0; round < rounds; round++) {
                int stage = round & 1;
                if (warp == 0) {
                        if (round >= 2)
                                asm volatile("bar.sync %0, 128;" ::"r"(3 + stage) : "memory");
                        buffer[stage][lane_id()] = in[blockIdx.x * 32 + lane_id()] * (round + 1);
                        asm volatile("bar.arrive %0, 128;" ::"r"(1 + stage) : "memory");
                } else {
                        asm volatile("bar.sync %0, 128;" ::"r"(1 + stage) : "memory");
                        sum = sum * 7 + buffer[stage][(lane_id() + warp) % 32];
                        if (round + 2 < rounds)
                                asm volatile("bar.arrive %0, 128;" ::"r"(3 + stage) : "memory");
                }
        }
        out[global_thread()] = sum;
}

/* Barriers of a CTA that count, and that say whether some or all threads hold a predicate. */
extern "C" __global__ void barrier_reduce(const uint32_t *in, uint4 *out)
{
        uint32_t x = in[global_thread()];
        uint32_t count = __syncthreads_count(x & 1);
        uint32_t all = __syncthreads_and(x != in[blockIdx.x * blockDim.x]) ? 1 : 0;
        uint32_t any = __syncthreads_or(x % 97 == 3) ? 1 : 0;
        uint32_t odd;
        asm volatile("{ .reg .pred p; setp.gt.u32 p, %1, 0x7fffffff; bar.red.popc.u32 %0, 2, p; }" : "=r"(odd) : "r"(x));
        out[global_thread()] = make_uint4(count, all, any, odd);
}

/* Groups: tiles of 4 and 16 threads, the lanes that took a branch, reductions and scans over them. */
extern "C" __global__ void group_tiles(const int *in, int *out)
{
        groups::thread_block block = groups::this_thread_block();
        auto quad = groups::tiled_partition<4>(block);
        auto half = groups::tiled_partition<16>(block);
        uint32_t i = global_thread(), n = grid_threads();
        int x = in[i];
        out[i] = groups::reduce(quad, x, groups::plus<int>());
        out[n + i] = groups::reduce(half, x, groups::less<int>());
        out[2 * n + i] = groups::exclusive_scan(half, x);
        out[3 * n + i] = quad.shfl(x, quad.thread_rank() ^ 1) + half.shfl_down(x, 3);
        int value = 0;
        if (x % 3 == 0) {
                auto taken = groups::coalesced_threads();
                value = taken.size() * 100 + taken.thread_rank();
                value += taken.shfl(x, 0);
        }
        out[4 * n + i] = value;
        auto sides = groups::binary_partition(groups::tiled_partition<32>(block), x & 1);
        out[5 * n + i] = groups::reduce(sides, x, groups::bit_xor<int>());
        auto labels = groups::labeled_partition(groups::tiled_partition<32>(block), x & 3);
        out[6 * n + i] = labels.thread_rank() * 64 + labels.size();
        block.sync();
}

/* Rounds over a whole grid that meets between them, the way of a cooperative launch. */
extern "C" __global__ void grid_rounds(uint32_t *cells, int rounds)
{
        auto grid = groups::this_grid();
        uint32_t i = grid.thread_rank(), n = grid.size();
        for (int round = 0; round < rounds; round++) {
                const uint32_t *from = cells + round % 2 * n;
                cells[(round + 1) % 2 * n + i] = from[(i * 7 + round) % n] * 3 + i;
                grid.sync();
        }
}

/* A warp's lanes in one order of rounds: each round one lane leads, the rest add what it broadcasts (warp sync in loops). */
extern "C" __global__ void warp_rounds(const int *in, int *out)
{
        __shared__ int cells[32];
        int x = in[global_thread()];
        uint32_t waiting = ALL_LANES;
        int sum = 0;
        while (true) {
                uint32_t lane = 31 - __clz(waiting);
                int leader = __shfl_sync(waiting, x, lane);
                cells[lane_id()] = leader ^ sum;
                __syncwarp(waiting);
                sum += cells[lane];
                __syncwarp(waiting);
                if (lane_id() == lane)
                        break;
                waiting &= ~(1u << lane);
        }
        out[global_thread()] = sum;
}
