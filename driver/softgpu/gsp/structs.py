"""Structures that host and GSP firmware share in memory, as the firmware 570.144 reads them.

Offsets are the model's own reading of NVIDIA's headers: OGKM:src/nvidia/arch/nvalloc/common/inc/gsp
(gsp_fw_wpr_meta.h, gspifpub.h), src/common/shared/msgq/inc/msgq/msgq_priv.h,
src/nvidia/inc/kernel/gpu/gsp/message_queue_priv.h, src/nvidia/arch/nvalloc/common/inc/fsp/fsp_nvdm_format.h.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PAGE_BYTES = 4096


class Record:
    """The fields of one structure, each a number, and its bytes."""

    def __init__(self, name: str, fields: dict[str, int], data: bytes) -> None:
        self.name = name
        self.fields = fields
        self.data = data

    def __getattr__(self, name: str) -> int:
        fields: dict[str, int] = self.__dict__.get("fields", {})
        if name in fields:
            return fields[name]
        raise AttributeError(f"{self.__dict__.get('name')} has no field {name}")

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value:#x}' for name, value in self.fields.items())})"


class Layout:
    """A structure of little-endian numbers.

    Args:
        name: NVIDIA's.
        size_bytes: of it.
        fields: name -> (offset, bytes).
    """

    def __init__(self, name: str, size_bytes: int, fields: Mapping[str, tuple[int, int]]) -> None:
        self.name = name
        self.size_bytes = size_bytes
        self.places = dict(fields)

    def parse(self, data: bytes) -> Record:
        """The fields of a structure's bytes; what is missing at the end reads as zero."""
        whole = data[: self.size_bytes].ljust(self.size_bytes, b"\0")
        fields = {
            name: int.from_bytes(whole[at : at + size], "little") for name, (at, size) in self.places.items()
        }
        return Record(self.name, fields, whole)

    def build(self, **values: Any) -> bytes:
        """The bytes of a structure with these fields, the others zero."""
        made = bytearray(self.size_bytes)
        for name, value in values.items():
            at, size = self.places[name]
            made[at : at + size] = int(value).to_bytes(size, "little")
        return bytes(made)


NVDM_PAYLOAD_COT = Layout("NVDM_PAYLOAD_COT", 860, {
    "version": (0x0, 2), "size": (0x2, 2), "gsp_fmc_sysmem_offset": (0x4, 8),
    "frts_sysmem_offset": (0xC, 8), "frts_sysmem_size": (0x14, 4),
    "frts_vidmem_offset": (0x18, 8), "frts_vidmem_size": (0x20, 4),
    "hash384": (0x24, 48), "public_key": (0x54, 384), "signature": (0x1D4, 384),
    "gsp_boot_args_sysmem_offset": (0x354, 8),
})  # fmt: skip

NVDM_PAYLOAD_COMMAND_RESPONSE = Layout(
    "NVDM_PAYLOAD_COMMAND_RESPONSE",
    12,
    {"task_id": (0, 4), "command_nvdm_type": (4, 4), "error_code": (8, 4)},
)

# enum GSP_DMA_TARGET.
TARGET_LOCAL_FB = 0
TARGET_COHERENT_SYSTEM = 1
TARGET_NONCOHERENT_SYSTEM = 2

GSP_FMC_BOOT_PARAMS = Layout("GSP_FMC_BOOT_PARAMS", 0x50, {
    "regkeys": (0x0, 4), "rm_target": (0x8, 4), "rm_desc_size": (0xC, 4), "rm_desc_offset": (0x10, 8),
    "wpr_carveout_offset": (0x18, 8), "wpr_carveout_size": (0x20, 4), "is_gsp_rm_boot": (0x24, 1),
    "args_target": (0x28, 4), "args_offset": (0x30, 8),
    "spdm_target": (0x38, 4), "spdm_payload_offset": (0x40, 8), "spdm_payload_size": (0x48, 4),
})  # fmt: skip

WPR_META_MAGIC = 0xDC3AAE21371A60B3
WPR_META_REVISION = 1

