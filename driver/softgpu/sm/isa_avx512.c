/* The interpreter for hosts with AVX-512 (F, BW, CD, DQ, VL: all servers since 2017). */
#if defined(__x86_64__)
#pragma GCC target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt,prefer-vector-width=512")
#define SM_ISA_NAME "avx512"
#define SM_ISA_OBJECT sm_isa_avx512
#include "isa.h"
#endif
