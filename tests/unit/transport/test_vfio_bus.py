"""A device of vfio-pci, by both ways to it, before a kernel that takes every request apart."""

from __future__ import annotations

import errno
import gc
import os
import random
import signal
import threading
import time

import pytest
import small_device as small
from barewire.errors import (
    BarewireError,
    DeviceBusy,
    DeviceLost,
    TransportError,
    UsageError,
)
from barewire.guard import GuardedWords
from barewire.native._native import lib
from barewire.transport.vfio import bars
from fake_vfio import ADDRESS, ERROR, GROUP, MASTER, MEMORY, PAGE, REQUEST, FakeKernel, FileDevice, Options
from small_device import SmallDevice

WAYS = ("group", "cdev")
BAR0_BYTES, BAR2_BYTES = 16 * PAGE, 64 * PAGE


@pytest.fixture(params=WAYS)
def way(request) -> str:
    return request.param


@pytest.fixture
def kernel(tmp_path) -> FakeKernel:
    return FakeKernel(SmallDevice(), tmp_path, Options(cdev=True))


@pytest.fixture
def files(tmp_path):
    device = FileDevice({0: BAR0_BYTES, 2: BAR2_BYTES})
    yield FakeKernel(device, tmp_path / "files", Options(cdev=True))
    device.close()


def test_a_device_is_opened_used_and_given_back_without_a_trace(kernel, way):
    with kernel.open_bus(abi=way) as bus:
        assert (bus.name, bus.abi, bus.pci_address) == (f"vfio:{ADDRESS}", way, ADDRESS)
        assert bus.protected
        assert bus.config.read(0, 4) == 0x233010DE
        assert bus.config.read(small.COMMAND, 2) & (MEMORY | MASTER) == MEMORY | MASTER
        assert sorted(bus.bars) == [0, 2]
        assert repr(bus) == f"<VfioBus vfio:{ADDRESS} by {way}>"
        bus.dma_memory(PAGE)
        bus.interrupts.enable(3)
        bus.bars[2].write(0, b"x")

    assert kernel.left == {}
    assert kernel.protests == []
    assert not kernel.command & MASTER
    bus.close()
    assert "closed" in repr(bus)


@pytest.mark.parametrize(
    ("way", "order"),
    [
        (
            "group",
            [
                "VFIO_GET_API_VERSION",
                "VFIO_CHECK_EXTENSION",
                "VFIO_GROUP_GET_STATUS",
                "VFIO_GROUP_SET_CONTAINER",
                "VFIO_SET_IOMMU",
                "VFIO_IOMMU_GET_INFO",
                "VFIO_GROUP_GET_DEVICE_FD",
            ],
        ),
        (
            "cdev",
            [
                "IOMMU_IOAS_ALLOC",
                "VFIO_DEVICE_BIND_IOMMUFD",
                "VFIO_DEVICE_ATTACH_IOMMUFD_PT",
                "IOMMU_IOAS_IOVA_RANGES",
            ],
        ),
    ],
)
def test_the_kernels_order_is_kept(kernel, way, order):
    kernel.open_bus(abi=way).close()

    made = list(dict.fromkeys(kernel.requests))
    assert made[: len(order)] == order
    assert kernel.requests[-1] == ("VFIO_GROUP_UNSET_CONTAINER" if way == "group" else "IOMMU_DESTROY")


def test_the_devices_own_file_is_taken_where_this_user_may(kernel):
    with kernel.open_bus() as bus:
        assert bus.abi == "cdev"
    kernel.fail[str(kernel.root / "dev/iommu")] = errno.EACCES
    with kernel.open_bus() as bus:
        assert bus.abi == "group"


def test_each_bar_is_where_the_configuration_space_says(kernel):
    with kernel.open_bus() as bus:
        for index, bar in bus.bars.items():
            assert bar.bus_address == kernel.places[index]
            assert bar.size_bytes == kernel._shape(index).size_bytes
        assert not bus.bars[0].mappable
        assert bus.bars[2].mappable


