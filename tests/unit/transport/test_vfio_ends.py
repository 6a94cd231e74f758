"""A device of vfio-pci that is given back while others use it: an access is made before that, or refused."""

from __future__ import annotations

import contextlib
import errno
import gc
import mmap
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import small_device as small
from barewire.errors import BarewireError, TransportError, UsageError
from barewire.native._native import lib
from barewire.transport.vfio import bars, interrupts
from barewire.transport.vfio.kernel import LinuxKernel
from barewire.transport.vfio.mapping import GuardedPages
from fake_vfio import HUGE, PAGE, REQUEST, FakeKernel, FileDevice, Options
from small_device import SmallDevice

BAR0_BYTES, BAR2_BYTES = 16 * PAGE, 64 * PAGE
OURS, OTHERS = 0x11111111, 0x22222222
ONES = 0xFFFFFFFF
LIMIT_S = 20.0


@pytest.fixture
def kernel(tmp_path) -> FakeKernel:
    return FakeKernel(SmallDevice(), tmp_path, Options(cdev=True))


@pytest.fixture
def files(tmp_path):
    device = FileDevice({0: BAR0_BYTES, 2: BAR2_BYTES})
    yield FakeKernel(device, tmp_path / "files", Options(cdev=True))
    device.close()


def started(*works) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for each in threads:
        each.start()
    return threads


def ended(threads) -> None:
    for each in threads:
        each.join(LIMIT_S)
        assert not each.is_alive()


ACCESSES = {
    "a word": lambda bar: [bar.read32(0x200)],
    "words": lambda bar: set(memoryview(bar.read(0, 4 * PAGE)).cast("I")),
    "bytes": lambda bar: [bar.read(0x201, 2)[0] * 0x01010101],
    "writing a word": lambda bar: bar.write32(0x200, OURS) or [],
    "writing words": lambda bar: bar.write(0, OURS.to_bytes(4, "little") * 64) or [],
    "writing bytes": lambda bar: bar.write(0x201, b"\x11\x11") or [],
    "mapping": lambda bar: memoryview(bar.map(PAGE, PAGE).look()).cast("I")[:1].tolist(),
}


