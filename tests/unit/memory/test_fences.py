"""Fences that no software GPU can miss: writes leave the CPU before what makes the GPU look at them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from barewire.memory import tlb, windowed, windows
from barewire.memory.formats import GMMU_V3, Aperture, PageAttributes, TablePointer
from barewire.memory.pagetable import Invalidation, PageTables
from barewire.regs.board import load_board
from barewire.regs.registers import RegisterFile
from table_memory import Bench
from test_tlb import Words

HOPPER = load_board("gh100")
BASE = 0x10_0000_0000
VIDEO = PageAttributes(aperture=Aperture.VIDEO)


@pytest.fixture
def fences(monkeypatch) -> list[str]:
    """Gets a word for each store fence of the memory code."""
    made: list[str] = []
    recorder = SimpleNamespace(bw_store_fence=lambda: made.append("fence"))
    for module in (tlb, windowed, windows):
        monkeypatch.setattr(module, "lib", recorder)
    return made


@pytest.mark.parametrize("window", [windows.LinearBar1, windowed.WindowedBar1])
def test_the_fence_of_a_window_is_the_cpu_s(window, fences):
    window.fence(object.__new__(window))

    assert fences == ["fence"]


def test_the_fence_of_tables_is_their_window_s():
    bench = Bench()
    bench.window.log.clear()
    bench.store.fence()

    assert bench.window.log == [("fence",)]


def test_entries_that_are_gone_are_written_before_anybody_is_told_to_forget_them():
    bench = Bench()
    bench.tables.map(bench.pages(BASE, (0, 8192), sizes=(4096,)), VIDEO)
    bench.window.log.clear()
    bench.tables.unmap(BASE, 4096)

    assert [done[0] for done in bench.window.log] == ["write", "fence"]


def test_entries_that_are_replaced_are_written_before_anybody_is_told_to_forget_them():
    bench = Bench()
    bench.tables.map(bench.pages(BASE, (0, 8192), sizes=(4096,)), VIDEO)
    bench.window.log.clear()
    bench.tables.remap(bench.pages(BASE, (8192, 8192), sizes=(4096,)), VIDEO, lambda changed: None)

    assert [done[0] for done in bench.window.log] == ["write", "fence"]


def test_a_root_of_somebody_else_is_fenced_when_it_is_given_back():
    bench = Bench()
    ours = PageTables(GMMU_V3, bench.store, adopted=bench.tables.root)
    ours.map(bench.pages(BASE, (0, 4096)), VIDEO)
    bench.window.log.clear()
    ours.close()

    assert bench.window.log[-1] == ("fence",)


def test_the_cpu_s_writes_leave_before_the_gpu_is_asked_to_flush_and_to_forget(fences):
    words = Words()
    words.log = fences  # type: ignore[assignment]
    registers = RegisterFile(words, HOPPER)
    tlb.Tlb(registers).invalidate(Invalidation(TablePointer(Aperture.VIDEO, 4096), BASE, 4096, 0, False))

    assert fences[0] == "fence"
    assert len(fences) > 3


class FlushByBit:
    """Registers of a GPU before Hopper: a bit asks for a flush, and says with another that it is under way.

    Also the table of them: a Hopper's without the registers that flush by a token.
    """

    chip = "older"

    def __init__(self, busy: list[int]) -> None:
        self.log: list[tuple[str, int]] = []
        self._busy = busy

    def read32(self, offset: int) -> int:
        value = self._busy.pop(0) if self._busy else 0
        self.log.append(("read", value))
        return value

    def write32(self, offset: int, value: int) -> None:
        self.log.append(("write", value))

    def __contains__(self, name: str) -> bool:
        return name in HOPPER and not name.startswith("NV_XAL_EP_UFLUSH")

    def register(self, name: str):
        return HOPPER.register(name)


@pytest.mark.parametrize("busy", [[1, 1], [2, 2], [1, 2]])
def test_before_hopper_a_flush_is_over_when_nothing_is_pending_nor_outstanding(busy):
    words = FlushByBit(list(busy))
    tlb.Tlb(RegisterFile(words, words)).flush()

    assert words.log == [("write", 1), *(("read", value) for value in busy), ("read", 0)]