def test_registers_that_are_not_mapped_are_read_and_written_by_single_accesses(kernel):
    with kernel.open_bus() as bus:
        bar = bus.bars[0]
        bar.write32(0x200, 0x11223344)
        bar.write(0x203, b"\xaa\xbb\xcc\xdd\xee")

        assert bar.read32(0x200) == 0xAA223344
        assert bar.read(0x200, 9) == b"\x44\x33\x22\xaa\xbb\xcc\xdd\xee\x00"
        with pytest.raises(UsageError):
            bar.map(0, 4)
    assert kernel.protests == []


def test_registers_that_are_mapped_are_accessed_in_their_width(files, monkeypatch):
    widths = []

    def counted(width, access):
        return lambda *arguments: (widths.append(width), access(*arguments))[1]

    monkeypatch.setattr(bars, "READERS", {w: counted(w, f) for w, f in bars.READERS.items()})
    monkeypatch.setattr(bars, "WRITERS", {w: counted(-w, f) for w, f in bars.WRITERS.items()})
    with files.open_bus() as bus:
        bar = bus.bars[0]
        assert bar.mappable
        bar.write32(8, 0x11223344)
        assert bar.read32(8) == 0x11223344
        bar.write(1, b"abcdefghij")
        assert bar.read(1, 10) == b"abcdefghij"
        assert os.pread(files.endpoint.files[0], 10, 1) == b"abcdefghij"

    assert widths == [-1, -2, -4, -2, -1, 1, 2, 4, 2, 1]


@pytest.mark.parametrize("offset", [-4, 2, BAR0_BYTES, BAR0_BYTES - 2])
def test_an_access_outside_a_bar_or_off_its_words_is_refused(files, offset):
    with files.open_bus() as bus:
        bus.bars[0].read32(0)  # the piece that was used last must not be taken for it
        with pytest.raises(UsageError):
            bus.bars[0].read32(offset)
        with pytest.raises(UsageError):
            bus.bars[0].write32(offset, 0)
        with pytest.raises(UsageError):
            bus.bars[0].read(BAR0_BYTES - 1, 2)
        with pytest.raises(UsageError):
            bus.bars[0].map(0, BAR0_BYTES + 1)


@pytest.mark.parametrize(("offset", "size"), [(0, 3), (3, 4), (64, 2)])
@pytest.mark.parametrize("size_kind", [float, str])
def test_accesses_at_what_is_no_whole_number_are_refused(files, offset, size, size_kind):
    with files.open_bus() as bus, pytest.raises(UsageError):
        bus.bars[2].read(size_kind(offset), size)


@pytest.mark.parametrize(("offset", "size"), [(-1, 2), (4096, 1), (2, 4), (0, 8), (1, 2)])
def test_an_access_outside_of_the_configuration_space_is_refused(kernel, offset, size):
    with kernel.open_bus() as bus:
        with pytest.raises(UsageError):
            bus.config.read(offset, size)
        with pytest.raises(UsageError):
            bus.config.write(offset, size, 0)


def test_a_large_bar_is_mapped_in_pieces_as_they_are_needed(tmp_path):
    size = 3 * bars.PIECE_BYTES
    device = FileDevice({0: BAR0_BYTES, 2: size})
    kernel = FakeKernel(device, tmp_path)
    with kernel.open_bus() as bus:
        bar = bus.bars[2]
        edge = bars.PIECE_BYTES
        assert len(kernel.mapped) == 0
        bar.write(edge - 3, b"across")
        bar.write32(size - 4, 7)

        assert len(kernel.mapped) == 3
        assert bar.read(edge - 3, 6) == b"across"
        assert os.pread(device.files[2], 6, edge - 3) == b"across"
        assert bar.read32(size - 4) == 7
        part = bar.map(edge - 3, 6)  # one piece of its own
        assert bytes(part.look()) == b"across"
        part.close()
    assert kernel.left == {}
    assert kernel.protests == []
    device.close()


