/*
 * Copies that run beside the program, and the mbarriers that count them. Included by isa.h only.
 *
 * A copy from global to shared memory (cp.async) is done at once, which is one of the times at which it may be done: so
 * there is nothing to wait for, and a wait for copies has nothing to do.
 *
 * An mbarrier of sm_90 is 64 bits (PTX ISA, "mbarrier", has what it means; where the bits lie shows in the code that the
 * compiler makes of mbarrier.init and mbarrier.pending_count): bits 1-20 are 2^20 less the arrivals of a phase, bits 43-62
 * 2^20 less the arrivals still missing, bit 63 the phase, and bits 21-41 are 2^21 less the bytes that copies have yet to
 * bring (that count shows in what an H100 returns).
 */

#include "address.h"
#include "sizes.h"

enum {
        COPY_GLOBAL_OFFSET_BITS = 12,
        COPY_SHARED_OFFSET_BITS = 20,
        MAX_COPY_BYTES = 16,
};

/* What uop->option holds for LDGSTS. */
enum { COPY_OPTION_SHARED_OFFSET, COPY_OPTION_BYTES, COPY_OPTION_ZERO_FILL };

/*
 * LDGSTS [shared], [global], Pa: 4, 8 or 16 bytes a lane; zeros where Pa is false. With .ZFILL the low bits of the global
 * address say how many bytes at the end are zeros instead.
 */
static enum sm_outcome run_ldgsts(struct warp *warp, const struct uop *uop, lane_mask active)
{
        unsigned bytes = uop->option[COPY_OPTION_BYTES];
        lane_mask copied = predicate(warp, uop->p[0]);
        const struct vreg *shared_base = &warp->reg[uop->c.index];
        uint32_t shared_part = warp->ureg[uop->d2] + uop->option[COPY_OPTION_SHARED_OFFSET];
        struct addresses address;

        global_addresses(warp, uop, &uop->a, &uop->b, &address);
        for_each_lane_of(lane, active) {
                uint32_t to = shared_base->lane[lane] + shared_part;
                uint8_t *target = shared_memory(warp, to, bytes);
                uint64_t va = address.lane[lane];
                unsigned zeros = (unsigned)va & (bytes - 1);
                uint8_t data[MAX_COPY_BYTES] = {0};

                if (UNLIKELY(!target || to % bytes))
                        return shared_fault(warp, uop, lane, to, bytes);
                if (copied >> lane & 1) {
                        const uint8_t *from;

                        if (UNLIKELY(zeros && !uop->option[COPY_OPTION_ZERO_FILL]))
                                return sm_fault(warp, uop, SM_FAULT_MISALIGNED_ADDRESS, (lane_mask)1 << lane, va);
                        from = sm_translate(warp->worker, va - zeros, bytes, SM_ACCESS_READ);
                        if (UNLIKELY(!from))
                                return sm_fault(warp, uop, SM_FAULT_MMU, (lane_mask)1 << lane, va);
                        memcpy(data, from, bytes - zeros);
                }
                memcpy(target, data, bytes);
        }
        return SM_NEXT;
}

enum {
        MBARRIER_EXPECTED_LOW = 1,
        MBARRIER_TRANSACTIONS_LOW = 21,
        MBARRIER_PENDING_LOW = 43,
        MBARRIER_PHASE_LOW = 63,
        MBARRIER_COUNT_BITS = 20,
        MBARRIER_TRANSACTION_BITS = 21,
        MBARRIER_BYTES = 8,
};

INLINE uint64_t mbarrier_field(uint64_t state, unsigned low, unsigned bits)
{
        return state >> low & ((UINT64_C(1) << bits) - 1);
}

INLINE uint64_t mbarrier_put(uint64_t state, unsigned low, unsigned bits, uint64_t value)
{
        uint64_t mask = ((UINT64_C(1) << bits) - 1) << low;

        return (state & ~mask) | (value << low & mask);
}

/* What one operation asks of an mbarrier. */
struct mbarrier_change {
        uint32_t arrivals;
        int32_t transactions; /* more to wait for, or fewer */
        uint32_t leaving;     /* arrivals that no later phase will have */
};

