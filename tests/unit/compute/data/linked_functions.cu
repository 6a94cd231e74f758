#include <stdio.h>

extern "C" {

typedef float (*unary)(float);

__device__ float values[7] = {1, 2, 3};
__constant__ float weights[3] = {4, 5, 6};

__device__ __noinline__ float square(float x) { return x * x; }
__device__ __noinline__ float plus_sine(float x) { return __sinf(x) + x; }

__device__ float outside(float x, int n) { return plus_sine(x) + n; }

__device__ unary functions[3] = {square, plus_sine, square};
__constant__ unary constant_functions[3] = {plus_sine, plus_sine, square};

__device__ int deep(int *p, int n)
{
    int seen[20];
    for (int i = 0; i < 20; i++)
        seen[i] = p[i + n];
    return n < 2 ? seen[n] : deep(seen, n - 1) + 1;
}

__device__ void say(int i) { printf("%d\n", i); }

__global__ void prints_inside(int *x) { say(x[0]); }
}