@pytest.mark.parametrize("access", ACCESSES.values(), ids=ACCESSES)
@pytest.mark.parametrize("index", [0, 2], ids=["registers", "memory"])
def test_an_access_while_the_bus_is_closed_is_made_or_refused_and_never_meets_others(files, access, index):
    """What is mapped next comes to the same address: there nobody may read or write."""
    size = {0: BAR0_BYTES, 2: BAR2_BYTES}[index]
    other = os.memfd_create("other")
    os.pwrite(other, OTHERS.to_bytes(4, "little") * (size // 4), 0)
    content = os.pread(other, size, 0)
    allowed, seen, failures = {OURS, 0}, set(), []
    for _ in range(20):
        bus = files.open_bus()
        bar = bus.bars[index]
        bar.write(0, OURS.to_bytes(4, "little") * (size // 4))
        began = threading.Barrier(3)

        def use(bar=bar, began=began) -> None:
            try:
                began.wait(LIMIT_S)
                while True:
                    seen.update(access(bar))
            except TransportError:
                pass
            except BaseException as error:
                failures.append(error)

        threads = started(use, use)
        began.wait(LIMIT_S)
        time.sleep(0.002)
        bus.close()
        decoys = [mmap.mmap(other, size) for _ in range(4)]
        ended(threads)
        del decoys
    assert failures == []
    assert seen <= allowed, [hex(each) for each in seen - allowed]
    assert os.pread(other, size, 0) == content
    os.close(other)
    gc.collect()
    assert files.left == {}
    assert not files.retired


def test_the_bus_waits_for_an_access_by_a_call_and_its_descriptor_is_nobody_elses(kernel, monkeypatch):
    bus = kernel.open_bus()
    under_way, go_on, closed = threading.Event(), threading.Event(), threading.Event()
    real = kernel.read

    def slow(fd, size_bytes, offset):
        if threading.current_thread() is not threading.main_thread() and not under_way.is_set():
            under_way.set()
            assert go_on.wait(LIMIT_S)
            assert fd in kernel.files
        return real(fd, size_bytes, offset)

    monkeypatch.setattr(kernel, "read", slow)
    found = []
    threads = started(lambda: found.append(bus.bars[0].read32(0)))
    assert under_way.wait(LIMIT_S)
    threads += started(lambda: (bus.close(), closed.set()))
    assert not closed.wait(0.1)
    go_on.set()
    ended(threads)

    assert found == [0]
    assert kernel.left == {}


def test_memory_that_another_thread_gives_back_is_waited_for(kernel, monkeypatch):
    bus = kernel.open_bus()
    memory = bus.dma_memory(PAGE)
    under_way, go_on, closed = threading.Event(), threading.Event(), threading.Event()
    real = kernel.ioctl

    def slow(fd, request, argument=0):
        if request.name in ("IOMMU_IOAS_UNMAP", "VFIO_IOMMU_UNMAP_DMA"):
            under_way.set()
            assert go_on.wait(LIMIT_S)
        return real(fd, request, argument)

    monkeypatch.setattr(kernel, "ioctl", slow)
    threads = started(memory.close)
    assert under_way.wait(LIMIT_S)
    threads += started(lambda: (bus.close(), closed.set()))
    assert not closed.wait(0.1)
    go_on.set()
    ended(threads)

    assert kernel.left == {}
    assert kernel.protests == []


def test_memory_that_is_taken_while_the_bus_is_closed_is_given_back_with_it(kernel):
    for _ in range(20):
        bus = kernel.open_bus()
        failures = []

        def take(bus=bus, failures=failures) -> None:
            try:
                while True:
                    bus.dma_memory(PAGE)
            except TransportError as error:
                failures.append(str(error))

        threads = started(take, take)
        time.sleep(0.001)
        bus.close()
        ended(threads)
        assert all("closed" in each for each in failures)
        assert kernel.left == {}
    assert kernel.protests == []


def test_two_threads_close_a_bus_and_both_find_it_closed(kernel):
    for _ in range(20):
        bus = kernel.open_bus()
        bus.dma_memory(PAGE)
        threads = started(bus.close, bus.close)
        ended(threads)
        assert kernel.left == {}
    assert kernel.protests == []


def test_who_rings_a_doorbell_after_the_bus_was_closed_writes_to_nobody(files):
    bus = files.open_bus()
    first, second = bus.doorbell(0, small.DOORBELL), bus.doorbell(0, small.DOORBELL)
    address = first.address
    assert second.address == address  # one mapping, however often it is asked for
    lib.bw_write32(address, 7)
    bus.close()
    assert (first.address, first.bell) == (0, 0)

    other = mmap.mmap(-1, PAGE)
    lib.bw_write32(address, 8)  # a ring that was not shut, against the promise
    assert os.pread(files.endpoint.files[0], 4, small.DOORBELL)[0] != 8
    assert other[small.DOORBELL] == 0
    del first, second, bus
    gc.collect()
    assert files.left == {}
    assert not files.retired


def test_a_mapping_outlives_its_bus_as_empty_memory_until_it_is_closed(files):
    bus = files.open_bus()
    part = bus.bars[2].map(PAGE, PAGE)
    lib.bw_write32(part.address, OURS)
    bus.close()

    assert lib.bw_read32(part.address) == 0
    lib.bw_write32(part.address, 5)
    assert os.pread(files.endpoint.files[2], 4, PAGE) == OURS.to_bytes(4, "little")
    with pytest.raises(TransportError, match="closed"):
        part.look()
    part.close()
    assert not files.retired


@pytest.mark.parametrize("offset", [2, -4, BAR0_BYTES, BAR0_BYTES - 2])
def test_a_doorbell_is_a_word_also_where_it_is_mapped(files, offset):
    with files.open_bus() as bus, pytest.raises(UsageError):
        bus.doorbell(0, offset)


def test_who_asks_whether_the_kernel_wants_the_device_back_asks_a_counter_that_is_there(kernel, monkeypatch):
    bus = kernel.open_bus()
    kernel.tell(REQUEST)
    threads = []

    def taken(event):
        if not threads:
            threads.extend(started(bus._notices.close))
            time.sleep(0.05)
            assert event in kernel.events
        return 1

    monkeypatch.setattr(interrupts, "_taken", taken)
    assert bus.asked_back
    ended(threads)
    bus.close()
    assert kernel.left == {}


def test_vectors_are_not_switched_on_while_the_bus_is_closed(kernel):
    for _ in range(10):
        bus = kernel.open_bus()

        def switch(bus=bus) -> None:
            try:
                while True:
                    bus.interrupts.enable(2)
            except TransportError as error:
                assert "closed" in str(error)

        threads = started(switch, switch)
        time.sleep(0.002)
        bus.close()
        ended(threads)
        assert kernel.left == {}
    assert kernel.protests == []


def test_who_is_woken_for_what_another_thread_took_waits_to_the_end(kernel, monkeypatch):
    real, came = interrupts._taken, []

    def taken_by_another(event):
        count = real(event)
        came.append(count)
        return 0

    with kernel.open_bus() as bus:
        bus.interrupts.enable(1)
        monkeypatch.setattr(interrupts, "_taken", taken_by_another)
        threads = started(lambda: (time.sleep(0.05), bus.bars[0].write32(small.RAISE, 0)))
        began = time.monotonic()
        assert bus.interrupts.wait(0, 0.3) == 0
        assert time.monotonic() - began >= 0.3
        ended(threads)
    assert 1 in came


@pytest.mark.parametrize("timeout_s", [float("inf"), 1e12, -1.0])
def test_any_time_can_be_waited(kernel, timeout_s):
    with kernel.open_bus() as bus:
        bus.interrupts.enable(1)
        os.eventfd_write(kernel.triggers[0], 3)
        assert bus.interrupts.wait(0, timeout_s) == 3


def test_what_is_no_time_is_refused(kernel):
    with kernel.open_bus() as bus, pytest.raises(UsageError):
        bus.interrupts.wait(0, float("nan"))


def test_a_reset_keeps_every_bit_of_the_command_register(kernel):
    """Firmware switches error reports on: parity (6) and system errors (8)."""
    with kernel.open_bus() as bus:
        bus.config.write(small.COMMAND, 2, bus.config.read(small.COMMAND, 2) | 1 << 6 | 1 << 8)
        before = bus.config.read(small.COMMAND, 2)
        real = kernel._reset

        def forgetful(how: str) -> None:
            real(how)
            kernel.endpoint.config_write(small.COMMAND, 2, 0)

        kernel._reset = forgetful
        bus.reset()
        kernel._reset = real

        assert bus.config.read(small.COMMAND, 2) == before


def test_ctrl_c_waits_until_a_device_is_reset_and_as_it_was(kernel, monkeypatch):
    with kernel.open_bus() as bus:
        before = bus.config.read(small.COMMAND, 2)
        real, sent = kernel.read, []

        def interrupted(fd, size_bytes, offset):
            if not sent and kernel.requests[-1] == "VFIO_DEVICE_RESET":
                sent.append(True)
                os.kill(os.getpid(), signal.SIGINT)
            return real(fd, size_bytes, offset)

        monkeypatch.setattr(kernel, "read", interrupted)
        bus.interrupts.enable(1)
        with pytest.raises(KeyboardInterrupt):
            bus.reset()
        assert bus.config.read(small.COMMAND, 2) == before
        assert bus.interrupts.enabled == 1
    assert kernel.left == {}


def test_ctrl_c_waits_until_a_device_is_open_and_closes_it_then(kernel, monkeypatch):
    real = kernel.ioctl

    def interrupted(fd, request, argument=0):
        answer = real(fd, request, argument)
        if request.name == "VFIO_GROUP_GET_DEVICE_FD":
            os.kill(os.getpid(), signal.SIGINT)
        return answer

    monkeypatch.setattr(kernel, "ioctl", interrupted)
    with pytest.raises(KeyboardInterrupt):
        kernel.open_bus(abi="group")
    monkeypatch.undo()

    assert kernel.left == {}
    assert kernel.protests == []
    kernel.open_bus(abi="group").close()


def test_a_bus_that_others_change_while_it_is_listed_is_listed_again(tmp_path, monkeypatch):
    kernel = FakeKernel(SmallDevice(), tmp_path, Options(has_reset=False))
    real, refused = kernel._hot_reset_info, []

    def again(file, data):
        if not refused:
            refused.append(True)
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return real(file, data)

    monkeypatch.setattr(kernel, "_hot_reset_info", again)
    with kernel.open_bus() as bus:
        bus.reset()
    assert kernel.resets == ["open", "hot", "close"]


# Forks.


def child_of(work) -> int:
    """What a forked child ends with: 0 if its work is true; -9 if it has to be killed."""
    child = os.fork()
    if not child:
        try:
            os._exit(0 if work() else 1)
        except BaseException:
            os._exit(2)
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_child_that_is_forked_while_others_use_the_device_lets_go_of_it(files):
    files.endpoint.lock = contextlib.nullcontext()  # a real device has none that a fork could leave taken
    with files.open_bus() as bus:
        stop = threading.Event()

        def use() -> None:
            while not stop.is_set():
                bus.bars[2].read(0, BAR2_BYTES)
                bus.bars[0].read32(0)
                bus.config.read(0, 2)

        threads = started(use, use, use)
        codes = {child_of(lambda: bus.closed) for _ in range(30)}
        stop.set()
        ended(threads)
    assert codes == {0}
    assert files.left == {}


def test_in_a_child_huge_pages_are_no_hole_that_somebody_else_may_get(tmp_path):
    kernel = FakeKernel(SmallDevice(), tmp_path, Options(huge_pages=2))
    with kernel.open_bus() as bus:
        memory = bus.dma_memory(2 * HUGE)
        assert memory.huge
        memory.view[0] = 7

        assert child_of(lambda: memory.view[0] == 0) == 0
        assert memory.view[0] == 7
    assert kernel.left == {}


# The native guard.


@pytest.fixture
def pages():
    file = os.memfd_create("pages")
    os.ftruncate(file, BAR2_BYTES)
    made = GuardedPages(LinuxKernel(), file, 0, BAR2_BYTES, "pages")
    yield made
    made.close()
    os.close(file)


@pytest.mark.parametrize("width", [8, 4, 2, 1])
def test_a_guard_that_ended_reads_as_ones_and_takes_no_write(pages, width):
    bars.WRITERS[width](pages.guard, 0, 5)
    assert bars.READERS[width](pages.guard, 0) == 5
    assert bars.READERS[width](pages.guard, BAR2_BYTES) == (1 << 8 * width) - 1  # beyond its end
    pages.close()

    assert bars.READERS[width](pages.guard, 0) == (1 << 8 * width) - 1
    assert not bars.WRITERS[width](pages.guard, 0, 5)
    assert not lib.bw_guard_faults(pages.guard)


def test_a_guards_number_is_not_given_again(pages):
    stale = pages.guard
    pages.close()
    file = os.memfd_create("next")
    os.ftruncate(file, PAGE)
    following = GuardedPages(LinuxKernel(), file, 0, PAGE, "next")
    lib.bw_guard_write32(following.guard, 0, OTHERS)

    assert stale % 4096 == following.guard % 4096  # the same place
    assert lib.bw_guard_read32(stale, 0) == ONES
    assert not lib.bw_guard_write32(stale, 0, 0)
    lib.bw_guard_shut(stale)
    assert lib.bw_guard_read32(following.guard, 0) == OTHERS
    following.close()
    os.close(file)


def test_a_guard_ends_while_threads_find_its_pages_gone():
    """The handler puts ones where the pages were, and never where somebody else's are by then."""
    kernel = LinuxKernel()
    other = os.memfd_create("other")
    os.pwrite(other, bytes(BAR2_BYTES), 0)
    for _ in range(50):
        file = os.memfd_create("pages")
        os.ftruncate(file, BAR2_BYTES)
        pages = GuardedPages(kernel, file, 0, BAR2_BYTES, "pages")

        def use(pages=pages) -> None:
            for at in range(0, BAR2_BYTES, 64):
                lib.bw_guard_read32(pages.guard, at)

        os.ftruncate(file, 0)
        threads = started(use, use)
        pages.close()
        decoy = mmap.mmap(other, BAR2_BYTES)
        ended(threads)
        assert decoy[:] == bytes(BAR2_BYTES)
        decoy.close()
        os.close(file)
    os.close(other)


MENDS_ITS_OWN = """
import ctypes, mmap, os, signal
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
times = []
@ctypes.CFUNCTYPE(None, ctypes.c_int)
def mine(number):
    times.append(number)
    libc.mmap(start, 4096, 3, 0x32, -1, 0)  # private, anonymous, at that address
libc.signal(signal.SIGBUS, mine)
from barewire.native._native import ffi, lib
address = lambda memory: int(ffi.cast("uintptr_t", ffi.from_buffer(memory)))
file = os.memfd_create("pages")
os.ftruncate(file, 4096)
other, guarded = mmap.mmap(file, 4096), mmap.mmap(file, 4096)
start = address(other)
guard = lib.bw_guard_new(address(guarded), 4096)
os.ftruncate(file, 0)
assert other[0] == 0 and times == [signal.SIGBUS]  # theirs, and mended by them
assert lib.bw_guard_read32(guard, 0) == 0xFFFFFFFF  # ours, still
assert times == [signal.SIGBUS]
print("all well")
"""


def test_a_handler_that_mends_its_own_faults_does_not_end_the_guard():
    result = subprocess.run([sys.executable, "-c", MENDS_ITS_OWN], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout) == (0, "all well\n"), result.stderr


def test_errors_are_the_houses_own(files):
    """Whatever is asked of a bus that is closed."""
    bus = files.open_bus()
    bar = bus.bars[0]
    bus.close()
    for call in (
        lambda: bar.read(0, 8),
        lambda: bar.write(0, b"1"),
        lambda: bus.doorbell(0, 0),
        lambda: bus.config.write(0, 2, 0),
    ):
        with pytest.raises(BarewireError, match="closed"):
            call()
