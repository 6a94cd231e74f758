"""Classes: what can be allocated, under what, with which parameters, and what it makes.

Facts: OGKM:src/nvidia/src/kernel/rmapi/resource_list.h (parents; whether
parameters are required), src/nvidia/generated/g_rpc-structures.h (what travels over RPC).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from barewire.softgpu.engines import BY_2080_TYPE, DEVICE_GRAPHICS, FIRST_COPY_TYPE
from barewire.softgpu.gsp import rpc_structs as structs
from barewire.softgpu.gsp.channels import ChannelObject, make_channel, make_context_share, make_group
from barewire.softgpu.gsp.debugger import GraphicsObject, make_debugger
from barewire.softgpu.gsp.graphics_contexts import admit
from barewire.softgpu.gsp.objects import Client, EventObject, Kind, RmObject, Subdevice, VaSpace
from barewire.softgpu.gsp.owned_space import make_owned
from barewire.softgpu.gsp.records import Layout, Record
from barewire.softgpu.gsp.status import Refused, Status
from barewire.softgpu.gsp.virtual_memory import make_reservation, make_window

if TYPE_CHECKING:
    from barewire.softgpu.gsp.resman import ResourceManager

_Made = TypeVar("_Made", bound=RmObject)

VASPACE_INDEX_NEW = 0
VASPACE_EXTERNALLY_OWNED = 1 << 3
VASPACE_PAGE_FAULTING = 1 << 6
_NOTIFY_INDEX_MASK = 0xFFFF


@dataclass
class Allocation:
    """A call to allocate an object.

    Attributes:
        client: handle of the client.
        parent: the object over the new one.
        handle: of the new one.
        class_id: of the new one.
        params: the class's parameters; what is written there goes back to the caller.
    """

    client: int
    parent: RmObject
    handle: int
    class_id: int
    params: bytearray

    def record(self, layout: Layout) -> Record:
        """The parameters by name; zeros where none came and none are required."""
        if not self.params:
            return layout.new()
        return layout.over(self.params)

    def make(self, form: Callable[..., _Made], **more: Any) -> _Made:
        """An object in the place that was asked for."""
        row = CLASSES[self.class_id]
        return form(handle=self.handle, class_id=self.class_id, kind=row.kind, parent=self.parent, **more)


Maker = Callable[["ResourceManager", Allocation], RmObject]


@dataclass(frozen=True)
class ClassRow:
    """One class.

    Attributes:
        name: NVIDIA's.
        kind: what it makes.
        parents: what it may be made under; empty for anything.
        sizes: bytes that its parameters may have; 0 where there may be none.
        make: makes it.
    """

    name: str
    kind: Kind
    parents: tuple[Kind, ...]
    sizes: tuple[int, ...]
    make: Maker


def _plain(rm: ResourceManager, asked: Allocation) -> RmObject:
    return asked.make(RmObject)


def make_client(handle: int, class_id: int, params: bytearray) -> Client:
    """A client. It stands under nothing, so it does not go the way of the others."""
    client = Client(handle=handle, class_id=class_id, kind=Kind.CLIENT, parent=None)
    if len(params) == structs.ROOT.size_bytes:
        client.process_id = structs.ROOT.over(params).processID
    return client


def _make_device(rm: ResourceManager, asked: Allocation) -> RmObject:
    params = asked.record(structs.DEVICE)
    if params.deviceId:
        raise Refused(Status.INVALID_DEVICE, f"device {params.deviceId}: there is device 0")
    return asked.make(RmObject)


def _make_subdevice(rm: ResourceManager, asked: Allocation) -> RmObject:
    params = asked.record(structs.SUBDEVICE)
    if params.subDeviceId:
        raise Refused(Status.INVALID_ARGUMENT, f"subdevice {params.subDeviceId}: there is subdevice 0")
    return asked.make(Subdevice)


def _make_vaspace(rm: ResourceManager, asked: Allocation) -> RmObject:
    params = asked.record(structs.VASPACE)
    if params.index != VASPACE_INDEX_NEW:
        raise Refused(Status.NOT_SUPPORTED, f"address space index {params.index}")
    external = bool(params.flags & VASPACE_EXTERNALLY_OWNED)
    if params.flags & VASPACE_PAGE_FAULTING and not external:
        raise Refused(Status.INVALID_ARGUMENT, "page faulting is for externally owned address spaces")
    if external:
        return asked.make(VaSpace, external=True)
    owned = make_owned(rm, params)
    return asked.make(VaSpace, root=owned.root, owned=owned)


def _make_copy_object(rm: ResourceManager, asked: Allocation) -> RmObject:
    """An object for a copy engine of the channel's runlist; without parameters any of them will do."""
    channel = _channel(asked)
    if asked.params:
        params = asked.record(structs.COPY_ENGINE)
        named = params.engineType if params.version else FIRST_COPY_TYPE + params.engineType
        engine = BY_2080_TYPE.get(named)
        if engine is None or not engine.is_copy or engine.runlist != channel.runlist:
            raise Refused(
                Status.INVALID_ARGUMENT, f"engine {params.engineType:#x} is no copy engine of the channel"
            )
    _allow(channel, asked.class_id)
    return asked.make(RmObject)


