/* Conversions between the number formats. Included by isa.h only. */

static bool bind_convert(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        return false;
}
