"""Integer arithmetic, logic, moves and comparisons of one lane (or, for U-opcodes, of the warp).

Facts: PTX ISA (add.cc, mad, shf, prmt, bfind, bmsk, szext, dp4a, dp2a, vset, setp); nvdisasm's text.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.soft.reference.text import MASK32, Instruction, Lane, Operand

Rule = Callable[[Instruction, Lane], None]
RULES: dict[str, Rule] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule under the mnemonics it is for."""

    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return register


def is_predicate(operand: Operand) -> bool:
    return operand.kind in ("P", "UP")


def signed(value: int, bits: int = 32) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def sources(instruction: Instruction, first: int = 1) -> tuple[list[Operand], list[Operand], list[Operand]]:
    """Predicates written (between the destination and the sources), sources, predicates read."""
    rest = list(instruction.operands[first:])
    outputs = []
    while rest and is_predicate(rest[0]):
        outputs.append(rest.pop(0))
    values = [operand for operand in rest if not is_predicate(operand)]
    inputs = [operand for operand in rest if is_predicate(operand)]
    return outputs, values, inputs


def term(lane: Lane, operand: Operand, instruction: Instruction, wide: bool = False) -> int:
    """A source as it enters an addition: an immediate carries its sign in its bits."""
    value = lane.raw(operand, instruction)
    if wide:
        value |= lane.raw(operand, instruction, 1) << 32 if operand.kind != "I" else 0
    limit = (1 << 64) - 1 if wide else MASK32
    if operand.inverted:
        return ~value & limit
    return value


def negated(operand: Operand) -> bool:
    return operand.negate and operand.kind != "I"


@rule("IADD3", "UIADD3")
def _iadd3(instruction: Instruction, lane: Lane) -> None:
    outputs, values, inputs = sources(instruction)
    total = 0
    wide = instruction.has("64")
    bits = 64 if wide else 32
    for operand in values:
        value = term(lane, operand, instruction, wide)
        total += (~value & ((1 << bits) - 1)) + 1 if negated(operand) else value
    if instruction.has("X"):
        total += sum(lane.predicate(operand) for operand in inputs)
    if wide:
        lane.write_pair(instruction.operands[0], total)
    else:
        lane.write(instruction.operands[0], total)
    for place, output in enumerate(outputs):
        lane.write(output, int(total >> bits > place))


@rule("IMAD", "UIMAD")
def _imad(instruction: Instruction, lane: Lane) -> None:
    outputs, values, inputs = sources(instruction)
    a, b, c = values
    is_signed = not instruction.has("U32")
    product = 1
    for operand in (a, b):
        value = lane.raw(operand, instruction)
        value = signed(value) if is_signed else value
        product *= -value if negated(operand) else value
    long = instruction.has("WIDE") or instruction.has("HI")
    addend = lane.raw(c, instruction)
    if long:
        high = lane.raw(c, instruction, 1) if c.kind != "I" else (MASK32 if addend >> 31 and is_signed else 0)
        addend |= high << 32
    carry = 0
    if instruction.has("X"):
        carry = int(lane.predicate(inputs[0]))
        addend = ~addend if c.inverted or negated(c) else addend
    elif negated(c):
        addend = -addend
    if c.inverted and not instruction.has("X"):
        addend = ~addend
    bits = 64 if long else 32
    limit = (1 << bits) - 1
    total = (product & limit) + (addend & limit) + carry
    if instruction.has("WIDE"):
        lane.write_pair(instruction.operands[0], total)
    elif instruction.has("HI"):
        lane.write(instruction.operands[0], total >> 32)
    else:
        lane.write(instruction.operands[0], total)
    for output in outputs:
        lane.write(output, int(total >> bits != 0))


@rule("LEA", "ULEA")
def _lea(instruction: Instruction, lane: Lane) -> None:
    outputs, values, inputs = sources(instruction)
    shift = int(values[-1].text, 16)
    a, b = values[0], values[1]
    shifted = lane.raw(a, instruction)
    if instruction.has("HI"):
        if instruction.has("SX32"):
            shifted = signed(shifted)
        else:
            shifted |= lane.raw(values[2], instruction) << 32
        shifted = shifted << shift >> 32
    else:
        shifted <<= shift
    shifted &= MASK32
    addend = lane.raw(b, instruction)
    carry = 0
    if instruction.has("X"):
        shifted = ~shifted & MASK32 if negated(a) or a.inverted else shifted
        addend = ~addend & MASK32 if negated(b) or b.inverted else addend
        carry = int(lane.predicate(inputs[0]))
    else:
        shifted = (~shifted & MASK32) + 1 if negated(a) else shifted
        addend = (~addend & MASK32) + 1 if negated(b) else addend
    total = shifted + addend + carry
    lane.write(instruction.operands[0], total)
    for output in outputs:
        lane.write(output, int(total >> 32 != 0))


