/* Special registers and constants. Included by isa.h only. */

static bool bind_special(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        return false;
}
