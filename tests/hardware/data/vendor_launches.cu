// What NVIDIA's driver was recorded launching on an H100 (vendor_launches.json): the same kernels, so that registers,
// shared, local and constant memory are the same and the launch words can be compared field by field.

extern "C" __global__ void empty() {}

extern "C" __global__ void params(float *x, int a, long b, char c, double d)
{
    if (a == -1)
        x[0] = b + c + d;
}

extern "C" __global__ void dyn(float *x)
{
    extern __shared__ float cells[];
    cells[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    x[threadIdx.x] = cells[31 - threadIdx.x];
}

extern "C" __global__ void stat(float *x)
{
    __shared__ float cells[3000];
    cells[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    x[threadIdx.x] = cells[31 - threadIdx.x];
}

extern "C" __global__ void local(float *x, int a)
{
    float cells[256];
    for (int i = 0; i < 256; i++)
        cells[i] = x[i * a & 31];
    float total = 0;
    for (int i = 0; i < 256; i++)
        total += cells[i * a + threadIdx.x & 255];
    x[threadIdx.x] = total;
}

extern "C" __global__ void __cluster_dims__(2, 1, 1) clus(float *x) { x[threadIdx.x + blockIdx.x * 32] = 1.f; }

__device__ float in_video_memory[4] = {1, 2, 3, 4};
__constant__ float in_constant_memory[4] = {5, 6, 7, 8};

extern "C" __global__ void globals(float *x)
{
    x[threadIdx.x & 3] = in_video_memory[threadIdx.x & 3] + in_constant_memory[threadIdx.x & 3];
}

extern "C" __global__ void __launch_bounds__(1024) wide(float *x) { x[threadIdx.x] = threadIdx.x; }
