/*
 * softmax(scale Q K^T) V without keeping the scores: keys come in tiles, the softmax is corrected as its maximum grows.
 *
 * Q is (batch, heads, queries, head_dim), K and V (batch, kv_heads, keys, head_dim) with heads a multiple of kv_heads:
 * query head h reads key head h / (heads / kv_heads). Causal: the last query sees all keys, the one before it all but
 * one, and so on; a query that sees no key gives zeros. Any strides, but a head's elements are neighbours; the output
 * is contiguous. Softmax and sums are fp32 in every type.
 */
#include "common.cuh"
#include "mma.cuh"

struct AttentionLayout {
        int64_t q_stride[3]; /* batch, head, position, in elements */
        int64_t k_stride[3];
        int64_t v_stride[3];
        int32_t batches, heads, kv_heads;
        int32_t queries, keys, head_dim;
        int32_t causal;
        int32_t wide; /* every row of Q, K and V starts at a multiple of 16 bytes */
        float scale_log2; /* scale / ln 2: exponentials are taken to the base 2 */
        int32_t reserved;
};

/* Keys that a query sees: those below this number. */
__device__ static inline int visible_keys(const AttentionLayout &layout, int query)
{
        if (!layout.causal)
                return layout.keys;
        int limit = query + 1 + layout.keys - layout.queries;
        return limit < 0 ? 0 : limit < layout.keys ? limit : layout.keys;
}

/* ---- tensor cores ------------------------------------------------------------------------------------------------ */

#define QUERIES 64 /* of a block: 16 for each of four warps */
#define MMA_THREADS 128

/*
 * HEAD is head_dim rounded up to the sizes there are, the rest zeros; KEYS are taken at a time.
 * Shared memory: Q [QUERIES][HEAD + PAD], K and V [KEYS][HEAD + PAD].
 */
