// Compiled apart from linked_functions.cu and linked with it, so that addresses of code stand in code.
extern "C" {

typedef float (*unary)(float);

extern __device__ float outside(float x, int n);
extern __device__ int deep(int *p, int n);
extern __device__ float square(float x);
extern __device__ float values[7];
extern __constant__ float weights[3];
extern __device__ unary functions[3];
extern __constant__ unary constant_functions[3];

__global__ void calls_outside(float *x)
{
    x[threadIdx.x] = outside(x[0], 3) + values[threadIdx.x & 3] + weights[threadIdx.x & 1];
}

__global__ void calls_table(float *x, int i) { x[threadIdx.x] = functions[i](x[1]); }

__global__ void calls_constant_table(float *x, int i)
{
    x[threadIdx.x] = constant_functions[i](x[1]);
    *(unary *)(x + 8) = square;
}

__global__ void calls_deep(int *x, int i)
{
    __shared__ int scratch[100];
    scratch[threadIdx.x] = i;
    x[threadIdx.x] = deep(x, i) + scratch[i];
}

__global__ void takes_addresses(unsigned long long *x)
{
    x[0] = (unsigned long long)&values[1];
    x[1] = (unsigned long long)&weights[1];
    x[2] = (unsigned long long)(unary)square;
}
}
