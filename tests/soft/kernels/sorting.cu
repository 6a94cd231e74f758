/*
 * Sorting, by networks, by digits and by merging. Keys are unsigned words unless a kernel says otherwise.
 */
#include "common.cuh"

#define BLOCK 256

/* One CTA sorts 2 * BLOCK keys in shared memory by a bitonic network. */
extern "C" __global__ void __launch_bounds__(BLOCK) sort_bitonic(uint32_t *keys)
{
        __shared__ uint32_t tile[2 * BLOCK];
        uint32_t *own = keys + blockIdx.x * 2 * BLOCK;
        tile[threadIdx.x] = own[threadIdx.x];
        tile[threadIdx.x + BLOCK] = own[threadIdx.x + BLOCK];
        for (int size = 2; size <= 2 * BLOCK; size *= 2) {
                for (int stride = size / 2; stride > 0; stride /= 2) {
                        __syncthreads();
                        int low = 2 * threadIdx.x - (threadIdx.x & (stride - 1));
                        bool ascending = (low & size) == 0;
                        uint32_t a = tile[low], b = tile[low + stride];
                        if ((a > b) == ascending) {
                                tile[low] = b;
                                tile[low + stride] = a;
                        }
                }
        }
        __syncthreads();
        own[threadIdx.x] = tile[threadIdx.x];
        own[threadIdx.x + BLOCK] = tile[threadIdx.x + BLOCK];
}

/* Each warp sorts 32 floats with their indices by a bitonic network of shuffles. */
extern "C" __global__ void sort_warp_bitonic(float *keys, uint32_t *places)
{
        uint32_t i = global_thread(), lane = lane_id();
        float key = keys[i];
        uint32_t place = lane;
#pragma unroll
        for (uint32_t size = 2; size <= WARP; size *= 2) {
#pragma unroll
                for (uint32_t stride = size / 2; stride > 0; stride /= 2) {
                        float other = __shfl_xor_sync(ALL_LANES, key, stride);
                        uint32_t other_place = __shfl_xor_sync(ALL_LANES, place, stride);
                        bool keeps_small = ((lane & stride) == 0) == ((lane & size) == 0);
                        bool other_first = other < key || (other == key && other_place < place);
                        if (other_first == keeps_small) {
                                key = other;
                                place = other_place;
                        }
                }
        }
        keys[i] = key;
        places[i] = place;
}

/* One CTA sorts `count` signed 16-bit keys by odd-even transposition, and stops when a round swaps nothing. */
extern "C" __global__ void sort_odd_even(int16_t *keys, int count, int *rounds)
{
        extern __shared__ int16_t row[];
        int16_t *own = keys + (size_t)blockIdx.x * count;
        for (int i = threadIdx.x; i < count; i += blockDim.x)
                row[i] = own[i];
        __syncthreads();
        int round = 0, quiet = 0;
        while (quiet < 2) {
                int swapped = 0;
                for (int i = 2 * threadIdx.x + round % 2; i + 1 < count; i += 2 * blockDim.x) {
                        int16_t a = row[i], b = row[i + 1];
                        if (a > b) {
                                row[i] = b;
                                row[i + 1] = a;
                                swapped = 1;
                        }
                }
                quiet = __syncthreads_or(swapped) ? 0 : quiet + 1;
                round++;
        }
        for (int i = threadIdx.x; i < count; i += blockDim.x)
                own[i] = row[i];
        if (threadIdx.x == 0)
                rounds[blockIdx.x] = round;
}

