"""What the GPU reports after a fault, as plain records: read-outs of the resource manager, not yet judged.

The records know no backend. `rm` fills them in, `diagnose` reads them, and tests build them by hand. A
value that the source did not give is None, never a made-up zero.

Facts: OGKM:src/common/sdk/nvidia/inc/ctrl/ctrl83de/ctrl83dedebug.h (SM and MMU state by the debugger object),
OGKM:src/common/sdk/nvidia/inc/ctrl/ctrl906f.h (last MMU fault of a channel).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SmError:
    """The error registers of one SM (NV83DE_SM_ERROR_STATE_REGISTERS).

    Attributes:
        sm: the SM's index in the read-out (startingSM + position in the array).
        global_esr: hwwGlobalEsr; what concerns the SM as a whole.
        warp_esr: hwwWarpEsr; what one warp did, 0 when no warp has erred.
        warp_pc: hwwWarpEsrPc64; the gpu_va of the instruction that the warp was at. Meaningless while
            warp_esr is 0.
        address: hwwEsrAddr; the address that the error is about, where the SM gives one, else 0.
        global_report_mask: hwwGlobalEsrReportMask.
        warp_report_mask: hwwWarpEsrReportMask.
        cga_esr: hwwCgaEsr; errors of the thread-block cluster (Hopper and later).
        cga_report_mask: hwwCgaEsrReportMask.
    """

    sm: int
    global_esr: int
    warp_esr: int
    warp_pc: int
    address: int = 0
    global_report_mask: int = 0
    warp_report_mask: int = 0
    cga_esr: int = 0
    cga_report_mask: int = 0

    @property
    def is_clear(self) -> bool:
        """True when this SM reports nothing."""
        return self.global_esr == 0 and self.warp_esr == 0 and self.cga_esr == 0


@dataclass(frozen=True)
class MmuFaultRecord:
    """One MMU fault (NV83DE_CTRL_DEBUG_READ_MMU_FAULT_INFO_ENTRY, or an entry of a fault buffer).

    Attributes:
        gpu_va: the faulting GPU virtual address in bytes.
        fault_type: NV_PFAULT_FAULT_TYPE_*, see `barewire.fault.mmu`.
        access: NV_PFAULT_ACCESS_TYPE_*, or None where the source does not tell.
        client: NV_PFAULT_CLIENT_GPC_* or _HUB_*, or None.
        client_is_hub: which of the two client tables `client` is from, or None.
        gpc: the GPC of the client, or None.
        engine: NV_PFAULT_MMU_ENG_ID_*, or None.
    """

    gpu_va: int
    fault_type: int
    access: int | None = None
    client: int | None = None
    client_is_hub: bool | None = None
    gpc: int | None = None
    engine: int | None = None


@dataclass(frozen=True)
class MmuFaultInfo:
    """The last MMU fault of a channel (NV906F_CTRL_GET_MMU_FAULT_INFO_PARAMS). Reading it clears it.

    Attributes:
        gpu_va: the faulting GPU virtual address in bytes (addrHi, addrLo).
        fault_type: NV_PFAULT_FAULT_TYPE_*.
        text: faultString, at most 32 characters; empty when the driver gives none.
        shader_program_vas: gpu_va of the faulting programs by shader type; index 6 is compute.
    """

    gpu_va: int
    fault_type: int
    text: str = ""
    shader_program_vas: tuple[int, ...] = ()

    @property
    def is_valid(self) -> bool:
        """False when the channel has had no MMU fault since the last read: everything then reads as zero."""
        return bool(self.gpu_va or self.fault_type or self.text)

    @property
    def record(self) -> MmuFaultRecord:
        """The same fault in the form that all sources share."""
        return MmuFaultRecord(gpu_va=self.gpu_va, fault_type=self.fault_type)