def lookup(table: int, a: int, b: int, c: int) -> int:
    """Bitwise: bit a*4 + b*2 + c of the table."""
    result = 0
    for index in range(8):
        if table >> index & 1:
            part = (a if index & 4 else ~a) & (b if index & 2 else ~b) & (c if index & 1 else ~c)
            result |= part
    return result & MASK32


@rule("LOP3", "ULOP3")
def _lop3(instruction: Instruction, lane: Lane) -> None:
    operands = list(instruction.operands)
    output = operands.pop(0) if is_predicate(operands[0]) else None
    destination, a, b, c, table, accumulated = operands
    words = [lane.raw(operand, instruction) for operand in (a, b, c)]
    result = lookup(int(table.text, 16), *words)
    lane.write(destination, result)
    if output is not None:
        lane.write(output, int(result != 0 or lane.predicate(accumulated)))


@rule("PLOP3", "UPLOP3")
def _plop3(instruction: Instruction, lane: Lane) -> None:
    first, second, *inputs, table, other_table = instruction.operands
    bits = 0
    for operand in inputs:
        bit = lane.raw(operand, instruction) >> 31 if operand.part == "SIGN" else int(lane.predicate(operand))
        bits = bits << 1 | bit
    lane.write(first, int(table.text, 16) >> bits & 1)
    lane.write(second, int(other_table.text, 16) >> bits & 1)


@rule("SHF", "USHF")
def _shf(instruction: Instruction, lane: Lane) -> None:
    destination, low, amount, high = instruction.operands
    kind = instruction.one_of("U32", "S32", "U64", "S64")
    bits = 64 if kind.endswith("64") else 32
    count = lane.raw(amount, instruction)
    count = count % bits if instruction.has("W") else min(count, bits)
    pair = lane.raw(low, instruction) | lane.raw(high, instruction) << 32
    if instruction.has("L"):
        result = pair << count >> 32 if instruction.has("HI") else lane.raw(low, instruction) << count
    elif instruction.has("HI"):
        value = lane.raw(high, instruction)
        result = (signed(value) if kind.startswith("S") else value) >> count
    else:
        result = (signed(pair, 64) if kind.startswith("S") else pair) >> count
    lane.write(destination, result)


@rule("SGXT", "USGXT")
def _sgxt(instruction: Instruction, lane: Lane) -> None:
    destination, value, width = instruction.operands
    count = lane.raw(width, instruction)
    count = count % 32 if instruction.has("W") else min(count, 32)
    word = lane.raw(value, instruction) & ((1 << count) - 1)
    if not instruction.has("U32") and count and word >> (count - 1):
        word -= 1 << count
    lane.write(destination, word)


@rule("BMSK", "UBMSK")
def _bmsk(instruction: Instruction, lane: Lane) -> None:
    destination, position, width = instruction.operands
    start, count = lane.raw(position, instruction), lane.raw(width, instruction)
    if instruction.has("W"):
        start, count = start % 32, count % 32
    start, count = min(start, 32), min(count, 32)
    lane.write(destination, ((1 << count) - 1) << start)


@rule("BREV", "UBREV")
def _brev(instruction: Instruction, lane: Lane) -> None:
    destination, value = instruction.operands
    lane.write(destination, int(f"{logical(lane, value, instruction):032b}"[::-1], 2))


def logical(lane: Lane, operand: Operand, instruction: Instruction) -> int:
    value = lane.raw(operand, instruction)
    return ~value & MASK32 if operand.inverted else value


@rule("POPC", "UPOPC")
def _popc(instruction: Instruction, lane: Lane) -> None:
    destination, value = instruction.operands
    lane.write(destination, logical(lane, value, instruction).bit_count())


@rule("FLO", "UFLO")
def _flo(instruction: Instruction, lane: Lane) -> None:
    destination, value = instruction.operands[0], instruction.operands[-1]
    word = logical(lane, value, instruction)
    if not instruction.has("U32") and word >> 31:
        word = ~word & MASK32
    if word == 0:
        result = MASK32
    else:
        result = word.bit_length() - 1
        if instruction.has("SH"):
            result = 31 - result
    lane.write(destination, result)


@rule("IABS")
def _iabs(instruction: Instruction, lane: Lane) -> None:
    destination, value = instruction.operands
    lane.write(destination, abs(signed(lane.raw(value, instruction))))