template <typename T, int HEAD, int KEYS>
__device__ static void attention(T *out, const T *q_base, const T *k_base, const T *v_base,
                                 const AttentionLayout &layout)
{
        const int row_items = HEAD + PAD;
        T *shared_q = (T *)dynamic_shared, *shared_k = shared_q + QUERIES * row_items;
        T *shared_v = shared_k + KEYS * row_items;

        const int warp = threadIdx.x / WARP, lane = threadIdx.x % WARP, g = lane / 4, t = lane % 4;
        const int matrix = lane / 8, r = lane % 8, warp_row = 16 * warp;
        const int first_query = (gridDim.x - 1 - blockIdx.x) * QUERIES; /* longest first, where causal */
        const int last_query = first_query + QUERIES < layout.queries ? first_query + QUERIES - 1 : layout.queries - 1;
        const int key_limit = visible_keys(layout, last_query);
        /* This lane's rows of the tile, and the keys that they see. */
        const int visible[2] = {visible_keys(layout, first_query + warp_row + g),
                                visible_keys(layout, first_query + warp_row + g + 8)};

#pragma unroll 1
        for (int pair = blockIdx.y; pair < layout.batches * layout.heads; pair += gridDim.y) {
                const int batch = pair / layout.heads, head = pair % layout.heads;
                const int kv_head = head / (layout.heads / layout.kv_heads);
                const T *q = q_base + batch * layout.q_stride[0] + head * layout.q_stride[1];
                const T *k = k_base + batch * layout.k_stride[0] + kv_head * layout.k_stride[1];
                const T *v = v_base + batch * layout.v_stride[0] + kv_head * layout.v_stride[1];
                float sums[HEAD / 8][4] = {};
                float top[2] = {-INFINITY, -INFINITY}, total[2] = {0, 0};

                load_tile<QUERIES, HEAD, MMA_THREADS>(shared_q, q, first_query, 0, layout.queries, layout.head_dim,
                                                      layout.q_stride[2], 1, layout.wide);
                load_tile<KEYS, HEAD, MMA_THREADS>(shared_k, k, 0, 0, layout.keys, layout.head_dim,
                                                   layout.k_stride[2], 1, layout.wide);
                copy_commit();
#pragma unroll 1
                for (int key = 0; key < key_limit; key += KEYS) {
                        load_tile<KEYS, HEAD, MMA_THREADS>(shared_v, v, key, 0, layout.keys, layout.head_dim,
                                                           layout.v_stride[2], 1, layout.wide);
                        copy_commit();
                        copy_wait<1>(); /* Q and this K are there */
                        __syncthreads();

                        float scores[KEYS / 8][4] = {};
#pragma unroll
                        for (int d = 0; d < HEAD; d += 16) {
                                uint32_t left[4];
                                load_matrices<false>(left, shared_q + (warp_row + matrix % 2 * 8 + r) * row_items + d +
                                                                   matrix / 2 * 8);
#pragma unroll
                                for (int j = 0; j < KEYS / 16; j++) {
                                        uint32_t right[4];
                                        load_matrices<false>(right, shared_k +
                                                                            (16 * j + matrix / 2 * 8 + r) * row_items +
                                                                            d + matrix % 2 * 8);
                                        TensorCore<T>::multiply(scores[2 * j], left, right[0], right[1]);
                                        TensorCore<T>::multiply(scores[2 * j + 1], left, right[2], right[3]);
                                }
                        }
                        __syncthreads();
                        if (key + KEYS < key_limit)
                                load_tile<KEYS, HEAD, MMA_THREADS>(shared_k, k, key + KEYS, 0, layout.keys,
                                                                   layout.head_dim, layout.k_stride[2], 1, layout.wide);
                        copy_commit();

                        float higher[2] = {top[0], top[1]};
#pragma unroll
                        for (int j = 0; j < KEYS / 8; j++)
#pragma unroll
                                for (int c = 0; c < 4; c++) {
                                        bool seen = key + 8 * j + 2 * t + c % 2 < visible[c / 2];
                                        scores[j][c] = seen ? scores[j][c] * layout.scale_log2 : -INFINITY;
                                        higher[c / 2] = fmaxf(higher[c / 2], scores[j][c]);
                                }
                        float correction[2], base[2];
#pragma unroll
                        for (int h = 0; h < 2; h++) {
                                higher[h] = fmaxf(higher[h], __shfl_xor_sync(ALL_LANES, higher[h], 1));
                                higher[h] = fmaxf(higher[h], __shfl_xor_sync(ALL_LANES, higher[h], 2));
                                base[h] = higher[h] == -INFINITY ? 0 : higher[h];
                                correction[h] = exp2f(top[h] - base[h]);
                                top[h] = higher[h];
                                total[h] *= correction[h];
                        }
#pragma unroll
                        for (int j = 0; j < KEYS / 8; j++)
#pragma unroll
                                for (int c = 0; c < 4; c++) {
                                        scores[j][c] = exp2f(scores[j][c] - base[c / 2]);
                                        total[c / 2] += scores[j][c];
                                }
#pragma unroll
                        for (int j = 0; j < HEAD / 8; j++)
#pragma unroll
                                for (int c = 0; c < 4; c++)
                                        sums[j][c] *= correction[c / 2];

                        copy_wait<1>(); /* this V is there */
                        __syncthreads();
#pragma unroll
                        for (int j = 0; j < KEYS / 16; j++) {
                                /* The scores of two 8-wide tiles are, as they lie, the fragment of a 16-wide A. */
                                uint32_t left[4] = {TensorCore<T>::pack(scores[2 * j][0], scores[2 * j][1]),
                                                    TensorCore<T>::pack(scores[2 * j][2], scores[2 * j][3]),
                                                    TensorCore<T>::pack(scores[2 * j + 1][0], scores[2 * j + 1][1]),
                                                    TensorCore<T>::pack(scores[2 * j + 1][2], scores[2 * j + 1][3])};
#pragma unroll
                                for (int d = 0; d < HEAD / 16; d++) {
                                        uint32_t right[4];
                                        load_matrices<true>(right, shared_v +
                                                                           (16 * j + matrix % 2 * 8 + r) * row_items +
                                                                           16 * d + matrix / 2 * 8);
                                        TensorCore<T>::multiply(sums[2 * d], left, right[0], right[1]);
                                        TensorCore<T>::multiply(sums[2 * d + 1], left, right[2], right[3]);
                                }
                        }
                        __syncthreads();
                }
                copy_wait<0>();
                __syncthreads();

#pragma unroll
                for (int h = 0; h < 2; h++) {
                        total[h] += __shfl_xor_sync(ALL_LANES, total[h], 1);
                        total[h] += __shfl_xor_sync(ALL_LANES, total[h], 2);
                        float scale = total[h] == 0 ? 0 : 1.0f / total[h];
                        int64_t query = first_query + warp_row + g + 8 * h;
                        if (query >= layout.queries)
                                continue;
                        T *to = out + ((int64_t)pair * layout.queries + query) * layout.head_dim;
#pragma unroll
                        for (int j = 0; j < HEAD / 8; j++)
#pragma unroll
                                for (int c = 0; c < 2; c++) {
                                        int d = 8 * j + 2 * t + c;
                                        if (d < layout.head_dim)
                                                to[d] = narrow<T>(sums[j][2 * h + c] * scale);
                                }
                }
        }
}

