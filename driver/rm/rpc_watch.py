"""Who listens to GSP while nobody calls it: the message queue is drained, and channels learn of their end.

GSP tells of an error in two events: the text that a kernel driver would log, and the channel that was taken
down. A kernel driver writes the channel's error notifier then; here that is ours to do. So it is when GSP or
the GPU itself is no more: whoever waits for a channel learns of it by the notifier.

Facts: OGKM:kernel_gsp.c (_kgspRpcRCTriggered, _kgspRpcOsErrorLog).
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from barewire.errors import BarewireError, DeviceLost, Freed
from barewire.fault import mmu
from barewire.gsp.events import GspEvent, OsErrorLog, RcTriggered
from barewire.rm.channels import MmuFaultInfo

if TYPE_CHECKING:
    from barewire.rm.rpc_channels import RpcChannel

INTERVAL_S = 0.002  # the queue has 63 slots: GSP does not get to wait for us
LOOKS_PER_CHECK = 10  # asking whether GSP runs takes a register; who waits learns of its end by that
MMU_FAULT_XID = 31
OFF_THE_BUS_XID = 79
GSP_ERROR_XID = 120
STOP_WAIT_S = 5.0


class Events(Protocol):
    """Where events come from, as `gsp.rpc.GspRpc` has them."""

    def subscribe(self, handler: Callable[[GspEvent], None]) -> Callable[[], None]:
        """Hand every event to `handler` from now on; returns what ends that."""
        ...

    def drain(self) -> int:
        """Take in what has come, without waiting."""
        ...


class RpcWatch:
    """Drains the queue and passes on what concerns channels.

    Args:
        rpc: where events come from.
        runlist_of: the runlist of an NV2080_ENGINE_TYPE_*; None for an engine that is not known.
        check_running: raises once GSP has stopped, or the GPU is gone.

    Attributes:
        failure: what made listening fail last; None while all is well.
        end: why GSP or the GPU is no more; None while it is there.
        orphans: deaths of channels that nobody has here.
    """

    def __init__(
        self,
        rpc: Events,
        runlist_of: Callable[[int], int | None],
        check_running: Callable[[], None],
    ) -> None:
        self._rpc = rpc
        self._runlist_of = runlist_of
        self._check_running = check_running
        self._channels: weakref.WeakValueDictionary[tuple[int, int], RpcChannel] = (
            weakref.WeakValueDictionary()
        )
        self._stopped = threading.Event()
        self._unsubscribe = rpc.subscribe(self.handle)
        self._thread = threading.Thread(target=self._run, name="barewire-gsp-events", daemon=True)
        self.failure: BarewireError | None = None
        self.end: BarewireError | None = None
        self.orphans = 0

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more; a second time is nothing."""
        self._stopped.set()
        self._unsubscribe()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(STOP_WAIT_S)

    def add(self, channel: RpcChannel) -> None:
        """Tell this channel of its errors."""
        self._channels[channel.group.runlist, channel.channel_id] = channel

    def remove(self, channel: RpcChannel) -> None:
        """Its number may be another channel's from now on."""
        self._channels.pop((channel.group.runlist, channel.channel_id), None)

    def handle(self, event: GspEvent) -> None:
        """One event; see the module."""
        if isinstance(event, OsErrorLog):
            channel = self._channels.get((event.runlist_id, event.channel_id))
            if channel is not None:
                channel.said(event.text)
        elif isinstance(event, RcTriggered):
            self._died(event)

    def _died(self, event: RcTriggered) -> None:
        runlist = self._runlist_of(event.engine_type)
        channel = None if runlist is None else self._channels.get((runlist, event.channel_id))
        if channel is None:
            self.orphans += 1
            return
        for one in self._group_of(channel):  # RM takes all of them down, and names one
            one.died(event.xid, event.engine_type, _fault_of(event) if one is channel else None)

    def _group_of(self, channel: RpcChannel) -> list[RpcChannel]:
        """The channels of a channel's group."""
        known = [reference() for reference in self._channels.valuerefs()]
        return [one for one in known if one is not None and one.group is channel.group]

    def _run(self) -> None:
        looks = 0
        while not self._stopped.wait(INTERVAL_S):
            looks += 1
            try:
                self._rpc.drain()
                if self.end is None and looks % LOOKS_PER_CHECK == 0:
                    self._check()
            except Freed:
                return
            except BarewireError as error:
                self.failure = error

    def _check(self) -> None:
        """Let every channel know once there is nobody left to tell of its end."""
        try:
            self._check_running()
        except Freed:
            raise
        except BarewireError as error:
            self.end = error
            xid = OFF_THE_BUS_XID if isinstance(error, DeviceLost) else GSP_ERROR_XID
            for reference in self._channels.valuerefs():  # a list: channels come and go meanwhile
                channel = reference()
                if channel is not None:
                    channel.died(xid, channel.group.engine_type, None)


def _fault_of(event: RcTriggered) -> MmuFaultInfo | None:
    """The MMU fault that an event tells of, in the form in which RM remembers it for a channel."""
    if event.xid != MMU_FAULT_XID:
        return None
    text = f"FAULT_{mmu.fault_type(event.fault_type).name}"
    return MmuFaultInfo(event.fault_gpu_va, event.fault_type, text, ())
