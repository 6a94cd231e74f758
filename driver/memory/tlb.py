"""Making the GPU forget translations: TLB invalidation by registers, after what was written is visible.

Facts: OGKM:swref/published/turing/tu102/dev_vm.h NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE*,
nouveau:nvkm/subdev/mmu/vmmtu102.c (order, levels), nouveau:nvkm/subdev/bar/g84.c (flush before Hopper),
OGKM:kern_bus_gh100.c:kbusSendSysmembarSingle_GH100 (flush: reading starts it and gives a token, which the
second register shows when it is done).
"""

from __future__ import annotations

from collections.abc import Callable

from barewire.errors import UsageError
from barewire.memory.formats import Aperture, TablePointer
from barewire.memory.pagetable import Invalidation
from barewire.native._native import lib
from barewire.poll import poll
from barewire.regs.registers import Reading, RegisterFile
from barewire.shield import ShieldedLock

TIMEOUT_S = 2.0

_PDB = "NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_PDB"
_UPPER_PDB = "NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE_UPPER_PDB"
_INVALIDATE = "NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE"
_FLUSH_BY_TOKEN = "NV_XAL_EP_UFLUSH_FB_FLUSH"
_FLUSH_DONE = "NV_XAL_EP_UFLUSH_FB_FLUSH_COMPLETED"
_FLUSH_BY_BIT = "NV_UFLUSH_FB_FLUSH"

# By the highest level that changed; 0 is the tables of pages.
_LEVELS = ("PTE_ONLY", "UP_TO_PDE0", "UP_TO_PDE1", "UP_TO_PDE2", "UP_TO_PDE3", "UP_TO_PDE4", "UP_TO_PDE5")
_APERTURES = {Aperture.VIDEO: "VID_MEM", Aperture.HOST: "SYS_MEM", Aperture.HOST_NONCOHERENT: "SYS_MEM"}


class Tlb:
    """Invalidates by registers. Any thread may use it; there is one for a GPU, since threads share registers.

    Attributes:
        count: how often it was done.
        timeout_s: how long the GPU may take, for each step.
    """

    def __init__(self, registers: RegisterFile, *, timeout_s: float = TIMEOUT_S) -> None:
        self._registers = registers
        self._lock = ShieldedLock()
        self.timeout_s = timeout_s
        self.count = 0

    def invalidate(self, what: Invalidation, *, hub_only: bool = False) -> None:
        """Make the GPU forget what may be wrong, and wait until it has.

        All addresses of the tables' root are forgotten, from the changed level down. If something was
        revoked, accesses that used it have reached memory too.

        Args:
            hub_only: only the hub uses these tables, as it does those of BAR1.

        Raises:
            PollTimeout: the GPU did not do it in time.
            DeviceLost, PriError: it does not answer.
        """
        flags: dict[str, str | int] = {"cache_level": _LEVELS[what.depth]}
        if what.revoked:
            flags |= {"ack": "GLOBALLY", "sys_membar": 1}
        if hub_only:
            flags["hubtlb_only"] = 1
        with self._lock:
            self.flush()
            self._trigger(what.root, **flags)

    def flush(self) -> None:
        """Wait until what the CPU wrote into video memory is there.

        Raises:
            PollTimeout, DeviceLost, PriError: see `invalidate`.
        """
        with self._lock:
            lib.bw_store_fence()
            if _FLUSH_BY_TOKEN in self._registers.table:
                token = int(self._registers.read(_FLUSH_BY_TOKEN).token)
                self._wait(
                    _FLUSH_DONE, lambda word: _has_passed(word, token), "did not flush its memory", token
                )
            else:
                self._registers.write(_FLUSH_BY_BIT, pending="BUSY")
                self._wait(
                    _FLUSH_BY_BIT,
                    lambda word: word.pending == 0 and word.outstanding == 0,
                    "did not flush its memory",
                    "pending = 0, outstanding = 0",
                )

    def _trigger(self, root: TablePointer, **flags: str | int) -> None:
        if root.address % 4096:
            raise UsageError("a root directory is at a page", address=root.address)
        low, high = root.address >> 12 & ((1 << 28) - 1), root.address >> 40
        self._registers.write(_PDB, aperture=_APERTURES[root.aperture], addr=low)
        self._registers.write(_UPPER_PDB, addr=high)
        self._registers.write(_INVALIDATE, all_va=1, trigger=1, **flags)
        self._wait(
            _INVALIDATE, lambda word: word.trigger == 0, "did not invalidate its TLBs", "trigger = FALSE"
        )

    def _wait(self, name: str, done: Callable[[Reading], bool], why: str, expected: object) -> None:
        poll(
            lambda: self._registers.read(name),
            done,
            timeout_s=self.timeout_s,
            why=f"the GPU {why} in time",
            hint="It may hang: look for faults, or reset it.",
            expected=expected,
        )
        self.count += name == _INVALIDATE


def _has_passed(word: Reading, token: int) -> bool:
    """Whether a flush is done: nothing is under way, or a later one was completed; tokens wrap."""
    behind = (int(word.token) - token) & 0x7FFFFFFF
    return word.status == "IDLE" or behind < 1 << 30
