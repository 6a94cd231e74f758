/* fp64 arithmetic and comparison. Included by isa.h only. */

static bool bind_double(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        return false;
}