GSP_FW_WPR_META = Layout("GspFwWprMeta", 0x100, {
    "magic": (0x0, 8), "revision": (0x8, 8), "radix3_address": (0x10, 8), "radix3_size": (0x18, 8),
    "bootloader_address": (0x20, 8), "bootloader_size": (0x28, 8), "bootloader_code_offset": (0x30, 8),
    "bootloader_data_offset": (0x38, 8), "bootloader_manifest_offset": (0x40, 8),
    "signature_address": (0x48, 8), "signature_size": (0x50, 8), "rsvd_start": (0x58, 8),
    "non_wpr_heap_offset": (0x60, 8), "non_wpr_heap_size": (0x68, 8), "wpr_start": (0x70, 8),
    "heap_offset": (0x78, 8), "heap_size": (0x80, 8), "elf_offset": (0x88, 8),
    "boot_offset": (0x90, 8), "frts_offset": (0x98, 8), "frts_size": (0xA0, 8),
    "wpr_end": (0xA8, 8), "fb_size": (0xB0, 8), "vga_workspace_offset": (0xB8, 8),
    "vga_workspace_size": (0xC0, 8), "boot_count": (0xC8, 8), "vf_partition_count": (0xF0, 1),
    "flags": (0xF1, 1), "pmu_reserved_size": (0xF4, 4), "verified": (0xF8, 8),
})  # fmt: skip

LIBOS_KIND_CONTIGUOUS = 1
LIBOS_KIND_RADIX3 = 2
LIBOS_IN_SYSTEM_MEMORY = 1

LIBOS_INIT_ARGUMENT = Layout(
    "LibosMemoryRegionInitArgument",
    0x20,
    {"id8": (0, 8), "address": (0x8, 8), "size": (0x10, 8), "kind": (0x18, 1), "location": (0x19, 1)},
)

GSP_ARGUMENTS = Layout("GSP_ARGUMENTS_CACHED", 0x48, {
    "shared_memory_address": (0x0, 8), "page_table_entries": (0x8, 4),
    "command_queue_offset": (0x10, 8), "status_queue_offset": (0x18, 8),
    "old_level": (0x20, 4), "sr_flags": (0x24, 4), "in_pm_transition": (0x28, 1),
    "gpu_instance": (0x2C, 4), "dmem_stack": (0x30, 1),
    "profiler_address": (0x38, 8), "profiler_size": (0x40, 8),
})  # fmt: skip

MSGQ_VERSION = 0
MSGQ_FLAGS_SWAP_RX = 1

MSGQ_TX_HEADER = Layout("msgqTxHeader", 0x20, {
    "version": (0x0, 4), "size": (0x4, 4), "message_size": (0x8, 4), "message_count": (0xC, 4),
    "write_pointer": (0x10, 4), "flags": (0x14, 4), "rx_header_offset": (0x18, 4),
    "entry_offset": (0x1C, 4),
})  # fmt: skip
MSGQ_RX_HEADER_BYTES = 4

# GSP_MSG_QUEUE_ELEMENT: 0x30 bytes of its own, then the header of the RPC.
ELEMENT_HEADER_BYTES = 0x30
RPC_HEADER_BYTES = 0x20
ELEMENT_BYTES_MAX = 16 * PAGE_BYTES
RPC_BYTES_MAX = ELEMENT_BYTES_MAX - ELEMENT_HEADER_BYTES
PAYLOAD_BYTES_MAX = RPC_BYTES_MAX - RPC_HEADER_BYTES

RPC_HEADER_VERSION = 0x03000000
RPC_SIGNATURE = int.from_bytes(b"CPRV", "big")  # "VRPC" as NVIDIA packs it: 0x43505256

GSP_MSG_QUEUE_ELEMENT = Layout("GSP_MSG_QUEUE_ELEMENT", ELEMENT_HEADER_BYTES + RPC_HEADER_BYTES, {
    "checksum": (0x20, 4), "sequence_number": (0x24, 4), "element_count": (0x28, 4),
    "header_version": (0x30, 4), "signature": (0x34, 4), "length": (0x38, 4), "function": (0x3C, 4),
    "rpc_result": (0x40, 4), "rpc_result_private": (0x44, 4), "sequence": (0x48, 4), "spare": (0x4C, 4),
})  # fmt: skip


def name_of(id8: int) -> str:
    """A LibOS name of up to eight letters from its number: the first letter is in the highest byte used."""
    return id8.to_bytes(8, "big").lstrip(b"\0").decode("ascii", "replace")
