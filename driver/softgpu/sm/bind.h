/*
 * Binding: from the fields of a word to operands, checked. Included by isa.h only.
 *
 * A family's `bind_<family>` looks at word->opcode, fills the uop and returns true, or returns false if the opcode is not
 * its own. The guard, `va` and `word` are already filled in. What always faults is noted in uop->fault (the helpers do it):
 * such an instruction raises that fault when it is executed, and only then.
 */
#ifndef BAREWIRE_SM_BIND_H
#define BAREWIRE_SM_BIND_H

#include "lanes.h"

enum { RZ = 255, PT = 7, REGISTER_BITS = 8, BINDLESS_BIT = 91 };

/* Bits of a word, as the tables count them: `low` 0..127. A field may cross the middle. */
INLINE uint64_t word_bits(const uint64_t word[2], unsigned low, unsigned width)
{
        uint64_t value = low < 64 ? word[0] >> low : word[1] >> (low - 64);

        if (low < 64 && low + width > 64)
                value |= word[1] << (64 - low);
        return width < 64 ? value & ((UINT64_C(1) << width) - 1) : value;
}

INLINE int64_t sign_extend(uint64_t value, unsigned width)
{
        return (int64_t)(value << (64 - width)) >> (64 - width);
}

static void bind_fault(struct uop *uop, enum sm_fault_kind kind)
{
        if (!uop->fault)
                uop->fault = (uint8_t)kind;
}

/* `count` registers from `number` on: are there so many, and does a group of them begin where it may? */
static bool registers_fit(const struct sass_word *word, struct uop *uop, unsigned number, unsigned count)
{
        unsigned alignment = count <= 1 ? 1 : count == 2 ? 2 : 4;

        if (number % alignment) {
                bind_fault(uop, SM_FAULT_MISALIGNED_REGISTER);
                return false;
        }
        if (number + count > word->launch->register_count) {
                bind_fault(uop, SM_FAULT_REGISTER_RANGE);
                return false;
        }
        return true;
}

/* The index into warp->reg of a source that is `count` registers wide (1, 2, 3, 4 or more; groups are aligned). */
static uint16_t bind_source_register(const struct sass_word *word, struct uop *uop, unsigned number, unsigned count)
{
        if (number == RZ || !registers_fit(word, uop, number, count))
                return SM_RZ;
        return (uint16_t)(SM_R0 + number);
}

static uint16_t bind_destination_register(const struct sass_word *word, struct uop *uop, unsigned number, unsigned count)
{
        if (number == RZ || !registers_fit(word, uop, number, count))
                return SM_RZ_WRITTEN;
        return (uint16_t)(SM_R0 + number);
}

/* Uniform registers. `number` is as it stands in the word: URZ is 63 or 255 by architecture. */
static uint16_t bind_source_uniform(const struct sass_word *word, struct uop *uop, unsigned number, unsigned count)
{
        if (number == word->launch->uniform_zero)
                return SM_URZ;
        if (number + count > word->launch->uniform_zero)
                bind_fault(uop, SM_FAULT_REGISTER_RANGE);
        return uop->fault ? SM_URZ : (uint16_t)number;
}

static uint16_t bind_destination_uniform(const struct sass_word *word, struct uop *uop, unsigned number, unsigned count)
{
        uint16_t index = bind_source_uniform(word, uop, number, count);

        return index == SM_URZ ? SM_URZ_WRITTEN : index;
}

/* Predicates: `number` 0..7. */
static uint8_t bind_destination_predicate(unsigned number)
{
        return number == PT ? SM_PRED_WRITTEN : (uint8_t)number;
}

static uint8_t bind_destination_uniform_predicate(unsigned number)
{
        return number == PT ? SM_PRED_WRITTEN : (uint8_t)(SM_UP0 + number);
}

static struct predicate bind_predicate(unsigned number, bool negate)
{
        return (struct predicate){.index = (uint8_t)number, .negate = negate};
}

static struct predicate bind_uniform_predicate(unsigned number, bool negate)
{
        return (struct predicate){.index = (uint8_t)(SM_UP0 + number), .negate = negate};
}

/* An instruction of the uniform datapath: its guard is a uniform predicate. */
static void bind_uniform_guard(struct uop *uop)
{
        uop->guard.index = (uint8_t)(SM_UP0 + (uop->guard.index & PT));
}

/* A word of a constant bank as it was when the launch began; false beyond its end. */
static bool constant_word(const struct launch *launch, unsigned bank, uint32_t offset, uint32_t *value)
{
        if (bank >= SM_CONSTANT_BANKS || !launch->bank[bank].data || offset + 4 > launch->bank[bank].size_bytes)
                return false;
        memcpy(value, launch->bank[bank].data + offset, sizeof *value);
        return true;
}

static struct operand bind_register_operand(const struct sass_word *word, struct uop *uop, unsigned number, unsigned count)
{
        return (struct operand){.kind = OPERAND_REGISTER, .index = bind_source_register(word, uop, number, count)};
}

static struct operand bind_uniform_operand(const struct sass_word *word, struct uop *uop, unsigned number, unsigned count)
{
        return (struct operand){.kind = OPERAND_UNIFORM, .index = bind_source_uniform(word, uop, number, count)};
}

static struct operand bind_immediate_operand(uint32_t value)
{
        return (struct operand){.kind = OPERAND_IMMEDIATE, .value = value};
}

