/*
 * Atomic operations on shared and global memory. Included by isa.h only.
 *
 * Each lane's operation is one atomic operation of the host on the memory of the GPU, so that CTAs on other threads and the
 * host itself see it whole. Order among lanes of an instruction is that of their numbers. Memory order is relaxed: the
 * instructions that order are MEMBAR, CCTL and the barriers.
 *
 * Floats: fp32 in global memory flushes denormals (PTX ISA, "atom": ".f32 on global memory flushes subnormal inputs and
 * results"), which the word says with .FTZ; fp16, bf16 and fp64 don't. Vectors of them are atomic by element.
 */

#include "address.h"
#include "lane_float.h"

enum atomic_operation {
        ATOMIC_ADD,
        ATOMIC_MIN,
        ATOMIC_MAX,
        ATOMIC_INC,
        ATOMIC_DEC,
        ATOMIC_AND,
        ATOMIC_OR,
        ATOMIC_XOR,
        ATOMIC_EXCHANGE,
        ATOMIC_COMPARE, /* compare and swap: gives the old value */
        ATOMIC_CAST,    /* compare and swap: gives 1 if it swapped, else 0 */
        ATOMIC_ARRIVE,  /* an arrival at an mbarrier of sm_80: gives the old words */
};

enum atomic_type {
        ATOMIC_U32,
        ATOMIC_S32,
        ATOMIC_U64,
        ATOMIC_S64,
        ATOMIC_B128,
        ATOMIC_F32,
        ATOMIC_F32_FTZ,
        ATOMIC_F64,
        ATOMIC_F16X2,
        ATOMIC_BF16X2,
        ATOMIC_TYPES,
};

/* Bytes of one atomic element. */
static const uint8_t ATOMIC_BYTES[ATOMIC_TYPES] = {4, 4, 8, 8, 16, 4, 4, 8, 4, 4};

/* What uop->option[] holds. */
enum { ATOMIC_OPTION_OPERATION, ATOMIC_OPTION_TYPE, ATOMIC_OPTION_ELEMENTS };

INLINE uint32_t atomic_f16(enum atomic_operation operation, uint32_t a, uint32_t b)
{
        bool a_is_nan = f16_is_nan(a);
        bool b_is_nan = f16_is_nan(b);
        float x = f16_value(a);
        float y = f16_value(b);
        bool a_first = x < y || (x == y && (a & 0x8000));

        if (operation == ATOMIC_ADD)
                return f16_from_f32(f32_bits(x + y));
        if (a_is_nan || b_is_nan)
                return a_is_nan ? (b_is_nan ? F16_NAN : b) : a;
        return a_first == (operation == ATOMIC_MIN) ? a : b;
}

INLINE uint32_t atomic_bf16(enum atomic_operation operation, uint32_t a, uint32_t b)
{
        bool a_is_nan = bf16_is_nan(a);
        bool b_is_nan = bf16_is_nan(b);
        float x = bf16_value(a);
        float y = bf16_value(b);
        bool a_first = x < y || (x == y && (a & 0x8000));

        if (operation == ATOMIC_ADD)
                return bf16_from_f32(f32_bits(x + y));
        if (a_is_nan || b_is_nan)
                return a_is_nan ? (b_is_nan ? F16_NAN : b) : a;
        return a_first == (operation == ATOMIC_MIN) ? a : b;
}

/* The new value of a word that holds `old`. */
static uint32_t atomic_value_32(enum atomic_operation operation, enum atomic_type type, uint32_t old, uint32_t operand)
{
        switch (type) {
        case ATOMIC_F32:
                return f32_add(old, operand);
        case ATOMIC_F32_FTZ:
                return f32_flush(f32_add(f32_flush(old), f32_flush(operand)));
        case ATOMIC_F16X2:
                return atomic_f16(operation, old & 0xffff, operand & 0xffff)
                       | atomic_f16(operation, old >> 16, operand >> 16) << 16;
        case ATOMIC_BF16X2:
                return atomic_bf16(operation, old & 0xffff, operand & 0xffff)
                       | atomic_bf16(operation, old >> 16, operand >> 16) << 16;
        default:
                break;
        }
        switch (operation) {
        case ATOMIC_ADD:
                return old + operand;
        case ATOMIC_MIN:
                return (type == ATOMIC_S32 ? (int32_t)operand < (int32_t)old : operand < old) ? operand : old;
        case ATOMIC_MAX:
                return (type == ATOMIC_S32 ? (int32_t)operand > (int32_t)old : operand > old) ? operand : old;
        case ATOMIC_INC:
                return old >= operand ? 0 : old + 1;
        case ATOMIC_DEC:
                return old == 0 || old > operand ? operand : old - 1;
        case ATOMIC_AND:
                return old & operand;
        case ATOMIC_OR:
                return old | operand;
        case ATOMIC_XOR:
                return old ^ operand;
        default:
                return operand;
        }
}

