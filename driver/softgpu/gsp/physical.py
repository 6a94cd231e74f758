"""Memory as firmware reaches it: by physical addresses, without any page table.

Facts: OGKM:src/common/sdk/nvidia/inc/alloc/alloc_channel.h (NV_MEMORY_DESC_PARAMS).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.gsp.objects import Memory
from barewire.softgpu.gsp.status import Refused, Status
from barewire.softgpu.page_tables import Aperture
from barewire.softgpu.vram import OutsideVram

if TYPE_CHECKING:
    from barewire.softgpu.gsp.resman import ResourceManager

PAGE_BYTES = 4096


@dataclass(frozen=True)
class Stretch:
    """Physical memory that RM reaches by itself."""

    aperture: Aperture
    address: int
    size_bytes: int


class PhysicalMemory:
    """Memory as firmware reaches it, by physical addresses."""

    def __init__(self, rm: ResourceManager) -> None:
        self._rm = rm

    def _is_drivers(self, address: int, size_bytes: int) -> bool:
        """Whether a stretch of video memory is there, and not firmware's own."""
        reachable = self._rm.gpu.vram.reachable(address, size_bytes)
        return reachable and address + size_bytes <= self._rm.usable_bytes

    def check(self, stretch: Stretch) -> None:
        """That memory is there, and not firmware's own.

        Raises:
            Refused: INVALID_ADDRESS.
        """
        gpu = self._rm.gpu
        if stretch.aperture is Aperture.VRAM:
            if not self._is_drivers(stretch.address, stretch.size_bytes):
                raise Refused(
                    Status.INVALID_ADDRESS, f"{stretch.size_bytes:#x} bytes at {stretch.address:#x}"
                )
            return
        try:
            for _ in gpu.host.pieces(stretch.address, stretch.size_bytes, True):
                pass
        except DmaRefused as why:
            raise Refused(Status.INVALID_ADDRESS, str(why)) from None

    def read(self, stretch: Stretch, size_bytes: int) -> bytes:
        """The first bytes of a stretch; zeros where it is gone."""
        gpu = self._rm.gpu
        memory = gpu.vram if stretch.aperture is Aperture.VRAM else gpu.host
        try:
            return memory.read(stretch.address, size_bytes)
        except (DmaRefused, OutsideVram):
            return bytes(size_bytes)

    def write(self, stretch: Stretch, data: bytes, offset: int = 0) -> None:
        """Write into a stretch; what is not there any more, or firmware's own, is reported and lost."""
        gpu = self._rm.gpu
        memory = gpu.vram if stretch.aperture is Aperture.VRAM else gpu.host
        if memory is gpu.vram and not self._is_drivers(stretch.address + offset, len(data)):
            text = f"{len(data)} bytes of video memory that are not a driver's"
            gpu.report("memory gone", text, address=stretch.address + offset)
            return
        try:
            memory.write(stretch.address + offset, data)
        except (DmaRefused, OutsideVram) as why:
            gpu.report("memory gone", str(why), address=stretch.address + offset)

    def part(self, memory: Memory, offset: int, size_bytes: int) -> Stretch:
        """Part of a memory object, which must lie in one page of it.

        Raises:
            Refused: INVALID_OFFSET.
        """
        if offset + size_bytes > memory.size_bytes or not memory.pages:
            raise Refused(Status.INVALID_OFFSET, f"{size_bytes:#x} bytes at {offset:#x} of a memory object")
        if len(memory.pages) == 1:
            return Stretch(memory.aperture, memory.pages[0] + offset, size_bytes)
        page, within = divmod(offset, PAGE_BYTES)
        if within + size_bytes > PAGE_BYTES:
            raise Refused(Status.INVALID_OFFSET, "it crosses a page of scattered memory")
        return Stretch(memory.aperture, memory.pages[page] + within, size_bytes)
