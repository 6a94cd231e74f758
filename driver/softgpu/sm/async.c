/* Asynchronous copies and the barriers that wait for them. Included by isa.h only. */

static bool bind_async(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        return false;
}
