"""Atomics on global and shared memory: among many lanes, blocks and host threads; and where they fault."""

from __future__ import annotations

import numpy as np
import pytest
from barewire.softgpu.sm.machine import Fault

from tests.soft import words as w
from tests.soft.sm_device import SmDevice

ADD, MIN, MAX, INC, DEC, AND, OR, XOR, EXCH = range(9)
U32, S32, U64, S64, B128 = range(5)
F32, F64 = 12, 15  # of the instructions for floats
CAS, CAST = 0, 1
GPU_SCOPE = 7
BLOCKS, THREADS = 64, 128
SHARED_WINDOW = 0x7F01_0000_0000
LOCAL_WINDOW = 0x7F00_0000_0000


@pytest.fixture
def device() -> SmDevice:
    return SmDevice(90, memory_bytes=1 << 20, threads=4)


def atomg(d: int, a: int, b: int, operation: int, kind: int = U32) -> int:
    """ATOMG.E Rd, [Ra.64], Rb."""
    return w.word(0x3A8, b16=d, b24=a, b32=b, b72=1, b73=kind, b77=GPU_SCOPE, b81=w.PT, b84=1, b87=operation)


def atomg_float(d: int, a: int, b: int, kind: int) -> int:
    """ATOMG.E.ADD of a float."""
    return w.word(0x9A3, b16=d, b24=a, b32=b, b72=1, b73=kind, b77=GPU_SCOPE, b81=w.PT, b84=1)


def atomg_cas(d: int, a: int, expected: int, new: int, kind: int = U32) -> int:
    """ATOMG.E.CAS Rd, [Ra.64], Rexpected, Rnew."""
    return w.word(0x3A9, b16=d, b24=a, b32=expected, b64=new, b72=1, b73=kind, b77=GPU_SCOPE, b81=w.PT, b84=1)


def atom(d: int, a: int, b: int, operation: int, kind: int = U32, done: int = w.PT) -> int:
    """ATOM.E Pdone, Rd, [Ra.64], Rb."""
    return w.word(0x38A, b16=d, b24=a, b32=b, b72=1, b73=kind, b77=GPU_SCOPE, b81=done, b84=1, b87=operation)


def red(a: int, b: int, operation: int, kind: int = U32) -> int:
    """REDG.E [Ra.64], Rb."""
    return w.word(0x98E, b24=a, b32=b, b72=1, b73=kind, b77=GPU_SCOPE, b84=1, b87=operation)


def atoms(d: int, a: int, b: int, operation: int, kind: int = U32, offset: int = 0) -> int:
    """ATOMS Rd, [Ra + offset], Rb."""
    return w.word(0x38C, b16=d, b24=a, b32=b, b40=offset, b73=kind, b87=operation)


def atoms_cas(d: int, a: int, expected: int, new: int, exchange: int, kind: int = U32) -> int:
    """ATOMS.CAS or ATOMS.CAST Rd, [Ra], Rexpected, Rnew."""
    return w.word(0x38D, b16=d, b24=a, b32=expected, b64=new, b73=kind, b87=exchange)


def fault_of(device: SmDevice, code: list[int], **launch: object) -> Fault:
    report = device.run_words([*code, w.exit_()], check=False, **launch)
    assert report.fault is not None
    return report.fault


def test_every_thread_of_every_block_is_counted(device):
    cell = device.empty(1, np.uint32)

    device.run_words(
        [*w.mov_pair(2, cell.gpu_va), w.mov(4, 3), red(2, 4, ADD), w.exit_()],
        grid=(BLOCKS, 1, 1),
        block=(THREADS, 1, 1),
    )

    assert cell.numpy()[0] == 3 * BLOCKS * THREADS


def test_every_old_value_is_handed_out_once(device):
    cell, out = device.empty(1, np.uint32), device.empty(BLOCKS * 32, np.uint32)
    code = [
        *w.mov_pair(2, cell.gpu_va),
        w.mov(4, 1),
        atomg(5, 2, 4, ADD),
        w.s2r(6, w.BLOCK_X),
        w.s2r(7, w.LANE_ID),
        w.imad(7, 7, 4, w.RZ),
        w.imad(7, 6, 128, 7),
        *w.mov_pair(8, out.gpu_va),
        w.imad(8, 7, 1, 8),
        w.stg(8, 5),
        w.exit_(),
    ]

    device.run_words(code, grid=(BLOCKS, 1, 1))

    assert sorted(out.numpy().tolist()) == list(range(BLOCKS * 32))


