"""Channels and channel groups, and what becomes of them.

The driver's half of RM gives firmware the memory of a channel; firmware checks it, fills the instance block
and lets Host know the channel.

Facts: OGKM:src/nvidia/src/kernel/gpu/fifo/kernel_channel.c, kernel_channel_group_api.c.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from barewire.softgpu.channel import ChannelSetup
from barewire.softgpu.engines import BY_2080_TYPE, Engine, of_runlist
from barewire.softgpu.gsp import channel_params as given
from barewire.softgpu.gsp import rpc_structs as structs
from barewire.softgpu.gsp.graphics_contexts import GraphicsContext
from barewire.softgpu.gsp.instance import (
    RAMFC_BYTES,
    SUBCONTEXTS,
    USERD_BYTES,
    InstanceFacts,
    address_space,
    ramfc,
)
from barewire.softgpu.gsp.objects import ContextShare, RmObject, VaSpace
from barewire.softgpu.gsp.physical import Stretch
from barewire.softgpu.gsp.records import Record
from barewire.softgpu.gsp.status import Refused, Status

if TYPE_CHECKING:
    from barewire.softgpu.gsp.classes import Allocation
    from barewire.softgpu.gsp.resman import ResourceManager

DEFAULT_TIMESLICE_US = 1024 * 1024 // 1000
SUBCONTEXT_SYNC, SUBCONTEXT_SPECIFIED = 0, 2


@dataclass(eq=False)
class GroupObject(RmObject):
    """A channel group (KEPLER_CHANNEL_GROUP_A).

    Attributes:
        engine: its channels are for it, or for others of its runlist.
        number: of the group on its runlist.
        vaspace: of channels that name none.
        timeslice_us: how long it runs before others get a turn.
        channels: those alive.
        context: the GR context that its channels share.
    """

    engine: Engine = BY_2080_TYPE[1]
    number: int = 0
    vaspace: VaSpace | None = None
    timeslice_us: int = DEFAULT_TIMESLICE_US
    interleave: int = 0
    notifier: Stretch | None = None
    channels: list[ChannelObject] = field(default_factory=list, repr=False)
    context: GraphicsContext = field(default_factory=GraphicsContext, repr=False)

    def release(self, rm: ResourceManager) -> None:
        rm.groups.release(self.engine.runlist, self.number)


@dataclass(eq=False)
class ChannelObject(RmObject):
    """A channel (HOPPER_CHANNEL_GPFIFO_A).

    Attributes:
        chid: its number on the runlist.
        engine: that it was made for.
        group: that it belongs to; None for a bare channel.
        vaspace: its address space.
        setup: what Host was told of it.
        instance, userd, method_buffer: its memory.
        notifier: where errors are written; None for nowhere.
        scheduled: whether it was let onto the runlist.
        disabled: whether it was taken off for a while (FIFO_DISABLE_CHANNELS).
        xid: of the error that ended it; 0 while it is well.
        fault: address and type of its last MMU fault.
        deferred: the error that a debugger keeps from being dealt with; None for none.
        own_context: its GR context, if it is in no group.
    """

    chid: int = 0
    engine: Engine = BY_2080_TYPE[1]
    group: GroupObject | None = None
    vaspace: VaSpace | None = None
    share: ContextShare | None = None
    setup: ChannelSetup | None = None
    instance: Stretch | None = None
    userd: Stretch | None = None
    method_buffer: Stretch | None = None
    notifier: Stretch | None = None
    privileged: bool = False
    gpfifo_va: int = 0
    entries: int = 0
    process_id: int = 0
    bound: bool = False
    scheduled: bool = False
    disabled: bool = False
    interleave: int = 0
    xid: int = 0
    fault: tuple[int, int] | None = None
    deferred: Callable[[], None] | None = None
    own_context: GraphicsContext = field(default_factory=GraphicsContext, repr=False)

    @property
    def runlist(self) -> int:
        """The runlist that schedules it."""
        return self.engine.runlist

    @property
    def context(self) -> GraphicsContext:
        """Its GR context, which it shares with its group."""
        return self.group.context if self.group is not None else self.own_context

    @property
    def companions(self) -> list[ChannelObject]:
        """It and the other channels of its group."""
        return list(self.group.channels) if self.group is not None else [self]

    def facts(self) -> InstanceFacts:
        """What its instance block says."""
        return InstanceFacts(
            chid=self.chid,
            pdb=self.vaspace.root if self.vaspace is not None else None,
            subcontext=self.share.subcontext if self.share is not None else 0,
            gpfifo_va=self.gpfifo_va,
            entries=self.entries,
            userd=self.userd.address if self.userd is not None else 0,
            method_buffer=self.method_buffer.address if self.method_buffer is not None else 0,
            privileged=self.privileged,
        )

    def release(self, rm: ResourceManager) -> None:
        rm.scheduling.destroy(self)
        rm.chids.release(self.runlist, self.chid)
        if self.group is not None and self in self.group.channels:
            self.group.channels.remove(self)
        for other in (self.vaspace, self.share):
            if other is not None and self in other.dependants:
                other.dependants.remove(self)


def make_group(rm: ResourceManager, asked: Allocation) -> GroupObject:
    """A channel group.

    Raises:
        Refused: no such engine or address space.
    """
    params = asked.record(structs.CHANNEL_GROUP)
    engine = _engine_of(params.engineType)
    vaspace = None
    if params.hVASpace:
        vaspace = rm.tree.find_as(asked.client, params.hVASpace, VaSpace)
    notifier = given.notifier_object(rm, asked.client, params.hObjectError)
    number = rm.groups.take(engine.runlist)
    return asked.make(GroupObject, engine=engine, vaspace=vaspace, number=number, notifier=notifier)


def make_context_share(rm: ResourceManager, asked: Allocation) -> ContextShare:
    """A subcontext of a group; its number goes back to the caller.

    Raises:
        Refused: no such address space, or no number free.
    """
    params = asked.record(structs.CONTEXT_SHARE)
    group = asked.parent
    vaspace = rm.tree.find_as(asked.client, params.hVASpace, VaSpace)
    taken = {child.subcontext for child in group.children if isinstance(child, ContextShare)}
    how = params.flags & 3
    if how == SUBCONTEXT_SPECIFIED:
        number: int | None = params.subctxId if params.subctxId < SUBCONTEXTS else None
        if number in taken:
            raise Refused(Status.IN_USE, f"subcontext {number} is taken")
    elif how == SUBCONTEXT_SYNC:
        number = 0
    else:
        number = next((free for free in range(1, SUBCONTEXTS) if free not in taken), None)
    if number is None:
        raise Refused(Status.INSUFFICIENT_RESOURCES, "no subcontext is free")
    params.subctxId = number
    share = asked.make(ContextShare, vaspace=vaspace, subcontext=number)
    vaspace.dependants.append(share)
    return share


def make_channel(rm: ResourceManager, asked: Allocation) -> ChannelObject:
    """A channel: checked, written into its instance block, and known to Host.

    Raises:
        Refused: the parameters are not those of a channel that can run.
    """
    params = asked.record(structs.CHANNEL)
    group = asked.parent if isinstance(asked.parent, GroupObject) else None
    given.check_ring(params)
    if params.flags & given.Flags.TYPE:
        raise Refused(Status.INVALID_FLAGS, "only physical channels exist")
    engine = _engine(params, group)
    vaspace, share = _address_space(rm, asked, params, group)
    channel = asked.make(
        ChannelObject,
        engine=engine,
        group=group,
        vaspace=vaspace,
        share=share,
        instance=given.instance(rm, params),
        userd=given.userd(rm, asked, params),
        method_buffer=given.method_buffer(rm, params),
        notifier=given.notifier(rm, asked, params, group),
        privileged=bool(params.flags & given.Flags.PRIVILEGED),
        gpfifo_va=params.gpFifoOffset,
        entries=params.gpFifoEntries,
        process_id=params.ProcessID,
    )
    channel.chid = rm.chids.take(engine.runlist, given.wanted_chid(params.flags))
    params.cid = channel.chid
    _report_sharing(rm, channel)
    _report_dirt(rm, channel)
    write_instance(rm, channel)
    _clear_userd(rm, channel)
    channel.setup = _setup(channel, params.flags)
    rm.scheduling.create(channel)
    if group is not None:
        group.channels.append(channel)
        rm.scheduling.set_timeslice(group)
        rm.scheduling.set_preemption_mode(channel, channel.context.compute_mode)
    vaspace.dependants.append(channel)
    if share is not None:
        share.dependants.append(channel)
    return channel


def write_instance(rm: ResourceManager, channel: ChannelObject) -> None:
    """Write all of a new channel's instance block."""
    facts = channel.facts()
    if channel.instance is not None:
        rm.memory.write(channel.instance, ramfc(facts) + address_space(facts))


