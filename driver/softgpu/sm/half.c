/* Two 16-bit numbers in a register: fp16 and bf16 arithmetic and comparison. Included by isa.h only. */

static bool bind_half(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        return false;
}
