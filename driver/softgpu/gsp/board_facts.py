"""What firmware says of the board: names, units, sizes. The software GH100 is like an H100 with HBM.

Facts: OGKM:ctrl2080fb.h, ctrl2080gpu.h, ctrl2080ce.h,
ctrl0080fifo.h. Numbers that no specification gives are the model's own choice.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftOptions

KIB = 1 << 10
MIB = 1 << 20

NAME = "NVIDIA Software GH100"
SHORT_NAME = "GH100"
GPU_ID = 0x100
ARCHITECTURE = 0x180
IMPLEMENTATION = 0
REVISION = 0xA1
MEMORY_BUS_BITS = 5120
RAM_TYPE_HBM = 9
L2_CACHE_BYTES = 50 * MIB
PARTITIONS = 10
L2_CACHES = 2 * PARTITIONS
L2_SLICES_PER_CACHE = 4
COMPRESSION_PAGE_BYTES = 64 * KIB
GR_CAPABILITIES = bytes(23)
GID_BYTES = 16
GID_BINARY = 2

# Seven clusters of nine TPCs and one of three: 66 TPCs of two SMs each.
TPC_MASKS: tuple[int, ...] = (0x1FF,) * 7 + (0x007,)
GPC_MASK = (1 << len(TPC_MASKS)) - 1
SMS_PER_TPC = 2
TPCS: tuple[tuple[int, int], ...] = tuple(
    (gpc, tpc) for gpc, mask in enumerate(TPC_MASKS) for tpc in range(mask.bit_count())
)


class SmPlace(NamedTuple):
    """Where an SM is: its cluster, the TPC in it, the SM in that."""

    gpc: int
    tpc: int
    sm: int


# By the SM's global number: cluster by cluster. An H100 counts them in another order, which depends on what
# is fused off.
SM_PLACES: tuple[SmPlace, ...] = tuple(
    SmPlace(gpc, tpc, sm) for gpc, tpc in TPCS for sm in range(SMS_PER_TPC)
)

# Which errors an SM reports, as RM sets its registers up: read in the log of an H100 (h100-faults.json).
WARP_ESR_REPORT_MASK = 0x1F81FB60
GLOBAL_ESR_REPORT_MASK = 0x00001174

# NV2080_CTRL_GR_INFO_INDEX_*.
GRAPHICS_FACTS: dict[int, int] = {
    0x07: len(TPC_MASKS),  # SHADER_PIPE_COUNT
    0x09: len(TPCS),  # SHADER_PIPE_SUB_COUNT
    0x0C: 0x900,  # SM_VERSION
    0x0D: 64,  # MAX_WARPS_PER_SM
    0x0E: 32,  # MAX_THREADS_PER_WARP
    0x13: 128,  # MAX_SP_PER_SM
    0x14: 8,  # LITTER_NUM_GPCS
    0x17: 9,  # LITTER_NUM_TPC_PER_GPC
    0x1A: 1,  # TIMESLICE_ENABLED
    0x1D: len(SM_PLACES) * 128,  # GPU_CORE_COUNT
    0x20: SMS_PER_TPC,  # LITTER_NUM_SM_PER_TPC
    0x24: 8,  # LITTER_NUM_GRS
    0x2A: 9,  # FAMILY_MAX_TPC_PER_GPC
    0x2C: 64,  # MAX_SUBCONTEXT_COUNT
}

# GR context buffers by NV0080 FIFO_GET_ENGINE_CONTEXT_PROPERTIES id: bytes, alignment. They are smaller than
# a board's: drivers clear some word by word (main, patch, FECS event, privileged access map).
CONTEXT_BUFFERS: dict[int, tuple[int, int]] = {
    0x00: (64 * KIB, 4 * KIB),  # GRAPHICS: the main context
    0x08: (1024 * KIB, 4 * KIB),  # ZCULL
    0x09: (64 * KIB, 4 * KIB),  # PM
    0x0A: (8 * MIB, 4 * KIB),  # COMPUTE_PREEMPT
    0x0B: (4 * MIB, 4 * KIB),  # PREEMPT
    0x0C: (256 * KIB, 4 * KIB),  # SPILL
    0x0D: (128 * KIB, 4 * KIB),  # PAGEPOOL
    0x0E: (4 * MIB, 4 * KIB),  # BETACB
    0x0F: (64 * KIB, 4 * KIB),  # RTV
    0x10: (16 * KIB, 4 * KIB),  # PATCH
    0x11: (128 * KIB, 4 * KIB),  # BUNDLE_CB
    0x12: (128 * KIB, 4 * KIB),  # PAGEPOOL_GLOBAL
    0x13: (4 * MIB, 64 * KIB),  # ATTRIBUTE_CB
    0x14: (128 * KIB, 4 * KIB),  # RTV_CB_GLOBAL
    0x15: (512 * KIB, 4 * KIB),  # GFXP_POOL
    0x16: (64 * KIB, 4 * KIB),  # GFXP_CTRL_BLK
    0x17: (16 * KIB, 4 * KIB),  # FECS_EVENT
    0x18: (32 * KIB, 4 * KIB),  # PRIV_ACCESS_MAP
    0x19: (128 * KIB, 4 * KIB),  # SETUP
}
CONTEXT_BUFFER_IDS = 0x1A
PROMOTED_BUFFER_IDS = 13

# Copy engines: capability bits of NV2080_CTRL_CE_CAPS, byte by byte.
COPY_CAPS_ALL = (0x04 | 0x08 | 0x20 | 0x40 | 0x80, 0x01 | 0x02)
COPY_CAPS_GRAPHICS = 0x01
COPY_CAPS_SHARED = 0x02

ZCULL = {
    "widthAlignPixels": 512,
    "heightAlignPixels": 128,
    "pixelSquaresByAliquots": 2048,
    "aliquotTotal": 25344,
    "zcullRegionByteMultiplier": 32,
    "zcullRegionHeaderSize": 224,
    "zcullSubregionHeaderSize": 1216,
    "subregionCount": 16,
    "subregionWidthAlignPixels": 512,
    "subregionHeightAlignPixels": 256,
}


def gid(options: SoftOptions) -> bytes:
    """The GPU's UUID: the same for GPUs of the same options."""
    return hashlib.sha1(repr(options).encode(), usedforsecurity=False).digest()[:GID_BYTES]


def gid_text(options: SoftOptions) -> str:
    """The UUID as tools print it."""
    digits = gid(options).hex()
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "GPU-" + "-".join(parts)
