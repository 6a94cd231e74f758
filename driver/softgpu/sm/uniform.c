/*
 * The uniform datapath: what a whole warp computes once. Included by isa.h only.
 *
 * A uniform instruction is the one of the vector datapath with uniform registers: it is bound as that, and runs as that
 * with its sources in all 32 lanes; the result in the scratch register is then taken from one lane. What compilers use
 * most has a quick form.
 */

#include "alu.h"
#include "lane_integer.h"

/* uop->target holds the handler of the vector instruction, uop->d2 the uniform register. */
static enum sm_outcome run_uniform(struct warp *warp, const struct uop *uop, lane_mask active)
{
        sm_handler *inner = (sm_handler *)(uintptr_t)uop->target;

        (void)active;
        inner(warp, uop, ALL_LANES);
        warp->ureg[uop->d2] = warp->reg[SM_RZ_WRITTEN].lane[0];
        return SM_NEXT;
}

static enum sm_outcome run_uniform_wide(struct warp *warp, const struct uop *uop, lane_mask active)
{
        run_uniform(warp, uop, active);
        warp->ureg[uop->d2 + 1] = warp->reg[SM_RZ_WRITTEN + 1].lane[0];
        return SM_NEXT;
}

/* Only predicates are written. */
static enum sm_outcome run_uniform_predicate(struct warp *warp, const struct uop *uop, lane_mask active)
{
        sm_handler *inner = (sm_handler *)(uintptr_t)uop->target;

        (void)active;
        return inner(warp, uop, ALL_LANES);
}

/* Quick forms: one word, no predicates. */
INLINE uint32_t signed_scalar(const struct warp *warp, const struct operand *operand)
{
        uint32_t value = scalar_source(warp, operand);

        return operand->negate ? 0 - value : value;
}

static enum sm_outcome run_umov(struct warp *warp, const struct uop *uop, lane_mask active)
{
        (void)active;
        warp->ureg[uop->d2] = scalar_source(warp, &uop->b);
        return SM_NEXT;
}

static enum sm_outcome run_uiadd3(struct warp *warp, const struct uop *uop, lane_mask active)
{
        (void)active;
        warp->ureg[uop->d2] = signed_scalar(warp, &uop->a) + signed_scalar(warp, &uop->b) + signed_scalar(warp, &uop->c);
        return SM_NEXT;
}

static enum sm_outcome run_uimad(struct warp *warp, const struct uop *uop, lane_mask active)
{
        (void)active;
        warp->ureg[uop->d2] = scalar_source(warp, &uop->a) * scalar_source(warp, &uop->b) + signed_scalar(warp, &uop->c);
        return SM_NEXT;
}

static enum sm_outcome run_ulea(struct warp *warp, const struct uop *uop, lane_mask active)
{
        (void)active;
        warp->ureg[uop->d2] = (scalar_source(warp, &uop->a) << (uop->option[LEA_SHIFT] & 31)) + scalar_source(warp, &uop->b);
        return SM_NEXT;
}

static enum sm_outcome run_ulop3(struct warp *warp, const struct uop *uop, lane_mask active)
{
        (void)active;
        warp->ureg[uop->d2] = lop3_word(scalar_source(warp, &uop->a), scalar_source(warp, &uop->b),
                                        scalar_source(warp, &uop->c), uop->option[LOP3_TABLE]);
        return SM_NEXT;
}

static enum sm_outcome run_ushf(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint64_t shifted = shift_word(scalar_source(warp, &uop->a), scalar_source(warp, &uop->b),
                                      scalar_source(warp, &uop->c), (enum shift_type)uop->option[SHF_TYPE],
                                      uop->option[SHF_RIGHT], uop->option[SHF_WRAP]);

        (void)active;
        warp->ureg[uop->d2] = (uint32_t)(uop->option[SHF_HIGH] ? shifted >> 32 : shifted);
        return SM_NEXT;
}

/* The quick form of a vector handler, or NULL. */
static sm_handler *quick_uniform_form(const struct uop *uop)
{
        if (writes_predicate(uop))
                return NULL;
        if (uop->run == run_mov)
                return run_umov;
        if (uop->run == run_iadd3)
                return run_uiadd3;
        if (uop->run == run_imad || uop->run == run_imad_add || uop->run == run_imad_move)
                return run_uimad;
        if (uop->run == run_lea_low)
                return run_ulea;
        if (uop->run == run_lop3 || uop->run == run_and || uop->run == run_or || uop->run == run_xor)
                return run_ulop3;
        if (uop->run == run_shf || uop->run == run_shift_left || uop->run == run_shift_right
            || uop->run == run_shift_right_signed)
                return run_ushf;
        return NULL;
}

static uint8_t to_uniform_predicate(uint8_t destination)
{
        return destination == SM_PRED_WRITTEN ? SM_PRED_WRITTEN : (uint8_t)(SM_UP0 + destination);
}