static uint64_t mbarrier_after(uint64_t state, struct mbarrier_change change)
{
        uint64_t expected = mbarrier_field(state, MBARRIER_EXPECTED_LOW, MBARRIER_COUNT_BITS) + change.leaving;
        uint64_t pending = mbarrier_field(state, MBARRIER_PENDING_LOW, MBARRIER_COUNT_BITS) + change.arrivals;
        uint64_t transactions = mbarrier_field(state, MBARRIER_TRANSACTIONS_LOW, MBARRIER_TRANSACTION_BITS)
                                - (uint64_t)(int64_t)change.transactions;

        state = mbarrier_put(state, MBARRIER_EXPECTED_LOW, MBARRIER_COUNT_BITS, expected);
        state = mbarrier_put(state, MBARRIER_TRANSACTIONS_LOW, MBARRIER_TRANSACTION_BITS, transactions);
        state = mbarrier_put(state, MBARRIER_PENDING_LOW, MBARRIER_COUNT_BITS, pending);
        if (mbarrier_field(state, MBARRIER_PENDING_LOW, MBARRIER_COUNT_BITS) == 0
            && mbarrier_field(state, MBARRIER_TRANSACTIONS_LOW, MBARRIER_TRANSACTION_BITS) == 0)
                state = mbarrier_put(state, MBARRIER_PENDING_LOW, MBARRIER_COUNT_BITS, expected)
                        ^ UINT64_C(1) << MBARRIER_PHASE_LOW;
        return state;
}

/* Change an mbarrier; the old state. */
static uint64_t change_mbarrier(uint8_t *where, struct mbarrier_change change)
{
        uint64_t old = __atomic_load_n((uint64_t *)where, __ATOMIC_ACQUIRE);

        while (!__atomic_compare_exchange_n((uint64_t *)where, &old, mbarrier_after(old, change), false, __ATOMIC_ACQ_REL,
                                            __ATOMIC_ACQUIRE))
                continue;
        return old;
}

/* The operands of SYNCS.ARRIVE, in the order of their encoding: A1TR is one arrival and as many bytes as Rb says. */
enum mbarrier_arrival { ARRIVE_A1TR, ARRIVE_A1T0, ARRIVE_A0T1, ARRIVE_A0TR, ARRIVE_A0TX, ARRIVE_ART0 };

enum { SYNCS_OPTION_ARRIVAL, SYNCS_OPTION_LEAVE, SYNCS_OPTION_LANE_MASK };

INLINE struct mbarrier_change arrival_change(const struct uop *uop, uint32_t operand)
{
        struct mbarrier_change change = {0};

        switch ((enum mbarrier_arrival)uop->option[SYNCS_OPTION_ARRIVAL]) {
        case ARRIVE_A1TR:
                change = (struct mbarrier_change){.arrivals = 1, .transactions = (int32_t)operand};
                break;
        case ARRIVE_A1T0:
                change.arrivals = 1;
                break;
        case ARRIVE_A0T1:
                change.transactions = 1;
                break;
        case ARRIVE_A0TR:
                change.transactions = (int32_t)operand;
                break;
        case ARRIVE_A0TX:
                change.transactions = -(int32_t)operand;
                break;
        case ARRIVE_ART0:
                change.arrivals = operand;
                break;
        }
        change.leaving = uop->option[SYNCS_OPTION_LEAVE] ? change.arrivals : 0;
        return change;
}

/* The lanes of `active` with the address of `lane`. */
INLINE lane_mask lanes_at(const struct vreg *address, unsigned lane, lane_mask active)
{
        lane_mask same = 0;

        for_each_lane_of(other, active)
                same |= (lane_mask)(address->lane[other] == address->lane[lane]) << other;
        return same;
}

/*
 * SYNCS.ARRIVE Rd, [address], Rb. The lanes that meet at an mbarrier arrive as one: all get the state before the first of
 * them, as its high word. The low word is the mask of these lanes with .TMASK; else an H100 leaves that register alone.
 */
