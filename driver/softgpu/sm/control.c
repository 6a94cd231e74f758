/* Control flow: branches, calls, convergence and exit. Included by isa.h only. See schedule.c for the idea. */

/* Control instructions have a second predicate. */
INLINE lane_mask also_predicated(const struct warp *warp, const struct uop *uop, lane_mask active)
{
        return active & predicate(warp, uop->p[0]);
}

/* Branches. */

/* Of the active lanes those in `taken` go to `target`, the others to the next instruction. */
static enum sm_outcome branch(struct warp *warp, const struct uop *uop, lane_mask taken, uint64_t target)
{
        lane_mask group = warp->active;

        if (taken == group) {
                warp->pc = target;
                return SM_JUMPED;
        }
        if (!taken)
                return SM_NEXT;
        park(warp, taken, target);
        park(warp, group & ~taken, next_va(uop));
        return go_on(warp);
}

static enum sm_outcome run_bra(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return branch(warp, uop, also_predicated(warp, uop, active), uop->target);
}

/* BRA.U.ANY: all go if one does. */
static enum sm_outcome run_bra_any(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return branch(warp, uop, also_predicated(warp, uop, active) ? warp->active : 0, uop->target);
}

/* BRA.U UPx: by a uniform predicate. */
static enum sm_outcome run_bra_uniform(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return branch(warp, uop, also_predicated(warp, uop, active) & predicate(warp, uop->p[1]), uop->target);
}

/*
 * BRA.DIV and BRA.CONV: whether all live lanes of a mask run together, and have the guard. The guard counts: before a REDUX
 * whose mask may differ between lanes ptxas puts `R2UR P0, URZ, mask; @!P0 BRA.CONV`, and none may take the short way there
 * unless all do.
 */
static enum sm_outcome run_bra_converged(struct warp *warp, const struct uop *uop, lane_mask active)
{
        lane_mask mask = scalar_source(warp, &uop->a) ^ (uop->a.negate ? ALL_LANES : 0);
        lane_mask lanes = also_predicated(warp, uop, active);
        bool converged = !(mask & warp->alive & ~lanes);
        bool wanted = uop->option[0];

        return branch(warp, uop, converged == wanted ? lanes : 0, uop->target);
}

/* Lanes of `active` go to uop->target plus the 64-bit number in their registers. */
static enum sm_outcome run_indirect(struct warp *warp, const struct uop *uop, lane_mask active)
{
        const struct vreg *low = &warp->reg[uop->a.index];
        const struct vreg *high = &warp->reg[uop->a.index + 1];
        lane_mask taken = also_predicated(warp, uop, active);
        lane_mask group = warp->active;
        uint64_t first = 0;
        lane_mask same = 0;

        if (!taken)
                return SM_NEXT;
        for_each_lane_of(lane, taken)
                warp->lane_pc[lane] = uop->target + ((uint64_t)high->lane[lane] << 32 | low->lane[lane]);
        first = warp->lane_pc[__builtin_ctz(taken)];
        for_each_lane_of(lane, taken)
                same |= (lane_mask)(warp->lane_pc[lane] == first) << lane;
        if (same == group) {
                warp->pc = first;
                return SM_JUMPED;
        }
        join_by_pc(warp, taken);
        park(warp, group & ~taken, next_va(uop));
        return go_on(warp);
}

/* The same by a pair of uniform registers. */
static enum sm_outcome run_indirect_uniform(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint64_t pair = (uint64_t)scalar_source_high(warp, &uop->a) << 32 | scalar_source(warp, &uop->a);

        return branch(warp, uop, also_predicated(warp, uop, active), uop->target + pair);
}

/* LEPC: the address of an instruction. */
static enum sm_outcome run_lepc(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg half;

        lanes_fill(&half, (uint32_t)uop->target);
        write_register(warp, uop->d, &half, active);
        lanes_fill(&half, (uint32_t)(uop->target >> 32));
        write_register(warp, uop->d + 1u, &half, active);
        return SM_NEXT;
}

/* Convergence. */

/* Who must be at barrier `number` before `lane` may go on: those it will meet, without those that have exited. */
INLINE lane_mask participants(const struct warp *warp, unsigned number, unsigned lane)
{
        return (warp->convergence[number].lane[lane] & warp->alive) | (lane_mask)1 << lane;
}

/* All participants of a collective go on at one place. Compilers give each collective one place, so it is theirs. */
static void begin_collective(struct warp *warp, lane_mask lanes, uint64_t pc)
{
        park(warp, lanes, pc);
}

