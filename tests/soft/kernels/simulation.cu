/*
 * Numbers that stand for space and time: FFT, many bodies, stencils, fractals, cellular automata, clustering.
 */
#include "common.cuh"
#include <math_constants.h>

/* ---- FFT --------------------------------------------------------------------------------------------------------- */

/* Each CTA of N / 2 threads transforms N = 512 complex numbers in shared memory, radix 2, decimation in time. */
extern "C" __global__ void __launch_bounds__(256) fft_shared(float2 *data, float direction)
{
        const int bits = 9, n = 1 << bits;
        __shared__ float2 row[n];
        float2 *own = data + (size_t)blockIdx.x * n;
        for (int i = threadIdx.x; i < n; i += n / 2)
                row[__brev(i) >> (32 - bits)] = own[i];
        for (int half = 1; half < n; half *= 2) {
                __syncthreads();
                int k = threadIdx.x & (half - 1), low = 2 * (threadIdx.x - k) + k;
                float sine, cosine;
                sincospif(direction * k / half, &sine, &cosine);
                float2 a = row[low], b = row[low + half];
                float2 turned = make_float2(b.x * cosine - b.y * sine, b.x * sine + b.y * cosine);
                row[low] = make_float2(a.x + turned.x, a.y + turned.y);
                row[low + half] = make_float2(a.x - turned.x, a.y - turned.y);
        }
        __syncthreads();
        for (int i = threadIdx.x; i < n; i += n / 2)
                own[i] = row[i];
}

/* Each thread transforms eight complex doubles in registers; twiddles by the slow path of sincos. */
extern "C" __global__ void fft_small_f64(double2 *data)
{
        double2 x[8], *own = data + (size_t)global_thread() * 8;
        for (int i = 0; i < 8; i++)
                x[__brev(i) >> 29] = own[i];
#pragma unroll
        for (int half = 1; half < 8; half *= 2) {
#pragma unroll
                for (int pair = 0; pair < 4; pair++) {
                        int k = pair % half, low = pair / half * 2 * half + k;
                        double sine, cosine;
                        sincos(-CUDART_PI * k / half, &sine, &cosine);
                        double re = x[low + half].x * cosine - x[low + half].y * sine;
                        double im = x[low + half].x * sine + x[low + half].y * cosine;
                        x[low + half] = make_double2(x[low].x - re, x[low].y - im);
                        x[low] = make_double2(x[low].x + re, x[low].y + im);
                }
        }
        for (int i = 0; i < 8; i++)
                own[i] = x[i];
}

/* ---- many bodies ------------------------------------------------------------------------------------------------- */

/* One step of gravity between all bodies, which pass through shared memory in tiles. w is the mass. */
extern "C" __global__ void nbody_step(const float4 *bodies, float4 *moved, float4 *speeds, int count, float step)
{
        extern __shared__ float4 tile[];
        int i = global_thread();
        float4 own = bodies[i];
        float3 pull = make_float3(0, 0, 0);
        for (int start = 0; start < count; start += blockDim.x) {
                tile[threadIdx.x] = bodies[start + threadIdx.x];
                __syncthreads();
#pragma unroll 4
                for (int j = 0; j < blockDim.x; j++) {
                        float dx = tile[j].x - own.x, dy = tile[j].y - own.y, dz = tile[j].z - own.z;
                        float inverse = rsqrtf(dx * dx + dy * dy + dz * dz + 1e-3f);
                        float force = tile[j].w * inverse * inverse * inverse;
                        pull.x += dx * force;
                        pull.y += dy * force;
                        pull.z += dz * force;
                }
                __syncthreads();
        }
        float4 speed = speeds[i];
        speed.x += pull.x * step;
        speed.y += pull.y * step;
        speed.z += pull.z * step;
        speeds[i] = speed;
        moved[i] = make_float4(own.x + speed.x * step, own.y + speed.y * step, own.z + speed.z * step, own.w);
}

/* Lennard-Jones energy of each particle in a periodic box, in fp64. */
extern "C" __global__ void lennard_jones_f64(const double3 *places, double *energy, int count, double box)
{
        int i = global_thread();
        if (i >= count)
                return;
        double sum = 0;
        for (int j = 0; j < count; j++) {
                if (j == i)
                        continue;
                double dx = places[i].x - places[j].x, dy = places[i].y - places[j].y, dz = places[i].z - places[j].z;
                dx -= box * rint(dx / box);
                dy -= box * rint(dy / box);
                dz -= box * rint(dz / box);
                double square = dx * dx + dy * dy + dz * dz;
                if (square > 6.25)
                        continue;
                double sixth = 1.0 / (square * square * square);
                sum += 4.0 * sixth * (sixth - 1.0);
        }
        energy[i] = sum;
}