static enum sm_outcome run_syncs_arrive(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg address;
        struct vreg low, high;

        shared_addresses(warp, uop, &uop->a, &uop->b, &address);
        for_each_lane_of(lane, active) {
                uint8_t *where = shared_memory(warp, address.lane[lane], MBARRIER_BYTES);
                lane_mask together = lanes_at(&address, lane, active);
                uint64_t old;

                if (UNLIKELY(!where || address.lane[lane] % MBARRIER_BYTES))
                        return shared_fault(warp, uop, lane, address.lane[lane], MBARRIER_BYTES);
                old = change_mbarrier(where, arrival_change(uop, warp->reg[uop->c.index].lane[lane]));
                high.lane[lane] = (uint32_t)(old >> 32);
                high.lane[lane] = high.lane[__builtin_ctz(together)];
                low.lane[lane] = together;
        }
        if (uop->option[SYNCS_OPTION_LANE_MASK])
                write_register(warp, uop->d, &low, active);
        write_register(warp, uop->d + 1, &high, active);
        return SM_NEXT;
}

/* SYNCS.PHASECHK Pd, [address], Rb: is the phase of the state whose high word is Rb over? Does not wait, even as TRYWAIT. */
static enum sm_outcome run_syncs_phase(struct warp *warp, const struct uop *uop, lane_mask active)
{
        struct vreg address;
        lane_mask over = 0;

        shared_addresses(warp, uop, &uop->a, &uop->b, &address);
        for_each_lane_of(lane, active) {
                uint8_t *where = shared_memory(warp, address.lane[lane], MBARRIER_BYTES);
                uint64_t state;

                if (UNLIKELY(!where || address.lane[lane] % MBARRIER_BYTES))
                        return shared_fault(warp, uop, lane, address.lane[lane], MBARRIER_BYTES);
                state = __atomic_load_n((uint64_t *)where, __ATOMIC_ACQUIRE);
                over |= (lane_mask)((state >> 32 ^ warp->reg[uop->c.index].lane[lane]) >> 31 & 1) << lane;
        }
        write_predicate(warp, uop->pd, over, active);
        note_poll(warp);
        return SM_NEXT;
}

/* The mbarrier at a uniform address, or NULL with the fault raised. */
static uint8_t *uniform_mbarrier(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t address = scalar_source(warp, &uop->b) + (uint32_t)uop->target;
        uint8_t *where = shared_memory(warp, address, MBARRIER_BYTES);

        if (LIKELY(where && address % MBARRIER_BYTES == 0))
                return where;
        shared_fault(warp, uop, (unsigned)__builtin_ctz(active), address, MBARRIER_BYTES);
        return NULL;
}

/* SYNCS.EXCH.64 URd, [address], URb: once for the warp. */
static enum sm_outcome run_syncs_exchange(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint8_t *where = uniform_mbarrier(warp, uop, active);
        uint64_t state;
        uint64_t old;

        if (!where)
                return SM_FAULT;
        state = scalar_source(warp, &uop->c) | (uint64_t)scalar_source_high(warp, &uop->c) << 32;
        old = __atomic_exchange_n((uint64_t *)where, state, __ATOMIC_ACQ_REL);
        warp->ureg[uop->d] = (uint32_t)old;
        warp->ureg[uop->d + 1] = (uint32_t)(old >> 32);
        return SM_NEXT;
}

enum { ARRIVES_OLD, ARRIVES_COUNT, ARRIVES_TRANSACTIONS };

/*
 * ARRIVES.LDGSTSBAR [address]: each lane arrives when the copies before are done, which they are; with .TRANSCNT it takes
 * back the one that it added to the bytes to wait for.
 */
static enum sm_outcome run_arrives(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint8_t *where = uniform_mbarrier(warp, uop, active);
        struct mbarrier_change change = {.arrivals = 1};

        if (!where)
                return SM_FAULT;
        if (uop->option[0] == ARRIVES_TRANSACTIONS)
                change = (struct mbarrier_change){.transactions = -1};
        for (lane_mask left = active; left; left &= left - 1) {
                if (uop->option[0] == ARRIVES_OLD)
                        arrive_at_old_mbarrier(where);
                else
                        change_mbarrier(where, change);
        }
        return SM_NEXT;
}

