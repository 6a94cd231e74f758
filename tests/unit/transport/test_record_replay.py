"""Sessions that are recorded and replayed: the same accesses get the same answers, others are told apart."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import small_device as small
from barewire.errors import DivergedReplay, FormatError, TransportError, UsageError
from barewire.native._native import ffi, lib
from barewire.poll import poll
from barewire.transport.record import RecordedBus
from barewire.transport.recording import Kind, RecordingWriter, read_recording
from barewire.transport.replay import ReplayBus
from barewire.transport.soft import SoftBus
from small_device import SmallDevice


def dma_sum(bus, iova: int, count: int) -> int:
    """What the device reads in host memory: the sum of its bytes."""
    bar = bus.bars[0]
    bar.write32(small.DMA_IOVA_LOW, iova & 0xFFFFFFFF)
    bar.write32(small.DMA_IOVA_HIGH, iova >> 32)
    bar.write32(small.DMA_COUNT, count)
    return bar.read32(small.DMA_SUM)


def session(bus) -> list[object]:
    """All that a driver may do to a bus; what it got."""
    got: list[object] = [bus.config.read(0, 4), bus.config.read(0x34, 1)]
    bus.config.write(small.COMMAND, 2, 0x406)
    bar = bus.bars[0]
    bar.write32(0x200, 5)
    bar.write(0x208, b"0123456789")
    got += [bar.read32(0x200), bar.read(0x208, 10)]

    memory = bus.dma_memory(3 * 4096)
    whole = bus.dma_memory(2 << 20, contiguous=True)
    memory.view[:3] = b"\x01\x02\x03"
    got += [memory.segments, whole.iova, memory.iova_of(4096), dma_sum(bus, memory.iova_of(0), 16)]
    got.append(dma_sum(bus, whole.iova, 0))
    bar.write32(small.DMA_FILL, 0x77)  # the device writes to host memory
    poll(lambda: whole.view[15], lambda byte: byte == 0x77, timeout_s=5, why="never")
    got.append(bytes(whole.view[:20]))
    whole.view[8:12] = b"mine"
    got.append(dma_sum(bus, whole.iova, 16))

    part = bus.bars[2].map(0x1000, 0x2000)
    lib.bw_write32(part.address + 4, 0xABCD)
    bus.bars[2].write(0x1800, b"written")
    got += [bus.bars[2].read(0x1000, 8), lib.bw_read8(part.address + 0x800)]
    part.close()

    bus.interrupts.enable(2)
    bar.write32(small.RAISE, 1)
    got.append(bus.interrupts.wait(1, 1.0))
    got.append(bus.interrupts.wait(0, 0))
    bus.interrupts.disable()

    doorbell = bus.doorbell(0, small.DOORBELL)
    for token in (3, 4):
        lib.bw_bell_ring(ffi.cast("struct bw_bell *", doorbell.bell), token)
    time.sleep(0.02)
    memory.close()
    bus.reset()
    got.append(bar.read32(0x200))
    return got


@pytest.fixture
def path(tmp_path):
    return tmp_path / "session"


def record(path, run, device: SmallDevice | None = None):
    with RecordedBus(SoftBus(device or SmallDevice(), "soft:small"), path) as bus:
        return run(bus)


def test_a_recorded_device_behaves_as_it_does(path):
    device = SmallDevice()
    with SoftBus(SmallDevice(), "soft:small") as plain:
        alone = session(plain)

    assert record(path, session, device) == alone
    assert device.closed
    assert device.rung == [3, 4]
    assert device.resets == ["flr"]


def test_a_replay_gives_what_was_recorded(path):
    got = record(path, session)
    with ReplayBus(path) as bus:
        assert session(bus) == got
        assert bus.remaining == 0
        assert bus.name == "soft:small"
        assert (bus.bars[2].size_bytes, bus.bars[2].mappable) == (small.BAR2_BYTES, True)


def test_a_replay_can_be_strict(path):
    got = record(path, session)
    with ReplayBus(path, strict=True) as bus:
        assert session(bus) == got


def test_the_file_names_every_kind_of_event(path):
    record(path, session)
    found = {event.kind for event in read_recording(path).events}

    assert found == set(Kind)


@pytest.mark.parametrize("strict", [False, True])
def test_a_driver_that_does_something_else_is_told_where(path, strict):
    def first(bus):
        bus.bars[0].write32(0x200, 5)
        bus.bars[0].read32(0x204)

    record(path, first)
    with ReplayBus(path, strict=strict) as bus:
        bus.bars[0].write32(0x200, 5)
        with pytest.raises(DivergedReplay) as diverged:
            bus.bars[0].write32(0x204, 5)

    events = read_recording(path).events
    assert events[diverged.value.event].kind is Kind.READ32
    assert diverged.value.made == "WRITE32 of 0 at 0x204, value 0x5"
    assert diverged.value.expected.startswith("READ32 of 0 at 0x204")
    assert diverged.value.thread == "MainThread"


@pytest.mark.parametrize(
    "other",
    [
        lambda bus: bus.bars[0].write32(0x200, 6),
        lambda bus: bus.bars[0].write32(0x204, 5),
        lambda bus: bus.bars[2].write32(0x200, 5),
        lambda bus: bus.bars[0].write(0x200, b"\5\0\0\0"),
        lambda bus: bus.bars[0].read32(0x200),
        lambda bus: bus.config.write(4, 2, 5),
        lambda bus: bus.dma_memory(4096),
        lambda bus: bus.bars[2].map(0, 4096),
        lambda bus: bus.interrupts.enable(1),
        lambda bus: bus.reset(),
        lambda bus: bus.doorbell(0, 0x90),
    ],
)
def test_every_other_access_diverges(path, other):
    record(path, lambda bus: bus.bars[0].write32(0x200, 5))
    with ReplayBus(path) as bus:
        with pytest.raises(DivergedReplay):
            other(bus)
        assert bus.remaining == 1


def test_after_the_last_event_there_is_nothing_more(path):
    record(path, lambda bus: bus.bars[0].write32(0x200, 5))
    with ReplayBus(path) as bus:
        bus.bars[0].write32(0x200, 5)
        with pytest.raises(DivergedReplay) as diverged:
            bus.reset()
    assert diverged.value.expected == "nothing more"


def test_another_size_or_place_of_memory_diverges(path):
    record(path, lambda bus: bus.dma_memory(8192))
    for size, contiguous in ((4096, False), (8192, True)):
        with ReplayBus(path) as bus, pytest.raises(DivergedReplay):
            bus.dma_memory(size, contiguous=contiguous)


def wait_for_done(bus, sleep_s: float = 0.0) -> list[int]:
    """A poll whose number of looks differs from run to run."""
    looks: list[int] = []

    def look() -> int:
        time.sleep(sleep_s)
        looks.append(bus.bars[0].read32(0x300))
        return looks[-1]

    poll(look, lambda word: word == 9, timeout_s=5, why="never")
    bus.bars[0].write32(0x300, 0)
    return looks


def test_polls_may_look_less_often_or_more_often_than_recorded(path):
    device = SmallDevice()
    threading.Timer(0.05, lambda: device.bar_write(0, 0x300, 4, 9)).start()
    looks = record(path, wait_for_done, device)
    assert len(looks) > 3

    def impatient(bus):
        bus.bars[0].read32(0x300)
        bus.bars[0].write32(0x300, 0)

    with ReplayBus(path) as bus:
        assert wait_for_done(bus) == looks
    with ReplayBus(path) as bus:
        impatient(bus)
        assert bus.remaining == 0
    record(path, impatient, SmallDevice())
    with ReplayBus(path) as bus:
        assert [bus.bars[0].read32(0x300) for _ in range(10)] == [0] * 10
        bus.bars[0].write32(0x300, 0)
    with ReplayBus(path, strict=True) as bus:
        bus.bars[0].read32(0x300)
        with pytest.raises(DivergedReplay):
            bus.bars[0].read32(0x300)


def test_what_a_driver_reads_of_its_own_in_shared_memory_is_its_own(path):
    """A ring's pointers: the driver's beside the device's, each moved by its owner, without an access."""

    def run(bus):
        memory = bus.dma_memory(4096)
        seen = []
        for number in range(1, 5):
            mine = memory.view[0]
            memory.view[0] = mine + 1
            bus.bars[0].write32(small.DMA_IOVA_LOW, memory.iova_of(0) + 16 & 0xFFFFFFFF)
            bus.bars[0].write32(small.DMA_IOVA_HIGH, memory.iova_of(0) >> 32)
            bus.bars[0].write32(small.DMA_FILL, number)
            poll(lambda: memory.view[16], lambda byte, want=number: byte == want, timeout_s=5, why="never")
            seen.append((mine, memory.view[0], memory.view[16]))
        return seen

    got = record(path, run)
    assert got == [(0, 1, 1), (1, 2, 2), (2, 3, 3), (3, 4, 4)]
    with ReplayBus(path) as bus:
        assert run(bus) == got