/* One CTA sorts `count` <= 8 * BLOCK keys with values, 4 bits a pass, each pass stable, by counters of each thread. */
extern "C" __global__ void __launch_bounds__(BLOCK) sort_radix(uint32_t *keys, uint16_t *values, int count)
{
        const int each = 8, digits = 16;
        __shared__ uint16_t counters[digits][BLOCK];
        __shared__ uint32_t sorted_keys[each * BLOCK];
        __shared__ uint16_t sorted_values[each * BLOCK];
        __shared__ uint32_t digit_start[digits];
        for (int i = threadIdx.x; i < count; i += BLOCK) {
                sorted_keys[i] = keys[i];
                sorted_values[i] = values[i];
        }
        for (int shift = 0; shift < 32; shift += 4) {
                uint32_t key[each];
                uint16_t value[each];
                __syncthreads();
                for (int digit = 0; digit < digits; digit++)
                        counters[digit][threadIdx.x] = 0;
                for (int j = 0; j < each; j++) {
                        int i = threadIdx.x * each + j;
                        if (i >= count)
                                break;
                        key[j] = sorted_keys[i];
                        value[j] = sorted_values[i];
                        counters[key[j] >> shift & 15][threadIdx.x]++;
                }
                __syncthreads();
                if (threadIdx.x < digits) {
                        uint32_t sum = 0;
                        for (int i = 0; i < BLOCK; i++) {
                                uint32_t here = counters[threadIdx.x][i];
                                counters[threadIdx.x][i] = sum;
                                sum += here;
                        }
                        digit_start[threadIdx.x] = sum;
                }
                __syncthreads();
                if (threadIdx.x == 0) {
                        uint32_t sum = 0;
                        for (int digit = 0; digit < digits; digit++) {
                                uint32_t here = digit_start[digit];
                                digit_start[digit] = sum;
                                sum += here;
                        }
                }
                __syncthreads();
                for (int j = 0; j < each && threadIdx.x * each + j < count; j++) {
                        uint32_t digit = key[j] >> shift & 15;
                        uint32_t place = digit_start[digit] + counters[digit][threadIdx.x]++;
                        sorted_keys[place] = key[j];
                        sorted_values[place] = value[j];
                }
        }
        __syncthreads();
        for (int i = threadIdx.x; i < count; i += BLOCK) {
                keys[i] = sorted_keys[i];
                values[i] = sorted_values[i];
        }
}

/* How many of the `count` sorted keys come before `key`; equal ones count if `after_equal`. */
__device__ static int rank_in(const int64_t *sorted, int count, int64_t key, bool after_equal)
{
        int low = 0, high = count;
        while (low < high) {
                int middle = (low + high) / 2;
                if (sorted[middle] < key || (after_equal && sorted[middle] == key))
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* One merge pass over 64-bit keys: pairs of sorted runs become sorted runs of twice the length, by ranks. */
extern "C" __global__ void sort_merge_pass(const int64_t *from, int64_t *to, int count, int run)
{
        for (uint32_t i = global_thread(); i < count; i += grid_threads()) {
                int start = i / (2 * run) * (2 * run), middle = min(start + run, count), end = min(start + 2 * run, count);
                bool left = i < middle;
                int64_t key = from[i];
                int other = left ? rank_in(from + middle, end - middle, key, false)
                                 : rank_in(from + start, middle - start, key, true);
                int own = left ? i - start : i - middle;
                to[start + own + other] = key;
        }
}

/* Each thread sorts its own 24 doubles by quicksort with a stack of its own, NaNs last. */
extern "C" __global__ void sort_quick_each(double *keys)
{
        const int count = 24;
        double *own = keys + (size_t)global_thread() * count;
        int stack[4 * count], depth = 0;
        stack[depth++] = 0;
        stack[depth++] = count - 1;
        while (depth > 0) {
                int high = stack[--depth], low = stack[--depth];
                if (low >= high)
                        continue;
                double pivot = own[(low + high) / 2];
                int i = low, j = high;
                while (i <= j) {
                        while (own[i] < pivot || (pivot != pivot && own[i] == own[i]))
                                i++;
                        while (pivot < own[j] || (own[j] != own[j] && pivot == pivot))
                                j--;
                        if (i <= j) {
                                double swap = own[i];
                                own[i++] = own[j];
                                own[j--] = swap;
                        }
                }
                stack[depth++] = low;
                stack[depth++] = j;
                stack[depth++] = i;
                stack[depth++] = high;
        }
}
