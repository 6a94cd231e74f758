"""Memory of one address space, by extents that an MMU says.

    def translate(gpu_va: int, access: int) -> Extent | None:
        ...  # walk the page tables; None refuses

    memory = MappedMemory(translate)
    machine = Machine(90, memory)

What `translate` has said is known to all launches in the address space until `invalidate`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from barewire.errors import ResourceError, UsageError
from barewire.softgpu.sm import _sm

READ, WRITE, ATOMIC, EXECUTE = 1, 2, 4, 8
WIDEST_ATOMIC_BYTES = 16


class Extent(NamedTuple):
    """A stretch of GPU virtual addresses that lies in one piece in memory of the host.

    Attributes:
        gpu_va, size_bytes: the stretch; multiples of 4 KiB are found quickest, however large.
        host: the address of its first byte in this process, with the low four bits of gpu_va; 0 for a sparse
            stretch, whose reads give zeros and whose writes vanish.
        access: what is allowed, of READ, WRITE, ATOMIC and EXECUTE. Atomic operations need the first three.
    """

    gpu_va: int
    size_bytes: int
    host: int
    access: int = READ | WRITE | ATOMIC | EXECUTE


Translate = Callable[[int, int], Extent | None]


@dataclass(frozen=True)
class _Answers:
    """What C asks; it holds the function only, so that a memory and its handle can go."""

    translate: Translate

    def answer(self, gpu_va: int, access: int, page: Any) -> int:
        """Fill a `struct sm_page`; 0 if the access is allowed.

        Raises:
            UsageError: the extent's host memory has other low bits than its addresses.
        """
        found = self.translate(gpu_va, access)
        if found is None:
            return 1
        if found.host and (found.host - found.gpu_va) % WIDEST_ATOMIC_BYTES:
            raise UsageError("an extent's host memory is not aligned as its addresses", extent=found)
        page.begin, page.bytes, page.host, page.access = found
        return 0


class MappedMemory:
    """Memory by a function that translates addresses; it may be asked by several threads at one time.

    An access is asked for when it is first made, and code 1 KiB at a time, ahead of its execution: a refusal
    is a fault only if the launch's report says so. While `translate` works the launch counts as at rest for
    its control. It must not invalidate the memory itself: it would be asked again for ever. An exception in
    it is printed, and refuses the access.

    Args:
        translate: from an address and the kind of access (bits of READ, WRITE, ATOMIC, EXECUTE) to the extent
            that holds it, as large as is known; None refuses. The host memory must stay until `invalidate`
            was called while all launches were at rest.

    Raises:
        ResourceError: the host has no memory for it.
    """

    def __init__(self, translate: Translate) -> None:
        made = _sm.lib.sm_extents_new()
        if made == _sm.ffi.NULL:
            raise ResourceError("the host has no memory for a memory's extents")
        self._extents = _sm.ffi.gc(made, _sm.lib.sm_extents_free)
        self._answers = _sm.ffi.new_handle(_Answers(translate))

    def invalidate(self) -> None:
        """Forget every extent, also in launches that are running: their next accesses ask again."""
        _sm.lib.sm_extents_invalidate(self._extents)

    def fill_port(self, port: Any) -> Any:
        """See Memory."""
        port.translate = _sm.lib.sm_python_extent
        port.context = self._answers
        _sm.lib.sm_use_extents(port, self._extents)
        return self


@_sm.ffi.def_extern(error=1)
def sm_python_extent(context: Any, gpu_va: int, access: int, page: Any) -> int:
    """What C calls: the memory behind the handle answers."""
    answers: _Answers = _sm.ffi.from_handle(context)
    return answers.answer(gpu_va, access, page)
