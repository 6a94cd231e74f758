"""What a kernel's machine code shows about its needs where the file does not say: a scan, not a decoder.

Instructions are 16 bytes. Bits 8:0 are the opcode, bits 11:9 the operand form, bits 23:16 the destination
register; a constant operand (forms 3 and 5) stands at bits 53:38 (byte offset) and 58:54 (bank). The scan may
see a need where there is none, as it does not know every opcode; it is meant to refuse by name rather than to
let a kernel fail.

Facts: encodings from `nvdisasm` 13.5 over code for sm_80 to sm_120; the opcode numbers of textures, surfaces
and calls by giving it every opcode around them and reading the mnemonic.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

INSTRUCTION_BYTES = 16

OPCODE_BITS = 0x1FF
FORM_SHIFT = 9
CONSTANT_FORMS = (3, 5)
IMMEDIATE_FORM = 4

TEXTURE_OPCODES = range(0x160, 0x175)  # TEX, TLD4, TLD, TMML, TXD, TXQ, FOOTPRINT
SURFACE_OPCODES = range(0x194, 0x1A1)  # SUATOM, SULD, SUST, SURED
CALL_ABSOLUTE, CALL_RELATIVE = 0x143, 0x144
REGISTER_FORM = 1
UNIFORM_TARGET_BIT = 91  # of a call in the immediate form: a pair of uniform registers says where to
LOAD_CONSTANT = 0x182
ADDRESS_BANK = 4
NO_REGISTER = 0xFF

LOAD_LOCAL, STORE_LOCAL = 0x183, 0x187
STACK_POINTER = 1  # in code that uses local memory; elsewhere sm_80's R1 is a register like any other
MOVING_OPCODES = (0x002, 0x010, 0x012, 0x024)  # MOV, IADD3, LOP3, IMAD: what the compiler adjusts R1 with
COMPUTED_OPCODES = (0x024,)  # IMAD adds a register whatever its form

# The grid barrier's workspace: its address is two words of c[0], the high one first, that the driver fills
# in. By major version.
GRID_WORKSPACE = {
    7: (0x8C, 0x90), 8: (0x8C, 0x90), 9: (0x44, 0x48),
    10: (0x254, 0x258), 11: (0x254, 0x258), 12: (0x254, 0x258),
}  # fmt: skip


@dataclass
class CodeFacts:
    """What one section of code shows.

    Attributes:
        uses_textures, uses_surfaces: it has such an instruction.
        address_slots: bytes of c[4] that it reads, rounded down to 8.
        synchronises_grid: it reads the address of the grid barrier's workspace.
        moves_stack: it moves the stack pointer by an amount that only the run decides (alloca).
        calls_by_register: it calls what a register points to: a virtual function, or one from a table.
        calls: (place, target) of its direct calls, as bytes from its start.
    """

    uses_textures: bool = False
    uses_surfaces: bool = False
    address_slots: set[int] = field(default_factory=set)
    synchronises_grid: bool = False
    moves_stack: bool = False
    calls_by_register: bool = False
    calls: list[tuple[int, int]] = field(default_factory=list)


def scan(code: memoryview, sm_version: int) -> CodeFacts:
    """Look through one section of code (whole instructions)."""
    words = np.frombuffer(code, dtype="<u4").reshape(-1, 4)
    first = words[:, 0]
    opcode = first & OPCODE_BITS
    form = first >> FORM_SHIFT & 7
    reads = _is_constant(form)
    # LDC with an index register reads c[4] to call through it; .nv.info's EXTERNS names what is called.
    reads &= (opcode != LOAD_CONSTANT) | (first >> 24 == NO_REGISTER)
    constant = words[reads, 1]
    bank, offset = constant >> 22 & 0x1F, constant >> 6 & 0xFFFF
    workspace = set(GRID_WORKSPACE.get(sm_version // 10, ()))
    calls = np.flatnonzero((opcode == CALL_RELATIVE) & (form == IMMEDIATE_FORM))
    return CodeFacts(
        uses_textures=_any_in(opcode, TEXTURE_OPCODES),
        uses_surfaces=_any_in(opcode, SURFACE_OPCODES),
        address_slots=set((offset[bank == ADDRESS_BANK] & 0xFFF8).tolist()),
        synchronises_grid=bool(workspace) and workspace <= set(offset[bank == 0].tolist()),
        moves_stack=_moves_stack(first, opcode, form),
        calls_by_register=_calls_by_register(words, opcode, form),
        calls=[
            (16 * row, 16 * row + 16 + _branch_offset(words[row].tolist(), sm_version))
            for row in calls.tolist()
        ],
    )


def _is_constant(form: np.ndarray) -> np.ndarray:
    return (form == CONSTANT_FORMS[0]) | (form == CONSTANT_FORMS[1])


def _any_in(opcode: np.ndarray, numbers: range) -> bool:
    return bool(((opcode >= numbers.start) & (opcode < numbers.stop)).any())


def _moves_stack(first: np.ndarray, opcode: np.ndarray, form: np.ndarray) -> bool:
    """Whether R1 is computed from registers: a frame's size is an immediate, R1's first value a constant."""
    if not ((opcode == LOAD_LOCAL) | (opcode == STORE_LOCAL)).any():
        return False
    writes = ((first >> 16 & 0xFF) == STACK_POINTER) & np.isin(opcode, MOVING_OPCODES)
    fixed = _is_constant(form) | ((form == IMMEDIATE_FORM) & ~np.isin(opcode, COMPUTED_OPCODES))
    return bool((writes & ~fixed).any())


def _calls_by_register(words: np.ndarray, opcode: np.ndarray, form: np.ndarray) -> bool:
    uniform = (form == IMMEDIATE_FORM) & (words[:, 2] >> UNIFORM_TARGET_BIT - 64 & 1 == 1)
    call = (opcode == CALL_ABSOLUTE) | (opcode == CALL_RELATIVE)
    return bool((call & ((form == REGISTER_FORM) | uniform)).any())


def _branch_offset(words: list[int], sm_version: int) -> int:
    """The signed distance in a relative call, from the next instruction.

    In units of 4 bytes: 48 bits from bit 34 on, below which sm_90 and later keep 8 more at bit 16.
    """
    high = (words[2] & 0x3FFFF) << 30 | words[1] >> 2
    value, width = (high << 8 | words[0] >> 16 & 0xFF, 56) if sm_version >= 90 else (high, 48)
    return 4 * (value - (1 << width) if value >> (width - 1) else value)
