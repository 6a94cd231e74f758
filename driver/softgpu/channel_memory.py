"""Memory as Host and the copy engines reach it: by addresses of a channel's address space, or physically.

Both kinds give CPU addresses piece by piece; 0 stands for memory that is nowhere (sparse), whose reads give
zero and whose writes are dropped.

Facts: open-gpu-doc:manuals/ampere/ga100/dev_ram.ref (RAMUSERD); OGKM:src/common/sdk/nvidia/inc/class/
clc86f.h.
"""

from __future__ import annotations

import ctypes
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from barewire.regs import classes
from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.methods import HOST_CLASS
from barewire.softgpu.mmu import PageFault, Place
from barewire.softgpu.page_tables import Access, Aperture, FaultType, Pdb

if TYPE_CHECKING:
    from barewire.softgpu.channel import ChannelSetup
    from barewire.softgpu.chip import SoftGpu

PAGE_SHIFT = 12
PAGE_BYTES = 1 << PAGE_SHIFT
MOST_CACHED = 1 << 17
ADDRESS_MASK = (1 << 64) - 1  # lines at a negative pitch may begin below zero

_U32 = ctypes.c_uint32
_U64 = ctypes.c_uint64


class Refused(Exception):
    """Memory that cannot be reached. What the host refuses comes back as poisoned.

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


class _Extents:
    """Stretches of addresses whose translation is known."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._places: list[Place] = []

    def clear(self) -> None:
        """Know nothing."""
        if self._starts:
            self._starts.clear()
            self._places.clear()

    def find(self, address: int, end: int) -> tuple[Place | None, int]:
        """What is known of an address, cut off at `end`; and how far nothing is known, if nothing is."""
        index = bisect_right(self._starts, address)
        if index:
            place = self._places[index - 1]
            within = address - place.gpu_va
            if within < place.size_bytes:
                size = min(place.size_bytes - within, end - address)
                return Place(place.aperture, place.address + within, size, place.kind, address), end
        if index < len(self._starts):
            end = min(end, self._starts[index])
        return None, end

    def add(self, address: int, place: Place) -> None:
        """Know where addresses are that nothing was known of."""
        if place.aperture is Aperture.SPARSE:
            return
        if len(self._starts) >= MOST_CACHED:
            self.clear()
        index = bisect_right(self._starts, address)
        self._starts.insert(index, address)
        self._places.insert(index, place._replace(gpu_va=address))


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
        self._known = {Access.READ: _Extents(), Access.WRITE: _Extents()}
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
        mmu = self._gpu.mmu
        access = Access.WRITE if write else Access.READ
        address &= ADDRESS_MASK
        try:
            for place in self._places(address, size_bytes, access):
                for at, size in mmu.pieces(place, write):
                    yield at, size
                    address += size
        except PageFault as fault:
            raise Refused(fault.gpu_va, fault.fault_type, access) from None
        except DmaRefused as why:
            raise Refused(address, FaultType.POISONED, access) from why

    def places(self, address: int, size_bytes: int, write: bool) -> Iterator[Place]:
        """Where a range of addresses is, in order, neighbours joined.

        Raises:
            Refused: at the first byte that has no place, after the places before it.
        """
        access = Access.WRITE if write else Access.READ
        try:
            yield from self._places(address & ADDRESS_MASK, size_bytes, access)
        except PageFault as fault:
            raise Refused(fault.gpu_va, fault.fault_type, access) from None

    def _places(self, address: int, size_bytes: int, access: Access) -> Iterator[Place]:
        """Where a range of addresses is, joined as far as it goes; what is known need not be translated."""
        end = address + size_bytes
        while address < end:
            self._keep_in_step()
            known = self._known[access]
            place, limit = known.find(address, end)
            if place is not None:
                address += place.size_bytes
                yield place
                continue
            for place in self._gpu.mmu.runs(
                self._pdb(address, access), address, limit - address, access, self.privileged
            ):
                known.add(address, place)
                address += place.size_bytes
                yield place

    def _keep_in_step(self) -> None:
        """Forget what the MMU was told to forget."""
        stamp = (self._gpu.mmu.tlb.changes, self._gpu.vram.views, self._setup.pdb)
        if stamp != self._cached_at or self._gpu.options.check_tlb:
            self._cached.clear()
            for known in self._known.values():
                known.clear()
            self._cached_at = stamp

    def address(self, gpu_va: int, size_bytes: int, access: Access) -> int:
        """The CPU address of a few bytes that lie within one page.

        Raises:
            Refused: they cannot be reached.
        """
        key = (gpu_va >> PAGE_SHIFT, access)
        self._keep_in_step()
        page = self._cached.get(key)
        if page is not None:
            return page + (gpu_va & PAGE_BYTES - 1)
        return self._find(gpu_va, size_bytes, access, key)

    def _find(self, gpu_va: int, size_bytes: int, access: Access, key: tuple[int, Access]) -> int:
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
            raise Refused(gpu_va, FaultType.POISONED, access) from why
        # Host memory may go away at any time; what the CPU's address was must be asked anew.
        if place.aperture is Aperture.VRAM:
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
        if (gpu_va & PAGE_BYTES - 1) + size_bytes <= PAGE_BYTES:
            at = self.address(gpu_va, size_bytes, Access.READ)
            return ctypes.string_at(at, size_bytes) if at else bytes(size_bytes)
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
        mmu = self._gpu.mmu
        access = Access.PHYSICAL_WRITE if write else Access.PHYSICAL_READ
        address &= ADDRESS_MASK
        try:
            place = mmu.physical(self.aperture, address, size_bytes, access)
            yield from mmu.pieces(place, write)
        except PageFault as fault:
            raise Refused(fault.gpu_va or address, fault.fault_type, access) from None
        except DmaRefused as why:
            raise Refused(address, FaultType.POISONED, access) from why

    def places(self, address: int, size_bytes: int, write: bool) -> Iterator[Place]:
        """The range itself; its `gpu_va` is the physical address.

        Raises:
            Refused: part of it cannot be reached.
        """
        access = Access.PHYSICAL_WRITE if write else Access.PHYSICAL_READ
        address &= ADDRESS_MASK
        try:
            place = self._gpu.mmu.physical(self.aperture, address, size_bytes, access)
        except PageFault as fault:
            raise Refused(fault.gpu_va or address, fault.fault_type, access) from None
        yield place._replace(gpu_va=address)


class ToldMemory:
    """Memory whose every use is told to somebody before it happens.

    Args:
        memory: of which kind.
        tell: takes a place and whether it is written.
    """

    def __init__(self, memory: VirtualMemory | PhysicalMemory, tell: Callable[[Place, bool], None]) -> None:
        self._memory = memory
        self._tell = tell

    def pieces(self, address: int, size_bytes: int, write: bool) -> Iterator[tuple[int, int]]:
        """(CPU address, bytes), in order.

        Raises:
            Refused: at the first byte that cannot be reached, after the pieces before it.
        """
        for place in self._memory.places(address, size_bytes, write):
            self._tell(place, write)
            yield from self._memory.pieces(place.gpu_va, place.size_bytes, write)


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
