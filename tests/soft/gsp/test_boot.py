"""The boot of GSP as a driver sees it: what the registers show from the chain of trust to INIT_DONE."""

from __future__ import annotations

import time

import pytest
from gsp_driver import (
    DOORBELL,
    HWCFG2,
    INIT_DONE,
    IRQSCLR,
    IRQSTAT,
    MAILBOX0,
    MAILBOX1,
    MIB,
    OS,
    RETRIGGER,
    RISCV_CPUCTL,
    RISCV_IRQMASK,
    SET_REGISTRY,
    SET_SYSTEM_INFO,
    STATIC_INFO,
    STATUS,
    UNLOADING,
    WPR2_HI,
    WPR2_LO,
    GspDriver,
    Refused,
    TimedOut,
)

ACTIVE, HALTED = 1 << 7, 1 << 4
LOCKDOWN = 1 << 13
SWGEN0 = 1 << 6


def test_a_driver_that_does_everything_right_reaches_init_done(driver: GspDriver):
    driver.boot()

    assert driver.gpu.reports == []
    assert driver.resman.booted == 1
    assert [function for function, _ in driver.resman.handled] == [SET_SYSTEM_INFO, SET_REGISTRY]
    assert driver.gpu.firmware.state.value == "running"


def test_what_a_driver_polls_comes_in_the_order_that_every_open_driver_expects(driver: GspDriver):
    assert driver.read(RISCV_CPUCTL) & (ACTIVE | HALTED) == HALTED
    assert driver.read(HWCFG2) & 1 << 10
    driver.ask_fsp(driver.chain_of_trust())
    seen = []

    def look() -> bool:
        # Mailbox first, as nouveau reads them.
        with driver.gpu.lock:
            mailbox, config = driver.read(MAILBOX0), driver.read(HWCFG2)
        if config & 0xFFFFFF00 == 0xBADF4100:
            state = "masked"
        elif config & LOCKDOWN:
            state = "locked, parameters" if mailbox else "locked, clear"
        else:
            state = "released" if mailbox == 0 else "released with a mailbox"
        if seen[-1:] != [state]:
            seen.append(state)
        return state.startswith("released")

    driver.wait(look, "release")

    order = ["masked", "locked, parameters", "locked, clear", "released"]
    assert seen == [state for state in order if state in seen]  # a slow poll may miss one
    assert driver.read(RISCV_CPUCTL) & (ACTIVE | HALTED) == ACTIVE
    assert driver.read(RISCV_IRQMASK) & SWGEN0


def test_the_mailboxes_hold_the_address_of_the_parameters_until_the_bootstrap_is_done(driver: GspDriver):
    driver.start_gsp()
    shown = driver.wait(
        lambda: (
            driver.read(HWCFG2) & 0xFFFFFF00 != 0xBADF4100 and (driver.read(MAILBOX0), driver.read(MAILBOX1))
        ),
        "the mask to be released",
    )

    assert shown[0] | shown[1] << 32 == driver.boot_params.iova


def test_while_the_mask_is_locked_reads_give_its_code_and_writes_are_lost(driver: GspDriver):
    driver.gpu.firmware.mishaps.add("never_release")
    driver.start_gsp()

    for register in (HWCFG2, MAILBOX0, OS, RISCV_CPUCTL, DOORBELL):
        assert driver.read(register) & 0xFFFFFF00 == 0xBADF4100
    driver.write(OS, 7)
    assert driver.kinds() == ["locked register"]
    with pytest.raises(TimedOut):
        driver.wait(driver._released, "release", timeout_s=0.05)


def test_doorbells_before_gsp_runs_are_nothing(driver: GspDriver):
    driver.write(DOORBELL, 0)
    driver.write(DOORBELL, 0)

    assert driver.gpu.reports == []


def test_the_version_register_keeps_what_is_written(running: GspDriver):
    running.write(OS, 0x1234)

    assert running.read(OS) == 0x1234


def test_wpr2_shows_where_the_bootstrap_put_the_firmware(running: GspDriver):
    low, high = running.read(WPR2_LO), running.read(WPR2_HI)
    layout = running.gpu.firmware.layout

    assert low & 0xF == high & 0xF == 0
    assert high << 8 == running.gpu.vram.size_bytes - 1 * MIB
    assert low << 8 == layout.wpr2_start
    assert layout.wpr2_end - layout.wpr2_start > 129 * MIB + len(running.images.image)


