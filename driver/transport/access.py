"""What every bus checks of an access, and how it takes many bytes apart."""

from __future__ import annotations

from barewire.errors import UsageError

CONFIG_BYTES = 4096  # of a function of PCI Express


def ones(size_bytes: int) -> int:
    """What a read gives that nobody answers."""
    return (1 << 8 * size_bytes) - 1


def check_config(offset: int, size_bytes: int) -> None:
    """See that the configuration space has such an access.

    Raises:
        UsageError: it has not.
    """
    fits = size_bytes in (1, 2, 4) and 0 <= offset < CONFIG_BYTES and offset % size_bytes == 0
    if not fits:
        raise UsageError(
            f"the configuration space has no {size_bytes} bytes at {offset:#x}",
            offset=offset,
            size_bytes=size_bytes,
        )


def accesses(offset: int, size_bytes: int, widest: int = 8) -> list[tuple[int, int]]:
    """(offset, width) of aligned accesses of up to `widest` bytes, a power of two."""
    found = []
    end = offset + size_bytes
    while offset < end:
        width = min(offset & -offset or widest, widest)
        while offset + width > end:
            width //= 2
        found.append((offset, width))
        offset += width
    return found


class CheckedBar:
    """A BAR that says what it does not have.

    Attributes:
        index: its number.
        size_bytes: of all of it.
    """

    index: int
    size_bytes: int

    def _check(self, offset: int, size_bytes: int, alignment: int = 1) -> None:
        if not isinstance(offset, int) or not isinstance(size_bytes, int):
            raise UsageError(
                f"BAR{self.index} is accessed at whole numbers", offset=offset, size_bytes=size_bytes
            )
        fits = 0 <= offset <= self.size_bytes - size_bytes and size_bytes >= 0 and offset % alignment == 0
        if not fits:
            raise UsageError(
                f"BAR{self.index} has no {size_bytes} bytes at {offset:#x}",
                offset=offset,
                size_bytes=size_bytes,
                bar_bytes=self.size_bytes,
            )
