"""The numbers of calls and events between the driver and GSP's resource manager, at 570.144.

Facts: OGKM:570.144:src/nvidia/kernel/inc/vgpu/rpc_global_enums.h.
"""

from __future__ import annotations

from enum import IntEnum

FIRST_EVENT = 0x1000


class Function(IntEnum):
    """A call's number; its reply has the same one."""

    ALLOC_MEMORY = 4
    FREE = 10
    MAP_MEMORY_DMA = 14
    UNMAP_MEMORY_DMA = 15
    DUP_OBJECT = 21
    UNLOADING_GUEST_DRIVER = 47
    SET_PAGE_DIRECTORY = 54
    GET_GSP_STATIC_INFO = 65
    UPDATE_BAR_PDE = 70
    CONTINUATION_RECORD = 71
    GSP_SET_SYSTEM_INFO = 72
    SET_REGISTRY = 73
    GSP_RM_CONTROL = 76
    UNSET_PAGE_DIRECTORY = 79
    GSP_RM_ALLOC = 103
    INVALIDATE_TLB = 200


class Event(IntEnum):
    """The number of what the firmware says unasked."""

    INIT_DONE = 0x1001
    RUN_CPU_SEQUENCER = 0x1002
    POST_EVENT = 0x1003
    RC_TRIGGERED = 0x1004
    MMU_FAULT_QUEUED = 0x1005
    OS_ERROR_LOG = 0x1006
    UCODE_LIBOS_PRINT = 0x100C
    GSP_LOCKDOWN_NOTICE = 0x101C
    GSP_POST_NOCAT_RECORD = 0x1020


def name_of(number: int) -> str:
    """A call's or event's name; an unknown one prints as its number."""
    kind: type[IntEnum] = Event if number >= FIRST_EVENT else Function
    try:
        return kind(number).name
    except ValueError:
        return f"{number:#x}"
