"""What the SMs and the copy engines do with video memory: the shadow, and the watch over one launch.

    shadow = Shadow(vram.base, vram.size_bytes, vram.file)
    watch = Watch(shadow, Ordering(7, 3, b"\\x01"))  # operation 7 comes after 1, 2, 3, 5, 6, and not after 4
    machine.launch(Launch(..., watch=watch))
    watch.events

See watch.h for what the shadow keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from barewire.softgpu.sm import _sm

UNWRITTEN, RACE = 1, 2
MOST_OPERATIONS = 1 << 28


class Ordering(NamedTuple):
    """What comes before an operation.

    Attributes:
        operation: its number, from 1 on.
        ordered_before: all others up to this number do.
        unordered: of those after that and before itself, those that do not: a bit each, the lowest first.
    """

    operation: int
    ordered_before: int
    unordered: bytes


class Conflict(NamedTuple):
    """Another operation that used the same memory without an order.

    Attributes:
        other: its number.
        other_wrote: whether it wrote; else it read what is written now.
        vram_offset: of the word.
    """

    other: int
    other_wrote: bool
    vram_offset: int


@dataclass(frozen=True)
class Event:
    """What a launch did at one instruction.

    Attributes:
        kind: UNWRITTEN or RACE.
        write: whether the instruction writes.
        other, other_wrote: see `Conflict`; for a race.
        cta, warp, lane: who was first.
        pc: of the instruction.
        gpu_va, vram_offset: what was accessed.
        count: how often.
    """

    kind: int
    write: bool
    other: int
    other_wrote: bool
    cta: tuple[int, int, int]
    warp: int
    lane: int
    pc: int
    gpu_va: int
    vram_offset: int
    count: int


class Shadow:
    """Who used which word of video memory, and which pages were never written.

    Args:
        vram: CPU address of its first byte.
        vram_bytes: of it.
        vram_file: descriptor of the file that is mapped there.

    Raises:
        MemoryError: this process has not so much address space.
    """

    def __init__(self, vram: int, vram_bytes: int, vram_file: int) -> None:
        made = _sm.lib.watch_shadow_new(vram, vram_bytes, vram_file)
        if made == _sm.ffi.NULL:
            raise MemoryError(f"no address space for a shadow of {vram_bytes} bytes")
        self.handle = _sm.ffi.gc(made, _sm.lib.watch_shadow_free)

    def forget(self) -> None:
        """Video memory was lost: nothing in it is written, and nobody used it."""
        _sm.lib.watch_shadow_forget(self.handle)

    def prepare(self, vram_offset: int, size_bytes: int, overwritten: bool = False) -> None:
        """Give pages that were never written the pattern, before somebody looks at them or writes some bytes.

        Args:
            overwritten: all of it is about to be written.
        """
        _sm.lib.watch_prepare(self.handle, vram_offset, size_bytes, overwritten)

    def unwritten(self, vram_offset: int, size_bytes: int) -> int | None:
        """The first byte of a stretch that nobody wrote; None if all was."""
        found: int = _sm.lib.watch_unwritten(self.handle, vram_offset, size_bytes)
        return found if found < vram_offset + size_bytes else None

    def use(self, order: Ordering, vram_offset: int, size_bytes: int, write: bool) -> Conflict | None:
        """An operation reads or writes a stretch; the first conflict, if there is one."""
        kept, told = _order(order)
        conflict = _sm.ffi.new("struct watch_conflict *")
        found = _sm.lib.watch_use(self.handle, told, vram_offset, size_bytes, write, conflict)
        del kept
        return _conflict(conflict) if found else None

    def users(self, order: Ordering, vram_offset: int, size_bytes: int) -> Conflict | None:
        """Somebody who used a stretch and does not come before an operation, if there is one."""
        kept, told = _order(order)
        conflict = _sm.ffi.new("struct watch_conflict *")
        found = _sm.lib.watch_users(self.handle, told, vram_offset, size_bytes, conflict)
        del kept
        return _conflict(conflict) if found else None

    def close(self) -> None:
        """Give the address space back; not to be used any more."""
        _sm.ffi.release(self.handle)


class Watch:
    """The watch over one launch.

    Args:
        shadow: of the memory.
        order: the launch as an operation.

    Attributes:
        handle: for the C side.
    """

    def __init__(self, shadow: Shadow, order: Ordering) -> None:
        self._shadow = shadow  # outlives the launch
        self._unordered = _sm.ffi.from_buffer(order.unordered)
        self.handle = _sm.ffi.new("struct sm_watch *")
        self.handle.shadow = shadow.handle
        _fill(self.handle.order, order, self._unordered)

    @property
    def events(self) -> list[Event]:
        """What was found so far: the first of each kind at each instruction, 64 at most."""
        found = self.handle
        return [_event(found.events[index]) for index in range(found.event_count)]


def _order(order: Ordering) -> tuple[Any, Any]:
    """An order for C, and what has to live as long."""
    kept = _sm.ffi.from_buffer(order.unordered)
    told = _sm.ffi.new("struct watch_order *")
    _fill(told, order, kept)
    return kept, told


def _fill(told: Any, order: Ordering, unordered: Any) -> None:
    told.operation = order.operation
    told.ordered_before = order.ordered_before
    told.unordered_bits = 8 * len(order.unordered)
    told.unordered = _sm.ffi.cast("uint8_t *", unordered)


def _conflict(found: Any) -> Conflict:
    return Conflict(found.other, bool(found.other_wrote), found.vram_offset)


def _event(event: Any) -> Event:
    return Event(
        event.kind,
        bool(event.write),
        event.other,
        bool(event.other_wrote),
        (event.cta[0], event.cta[1], event.cta[2]),
        event.warp,
        event.lane,
        event.pc,
        event.gpu_va,
        event.vram_offset,
        event.count,
    )