def test_nobody_reaches_into_wpr2(running: GspDriver):
    layout = running.gpu.firmware.layout

    assert not running.gpu.vram.reachable(layout.wpr2_start, 4)
    assert not running.gpu.vram.reachable(layout.wpr2_end - 4, 4)
    assert running.gpu.vram.reachable(layout.wpr2_end, 4)
    assert running.gpu.vram.reachable(layout.wpr2_start - 4, 4)


def test_wpr2_is_down_before_a_boot(driver: GspDriver):
    assert driver.read(WPR2_LO) == driver.read(WPR2_HI) == 0


def test_init_done_waits_for_system_information_and_registry(make_driver):
    driver = make_driver()
    driver.prepare()
    driver.shared.put(0x1010, 0)  # as if nothing had been queued
    driver.command_at = driver.command_number = 0
    driver.start_gsp()
    driver.wait_for_release()
    driver.wait(lambda: driver.shared.get(STATUS + 0x1C) == 0x1000, "the status queue")

    driver.push(SET_SYSTEM_INFO, bytes(0x3A0))
    with pytest.raises(TimedOut):
        driver.receive(INIT_DONE, timeout_s=0.05)
    assert driver.resman.booted == 0
    driver.push(SET_REGISTRY, bytes(8))
    assert driver.receive(INIT_DONE).payload == bytes(4)


def test_a_command_before_init_done_is_lost(make_driver):
    driver = make_driver()
    driver.prepare()
    driver.shared.put(0x1010, 0)
    driver.command_at = driver.command_number = 0
    driver.push(STATIC_INFO, bytes(16))
    driver.push(SET_SYSTEM_INFO, bytes(0x3A0))
    driver.push(SET_REGISTRY, bytes(8))

    driver.boot()

    assert driver.poll() is None
    assert driver.kinds() == ["early command"]


def test_status_messages_raise_swgen0_until_it_is_cleared(running: GspDriver):
    assert running.read(IRQSTAT) & running.read(RISCV_IRQMASK) == SWGEN0
    running.write(IRQSCLR, SWGEN0)
    running.write(RETRIGGER, 1)
    assert running.read(IRQSTAT) == 0

    running.call(STATIC_INFO, bytes(64))

    assert running.read(IRQSTAT) == SWGEN0


def test_gsps_interrupt_comes_once_until_it_is_cleared_or_triggered_again(running: GspDriver):
    vector = 223
    leaf, bit = 0xB81000 + vector // 32 * 4, 1 << vector % 32
    running.write(IRQSCLR, SWGEN0)
    running.write(leaf, bit)
    running.call(STATIC_INFO, bytes(64))
    assert running.read(leaf) == bit

    running.write(leaf, bit)
    running.call(STATIC_INFO, bytes(64))
    assert running.read(leaf) == 0  # SWGEN0 was never cleared
    running.write(RETRIGGER, 1)
    assert running.read(leaf) == bit


# The end.


def test_an_unload_ends_with_the_core_halted_and_wpr2_down(running: GspDriver):
    running.call(UNLOADING, bytes(8))

    running.wait(lambda: running.read(MAILBOX0) == 0x80000000, "the suspension")
    assert running.read(RISCV_CPUCTL) & (ACTIVE | HALTED) == HALTED
    assert running.read(WPR2_HI) == 0
    assert running.gpu.vram.protected == ()
    assert running.resman.resets == 1


def test_after_an_unload_gsp_boots_again_without_a_reset(running: GspDriver):
    running.call(UNLOADING, bytes(8))
    running.wait(lambda: running.read(MAILBOX0) == 0x80000000, "the suspension")

    running.prepare()
    running.boot()

    assert running.call(STATIC_INFO, b"again").payload == b"again"


def test_a_driver_that_dies_leaves_wpr2_up_and_needs_a_reset(running: GspDriver):
    running.prepare()
    assert running.read(WPR2_HI) != 0
    with pytest.raises(Refused):
        running.boot()

    running.gpu.reset()
    running.enable()
    running.prepare()

    assert running.read(WPR2_HI) == 0
    running.boot()


def test_a_reset_in_the_middle_of_a_boot_leaves_nothing_behind(driver: GspDriver):
    for moment in range(6):
        driver.send_to_fsp(driver.chain_of_trust())
        time.sleep(0.003 * moment)
        driver.gpu.reset()
        time.sleep(0.02)
        driver.enable()
        assert driver.read(WPR2_HI) == 0
        assert driver.gpu.vram.protected == ()
        assert driver.read(RISCV_CPUCTL) & ACTIVE == 0
        driver.prepare()
    driver.boot()


