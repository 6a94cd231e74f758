"""The sanitizer of one GPU: what the units tell it, and what it concludes.

Every call is made with the GPU's lock held.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from barewire.softgpu.sanitizer.operation import Operation
from barewire.softgpu.sanitizer.place import Place

if TYPE_CHECKING:
    from barewire.softgpu.channel import Channel
    from barewire.softgpu.chip import SoftGpu
    from barewire.softgpu.page_tables import Aperture, Pdb

NOWHERE = Place(0, 0, 0, "")


class Sanitizer:
    """See the package.

    Args:
        gpu: whose reports take what is found.
    """

    def __init__(self, gpu: SoftGpu) -> None:
        self._gpu = gpu
        self._number = 0

    # Where.

    def place_now(self) -> Place | None:
        """Where the channel stands whose words are executed now; None if none is."""
        return None

    def place(self, channel: Channel) -> Place:
        """Where a channel stands: the word that it executes now, or the last one."""
        return NOWHERE

    # What engines do.

    def begin(
        self,
        channel: Channel,
        name: str,
        engine: str = "",
        follows: Iterable[Operation] = (),
        **facts: Any,
    ) -> Operation:
        """An engine is given something to do, at the place where the channel stands now.

        What Host of the channel knows to have ended comes before it; nothing else does.

        Args:
            name: "copy", "fill", "grid", "inline write".
            engine: who does it; the channel's first if not given.
            follows: operations that have ended before this one begins and whose writes it sees, for reasons
                that Host does not know of: a dependent grid's, a copy that is not pipelined.
            facts: what reports tell of it, such as `kernel_va` and `qmd_va` of a grid.
        """
        self._number += 1
        return Operation(self._number, name, self.place(channel), (channel.token, engine), facts)

    def touched(
        self, operation: Operation, aperture: Aperture, address: int, size_bytes: int, write: bool
    ) -> None:
        """An operation reads or writes a stretch of memory; to be told before it does."""

    def watch(self, operation: Operation) -> Any:
        """What the SMs tell of their accesses to, for `Launch.watch` of a grid; None if they need not."""
        return None

    def ended(self, operation: Operation, watch: Any = None) -> None:
        """An operation touches nothing any more: it is done, or was ended by force.

        Nobody knows of it yet: a WFI (`idle`) or a release tells.

        Args:
            watch: a grid's, whose findings become reports.
        """
        operation.ended = True

    def launched_qmd(self, operation: Operation, stretches: Iterable[tuple[int, int]]) -> None:
        """A grid uses its QMD and bank 0, at (vram_offset, bytes) each, until it has ended.

        To be told again when it ends: who changed them meanwhile is reported, as is who launches the same
        QMD again before.
        """

    # What orders them.

    def idle(self, channel: Channel) -> None:
        """Host waited until the channel's engines were idle and their writes visible (WFI)."""

    def flushed(self, channel: Channel) -> None:
        """Host passed a barrier of the memory system (MEMBAR)."""

    def released(
        self, channel: Channel, gpu_va: int, operations: Iterable[Operation] = (), host: bool = True
    ) -> None:
        """A semaphore was written, which tells others what has ended.

        Args:
            gpu_va: of the semaphore, in the channel's address space.
            operations: that have ended, and whose writes are visible to who sees the semaphore: the grid
                itself for the release of a QMD with a membar; the copies before a flush.
            host: whether what Host of the channel knows is told too.
        """

    def acquired(self, channel: Channel, gpu_va: int) -> None:
        """A semaphore let the channel go on."""

    def rang(self, channel: Channel) -> None:
        """A doorbell rang: the CPU knows what was written to memory by now, and so does what it asks for."""

    # What may not happen meanwhile.

    def invalidated(self, pdb: Pdb | None, gpu_va: int | None, depth: int) -> None:
        """The MMU was told to forget."""

    def channel_destroyed(self, channel: Channel) -> None:
        """A channel is gone for good: its engines are done with it."""
