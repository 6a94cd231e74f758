"""Memory as Host and the copy engines reach it: by addresses of a channel's address space, or physically.

Both kinds give CPU addresses piece by piece; 0 stands for memory that is nowhere (sparse), whose reads give
zero and whose writes are dropped.

Facts: gpu-bringup.md sections 3.3 (USERD) and 5; open-gpu-doc:manuals/ampere/ga100/dev_ram.ref (RAMUSERD).
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from barewire.regs import classes
from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.methods import HOST_CLASS
from barewire.softgpu.page_tables import Access, Aperture, FaultType, Pdb

if TYPE_CHECKING:
    from barewire.softgpu.channel import ChannelSetup
    from barewire.softgpu.chip import SoftGpu

PAGE_SHIFT = 12
PAGE_BYTES = 1 << PAGE_SHIFT
MOST_CACHED = 4096

_U32 = ctypes.c_uint32
_U64 = ctypes.c_uint64


class Refused(Exception):
    """Memory that cannot be reached.

    Attributes:
        address: the first such byte, virtual or physical.
        fault_type: why.
        access: what was tried.
    """

    def __init__(self, address: int, fault_type: FaultType, access: Access) -> None:
        super().__init__(f"{fault_type.name}: {access.name} at {address:#x}")
        self.address = address
        self.fault_type = fault_type
        self.access = access


class Memory(Protocol):
    """Memory by addresses of one kind."""

    def pieces(self, address: int, size_bytes: int, write: bool) -> Iterator[tuple[int, int]]:
        """(CPU address, bytes), in order.

        Raises:
            Refused: at the first byte that cannot be reached, after the pieces before it.
        """
        ...


class VirtualMemory:
    """An address space.

    Args:
        gpu: whose MMU translates.
        setup: of the channel; it names the page directory, which may change.
    """

    def __init__(self, gpu: SoftGpu, setup: ChannelSetup) -> None:
        self._gpu = gpu
        self._setup = setup
        self.privileged = setup.privileged
        self._cached: dict[tuple[int, Access], int] = {}
        self._cached_at: tuple[int, int, Pdb | None] = (-1, -1, None)

    def _pdb(self, address: int, access: Access) -> Pdb:
        pdb: Pdb | None = self._setup.pdb
        if pdb is None:
            raise Refused(address, FaultType.UNBOUND_INSTANCE, access)
        return pdb

    def pieces(self, address: int, size_bytes: int, write: bool) -> Iterator[tuple[int, int]]:
        """(CPU address, bytes), in order.

        Raises:
            Refused: at the first byte that cannot be reached, after the pieces before it.
        """
        from barewire.softgpu.mmu import PageFault

        mmu = self._gpu.mmu
        access = Access.WRITE if write else Access.READ
        pdb = self._pdb(address, access)
        try:
            for place in mmu.runs(pdb, address, size_bytes, access, self.privileged):
                for at, size in mmu.pieces(place, write):
                    yield at, size
                    address += size
        except PageFault as fault:
            raise Refused(fault.gpu_va, fault.fault_type, access) from None
        except DmaRefused as why:
            raise _dma_fault(self._gpu, address, access, why) from None

    def address(self, gpu_va: int, size_bytes: int, access: Access) -> int:
        """The CPU address of a few bytes that lie within one page.

        Raises:
            Refused: they cannot be reached.
        """
        key = (gpu_va >> PAGE_SHIFT, access)
        stamp = (self._gpu.mmu.tlb.changes, self._gpu.vram.views, self._setup.pdb)
        if stamp != self._cached_at:
            self._cached.clear()
            self._cached_at = stamp
        page = self._cached.get(key)
        if page is not None:
            return page + (gpu_va & PAGE_BYTES - 1)
        return self._find(gpu_va, size_bytes, access, key)

    def _find(self, gpu_va: int, size_bytes: int, access: Access, key: tuple[int, Access]) -> int:
        from barewire.softgpu.mmu import PageFault

        mmu = self._gpu.mmu
        write = access is not Access.READ
        pdb = self._pdb(gpu_va, access)
        try:
            place = mmu.translate(pdb, gpu_va, access, self.privileged)
            if place.aperture is Aperture.SPARSE:
                return 0
            at = mmu.address(place._replace(size_bytes=size_bytes), write)
        except PageFault as fault:
            raise Refused(fault.gpu_va, fault.fault_type, access) from None
        except DmaRefused as why:
            raise _dma_fault(self._gpu, gpu_va, access, why) from None
        # Host memory may go away at any time; what the CPU's address was must be asked anew.
        if place.aperture is Aperture.VRAM and not self._gpu.options.check_tlb:
            if len(self._cached) >= MOST_CACHED:
                self._cached.clear()
            within = gpu_va & PAGE_BYTES - 1
            if place.size_bytes >= PAGE_BYTES - within:
                self._cached[key] = at - within
        return at

    def read(self, gpu_va: int, size_bytes: int) -> bytes:
        """Bytes.

        Raises:
            Refused: part of them cannot be reached.
        """
        parts = [
            ctypes.string_at(at, size) if at else bytes(size)
            for at, size in self.pieces(gpu_va, size_bytes, False)
        ]
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def load(self, gpu_va: int, size_bytes: int) -> int:
        """A number of 4 or 8 bytes at a multiple of its size.

        Raises:
            Refused: it cannot be reached.
        """
        at = self.address(gpu_va, size_bytes, Access.READ)
        return _load(at, size_bytes) if at else 0

    def store(self, gpu_va: int, size_bytes: int, value: int, access: Access = Access.WRITE) -> None:
        """Write a number of 4 or 8 bytes at a multiple of its size, at once.

        Raises:
            Refused: it cannot be reached.
        """
        at = self.address(gpu_va, size_bytes, access)
        if at:
            _store(at, size_bytes, value)


class PhysicalMemory:
    """Memory by physical address.

    Args:
        gpu: whose memory it is.
        aperture: video memory, or the host's.
    """

    def __init__(self, gpu: SoftGpu, aperture: Aperture) -> None:
        self._gpu = gpu
        self.aperture = aperture

    def pieces(self, address: int, size_bytes: int, write: bool) -> Iterator[tuple[int, int]]:
        """(CPU address, bytes), in order.

        Raises:
            Refused: part of them cannot be reached.
        """
        from barewire.softgpu.mmu import PageFault

        mmu = self._gpu.mmu
        access = Access.PHYSICAL_WRITE if write else Access.PHYSICAL_READ
        try:
            place = mmu.physical(self.aperture, address, size_bytes, access)
            yield from mmu.pieces(place, write)
        except PageFault as fault:
            raise Refused(fault.gpu_va or address, fault.fault_type, access) from None
        except DmaRefused as why:
            raise _dma_fault(self._gpu, address, access, why) from None


def _dma_fault(gpu: SoftGpu, address: int, access: Access, why: DmaRefused) -> Refused:
    """The host did not answer; the request comes back as poisoned."""
    gpu.report("dma refused", f"the host refused an access of a channel: {why}", address=address)
    return Refused(address, FaultType.POISONED, access)


def _load(at: int, size_bytes: int) -> int:
    return int((_U64 if size_bytes == 8 else _U32).from_address(at).value)


def _store(at: int, size_bytes: int, value: int) -> None:
    (_U64 if size_bytes == 8 else _U32).from_address(at).value = value


class Userd:
    """A channel's USERD: where the host writes GP_PUT and Host its progress.

    Args:
        gpu: whose memory it is in.
        place: has `aperture` and `address`.
    """

    BYTES = classes.load(HOST_CLASS).userd_size_bytes
    _OFFSETS = dict(classes.load(HOST_CLASS).userd)

    def __init__(self, gpu: SoftGpu, place: Any) -> None:
        self._gpu = gpu
        self._place = place
        self._vram_at = 0

    def get(self, name: str) -> int:
        """A word by NVIDIA's name.

        Raises:
            Refused: USERD cannot be reached.
        """
        return _load(self._at(False) + self._OFFSETS[name], 4)

    def put(self, **words: int) -> None:
        """Write words by NVIDIA's names.

        Raises:
            Refused: USERD cannot be reached.
        """
        at = self._at(True)
        for name, value in words.items():
            _store(at + self._OFFSETS[name], 4, value)

    def _at(self, write: bool) -> int:
        if self._vram_at:
            return self._vram_at
        memory = PhysicalMemory(self._gpu, self._place.aperture)
        at, size = next(memory.pieces(self._place.address, self.BYTES, write))
        if size < self.BYTES:
            raise Refused(self._place.address, FaultType.REGION, Access.PHYSICAL_READ)
        if self._place.aperture is Aperture.VRAM:
            self._vram_at = at
        return at
