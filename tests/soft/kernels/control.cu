/*
 * Control flow: calls of every kind, recursion, tables of jumps, stacks, divergence with early exits, locks and flags.
 */
#include "common.cuh"
#include <alloca.h>

/* ---- calls ------------------------------------------------------------------------------------------------------- */

__device__ __noinline__ uint32_t ackermann(uint32_t m, uint32_t n)
{
        if (m == 0)
                return n + 1;
        if (n == 0)
                return ackermann(m - 1, 1);
        return ackermann(m - 1, ackermann(m, n - 1));
}

/* Ackermann's function of small numbers: deep recursion that differs from lane to lane. */
extern "C" __global__ void call_ackermann(const uint2 *in, uint32_t *out)
{
        out[global_thread()] = ackermann(in[global_thread()].x, in[global_thread()].y);
}

__device__ __noinline__ void hanoi(int disks, int from, int to, uint32_t *moves, uint32_t *digest)
{
        if (disks == 0)
                return;
        hanoi(disks - 1, from, 3 - from - to, moves, digest);
        *digest = *digest * 31 + from * 3 + to;
        ++*moves;
        hanoi(disks - 1, 3 - from - to, to, moves, digest);
}

/* The towers of Hanoi, by pointers into the caller's stack. */
extern "C" __global__ void call_hanoi(const int *disks, uint2 *out)
{
        uint32_t moves = 0, digest = 7;
        hanoi(disks[global_thread()], 0, 2, &moves, &digest);
        out[global_thread()] = make_uint2(moves, digest);
}

typedef float (*Function)(float);
__device__ __noinline__ float doubled(float x) { return x * 2.0f; }
__device__ __noinline__ float root_third(float x) { return sqrtf(x) / 3.0f; }
__device__ __noinline__ float logarithm(float x) { return logf(x); }
__device__ __noinline__ float iterated(float x)
{
        for (int i = 0; i < (int)(x * 3.0f); i++)
                x = x * 0.75f + 0.5f;
        return x;
}
__device__ Function functions[4] = {doubled, root_third, logarithm, iterated};

/* Calls through a table of pointers, a different one in each lane. */
extern "C" __global__ void call_pointers(const float *in, const uint32_t *which, float *out)
{
        float x = in[global_thread()];
        for (int round = 0; round < 3; round++)
                x = functions[(which[global_thread()] >> 2 * round) & 3](x);
        out[global_thread()] = x;
}

struct Shape {
        __device__ virtual float area(float scale) const = 0;
        __device__ virtual int corners() const { return 0; }
};
struct Square : Shape {
        float side;
        __device__ Square(float side) : side(side) {}
        __device__ float area(float scale) const override { return side * side * scale; }
        __device__ int corners() const override { return 4; }
};
struct Disc : Shape {
        float radius;
        __device__ Disc(float radius) : radius(radius) {}
        __device__ float area(float scale) const override { return 3.14159265f * radius * radius * scale; }
};
struct Ring : Disc {
        float hole;
        __device__ Ring(float radius, float hole) : Disc(radius), hole(hole) {}
        __device__ float area(float scale) const override { return Disc::area(scale) - 3.14159265f * hole * hole * scale; }
        __device__ int corners() const override { return -1; }
};

/* Virtual calls: objects of three classes on the stack, chosen by each lane. */
extern "C" __global__ void call_virtual(const float *in, const uint32_t *which, float *areas, int *corners)
{
        uint32_t i = global_thread();
        Square square(in[i]);
        Disc disc(in[i] + 1.0f);
        Ring ring(in[i] + 2.0f, 0.5f);
        const Shape *shapes[3] = {&square, &disc, &ring};
        const Shape *shape = shapes[which[i] % 3];
        areas[i] = shape->area(1.0f + (which[i] >> 8 & 3));
        corners[i] = shape->corners();
}