def test_the_table_of_vectors_is_left_out_of_mappings_unless_the_kernel_allows_it(tmp_path):
    """Sparse areas: what is not mapped is carried by calls, in the same width."""
    device = FileDevice({0: BAR0_BYTES, 2: BAR2_BYTES})
    kernel = FakeKernel(device, tmp_path, Options(msix_mappable=None))
    table = small.MSIX_TABLE
    with kernel.open_bus() as bus:
        bar = bus.bars[0]
        bar.write32(table - 4, 1)
        bar.write32(table + PAGE, 2)
        assert bar.read32(table) == 0
        assert bar.read(table - 4, PAGE + 8)[:4] == b"\1\0\0\0"
        assert bar.read32(table + PAGE) == 2
        assert not bar.maps(table - 4, 8)
        with pytest.raises(UsageError):
            bar.map(table, 4)
        assert len(kernel.mapped) == 2
    assert kernel.protests == []
    device.close()


def test_a_kernel_that_says_nothing_of_the_table_keeps_it_for_itself(tmp_path):
    device = FileDevice({0: BAR0_BYTES, 2: BAR2_BYTES})
    kernel = FakeKernel(device, tmp_path, Options(msix_mappable=False))
    with kernel.open_bus() as bus:
        assert not bus.bars[0].maps(small.MSIX_TABLE, 4)
        assert not bus.bars[0].maps(small.MSIX_TABLE + 0x1000, 4)  # its pending bits
        assert bus.bars[0].maps(0, small.MSIX_TABLE)
        assert bus.bars[0].maps(small.MSIX_TABLE + 0x2000, 4)
    device.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"\1\0\1\0\x20\0\0\0" + bytes(8),
        b"\1\0\1\0\0\0\0\0\x02\0\0\0\0\0\0\0" + bytes(16),
        b"\1\0\1\0\0\0\0\0\x01\0\0\0\0\0\0\0" + (0).to_bytes(8, "little") + (1 << 40).to_bytes(8, "little"),
        b"\1\0\1\0\0\0\0\0\x01\0\0\0\0\0\0\0" + (5).to_bytes(8, "little") + (4096).to_bytes(8, "little"),
        b"\1\0\1\0\xff\xff\0\0" + bytes(8),
    ],
    ids=["a circle", "too few areas", "an area beyond the end", "no whole pages", "out of the answer"],
)
def test_a_kernel_that_cannot_be_believed_is_refused(tmp_path, raw):
    kernel = FakeKernel(SmallDevice(), tmp_path, Options(region_capabilities={2: raw}))

    with pytest.raises(TransportError):
        kernel.open_bus()

    assert kernel.left == {}


def test_a_doorbell_is_the_mapped_word_or_is_carried(kernel, files):
    with kernel.open_bus() as bus:
        carried = bus.doorbell(0, small.DOORBELL)
        carried.ring(7)
        assert carried.settle()
        assert kernel.endpoint.rung == [7]
        with pytest.raises(UsageError):
            bus.doorbell(3, 0)
        with pytest.raises(UsageError):
            bus.doorbell(0, small.BAR0_BYTES)
        with pytest.raises(UsageError):
            bus.doorbell(0, 2)
    with files.open_bus() as bus:
        mapped = bus.doorbell(0, small.DOORBELL)
        lib.bw_write32(mapped.address, 9)
        assert bus.bars[0].read32(small.DOORBELL) == 9
    assert kernel.left == files.left == {}


# Interrupts.


def test_a_vector_wakes_who_waits_for_it(kernel, way):
    with kernel.open_bus(abi=way) as bus:
        assert (bus.interrupts.count, bus.interrupts.kind) == (3, "MSI-X")
        bus.interrupts.enable(2)
        came = []
        waiting = threading.Thread(target=lambda: came.append(bus.interrupts.wait(1, 5.0)))
        waiting.start()
        bus.bars[0].write32(small.RAISE, 1)
        waiting.join(5.0)

        assert came == [1]
        for _ in range(3):
            bus.bars[0].write32(small.RAISE, 0)
        assert bus.interrupts.wait(0, 1.0) == 3
        assert bus.interrupts.wait(0, 0.01) == 0
        bus.bars[0].write32(small.RAISE, 2)
        assert bus.interrupts.wait(2, 0.01) == 0
    assert kernel.protests == []
    assert kernel.left == {}


