/*
 * Functions of real numbers with all their slow paths, and every rounding mode that CUDA C++ names.
 *
 * Each kernel takes arrays of operands and writes one row of results a function: row r of element i is out[r * count + i].
 */
#include "common.cuh"
#include <cuda_bf16.h>
#include <cuda_fp16.h>

/* The next row of results. */
#define ROW(value) out[row++ * count + i] = (value)

#define START                                                                                                          \
        uint32_t i = global_thread(), row = 0;                                                                         \
        if (i >= count)                                                                                                \
                return

/* ---- fp32 -------------------------------------------------------------------------------------------------------- */

extern "C" __global__ void math_f32_arithmetic(const float *a, const float *b, const float *c, float *out, uint32_t count)
{
        START;
        float x = a[i], y = b[i], z = c[i];
        ROW(x + y);
        ROW(__fadd_rz(x, y));
        ROW(__fadd_ru(x, y));
        ROW(__fadd_rd(x, y));
        ROW(__fsub_rn(x, y));
        ROW(__fmul_rn(x, y));
        ROW(__fmul_rz(x, y));
        ROW(__fmul_ru(x, y));
        ROW(__fmul_rd(x, y));
        ROW(fmaf(x, y, z));
        ROW(__fmaf_rz(x, y, z));
        ROW(__fmaf_ru(x, y, z));
        ROW(__fmaf_rd(x, y, z));
        ROW(__saturatef(x * y + z));
        ROW(fminf(x, y));
        ROW(fmaxf(x, fabsf(z)));
        ROW(fdimf(x, y));
        ROW(copysignf(x, y));
        ROW(x < y ? z : -x);
        ROW(isnan(x) ? 1.0f : isinf(y) ? 2.0f : signbit(z) ? 3.0f : 4.0f);
}

/* The same operations with subnormals flushed to zero. */
extern "C" __global__ void math_f32_flushed(const float *a, const float *b, const float *c, float *out, uint32_t count)
{
        START;
        float x = a[i], y = b[i], z = c[i], r;
#define FLUSHED2(instruction)                                                                                          \
        asm(instruction " %0, %1, %2;" : "=f"(r) : "f"(x), "f"(y));                                                    \
        ROW(r)
#define FLUSHED3(instruction)                                                                                          \
        asm(instruction " %0, %1, %2, %3;" : "=f"(r) : "f"(x), "f"(y), "f"(z));                                        \
        ROW(r)
        FLUSHED2("add.ftz.f32");
        FLUSHED2("add.rz.ftz.f32");
        FLUSHED2("add.ftz.sat.f32");
        FLUSHED2("mul.ftz.f32");
        FLUSHED2("mul.rp.ftz.f32");
        FLUSHED2("mul.ftz.sat.f32");
        FLUSHED3("fma.rn.ftz.f32");
        FLUSHED3("fma.rm.ftz.f32");
        FLUSHED3("fma.rn.ftz.sat.f32");
        FLUSHED2("min.ftz.f32");
        FLUSHED2("max.ftz.f32");
        FLUSHED2("div.full.ftz.f32");
        FLUSHED2("div.rn.ftz.f32");
        FLUSHED2("div.approx.f32");
        uint32_t less;
        asm("set.lt.ftz.u32.f32 %0, %1, %2;" : "=r"(less) : "f"(x), "f"(y));
        ROW(__uint_as_float(less));
        asm("set.equ.ftz.f32.f32 %0, %1, %2;" : "=f"(r) : "f"(x), "f"(y));
        ROW(r);
}

/* Division, square roots, remainders: what has a slow path for operands that are out of the ordinary. */
extern "C" __global__ void math_f32_division(const float *a, const float *b, float *out, uint32_t count)
{
        START;
        float x = a[i], y = b[i];
        ROW(x / y);
        ROW(__fdiv_rz(x, y));
        ROW(__fdiv_ru(x, y));
        ROW(__fdiv_rd(x, y));
        ROW(1.0f / x);
        ROW(__frcp_rz(x));
        ROW(__frcp_ru(y));
        ROW(sqrtf(x));
        ROW(__fsqrt_rz(x));
        ROW(__fsqrt_ru(x));
        ROW(__fsqrt_rd(x));
        ROW(rsqrtf(x));
        ROW(__frsqrt_rn(x));
        ROW(cbrtf(x));
        ROW(rcbrtf(x));
        ROW(hypotf(x, y));
        ROW(rhypotf(x, y));
        ROW(fmodf(x, y));
        ROW(remainderf(x, y));
        int quotient;
        ROW(remquof(x, y, &quotient));
        ROW((float)(quotient & 7));
}

