// A kernel whose code is replaced by a probe's: it brings the launch's resources (registers, parameters) and room for the code.
typedef unsigned int u32;

extern "C" __global__ void __launch_bounds__(256)
probe(const uint4* in, uint4* out, u32 c0, u32 c1, u32 c2, u32 c3, u32 c4, u32 c5, u32 c6, u32 c7)
{
    uint4 held[20];
    u32 thread = blockIdx.x * 256 + threadIdx.x;
#pragma unroll
    for (int i = 0; i < 20; i++)
        held[i] = in[i * 4096 + thread];
#pragma unroll
    for (int i = 0; i < 20; i++)
        held[i] = make_uint4(held[i].x + c0 + c1, held[i].y ^ c2 ^ c3, held[i].z + c4 + c5, held[i].w ^ c6 ^ c7);
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 20; i++)
        out[i * 4096 + thread] = held[19 - i];
}