/* c[bank][offset], `count` words wide. */
static struct operand bind_constant_operand(const struct sass_word *word, struct uop *uop, unsigned bank, uint32_t offset,
                                            unsigned count)
{
        struct operand operand = {.kind = OPERAND_IMMEDIATE, .is_constant = true};

        uop->reads_constants = true;
        if (offset % 4)
                bind_fault(uop, SM_FAULT_MISALIGNED_CONSTANT);
        else if (!constant_word(word->launch, bank, offset, &operand.value))
                bind_fault(uop, SM_FAULT_CONSTANT_RANGE);
        else if (!constant_word(word->launch, bank, offset + 4, &operand.value_high) && count > 1)
                bind_fault(uop, SM_FAULT_CONSTANT_RANGE);
        return operand;
}

/* Bits 9-11: which source is no register. */
enum operand_form {
        FORM_REGISTERS = 1,
        FORM_C_IMMEDIATE = 2,
        FORM_C_CONSTANT = 3,
        FORM_IMMEDIATE = 4,
        FORM_CONSTANT = 5,
        FORM_UNIFORM = 6,
        FORM_C_UNIFORM = 7,
};

INLINE enum operand_form word_form(const struct sass_word *word)
{
        return (enum operand_form)word_bits(word->word, 9, 3);
}

/* The same source of an instruction of the uniform datapath is a uniform register where others have a register. */
static struct operand bind_register_at(const struct sass_word *word, struct uop *uop, unsigned low, unsigned count,
                                       bool uniform)
{
        unsigned number = (unsigned)word_bits(word->word, low, REGISTER_BITS);

        if (!uniform)
                return bind_register_operand(word, uop, number, count);
        if (word->launch->uniform_zero == 63)
                number &= 63;
        return bind_uniform_operand(word, uop, number, count);
}

/* What bits 32-63 hold, by the form of the word; `count` words wide. */
static struct operand bind_slot(const struct sass_word *word, struct uop *uop, unsigned count, bool uniform)
{
        struct operand operand;

        switch (word_form(word)) {
        case FORM_IMMEDIATE:
        case FORM_C_IMMEDIATE:
                return bind_immediate_operand((uint32_t)word_bits(word->word, 32, 32));
        case FORM_CONSTANT:
        case FORM_C_CONSTANT:
                if (word_bits(word->word, BINDLESS_BIT, 1)) /* a bank by descriptor, which nothing here makes */
                        bind_fault(uop, SM_FAULT_ILLEGAL_PARAMETER);
                operand = bind_constant_operand(word, uop, (unsigned)word_bits(word->word, 54, 5),
                                                (uint32_t)word_bits(word->word, 38, 16), count);
                break;
        case FORM_UNIFORM:
        case FORM_C_UNIFORM:
                operand = bind_register_at(word, uop, 32, count, true);
                break;
        default:
                operand = bind_register_at(word, uop, 32, count, uniform);
                break;
        }
        operand.absolute = word_bits(word->word, 62, 1);
        operand.negate = word_bits(word->word, 63, 1);
        return operand;
}

/*
 * Sources. Negate and absolute are filled from the usual bits (a: 72, 73; the slot at 32: 63, 62; the register at 64: 75,
 * 74); an instruction that uses those bits for something else clears them: forget_signs().
 */
static struct operand bind_a(const struct sass_word *word, struct uop *uop, unsigned count, bool uniform)
{
        struct operand operand = bind_register_at(word, uop, 24, count, uniform);

        operand.negate = word_bits(word->word, 72, 1);
        operand.absolute = word_bits(word->word, 73, 1);
        return operand;
}

static struct operand bind_register_64(const struct sass_word *word, struct uop *uop, unsigned count, bool uniform)
{
        struct operand operand = bind_register_at(word, uop, 64, count, uniform);

        operand.absolute = word_bits(word->word, 74, 1);
        operand.negate = word_bits(word->word, 75, 1);
        return operand;
}

/* Two sources: a, and as b whatever bits 32-63 hold (one word each; bind wider ones singly). */
static void bind_ab(const struct sass_word *word, struct uop *uop, bool uniform)
{
        uop->a = bind_a(word, uop, 1, uniform);
        uop->b = bind_slot(word, uop, 1, uniform);
}

/* Three sources of the given widths. In the C_ forms the slot at 32 is c, and b is the register at 64. */
static void bind_abc_wide(const struct sass_word *word, struct uop *uop, bool uniform, unsigned a_count, unsigned b_count,
                          unsigned c_count)
{
        enum operand_form form = word_form(word);

        uop->a = bind_a(word, uop, a_count, uniform);
        if (form == FORM_C_IMMEDIATE || form == FORM_C_CONSTANT || form == FORM_C_UNIFORM) {
                uop->b = bind_register_64(word, uop, b_count, uniform);
                uop->c = bind_slot(word, uop, c_count, uniform);
        } else {
                uop->b = bind_slot(word, uop, b_count, uniform);
                uop->c = bind_register_64(word, uop, c_count, uniform);
        }
}

static void bind_abc(const struct sass_word *word, struct uop *uop, bool uniform)
{
        bind_abc_wide(word, uop, uniform, 1, 1, 1);
}

static void forget_signs(struct operand *operand)
{
        operand->negate = false;
        operand->absolute = false;
}

/* The destination at bits 16-23. */
static void bind_d(const struct sass_word *word, struct uop *uop, unsigned count)
{
        uop->d = bind_destination_register(word, uop, (unsigned)word_bits(word->word, 16, REGISTER_BITS), count);
}

static void bind_uniform_d(const struct sass_word *word, struct uop *uop, unsigned count)
{
        unsigned number = (unsigned)word_bits(word->word, 16, word->launch->uniform_zero == 63 ? 6 : 8);

        uop->d = bind_destination_uniform(word, uop, number, count);
}

#endif
