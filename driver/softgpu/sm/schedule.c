/*
 * Who runs in a warp: parting, waiting and taking turns. Included by isa.h only.
 *
 * Since Volta each thread has a pc of its own. Here the lanes that run together are warp->active, with warp->pc. The other
 * lanes are parked: warp->lane_pc has their pcs, warp->split whom each runs together with, and warp->waiting those that
 * wait for others.
 *
 * Lanes that part come together again only where the code says so: BSSY notes who will meet at a convergence barrier, BSYNC
 * waits for them, BREAK and EXIT leave; WARPSYNC waits for the lanes of a mask. That two splits stand at one pc does not join
 * them: after WARPSYNC.EXCLUSIVE a vote is to see the lanes of one mask only. Barrier registers are kept for each lane, since
 * two splits may use the same barrier at the same time, in the two arms of a branch or in a recursion.
 *
 * When the active lanes can't go on, or part, the split with the lowest pc goes on. When a time slice ends, the next one has
 * its turn, so that lanes that spin don't starve the lanes that they wait for.
 *
 * Facts: the CUDA C++ programming guide, "Independent thread scheduling"; Nvidia's patent US 2016/0019066, "Execution of
 * divergent threads using a convergence barrier"; what code compiled by ptxas relies on.
 */

INLINE lane_mask runnable(const struct warp *warp)
{
        return warp->alive & ~warp->waiting;
}

/* The lanes stop running together with others, at `pc`; to be followed by scheduling. */
static void park(struct warp *warp, lane_mask lanes, uint64_t pc)
{
        for_each_lane_of(lane, lanes) {
                warp->lane_pc[lane] = pc;
                warp->split.lane[lane] = lanes;
        }
}

/* The lanes go on together where they stand at the same place. */
static void join_by_pc(struct warp *warp, lane_mask lanes)
{
        while (lanes) {
                uint64_t pc = warp->lane_pc[__builtin_ctz(lanes)];
                lane_mask together = 0;

                for_each_lane_of(lane, lanes)
                        together |= (lane_mask)(warp->lane_pc[lane] == pc) << lane;
                park(warp, together, pc);
                lanes &= ~together;
        }
}

static void activate(struct warp *warp, unsigned lane)
{
        warp->active = warp->split.lane[lane] & runnable(warp);
        warp->pc = warp->lane_pc[lane];
}

/* Everybody is parked: make the split with the lowest pc active. False if none can run. */
static bool schedule_lowest(struct warp *warp)
{
        lane_mask ready = runnable(warp);
        unsigned chosen;

        warp->active = 0;
        if (!ready)
                return false;
        chosen = (unsigned)__builtin_ctz(ready);
        for_each_lane_of(lane, ready)
                if (warp->lane_pc[lane] < warp->lane_pc[chosen])
                        chosen = lane;
        activate(warp, chosen);
        return true;
}

/* The active lanes have had their turn: another split runs, if there is one. */
static void take_turns(struct warp *warp)
{
        lane_mask others = runnable(warp) & ~warp->active;
        unsigned last = 31 - (unsigned)__builtin_clz(warp->active);
        lane_mask later = others & ~(lane_mask)(((uint64_t)2 << last) - 1);

        if (!others)
                return;
        park(warp, warp->active, warp->pc);
        activate(warp, (unsigned)__builtin_ctz(later ? later : others));
}

/* What a handler returns after it has parked all active lanes. */
static enum sm_outcome go_on(struct warp *warp)
{
        if (LIKELY(schedule_lowest(warp)))
                return SM_JUMPED;
        return warp->alive ? SM_BLOCKED : SM_EXITED;
}

INLINE uint64_t next_va(const struct uop *uop)
{
        return uop->va + INSTRUCTION_BYTES;
}
