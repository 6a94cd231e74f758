"""FSP as a driver sees it: its status, its EMEM, its queues, and what it makes of a chain of trust."""

from __future__ import annotations

import hashlib
import struct
import time

import pytest
from gsp_driver import (
    COMMAND_HEAD,
    COMMAND_TAIL,
    EMEMC,
    EMEMD,
    FSP_STATUS,
    HWCFG2,
    MESSAGE_HEAD,
    MESSAGE_TAIL,
    MIB,
    GspDriver,
    TimedOut,
)

INVALID_STATE, NOT_SUPPORTED, INVALID_DATA = 0x9E, 0xA0, 0xA1


def test_fsp_says_that_it_booted_with_all_32_bits(driver: GspDriver):
    assert driver.read(FSP_STATUS) == 0x000000FF


def test_fsp_takes_its_time_after_a_reset(make_driver):
    driver = make_driver(fsp_ready_s=0.05)

    assert driver.read(FSP_STATUS) == 0
    assert driver.read(HWCFG2) & 0xFFFFFF00 == 0xBADF4100
    driver.wait(lambda: driver.read(FSP_STATUS) == 0xFF, "FSP")
    assert driver.read(HWCFG2) & 0xFFFFFF00 != 0xBADF4100


def test_a_mishap_keeps_fsp_from_booting_until_the_next_reset(make_driver):
    driver = make_driver()
    driver.gpu.firmware.mishaps.add("fsp_not_ready")
    driver.gpu.reset()
    driver.enable()

    assert driver.read(FSP_STATUS) == 0
    assert driver.read(FSP_STATUS) == 0
    driver.gpu.reset()
    driver.enable()
    assert driver.read(FSP_STATUS) == 0xFF


def test_emem_moves_on_by_a_word_where_it_was_told_to(driver: GspDriver):
    driver.write(EMEMC, 1 << 24)
    for word in range(80):
        driver.write(EMEMD, word * 0x01010101)

    assert driver.read(EMEMC) == 1 << 24 | 1 << 8 | 16 << 2  # block 1, dword 16
    driver.write(EMEMC, 1 << 25)
    assert [driver.read(EMEMD) for _ in range(80)] == [word * 0x01010101 for word in range(80)]
    assert driver.read(EMEMC) == 1 << 25 | 1 << 8 | 16 << 2


def test_emem_stays_where_it_was_not_told_to_move(driver: GspDriver):
    driver.write(EMEMC, 0x40)
    driver.write(EMEMD, 0xAAAA5555)
    driver.write(EMEMD, 0x12345678)

    assert driver.read(EMEMC) == 0x40
    assert [driver.read(EMEMD), driver.read(EMEMD)] == [0x12345678] * 2


def test_another_part_of_emem_is_not_the_drivers(driver: GspDriver):
    driver.write(EMEMC, 4 << 8)
    driver.read(EMEMD)

    assert driver.kinds() == ["foreign EMEM"]


def test_the_answer_is_one_packet_of_twenty_bytes(driver: GspDriver):
    driver.send_to_fsp(driver.chain_of_trust())

    answer = driver.receive_from_fsp()

    assert struct.unpack("<5I", answer) == (0xC0000000, 0x1510DE7E, 0, 0x14, 0)
    assert driver.read(COMMAND_HEAD) == driver.read(COMMAND_TAIL)
    assert driver.read(MESSAGE_HEAD) == driver.read(MESSAGE_TAIL)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mctp": 0x80000000}, NOT_SUPPORTED),
        ({"mctp": 0xC0010000}, NOT_SUPPORTED),
        ({"nvdm": 0x1410DE7F}, INVALID_DATA),
        ({"nvdm": 0x1410DF7E}, INVALID_DATA),
        ({"nvdm": 0x1310DE7E}, NOT_SUPPORTED),
        ({"version": 2}, NOT_SUPPORTED),
        ({"size": 856}, INVALID_DATA),
        ({"fmc": 0}, INVALID_DATA),
        ({"fmc": 0x123456000}, INVALID_DATA),
        ({"hash": bytes(48)}, INVALID_DATA),
        ({"hash": b"\1" * 48}, INVALID_DATA),
        ({"public_key": b""}, INVALID_DATA),
        ({"signature": b""}, INVALID_DATA),
        ({"arguments": 0}, INVALID_DATA),
        ({"arguments": 0x7_0000_0010}, INVALID_DATA),
        ({"frts_offset": 0}, INVALID_DATA),
        ({"frts_offset": 0x280000}, INVALID_DATA),
        ({"frts_size": 0}, INVALID_DATA),
        ({"frts_size": 2 * MIB}, INVALID_DATA),
        ({"frts_sysmem_size": 1 * MIB}, INVALID_DATA),
        ({"frts_sysmem_offset": 0x1000}, INVALID_DATA),
    ],
    ids=str,
)
def test_a_chain_of_trust_that_is_wrong_in_one_field_is_refused(driver: GspDriver, changes, code):
    assert driver.ask_fsp(driver.chain_of_trust(**changes)) == code
    assert driver.kinds() == ["FSP refusal"]
    assert driver.ask_fsp(driver.chain_of_trust()) == 0


