// One kernel for each thing that a loader has to understand.
extern "C" {

typedef float (*unary)(float);

__device__ float table[4] = {1, 2, 3, 4};
__device__ int zeros[256];
__device__ int *to_zeros = &zeros[5];
__constant__ float weights[3] = {5, 6, 7};
__constant__ int *constant_to_zeros = &zeros[3];
__device__ const float *to_weights = &weights[1];

struct __attribute__((packed)) Unaligned {
    char tag;
    int *pointer;
};
__device__ Unaligned unaligned = {1, &zeros[2]};

__device__ __noinline__ float square(float x) { return x * x; }
__device__ __noinline__ float twice(float x) { return x + x; }

__device__ __noinline__ float framed(float x, int n)
{
    float values[16];
    for (int i = 0; i < 16; i++)
        values[i] = x * i;
    return values[n & 15];
}

__device__ __noinline__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

__global__ void nothing() {}

__global__ void parameters(float *out, int count, char flag, double scale)
{
    out[0] = count + flag + scale;
}

__global__ void shared_memory(float *x)
{
    __shared__ float values[1000];
    values[threadIdx.x] = x[threadIdx.x];
    asm volatile("bar.sync 5, 64;");
    x[threadIdx.x] = values[threadIdx.x ^ 1];
}

__global__ void variables(float *x)
{
    x[threadIdx.x] = table[threadIdx.x & 3] + weights[threadIdx.x & 1] + *to_zeros + *constant_to_zeros + *to_weights
        + *unaligned.pointer;
}

__global__ void calls(float *x) { x[threadIdx.x] = framed(x[threadIdx.x], (int)x[1]); }

__global__ void recursion(int *x) { x[threadIdx.x] = fibonacci(x[threadIdx.x]); }

__global__ void pointer_calls(float *x, int i)
{
    unary f = i > 3 ? square : twice;
    x[threadIdx.x] = f(x[threadIdx.x]);
}

__global__ void dynamic_stack(int *x, int n)
{
    int *values = (int *)__builtin_alloca(n * 4);
    for (int i = 0; i < n; i++)
        values[i] = x[i];
    x[0] = values[n / 2];
}

__global__ void __launch_bounds__(128) bounded(int *x) { x[threadIdx.x] = 1; }

#if __CUDA_ARCH__ >= 900
__global__ void __cluster_dims__(2, 1, 1) clustered(int *x) { x[blockIdx.x] = 1; }

#ifndef BEFORE_CUDA_13
__global__ void __block_size__((64, 2, 1), (4, 1, 1)) sized(int *x) { x[threadIdx.x] = 1; }
#endif

__global__ void __launch_bounds__(256, 1, 8) ranked(int *x) { x[threadIdx.x] = 1; }
#endif
}

struct Large {
    char bytes[8000];
};

#if __CUDA_ARCH__ >= 900
extern "C" __global__ void large_parameters(Large large, int *x) { x[threadIdx.x] = large.bytes[threadIdx.x]; }
#endif
