"""The debugger object: what the SMs and the MMU say of a fault.

Facts: OGKM:ctrl/ctrl83de/ctrl83dedebug.h. Once a debugger object exists its exception mask is "all", and RM
then defers the recovery of a faulting channel, which hangs instead of being torn down; the mask is therefore
set to 0 at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from barewire.errors import UsageError
from barewire.rm import names

if TYPE_CHECKING:
    from barewire.rm.channels import Channel


class SmError(NamedTuple):
    """What one SM reports. `warp_pc` is a GPU virtual address; `address` belongs to memory errors."""

    sm: int
    global_esr: int
    warp_esr: int
    warp_pc: int
    address: int
    cga_esr: int


class DebuggerMmuFault(NamedTuple):
    """One of the last MMU faults that RM remembers for the debugger; old ones may repeat."""

    gpu_va: int
    fault_type: int
    access_type: int


class Debugger:
    """The debugger object of a channel's compute object; freed with the channel."""

    def __init__(self, channel: Channel) -> None:
        if not channel.object_handle or channel.group.engine != "compute":
            raise UsageError("a debugger needs the channel's compute object", handle=channel.handle)
        client = channel.rm.client
        self.channel = channel
        params = client.abi.new(
            "NV83DE_ALLOC_PARAMETERS", hAppClient=client.handle, hClass3dObject=channel.object_handle
        )
        self.handle = client.alloc(client.device, names.GT200_DEBUGGER, params)
        try:
            self.set_exception_mask(0)
        except BaseException:
            client.quietly(client.free, self.handle)
            raise

    def set_exception_mask(self, mask: int) -> None:
        """Which exceptions the debugger takes for itself: bits 1 fatal, 2 trap, 4 step, 8 int, 0x10 CILP."""
        self._ask("DEBUG_SET_EXCEPTION_MASK", exceptionMask=mask)

    def sm_errors(self) -> list[SmError]:
        """The SMs that report something, of the context that is resident on the GPU.

        Raises:
            RmError: RM cannot read them, e.g. because the channel is gone already.
        """
        count = self.channel.rm.facts.sm_count
        found: list[SmError] = []
        for first in range(0, count, names.MAX_SMS_PER_READ):
            amount = min(names.MAX_SMS_PER_READ, count - first)
            answer = self._ask(
                "DEBUG_READ_ALL_SM_ERROR_STATES",
                hTargetChannel=self.channel.handle,
                numSMsToRead=amount,
                startingSM=first,
            )
            for index in range(amount):
                state = answer.element("smErrorStateArray", index)
                if state["hwwWarpEsr"] or state["hwwGlobalEsr"] or state["hwwCgaEsr"]:
                    found.append(
                        SmError(
                            sm=first + index,
                            global_esr=state["hwwGlobalEsr"],
                            warp_esr=state["hwwWarpEsr"],
                            warp_pc=state["hwwWarpEsrPc64"],
                            address=state["hwwEsrAddr"],
                            cga_esr=state["hwwCgaEsr"],
                        )
                    )
        return found

    def clear_sm_errors(self) -> None:
        """Forget what the SMs report."""
        count = self.channel.rm.facts.sm_count
        self._ask("DEBUG_CLEAR_ALL_SM_ERROR_STATES", hTargetChannel=self.channel.handle, numSMsToClear=count)

    def mmu_faults(self) -> list[DebuggerMmuFault]:
        """The last MMU faults, at most four."""
        answer = self._ask("DEBUG_READ_MMU_FAULT_INFO")
        entries = [answer.element("mmuFaultInfoList", index) for index in range(min(answer["count"], 4))]
        return [
            DebuggerMmuFault(entry["faultAddress"], entry["faultType"], entry["accessType"])
            for entry in entries
        ]

    def recovery_deferred(self) -> bool:
        """Whether RM waits with the recovery of the channel (it should not, with the mask at 0)."""
        answer = self.channel.rm.client.ask(self.channel.handle, "GET_DEFER_RC_STATE")
        return bool(answer["bDeferRCPending"])

    def _ask(self, name: str, **values: int):  # type: ignore[no-untyped-def]
        return self.channel.rm.client.ask(self.handle, name, **values)