def test_open_rms_copy_of_frts_in_host_memory_is_accepted(driver: GspDriver):
    frts = driver.host.allocate(1 * MIB)

    packet = driver.chain_of_trust(frts_sysmem_offset=frts.iova, frts_sysmem_size=1 * MIB)

    assert driver.ask_fsp(packet) == 0


@pytest.mark.parametrize("size", [8, 864, 872])
def test_a_chain_of_trust_of_another_length_is_refused(driver: GspDriver, size: int):
    packet = (driver.chain_of_trust() + bytes(8))[:size]

    assert driver.ask_fsp(packet) == INVALID_DATA


def test_a_bootstrap_image_changed_by_one_bit_is_refused(driver: GspDriver):
    driver.fmc.put(0x777, driver.fmc.get(0x777, 1) ^ 4, 1)

    assert driver.ask_fsp(driver.chain_of_trust()) == INVALID_DATA


@pytest.mark.parametrize("size", [4, 4096, 4100, 166472, 0x28648 + 64])
def test_an_image_of_any_length_is_found_by_its_hash(make_driver, size: int):
    driver = make_driver()
    driver.images.fmc = hashlib.shake_128(b"image").digest(size)
    driver.prepare()

    assert driver.ask_fsp(driver.chain_of_trust()) == 0
    assert driver.gpu.fsp.fmc_size_bytes == size


def test_a_second_chain_of_trust_while_gsp_runs_is_refused(running: GspDriver):
    assert running.ask_fsp(running.chain_of_trust()) == INVALID_STATE


def test_a_packet_before_fsp_has_booted_is_never_answered(make_driver):
    driver = make_driver(fsp_ready_s=60.0)
    driver.prepare()

    driver.send_to_fsp(driver.chain_of_trust())

    with pytest.raises(TimedOut):
        driver.receive_from_fsp(timeout_s=0.05)
    assert "early FSP packet" in driver.kinds()


def test_a_packet_before_the_last_answer_was_read_is_lost(driver: GspDriver):
    driver.send_to_fsp(driver.chain_of_trust(version=7))
    driver.wait(lambda: driver.read(MESSAGE_TAIL), "FSP's answer")

    driver.send_to_fsp(driver.chain_of_trust(version=7))

    assert driver.kinds() == ["FSP refusal", "hasty FSP packet"]


def test_another_queue_of_fsp_is_not_the_drivers(driver: GspDriver):
    driver.write(COMMAND_TAIL + 8, 0x360)
    driver.write(COMMAND_HEAD + 8, 0)

    assert driver.kinds() == ["foreign FSP queue"]


def test_a_mishap_makes_fsp_answer_an_error_once(driver: GspDriver):
    driver.gpu.firmware.mishaps.add("fsp_error", status=0x177)

    assert driver.ask_fsp(driver.chain_of_trust()) == 0x177
    assert driver.ask_fsp(driver.chain_of_trust()) == 0


def test_a_mishap_makes_fsp_silent(driver: GspDriver):
    driver.gpu.firmware.mishaps.add("fsp_silent")
    driver.send_to_fsp(driver.chain_of_trust())

    with pytest.raises(TimedOut):
        driver.receive_from_fsp(timeout_s=0.05)


def test_looking_for_a_hash_that_is_nowhere_ends_soon(driver: GspDriver):
    started = time.monotonic()

    assert driver.ask_fsp(driver.chain_of_trust(hash=b"\5" * 48)) == INVALID_DATA
    assert time.monotonic() - started < 1.0
