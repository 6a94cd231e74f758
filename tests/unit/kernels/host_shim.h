/*
 * CUDA on the host, for tests: kernels/cuda/*.cu compile with g++ against this header and run block by block.
 *
 * Every thread of a block is a fiber with a stack of its own. A fiber runs until it meets a barrier, a shuffle or a
 * matrix instruction, or ends; then the next one of its warp runs, and when the whole warp waits for the block, the
 * next warp. So between two barriers a warp is as far ahead of the others as it can be, and what depends on a missing
 * barrier goes wrong. A warp instruction is carried out once, by the last lane that arrives, over the registers of all.
 * The caller chooses whether threads are taken in rising or falling order, and whether asynchronous copies happen when
 * they are asked for or when they are waited for.
 *
 * It reports, and does not hang, when threads wait for each other in vain, when lanes of a warp meet in different
 * instructions, and when a block writes beyond its dynamic shared memory.
 */
#pragma once
#include <csetjmp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <tuple>
#include <ucontext.h>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __shared__ static
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __launch_bounds__(...)
#define __grid_constant__

namespace host {

struct Dimensions {
        unsigned x, y, z;
};

enum State { READY, AT_BARRIER, AT_WARP, DONE };

struct Copy {
        void *to;
        const void *from;
        int valid;
};

struct Fiber {
        jmp_buf place;
        ucontext_t context;
        std::vector<char> stack;
        bool started = false;
        State state = DONE;
        int line = 0; /* of the barrier at which it waits */
        Dimensions thread;
        void *slot = nullptr; /* this lane's registers of a warp instruction */
        std::vector<Copy> open;
        std::deque<std::vector<Copy>> committed;
};

const int WARP_LANES = 32;
const int STACK_BYTES = 64 << 10;
const int SHARED_BYTES = 160 << 10;
const unsigned char POISON = 0xcb;

typedef void (*Operation)(void **slots);

enum Mode { FALLING = 1, EARLY_COPIES = 2 }; /* bits */

static std::vector<Fiber *> fibers;
static Fiber *running;
static jmp_buf scheduler;
static ucontext_t scheduler_context;
static int threads_in_block, live;
static Operation warp_operation[32];
static int warp_arrived[32], warp_lanes[32];
static const char *problem;
static int mode;

static void (*body)(const uint8_t *);
static const uint8_t *body_parameters;

} // namespace host

static host::Dimensions threadIdx, blockIdx, blockDim, gridDim;
alignas(16) static unsigned char dynamic_shared[host::SHARED_BYTES];

