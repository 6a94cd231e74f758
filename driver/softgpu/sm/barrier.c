/* CTA barriers. Included by isa.h only. */

static bool bind_barrier(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        return false;
}