def write_root(rm: ResourceManager, channel: ChannelObject) -> None:
    """Write what names the address space, after that got another root; let Host know."""
    if channel.instance is not None:
        rm.memory.write(channel.instance, address_space(channel.facts()), RAMFC_BYTES)
    if channel.setup is not None and channel.vaspace is not None:
        rm.scheduling.set_root(channel, channel.vaspace.root)


def channels_of(rm: ResourceManager) -> Iterator[ChannelObject]:
    """Every channel there is."""
    for client in rm.tree.clients.values():
        for found in client.objects.values():
            if isinstance(found, ChannelObject):
                yield found


def contexts_of(rm: ResourceManager) -> Iterator[GraphicsContext]:
    """Every GR context there is, once."""
    yield from dict.fromkeys(channel.context for channel in channels_of(rm))


def _engine_of(type_2080: int) -> Engine:
    try:
        return BY_2080_TYPE[type_2080]
    except KeyError:
        raise Refused(Status.INVALID_ARGUMENT, f"no engine of type {type_2080:#x}") from None


def _engine(params: Record, group: GroupObject | None) -> Engine:
    """The engine of a channel; a group's own where the channel names none."""
    if group is None:
        return _engine_of(params.engineType)
    if not params.engineType:
        return group.engine
    engine = _engine_of(params.engineType)
    if engine.runlist != group.engine.runlist:
        raise Refused(Status.INVALID_ARGUMENT, f"{engine.name} is not on the runlist of {group.engine.name}")
    return engine


