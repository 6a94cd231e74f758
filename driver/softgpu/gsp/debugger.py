"""Sessions of a debugger: objects that look at a GR object, and may keep its errors from being dealt with.

A session that takes fatal exceptions for itself lets RM wait with the recovery of the channel: nobody is told
until the session gives them up, or ends.

Facts: OGKM:ctrl/ctrl83de/ctrl83dedebug.h, src/nvidia/src/kernel/gpu/gr/kernel_sm_debugger_session.c (what
it is made with), kernel_graphics_context.c (the ring of faults).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from barewire.softgpu.gsp import rpc_structs as structs
from barewire.softgpu.gsp.objects import RmObject
from barewire.softgpu.gsp.status import Refused, Status

if TYPE_CHECKING:
    from barewire.softgpu.gsp.channels import ChannelObject
    from barewire.softgpu.gsp.classes import Allocation
    from barewire.softgpu.gsp.resman import ResourceManager

MASK_FATAL = 1 << 0
MASK_ALL = 0xFFFF  # what a session begins with


@dataclass(eq=False)
class GraphicsObject(RmObject):
    """An object of a GR class on a channel.

    Attributes:
        channel: that it is on.
        sessions: debuggers that look at it.
    """

    channel: ChannelObject | None = None
    sessions: list[DebuggerObject] = field(default_factory=list, repr=False)

    def release(self, rm: ResourceManager) -> None:
        for session in self.sessions:
            session.target = None
        self.sessions.clear()
        if self.channel is not None and self in self.channel.context.objects:
            self.channel.context.objects.remove(self)


@dataclass(eq=False)
class DebuggerObject(RmObject):
    """A session of a debugger (GT200_DEBUGGER).

    Attributes:
        target: the object it looks at; None once that is freed.
        mask: which exceptions it takes for itself.
    """

    target: GraphicsObject | None = None
    mask: int = MASK_ALL

    @property
    def channel(self) -> ChannelObject:
        """The channel it looks at.

        Raises:
            Refused: INVALID_STATE once the object is freed.
        """
        if self.target is None or self.target.channel is None:
            raise Refused(Status.INVALID_STATE, "the debugger's object is gone")
        return self.target.channel

    def set_mask(self, rm: ResourceManager, mask: int) -> None:
        """Choose which exceptions it takes; what it gives up goes its way."""
        self.mask = mask
        if self.target is not None and self.target.channel is not None:
            rm.robust.resume(self.target.channel)

    def release(self, rm: ResourceManager) -> None:
        target = self.target
        if target is None:
            return
        target.sessions.remove(self)
        if target.channel is not None:
            rm.robust.resume(target.channel)


def make_debugger(rm: ResourceManager, asked: Allocation) -> DebuggerObject:
    """A session for an object of GR.

    Raises:
        Refused: no such client, no such object, or one of another kind.
    """
    params = asked.record(structs.DEBUGGER)
    if params.hDebuggerClient_Obsolete:
        raise Refused(Status.INVALID_ARGUMENT, "the debugger's client is named in an obsolete way")
    client = rm.tree.client(params.hAppClient or asked.client)
    target = client.objects.get(params.hClass3dObject)
    if target is None:
        raise Refused(Status.INVALID_OBJECT_PARENT, f"no object {params.hClass3dObject:#x}")
    if not isinstance(target, GraphicsObject):
        raise Refused(Status.INVALID_OBJECT, f"a {target.kind.value} cannot be debugged")
    made = asked.make(DebuggerObject, target=target)
    target.sessions.append(made)
    return made


def takes_fatal_errors(channel: ChannelObject) -> bool:
    """Whether a debugger wants errors of a channel's grids for itself."""
    return any(
        session.mask & MASK_FATAL
        for target in channel.context.objects
        if isinstance(target, GraphicsObject)
        for session in target.sessions
    )
