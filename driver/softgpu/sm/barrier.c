/*
 * CTA barriers: BAR.SYNC, BAR.ARV, BAR.RED and B2R. Included by isa.h only.
 *
 * A warp has arrived at a barrier when all its live lanes have, in one piece or in several; it then counts as 32 threads, as
 * in hardware (PTX ISA, "barrier": counts are multiples of the warp size). Without a count the barrier waits for every warp
 * of the CTA that has not exited. All warps of a CTA are run by one host thread, so nothing here is atomic.
 */

/* Lanes that waited at barrier `number` go on, with the result of the reduction. */
static void wake_warp(struct warp *warp, unsigned number, const struct cta_barrier *barrier)
{
        lane_mask waking = warp->blocked_at[number];

        if (barrier->reduces && waking) {
                warp->barrier_count = barrier->count;
                warp->barrier_predicate = barrier->reduction == SASS_BAR_REDUCTION_AND ? barrier->all : barrier->any;
        }
        warp->waiting &= ~waking;
        warp->blocked_at[number] = 0;
        warp->at_barrier[number] = 0;
}

/* Whether enough warps have arrived. */
static bool is_complete(const struct cta *cta, const struct cta_barrier *barrier)
{
        if (!barrier->expected_threads)
                return barrier->arrived_warps >= cta->live_warps;
        return barrier->arrived_warps * LANES >= barrier->expected_threads;
}

static void complete_barrier(struct cta *cta, unsigned number)
{
        struct cta_barrier *barrier = &cta->barrier[number];

        for (uint32_t i = 0; i < cta->warp_count; i++)
                wake_warp(cta->warps[i], number, barrier);
        cta->barriers_in_use &= ~(1u << number);
        cta->cluster_phase += number == SM_CLUSTER_BARRIER;
        *barrier = (struct cta_barrier){0};
}

/* All live lanes of a warp have arrived: count it, once. */
static void count_warp(struct warp *warp, unsigned number)
{
        struct cta_barrier *barrier = &warp->cta->barrier[number];

        if (warp->at_barrier[number] & warp->alive && !(warp->alive & ~warp->at_barrier[number])) {
                barrier->arrived_warps++;
                warp->at_barrier[number] = 0; /* it may arrive again, for the next phase, only when it has been woken */
        }
        if (is_complete(warp->cta, barrier))
                complete_barrier(warp->cta, number);
}

/* Lanes have exited: who waits at barriers does not wait for them. */
static void lanes_left(struct warp *warp)
{
        struct cta *cta = warp->cta;

        if (!warp->alive && !warp->exited) {
                warp->exited = true;
                cta->live_warps--;
        }
        for (uint32_t rest = cta->barriers_in_use; rest; rest &= rest - 1)
                count_warp(warp, (unsigned)__builtin_ctz(rest));
}

static void reduce(struct cta_barrier *barrier, unsigned reduction, lane_mask values, lane_mask lanes)
{
        bool first = !barrier->reduces;

        barrier->reduces = true;
        barrier->reduction = (uint8_t)reduction;
        barrier->count += (uint32_t)__builtin_popcount(values & lanes);
        barrier->all = (first || barrier->all) && (values & lanes) == lanes;
        barrier->any = barrier->any || (values & lanes);
}

/* Lanes arrive at a barrier; with `blocks` they wait until it is complete. */
static enum sm_outcome arrive_at_cta_barrier(struct warp *warp, const struct uop *uop, lane_mask lanes, unsigned number,
                                             uint32_t threads, bool blocks)
{
        struct cta *cta = warp->cta;

        if (threads % LANES)
                return sm_fault(warp, uop, SM_FAULT_BARRIER, lanes, 0);
        cta->barriers_in_use |= 1u << number;
        if (threads)
                cta->barrier[number].expected_threads = threads;
        warp->at_barrier[number] |= lanes;
        if (blocks) {
                park(warp, lanes, next_va(uop));
                park(warp, warp->active & ~lanes, next_va(uop));
                warp->blocked_at[number] |= lanes;
                warp->waiting |= lanes;
        }
        count_warp(warp, number);
        return blocks ? go_on(warp) : SM_NEXT;
}

/* The barrier's number and its count of threads: each an immediate or in a register, or both packed into one register. */
static enum sm_outcome run_bar(struct warp *warp, const struct uop *uop, lane_mask active)
{
        enum { COUNT_SHIFT = 16, COUNT_MASK = 0xfff, NUMBER_MASK = 0xf };
        unsigned lane = (unsigned)__builtin_ctz(active);
        struct vreg room;
        uint32_t a = source(warp, &uop->a, &room)->lane[lane];
        uint32_t b = source(warp, &uop->b, &room)->lane[lane];
        uint32_t number = uop->option[2] ? b & NUMBER_MASK : a;
        uint32_t threads = uop->option[2] ? b >> COUNT_SHIFT & COUNT_MASK : b;

