// Kernels that need what only a driver could give them, and one that does not.
#include <cooperative_groups.h>
#include <stdio.h>

extern "C" {

__managed__ int managed_value;

__global__ void fine(int *x) { x[0] = 1; }
__global__ void prints(int *x) { printf("%d\n", x[0]); }
__global__ void allocates(int **x) { x[0] = (int *)malloc(16); }
__global__ void frees(int **x) { free(x[0]); }
__global__ void asserts(int *x)
{
    if (x[0] < 3)
        __assert_fail("a", "b", 3, "c");
}
__global__ void samples(float *x, cudaTextureObject_t t) { x[0] = tex1Dfetch<float>(t, threadIdx.x); }
__global__ void reads_surface(float *x, cudaSurfaceObject_t s) { x[0] = surf1Dread<float>(s, threadIdx.x * 4); }
__global__ void uses_managed(int *x) { x[0] = managed_value; }
__global__ void waits_for_grid(int *x)
{
    x[blockIdx.x] = 1;
    cooperative_groups::this_grid().sync();
    x[0] += x[1];
}
}