def test_memory_that_changes_by_itself_changes_again(path):
    """The device writes while the driver only looks at memory."""

    class Late(SmallDevice):
        def _act(self, offset, value):
            if offset == small.DMA_FILL:
                threading.Timer(0.05, super()._act, (offset, value)).start()
            else:
                super()._act(offset, value)

    def run(bus):
        memory = bus.dma_memory(4096)
        dma_sum(bus, memory.iova, 1)
        bus.bars[0].write32(small.DMA_FILL, 0x31)
        poll(lambda: memory.view[15], lambda byte: byte == 0x31, timeout_s=5, why="never")
        return bytes(memory.view[:17])

    got = record(path, run, Late())
    with ReplayBus(path) as bus:
        assert run(bus) == got == b"\x31" * 16 + b"\0"


def test_large_memory_is_there_before_the_word_that_says_so(path):
    """A word in small memory tells that large memory has its data; the driver looks at once."""

    class Writer(SmallDevice):
        def _act(self, offset, value):
            if offset != 0x500:
                super()._act(offset, value)
                return
            data = np.full(4 << 20, value, np.uint8)
            large, flag = (
                self.words[0x504] | self.words[0x508] << 32,
                self.words[0x50C] | self.words[0x510] << 32,
            )

            def later():
                for at in range(0, 4 << 20, 2 << 20):
                    ffi.memmove(
                        ffi.cast("char *", self.host.dma(large + at, 2 << 20, True)), data[: 2 << 20], 2 << 20
                    )
                ffi.memmove(ffi.cast("char *", self.host.dma(flag, 1, True)), bytes([value]), 1)

            threading.Thread(target=later).start()

    def run(bus):
        large, flag = bus.dma_memory(4 << 20, contiguous=True), bus.dma_memory(4096)
        for place, iova in ((0x504, large.iova), (0x50C, flag.iova)):
            bus.bars[0].write32(place, iova & 0xFFFFFFFF)
            bus.bars[0].write32(place + 4, iova >> 32)
        sums = []
        for value in (1, 2, 3):
            bus.bars[0].write32(0x500, value)
            while flag.view[0] != value:
                pass
            sums.append(int(np.frombuffer(large.view, np.uint8).sum()))
        return sums

    got = record(path, run, Writer())
    assert got == [value * (4 << 20) for value in (1, 2, 3)]
    with ReplayBus(path) as bus:
        assert run(bus) == got


