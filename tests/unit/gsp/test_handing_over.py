"""Handing the core over to the resource manager: what is told, and in which order."""

from __future__ import annotations

import fake_gsp
from barewire.gsp.arguments import Blob, rm_arguments
from barewire.gsp.falcon import GspFalcon


def test_the_bootloader_is_named_before_the_core_is_waited_for(board, monkeypatch):
    written = []
    waited = GspFalcon.wait_until_active

    def wait(falcon, timeout_s: float) -> None:
        written.extend(board.bus.bar0.writes(fake_gsp.OS))
        waited(falcon, timeout_s)

    monkeypatch.setattr(GspFalcon, "wait_until_active", wait)
    board.boot()

    assert written == [0x57]


def test_the_resource_manager_keeps_its_stack_in_its_own_memory(abi):
    made = rm_arguments(
        abi, queues=Blob(0x10000, 4096), page_count=1, command_offset=0x1000, status_offset=0x2000
    )

    assert made["bDmemStack"] == 1