/* A bound vector instruction becomes one of the uniform datapath, writing `count` registers. */
static void make_uniform(struct uop *uop, unsigned count)
{
        sm_handler *quick = quick_uniform_form(uop);

        bind_uniform_guard(uop);
        uop->target = (uint64_t)(uintptr_t)uop->run;
        if (quick)
                uop->run = quick;
        else
                uop->run = count == 0 ? run_uniform_predicate : count == 1 ? run_uniform : run_uniform_wide;
        uop->pd = to_uniform_predicate(uop->pd);
        uop->pd2 = to_uniform_predicate(uop->pd2);
        for (unsigned i = 0; i < sizeof uop->p / sizeof uop->p[0]; i++)
                uop->p[i].index = (uint8_t)(SM_UP0 + (uop->p[i].index & PT));
}

/* UIADD3.64: a + b + c, each two registers. */
static enum sm_outcome run_uiadd3_wide(struct warp *warp, const struct uop *uop, lane_mask active)
{
        bool extended = uop->option[IADD3_EXTENDED];
        const struct operand *sources[] = { &uop->a, &uop->b, &uop->c };
        unsigned __int128 sum = 0;

        (void)active;
        if (extended)
                sum = (predicate(warp, uop->p[0]) & 1) + (predicate(warp, uop->p[1]) & 1);
        for (unsigned i = 0; i < 3; i++) {
                uint64_t value = join(scalar_source(warp, sources[i]), scalar_source_high(warp, sources[i]));

                sum += sources[i]->negate ? (unsigned __int128)~value + !extended : value;
        }
        warp->ureg[uop->d2] = (uint32_t)sum;
        warp->ureg[uop->d2 + 1] = (uint32_t)(sum >> 32);
        write_uniform_predicate(warp, uop->pd, sum >> 64 != 0);
        write_uniform_predicate(warp, uop->pd2, sum >> 65 != 0);
        return SM_NEXT;
}

static void bind_uiadd3_wide(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_result(word, uop, 2, true);
        bind_abc_wide(word, uop, true, 2, 2, 2);
        extend_immediate(&uop->b);
        extend_immediate(&uop->c);
        uop->option[IADD3_EXTENDED] = sass_UIADD3_64_extended(w);
        uop->pd = bind_destination_uniform_predicate(sass_UIADD3_64_UPd(w));
        uop->pd2 = bind_destination_uniform_predicate(sass_UIADD3_64_UPd2(w));
        uop->p[0] = bind_uniform_predicate(sass_UIADD3_64_UPa(w), sass_UIADD3_64_UPa_negate(w));
        uop->p[1] = bind_uniform_predicate(sass_UIADD3_64_UPb(w), sass_UIADD3_64_UPb_negate(w));
        bind_uniform_guard(uop);
        uop->run = run_uiadd3_wide;
}

/*
 * R2UR: the first active lane's word. The predicate is true in the lanes that hold another one; with .OR, in those too in
 * which it was true before. So a loop finds the lanes that agree in several registers and serves them together, which is what
 * ptxas makes of uniform operands that may differ between lanes. option: EITHER.
 */
enum { R2UR_EITHER = 0 };

static enum sm_outcome run_r2ur(struct warp *warp, const struct uop *uop, lane_mask active)
{
        const struct vreg *a = &warp->reg[uop->a.index];
        uint32_t value = a->lane[__builtin_ctz(active)];
        lane_mask others = uop->option[R2UR_EITHER] ? warp->pred[uop->pd] : 0;

        for_each_lane_of(lane, active)
                others |= (lane_mask)(a->lane[lane] != value) << lane;
        warp->ureg[uop->d] = value;
        write_predicate(warp, uop->pd, others, active);
        return SM_NEXT;
}

static void bind_r2ur(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        bind_uniform_d(word, uop, 1);
        uop->a = bind_a(word, uop, 1, false);
        uop->pd = bind_destination_predicate(sass_R2UR_Pd(w));
        uop->option[R2UR_EITHER] = sass_R2UR_either(w);
        uop->run = run_r2ur;
}

/* UP2UR and UR2UP: as P2R and R2P. option: BYTE. */
static enum sm_outcome run_up2ur(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t shift = 8 * uop->option[PREDICATES_BYTE];
        uint32_t mask = scalar_source(warp, &uop->b) & 0xff, bits = 0;

        (void)active;
        for (unsigned i = 0; i < PREDICATE_BITS; i++)
                bits |= (warp->pred[SM_UP0 + i] & 1) << i;
        warp->ureg[uop->d] = (scalar_source(warp, &uop->a) & ~(mask << shift)) | (bits & mask) << shift;
        return SM_NEXT;
}