/* A stack machine: its program is data, its operations are cases of one switch, its stack is local memory. */
extern "C" __global__ void interpreter(const uint8_t *programs, const uint32_t *starts, const int *inputs, int *out)
{
        int stack[32], depth = 0, steps = 0;
        uint32_t at = starts[global_thread()];
        stack[depth++] = inputs[global_thread()];
        while (steps++ < 4000) {
                uint8_t operation = programs[at++];
                switch (operation) {
                case 0:
                        goto end;
                case 1:
                        stack[depth++] = (int8_t)programs[at++];
                        break;
                case 2:
                        stack[depth] = stack[depth - 1];
                        depth++;
                        break;
                case 3:
                        depth--;
                        break;
                case 4:
                        depth--;
                        stack[depth - 1] += stack[depth];
                        break;
                case 5:
                        depth--;
                        stack[depth - 1] -= stack[depth];
                        break;
                case 6:
                        depth--;
                        stack[depth - 1] *= stack[depth];
                        break;
                case 7:
                        depth--;
                        stack[depth - 1] = stack[depth] ? stack[depth - 1] / stack[depth] : -1;
                        break;
                case 8:
                        stack[depth - 1] = stack[depth - 1] & 1 ? 3 * stack[depth - 1] + 1 : stack[depth - 1] >> 1;
                        break;
                case 9: {
                        int swap = stack[depth - 1];
                        stack[depth - 1] = stack[depth - 2];
                        stack[depth - 2] = swap;
                        break;
                }
                case 10:
                        at += stack[--depth] ? (int8_t)programs[at] : 1;
                        break;
                case 11:
                        stack[depth - 1] ^= stack[depth - 1] << 7;
                        break;
                default:
                        stack[depth - 1] = ~operation;
                        break;
                }
        }
end:
        out[2 * global_thread()] = stack[depth - 1];
        out[2 * global_thread() + 1] = steps;
}

/* ---- stacks ------------------------------------------------------------------------------------------------------ */

/* Local arrays of several element sizes, written and read at indices known only at run time. */
extern "C" __global__ void local_arrays(const uint32_t *in, uint64_t *out)
{
        uint8_t bytes[64];
        uint16_t halves[32];
        uint32_t words[16];
        uint64_t longs[8];
        uint4 quads[4];
        uint32_t seed = in[global_thread()];
        for (int i = 0; i < 64; i++) {
                uint32_t mixed = seed * (2 * i + 1) ^ seed >> (i & 15);
                bytes[(i * 13 + seed) & 63] = mixed;
                halves[(i * 7 + seed) & 31] = mixed >> 3;
                words[(i * 5 + seed) & 15] = mixed;
                longs[(i * 3 + seed) & 7] = (uint64_t)mixed * mixed;
                quads[(i + seed) & 3] = make_uint4(mixed, i, seed, ~mixed);
        }
        uint64_t digest = 0;
        for (int i = 0; i < 64; i++) {
                uint4 quad = quads[(seed >> i % 30) & 3];
                digest = digest * 1099511628211ull + bytes[(seed + i) & 63] + halves[(seed ^ i) & 31] + words[i * seed & 15]
                         + longs[(seed - i) & 7] + quad.x + quad.y + quad.z + quad.w + (int8_t)bytes[i] + (int16_t)halves[i / 2];
        }
        out[global_thread()] = digest;
}

/* Memory of a size known only at run time, on the stack (alloca), in a loop of calls. */
__device__ __noinline__ uint32_t sum_on_stack(uint32_t words, uint32_t seed)
{
        uint32_t *space = (uint32_t *)alloca(words * sizeof(uint32_t));
        for (uint32_t i = 0; i < words; i++)
                space[i] = seed * i ^ i << 9;
        uint32_t sum = 0;
        for (uint32_t i = 0; i < words; i++)
                sum = sum * 3 + space[(i * 7 + seed) % words];
        return sum;
}

extern "C" __global__ void local_alloca(const uint32_t *in, uint32_t *out)
{
        uint32_t sum = 0;
        for (int round = 0; round < 3; round++)
                sum += sum_on_stack(1 + (in[global_thread()] + round * 11) % 40, in[global_thread()]);
        out[global_thread()] = sum;
}

/* ---- divergence -------------------------------------------------------------------------------------------------- */

__device__ __noinline__ int collatz(int n, int limit)
{
        int steps = 0;
        while (n != 1 && steps < limit) {
                n = n & 1 ? 3 * n + 1 : n >> 1;
                steps++;
        }
        return steps;
}

