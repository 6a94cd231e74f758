"""GSP's bootstrap on Hopper (FMC and ACR): what it demands of the host's structures, and what it lays out.

The checks follow what open drivers fill in; NVIDIA's FMC itself is not published. The numbers of
`FmcError` are the model's own: a driver sees only that the mailbox is not zero.

Facts: OGKM:src/nvidia/src/kernel/gpu/gsp/arch/hopper/kernel_gsp_gh100.c,
nouveau:nvkm/subdev/gsp/gh100.c, nouveau:nvkm/subdev/gsp/tu102.c (the layout from the top of memory).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.gsp import authentic
from barewire.softgpu.gsp.radix3 import BadRadix3, Radix3
from barewire.softgpu.gsp.structs import (
    GSP_FMC_BOOT_PARAMS,
    GSP_FW_WPR_META,
    PAGE_BYTES,
    TARGET_COHERENT_SYSTEM,
    TARGET_NONCOHERENT_SYSTEM,
    WPR_META_MAGIC,
    WPR_META_REVISION,
    Layout,
    Record,
)

if TYPE_CHECKING:
    from barewire.softgpu.dma import DmaPort

KIB = 1 << 10
MIB = 1 << 20
HEAP_BYTES_MIN = 88 * MIB  # LibOS 3 on bare metal; OGKM:gsp_fw_heap.h
NON_WPR_HEAP_BYTES_MIN = 1 * MIB
SIGNATURE_BYTES = 0x1000
BOOTLOADER_BYTES_MAX = 16 * MIB
WPR_ALIGNMENT = 1 * MIB
ELF_ALIGNMENT = 64 * KIB
IN_SYSTEM_MEMORY = (TARGET_COHERENT_SYSTEM, TARGET_NONCOHERENT_SYSTEM)


class FmcError(IntEnum):
    """What the bootstrap leaves in MAILBOX0 when it refuses."""

    BOOT_PARAMETERS = 0x11
    RM_ARGUMENTS = 0x12
    META_MAGIC = 0x21
    META_FIELD = 0x22
    BOOTLOADER = 0x31
    IMAGE = 0x32
    SIGNATURE = 0x33
    LAYOUT = 0x41
    DMA = 0x51


class Refused(Exception):
    """The bootstrap does not go on.

    Args:
        code: for MAILBOX0.
        text: what is wrong, in a few words.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True)
class Frts:
    """The region that FSP was told to make, counted from the end of video memory."""

    offset_from_end: int
    size_bytes: int


@dataclass(frozen=True)
class WprLayout:
    """Where the bootstrap put things, in bytes of video memory, from the bottom up.

    Attributes:
        non_wpr_heap_offset, non_wpr_heap_size: RM's heap outside the protected region.
        wpr2_start, wpr2_end: the protected region.
        heap_offset, heap_size: GSP-RM's heap in it.
        elf_offset, elf_size: the firmware image.
        boot_offset: the boot loader.
        frts_offset, frts_size: the region of FSP.
        vga_workspace_offset: up to the end.
    """

    non_wpr_heap_offset: int
    non_wpr_heap_size: int
    wpr2_start: int
    wpr2_end: int
    heap_offset: int
    heap_size: int
    elf_offset: int
    elf_size: int
    boot_offset: int
    frts_offset: int
    frts_size: int
    vga_workspace_offset: int


def _down(value: int, alignment: int) -> int:
    return value - value % alignment