#define KERNEL(suffix, T, HEAD, KEYS)                                                                                  \
        extern "C" __global__ void __launch_bounds__(MMA_THREADS, 2)                                                   \
                attention_##HEAD##_##suffix(T *out, const T *q, const T *k, const T *v,                                \
                                            const __grid_constant__ AttentionLayout layout)                            \
        {                                                                                                              \
                attention<T, HEAD, KEYS>(out, q, k, v, layout);                                                        \
        }

KERNEL(f16, f16, 64, 64)
KERNEL(f16, f16, 128, 64)
KERNEL(f16, f16, 256, 32)
KERNEL(bf16, bf16, 64, 64)
KERNEL(bf16, bf16, 128, 64)
KERNEL(bf16, bf16, 256, 32)

/* ---- fp32 -------------------------------------------------------------------------------------------------------- */

#define F32_THREADS 256
#define F32_WARP_QUERIES 4
#define F32_QUERIES (F32_THREADS / WARP * F32_WARP_QUERIES)
#define F32_KEYS WARP
#define F32_PARTS 8 /* of 32 elements each: head_dim up to 256 */

/*
 * A warp has four queries. Lane j scores key j of the tile, and owns the elements lane, lane + 32, ... of the outputs.
 * Shared memory, in floats: Q [32][head_dim], K [32][head_dim + 1], V [32][head_dim].
 */
