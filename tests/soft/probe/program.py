"""The probe's program: load operands, run one instruction word, store what it changed.

The words are sm_90's, written by hand from nvdisasm's listings of compiled kernels, and
share nothing with the decoder that is being tested. Every instruction stalls for long and waits for every
barrier, so the order of effects is that of the text.

| registers | hold |
|---|---|
| R8..R23 | the lane's sixteen operand words |
| UR8..UR23 | the operand words of the warp's first lane |
| P0..P6 | the low seven bits of the last operand word |
| UP0..UP5 | bits 8 to 13 of the last operand word of the warp's first lane |
| c[0x0][0x220] on | eight words that are the launch's parameters |
| R40..R43, UR40, UR41, P4, P5, UP4, UP5 | what an instruction may write |
"""

from __future__ import annotations

import struct
from pathlib import Path

THREADS_PER_CTA = 256
OPERAND_WORDS = 16
RESULT_WORDS = 8  # R40..R43, the predicates, UP4 | UP5 << 1, UR40, UR41

RESULT = 40
_NO_BARRIER = 7
_WAIT_FOR_ALL = 0x3F
_LONGEST_STALL = 15
_CONTROL_SHIFT = 105

_SR_TID_X = 0x21
_SR_CTAID_X = 0x25
_PARAMETERS = 0x210
_GLOBAL_DESCRIPTOR = 0x208

TEMPLATE = Path(__file__).parent / "template.sm_90.cubin"


