/*
 * Scans, compaction, histograms and reductions: the ways in which the threads of a CTA and of a grid combine values.
 */
#include "common.cuh"
#include <limits.h>
#include <math_constants.h>

#define BLOCK 256

/* ---- scans ------------------------------------------------------------------------------------------------------- */

/* Exclusive sums over 2 * BLOCK words of each CTA, up and down a tree in shared memory. */
extern "C" __global__ void __launch_bounds__(BLOCK) scan_tree(const uint32_t *in, uint32_t *out)
{
        __shared__ uint32_t tree[2 * BLOCK];
        const int count = 2 * BLOCK;
        uint32_t base = blockIdx.x * count;
        tree[2 * threadIdx.x] = in[base + 2 * threadIdx.x];
        tree[2 * threadIdx.x + 1] = in[base + 2 * threadIdx.x + 1];
        int stride = 1;
        for (int active = count / 2; active > 0; active /= 2, stride *= 2) {
                __syncthreads();
                if (threadIdx.x < active)
                        tree[stride * (2 * threadIdx.x + 2) - 1] += tree[stride * (2 * threadIdx.x + 1) - 1];
        }
        if (threadIdx.x == 0)
                tree[count - 1] = 0;
        for (int active = 1; active < count; active *= 2) {
                stride /= 2;
                __syncthreads();
                if (threadIdx.x < active) {
                        int left = stride * (2 * threadIdx.x + 1) - 1, right = stride * (2 * threadIdx.x + 2) - 1;
                        uint32_t value = tree[left];
                        tree[left] = tree[right];
                        tree[right] += value;
                }
        }
        __syncthreads();
        out[base + 2 * threadIdx.x] = tree[2 * threadIdx.x];
        out[base + 2 * threadIdx.x + 1] = tree[2 * threadIdx.x + 1];
}

template <typename T> __device__ static T warp_inclusive_sum(T value)
{
        for (int distance = 1; distance < WARP; distance *= 2) {
                T before = __shfl_up_sync(ALL_LANES, value, distance);
                if (lane_id() >= distance)
                        value += before;
        }
        return value;
}

/* Inclusive sum over a CTA of at most 1024 threads. */
template <typename T> __device__ static T block_inclusive_sum(T value)
{
        __shared__ T of_warp[WARP];
        T sum = warp_inclusive_sum(value);
        if (lane_id() == WARP - 1)
                of_warp[threadIdx.x / WARP] = sum;
        __syncthreads();
        if (threadIdx.x < WARP) {
                T whole = threadIdx.x < blockDim.x / WARP ? of_warp[threadIdx.x] : T(0);
                of_warp[threadIdx.x] = warp_inclusive_sum(whole);
        }
        __syncthreads();
        if (threadIdx.x >= WARP)
                sum += of_warp[threadIdx.x / WARP - 1];
        __syncthreads();
        return sum;
}

/* Inclusive sums of floats in each CTA, by shuffles. */
extern "C" __global__ void scan_shuffle_f32(const float *in, float *out)
{
        out[global_thread()] = block_inclusive_sum(in[global_thread()]);
}

/* Inclusive sums of 64-bit words in each CTA. */
extern "C" __global__ void scan_shuffle_u64(const uint64_t *in, uint64_t *out)
{
        out[global_thread()] = block_inclusive_sum(in[global_thread()]);
}

/*
 * Inclusive sums over a whole array in one launch: each CTA publishes its own sum, then looks back over the CTAs
 * before it until one has published the sum of all before. `state` holds a flag in its high word, the sum in the low.
 */
extern "C" __global__ void __launch_bounds__(BLOCK)
        scan_look_back(const uint32_t *in, uint32_t *out, uint64_t *state, uint32_t *ticket)
{
        const uint64_t own_sum = 1ull << 32, whole_sum = 2ull << 32;
        __shared__ uint32_t tile, before;
        if (threadIdx.x == 0)
                tile = atomicAdd(ticket, 1);
        __syncthreads();
        uint32_t i = tile * BLOCK + threadIdx.x;
        uint32_t sum = block_inclusive_sum(in[i]);
        if (threadIdx.x == BLOCK - 1) {
                uint32_t sum_before = 0;
                volatile uint64_t *published = state;
                published[tile] = (tile == 0 ? whole_sum : own_sum) | sum;
                for (int earlier = (int)tile - 1; earlier >= 0;) {
                        uint64_t word = published[earlier];
                        if (word == 0)
                                continue;
                        sum_before += (uint32_t)word;
                        if (word >= whole_sum)
                                break;
                        earlier--;
                }
                published[tile] = whole_sum | (sum_before + sum);
                before = sum_before;
        }
        __syncthreads();
        out[i] = before + sum;
}

