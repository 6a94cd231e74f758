/* Tensor-core instructions and the movement of matrices. Included by isa.h only. */

static bool bind_matrix(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        return false;
}
