"""Loads, stores and constants: every size, every space, and generic addresses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from barewire.errors import UsageError
from barewire.softgpu.sm.machine import FlatMemory, Launch, Machine, Page, TranslatedMemory

from tests.soft import words as w
from tests.soft.sm_device import SmDevice

MACHINE = Path(__file__).parent / "machine"
SIZES = {"u8": np.uint8, "s8": np.int8, "u16": np.uint16, "s16": np.int16, "32": np.uint32}
WIDE = {"32": 1, "64": 2, "128": 4}


@pytest.fixture
def device() -> SmDevice:
    return SmDevice(90, memory_bytes=1 << 20)


def pattern(size_bytes: int) -> np.ndarray:
    """Bytes with every bit somewhere set and somewhere clear."""
    return (np.arange(size_bytes, dtype=np.uint32) * 73 + 41).astype(np.uint8)


def lane_address(register: int, gpu_va: int, stride: int) -> list[int]:
    """The address of each lane's element into a pair of registers; uses R20."""
    return [w.s2r(20, w.LANE_ID), *w.mov_pair(register, gpu_va), w.imad(register, 20, stride, register)]


@pytest.mark.parametrize("order", ["in a row", "scattered"])
@pytest.mark.parametrize("size", SIZES)
def test_a_load_from_global_memory_extends_to_a_register(device, size, order):
    kind = SIZES[size]
    stride = np.dtype(kind).itemsize * (1 if order == "in a row" else 3)
    data = device.array(pattern(32 * stride + 16))
    out = device.empty(32, np.uint32)

    device.run_words(
        [
            *lane_address(2, data.gpu_va, stride),
            w.ldg(4, 2, 0, size),
            *lane_address(6, out.gpu_va, 4),
            w.stg(6, 4),
            w.exit_(),
        ]
    )

    raw = data.numpy()
    wanted = [raw[lane * stride :][: np.dtype(kind).itemsize].view(kind)[0] for lane in range(32)]
    assert out.numpy().tolist() == [int(value) & 0xFFFFFFFF for value in wanted]


@pytest.mark.parametrize("order", ["in a row", "scattered"])
@pytest.mark.parametrize("size", WIDE)
def test_wide_loads_and_stores_use_consecutive_registers(device, size, order):
    bytes_ = 4 * WIDE[size]
    stride = bytes_ if order == "in a row" else 3 * bytes_
    source = device.array(pattern(32 * stride))
    target = device.array(np.zeros(32 * stride, np.uint8))

    device.run_words(
        [
            *lane_address(2, source.gpu_va + 64, stride),
            w.ldg(4, 2, -64, size),
            *lane_address(8, target.gpu_va - 32, stride),
            w.stg(8, 4, 32, size),
            w.exit_(),
        ]
    )

    copied = target.numpy().reshape(32, stride)[:, :bytes_]
    assert copied.tolist() == source.numpy().reshape(32, stride)[:, :bytes_].tolist()
    assert not target.numpy().reshape(32, stride)[:, bytes_:].any()


@pytest.mark.parametrize("size", ["u8", "u16"])
def test_narrow_stores_leave_the_neighbours(device, size):
    target = device.array(np.full(128, 0xEE, np.uint8))

    device.run_words(
        [*lane_address(2, target.gpu_va, 4), w.mov(4, 0x12345678), w.stg(2, 4, 0, size), w.exit_()]
    )

    stored = {"u8": [0x78, 0xEE, 0xEE, 0xEE], "u16": [0x78, 0x56, 0xEE, 0xEE]}[size]
    assert target.numpy().reshape(32, 4).tolist() == [stored] * 32


def test_lanes_that_are_off_neither_load_nor_store(device):
    data = device.array(np.arange(32, dtype=np.uint32) + 5)
    out = device.array(np.full(32, 7, np.uint32))

    device.run_words(
        [
            *lane_address(2, data.gpu_va, 4),
            *lane_address(6, out.gpu_va, 4),
            w.isetp_eq(0, 20, 3),
            w.mov(4, 9),
            w.guarded(w.ldg(4, 2), 0),
            w.guarded(w.stg(6, 4), 0),
            w.exit_(),
        ]
    )

    assert out.numpy().tolist() == [8 if lane == 3 else 7 for lane in range(32)]


