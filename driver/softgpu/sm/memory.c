/*
 * Caches and fences, and in which memory a generic address lies. Included by isa.h only.
 *
 * Memory is coherent here: cache control does nothing. Fences are those of the host, for the CTAs on its other threads.
 */

#include "address.h"

/* MEMBAR, FENCE, CCTL.IVALL: what is before is seen before what comes after. */
static enum sm_outcome run_fence(struct warp *warp, const struct uop *uop, lane_mask active)
{
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        return SM_NEXT;
}

/* ERRBAR, CCTL of single lines, waits for what is done at once. */
static enum sm_outcome run_no_effect(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return SM_NEXT;
}

/* Where QSPC keeps its uniform register, and that R is a pair. */
static const struct address_places QUERY_ADDRESS = {32, 90, 90, 90, 90};

/* QSPC Pd, [address]: does the generic address lie in that window? */
static enum sm_outcome run_qspc(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct addresses address;
        lane_mask shared = 0;
        lane_mask local = 0;
        lane_mask answers[4];

        global_addresses(warp, uop, &uop->a, &uop->b, &address);
        for_each_lane(lane) {
                shared |= (lane_mask)in_shared_window(warp, address.lane[lane]) << lane;
                local |= (lane_mask)in_local_window(warp, address.lane[lane]) << lane;
        }
        answers[SASS_QSPC_WINDOW_G] = ~(shared | local);
        answers[SASS_QSPC_WINDOW_L] = local;
        answers[SASS_QSPC_WINDOW_S] = shared;
        answers[SASS_QSPC_WINDOW_D] = shared;
        write_predicate(warp, uop->pd, answers[uop->option[0]], active);
        return SM_NEXT;
}

static void bind_qspc(const struct sass_word *word, struct uop *uop)
{
        bind_global_address(word, uop, &QUERY_ADDRESS, &uop->a, &uop->b);
        /* There is no descriptor: a uniform register is always added. */
        if (word_bits(word->word, ADDRESS_UNIFORM_BIT, 1))
                uop->b = bind_address_uniform(word, uop, QUERY_ADDRESS.uniform_low, 2);
        uop->option[0] = sass_QSPC_window(word->word);
        uop->pd = bind_destination_predicate(sass_QSPC_Pd(word->word));
        uop->run = run_qspc;
}

static bool bind_memory(const struct sass_word *word, struct uop *uop)
{
        switch (word->opcode) {
        case SASS_MEMBAR:
        case SASS_FENCE_VIEW_ASYNC:
        case SASS_CCTL:
                uop->run = run_fence;
                return true;
        case SASS_ERRBAR:
        case SASS_CGAERRBAR:
        case SASS_CCTLL:
                uop->run = run_no_effect;
                return true;
        case SASS_QSPC:
                bind_qspc(word, uop);
                return true;
        default:
                return false;
        }
}