/*
 * Runs of bytes (cp.async.bulk): UBLKCP [to], [from], size. A place in global memory is a pair of uniform registers, one in
 * shared memory a register, and after the one that is copied to comes that of the mbarrier that counts the bytes. They
 * are done at once too. The size is in units of 16 bytes.
 */
enum { BULK_UNIT_BYTES = 16, BULK_SIZE_MASK = 0xffff };

static uint8_t *bulk_shared(struct warp *warp, const struct uop *uop, lane_mask active, uint32_t address, uint32_t bytes)
{
        uint8_t *memory = shared_memory(warp, address, bytes);

        if (LIKELY(memory && address % BULK_UNIT_BYTES == 0))
                return memory;
        shared_fault(warp, uop, (unsigned)__builtin_ctz(active), address, BULK_UNIT_BYTES);
        return NULL;
}

INLINE uint64_t uniform_pair(const struct warp *warp, const struct operand *operand)
{
        return scalar_source(warp, operand) | (uint64_t)scalar_source_high(warp, operand) << 32;
}

/* Copy between shared memory and global memory, unit by unit, since pages end anywhere; false with the fault raised. */
static bool copy_bulk(struct warp *warp, const struct uop *uop, lane_mask active, uint8_t *shared, uint64_t va,
                      uint32_t bytes, uint32_t access)
{
        if (UNLIKELY(va % BULK_UNIT_BYTES)) {
                sm_fault(warp, uop, SM_FAULT_MISALIGNED_ADDRESS, active, va);
                return false;
        }
        for (uint32_t done = 0; done < bytes; done += BULK_UNIT_BYTES) {
                uint8_t *global = sm_translate(warp->worker, va + done, BULK_UNIT_BYTES, access);

                if (UNLIKELY(!global)) {
                        sm_fault(warp, uop, SM_FAULT_MMU, active, va + done);
                        return false;
                }
                if (access == SM_ACCESS_WRITE)
                        memcpy(global, shared + done, BULK_UNIT_BYTES);
                else
                        memcpy(shared + done, global, BULK_UNIT_BYTES);
        }
        return true;
}

/* The bytes have come: tell the mbarrier whose address follows that of the copy's target. */
static enum sm_outcome finish_bulk(struct warp *warp, const struct uop *uop, lane_mask active, uint32_t bytes)
{
        uint32_t address = scalar_source_high(warp, &uop->b);
        uint8_t *where = shared_memory(warp, address, MBARRIER_BYTES);

        if (UNLIKELY(!where || address % MBARRIER_BYTES))
                return shared_fault(warp, uop, (unsigned)__builtin_ctz(active), address, MBARRIER_BYTES);
        change_mbarrier(where, (struct mbarrier_change){.transactions = -(int32_t)bytes});
        return SM_NEXT;
}

static enum sm_outcome run_bulk_copy(struct warp *warp, const struct uop *uop, lane_mask active)
{
        uint32_t bytes = (scalar_source(warp, &uop->c) & BULK_SIZE_MASK) * BULK_UNIT_BYTES;
        bool to_global = uop->option[0] == SASS_UBLKCP_SPACES_G_S;
        bool from_global = uop->option[0] == SASS_UBLKCP_SPACES_S_G;
        uint8_t *to = to_global ? NULL : bulk_shared(warp, uop, active, scalar_source(warp, &uop->b), bytes);
        uint8_t *from = from_global ? NULL : bulk_shared(warp, uop, active, scalar_source(warp, &uop->a), bytes);