/* Rounds of exchange through shared memory with four different things to do in between, some of them calls. */
extern "C" __global__ void diverge_rounds(const int *in, int *out, int count, int rounds)
{
        __shared__ int exchange[256];
        int i = global_thread(), value = i < count ? in[i] : 0, buffer[16];
        for (int k = 0; k < 16; k++)
                buffer[k] = value * k;
        for (int round = 0; round < rounds; round++) {
                exchange[threadIdx.x] = value;
                __syncthreads();
                int other = exchange[(threadIdx.x + round * 7 + 1) & (blockDim.x - 1)];
                switch (other & 3) {
                case 0:
                        buffer[other & 15] += collatz(other | 1, 100);
                        break;
                case 1:
                        for (int j = 0; j < (other & 15); j++)
                                buffer[j] ^= other * j;
                        break;
                case 2:
                        if (value > other) {
                                value -= other;
                        } else {
                                do {
                                        value += 3;
                                        if (value % 7 == 0)
                                                break;
                                } while (value < other);
                        }
                        break;
                default:
                        value = __popc(value) * other / (1 + (value & 7));
                }
                __syncthreads();
                value += buffer[(value ^ round) & 15];
        }
        if (i >= count)
                return;
        if (value < 0) {
                out[i] = -1;
                return;
        }
        int sum = 0;
        for (int k = 0; k < 16; k++)
                sum += buffer[k];
        out[i] = sum + value;
}

/* Nested loops that lanes leave, continue and return from at different times, while the rest vote on what is left. */
extern "C" __global__ void diverge_exits(const uint32_t *in, uint32_t *out, uint32_t *votes)
{
        uint32_t i = global_thread(), x = in[i], found = 0;
        if (x % 11 == 5) {
                out[i] = ~0u;
                return;
        }
        for (uint32_t a = 1; a < 40; a++) {
                if ((x ^ a) % 5 == 0)
                        continue;
                for (uint32_t b = a; b < 60; b++) {
                        if (a * b > (x & 1023))
                                break;
                        if (a * a + b * b == (x & 2047)) {
                                out[i] = a << 16 | b;
                                return;
                        }
                        found += b & 1;
                }
                if (found > (x >> 20 & 255))
                        goto enough;
        }
        found |= 0x10000;
enough:
        out[i] = found;
        if (lane_id() == 31 - __clz(__activemask()))
                atomicAdd(votes, 1);
}

/* Least common multiples by Euclid and square roots by Newton, in while loops whose lengths differ by lane. */
extern "C" __global__ void diverge_loops(const uint2 *in, uint64_t *out)
{
        uint32_t a = in[global_thread()].x | 1, b = in[global_thread()].y | 1, x = a, y = b;
        while (y) {
                uint32_t rest = x % y;
                x = y;
                y = rest;
        }
        uint64_t multiple = (uint64_t)(a / x) * b, root = multiple;
        for (uint64_t next = (root + 1) / 2; next < root; next = (root + multiple / root) / 2)
                root = next;
        out[2 * global_thread()] = multiple;
        out[2 * global_thread() + 1] = root;
}

/* ---- locks and flags --------------------------------------------------------------------------------------------- */

/* Each thread adds to a counter of 64 bits in two plain words, under a lock that it takes by compare-and-swap. */
extern "C" __global__ void lock_spin(int *lock, volatile uint32_t *counter, uint32_t turns)
{
        for (uint32_t turn = 0; turn < turns; turn++) {
                bool done = false;
                while (!done) {
                        if (atomicCAS(lock, 0, 1) == 0) {
                                __threadfence();
                                uint32_t low = counter[0] + 0x9000000 + threadIdx.x;
                                counter[1] = counter[1] + (low < counter[0]);
                                counter[0] = low;
                                __threadfence();
                                atomicExch(lock, 0);
                                done = true;
                        }
                }
        }
}

/* Tickets: CTAs pass in the order in which they came; each notes what it saw. */
extern "C" __global__ void lock_ticket(uint32_t *next, volatile uint32_t *serving, volatile uint32_t *log)
{
        if (threadIdx.x == 0) {
                uint32_t ticket = atomicAdd(next, 1);
                while (*serving != ticket)
                        ;
                __threadfence();
                log[ticket] = (ticket == 0 ? 0 : log[ticket - 1] * 3) + ticket;
                __threadfence();
                *serving = ticket + 1;
        }
}

