"""Launches whose reins others hold: paused, stopped, at rest; code that stays decoded; mapped memory."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
from barewire.errors import KernelTimeout, UsageError
from barewire.softgpu.sm.code_cache import CodeCache
from barewire.softgpu.sm.control import Control
from barewire.softgpu.sm.machine import FlatMemory, Launch, Machine, Report
from barewire.softgpu.sm.mapped import ATOMIC, EXECUTE, READ, WRITE, Extent, MappedMemory

from tests.soft import words as w
from tests.soft.sm_mapped import BASE_VA, PAGE_BYTES, Space

REST_S = 1.0
COUNTER_PAGE = 1


@pytest.fixture
def space() -> Iterator[Space]:
    made = Space(pages=8)
    yield made
    made.close()


@pytest.fixture
def control() -> Iterator[Control]:
    """Stopped in the end, so that no test leaves a kernel behind."""
    made = Control()
    yield made
    made.stop()


@pytest.fixture
def pool(control) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as made:
        yield made
        control.stop()


def add_one(register: int) -> int:
    """register += 1, where R7 is 1."""
    return w.imad(register, register, 1, 7)


def counting_kernel() -> list[int]:
    """For ever: one more in the word at the begin of a page."""
    counts = [w.ldg(4, 2), add_one(4), w.stg(2, 4), w.bra(-4)]
    return [w.mov(7, 1), *w.mov_pair(2, Space.va(COUNTER_PAGE)), *counts]


def running(space: Space, pool: ThreadPoolExecutor, control: Control, **settings) -> Future[Report]:
    """A kernel that counts for ever, when it has begun to."""
    space.place(counting_kernel())
    before = int(space.words(COUNTER_PAGE)[0])
    report = pool.submit(space.launch, control=control, timeout_s=None, **settings)
    wait_until(lambda: int(space.words(COUNTER_PAGE)[0]) != before)
    return report


def wait_until(holds, timeout_s: float = 10.0) -> None:
    until = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < until, "nothing happens"
        time.sleep(0.001)


def goes_on(space: Space) -> bool:
    before = int(space.words(COUNTER_PAGE)[0])
    time.sleep(0.05)
    return int(space.words(COUNTER_PAGE)[0]) != before


# Pausing and stopping.


def test_a_paused_kernel_rests_and_goes_on_where_it_was(space, pool, control):
    report = running(space, pool, control)

    control.pause()
    assert control.wait_at_rest(REST_S)
    assert not goes_on(space)
    paused_at = int(space.words(COUNTER_PAGE)[0])
    control.resume()
    wait_until(lambda: int(space.words(COUNTER_PAGE)[0]) != paused_at)

    assert not report.done()


def test_a_kernel_that_was_paused_often_counts_right(space, pool, control):
    rounds = 200_000
    ends = [w.isetp_eq(0, 4, rounds), w.guarded(w.bra(-3), 0, negated=True)]
    loop = [w.mov(4, 0), w.mov(7, 1), add_one(4), *ends]
    space.place([*loop, *w.mov_pair(2, Space.va(COUNTER_PAGE)), w.stg(2, 4), w.exit_()])
    report = pool.submit(space.launch, control=control, block=(256, 1, 1))

    while not report.done():
        control.pause()
        assert control.wait_at_rest(REST_S)
        control.resume()
        time.sleep(0.0005)

    assert report.result().check().warp_instructions == 8 * (3 * rounds + 2 + 4)
    assert space.words(COUNTER_PAGE)[0] == rounds


def test_pauses_count(space, pool, control):
    running(space, pool, control)

    control.pause()
    control.pause()
    control.resume()
    assert control.wait_at_rest(REST_S)
    assert control.paused
    assert not goes_on(space)
    control.resume()

    assert not control.paused
    assert goes_on(space)


def test_nobody_resumes_what_is_not_paused():
    with pytest.raises(UsageError, match="not paused"):
        Control().resume()


def test_a_running_kernel_does_not_come_to_rest_by_itself(space, pool, control):
    running(space, pool, control)

    assert not control.wait_at_rest(0.05)


@pytest.mark.parametrize("paused", [False, True])
def test_a_stopped_kernel_ends_at_once(space, pool, control, paused):
    report = running(space, pool, control)
    if paused:
        control.pause()
        assert control.wait_at_rest(REST_S)

    began = time.monotonic()
    control.stop()
    ended = report.result(timeout=REST_S)

    assert time.monotonic() - began < 0.2
    assert ended.stopped
    assert ended.fault is None
    assert not ended.timed_out
    with pytest.raises(KernelTimeout, match="stopped"):
        ended.check()


def test_nothing_begins_under_a_stopped_control(space, control):
    space.place([w.exit_()])
    control.stop()

    report = space.launch(control=control)

    assert report.stopped
    assert control.stopped
    assert report.warp_instructions == 0


def test_a_launch_under_a_pause_begins_when_it_ends(space, pool, control):
    space.place([w.exit_()])
    control.pause()
    report = pool.submit(space.launch, control=control)
    time.sleep(0.05)
    assert not report.done()

    control.resume()

    assert report.result(timeout=REST_S).check()


def test_all_threads_of_all_launches_come_to_rest(control):
    """Two launches of many CTAs on several threads each, with one control."""
    space = Space(pages=4, threads=3)
    with ThreadPoolExecutor(2) as pool:
        space.place(counting_kernel())
        reports = [
            pool.submit(space.launch, control=control, timeout_s=None, grid=(64, 1, 1)) for _ in range(2)
        ]
        try:
            for _ in range(5):
                wait_until(lambda: goes_on(space))
                control.pause()
                assert control.wait_at_rest(REST_S)
                assert not goes_on(space)
                control.resume()
        finally:
            control.stop()

    assert all(report.result().stopped for report in reports)
    space.close()


def test_while_one_launch_is_paused_another_gets_its_helpers(control):
    """However many threads the paused one keeps."""
    space = Space(pages=4, threads=2)
    other = Space(pages=4, threads=2)
    other.place([w.exit_()])
    with ThreadPoolExecutor(1) as pool:
        space.place(counting_kernel())
        pool.submit(space.launch, control=control, timeout_s=None, grid=(8, 1, 1))
        wait_until(lambda: goes_on(space))
        control.pause()
        assert control.wait_at_rest(REST_S)
        try:
            assert other.launch(grid=(4096, 1, 1)).check().warp_instructions == 4096
        finally:
            control.stop()
    space.close()
    other.close()


# What the memory says while others wait.


class Answering:
    """A translation that waits for an event; it says when it was asked."""

    def __init__(self, space: Space, page: int) -> None:
        self.asked, self.may_answer = threading.Event(), threading.Event()
        self._space, self._page, self._translate = space, page, space.translate
        space.memory = MappedMemory(self.translate)
        space.machine.memory = space.memory

    def translate(self, gpu_va: int, access: int) -> Extent | None:
        if gpu_va // PAGE_BYTES == Space.va(self._page) // PAGE_BYTES:
            self.asked.set()
            assert self.may_answer.wait(10)
        return self._translate(gpu_va, access)


def test_who_waits_for_the_memory_is_at_rest_and_asks_again(space, pool, control):
    """The page moves while its old place is being looked up: the kernel reads the new one."""
    answering = Answering(space, page=2)
    space.words(2)[:], space.words(3)[:] = 22, 33
    space.place(
        [*w.mov_pair(2, Space.va(2)), w.ldg(4, 2), *w.mov_pair(6, Space.va(4)), w.stg(6, 4), w.exit_()]
    )
    report = pool.submit(space.launch, control=control)
    assert answering.asked.wait(10)

    control.pause()
    assert control.wait_at_rest(REST_S)
    answering.may_answer.set()
    time.sleep(0.05)
    space.host[2] = space.host[3]
    space.memory.invalidate()
    control.resume()

    report.result(timeout=10).check()
    assert space.words(4)[0] == 33


def test_who_is_stopped_while_it_asks_writes_nothing_any_more(space, pool, control):
    answering = Answering(space, page=2)
    space.place([w.mov(4, 7), *w.mov_pair(2, Space.va(2)), w.stg(2, 4), w.exit_()])
    report = pool.submit(space.launch, control=control)
    assert answering.asked.wait(10)

    control.stop()
    assert control.wait_at_rest(REST_S)
    answering.may_answer.set()

    assert report.result(timeout=10).stopped
    assert report.result().fault is None
    assert not space.words(2).any()


def test_who_is_stopped_while_it_asks_for_code_stays_at_rest(space, pool, control):
    """Code is asked for by the line: of many questions only the first is answered after the stop."""
    answering = Answering(space, page=0)
    space.place([w.exit_()])
    report = pool.submit(space.launch, control=control)
    assert answering.asked.wait(10)

    control.stop()
    answering.may_answer.set()

    assert report.result(timeout=10).stopped
    assert control.wait_at_rest(0)


# Decoded code.


def test_code_is_decoded_once_for_many_launches(space):
    code = CodeCache()
    space.place([w.nop(), w.exit_()])

    for _ in range(5):
        space.launch(code=code).check()

    counts = code.counts()
    assert (counts.lines, counts.blocks, counts.decoded) == (1, 1, 1)
    assert [access for page, access in space.asked if page == 0] == [EXECUTE]


def test_code_that_was_changed_runs_as_it_was_until_it_is_forgotten(space):
    code = CodeCache()
    results = []

    def run(value: int) -> None:
        space.place([w.mov(4, value), *w.mov_pair(2, Space.va(2)), w.stg(2, 4), w.exit_()])
        space.launch(code=code).check()
        results.append(int(space.words(2)[0]))

    run(1)
    assert code.stale(space.memory) == []
    run(2)
    assert code.stale(space.memory) == [BASE_VA]
    code.forget()
    assert code.stale(space.memory) == []
    run(3)

    assert results == [1, 1, 3]


def test_code_is_stale_when_it_cannot_be_read_any_more(space):
    code = CodeCache()
    space.place([w.exit_()])
    space.launch(code=code).check()

    del space.host[0]
    space.memory.invalidate()

    assert code.stale(space.memory) == [BASE_VA]
    assert space.launch(code=code).check()


def test_constants_are_those_of_each_launch_though_its_code_is_decoded_already(space):
    code = CodeCache()
    space.place([w.mov_constant(4, 0, 8), *w.mov_pair(2, Space.va(2)), w.stg(2, 4), w.exit_()])
    results = []

    for value in [5, 6, 7, 8, 9, 10, 5, 6]:
        space.words(3)[2] = value
        space.launch(code=code, constant_banks={0: (Space.va(3), 64)}).check()
        results.append(int(space.words(2)[0]))

    assert results == [5, 6, 7, 8, 9, 10, 5, 6]
    assert code.counts().blocks <= 4
    assert code.counts().lines == 1


def test_a_launch_with_fewer_registers_has_its_own_decoding(space):
    code = CodeCache()
    space.place([w.mov(40, 1), w.exit_()])

    assert space.launch(code=code, register_count=48).fault is None
    few = space.launch(code=code, register_count=40)

    assert few.fault is not None
    assert few.fault.name == "OOR_REG"
    assert space.launch(code=code, register_count=48).fault is None


def test_code_is_forgotten_while_a_kernel_runs(space, pool, control):
    code = CodeCache()
    report = running(space, pool, control, code=code)

    code.forget()
    assert goes_on(space)
    assert code.counts().blocks == 0
    control.stop()

    assert report.result(timeout=REST_S).stopped


def test_a_cache_keeps_no_more_than_it_needs():
    """A megabyte of code, jumped through: what nobody uses makes room."""
    lines = 1100
    memory = FlatMemory(2 << 20)
    words = [w.bra(63), *[w.nop()] * 63] * lines + [w.exit_()]
    raw = b"".join(word.to_bytes(16, "little") for word in words)
    memory.data[: len(raw)] = np.frombuffer(raw, np.uint8)
    machine, code = Machine(90, memory), CodeCache()

    for first in (0, 550):
        launch = Launch(
            entry_va=memory.gpu_va + first * 1024,
            grid=(1, 1, 1),
            block=(32, 1, 1),
            register_count=16,
            code=code,
        )
        machine.launch(launch).check()

    assert code.counts().lines == lines + 1
    assert code.counts().blocks <= 1024


# Mapped memory.


@pytest.mark.parametrize(
    ("instruction", "access"),
    [(w.ldg(4, 2), "read"), (w.stg(2, 4), "write"), (w.jump_to(2), "execute")],
    ids=["load", "store", "jump"],
)
def test_a_fault_says_what_was_refused(space, instruction, access):
    space.place([*w.mov_pair(2, Space.va(100)), instruction, w.exit_()])

    fault = space.launch().fault

    assert fault is not None
    assert (fault.name, fault.access) == ("MMU_NACK", access)
    assert Space.va(100) in (fault.address, fault.pc)


def test_a_refused_atomic_is_told_from_a_write(space):
    space.access[2] = READ | WRITE
    add = w.word(0x98E, b24=2, b32=4) | 1 << 72  # RED.E.ADD [R2.64], R4
    space.place([w.mov(4, 1), *w.mov_pair(2, Space.va(2)), w.stg(2, 4), add, w.exit_()])

    fault = space.launch().fault

    assert fault is not None
    assert (fault.name, fault.access) == ("MMU_NACK", "atomic")
    assert space.asked[-1] == (2, READ | WRITE | ATOMIC)


def test_other_faults_have_no_access(space):
    space.place([w.trap(), w.exit_()])

    fault = space.launch().fault

    assert fault is not None
    assert fault.access is None


def test_an_extent_is_asked_for_once_by_all_launches(space):
    space.place([*w.mov_pair(2, Space.va(2)), w.ldg(4, 2), w.stg(2, 4, PAGE_BYTES), w.exit_()])

    for _ in range(3):
        space.launch().check()

    assert sorted(page for page, _ in space.asked) == [0, 2, 3]


def test_what_was_invalidated_is_asked_for_again(space):
    space.place([*w.mov_pair(2, Space.va(2)), w.ldg(4, 2), w.stg(2, 4, PAGE_BYTES), w.exit_()])
    space.words(2)[:], space.words(4)[:] = 22, 44
    space.launch().check()
    assert space.words(3)[0] == 22

    space.host[2] = space.host[4]
    space.launch().check()
    assert space.words(3)[0] == 22, "a translation that nobody invalidated is still the old one"
    space.memory.invalidate()
    space.launch().check()

    assert space.words(3)[0] == 44


def test_a_page_that_becomes_writable_is_looked_up_again(space):
    """A refusal is not remembered, and what is remembered with fewer rights does not refuse."""
    space.access[2] = READ | EXECUTE
    space.place([w.mov(4, 9), *w.mov_pair(2, Space.va(2)), w.ldg(5, 2), w.stg(2, 4), w.exit_()])
    refused = space.launch()

    space.access[2] = READ | WRITE | EXECUTE
    allowed = space.launch()

    assert refused.fault is not None
    assert refused.fault.access == "write"
    assert allowed.fault is None
    assert space.words(2)[0] == 9


def test_lanes_reach_pages_that_lie_in_any_order(space):
    """A row of words over a border, and a gather over pages whose host memory goes backwards."""
    for page in range(2, 6):
        space.words(page)[:] = np.arange(1024) + 10_000 * page
        space.host[page] = space.first_byte + (7 - page) * PAGE_BYTES
    space.place(
        [
            w.s2r(20, w.LANE_ID),
            *w.mov_pair(2, Space.va(3) - 64),
            w.imad(2, 20, 4, 2),
            w.ldg(4, 2),
            *w.mov_pair(2, Space.va(2)),
            w.imad(2, 20, 480, 2),
            w.ldg(5, 2),
            *w.mov_pair(6, Space.va(1)),
            w.imad(6, 20, 8, 6),
            w.stg(6, 4, 0, "64"),
            w.exit_(),
        ]
    )

    space.launch().check()

    held = {page: np.arange(1024) + 10_000 * (7 - page) for page in range(2, 6)}
    flat = np.concatenate([held[page] for page in range(2, 6)])
    row = flat[1024 - 16 : 1024 + 16]
    gathered = flat[np.arange(32) * 120]
    assert space.words(1)[:64].reshape(32, 2).tolist() == np.stack([row, gathered], 1).tolist()


def test_a_sparse_range_reads_zeros_and_keeps_nothing(space):
    """By rows, by lanes, by atomics, and as constants."""
    space.host[2] = 0
    add = w.word(0x98E, b24=2, b32=4) | 1 << 72  # RED.E.ADD
    out = Space.va(3)
    space.words(3)[:] = 77
    space.place(
        [
            w.s2r(20, w.LANE_ID),
            w.mov(4, 5),
            *w.mov_pair(2, Space.va(2)),
            w.imad(2, 20, 4, 2),
            w.stg(2, 4),
            add,
            w.ldg(5, 2),
            *w.mov_pair(2, Space.va(2)),
            w.imad(2, 20, 100, 2),
            w.stg(2, 4),
            w.ldg(6, 2),
            w.mov_constant(7, 0, 0),
            w.mov(8, 0),
            *w.mov_pair(10, out),
            w.imad(10, 20, 16, 10),
            w.mov(4, 1),
            w.stg(10, 4, 0, "128"),
            w.exit_(),
        ]
    )

    space.launch(constant_banks={0: (Space.va(2), 64)}).check()

    assert space.words(3)[:128].reshape(32, 4).tolist() == [[1, 0, 0, 0]] * 32
    assert not space.words(2).any(), "nothing was written to what the page held once"


def test_a_gigabyte_and_a_page_are_found_alike():
    """Extents of every size, also large ones that begin at an odd page and one inside another's old range."""
    data = np.zeros(1 << 20, np.uint8)
    host = int(data.__array_interface__["data"][0])
    asked = []

    def translate(gpu_va: int, access: int) -> Extent | None:
        asked.append(gpu_va)
        if gpu_va >= 1 << 40:
            return Extent(0x123_4567_8000 & ~0xFFF, 3 << 30, 0, READ | WRITE)
        return Extent(gpu_va // 65536 * 65536, 65536, host + gpu_va // 65536 % 16 * 65536)

    memory = MappedMemory(translate)
    machine = Machine(90, memory)
    far = 0x123_4567_8000
    code = [
        *w.mov_pair(2, far),
        w.ldg(4, 2),
        *w.mov_pair(2, far + (2 << 30)),
        w.ldg(4, 2),
        *w.mov_pair(2, far + (3 << 30) - 4),
        w.stg(2, 4),
        *w.mov_pair(2, 0x10_0001_0000),
        w.ldg(4, 2),
        w.exit_(),
    ]
    raw = b"".join(word.to_bytes(16, "little") for word in code)
    data[: len(raw)] = np.frombuffer(raw, np.uint8)

    machine.launch(
        Launch(entry_va=0x10_0000_0000, grid=(1, 1, 1), block=(32, 1, 1), register_count=16)
    ).check()

    assert asked == [0x10_0000_0000, far, 0x10_0001_0000]


def test_host_memory_has_to_be_aligned_as_its_addresses(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: told.append(what.exc_value))
    memory = MappedMemory(lambda gpu_va, access: Extent(BASE_VA, PAGE_BYTES, 0x1008))

    report = Machine(90, memory).launch(
        Launch(entry_va=BASE_VA, grid=(1, 1, 1), block=(32, 1, 1), register_count=16)
    )

    assert report.fault is not None
    assert report.fault.access == "execute"
    assert isinstance(told[0], UsageError)


# Faults of several SMs, and the timer.


def test_every_sm_that_errs_is_named(space):
    space.place([w.nop(), w.trap(), w.exit_()])

    report = space.launch(grid=(200, 1, 1))

    assert report.faults[0] == report.fault
    assert sorted(fault.sm for fault in report.faults) == list(range(132))
    assert {fault.name for fault in report.faults} == {"TRAP"}


def test_only_those_that_err_are_named(space):
    space.place([w.s2r(3, w.BLOCK_X), w.isetp_eq(1, 3, 5), w.guarded(w.trap(), 1), w.exit_()])

    report = space.launch(grid=(20, 1, 1))

    assert [fault.sm for fault in report.faults] == [5]


def test_the_timer_is_the_gpus(space):
    """%globaltimer counts from where the launch is told, in steps of 32 ns."""
    global_timer_low = 82
    space.place([w.s2r(4, global_timer_low), *w.mov_pair(2, Space.va(2)), w.stg(2, 4), w.exit_()])

    before = time.monotonic_ns()
    space.launch(timer_offset_ns=1000 - before).check()
    took = time.monotonic_ns() - before

    shown = int(space.words(2)[0])
    assert 992 <= shown <= 1000 + took
    assert shown % 32 == 0
