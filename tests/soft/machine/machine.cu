// What an SM does with threads: parting and meeting, calling, waiting. Built by
//   nvcc -cubin -arch=sm_90 -o machine.sm_90.cubin machine.cu   (and sm_80)
// for tests/soft/test_sm_control.py and test_sm_faults.py, which say what each kernel is to give.

typedef unsigned int u32;

__device__ __noinline__ int fibonacci(int n)
{
        return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

extern "C" __global__ void recursion(int *values)
{
        values[threadIdx.x] = fibonacci(values[threadIdx.x]);
}

__device__ __noinline__ int triple(int value) { return value * 3; }
__device__ __noinline__ int flip(int value) { return value ^ 5; }
__device__ __noinline__ int negate(int value) { return -value; }
__device__ int (*const operations[])(int) = {triple, flip, negate};

extern "C" __global__ void indirect_calls(int *values)
{
        values[threadIdx.x] = operations[threadIdx.x % 3](values[threadIdx.x]);
}

extern "C" __global__ void cases(int *values)
{
        int value = values[threadIdx.x];

        switch (value) {
        case 0: value = 7; break;
        case 1: value = value * value + 4; break;
        case 2: value = value + threadIdx.x; break;
        case 3: value = value - threadIdx.x; break;
        case 4: value = value << 3; break;
        case 5: value = value * threadIdx.x; break;
        case 6: value += 12; break;
        }
        values[threadIdx.x] = value;
}

// Each lane goes round as often as its value says; afterwards all lanes are together again.
extern "C" __global__ void different_rounds(u32 *values, u32 *together)
{
        u32 sum = 0;

        for (u32 i = 0; i < values[threadIdx.x]; i++)
                sum += i * i;
        __syncwarp();
        together[threadIdx.x] = __activemask();
        values[threadIdx.x] = sum;
}

// Lanes leave the loop early or the kernel altogether.
extern "C" __global__ void leaving(u32 *values, u32 *together)
{
        u32 value = values[threadIdx.x], i;

        for (i = 0; i < 100; i++) {
                if (i == value)
                        break;
                if (value > 50 && i > 10)
                        return;
        }
        __syncwarp(0x0000ffff);
        together[threadIdx.x] = __activemask();
        values[threadIdx.x] = i + 1000;
}

// A lane waits for the one before it: all must make progress.
extern "C" __global__ void chain_of_lanes(volatile u32 *flags)
{
        u32 lane = threadIdx.x;

        if (lane > 0)
                while (flags[lane - 1] == 0)
                        ;
        flags[lane] = lane + 1;
}

// A lock taken by every lane of every warp.
extern "C" __global__ void spin_lock(int *lock, int *counter)
{
        bool done = false;

        while (!done)
                if (atomicCAS(lock, 0, 1) == 0) {
                        __threadfence();
                        *(volatile int *)counter += 1;
                        __threadfence();
                        atomicExch(lock, 0);
                        done = true;
                }
}

// Every block waits for the last one.
extern "C" __global__ void wait_for_the_last(volatile u32 *flag, u32 *seen)
{
        if (blockIdx.x == gridDim.x - 1)
                *flag = 77;
        while (*flag == 0)
                ;
        seen[blockIdx.x] = *flag;
}

// All blocks meet, again and again.
extern "C" __global__ void grid_barrier(u32 *arrived, u32 *sums, int rounds)
{
        for (int round = 1; round <= rounds; round++) {
                __syncthreads();
                if (threadIdx.x == 0) {
                        atomicAdd(&sums[round - 1], 1);
                        __threadfence();
                        atomicAdd(arrived, 1);
                        while (*(volatile u32 *)arrived < round * gridDim.x)
                                ;
                        if (sums[round - 1] != gridDim.x)
                                sums[rounds] = 1;
                }
                __syncthreads();
        }
}

// Warps that have exited are not waited for.
extern "C" __global__ void barrier_of_the_rest(u32 *out)
{
        __shared__ u32 words[256];

        if (threadIdx.x / 32 % 2)
                return;
        words[threadIdx.x] = threadIdx.x + 1;
        __syncthreads();
        out[threadIdx.x] = words[(threadIdx.x + 64) % 256];
}

// Lanes of a warp come to the barrier at different times and places.
extern "C" __global__ void barrier_in_parts(u32 *out)
{
        __shared__ u32 words[128];

        words[threadIdx.x] = threadIdx.x;
        if (threadIdx.x % 3 == 0)
                asm volatile("barrier.sync 0;");
        else if (threadIdx.x % 3 == 1)
                asm volatile("barrier.sync 0;");
        else
                asm volatile("barrier.sync 0;");
        out[threadIdx.x] = words[127 - threadIdx.x];
}

// Producers arrive without waiting, consumers wait.
extern "C" __global__ void producers(u32 *out, int rounds)
{
        __shared__ u32 words[64];
        u32 lane = threadIdx.x % 64, sum = 0;

        for (int round = 0; round < rounds; round++)
                if (threadIdx.x < 64) {
                        asm volatile("bar.sync 2, 128;" ::: "memory");
                        words[lane] = lane * round;
                        asm volatile("bar.arrive 1, 128;" ::: "memory");
                } else {
                        asm volatile("bar.arrive 2, 128;" ::: "memory");
                        asm volatile("bar.sync 1, 128;" ::: "memory");
                        sum += words[63 - lane];
                }
        if (threadIdx.x >= 64)
                out[lane] = sum;
}

extern "C" __global__ void counted(const u32 *in, uint4 *out)
{
        u32 value = in[threadIdx.x];

        out[threadIdx.x] = make_uint4(__syncthreads_count(value & 1), __syncthreads_and(value < 1000),
                                      __syncthreads_or(value == 77), __syncthreads_and(value & 1));
}

// Half of the warps wait for a barrier that nobody else comes to.
extern "C" __global__ void hangs(u32 *out)
{
        if (threadIdx.x < 32)
                asm volatile("bar.sync 1, 64;" ::: "memory");
        else
                asm volatile("bar.sync 2, 64;" ::: "memory");
        out[threadIdx.x] = 1;
}

extern "C" __global__ void never_ends(volatile u32 *out)
{
        while (out[1] == 0)
                out[0] += 1;
}

__device__ __noinline__ int deep(int depth, volatile int *sink)
{
        volatile int frame[32];

        for (int i = 0; i < 32; i++)
                frame[i] = depth + i;
        if (depth > 0)
                frame[depth % 32] += deep(depth - 1, sink);
        return frame[(depth + 1) % 32] + *sink;
}

extern "C" __global__ void deep_recursion(int depth, int *out)
{
        out[threadIdx.x] = deep(depth + threadIdx.x, out);
}

extern "C" __global__ void asserts(const int *in)
{
        if (in[threadIdx.x] > 100)
                __trap();
}

__constant__ int table[64] = {1, 2, 3, 5, 8, 13, 21, 34};
__constant__ short halves[4] = {-1, 2, -3, 4};

extern "C" __global__ void constants(const int *in, int *out)
{
        out[threadIdx.x] = table[in[threadIdx.x]] + halves[threadIdx.x % 4];
}

// Generic pointers to local, shared and global memory.
extern "C" __global__ void generic_pointers(const int *in, int *out)
{
        __shared__ int shared_words[32];
        int local_words[4] = {(int)threadIdx.x, 2, 3, in[0]};
        int *places[3] = {shared_words + threadIdx.x, local_words + in[1], out + 32 + threadIdx.x};
        volatile int *place = places[(threadIdx.x + in[1]) % 3];

        shared_words[threadIdx.x] = 100;
        out[32 + threadIdx.x] = 200;
        __syncwarp();
        *place = *place + 1;
        __syncwarp();
        out[threadIdx.x] = *place;
}

extern "C" __global__ void who_am_i(u32 *out)
{
        u32 lane, warp, warps, sm, sms, below, dynamic_bytes;
        u32 thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
        u32 block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
        u32 *row = out + 8 * (thread + blockDim.x * blockDim.y * blockDim.z * block);

        asm("mov.u32 %0, %%laneid;" : "=r"(lane));
        asm("mov.u32 %0, %%warpid;" : "=r"(warp));
        asm("mov.u32 %0, %%nwarpid;" : "=r"(warps));
        asm("mov.u32 %0, %%smid;" : "=r"(sm));
        asm("mov.u32 %0, %%nsmid;" : "=r"(sms));
        asm("mov.u32 %0, %%lanemask_lt;" : "=r"(below));
        asm("mov.u32 %0, %%dynamic_smem_size;" : "=r"(dynamic_bytes));
        row[0] = thread;
        row[1] = block;
        row[2] = lane;
        row[3] = warp;
        row[4] = sm < sms && warp < warps;
        row[5] = below;
        row[6] = dynamic_bytes;
        row[7] = threadIdx.y << 16 | threadIdx.z;
}

extern "C" __global__ void clocks(long long *out)
{
        long long begin = clock64(), now;
        u32 low = clock();

        do
                now = clock64();
        while (now - begin < 2000);
        __nanosleep(100);
        out[0] = now > begin;
        out[1] = clock() != low;
        asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(out[2]));
}

// Two parts of a warp are summed at one place; afterwards the whole warp is. Only sm_80 and later can sum so.
extern "C" __global__ void sums_of_parts(const u32 *values, u32 *sums)
{
        u32 value = values[threadIdx.x];
        u32 mask = threadIdx.x < 10 ? 0x3ff : 0xfffffc00;

        sums[threadIdx.x] = __reduce_add_sync(mask, value);
        sums[32 + threadIdx.x] = __reduce_add_sync(0xffffffff, value);
}
