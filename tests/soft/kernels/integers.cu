/*
 * Integers: division, wide products, bits, packed bytes (video instructions), and conversions between all formats.
 *
 * Each kernel writes one row of results an operation: row r of element i is out[r * count + i].
 */
#include "common.cuh"
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

#define ROW(value) out[row++ * count + i] = (value)

#define START                                                                                                          \
        uint32_t i = global_thread(), row = 0;                                                                         \
        if (i >= count)                                                                                                \
                return

/* Quotients and remainders of 32 bits; a divisor of zero becomes 1. Constant divisors turn into products. */
extern "C" __global__ void int_division_32(const uint32_t *a, const uint32_t *b, uint32_t *out, uint32_t count)
{
        START;
        uint32_t x = a[i], y = b[i] ? b[i] : 1;
        int sx = x, sy = y == ~0u ? 3 : y;
        ROW(x / y);
        ROW(x % y);
        ROW(sx / sy);
        ROW(sx % sy);
        ROW(x / 7);
        ROW(x % 1000);
        ROW(sx / 10);
        ROW(sx % 16);
        ROW((uint16_t)x / (uint16_t)(y | 1));
        ROW((int8_t)x / (int8_t)(y | 1));
}

extern "C" __global__ void int_division_64(const uint64_t *a, const uint64_t *b, uint64_t *out, uint32_t count)
{
        START;
        uint64_t x = a[i], y = b[i] ? b[i] : 1;
        int64_t sx = x, sy = y == ~0ull ? 3 : y;
        ROW(x / y);
        ROW(x % y);
        ROW(sx / sy);
        ROW(sx % sy);
        ROW(x / 1000000007);
        ROW(sx % 86400);
        ROW((uint64_t)((unsigned __int128)x * y >> 64));
        ROW((uint64_t)((unsigned __int128)x * y / 10));
}

extern "C" __global__ void int_products(const uint32_t *a, const uint32_t *b, const uint32_t *c, uint32_t *out, uint32_t count)
{
        START;
        uint32_t x = a[i], y = b[i], z = c[i];
        ROW(x * y + z);
        ROW(__umulhi(x, y));
        ROW(__mulhi(x, y));
        ROW(__umul24(x, y));
        ROW(__mul24(x, y));
        uint64_t wide = (uint64_t)x * y + z;
        ROW(wide >> 32);
        int64_t signed_wide = (int64_t)(int)x * (int)y - (int)z;
        ROW(signed_wide >> 32);
        ROW(__sad(x, y, z));
        ROW(__usad(x, y, z));
        ROW(__hadd(x, y));
        ROW(__rhadd(x, y));
        ROW(__uhadd(x, y));
        ROW(__urhadd(x, y));
        ROW(abs((int)x));
        ROW(min((int)x, (int)y));
        ROW(max(x, z));
        uint32_t low, carry;
        asm("add.cc.u32 %0, %2, %3; addc.u32 %1, %4, 0;" : "=r"(low), "=r"(carry) : "r"(x), "r"(y), "r"(z));
        ROW(low);
        ROW(carry);
        asm("sub.cc.u32 %0, %2, %3; subc.u32 %1, %4, %2;" : "=&r"(low), "=r"(carry) : "r"(x), "r"(y), "r"(z));
        ROW(low);
        ROW(carry);
        asm("mad.lo.cc.u32 %0, %2, %3, %4; madc.hi.u32 %1, %2, %3, 0;" : "=&r"(low), "=r"(carry) : "r"(x), "r"(y), "r"(z));
        ROW(carry);
        asm("mad.hi.sat.s32 %0, %1, %2, %3;" : "=r"(low) : "r"(x), "r"(y), "r"(z));
        ROW(low);
        ROW(__vimax3_s32(x, y, z));
        ROW(__vimin3_u32(x, y, z));
        ROW(__viaddmax_s32(x, y, z));
        ROW(__vimax_s32_relu(x, y));
        bool first;
        ROW(__vibmax_s32(x, y, &first) + first);
}

