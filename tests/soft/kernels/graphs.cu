/*
 * Sparse matrices, graphs and tables of dynamic programming: irregular addresses and loops of unequal length.
 */
#include "common.cuh"

/* ---- sparse matrices times a vector ------------------------------------------------------------------------------ */

/* CSR, one row a thread. */
extern "C" __global__ void spmv_csr_scalar(const int *starts, const int *columns, const double *values, const double *x,
                                           double *y, int rows)
{
        int row = global_thread();
        if (row >= rows)
                return;
        double sum = 0;
        for (int i = starts[row]; i < starts[row + 1]; i++)
                sum += values[i] * x[columns[i]];
        y[row] = sum;
}

/* CSR, one row a warp. */
extern "C" __global__ void spmv_csr_warp(const int *__restrict__ starts, const int *__restrict__ columns,
                                         const float *__restrict__ values, const float *__restrict__ x, float *y, int rows)
{
        int row = global_thread() / WARP;
        if (row >= rows)
                return;
        float sum = 0;
        for (int i = starts[row] + lane_id(); i < starts[row + 1]; i += WARP)
                sum = fmaf(values[i], x[columns[i]], sum);
        for (int distance = WARP / 2; distance; distance /= 2)
                sum += __shfl_xor_sync(ALL_LANES, sum, distance);
        if (lane_id() == 0)
                y[row] = sum;
}

/* COO with integer values, by atomic additions. */
extern "C" __global__ void spmv_coo(const int *rows, const int *columns, const int *values, const int *x, int *y, int count)
{
        for (uint32_t i = global_thread(); i < count; i += grid_threads())
                atomicAdd(&y[rows[i]], values[i] * x[columns[i]]);
}

/* SELL with slices of 32 rows: a slice is as wide as its longest row, columns of -1 fill it up. */
extern "C" __global__ void spmv_sell(const int *slice_starts, const int *columns, const float *values, const float *x,
                                     float *y, int rows)
{
        int row = global_thread(), slice = row / WARP;
        if (row >= rows)
                return;
        int width = (slice_starts[slice + 1] - slice_starts[slice]) / WARP;
        float sum = 0;
        for (int i = 0; i < width; i++) {
                int at = slice_starts[slice] + i * WARP + row % WARP, column = columns[at];
                if (column >= 0)
                        sum += values[at] * __ldg(&x[column]);
        }
        y[row] = sum;
}

/* ---- graphs ------------------------------------------------------------------------------------------------------ */

/* Breadth-first search from node 0 by one CTA: the frontier in shared memory, distances in global memory. */
extern "C" __global__ void bfs_frontier(const int *starts, const int *targets, int *distances, int *reached)
{
        extern __shared__ int queue[]; /* two frontiers of gridded size, each as long as there are nodes */
        __shared__ int sizes[2];
        int nodes = reached[0];
        if (threadIdx.x == 0) {
                queue[0] = 0;
                sizes[0] = 1;
                sizes[1] = 0;
                distances[0] = 0;
        }
        __syncthreads();
        int level = 0, total = 0;
        while (sizes[level & 1] > 0) {
                int *from = queue + (level & 1) * nodes, *to = queue + (~level & 1) * nodes;
                int size = sizes[level & 1];
                for (int i = threadIdx.x; i < size; i += blockDim.x) {
                        int node = from[i];
                        for (int edge = starts[node]; edge < starts[node + 1]; edge++) {
                                int target = targets[edge];
                                if (atomicCAS(&distances[target], -1, level + 1) == -1)
                                        to[atomicAdd(&sizes[~level & 1], 1)] = target;
                        }
                }
                __syncthreads();
                total += size;
                level++;
                if (threadIdx.x == 0)
                        sizes[~level & 1] = 0;
                __syncthreads();
        }
        if (threadIdx.x == 0) {
                reached[1] = total;
                reached[2] = level;
        }
}

__device__ static int find_root(volatile int *parent, int node)
{
        while (parent[node] != node)
                node = parent[node];
        return node;
}

/* Connected components: hooks the greater root under the smaller one, until an edge finds both ends united. */
extern "C" __global__ void union_find(int *parent, const int2 *edges, int count)
{
        for (uint32_t i = global_thread(); i < count; i += grid_threads()) {
                int a = edges[i].x, b = edges[i].y;
                while (true) {
                        a = find_root(parent, a);
                        b = find_root(parent, b);
                        if (a == b)
                                break;
                        int low = min(a, b), high = max(a, b);
                        if (atomicCAS(&parent[high], high, low) == high)
                                break;
                }
        }
}

/* Points every node straight at its root. */
extern "C" __global__ void union_find_flatten(int *parent, int count)
{
        int i = global_thread();
        if (i < count)
                parent[i] = find_root(parent, i);
}

/* All shortest paths between n <= 64 nodes: the whole matrix in the shared memory of one CTA. */
extern "C" __global__ void floyd_warshall(uint32_t *distances, int n)
{
        extern __shared__ uint32_t d[];
        for (int i = threadIdx.x; i < n * n; i += blockDim.x)
                d[i] = distances[i];
        for (int k = 0; k < n; k++) {
                __syncthreads();
                for (int i = threadIdx.x; i < n * n; i += blockDim.x) {
                        uint32_t a = d[i / n * n + k], b = d[k * n + i % n];
                        uint32_t through = a > 0xffffffffu - b ? 0xffffffffu : a + b;
                        d[i] = min(d[i], through);
                }
        }
        __syncthreads();
        for (int i = threadIdx.x; i < n * n; i += blockDim.x)
                distances[i] = d[i];
}