extern "C" __global__ void math_f32_rounding(const float *a, float *out, uint32_t count)
{
        START;
        float x = a[i], whole;
        int exponent;
        ROW(floorf(x));
        ROW(ceilf(x));
        ROW(truncf(x));
        ROW(rintf(x));
        ROW(roundf(x));
        ROW(nearbyintf(x));
        ROW(modff(x, &whole));
        ROW(whole);
        ROW(frexpf(x, &exponent));
        ROW((float)exponent);
        ROW(ldexpf(x, (int)(i % 300) - 150));
        ROW(logbf(x));
        ROW((float)ilogbf(x));
        ROW(nextafterf(x, 0.0f));
        ROW(nextafterf(x, INFINITY));
        ROW(scalblnf(x, 3));
}

/* The functions of trigonometry, with the reduction of huge arguments by a table in constant memory. */
extern "C" __global__ void math_f32_circular(const float *a, const float *b, float *out, uint32_t count)
{
        START;
        float x = a[i], y = b[i], sine, cosine;
        ROW(sinf(x));
        ROW(cosf(x));
        ROW(tanf(x));
        sincosf(x, &sine, &cosine);
        ROW(sine + cosine);
        ROW(sinpif(x));
        ROW(cospif(x));
        ROW(asinf(x));
        ROW(acosf(x));
        ROW(atanf(x));
        ROW(atan2f(x, y));
        ROW(sinhf(x));
        ROW(coshf(x));
        ROW(tanhf(x));
        ROW(asinhf(x));
        ROW(acoshf(x));
        ROW(atanhf(x));
}

extern "C" __global__ void math_f32_exponential(const float *a, const float *b, float *out, uint32_t count)
{
        START;
        float x = a[i], y = b[i];
        ROW(expf(x));
        ROW(exp2f(x));
        ROW(exp10f(x));
        ROW(expm1f(x));
        ROW(logf(x));
        ROW(log2f(x));
        ROW(log10f(x));
        ROW(log1pf(x));
        ROW(powf(x, y));
        ROW(powf(fabsf(x), y));
        ROW(erff(x));
        ROW(erfcf(x));
        ROW(erfinvf(x));
        ROW(erfcxf(x));
        ROW(normcdff(x));
        ROW(normcdfinvf(x));
        ROW(tgammaf(x));
        ROW(lgammaf(x));
        ROW(j0f(x));
        ROW(y1f(fabsf(x)));
        ROW(cyl_bessel_i0f(x));
}

/* The approximations that are one instruction or a few. */
extern "C" __global__ void math_f32_fast(const float *a, const float *b, float *out, uint32_t count)
{
        START;
        float x = a[i], y = b[i], r;
        ROW(__sinf(x));
        ROW(__cosf(x));
        ROW(__tanf(x));
        ROW(__expf(x));
        ROW(__exp10f(x));
        ROW(__logf(x));
        ROW(__log2f(x));
        ROW(__log10f(x));
        ROW(__powf(x, y));
        ROW(__fdividef(x, y));
#define FAST(instruction)                                                                                              \
        asm(instruction " %0, %1;" : "=f"(r) : "f"(x));                                                                \
        ROW(r)
        FAST("rcp.approx.ftz.f32");
        FAST("sqrt.approx.ftz.f32");
        FAST("rsqrt.approx.ftz.f32");
        FAST("ex2.approx.ftz.f32");
        FAST("lg2.approx.ftz.f32");
        FAST("sin.approx.ftz.f32");
        FAST("cos.approx.ftz.f32");
        FAST("rcp.approx.f32");
        FAST("sqrt.approx.f32");
        FAST("rsqrt.approx.f32");
        FAST("ex2.approx.f32");
        FAST("lg2.approx.f32");
        FAST("tanh.approx.f32");
}

/* ---- fp64 -------------------------------------------------------------------------------------------------------- */

extern "C" __global__ void math_f64_arithmetic(const double *a, const double *b, const double *c, double *out, uint32_t count)
{
        START;
        double x = a[i], y = b[i], z = c[i];
        ROW(x + y);
        ROW(__dadd_rz(x, y));
        ROW(__dadd_ru(x, y));
        ROW(__dadd_rd(x, y));
        ROW(__dsub_rn(x, y));
        ROW(__dmul_rn(x, y));
        ROW(__dmul_rz(x, y));
        ROW(__dmul_ru(x, y));
        ROW(__dmul_rd(x, y));
        ROW(fma(x, y, z));
        ROW(__fma_rz(x, y, z));
        ROW(__fma_ru(x, -y, z));
        ROW(__fma_rd(x, y, -z));
        ROW(fmin(x, y));
        ROW(fmax(x, fabs(z)));
        ROW(x <= y ? z : -x);
        ROW(x == y || z != z ? 1.0 : x > z ? 2.0 : 3.0);
        ROW(copysign(x, y));
        ROW(floor(x));
        ROW(ceil(x));
        ROW(trunc(x));
        ROW(rint(x));
        ROW(round(x));
        ROW((double)(float)x);
        ROW((double)__double2float_rz(x));
        ROW((double)__double2float_ru(y));
        ROW((double)__double2float_rd(y));
}