extern "C" __global__ void int_bits(const uint32_t *a, const uint32_t *b, const uint32_t *c, uint32_t *out, uint32_t count)
{
        START;
        uint32_t x = a[i], y = b[i], z = c[i], r;
        uint64_t wide = (uint64_t)x << 32 | y;
        ROW(__popc(x));
        ROW(__popcll(wide));
        ROW(__clz(x));
        ROW(__clzll(wide));
        ROW(__ffs(x));
        ROW(__ffsll(wide));
        ROW(__brev(x));
        ROW((uint32_t)(__brevll(wide) >> 20));
        ROW(__byte_perm(x, y, z));
        ROW(__funnelshift_l(x, y, z));
        ROW(__funnelshift_r(x, y, z));
        ROW(__funnelshift_lc(x, y, z));
        ROW(__funnelshift_rc(x, y, z & 63));
        ROW(x << (y & 31));
        ROW((int)x >> (y & 31));
        ROW((uint32_t)(wide >> (z & 63)));
        ROW((uint32_t)((int64_t)wide >> (z & 63) >> 5));
        ROW((uint32_t)(wide << (z & 63) >> 32));
        asm("shl.b32 %0, %1, %2;" : "=r"(r) : "r"(x), "r"(z & 63));
        ROW(r);
        asm("shr.s32 %0, %1, %2;" : "=r"(r) : "r"(x), "r"(z & 63));
        ROW(r);
        asm("bfe.u32 %0, %1, %2, %3;" : "=r"(r) : "r"(x), "r"(y & 63), "r"(z & 63));
        ROW(r);
        asm("bfe.s32 %0, %1, %2, %3;" : "=r"(r) : "r"(x), "r"(y & 31), "r"(z & 31));
        ROW(r);
        asm("bfi.b32 %0, %1, %2, %3, %4;" : "=r"(r) : "r"(x), "r"(y), "r"(z & 31), "r"(z >> 5 & 31));
        ROW(r);
        asm("bfind.u32 %0, %1;" : "=r"(r) : "r"(x));
        ROW(r);
        asm("bfind.shiftamt.s32 %0, %1;" : "=r"(r) : "r"(x));
        ROW(r);
        asm("lop3.b32 %0, %1, %2, %3, 0xf8;" : "=r"(r) : "r"(x), "r"(y), "r"(z));
        ROW(r);
        asm("lop3.b32 %0, %1, %2, %3, 0xea;" : "=r"(r) : "r"(x), "r"(y), "r"(z));
        ROW(r);
        asm("lop3.b32 %0, %1, %2, %3, 0x1b;" : "=r"(r) : "r"(x), "r"(y), "r"(z));
        ROW(r);
        asm("prmt.b32.f4e %0, %1, %2, %3;" : "=r"(r) : "r"(x), "r"(y), "r"(z));
        ROW(r);
        asm("prmt.b32.rc16 %0, %1, %2, %3;" : "=r"(r) : "r"(x), "r"(y), "r"(z));
        ROW(r);
        asm("prmt.b32.ecl %0, %1, %2, %3;" : "=r"(r) : "r"(x), "r"(y), "r"(z));
        ROW(r);
        asm("szext.wrap.s32 %0, %1, %2;" : "=r"(r) : "r"(x), "r"(z));
        ROW(r);
        asm("bmsk.clamp.b32 %0, %1, %2;" : "=r"(r) : "r"(y & 63), "r"(z & 63));
        ROW(r);
        asm("fns.b32 %0, %1, %2, %3;" : "=r"(r) : "r"(x), "r"(y & 31), "r"((int)(z & 7) - 3));
        ROW(r);
}

/* Four bytes or two halves in a word, added, compared and combined lane by lane. */
extern "C" __global__ void int_video(const uint32_t *a, const uint32_t *b, const uint32_t *c, uint32_t *out, uint32_t count)
{
        START;
        uint32_t x = a[i], y = b[i], z = c[i], r;
        ROW(__vadd4(x, y));
        ROW(__vaddss4(x, y));
        ROW(__vaddus4(x, y));
        ROW(__vsub4(x, y));
        ROW(__vsubss4(x, y));
        ROW(__vabsdiffu4(x, y));
        ROW(__vabsdiffs4(x, y));
        ROW(__vavgu4(x, y));
        ROW(__vavgs4(x, y));
        ROW(__vmaxu4(x, y));
        ROW(__vmins4(x, y));
        ROW(__vcmpeq4(x, y));
        ROW(__vcmpgts4(x, y));
        ROW(__vcmpltu4(x, y));
        ROW(__vsetgeu4(x, y));
        ROW(__vsadu4(x, y));
        ROW(__vsads4(x, y));
        ROW(__vneg4(x));
        ROW(__vabs4(x));
        ROW(__vadd2(x, y));
        ROW(__vaddss2(x, y));
        ROW(__vaddus2(x, y));
        ROW(__vsub2(x, y));
        ROW(__vabsdiffs2(x, y));
        ROW(__vavgs2(x, y));
        ROW(__vmaxs2(x, y));
        ROW(__vminu2(x, y));
        ROW(__vcmpges2(x, y));
        ROW(__vsadu2(x, y));
        ROW(__vabsss2(x));
        ROW(__vimax3_s16x2(x, y, z));
        ROW(__viaddmax_u16x2(x, y, z));
        ROW(__vimin_s16x2_relu(x, y));
        asm("vabsdiff4.u32.u32.u32.add %0, %1, %2, %3;" : "=r"(r) : "r"(x), "r"(y), "r"(z));
        ROW(r);
        asm("vadd.s32.s32.u32.sat %0, %1.b2, %2.h0;" : "=r"(r) : "r"(x), "r"(y));
        ROW(r);
        asm("vmad.s32.s32.u32.shr7 %0, %1.h1, %2.b3, %3;" : "=r"(r) : "r"(x), "r"(y), "r"(z));
        ROW(r);
        asm("vset.s32.u32.lt.add %0, %1, %2.b1, %3;" : "=r"(r) : "r"(x), "r"(y), "r"(z));
        ROW(r);
        asm("vshl.u32.u32.u32.wrap.max %0, %1, %2.b0, %3;" : "=r"(r) : "r"(x), "r"(y), "r"(z));
        ROW(r);
}