def test_vectors_are_switched_anew_for_another_number(kernel):
    with kernel.open_bus() as bus:
        bus.interrupts.enable(1)
        bus.interrupts.enable(3)
        bus.bars[0].write32(small.RAISE, 2)
        assert bus.interrupts.wait(2, 1.0) == 1
        bus.interrupts.disable()
        bus.interrupts.disable()
        bus.bars[0].write32(small.RAISE, 2)
        assert bus.interrupts.wait(2, 0.01) == 0
    assert kernel.protests == []


@pytest.mark.parametrize("count", [0, -1, 4, True, 1.0])
def test_vectors_that_there_are_not_are_refused(kernel, count):
    with kernel.open_bus() as bus:
        with pytest.raises(UsageError):
            bus.interrupts.enable(count)
        with pytest.raises(UsageError):
            bus.interrupts.wait(3, 0)
        with pytest.raises(UsageError):
            bus.interrupts.wait(-1, 0)


def test_a_machine_without_vectors_to_spare_says_how_many_it_has(tmp_path):
    kernel = FakeKernel(SmallDevice(), tmp_path, Options(vectors_to_spare=2))
    with kernel.open_bus() as bus:
        with pytest.raises(TransportError, match="2 interrupt vectors to spare, not 3"):
            bus.interrupts.enable(3)
        assert bus.interrupts.enabled == 0
        bus.interrupts.enable(2)
    assert kernel.left == {}


def test_a_device_with_msi_alone_has_vectors(tmp_path):
    device = SmallDevice()
    device.config[small.PM + 1] = small.PCIE  # the list passes MSI-X by
    kernel = FakeKernel(device, tmp_path)
    kernel.msi_count = 4
    device._cold = lambda: None
    with kernel.open_bus() as bus:
        assert (bus.interrupts.count, bus.interrupts.kind) == (4, "MSI")
        bus.interrupts.enable(4)
        os.eventfd_write(kernel.triggers[3], 1)
        assert bus.interrupts.wait(3, 1.0) == 1
    assert kernel.left == {}


def test_closing_wakes_who_waits(kernel):
    bus = kernel.open_bus()
    bus.interrupts.enable(1)
    came = []
    waiting = threading.Thread(target=lambda: came.append(bus.interrupts.wait(0, 30.0)))
    waiting.start()
    time.sleep(0.05)
    bus.close()
    waiting.join(5.0)

    assert came == [0]
    assert bus.interrupts.wait(0, 1.0) == 0
    assert kernel.left == {}


def test_what_the_kernel_tells_of_the_device_is_seen(kernel, way):
    with kernel.open_bus(abi=way) as bus:
        assert not bus.asked_back
        bus.check()
        kernel.tell(REQUEST)
        assert bus.asked_back
        kernel.tell(ERROR)
        with pytest.raises(DeviceLost, match="cannot be mended"):
            bus.check()
        bus.reset()
        bus.check()
        assert bus.asked_back
    assert kernel.left == {}


# Reset.


def test_a_reset_leaves_the_configuration_and_the_vectors_as_they_were(kernel, way):
    with kernel.open_bus(abi=way) as bus:
        bus.interrupts.enable(2)
        before = [bus.config.read(at, 4) for at in range(0, 64, 4)]
        bus.bars[0].write32(0x200, 5)
        bus.bars[0].write32(small.RAISE, 0)
        began = time.monotonic()
        bus.reset()

        assert time.monotonic() - began >= 0.1
        assert [bus.config.read(at, 4) for at in range(0, 64, 4)] == before
        assert bus.bars[0].read32(0x200) == 0
        assert bus.interrupts.wait(0, 0.01) == 0  # what came before is over
        bus.bars[0].write32(small.RAISE, 1)
        assert bus.interrupts.wait(1, 1.0) == 1
    assert kernel.resets == ["open", "function", "close"]
    assert kernel.protests == []