def lay_out(meta: Record, vram_bytes: int, frts: Frts) -> WprLayout:
    """The layout for these sizes.

    Raises:
        Refused: it does not fit into video memory.
    """
    vga = vram_bytes - meta.vga_workspace_size
    frts_offset = vram_bytes - frts.offset_from_end
    wpr2_end = frts_offset + frts.size_bytes
    boot = _down(frts_offset - meta.bootloader_size, PAGE_BYTES)
    elf = _down(boot - meta.radix3_size, ELF_ALIGNMENT)
    heap = _down(elf - meta.heap_size, WPR_ALIGNMENT)
    wpr2_start = _down(heap - GSP_FW_WPR_META.size_bytes, WPR_ALIGNMENT)
    non_wpr = wpr2_start - meta.non_wpr_heap_size
    if non_wpr <= 0:
        raise Refused(FmcError.LAYOUT, f"video memory of {vram_bytes:#x} bytes is too small")
    if wpr2_end > vga:
        raise Refused(FmcError.LAYOUT, f"FRTS up to {wpr2_end:#x} overlaps the VGA workspace at {vga:#x}")
    return WprLayout(
        non_wpr_heap_offset=non_wpr,
        non_wpr_heap_size=meta.non_wpr_heap_size,
        wpr2_start=wpr2_start,
        wpr2_end=wpr2_end,
        heap_offset=heap,
        heap_size=_down(elf, WPR_ALIGNMENT) - heap,
        elf_offset=elf,
        elf_size=meta.radix3_size,
        boot_offset=boot,
        frts_offset=frts_offset,
        frts_size=frts.size_bytes,
        vga_workspace_offset=vga,
    )


@dataclass(frozen=True)
class Authenticated:
    """What the bootstrap found good.

    Attributes:
        params: GSP_FMC_BOOT_PARAMS.
        meta: GspFwWprMeta.
        image: the firmware, still in host memory.
        layout: of the top of video memory.
    """

    params: Record
    meta: Record
    image: Radix3
    layout: WprLayout


Faults = tuple[tuple[bool, str], ...]


