"""Controls of a device.

Facts: OGKM:src/common/sdk/nvidia/inc/ctrl/ctrl0080/*.h.
"""

from __future__ import annotations

from barewire.softgpu.gsp import board_facts as board
from barewire.softgpu.gsp import control_structs as structs
from barewire.softgpu.gsp.channels import ChannelObject
from barewire.softgpu.gsp.classes import CLASS_LIST
from barewire.softgpu.gsp.controls import Call, control
from barewire.softgpu.gsp.objects import Kind
from barewire.softgpu.gsp.status import Refused, Status

_CHANNEL_PROPERTIES = range(5)


@control(0x00800292, Kind.DEVICE, structs.CLASSLIST_V2)
def gpu_get_classlist_v2(call: Call) -> None:
    """The classes that can be allocated."""
    call.params.numClasses = len(CLASS_LIST)
    call.params.classList = CLASS_LIST


@control(0x00800280, Kind.DEVICE, structs.NUM_SUBDEVICES)
def gpu_get_num_subdevices(call: Call) -> None:
    """One GPU."""
    call.params.numSubDevices = 1


@control(0x00801707, Kind.DEVICE, structs.ENGINE_CONTEXT)
def fifo_get_engine_context_properties(call: Call) -> None:
    """Size and alignment of one context buffer."""
    buffer = call.params.engineId & 0xFF
    if buffer >= board.CONTEXT_BUFFER_IDS:
        raise Refused(Status.INVALID_ARGUMENT, f"no context buffer {buffer:#x}")
    call.params.size, call.params.alignment = board.CONTEXT_BUFFERS.get(buffer, (0, 0))


@control(0x0080170F, Kind.DEVICE, structs.CHANNEL_PROPERTIES)
def fifo_set_channel_properties(call: Call) -> None:
    """Properties of a channel that change nothing the model shows."""
    call.rm.tree.find_as(call.target.client.handle, call.params.hChannel, ChannelObject)
    if call.params.property not in _CHANNEL_PROPERTIES:
        raise Refused(Status.INVALID_ARGUMENT, f"no property {call.params.property}")


@control(0x00801713, Kind.DEVICE, structs.FIFO_CAPS)
def fifo_get_caps_v2(call: Call) -> None:
    """Capability bits of Host: none of the old limits."""
    call.params.capsTbl = b"\0\0"


@control(0x00801402, Kind.DEVICE, structs.HOST_CAPS)
def host_get_caps_v2(call: Call) -> None:
    """Capability bits of the host interface: none of the old limits."""
    call.params.capsTbl = b"\0\0\0"
