/* The interpreter for any host. */
#define SM_ISA_NAME "generic"
#define SM_ISA_OBJECT sm_isa_generic
#include "isa.h"
