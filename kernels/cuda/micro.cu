/*
 * Small kernels for tests and benchmarks: what a driver must get right, one thing at a time.
 *
 * Nothing here computes anything of use. Each kernel makes one mechanism visible: arguments, launch shape, shared,
 * local, global and constant memory, ordering between launches, and each way in which a kernel can go wrong.
 */
#include <stdint.h>

__device__ static inline uint32_t sm_id(void)
{
        uint32_t id;
        asm volatile("mov.u32 %0, %%smid;" : "=r"(id));
        return id;
}

__device__ static inline uint64_t time_ns(void)
{
        uint64_t now;
        asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
        return now;
}

__device__ static inline uint64_t global_thread(void)
{
        return (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
}

/* ---- launches ---------------------------------------------------------------------------------------------------- */

extern "C" __global__ void empty(void) {}

/* out[0] = value, by one thread of the grid. */
extern "C" __global__ void store(uint32_t *out, uint32_t value)
{
        if (global_thread() == 0)
                out[0] = value;
}

/* out[i] = value + i for i < count. */
extern "C" __global__ void store_ramp(uint32_t *out, uint32_t value, uint32_t count)
{
        uint64_t i = global_thread();
        if (i < count)
                out[i] = value + (uint32_t)i;
}

/* y = scale * x + y, one element a thread; the grid must cover the arrays exactly. */
extern "C" __global__ void saxpy(const float *x, float *y, float scale)
{
        uint64_t i = global_thread();
        y[i] = scale * x[i] + y[i];
}

/* The same for any number of elements and any grid. */
extern "C" __global__ void saxpy_n(const float *x, float *y, float scale, uint64_t count)
{
        for (uint64_t i = global_thread(); i < count; i += (uint64_t)gridDim.x * blockDim.x)
                y[i] = scale * x[i] + y[i];
}

/* out[i] = in[i] + addend for i < count: reads, writes and takes arguments that change. */
extern "C" __global__ void add_constant(uint32_t *out, const uint32_t *in, uint32_t addend, uint32_t count)
{
        for (uint64_t i = global_thread(); i < count; i += (uint64_t)gridDim.x * blockDim.x)
                out[i] = in[i] + addend;
}

/* Each thread of a grid of any shape writes eight words at its row-major place: block xyz, thread xyz, SM, lane. */
extern "C" __global__ void launch_shape(uint32_t *out)
{
        uint64_t block = ((uint64_t)blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
        uint64_t thread = ((uint64_t)threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
        uint32_t *row = out + 8 * (block * blockDim.x * blockDim.y * blockDim.z + thread);
        uint32_t lane;
        asm volatile("mov.u32 %0, %%laneid;" : "=r"(lane));
        row[0] = blockIdx.x;
        row[1] = blockIdx.y;
        row[2] = blockIdx.z;
        row[3] = threadIdx.x;
        row[4] = threadIdx.y;
        row[5] = threadIdx.z;
        row[6] = sm_id();
        row[7] = lane;
}

/* out = grid xyz, block xyz, as the first thread sees them. */
extern "C" __global__ void launch_dimensions(uint32_t *out)
{
        if (blockIdx.x | blockIdx.y | blockIdx.z | threadIdx.x | threadIdx.y | threadIdx.z)
                return;
        out[0] = gridDim.x;
        out[1] = gridDim.y;
        out[2] = gridDim.z;
        out[3] = blockDim.x;
        out[4] = blockDim.y;
        out[5] = blockDim.z;
}

struct Mixed {
        uint8_t first;
        uint32_t second;
        uint16_t third;
};

/* Arguments of every size and alignment, written back as eleven 64-bit words (floating point as bits). */
extern "C" __global__ void arguments(uint64_t *out, int8_t a, int16_t b, int32_t c, int64_t d, float e, double f,
                                     uint8_t g, Mixed h, uint64_t i)
{
        out[0] = (uint64_t)(int64_t)a;
        out[1] = (uint64_t)(int64_t)b;
        out[2] = (uint64_t)(int64_t)c;
        out[3] = (uint64_t)d;
        out[4] = __float_as_uint(e);
        out[5] = (uint64_t)__double_as_longlong(f);
        out[6] = g;
        out[7] = h.first;
        out[8] = h.second;
        out[9] = h.third;
        out[10] = i;
}

struct Words1000 {
        uint32_t word[1000];
};

/* out[i] = words[i] for a by-value structure of 4000 bytes, near the 4 KiB that every chip takes. */
extern "C" __global__ void large_argument(uint32_t *out, const __grid_constant__ Words1000 words)
{
        for (uint32_t i = threadIdx.x; i < 1000; i += blockDim.x)
                out[i] = words.word[i];
}

/* ---- order between launches -------------------------------------------------------------------------------------- */

/* value[0] += 1 by one thread: a chain of launches must count exactly. Plain loads: L1 must not keep old data. */
extern "C" __global__ void increment(uint32_t *value)
{
        if (global_thread() == 0)
                value[0] = value[0] + 1;
}

/* to[0] = from[0] + 1: each launch reads where its predecessor wrote. */
extern "C" __global__ void increment_from(uint32_t *to, const uint32_t *from)
{
        if (global_thread() == 0)
                to[0] = from[0] + 1;
}

/*
 * cells[step + 1] = cells[step] + 1, by block `step % gridDim.x`: with two blocks or more, successive launches run on
 * different SMs. `sms[step]`, where given, says on which.
 */
extern "C" __global__ void chain_step(uint32_t *cells, uint32_t *sms, uint32_t step)
{
        if (blockIdx.x != step % gridDim.x || threadIdx.x != 0)
                return;
        cells[step + 1] = cells[step] + 1;
        if (sms)
                sms[step] = sm_id();
}

/* value[0] += 1 by block `step % gridDim.x`: the same with one cell, which L1 of the SM before may still hold. */
extern "C" __global__ void increment_by_block(uint32_t *value, uint32_t *sms, uint32_t step)
{
        if (blockIdx.x != step % gridDim.x || threadIdx.x != 0)
                return;
        value[0] = value[0] + 1;
        if (sms)
                sms[step] = sm_id();
}

/* Every thread of the grid adds one. */
extern "C" __global__ void count_threads(uint32_t *counter)
{
        atomicAdd(counter, 1u);
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

/*
 * Spins until `*word == expected` or `limit_ns` have passed; outcome[0] = 1 or 2 and outcome[1] = polls done.
 * The word may lie in host memory. A limit of some minutes makes it a kernel that never ends.
 */
extern "C" __global__ void spin_until(volatile uint32_t *word, uint32_t expected, uint64_t limit_ns, uint32_t *outcome)
{
        if (global_thread() != 0)
                return;
        uint64_t start = time_ns();
        uint32_t polls = 0, result = 0;
        while (!result) {
                polls++;
                if (*word == expected)
                        result = 1;
                else if (time_ns() - start > limit_ns)
                        result = 2;
        }
        outcome[0] = result;
        outcome[1] = polls;
}

/* Every thread spins for `duration_ns`; out[0..1] = start and end of thread 0 on the GPU's clock, in ns. */
extern "C" __global__ void spin_for(uint64_t duration_ns, uint64_t *out)
{
        uint64_t start = time_ns(), now = start;
        while (now - start < duration_ns)
                now = time_ns();
        if (global_thread() == 0) {
                out[0] = start;
                out[1] = now;
        }
}

/* out[0] = global timer in ns, out[1] = SM clock. */
extern "C" __global__ void read_clocks(uint64_t *out)
{
        if (global_thread() == 0) {
                out[0] = time_ns();
                out[1] = (uint64_t)clock64();
        }
}

/* ---- memories ---------------------------------------------------------------------------------------------------- */

/* Each block reverses its blockDim.x words in 12 KiB of static shared memory. */
extern "C" __global__ void static_shared_reverse(uint32_t *out, const uint32_t *in)
{
        __shared__ uint32_t words[3072];
        uint64_t i = global_thread();
        words[threadIdx.x] = in[i];
        __syncthreads();
        out[i] = words[blockDim.x - 1 - threadIdx.x];
}

extern __shared__ uint32_t dynamic_words[];

/* The same in dynamic shared memory of 4 * blockDim.x bytes. */
extern "C" __global__ void dynamic_shared_reverse(uint32_t *out, const uint32_t *in)
{
        uint64_t i = global_thread();
        dynamic_words[threadIdx.x] = in[i];
        __syncthreads();
        out[i] = dynamic_words[blockDim.x - 1 - threadIdx.x];
}

/*
 * Fills `count` words of dynamic shared memory with a pattern, reads them back in another order; a block's sum of
 * (value XOR expected) goes to out[blockIdx.x] and is 0 if all of the memory is there.
 */
extern "C" __global__ void dynamic_shared_check(uint32_t *out, uint32_t count)
{
        __shared__ uint32_t wrong;
        if (threadIdx.x == 0)
                wrong = 0;
        for (uint32_t i = threadIdx.x; i < count; i += blockDim.x)
                dynamic_words[i] = i * 2654435761u + blockIdx.x;
        __syncthreads();
        for (uint32_t i = threadIdx.x; i < count; i += blockDim.x) {
                uint32_t j = count - 1 - i;
                if (dynamic_words[j] != j * 2654435761u + blockIdx.x)
                        atomicAdd(&wrong, 1u);
        }
        __syncthreads();
        if (threadIdx.x == 0)
                out[blockIdx.x] = wrong;
}

/* out = bytes of dynamic and of all shared memory, as the SM's special registers say. */
extern "C" __global__ void shared_sizes(uint32_t *out)
{
        uint32_t dynamic_bytes, total_bytes;
        asm volatile("mov.u32 %0, %%dynamic_smem_size;" : "=r"(dynamic_bytes));
        asm volatile("mov.u32 %0, %%total_smem_size;" : "=r"(total_bytes));
        if (global_thread() == 0) {
                out[0] = dynamic_bytes;
                out[1] = total_bytes;
                out[2] = dynamic_bytes ? (dynamic_words[dynamic_bytes / 4 - 1] = 0x5a5a5a5a) : 0;
        }
}

/* Each thread fills 256 words of local memory, walks them with `stride` and writes the sum: 1 KiB a thread. */
extern "C" __global__ void local_memory(uint32_t *out, uint32_t stride)
{
        uint32_t words[256];
        uint64_t thread = global_thread();
#pragma unroll 1
        for (uint32_t i = 0; i < 256; i++)
                words[(i * stride) & 255] = i + (uint32_t)thread;
        uint32_t sum = 0;
#pragma unroll 1
        for (uint32_t i = 0; i < 256; i++)
                sum = sum * 31 + words[(i * (stride + 2)) & 255];
        out[thread] = sum;
}

/* A thread of its own calls itself `depth` times with a frame of 64 bytes or more; out = depth * (depth + 1) / 2. */
__device__ __noinline__ static uint32_t descend(uint32_t depth, volatile uint32_t *sink)
{
        volatile uint32_t frame[16];
        frame[depth & 15] = depth;
        if (depth == 0)
                return 0;
        uint32_t below = descend(depth - 1, sink);
        return below + frame[depth & 15];
}

extern "C" __global__ void recurse(uint32_t *out, uint32_t depth)
{
        out[global_thread()] = descend(depth, out);
}

extern "C" {
__device__ uint32_t global_initialised[4] = {11, 22, 33, 44};
__device__ uint32_t global_zero[1024];
__device__ uint32_t *global_pointer = &global_initialised[2]; /* needs a relocation when loaded */
__constant__ uint32_t constant_table[8] = {1, 1, 2, 3, 5, 8, 13, 21};
}

/*
 * out[0..3] the initialised variable, out[4] through the relocated pointer, out[5..12] the constants, out[13] the sum
 * of the zero-filled variable, and then adds 1 to global_zero[0]: the second launch sees what the first left.
 */
extern "C" __global__ void globals(uint32_t *out)
{
        if (global_thread() != 0)
                return;
        for (int i = 0; i < 4; i++)
                out[i] = global_initialised[i];
        out[4] = *global_pointer;
        for (int i = 0; i < 8; i++)
                out[5 + i] = constant_table[(i + out[0] - 11) & 7];
        uint32_t sum = 0;
#pragma unroll 1
        for (int i = 0; i < 1024; i++)
                sum += global_zero[i];
        out[13] = sum;
        global_zero[0] += 1;
}

__device__ __noinline__ static uint32_t operation_add(uint32_t a, uint32_t b) { return a + b; }
__device__ __noinline__ static uint32_t operation_multiply(uint32_t a, uint32_t b) { return a * b; }
__device__ __noinline__ static uint32_t operation_xor(uint32_t a, uint32_t b) { return a ^ b; }

typedef uint32_t (*operation)(uint32_t, uint32_t);
__device__ static operation operations[3] = {operation_add, operation_multiply, operation_xor};

/* Calls through a table of function pointers, which the loader relocates: out[0] = operations[which](a, b). */
extern "C" __global__ void indirect_call(uint32_t *out, uint32_t which, uint32_t a, uint32_t b)
{
        if (global_thread() == 0)
                out[0] = operations[which % 3](a, b);
}

/* ---- what goes wrong, on purpose --------------------------------------------------------------------------------- */

/* Reads a word at any GPU virtual address: unmapped, or not a multiple of 4. */
extern "C" __global__ void fault_read(uint64_t gpu_va, uint32_t *out)
{
        uint32_t value;
        asm volatile("ld.global.u32 %0, [%1];" : "=r"(value) : "l"(gpu_va) : "memory");
        out[0] = value;
}

/* Writes a word at any GPU virtual address. */
extern "C" __global__ void fault_write(uint64_t gpu_va, uint32_t value)
{
        asm volatile("st.global.u32 [%0], %1;" ::"l"(gpu_va), "r"(value) : "memory");
}

/* Adds to a word at any GPU virtual address. */
extern "C" __global__ void fault_atomic(uint64_t gpu_va, uint32_t value)
{
        asm volatile("red.global.add.u32 [%0], %1;" ::"l"(gpu_va), "r"(value) : "memory");
}

/* Reads shared memory at a byte offset of the caller's choice: 1 MiB is beyond every chip's window. */
extern "C" __global__ void fault_shared(uint32_t offset, uint32_t *out)
{
        uint32_t value;
        asm volatile("ld.shared.u32 %0, [%1];" : "=r"(value) : "r"(offset) : "memory");
        out[0] = value;
}

/* Writes local memory at a byte offset of the caller's choice. */
extern "C" __global__ void fault_local(uint32_t offset, uint32_t *out)
{
        volatile uint32_t words[32];
        words[offset & 31] = offset;
        asm volatile("st.local.u32 [%0], %0;" ::"r"(offset) : "memory");
        out[0] = words[(offset + 1) & 31];
}

/* Calls itself until the stack of local memory is exhausted (a depth of millions is beyond every stack). */
extern "C" __global__ void fault_stack(uint32_t *out, uint32_t depth)
{
        out[0] = descend(depth, out);
}

extern "C" __global__ void fault_trap(void)
{
        asm volatile("trap;");
}

extern "C" __global__ void fault_breakpoint(void)
{
        asm volatile("brkpt;");
}

/* Jumps to an address of the caller's choice. */
extern "C" __global__ void fault_jump(uint64_t program_counter)
{
        ((void (*)(void))program_counter)();
}

/*
 * A kernel whose code is meant to be overwritten with words that are no instruction
 * (barewire.kernels.illegal_instruction_cubin); as it stands it stores 1.
 */
extern "C" __global__ void fault_illegal_instruction(uint32_t *out)
{
        out[0] = 1;
}
