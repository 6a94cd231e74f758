/*
 * A libcuda for tests of cuda_reference.cu where there is no GPU: device memory is host memory, and the kernels of
 * benchmarks/kernels.cu are written once more and run when they are launched. LOSE_LAUNCH=n makes launch n do nothing.
 */
#include <cuda.h>

#include <stdlib.h>
#include <string.h>

enum { MIX = 1, CHAIN, OWN_CELLS, CHAIN_PROOF, BUSY };

typedef struct {
        int kernel;
        unsigned blocks, threads;
        uint32_t *in, *out, number;
} launch;

struct CUgraph_st {
        launch launches[4096];
        unsigned count;
};

static unsigned long launches_done;

static void run(const launch *l)
{
        const char *lose = getenv("LOSE_LAUNCH");
        unsigned cells = l->blocks * l->threads;

        if (lose && launches_done++ == strtoul(lose, 0, 10))
                return;
        for (unsigned i = 0; i < cells; i++) {
                unsigned neighbour = (i + l->threads) % cells, first = l->number * cells;
                if (l->kernel == MIX)
                        l->out[i] = l->out[i] * 3 + l->number * l->in[i];
                else if (l->kernel == CHAIN)
                        l->out[i] = l->in[neighbour] + l->number;
                else if (l->kernel == OWN_CELLS)
                        l->out[first + i] = l->in[first + neighbour] + l->number * 7 + 1;
                else if (l->kernel == CHAIN_PROOF) {
                        uint32_t block = i / l->threads, *to = l->out + 4 * i;
                        const uint32_t *from = l->in + 4 * neighbour;
                        to[0] = from[0] + l->number;
                        to[2] = from[2] + (from[1] != block);
                        to[1] = block;
                }
        }
}

static launch from(CUfunction kernel, unsigned blocks, unsigned threads, void **arguments)
{
        launch l = {(int)(uintptr_t)kernel, blocks, threads, *(uint32_t **)arguments[0], *(uint32_t **)arguments[1],
                    *(uint32_t *)arguments[2]};
        return l;
}

static launch from_node(const CUDA_KERNEL_NODE_PARAMS *p) { return from(p->func, p->gridDimX, p->blockDimX, p->kernelParams); }

CUresult cuInit(unsigned flags) { return CUDA_SUCCESS; }
CUresult cuGetErrorName(CUresult error, const char **name) { *name = "CUDA_ERROR_OF_THE_FAKE"; return CUDA_SUCCESS; }
CUresult cuDeviceGet(CUdevice *device, int ordinal) { *device = 0; return CUDA_SUCCESS; }
CUresult cuDeviceGetName(char *name, int length, CUdevice device) { strcpy(name, "a \"fake\" GPU"); return CUDA_SUCCESS; }
CUresult cuDriverGetVersion(int *version) { *version = 13000; return CUDA_SUCCESS; }
CUresult cuDevicePrimaryCtxSetFlags(CUdevice device, unsigned flags) { return CUDA_SUCCESS; }
CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) { *context = (CUcontext)1; return CUDA_SUCCESS; }
CUresult cuCtxSetCurrent(CUcontext context) { return CUDA_SUCCESS; }
CUresult cuCtxSynchronize(void) { return CUDA_SUCCESS; }
CUresult cuModuleLoadData(CUmodule *module, const void *image) { *module = (CUmodule)1; return CUDA_SUCCESS; }
CUresult cuStreamCreate(CUstream *stream, unsigned flags) { *stream = (CUstream)1; return CUDA_SUCCESS; }
CUresult cuStreamSynchronize(CUstream stream) { return CUDA_SUCCESS; }

CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name)
{
        const char *names[] = {"", "mix", "chain", "own_cells", "chain_proof", "busy"};

        for (uintptr_t i = MIX; i <= BUSY; i++)
                if (!strcmp(name, names[i])) {
                        *function = (CUfunction)i;
                        return CUDA_SUCCESS;
                }
        return CUDA_ERROR_NOT_FOUND;
}

CUresult cuLaunchKernel(CUfunction kernel, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned ty, unsigned tz,
                        unsigned shared, CUstream stream, void **arguments, void **extra)
{
        launch l = from(kernel, x, threads, arguments);
        run(&l);
        return CUDA_SUCCESS;
}

CUresult cuMemAlloc(CUdeviceptr *address, size_t bytes) { *address = (CUdeviceptr)malloc(bytes); return CUDA_SUCCESS; }
CUresult cuMemFree(CUdeviceptr address) { free((void *)address); return CUDA_SUCCESS; }
CUresult cuMemAllocHost(void **address, size_t bytes) { *address = malloc(bytes); return CUDA_SUCCESS; }
CUresult cuMemFreeHost(void *address) { free(address); return CUDA_SUCCESS; }
CUresult cuMemcpyHtoD(CUdeviceptr to, const void *source, size_t n) { memcpy((void *)to, source, n); return CUDA_SUCCESS; }
CUresult cuMemcpyDtoH(void *to, CUdeviceptr source, size_t n) { memcpy(to, (void *)source, n); return CUDA_SUCCESS; }
CUresult cuMemsetD8(CUdeviceptr to, unsigned char value, size_t n) { memset((void *)to, value, n); return CUDA_SUCCESS; }

CUresult cuMemcpyHtoDAsync(CUdeviceptr to, const void *source, size_t n, CUstream stream)
{
        return getenv("LOSE_COPIES") ? CUDA_SUCCESS : cuMemcpyHtoD(to, source, n);
}

CUresult cuMemcpyDtoHAsync(void *to, CUdeviceptr source, size_t n, CUstream stream)
{
        return getenv("LOSE_COPIES") ? CUDA_SUCCESS : cuMemcpyDtoH(to, source, n);
}

CUresult cuMemcpyDtoDAsync(CUdeviceptr to, CUdeviceptr source, size_t n, CUstream stream)
{
        return getenv("LOSE_COPIES") ? CUDA_SUCCESS : cuMemcpyDtoH((void *)to, source, n);
}

CUresult cuGraphCreate(CUgraph *graph, unsigned flags) { *graph = calloc(1, sizeof **graph); return CUDA_SUCCESS; }
CUresult cuGraphDestroy(CUgraph graph) { free(graph); return CUDA_SUCCESS; }
CUresult cuGraphExecDestroy(CUgraphExec graph) { return CUDA_SUCCESS; }
CUresult cuGraphUpload(CUgraphExec graph, CUstream stream) { return CUDA_SUCCESS; }

CUresult cuGraphAddKernelNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *before, size_t count,
                              const CUDA_KERNEL_NODE_PARAMS *parameters)
{
        *node = (CUgraphNode)(uintptr_t)(graph->count + 1);
        graph->launches[graph->count++] = from_node(parameters);
        return CUDA_SUCCESS;
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec *executable, CUgraph graph, unsigned long long flags)
{
        *executable = (CUgraphExec)graph;
        return CUDA_SUCCESS;
}

CUresult cuGraphExecKernelNodeSetParams(CUgraphExec executable, CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS *parameters)
{
        ((CUgraph)executable)->launches[(uintptr_t)node - 1] = from_node(parameters);
        return CUDA_SUCCESS;
}

CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream)
{
        CUgraph graph = (CUgraph)executable;

        for (unsigned i = 0; i < graph->count; i++)
                run(&graph->launches[i]);
        return CUDA_SUCCESS;
}