/* Sums that start anew at each flagged element, over one CTA. */
extern "C" __global__ void scan_segmented(const int *in, const uint8_t *starts, int *out)
{
        uint32_t i = global_thread(), lane = lane_id();
        int value = in[i];
        uint32_t heads = __ballot_sync(ALL_LANES, starts[i] != 0 || lane == 0);
        int start = 31 - __clz(heads & (2u << lane) - 1);
        for (int distance = 1; distance < WARP; distance *= 2) {
                int before = __shfl_up_sync(ALL_LANES, value, distance);
                if ((int)lane - distance >= start)
                        value += before;
        }
        out[i] = value;
}

/* ---- compaction -------------------------------------------------------------------------------------------------- */

/* Keeps the positive elements of each CTA's part in order, and says how many there are. */
extern "C" __global__ void __launch_bounds__(BLOCK) compact_ordered(const float *in, float *out, uint32_t *counts)
{
        float value = in[global_thread()];
        uint32_t keep = value > 0.0f;
        uint32_t place = block_inclusive_sum(keep) - keep;
        if (keep)
                out[blockIdx.x * BLOCK + place] = value;
        uint32_t total = __syncthreads_count(keep);
        if (threadIdx.x == 0)
                counts[blockIdx.x] = total;
}

/* Appends the odd elements to a list, one atomic addition a warp; the order in the list is not determined. */
extern "C" __global__ void compact_append(const uint32_t *in, uint32_t *out, uint32_t *count, uint32_t size)
{
        for (uint32_t i = global_thread(); i < size; i += grid_threads()) {
                uint32_t value = in[i], active = __activemask();
                uint32_t odd = __ballot_sync(active, value & 1);
                if (value & 1) {
                        uint32_t leader = __ffs(odd) - 1, base = 0;
                        if (lane_id() == leader)
                                base = atomicAdd(count, __popc(odd));
                        base = __shfl_sync(odd, base, leader);
                        uint32_t below;
                        asm("mov.u32 %0, %%lanemask_lt;" : "=r"(below));
                        out[base + __popc(odd & below)] = value;
                }
        }
}

/* ---- histograms -------------------------------------------------------------------------------------------------- */

/* Counts of bytes, in shared memory of each CTA, then added to the whole. */
extern "C" __global__ void __launch_bounds__(BLOCK) histogram_shared(const uint4 *in, uint32_t *bins, uint32_t count)
{
        __shared__ uint32_t own[256];
        own[threadIdx.x] = 0;
        __syncthreads();
        for (uint32_t i = global_thread(); i < count; i += grid_threads()) {
                uint4 quad = __ldg(in + i);
                uint32_t words[4] = {quad.x, quad.y, quad.z, quad.w};
                for (uint32_t word : words)
                        for (int shift = 0; shift < 32; shift += 8)
                                atomicAdd(&own[word >> shift & 255], 1);
        }
        __syncthreads();
        if (own[threadIdx.x])
                atomicAdd(&bins[threadIdx.x], own[threadIdx.x]);
}

/* Counts of floats in equal bins between two limits, by atomics in global memory; `outside` counts the rest. */
extern "C" __global__ void histogram_global(const float *in, uint64_t *bins, uint32_t bin_count, float low, float high,
                                            uint64_t *outside, uint32_t count)
{
        float scale = bin_count / (high - low);
        for (uint32_t i = global_thread(); i < count; i += grid_threads()) {
                float value = in[i];
                if (value >= low && value < high)
                        atomicAdd((unsigned long long *)&bins[min((uint32_t)((value - low) * scale), bin_count - 1)], 1ull);
                else
                        atomicAdd((unsigned long long *)outside, 1ull);
        }
}