/* Triangles of a graph given as rows of an adjacency bit matrix. */
extern "C" __global__ void count_triangles(const uint64_t *rows, int nodes, int words, unsigned long long *triangles)
{
        unsigned long long found = 0;
        for (int a = blockIdx.x; a < nodes; a += gridDim.x) {
                for (int b = threadIdx.x; b < a; b += blockDim.x) {
                        if (!(rows[a * words + b / 64] >> (b % 64) & 1))
                                continue;
                        for (int w = 0; w < words; w++)
                                found += __popcll(rows[a * words + w] & rows[b * words + w]);
                }
        }
        if (found)
                atomicAdd(triangles, found);
}

/* ---- dynamic programming ----------------------------------------------------------------------------------------- */

/* Levenshtein's distance of two strings of at most blockDim.x characters, along anti-diagonals; one pair a CTA. */
extern "C" __global__ void levenshtein(const char *first, const char *second, const int2 *lengths, int *out, int stride)
{
        extern __shared__ int diagonals[]; /* three, each one longer than the CTA */
        const char *a = first + blockIdx.x * stride, *b = second + blockIdx.x * stride;
        int n = lengths[blockIdx.x].x, m = lengths[blockIdx.x].y, row = threadIdx.x, wide = blockDim.x + 1;
        for (int sum = 0; sum <= n + m; sum++) {
                int *now = diagonals + sum % 3 * wide, *before = diagonals + (sum + 2) % 3 * wide;
                int *two_before = diagonals + (sum + 1) % 3 * wide;
                for (int i = row; i <= n; i += blockDim.x) {
                        int j = sum - i;
                        if (j < 0 || j > m)
                                continue;
                        int cost = i == 0 ? j : j == 0 ? i : 0;
                        if (i > 0 && j > 0) {
                                cost = two_before[i - 1] + (a[i - 1] != b[j - 1]);
                                cost = min(cost, min(before[i - 1], before[i]) + 1);
                        }
                        now[i] = cost;
                }
                __syncthreads();
        }
        if (threadIdx.x == 0)
                out[blockIdx.x] = diagonals[(n + m) % 3 * wide + n];
}

/* Smith and Waterman's score for proteins of a small alphabet; one pair a thread, one row in local memory. */
extern "C" __global__ void smith_waterman(const uint8_t *first, const uint8_t *second, const int8_t *scores, int *out,
                                          int length, int gap)
{
        int row[65], best = 0;
        const uint8_t *a = first + global_thread() * length, *b = second + global_thread() * length;
        for (int j = 0; j <= length; j++)
                row[j] = 0;
        for (int i = 0; i < length; i++) {
                int diagonal = 0;
                for (int j = 1; j <= length; j++) {
                        int above = row[j];
                        int score = max(diagonal + scores[a[i] * 8 + b[j - 1]], max(above, row[j - 1]) - gap);
                        row[j] = max(score, 0);
                        best = max(best, row[j]);
                        diagonal = above;
                }
        }
        out[global_thread()] = best;
}

/* The best value of a knapsack for every capacity, item after item, one CTA. */
extern "C" __global__ void knapsack(const int2 *items, int count, int *best, int capacity)
{
        extern __shared__ int table[];
        for (int i = threadIdx.x; i <= capacity; i += blockDim.x)
                table[i] = 0;
        __syncthreads();
        for (int item = 0; item < count; item++) {
                int weight = items[item].x, value = items[item].y;
                for (int top = capacity; top >= weight; top -= blockDim.x) {
                        int at = top - threadIdx.x;
                        int better = at >= weight ? max(table[at], table[at - weight] + value) : 0;
                        __syncthreads();
                        if (at >= weight)
                                table[at] = better;
                        __syncthreads();
                }
        }
        for (int i = threadIdx.x; i <= capacity; i += blockDim.x)
                best[i] = table[i];
}

/* Solutions of the problem of n queens, each thread from its own place of the first two queens. */
extern "C" __global__ void queens(int n, unsigned long long *solutions)
{
        uint32_t full = (1u << n) - 1, start = global_thread();
        if (start >= n * n)
                return;
        uint32_t first = 1u << start % n, second = 1u << start / n;
        if (second & (first | first << 1 | first >> 1))
                return;
        uint32_t columns[16], left[16], right[16], free[16];
        int depth = 2;
        columns[2] = first | second;
        left[2] = first << 2 | second << 1;
        right[2] = first >> 2 | second >> 1;
        free[2] = full & ~(columns[2] | left[2] | right[2]);
        unsigned long long found = 0;
        while (depth >= 2) {
                uint32_t open = free[depth];
                if (open == 0) {
                        depth--;
                        continue;
                }
                uint32_t queen = open & -open;
                free[depth] = open ^ queen;
                if (depth + 1 == n) {
                        found++;
                        continue;
                }
                columns[depth + 1] = columns[depth] | queen;
                left[depth + 1] = (left[depth] | queen) << 1;
                right[depth + 1] = (right[depth] | queen) >> 1;
                depth++;
                free[depth] = full & ~(columns[depth] | left[depth] | right[depth]);
        }
        atomicAdd(solutions, found);
}