/*
 * Are all of `meeting` at the barrier, to meet one another? Others may wait at a barrier of the same number: in a recursion
 * the lanes that went deeper use it anew while the rest waits for them.
 */
static bool all_have_come(const struct warp *warp, unsigned number, lane_mask meeting)
{
        if (meeting & ~warp->at_convergence[number])
                return false;
        for_each_lane_of(lane, meeting)
                if (participants(warp, number, lane) != meeting)
                        return false;
        return true;
}

/* Let those go on that are complete at a barrier. */
static void release_barrier(struct warp *warp, unsigned number)
{
        lane_mask unseen = warp->at_convergence[number];

        while (unseen) {
                unsigned lane = (unsigned)__builtin_ctz(unseen);
                lane_mask meeting = participants(warp, number, lane);

                unseen &= ~((lane_mask)1 << lane);
                if (!all_have_come(warp, number, meeting))
                        continue;
                unseen &= ~meeting;
                warp->at_convergence[number] &= ~meeting;
                warp->waiting &= ~meeting;
                if (number == SM_COLLECTIVE)
                        begin_collective(warp, meeting, warp->lane_pc[lane]);
                else
                        join_by_pc(warp, meeting);
        }
}

/* Lanes that wait at a barrier go on without those that have yielded, who will not meet them there any more. */
static void release_without(struct warp *warp, unsigned number, lane_mask yielded)
{
        for_each_lane_of(lane, warp->at_convergence[number]) {
                lane_mask meeting = participants(warp, number, lane);
                lane_mask missing = meeting & ~warp->at_convergence[number];

                if (!missing || missing & ~yielded)
                        continue;
                for_each_lane_of(member, meeting)
                        warp->convergence[number].lane[member] &= missing >> member & 1 ? missing : ~missing;
        }
        release_barrier(warp, number);
}

static void release_barriers(struct warp *warp)
{
        for (unsigned number = 0; number < SM_CONVERGENCE_COUNT; number++)
                if (warp->at_convergence[number])
                        release_barrier(warp, number);
}

/* The lanes arrive at a barrier and wait for those they meet there. */
static enum sm_outcome arrive_at(struct warp *warp, unsigned number, lane_mask lanes, const struct uop *uop)
{
        park(warp, lanes, next_va(uop));
        park(warp, warp->active & ~lanes, next_va(uop));
        warp->at_convergence[number] |= lanes;
        warp->waiting |= lanes;
        release_barrier(warp, number);
        return go_on(warp);
}

static enum sm_outcome run_bssy(struct warp *warp, const struct uop *uop, lane_mask active)
{
        lane_mask lanes = also_predicated(warp, uop, active);
        struct vreg mask;

        lanes_fill(&mask, lanes);
        lanes_merge(&warp->convergence[uop->barrier], &mask, lanes);
        return SM_NEXT;
}

static enum sm_outcome run_bsync(struct warp *warp, const struct uop *uop, lane_mask active)
{
        lane_mask lanes = also_predicated(warp, uop, active);

        if (!lanes || (lanes == warp->active && participants(warp, uop->barrier, (unsigned)__builtin_ctz(lanes)) == lanes))
                return SM_NEXT;
        return arrive_at(warp, uop->barrier, lanes, uop);
}

/* BREAK: the lanes will not come to the barrier; whoever would have met them there does not wait for them. */
static enum sm_outcome run_break(struct warp *warp, const struct uop *uop, lane_mask active)
{
        lane_mask leaving = also_predicated(warp, uop, active);
        struct vreg *masks = &warp->convergence[uop->barrier];

        if (!leaving)
                return SM_NEXT;
        for_each_lane_of(lane, masks->lane[__builtin_ctz(leaving)] | leaving)
                masks->lane[lane] &= ~leaving;
        release_barrier(warp, uop->barrier);
        return SM_NEXT;
}

/* BMOV Rd, Bx: with .CLEAR the barrier is empty afterwards. */
static enum sm_outcome run_bmov_from(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg *masks = &warp->convergence[uop->barrier];
        static const struct vreg empty;

        write_register(warp, uop->d, masks, active);
        if (uop->option[0])
                lanes_merge(masks, &empty, active);
        return SM_NEXT;
}

static enum sm_outcome run_bmov_to(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room;

        lanes_merge(&warp->convergence[uop->barrier], source(warp, &uop->b, &room), active);
        return SM_NEXT;
}

/* BMOV Rd from one of the masks of the warp's state. Nothing here kills threads or leaves handlers for their exit. */
static enum sm_outcome run_bmov_mask(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg mask;

        lanes_fill(&mask, uop->barrier == SASS_BMOV_FROM_STATE_MEXITED   ? ~warp->alive
                          : uop->barrier == SASS_BMOV_FROM_STATE_MACTIVE ? warp->active
                                                                         : 0);
        write_register(warp, uop->d, &mask, active);
        return SM_NEXT;
}