def test_wide_stores_of_rz_store_zeros(device):
    out = device.array(np.full(128, 7, np.uint32))

    device.run_words([*lane_address(2, out.gpu_va, 16), w.stg(2, w.RZ, 0, "128"), w.exit_()])

    assert not out.numpy().any()


def test_loads_into_rz_are_forgotten(device):
    data = device.array(pattern(512))
    out = device.array(np.full(32, 7, np.uint32))

    device.run_words(
        [
            *lane_address(2, data.gpu_va, 16),
            w.ldg(w.RZ, 2, 0, "128"),
            *lane_address(6, out.gpu_va, 4),
            w.stg(6, w.RZ),
            w.exit_(),
        ]
    )

    assert not out.numpy().any()


@pytest.mark.parametrize("space", ["shared", "local"])
@pytest.mark.parametrize("size", [*SIZES, "64", "128"])
def test_shared_and_local_memory_hold_what_is_stored(device, space, size):
    load, store = (w.lds, w.sts) if space == "shared" else (w.ldl, w.stl)
    words = WIDE.get(size, 1)
    source = device.array(pattern(32 * 16))
    out = device.array(np.zeros((32, 4), np.uint32))
    # Shared memory has one place for each lane; local memory is every lane's own.
    place = [w.imad(10, 20, 16, w.RZ)] if space == "shared" else [w.mov(10, (1 << 24) - 64)]

    device.run_words(
        [
            *lane_address(2, source.gpu_va, 16),
            w.ldg(4, 2, 0, "128"),
            *place,
            store(10, 4, 16, size),
            load(12, 10, 16, size),
            *lane_address(16, out.gpu_va, 16),
            w.stg(16, 12, 0, "32" if words == 1 else size),
            w.exit_(),
        ],
        shared_bytes=32 * 16 + 16,
        local_bytes=64,
    )

    given = source.numpy().reshape(32, 16)
    for lane in range(32):
        if size in SIZES:
            kind = SIZES[size]
            wanted = [int(given[lane, : np.dtype(kind).itemsize].view(kind)[0]) & 0xFFFFFFFF]
        else:
            wanted = given[lane].view(np.uint32)[:words].tolist()
        assert out.numpy()[lane, :words].tolist() == wanted


def test_shared_memory_belongs_to_a_block(device):
    """Each block stores its number and finds it again, though many are resident."""
    out = device.empty(64, np.uint32)

    device.run_words(
        [
            w.s2r(4, w.BLOCK_X),
            w.sts(w.RZ, 4, 8),
            w.lds(5, w.RZ, 8),
            *w.mov_pair(6, out.gpu_va),
            w.imad(6, 4, 4, 6),
            w.stg(6, 5),
            w.exit_(),
        ],
        grid=(64, 1, 1),
        block=(1, 1, 1),
        shared_bytes=64,
    )

    assert out.numpy().tolist() == list(range(64))


@pytest.mark.parametrize("size", [*SIZES, "64"])
def test_constants_are_loaded_by_index_and_extended(device, size):
    bank = pattern(256).tobytes()
    out = device.array(np.zeros((32, 2), np.uint32))

    device.run_words(
        [
            w.s2r(2, w.LANE_ID),
            w.imad(4, 2, 8, w.RZ),
            w.ldc(6, 4, 0, 0, size),
            *lane_address(8, out.gpu_va, 8),
            w.stg(8, 6, 0, "64" if size == "64" else "32"),
            w.exit_(),
        ],
        constants_of_bank0=bank,
    )

    for lane in range(32):
        raw = np.frombuffer(bank, np.uint8)[lane * 8 :]
        if size == "64":
            assert out.numpy()[lane].tolist() == raw[:8].view(np.uint32).tolist()
        else:
            kind = SIZES[size]
            assert out.numpy()[lane, 0] == int(raw[: np.dtype(kind).itemsize].view(kind)[0]) & 0xFFFFFFFF


def test_a_constant_is_an_operand(device):
    out = device.empty(32, np.uint32)

    device.run_words(
        [w.mov_constant(4, 0, 12), *lane_address(6, out.gpu_va, 4), w.stg(6, 4), w.exit_()],
        constants_of_bank0=np.arange(100, 108, dtype=np.uint32).tobytes(),
    )

    assert out.numpy().tolist() == [103] * 32


