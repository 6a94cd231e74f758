"""The software GPU as a whole: registers, time, tasks, memory, and a stranger's first accesses."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

import pytest
from barewire.errors import UsageError
from barewire.softgpu.chip import SoftGpu, SoftOptions
from barewire.softgpu.unit import Unit
from barewire.softgpu.vram import OutsideVram

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

# The first accesses of Linux' nouveau, recorded on a stub: (R or W, offset, value).
NOUVEAU = Path(__file__).with_name("nouveau_first_accesses.txt")


def test_it_identifies_itself(regs):
    assert regs["NV_PMC_BOOT_0"] == 0x180000A1
    assert regs["NV_PMC_BOOT_42"] == 0x180A1000
    assert regs["NV_PMC_BOOT_1"] == 0
    assert regs["NV_USABLE_FB_SIZE_IN_MB"] == 80 * 1024


def test_how_much_memory_there_is_is_known_when_fsp_is_ready(make_gpu):
    gpu = make_gpu(vram_bytes=1 * GIB, fsp_ready_s=0.02)
    at = gpu.offset("NV_USABLE_FB_SIZE_IN_MB")
    before = gpu.bar_read(0, at, 4)
    time.sleep(0.03)

    assert (before, gpu.bar_read(0, at, 4)) == (0, 1024)


def test_a_register_that_does_not_exist_answers_with_the_decode_error(gpu):
    assert gpu.bar_read(0, 0x123450, 4) == 0xBADF1100
    gpu.bar_write(0, 0x123450, 4, 7)

    assert [(report.kind, report.facts["offset"]) for report in gpu.reports] == [
        ("unknown register", 0x123450),
        ("unknown register", 0x123450),
    ]


def test_the_same_report_again_is_counted(gpu):
    for _ in range(5):
        gpu.bar_read(0, 0x123450, 4)

    assert [report.count for report in gpu.reports] == [5]


def test_narrow_reads_see_part_of_a_word_and_narrow_writes_are_refused(gpu):
    assert [gpu.bar_read(0, at, 1) for at in range(4)] == [0xA1, 0x00, 0x00, 0x18]
    assert gpu.bar_read(0, 0, 8) == 0x180000A1
    gpu.bar_write(0, gpu.offset("NV_PTIMER_INTR_EN_0"), 2, 1)

    assert gpu.bar_read(0, gpu.offset("NV_PTIMER_INTR_EN_0"), 4) == 0
    assert [report.kind for report in gpu.reports] == ["narrow register write"]


def test_time_goes_on_in_steps_of_32_ns(gpu, regs):
    def now() -> int:
        while True:
            high = regs["NV_PTIMER_TIME_1"]
            low = regs["NV_PTIMER_TIME_0"]
            if regs["NV_PTIMER_TIME_1"] == high:
                return high << 32 | low

    first = now()
    time.sleep(0.002)
    second = now()

    assert first % 32 == second % 32 == 0
    assert 2e6 <= second - first < 1e9


def test_time_begins_anew_after_61_bits(gpu, regs):
    regs["NV_PTIMER_TIME_1"] = 0xFFFFFFFF
    regs["NV_PTIMER_TIME_0"] = 0xFFFFFFFF

    assert gpu.clock.now_ns() < 1 << 61


def test_time_can_be_set(regs):
    regs["NV_PTIMER_TIME_1"] = 0x1234
    regs["NV_PTIMER_TIME_0"] = 0

    assert regs["NV_PTIMER_TIME_1"] == 0x1234
    assert regs["NV_PTIMER_TIME_0"] < 1e9


def test_the_flush_page_is_kept_whichever_way_it_is_written(gpu, regs):
    regs["NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_HI"] = 0x12
    regs["NV_PFB_FBHUB_PCIE_FLUSH_SYSMEM_ADDR_LO"] = 0x3456_7000
    gpu.bar_write(0, 0x100C10, 4, 0xFFFF0)

    assert gpu.pmc.flush_page == 0x12_3456_7000
    assert gpu.bar_read(0, 0x100C10, 4) == 0xFFFF0
    assert gpu.reports == []


def test_a_flush_gives_a_token_that_is_then_completed(gpu, regs):
    token = regs["NV_XAL_EP_UFLUSH_FB_FLUSH"]

    done = regs["NV_XAL_EP_UFLUSH_FB_FLUSH_COMPLETED"]
    assert (done & 0x7FFFFFFF, done >> 31) == (token, 0)
    assert regs["NV_XAL_EP_UFLUSH_FB_FLUSH"] == token + 1
    regs["NV_UFLUSH_FB_FLUSH"] = 1
    assert regs["NV_UFLUSH_FB_FLUSH"] == 0


def test_nouveaus_first_accesses_are_answered(gpu):
    wrong = []
    for line in NOUVEAU.read_text().splitlines():
        match = re.match(r"([RW]) 0x([0-9a-f]+) ([0-9a-f]{8})", line)
        if match is None:
            continue
        way, offset, value = match[1], int(match[2], 16), int(match[3], 16)
        if way == "W":
            gpu.bar_write(0, offset, 4, value)
        elif gpu.bar_read(0, offset, 4) != value:
            wrong.append(line)

    assert wrong == []
    assert [report for report in gpu.reports if report.kind == "unknown register"] == []


# Tasks.


def test_tasks_run_in_order_with_the_lock_held(gpu):
    ran = []

    def task(name: int):
        return lambda: ran.append((name, gpu.lock.owned))

    gpu.work.after(0.02, task(3))
    gpu.work.post(task(1))
    gpu.work.post(task(2))
    time.sleep(0.05)

    assert gpu.work.drain()
    assert ran == [(1, True), (2, True), (3, True)]


def test_a_task_waits_for_an_access_to_end(gpu):
    ran = threading.Event()
    with gpu.lock:
        gpu.work.post(ran.set)
        assert not ran.wait(0.02)
    assert ran.wait(1.0)


def test_accesses_get_their_turn_between_tasks(gpu):
    going = True

    def again() -> None:
        time.sleep(0.001)
        if going:
            gpu.work.post(again)

    gpu.work.post(again)
    begin = time.perf_counter()
    for _ in range(20):
        gpu.bar_read(0, 0, 4)
    took = time.perf_counter() - begin
    going = False

    assert took < 0.5  # in turns; else an access may wait for a hundred tasks


def test_what_a_task_raises_is_kept(gpu):
    gpu.work.post(lambda: 1 / 0)
    gpu.work.drain()

    assert [type(defect) for defect in gpu.defects] == [ZeroDivisionError]
    gpu.defects.clear()


def test_a_reset_cancels_tasks(gpu):
    ran = []
    with gpu.lock:
        gpu.work.post(lambda: ran.append(1))
        job = gpu.work.after(0.01, lambda: ran.append(2))
        gpu.reset()
    time.sleep(0.03)

    assert gpu.work.drain()
    assert (ran, job.cancelled) == ([], True)


def test_a_reset_cancels_a_task_that_waits_for_the_lock(gpu):
    ran = []
    with gpu.lock:
        gpu.work.post(lambda: ran.append(1))
        while gpu.work.waiting:
            time.sleep(0.001)
        gpu.reset()

    assert gpu.work.drain()
    assert ran == []


def test_closing_ends_the_worker():
    gpu = SoftGpu(SoftOptions(vram_bytes=256 * MIB, bar1_bytes=256 * MIB))
    gpu.work.post(lambda: None)
    gpu.work.drain()
    worker = gpu.work._thread
    gpu.close()
    gpu.close()

    assert not worker.is_alive()
    assert gpu.bar_read(0, 0, 4) == 0xFFFFFFFF


def test_a_closed_gpu_answers_no_configuration_access():
    gpu = SoftGpu(SoftOptions(vram_bytes=256 * MIB, bar1_bytes=256 * MIB, dirty_vram_bytes=4096))
    gpu.close()
    gpu.config_write(0x68, 2, 0x8000)
    gpu.reset()

    assert gpu.config_read(0, 4) == 0xFFFFFFFF
    assert gpu.pci.resets == 0


def test_a_task_that_waits_for_the_lock_is_not_run_after_the_end():
    gpu = SoftGpu(SoftOptions(vram_bytes=256 * MIB, bar1_bytes=256 * MIB))
    ran = []
    with gpu.lock:
        gpu.work.post(lambda: ran.append(1))
        time.sleep(0.02)
        threading.Thread(target=gpu.work.close).start()
        time.sleep(0.02)
    gpu.close()

    assert ran == []


def test_reading_all_registers_keeps_nothing(gpu):
    for offset in range(0, 2 << 20, 4):
        gpu.registers.unit_at(offset)

    assert len(gpu.registers._known) <= 1 << 16


# Units.


class Shy(Unit):
    """A unit with one register in a range of two."""

    ranges = ((0x900000, 0x900007),)

    def read(self, offset: int) -> int:
        return 0x1_2345_6789 if offset == 0x900000 else super().read(offset)


def test_a_unit_answers_its_range_and_no_more(gpu):
    gpu.registers.add(Shy(gpu))

    assert gpu.bar_read(0, 0x900000, 4) == 0x23456789
    assert gpu.bar_read(0, 0x900004, 4) == 0xBADF1100
    assert gpu.bar_read(0, 0x900008, 4) == 0xBADF1100


# Memory.


def test_video_memory_is_as_large_as_it_says(gpu):
    gpu.vram.write(80 * GIB - 4, b"last")

    assert gpu.vram.read(80 * GIB - 4, 4) == b"last"
    assert bytes(gpu.vram.view(80 * GIB - 4, 4)) == b"last"
    for outside in (80 * GIB, 80 * GIB - 3, -1):
        with pytest.raises(OutsideVram):
            gpu.vram.read(outside, 4)


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_words_of_video_memory_are_little_endian_wherever_they_are(gpu, size):
    data = bytes(range(0x31, 0x31 + size))
    for offset in (0x1000, 0x1001, 0x1FFE, 80 * GIB - size):
        gpu.vram.store(offset, size, int.from_bytes(data, "little"))

        assert gpu.vram.read(offset, size) == data
        assert gpu.vram.load(offset, size) == int.from_bytes(data, "little")


def test_words_beyond_video_memory_are_refused(make_gpu):
    gpu = make_gpu()
    for offset in (80 * GIB, 80 * GIB - 3, -4, -1):
        with pytest.raises(OutsideVram):
            gpu.vram.load(offset, 4)
        with pytest.raises(OutsideVram):
            gpu.vram.store(offset, 4, 0)
    gpu.close()
    for offset in (0, 1):
        with pytest.raises(OutsideVram):
            gpu.vram.load(offset, 4)
        with pytest.raises(OutsideVram):
            gpu.vram.store(offset, 4, 0)


def test_protected_regions_are_for_firmware_only(gpu):
    gpu.vram.protect(1 * MIB, 2 * MIB)
    gpu.vram.write(1 * MIB, b"firmware")

    assert gpu.vram.read(1 * MIB, 8) == b"firmware"
    assert gpu.vram.reachable(1 * MIB - 8, 8)
    assert not gpu.vram.reachable(1 * MIB - 8, 9)
    assert not gpu.vram.reachable(2 * MIB - 1)
    assert gpu.vram.reachable_from(0) == 1 * MIB
    assert gpu.vram.reachable_from(3 * MIB) == 80 * GIB - 3 * MIB
    with pytest.raises(OutsideVram):
        gpu.vram.address(1 * MIB, 1)


def test_memory_can_be_dirty_after_every_reset(make_gpu):
    gpu = make_gpu(vram_bytes=256 * MIB, bar1_bytes=64 * MIB, dirty_vram_bytes=1 * MIB)
    gpu.vram.write(0, bytes(16))
    gpu.reset()

    assert gpu.vram.read(0, 16) == gpu.vram.read(1 * MIB - 16, 16) == b"\xa5" * 16
    assert gpu.vram.read(1 * MIB, 16) == bytes(16)


def test_it_costs_next_to_nothing_to_make():
    SoftGpu().close()
    begin = time.perf_counter()
    SoftGpu().close()

    assert time.perf_counter() - begin < 0.15


@pytest.mark.parametrize(
    "options",
    [{"chip": "ad102"}, {"vram_bytes": 1000}, {"bar1_bytes": 3 * GIB}, {"bar2_bytes": 4096}],
)
def test_a_gpu_that_cannot_be_is_refused(options):
    with pytest.raises(UsageError):
        SoftOptions(**options)