def _make_graphics_object(rm: ResourceManager, asked: Allocation) -> RmObject:
    channel = _channel(asked)
    if channel.engine.device_type != DEVICE_GRAPHICS:
        raise Refused(Status.INVALID_CLASS, f"{CLASSES[asked.class_id].name} on {channel.engine.name}")
    admit(rm, channel, asked.class_id)
    _allow(channel, asked.class_id)
    made = asked.make(GraphicsObject, channel=channel)
    channel.context.objects.append(made)
    return made


def _channel(asked: Allocation) -> ChannelObject:
    return cast(ChannelObject, asked.parent)


def _allow(channel: ChannelObject, class_id: int) -> None:
    """Let SET_OBJECT name a class on a channel."""
    if channel.setup is not None and channel.setup.classes is not None:
        channel.setup.classes.add(class_id)


def _make_event(rm: ResourceManager, asked: Allocation) -> RmObject:
    params = asked.record(structs.EVENT)
    source = rm.tree.find(params.hParentClient or asked.client, params.hSrcResource or asked.parent.handle)
    index = params.notifyIndex & _NOTIFY_INDEX_MASK
    return asked.make(EventObject, source=source, index=index, data=params.data)


def _needs(layout: Layout) -> tuple[int, ...]:
    """Sizes of parameters that have to be there."""
    return (layout.size_bytes,)


def _may_have(layout: Layout) -> tuple[int, ...]:
    """Sizes of parameters that may be left out."""
    return (0, layout.size_bytes)


_UNDER_DEVICE = (Kind.DEVICE,)
_UNDER_SUBDEVICE = (Kind.SUBDEVICE,)
_UNDER_CHANNEL = (Kind.CHANNEL,)
_EVENT_SIZES = _needs(structs.EVENT)
_GRAPHICS_SIZES = _may_have(structs.GRAPHICS_OBJECT)

CLIENT_CLASSES = {0x0: "NV01_ROOT", 0x1: "NV01_ROOT_NON_PRIV", 0x41: "NV01_ROOT_CLIENT"}
CLIENT_SIZES = (0, 4, structs.ROOT.size_bytes)