@pytest.mark.parametrize(("kind", "one"), [(F32, [0x3F800000]), (F64, [0, 0x3FF00000])])
def test_floats_are_added_one_by_one(device, kind, one):
    cell = device.empty(1, np.float64 if kind == F64 else np.float32)
    operand = [w.mov(4 + i, word) for i, word in enumerate(one)]

    device.run_words(
        [*w.mov_pair(2, cell.gpu_va), *operand, atomg_float(w.RZ, 2, 4, kind), w.exit_()],
        grid=(BLOCKS, 1, 1),
        block=(THREADS, 1, 1),
    )

    assert cell.numpy()[0] == BLOCKS * THREADS


@pytest.mark.parametrize("kind", [U64, B128])
def test_a_wide_compare_and_swap_is_one_operation(device, kind):
    """Each lane adds one to all words of the cell, or tries again: none of them may differ."""
    words = 2 if kind == U64 else 4
    cell = device.array(np.zeros(words, np.uint32))
    size = {U64: "64", B128: "128"}[kind]
    code = [
        *w.mov_pair(2, cell.gpu_va),
        w.ldg(4, 2, 0, size, strong=True),
        *(w.imad(8 + i, 4 + i, 1, w.RZ) for i in range(words)),
        *(w.word(0x810, b16=8 + i, b24=8 + i, b32=1, b64=w.RZ) | ADD_PREDICATES for i in range(words)),
        atomg_cas(12, 2, 4, 8, {U64: U64, B128: B128}[kind]),
        *(isetp_ne(i, 12 + i, 4 + i) for i in range(words)),
        *(w.guarded(w.bra(-(3 * words + 3 + i)), i) for i in range(words)),
        w.exit_(),
    ]

    device.run_words(code, grid=(8, 1, 1))

    assert set(cell.numpy().tolist()) == {8 * 32}


# IADD3 without carries: both predicates written are PT, both read are !PT.
ADD_PREDICATES = w.PT << 81 | w.PT << 84 | (w.PT | 8) << 87 | (w.PT | 8) << 77


def isetp_ne(p: int, a: int, b: int) -> int:
    """ISETP.NE.U32.AND Pp, PT, Ra, Rb, PT."""
    return w.word(0x20C, b24=a, b32=b, b76=5, b81=p, b84=w.PT) | w.PREDICATE_IN


def test_a_lock_lets_one_block_in_at_a_time(device):
    """One lane of each block takes the lock, adds to a plain word, and gives the lock back."""
    cells = device.empty(2, np.uint32)
    code = [
        w.s2r(4, w.LANE_ID),
        w.isetp_eq(0, 4, 0),
        w.guarded(w.exit_(), 0, negated=True),
        *w.mov_pair(2, cells.gpu_va),
        w.mov(5, 1),
        atomg_cas(6, 2, w.RZ, 5),
        w.isetp_eq(1, 6, 0),
        w.guarded(w.bra(-3), 1, negated=True),
        w.ldg(8, 2, 4, strong=True),
        w.imad(8, 5, 7, 8),
        w.stg(2, 8, 4),
        w.word(0x992, b76=2),
        atomg(w.RZ, 2, w.RZ, EXCH),
        w.exit_(),
    ]

    device.run_words(code, grid=(BLOCKS, 1, 1))

    assert cells.numpy().tolist() == [0, 7 * BLOCKS]


@pytest.mark.parametrize(
    ("operation", "kind", "old", "operand", "new"),
    [
        (INC, U32, 5, 5, 0),
        (INC, U32, 4, 5, 5),
        (INC, U32, 9, 5, 0),
        (DEC, U32, 0, 5, 5),
        (DEC, U32, 6, 5, 5),
        (DEC, U32, 5, 5, 4),
        (MIN, S32, 1, 0xFFFFFFFF, 0xFFFFFFFF),
        (MIN, U32, 1, 0xFFFFFFFF, 1),
        (MAX, S32, 1, 0xFFFFFFFF, 1),
        (MAX, U32, 1, 0xFFFFFFFF, 0xFFFFFFFF),
        (AND, U32, 0xFF00FF00, 0x0FF00FF0, 0x0F000F00),
        (OR, U32, 0xFF00FF00, 0x0FF00FF0, 0xFFF0FFF0),
        (XOR, U32, 0xFF00FF00, 0x0FF00FF0, 0xF0F0F0F0),
        (EXCH, U32, 7, 8, 8),
    ],
)
@pytest.mark.parametrize("space", ["global", "shared", "generic"])
def test_an_operation_leaves_the_new_value_and_gives_the_old(
    device, space, operation, kind, old, operand, new
):
    cells = device.array(np.array([old, 0, 0], np.uint32))
    address = cells.gpu_va if space == "global" else SHARED_WINDOW + 64
    code = [
        w.s2r(4, w.LANE_ID),
        w.isetp_eq(0, 4, 0),
        w.guarded(w.exit_(), 0, negated=True),
        *w.mov_pair(2, address),
        *w.mov_pair(8, cells.gpu_va),
        w.mov(5, old),
        w.mov(10, 64),
        w.sts(10, 5),
        w.mov(6, operand),
        {"global": atomg, "generic": atom}.get(space, lambda d, a, *rest: atoms(d, 10, *rest))(
            7, 2, 6, operation, kind
        ),
        w.lds(11, 10) if space != "global" else w.ldg(11, 2),
        w.stg(8, 7, 4),
        w.stg(8, 11, 8),
        w.exit_(),
    ]

    device.run_words(code, shared_bytes=1024)

    assert cells.numpy().tolist()[1:] == [old, new]