/* fp32 to integers of all widths in all rounding modes, and back. */
extern "C" __global__ void convert_f32(const float *a, const uint32_t *b, uint32_t *out, uint32_t count)
{
        START;
        float x = a[i];
        uint32_t y = b[i];
        uint64_t wide = (uint64_t)y << 32 | (y * 2654435761u);
        ROW(__float2int_rn(x));
        ROW(__float2int_rz(x));
        ROW(__float2int_ru(x));
        ROW(__float2int_rd(x));
        ROW(__float2uint_rn(x));
        ROW(__float2uint_rd(x));
        ROW((uint32_t)__float2ll_rz(x));
        ROW((uint32_t)(__float2ll_rn(x) >> 32));
        ROW((uint32_t)(__float2ull_ru(x) >> 32));
        ROW((int8_t)x);
        ROW((uint16_t)x);
        ROW(__float_as_uint(__int2float_rn(y)));
        ROW(__float_as_uint(__int2float_rz(y)));
        ROW(__float_as_uint(__uint2float_ru(y)));
        ROW(__float_as_uint(__uint2float_rd(y)));
        ROW(__float_as_uint(__ll2float_rn(wide)));
        ROW(__float_as_uint(__ll2float_rz(wide)));
        ROW(__float_as_uint(__ull2float_rn(wide)));
        ROW(__float_as_uint((float)(int8_t)y));
        ROW(__float_as_uint((float)(uint8_t)(y >> 16)));
        ROW(__float_as_uint((float)(int16_t)(y >> 16)));
        short half = __half_as_short(__float2half_rn(x));
        ROW((uint16_t)half);
        ROW(__half_as_ushort(__float2half_rz(x)));
        ROW(__half_as_ushort(__float2half_ru(x)));
        ROW(__half_as_ushort(__float2half_rd(x)));
        ROW(__bfloat16_as_ushort(__float2bfloat16_rn(x)));
        ROW(__bfloat16_as_ushort(__float2bfloat16_rz(x)));
        uint32_t r;
        asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(r) : "f"(x));
        ROW(r);
        asm("cvt.rn.relu.f16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(x), "f"(-x));
        ROW(r);
        asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(x), "f"(x * 1.001f));
        ROW(r);
        asm("cvt.rz.f16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(x), "f"(x * 3.0f));
        ROW(r);
        asm("cvt.sat.f32.f32 %0, %1;" : "=r"(r) : "f"(x));
        ROW(r);
        asm("cvt.rni.ftz.f32.f32 %0, %1;" : "=r"(r) : "f"(x));
        ROW(r);
        asm("cvt.rni.sat.f32.f32 %0, %1;" : "=r"(r) : "f"(x));
        ROW(r);
}

/* fp16 to and from integers, bf16 and floats. */
extern "C" __global__ void convert_f16(const __half *a, const uint32_t *b, uint32_t *out, uint32_t count)
{
        START;
        __half x = a[i];
        uint32_t y = b[i];
        ROW(__float_as_uint(__half2float(x)));
        ROW(__half2int_rn(x));
        ROW(__half2int_rz(x));
        ROW(__half2uint_ru(x));
        ROW((uint16_t)__half2short_rd(x));
        ROW(__half2ushort_rn(x));
        ROW((uint32_t)__half2ll_rn(x));
        ROW((uint8_t)__half2char_rz(x));
        ROW(__half_as_ushort(__int2half_rn(y)));
        ROW(__half_as_ushort(__uint2half_rz(y)));
        ROW(__half_as_ushort(__short2half_rn(y)));
        ROW(__half_as_ushort(__ushort2half_ru(y)));
        ROW(__half_as_ushort(__ll2half_rn((int64_t)(int)y * 3)));
        ROW(__half_as_ushort(__double2half(__longlong_as_double((uint64_t)(0x3f000000 + (y >> 8)) << 32 | y))));
        ROW(__bfloat16_as_ushort(__uint2bfloat16_rn(y)));
        ROW(__bfloat162int_rz(__ushort_as_bfloat16(y)));
        ROW(__float_as_uint(__bfloat162float(__ushort_as_bfloat16(y))));
        ROW(__bfloat16_as_ushort(__double2bfloat16(__longlong_as_double((uint64_t)(0x3f000000 + (y >> 8)) << 32 | y))));
}