/* ---- stencils ---------------------------------------------------------------------------------------------------- */

/* Heat in two dimensions, five points, tiles of 16 x 16 with a border in shared memory; the rim keeps its values. */
extern "C" __global__ void __launch_bounds__(256)
        stencil_2d(const float *in, float *out, int width, int height, float rate)
{
        __shared__ float tile[18][19];
        int x = blockIdx.x * 16 + threadIdx.x, y = blockIdx.y * 16 + threadIdx.y;
        int cx = min(x, width - 1), cy = min(y, height - 1);
        int tx = threadIdx.x + 1, ty = threadIdx.y + 1;
        tile[ty][tx] = in[cy * width + cx];
        if (threadIdx.x == 0)
                tile[ty][0] = in[cy * width + max(cx - 1, 0)];
        if (threadIdx.x == 15)
                tile[ty][17] = in[cy * width + min(cx + 1, width - 1)];
        if (threadIdx.y == 0)
                tile[0][tx] = in[max(cy - 1, 0) * width + cx];
        if (threadIdx.y == 15)
                tile[17][tx] = in[min(cy + 1, height - 1) * width + cx];
        __syncthreads();
        if (x >= width || y >= height)
                return;
        float centre = tile[ty][tx];
        bool rim = x == 0 || y == 0 || x == width - 1 || y == height - 1;
        float around = tile[ty][tx - 1] + tile[ty][tx + 1] + tile[ty - 1][tx] + tile[ty + 1][tx];
        out[y * width + x] = rim ? centre : centre + rate * (around - 4.0f * centre);
}

/* Seven points in three dimensions; each thread walks along z and keeps three planes in registers. */
extern "C" __global__ void stencil_3d(const double *__restrict__ in, double *__restrict__ out, int nx, int ny, int nz)
{
        int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
        if (x < 1 || y < 1 || x >= nx - 1 || y >= ny - 1)
                return;
        int plane = nx * ny, at = y * nx + x;
        double below = in[at], here = in[at + plane];
        for (int z = 1; z < nz - 1; z++) {
                double above = in[at + (z + 1) * plane];
                const double *p = in + at + z * plane;
                out[at + z * plane] = fma(0.4, here, 0.1 * (below + above + p[-1] + p[1] + p[-nx] + p[nx]));
                below = here;
                here = above;
        }
}

__constant__ float blur[7] = {0.03125f, 0.109375f, 0.21875f, 0.28125f, 0.21875f, 0.109375f, 0.03125f};

/* Rows of bytes blurred by seven constant weights, rounded to nearest, edges repeated. */
extern "C" __global__ void convolve_rows(const uchar4 *in, uchar4 *out, int width)
{
        int x = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y * width;
        if (x >= width)
                return;
        float4 sum = make_float4(0, 0, 0, 0);
        for (int i = -3; i <= 3; i++) {
                uchar4 pixel = in[row + min(max(x + i, 0), width - 1)];
                sum.x += blur[i + 3] * pixel.x;
                sum.y += blur[i + 3] * pixel.y;
                sum.z += blur[i + 3] * pixel.z;
                sum.w += blur[i + 3] * pixel.w;
        }
        out[row + x] = make_uchar4(__float2int_rn(sum.x), __float2int_rn(sum.y), __float2int_rn(sum.z), __float2uint_rz(sum.w));
}

/* Conway's game of life on a torus of bits, 32 cells a word, by bit-sliced counting. */
extern "C" __global__ void life_bits(const uint32_t *in, uint32_t *out, int words, int rows)
{
        uint32_t i = global_thread();
        if (i >= words * rows)
                return;
        int column = i % words, row = i / words;
        uint32_t ones = 0, twos = 0, fours = 0, alive = in[i];
        for (int dy = -1; dy <= 1; dy++) {
                const uint32_t *line = in + (row + dy + rows) % rows * words;
                uint32_t middle = line[column];
                uint32_t left = __funnelshift_l(line[(column + words - 1) % words], middle, 1);
                uint32_t right = __funnelshift_r(middle, line[(column + 1) % words], 1);
                uint32_t neighbours[3] = {left, right, dy == 0 ? 0 : middle};
                for (uint32_t one : neighbours) {
                        uint32_t carry = ones & one;
                        ones ^= one;
                        fours |= twos & carry;
                        twos ^= carry;
                }
        }
        out[i] = twos & ~fours & (ones | alive);
}

