// CUDA's side of the comparison: the same kernels, sizes and random data as barewire's, through NVIDIA's driver API.
//
//   cuda_reference serve KERNELS.cubin                 one command a line on stdin, one JSON object a line on stdout
//   cuda_reference first-result KERNELS.cubin T0_NS    one kernel from a cold start; times count from T0_NS, CLOCK_MONOTONIC
//
// Commands (N: repetitions):   launch_sync N | launch_many N | chain KERNELS N | free KERNELS N | chain_proof KERNELS
//                              copy_in BYTES N | copy_out BYTES N | copy_device BYTES N | warm MILLISECONDS | memory | quit
// A reply holds every sample, in microseconds, and `wrong`: how many output words differ from what the host computed.
//
// libcuda is opened by name at run time, so that building needs no driver.

#include <cuda.h>
#include <dlfcn.h>
#include <time.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#define FUNCTIONS(X)                                                                                                    \
    X(cuInit) X(cuGetErrorName) X(cuDeviceGet) X(cuDeviceGetName) X(cuDriverGetVersion)                                 \
    X(cuDevicePrimaryCtxSetFlags) X(cuDevicePrimaryCtxRetain) X(cuCtxSetCurrent) X(cuCtxSynchronize)                    \
    X(cuModuleLoadData) X(cuModuleGetFunction) X(cuLaunchKernel)                                                        \
    X(cuStreamCreate) X(cuStreamSynchronize)                                                                            \
    X(cuMemAlloc) X(cuMemFree) X(cuMemAllocHost) X(cuMemFreeHost)                                                       \
    X(cuMemcpyHtoD) X(cuMemcpyDtoH) X(cuMemcpyHtoDAsync) X(cuMemcpyDtoHAsync) X(cuMemcpyDtoDAsync) X(cuMemsetD8)        \
    X(cuGraphCreate) X(cuGraphAddKernelNode) X(cuGraphInstantiate) X(cuGraphExecKernelNodeSetParams)                    \
    X(cuGraphLaunch) X(cuGraphUpload) X(cuGraphExecDestroy) X(cuGraphDestroy)

// `name_` points to the version of the function that cuda.h maps `name` to.
#define DECLARE(name) static decltype(&name) name##_;
FUNCTIONS(DECLARE)
#define TEXT_OF(text) #text
#define TEXT(name) TEXT_OF(name)
#define FIND(name) name##_ = reinterpret_cast<decltype(name##_)>(find(library, TEXT(name)));

static void *find(void *library, const char *name)
{
    void *symbol = dlsym(library, name);
    if (!symbol)
        throw std::runtime_error(std::string("libcuda.so.1 has no ") + name);
    return symbol;
}

static void open_driver()
{
    void *library = dlopen("libcuda.so.1", RTLD_NOW);
    if (!library)
        throw std::runtime_error(std::string("libcuda.so.1 does not open: ") + dlerror());
    FUNCTIONS(FIND)
}

static void check(CUresult result, const char *call)
{
    if (result == CUDA_SUCCESS)
        return;
    const char *name = "unknown";
    cuGetErrorName_(result, &name);
    throw std::runtime_error(std::string(call) + ": " + name);
}
#define CU(name, ...) check(name##_(__VA_ARGS__), #name)

// ---- time, random data, memory of this process

static int64_t now_ns()
{
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return int64_t(time.tv_sec) * 1000000000 + time.tv_nsec;
}

static double us_since(int64_t start_ns) { return double(now_ns() - start_ns) / 1000.0; }

