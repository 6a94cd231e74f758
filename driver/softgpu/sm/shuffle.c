/* Between the lanes of a warp: shuffles, votes, matches, reductions. Included by isa.h only. */

static bool bind_shuffle(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        return false;
}