/* Even CTAs produce, odd ones consume, through a ring of four places in global memory with flags. */
extern "C" __global__ void producer_consumer(volatile uint32_t *ring, volatile uint32_t *flags, uint32_t *out, uint32_t items)
{
        uint32_t pair = blockIdx.x / 2;
        volatile uint32_t *own = ring + pair * 4 * blockDim.x, *full = flags + pair * 4;
        uint32_t sum = 0;
        for (uint32_t item = 0; item < items; item++) {
                uint32_t slot = item % 4;
                if (threadIdx.x == 0) {
                        uint32_t wanted = blockIdx.x % 2 == 0 ? 0 : 1;
                        while (full[slot] != wanted)
                                ;
                        __threadfence();
                }
                __syncthreads();
                if (blockIdx.x % 2 == 0)
                        own[slot * blockDim.x + threadIdx.x] = item * 2654435761u ^ threadIdx.x * pair;
                else
                        sum = rotate_left(sum, 5) + own[slot * blockDim.x + threadIdx.x];
                __threadfence();
                __syncthreads();
                if (threadIdx.x == 0)
                        full[slot] = blockIdx.x % 2 == 0 ? 1 : 0;
        }
        if (blockIdx.x % 2 == 1)
                out[pair * blockDim.x + threadIdx.x] = sum;
}

/* Warps of a CTA wait for each other: the first lane of each passes a value on to the next warp through shared memory. */
extern "C" __global__ void warp_relay(const uint32_t *in, uint32_t *out)
{
        __shared__ volatile uint32_t cell[32], ready[32];
        uint32_t warp = threadIdx.x / WARP;
        if (threadIdx.x < 32)
                ready[threadIdx.x] = 0;
        __syncthreads();
        if (lane_id() == 0) {
                uint32_t before = 1;
                if (warp > 0) {
                        while (ready[warp - 1] == 0)
                                ;
                        __threadfence_block();
                        before = cell[warp - 1];
                }
                cell[warp] = before * 5 + in[global_thread()];
                __threadfence_block();
                ready[warp] = 1;
        }
        __syncwarp();
        out[global_thread()] = cell[warp] ^ in[global_thread()];
}

/* ---- the clock --------------------------------------------------------------------------------------------------- */

/* Clocks go forward: what is read twice with work in between; `passed` counts the threads where they did. */
extern "C" __global__ void clocks(uint32_t *passed, uint64_t *seen)
{
        uint32_t first = clock();
        uint64_t first_wide = clock64(), first_time, second_time;
        asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(first_time));
        uint32_t work = threadIdx.x;
        for (int i = 0; i < 100; i++)
                work = work * 1664525 + 1013904223;
        seen[global_thread()] = work;
        __threadfence();
        uint64_t second_wide = clock64();
        uint32_t second = clock();
        asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(second_time));
        if (second - first < 0x80000000 && second_wide > first_wide && second_time >= first_time)
                atomicAdd(passed, 1);
        seen[global_thread()] = second_wide - first_wide;
}

/* Where a thread is, as the special registers tell it. */
extern "C" __global__ void special_registers(uint32_t *out)
{
        uint32_t values[16];
        asm volatile("mov.u32 %0, %%laneid;" : "=r"(values[0]));
        asm volatile("mov.u32 %0, %%lanemask_eq;" : "=r"(values[1]));
        asm volatile("mov.u32 %0, %%lanemask_le;" : "=r"(values[2]));
        asm volatile("mov.u32 %0, %%lanemask_ge;" : "=r"(values[3]));
        asm volatile("mov.u32 %0, %%lanemask_gt;" : "=r"(values[4]));
        asm volatile("mov.u32 %0, %%total_smem_size;" : "=r"(values[5]));
        asm volatile("mov.u32 %0, %%dynamic_smem_size;" : "=r"(values[6]));
        asm volatile("mov.u32 %0, %%ntid.z;" : "=r"(values[7]));
        values[8] = threadIdx.x, values[9] = threadIdx.y, values[10] = threadIdx.z;
        values[11] = blockIdx.x, values[12] = blockIdx.y, values[13] = blockIdx.z;
        values[14] = gridDim.x, values[15] = gridDim.y * 256 + gridDim.z;
        uint32_t block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
        uint32_t thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
        uint32_t at = block * blockDim.x * blockDim.y * blockDim.z + thread;
        for (int i = 0; i < 16; i++)
                out[at * 16 + i] = values[i];
}
