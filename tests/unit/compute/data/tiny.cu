// As little as there can be: for fatbins.
extern "C" __global__ void tiny(int *x) { x[threadIdx.x] = threadIdx.x; }