/* fp64 to integers and floats, in all rounding modes, and back. */
extern "C" __global__ void convert_f64(const double *a, const uint64_t *b, uint64_t *out, uint32_t count)
{
        START;
        double x = a[i];
        uint64_t y = b[i];
        ROW(__double2int_rn(x));
        ROW((uint32_t)__double2int_rd(x));
        ROW(__double2uint_rz(x));
        ROW(__double2ll_rn(x));
        ROW(__double2ll_ru(x));
        ROW(__double2ull_rz(x));
        ROW(__double_as_longlong(__int2double_rn(y)));
        ROW(__double_as_longlong(__uint2double_rn(y)));
        ROW(__double_as_longlong(__ll2double_rn(y)));
        ROW(__double_as_longlong(__ll2double_rd(y)));
        ROW(__double_as_longlong(__ull2double_rn(y)));
        ROW(__double_as_longlong(__ull2double_ru(y)));
        ROW(__float_as_uint(__double2float_rn(x)));
        ROW(__float_as_uint(__double2float_ru(x)));
        ROW(__double_as_longlong((double)__uint_as_float((uint32_t)y)));
        ROW((uint8_t)x);
        ROW(__double_as_longlong((double)(int16_t)y));
        ROW((uint32_t)__double2hiint(x) ^ (uint32_t)__double2loint(x));
}

/* Both formats of fp8, from floats and halves, saturating, and back. */
extern "C" __global__ void convert_fp8(const float *a, const uint16_t *b, uint32_t *out, uint32_t count)
{
        START;
        float x = a[i];
        uint16_t pair = b[i];
        ROW(__nv_cvt_float_to_fp8(x, __NV_SATFINITE, __NV_E4M3));
        ROW(__nv_cvt_float_to_fp8(x, __NV_SATFINITE, __NV_E5M2));
        ROW(__nv_cvt_float2_to_fp8x2(make_float2(x, -x * 0.37f), __NV_SATFINITE, __NV_E4M3));
        ROW(__nv_cvt_float2_to_fp8x2(make_float2(x, -x * 0.37f), __NV_SATFINITE, __NV_E5M2));
        ROW(__nv_cvt_float_to_fp8(x, __NV_NOSAT, __NV_E5M2));
        __half_raw half;
        half.x = pair;
        ROW(__nv_cvt_halfraw_to_fp8(half, __NV_SATFINITE, __NV_E4M3));
        ROW(__nv_cvt_halfraw_to_fp8(half, __NV_SATFINITE, __NV_E5M2));
        __half2_raw two = __nv_cvt_fp8x2_to_halfraw2(pair, __NV_E4M3);
        ROW(two.x | (uint32_t)two.y << 16);
        two = __nv_cvt_fp8x2_to_halfraw2(pair, __NV_E5M2);
        ROW(two.x | (uint32_t)two.y << 16);
        ROW(__nv_cvt_fp8_to_halfraw((uint8_t)pair, __NV_E4M3).x);
#if __CUDA_ARCH__ >= 900
        uint16_t packed;
        asm("cvt.rn.satfinite.relu.e4m3x2.f32 %0, %1, %2;" : "=h"(packed) : "f"(x), "f"(-x));
        ROW(packed);
#else
        ROW(0);
#endif
}

/* Decimal digits of 64-bit numbers into text, right aligned in 20 characters, and back. */
extern "C" __global__ void format_decimal(const uint64_t *numbers, char *text, uint64_t *read_back, uint32_t count)
{
        uint32_t i = global_thread();
        if (i >= count)
                return;
        char digits[20];
        uint64_t rest = numbers[i];
        for (int place = 19; place >= 0; place--) {
                digits[place] = rest || place == 19 ? '0' + rest % 10 : ' ';
                rest /= 10;
        }
        uint64_t value = 0;
        for (int place = 0; place < 20; place++) {
                text[i * 20 + place] = digits[place];
                if (digits[place] != ' ')
                        value = value * 10 + (digits[place] - '0');
        }
        read_back[i] = value;
}
