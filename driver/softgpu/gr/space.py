"""An address space as the SMs see it: translations, decoded code, and the machine that runs grids in it.

Translations are asked for by the threads that run a grid, which have no lock: each takes the GPU's for a
moment. What was translated is remembered until the MMU is told to forget; code that was decoded, until
somebody invalidates the SMs' instruction caches. Local memory is the machine's own: nothing of it is in the
memory that the channel gave for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.channel_memory import Refused
from barewire.softgpu.mmu import PageFault
from barewire.softgpu.page_tables import Access, Aperture, FaultType, Pdb
from barewire.softgpu.sm.code_cache import CodeCache
from barewire.softgpu.sm.machine import Machine
from barewire.softgpu.sm.mapped import ATOMIC, EXECUTE, READ, WRITE, Extent, MappedMemory

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu

ARCH = 90
SM_COUNT = 132
PAGE_BYTES = 4096
JOINED_BYTES = 64 << 20  # pages are looked up and joined so far ahead

# Accesses of SMs, as the MMU knows them, and what may be done where each is allowed; the strongest first.
_GRANTS = (
    (Access.ATOMIC_WEAK, READ | WRITE | ATOMIC | EXECUTE),
    (Access.WRITE, READ | WRITE | EXECUTE),
    (Access.READ, READ | EXECUTE),
)


class SmSpace:
    """What the SMs keep of one address space.

    Args:
        gpu: whose MMU translates.
        pdb: the root of the tables.
        privileged: whether its pages for privileged contexts are reached.

    Attributes:
        pdb: the root of the tables.
        machine: runs grids in it.
        memory: what they read and write.
        code: what was decoded of their programs.
    """

    def __init__(self, gpu: SoftGpu, pdb: Pdb, privileged: bool) -> None:
        self._gpu = gpu
        self._privileged = privileged
        self._refusals: dict[tuple[int, Access], FaultType] = {}
        self._constants: dict[int, bytes] = {}
        self._code_lines: dict[int, bytes] = {}
        self.pdb = pdb
        self.memory = MappedMemory(self._translate)
        self.code = CodeCache()
        self.machine = Machine(ARCH, self.memory, sm_count=SM_COUNT)

    def invalidate(self) -> None:
        """Forget all translations, also in grids that run."""
        self._refusals.clear()
        self.memory.invalidate()

    def forget_code(self) -> None:
        """Read programs anew."""
        self.code.forget()
        self._code_lines.clear()

    def read_code(self, gpu_va: int, content: bytes) -> bool:
        """Whether a line of code is what it was when a grid first used it since code was forgotten."""
        return self._code_lines.setdefault(gpu_va, content) == content

    def forget_constants(self) -> None:
        """Read constant banks anew. Every grid does so here; who relies on it the sanitizer finds."""
        self._constants.clear()

    def read_constants(self, gpu_va: int, content: bytes, fresh: bool) -> bool:
        """Keep what a grid reads as a constant bank; whether the caches could have had it otherwise.

        Args:
            fresh: the grid invalidates what the caches have.
        """
        known = self._constants.get(gpu_va)
        self._constants[gpu_va] = content
        common = min(len(known), len(content)) if known is not None else 0
        return fresh or known is None or known[:common] == content[:common]

    def refusal(self, gpu_va: int, name: str | None) -> Refused:
        """Why an access of an SM was refused.

        Args:
            name: of the access, as the SMs' faults have it.
        """
        access = {"atomic": Access.ATOMIC_WEAK, "write": Access.WRITE}.get(name or "", Access.READ)
        kind = self._refusals.get((gpu_va // PAGE_BYTES, access), FaultType.PDE)
        return Refused(gpu_va, kind, access)

    def _translate(self, gpu_va: int, wanted: int) -> Extent | None:
        with self._gpu.lock:
            if self._gpu.closed:
                return None
            access = _access(wanted)
            try:
                return self._extent(gpu_va, access)
            except PageFault as fault:
                kind = fault.fault_type
            except DmaRefused:
                kind = FaultType.POISONED
            self._refusals[gpu_va // PAGE_BYTES, access] = kind
            return None

    def _extent(self, gpu_va: int, access: Access) -> Extent:
        """The extent from an address's page on, with all that may be done there.

        Raises:
            PageFault, DmaRefused: the access is refused.
        """
        start = gpu_va & ~(PAGE_BYTES - 1)
        for granted, bits in _GRANTS:
            try:
                return self._run(start, granted, bits)
            except (PageFault, DmaRefused):
                if granted is access:
                    raise
        raise PageFault(gpu_va, FaultType.PTE, access, self.pdb)

    def _run(self, start: int, access: Access, bits: int) -> Extent:
        mmu = self._gpu.mmu
        place = next(mmu.runs(self.pdb, start, JOINED_BYTES, access, self._privileged, used=False))
        if place.aperture is Aperture.SPARSE:
            return Extent(start, place.size_bytes, 0, bits)
        host, size = next(mmu.pieces(place, access is not Access.READ))
        return Extent(start, size, host, bits)


def _access(wanted: int) -> Access:
    if wanted & ATOMIC:
        return Access.ATOMIC_WEAK
    return Access.WRITE if wanted & WRITE else Access.READ
