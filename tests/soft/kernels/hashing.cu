/*
 * Hashes and random numbers: rotations, multiplications, tables in constant memory, long chains of integer operations.
 */
#include "common.cuh"

/* ---- hashes ------------------------------------------------------------------------------------------------------ */

__device__ static uint32_t murmur_mix(uint32_t h)
{
        h = (h ^ h >> 16) * 0x85ebca6b;
        h = (h ^ h >> 13) * 0xc2b2ae35;
        return h ^ h >> 16;
}

/* MurmurHash3 (32 bits) of strings; string i is the bytes from starts[i] to starts[i + 1]. */
extern "C" __global__ void hash_murmur3(const uint8_t *bytes, const uint32_t *starts, uint32_t *out, uint32_t seed,
                                        uint32_t count)
{
        uint32_t i = global_thread();
        if (i >= count)
                return;
        const uint8_t *data = bytes + starts[i];
        uint32_t length = starts[i + 1] - starts[i], h = seed, position = 0;
        for (; position + 4 <= length; position += 4) {
                uint32_t k = data[position] | data[position + 1] << 8 | data[position + 2] << 16
                             | (uint32_t)data[position + 3] << 24;
                h = rotate_left(h ^ rotate_left(k * 0xcc9e2d51, 15) * 0x1b873593, 13) * 5 + 0xe6546b64;
        }
        uint32_t rest = 0;
        switch (length & 3) {
        case 3:
                rest ^= data[position + 2] << 16;
        case 2:
                rest ^= data[position + 1] << 8;
        case 1:
                rest ^= data[position];
                h ^= rotate_left(rest * 0xcc9e2d51, 15) * 0x1b873593;
        }
        out[i] = murmur_mix(h ^ length);
}

