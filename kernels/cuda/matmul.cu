/*
 * C = A B for batches of matrices of any shape and strides; C is contiguous.
 *
 * fp16 and bf16 go through the tensor cores (fp32 accumulators, rounded once), in tiles of 128 x 128 x 32 that eight
 * warps share, the next tile on its way while one is computed. fp32 stays in fp32, in tiles of 64 x 64 x 16.
 */
#include "common.cuh"
#include "mma.cuh"

#define MAX_BATCH_RANK 4

struct MatmulLayout {
        int64_t m, n, k;
        int64_t a_row, a_column; /* strides in elements */
        int64_t b_row, b_column;
        int64_t batches;
        int64_t batch_shape[MAX_BATCH_RANK];
        int64_t a_batch[MAX_BATCH_RANK];
        int64_t b_batch[MAX_BATCH_RANK];
        int32_t batch_rank;
        int32_t wide; /* bit 0: A can be read 16 bytes at a time along its contiguous axis, bit 1: B */
        uint32_t tiles_m, tiles_n;
};

/* Where a tile lies: tiles go down eight rows, then right, so that blocks that run together share rows and columns. */
__device__ static inline void place_tile(const MatmulLayout &layout, int tile_m, int tile_n, int64_t *row,
                                         int64_t *column)
{
        const uint32_t height = 8, tile = blockIdx.x;
        uint32_t group = tile / (height * layout.tiles_n), first = group * height;
        uint32_t rows = layout.tiles_m - first < height ? layout.tiles_m - first : height;
        uint32_t inside = tile - group * height * layout.tiles_n;
        *row = (int64_t)(first + inside % rows) * tile_m;
        *column = (int64_t)(inside / rows) * tile_n;
}

/* ---- tensor cores ------------------------------------------------------------------------------------------------ */

#define TILE 128
#define DEPTH 32
#define WARP_M 64 /* of a tile, a warp computes 64 x 32 */
#define WARP_N 32
#define MMA_THREADS 256

/* A's fragment of 16 rows and 16 k, from a tile kept as [row][k]. */
template <typename T> __device__ static inline void load_a(uint32_t (&a)[4], const T *tile, int row, int k)
{
        int lane = threadIdx.x % WARP, matrix = lane / 8, r = lane % 8;
        load_matrices<false>(a, tile + (row + matrix % 2 * 8 + r) * (DEPTH + PAD) + k + matrix / 2 * 8);
}

/* B's fragments of 16 k and 16 columns, from a tile kept as [k][column], or as [column][k] if B is transposed. */
template <bool TRANSPOSED, typename T>
__device__ static inline void load_b(uint32_t (&b)[4], const T *tile, int k, int column)
{
        int lane = threadIdx.x % WARP, matrix = lane / 8, r = lane % 8;
        if (TRANSPOSED)
                load_matrices<false>(b, tile + (column + matrix / 2 * 8 + r) * (DEPTH + PAD) + k + matrix % 2 * 8);
        else
                load_matrices<true>(b, tile + (k + matrix % 2 * 8 + r) * (TILE + PAD) + column + matrix / 2 * 8);
}

template <bool B_TRANSPOSED, typename T>
__device__ static inline void load_tiles(T *shared_a, T *shared_b, const T *a, const T *b, int64_t row, int64_t column,
                                         int64_t k, const MatmulLayout &layout)
{
        load_tile<TILE, DEPTH, MMA_THREADS>(shared_a, a, row, k, layout.m, layout.k, layout.a_row, layout.a_column,
                                            layout.wide & 1);
        if (B_TRANSPOSED)
                load_tile<TILE, DEPTH, MMA_THREADS>(shared_b, b, column, k, layout.n, layout.k, layout.b_column,
                                                    layout.b_row, layout.wide & 2);
        else
                load_tile<DEPTH, TILE, MMA_THREADS>(shared_b, b, k, column, layout.k, layout.n, layout.b_row,
                                                    layout.b_column, layout.wide & 2);
}

