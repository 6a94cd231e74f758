"""The boot on the software GPU, which was written apart from the driver."""

from __future__ import annotations

import os
import time

import pytest
from barewire import guard
from barewire.chip.identify import identify
from barewire.errors import RpcError
from barewire.firmware.find import find_firmware
from barewire.firmware.synthetic import synthetic_firmware
from barewire.gsp.boot import boot
from barewire.gsp.functions import Function
from barewire.regs.board import load_board
from barewire.transport.soft import SoftBus

GIB = 1 << 30
NV01_ROOT, NV01_DEVICE = 0x0, 0x80
CLIENT, DEVICE = 0xC1D00001, 0xCAF00080


class SoftBoard:
    """A software GPU and what boots it."""

    def __init__(self, **options) -> None:
        self.bus = SoftBus.open({"chip": "gh100", **options})
        self.registers = guard.registers(self.bus, load_board("gh100"))
        self.chip = identify(self.registers.io)

    def boot(self, firmware=None, **options):
        files = synthetic_firmware("gh100") if firmware is None else firmware
        return boot(self.bus, self.registers, self.chip, files, **options)


@pytest.fixture
def make_soft():
    made = []

    def make(**options) -> SoftBoard:
        made.append(SoftBoard(**options))
        return made[-1]

    yield make
    for board in made:
        board.bus.close()


def use(gsp) -> None:
    """Make a client and a device, the first objects that any user makes, and free them."""
    abi = gsp.rpc.abi
    client = abi.new("NV0000_ALLOC_PARAMETERS", hClient=CLIENT, processID=0xFFFFFFFF)
    gsp.rpc.alloc(CLIENT, 0, CLIENT, NV01_ROOT, client)
    device = abi.new("NV0080_ALLOC_PARAMETERS", hClientShare=CLIENT)
    gsp.rpc.alloc(CLIENT, CLIENT, DEVICE, NV01_DEVICE, device)
    gsp.rpc.free(CLIENT, DEVICE)
    gsp.rpc.free(CLIENT, CLIENT)


@pytest.mark.parametrize("wide_bar0", [True, False])
@pytest.mark.parametrize("vram_bytes", [8 * GIB, 80 * GIB])
def test_it_boots_takes_calls_and_ends(make_soft, wide_bar0, vram_bytes):
    board = make_soft(bar0_is_64bit=wide_bar0, vram_bytes=vram_bytes)

    start = time.perf_counter()
    gsp = board.boot()
    seconds = time.perf_counter() - start
    use(gsp)
    gsp.unload()

    assert seconds < 1.0
    assert gsp.vram_bytes == vram_bytes
    assert 0 < gsp.static_info["bar1PdeBase"] < vram_bytes
    assert any(log.put for log in gsp.logs.values())
    gsp.close()
    assert board.bus.endpoint.reports == []


def test_it_boots_again_and_again(make_soft):
    board = make_soft()

    for _ in range(4):
        gsp = board.boot()
        use(gsp)
        gsp.close()

    assert gsp.closing_error is None
    assert "reset the GPU" not in [step.name for step in gsp.steps]


def test_a_gsp_that_nobody_ended_is_reset_by_the_next_boot(make_soft):
    board = make_soft()
    left = board.boot()

    gsp = board.boot()
    use(gsp)

    assert "reset the GPU" in [step.name for step in gsp.steps]
    with pytest.raises(RpcError):
        left.rpc.call(Function.GET_GSP_STATIC_INFO, timeout_s=0.05)
    gsp.close()


def test_real_firmware_boots_within_two_seconds(make_soft):
    folder = os.environ.get("BAREWIRE_FIRMWARE")
    if not folder:
        pytest.skip("BAREWIRE_FIRMWARE names no folder of firmware")
    board = make_soft()
    start = time.perf_counter()

    gsp = board.boot(find_firmware("gh100"))

    assert time.perf_counter() - start < 2.0
    use(gsp)
    gsp.close()