/* WARPSYNC: each lane waits for the lanes of its mask. */
static enum sm_outcome run_warpsync(struct warp *warp, const struct uop *uop, lane_mask active)
{
        lane_mask lanes = also_predicated(warp, uop, active);
        unsigned number = uop->barrier;
        struct vreg room;

        if (!lanes)
                return SM_NEXT;
        lanes_merge(&warp->convergence[number], source(warp, &uop->a, &room), lanes);
        if (number == SM_COLLECTIVE)
                for_each_lane_of(lane, lanes)
                        warp->collective_target[lane] = uop->target;
        else if (warp->active == (warp->alive & ALL_LANES) && lanes == warp->active && !uop->option[0])
                return SM_NEXT;
        return arrive_at(warp, number, lanes, uop);
}

/* ENDCOLLECTIVE: each lane goes on where its WARPSYNC.COLLECTIVE said. */
static enum sm_outcome run_endcollective(struct warp *warp, const struct uop *uop, lane_mask active)
{
        lane_mask group = warp->active;

        (void)uop;
        for_each_lane_of(lane, group)
                warp->lane_pc[lane] = active >> lane & 1 ? warp->collective_target[lane] : next_va(uop);
        join_by_pc(warp, group);
        return go_on(warp);
}

/* Leaving and waiting. */

static enum sm_outcome run_exit(struct warp *warp, const struct uop *uop, lane_mask active)
{
        lane_mask leaving = also_predicated(warp, uop, active);
        lane_mask staying = warp->active & ~leaving;

        if (!leaving)
                return SM_NEXT;
        warp->alive &= ~leaving;
        if (warp->waiting)
                release_barriers(warp);
        lanes_left(warp);
        if (staying) {
                warp->active = staying;
                warp->pc = next_va(uop);
                return SM_JUMPED;
        }
        return go_on(warp);
}

/*
 * YIELD: another split runs, if there is one. Compilers put it into loops in which a lane may wait for another one; that
 * one may stand at the convergence barrier behind the loop, where it must not wait for ever for those in the loop. So when
 * that has gone on for a while, those at barriers go on without those that yield.
 */
static enum sm_outcome run_yield(struct warp *warp, const struct uop *uop, lane_mask active)
{
        enum { YIELDS_UNTIL_RELEASE = 64 };

        (void)active;
        note_poll(warp);
        warp->pc = next_va(uop);
        if (warp->waiting && ++warp->yields % YIELDS_UNTIL_RELEASE == 0)
                for (unsigned number = 0; number < SM_CONVERGENCE_BARRIERS; number++)
                        release_without(warp, number, runnable(warp));
        take_turns(warp);
        return SM_JUMPED;
}

/* NANOSLEEP: the time slice is over. How long it sleeps is up to the hardware. */
static enum sm_outcome run_nanosleep(struct warp *warp, const struct uop *uop, lane_mask active)
{
        enum { POLLS_OF_A_SLEEP = 64 };

        (void)active;
        warp->polls += POLLS_OF_A_SLEEP;
        warp->budget = 0;
        warp->pc = next_va(uop);
        return SM_JUMPED;
}

static enum sm_outcome run_trap(struct warp *warp, const struct uop *uop, lane_mask active)
{
        return sm_fault(warp, uop, (enum sm_fault_kind)uop->option[0], active, 0);
}

static enum sm_outcome run_nothing(struct warp *warp, const struct uop *uop, lane_mask active)
{
        (void)warp;
        (void)uop;
        (void)active;
        return SM_NEXT;
}

/* RPCMOV between a register and the pair that it keeps. */
static enum sm_outcome run_rpcmov_to(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg room;

        lanes_merge(&warp->rpc[uop->option[0]], source(warp, &uop->b, &room), active);
        return SM_NEXT;
}

static enum sm_outcome run_rpcmov_from(struct warp *warp, const struct uop *uop, lane_mask active)
{
        write_register(warp, uop->d, &warp->rpc[uop->option[0]], active);
        return SM_NEXT;
}

/* Binding. */

/* A direct branch's distance, counted in words of four bytes, in bytes. */
static uint64_t distance(uint64_t words, unsigned arch)
{
        enum { OLD_DISTANCE_BITS = 48, DISTANCE_BITS = 56, FIRST_WITH_LOW_BITS_APART = 90 };

        return (uint64_t)sign_extend(words, arch < FIRST_WITH_LOW_BITS_APART ? OLD_DISTANCE_BITS : DISTANCE_BITS) * 4;
}

