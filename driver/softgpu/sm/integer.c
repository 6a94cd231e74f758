/* Integer arithmetic, logic, shifts, moves and comparison, on both datapaths. Included by isa.h only. */

/* MOV Rd, B. */
static enum sm_outcome run_mov(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room;

        write_register(warp, uop->d, source(warp, &uop->b, &room), active);
        return SM_NEXT;
}

static bool bind_integer(const struct sass_word *word, struct uop *uop)
{
        switch (word->opcode) {
        case SASS_MOV:
                bind_d(word, uop, 1);
                uop->b = bind_slot(word, uop, 1, false);
                forget_signs(&uop->b);
                uop->run = run_mov;
                return true;
        default:
                return false;
        }
}