@rule("PRMT", "UPRMT")
def _prmt(instruction: Instruction, lane: Lane) -> None:
    destination, low, selector, high = instruction.operands
    source = lane.raw(low, instruction) | lane.raw(high, instruction) << 32
    select = lane.raw(selector, instruction)
    mode = instruction.one_of("F4E", "B4E", "RC8", "ECL", "ECR", "RC16")
    result = 0
    for place in range(4):
        result |= _selected_byte(source, select, mode, place) << (8 * place)
    lane.write(destination, result)


def _selected_byte(source: int, select: int, mode: str, place: int) -> int:
    if not mode:
        nibble = select >> (4 * place) & 0xF
        byte = source >> (8 * (nibble & 7)) & 0xFF
        return (0xFF if byte >> 7 else 0) if nibble & 8 else byte
    base = select & 3
    index = {
        "F4E": base + place,
        "B4E": (base - place) % 8,
        "RC8": base,
        "ECL": max(place, base),
        "ECR": min(place, base),
        "RC16": (base & 1) * 2 + (place & 1),
    }[mode]
    return source >> (8 * index) & 0xFF


@rule("SEL", "USEL")
def _sel(instruction: Instruction, lane: Lane) -> None:
    destination, a, b, chosen = instruction.operands
    lane.write(destination, lane.raw(a if lane.predicate(chosen) else b, instruction))


@rule("MOV", "UMOV")
def _mov(instruction: Instruction, lane: Lane) -> None:
    lane.write(instruction.operands[0], lane.raw(instruction.operands[1], instruction))


@rule("P2R")
def _p2r(instruction: Instruction, lane: Lane) -> None:
    destination, _, value, mask = instruction.operands
    bits, keep = lane.raw(mask, instruction), lane.raw(value, instruction)
    lane.write(destination, keep & ~bits | lane.words[15] & 0x7F & bits)


def _lanes_of_bytes(word: int, is_signed: bool) -> list[int]:
    parts = [word >> (8 * place) & 0xFF for place in range(4)]
    return [signed(part, 8) for part in parts] if is_signed else parts


@rule("IDP")
def _idp(instruction: Instruction, lane: Lane) -> None:
    destination, a, b, c = instruction.operands
    kinds = [m for m in instruction.modifiers if m[0] in "SU"]
    first, second = lane.raw(a, instruction), lane.raw(b, instruction)
    multipliers = _lanes_of_bytes(second, kinds[1][0] == "S")
    if instruction.has("4A"):
        values = _lanes_of_bytes(first, kinds[0][0] == "S")
    else:
        halves = [first & 0xFFFF, first >> 16]
        values = [signed(half, 16) for half in halves] if kinds[0][0] == "S" else halves
        multipliers = multipliers[2:] if instruction.has("HI") else multipliers[:2]
    total = sum(x * y for x, y in zip(values, multipliers, strict=True))
    lane.write(destination, total + lane.raw(c, instruction))


COMPARISONS: dict[str, Callable[[int], bool]] = {
    "F": lambda order: False,
    "LT": lambda order: order < 0,
    "EQ": lambda order: order == 0,
    "LE": lambda order: order <= 0,
    "GT": lambda order: order > 0,
    "NE": lambda order: order != 0,
    "GE": lambda order: order >= 0,
    "T": lambda order: True,
}


def combine(instruction: Instruction, lane: Lane, outcome: bool, accumulated: Operand) -> tuple[bool, bool]:
    """The two predicates of a comparison: with the outcome, and with its opposite."""
    other = lane.predicate(accumulated)
    join = instruction.one_of("AND", "OR", "XOR")
    results = []
    for value in (outcome, not outcome):
        results.append({"AND": value and other, "OR": value or other, "XOR": value != other}[join])
    return results[0], results[1]


@rule("ISETP", "UISETP")
def _isetp(instruction: Instruction, lane: Lane) -> None:
    first, second, a, b, accumulated, *extended = instruction.operands
    x, y = term(lane, a, instruction), term(lane, b, instruction)
    y = -y & MASK32 if negated(b) else y
    if not instruction.has("U32"):
        x, y = signed(x), signed(y)
    name = next(modifier for modifier in instruction.modifiers if modifier in COMPARISONS)
    order = (x > y) - (x < y)
    outcome = COMPARISONS[name](order)
    if instruction.has("EX"):
        lower = lane.predicate(extended[0])
        strict = {"LE": "LT", "GE": "GT"}.get(name, name)
        if name in ("EQ",):
            outcome = order == 0 and lower
        elif name == "NE":
            outcome = order != 0 or lower
        elif name not in ("T", "F"):
            outcome = COMPARISONS[strict](order) or (order == 0 and lower)
    results = combine(instruction, lane, outcome, accumulated)
    lane.write(first, int(results[0]))
    lane.write(second, int(results[1]))


