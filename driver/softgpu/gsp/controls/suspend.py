"""Controls that prepare a suspend: channels stand still, and RM hears where its video memory may be kept.

Facts: OGKM:ctrl0080fb.h, ctrl2080internal.h, src/nvidia/src/kernel/gpu/fifo/kernel_fifo.c (kfifoStateUnload,
kfifoStateLoad), src/nvidia/src/kernel/gpu/mem_mgr/fbsr.c (_fbsrInitGsp). The model's RM has nothing in video
memory that it would have to keep. It suspends; that it goes on afterwards is not in the model.
"""

from __future__ import annotations

from barewire.softgpu.gsp import control_structs as structs
from barewire.softgpu.gsp.channels import channels_of
from barewire.softgpu.gsp.controls import Call, control
from barewire.softgpu.gsp.objects import Kind, Memory
from barewire.softgpu.gsp.status import Refused, Status

_NOWHERE = 0  # ..._ADDRESS_SPACE_UNKNOWN
_HARDWARE_KEEPS_TAGS = 3  # ..._POLICY_RAWMODE


@control(0x00801306, Kind.DEVICE, structs.COMPRESSION_STORE)
def fb_get_compbit_store_info(call: Call) -> None:
    """Where the tags of compressed memory are: the model compresses nothing, so nowhere."""
    call.params.Size = 0
    call.params.AddressSpace = _NOWHERE
    call.params.comptaglineAllocationPolicy = _HARDWARE_KEEPS_TAGS


@control(0x20800AC3, Kind.SUBDEVICE, structs.ALL_CHANNELS)
def internal_fifo_toggle_active_channel_scheduling(call: Call) -> None:
    """Keep all channels from running, or let those run again that nothing else keeps off."""
    off = bool(call.params.bDisableActiveChannels)
    for channel in channels_of(call.rm):
        if channel.scheduled and not channel.disabled:
            call.rm.scheduling.enable(channel, not off)


@control(0x20800AC2, Kind.SUBDEVICE, structs.KEPT_MEMORY)
def internal_fbsr_init(call: Call) -> None:
    """Memory of the machine for what RM has in that of the GPU, while that is without power.

    Raises:
        Refused: INVALID_OBJECT_HANDLE for no memory, INVALID_ARGUMENT for memory that goes without power too.
    """
    memory = call.rm.tree.find_as(call.params.hClient, call.params.hSysMem, Memory)
    if not memory.aperture.is_host:
        raise Refused(Status.INVALID_ARGUMENT, "video memory does not outlast itself")
