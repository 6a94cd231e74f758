/* Atomics and reductions in shared and global memory. Included by isa.h only. */

static bool bind_atomic(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        return false;
}