def test_constants_are_those_of_the_launchs_begin(device):
    """A kernel that overwrites its own constant bank still reads the old words."""
    out = device.empty(32, np.uint32)
    bank_va = device._bank0_va

    device.run_words(
        [
            *w.mov_pair(2, bank_va),
            w.mov(4, 999),
            w.stg(2, 4),
            w.ldc(5, w.RZ, 0, 0),
            *lane_address(6, out.gpu_va, 4),
            w.stg(6, 5),
            w.exit_(),
        ],
        constants_of_bank0=np.full(4, 55, np.uint32).tobytes(),
    )

    assert out.numpy().tolist() == [55] * 32


def compiled(arch: int, name: str):
    device = SmDevice(arch)
    return device, device.load((MACHINE / f"machine.sm_{arch}.cubin").read_bytes())[name]


@pytest.mark.parametrize("arch", [80, 90])
def test_constant_variables_of_a_program(arch):
    device, kernel = compiled(arch, "constants")
    indices = np.arange(32, dtype=np.int32) * 3 % 10
    out = device.empty(32, np.int32)

    kernel.launch((1,), (32,), (device.array(indices), out))

    table = [1, 2, 3, 5, 8, 13, 21, 34, 0, 0]
    halves = [-1, 2, -3, 4]
    assert out.numpy().tolist() == [table[i] + halves[lane % 4] for lane, i in enumerate(indices)]


@pytest.mark.parametrize("arch", [80, 90])
def test_generic_addresses_reach_every_space(arch):
    device, kernel = compiled(arch, "generic_pointers")
    out = device.empty(64, np.int32)

    kernel.launch((1,), (32,), (device.array(np.array([5, 1], np.int32)), out))

    by_space = {0: 101, 1: 3, 2: 201}  # shared, local (its second word is 2), global
    assert out.numpy()[:32].tolist() == [by_space[(lane + 1) % 3] for lane in range(32)]


# The memory port.


def paged(data: np.ndarray, base_va: int, page_bytes: int, asked: list[tuple[int, bool]], **rights):
    """Memory of which every page is translated by itself, each question noted."""

    def translate(gpu_va: int, writes: bool) -> Page | None:
        asked.append((gpu_va, writes))
        page = (gpu_va - base_va) // page_bytes
        if not 0 <= page < len(data) // page_bytes:
            return None
        host = data[page * page_bytes : (page + 1) * page_bytes]
        return Page(base_va + page * page_bytes, page_bytes, host, **rights)

    return TranslatedMemory(translate)


BASE_VA = 0x7_0000_0000
PAGE_BYTES = 4096
DATA_OFFSET = 4 * PAGE_BYTES


def launch_paged(code: list[int], data: np.ndarray, **rights):
    """Run words from the first page of `data`; gives the report and what was asked of the port."""
    asked: list[tuple[int, bool]] = []
    raw = b"".join(word.to_bytes(16, "little") for word in code)
    data[: len(raw)] = np.frombuffer(raw, np.uint8)
    machine = Machine(90, paged(data, BASE_VA, PAGE_BYTES, asked, **rights), threads=1)
    launch = Launch(entry_va=BASE_VA, grid=(1, 1, 1), block=(32, 1, 1), register_count=32, timeout_s=20)
    return machine.launch(launch), asked