static void bind_bra(const struct sass_word *word, struct uop *uop)
{
        unsigned how = sass_BRA_how(word->word);

        uop->target = next_va(uop) + distance(sass_BRA_target(word->word, word->arch), word->arch);
        uop->run = run_bra;
        if (how == SASS_BRA_HOW_U) { /* with a uniform predicate in one form, without in the other */
                uop->run = word_form(word) == FORM_C_IMMEDIATE ? run_bra_uniform : run_bra_any;
                uop->p[1] = bind_uniform_predicate((unsigned)word_bits(word->word, 24, 3), word_bits(word->word, 27, 1));
        } else if (how != 0) {
                unsigned number = (unsigned)word_bits(word->word, 24, word->launch->uniform_zero == 63 ? 6 : 8);

                uop->a = bind_uniform_operand(word, uop, number, 1);
                uop->a.negate = word->launch->uniform_zero == 63 && word_bits(word->word, 30, 1);
                uop->option[0] = how == SASS_BRA_HOW_CONV;
                uop->run = run_bra_converged;
        }
}

/* A jump to `base` plus what is in a pair of registers, or of uniform ones. */
static void bind_indirect(const struct sass_word *word, struct uop *uop, uint64_t base, bool uniform)
{
        uop->target = base;
        uop->a = bind_register_at(word, uop, 24, 2, uniform);
        uop->run = uniform ? run_indirect_uniform : run_indirect;
}

/* CALL and RET: to a fixed place, or to one in registers. */
static void bind_call(const struct sass_word *word, struct uop *uop, uint64_t base)
{
        uop->target = base;
        uop->run = run_bra;
        if (word_form(word) == FORM_REGISTERS)
                bind_indirect(word, uop, base, word_bits(word->word, 91, 1));
}

static void bind_warpsync(const struct sass_word *word, struct uop *uop, struct operand members)
{
        enum { FIRST_WITH_COLLECTIVE = 90 };
        bool collective = word->arch >= FIRST_WITH_COLLECTIVE && sass_WARPSYNC_collective(word->word);

        uop->a = members;
        uop->option[0] = sass_WARPSYNC_exclusive(word->word, word->arch);
        uop->barrier = collective ? SM_COLLECTIVE : SM_WARPSYNC;
        uop->target = next_va(uop) + distance(sass_WARPSYNC_target(word->word), word->arch);
        uop->run = run_warpsync;
}

/* The members that WARPSYNC names: up to sm_89 in bits 32-63, then at 24, or all. */
static struct operand warpsync_members(const struct sass_word *word, struct uop *uop)
{
        enum { FIRST_WITH_COLLECTIVE = 90 };
        bool old = word->arch < FIRST_WITH_COLLECTIVE;

        if (word_form(word) == FORM_REGISTERS)
                return bind_register_operand(word, uop, (unsigned)word_bits(word->word, old ? 32 : 24, 8), 1);
        return bind_immediate_operand(old ? sass_WARPSYNC_members(word->word) : ALL_LANES);
}

/* BMOV: a convergence barrier can be read and written, the masks of the warp's state only read. */
static void bind_bmov_from(const struct sass_word *word, struct uop *uop)
{
        unsigned state = sass_BMOV_FROM_state(word->word);

        bind_d(word, uop, 1);
        uop->barrier = (uint8_t)state;
        uop->option[0] = sass_BMOV_FROM_clear(word->word);
        uop->run = state < SM_CONVERGENCE_BARRIERS ? run_bmov_from : run_bmov_mask;
        if (word_form(word) != FORM_REGISTERS)
                bind_fault(uop, SM_FAULT_ILLEGAL_PARAMETER); /* between barriers: no compiler makes it */
        if (state >= SM_CONVERGENCE_BARRIERS
            && (state < SASS_BMOV_FROM_STATE_MEXITED || state > SASS_BMOV_FROM_STATE_MATEXIT))
                bind_fault(uop, SM_FAULT_ILLEGAL_PARAMETER);
}

static void bind_bmov_to(const struct sass_word *word, struct uop *uop)
{
        unsigned state = sass_BMOV_TO_state(word->word);

        uop->b = bind_register_operand(word, uop, (unsigned)word_bits(word->word, 32, REGISTER_BITS), 1);
        uop->barrier = (uint8_t)state;
        uop->run = run_bmov_to;
        if (state >= SM_CONVERGENCE_BARRIERS || word_form(word) != FORM_REGISTERS)
                bind_fault(uop, SM_FAULT_ILLEGAL_PARAMETER);
}

