"""Faults: an SM raises what real ones raise, says where and why, and only if the instruction is executed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from barewire.errors import (
    AddressOutOfRange,
    BarewireError,
    IllegalInstruction,
    LaunchTooLarge,
    MisalignedAccess,
    MmuFault,
    Trap,
)
from barewire.softgpu.sm.machine import FAULTS, Fault, Report

from tests.soft import words as w
from tests.soft.sm_device import SmDevice

MACHINE = Path(__file__).parent / "machine"
LOCAL_END = 1 << 24


@pytest.fixture
def device() -> SmDevice:
    return SmDevice(90, memory_bytes=1 << 20)


def fault_of(device: SmDevice, code: list[int], **launch) -> Fault:
    """The fault that ends a launch of these words; that it names the last but one of them is checked here."""
    report = device.run_words([*code, w.exit_()], check=False, **launch)
    assert report.fault is not None
    assert report.fault.pc % 16 == 0
    return report.fault


def pair(register: int, gpu_va: int) -> list[int]:
    return w.mov_pair(register, gpu_va)


ILLEGAL = w.nop() | 0xFFF


def test_an_unknown_word_is_an_illegal_instruction(device):
    fault = fault_of(device, [w.nop(), ILLEGAL])

    assert (fault.name, fault.lanes, fault.warp, fault.cta) == (
        "ILLEGAL_INSTR_ENCODING",
        0xFFFFFFFF,
        0,
        (0, 0, 0),
    )
    assert isinstance(fault.error(), IllegalInstruction)


def test_an_unknown_word_that_nobody_executes_is_no_fault(device):
    device.run_words([w.bra(1), ILLEGAL, w.guarded(ILLEGAL, w.PT, negated=True), w.exit_(), ILLEGAL])


def test_a_fault_names_the_sm_the_block_the_warp_the_lanes_and_the_instruction(device):
    code = [
        w.s2r(2, w.THREAD_X),
        w.isetp_eq(0, 2, 70),
        w.s2r(3, w.BLOCK_X),
        w.isetp_eq(1, 3, 5),
        w.guarded(w.exit_(), 1, negated=True),
        w.guarded(w.trap(), 0),
    ]

    fault = fault_of(device, code, grid=(8, 1, 1), block=(96, 1, 1))

    assert (fault.name, fault.sm, fault.cta, fault.warp, fault.lanes) == ("TRAP", 5, (5, 0, 0), 2, 1 << 6)
    assert fault.pc % 1024 == 5 * 16


def test_a_trap_is_a_trap(device):
    with pytest.raises(Trap, match="executed a trap"):
        device.run_words([w.trap(), w.exit_()])


@pytest.mark.parametrize("kind", [2, 4, 6])
def test_breakpoints_are_told_from_traps(device, kind):
    pause = w.trap() & ~(7 << 84) | kind << 84

    assert fault_of(device, [pause]).name == "BREAKPOINT"


@pytest.mark.parametrize(("size", "offset"), [("u16", 1), ("32", 2), ("64", 4), ("128", 8)])
@pytest.mark.parametrize("access", [w.ldg, "stg"])
def test_a_misaligned_global_address(device, access, size, offset):
    data = device.empty(64, np.uint32)
    instruction = w.ldg(4, 2, offset, size) if access is w.ldg else w.stg(2, 4, offset, size)

    fault = fault_of(device, [*pair(2, data.gpu_va), instruction])

    assert (fault.name, fault.address) == ("MISALIGNED_ADDR", data.gpu_va + offset)
    assert isinstance(fault.error(), MisalignedAccess)


@pytest.mark.parametrize("gpu_va", [0, 8, 0x10_0000_0000 - 4, 0x10_0010_0000, 0xFFFF_FFFF_FFFF_FFF0])
def test_an_address_that_is_not_mapped(device, gpu_va):
    fault = fault_of(device, [*pair(2, gpu_va), w.ldg(4, 2)])

    assert (fault.name, fault.address) == ("MMU_NACK", gpu_va)
    assert isinstance(fault.error(), MmuFault)


def test_only_the_lane_that_errs_is_named(device):
    data = device.empty(32, np.uint32)
    code = [
        w.s2r(4, w.LANE_ID),
        w.isetp_eq(0, 4, 9),
        *pair(2, data.gpu_va),
        w.guarded(w.mov(3, 0), 0),
        w.stg(2, 4),
    ]

    fault = fault_of(device, code)

    assert (fault.name, fault.lanes) == ("MMU_NACK", 1 << 9)
    assert fault.address == data.gpu_va & 0xFFFFFFFF


def test_a_row_of_words_that_ends_beyond_the_memory_faults_at_its_first_word_outside(device):
    end = device.memory.gpu_va + len(device.memory.data)
    code = [w.s2r(4, w.LANE_ID), *pair(2, end - 64), w.imad(2, 4, 4, 2), w.stg(2, 4)]

    fault = fault_of(device, code)

    assert (fault.name, fault.lanes, fault.address) == ("MMU_NACK", 1 << 16, end)


@pytest.mark.parametrize("store", [False, True])
@pytest.mark.parametrize(
    ("size", "offset", "name"),
    [
        ("32", 0x800, "OOR_ADDR"),
        ("32", 0x7FC + 4, "OOR_ADDR"),
        ("64", 0x7FC, "MISALIGNED_ADDR"),
        ("128", 0x7F8, "MISALIGNED_ADDR"),
        ("64", 0x800, "OOR_ADDR"),
        ("32", 0x7FFFFF & ~3, "OOR_ADDR"),
        ("u16", 0x7FF, "MISALIGNED_ADDR"),
        ("32", -4, "OOR_ADDR"),
    ],
)
def test_shared_memory_ends(device, store, size, offset, name):
    instruction = w.sts(w.RZ, 4, offset, size) if store else w.lds(4, w.RZ, offset, size)

    fault = fault_of(device, [instruction], shared_bytes=0x800)

    assert fault.name == name
    assert fault.address == offset & 0xFFFFFFFF


def test_the_last_bytes_of_shared_memory_may_be_used(device):
    device.run_words(
        [w.lds(4, w.RZ, 0x7F0, "128"), w.sts(w.RZ, 4, 0x7FF, "u8"), w.exit_()],
        shared_bytes=0x800,
    )


@pytest.mark.parametrize(
    ("address", "size", "name"),
    [
        (LOCAL_END - 64, "32", None),
        (LOCAL_END - 16, "128", None),
        (LOCAL_END, "32", "OOR_ADDR"),
        (LOCAL_END - 68, "32", "STACK_OVERFLOW"),
        (0, "32", "STACK_OVERFLOW"),
        (LOCAL_END - 62, "32", "MISALIGNED_ADDR"),
        (0xFFFFFFFC, "32", "OOR_ADDR"),
    ],
)
def test_local_memory_is_the_end_of_its_window(device, address, size, name):
    code = [w.mov(2, address), w.stl(2, 4, 0, size), w.ldl(4, 2, 0, size), w.exit_()]

    report = device.run_words(code, check=False, local_bytes=64)

    assert (report.fault and report.fault.name) == name


def test_without_local_memory_there_is_no_stack_to_overflow(device):
    assert fault_of(device, [w.mov(2, LOCAL_END - 4), w.ldl(4, 2)]).name == "OOR_ADDR"


@pytest.mark.parametrize(
    ("bank", "offset", "size", "name"),
    [
        (0, 252, "32", None),
        (0, 256, "32", None),
        (0, 255, "u8", None),
        (0, 254, "32", "MISALIGNED_IMMC_ADDR"),
        (0, 252, "64", "MISALIGNED_IMMC_ADDR"),
        (0, 256, "64", None),
        (5, 0, "32", None),
        (17, 0, "32", None),
        (31, 0, "32", None),
    ],
)
def test_a_constant_bank_ends(device, bank, offset, size, name):
    report = device.run_words(
        [w.mov(3, offset), w.ldc(4, 3, bank, 0, size), w.exit_()], bytes(256), check=False
    )

    assert (report.fault and report.fault.name) == name


def test_a_bank_that_the_launch_has_not_is_zeros(device):
    """As on an H100: a kernel whose bank 0 was not valid read zeros, and nothing faulted."""
    out = device.array(np.full(2, 7, np.uint32))
    code = [w.mov_constant(4, 5, 0x1230), w.ldc(5, w.RZ, 6, 0x40), *pair(2, out.gpu_va)]

    device.run_words([*code, w.stg(2, 4), w.stg(2, 5, 4), w.exit_()])

    assert out.numpy().tolist() == [0, 0]


def test_what_is_loaded_from_beyond_a_bank_is_zero(device):
    """As on an H100, where a kernel that loads its target from beyond bank 2 calls address 0."""
    out = device.array(np.full(2, 7, np.uint32))
    code = [
        w.mov(3, 0x12345000),
        w.ldc(4, 3, 0, 0, "64"),
        *pair(2, out.gpu_va),
        w.stg(2, 4, 0, "64"),
        w.exit_(),
    ]

    device.run_words(code, b"\xff" * 64)

    assert out.numpy().tolist() == [0, 0]


def test_a_constant_operand_beyond_its_bank(device):
    report = device.run_words([w.mov_constant(4, 0, 256), w.exit_()], bytes(256), check=False)

    assert report.fault is not None
    assert report.fault.name == "INVALID_CONST_ADDR"
    assert isinstance(report.fault.error(), AddressOutOfRange)


@pytest.mark.parametrize(
    ("instruction", "name"),
    [
        (w.mov(32, 1), "OOR_REG"),
        (w.mov_register(3, 32), "OOR_REG"),
        (w.ldg(4, 32), "OOR_REG"),
        (w.ldg(31, 2, 0, "64"), "MISALIGNED_REG"),
        (w.ldg(2, 3), "MISALIGNED_REG"),
        (w.lds(30, w.RZ, 0, "128"), "MISALIGNED_REG"),
    ],
)
def test_registers_beyond_those_of_the_launch(device, instruction, name):
    fault = fault_of(device, [instruction], register_count=32, shared_bytes=64)

    assert fault.name == name
    assert isinstance(fault.error(), IllegalInstruction)


def test_a_jump_to_where_nothing_is(device):
    fault = fault_of(device, [*pair(2, 0x10_0000), w.jump_to(2)])

    assert (fault.name, fault.pc) == ("MMU_NACK", 0x10_0000)


def test_a_jump_between_two_instructions(device):
    report = device.run_words([*pair(2, 0x10_0000_0008), w.jump_to(2), w.exit_()], check=False)

    assert report.fault is not None
    assert report.fault.name == "MISALIGNED_PC"


def test_a_jump_outside_the_code_window(device):
    fault = fault_of(device, [*pair(2, 0x4000_0000_0000_0000), w.jump_to(2)])

    assert fault.name == "PC_OVERFLOW"


def test_code_that_runs_off_the_end_of_memory(device):
    end = device.memory.gpu_va + len(device.memory.data)
    device.memory.view(end - 16, 16)[:] = np.frombuffer(w.nop().to_bytes(16, "little"), np.uint8)

    fault = fault_of(device, [*pair(2, end - 16), w.jump_to(2)])

    assert (fault.name, fault.pc) == ("MMU_NACK", end)


@pytest.mark.parametrize(("number", "threads"), [(3, 32), (0, 33)])
def test_a_barrier_that_the_launch_has_not(device, number, threads):
    fault = fault_of(device, [w.bar_sync(number, threads)], barrier_count=2)

    assert fault.name == "ARRIVE"


def test_an_entry_that_is_not_mapped(device):
    from dataclasses import replace

    from barewire.softgpu.sm.machine import Launch

    launch = Launch(entry_va=0x1000, grid=(1, 1, 1), block=(32, 1, 1), register_count=16)

    for made in (launch, replace(launch, block=(1024, 1, 1), grid=(100, 1, 1))):
        report = device.machine.launch(made)
        assert report.fault is not None
        assert (report.fault.name, report.fault.pc) == ("MMU_NACK", 0x1000)


def test_a_constant_bank_that_is_not_mapped_faults_before_anything_runs(device):
    report = device.run_words([w.trap()], check=False, constant_banks={3: (0x2000, 64)})

    assert report.fault is not None
    assert (report.fault.name, report.fault.address) == ("MMU_NACK", 0x2000)
    assert report.warp_instructions == 0


@pytest.mark.parametrize(
    "change",
    [
        {"block": (1025, 1, 1)},
        {"block": (0, 1, 1)},
        {"register_count": 256},
        {"block": (1024, 1, 1), "register_count": 80},
        {"shared_bytes": 1 << 20},
        {"constant_banks": {0: (0x10_0000_0000, 1 << 17)}},
        {"constant_banks": {40: (0x10_0000_0000, 16)}},
        {"local_bytes": 1 << 20},
    ],
    ids=str,
)
def test_launches_that_no_sm_can_hold_are_refused(device, change):
    with pytest.raises(LaunchTooLarge):
        device.run_words([w.exit_()], **change)


def test_the_first_fault_stops_the_whole_grid(device):
    """Block 3 faults; the others would run for ever."""
    code = [
        w.s2r(3, w.BLOCK_X),
        w.isetp_eq(1, 3, 3),
        w.guarded(w.trap(), 1),
        w.bra(-1),
    ]

    fault = fault_of(device, code, grid=(8, 1, 1))

    assert fault.name == "TRAP"


@pytest.mark.parametrize("arch", [80, 90])
def test_a_compiled_assertion_traps_in_the_thread_that_fails(arch):
    device = SmDevice(arch)
    kernel = device.load((MACHINE / f"machine.sm_{arch}.cubin").read_bytes())["asserts"]
    values = np.full(64, 5, np.int32)
    values[40] = 101

    report: Report = kernel.launch((1,), (64,), (device.array(values),), check=False)

    assert report.fault is not None
    assert (report.fault.name, report.fault.warp, report.fault.lanes) == ("TRAP", 1, 1 << 8)


@pytest.mark.parametrize("arch", [80, 90])
def test_recursion_that_is_too_deep_overflows_the_stack(arch):
    device = SmDevice(arch)
    kernel = device.load((MACHINE / f"machine.sm_{arch}.cubin").read_bytes())["deep_recursion"]
    out = device.empty(32, np.int32)

    kernel.launch((1,), (32,), (np.int32(1), out), check=False)
    report = kernel.launch((1,), (32,), (np.int32(4000), out), check=False)

    assert report.fault is not None
    assert report.fault.name == "STACK_OVERFLOW"
    assert isinstance(report.fault.error(), AddressOutOfRange)


def test_the_error_register_has_the_numbers_that_an_h100_gave():
    """Recorded there: a trap is an illegal instruction, a stack that overflows an address out of range."""
    numbers = {kind.name: number & 0xFF for number, kind in FAULTS.items()}

    assert (numbers["TRAP"], numbers["ILLEGAL_INSTR_ENCODING"]) == (0x09, 0x09)
    assert (numbers["STACK_OVERFLOW"], numbers["OOR_ADDR"]) == (0x0E, 0x0E)
    assert Fault("TRAP", 0x109, 1, (0, 0, 0), 2, 1, 0, 0).warp_esr == 0x09


def test_every_fault_has_a_class_of_error():
    for number, kind in FAULTS.items():
        fault = Fault(kind.name, number, 1, (0, 0, 0), 2, 1, 0x1000, 0x2000)
        error = fault.error()
        assert isinstance(error, BarewireError)
        assert (error.warp_error, error.pc, error.address) == (kind.name, 0x1000, 0x2000)


def test_a_fault_of_the_uniform_datapath_names_no_address(device):
    """UIMAD.WIDE UR62, ...: of the pair, the second register is none."""
    beyond_the_last = w.word(0x2A5, b16=62, b24=4, b32=4, b64=4) | w.PREDICATE_IN | w.PREDICATE_OUT

    fault = fault_of(device, [beyond_the_last])

    assert (fault.name, fault.address) == ("OOR_REG", 0)


@pytest.mark.parametrize("opcode", [0x9C7, 0xDC7], ids=["UCGABAR_ARV", "UCGABAR_WAIT"])
def test_the_barrier_of_a_cluster_of_several_blocks_is_not_executed_yet(device, opcode):
    fault = fault_of(device, [w.word(opcode)], grid=(2, 1, 1), cluster=(2, 1, 1))

    assert fault.name == "NOT_EXECUTED"


def test_a_launch_has_no_more_barriers_than_there_are(device):
    with pytest.raises(LaunchTooLarge):
        device.run_words([w.exit_()], barrier_count=17)
