"""The reins of launches that run: pausing them, waiting until they rest, ending them.

    control = Control()
    ...  # another thread: machine.launch(Launch(..., control=control))
    control.pause()
    if control.wait_at_rest(1.0):
        ...  # no instruction is executed until control.resume()

A paused launch goes on exactly where it was. Workers look at every jump, so they rest within microseconds.
"""

from __future__ import annotations

from barewire.errors import ResourceError, UsageError
from barewire.softgpu.sm import _sm

NANOSECONDS = 1_000_000_000


class Control:
    """Holds the reins of all launches that were given it, also of those that begin later.

    At rest means: no launch executes an instruction or holds an address of the host. One that waits for its
    memory's `translate` is at rest too, so whoever holds what `translate` needs may wait for rest; when the
    answer comes, the launch waits for the end of the pause, and asks again if the memory was invalidated.

    Attributes:
        handle: the `struct sm_control`.

    Raises:
        ResourceError: the host has no memory for it.
    """

    def __init__(self) -> None:
        made = _sm.lib.sm_control_new()
        if made == _sm.ffi.NULL:
            raise ResourceError("the host has no memory for a control")
        self.handle = _sm.ffi.gc(made, _sm.lib.sm_control_free)

    def pause(self) -> None:
        """Let nobody begin, and those who run come to rest soon. Pauses count: each needs a `resume`."""
        _sm.lib.sm_control_pause(self.handle)

    def resume(self) -> None:
        """Take one pause back.

        Raises:
            UsageError: there is none.
        """
        if _sm.lib.sm_control_resume(self.handle):
            raise UsageError("these launches are not paused")

    def stop(self) -> None:
        """End them soon, paused or not, for good: their reports say `stopped`. Nobody begins any more."""
        _sm.lib.sm_control_stop(self.handle)

    def wait_at_rest(self, timeout_s: float) -> bool:
        """Wait until all are at rest, which lasts only if there is a pause or a stop; False: not in time."""
        return bool(_sm.lib.sm_control_wait_at_rest(self.handle, int(timeout_s * NANOSECONDS)))

    @property
    def paused(self) -> bool:
        """Whether there is a pause."""
        return _sm.lib.sm_control_pauses(self.handle) > 0

    @property
    def stopped(self) -> bool:
        """Whether they were stopped."""
        return bool(_sm.lib.sm_control_is_stopped(self.handle))
