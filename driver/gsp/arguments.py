"""What the parts of GSP's boot find in host memory: each part's arguments name the next one's.

    FSP -> FMC:           GSP_FMC_BOOT_PARAMS
    FMC (ACR):            GspFwWprMeta: firmware image, bootloader, signature, sizes of regions
    bootloader -> LibOS:  a page of regions: the logs, RMARGS
    resource manager:     GSP_ARGUMENTS_CACHED ("RMARGS"): the message queues

Facts: OGKM:570.144:src/nvidia/arch/nvalloc/common/inc/gsp/gsp_fw_wpr_meta.h, gspifpub.h,
OGKM:kernel_gsp_gh100.c (kgspSetupGspFmcArgs), kernel_gsp_tu102.c; nouveau:nvkm/subdev/gsp/gh100.c.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from barewire.abi.layout import Abi, Struct
from barewire.chip.boot import BootFacts
from barewire.errors import UsageError

WPR_META_MAGIC = 0xDC3AAE21371A60B3
WPR_META_REVISION = 1

# OGKM:gspifpub.h GSP_DMA_TARGET
TARGET_COHERENT, TARGET_NONCOHERENT = 1, 2
# OGKM:libos_init_args.h
REGION_CONTIGUOUS = 1
REGION_IN_HOST_MEMORY = 1


class Blob(NamedTuple):
    """Bytes that lie in host memory for GSP."""

    iova: int
    size_bytes: int


class CodeOffsets(NamedTuple):
    """Where code, data and manifest begin in the bootloader's image, in bytes."""

    code: int
    data: int
    manifest: int


def wpr_meta(
    abi: Abi,
    facts: BootFacts,
    *,
    radix3: Blob,
    bootloader: Blob,
    offsets: CodeOffsets,
    signature: Blob,
    vram_bytes: int,
) -> Struct:
    """What the FMC needs for carving out the protected region (WPR2); it finds the offsets itself.

    Args:
        abi: of the firmware.
        facts: of the chip.
        radix3: the firmware image's root page list; its size is the image's.
        bootloader: its image.
        offsets: in that image.
        signature: of the firmware image.
        vram_bytes: video memory of this board.
    """
    return abi.new(
        "GspFwWprMeta",
        magic=WPR_META_MAGIC,
        revision=WPR_META_REVISION,
        sysmemAddrOfRadix3Elf=radix3.iova,
        sizeOfRadix3Elf=radix3.size_bytes,
        sysmemAddrOfBootloader=bootloader.iova,
        sizeOfBootloader=bootloader.size_bytes,
        bootloaderCodeOffset=offsets.code,
        bootloaderDataOffset=offsets.data,
        bootloaderManifestOffset=offsets.manifest,
        sysmemAddrOfSignature=signature.iova,
        sizeOfSignature=signature.size_bytes,
        nonWprHeapSize=facts.non_wpr_heap_bytes,
        gspFwHeapSize=facts.heap.size_bytes(vram_bytes),
        frtsSize=facts.frts_bytes,
        vgaWorkspaceSize=facts.vga_workspace_bytes,
        pmuReservedSize=facts.pmu_reserved_bytes,
    )


def fmc_boot_params(abi: Abi, *, wpr_meta: Blob, libos_iova: int) -> Struct:
    """What FSP hands the FMC."""
    return abi.new(
        "GSP_FMC_BOOT_PARAMS",
        bootGspRmParams__target=TARGET_COHERENT,
        bootGspRmParams__gspRmDescSize=wpr_meta.size_bytes,
        bootGspRmParams__gspRmDescOffset=wpr_meta.iova,
        bootGspRmParams__bIsGspRmBoot=1,
        gspRmParams__target=TARGET_NONCOHERENT,
        gspRmParams__bootArgsOffset=libos_iova,
    )


def region_id(name: str) -> int:
    """A region's name as LibOS compares it: its characters as one big-endian number.

    Raises:
        UsageError: the name is longer than 8 characters.
    """
    if not 0 < len(name) <= 8:
        raise UsageError(f"a region's name has 1 to 8 characters, not {name!r}")
    return int.from_bytes(name.encode("ascii"), "big")


def libos_regions(abi: Abi, regions: Sequence[tuple[str, Blob]]) -> bytes:
    """The regions LibOS is told of, in order; the rest of the page stays zero."""
    table = bytearray()
    for name, blob in regions:
        table += abi.new(
            "LibosMemoryRegionInitArgument",
            id8=region_id(name),
            pa=blob.iova,
            size=blob.size_bytes,
            kind=REGION_CONTIGUOUS,
            loc=REGION_IN_HOST_MEMORY,
        ).data
    return bytes(table)


def rm_arguments(
    abi: Abi, *, queues: Blob, page_count: int, command_offset: int, status_offset: int
) -> Struct:
    """Where the resource manager finds the message queues; it starts afresh, not from suspension."""
    return abi.new(
        "GSP_ARGUMENTS_CACHED",
        messageQueueInitArguments__sharedMemPhysAddr=queues.iova,
        messageQueueInitArguments__pageTableEntryCount=page_count,
        messageQueueInitArguments__cmdQueueOffset=command_offset,
        messageQueueInitArguments__statQueueOffset=status_offset,
        bDmemStack=1,
    )