def cubin(word: int, *, writes_late: bool, reads_late: bool) -> bytes:
    """The template's cubin with the probe of `word` as its code.

    `writes_late` and `reads_late`: the instruction is of variable latency, so it signals a barrier when its
    result is there, and when its operands were read. An instruction that never signals must not name one.
    """
    code = assemble(program(word, writes_late=writes_late, reads_late=reads_late))
    image = bytearray(TEMPLATE.read_bytes())
    offset, size = _text_section(bytes(image))
    if len(code) > size:
        raise ValueError(f"the probe has {len(code)} bytes of code, the template has room for {size}")
    padding = assemble([_nop()]) * ((size - len(code)) // 16)
    image[offset : offset + size] = code + padding
    return bytes(image)


def program(word: int, *, writes_late: bool, reads_late: bool) -> list[int]:
    """The whole probe as 128-bit words."""
    lane, tid, lane_in, warp_in, out = 0, 5, 2, 48, 6
    code = [
        _s2r(lane, _SR_CTAID_X),
        _s2r(tid, _SR_TID_X),
        _ldc64(lane_in, _PARAMETERS),
        _ldc64(out, _PARAMETERS + 8),
        _uldc64(4, _GLOBAL_DESCRIPTOR),
        _imad(lane, lane, THREADS_PER_CTA, tid),
        _and(4, lane, 0xFFFFFFE0),
        _imad_wide(out, lane, RESULT_WORDS * 4, out),
        _imad_wide(warp_in, 4, OPERAND_WORDS * 4, lane_in),
        _imad_wide(lane_in, lane, OPERAND_WORDS * 4, lane_in),
        _nop(),
    ]
    for quarter in range(4):
        code.append(_ldg128(8 + 4 * quarter, lane_in, 16 * quarter))
        code.append(_ldg128(24 + 4 * quarter, warp_in, 16 * quarter))
    code += [_r2ur(8 + i, 24 + i) for i in range(OPERAND_WORDS)]
    code += [_nop()] * 2
    code += [_uniform_bit_to_predicate(up, 23, 8 + up) for up in range(6)]
    for i in range(4):
        code += [_mov(RESULT + i, 16 + i), _umov(RESULT + i, 12 + i)]
    code += [_r2p(23), *[_nop()] * 3]
    code.append(
        _with_control(
            word,
            write=0 if writes_late else _NO_BARRIER,
            read=1 if reads_late else _NO_BARRIER,
        )
    )
    code += [_nop()] * 4
    code += [
        _p2r(44),
        _uniform_predicate_to_word(44, 4, 1),
        _uniform_predicate_to_word(45, 5, 2),
        *[_nop()] * 2,
    ]
    code += [_mov_uniform(45, 44), _mov_uniform(46, 45), _nop(), _imad(45, 45, 1, 46)]
    code += [_mov_uniform(46, RESULT), _mov_uniform(47, RESULT + 1), _nop()]
    code += [_stg128(out, RESULT, 0), _stg128(out, 44, 16), _exit()]
    return code


def assemble(code: list[int]) -> bytes:
    """128-bit words as they stand in memory."""
    return b"".join(struct.pack("<QQ", word & ((1 << 64) - 1), word >> 64) for word in code)


def _text_section(image: bytes) -> tuple[int, int]:
    """File offset and size of the section .text.probe."""
    (table,) = struct.unpack_from("<Q", image, 0x28)
    entry_size, count, names_index = struct.unpack_from("<HHH", image, 0x3A)
    headers = [struct.unpack_from("<IIQQQQIIQQ", image, table + i * entry_size) for i in range(count)]
    names = headers[names_index][4]
    for name, _, _, _, offset, size, *_ in headers:
        start = names + name
        if image[start : image.index(b"\0", start)] == b".text.probe":
            return offset, size
    raise ValueError("the template has no section .text.probe")


def _with_control(word: int, *, write: int = _NO_BARRIER, read: int = _NO_BARRIER) -> int:
    control = _LONGEST_STALL | write << 5 | read << 8 | _WAIT_FOR_ALL << 11
    return (word & ((1 << _CONTROL_SHIFT) - 1)) | control << _CONTROL_SHIFT


def _word(low: int, high: int = 0, *, write: int = _NO_BARRIER, read: int = _NO_BARRIER) -> int:
    return _with_control(low | high << 64, write=write, read=read)


def _nop() -> int:
    return _word(0x7918)


def _s2r(rd: int, special: int) -> int:
    return _word(0x7919 | rd << 16, special << 8, write=0)


def _ldc64(rd: int, offset: int) -> int:
    return _word(0xFF007B82 | rd << 16 | offset << 38, 0xA00, write=0)


def _uldc64(urd: int, offset: int) -> int:
    return _word(0x7AB9 | urd << 16 | offset << 38, 0xA00)


def _imad(rd: int, ra: int, factor: int, rc: int) -> int:
    return _word(0x7824 | rd << 16 | ra << 24 | factor << 32, 0x078E0200 | rc)


def _imad_wide(rd: int, ra: int, factor: int, rc: int) -> int:
    return _word(0x7825 | rd << 16 | ra << 24 | factor << 32, 0x078E0000 | rc)


def _and(rd: int, ra: int, mask: int) -> int:
    return _word(0x7812 | rd << 16 | ra << 24 | mask << 32, 0x078EC0FF)


def _ldg128(rd: int, ra: int, offset: int) -> int:
    return _word(0x7981 | rd << 16 | ra << 24 | 4 << 32 | offset << 40, 0x0C1E1D00, write=0)


def _stg128(ra: int, rs: int, offset: int) -> int:
    return _word(0x7986 | ra << 24 | rs << 32 | offset << 40, 0x0C101D04, read=1)


def _r2p(ra: int) -> int:
    return _word(0x0000007F00007804 | ra << 24)


def _p2r(rd: int) -> int:
    return _word(0x0000007FFF007803 | rd << 16)


def _r2ur(urd: int, ra: int) -> int:
    return _word(0x72CA | urd << 16 | ra << 24, 0xE0000)


def _mov(rd: int, rb: int) -> int:
    return _word(0x7202 | rd << 16 | rb << 32, 0xF00)


def _mov_uniform(rd: int, urb: int) -> int:
    return _word(0x7C02 | rd << 16 | urb << 32, 0x08000F00)


def _umov(urd: int, urb: int) -> int:
    return _word(0x7C82 | urd << 16 | urb << 32, 0x08000000)


def _uniform_bit_to_predicate(up: int, ura: int, bit: int) -> int:
    return _word(0x3F7892 | ura << 24 | 1 << (32 + bit), 0x0F80C03F | up << 17)


def _uniform_predicate_to_word(urd: int, up: int, value: int) -> int:
    """USEL URD, URZ, value, !UP: `value` where the predicate holds, else zero."""
    return _word(0x3F007887 | urd << 16 | value << 32, 0x0C000000 | up << 23)


def _exit() -> int:
    return _word(0x794D, 0x03800000)
