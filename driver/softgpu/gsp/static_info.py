"""GET_GSP_STATIC_INFO: what a driver learns first of the board, and the table of video memory's regions.

Facts: OGKM:src/nvidia/inc/kernel/gpu/gsp/gsp_static_config.h,
ctrl2080fb.h; nouveau:nvkm/subdev/gsp/rm/r535/gsp.c (which regions it uses).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from barewire.softgpu.gsp import board_facts as board
from barewire.softgpu.gsp import rpc_structs as structs
from barewire.softgpu.gsp.control_structs import FB_REGION, FB_REGION_INFO, GID_INFO
from barewire.softgpu.gsp.records import Record

if TYPE_CHECKING:
    from barewire.softgpu.gsp.resman import ResourceManager

_UTF16_CHARACTERS = 64


def fill_regions(rm: ResourceManager, info: Record) -> None:
    """Two regions: what drivers may use, and what firmware keeps at the top."""
    usable, end = rm.usable_bytes, rm.gpu.vram.size_bytes
    info.numFBRegions = 2
    free = info.inner("fbRegion", FB_REGION, 0)
    free.base, free.limit = 0, usable - 1
    free.performance = 100
    free.supportCompressed = free.supportISO = 1
    kept = info.inner("fbRegion", FB_REGION, 1)
    kept.base, kept.limit, kept.reserved = usable, end - 1, end - usable
    kept.bProtected = 1


def static_info(rm: ResourceManager) -> bytes:
    """GspStaticConfigInfo."""
    options = rm.gpu.options
    info = structs.STATIC_CONFIG_INFO.new(
        grCapsBits=board.GR_CAPABILITIES,
        bar0Size=rm.gpu.bars[0].size_bytes,
        bar1Size=options.bar1_bytes,
        bar2Size=options.bar2_bytes,
        b64bitBar0=int(options.bar0_is_64bit),
        b64bitBar1=1,
        b64bitBar2=1,
        fb_length=options.vram_bytes,
        fb_bus_width=board.MEMORY_BUS_BITS,
        fb_ram_type=board.RAM_TYPE_HBM,
        fbp_mask=(1 << board.PARTITIONS) - 1,
        l2_cache_size=board.L2_CACHE_BYTES,
        gpuNameString=board.NAME.encode(),
        gpuShortNameString=board.SHORT_NAME.encode(),
        gpuNameString_Unicode=board.NAME[:_UTF16_CHARACTERS].encode("utf-16-le"),
        bIsTesla=1,
        bar1PdeBase=rm.bar_roots[0],
        bar2PdeBase=rm.bar_roots[1],
        bPageRetirementSupported=1,
        bSplitVasBetweenServerClientRm=1,
        hInternalClient=rm.internal.client.handle,
        hInternalDevice=rm.internal.device.handle,
        hInternalSubdevice=rm.internal.subdevice.handle,
        nonWprHeapOffset=rm.layout.non_wpr_heap_offset,
        frtsOffset=rm.layout.frts_offset,
    )
    gid = info.inner("gidInfo", GID_INFO)
    gid.flags, gid.length, gid.data = board.GID_BINARY, board.GID_BYTES, board.gid(options)
    fill_regions(rm, info.inner("fbRegionInfoParams", FB_REGION_INFO))
    return info.to_bytes()