static void bind_bpt(const struct sass_word *word, struct uop *uop)
{
        unsigned kind = sass_BPT_kind(word->word);

        uop->option[0] = kind == SASS_BPT_KIND_TRAP ? SM_FAULT_TRAP : SM_FAULT_BREAKPOINT;
        uop->run = kind == SASS_BPT_KIND_DRAIN ? run_nothing : run_trap;
}

static bool bind_branch(const struct sass_word *word, struct uop *uop)
{
        uint64_t here = next_va(uop);

        switch (word->opcode) {
        case SASS_BRA:
                bind_bra(word, uop);
                return true;
        case SASS_BRX:
                bind_indirect(word, uop, here + distance(sass_BRX_offset(word->word, word->arch), word->arch), false);
                return true;
        case SASS_BRXU:
                bind_indirect(word, uop, here + distance(sass_BRXU_offset(word->word, word->arch), word->arch), true);
                return true;
        case SASS_JMP:
                uop->target = distance(sass_JMP_target(word->word, word->arch), word->arch);
                uop->run = run_bra;
                return true;
        case SASS_JMX:
                bind_indirect(word, uop, distance(sass_JMX_offset(word->word, word->arch), word->arch), false);
                return true;
        case SASS_JMXU:
                bind_indirect(word, uop, distance(sass_JMXU_offset(word->word, word->arch), word->arch), true);
                return true;
        case SASS_CALL_REL:
                bind_call(word, uop, here + distance(sass_CALL_REL_target(word->word, word->arch), word->arch));
                return true;
        case SASS_CALL_ABS:
                bind_call(word, uop, word_form(word) == FORM_REGISTERS
                                             ? 0
                                             : distance(sass_CALL_ABS_target(word->word, word->arch), word->arch));
                return true;
        case SASS_RET:
                bind_indirect(word, uop,
                              (sass_RET_absolute(word->word) ? 0 : here)
                                      + distance(sass_RET_target(word->word, word->arch), word->arch),
                              word_bits(word->word, 91, 1));
                return true;
        case SASS_LEPC:
                bind_d(word, uop, 2);
                uop->target = word_form(word) == FORM_REGISTERS
                                      ? uop->va
                                      : here + (uint64_t)sign_extend(sass_LEPC_target(word->word), 58);
                uop->run = run_lepc;
                return true;
        default:
                return false;
        }
}

static bool bind_convergence(const struct sass_word *word, struct uop *uop)
{
        switch (word->opcode) {
        case SASS_BSSY:
                uop->run = run_bssy;
                return true;
        case SASS_BSYNC:
                uop->run = run_bsync;
                return true;
        case SASS_BREAK:
                uop->run = run_break;
                return true;
        case SASS_BMOV_FROM:
                bind_bmov_from(word, uop);
                return true;
        case SASS_BMOV_TO:
                bind_bmov_to(word, uop);
                return true;
        case SASS_WARPSYNC:
                bind_warpsync(word, uop, warpsync_members(word, uop));
                return true;
        case SASS_ENDCOLLECTIVE:
                uop->run = run_endcollective;
                return true;
        default:
                return false;
        }
}

static bool bind_control(const struct sass_word *word, struct uop *uop)
{
        uop->p[0] = bind_predicate((unsigned)word_bits(word->word, 87, 3), word_bits(word->word, 90, 1));
        uop->barrier = (uint8_t)word_bits(word->word, 16, 4);
        if (bind_branch(word, uop) || bind_convergence(word, uop))
                return true;
        switch (word->opcode) {
        case SASS_EXIT:
        case SASS_KILL:
                uop->run = run_exit;
                return true;
        case SASS_YIELD:
                uop->run = run_yield;
                return true;
        case SASS_NANOSLEEP:
                uop->run = run_nanosleep;
                return true;
        case SASS_BPT:
                bind_bpt(word, uop);
                return true;
        case SASS_RPCMOV_TO:
                uop->option[0] = sass_RPCMOV_TO_half(word->word);
                uop->b = bind_register_operand(word, uop, (unsigned)word_bits(word->word, 32, REGISTER_BITS), 1);
                uop->run = run_rpcmov_to;
                return true;
        case SASS_RPCMOV_FROM:
                uop->option[0] = sass_RPCMOV_FROM_half(word->word);
                bind_d(word, uop, 1);
                uop->run = run_rpcmov_from;
                return true;
        case SASS_NOP:
        case SASS_DEPBAR:
        case SASS_PMTRIG:
        case SASS_PREEXIT:
        case SASS_ACQBULK:
                uop->run = run_nothing;
                return true;
        default:
                return false;
        }
}