/* NaNs come out as they went in, not made quiet; of two, the operand (as recorded on an H100). */
static uint64_t atomic_add_f64(uint64_t old, uint64_t operand)
{
        double sum = f64_value(old) + f64_value(operand);

        if (f64_is_nan(operand))
                return operand;
        if (f64_is_nan(old))
                return old;
        return sum != sum ? F64_DEFAULT_NAN : f64_bits(sum);
}

static uint64_t atomic_value_64(enum atomic_operation operation, enum atomic_type type, uint64_t old, uint64_t operand)
{
        switch (operation) {
        case ATOMIC_ADD:
                return type == ATOMIC_F64 ? atomic_add_f64(old, operand) : old + operand;
        case ATOMIC_MIN:
                return (type == ATOMIC_S64 ? (int64_t)operand < (int64_t)old : operand < old) ? operand : old;
        case ATOMIC_MAX:
                return (type == ATOMIC_S64 ? (int64_t)operand > (int64_t)old : operand > old) ? operand : old;
        case ATOMIC_AND:
                return old & operand;
        case ATOMIC_OR:
                return old | operand;
        case ATOMIC_XOR:
                return old ^ operand;
        default:
                return operand;
        }
}

#if defined(__x86_64__)
#define HAS_ATOMIC_128 __attribute__((target("cx16")))
#else
#define HAS_ATOMIC_128
#endif

/* Swap 16 bytes if they are `expected`; the old ones. */
HAS_ATOMIC_128 static unsigned __int128 compare_and_swap_128(void *where, unsigned __int128 expected,
                                                             unsigned __int128 replacement)
{
        return __sync_val_compare_and_swap((unsigned __int128 *)where, expected, replacement);
}

