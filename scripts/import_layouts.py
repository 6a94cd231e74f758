#!/usr/bin/env python3
"""Turn layouts of RM structures (as `dump_layouts.py` prints them) into the tables that driver/abi/ loads.

    scripts/import_layouts.py --abi abi_580 --versions 580.95.05,580.159.04 layouts.txt [more.txt ...]
    scripts/import_layouts.py --abi gsp_570 --versions 570.144 layouts.txt [more.txt ...]
    scripts/import_layouts.py --status nvstatuscodes.h

The first form writes driver/abi/tables/abi_580.json with the structures that the driver uses (WANTED below)
and notes the driver versions that speak this ABI in driver/abi/tables/index.json. The second writes the names
of RM's status codes.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

TABLES = Path(__file__).resolve().parent.parent / "driver" / "abi" / "tables"

_WANTED_NAMES = """
NVOS00_PARAMETERS NVOS21_PARAMETERS NVOS34_PARAMETERS NVOS46_PARAMETERS NVOS47_PARAMETERS NVOS54_PARAMETERS
nv_ioctl_nvos02_parameters_with_fd nv_ioctl_nvos33_parameters_with_fd nv_ioctl_card_info_t
nv_ioctl_register_fd_t nv_ioctl_rm_api_version_t NvNotification NV0080_ALLOC_PARAMETERS
NV2080_ALLOC_PARAMETERS NV_VASPACE_ALLOCATION_PARAMETERS NV_CHANNEL_ALLOC_PARAMS
NV_CHANNEL_GROUP_ALLOCATION_PARAMETERS NV_CTXSHARE_ALLOCATION_PARAMETERS NV_MEMORY_ALLOCATION_PARAMS
NV_MEMORY_VIRTUAL_ALLOCATION_PARAMS NV_HOPPER_USERMODE_A_PARAMS NV83DE_ALLOC_PARAMETERS
NVB0B5_ALLOCATION_PARAMETERS NV_PHYSICAL_MEMORY_ALLOCATION_PARAMS NV0000_CTRL_GPU_GET_ID_INFO_V2_PARAMS
NV0000_CTRL_SYSTEM_GET_BUILD_VERSION_V2_PARAMS NV0041_CTRL_GET_SURFACE_PHYS_ATTR_PARAMS
NV0080_CTRL_GPU_GET_CLASSLIST_V2_PARAMS NV0080_CTRL_DMA_GET_PTE_INFO_PARAMS
NV0080_CTRL_DMA_PTE_INFO_PTE_BLOCK NV0080_CTRL_DMA_GET_PDE_INFO_PARAMS NV0080_CTRL_DMA_PDE_INFO_PTE_BLOCK
NV0080_CTRL_DMA_SET_PAGE_DIRECTORY_PARAMS NV0080_CTRL_DMA_UNSET_PAGE_DIRECTORY_PARAMS
NV0080_CTRL_FIFO_GET_ENGINE_CONTEXT_PROPERTIES_PARAMS NV2080_CTRL_MC_GET_ARCH_INFO_PARAMS
NV2080_CTRL_GPU_GET_NAME_STRING_PARAMS NV2080_CTRL_GPU_GET_GID_INFO_PARAMS NV2080_CTRL_GPU_GET_PIDS_PARAMS
NV2080_CTRL_GPU_GET_PID_INFO_PARAMS NV2080_CTRL_GPU_PID_INFO NV2080_CTRL_GR_GET_INFO_V2_PARAMS
NV0080_CTRL_GR_INFO NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS
NV2080_CTRL_GR_SET_CTXSW_PREEMPTION_MODE_PARAMS NV2080_CTRL_GR_CTXSW_PREEMPTION_BIND_PARAMS
NV2080_CTRL_GR_GET_CURRENT_RESIDENT_CHANNEL_PARAMS NV2080_CTRL_FB_GET_INFO_V2_PARAMS NV2080_CTRL_FB_INFO
NV2080_CTRL_CE_GET_ALL_CAPS_PARAMS NV2080_CTRL_CE_GET_CE_PCE_MASK_PARAMS NV2080_CTRL_FIFO_GET_INFO_PARAMS
NV2080_CTRL_FIFO_INFO NV2080_CTRL_FIFO_DISABLE_CHANNELS_PARAMS NV2080_CTRL_TIMER_GET_TIME_PARAMS
NV2080_CTRL_TIMER_GET_GPU_CPU_TIME_CORRELATION_INFO_PARAMS NV2080_CTRL_TIMER_GPU_CPU_TIME_SAMPLE
NV2080_CTRL_RC_GET_ERROR_COUNT_PARAMS NV2080_CTRL_RC_GET_ERROR_V2_PARAMS
NV2080_CTRL_RC_GET_WATCHDOG_INFO_PARAMS NV906F_CTRL_GET_MMU_FAULT_INFO_PARAMS
NV906F_CTRL_CMD_RESET_CHANNEL_PARAMS NV906F_CTRL_CMD_GET_DEFER_RC_STATE_PARAMS
NVA06C_CTRL_GPFIFO_SCHEDULE_PARAMS NVA06C_CTRL_PREEMPT_PARAMS NVA06C_CTRL_TIMESLICE_PARAMS
NVA06C_CTRL_GET_INFO_PARAMS NVA06F_CTRL_GPFIFO_SCHEDULE_PARAMS NVA06F_CTRL_BIND_PARAMS
NVA06F_CTRL_STOP_CHANNEL_PARAMS NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN_PARAMS
NV83DE_CTRL_DEBUG_SET_EXCEPTION_MASK_PARAMS NV83DE_CTRL_DEBUG_READ_ALL_SM_ERROR_STATES_PARAMS
NV83DE_SM_ERROR_STATE_REGISTERS NV83DE_CTRL_DEBUG_CLEAR_ALL_SM_ERROR_STATES_PARAMS
NV83DE_CTRL_DEBUG_READ_MMU_FAULT_INFO_PARAMS NV83DE_CTRL_DEBUG_READ_MMU_FAULT_INFO_ENTRY
NV83DE_CTRL_CMD_DEBUG_SUSPEND_CONTEXT_PARAMS
"""
# What GSP firmware speaks over its queues and finds in memory when it boots.
_WANTED_OF_FIRMWARE = """
GspFwWprMeta RM_RISCV_UCODE_DESC GSP_FMC_BOOT_PARAMS LibosMemoryRegionInitArgument msgqTxHeader msgqRxHeader
GSP_MSG_QUEUE_ELEMENT rpc_message_header_v GSP_ARGUMENTS_CACHED GspSystemInfo GspStaticConfigInfo
PACKED_REGISTRY_TABLE PACKED_REGISTRY_ENTRY NVDM_PAYLOAD_COT NVDM_PAYLOAD_COMMAND_RESPONSE
rpc_run_cpu_sequencer_v17_00 rpc_gsp_rm_alloc_v03_00 rpc_gsp_rm_control_v03_00 rpc_free_v03_00
rpc_set_page_directory_v1E_05 rpc_unset_page_directory_v1E_05 rpc_unloading_guest_driver_v1F_07
rpc_os_error_log_v17_00 rpc_rc_triggered_v17_02 rpc_post_event_v17_00 rpc_update_bar_pde_v15_00
rpc_dup_object_v03_00 rpc_ucode_libos_print_v1E_08 rpc_gsp_post_nocat_record_v01_00
rpc_gsp_lockdown_notice_v17_00 NV0000_ALLOC_PARAMETERS NV0080_ALLOC_PARAMETERS NV2080_ALLOC_PARAMETERS
NV0005_ALLOC_PARAMETERS NV_VASPACE_ALLOCATION_PARAMETERS NV_MEMORY_DESC_PARAMS
NV_CHANNELGPFIFO_ALLOCATION_PARAMETERS NV_CHANNEL_ALLOC_PARAMS NV_CHANNEL_GROUP_ALLOCATION_PARAMETERS
NV_CTXSHARE_ALLOCATION_PARAMETERS NVB0B5_ALLOCATION_PARAMETERS NV_HOPPER_USERMODE_A_PARAMS
NV83DE_ALLOC_PARAMETERS NVA06F_CTRL_GPFIFO_SCHEDULE_PARAMS NVA06F_CTRL_BIND_PARAMS
NVA06C_CTRL_GPFIFO_SCHEDULE_PARAMS NVA06C_CTRL_PREEMPT_PARAMS NVA06F_CTRL_STOP_CHANNEL_PARAMS
NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN_PARAMS NV2080_CTRL_GPU_PROMOTE_CTX_PARAMS
NV2080_CTRL_GPU_PROMOTE_CTX_BUFFER_ENTRY NV0080_CTRL_DMA_SET_PAGE_DIRECTORY_PARAMS
NV0080_CTRL_DMA_UNSET_PAGE_DIRECTORY_PARAMS NV90F1_CTRL_VASPACE_COPY_SERVER_RESERVED_PDES_PARAMS
NV2080_CTRL_FIFO_DISABLE_CHANNELS_PARAMS NV2080_CTRL_FIFO_GET_DEVICE_INFO_TABLE_PARAMS
NV2080_CTRL_FIFO_DEVICE_ENTRY NV2080_CTRL_INTERNAL_STATIC_GR_GET_CONTEXT_BUFFERS_INFO_PARAMS
NV2080_CTRL_CE_GET_FAULT_METHOD_BUFFER_SIZE_PARAMS NV2080_CTRL_INTERNAL_INTR_GET_KERNEL_TABLE_PARAMS
NV2080_CTRL_TIMER_GET_TIME_PARAMS NV2080_CTRL_RC_GET_ERROR_COUNT_PARAMS NV2080_CTRL_RC_GET_ERROR_V2_PARAMS
NV906F_CTRL_GET_MMU_FAULT_INFO_PARAMS NV906F_CTRL_CMD_RESET_CHANNEL_PARAMS NvNotification
NV2080_CTRL_EVENT_SET_NOTIFICATION_PARAMS NV2080_CTRL_GPU_GET_GID_INFO_PARAMS
NV2080_CTRL_CMD_FB_GET_FB_REGION_INFO_PARAMS NVA06C_CTRL_TIMESLICE_PARAMS
NV2080_CTRL_GPU_GET_FERMI_GPC_INFO_PARAMS NV2080_CTRL_GPU_GET_FERMI_TPC_INFO_PARAMS
NV2080_CTRL_CE_GET_CE_PCE_MASK_PARAMS NV2080_CTRL_GR_SET_CTXSW_PREEMPTION_MODE_PARAMS
NV906F_CTRL_CMD_GET_DEFER_RC_STATE_PARAMS NV83DE_CTRL_DEBUG_SET_EXCEPTION_MASK_PARAMS
NV83DE_CTRL_DEBUG_READ_ALL_SM_ERROR_STATES_PARAMS NV83DE_SM_ERROR_STATE_REGISTERS
NV83DE_CTRL_DEBUG_CLEAR_ALL_SM_ERROR_STATES_PARAMS NV83DE_CTRL_DEBUG_READ_MMU_FAULT_INFO_PARAMS
NV83DE_CTRL_DEBUG_READ_MMU_FAULT_INFO_ENTRY rpc_alloc_memory_v13_01 rpc_map_memory_dma_v03_00
rpc_unmap_memory_dma_v03_00 NV_MEMORY_ALLOCATION_PARAMS NV_MEMORY_VIRTUAL_ALLOCATION_PARAMS
NV0041_CTRL_GET_SURFACE_PHYS_ATTR_PARAMS NV0080_CTRL_DMA_GET_PTE_INFO_PARAMS
NV0080_CTRL_DMA_PTE_INFO_PTE_BLOCK NV0080_CTRL_DMA_GET_PDE_INFO_PARAMS NV0080_CTRL_DMA_PDE_INFO_PTE_BLOCK
"""
WANTED = {"abi": _WANTED_NAMES.split(), "gsp": _WANTED_OF_FIRMWARE.split()}
# Structures that the compiled headers do not give, from OGKM:src/nvidia/inc/kernel/gpu/gsp/, clc0b5.h,
# ctrl90f1.h, ctrla06c.h, ctrl2080{gpu,ce}.h and OGKM:570.144:src/nvidia/generated/g_sdk-structures.h.
WRITTEN_OUT = {
    "PACKED_REGISTRY_TABLE": {"size": 8, "fields": {"size": [0, "u4"], "numEntries": [4, "u4"]}},
    "PACKED_REGISTRY_ENTRY": {
        "size": 16,
        "fields": {"nameOffset": [0, "u4"], "type": [4, "u1"], "data": [8, "u4"], "length": [12, "u4"]},
    },
    "NV2080_CTRL_CMD_FB_GET_FB_REGION_FB_REGION_INFO": {
        "size": 48,
        "fields": {
            "base": [0, "u8"], "limit": [8, "u8"], "reserved": [16, "u8"], "performance": [24, "u4"],
            "supportCompressed": [28, "u1"], "supportISO": [29, "u1"], "bProtected": [30, "u1"],
            "blackList": [31, "u1", 16],
        },
    },
    "EcidManufacturingInfo": {
        "size": 12,
        "fields": {"ecidLow": [0, "u4"], "ecidHigh": [4, "u4"], "ecidExtended": [8, "u4"]},
    },
    "MUX_METHOD_DATA_ELEMENT": {
        "size": 12,
        "fields": {"acpiId": [0, "u4"], "mode": [4, "u4"], "status": [8, "u4"]},
    },
    "NVA06C_CTRL_TIMESLICE_PARAMS": {"size": 8, "fields": {"timesliceUs": [0, "u8"]}},
    "NV2080_CTRL_GPU_GET_FERMI_GPC_INFO_PARAMS": {"size": 4, "fields": {"gpcMask": [0, "u4"]}},
    "NV2080_CTRL_GPU_GET_FERMI_TPC_INFO_PARAMS": {
        "size": 8, "fields": {"gpcId": [0, "u4"], "tpcMask": [4, "u4"]},
    },
    "NV2080_CTRL_CE_GET_CE_PCE_MASK_PARAMS": {
        "size": 8, "fields": {"ceEngineType": [0, "u4"], "pceMask": [4, "u4"]},
    },
    "NV90F1_CTRL_VASPACE_COPY_SERVER_RESERVED_PDES_PARAMS.levels": {
        "size": 24,
        "fields": {
            "physAddress": [0, "u8"], "size": [8, "u8"], "aperture": [16, "u4"], "pageShift": [20, "u1"],
        },
    },
    "NVB0B5_ALLOCATION_PARAMETERS": {"size": 8, "fields": {"version": [0, "u4"], "engineType": [4, "u4"]}},
    "rpc_map_memory_dma_v03_00": {
        "size": 56,
        "fields": {
            "params.hClient": [0, "u4"], "params.hDevice": [4, "u4"], "params.hDma": [8, "u4"],
            "params.hMemory": [12, "u4"], "params.offset": [16, "u8"], "params.length": [24, "u8"],
            "params.flags": [32, "u4"], "params.dmaOffset": [40, "u8"], "params.status": [48, "u4"],
        },
    },
    "rpc_unmap_memory_dma_v03_00": {
        "size": 40,
        "fields": {
            "params.hClient": [0, "u4"], "params.hDevice": [4, "u4"], "params.hDma": [8, "u4"],
            "params.hMemory": [12, "u4"], "params.flags": [16, "u4"], "params.dmaOffset": [24, "u8"],
            "params.status": [32, "u4"],
        },
    },
}  # fmt: skip
# Words that the headers split into bit fields, which the dump gives no scalar for: the description of a page
# list (OGKM:570.144:src/nvidia/inc/kernel/vgpu/sdk-structures.h).
WORDS_OF_BITS = {"rpc_alloc_memory_v13_01": {"pteDesc": [0x30, "u4"]}}

SCALARS = {
    "NvU8": "u1", "NvBool": "u1", "char": "u1", "NvU16": "u2", "NvU32": "u4", "NvV32": "u4", "NvHandle": "u4",
    "NvS32": "i4", "int": "i4", "NvU64": "u8", "NvP64": "u8", "NvV16": "u2", "NV_STATUS": "u4",
    "NvLength": "u8", "LibosAddress": "u8", "GSP_DMA_TARGET": "u4", "NV_RPC_UPDATE_PDE_BAR_TYPE": "u4",
}  # fmt: skip
# Generic structures that the headers only rename.
ALIASES = {"NV0080_CTRL_GR_INFO": "NVXXXX_CTRL_XXX_INFO"}

_HEAD = re.compile(r"^(?:##|struct) (?P<name>\w+) size=(?P<size>0x[0-9a-f]+)")
_MEMBER = re.compile(
    r"^  \+(?P<offset>0x[0-9a-f]+) +(?P<size>0x[0-9a-f]+) (?P<indent> *)(?P<name>[\w<>]+) : "
    r"(?P<kind>.+?)(?P<sizes>(?: \[\d*\])*)$"
)


class Scope(NamedTuple):
    """Where the members of the structure being read go."""

    fields: dict[str, list[Any]]
    origin: int
    prefix: str


def read_layouts(text: str) -> dict[str, dict[str, Any]]:
    """Every structure in `text`: name -> {"size": bytes, "fields": {path: [offset, kind(, count)]}}."""
    structs: dict[str, dict[str, Any]] = {}
    top = ""
    scopes: list[Scope] = []
    for number, line in enumerate(text.splitlines(), 1):
        head = _HEAD.match(line)
        if head:
            top = head["name"]
            structs[top] = {"size": int(head["size"], 16), "fields": {}}
            scopes = [Scope(structs[top]["fields"], 0, "")]
            continue
        member = _MEMBER.match(line)
        if not member:
            if line.startswith("  +"):
                raise SystemExit(f"line {number} is not understood: {line!r}")
            continue
        depth = len(member["indent"]) // 2
        del scopes[depth + 1 :]
        scope = scopes[depth]
        offset = int(member["offset"], 16) - scope.origin
        size = int(member["size"], 16)
        name = scope.prefix + member["name"]
        count = math.prod(int(digits) for digits in re.findall(r"\[(\d+)\]", member["sizes"]))
        kind = SCALARS.get(member["kind"], member["kind"])
        if member["sizes"] and size and kind.startswith(("struct {", "union {")):
            # An array of a structure without a name gets the name of where it is.
            kind = f"{top}.{name}"
            structs[kind] = {"size": size // max(count, 1), "fields": {}}
            scope.fields[name] = [offset, kind, count]
            scopes.append(Scope(structs[kind]["fields"], int(member["offset"], 16), ""))
            continue
        if member["sizes"] and (size or kind in SCALARS.values()):
            scope.fields[name] = [
                offset,
                kind,
                count,
            ]  # an array of structures without end has no element here
        elif kind in SCALARS.values():
            scope.fields[name] = [offset, kind]
        scopes.append(Scope(scope.fields, scope.origin, "" if name.endswith("<anon>") else f"{name}."))
    return structs


def write_abi(abi: str, versions: list[str], texts: list[str]) -> None:
    """Write the table of one ABI and enter its versions into the index."""
    known: dict[str, dict[str, Any]] = {}
    for text in texts:
        known.update(read_layouts(text))
    for name, source in ALIASES.items():
        if name not in known and source in known:
            known[name] = known[source]
    for name, written in WRITTEN_OUT.items():
        if not known.get(name, {}).get("fields"):  # the dump may have its size alone
            known[name] = written
    for name, words in WORDS_OF_BITS.items():
        if name in known:
            known[name]["fields"].update(words)
    wanted = WANTED[abi.split("_")[0]]
    missing = [name for name in wanted if name not in known]
    if missing:
        raise SystemExit(f"no layout for {', '.join(missing)}")
    structs: dict[str, dict[str, Any]] = {}
    queue = list(wanted)
    while queue:
        name = queue.pop()
        structs[name] = known[name]
        elements = (
            {entry[1] for entry in known[name]["fields"].values()} - set(SCALARS.values()) - set(structs)
        )
        unknown = elements - set(known)
        if unknown:
            raise SystemExit(f"{name} holds arrays of {', '.join(sorted(unknown))}, which have no layout")
        queue += elements
    structs = dict(sorted(structs.items()))
    table = {"source": f"OGKM:{versions[0]}:src/common/sdk/nvidia/inc", "structs": structs}
    path = TABLES / f"{abi}.json"
    path.write_text(json.dumps(table, separators=(",", ":")) + "\n")
    index_path = TABLES / "index.json"
    index = json.loads(index_path.read_text()) if index_path.exists() else {}
    index[path.name] = versions
    index_path.write_text(json.dumps(index, indent=1, sort_keys=True) + "\n")
    print(f"{path}: {len(structs)} structures, {path.stat().st_size} bytes")


def write_status(header: str) -> None:
    """Write the names and texts of RM's status codes."""
    codes = {
        str(int(code, 16)): [name, text]
        for name, code, text in re.findall(
            r'NV_STATUS_CODE\((\w+),\s*(0x[0-9A-Fa-f]+),\s*"([^"]*)"\)', header
        )
    }
    path = TABLES / "status.json"
    path.write_text(
        json.dumps({"source": "OGKM:src/common/sdk/nvidia/inc/nvstatuscodes.h", "codes": codes}, indent=0)
        + "\n"
    )
    print(f"{path}: {len(codes)} codes")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("layouts", nargs="*", type=Path)
    parser.add_argument("--abi", help="abi_<release> of a kernel driver, gsp_<release> of firmware")
    parser.add_argument("--versions", help="driver versions that speak it, first the one the layouts are of")
    parser.add_argument("--status", type=Path, help="nvstatuscodes.h")
    options = parser.parse_args()
    TABLES.mkdir(parents=True, exist_ok=True)
    if options.layouts:
        if not options.abi or not options.versions:
            parser.error("--abi and --versions are needed with layouts")
        write_abi(options.abi, options.versions.split(","), [path.read_text() for path in options.layouts])
    if options.status:
        write_status(options.status.read_text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
