// The kernels that both sides of a comparison run: barewire and CUDA load the same cubin, so that the machine code,
// the grid and the data are equal and only the way to the GPU differs. Integers wrap modulo 2^32, so every result is exact.

typedef unsigned int u32;

// One small step whose order matters: y = 3 y + a x. A launch that is lost, doubled or reordered changes the result.
extern "C" __global__ void mix(const u32 *x, u32 *y, u32 a)
{
    const u32 i = blockIdx.x * blockDim.x + threadIdx.x;
    y[i] = y[i] * 3 + a * x[i];
}

// A link of a chain: each block reads what its neighbour block, on another SM, wrote in the launch before.
extern "C" __global__ void chain(const u32 *in, u32 *out, u32 add)
{
    const u32 neighbour = blockIdx.x + 1 == gridDim.x ? 0 : blockIdx.x + 1;
    out[blockIdx.x * blockDim.x + threadIdx.x] = in[neighbour * blockDim.x + threadIdx.x] + add;
}

// A link that depends on no other: kernel number `index` has cells of its own.
extern "C" __global__ void own_cells(const u32 *in, u32 *out, u32 index)
{
    const u32 neighbour = blockIdx.x + 1 == gridDim.x ? 0 : blockIdx.x + 1;
    const u32 first = index * gridDim.x * blockDim.x;
    out[first + blockIdx.x * blockDim.x + threadIdx.x] = in[first + neighbour * blockDim.x + threadIdx.x] + index * 7 + 1;
}

// The chain's link, and the proof that it crosses: every cell is {value, SM that wrote it, hops that came from another SM, 0}.
extern "C" __global__ void chain_proof(const uint4 *in, uint4 *out, u32 add)
{
    const u32 neighbour = blockIdx.x + 1 == gridDim.x ? 0 : blockIdx.x + 1;
    u32 sm;
    asm volatile("mov.u32 %0, %%smid;" : "=r"(sm));
    uint4 cell = in[neighbour * blockDim.x + threadIdx.x];
    cell.z += cell.y != sm;
    cell.x += add;
    cell.y = sm;
    out[blockIdx.x * blockDim.x + threadIdx.x] = cell;
}

// Arithmetic that keeps one SM busy for about `rounds` dependent multiplications; warms clocks up.
extern "C" __global__ void busy(const u32 *x, u32 *y, u32 rounds)
{
    const u32 i = blockIdx.x * blockDim.x + threadIdx.x;
    u32 value = x[i];
    for (u32 round = 0; round < rounds; ++round)
        value = value * 1664525u + 1013904223u;
    y[i] = value;
}
