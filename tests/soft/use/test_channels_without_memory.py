"""Channels that cannot be made: the error says why, and nothing stays behind."""

from __future__ import annotations

from typing import Any

import barewire as bw
import pytest
from barewire.errors import OutOfVram
from barewire.rm import rpc_channels


@pytest.mark.parametrize("engine", ["compute", "copy"])
def test_no_memory_for_a_channels_instance(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(rm: Any, size_bytes: int) -> Any:
        raise OutOfVram("there is none", size_bytes=size_bytes)

    with bw.open("soft:gh100") as dev:
        before = dev.rm.channel_groups_in_use()
        with monkeypatch.context() as patched:
            patched.setattr(rpc_channels, "cleared", full)
            with pytest.raises(OutOfVram):
                dev.queue(engine)
        assert dev.rm.channel_groups_in_use() == before
        dev.queue(engine).close()
        assert dev.array([1, 2]).numpy().tolist() == [1, 2]
        assert not dev.findings()
