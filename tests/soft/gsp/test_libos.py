"""LibOS's arguments, its log buffers and the queues' memory: what GSP needs before it says anything."""

from __future__ import annotations

import struct

import pytest
from gsp_driver import COMMANDS, INIT_DONE, QUEUE_PAGES, STATUS, STATUS_WRITE, UNLOADING, GspDriver, TimedOut
from soft_host import PAGE


def hangs(driver: GspDriver) -> str:
    """Why GSP never comes up, though the bootstrap was good."""
    driver.start_gsp()
    driver.wait_for_release()
    driver.wait(lambda: driver.gpu.firmware.state.value == "hung", "the hang")
    with pytest.raises(TimedOut):
        driver.receive(INIT_DONE, timeout_s=0.02)
    assert [kind for kind in driver.kinds() if kind != "DMA refused"] == ["GSP hung"]
    return driver.gpu.firmware.trouble


# (structure, offset, bytes, value, part of the reason)
WRONG = [
    ("libos", 0x00, 8, int.from_bytes(b"ABC", "big"), "named 'ABC'"),
    ("libos", 0x00, 8, (1 << 64) - 1, "a LibOS region named"),
    ("libos", 0x20, 8, int.from_bytes(b"LOGINIT", "big"), "two LibOS regions named 'LOGINIT'"),
    ("libos", 0x00, 8, 0, "no LibOS region"),
    ("libos", 0x40, 8, 0, "no LibOS region LOGRM, RMARGS"),
    ("libos", 0x08, 8, 0x7_0000_0010, "LOGINIT"),
    ("libos", 0x10, 8, 0, "LOGINIT"),
    ("libos", 0x18, 1, 2, "kind 2"),
    ("libos", 0x19, 1, 2, "location 2"),
    ("libos", 0x68, 8, 0x5000_0000, "RMARGS"),
    ("libos", 0x70, 8, 0x40, "RMARGS of 0x40 bytes"),
    ("rm_arguments", 0x00, 8, 0, "not the address of a page"),
    ("rm_arguments", 0x00, 8, 0x5000_0000, "shared area"),
    ("rm_arguments", 0x08, 4, 0, "0 pages"),
    ("rm_arguments", 0x08, 4, 128, "a queue at 0x41000"),
    ("rm_arguments", 0x08, 4, 513, "513 pages"),
    ("rm_arguments", 0x10, 8, 0, "a queue at 0x0"),
    ("rm_arguments", 0x10, 8, 0x1010, "a queue at 0x1010"),
    ("rm_arguments", 0x10, 8, 0x42000, "a queue at 0x42000"),
    ("rm_arguments", 0x18, 8, 0x40000, "overlap"),
    ("rm_arguments", 0x20, 4, 3, "resume"),
    ("rm_arguments", 0x28, 1, 1, "resume"),
    ("shared", 0x00, 8, 0, "page 0"),
    ("shared", 8 * 77, 8, 0, "page 77"),
    ("shared", 8 * 77, 8, 0x7_0000_0800, "page 77"),
    ("shared", 8 * 128, 8, 0x5000_0000, "shared area"),
    ("shared", COMMANDS + 0x00, 4, 1, "version 1"),
    ("shared", COMMANDS + 0x04, 4, 0x41000, "size 0x41000"),
    ("shared", COMMANDS + 0x08, 4, 0x2000, "message size"),
    ("shared", COMMANDS + 0x0C, 4, 64, "64 messages"),
    ("shared", COMMANDS + 0x18, 4, 0x1C, "rx at 0x1c"),
    ("shared", COMMANDS + 0x1C, 4, 0x20, "entries at 0x20"),
    ("shared", COMMANDS + 0x1C, 4, 0x2000, "entries at 0x2000"),
    ("shared", COMMANDS + 0x1C, 4, 0x40000, "entries at 0x40000"),
]


@pytest.mark.parametrize(("structure", "offset", "size", "value", "reason"), WRONG)
def test_one_wrong_field_and_gsp_hangs(driver: GspDriver, structure, offset, size, value, reason):
    getattr(driver, structure).put(offset, value, size)

    assert reason in hangs(driver)


def test_the_first_page_of_the_area_lists_itself(driver: GspDriver):
    first, second = driver.shared.get(0, 8), driver.shared.get(8, 8)
    driver.shared.write(0, struct.pack("<QQ", second, first))

    assert "its first page at" in hangs(driver)


@pytest.mark.parametrize("page", [0, 15])
def test_a_log_buffer_lists_its_pages(driver: GspDriver, page: int):
    driver.logs["LOGRM"].put(8 + 8 * page, 0, 8)

    assert f"page {page}" in hangs(driver)


def test_further_logs_are_welcome(driver: GspDriver):
    log = driver.host.allocate(0x10000)
    log.write(8, struct.pack("<16Q", *log.pages))
    region = struct.pack("<QQQBB6x", int.from_bytes(b"LOGKRNL", "big"), log.iova, 0x10000, 1, 1)
    driver.libos.write(32 * 4, region)

    driver.boot()


def test_logs_count_their_words_and_write_over_the_page_list(running: GspDriver):
    log = running.logs["LOGINIT"]
    written = log.get(0, 8)

    assert written > 0
    text = log.read(8, 8 * (written - 2))
    assert text.rstrip(b"\0").decode() == "GSP-RM of the software GPU starts"
    length, time_ns = struct.unpack("<QQ", log.read(8 * (written - 1), 16))
    assert length == len("GSP-RM of the software GPU starts")
    assert 0 < time_ns <= running.gpu.clock.now_ns()


def test_a_log_that_is_full_begins_again(running: GspDriver):
    log = running.logs["LOGRM"]
    with running.gpu.lock:
        for _ in range(2000):
            running.gpu.firmware.log("a line of forty letters, neither more nor.")

    written = log.get(0, 8)
    assert written > 0x10000 // 8
    assert b"a line of" in log.read(8, 0x10000 - 8)


def test_a_log_that_the_host_took_away_is_borne(running: GspDriver):
    running.logs["LOGRM"].unmap()

    running.call(UNLOADING, bytes(8))
    running.wait(lambda: running.gpu.firmware.state.value == "idle", "the end")


def test_the_status_queue_gets_the_header_that_open_rm_links_to(running: GspDriver):
    header = struct.unpack("<8I", running.shared.read(STATUS, 32))

    assert header[:4] == (0, 0x40000, 0x1000, 63)
    assert header[5:] == (1, 0x20, 0x1000)


def test_an_area_of_neighbouring_pages_does_as_well(driver: GspDriver):
    together = driver.host.allocate(QUEUE_PAGES * PAGE)
    together.write(0, driver.shared.read(0, QUEUE_PAGES * PAGE))
    together.write(0, struct.pack(f"<{QUEUE_PAGES}Q", *together.pages))
    driver.shared = together
    driver.rm_arguments.put(0, together.iova, 8)

    driver.boot()


def test_a_host_that_does_not_swap_read_pointers_finds_them_where_they_belong(driver: GspDriver):
    driver.shared.put(COMMANDS + 0x14, 0)
    driver.start_gsp()
    driver.wait_for_release()
    driver.wait(lambda: driver.shared.get(STATUS_WRITE) == 1, "INIT_DONE")

    assert driver.shared.get(COMMANDS + 0x20) == 2  # GSP's, of the command queue
    assert driver.shared.get(STATUS + 0x20) == 0  # the host's, of the status queue