extern "C" __global__ void __launch_bounds__(F32_THREADS)
        attention_f32(float *out, const float *q_base, const float *k_base, const float *v_base,
                      const __grid_constant__ AttentionLayout layout)
{
        const int dim = layout.head_dim, warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
        float *shared_q = (float *)dynamic_shared, *shared_k = shared_q + F32_QUERIES * dim;
        float *shared_v = shared_k + F32_KEYS * (dim + 1);
        const int first_query = (gridDim.x - 1 - blockIdx.x) * F32_QUERIES;
        const int last_query =
                first_query + F32_QUERIES < layout.queries ? first_query + F32_QUERIES - 1 : layout.queries - 1;
        const int key_limit = visible_keys(layout, last_query);

#pragma unroll 1
        for (int pair = blockIdx.y; pair < layout.batches * layout.heads; pair += gridDim.y) {
                const int batch = pair / layout.heads, head = pair % layout.heads;
                const int kv_head = head / (layout.heads / layout.kv_heads);
                const float *q = q_base + batch * layout.q_stride[0] + head * layout.q_stride[1];
                const float *k = k_base + batch * layout.k_stride[0] + kv_head * layout.k_stride[1];
                const float *v = v_base + batch * layout.v_stride[0] + kv_head * layout.v_stride[1];
                float sums[F32_WARP_QUERIES][F32_PARTS] = {};
                float top[F32_WARP_QUERIES], total[F32_WARP_QUERIES];
#pragma unroll
                for (int i = 0; i < F32_WARP_QUERIES; i++) {
                        top[i] = -INFINITY;
                        total[i] = 0;
                }
#pragma unroll 1
                for (int i = warp; i < F32_QUERIES; i += F32_THREADS / WARP)
#pragma unroll 1
                        for (int d = lane; d < dim; d += WARP)
                                shared_q[i * dim + d] =
                                        first_query + i < layout.queries ? q[(first_query + i) * layout.q_stride[2] + d] : 0;

#pragma unroll 1
                for (int key = 0; key < key_limit; key += F32_KEYS) {
                        __syncthreads();
#pragma unroll 1
                        for (int i = warp; i < F32_KEYS; i += F32_THREADS / WARP) {
                                bool inside = key + i < layout.keys;
#pragma unroll 1
                                for (int d = lane; d < dim; d += WARP) {
                                        shared_k[i * (dim + 1) + d] = inside ? k[(key + i) * layout.k_stride[2] + d] : 0;
                                        shared_v[i * dim + d] = inside ? v[(key + i) * layout.v_stride[2] + d] : 0;
                                }
                        }
                        __syncthreads();

                        float scores[F32_WARP_QUERIES] = {};
                        for (int d = 0; d < dim; d++) {
                                float element = shared_k[lane * (dim + 1) + d];
#pragma unroll
                                for (int i = 0; i < F32_WARP_QUERIES; i++)
                                        scores[i] += shared_q[(F32_WARP_QUERIES * warp + i) * dim + d] * element;
                        }
#pragma unroll
                        for (int i = 0; i < F32_WARP_QUERIES; i++) {
                                int visible = visible_keys(layout, first_query + F32_WARP_QUERIES * warp + i);
                                float score = key + lane < visible ? scores[i] * layout.scale_log2 : -INFINITY;
                                float higher = fmaxf(top[i], warp_reduce(score, Maximum()));
                                float base = higher == -INFINITY ? 0 : higher, correction = exp2f(top[i] - base);
                                top[i] = higher;
                                scores[i] = exp2f(score - base);
                                total[i] = total[i] * correction + scores[i];
#pragma unroll
                                for (int part = 0; part < F32_PARTS; part++)
                                        sums[i][part] *= correction;
                        }
#pragma unroll 1
                        for (int j = 0; j < F32_KEYS; j++) {
                                float weight[F32_WARP_QUERIES];
#pragma unroll
                                for (int i = 0; i < F32_WARP_QUERIES; i++)
                                        weight[i] = __shfl_sync(ALL_LANES, scores[i], j);
#pragma unroll
                                for (int part = 0; part < F32_PARTS; part++)
                                        if (part * WARP + lane < dim) {
                                                float element = shared_v[j * dim + part * WARP + lane];
#pragma unroll
                                                for (int i = 0; i < F32_WARP_QUERIES; i++)
                                                        sums[i][part] += weight[i] * element;
                                        }
                        }
                }
#pragma unroll
                for (int i = 0; i < F32_WARP_QUERIES; i++) {
                        int64_t query = first_query + F32_WARP_QUERIES * warp + i;
                        float whole = warp_reduce(total[i], Add()), scale = whole == 0 ? 0 : 1.0f / whole;
                        if (query >= layout.queries)
                                continue;
                        float *to = out + ((int64_t)pair * layout.queries + query) * dim;
#pragma unroll
                        for (int part = 0; part < F32_PARTS; part++)
                                if (part * WARP + lane < dim)
                                        to[part * WARP + lane] = sums[i][part] * scale;
                }
                __syncthreads();
        }
}
