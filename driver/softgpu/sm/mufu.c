/* The multi-function unit: reciprocals, roots, exponentials, logarithms, sine and cosine. Included by isa.h only. */

static bool bind_mufu(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        return false;
}