def _halves(word: int, is_signed: bool) -> list[int]:
    parts = [word & 0xFFFF, word >> 16]
    return [signed(part, 16) for part in parts] if is_signed else parts


def _joined(parts: list[int]) -> int:
    return (parts[0] & 0xFFFF) | (parts[1] & 0xFFFF) << 16


@rule("VIADD")
def _viadd(instruction: Instruction, lane: Lane) -> None:
    destination, a, b = instruction.operands
    x, y = lane.raw(a, instruction), lane.raw(b, instruction)
    if instruction.has("16x2"):
        sign = -1 if negated(b) else 1
        pairs = zip(_halves(x, False), _halves(y, False), strict=True)
        lane.write(destination, _joined([p + sign * q for p, q in pairs]))
        return
    lane.write(destination, (-x if negated(a) else x) + (-y if negated(b) else y))


def _extreme(instruction: Instruction, values: list[int], least: bool) -> int:
    """Minimum or maximum of 32-bit words, as the modifiers say; packed halves one by one."""
    packed = instruction.one_of("S16x2", "U16x2")
    choose = min if least else max
    relu = instruction.has("RELU")
    if packed:
        columns = zip(*[_halves(value, packed[0] == "S") for value in values], strict=True)
        chosen = [choose(column) for column in columns]
        return _joined([max(0, value) if relu else value for value in chosen])
    if instruction.has("U32"):
        return choose(values)
    result = choose(signed(value) for value in values)
    return max(0, result) if relu else result


@rule("VIMNMX", "IMNMX", "VIMNMX3", "UVIMNMX")
def _vimnmx(instruction: Instruction, lane: Lane) -> None:
    destination, *values, least = instruction.operands
    words = [lane.raw(value, instruction) for value in values]
    words = [-w & MASK32 if negated(v) else w for w, v in zip(words, values, strict=True)]
    lane.write(destination, _extreme(instruction, words, lane.predicate(least)))


@rule("VIADDMNMX")
def _viaddmnmx(instruction: Instruction, lane: Lane) -> None:
    destination, a, b, c, least = instruction.operands
    x, y = lane.raw(a, instruction), lane.raw(b, instruction)
    if instruction.one_of("S16x2", "U16x2"):
        sign = -1 if negated(b) else 1
        total = _joined([p + sign * q for p, q in zip(_halves(x, False), _halves(y, False), strict=True)])
    else:
        total = (x + (-y if negated(b) else y)) & MASK32
    result = _extreme(instruction, [total, lane.raw(c, instruction)], lane.predicate(least))
    lane.write(destination, result)


@rule("VABSDIFF")
def _vabsdiff(instruction: Instruction, lane: Lane) -> None:
    destination, a, b, c = instruction.operands
    x, y = lane.raw(a, instruction), lane.raw(b, instruction)
    if not instruction.has("U32"):
        x, y = signed(x), signed(y)
    lane.write(destination, abs(x - y) + lane.raw(c, instruction))


@rule("VABSDIFF4")
def _vabsdiff4(instruction: Instruction, lane: Lane) -> None:
    destination, a, b, c = instruction.operands
    is_signed = not instruction.has("U8")
    x = _lanes_of_bytes(lane.raw(a, instruction), is_signed)
    y = _lanes_of_bytes(lane.raw(b, instruction), is_signed)
    differences = [abs(p - q) for p, q in zip(x, y, strict=True)]
    if instruction.has("ACC"):
        lane.write(destination, sum(differences) + lane.raw(c, instruction))
    else:
        lane.write(destination, sum(d << (8 * place) for place, d in enumerate(differences)))


_INTEGER_BITS = {"S8": 8, "U8": 8, "S16": 16, "U16": 16, "S32": 32, "U32": 32, "S64": 64, "U64": 64}


def limits(kind: str) -> tuple[int, int]:
    """Least and greatest value of an integer type."""
    bits = _INTEGER_BITS[kind]
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if kind[0] == "S" else (0, (1 << bits) - 1)


@rule("I2I")
def _i2i(instruction: Instruction, lane: Lane) -> None:
    destination, value = instruction.operands
    low, high = limits(instruction.modifiers[0])
    word = lane.raw(value, instruction)
    number = signed(word) if instruction.modifiers[1] == "S32" else word
    lane.write(destination, max(low, min(high, number)))
