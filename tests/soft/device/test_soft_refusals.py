"""Every call that making a channel takes, refused, lost, late or damaged: typed errors, nothing left over."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import barewire as bw
import numpy as np
import pytest
from barewire.errors import BarewireError, RmError, RpcError
from barewire.gsp.boot import BootTimeouts

ALLOC, CONTROL, FREE = 103, 76, 10
CALLS = {
    "alloc": {"function": ALLOC},
    "set the page directory": {"control": 0x00801813},
    "unset the page directory": {"control": 0x00801814},
    "bind": {"control": 0xA06F0104},
    "schedule": {"control": 0xA06C0101},
    "token": {"control": 0xC36F0108},
    "free": {"function": FREE},
}
NV_ERR_INSUFFICIENT_RESOURCES = 0x1A


@pytest.fixture(scope="module")
def dev() -> Iterator[Any]:
    timeouts = BootTimeouts(call_s=0.3)
    with bw.open("soft:gh100", timeout_s=10.0, vram_bytes=4 << 30, timeouts=timeouts) as opened:
        yield opened


def mishap(dev: Any, **what: Any) -> Any:
    return dev.bus.endpoint.firmware.mishaps.add(**what)


def held(dev: Any) -> tuple[int, int, int]:
    """Objects of RM, channel numbers, mappings of the device's own address space."""
    rm = dev.rm
    numbers = sum(len(taken) for taken in rm.channel_ids._taken.values())
    return len(rm.client.objects), numbers, len(rm.watch._channels)


def use(dev: Any) -> None:
    """An address space and a channel in it, made, used and closed."""
    space = dev.address_space()
    try:
        channel = dev.channel(space)
        try:
            channel.roundtrip()
        finally:
            channel.close()
    finally:
        space.close()


def well(dev: Any) -> None:
    data = np.arange(10_000, dtype=np.uint32)
    np.testing.assert_array_equal(dev.array(data).numpy(), data)


@pytest.fixture(autouse=True)
def nothing_is_left(dev: Any) -> Iterator[None]:
    use(dev)
    well(dev)
    before = held(dev)
    yield
    dev.bus.endpoint.firmware.mishaps.clear()
    use(dev)
    well(dev)
    assert held(dev) == before


@pytest.mark.parametrize("call", [name for name in CALLS if not name.startswith(("unset", "free"))])
def test_a_call_that_rm_refuses_is_an_rm_error_and_everything_made_before_it_is_undone(
    dev: Any, call: str
) -> None:
    mishap(dev, action="fail", status=NV_ERR_INSUFFICIENT_RESOURCES, **CALLS[call])
    with pytest.raises(RmError) as refused:
        use(dev)

    assert refused.value.status_name == "NV_ERR_INSUFFICIENT_RESOURCES"


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("action", ["split", "delay"])
def test_a_reply_in_pieces_or_a_late_one_is_no_error(dev: Any, call: str, action: str) -> None:
    mishap(dev, action=action, seconds=0.05, **CALLS[call])
    use(dev)


@pytest.mark.parametrize(
    ("action", "call"),
    [
        *product(("sequence", "truncate", "drop"), ("alloc", "schedule", "token", "set the page directory")),
        *product(("checksum",), ("alloc", "set the page directory")),
    ],
)
def test_a_reply_that_is_damaged_or_lost_is_reported_and_the_next_call_works(
    dev: Any, action: str, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mishap(dev, action=action, **CALLS[call])
    with monkeypatch.context() as patch, pytest.raises(RpcError) as damaged:
        patch.setattr("barewire.gsp.rpc.PIECE_TIMEOUT_S", 0.3)
        use(dev)

    assert damaged.value.function in ("GSP_RM_ALLOC", "GSP_RM_CONTROL")
    well(dev)


def test_a_channel_whose_end_rm_refuses_takes_no_more_work(dev: Any) -> None:
    mishap(dev, action="fail", status=NV_ERR_INSUFFICIENT_RESOURCES, **CALLS["free"])
    with pytest.raises(BarewireError):
        use(dev)