def test_threads_have_lines_of_their_own(path):
    """A thread that polls at its own pace beside one that works."""

    def run(bus):
        stop = threading.Event()
        seen: list[int] = []

        def watch() -> None:
            while not stop.wait(0.001):
                seen.append(bus.bars[0].read32(0x600))
            bus.bars[0].write32(0x604, 1)

        watcher = threading.Thread(target=watch, name="watcher")
        watcher.start()
        for number in range(50):
            bus.bars[0].write32(0x608, number)
            time.sleep(0.0005)
        stop.set()
        watcher.join()
        return bus.bars[0].read32(0x608)

    record(path, run)
    for _ in range(3):
        with ReplayBus(path) as bus:
            assert run(bus) == 49
            assert bus.remaining == 0


def test_interrupts_come_where_they_came(path):
    def run(bus):
        bus.interrupts.enable(1)
        got = [bus.interrupts.wait(0, 0.005)]
        bus.bars[0].write32(small.RAISE, 0)
        bus.bars[0].write32(small.RAISE, 0)
        return [*got, bus.interrupts.wait(0, 1.0), bus.interrupts.wait(0, 0.0)]

    assert record(path, run) == [0, 2, 0]
    with ReplayBus(path) as bus:
        assert run(bus) == [0, 2, 0]


def test_doorbells_may_ring_more_or_less_often(path):
    def run(bus, count: int):
        bell = ffi.cast("struct bw_bell *", bus.doorbell(0, small.DOORBELL).bell)
        for _ in range(count):
            lib.bw_bell_ring(bell, 7)
            time.sleep(0.01)
        return bus.bars[0].read32(0x200)

    record(path, lambda bus: run(bus, 3))
    for count in (1, 3, 5):
        with ReplayBus(path) as bus:
            assert run(bus, count) == 0


