/* Plain loads and stores. Included by isa.h only. */

static bool bind_loadstore(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        return false;
}