        if ((!to_global && !to) || (!from_global && !from))
                return SM_FAULT;
        if (to_global)
                return copy_bulk(warp, uop, active, from, uniform_pair(warp, &uop->b), bytes, SM_ACCESS_WRITE) ? SM_NEXT
                                                                                                               : SM_FAULT;
        if (!from_global)
                memmove(to, from, bytes);
        else if (!copy_bulk(warp, uop, active, to, uniform_pair(warp, &uop->a), bytes, SM_ACCESS_READ))
                return SM_FAULT;
        return finish_bulk(warp, uop, active, bytes);
}

static void bind_bulk_copy(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;
        unsigned spaces = sass_UBLKCP_spaces(bits);

        /* To several CTAs of a cluster, and from global memory to global memory: not yet. */
        if (sass_UBLKCP_multicast(bits) || spaces == SASS_UBLKCP_SPACES_G_G)
                bind_fault(uop, SM_FAULT_NOT_EXECUTED);
        bind_uniform_guard(uop);
        uop->option[0] = spaces;
        uop->a = bind_uniform_operand(word, uop, sass_UBLKCP_URa(bits), spaces == SASS_UBLKCP_SPACES_S_G ? 2 : 1);
        uop->b = bind_uniform_operand(word, uop, sass_UBLKCP_URb(bits), 2);
        uop->c = bind_uniform_operand(word, uop, sass_UBLKCP_URc(bits), 1);
        uop->run = run_bulk_copy;
}

/* By the size field: sm_80 counts it as loads do. */
INLINE unsigned copy_bytes(const struct sass_word *word)
{
        unsigned code = sass_LDGSTS_size(word->word, word->arch) - (word->arch < 100 ? SIZE_32 : 0);

        return code <= SIZE_128 - SIZE_32 ? 4u << code : 0;
}

/* The form whose uniform register is added to the shared address; its descriptor is the uniform register after that. */
enum { LDGSTS_WITH_SHARED_UNIFORM = 0xdae, OPCODE_BITS = 12 };

static void bind_ldgsts(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        if (!copy_bytes(word))
                bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
        bind_global_address(word, uop, &COPY_ADDRESS, &uop->a, &uop->b);
        uop->d2 = SM_URZ;
        if (word_bits(bits, 0, OPCODE_BITS) == LDGSTS_WITH_SHARED_UNIFORM) {
                uop->d2 = bind_address_uniform(word, uop, COPY_ADDRESS.uniform_low, 1).index;
                uop->b = bind_immediate_operand(0);
        }
        uop->target = (uint64_t)sign_extend(sass_LDGSTS_address_offset(bits), COPY_GLOBAL_OFFSET_BITS);
        uop->c = bind_register_operand(word, uop, sass_LDGSTS_shared_base(bits), 1);
        uop->option[COPY_OPTION_SHARED_OFFSET] = (uint32_t)sign_extend(sass_LDGSTS_shared_offset(bits), COPY_SHARED_OFFSET_BITS);
        uop->option[COPY_OPTION_BYTES] = copy_bytes(word);
        uop->option[COPY_OPTION_ZERO_FILL] = sass_LDGSTS_zero_fill(bits);
        uop->p[0] = bind_predicate(sass_LDGSTS_Pa(bits), sass_LDGSTS_Pa_negate(bits));
        uop->run = run_ldgsts;
}

/* A uniform address alone: [UR + offset]. */
static void bind_uniform_mbarrier(const struct sass_word *word, struct uop *uop, unsigned uniform_low)
{
        uop->b = bind_address_uniform(word, uop, uniform_low, 1);
        uop->target = (uint64_t)sign_extend(word_bits(word->word, ADDRESS_OFFSET_LOW, ADDRESS_OFFSET_BITS),
                                            ADDRESS_OFFSET_BITS);
}

static void bind_arrives(const struct sass_word *word, struct uop *uop)
{
        uop->option[0] = word->arch < 90 ? ARRIVES_OLD : sass_ARRIVES_counter(word->word, word->arch);
        if (uop->option[0] > ARRIVES_TRANSACTIONS)
                bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
        bind_uniform_mbarrier(word, uop, STORE_ADDRESS.uniform_low);
        uop->run = run_arrives;
}