def test_a_reset_that_is_refused_for_a_while_is_tried_again(tmp_path):
    kernel = FakeKernel(SmallDevice(), tmp_path, Options(busy_resets=3))
    with kernel.open_bus() as bus:
        bus.reset()
    assert kernel.resets.count("function") == 1


def test_a_device_without_a_reset_of_its_own_is_reset_with_its_bus_if_that_is_ours(tmp_path, way):
    affected = ((GROUP, ADDRESS), (GROUP, "0000:01:00.1")) if way == "group" else ((2, ADDRESS), (0, ADDRESS))
    kernel = FakeKernel(SmallDevice(), tmp_path, Options(has_reset=False, affected=affected, cdev=True))
    with kernel.open_bus(abi=way) as bus:
        bus.reset()
    assert kernel.resets == ["open", "hot", "close"]
    assert kernel.protests == []


def test_a_bus_that_others_are_on_is_not_reset(tmp_path, way):
    other = (99, "0000:01:00.1") if way == "group" else (0xFFFFFFFF, "0000:01:00.1")
    ours = (GROUP, ADDRESS) if way == "group" else (2, ADDRESS)
    kernel = FakeKernel(SmallDevice(), tmp_path, Options(has_reset=False, affected=(ours, other), cdev=True))
    with kernel.open_bus(abi=way) as bus:
        bus.interrupts.enable(1)
        with pytest.raises(TransportError, match=r"together with 0000:01:00.1, which are not ours"):
            bus.reset()
        assert bus.config.read(small.COMMAND, 2) & MASTER  # as it was
        assert bus.interrupts.enabled == 1
    assert kernel.resets == ["open", "close"]
    assert "VFIO_DEVICE_PCI_HOT_RESET" not in kernel.requests


def test_a_device_that_cannot_be_reset_at_all_says_so(tmp_path):
    kernel = FakeKernel(SmallDevice(), tmp_path, Options(has_reset=False, affected=None))
    with kernel.open_bus() as bus, pytest.raises(TransportError, match="no reset"):
        bus.reset()


def test_a_device_that_does_not_come_back_is_lost(kernel, monkeypatch):
    monkeypatch.setattr("barewire.transport.vfio.bus.RESET_WAIT_S", 0.15)
    bus = kernel.open_bus()
    kernel.pull()
    with pytest.raises(DeviceLost, match="come back"):
        bus.reset()
    bus.close()
    assert kernel.left == {}


def test_a_function_that_sleeps_is_woken(tmp_path):
    device = SmallDevice()
    written = []
    read, write = device.config_read, device.config_write
    state = [3]

    def config_read(offset, size):
        return state[0] if offset == small.PM + 4 else read(offset, size)

    def config_write(offset, size, value):
        if offset == small.PM + 4:
            written.append(value)
            state[0] = value
        else:
            write(offset, size, value)

    device.config_read, device.config_write = config_read, config_write
    with FakeKernel(device, tmp_path).open_bus():
        assert written == [0]


# A device that leaves.


def test_a_device_that_leaves_reads_as_ones_by_calls(kernel, way):
    bus = kernel.open_bus(abi=way)
    memory = bus.dma_memory(PAGE)
    bus.interrupts.enable(1)
    kernel.pull()

    assert bus.config.read(0, 4) == 0xFFFFFFFF
    assert bus.bars[0].read32(0) == 0xFFFFFFFF
    assert bus.bars[0].read(1, 3) == b"\xff\xff\xff"
    bus.bars[0].write32(0, 1)
    with pytest.raises(DeviceLost):
        GuardedWords(bus.bars[0], bus.config).read32(0)
    with pytest.raises(DeviceLost):
        bus.check()
    memory.close()
    bus.close()
    assert kernel.left == {}