// splitmix64 by counter; benchmarks/workload.py makes the same words.
static uint64_t random64(uint64_t seed, uint64_t index)
{
    uint64_t z = seed + (index + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

static void fill_random(void *memory, size_t bytes, uint64_t seed)
{
    uint64_t *words = static_cast<uint64_t *>(memory);
    for (size_t i = 0; i < bytes / 8; ++i)
        words[i] = random64(seed, i);
}

static std::vector<uint32_t> random_words(size_t count, uint64_t seed)
{
    std::vector<uint32_t> words(count);
    fill_random(words.data(), count * 4, seed);
    return words;
}

// What this process alone holds in host memory, in KiB (Private_Clean + Private_Dirty).
static long private_kib()
{
    std::ifstream rollup("/proc/self/smaps_rollup");
    std::string line;
    long total = 0;
    while (std::getline(rollup, line)) {
        long kib = 0;
        if (sscanf(line.c_str(), "Private_Clean: %ld", &kib) == 1 || sscanf(line.c_str(), "Private_Dirty: %ld", &kib) == 1)
            total += kib;
    }
    return total;
}

// ---- replies

class Reply {
public:
    Reply &number(const char *name, double value)
    {
        char text[64];
        snprintf(text, sizeof text, "%.6g", value);
        return raw(name, text);
    }
    Reply &text(const char *name, const std::string &value)
    {
        std::string quoted = "\"";
        for (char c : value)
            quoted += c == '"' || c == '\\' || c < ' ' ? '\'' : c;
        return raw(name, quoted + "\"");
    }
    Reply &samples(const char *name, const std::vector<double> &values)
    {
        std::string list = "[";
        for (size_t i = 0; i < values.size(); ++i) {
            char item[32];
            snprintf(item, sizeof item, i ? ",%.3f" : "%.3f", values[i]);
            list += item;
        }
        return raw(name, list + "]");
    }
    void send() const
    {
        printf("{%s}\n", body.c_str());
        fflush(stdout);
    }

private:
    Reply &raw(const char *name, const std::string &value)
    {
        body += (body.empty() ? "\"" : ",\"") + std::string(name) + "\":" + value;
        return *this;
    }
    std::string body;
};

// ---- the device

constexpr unsigned THREADS = 256;       // of a `mix` launch: one block
constexpr unsigned BUFFERS = 8;         // that successive `mix` launches rotate over
constexpr unsigned CHAIN_BLOCKS = 2;    // two blocks land on two SMs
constexpr unsigned CHAIN_THREADS = 32;
constexpr unsigned CHAIN_CELLS = CHAIN_BLOCKS * CHAIN_THREADS;

static CUstream stream;
static CUfunction mix, chain, own_cells, chain_proof, busy;
static double load_seconds, init_seconds, context_seconds;

static void open_device(const char *cubin_path)
{
    int64_t start = now_ns();
    open_driver();
    load_seconds = us_since(start) / 1e6;
    start = now_ns();
    CU(cuInit, 0);
    init_seconds = us_since(start) / 1e6;
    start = now_ns();
    CUdevice device;
    CUcontext context;
    CU(cuDeviceGet, &device, 0);
    CU(cuDevicePrimaryCtxSetFlags, device, CU_CTX_SCHED_SPIN);
    CU(cuDevicePrimaryCtxRetain, &context, device);
    CU(cuCtxSetCurrent, context);
    context_seconds = us_since(start) / 1e6;

    std::ifstream file(cubin_path, std::ios::binary);
    std::stringstream image;
    image << file.rdbuf();
    const std::string bytes = image.str();
    if (bytes.empty())
        throw std::runtime_error(std::string("no cubin at ") + cubin_path);
    CUmodule module;
    CU(cuModuleLoadData, &module, bytes.data());
    CU(cuModuleGetFunction, &mix, module, "mix");
    CU(cuModuleGetFunction, &chain, module, "chain");
    CU(cuModuleGetFunction, &own_cells, module, "own_cells");
    CU(cuModuleGetFunction, &chain_proof, module, "chain_proof");
    CU(cuModuleGetFunction, &busy, module, "busy");
    CU(cuStreamCreate, &stream, CU_STREAM_NON_BLOCKING);
}

// Video memory that frees itself, so that an error leaves none behind.
struct DeviceMemory {
    explicit DeviceMemory(size_t bytes) : bytes(bytes) { CU(cuMemAlloc, &address, bytes); }
    ~DeviceMemory() { cuMemFree_(address); }
    DeviceMemory(const DeviceMemory &) = delete;
    // Both wait: a copy from pageable memory and a memset may otherwise still be under way when they return, and our
    // stream does not wait for the default one.
    void put(const std::vector<uint32_t> &words)
    {
        CU(cuMemcpyHtoD, address, words.data(), words.size() * 4);
        check(cuCtxSynchronize_(), "cuCtxSynchronize");
    }
    void fill(unsigned char value)
    {
        CU(cuMemsetD8, address, value, bytes);
        check(cuCtxSynchronize_(), "cuCtxSynchronize");
    }
    std::vector<uint32_t> words() const
    {
        std::vector<uint32_t> result(bytes / 4);
        CU(cuMemcpyDtoH, result.data(), address, bytes);
        return result;
    }
    CUdeviceptr address = 0;
    size_t bytes;
};

static size_t differences(const std::vector<uint32_t> &got, const std::vector<uint32_t> &wanted)
{
    size_t wrong = got.size() == wanted.size() ? 0 : wanted.size();
    for (size_t i = 0; i < got.size() && i < wanted.size(); ++i)
        wrong += got[i] != wanted[i];
    return wrong;
}

static void launch(CUfunction kernel, unsigned blocks, unsigned threads, CUdeviceptr x, CUdeviceptr y, uint32_t a)
{
    void *arguments[] = {&x, &y, &a};
    CU(cuLaunchKernel, kernel, blocks, 1, 1, threads, 1, 1, 0, stream, arguments, nullptr);
}

// ---- launches with three arguments that change

struct MixLaunches {
    MixLaunches() : x(BUFFERS * THREADS * 4), y(BUFFERS * THREADS * 4), input(random_words(BUFFERS * THREADS, 1)),
                    wanted(random_words(BUFFERS * THREADS, 2))
    {
        x.put(input);
        y.put(wanted);
    }
    // Launch number n reads buffer n % 8 of x, updates buffer (3 n + 1) % 8 of y, with a = n + 1.
    void go(uint32_t n)
    {
        launch(mix, 1, THREADS, x.address + n % BUFFERS * THREADS * 4, y.address + (3 * n + 1) % BUFFERS * THREADS * 4, n + 1);
    }
    size_t wrong(uint32_t launches)
    {
        for (uint32_t n = 0; n < launches; ++n)
            for (unsigned i = 0; i < THREADS; ++i) {
                uint32_t &cell = wanted[(3 * n + 1) % BUFFERS * THREADS + i];
                cell = cell * 3 + (n + 1) * input[n % BUFFERS * THREADS + i];
            }
        return differences(y.words(), wanted);
    }
    DeviceMemory x, y;
    std::vector<uint32_t> input, wanted;
};

static void launch_sync(unsigned count)
{
    MixLaunches launches;
    std::vector<double> samples;
    for (uint32_t n = 0; n < count; ++n) {
        const int64_t start = now_ns();
        launches.go(n);
        CU(cuStreamSynchronize, stream);
        samples.push_back(us_since(start));
    }
    Reply().samples("samples", samples).number("wrong", launches.wrong(count)).send();
}

static void launch_many(unsigned count)
{
    MixLaunches launches;
    CU(cuStreamSynchronize, stream);
    const int64_t start = now_ns();
    for (uint32_t n = 0; n < count; ++n)
        launches.go(n);
    const double issued = us_since(start) / count;
    CU(cuStreamSynchronize, stream);
    const double finished = us_since(start) / count;
    Reply().samples("samples", {finished}).samples("issue", {issued}).number("wrong", launches.wrong(count)).send();
}

// ---- graphs

struct Graph {
    explicit Graph(unsigned count) : nodes(count) { CU(cuGraphCreate, &graph, 0); }
    ~Graph()
    {
        if (executable)
            cuGraphExecDestroy_(executable);
        cuGraphDestroy_(graph);
    }
    Graph(const Graph &) = delete;
    // The node's parameters, held in place: CUDA reads them through pointers.
    CUDA_KERNEL_NODE_PARAMS parameters(CUfunction kernel, CUdeviceptr in, CUdeviceptr out, uint32_t a)
    {
        x = in, y = out, add = a;
        CUDA_KERNEL_NODE_PARAMS node = {};
        node.func = kernel;
        node.gridDimX = CHAIN_BLOCKS, node.gridDimY = node.gridDimZ = 1;
        node.blockDimX = CHAIN_THREADS, node.blockDimY = node.blockDimZ = 1;
        node.kernelParams = pointers;
        return node;
    }
    void add_node(unsigned i, bool after_previous, const CUDA_KERNEL_NODE_PARAMS &node)
    {
        const bool linked = after_previous && i > 0;
        CU(cuGraphAddKernelNode, &nodes[i], graph, linked ? &nodes[i - 1] : nullptr, linked ? 1 : 0, &node);
    }
    void change(unsigned i, const CUDA_KERNEL_NODE_PARAMS &node)
    {
        CU(cuGraphExecKernelNodeSetParams, executable, nodes[i], &node);
    }
    void finish()
    {
        CU(cuGraphInstantiate, &executable, graph, 0);
        CU(cuGraphUpload, executable, stream);
        CU(cuStreamSynchronize, stream);
    }
    void run()
    {
        CU(cuGraphLaunch, executable, stream);
        CU(cuStreamSynchronize, stream);
    }
    CUgraph graph = nullptr;
    CUgraphExec executable = nullptr;
    std::vector<CUgraphNode> nodes;
    CUdeviceptr x = 0, y = 0;
    uint32_t add = 0;
    void *pointers[3] = {&x, &y, &add};
};

// What kernel i of a graph adds.
static uint32_t addend(unsigned i) { return i * 7 + 1; }

// Each kernel reads what the one before wrote from another SM; each round has new arguments: another pair of buffers.
static void chain_graph(unsigned count, unsigned rounds)
{
    DeviceMemory first(CHAIN_CELLS * 4), second(CHAIN_CELLS * 4), third(CHAIN_CELLS * 4), fourth(CHAIN_CELLS * 4);
    const CUdeviceptr pairs[2][2] = {{first.address, second.address}, {third.address, fourth.address}};
    Graph graph(count);
    const auto node = [&](unsigned i, unsigned round) {
        const CUdeviceptr *pair = pairs[round % 2];
        return graph.parameters(chain, pair[i % 2], pair[(i + 1) % 2], addend(i));
    };
    for (unsigned i = 0; i < count; ++i)
        graph.add_node(i, true, node(i, 0));
    graph.finish();

    std::vector<double> samples, updates;
    size_t wrong = 0;
    for (unsigned round = 0; round < rounds; ++round) {
        DeviceMemory &start_cells = round % 2 ? third : first, &other_cells = round % 2 ? fourth : second;
        const std::vector<uint32_t> input = random_words(CHAIN_CELLS, 10 + round);
        start_cells.put(input);
        const int64_t update_start = now_ns();
        for (unsigned i = 0; i < count; ++i)
            graph.change(i, node(i, round));
        updates.push_back(us_since(update_start));
        const int64_t start = now_ns();
        graph.run();
        samples.push_back(us_since(start));

        std::vector<uint32_t> wanted(CHAIN_CELLS);
        uint32_t sum = 0;
        for (unsigned i = 0; i < count; ++i)
            sum += addend(i);
        for (unsigned block = 0; block < CHAIN_BLOCKS; ++block)
            for (unsigned thread = 0; thread < CHAIN_THREADS; ++thread)
                wanted[block * CHAIN_THREADS + thread] = input[(block + count) % CHAIN_BLOCKS * CHAIN_THREADS + thread] + sum;
        wrong += differences((count % 2 ? other_cells : start_cells).words(), wanted);
    }
    Reply().samples("samples", samples).samples("update", updates).number("wrong", wrong).send();
}

// Every kernel has cells of its own and waits for none.
static void free_graph(unsigned count, unsigned rounds)
{
    const size_t bytes = count * CHAIN_CELLS * 4;
    DeviceMemory first_x(bytes), first_y(bytes), second_x(bytes), second_y(bytes);
    Graph graph(count);
    const auto node = [&](unsigned i, unsigned round) {
        return graph.parameters(own_cells, (round % 2 ? second_x : first_x).address, (round % 2 ? second_y : first_y).address, i);
    };
    for (unsigned i = 0; i < count; ++i)
        graph.add_node(i, false, node(i, 0));
    graph.finish();

    std::vector<double> samples, updates;
    size_t wrong = 0;
    for (unsigned round = 0; round < rounds; ++round) {
        const std::vector<uint32_t> input = random_words(count * CHAIN_CELLS, 40 + round);
        DeviceMemory &x = round % 2 ? second_x : first_x, &y = round % 2 ? second_y : first_y;
        x.put(input);
        y.fill(0);
        const int64_t update_start = now_ns();
        for (unsigned i = 0; i < count; ++i)
            graph.change(i, node(i, round));
        updates.push_back(us_since(update_start));
        const int64_t start = now_ns();
        graph.run();
        samples.push_back(us_since(start));

        std::vector<uint32_t> wanted(count * CHAIN_CELLS);
        for (unsigned i = 0; i < count; ++i)
            for (unsigned block = 0; block < CHAIN_BLOCKS; ++block)
                for (unsigned thread = 0; thread < CHAIN_THREADS; ++thread)
                    wanted[i * CHAIN_CELLS + block * CHAIN_THREADS + thread] =
                        input[i * CHAIN_CELLS + (block + 1) % CHAIN_BLOCKS * CHAIN_THREADS + thread] + addend(i);
        wrong += differences(y.words(), wanted);
    }
    Reply().samples("samples", samples).samples("update", updates).number("wrong", wrong).send();
}

// How many of a chain's hops really came from another SM, the fewest over all threads.
static void prove_chain(unsigned count)
{
    DeviceMemory even(CHAIN_CELLS * 16), odd(CHAIN_CELLS * 16);
    even.put(std::vector<uint32_t>(CHAIN_CELLS * 4, 0));
    Graph graph(count);
    const CUdeviceptr pair[2] = {even.address, odd.address};
    for (unsigned i = 0; i < count; ++i)
        graph.add_node(i, true, graph.parameters(chain_proof, pair[i % 2], pair[(i + 1) % 2], 1));
    graph.finish();
    graph.run();
    const std::vector<uint32_t> cells = (count % 2 ? odd : even).words();
    uint32_t fewest = UINT32_MAX;
    size_t wrong = 0;
    for (unsigned i = 0; i < CHAIN_CELLS; ++i) {
        wrong += cells[4 * i] != count;
        fewest = cells[4 * i + 2] < fewest ? cells[4 * i + 2] : fewest;
    }
    Reply().number("crossed", fewest).number("wrong", wrong).send();
}

// ---- copies

struct PinnedMemory {
    explicit PinnedMemory(size_t bytes) { CU(cuMemAllocHost, &address, bytes); }
    ~PinnedMemory() { cuMemFreeHost_(address); }
    PinnedMemory(const PinnedMemory &) = delete;
    void *address = nullptr;
};

// Two pinned buffers and two in video memory; made once for each size, since pinning 256 MiB takes long.
struct CopyBuffers {
    explicit CopyBuffers(size_t bytes) : source(bytes), result(bytes), device(bytes), other(bytes), bytes(bytes)
    {
        fill_random(source.address, bytes, 5);
        CU(cuMemcpyHtoD, device.address, source.address, bytes);
        check(cuCtxSynchronize_(), "cuCtxSynchronize");
    }
    PinnedMemory source, result;
    DeviceMemory device, other;
    size_t bytes;
};

static CopyBuffers &copy_buffers(size_t bytes)
{
    static std::map<size_t, CopyBuffers *> made;
    if (!made.count(bytes))
        made[bytes] = new CopyBuffers(bytes);
    return *made[bytes];
}

static size_t wrong_bytes(const void *got, const void *wanted, size_t bytes)
{
    if (memcmp(got, wanted, bytes) == 0)
        return 0;
    size_t wrong = 0;
    for (size_t i = 0; i < bytes; ++i)
        wrong += static_cast<const char *>(got)[i] != static_cast<const char *>(wanted)[i];
    return wrong;
}

template <typename Start> static std::vector<double> time_copies(unsigned count, Start start_copy)
{
    std::vector<double> samples;
    for (unsigned n = 0; n < count; ++n) {
        const int64_t start = now_ns();
        start_copy();
        CU(cuStreamSynchronize, stream);
        samples.push_back(us_since(start));
    }
    return samples;
}

static void copy_in(size_t bytes, unsigned count)
{
    CopyBuffers &b = copy_buffers(bytes);
    b.other.fill(0x5a);
    const std::vector<double> samples =
        time_copies(count, [&] { CU(cuMemcpyHtoDAsync, b.other.address, b.source.address, bytes, stream); });
    CU(cuMemcpyDtoH, b.result.address, b.other.address, bytes);
    Reply().samples("samples", samples).number("wrong", wrong_bytes(b.result.address, b.source.address, bytes)).send();
}

static void copy_out(size_t bytes, unsigned count)
{
    CopyBuffers &b = copy_buffers(bytes);
    memset(b.result.address, 0x5a, bytes);
    const std::vector<double> samples =
        time_copies(count, [&] { CU(cuMemcpyDtoHAsync, b.result.address, b.device.address, bytes, stream); });
    Reply().samples("samples", samples).number("wrong", wrong_bytes(b.result.address, b.source.address, bytes)).send();
}

static void copy_device(size_t bytes, unsigned count)
{
    CopyBuffers &b = copy_buffers(bytes);
    b.other.fill(0x5a);
    const std::vector<double> samples =
        time_copies(count, [&] { CU(cuMemcpyDtoDAsync, b.other.address, b.device.address, bytes, stream); });
    CU(cuMemcpyDtoH, b.result.address, b.other.address, bytes);
    Reply().samples("samples", samples).number("wrong", wrong_bytes(b.result.address, b.source.address, bytes)).send();
}

// ---- the rest

// Keep every SM busy, so that clocks rise.
static void warm(unsigned milliseconds)
{
    constexpr unsigned BLOCKS = 528;
    DeviceMemory x(BLOCKS * THREADS * 4), y(BLOCKS * THREADS * 4);
    x.put(random_words(BLOCKS * THREADS, 3));
    const int64_t start = now_ns();
    unsigned launches = 0;
    while (us_since(start) < milliseconds * 1000.0) {
        launch(busy, BLOCKS, THREADS, x.address, y.address, 20000);
        CU(cuStreamSynchronize, stream);
        ++launches;
    }
    Reply().number("launches", launches).send();
}

static void first_result(const char *cubin_path, int64_t t0_ns)
{
    const double main_seconds = us_since(t0_ns) / 1e6;
    open_device(cubin_path);
    const double open_seconds = us_since(t0_ns) / 1e6;
    MixLaunches launches;
    launches.go(0);
    CU(cuStreamSynchronize, stream);
    const size_t wrong = launches.wrong(1);
    const double result_seconds = us_since(t0_ns) / 1e6;
    Reply()
        .number("main_s", main_seconds)
        .number("load_s", load_seconds)
        .number("init_s", init_seconds)
        .number("context_s", context_seconds)
        .number("open_s", open_seconds)
        .number("result_s", result_seconds)
        .number("private_kib", private_kib())
        .number("wrong", wrong)
        .send();
}

static void hello()
{
    char name[128] = "";
    int version = 0;
    CU(cuDeviceGetName, name, sizeof name, 0);
    CU(cuDriverGetVersion, &version);
    Reply()
        .text("gpu", name)
        .number("cuda", version)
        .number("init_s", init_seconds)
        .number("context_s", context_seconds)
        .number("private_kib", private_kib())
        .send();
}

// False when the program shall end.
static bool obey(const std::string &line)
{
    std::istringstream words(line);
    std::string name;
    unsigned long long first = 0, second = 0;
    words >> name >> first >> second;
    if (name == "quit")
        return false;
    if (name == "launch_sync")
        launch_sync(first);
    else if (name == "launch_many")
        launch_many(first);
    else if (name == "chain")
        chain_graph(first, second);
    else if (name == "free")
        free_graph(first, second);
    else if (name == "chain_proof")
        prove_chain(first);
    else if (name == "copy_in")
        copy_in(first, second);
    else if (name == "copy_out")
        copy_out(first, second);
    else if (name == "copy_device")
        copy_device(first, second);
    else if (name == "warm")
        warm(first);
    else if (name == "memory")
        Reply().number("private_kib", private_kib()).send();
    else
        throw std::runtime_error("unknown command: " + line);
    return true;
}

int main(int argument_count, char **arguments)
{
    const std::string mode = argument_count > 1 ? arguments[1] : "";
    try {
        if (mode == "first-result" && argument_count == 4) {
            first_result(arguments[2], atoll(arguments[3]));
            return 0;
        }
        if (mode != "serve" || argument_count != 3) {
            fprintf(stderr, "usage: cuda_reference serve KERNELS.cubin | first-result KERNELS.cubin T0_NS\n");
            return 2;
        }
        open_device(arguments[2]);
        hello();
        for (std::string line; std::getline(std::cin, line);) {
            try {
                if (!obey(line))
                    break;
            } catch (const std::exception &error) {
                Reply().text("error", error.what()).send();
            }
        }
    } catch (const std::exception &error) {
        Reply().text("error", error.what()).send();
        return 1;
    }
    return 0;
}
