"""Launches that are watched: every way to touch memory is told, with its place in the program."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from barewire.softgpu.sm.code_cache import CodeCache
from barewire.softgpu.sm.watch import RACE, UNWRITTEN, Event, Ordering, Shadow, Watch

from tests.soft import words as w
from tests.soft.sm_device import INSTRUCTION_SETS, runs_here
from tests.soft.sm_mapped import BASE_VA, PAGE_BYTES, Space

PAGES = 12
UNTOUCHED = 5  # a page that nobody writes before the launch
WRITTEN = 6
RED_ADD = w.word(0x98E, b24=2, b32=4) | 1 << 72  # RED.E.ADD [R2.64], R4
SIZES = {"u8": 1, "s8": 1, "u16": 2, "s16": 2, "32": 4, "64": 8, "128": 16}


class Watched(Space):
    """An address space whose memory has a shadow."""

    def __init__(self, threads: int = 1) -> None:
        super().__init__(PAGES, threads)
        self.shadow = Shadow(self.first_byte, PAGES * PAGE_BYTES, self.file)
        self.words(WRITTEN)[:] = 1
        self.operation = 0

    def watch(self, unordered: bytes = b"", ordered_before: int | None = None) -> Watch:
        """A watch over the next operation, which comes after all others unless told otherwise."""
        self.operation += 1
        before = self.operation - 1 if ordered_before is None else ordered_before
        return Watch(self.shadow, Ordering(self.operation, before, unordered))

    def events(self, code: list[int], watch: Watch | None = None, **settings) -> list[Event]:
        """What is told of a launch."""
        self.place([*code, w.exit_()])
        watch = watch or self.watch()
        self.launch(watch=watch, **settings).check()
        return watch.events


@pytest.fixture
def space() -> Iterator[Watched]:
    made = Watched()
    yield made
    made.close()


def each_lane(page: int, stride: int, offset: int = 0) -> list[int]:
    """R2: an address in a page for each lane."""
    return [w.s2r(20, w.LANE_ID), *w.mov_pair(2, Space.va(page, offset)), w.imad(2, 20, stride, 2)]


# Memory that nobody wrote.


@pytest.mark.parametrize("stride", ["row", "apart"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("load", [w.ldg, w.ld], ids=["LDG", "LD"])
def test_a_load_of_what_nobody_wrote(space, load, size, stride):
    step = SIZES[size] * (1 if stride == "row" else 4)
    code = [*each_lane(UNTOUCHED, step), load(4, 2, 0, size)]

    (event,) = space.events(code)

    assert (event.kind, event.write) == (UNWRITTEN, False)
    assert event.gpu_va // 4 == Space.va(UNTOUCHED) // 4
    assert event.vram_offset // 4 == UNTOUCHED * PAGE_BYTES // 4
    assert (event.pc, event.cta, event.warp) == (BASE_VA + 4 * 16, (0, 0, 0), 0)


def test_the_lane_is_named(space):
    """Lane 9 reads from the next page."""
    place = [*w.mov_pair(2, Space.va(WRITTEN)), w.s2r(20, w.LANE_ID), w.imad(2, 20, 4, 2)]
    far = [w.isetp_eq(0, 20, 9), w.guarded(w.imad(2, 20, 460, 2), 0), w.ldg(4, 2)]

    (event,) = space.events([*place, *far])

    assert (event.lane, event.gpu_va) == (9, Space.va(WRITTEN) + 9 * 464)


def test_the_block_and_the_warp_are_named(space):
    code = [
        w.s2r(5, w.BLOCK_X),
        w.s2r(6, w.THREAD_X),
        w.isetp_eq(0, 5, 2),
        w.guarded(w.mov(5, 0), 0, negated=True),
        w.imad(5, 5, 32, 6),
        w.isetp_eq(1, 5, 64 + 41),
        *w.mov_pair(2, Space.va(WRITTEN)),
        w.guarded(w.mov(2, Space.va(UNTOUCHED, 64) & 0xFFFFFFFF), 1),
        w.ldg(4, 2),
    ]

    (event,) = space.events(code, grid=(3, 1, 1), block=(64, 1, 1))

    assert (event.cta, event.warp, event.lane, event.count) == ((2, 0, 0), 1, 9, 1)
    assert event.gpu_va == Space.va(UNTOUCHED, 64)


def test_lanes_that_are_off_are_not_told(space):
    code = [*each_lane(WRITTEN, 4), w.isetp_eq(0, 20, 40), *w.mov_pair(2, Space.va(UNTOUCHED))]

    assert space.events([*code, w.guarded(w.ldg(4, 2), 0)]) == []


def test_memory_that_the_host_wrote_is_written(space):
    space.words(UNTOUCHED)[:] = 0

    assert space.events([*each_lane(UNTOUCHED, 4), w.ldg(4, 2)]) == []


def test_memory_that_an_operation_wrote_is_written(space):
    store = [*each_lane(UNTOUCHED, 4), w.mov(4, 0), w.stg(2, 4)]

    assert space.events(store) == []
    assert space.events([*each_lane(UNTOUCHED, 4), w.ldg(4, 2)]) == []
    assert [event.kind for event in space.events([*each_lane(UNTOUCHED, 8), w.ldg(4, 2)])] == [UNWRITTEN]


def test_an_atomic_operation_on_what_nobody_wrote(space):
    (event,) = space.events([w.mov(4, 1), *each_lane(UNTOUCHED, 4), RED_ADD])

    assert (event.kind, event.write) == (UNWRITTEN, True)


def test_a_loop_counts_at_one_instruction(space):
    loop = [w.ldg(4, 2), w.imad(7, 7, 1, 8), w.isetp_eq(0, 7, 10), w.guarded(w.bra(-4), 0, negated=True)]

    (event,) = space.events([w.mov(7, 0), w.mov(8, 1), *each_lane(UNTOUCHED, 4), *loop])

    assert event.count == 10


def test_a_misaligned_or_refused_access_faults_as_ever(space):
    for address, name in ((Space.va(UNTOUCHED, 2), "MISALIGNED_ADDR"), (Space.va(100), "MMU_NACK")):
        space.place([*w.mov_pair(2, address), w.ldg(4, 2), w.exit_()])
        watch = space.watch()

        fault = space.launch(watch=watch).fault

        assert fault is not None
        assert (fault.name, fault.address) == (name, address)
        assert watch.events == []


def test_shared_and_local_memory_are_nobodys_business(space):
    """Generic addresses, half of them in shared memory."""
    window = 0x7F01_0000_0000
    space.words(UNTOUCHED)[:] = 0
    code = [
        w.s2r(20, w.LANE_ID),
        *w.mov_pair(2, Space.va(UNTOUCHED)),
        w.isetp_eq(0, 20, 3),
        w.guarded(w.mov(3, window >> 32), 0),
        w.guarded(w.mov(2, 16), 0),
        w.ld(4, 2),
        w.st(2, 4),
    ]

    assert space.events(code, shared_bytes=1024) == []


def test_memory_of_the_host_is_not_watched(space):
    elsewhere = np.zeros(2 * PAGE_BYTES, np.uint8)
    address = int(elsewhere.__array_interface__["data"][0])
    space.host[UNTOUCHED] = address + -address % PAGE_BYTES

    assert space.events([*each_lane(UNTOUCHED, 4), w.ldg(4, 2), w.stg(2, 4)]) == []


@pytest.mark.parametrize("isa", [isa for isa in INSTRUCTION_SETS if runs_here(isa)])
def test_rows_over_pages_that_lie_apart(space, isa):
    """Half of a row is in a page that nobody wrote, which lies elsewhere in memory."""
    space.host[WRITTEN + 1] = space.first_byte + UNTOUCHED * PAGE_BYTES

    (event,) = space.events([*each_lane(WRITTEN, 4, PAGE_BYTES - 64), w.ldg(4, 2)])

    assert (event.lane, event.gpu_va) == (16, Space.va(WRITTEN + 1))
    assert event.vram_offset == UNTOUCHED * PAGE_BYTES


# Races.


def write_one(stride: int = 4) -> list[int]:
    return [w.mov(4, 5), *each_lane(WRITTEN, stride), w.stg(2, 4)]


def read_one(stride: int = 4, strong: bool = False) -> list[int]:
    return [*each_lane(WRITTEN, stride), w.ldg(4, 2, strong=strong)]


@pytest.mark.parametrize("stride", [4, 100])
@pytest.mark.parametrize(
    ("first", "second", "other_wrote"),
    [(write_one, read_one, True), (write_one, write_one, True), (read_one, write_one, False)],
    ids=["read after write", "write after write", "write after read"],
)
def test_two_operations_that_nothing_orders(space, first, second, other_wrote, stride):
    assert space.events(first(stride)) == []

    (event,) = space.events(second(stride), space.watch(ordered_before=0, unordered=b"\x01"))

    assert (event.kind, event.other, event.other_wrote) == (RACE, 1, other_wrote)
    assert event.write == (second is write_one)
    assert (event.gpu_va, event.lane) == (Space.va(WRITTEN), 0)


@pytest.mark.parametrize("order", [(0, b"\x00"), (1, b""), (0, b"")])
def test_two_operations_that_are_ordered(space, order):
    ordered_before, unordered = order
    assert space.events(write_one()) == []

    assert space.events(read_one(), space.watch(unordered, ordered_before)) == []


def test_two_may_read(space):
    assert space.events(read_one()) == []
    assert space.events(read_one(), space.watch(b"\x01", 0)) == []


def test_other_bytes_of_a_word_are_others(space):
    low = [w.mov(4, 5), *each_lane(WRITTEN, 4), w.stg(2, 4, 0, "u8")]
    high = [w.mov(4, 5), *each_lane(WRITTEN, 4), w.stg(2, 4, 2, "u16")]
    assert space.events(low) == []

    assert space.events(high, space.watch(b"\x01", 0)) == []
    assert len(space.events(high, space.watch(b"\x02", 0))) == 1


def test_strong_accesses_are_how_kernels_talk(space):
    assert space.events(write_one()) == []

    assert space.events(read_one(strong=True), space.watch(b"\x01", 0)) == []
    assert space.events([w.mov(4, 1), *each_lane(WRITTEN, 4), RED_ADD], space.watch(b"\x03", 0)) == []


def test_a_launch_without_a_watch_shares_no_decoding_with_one_that_has(space):
    code = CodeCache()
    space.place(
        [*each_lane(UNTOUCHED, 4), w.isetp_eq(0, 20, 40), w.guarded(w.ldg(4, 2), 0, negated=True), w.exit_()]
    )
    space.launch(code=code, block=(1, 1, 1), entry_va=BASE_VA + 6 * 16).check()
    watch = space.watch()
    space.launch(code=code, watch=watch).check()
    space.launch(code=code).check()

    assert [(event.kind, event.count) for event in watch.events] == [(UNWRITTEN, 1)]


def test_many_threads_tell_one_watch():
    space = Watched(threads=3)
    watch = space.watch()

    space.events([*each_lane(UNTOUCHED, 4), w.ldg(4, 2)], watch, grid=(500, 1, 1), block=(64, 1, 1))

    assert [event.count for event in watch.events] == [1000]
    space.close()