static enum sm_outcome run_ur2up(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t bits = scalar_source(warp, &uop->a) >> 8 * uop->option[PREDICATES_BYTE];
        uint32_t mask = scalar_source(warp, &uop->b);

        (void)active;
        for (unsigned i = 0; i < PREDICATE_BITS; i++)
                if (mask >> i & 1)
                        write_uniform_predicate(warp, SM_UP0 + i, bits >> i & 1);
        return SM_NEXT;
}

static void bind_uniform_predicates(const struct sass_word *word, struct uop *uop, uint32_t byte, sm_handler *run)
{
        bind_ab(word, uop, true);
        bind_uniform_guard(uop);
        uop->option[PREDICATES_BYTE] = byte;
        uop->run = run;
}

/* The word bound as `bind` has it for the vector datapath, then made uniform. */
typedef void bind_either(const struct sass_word *word, struct uop *uop, bool uniform);

static bool bind_as_uniform(const struct sass_word *word, struct uop *uop, unsigned count, bind_either *bind)
{
        bind(word, uop, true);
        make_uniform(uop, count);
        return true;
}

static void bind_imad_pair(const struct sass_word *word, struct uop *uop, bool uniform)
{
        bind_imad_wide(word, uop, uniform, IMAD_WIDE);
}

static void bind_imad_upper(const struct sass_word *word, struct uop *uop, bool uniform)
{
        bind_imad_wide(word, uop, uniform, IMAD_HIGH);
}

static void bind_brev(const struct sass_word *word, struct uop *uop, bool uniform)
{
        bind_unary(word, uop, uniform, false, run_brev);
}

static void bind_popc(const struct sass_word *word, struct uop *uop, bool uniform)
{
        bind_unary(word, uop, uniform, sass_POPC_B_invert(word->word), run_popc);
}

static void bind_bmsk(const struct sass_word *word, struct uop *uop, bool uniform)
{
        bind_field(word, uop, uniform, sass_BMSK_wrap(word->word), 0, run_bmsk);
}

static void bind_sgxt(const struct sass_word *word, struct uop *uop, bool uniform)
{
        bind_field(word, uop, uniform, sass_SGXT_wrap(word->word), sass_SGXT_signed(word->word), run_sgxt);
}

static void bind_plop3_either(const struct sass_word *word, struct uop *uop, bool uniform)
{
        (void)uniform;
        bind_plop3(word, uop);
}

static bool bind_uniform(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *w = word->word;

        switch (word->opcode) {
        case SASS_UIADD3: return bind_as_uniform(word, uop, 1, bind_iadd3);
        case SASS_ULEA: return bind_as_uniform(word, uop, 1, bind_lea);
        case SASS_ULOP3: return bind_as_uniform(word, uop, 1, bind_lop3);
        case SASS_USHF: return bind_as_uniform(word, uop, 1, bind_shf);
        case SASS_UIMAD: return bind_as_uniform(word, uop, 1, bind_imad);
        case SASS_UIMAD_WIDE: return bind_as_uniform(word, uop, 2, bind_imad_pair);
        case SASS_UIMAD_HI: return bind_as_uniform(word, uop, 1, bind_imad_upper);
        case SASS_UISETP: return bind_as_uniform(word, uop, 0, bind_any_isetp);
        case SASS_USEL: return bind_as_uniform(word, uop, 1, bind_sel);
        case SASS_USEL_64: return bind_as_uniform(word, uop, 2, bind_sel_wide);
        case SASS_UMOV: return bind_as_uniform(word, uop, 1, bind_mov);
        case SASS_UMOV_64: return bind_as_uniform(word, uop, 2, bind_mov_wide);
        case SASS_UPRMT: return bind_as_uniform(word, uop, 1, bind_prmt);
        case SASS_UBREV: return bind_as_uniform(word, uop, 1, bind_brev);
        case SASS_UPOPC: return bind_as_uniform(word, uop, 1, bind_popc);
        case SASS_UFLO: return bind_as_uniform(word, uop, 1, bind_flo);
        case SASS_UBMSK: return bind_as_uniform(word, uop, 1, bind_bmsk);
        case SASS_USGXT: return bind_as_uniform(word, uop, 1, bind_sgxt);
        case SASS_UPLOP3: return bind_as_uniform(word, uop, 0, bind_plop3_either);
        case SASS_UVIMNMX: return bind_as_uniform(word, uop, 1, bind_vimnmx);
        case SASS_UIMNMX_64: return bind_as_uniform(word, uop, imnmx_count(word), bind_imnmx_any);
        case SASS_UIADD3_64: bind_uiadd3_wide(word, uop); return true;
        case SASS_R2UR: bind_r2ur(word, uop); return true;
        case SASS_UP2UR:
                bind_uniform_d(word, uop, 1);
                bind_uniform_predicates(word, uop, sass_UP2UR_byte(w), run_up2ur);
                return true;
        case SASS_UR2UP: bind_uniform_predicates(word, uop, sass_UR2UP_byte(w), run_ur2up); return true;
        default: return false;
        }
}