extern "C" __global__ void math_f64_division(const double *a, const double *b, double *out, uint32_t count)
{
        START;
        double x = a[i], y = b[i];
        ROW(x / y);
        ROW(__ddiv_rz(x, y));
        ROW(__ddiv_ru(x, y));
        ROW(1.0 / x);
        ROW(__drcp_rd(y));
        ROW(sqrt(x));
        ROW(__dsqrt_rz(x));
        ROW(__dsqrt_ru(x));
        ROW(rsqrt(x));
        ROW(cbrt(x));
        ROW(hypot(x, y));
        ROW(fmod(x, y));
        ROW(remainder(x, y));
        ROW(logb(x));
        ROW(ldexp(x, (int)(i % 2200) - 1100));
        ROW(nextafter(x, y));
}

extern "C" __global__ void math_f64_functions(const double *a, const double *b, double *out, uint32_t count)
{
        START;
        double x = a[i], y = b[i];
        ROW(sin(x));
        ROW(cos(x));
        ROW(tan(x));
        ROW(sinpi(x));
        ROW(asin(x));
        ROW(acos(x));
        ROW(atan2(x, y));
        ROW(sinh(x));
        ROW(tanh(x));
        ROW(asinh(x));
        ROW(exp(x));
        ROW(exp2(x));
        ROW(expm1(x));
        ROW(log(x));
        ROW(log2(x));
        ROW(log1p(x));
        ROW(pow(x, y));
        ROW(erf(x));
        ROW(erfc(x));
        ROW(tgamma(x));
        ROW(lgamma(x));
        ROW(normcdfinv(x));
}

/* ---- fp16 and bf16 ----------------------------------------------------------------------------------------------- */

extern "C" __global__ void math_f16(const __half2 *a, const __half2 *b, const __half2 *c, __half2 *out, uint32_t count)
{
        START;
        __half2 x = a[i], y = b[i], z = c[i];
        ROW(__hadd2(x, y));
        ROW(__hsub2(x, y));
        ROW(__hmul2(x, y));
        ROW(__hfma2(x, y, z));
        ROW(__hfma2_relu(x, y, z));
        ROW(__hadd2_sat(x, y));
        ROW(__hmul2_sat(x, y));
        ROW(__hfma2_sat(x, y, z));
        ROW(__h2div(x, y));
        ROW(__hneg2(x));
        ROW(__habs2(y));
        ROW(__hmin2(x, y));
        ROW(__hmax2(x, y));
        ROW(__hmin2_nan(x, y));
        ROW(__hmax2_nan(x, y));
        ROW(__heq2(x, y));
        ROW(__hlt2(x, y));
        ROW(__hgeu2(x, y));
        ROW(__hne2(x, y));
        ROW(h2sqrt(x));
        ROW(h2rsqrt(x));
        ROW(h2rcp(x));
        ROW(h2exp(x));
        ROW(h2exp2(x));
        ROW(h2log(x));
        ROW(h2log2(x));
        ROW(h2sin(x));
        ROW(h2cos(x));
        ROW(h2floor(x));
        ROW(h2ceil(x));
        ROW(h2trunc(x));
        ROW(h2rint(x));
        ROW(h2tanh_approx(x));
        ROW(__lowhigh2highlow(x));
        ROW(__halves2half2(__hadd(__low2half(x), __high2half(y)), __hmul(__high2half(x), __low2half(z))));
        ROW(__hbeq2(x, y) ? z : x);
        ROW(__hgt(__low2half(x), __high2half(y)) ? y : z);
        ROW(__floats2half2_rn(__half2float(__low2half(x)) * 3.0f, __half2float(__high2half(y)) * 3.0f));
}

extern "C" __global__ void math_bf16(const __nv_bfloat162 *a, const __nv_bfloat162 *b, const __nv_bfloat162 *c,
                                     __nv_bfloat162 *out, uint32_t count)
{
        START;
        __nv_bfloat162 x = a[i], y = b[i], z = c[i];
        ROW(__hadd2(x, y));
        ROW(__hsub2(x, y));
        ROW(__hmul2(x, y));
        ROW(__hfma2(x, y, z));
        ROW(__hfma2_relu(x, y, z));
        ROW(__hadd2_sat(x, y));
        ROW(__hmul2_sat(x, y));
        ROW(__h2div(x, y));
        ROW(__hneg2(x));
        ROW(__habs2(y));
        ROW(__hmin2(x, y));
        ROW(__hmax2_nan(x, y));
        ROW(__heq2(x, y));
        ROW(__hltu2(x, y));
        ROW(h2sqrt(x));
        ROW(h2exp(x));
        ROW(h2log2(x));
        ROW(h2sin(x));
        ROW(h2rint(x));
        ROW(__floats2bfloat162_rn(__bfloat162float(x.x) * 3.0f, __bfloat162float(y.y) * 3.0f));
}