/* ---- fractals ---------------------------------------------------------------------------------------------------- */

template <typename T> __device__ static int escape_time(T x, T y, T cx, T cy, int limit)
{
        for (int i = 0; i < limit; i++) {
                T xx = x * x, yy = y * y;
                if (xx + yy > T(4))
                        return i;
                y = T(2) * x * y + cy;
                x = xx - yy + cx;
        }
        return limit;
}

/* Mandelbrot's set in fp32: how many steps until a point escapes. */
extern "C" __global__ void mandelbrot_f32(uint16_t *out, int width, int height, float left, float top, float pixel, int limit)
{
        int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
        if (x < width && y < height)
                out[y * width + x] = escape_time(0.0f, 0.0f, left + x * pixel, top + y * pixel, limit);
}

/* A Julia set in fp64. */
extern "C" __global__ void julia_f64(uint16_t *out, int width, int height, double cx, double cy, double pixel, int limit)
{
        int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
        if (x < width && y < height)
                out[y * width + x] = escape_time((x - width / 2) * pixel, (y - height / 2) * pixel, cx, cy, limit);
}

/* ---- clustering and pricing -------------------------------------------------------------------------------------- */

/* One round of k-means in the plane with integer coordinates: the nearest of `k` centres, sums and counts of each. */
extern "C" __global__ void kmeans_round(const short2 *points, const short2 *centres, uint8_t *nearest, int *sums,
                                        uint32_t *sizes, int count, int k)
{
        extern __shared__ int shared_sums[]; /* x, y and size of each cluster */
        for (int i = threadIdx.x; i < 3 * k; i += blockDim.x)
                shared_sums[i] = 0;
        __syncthreads();
        for (uint32_t i = global_thread(); i < count; i += grid_threads()) {
                short2 p = points[i];
                int best = 0x7fffffff, where = 0;
                for (int c = 0; c < k; c++) {
                        int dx = p.x - centres[c].x, dy = p.y - centres[c].y, distance = dx * dx + dy * dy;
                        if (distance < best) {
                                best = distance;
                                where = c;
                        }
                }
                nearest[i] = where;
                atomicAdd(&shared_sums[3 * where], p.x);
                atomicAdd(&shared_sums[3 * where + 1], p.y);
                atomicAdd(&shared_sums[3 * where + 2], 1);
        }
        __syncthreads();
        for (int c = threadIdx.x; c < k; c += blockDim.x) {
                atomicAdd(&sums[2 * c], shared_sums[3 * c]);
                atomicAdd(&sums[2 * c + 1], shared_sums[3 * c + 1]);
                atomicAdd(&sizes[c], (uint32_t)shared_sums[3 * c + 2]);
        }
}

/* Black and Scholes: value of a call and of a put. */
extern "C" __global__ void black_scholes(const float *spot, const float *strike, const float *years, float2 *out,
                                         float rate, float volatility, int count)
{
        int i = global_thread();
        if (i >= count)
                return;
        float root = sqrtf(years[i]);
        float d1 = (logf(spot[i] / strike[i]) + (rate + 0.5f * volatility * volatility) * years[i]) / (volatility * root);
        float d2 = d1 - volatility * root, discounted = strike[i] * expf(-rate * years[i]);
        float call = spot[i] * normcdff(d1) - discounted * normcdff(d2);
        out[i] = make_float2(call, call - spot[i] + discounted);
}

/* The Lorenz attractor from many starts, by Runge and Kutta's fourth order. */
extern "C" __global__ void lorenz_rk4(float3 *points, int steps, float dt)
{
        float3 p = points[global_thread()];
        for (int step = 0; step < steps; step++) {
                float3 sum = make_float3(0, 0, 0), q = p;
                for (int stage = 0; stage < 4; stage++) {
                        float3 d = make_float3(10.0f * (q.y - q.x), q.x * (28.0f - q.z) - q.y, q.x * q.y - 8.0f / 3.0f * q.z);
                        float weight = stage == 0 || stage == 3 ? 1.0f : 2.0f, reach = stage == 2 ? dt : 0.5f * dt;
                        sum.x += weight * d.x, sum.y += weight * d.y, sum.z += weight * d.z;
                        q = make_float3(p.x + reach * d.x, p.y + reach * d.y, p.z + reach * d.z);
                }
                p.x += dt / 6.0f * sum.x, p.y += dt / 6.0f * sum.y, p.z += dt / 6.0f * sum.z;
        }
        points[global_thread()] = p;
}