def test_a_device_that_leaves_reads_as_ones_where_it_is_mapped(files):
    bus = files.open_bus()
    bar = bus.bars[0]
    bar.write32(0x100, 5)
    part = bus.bars[2].map(PAGE, 2 * PAGE)
    seen = part.look()
    seen[:2] = b"ab"
    doorbell = bus.doorbell(0, small.DOORBELL)
    files.pull()

    lib.bw_write32(doorbell.address, 1)  # as native code does
    assert bar.read32(0x100) == 0xFFFFFFFF
    bar.write32(0x100, 6)
    assert bar.read32(0x100) == 0xFFFFFFFF
    assert bytes(seen[:2]) == b"\xff\xff"
    assert bar.read(0, 8) == b"\xff" * 8
    with pytest.raises(DeviceLost) as lost:
        GuardedWords(bar, bus.config).read32(0x100)
    assert "fell off the bus" in lost.value.hint
    bus.close()
    assert bytes(seen[PAGE : PAGE + 2]) == b"\0\0"  # says nothing any more
    del seen, part, doorbell
    gc.collect()
    assert files.left == {}
    assert not files.retired


def test_memory_space_that_was_switched_off_is_told_from_a_device_that_is_gone(files):
    with files.open_bus() as bus:
        assert bus.bars[0].read32(0) == 0
        command = bus.config.read(small.COMMAND, 2)
        bus.config.write(small.COMMAND, 2, command & ~MEMORY)

        with pytest.raises(DeviceLost, match="memory space is switched off"):
            GuardedWords(bus.bars[0], bus.config).read32(0)
        with pytest.raises(DeviceLost, match="taken its mapped memory"):
            bus.check()

        bus.config.write(small.COMMAND, 2, command)
        bus.reset()
        bus.check()
        bus.bars[0].write32(0, 0x1234)
        assert os.pread(files.endpoint.files[0], 2, 0) == b"\x34\x12"
        assert bus.bars[0].read32(0) == 0x1234


def test_what_is_closed_is_not_touched_any_more(files):
    bus = files.open_bus()
    bus.bars[0].read32(0)
    part = bus.bars[2].map(0, PAGE)
    bus.close()

    for access in (
        lambda: bus.bars[0].read32(0),
        lambda: bus.bars[0].write32(0, 1),
        lambda: bus.bars[2].map(0, 4),
        lambda: bus.config.read(0, 2),
        lambda: bus.dma_memory(PAGE),
        lambda: bus.interrupts.enable(1),
        bus.reset,
        bus.check,
    ):
        with pytest.raises(TransportError, match="closed"):
            access()
    part.close()


def test_a_forked_child_lets_go_of_the_device_and_the_parent_keeps_it(files, way):
    with files.open_bus(abi=way) as bus:
        bus.bars[0].write32(0, 7)
        seen = bus.bars[2].map(0, PAGE).look()
        seen[:1] = b"x"
        memory = bus.dma_memory(PAGE)
        bus.interrupts.enable(1)
        child = os.fork()
        if not child:
            try:
                memory.close()
                bus.close()
                gone = not files.files and not files.events and bytes(seen[:1]) == b"\0"
                with pytest.raises(TransportError, match="closed"):
                    bus.bars[0].read32(0)
                os._exit(0 if gone and bus.closed else 1)
            except BaseException:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

        assert bus.bars[0].read32(0) == 7
        assert bytes(seen[:1]) == b"x"
        with pytest.raises(DeviceBusy):
            files.open_bus(abi=way)
    del seen
    assert files.left == {}
    assert files.protests == []