def test_large_parts_of_bars_are_mapped_and_not_recorded(path, monkeypatch):
    monkeypatch.setattr("barewire.transport.recording.LARGEST_MAPPED_BYTES", 0x1000)

    def run(bus):
        part = bus.bars[2].map(0, 0x2000)
        lib.bw_write32(part.address, 7)
        part.close()
        return bus.bars[0].read32(0)

    record(path, run)
    assert not [event for event in read_recording(path).events if event.kind is Kind.CHANGE]
    with ReplayBus(path) as bus:
        run(bus)
        assert bus.remaining == 0


def test_a_session_that_was_cut_off_is_replayed_as_far_as_it_goes(path):
    record(path, lambda bus: [bus.bars[0].write(0x1000, bytes(0x4000)) for _ in range(40)])
    path.write_bytes(path.read_bytes()[:-14])

    with pytest.raises(FormatError):
        ReplayBus(path)
    with ReplayBus(path, partial=True) as bus:
        while bus.remaining:
            bus.bars[0].write(0x1000, bytes(0x4000))


def test_a_recording_that_does_not_describe_its_device_is_refused(path):
    RecordingWriter(path, {"name": "x"}).close()

    with pytest.raises(FormatError):
        ReplayBus(path)


def test_what_a_bus_refuses_is_refused_and_not_recorded(path):
    def run(bus):
        for wrong in (
            lambda: bus.bars[0].read32(3),
            lambda: bus.doorbell(1, 0),
            lambda: bus.bars[0].map(0, 8),
            lambda: bus.dma_memory(0),
        ):
            with pytest.raises(UsageError):
                wrong()
        return bus.bars[0].read32(0)

    record(path, run)
    kinds = [event.kind for event in read_recording(path).events]
    assert kinds == [Kind.STREAM, Kind.READ32, Kind.CLOSE]


def test_closing_twice_is_nothing_and_the_file_is_whole(path):
    bus = RecordedBus(SoftBus(SmallDevice(), "soft:small"), path)
    memory = bus.dma_memory(4096)
    bus.close()
    bus.close()
    with contextlib.suppress(TransportError):
        memory.close()

    assert read_recording(path).complete


def full_disk() -> Path:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no device that is always full here")
    return full


def test_a_device_is_given_back_even_if_the_recording_cannot_be_written():
    threads = set(threading.enumerate())
    device = SmallDevice()
    bus = RecordedBus(SoftBus(device), full_disk())
    bus.dma_memory(4096)
    bus.doorbell(0, small.DOORBELL)

    with pytest.raises(TransportError):
        bus.close()
    bus.close()
    assert device.closed
    assert set(threading.enumerate()) <= threads


def test_memory_that_cannot_be_recorded_is_given_back(path, monkeypatch):
    given = []
    with RecordedBus(SoftBus(SmallDevice()), path) as bus:
        make = bus.bus.dma_memory
        monkeypatch.setattr(bus.bus, "dma_memory", lambda *a, **k: given.append(make(*a, **k)) or given[-1])
        monkeypatch.setattr("barewire.transport.record.MOST_REGIONS", 0)
        with pytest.raises(TransportError):
            bus.dma_memory(4096)
        assert given[0].closed
        monkeypatch.setattr("barewire.transport.record.MOST_REGIONS", 1)
        bus.dma_memory(4096).close()


def test_a_change_outside_of_its_memory_is_told_to_who_makes_an_access(path, monkeypatch):
    died = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    writer = RecordingWriter(path, {"name": "soft:small", "bars": [], "vectors": 0})
    writer.add(Kind.STREAM, 0, value=0, data=b"MainThread")
    writer.add(Kind.ALLOCATE, 0, 1, 1, 4096, bytes(8) + (4096).to_bytes(8, "little"))
    writer.add(Kind.CONFIG_READ, 0, 4, 0, 7)
    writer.add(Kind.CHANGE, 0, 1, 4096, data=b"beyond it...")
    writer.add(Kind.CONFIG_READ, 0, 4, 4, 7)
    writer.close()

    with ReplayBus(path) as bus:
        with pytest.raises(FormatError):
            bus.dma_memory(4096, contiguous=True)
            bus.config.read(0, 4)
            bus.config.read(4, 4)
        time.sleep(0.02)  # the replay's own thread finds it out too
    assert died == []