static void bind_syncs_arrive(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        uop->option[SYNCS_OPTION_ARRIVAL] = sass_SYNCS_ARRIVE_counts(bits);
        uop->option[SYNCS_OPTION_LEAVE] = sass_SYNCS_ARRIVE_leaves(bits);
        uop->option[SYNCS_OPTION_LANE_MASK] = sass_SYNCS_ARRIVE_mode(bits) == SASS_SYNCS_ARRIVE_MODE_TMASK;
        if (uop->option[SYNCS_OPTION_ARRIVAL] > ARRIVE_ART0)
                bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
        bind_shared_address(word, uop, STORE_ADDRESS.uniform_low, false, &uop->a, &uop->b);
        uop->c = bind_register_operand(word, uop, sass_SYNCS_ARRIVE_Rb(bits), 1);
        uop->d = bind_destination_register(word, uop, sass_SYNCS_ARRIVE_Rd(bits), 2);
        uop->run = run_syncs_arrive;
}

static void bind_syncs_phase(const struct sass_word *word, struct uop *uop)
{
        bind_shared_address(word, uop, STORE_ADDRESS.uniform_low, false, &uop->a, &uop->b);
        uop->c = bind_register_operand(word, uop, sass_SYNCS_PHASECHK_Rb(word->word), 1);
        uop->pd = bind_destination_predicate(sass_SYNCS_PHASECHK_Pd(word->word));
        uop->run = run_syncs_phase;
}

static void bind_syncs_exchange(const struct sass_word *word, struct uop *uop)
{
        bind_uniform_mbarrier(word, uop, 24);
        uop->c = bind_uniform_operand(word, uop, sass_SYNCS_EXCH_URb(word->word), 2);
        uop->d = bind_destination_uniform(word, uop, sass_SYNCS_EXCH_URd(word->word), 2);
        uop->run = run_syncs_exchange;
}

/* Opcodes of an issue of their own: tiles by descriptor, products of warp groups, memory of other CTAs, tensor memory. */
static bool is_for_later(enum sass_opcode opcode)
{
        switch (opcode) {
        case SASS_UBLKRED:
        case SASS_UTMALDG:
        case SASS_UTMASTG:
        case SASS_UTMAREDG:
        case SASS_STAS:
        case SASS_REDAS:
        case SASS_LDGMC:
        case SASS_LDGMC_FLOAT:
        case SASS_LDTM:
        case SASS_STTM:
        case SASS_UTCHMMA:
        case SASS_UTCIMMA:
        case SASS_UTCOMMA:
        case SASS_UTCQMMA:
        case SASS_UTCCP:
        case SASS_UTCBAR:
        case SASS_UTCSHIFT:
        case SASS_UTCATOMSWS:
        case SASS_UTCATOMSWS_FIND:
        case SASS_HGMMA:
        case SASS_IGMMA:
        case SASS_BGMMA:
        case SASS_QGMMA:
        case SASS_WARPGROUP:
                return true;
        default:
                return false;
        }
}

static bool bind_async(const struct sass_word *word, struct uop *uop)
{
        switch (word->opcode) {
        case SASS_LDGSTS:
                bind_ldgsts(word, uop);
                return true;
        case SASS_LDGDEPBAR:
        case SASS_SYNCS_CCTL:
        case SASS_UTMACMDFLUSH:
        case SASS_UBLKPF:
        case SASS_UTMAPF:
        case SASS_UTMACCTL:
                uop->run = run_no_effect;
                return true;
        case SASS_UBLKCP:
                bind_bulk_copy(word, uop);
                return true;
        case SASS_ARRIVES:
                bind_arrives(word, uop);
                return true;
        case SASS_SYNCS_ARRIVE:
                bind_syncs_arrive(word, uop);
                return true;
        case SASS_SYNCS_PHASECHK:
                bind_syncs_phase(word, uop);
                return true;
        case SASS_SYNCS_EXCH:
                bind_syncs_exchange(word, uop);
                return true;
        default:
                if (!is_for_later(word->opcode))
                        return false;
                bind_fault(uop, SM_FAULT_NOT_EXECUTED);
                return true;
        }
}