        if (number >= warp->launch->parameters.barrier_count)
                return sm_fault(warp, uop, SM_FAULT_BARRIER, active, 0);
        if (uop->option[0] == SASS_BAR_KIND_RED)
                reduce(&warp->cta->barrier[number], uop->option[1], predicate(warp, uop->p[0]),
                       active);
        return arrive_at_cta_barrier(warp, uop, active, number, threads, uop->option[0] != SASS_BAR_KIND_ARV);
}

/* B2R.RESULT: the count of the last BAR.RED, and its truth. */
static enum sm_outcome run_b2r_result(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg count;

        lanes_fill(&count, warp->barrier_count);
        write_register(warp, uop->d, &count, active);
        write_predicate(warp, uop->pd, warp->barrier_predicate ? ALL_LANES : 0, active);
        return SM_NEXT;
}

/* B2R: which lanes' threads a barrier waits for is not kept in the form that hardware has it; only the count of warps. */
static enum sm_outcome run_b2r(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg count;

        lanes_fill(&count, warp->cta->barrier[uop->barrier].arrived_warps);
        write_register(warp, uop->d, &count, active);
        return SM_NEXT;
}

/* The cluster's barrier: here of a cluster of one CTA. */
static enum sm_outcome run_cluster_arrive(struct warp *warp, const struct uop *uop, lane_mask active)
{
        warp->cluster_phase = warp->cta->cluster_phase;
        return arrive_at_cta_barrier(warp, uop, active, SM_CLUSTER_BARRIER, 0, false);
}

static enum sm_outcome run_cluster_wait(struct warp *warp, const struct uop *uop, lane_mask active)
{
        if (warp->cluster_phase != warp->cta->cluster_phase)
                return SM_NEXT;
        park(warp, active, next_va(uop));
        park(warp, warp->active & ~active, next_va(uop));
        warp->blocked_at[SM_CLUSTER_BARRIER] |= active;
        warp->waiting |= active;
        return go_on(warp);
}

/* BAR's operands: the number and the count, each an immediate or in the register; both in it, packed. */
enum bar_form { BAR_PACKED = 1, BAR_NUMBER_IN_REGISTER = 2, BAR_COUNT_IN_REGISTER = 4, BAR_IMMEDIATES = 5 };

static void bind_bar(const struct sass_word *word, struct uop *uop)
{
        unsigned form = (unsigned)word_form(word);
        struct operand in_register = bind_immediate_operand(0);

        if (form != BAR_IMMEDIATES)
                in_register = bind_register_operand(word, uop, sass_BAR_Rb(word->word), 1);
        uop->option[0] = sass_BAR_kind(word->word);
        uop->option[1] = sass_BAR_reduction(word->word);
        uop->option[2] = form == BAR_PACKED;
        uop->a = form == BAR_NUMBER_IN_REGISTER ? in_register : bind_immediate_operand(sass_BAR_barrier(word->word));
        uop->b = form == BAR_COUNT_IN_REGISTER || form == BAR_PACKED
                         ? in_register
                         : bind_immediate_operand(sass_BAR_count(word->word));
        uop->run = run_bar;
        if (uop->option[0] == SASS_BAR_KIND_SCAN || uop->option[1] > SASS_BAR_REDUCTION_OR)
                bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
}

static void bind_b2r(const struct sass_word *word, struct uop *uop)
{
        bind_d(word, uop, 1);
        uop->pd = bind_destination_predicate(sass_B2R_Pd(word->word));
        uop->barrier = (uint8_t)sass_B2R_barrier(word->word);
        uop->run = sass_B2R_result(word->word) == SASS_B2R_RESULT_RESULT ? run_b2r_result : run_b2r;
}

/* The cluster's barrier is only that of a cluster of one CTA: CTAs of larger ones do not meet. */
static void bind_cluster_barrier(const struct sass_word *word, struct uop *uop, sm_handler *run)
{
        const uint32_t *cluster = word->launch->parameters.cluster;

        if (cluster[0] != 1 || cluster[1] != 1 || cluster[2] != 1)
                bind_fault(uop, SM_FAULT_NOT_EXECUTED);
        uop->run = run;
}

static bool bind_barrier(const struct sass_word *word, struct uop *uop)
{
        uop->p[0] = bind_predicate((unsigned)word_bits(word->word, 87, 3), word_bits(word->word, 90, 1));
        switch (word->opcode) {
        case SASS_BAR:
                bind_bar(word, uop);
                return true;
        case SASS_B2R:
                bind_b2r(word, uop);
                return true;
        case SASS_UCGABAR_ARV:
                bind_cluster_barrier(word, uop, run_cluster_arrive);
                return true;
        case SASS_UCGABAR_WAIT:
                bind_cluster_barrier(word, uop, run_cluster_wait);
                return true;
        default:
                return false;
        }
}