CLASSES: dict[int, ClassRow] = {
    0x0080: ClassRow("NV01_DEVICE_0", Kind.DEVICE, (Kind.CLIENT,), _may_have(structs.DEVICE), _make_device),
    0x2080: ClassRow(
        "NV20_SUBDEVICE_0", Kind.SUBDEVICE, _UNDER_DEVICE, _may_have(structs.SUBDEVICE), _make_subdevice
    ),
    0x90F1: ClassRow(
        "FERMI_VASPACE_A", Kind.VASPACE, (Kind.DEVICE, Kind.SUBDEVICE), _needs(structs.VASPACE), _make_vaspace
    ),
    0x0070: ClassRow(
        "NV01_MEMORY_VIRTUAL", Kind.VIRTUAL_MEMORY, _UNDER_DEVICE, _needs(structs.MEMORY_VIRTUAL), make_window
    ),
    0x50A0: ClassRow(
        "NV50_MEMORY_VIRTUAL",
        Kind.VIRTUAL_MEMORY,
        _UNDER_DEVICE,
        _needs(structs.MEMORY_ALLOCATION),
        make_reservation,
    ),
    0xA06C: ClassRow(
        "KEPLER_CHANNEL_GROUP_A", Kind.GROUP, _UNDER_DEVICE, _needs(structs.CHANNEL_GROUP), make_group
    ),
    0x9067: ClassRow(
        "FERMI_CONTEXT_SHARE_A",
        Kind.CONTEXT_SHARE,
        (Kind.GROUP,),
        _needs(structs.CONTEXT_SHARE),
        make_context_share,
    ),
    0xC86F: ClassRow(
        "HOPPER_CHANNEL_GPFIFO_A",
        Kind.CHANNEL,
        (Kind.DEVICE, Kind.GROUP),
        _needs(structs.CHANNEL),
        make_channel,
    ),
    0xC8B5: ClassRow(
        "HOPPER_DMA_COPY_A", Kind.ENGINE, _UNDER_CHANNEL, _may_have(structs.COPY_ENGINE), _make_copy_object
    ),
    0xCBC0: ClassRow("HOPPER_COMPUTE_A", Kind.ENGINE, _UNDER_CHANNEL, _GRAPHICS_SIZES, _make_graphics_object),
    0xCB97: ClassRow("HOPPER_A", Kind.ENGINE, _UNDER_CHANNEL, _GRAPHICS_SIZES, _make_graphics_object),
    0x902D: ClassRow("FERMI_TWOD_A", Kind.ENGINE, _UNDER_CHANNEL, _GRAPHICS_SIZES, _make_graphics_object),
    0xA140: ClassRow(
        "KEPLER_INLINE_TO_MEMORY_B", Kind.ENGINE, _UNDER_CHANNEL, _GRAPHICS_SIZES, _make_graphics_object
    ),
    0xC661: ClassRow(
        "HOPPER_USERMODE_A", Kind.USERMODE, _UNDER_SUBDEVICE, _may_have(structs.USERMODE), _plain
    ),
    0x83DE: ClassRow("GT200_DEBUGGER", Kind.DEBUGGER, _UNDER_DEVICE, _needs(structs.DEBUGGER), make_debugger),
    0x0004: ClassRow("NV01_TIMER", Kind.OTHER, _UNDER_SUBDEVICE, (0,), _plain),
    0x208F: ClassRow("NV20_SUBDEVICE_DIAG", Kind.OTHER, _UNDER_SUBDEVICE, (0,), _plain),
    0x0005: ClassRow("NV01_EVENT", Kind.EVENT, (), _EVENT_SIZES, _make_event),
    0x0078: ClassRow("NV01_EVENT_KERNEL_CALLBACK", Kind.EVENT, (), _EVENT_SIZES, _make_event),
    0x0079: ClassRow("NV01_EVENT_OS_EVENT", Kind.EVENT, (), _EVENT_SIZES, _make_event),
    0x007E: ClassRow("NV01_EVENT_KERNEL_CALLBACK_EX", Kind.EVENT, (), _EVENT_SIZES, _make_event),
}

# What a driver may ask of GET_CLASSLIST: all of the above and the clients.
CLASS_LIST: tuple[int, ...] = tuple(sorted((*CLIENT_CLASSES, *CLASSES)))
