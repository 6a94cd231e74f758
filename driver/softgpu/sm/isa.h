/*
 * The interpreter: everything that is compiled once for each instruction set of the host, as one translation unit. The
 * file that includes this one says for which (SM_ISA_NAME, SM_ISA_OBJECT) and has set the target before any header.
 */
#include "bind.h"

/* One instruction family a file. The order is that of the #includes' needs only. */
#include "integer.c"
#include "uniform.c"
#include "float.c"
#include "half.c"
#include "double.c"
#include "convert.c"
#include "uniform_float.c"
#include "mufu.c"
#include "tensor_sum.c"
#include "matrix.c"
#include "loadstore.c"
#include "memory.c"
#include "atomic.c"
#include "shuffle.c"
#include "async.c"
#include "special.c"
#include "schedule.c"
#include "barrier.c"
#include "control.c"
#include "run.c"
#include "watched.c"

const struct sm_isa SM_ISA_OBJECT = {
        .name = SM_ISA_NAME,
        .bind = bind_instruction,
        .watch = watch_instruction,
        .run = run_warp,
        .next_block = enter_next_block,
        .raise = raise_bound_fault,
};