template <bool B_TRANSPOSED, typename T>
__device__ static void matmul(T *out, const T *a_base, const T *b_base, const MatmulLayout &layout)
{
        __shared__ __align__(16) T shared_a[2][TILE * (DEPTH + PAD)];
        __shared__ __align__(16) T shared_b[2][B_TRANSPOSED ? TILE * (DEPTH + PAD) : DEPTH * (TILE + PAD)];

        const int warp = threadIdx.x / WARP, lane = threadIdx.x % WARP, g = lane / 4, t = lane % 4;
        const int warp_row = warp / 4 * WARP_M, warp_column = warp % 4 * WARP_N;
        const int tiles = (int)((layout.k + DEPTH - 1) / DEPTH);
        int64_t row, column;
        place_tile(layout, TILE, TILE, &row, &column);

#pragma unroll 1
        for (int64_t batch = blockIdx.y; batch < layout.batches; batch += gridDim.y) {
                Offsets at = offsets_of(layout.batch_shape, layout.a_batch, layout.b_batch, layout.batch_rank, batch);
                const T *a = a_base + at.a, *b = b_base + at.b;
                float sums[WARP_M / 16][WARP_N / 8][4] = {};

                /* Step `next` asks for tile `next` and computes the one before it. */
#pragma unroll 1
                for (int next = 0; next <= tiles; next++) {
                        if (next < tiles)
                                load_tiles<B_TRANSPOSED>(shared_a[next & 1], shared_b[next & 1], a, b, row, column,
                                                         (int64_t)next * DEPTH, layout);
                        copy_commit();
                        if (next == 0)
                                continue;
                        copy_wait<1>();
                        __syncthreads();
                        const T *tile_a = shared_a[(next - 1) & 1], *tile_b = shared_b[(next - 1) & 1];
#pragma unroll
                        for (int k = 0; k < DEPTH; k += 16) {
                                uint32_t right[WARP_N / 16][4];
#pragma unroll
                                for (int j = 0; j < WARP_N / 16; j++)
                                        load_b<B_TRANSPOSED>(right[j], tile_b, k, warp_column + 16 * j);
#pragma unroll
                                for (int i = 0; i < WARP_M / 16; i++) {
                                        uint32_t left[4];
                                        load_a(left, tile_a, warp_row + 16 * i, k);
#pragma unroll
                                        for (int j = 0; j < WARP_N / 8; j++)
                                                TensorCore<T>::multiply(sums[i][j], left, right[j / 2][j % 2 * 2],
                                                                        right[j / 2][j % 2 * 2 + 1]);
                                }
                        }
                        __syncthreads(); /* the next step writes where this one read */
                }

                T *c = out + batch * layout.m * layout.n;
                const bool pairs = layout.n % 2 == 0; /* two columns are one aligned word */
#pragma unroll
                for (int i = 0; i < WARP_M / 16; i++)
#pragma unroll
                        for (int j = 0; j < WARP_N / 8; j++)
#pragma unroll
                                for (int half = 0; half < 2; half++) {
                                        int64_t r = row + warp_row + 16 * i + g + 8 * half;
                                        int64_t s = column + warp_column + 8 * j + 2 * t;
                                        float first = sums[i][j][2 * half], second = sums[i][j][2 * half + 1];
                                        if (r >= layout.m || s >= layout.n)
                                                continue;
                                        T *to = c + r * layout.n + s;
                                        if (pairs) {
                                                *(uint32_t *)to = TensorCore<T>::pack(first, second);
                                        } else {
                                                to[0] = narrow<T>(first);
                                                if (s + 1 < layout.n)
                                                        to[1] = narrow<T>(second);
                                        }
                                }
        }
}

/* n: the rows of B are contiguous (or nothing is), t: its columns are. A's rows should be; the caller copies if not. */
#define KERNEL(letters, suffix, T, b_transposed)                                                                       \
        extern "C" __global__ void __launch_bounds__(MMA_THREADS, 2)                                                    \
                matmul_##letters##_##suffix(T *out, const T *a, const T *b, const __grid_constant__ MatmulLayout layout) \
        {                                                                                                              \
                matmul<b_transposed>(out, a, b, layout);                                                               \
        }

KERNEL(nn, f16, f16, false)
KERNEL(nt, f16, f16, true)
KERNEL(nn, bf16, bf16, false)
KERNEL(nt, bf16, bf16, true)

/* ---- fp32 -------------------------------------------------------------------------------------------------------- */

#define F32_TILE 64
#define F32_DEPTH 16
#define F32_THREADS 256 /* 16 x 16, each computes 4 x 4: rows ty + 16 i, columns 4 tx + j */

extern "C" __global__ void __launch_bounds__(F32_THREADS)
        matmul_f32(float *out, const float *a_base, const float *b_base, const __grid_constant__ MatmulLayout layout)
{
        __shared__ float shared_a[F32_DEPTH][F32_TILE + 1];
        __shared__ __align__(16) float shared_b[F32_DEPTH][F32_TILE + 4];
        const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
        int64_t row, column;
        place_tile(layout, F32_TILE, F32_TILE, &row, &column);

#pragma unroll 1
        for (int64_t batch = blockIdx.y; batch < layout.batches; batch += gridDim.y) {
                Offsets at = offsets_of(layout.batch_shape, layout.a_batch, layout.b_batch, layout.batch_rank, batch);
                const float *a = a_base + at.a, *b = b_base + at.b;
                float sums[4][4] = {};
#pragma unroll 1
                for (int64_t k = 0; k < layout.k; k += F32_DEPTH) {
#pragma unroll
                        for (int i = threadIdx.x; i < F32_TILE * F32_DEPTH; i += F32_THREADS) {
                                /* Neighbouring threads read along the axis that is contiguous. */
                                int r = layout.a_column == 1 ? i / F32_DEPTH : i % F32_TILE;
                                int d = layout.a_column == 1 ? i % F32_DEPTH : i / F32_TILE;
                                bool inside = row + r < layout.m && k + d < layout.k;
                                shared_a[d][r] = inside ? a[(row + r) * layout.a_row + (k + d) * layout.a_column] : 0;
                                int s = layout.b_row == 1 ? i / F32_DEPTH : i % F32_TILE;
                                d = layout.b_row == 1 ? i % F32_DEPTH : i / F32_TILE;
                                inside = column + s < layout.n && k + d < layout.k;
                                shared_b[d][s] = inside ? b[(k + d) * layout.b_row + (column + s) * layout.b_column] : 0;
                        }
                        __syncthreads();
#pragma unroll
                        for (int d = 0; d < F32_DEPTH; d++) {
                                float left[4];
                                Pack<float> right = *(const Pack<float> *)&shared_b[d][4 * tx];
#pragma unroll
                                for (int i = 0; i < 4; i++)
                                        left[i] = shared_a[d][ty + 16 * i];
#pragma unroll
                                for (int i = 0; i < 4; i++)
#pragma unroll
                                        for (int j = 0; j < 4; j++)
                                                sums[i][j] += left[i] * right.item[j];
                        }
                        __syncthreads();
                }
                float *c = out + batch * layout.m * layout.n;
#pragma unroll
                for (int i = 0; i < 4; i++)
#pragma unroll
                        for (int j = 0; j < 4; j++) {
                                int64_t r = row + ty + 16 * i, s = column + 4 * tx + j;
                                if (r < layout.m && s < layout.n)
                                        c[r * layout.n + s] = sums[i][j];
                        }
        }
}
