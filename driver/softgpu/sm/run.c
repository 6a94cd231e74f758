/* Binding of whole words and the loop that runs a warp. Included by isa.h only. */

/* What the binder found stays a fault until the instruction is executed. */
static enum sm_outcome raise_bound_fault(struct warp *warp, const struct uop *uop, lane_mask active)
{
        if (uop->fault == SM_FAULT_MMU)
                warp->worker->refused = SM_ACCESS_EXECUTE;
        return sm_fault(warp, uop, (enum sm_fault_kind)uop->fault, active, uop->target);
}

/* After the last instruction of a block: the next block. */
static enum sm_outcome enter_next_block(struct warp *warp, const struct uop *uop, lane_mask active)
{
        (void)active;
        warp->pc = uop->va;
        return SM_JUMPED;
}

typedef bool bind_family(const struct sass_word *word, struct uop *uop);

static bind_family *const FAMILIES[] = {
        bind_integer, bind_uniform, bind_float, bind_uniform_float, bind_loadstore, bind_control, bind_special, bind_half, bind_double, bind_convert,
        bind_mufu, bind_matrix, bind_memory, bind_atomic, bind_shuffle, bind_async, bind_barrier,
};

static bool bind_by_family(const struct sass_word *word, struct uop *uop)
{
        for (unsigned i = 0; i < sizeof FAMILIES / sizeof FAMILIES[0]; i++)
                if (FAMILIES[i](word, uop))
                        return true;
        return false;
}

static void bind_instruction(const struct launch *launch, uint64_t va, const uint64_t bits[2], struct uop *uop)
{
        struct sass_word word = {
                .word = {bits[0], bits[1]},
                .opcode = sass_match(bits, launch->arch),
                .arch = launch->arch,
                .va = va,
                .launch = launch,
        };

        memset(uop, 0, sizeof *uop);
        uop->va = va;
        uop->word[0] = bits[0];
        uop->word[1] = bits[1];
        uop->guard = bind_predicate((unsigned)word_bits(bits, 12, 3), word_bits(bits, 15, 1));
        uop->pd = uop->pd2 = SM_PRED_WRITTEN;
        uop->d = uop->d2 = SM_RZ_WRITTEN;
        if (word.opcode == SASS_ILLEGAL || !bind_by_family(&word, uop))
                bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
        if (uop->fault) {
                uop->run = raise_bound_fault;
                uop->target = 0;
        }
}

/* Add up what the active lanes did since `begun`, and charge it to the time slice. */
INLINE void account(struct warp *warp, uint64_t instructions, lane_mask lanes)
{
        warp->instructions += instructions;
        warp->budget -= (int64_t)instructions;
        warp->worker->warp_instructions += instructions;
        warp->worker->thread_instructions += instructions * (unsigned)__builtin_popcount(lanes);
}

/*
 * Run a warp until it exits, blocks, faults or has used up its time slice: SM_EXITED, SM_BLOCKED, SM_FAULT or SM_YIELD.
 * Within straight code nothing is checked but the outcome; time is charged at jumps, which every loop has.
 */
static enum sm_outcome run_warp(struct warp *warp)
{
        struct code_block *block = NULL;
        const volatile uint32_t *attention = warp->worker->attention;

        if (!warp->active && !schedule_lowest(warp))
                return warp->alive ? SM_BLOCKED : SM_EXITED;
        while (true) {
                enum sm_outcome outcome;
                lane_mask group = warp->active;
                uint64_t executed = 0;
                uint64_t offset = block ? warp->pc - block->va : BLOCK_BYTES;
                const struct uop *uop;

                if (offset >= BLOCK_BYTES) {
                        block = sm_code_block(warp->worker, warp->pc);
                        if (!block)
                                return SM_FAULT;
                        offset = warp->pc - block->va;
                }
                if (UNLIKELY(offset % INSTRUCTION_BYTES))
                        return sm_fault(warp, NULL, SM_FAULT_MISALIGNED_PC, group, warp->pc);
                uop = &block->uop[offset / INSTRUCTION_BYTES];
                do {
                        lane_mask active = group & predicate(warp, uop->guard);

                        executed++;
                        outcome = LIKELY(active) ? uop->run(warp, uop, active) : SM_NEXT;
                        uop++;
                } while (LIKELY(outcome == SM_NEXT));

                account(warp, executed - (uop[-1].run == enter_next_block), group);
                if (UNLIKELY(*attention) && outcome == SM_JUMPED && !sm_heed(warp->worker))
                        return SM_YIELD;
                if (outcome == SM_JUMPED && warp->budget > 0)
                        continue;
                if (outcome == SM_BLOCKED && schedule_lowest(warp))
                        continue;
                if (outcome != SM_JUMPED)
                        return outcome;
                take_turns(warp);
                return SM_YIELD;
        }
}