# Mishaps.


def test_a_mishap_of_the_bootstrap_shows_in_the_mailbox_until_a_reset(driver: GspDriver):
    driver.gpu.firmware.mishaps.add("fmc_error", status=0x5A)

    with pytest.raises(Refused) as refused:
        driver.boot()

    assert refused.value.code == 0x5A
    assert driver.read(HWCFG2) & LOCKDOWN
    with pytest.raises(Refused) as refused:
        driver.boot()
    assert refused.value.code == 0x9E  # FSP: invalid state
    driver.gpu.reset()
    driver.enable()
    driver.prepare()
    driver.boot()


def test_a_mishap_releases_gsp_with_a_core_that_does_not_run(driver: GspDriver):
    driver.gpu.firmware.mishaps.add("riscv_inactive")

    with pytest.raises(Refused, match="the core does not run"):
        driver.boot()


def test_a_mishap_keeps_init_done_back(driver: GspDriver):
    driver.gpu.firmware.mishaps.add("never_init_done")
    driver.start_gsp()
    driver.wait_for_release()

    with pytest.raises(TimedOut):
        driver.receive(INIT_DONE, timeout_s=0.1)
    assert driver.read(RISCV_CPUCTL) & ACTIVE
    assert driver.gpu.firmware.state.value == "hung"


def test_a_mishap_sends_other_events_ahead_of_init_done(driver: GspDriver):
    driver.gpu.firmware.mishaps.add("boot_chatter")
    driver.start_gsp()
    driver.wait_for_release()

    assert driver.receive(0x100C).result == 0
    driver.receive(INIT_DONE)


def test_a_mishap_that_does_not_exist_is_refused(driver: GspDriver):
    with pytest.raises(ValueError, match="no mishap"):
        driver.gpu.firmware.mishaps.add("gremlins")
    with pytest.raises(ValueError, match="befalls the boot"):
        driver.gpu.firmware.mishaps.add("never_release", function=76)


# What the CPU may not do.


def test_resetting_a_running_gsp_does_nothing_but_show_in_the_reports(running: GspDriver):
    running.write(0x1103C0, 1)

    assert running.read(RISCV_CPUCTL) & ACTIVE
    assert running.kinds() == ["reset of a running GSP"]


def test_a_falcon_reset_before_the_boot_is_harmless(driver: GspDriver):
    driver.write(0x1103C0, 1)
    driver.write(0x1103C0, 0)

    assert driver.read(HWCFG2) & 1 << 12 == 0  # nothing to scrub
    driver.boot()
    assert driver.gpu.reports == []


@pytest.mark.parametrize("register", [IRQSTAT, HWCFG2, RISCV_CPUCTL, RISCV_IRQMASK, WPR2_LO, 0x0200BC])
def test_registers_that_only_firmware_writes_keep_their_value(running: GspDriver, register: int):
    before = running.read(register)
    running.write(register, 0xFFFFFFFF)

    assert running.read(register) == before
    assert running.kinds() == ["read-only register"]


def test_a_register_that_gsp_does_not_have_answers_a_pri_error(driver: GspDriver):
    assert driver.read(0x110FFC) & 0xFFFFFF00 == 0xBADF1100


def test_the_mailboxes_change_only_between_two_looks(driver: GspDriver):
    # nouveau reads MAILBOX0, MAILBOX1, HWCFG2; a step between the first two would look like an error.
    driver.start_gsp()
    driver.wait(lambda: driver.read(HWCFG2) & 0xFFFFFF00 != 0xBADF4100, "the mask to be released")
    time.sleep(0.01)  # the bootstrap is ready to go on
    while (low := driver.read(MAILBOX0)) != 0:
        time.sleep(0.001)
        assert low | driver.read(MAILBOX1) << 32 == driver.boot_params.iova
        driver.read(HWCFG2)

    driver.wait_for_release()


def test_a_host_that_looks_at_the_mailboxes_alone_is_not_waited_for_for_ever(driver: GspDriver):
    driver.start_gsp()
    driver.wait(lambda: driver.read(MAILBOX0) == 0, "clear mailboxes")
    driver.wait(lambda: driver.read(RISCV_CPUCTL) & ACTIVE, "the core")