@pytest.mark.parametrize(
    ("exchange", "expected", "given"), [(CAS, 3, 3), (CAS, 4, 3), (CAST, 3, 1), (CAST, 4, 0)]
)
def test_a_shared_compare_and_swap_gives_the_old_value_or_whether_it_swapped(
    device, exchange, expected, given
):
    out = device.empty(2, np.uint32)
    code = [
        w.s2r(4, w.LANE_ID),
        w.isetp_eq(0, 4, 0),
        w.guarded(w.exit_(), 0, negated=True),
        *w.mov_pair(8, out.gpu_va),
        w.mov(5, 3),
        w.sts(w.RZ, 5, 32),
        w.mov(10, 32),
        w.mov(6, expected),
        w.mov(7, 77),
        atoms_cas(11, 10, 6, 7, exchange),
        w.lds(12, 10),
        w.stg(8, 11),
        w.stg(8, 12, 4),
        w.exit_(),
    ]

    device.run_words(code, shared_bytes=1024)

    assert out.numpy().tolist() == [given, 77 if expected == 3 else 3]


@pytest.mark.parametrize(
    ("where", "kind", "done"),
    [("global", U64, 1), ("shared", U32, 1), ("shared", U64, 0), ("local", U32, 0)],
)
def test_a_generic_operation_says_whether_it_was_done(device, where, kind, done):
    """Shared memory adds no 64-bit numbers, local memory nothing: programs go on with a loop."""
    out, cell = device.empty(32, np.uint32), device.empty(64, np.uint32)
    address = {"global": cell.gpu_va, "shared": SHARED_WINDOW + 64, "local": LOCAL_WINDOW + (1 << 24) - 64}[
        where
    ]
    code = [
        *w.mov_pair(2, address),
        *w.mov_pair(8, out.gpu_va),
        atom(4, 2, w.RZ, ADD, kind, done=0),
        w.s2r(6, w.LANE_ID),
        w.imad(8, 6, 4, 8),
        w.mov(7, 0),
        w.guarded(w.mov(7, 1), 0),
        w.stg(8, 7),
        w.exit_(),
    ]

    device.run_words(code, shared_bytes=1024, local_bytes=256)

    assert set(out.numpy().tolist()) == {done}


def test_an_operation_that_local_memory_has_not_is_a_fault_without_a_predicate(device):
    address = LOCAL_WINDOW + (1 << 24) - 64

    fault = fault_of(device, [*w.mov_pair(2, address), atom(4, 2, w.RZ, ADD)], local_bytes=256)

    assert fault.name == "INVALID_ADDR_SPACE"


@pytest.mark.parametrize("offset", [1, 2, 3])
def test_a_misaligned_atomic(device, offset):
    cell = device.empty(4, np.uint32)

    in_global = fault_of(device, [*w.mov_pair(2, cell.gpu_va + offset), red(2, 4, ADD)])
    in_shared = fault_of(device, [atoms(4, w.RZ, 5, ADD, offset=64 + offset)], shared_bytes=1024)

    assert (in_global.name, in_global.address) == ("MISALIGNED_ADDR", cell.gpu_va + offset)
    assert (in_shared.name, in_shared.address) == ("MISALIGNED_ADDR", 64 + offset)


def test_an_atomic_beyond_its_memory(device):
    beyond = device.memory.gpu_va + len(device.memory.data)

    in_global = fault_of(device, [*w.mov_pair(2, beyond), red(2, 4, ADD)])
    in_shared = fault_of(device, [atoms(4, w.RZ, 5, ADD, offset=1024)], shared_bytes=1024)

    assert (in_global.name, in_global.address) == ("MMU_NACK", beyond)
    assert (in_shared.name, in_shared.address) == ("OOR_ADDR", 1024)


@pytest.mark.parametrize(
    "code",
    [
        atomg(4, 2, 6, INC, U64),
        atomg(4, 2, 6, 9, U32),
        atomg(4, 2, 6, ADD, 7),
        atomg(4, 2, 6, ADD, B128),
        atomg_float(4, 2, 6, 7),
        atoms(4, 2, 6, ADD, B128),
    ],
)
def test_an_operation_that_its_type_has_not_is_no_instruction(device, code):
    assert fault_of(device, [code]).name == "ILLEGAL_INSTR_ENCODING"
