"""What a device is: its parts, its locks, and whether it may be used."""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from barewire.channel.invalidate import ChannelTlb
from barewire.chip.limits import limits_for
from barewire.compute import launch
from barewire.errors import ForkedChild, Freed
from barewire.memory.pool import VramPool
from barewire.native._native import ffi

if TYPE_CHECKING:
    from barewire.channel.queue import Queue, Submission
    from barewire.compute.graph import Graph
    from barewire.compute.module import Module
    from barewire.compute.queue import ComputeQueue
    from barewire.copy.queue import CopyQueue
    from barewire.device.staging import Staging

DEFAULT_TIMEOUT_S = 60.0
# Below these the CPU is done before a copy engine has begun; reads over PCIe wait for each word.
SMALL_WRITE_BYTES = 1024
SMALL_READ_BYTES = 16


class DeviceState:
    """See `Device`."""

    compute: ComputeQueue
    _nothing: Submission  # one that is always done
    _invalidations: Callable[[], Queue | None]

    def __init__(self, manager: Any, name: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self.rm = manager
        self.name = name
        self.facts = manager.facts
        self.limits = limits_for(self.facts.sm_version)
        self.qmd_version = launch.qmd_version_of(self.facts.classes.compute)
        self.timeout_s = timeout_s
        self.capturing: Graph | None = None
        self.closed = False
        self.frees = 0
        self._forked = False
        self._usable = True
        self._memory_went = False  # that of the queues, when the device was closed
        self._copies: CopyQueue | None = None
        self._forgetting: Queue | None = None
        self._tlb = ChannelTlb(self._invalidations)
        self._spaces: set[Any] = set()  # held until they are closed: RM knows where their tables are
        self._staging: Staging | None = None
        self._queues: list[Queue] = []
        self._modules: weakref.WeakSet[Module] = weakref.WeakSet()
        self._deferred: deque[tuple[list[tuple[Queue, int]], Callable[[], None]]] = deque()
        self._given_back: deque[Callable[[], None]] = deque()
        self._resting: deque[tuple[float, Callable[[], None]]] = deque()
        self._make_locks()
        self.space = manager.address_space()
        seen: bool = getattr(manager, "sees_all_video", True)
        self.pool = VramPool(
            partial(_obtain_video, manager, self.space), partial(_return_video, self.space), seen
        )
        self._small_write_bytes = SMALL_WRITE_BYTES if seen else -1
        self._small_read_bytes = SMALL_READ_BYTES if seen else -1
        self.kept: dict[str, Any] = {}
        self._target = ffi.new("struct bw_target *")

    def _make_locks(self) -> None:
        """One for staging memory and queues that are made when first needed, one for memory, one for the
        queue that address spaces invalidate by, one for ends.

        The second is not taken again by who holds it: the garbage collector may free arrays in the middle of
        an allocation, and what it frees waits then until somebody collects.
        """
        self._lock = threading.RLock()
        self._memory_lock = threading.Lock()
        self._forgetting_lock = threading.RLock()  # who has it waits for no address space
        self._ends = threading.RLock()  # who looks at a queue that died holds it: its memory stays meanwhile

    def check(self) -> None:
        """Raise ForkedChild or Freed if the device must not be used."""
        if self._forked:
            raise self._forked_child()
        if self.closed:
            raise Freed(f"{self.name} is closed")

    def _forked_child(self) -> ForkedChild:
        return ForkedChild(
            f"{self.name} was opened by the parent process", hint="open the device again in the child"
        )


def _obtain_video(manager: Any, space: Any, size_bytes: int) -> tuple[Any, int]:
    """Video memory of the resource manager, mapped in an address space."""
    memory = manager.video_memory(size_bytes)
    try:
        return memory, space.map(memory)
    except BaseException:
        memory.close()
        raise


def _return_video(space: Any, memory: Any, gpu_va: int) -> None:
    space.unmap(gpu_va)
    memory.close()