__constant__ uint32_t sha256_round[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

__device__ static uint32_t rotate_right(uint32_t x, int count) { return __funnelshift_r(x, x, count); }

/* SHA-256 of messages of exactly 64 bytes, one a thread. */
extern "C" __global__ void hash_sha256(const uint32_t *messages, uint32_t *digests)
{
        uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
        for (int block = 0; block < 2; block++) {
                uint32_t w[16];
                for (int i = 0; i < 16; i++) {
                        uint32_t padding = i == 0 ? 0x80000000u : i == 15 ? 512 : 0;
                        w[i] = block == 0 ? __byte_perm(messages[global_thread() * 16 + i], 0, 0x0123) : padding;
                }
                uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
                uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
#pragma unroll 16
                for (int i = 0; i < 64; i++) {
                        uint32_t big1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
                        uint32_t first = h + big1 + ((e & f) ^ (~e & g)) + sha256_round[i] + w[i % 16];
                        uint32_t big0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
                        uint32_t second = big0 + ((a & b) ^ (a & c) ^ (b & c));
                        h = g, g = f, f = e, e = d + first, d = c, c = b, b = a, a = first + second;
                        uint32_t x = w[(i + 1) % 16], y = w[(i + 14) % 16];
                        w[i % 16] += (rotate_right(x, 7) ^ rotate_right(x, 18) ^ x >> 3) + w[(i + 9) % 16]
                                     + (rotate_right(y, 17) ^ rotate_right(y, 19) ^ y >> 10);
                }
                uint32_t added[8] = {a, b, c, d, e, f, g, h};
                for (int i = 0; i < 8; i++)
                        state[i] += added[i];
        }
        for (int i = 0; i < 8; i++)
                digests[global_thread() * 8 + i] = __byte_perm(state[i], 0, 0x0123);
}

__device__ uint32_t crc_table[256];

/* The table of CRC-32, made on the device for the next kernel. */
extern "C" __global__ void hash_crc32_table(void)
{
        uint32_t c = threadIdx.x;
        for (int bit = 0; bit < 8; bit++)
                c = c & 1 ? 0xedb88320 ^ c >> 1 : c >> 1;
        crc_table[threadIdx.x] = c;
}

/* CRC-32 of rows of `length` bytes, by that table. */
extern "C" __global__ void hash_crc32(const uint8_t *rows, uint32_t length, uint32_t *out)
{
        uint32_t crc = ~0u;
        const uint8_t *row = rows + (uint64_t)global_thread() * length;
        for (uint32_t i = 0; i < length; i++)
                crc = crc_table[(crc ^ row[i]) & 255] ^ crc >> 8;
        out[global_thread()] = ~crc;
}

/* FNV-1a and a finaliser of 64 bits; and the high half of a 64-bit product. */
extern "C" __global__ void hash_64(const uint64_t *in, uint64_t *out, uint32_t count)
{
        uint32_t i = global_thread();
        if (i >= count)
                return;
        uint64_t fnv = 0xcbf29ce484222325ull, x = in[i];
        for (int shift = 0; shift < 64; shift += 8)
                fnv = (fnv ^ (x >> shift & 255)) * 0x100000001b3ull;
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
        x = (x ^ x >> 27) * 0x94d049bb133111ebull;
        x ^= x >> 31;
        out[3 * i] = fnv;
        out[3 * i + 1] = x;
        out[3 * i + 2] = __umul64hi(fnv, x) ^ (uint64_t)__mul64hi((int64_t)fnv, (int64_t)x);
}

/* ---- random numbers ---------------------------------------------------------------------------------------------- */

/* Philox 4x32 with ten rounds: counter (thread, draw, 0, 0), key from the seed. */
extern "C" __global__ void random_philox(uint4 *out, uint64_t seed, uint32_t draws)
{
        for (uint32_t draw = 0; draw < draws; draw++) {
                uint4 c = make_uint4(global_thread(), draw, 0, 0);
                uint32_t k0 = (uint32_t)seed, k1 = seed >> 32;
                for (int round = 0; round < 10; round++) {
                        uint32_t high0 = __umulhi(0xd2511f53, c.x), low0 = 0xd2511f53 * c.x;
                        uint32_t high1 = __umulhi(0xcd9e8d57, c.z), low1 = 0xcd9e8d57 * c.z;
                        c = make_uint4(high1 ^ c.y ^ k0, low1, high0 ^ c.w ^ k1, low0);
                        k0 += 0x9e3779b9;
                        k1 += 0xbb67ae85;
                }
                out[draw * grid_threads() + global_thread()] = c;
        }
}

/* Xorwow with a Weyl sequence, as uniform floats and as normal ones (Box-Muller). */
extern "C" __global__ void random_xorwow(float *uniform, float2 *normal, uint32_t seed, uint32_t draws)
{
        uint32_t v[5], d = 6615241 + seed, s = seed + global_thread();
        for (int i = 0; i < 5; i++) {
                s = s * 1664525 + 1013904223;
                v[i] = s | 1;
        }
        float pair[2];
        for (uint32_t draw = 0; draw < draws; draw++) {
                uint32_t t = v[0] ^ v[0] >> 2;
                v[0] = v[1], v[1] = v[2], v[2] = v[3], v[3] = v[4];
                v[4] = (v[4] ^ v[4] << 4) ^ (t ^ t << 1);
                d += 362437;
                float u = (v[4] + d) * 2.3283064e-10f + 1.1641532e-10f;
                uniform[draw * grid_threads() + global_thread()] = u;
                pair[draw & 1] = u;
                if (draw & 1) {
                        float radius = sqrtf(-2.0f * logf(pair[0])), sine, cosine;
                        sincosf(6.2831855f * pair[1], &sine, &cosine);
                        normal[draw / 2 * grid_threads() + global_thread()] = make_float2(radius * cosine, radius * sine);
                }
        }
}

/* Mersenne Twister 19937: one CTA fills `rounds` times 624 words, the state in shared memory. */
extern "C" __global__ void random_mersenne(uint32_t *out, uint32_t seed, uint32_t rounds)
{
        const int n = 624, m = 397;
        __shared__ uint32_t state[n];
        if (threadIdx.x == 0) {
                state[0] = seed + blockIdx.x;
                for (int i = 1; i < n; i++)
                        state[i] = 1812433253u * (state[i - 1] ^ state[i - 1] >> 30) + i;
        }
        __syncthreads();
        /* In three pieces, so that no thread reads what another has yet to write. */
        const int bounds[4] = {0, n - m, 2 * (n - m), n};
        for (uint32_t round = 0; round < rounds; round++) {
                for (int piece = 0; piece < 3; piece++) {
                        int i = bounds[piece] + threadIdx.x;
                        uint32_t value = 0;
                        if (i < bounds[piece + 1] && i < n - (piece == 2)) {
                                uint32_t y = (state[i] & 0x80000000) | (state[(i + 1) % n] & 0x7fffffff);
                                value = state[(i + m) % n] ^ y >> 1 ^ (y & 1 ? 0x9908b0df : 0);
                        }
                        __syncthreads();
                        if (i < bounds[piece + 1] && i < n - (piece == 2))
                                state[i] = value;
                        __syncthreads();
                }
                if (threadIdx.x == 0) {
                        uint32_t y = (state[n - 1] & 0x80000000) | (state[0] & 0x7fffffff);
                        state[n - 1] = state[m - 1] ^ y >> 1 ^ (y & 1 ? 0x9908b0df : 0);
                }
                __syncthreads();
                for (int i = threadIdx.x; i < n; i += blockDim.x) {
                        uint32_t y = state[i];
                        y ^= y >> 11;
                        y ^= y << 7 & 0x9d2c5680;
                        y ^= y << 15 & 0xefc60000;
                        out[(blockIdx.x * rounds + round) * n + i] = y ^ y >> 18;
                }
                __syncthreads();
        }
}

/* PCG32 with a jump: each thread skips to its own place of one sequence, then draws. */
extern "C" __global__ void random_pcg(uint32_t *out, uint64_t seed, uint32_t draws)
{
        uint64_t multiplier = 6364136223846793005ull, increment = 1442695040888963407ull;
        uint64_t jump_multiplier = 1, jump_increment = 0, m = multiplier, c = increment;
        for (uint32_t steps = global_thread() * draws; steps; steps >>= 1) {
                if (steps & 1) {
                        jump_multiplier *= m;
                        jump_increment = jump_increment * m + c;
                }
                c *= m + 1;
                m *= m;
        }
        uint64_t state = seed * jump_multiplier + jump_increment;
        for (uint32_t draw = 0; draw < draws; draw++) {
                uint32_t shifted = ((state >> 18) ^ state) >> 27, turn = state >> 59;
                out[global_thread() * draws + draw] = __funnelshift_r(shifted, shifted, turn);
                state = state * multiplier + increment;
        }
}