def _address_space(
    rm: ResourceManager, asked: Allocation, params: Record, group: GroupObject | None
) -> tuple[VaSpace, ContextShare | None]:
    """The address space of a channel, by its context share, its own handle, or its group."""
    if params.hVASpace and params.hContextShare:
        raise Refused(Status.INVALID_ARGUMENT, "an address space and a context share")
    share = None
    vaspace: VaSpace | None = None
    if params.hContextShare:
        share = rm.tree.find_as(asked.client, params.hContextShare, ContextShare)
        if share.parent is not group:
            raise Refused(Status.INVALID_OBJECT_PARENT, "a context share of another group")
        vaspace = share.vaspace
    elif params.hVASpace:
        vaspace = rm.tree.find_as(asked.client, params.hVASpace, VaSpace)
    elif group is not None:
        vaspace = group.vaspace
    if vaspace is None:
        raise Refused(Status.INVALID_OBJECT_HANDLE, "no address space")
    if vaspace.root is None:
        raise Refused(Status.INVALID_STATE, "the address space has no page directory yet")
    return vaspace, share


def _setup(channel: ChannelObject, flags: int) -> ChannelSetup:
    companions = [engine for engine in of_runlist(channel.runlist) if engine is not channel.engine]
    vaspace, userd, instance = channel.vaspace, channel.userd, channel.instance
    return ChannelSetup(
        chid=channel.chid,
        runlist=channel.runlist,
        engines=(channel.engine.name, *(engine.name for engine in companions if engine.is_copy)),
        pdb=vaspace.root if vaspace is not None else None,
        gpfifo_va=channel.gpfifo_va,
        entries=channel.entries,
        userd=userd,
        privileged=channel.privileged and not flags & given.Flags.DENY_AUTH_LEVEL,
        physical_copies=channel.privileged and not flags & given.Flags.DENY_PHYSICAL_COPIES,
        group=channel.group.number if channel.group is not None else None,
        classes=set(),
        instance=instance,
        owner=channel,
    )


def _clear_userd(rm: ResourceManager, channel: ChannelObject) -> None:
    if channel.userd is not None:
        rm.memory.write(channel.userd, bytes(USERD_BYTES))


def _report_dirt(rm: ResourceManager, channel: ChannelObject) -> None:
    """RAMFC is expected to be zero: firmware writes fields into it, not all of it.

    What is behind it drivers may fill in themselves (nouveau:nvkm/subdev/mmu/vmmgv100.c, gv100_vmm_join).
    """
    block = channel.instance
    if block is not None and any(rm.memory.read(block, RAMFC_BYTES)):
        rm.gpu.report(
            "dirty instance block",
            "RAMFC was not zero when its channel was made",
            address=block.address,
            handle=channel.handle,
        )


def _report_sharing(rm: ResourceManager, channel: ChannelObject) -> None:
    """Two channels in one instance block or USERD run over each other: hardware does not notice."""
    for other in channels_of(rm):
        for name in ("instance", "userd"):
            mine, theirs = getattr(channel, name), getattr(other, name)
            if (mine.aperture, mine.address) == (theirs.aperture, theirs.address):
                rm.gpu.report(
                    "shared channel memory",
                    f"two channels have one {name}",
                    address=mine.address,
                    handle=channel.handle,
                    other=other.handle,
                )