/* One operation on one word; the old value. */
INLINE uint32_t operate_32(void *where, enum atomic_operation operation, enum atomic_type type, uint32_t operand)
{
        uint32_t *word = where;
        uint32_t old;
        uint32_t replacement;

        if (operation == ATOMIC_ADD && type <= ATOMIC_S32)
                return __atomic_fetch_add(word, operand, __ATOMIC_RELAXED);
        if (operation == ATOMIC_EXCHANGE)
                return __atomic_exchange_n(word, operand, __ATOMIC_RELAXED);
        old = __atomic_load_n(word, __ATOMIC_RELAXED);
        do {
                replacement = atomic_value_32(operation, type, old, operand);
        } while (!__atomic_compare_exchange_n(word, &old, replacement, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
        return old;
}

INLINE uint64_t operate_64(void *where, enum atomic_operation operation, enum atomic_type type, uint64_t operand)
{
        uint64_t *word = where;
        uint64_t old;
        uint64_t replacement;

        if (operation == ATOMIC_ADD && type != ATOMIC_F64)
                return __atomic_fetch_add(word, operand, __ATOMIC_RELAXED);
        if (operation == ATOMIC_EXCHANGE)
                return __atomic_exchange_n(word, operand, __ATOMIC_RELAXED);
        old = __atomic_load_n(word, __ATOMIC_RELAXED);
        do {
                replacement = atomic_value_64(operation, type, old, operand);
        } while (!__atomic_compare_exchange_n(word, &old, replacement, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
        return old;
}

enum { MAX_ATOMIC_WORDS = 4 };

/* The words of a lane from a group of registers, and into one. */
INLINE void take_lane(uint32_t words[], const struct vreg *from, unsigned lane, unsigned count)
{
        for (unsigned i = 0; i < count; i++)
                words[i] = from[i].lane[lane];
}

INLINE void put_lane(struct vreg *into, const uint32_t words[], unsigned lane, unsigned count)
{
        for (unsigned i = 0; i < count; i++)
                into[i].lane[lane] = words[i];
}

INLINE uint64_t words_64(const uint32_t words[]) { return words[0] | (uint64_t)words[1] << 32; }

INLINE unsigned __int128 words_128(const uint32_t words[])
{
        return words_64(words) | (unsigned __int128)words_64(words + 2) << 64;
}

INLINE void split_64(uint32_t words[], uint64_t value)
{
        words[0] = (uint32_t)value;
        words[1] = (uint32_t)(value >> 32);
}

INLINE void split_128(uint32_t words[], unsigned __int128 value)
{
        split_64(words, (uint64_t)value);
        split_64(words + 2, (uint64_t)(value >> 64));
}

/* An exchange of 16 bytes. */
static unsigned __int128 exchange_128(void *where, unsigned __int128 replacement)
{
        unsigned __int128 expected = 0;
        unsigned __int128 old;

        while ((old = compare_and_swap_128(where, expected, replacement)) != expected)
                expected = old;
        return old;
}

/* What one instruction does in one lane: operate on `elements` elements at `where`; `words` are operands, then old values. */
static void operate(uint8_t *where, const struct uop *uop, uint32_t words[])
{
        enum atomic_operation operation = (enum atomic_operation)uop->option[ATOMIC_OPTION_OPERATION];
        enum atomic_type type = (enum atomic_type)uop->option[ATOMIC_OPTION_TYPE];
        unsigned bytes = ATOMIC_BYTES[type];

        for (unsigned i = 0; i < uop->option[ATOMIC_OPTION_ELEMENTS]; i++, where += bytes, words += bytes / 4) {
                if (bytes == 4)
                        words[0] = operate_32(where, operation, type, words[0]);
                else if (bytes == 8)
                        split_64(words, operate_64(where, operation, type, words_64(words)));
                else
                        split_128(words, exchange_128(where, words_128(words)));
        }
}

/* Compare and swap: `words` is what is expected, then the old value. */
static void compare_and_swap(uint8_t *where, const struct uop *uop, uint32_t words[], const uint32_t replacement[])
{
        unsigned bytes = ATOMIC_BYTES[uop->option[ATOMIC_OPTION_TYPE]];
        bool swapped;

        if (bytes == 4) {
                uint32_t expected = words[0];

                __atomic_compare_exchange_n((uint32_t *)where, &words[0], replacement[0], false, __ATOMIC_RELAXED,
                                            __ATOMIC_RELAXED);
                swapped = words[0] == expected;
        } else if (bytes == 8) {
                uint64_t expected = words_64(words);
                uint64_t old = expected;

                __atomic_compare_exchange_n((uint64_t *)where, &old, words_64(replacement), false, __ATOMIC_RELAXED,
                                            __ATOMIC_RELAXED);
                split_64(words, old);
                swapped = old == expected;
        } else {
                unsigned __int128 expected = words_128(words);
                unsigned __int128 old = compare_and_swap_128(where, expected, words_128(replacement));

                split_128(words, old);
                swapped = old == expected;
        }
        if (uop->option[ATOMIC_OPTION_OPERATION] == ATOMIC_CAST)
                for (unsigned i = 0; i < bytes / 4; i++)
                        words[i] = i == 0 && swapped;
}

/*
 * An mbarrier of sm_80 is two words: 2^30 less the arrivals of a phase, and in the second word the phase (bit 31) over
 * 2^31 less the arrivals still missing. An arrival that completes the phase carries into bit 31 and starts the next one.
 */
enum { OLD_MBARRIER_PHASE = 0x80000000u, OLD_MBARRIER_BIAS = 0x40000000u };

INLINE uint64_t mbarrier_after_old_arrival(uint64_t old)
{
        uint32_t all = (uint32_t)old;
        uint32_t next = (uint32_t)(old >> 32) + 1;

        if ((next & ~OLD_MBARRIER_PHASE) == 0)
                next |= OLD_MBARRIER_BIAS + (all & (OLD_MBARRIER_BIAS - 1));
        return all | (uint64_t)next << 32;
}

static uint64_t arrive_at_old_mbarrier(uint8_t *where)
{
        uint64_t old = __atomic_load_n((uint64_t *)where, __ATOMIC_RELAXED);

        while (!__atomic_compare_exchange_n((uint64_t *)where, &old, mbarrier_after_old_arrival(old), false,
                                            __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
                continue;
        return old;
}

/* Do the operation of one lane on host memory; the results go to `result`. */
INLINE void atomic_lane(struct warp *warp, const struct uop *uop, uint8_t *where, unsigned lane, struct vreg result[])
{
        unsigned words = ATOMIC_BYTES[uop->option[ATOMIC_OPTION_TYPE]] * uop->option[ATOMIC_OPTION_ELEMENTS] / 4;
        enum atomic_operation operation = (enum atomic_operation)uop->option[ATOMIC_OPTION_OPERATION];
        uint32_t value[MAX_ATOMIC_WORDS];
        uint32_t replacement[MAX_ATOMIC_WORDS];

        if (operation == ATOMIC_ARRIVE) {
                split_64(value, arrive_at_old_mbarrier(where));
        } else if (uop->c.kind == OPERAND_IMMEDIATE) {
                value[0] = uop->c.value;
                operate(where, uop, value);
        } else if (operation == ATOMIC_COMPARE || operation == ATOMIC_CAST) {
                take_lane(value, &warp->reg[uop->c.index], lane, words);
                take_lane(replacement, &warp->reg[uop->d2], lane, words);
                compare_and_swap(where, uop, value, replacement);
        } else {
                take_lane(value, &warp->reg[uop->c.index], lane, words);
                operate(where, uop, value);
        }
        put_lane(result, value, lane, words);
}

/* After the lanes: registers, and the time that a poll costs. */
INLINE enum sm_outcome finish_atomic(struct warp *warp, const struct uop *uop, const struct vreg result[], lane_mask active)
{
        unsigned words = ATOMIC_BYTES[uop->option[ATOMIC_OPTION_TYPE]] * uop->option[ATOMIC_OPTION_ELEMENTS] / 4;

        if (uop->d == SM_RZ_WRITTEN)
                return SM_NEXT;
        for (unsigned i = 0; i < words; i++)
                write_register(warp, uop->d + i, &result[i], active);
        note_poll(warp);
        return SM_NEXT;
}

INLINE unsigned atomic_bytes(const struct uop *uop)
{
        return ATOMIC_BYTES[uop->option[ATOMIC_OPTION_TYPE]] * uop->option[ATOMIC_OPTION_ELEMENTS];
}

/* ATOMS. */
static enum sm_outcome run_atoms(struct warp *warp, const struct uop *uop, lane_mask active)
{
        unsigned bytes = atomic_bytes(uop);
        struct vreg address;
        struct vreg result[MAX_ATOMIC_WORDS];

        shared_addresses(warp, uop, &uop->a, &uop->b, &address);
        for_each_lane_of(lane, active) {
                uint8_t *where = shared_memory(warp, address.lane[lane], bytes);

                if (UNLIKELY(!where || address.lane[lane] % bytes))
                        return shared_fault(warp, uop, lane, address.lane[lane], bytes);
                atomic_lane(warp, uop, where, lane, result);
        }
        return finish_atomic(warp, uop, result, active);
}

enum { ATOMIC_ACCESS = SM_ACCESS_READ | SM_ACCESS_WRITE | SM_ACCESS_ATOMIC };

/* ATOMG, RED: global memory. */
static enum sm_outcome run_atomg(struct warp *warp, const struct uop *uop, lane_mask active)
{
        unsigned bytes = atomic_bytes(uop);
        struct addresses address;
        struct vreg result[MAX_ATOMIC_WORDS];

        global_addresses(warp, uop, &uop->a, &uop->b, &address);
        for_each_lane_of(lane, active) {
                uint64_t va = address.lane[lane];
                uint8_t *where;

                if (UNLIKELY(va % bytes))
                        return sm_fault(warp, uop, SM_FAULT_MISALIGNED_ADDRESS, (lane_mask)1 << lane, va);
                where = sm_translate(warp->worker, va, bytes, ATOMIC_ACCESS);
                if (UNLIKELY(!where))
                        return sm_fault(warp, uop, SM_FAULT_MMU, (lane_mask)1 << lane, va);
                atomic_lane(warp, uop, where, lane, result);
        }
        return finish_atomic(warp, uop, result, active);
}

/* What shared memory can do itself; the rest of ATOM's operations is for the program to make of CAST. */
INLINE bool shared_memory_can(const struct uop *uop)
{
        enum atomic_operation operation = (enum atomic_operation)uop->option[ATOMIC_OPTION_OPERATION];
        enum atomic_type type = (enum atomic_type)uop->option[ATOMIC_OPTION_TYPE];

        if (operation == ATOMIC_EXCHANGE || operation == ATOMIC_COMPARE || operation == ATOMIC_ARRIVE)
                return true;
        return type == ATOMIC_U32 || type == ATOMIC_S32;
}

/*
 * ATOM Pd, Rd: a generic address. Pd says in which lanes the operation was done: not in those whose address is in local
 * memory, or in shared memory that has no such operation. After them programs have a loop that does it.
 */
static enum sm_outcome run_atom(struct warp *warp, const struct uop *uop, lane_mask active)
{
        unsigned bytes = atomic_bytes(uop);
        lane_mask done = active;
        struct addresses address;
        struct vreg result[MAX_ATOMIC_WORDS];

        global_addresses(warp, uop, &uop->a, &uop->b, &address);
        for_each_lane_of(lane, active) {
                uint64_t va = address.lane[lane];
                uint64_t offset = va - warp->launch->parameters.shared_window_va;
                bool shared = in_shared_window(warp, va);
                uint8_t *where;

                if (in_local_window(warp, va) || (shared && !shared_memory_can(uop))) {
                        done &= ~((lane_mask)1 << lane);
                        continue;
                }
                if (UNLIKELY(va % bytes))
                        return sm_fault(warp, uop, SM_FAULT_MISALIGNED_ADDRESS, (lane_mask)1 << lane, va);
                where = shared ? shared_memory(warp, (uint32_t)offset, bytes)
                               : sm_translate(warp->worker, va, bytes, ATOMIC_ACCESS);
                if (UNLIKELY(!where))
                        return sm_fault(warp, uop, shared ? SM_FAULT_ADDRESS_RANGE : SM_FAULT_MMU, (lane_mask)1 << lane, va);
                atomic_lane(warp, uop, where, lane, result);
        }
        if (done != active && uop->pd == SM_PRED_WRITTEN)
                return sm_fault(warp, uop, SM_FAULT_ADDRESS_SPACE, active & ~done, 0);
        write_predicate(warp, uop->pd, done, active);
        return finish_atomic(warp, uop, result, done);
}

/* The codes of types in the words: of integers, of floats before sm_90 (in the same field), and of floats from sm_90 on. */
struct atomic_code {
        uint8_t type;
        uint8_t elements; /* 0: no such code */
};

static const struct atomic_code INTEGER_CODES[] = {
        {ATOMIC_U32, 1}, {ATOMIC_S32, 1}, {ATOMIC_U64, 1}, {ATOMIC_S64, 1}, {ATOMIC_B128, 1},
};

static const struct atomic_code CODES_UNTIL_SM_89[] = {
        {ATOMIC_U32, 1}, {ATOMIC_S32, 1}, {ATOMIC_U64, 1}, {ATOMIC_F32_FTZ, 1}, {ATOMIC_F16X2, 1}, {ATOMIC_S64, 1}, {ATOMIC_F64, 1},
};

static const struct atomic_code FLOAT_CODES[] = {
        {ATOMIC_F16X2, 1},   {ATOMIC_F16X2, 2},   {ATOMIC_F16X2, 4},   {ATOMIC_BF16X2, 1}, {ATOMIC_BF16X2, 2}, {ATOMIC_BF16X2, 4},
        {0, 0},              {0, 0},              {0, 0},              {ATOMIC_F32_FTZ, 1}, {ATOMIC_F32_FTZ, 2}, {ATOMIC_F32_FTZ, 4},
        {ATOMIC_F32, 1},     {ATOMIC_F32, 2},     {ATOMIC_F32, 4},     {ATOMIC_F64, 1},
};

static void bind_atomic_type(struct uop *uop, const struct atomic_code codes[], size_t count, unsigned code)
{
        if (code >= count || !codes[code].elements) {
                bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
                return;
        }
        uop->option[ATOMIC_OPTION_TYPE] = codes[code].type;
        uop->option[ATOMIC_OPTION_ELEMENTS] = codes[code].elements;
}

enum { LAST_INTEGER_OPERATION = ATOMIC_EXCHANGE, LAST_FLOAT_OPERATION = ATOMIC_MAX };

/* Is it an operation, and can this type do it? */
static void check_atomic(struct uop *uop)
{
        uint32_t operation = uop->option[ATOMIC_OPTION_OPERATION];
        uint32_t type = uop->option[ATOMIC_OPTION_TYPE];
        bool good;

        switch (type) {
        case ATOMIC_B128:
                good = operation == ATOMIC_EXCHANGE;
                break;
        case ATOMIC_F32:
        case ATOMIC_F32_FTZ:
        case ATOMIC_F64:
                good = operation == ATOMIC_ADD;
                break;
        case ATOMIC_F16X2:
        case ATOMIC_BF16X2:
                good = operation <= LAST_FLOAT_OPERATION;
                break;
        case ATOMIC_U64:
        case ATOMIC_S64:
                good = operation <= LAST_INTEGER_OPERATION && operation != ATOMIC_INC && operation != ATOMIC_DEC;
                break;
        default:
                good = operation <= LAST_INTEGER_OPERATION;
                break;
        }
        if (!good)
                bind_fault(uop, SM_FAULT_ILLEGAL_INSTRUCTION);
}

/* An operation and its type, in the codes of one kind of instruction: sm_75 to sm_89, or sm_90 with integers or floats. */
static void bind_old_operation(struct uop *uop, unsigned operation, unsigned type)
{
        uop->option[ATOMIC_OPTION_OPERATION] = operation;
        bind_atomic_type(uop, CODES_UNTIL_SM_89, sizeof CODES_UNTIL_SM_89 / sizeof CODES_UNTIL_SM_89[0], type);
        check_atomic(uop);
}

static void bind_integer_operation(struct uop *uop, unsigned operation, unsigned type)
{
        uop->option[ATOMIC_OPTION_OPERATION] = operation;
        bind_atomic_type(uop, INTEGER_CODES, sizeof INTEGER_CODES / sizeof INTEGER_CODES[0], type);
        check_atomic(uop);
}

static void bind_float_operation(struct uop *uop, unsigned operation, unsigned type)
{
        uop->option[ATOMIC_OPTION_OPERATION] = operation;
        bind_atomic_type(uop, FLOAT_CODES, sizeof FLOAT_CODES / sizeof FLOAT_CODES[0], type);
        check_atomic(uop);
}

/* A compare and swap of 32, 64 or 128 bits. */
static void bind_swap_operation(struct uop *uop, enum atomic_operation operation, unsigned size)
{
        uop->option[ATOMIC_OPTION_OPERATION] = operation;
        bind_atomic_type(uop, INTEGER_CODES, sizeof INTEGER_CODES / sizeof INTEGER_CODES[0], size);
}

/* The address and the result of ATOM and ATOMG. */
static void bind_atomic_global(const struct sass_word *word, struct uop *uop, unsigned d, unsigned pd, sm_handler *run)
{
        bool is_float = word->opcode == SASS_ATOM_FLOAT || word->opcode == SASS_ATOMG_FLOAT;

        bind_global_address(word, uop, is_float ? &FLOAT_ATOMIC_ADDRESS : &ATOMIC_ADDRESS, &uop->a, &uop->b);
        uop->d = bind_destination_register(word, uop, d, atomic_bytes(uop) / 4);
        uop->pd = bind_destination_predicate(pd);
        uop->run = run;
}

/* What is operated with; in a compare and swap, what is expected, and the new value. */
static void bind_atomic_data(const struct sass_word *word, struct uop *uop, unsigned number)
{
        uop->c = bind_register_operand(word, uop, number, atomic_bytes(uop) / 4);
}

static void bind_swap_data(const struct sass_word *word, struct uop *uop, unsigned expected, unsigned replacement)
{
        bind_atomic_data(word, uop, expected);
        uop->d2 = bind_source_register(word, uop, replacement, atomic_bytes(uop) / 4);
}

static void bind_atomg(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        if (word->arch < 90)
                bind_old_operation(uop, sass_ATOMG_operation(bits), sass_ATOMG_type(bits));
        else
                bind_integer_operation(uop, sass_ATOMG_operation(bits), sass_ATOMG_integer_type(bits));
        bind_atomic_data(word, uop, sass_ATOMG_Rb(bits));
        bind_atomic_global(word, uop, sass_ATOMG_Rd(bits), sass_ATOMG_Pd(bits), run_atomg);
}

static void bind_atom(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        if (word->arch < 90)
                bind_old_operation(uop, sass_ATOM_operation(bits), sass_ATOM_type(bits));
        else
                bind_integer_operation(uop, sass_ATOM_operation(bits), sass_ATOM_integer_type(bits));
        bind_atomic_data(word, uop, sass_ATOM_Rb(bits));
        bind_atomic_global(word, uop, sass_ATOM_Rd(bits), sass_ATOM_Pd(bits), run_atom);
}

static void bind_atomg_float(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        bind_float_operation(uop, sass_ATOMG_FLOAT_operation(bits), sass_ATOMG_FLOAT_float_type(bits));
        bind_atomic_data(word, uop, sass_ATOMG_FLOAT_Rb(bits));
        bind_atomic_global(word, uop, sass_ATOMG_FLOAT_Rd(bits), sass_ATOMG_FLOAT_Pd(bits), run_atomg);
}

static void bind_atom_float(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        bind_float_operation(uop, sass_ATOM_FLOAT_operation(bits), sass_ATOM_FLOAT_float_type(bits));
        bind_atomic_data(word, uop, sass_ATOM_FLOAT_Rb(bits));
        bind_atomic_global(word, uop, sass_ATOM_FLOAT_Rd(bits), sass_ATOM_FLOAT_Pd(bits), run_atom);
}

static void bind_atomg_cas(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        bind_swap_operation(uop, ATOMIC_COMPARE, sass_ATOMG_CAS_size(bits));
        bind_swap_data(word, uop, sass_ATOMG_CAS_Rb(bits), sass_ATOMG_CAS_Rc(bits));
        bind_atomic_global(word, uop, sass_ATOMG_CAS_Rd(bits), sass_ATOMG_CAS_Pd(bits), run_atomg);
}

static void bind_atom_cas(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        bind_swap_operation(uop, ATOMIC_COMPARE, sass_ATOM_CAS_size(bits));
        bind_swap_data(word, uop, sass_ATOM_CAS_Rb(bits), sass_ATOM_CAS_Rc(bits));
        bind_atomic_global(word, uop, sass_ATOM_CAS_Rd(bits), sass_ATOM_CAS_Pd(bits), run_atom);
}

/* RED, REDG: no result. */
static void bind_red(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        if (word->arch < 90)
                bind_old_operation(uop, sass_RED_operation(bits), sass_RED_type(bits));
        else
                bind_integer_operation(uop, sass_RED_operation(bits), sass_RED_integer_type(bits));
        bind_atomic_data(word, uop, sass_RED_Rb(bits));
        bind_global_address(word, uop, &REDUCTION_ADDRESS, &uop->a, &uop->b);
        uop->run = run_atomg;
}

static void bind_red_float(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        bind_float_operation(uop, sass_RED_FLOAT_operation(bits), sass_RED_FLOAT_float_type(bits));
        bind_atomic_data(word, uop, sass_RED_FLOAT_Rb(bits));
        bind_global_address(word, uop, &REDUCTION_ADDRESS, &uop->a, &uop->b);
        uop->run = run_atomg;
}

/* Shared memory. */

INLINE bool has_scaled_addresses(const struct sass_word *word) { return word->arch < 90; }

static void bind_shared_atomic(const struct sass_word *word, struct uop *uop, unsigned d)
{
        bind_shared_address(word, uop, STORE_ADDRESS.uniform_low, has_scaled_addresses(word), &uop->a, &uop->b);
        uop->d = bind_destination_register(word, uop, d, atomic_bytes(uop) / 4);
        uop->run = run_atoms;
}

static void bind_atoms(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        bind_integer_operation(uop, sass_ATOMS_operation(bits),
                               word->arch < 90 ? sass_ATOMS_type(bits) : sass_ATOMS_integer_type(bits));
        bind_atomic_data(word, uop, sass_ATOMS_Rb(bits));
        bind_shared_atomic(word, uop, sass_ATOMS_Rd(bits));
}

static void bind_atoms_cas(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;
        unsigned exchange = sass_ATOMS_CAS_exchange(bits);
        bool cast = exchange == SASS_ATOMS_CAS_EXCHANGE_CAST || exchange == SASS_ATOMS_CAS_EXCHANGE_CAST_SPIN;

        bind_swap_operation(uop, cast ? ATOMIC_CAST : ATOMIC_COMPARE,
                            word->arch < 90 ? sass_ATOMS_CAS_type(bits) : sass_ATOMS_CAS_integer_type(bits));
        bind_swap_data(word, uop, sass_ATOMS_CAS_Rb(bits), sass_ATOMS_CAS_Rc(bits));
        bind_shared_atomic(word, uop, sass_ATOMS_CAS_Rd(bits));
}

/* Operations whose operand is always one: POPC.INC and ARRIVE. */
static void bind_counting(struct uop *uop, enum atomic_operation operation, enum atomic_type type)
{
        uop->option[ATOMIC_OPTION_OPERATION] = operation;
        uop->option[ATOMIC_OPTION_TYPE] = type;
        uop->option[ATOMIC_OPTION_ELEMENTS] = 1;
        uop->c = bind_immediate_operand(1);
}

static bool bind_atomic(const struct sass_word *word, struct uop *uop)
{
        const uint64_t *bits = word->word;

        switch (word->opcode) {
        case SASS_ATOMS:
                bind_atoms(word, uop);
                return true;
        case SASS_ATOMS_CAS:
                bind_atoms_cas(word, uop);
                return true;
        case SASS_ATOMS_POPC:
                bind_counting(uop, ATOMIC_ADD, ATOMIC_U32);
                bind_shared_atomic(word, uop, sass_ATOMS_POPC_Rd(bits));
                return true;
        case SASS_ATOMS_ARRIVE:
                bind_counting(uop, ATOMIC_ARRIVE, ATOMIC_U64);
                bind_shared_atomic(word, uop, sass_ATOMS_ARRIVE_Rd(bits));
                return true;
        case SASS_ATOM_POPC:
                bind_counting(uop, ATOMIC_ADD, ATOMIC_U32);
                bind_atomic_global(word, uop, sass_ATOM_POPC_Rd(bits), sass_ATOM_POPC_Pd(bits), run_atom);
                return true;
        case SASS_ATOM_ARRIVE:
                bind_counting(uop, ATOMIC_ARRIVE, ATOMIC_U64);
                bind_atomic_global(word, uop, sass_ATOM_ARRIVE_Rd(bits), sass_ATOM_ARRIVE_Pd(bits), run_atom);
                return true;
        case SASS_ATOMG:
                bind_atomg(word, uop);
                return true;
        case SASS_ATOMG_FLOAT:
                bind_atomg_float(word, uop);
                return true;
        case SASS_ATOMG_CAS:
                bind_atomg_cas(word, uop);
                return true;
        case SASS_ATOM:
                bind_atom(word, uop);
                return true;
        case SASS_ATOM_FLOAT:
                bind_atom_float(word, uop);
                return true;
        case SASS_ATOM_CAS:
                bind_atom_cas(word, uop);
                return true;
        case SASS_RED:
                bind_red(word, uop);
                return true;
        case SASS_RED_FLOAT:
                bind_red_float(word, uop);
                return true;
        default:
                return false;
        }
}
