"""Decoded code, kept from launch to launch.

    code = CodeCache()
    machine.launch(Launch(..., code=code))

It behaves as the instruction caches of one address space: code that is changed in memory is executed as it
was, until `forget`.
"""

from __future__ import annotations

from dataclasses import dataclass

from barewire.errors import ResourceError
from barewire.softgpu.sm import _sm
from barewire.softgpu.sm.port import Memory

MOST_STALE = 4096


@dataclass(frozen=True)
class Counts:
    """What a cache keeps: lines of 1 KiB, blocks decoded from them; and how many it has decoded ever."""

    lines: int
    blocks: int
    decoded: int


class CodeCache:
    """Code of one address space. Launches may share it at the same time.

    Attributes:
        handle: the `struct sm_code_cache`.

    Raises:
        ResourceError: the host has no memory for it.
    """

    def __init__(self) -> None:
        made = _sm.lib.sm_code_cache_new()
        if made == _sm.ffi.NULL:
            raise ResourceError("the host has no memory for a code cache")
        self.handle = _sm.ffi.gc(made, _sm.lib.sm_code_cache_free)

    def forget(self) -> None:
        """Read code anew, for what is fetched from now on; launches that run go on with what they have."""
        _sm.lib.sm_code_cache_forget(self.handle)

    def stale(self, memory: Memory) -> list[int]:
        """The GPU virtual addresses of kept lines of 1 KiB whose bytes in memory are others now, in order."""
        port = _sm.ffi.new("struct sm_port *")
        owner = memory.fill_port(port)
        found = _sm.ffi.new("uint64_t[]", MOST_STALE)
        count = _sm.lib.sm_code_cache_stale(self.handle, port, found, MOST_STALE)
        del owner
        return sorted(found[i] for i in range(min(count, MOST_STALE)))

    def counts(self) -> Counts:
        """What it keeps now."""
        counts = _sm.ffi.new("uint64_t[3]")
        _sm.lib.sm_code_cache_count(self.handle, counts)
        return Counts(*counts)
