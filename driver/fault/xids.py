"""Xids: the numbers under which NVIDIA's driver reports errors, as a table.

A channel's error notifier carries the Xid that ended it; the kernel log prints the same number. Most Xids
are about the board or its links and never reach a compute channel; they are here so that a log line can be
looked up.

Facts: OGKM:src/common/sdk/nvidia/inc/nverror.h (numbers and names). 11 and 109 are not in that header of
580.95.05; NVIDIA's public list of Xids has them. H100: 11 is what a method that the class lacks ends in.
The error classes and what to do next are barewire's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from barewire.errors import (
    BarewireError,
    ChannelDead,
    CopyFault,
    DeviceError,
    DeviceLost,
    KernelFault,
    KernelTimeout,
    MethodError,
    MmuFault,
    PushbufferError,
)

SOURCE = "OGKM:src/common/sdk/nvidia/inc/nverror.h"


class Recovery(Enum):
    """What it takes to work again."""

    NONE = "nothing to do; the work goes on"
    CHANNEL = "open a fresh channel: the GPU itself is well"
    RESET = "reset the GPU"
    BOARD = "look after the board, its power or its link"


@dataclass(frozen=True)
class Xid:
    """One kind of error.

    Attributes:
        number: as in the notifier's info32 and in the kernel log.
        name: NVIDIA's name in nverror.h.
        meaning: what happened, in plain words, to continue a sentence that names the Xid.
        recovery: what it takes to work again.
        error: the class that `diagnose` raises when nothing more specific is known.
    """

    number: int
    name: str
    meaning: str
    recovery: Recovery
    error: type[BarewireError]


# Grouped by what it takes to work again and by the class of error.
_GROUPS: tuple[tuple[Recovery, type[BarewireError], tuple[tuple[int, str, str], ...]], ...] = (
    (
        Recovery.CHANNEL,
        KernelFault,
        ((13, "ROBUST_CHANNEL_GR_EXCEPTION", "the compute engine raised an exception"),),
    ),
    (
        Recovery.CHANNEL,
        ChannelDead,
        (
            (14, "ROBUST_CHANNEL_FAKE_ERROR", "an error made on purpose by a test"),
            (27, "ROBUST_CHANNEL_VP_ERROR", "the VP engine failed"),
            (28, "ROBUST_CHANNEL_VP2_ERROR", "the VP2 engine failed"),
            (29, "ROBUST_CHANNEL_BSP_ERROR", "the BSP engine failed"),
            (30, "ROBUST_CHANNEL_UNUSED_ERROR_30", "not in use"),
            (33, "ROBUST_CHANNEL_SEC_ERROR", "the SEC engine failed"),
            (34, "ROBUST_CHANNEL_MSVLD_ERROR", "the MSVLD engine failed"),
            (35, "ROBUST_CHANNEL_MSPDEC_ERROR", "the MSPDEC engine failed"),
            (36, "ROBUST_CHANNEL_MSPPP_ERROR", "the MSPPP engine failed"),
            (42, "ROBUST_CHANNEL_VIC_ERROR", "the VIC engine failed"),
            (43, "ROBUST_CHANNEL_RESETCHANNEL_VERIF_ERROR", "the channel was reset on request"),
            (44, "ROBUST_CHANNEL_GR_FAULT_DURING_CTXSW", "a fault in a context switch"),
            (45, "ROBUST_CHANNEL_PREEMPTIVE_REMOVAL", "the channel was removed before it had ended"),
            (60, "ROBUST_CHANNEL_SEC2_ERROR", "the SEC2 engine failed"),
            (91, "RESERVED_XID", "not in use"),
            (94, "ROBUST_CHANNEL_CONTAINED_ERROR", "a memory error, contained to this channel"),
            (137, "NVLINK_PRIV_ERR", "NVLink met a privilege error"),
            (138, "ROBUST_CHANNEL_DLA_ERROR", "the DLA engine failed"),
            (141, "ROBUST_CHANNEL_FAST_PATH_ERROR", "the fast path failed"),
            (151, "ROBUST_CHANNEL_KEY_ROTATION_ERROR", "the channel's keys could not be rotated"),
            (152, "RESERVED7_ERROR", "not in use"),
            (153, "RESERVED8_ERROR", "not in use"),
            (170, "ROBUST_CHANNEL_UNUSED_ERROR_170", "not in use"),
        ),
    ),
    (
        Recovery.CHANNEL,
        MethodError,
        (
            (11, "INVALID_METHOD", "the class has no such method"),
            (20, "ROBUST_CHANNEL_MPEG_ERROR_SW_METHOD", "a bad method for the MPEG engine"),
            (21, "ROBUST_CHANNEL_ME_ERROR_SW_METHOD", "a bad method for the ME engine"),
            (22, "ROBUST_CHANNEL_VP_ERROR_SW_METHOD", "a bad method for the VP engine"),
            (69, "ROBUST_CHANNEL_GR_CLASS_ERROR", "the class refused a method or its data"),
        ),
    ),
    (
        Recovery.CHANNEL,
        MmuFault,
        (
            (31, "ROBUST_CHANNEL_FIFO_ERROR_MMU_ERR_FLT", "an access was refused by the MMU"),
            (108, "NVLINK_REMOTE_TRANSLATION_ERROR", "a peer could not translate an address"),
        ),
    ),
    (
        Recovery.CHANNEL,
        PushbufferError,
        (
            (32, "ROBUST_CHANNEL_PBDMA_ERROR", "the pushbuffer could not be parsed"),
            (80, "PBDMA_PUSHBUFFER_CRC_MISMATCH", "the pushbuffer does not match its CRC"),
        ),
    ),
    (
        Recovery.CHANNEL,
        KernelTimeout,
        ((109, "CTX_SWITCH_TIMEOUT", "the work could not be switched off the engine in time"),),
    ),
    (
        Recovery.RESET,
        ChannelDead,
        (
            (48, "ROBUST_CHANNEL_GPU_ECC_DBE", "memory had an error that ECC could not correct"),
            (90, "LTC_ERROR", "the L2 cache failed"),
            (95, "ROBUST_CHANNEL_UNCONTAINED_ERROR", "a memory error that may have spread"),
            (140, "UNRECOVERABLE_ECC_ERROR_ESCAPE", "an ECC error was not contained"),
            (159, "ROBUST_CHANNEL_CHI_NON_DATA_ERROR", "the coherent interconnect failed"),
            (171, "UNCORRECTABLE_DRAM_ERROR", "video memory has an error that ECC could not correct"),
            (172, "UNCORRECTABLE_SRAM_ERROR", "memory on the chip has an error beyond ECC"),
        ),
    ),
    (
        Recovery.RESET,
        DeviceError,
        (
            (59, "PMU_ERROR", "the power controller (PMU) failed"),
            (61, "PMU_BREAKPOINT", "the power controller (PMU) met a breakpoint"),
            (62, "PMU_HALT_ERROR", "the power controller (PMU) halted"),
            (63, "INFOROM_PAGE_RETIREMENT_EVENT", "a memory page or row was retired"),
            (81, "ROBUST_CHANNEL_VGA_SUBSYSTEM_ERROR", "the VGA subsystem failed"),
            (110, "SEC_FAULT_ERROR", "a security fault"),
            (119, "GSP_RPC_TIMEOUT", "the GSP firmware did not answer"),
            (120, "GSP_ERROR", "the GSP firmware failed"),
            (143, "GPU_INIT_ERROR", "the GPU did not initialise"),
            (154, "GPU_RECOVERY_ACTION_CHANGED", "the driver now asks for another recovery action"),
            (158, "GPU_FATAL_TIMEOUT", "the GPU stopped answering inside"),
            (160, "CHANNEL_RETIREMENT_EVENT", "a memory channel was retired"),
            (169, "SEC2_HALT_ERROR", "the SEC2 processor halted"),
        ),
    ),
    (
        Recovery.BOARD,
        ChannelDead,
        ((58, "FB_MEMORY_ERROR", "a video memory error"),),
    ),
    (
        Recovery.BOARD,
        DeviceError,
        (
            (64, "INFOROM_PAGE_RETIREMENT_FAILURE", "a memory page or row could not be retired"),
            (74, "NVLINK_ERROR", "an NVLink failed"),
            (92, "EXCESSIVE_SBE_INTERRUPTS", "ECC corrects unusually many errors"),
            (93, "INFOROM_ERASE_LIMIT_EXCEEDED", "the InfoROM is worn out"),
            (121, "C2C_ERROR", "the chip-to-chip link failed"),
            (122, "SPI_PMU_RPC_READ_FAIL", "the board's flash could not be read"),
            (123, "SPI_PMU_RPC_WRITE_FAIL", "the board's flash could not be written"),
            (124, "SPI_PMU_RPC_ERASE_FAIL", "the board's flash could not be erased"),
            (125, "INFOROM_FS_ERROR", "the InfoROM's file system is damaged"),
            (136, "ALI_TRAINING_FAIL", "NVLink training failed"),
            (144, "NVLINK_SAW_ERROR", "NVLink failed (SAW)"),
            (145, "NVLINK_RLW_ERROR", "NVLink failed (RLW)"),
            (146, "NVLINK_TLW_ERROR", "NVLink failed (TLW)"),
            (147, "NVLINK_TREX_ERROR", "NVLink failed (TREX)"),
            (148, "NVLINK_NVLPW_CTRL_ERROR", "NVLink failed (NVLPW)"),
            (149, "NVLINK_NETIR_ERROR", "NVLink failed (NETIR)"),
            (150, "NVLINK_MSE_ERROR", "NVLink failed (MSE)"),
            (155, "NVLINK_SW_DEFINED_ERROR", "NVLink failed (software)"),
            (157, "RESOURCE_RETIREMENT_FAILURE", "a part of the GPU could not be retired"),
            (161, "CHANNEL_RETIREMENT_FAILURE", "a memory channel could not be retired"),
            (164, "ISINK_LOW_LIFETIME", "the current sink's lifetime is low"),
            (165, "ISINK_ZERO_LIFETIME", "the current sink's lifetime has ended"),
            (166, "NVLINK_SECURE_INTERRUPT_ERROR", "NVLink met a secure interrupt"),
            (168, "REDUCED_GPU_MEMORY_CAPACITY", "part of the video memory is out of use"),
        ),
    ),
    (
        Recovery.BOARD,
        DeviceLost,
        (
            (79, "ROBUST_CHANNEL_GPU_HAS_FALLEN_OFF_THE_BUS", "the GPU no longer answers on PCIe"),
            (167, "PCIE_FATAL_TIMEOUT", "PCIe timed out for good"),
        ),
    ),
    (
        Recovery.NONE,
        DeviceError,
        (
            (16, "ROBUST_CHANNEL_VBLANK_CALLBACK_TIMEOUT", "a display callback was late"),
            (19, "ROBUST_CHANNEL_DISP_MISSED_NOTIFIER", "the display missed a notifier"),
            (23, "ROBUST_CHANNEL_RC_LOGGING_ENABLED", "error logging was turned on"),
            (78, "VGPU_START_ERROR", "a virtual GPU did not start"),
            (87, "NVTELEMETRY_DRIVER_REPORT", "a telemetry report"),
            (156, "RESOURCE_RETIREMENT_EVENT", "a part of the GPU was retired"),
            (162, "ISINK_REENGAGED", "the current sink is in use again"),
            (163, "ISINK_DISENGAGED", "the current sink was turned off"),
        ),
    ),
)

# Engines that exist more than once: the Xid of each, by the engine's index.
_ENGINES = {
    "CE": (39, 40, 41, 70, 71, 72, 75, 76, 77, 85, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135),
    "NVDEC": (68, 83, 84, 88, 89, 96, 97, 98),
    "NVENC": (47, 65, 73, 142),
    "NVJPG": (82, 99, 100, 101, 102, 103, 104, 105),
    "OFA": (86, 139),
}


def _build() -> dict[int, Xid]:
    table = {
        number: Xid(number, name, meaning, recovery, error)
        for recovery, error, rows in _GROUPS
        for number, name, meaning in rows
    }
    for unit, numbers in _ENGINES.items():
        for index, number in enumerate(numbers):
            name = f"ROBUST_CHANNEL_{unit}{index}_ERROR"
            meaning = f"copy engine {index} reported an error" if unit == "CE" else f"{unit}{index} failed"
            error = CopyFault if unit == "CE" else ChannelDead
            table[number] = Xid(number, name, meaning, Recovery.CHANNEL, error)
    return dict(sorted(table.items()))


XIDS: dict[int, Xid] = _build()


def lookup(number: int) -> Xid:
    """The entry of an Xid.

    An unknown number gives an entry that says so: whatever it is, the channel is gone.
    """
    known = XIDS.get(number)
    if known is not None:
        return known
    return Xid(
        number, f"XID_{number}", "an error that barewire has no name for", Recovery.CHANNEL, ChannelDead
    )


def copy_engine_of(number: int) -> int | None:
    """Which copy engine an Xid is about, or None if it is about something else."""
    engines = _ENGINES["CE"]
    return engines.index(number) if number in engines else None
