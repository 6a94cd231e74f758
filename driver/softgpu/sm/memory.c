/* Caches, fences, and the loads and stores that are not plain. Included by isa.h only. */

static bool bind_memory(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        return false;
}
