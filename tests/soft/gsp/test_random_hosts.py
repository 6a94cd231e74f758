"""Hosts that write anything anywhere: the model may refuse, hang or report, but never fail itself."""

from __future__ import annotations

import random

import pytest
from gsp_driver import (
    EMEMC,
    EMEMD,
    FSP_STATUS,
    MAILBOX0,
    STATUS,
    GspDriver,
    Refused,
    TimedOut,
)

STRUCTURES = ("boot_params", "meta", "libos", "rm_arguments", "level0", "level1", "level2")
VALUES = (0, 1, 7, 0xFFF, 0x1000, 0xFFFFFFFF, 0x7_0000_0000, 1 << 40, (1 << 63) + 4096, (1 << 64) - 1)
UNITS = (
    (0x110000, 0x112000),
    (0x8F0320, 0x8F0340),
    (0x8F2AC0, 0x8F2B00),
    (0x8F2C00, 0x8F2CC0),
    (0x1FA820, 0x1FA830),
)


def settle(driver: GspDriver) -> None:
    """Let a boot that was begun come to whatever end it has."""
    try:
        driver.wait(lambda: driver.gpu.firmware.state.value not in ("booting", "idle"), "an end", 0.05)
        driver.wait(driver.poll, "a message", 0.01)
    except TimedOut:
        pass
    driver.gpu.work.drain()


@pytest.mark.parametrize("seed", range(14))
def test_structures_with_random_fields(driver: GspDriver, seed: int):
    chosen = random.Random(seed)
    for _ in range(chosen.randrange(1, 3)):
        memory = getattr(driver, chosen.choice(STRUCTURES))
        size = chosen.choice((1, 2, 4, 8))
        memory.put(chosen.randrange(0, 0x100, size), chosen.choice(VALUES) & (1 << 8 * size) - 1, size)
    try:
        driver.start_gsp()
    except Refused:
        return
    settle(driver)

    assert driver.gpu.defects == []


@pytest.mark.parametrize("seed", range(14))
def test_queue_headers_with_random_fields(driver: GspDriver, seed: int):
    chosen = random.Random(seed)
    for _ in range(2):
        offset = chosen.choice((0x1000, 0x41000)) + chosen.randrange(0, 0x24, 4)
        driver.shared.put(offset, chosen.choice(VALUES) & 0xFFFFFFFF)
    driver.start_gsp()
    settle(driver)

    assert driver.gpu.defects == []


@pytest.mark.parametrize("seed", range(14))
def test_chains_of_trust_with_random_bytes(driver: GspDriver, seed: int):
    chosen = random.Random(seed)
    packet = bytearray(driver.chain_of_trust())
    for _ in range(chosen.randrange(1, 4)):
        at = chosen.choice((chosen.randrange(0x2C), chosen.randrange(len(packet))))
        packet[at] = chosen.randrange(256)
    driver.send_to_fsp(bytes(packet))
    settle(driver)

    assert driver.gpu.defects == []


@pytest.mark.parametrize("seed", range(6))
def test_random_accesses_to_the_registers_at_any_moment(driver: GspDriver, seed: int):
    chosen = random.Random(seed)
    if seed % 3:
        driver.send_to_fsp(driver.chain_of_trust())
    if seed % 3 == 2:
        settle(driver)
    for _ in range(1500):
        first, last = chosen.choice(UNITS)
        register = chosen.randrange(first, last, 4)
        if chosen.random() < 0.5:
            assert 0 <= driver.read(register) < 1 << 32
        else:
            driver.write(register, chosen.choice((0, 1, 0x40, 0x360, 0xFFFFFFFF, chosen.getrandbits(32))))
    driver.gpu.work.drain()

    assert driver.gpu.defects == []
    driver.gpu.reset()
    driver.enable()
    driver.prepare()
    driver.boot()


def test_registers_at_the_end_of_emem(driver: GspDriver):
    for control in (0xFFFC, 0x0300FFFC, 0x1FFC, 0x03001FFC):
        driver.write(EMEMC, control)
        driver.write(EMEMD, 0xFFFFFFFF)
        driver.write(EMEMC, control)
        assert 0 <= driver.read(EMEMD) < 1 << 32


def test_a_reset_at_any_moment_of_a_running_gsp_leaves_a_cold_one(driver: GspDriver):
    chosen = random.Random(3)
    for _ in range(5):
        driver.boot()
        for _ in range(chosen.randrange(5)):
            driver.push(65, bytes(chosen.randrange(9000)))
        driver.gpu.reset()
        driver.enable()
        assert (driver.read(FSP_STATUS), driver.read(MAILBOX0)) == (0xFF, 0)
        before = driver.shared.read(STATUS, 0x24)
        driver.gpu.work.drain()
        assert driver.shared.read(STATUS, 0x24) == before
        driver.prepare()
