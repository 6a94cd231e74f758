/* Floats on the uniform datapath (sm_120): the vector handlers, made uniform. Included by isa.h only. */

#include "alu.h"

/* a and b, where a register b stands in the third source's place. */
static void bind_uniform_floats(const struct sass_word *word, struct uop *uop, bool b_is_third)
{
        uop->a = bind_a(word, uop, 1, true);
        if (b_is_third && word_form(word) == FORM_REGISTERS)
                uop->b = bind_register_64(word, uop, 1, true);
        else
                uop->b = bind_slot(word, uop, 1, true);
}

static uint32_t uniform_flush(unsigned ftz, unsigned fmz) { return fmz ? FLUSH_FMZ : ftz ? FLUSH_FTZ : FLUSH_NONE; }

static void bind_ufadd(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_result(word, uop, 1, true);
        bind_uniform_floats(word, uop, true);
        bind_float_options(uop, sass_UFADD_round(w), uniform_flush(sass_UFADD_ftz(w), 0), sass_UFADD_saturate(w));
        uop->run = run_fadd_general;
        make_uniform(uop, 1);
}

static void bind_ufmul(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_result(word, uop, 1, true);
        bind_uniform_floats(word, uop, false);
        bind_float_options(uop, sass_UFMUL_round(w), uniform_flush(sass_UFMUL_ftz(w), sass_UFMUL_flush_to_zero(w)),
                           sass_UFMUL_saturate(w));
        uop->option[FLOAT_SCALE] = sass_UFMUL_scale(w);
        uop->run = run_fmul_scaled;
        make_uniform(uop, 1);
}

static void bind_uffma(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_result(word, uop, 1, true);
        bind_abc(word, uop, true);
        bind_float_options(uop, sass_UFFMA_round(w), uniform_flush(sass_UFFMA_ftz(w), sass_UFFMA_flush_to_zero(w)),
                           sass_UFFMA_saturate(w));
        uop->run = run_ffma_general;
        make_uniform(uop, 1);
}

static void bind_ufsel(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_result(word, uop, 1, true);
        bind_uniform_floats(word, uop, false);
        uop->p[0] = bind_predicate(sass_UFSEL_UPa(w), sass_UFSEL_UPa_negate(w));
        uop->option[FSEL_FTZ] = sass_UFSEL_ftz(w);
        uop->run = run_fsel;
        make_uniform(uop, 1);
}

static void bind_ufsetp(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_uniform_floats(word, uop, false);
        bind_outputs(uop, sass_UFSETP_UPd(w), sass_UFSETP_UPd2(w));
        uop->p[0] = bind_predicate(sass_UFSETP_UPa(w), sass_UFSETP_UPa_negate(w));
        uop->option[FSETP_COMPARE] = sass_UFSETP_compare(w);
        uop->option[FSETP_BOOLEAN] = sass_UFSETP_boolean(w);
        uop->option[FSETP_FTZ] = sass_UFSETP_ftz(w);
        uop->run = run_fsetp;
        make_uniform(uop, 0);
}

static void bind_ui2f(const struct sass_word *word, struct uop *uop, unsigned type, unsigned round)
{
        bind_result(word, uop, 1, true);
        uop->option[CONVERT_FROM] = integer_of_field(type);
        uop->option[CONVERT_TO] = CONVERT_F32;
        uop->option[CONVERT_ROUND] = round;
        uop->b = bind_slot(word, uop, 1, true);
        forget_signs(&uop->b);
        uop->run = convert_handler(uop, run_i2f);
        make_uniform(uop, 1);
}

static void bind_uf2i(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_result(word, uop, 1, true);
        uop->option[CONVERT_FROM] = CONVERT_F32;
        uop->option[CONVERT_TO] = integer_of_field(sass_UF2I_type(w));
        uop->option[CONVERT_ROUND] = sass_UF2I_round(w);
        uop->option[CONVERT_FLAGS] = (sass_UF2I_ftz(w) ? CONVERT_FTZ : 0) | (sass_UF2I_ntz(w) ? CONVERT_NAN_TO_ZERO : 0);
        uop->b = bind_slot(word, uop, 1, true);
        uop->run = convert_handler(uop, run_f2i);
        make_uniform(uop, 1);
}

static bool bind_uniform_float(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        switch (word->opcode) {
        case SASS_UFADD: bind_ufadd(word, uop); return true;
        case SASS_UFMUL: bind_ufmul(word, uop); return true;
        case SASS_UFFMA: bind_uffma(word, uop); return true;
        case SASS_UFSEL: bind_ufsel(word, uop); return true;
        case SASS_UFSETP: bind_ufsetp(word, uop); return true;
        case SASS_UI2F: bind_ui2f(word, uop, sass_UI2F_type(w), sass_UI2F_round(w)); return true;
        case SASS_UI2FP: bind_ui2f(word, uop, sass_UI2FP_type(w), ROUND_NEAREST); return true;
        case SASS_UF2I: bind_uf2i(word, uop); return true;
        default: return false;
        }
}