def test_every_access_goes_through_the_port_and_pages_are_asked_for_once():
    data = np.zeros(8 * PAGE_BYTES, np.uint8)
    loop = [w.ldg(4, 2), w.stg(2, 4, PAGE_BYTES)] * 50

    report, asked = launch_paged([*lane_address(2, BASE_VA + DATA_OFFSET, 4), *loop, w.exit_()], data)

    assert report.fault is None
    assert len(asked) == len(set(asked)) <= 4
    assert {(gpu_va - BASE_VA) // PAGE_BYTES for gpu_va, _ in asked} == {0, 4, 5}


def test_a_row_of_lanes_may_cross_from_page_to_page():
    data = np.zeros(8 * PAGE_BYTES, np.uint8)
    at = DATA_OFFSET - 64
    data[at : at + 128] = pattern(128)

    report, _ = launch_paged(
        [
            *lane_address(2, BASE_VA + at, 4),
            w.ldg(4, 2),
            *lane_address(6, BASE_VA + DATA_OFFSET + PAGE_BYTES - 64, 4),
            w.stg(6, 4),
            w.exit_(),
        ],
        data,
    )

    assert report.fault is None
    assert data[DATA_OFFSET + PAGE_BYTES - 64 :][:128].tolist() == pattern(128).tolist()


def test_a_page_that_may_not_be_written_refuses_stores_only():
    data = np.zeros(8 * PAGE_BYTES, np.uint8)

    report, _ = launch_paged(
        [*w.mov_pair(2, BASE_VA + DATA_OFFSET), w.ldg(4, 2), w.stg(2, 4), w.exit_()], data, writable=False
    )

    assert report.fault is not None
    assert (report.fault.name, report.fault.address) == ("MMU_NACK", BASE_VA + DATA_OFFSET)
    assert report.fault.pc == BASE_VA + 3 * 16


def test_a_page_that_holds_no_code_cannot_be_executed():
    report, _ = launch_paged([w.exit_()], np.zeros(PAGE_BYTES, np.uint8), executable=False)

    assert report.fault is not None
    assert (report.fault.name, report.fault.pc) == ("MMU_NACK", BASE_VA)


@pytest.mark.parametrize(("threads", "registers"), [(1024, 64), (256, 255), (32, 16)])
def test_a_resident_block_takes_less_than_a_mebibyte(device, threads, registers):
    report = device.run_words([w.exit_()], block=(threads, 1, 1), register_count=registers, shared_bytes=4096)

    assert 0 < report.cta_bytes < 1 << 20


def test_what_was_translated_is_forgotten_while_a_kernel_runs():
    """The second page is asked for between two loads of the first one, whose bytes are others then."""
    old, new, rest = (np.full(PAGE_BYTES, value, np.uint8) for value in (1, 2, 0))
    first, second, code_va, out_va = (BASE_VA + page * PAGE_BYTES for page in range(4))
    hosts = {first: old, second: rest, code_va: rest.copy(), out_va: rest.copy()}

    def translate(gpu_va: int, writes: bool) -> Page:
        page = gpu_va // PAGE_BYTES * PAGE_BYTES
        if page == second:
            hosts[first] = new
            memory.invalidate()
        return Page(page, PAGE_BYTES, hosts[page])

    memory = TranslatedMemory(translate)
    code = [
        *w.mov_pair(2, first),
        w.ldg(4, 2),
        w.ldg(5, 2, PAGE_BYTES),
        w.ldg(6, 2),
        *w.mov_pair(8, out_va),
        w.stg(8, 4),
        w.stg(8, 6, 4),
        w.exit_(),
    ]
    raw = b"".join(word.to_bytes(16, "little") for word in code)
    hosts[code_va][: len(raw)] = np.frombuffer(raw, np.uint8)

    machine = Machine(90, memory, threads=1)
    machine.launch(Launch(entry_va=code_va, grid=(1, 1, 1), block=(32, 1, 1), register_count=32)).check()
    memory.invalidate()  # no launch is running: nothing is forgotten, and nothing breaks

    assert hosts[out_va][:8].tolist() == [1] * 4 + [2] * 4


@pytest.mark.parametrize(
    "host",
    [
        np.zeros(PAGE_BYTES - 1, np.uint8),
        np.zeros(2 * PAGE_BYTES, np.uint8)[::2],
        np.zeros(PAGE_BYTES + 8, np.uint8)[8:],
        np.frombuffer(bytes(PAGE_BYTES + 16), np.uint8),
    ],
    ids=["too few bytes", "not in one piece", "not aligned", "not to be written"],
)
def test_an_array_that_cannot_stand_behind_a_page_is_refused(host):
    with pytest.raises(UsageError, match="cannot stand behind the page"):
        Page(BASE_VA, PAGE_BYTES, host)


def test_flat_memory_begins_where_wide_atomics_may():
    with pytest.raises(UsageError, match="multiple of 16"):
        FlatMemory(PAGE_BYTES, gpu_va=8)