/* Two-dimensional counts of bits: how often bit a and bit b of a word are both set, by votes. */
extern "C" __global__ void histogram_bits(const uint32_t *in, uint32_t *pairs, uint32_t count)
{
        uint32_t of_bit[WARP];
        for (int bit = 0; bit < WARP; bit++)
                of_bit[bit] = 0;
        for (uint32_t i = global_thread(); i < count; i += grid_threads()) {
                uint32_t word = in[i], mine = 0;
                for (int bit = 0; bit < WARP; bit++) {
                        uint32_t votes = __ballot_sync(ALL_LANES, word >> bit & 1);
                        if (lane_id() == bit)
                                mine = votes;
                }
                for (int bit = 0; bit < WARP; bit++)
                        of_bit[bit] += __popc(mine & __shfl_sync(ALL_LANES, mine, bit));
        }
        for (int bit = 0; bit < WARP; bit++)
                atomicAdd(&pairs[lane_id() * WARP + bit], of_bit[bit]);
}

/* ---- reductions -------------------------------------------------------------------------------------------------- */

__device__ static float warp_sum(float value)
{
        for (int distance = WARP / 2; distance > 0; distance /= 2)
                value += __shfl_down_sync(ALL_LANES, value, distance);
        return value;
}

/* Sum of an array of floats; the CTA that finishes last adds up what the others found, in a fixed order. */
extern "C" __global__ void __launch_bounds__(BLOCK)
        reduce_last_block(const float *in, float *partial, uint32_t *finished, float *out, uint32_t count)
{
        __shared__ float of_warp[BLOCK / WARP];
        __shared__ bool is_last;
        float sum = 0;
        for (uint32_t i = global_thread(); i < count; i += grid_threads())
                sum += in[i];
        sum = warp_sum(sum);
        if (lane_id() == 0)
                of_warp[threadIdx.x / WARP] = sum;
        __syncthreads();
        if (threadIdx.x == 0) {
                float whole = 0;
                for (float part : of_warp)
                        whole += part;
                partial[blockIdx.x] = whole;
                __threadfence();
                is_last = atomicInc(finished, gridDim.x - 1) == gridDim.x - 1;
        }
        __syncthreads();
        if (is_last && threadIdx.x == 0) {
                float whole = 0;
                for (uint32_t block = 0; block < gridDim.x; block++)
                        whole += ((volatile float *)partial)[block];
                *out = whole;
        }
}

/* Mean, then the sum of squared distances from it, in one launch with two barriers of the whole grid. */
extern "C" __global__ void __launch_bounds__(BLOCK)
        reduce_grid_barrier(const float *in, float *partial, uint32_t *barriers, double *out, uint32_t count)
{
        __shared__ float of_warp[BLOCK / WARP];
        double mean = 0;
        for (int pass = 0; pass < 2; pass++) {
                float sum = 0;
                for (uint32_t i = global_thread(); i < count; i += grid_threads()) {
                        float away = in[i] - (float)mean;
                        sum += pass == 0 ? away : away * away;
                }
                sum = warp_sum(sum);
                if (lane_id() == 0)
                        of_warp[threadIdx.x / WARP] = sum;
                __syncthreads();
                if (threadIdx.x == 0) {
                        float whole = 0;
                        for (float part : of_warp)
                                whole += part;
                        ((volatile float *)partial)[pass * gridDim.x + blockIdx.x] = whole;
                }
                grid_barrier(&barriers[pass]);
                double whole = 0;
                for (uint32_t block = 0; block < gridDim.x; block++)
                        whole += ((volatile float *)partial)[pass * gridDim.x + block];
                if (pass == 0)
                        mean = whole / count;
                if (global_thread() == 0)
                        out[pass] = pass == 0 ? mean : whole;
        }
}

__device__ static void atomic_min_f32(float *cell, float value)
{
        uint32_t *word = (uint32_t *)cell, seen = *word;
        while (value < __uint_as_float(seen)) {
                uint32_t found = atomicCAS(word, seen, __float_as_uint(value));
                if (found == seen)
                        break;
                seen = found;
        }
}

