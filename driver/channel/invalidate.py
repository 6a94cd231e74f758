"""Making the GPU forget translations from a pushbuffer: MEM_OP, of a channel that may.

The channel need not be one of the address space that changed: the operation names the root. It wants a
privileged channel; under a kernel driver those of administrators are.

Facts: OGKM:src/common/sdk/nvidia/inc/class/clc86f.h (MEM_OP_A to MEM_OP_D),
open-gpu-doc:manuals/ampere/ga100/dev_pbdma.ref.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from barewire.channel.pushbuffer import Pushbuffer
from barewire.errors import UsageError

if TYPE_CHECKING:
    from barewire.channel.queue import Queue
    from barewire.memory.pagetable import Invalidation

TIMEOUT_S = 10.0  # the queue takes turns with those of users on its copy engine
ROOT_BYTES = 4096  # what a root is aligned to

# By the highest level that changed; 0 is the tables of pages.
_LEVELS = ("PTE_ONLY", "UP_TO_PDE0", "UP_TO_PDE1", "UP_TO_PDE2", "UP_TO_PDE3", "UP_TO_PDE4")
_APERTURES = {  # by the value of `memory.formats.Aperture`
    "video": "VID_MEM",
    "host": "SYS_MEM_COHERENT",
    "host, not coherent": "SYS_MEM_NONCOHERENT",
}


def add_invalidation(pushbuffer: Pushbuffer, what: Invalidation) -> Pushbuffer:
    """The methods that make the GPU forget what may be wrong of the tables below a root.

    All addresses are forgotten, from the changed level down. Everybody has answered before the channel goes
    on; if something was revoked, accesses that used it have reached memory too.

    Raises:
        UsageError: no root can be where the change says.
    """
    root = what.root
    if root.address % ROOT_BYTES:
        raise UsageError("a root directory is at a page", address=root.address)
    if root.aperture.value not in _APERTURES:
        raise UsageError(f"no root directory is in {root.aperture.value} memory", address=root.address)
    host = f"NV{pushbuffer.class_ids[0]:04X}"
    pushbuffer.method(f"{host}_MEM_OP_A", TLB_INVALIDATE_SYSMEMBAR="EN" if what.revoked else "DIS")
    pushbuffer.method(f"{host}_MEM_OP_B", 0)
    pushbuffer.method(
        f"{host}_MEM_OP_C",
        TLB_INVALIDATE_PDB="ONE",
        TLB_INVALIDATE_GPC="ENABLE",
        TLB_INVALIDATE_REPLAY="NONE",
        TLB_INVALIDATE_ACK_TYPE="GLOBALLY",
        TLB_INVALIDATE_PAGE_TABLE_LEVEL=_LEVELS[what.depth],
        TLB_INVALIDATE_PDB_APERTURE=_APERTURES[root.aperture.value],
        TLB_INVALIDATE_PDB_ADDR_LO=root.address // ROOT_BYTES & 0xFFFFF,
    )
    return pushbuffer.method(
        f"{host}_MEM_OP_D", OPERATION="MMU_TLB_INVALIDATE", TLB_INVALIDATE_PDB_ADDR_HI=root.address >> 32
    )


class ChannelTlb:
    """Invalidates by a queue, and waits until that is done. Any thread may use it.

    Attributes:
        count: how often it was done.

    Args:
        queue: gives a queue that may, and that no work of users makes wait; None once no channel is left
            that could remember anything.
    """

    def __init__(self, queue: Callable[[], Queue | None], timeout_s: float = TIMEOUT_S) -> None:
        self._queue = queue
        self.timeout_s = timeout_s
        self.count = 0

    def invalidate(self, what: Invalidation) -> None:
        """Make the GPU forget what may be wrong, and wait until it has.

        Raises:
            PollTimeout: it did not in time.
            ChannelDead: it gave the channel up, which may not do this for instance.
        """
        queue = self._queue()
        if queue is None:
            return
        queue.submit(add_invalidation(queue.pushbuffer(), what)).wait(self.timeout_s)
        self.count += 1
