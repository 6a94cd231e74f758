/*
 * Control flow: branches, calls, convergence and exit. Included by isa.h only.
 *
 * Since Volta each thread has a pc of its own. Here the lanes that stand at one place and run together are warp->active,
 * with warp->pc; the pcs of the others are in warp->lane_pc, and those that wait for others are in warp->waiting.
 *
 * Lanes that part come together again where the code says so: BSSY notes who will meet at a convergence barrier, BSYNC
 * waits for them, BREAK and EXIT leave; WARPSYNC waits for the lanes of a mask. Barrier registers are kept for each lane:
 * two groups of a warp may use the same barrier at the same time, in the two arms of a branch or in a recursion.
 *
 * When the active lanes can't go on, or part, the runnable lanes with the lowest pc go on. When a time slice ends, the next
 * higher pc has its turn, so that lanes that spin don't starve the lanes that they wait for.
 */

INLINE lane_mask runnable(const struct warp *warp)
{
        return warp->alive & ~warp->waiting;
}

/* Make the runnable lanes with the lowest pc that is not below `floor_va` the active ones; false if there are none. */
static bool schedule_from(struct warp *warp, uint64_t floor_va)
{
        uint64_t lowest = UINT64_MAX;
        lane_mask chosen = 0;

        for_each_lane_of(lane, runnable(warp)) {
                uint64_t pc = warp->lane_pc[lane];

                if (pc < floor_va || pc > lowest)
                        continue;
                chosen = (pc < lowest ? 0 : chosen) | (lane_mask)1 << lane;
                lowest = pc;
        }
        warp->active = chosen;
        warp->pc = lowest;
        return chosen != 0;
}

static bool schedule_lowest(struct warp *warp)
{
        return schedule_from(warp, 0);
}

/* The lanes of `lanes` stand at `pc`; to be followed by scheduling. */
static void park(struct warp *warp, lane_mask lanes, uint64_t pc)
{
        for_each_lane_of(lane, lanes)
                warp->lane_pc[lane] = pc;
}

/* What a handler returns after it parked all active lanes. */
static enum sm_outcome go_on(struct warp *warp)
{
        if (schedule_lowest(warp))
                return SM_JUMPED;
        return warp->alive ? SM_BLOCKED : SM_EXITED;
}

static bool bind_control(const struct sass_word *word, struct uop *uop)
{
        (void)word;
        (void)uop;
        (void)park;
        (void)go_on;
        return false;
}