namespace host {

static void leave(State state)
{
        Fiber *me = running;
        me->state = state;
        if (_setjmp(me->place) == 0)
                _longjmp(scheduler, 1);
        threadIdx = me->thread;
}

static void fiber_main(void)
{
        for (;;) {
                body(body_parameters);
                for (const std::vector<Copy> &group : running->committed)
                        if (!group.empty())
                                problem = "a thread ended before its asynchronous copies were waited for";
                if (!running->open.empty())
                        problem = "a thread ended before its asynchronous copies were committed";
                running->open.clear();
                running->committed.clear();
                live--;
                leave(DONE);
        }
}

static void resume(Fiber *fiber)
{
        running = fiber;
        threadIdx = fiber->thread;
        if (_setjmp(scheduler) != 0)
                return;
        if (fiber->started)
                _longjmp(fiber->place, 1);
        fiber->started = true;
        fiber->stack.resize(STACK_BYTES);
        getcontext(&fiber->context);
        fiber->context.uc_stack.ss_sp = fiber->stack.data();
        fiber->context.uc_stack.ss_size = fiber->stack.size();
        fiber->context.uc_link = nullptr;
        makecontext(&fiber->context, fiber_main, 0);
        setcontext(&fiber->context);
}

/* All lanes of the warp meet; the last one does the work for all. */
static void meet(Operation operation, void *slot)
{
        int index = threadIdx.x, warp = index / WARP_LANES, first = warp * WARP_LANES;
        if (warp_arrived[warp] == 0)
                warp_operation[warp] = operation;
        else if (warp_operation[warp] != operation)
                problem = "lanes of a warp met in different instructions";
        running->slot = slot;
        if (++warp_arrived[warp] < warp_lanes[warp]) {
                leave(AT_WARP);
                return;
        }
        void *slots[WARP_LANES];
        for (int lane = 0; lane < warp_lanes[warp]; lane++) {
                slots[lane] = fibers[first + lane]->slot;
                fibers[first + lane]->state = READY;
        }
        if (warp_lanes[warp] != WARP_LANES)
                problem = "a warp instruction in a warp of less than 32 threads";
        else
                operation(slots);
        warp_arrived[warp] = 0;
}

/* Runs a warp as far as it comes without the others; whether it came anywhere. */
static bool run_warp(int warp)
{
        bool moved = false, again = true;
        while (again && !problem) {
                again = false;
                for (int i = 0; i < warp_lanes[warp] && !problem; i++) {
                        int lane = mode & FALLING ? warp_lanes[warp] - 1 - i : i;
                        Fiber *fiber = fibers[warp * WARP_LANES + lane];
                        if (fiber->state == READY) {
                                resume(fiber);
                                again = moved = true;
                        }
                }
        }
        return moved;
}

static void run_block(void)
{
        live = threads_in_block;
        for (int i = 0; i < threads_in_block; i++) {
                fibers[i]->state = READY;
                fibers[i]->thread = {(unsigned)i, 0, 0};
        }
        const int warps = (threads_in_block + WARP_LANES - 1) / WARP_LANES;
        for (int warp = 0; warp < warps; warp++) {
                int left = threads_in_block - warp * WARP_LANES;
                warp_lanes[warp] = left < WARP_LANES ? left : WARP_LANES;
                warp_arrived[warp] = 0;
        }
        while (live > 0 && !problem) {
                bool moved = false;
                for (int i = 0; i < warps && !problem; i++)
                        moved |= run_warp(mode & FALLING ? warps - 1 - i : i);
                int waiting = 0, line = 0;
                for (int i = 0; i < threads_in_block; i++)
                        if (fibers[i]->state == AT_BARRIER) {
                                if (waiting++ && fibers[i]->line != line)
                                        problem = "threads of a block wait at different barriers";
                                line = fibers[i]->line;
                        }
                if (waiting == live && live > 0) {
                        for (int i = 0; i < threads_in_block; i++)
                                if (fibers[i]->state == AT_BARRIER)
                                        fibers[i]->state = READY;
                } else if (!moved && live > 0) {
                        problem = "threads of a block wait for each other in vain";
                }
        }
}

/* Runs a kernel over a grid of (x, y) blocks; null, or what went wrong. */
static const char *run(void (*kernel)(const uint8_t *), const uint8_t *parameters, unsigned grid_x, unsigned grid_y,
                       unsigned threads, unsigned shared_bytes, int chosen_mode)
{
        problem = nullptr;
        mode = chosen_mode;
        body = kernel;
        body_parameters = parameters;
        threads_in_block = (int)threads;
        gridDim = {grid_x, grid_y, 1};
        blockDim = {threads, 1, 1};
        while (fibers.size() < threads)
                fibers.push_back(new Fiber);
        for (unsigned y = 0; y < grid_y && !problem; y++)
                for (unsigned x = 0; x < grid_x && !problem; x++) {
                        blockIdx = {x, y, 0};
                        memset(dynamic_shared, POISON, shared_bytes + 1024);
                        run_block();
                        for (unsigned i = 0; i < 1024 && !problem; i++)
                                if (dynamic_shared[shared_bytes + i] != POISON)
                                        problem = "a block wrote beyond its dynamic shared memory";
                }
        if (problem) /* the stacks are in the middle of something: start over with new ones */
                fibers.clear();
        return problem;
}

/* ---- kernels by name --------------------------------------------------------------------------------------------- */

/* Offsets of parameters: each at a multiple of its own alignment, as CUDA lays them out. */
template <typename... A> struct Layout {
        size_t offset[sizeof...(A) + 1], size[sizeof...(A) + 1];

        Layout()
        {
                size_t sizes[] = {sizeof(A)..., 0}, aligns[] = {alignof(A)..., 1}, at = 0;
                for (size_t i = 0; i < sizeof...(A); i++) {
                        at = (at + aligns[i] - 1) / aligns[i] * aligns[i];
                        offset[i] = at;
                        size[i] = sizes[i];
                        at += sizes[i];
                }
        }
};

template <typename... A, size_t... I>
static void call(void (*kernel)(A...), const uint8_t *parameters, std::index_sequence<I...>)
{
        static const Layout<A...> layout;
        kernel(*(const std::remove_const_t<A> *)(parameters + layout.offset[I])...);
}

template <typename... A> static void call(void (*kernel)(A...), const uint8_t *parameters)
{
        call(kernel, parameters, std::index_sequence_for<A...>());
}

/* Writes offset and size of each parameter; gives their number. */
template <typename... A> static int describe(void (*)(A...), int32_t *pairs)
{
        Layout<A...> layout;
        for (size_t i = 0; i < sizeof...(A); i++) {
                pairs[2 * i] = (int32_t)layout.offset[i];
                pairs[2 * i + 1] = (int32_t)layout.size[i];
        }
        return (int)sizeof...(A);
}

struct Entry {
        const char *name;
        void (*invoke)(const uint8_t *);
        int (*describe)(int32_t *);
};

/* ---- 16-bit floating point --------------------------------------------------------------------------------------- */

static inline float half_to_float(uint16_t half)
{
        int exponent = half >> 10 & 31, fraction = half & 1023;
        float sign = half & 0x8000 ? -1.0f : 1.0f;
        if (exponent == 31)
                return fraction ? NAN : sign * INFINITY;
        return sign * (exponent ? ldexpf(1024.0f + fraction, exponent - 25) : ldexpf(fraction, -24));
}

static inline uint16_t float_to_half(float value)
{
        uint16_t sign = std::signbit(value) ? 0x8000 : 0;
        float size = fabsf(value);
        if (value != value)
                return 0x7fff;
        if (size >= 65520.0f)
                return sign | 0x7c00;
        int exponent;
        frexpf(size, &exponent);
        if (exponent < -13)
                exponent = -13; /* subnormal: the step stays 2^-24 */
        float steps = nearbyintf(ldexpf(size, 11 - exponent)); /* ties to even */
        if (size == 0.0f)
                return sign;
        return sign + (uint16_t)((exponent + 13) * 1024 + (int)steps);
}

static inline uint16_t float_to_bfloat(float value)
{
        uint32_t bits;
        memcpy(&bits, &value, 4);
        if (value != value)
                return 0x7fff;
        return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

} // namespace host

/* ---- what CUDA offers to every kernel ---------------------------------------------------------------------------- */

/* Threads of a block meet at the same line of the source; CUDA would let them meet anywhere, to no good end. */
#define __syncthreads() (host::running->line = __LINE__, host::leave(host::AT_BARRIER))

struct ShuffleSlot {
        void *value;
        int parameter;
};

template <typename T> static void shuffle_xor_all(void **slots)
{
        T values[host::WARP_LANES];
        for (int lane = 0; lane < host::WARP_LANES; lane++)
                values[lane] = *(T *)((ShuffleSlot *)slots[lane])->value;
        for (int lane = 0; lane < host::WARP_LANES; lane++)
                *(T *)((ShuffleSlot *)slots[lane])->value = values[lane ^ ((ShuffleSlot *)slots[lane])->parameter];
}

template <typename T> static void shuffle_all(void **slots)
{
        T values[host::WARP_LANES];
        for (int lane = 0; lane < host::WARP_LANES; lane++)
                values[lane] = *(T *)((ShuffleSlot *)slots[lane])->value;
        for (int lane = 0; lane < host::WARP_LANES; lane++)
                *(T *)((ShuffleSlot *)slots[lane])->value = values[((ShuffleSlot *)slots[lane])->parameter & 31];
}

template <typename T> static inline T __shfl_xor_sync(unsigned, T value, int distance)
{
        ShuffleSlot slot = {&value, distance};
        host::meet(shuffle_xor_all<T>, &slot);
        return value;
}

template <typename T> static inline T __shfl_sync(unsigned, T value, int lane)
{
        ShuffleSlot slot = {&value, lane};
        host::meet(shuffle_all<T>, &slot);
        return value;
}

static inline float __uint_as_float(uint32_t bits)
{
        float value;
        memcpy(&value, &bits, 4);
        return value;
}

static inline float __int_as_float(int32_t bits) { return __uint_as_float((uint32_t)bits); }
static inline float __fdividef(float x, float y) { return x / y; }
static inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
