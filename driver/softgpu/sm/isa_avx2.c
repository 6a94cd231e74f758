/* The interpreter for hosts with AVX2. */
#if defined(__x86_64__)
#pragma GCC target("avx2,fma,f16c,bmi,bmi2,lzcnt,popcnt")
#define SM_ISA_NAME "avx2"
#define SM_ISA_OBJECT sm_isa_avx2
#include "isa.h"
#endif