__device__ static void atomic_max_f64(double *cell, double value)
{
        unsigned long long *word = (unsigned long long *)cell, seen = *word, found;
        do {
                if (!(value > __longlong_as_double(seen)))
                        break;
                found = seen;
                seen = atomicCAS(word, found, (unsigned long long)__double_as_longlong(value));
        } while (found != seen);
}

/* Minimum of floats and maximum of their squares in fp64, each by a loop around compare-and-swap. */
extern "C" __global__ void reduce_by_cas(const float *in, float *least, double *greatest_square, uint32_t count)
{
        for (uint32_t i = global_thread(); i < count; i += grid_threads()) {
                atomic_min_f32(least, in[i]);
                atomic_max_f64(greatest_square, (double)in[i] * in[i]);
        }
}

/* Index and value of the greatest element of each row, the first of equals; one CTA a row. */
extern "C" __global__ void __launch_bounds__(BLOCK)
        reduce_argmax(const float *rows, uint32_t *index, float *value, int columns)
{
        __shared__ float best_value[BLOCK];
        __shared__ int best_index[BLOCK];
        const float *row = rows + (size_t)blockIdx.x * columns;
        float best = -CUDART_INF_F;
        int where = INT_MAX;
        for (int i = threadIdx.x; i < columns; i += BLOCK)
                if (row[i] > best) {
                        best = row[i];
                        where = i;
                }
        best_value[threadIdx.x] = best;
        best_index[threadIdx.x] = where;
        for (int half = BLOCK / 2; half > 0; half /= 2) {
                __syncthreads();
                if (threadIdx.x < half) {
                        float other = best_value[threadIdx.x + half];
                        int other_where = best_index[threadIdx.x + half];
                        if (other > best || (other == best && other_where < where)) {
                                best_value[threadIdx.x] = best = other;
                                best_index[threadIdx.x] = where = other_where;
                        }
                }
        }
        if (threadIdx.x == 0) {
                index[blockIdx.x] = where;
                value[blockIdx.x] = best;
        }
}

/* Sum, minimum, maximum and the three bitwise combinations of 32-bit words over each CTA and the grid. */
extern "C" __global__ void reduce_words(const int *in, int *sum, int *least, int *greatest, uint32_t *bitwise)
{
        int value = in[global_thread()];
#if __CUDA_ARCH__ >= 800
        int total = __reduce_add_sync(ALL_LANES, value);
        int low = __reduce_min_sync(ALL_LANES, value), high = __reduce_max_sync(ALL_LANES, value);
        uint32_t both = __reduce_and_sync(ALL_LANES, (uint32_t)value);
        uint32_t any = __reduce_or_sync(ALL_LANES, (uint32_t)value), odd = __reduce_xor_sync(ALL_LANES, (uint32_t)value);
        uint32_t least_word = __reduce_min_sync(ALL_LANES, (uint32_t)value);
        uint32_t greatest_word = __reduce_max_sync(ALL_LANES, (uint32_t)value);
#else
        int total = value, low = value, high = value;
        uint32_t both = value, any = value, odd = value, least_word = value, greatest_word = value;
        for (int distance = 1; distance < WARP; distance *= 2) {
                total += __shfl_xor_sync(ALL_LANES, total, distance);
                low = min(low, __shfl_xor_sync(ALL_LANES, low, distance));
                high = max(high, __shfl_xor_sync(ALL_LANES, high, distance));
                both &= __shfl_xor_sync(ALL_LANES, both, distance);
                any |= __shfl_xor_sync(ALL_LANES, any, distance);
                odd ^= __shfl_xor_sync(ALL_LANES, odd, distance);
                least_word = min(least_word, __shfl_xor_sync(ALL_LANES, least_word, distance));
                greatest_word = max(greatest_word, __shfl_xor_sync(ALL_LANES, greatest_word, distance));
        }
#endif
        if (lane_id() == 0) {
                atomicAdd(sum, total);
                atomicMin(least, low);
                atomicMax(greatest, high);
                atomicAnd(&bitwise[0], both);
                atomicOr(&bitwise[1], any);
                atomicXor(&bitwise[2], odd);
                atomicMin(&bitwise[3], least_word);
                atomicMax(&bitwise[4], greatest_word);
        }
}
