"""Instruction words made by hand, for tests that want one certain instruction, or one that no compiler makes.

Facts: bit positions by asking nvdisasm about words with bits changed.
"""

from __future__ import annotations

RZ = 255
PT = 7
# The scheduling fields as compilers set them: no barriers, a stall of five cycles.
SCHEDULING = 0x000FEA00 << 96
PREDICATE_IN = PT << 87
PREDICATE_OUT = PT << 81
SIZES = {"u8": 0, "s8": 1, "u16": 2, "s16": 3, "32": 4, "64": 5, "128": 6}


def word(opcode: int, guard: int = PT, *, negated: bool = False, **fields: int) -> int:
    """A word: its twelve opcode bits, its guard, and fields named b<lowest bit>, e.g. b16=4."""
    value = SCHEDULING | opcode | guard << 12 | negated << 15
    for name, content in fields.items():
        value |= content << int(name.removeprefix("b"))
    return value


def guarded(instruction: int, predicate: int, negated: bool = False) -> int:
    """The same instruction under a guard."""
    return instruction & ~(0xF << 12) | predicate << 12 | negated << 15


def exit_() -> int:
    """EXIT."""
    return word(0x94D) | PREDICATE_IN


def nop() -> int:
    """NOP."""
    return word(0x918)


def mov(d: int, immediate: int) -> int:
    """MOV Rd, immediate."""
    return word(0x802, b16=d, b32=immediate & 0xFFFFFFFF, b72=0xF)


def mov_pair(d: int, immediate: int) -> list[int]:
    """A 64-bit number into Rd and Rd+1."""
    return [mov(d, immediate), mov(d + 1, immediate >> 32)]


def mov_register(d: int, source: int) -> int:
    """MOV Rd, Rsource."""
    return word(0x202, b16=d, b32=source, b72=0xF)


def s2r(d: int, special: int) -> int:
    """S2R Rd, a special register by its number."""
    return word(0x919, b16=d, b72=special)


LANE_ID = 0x00
THREAD_X = 0x21
BLOCK_X = 0x25


def imad(d: int, a: int, immediate: int, c: int) -> int:
    """IMAD Rd, Ra, immediate, Rc."""
    return word(0x824, b16=d, b24=a, b32=immediate & 0xFFFFFFFF, b64=c) | PREDICATE_IN | PREDICATE_OUT


def isetp_eq(p: int, a: int, immediate: int) -> int:
    """ISETP.EQ.U32.AND Pp, PT, Ra, immediate, PT."""
    return word(0x80C, b24=a, b32=immediate & 0xFFFFFFFF, b76=2, b81=p, b84=PT) | PREDICATE_IN


def ldg(d: int, a: int, offset: int = 0, size: str = "32", strong: bool = False) -> int:
    """LDG.E Rd, [Ra.64 + offset]."""
    order = 7 if strong else 0
    return word(0x381, b16=d, b24=a, b40=offset & 0xFFFFFF, b72=1, b73=SIZES[size], b77=order, b81=PT, b84=1)


def stg(a: int, source: int, offset: int = 0, size: str = "32") -> int:
    """STG.E [Ra.64 + offset], Rsource."""
    return word(0x386, b24=a, b32=source, b40=offset & 0xFFFFFF, b72=1, b73=SIZES[size], b84=1)


def ld(d: int, a: int, offset: int = 0, size: str = "32") -> int:
    """LD.E Rd, [Ra.64 + offset]."""
    return word(
        0x980, b16=d, b24=a, b40=offset & 0xFFFFFF, b72=1, b73=SIZES[size], b76=1, b81=PT, b84=1, b90=1, b91=1
    )


def st(a: int, source: int, offset: int = 0, size: str = "32") -> int:
    """ST.E [Ra.64 + offset], Rsource."""
    return word(
        0x985, b24=a, b32=source, b40=offset & 0xFFFFFF, b72=1, b73=SIZES[size], b76=1, b84=1, b90=1, b91=1
    )


def lds(d: int, a: int, offset: int = 0, size: str = "32") -> int:
    """LDS Rd, [Ra + offset]."""
    return word(0x984, b16=d, b24=a, b40=offset & 0xFFFFFF, b73=SIZES[size])


def sts(a: int, source: int, offset: int = 0, size: str = "32") -> int:
    """STS [Ra + offset], Rsource."""
    return word(0x388, b24=a, b32=source, b40=offset & 0xFFFFFF, b73=SIZES[size])


def ldl(d: int, a: int, offset: int = 0, size: str = "32") -> int:
    """LDL Rd, [Ra + offset]."""
    return word(0x983, b16=d, b24=a, b40=offset & 0xFFFFFF, b73=SIZES[size], b76=1, b84=1)


def stl(a: int, source: int, offset: int = 0, size: str = "32") -> int:
    """STL [Ra + offset], Rsource."""
    return word(0x387, b24=a, b32=source, b40=offset & 0xFFFFFF, b73=SIZES[size], b76=1, b84=1)


def ldc(d: int, a: int, bank: int, offset: int, size: str = "32") -> int:
    """LDC Rd, c[bank][Ra + offset]."""
    return word(0xB82, b16=d, b24=a, b38=offset & 0xFFFF, b54=bank, b73=SIZES[size])


def mov_constant(d: int, bank: int, offset: int) -> int:
    """MOV Rd, c[bank][offset]."""
    return word(0xA02, b16=d, b40=offset >> 2, b54=bank, b72=0xF)


def _offset(instructions: int) -> dict[str, int]:
    """The fields of a branch over so many instructions (0: to the next one)."""
    words = instructions * 4
    return {"b16": words & 0xFF, "b34": words >> 8 & ((1 << 48) - 1)}


def bra(instructions: int) -> int:
    """BRA over so many instructions; negative: back."""
    return word(0x947, **_offset(instructions)) | PREDICATE_IN


def bssy(barrier: int, instructions: int) -> int:
    """BSSY Bx, and the place where it will be met."""
    return word(0x945, b16=barrier, b34=instructions * 4 & 0x3FFFFFFF) | PREDICATE_IN


def bsync(barrier: int) -> int:
    """BSYNC Bx."""
    return word(0x941, b16=barrier) | PREDICATE_IN


def warpsync(mask_register: int) -> int:
    """WARPSYNC Ra."""
    return word(0x348, b24=mask_register) | PREDICATE_IN


def bar_sync(number: int, threads: int = 0) -> int:
    """BAR.SYNC number, threads."""
    return word(0xB1D, b42=threads, b54=number, b80=1)


def vote_any(d: int, predicate: int = PT) -> int:
    """VOTE.ANY Rd, PT, predicate."""
    return word(0x806, b16=d, b72=1, b81=PT, b87=predicate)


def jump_to(a: int) -> int:
    """CALL.ABS.NOINC Ra."""
    return word(0x343, b24=a, b86=1) | PREDICATE_IN


def trap() -> int:
    """BPT.TRAP 1."""
    return word(0x95C, b34=1, b84=3)