def test_ctrl_c_waits_until_memory_is_known_and_until_all_is_given_back(kernel, monkeypatch):
    bus = kernel.open_bus(abi="cdev")
    real = kernel.ioctl

    def interrupted(fd, request, argument=0):
        answer = real(fd, request, argument)
        if request.name in ("IOMMU_IOAS_MAP", "IOMMU_IOAS_UNMAP"):
            os.kill(os.getpid(), signal.SIGINT)
        return answer

    monkeypatch.setattr(kernel, "ioctl", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bus.dma_memory(PAGE)
    assert len(bus._memory) == 1
    with pytest.raises(KeyboardInterrupt):
        bus.close()

    assert kernel.left == {}
    assert kernel.protests == []


# Failures.


def test_a_mapping_that_the_kernel_refuses_is_told(kernel):
    with kernel.open_bus() as bus:
        kernel.fail["map"] = errno.ENOMEM
        with pytest.raises(TransportError, match="cannot be mapped"):
            bus.bars[2].read32(0)
        del kernel.fail["map"]
        assert bus.bars[2].read32(0) == 0


def live(kernel, way) -> None:
    """All that is done with a device."""
    with kernel.open_bus(abi=way) as bus:
        memory = bus.dma_memory(PAGE)
        bus.interrupts.enable(2)
        bus.bars[2].write32(0, 1)
        part = bus.bars[2].map(PAGE, PAGE)
        bus.doorbell(2, 0)
        bus.reset()
        part.close()
        memory.close()
        bus.dma_memory(2 * PAGE)


def test_a_failure_of_any_call_leaves_nothing_and_the_next_owner_has_it_all(files, way, monkeypatch):
    monkeypatch.setattr("barewire.transport.vfio.bus.RESET_PAUSE_S", 0.0)
    live(files, way)
    calls = list(files.steps)
    assert files.protests == []
    assert files.left == {}

    for number, name in enumerate(calls):
        files.steps.clear()
        files.fail_at = number
        try:
            live(files, way)
        except BarewireError as error:
            assert error.facts.get("errno", errno.EIO) == errno.EIO, name
        files.fail_at = None
        may_stay = {"memory"} if "UNMAP" in name else set()  # the device may still write there
        files.memory_maps = [each for each in files.memory_maps if not each.closed and not may_stay]
        assert files.left == {}, (number, name)
        live(files, way)
    assert len(calls) > 30


def test_closing_goes_on_when_a_step_of_it_fails(kernel, way):
    bus = kernel.open_bus(abi=way)
    bus.dma_memory(PAGE)
    bus.interrupts.enable(1)
    kernel.fail["VFIO_DEVICE_SET_IRQS"] = errno.EINVAL

    with pytest.raises(TransportError):
        bus.close()

    assert not kernel.files
    assert not kernel.dma
    kernel.fail.clear()
    kernel._disable_irqs()
    kernel.open_bus(abi=way).close()


def test_whatever_a_kernel_says_of_a_region_does_no_harm(tmp_path_factory):
    generator = random.Random(7)
    opened = 0
    for number in range(150):
        length = generator.choice((8, 16, 24, 40, 64))
        words = [
            generator.choice((0, 1, 2, 3, 32, 40, 48, PAGE, 1 << 16, 0xFFFFFFFF)) for _ in range(length // 4)
        ]
        raw = b"".join(word.to_bytes(4, "little") for word in words)
        folder = tmp_path_factory.mktemp(f"kernel{number}")
        kernel = FakeKernel(SmallDevice(), folder, Options(region_capabilities={2: raw}))
        try:
            kernel.open_bus().close()
            opened += 1
        except TransportError:
            pass
        assert kernel.left == {}
    assert 0 < opened < 150


def test_many_threads_take_and_give_back_memory(kernel, way):
    failures = []

    def work() -> None:
        try:
            for _ in range(30):
                memories = [bus.dma_memory(PAGE * count) for count in (1, 3, 2)]
                for each in memories:
                    each.view[0] = 1
                    each.close()
        except Exception as error:
            failures.append(error)

    with kernel.open_bus(abi=way) as bus:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(30)
        assert bus._pinner.addresses.taken == {}
    assert failures == []
    assert kernel.left == {}
    assert kernel.protests == []
