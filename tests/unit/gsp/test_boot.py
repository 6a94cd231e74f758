"""The boot as a whole, on a board whose FSP and GSP do what a test scripts."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import fake_board
import fake_gsp
import pytest
from barewire.errors import (
    BadFirmware,
    BootError,
    DeviceLost,
    DmaError,
    FirmwareMissing,
    PollTimeout,
    ResetRequired,
    RpcError,
    RpcTimeout,
    UnknownChip,
    UnknownDriver,
)
from barewire.gsp.boot import STEPS
from barewire.gsp.events import OsErrorLog
from fake_firmware import fake_firmware

NAMES = [name for name, _ in STEPS]


def radix3_pages(bus, root: int, count: int) -> bytes:
    """The image behind a root page, by a walk of our own."""

    def entries(page: int) -> tuple[int, ...]:
        return struct.unpack("<512Q", bus.gpu_read(page, 4096))

    middle = entries(entries(root)[0])
    leaves = [entry for leaf in middle if leaf for entry in entries(leaf)]
    return b"".join(bus.gpu_read(page, 4096) for page in leaves[:count])


def test_a_gpu_boots_and_tells_what_it_is(board):
    gsp = board.boot()

    assert gsp.version == "570.144"
    assert gsp.vram_bytes == 80 << 30
    assert gsp.static_info["bar1PdeBase"] == 0x13_F000_0000
    assert gsp.static_info["hInternalClient"] == 0xC1D0_0001
    assert board.bus.complaints == []


def test_every_step_is_named_and_timed(board):
    told = []

    gsp = board.boot(progress=told.append)

    assert [step.name for step in gsp.steps] == ["check the firmware", *NAMES] == told
    assert all(0 <= step.seconds < 1 for step in gsp.steps)


def test_the_fmc_finds_image_bootloader_and_signature(board):
    firmware = board.firmware
    seen = {}
    start = board.gsp._start_fmc

    def look() -> int:
        code = start()
        meta = board.gsp.wpr_meta
        magic, revision, root, image_bytes, boot_at, boot_bytes = struct.unpack_from("<6Q", meta)
        code_at, data_at, manifest_at, signature_at, signature_bytes = struct.unpack_from("<5Q", meta, 0x30)
        seen.update(
            magic=(magic, revision),
            image=radix3_pages(board.bus, root, image_bytes // 4096),
            bootloader=board.bus.gpu_read(boot_at, boot_bytes),
            offsets=(code_at, data_at, manifest_at),
            signature=board.bus.gpu_read(signature_at, signature_bytes),
            aligned=(root | boot_at | signature_at) % 4096,
            sizes={at: struct.unpack_from("<Q", meta, at)[0] for at in (0x68, 0x80, 0xA0, 0xC0)},
            zeros=[at for at in (0x58, 0x60, 0x70, 0x78, 0x88, 0x90, 0x98, 0xA8) if any(meta[at : at + 8])],
        )
        return code

    board.gsp._start_fmc = look
    board.boot()

    assert seen["magic"] == (0xDC3AAE21371A60B3, 1)
    assert seen["image"] == bytes(firmware.gsp.image)
    assert seen["bootloader"] == bytes(firmware.bootloader.image)
    assert seen["offsets"] == (0xB100, 0xA00, 0x10)
    assert seen["signature"] == bytes(firmware.gsp.signature)
    assert seen["aligned"] == 0
    assert seen["sizes"] == {0x68: 2 << 20, 0x80: 140 << 20, 0xA0: 1 << 20, 0xC0: 128 << 10}
    assert seen["zeros"] == []


def test_libos_is_told_of_logs_and_queues(board):
    board.boot()
    fake = board.gsp

    assert list(fake.regions) == ["LOGINIT", "LOGINTR", "LOGRM", "RMARGS"]
    for address, size, kind, where in fake.regions.values():
        assert (address % 4096, size % 4096, kind, where) == (0, 0, 1, 1)
    assert fake.page_count == 129
    assert (fake.command_at - fake.queues, fake.status_at - fake.queues) == (0x1000, 0x41000)
    pages = struct.unpack("<129Q", board.bus.gpu_read(fake.queues, 129 * 8))
    assert pages == tuple(fake.queues + 4096 * index for index in range(129))
    log = board.bus.gpu_read(fake.regions["LOGRM"][0], 17 * 8)
    assert struct.unpack("<17Q", log) == (0, *(fake.regions["LOGRM"][0] + 4096 * i for i in range(16)))


def test_the_first_commands_are_the_board_and_the_settings(board):
    board.boot(settings={"RmMagic": 7, "RmText": "on"})

    (info_function, info), (registry_function, registry) = board.gsp.commands[:2]
    assert (info_function, registry_function) == (72, 73)
    assert board.gsp.sequences[:2] == [0, 0]
    assert struct.unpack_from("<3Q", info) == (0xD000_0000, 0x20_0000_0000, 0x40_0000_0000)
    assert struct.unpack_from("<Q", info, 0x20)[0] == 0x3B00
    assert struct.unpack_from("<QII", info, 0x48) == ((1 << 47) - 4096, 0x92000, 0x1000)
    assert struct.unpack_from("<III", info, 0x58) == (0x2330_10DE, 0x16C1_10DE, 0xA1)
    for name in (b"RMSecBusResetEnable\0", b"RMForcePcieConfigSave\0", b"RMDevidCheckIgnore\0", b"RmMagic\0"):
        assert name in registry


def test_the_flush_page_is_set_to_the_whole_address_high_word_first(board):
    board.boot()

    written = [(o, v) for what, o, v in board.bus.bar0.log if what == "write" and o in (0x100A34, 0x100A38)]
    assert [offset for offset, _ in written] == [0x100A38, 0x100A34]
    address = written[0][1] << 32 | written[1][1]
    assert any(memory.segments[0].iova == address for memory in board.bus.memories)


def test_no_interrupt_is_left_on(board):
    board.boot()

    assert board.bus.bar0.writes(fake_board.TOP_EN_CLEAR) == [0xFFFFFFFF]
    assert board.bus.bar0.words[fake_gsp.IRQSTAT] & 0x40 or board.bus.bar0.writes(fake_gsp.IRQSCLR) == [0x40]


def test_gsp_is_told_which_bootloader_started_it(board):
    board.boot()

    assert board.bus.bar0.writes(fake_gsp.OS) == [0x57]


def test_the_images_memory_is_given_back_once_gsp_runs(board):
    gsp = board.boot()

    held = gsp.host_memory
    assert "GSP firmware image" not in held
    assert held["message queues"] == 0x81000
    assert sum(held.values()) < 1 << 20


def test_events_before_the_end_of_the_boot_are_kept(board):
    text = struct.pack("<III256sI", 0, 3, 5, b"hello from GSP", 0)
    board.script.before_done = [(0x1006, text)]

    gsp = board.boot()

    said = [event for event in gsp.rpc.recent if isinstance(event, OsErrorLog)]
    assert [event.text for event in said] == ["hello from GSP"]


def test_closing_unloads_and_gives_everything_back(board):
    gsp = board.boot()

    gsp.close()
    gsp.close()

    assert board.gsp.commands[-1][0] == 47
    assert board.bus.memories == []
    assert board.bus.resets == 0
    assert not gsp.running


def test_a_gpu_boots_again_after_it_was_unloaded(board):
    board.boot().close()
    board.gsp.end()

    gsp = board.boot()

    assert gsp.static_info["bar1PdeBase"] == 0x13_F000_0000
    assert board.gsp.booted == 2


def test_closing_resets_a_gsp_that_does_not_answer(board):
    gsp = board.boot()
    board.gsp.halt()

    gsp.close()

    assert board.bus.resets == 1
    assert isinstance(gsp.closing_error, RpcError)
    assert gsp.closing_error.reset == "done"
    assert board.bus.memories == []


def test_a_gsp_whose_end_is_interrupted_is_reset_before_its_memory_goes(board):
    gsp = board.boot()
    held = []
    board.bus.on_reset.append(lambda: held.append(len(board.bus.memories)))

    def interrupt(payload: bytes) -> tuple[int, bytes]:
        raise KeyboardInterrupt

    board.gsp.answers[47] = interrupt
    with pytest.raises(KeyboardInterrupt):
        gsp.close()

    assert board.bus.resets == 1
    assert held[0] > 0, "the firmware could write to it until then"
    assert board.bus.memories == []


def test_fsp_may_take_its_time(board):
    board.script.fsp_looks = 40

    assert board.boot().running


def test_the_fmc_may_take_its_time(board):
    board.script.looks_while_locked = 40
    board.script.looks_in_lockdown = 40

    assert board.boot().running


FAILURES = [
    ("wait for FSP", {"fsp_looks": -1}, PollTimeout, 1),
    ("start the FMC by FSP", {"fsp_error": 0x31}, BootError, 1),
    ("start the FMC by FSP", {"fsp_answers": False}, PollTimeout, 1),
    ("wait for GSP's release", {"fmc_error": 0x42}, BootError, 1),
    ("wait for GSP's release", {"releases": False}, PollTimeout, 1),
    ("wait for GSP's release", {"looks_while_locked": 1 << 40}, PollTimeout, 1),
    ("wait for the RISC-V core", {"starts": False}, PollTimeout, 1),
    ("link the message queues", {"makes_queue": False}, PollTimeout, 1),
    ("link the message queues", {"ring_fields": {0xC: 31}}, BootError, 1),
    ("link the message queues", {"ring_fields": {0x14: 0}}, BootError, 1),
    ("wait for the resource manager", {"says_done": False}, RpcTimeout, 1),
    ("wait for the resource manager", {"halts_at_start": True}, RpcError, 1),
    ("wait for the resource manager", {"init_result": 0x40}, BootError, 1),
]


@pytest.mark.parametrize(
    ("step", "script", "error", "resets"), FAILURES, ids=[f"{s}-{next(iter(d))}" for s, d, *_ in FAILURES]
)
def test_a_failed_step_is_named_and_leaves_nothing_behind(board, step, script, error, resets):
    for name, value in script.items():
        setattr(board.script, name, value)

    with pytest.raises(error) as failed:
        board.boot()

    assert failed.value.step == step
    assert board.bus.memories == []
    assert board.bus.resets == resets
    assert board.bus.complaints == []


@pytest.mark.parametrize("script", [script for _, script, *_ in FAILURES], ids=str)
def test_a_boot_after_a_failed_one_works(board, script):
    before = {name: getattr(board.script, name) for name in script}
    for name, value in script.items():
        setattr(board.script, name, value)
    with pytest.raises((BootError, PollTimeout, RpcError)):
        board.boot()
    for name, value in before.items():
        setattr(board.script, name, value)

    assert board.boot().running


@pytest.mark.parametrize(("code", "script"), [(0x31, "fsp_error"), (0x42, "fmc_error")])
def test_the_code_of_who_refused_is_in_the_error(board, code, script):
    setattr(board.script, script, code)

    with pytest.raises(BootError) as refused:
        board.boot()

    assert refused.value.value == code


def test_a_firmware_that_was_left_running_is_reset_first(board):
    board.bus.bar0.words[fake_board.WPR2_HIGH] = 0x0FFF0000

    gsp = board.boot()

    assert board.bus.resets == 1
    assert "reset the GPU" in [step.name for step in gsp.steps]


def test_a_gpu_whose_driver_died_half_way_is_reset_first(board):
    board.bus.bar0.words[fake_board.FLUSH_LOW] = 0x12345000

    gsp = board.boot()

    assert gsp.running
    assert board.bus.resets == 1


def test_a_gpu_that_somebody_used_is_tried_even_if_it_cannot_be_reset(board):
    board.bus.bar0.words[fake_board.FLUSH_HIGH] = 1
    board.bus.reset_fails = True

    assert board.boot().running


def test_a_gpu_that_was_unloaded_looks_unused(board):
    board.boot().close()
    board.gsp.end()

    board.boot()

    assert board.bus.resets == 0


def test_an_error_after_which_the_gpu_was_reset_says_so(board):
    board.script.fsp_looks = -1

    with pytest.raises(PollTimeout) as failed:
        board.boot()

    assert failed.value.reset == "done"


def test_where_it_cannot_be_reset_the_error_says_what_to_do(board):
    board.bus.bar0.words[fake_board.WPR2_HIGH] = 0x0FFF0000
    board.bus.reset_fails = True

    with pytest.raises(ResetRequired, match="WPR2") as stuck:
        board.boot()

    assert "slot" in stuck.value.hint
    assert "no reset" in stuck.value.reset
    assert board.bus.memories == []
    assert not board.bus.config.bus_master


def test_a_protected_region_that_survives_the_reset_is_an_error(board):
    stuck = lambda: board.bus.bar0.words.__setitem__(fake_board.WPR2_HIGH, 0x0FFF0000)  # noqa: E731
    stuck()
    board.bus.on_reset.append(stuck)

    with pytest.raises(ResetRequired) as left:
        board.boot()

    assert left.value.step == "check what runs"
    assert board.bus.resets == 1


def test_a_failed_boot_that_cannot_be_undone_says_so(board):
    board.script.releases = False
    board.bus.reset_fails = True

    with pytest.raises(PollTimeout) as failed:
        board.boot()

    assert "no reset" in failed.value.reset
    assert "slot" in failed.value.hint
    assert not board.bus.config.bus_master
    assert board.bus.memories == []


def test_a_gpu_that_is_lost_is_named_whenever_it_happens(make_board):
    board = make_board()
    board.boot()
    accesses = len(board.bus.bar0.log)

    for survived in range(0, accesses, 13):
        dying = make_board()
        dying.bus.bar0.gone_after = survived
        with pytest.raises(DeviceLost) as lost:
            dying.boot()
        assert lost.value.step in NAMES
        assert dying.bus.memories == []


@pytest.mark.parametrize("megabytes", [0, 1, 3])
def test_too_little_host_memory_is_an_error_that_leaves_nothing(board, megabytes):
    board.bus.memory_left = megabytes << 20

    with pytest.raises(DmaError) as short:
        board.boot()

    assert short.value.step in NAMES
    assert board.bus.memories == []
    assert board.bus.resets == 0
    assert not board.bus.config.bus_master
    assert board.bus.bar0.words[fake_board.FLUSH_LOW] == 0


def test_addresses_beyond_the_gpus_reach_are_refused(make_board):
    board = make_board(first_iova=1 << 52)

    with pytest.raises(DmaError, match="beyond"):
        board.boot()

    assert board.bus.memories == []


def test_a_gpu_without_memory_is_refused(board):
    board.bus.bar0.words[fake_board.VRAM_MEGABYTES] = 0

    with pytest.raises(BootError, match="no video memory"):
        board.boot()


def test_an_interrupted_boot_gives_everything_back(board):
    def interrupt(name: str) -> None:
        if name == "wait for GSP's release":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        board.boot(progress=interrupt)

    assert board.bus.memories == []
    assert board.bus.resets == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"chip": "ad102"}, BadFirmware),
        ({"version": "535.113.01"}, UnknownDriver),
        ({"fmc": None}, FirmwareMissing),
    ],
)
def test_firmware_that_does_not_fit_is_refused_before_anything_is_touched(board, change, error):
    board.firmware = fake_firmware()
    for name, value in change.items():
        setattr(board.firmware, name, value)

    with pytest.raises(error):
        board.boot()

    assert board.bus.bar0.log == []
    assert board.bus.most_memories == 0


def test_a_chip_that_cannot_be_booted_is_refused_by_name(board, monkeypatch):
    from barewire.gsp.boot import boot

    with pytest.raises(UnknownChip, match="tu102") as refused:
        boot(board.bus, board.registers, SimpleNamespace(name="tu102"), board.firmware)

    assert "gh100" in refused.value.hint