class Bootstrap:
    """One run of the bootstrap.

    Args:
        host: the way to host memory.
        vram_bytes: how much video memory there is.
        frts: what FSP was told.
    """

    def __init__(self, host: DmaPort, vram_bytes: int, frts: Frts) -> None:
        self._host = host
        self._vram_bytes = vram_bytes
        self._frts = frts

    def authenticate(self, boot_params: int) -> Authenticated:
        """Check everything that the boot parameters at that bus address lead to.

        Raises:
            Refused: something is not as it must be.
        """
        params = self._structure(GSP_FMC_BOOT_PARAMS, boot_params, FmcError.BOOT_PARAMETERS)
        self._refuse(FmcError.BOOT_PARAMETERS, self._params_faults(params))
        self._refuse(FmcError.RM_ARGUMENTS, self._argument_faults(params))
        self._bytes("the LibOS arguments", params.args_offset, PAGE_BYTES)
        meta = self._structure(GSP_FW_WPR_META, params.rm_desc_offset, FmcError.META_MAGIC)
        self._refuse(FmcError.META_MAGIC, self._magic_faults(meta))
        self._refuse(FmcError.META_FIELD, self._meta_faults(meta))
        self._refuse(FmcError.BOOTLOADER, self._bootloader_faults(meta))
        bootloader = self._bytes("the boot loader", meta.bootloader_address, meta.bootloader_size)
        self._refuse(FmcError.SIGNATURE, self._signature_faults(meta))
        signature = self._bytes("the signature", meta.signature_address, meta.signature_size)
        layout = lay_out(meta, self._vram_bytes, self._frts)
        image = self._image(meta)
        self._refuse(FmcError.SIGNATURE, self._authentic_faults(signature, image, bootloader))
        return Authenticated(params, meta, image, layout)

    @staticmethod
    def _params_faults(params: Record) -> Faults:
        return (
            (params.rm_target not in IN_SYSTEM_MEMORY, f"bootGspRmParams.target {params.rm_target}"),
            (params.rm_desc_size != GSP_FW_WPR_META.size_bytes, f"gspRmDescSize {params.rm_desc_size}"),
            (params.is_gsp_rm_boot != 1, f"bIsGspRmBoot {params.is_gsp_rm_boot}"),
            (params.wpr_carveout_size != 0, f"wprCarveoutSize {params.wpr_carveout_size:#x}"),
        )

    @staticmethod
    def _argument_faults(params: Record) -> Faults:
        at = params.args_offset
        return (
            (params.args_target not in IN_SYSTEM_MEMORY, f"gspRmParams.target {params.args_target}"),
            (at == 0 or at % PAGE_BYTES != 0, f"bootArgsOffset {at:#x} is not the address of a page"),
        )

    @staticmethod
    def _magic_faults(meta: Record) -> Faults:
        return (
            (meta.magic != WPR_META_MAGIC, f"magic {meta.magic:#x}"),
            (meta.revision != WPR_META_REVISION, f"revision {meta.revision}"),
        )

    @staticmethod
    def _meta_faults(meta: Record) -> Faults:
        return (
            (meta.radix3_size == 0, "sizeOfRadix3Elf 0"),
            (meta.radix3_size % PAGE_BYTES != 0, f"sizeOfRadix3Elf {meta.radix3_size:#x}: not whole pages"),
            (meta.heap_size < HEAP_BYTES_MIN, f"gspFwHeapSize {meta.heap_size:#x}: too small"),
            (meta.heap_size % MIB != 0, f"gspFwHeapSize {meta.heap_size:#x}: not whole MiB"),
            (meta.non_wpr_heap_size < NON_WPR_HEAP_BYTES_MIN, f"nonWprHeapSize {meta.non_wpr_heap_size:#x}"),
            (meta.non_wpr_heap_size % MIB != 0, f"nonWprHeapSize {meta.non_wpr_heap_size:#x}"),
            (meta.vga_workspace_size % (128 * KIB) != 0, f"vgaWorkspaceSize {meta.vga_workspace_size:#x}"),
            (meta.vga_workspace_size == 0, "vgaWorkspaceSize 0"),
            (meta.pmu_reserved_size != 0, f"pmuReservedSize {meta.pmu_reserved_size:#x}"),
        )

    @staticmethod
    def _bootloader_faults(meta: Record) -> Faults:
        at, size = meta.bootloader_address, meta.bootloader_size
        parts = (
            meta.bootloader_manifest_offset,
            meta.bootloader_data_offset,
            meta.bootloader_code_offset,
        )
        return (
            (at == 0 or at % PAGE_BYTES != 0, f"sysmemAddrOfBootloader {at:#x}"),
            (not 0 < size <= BOOTLOADER_BYTES_MAX, f"sizeOfBootloader {size:#x}"),
            (any(part >= size for part in parts), f"its parts at {parts} of {size:#x} bytes"),
            (len(set(parts)) != len(parts), f"its parts at {parts} are the same"),
        )

    @staticmethod
    def _signature_faults(meta: Record) -> Faults:
        at = meta.signature_address
        return (
            (at == 0 or at % PAGE_BYTES != 0, f"sysmemAddrOfSignature {at:#x}"),
            (meta.signature_size != SIGNATURE_BYTES, f"sizeOfSignature {meta.signature_size:#x}"),
        )

    @staticmethod
    def _refuse(code: FmcError, faults: Faults) -> None:
        for wrong, text in faults:
            if wrong:
                raise Refused(code, text)

    def _structure(self, layout: Layout, address: int, code: FmcError) -> Record:
        if address == 0 or address % PAGE_BYTES:
            raise Refused(code, f"{layout.name} at {address:#x}: not the address of a page")
        try:
            return layout.parse(self._host.read(address, layout.size_bytes))
        except DmaRefused as refused:
            raise Refused(FmcError.DMA, f"{layout.name}: {refused}") from None

    def _bytes(self, what: str, address: int, size_bytes: int) -> bytes:
        try:
            return self._host.read(address, size_bytes)
        except DmaRefused as refused:
            raise Refused(FmcError.DMA, f"{what}: {refused}") from None

    @staticmethod
    def _authentic_faults(signature: bytes, image: Radix3, bootloader: bytes) -> Faults:
        try:
            found = authentic.fault(signature, image, bootloader)
        except DmaRefused as refused:
            raise Refused(FmcError.DMA, f"the image: {refused}") from None
        return ((found is not None, found or ""),)

    def _image(self, meta: Record) -> Radix3:
        try:
            image = Radix3(self._host, meta.radix3_address, meta.radix3_size)
            image.verify()
        except BadRadix3 as bad:
            raise Refused(FmcError.IMAGE, str(bad)) from None
        return image
