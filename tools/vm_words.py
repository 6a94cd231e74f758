"""The words of `barewire vm`: addresses, sizes, buffers to map, roots. Reading them touches no device."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from barewire.errors import UsageError

if TYPE_CHECKING:
    from barewire.device.regions import Region
    from barewire.memory.formats import TablePointer

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
PAGE_BYTES = 4096
APERTURES = ("video", "host")
BUFFER = (
    "SIZE, then in any order with colons: a page size (4K, 64K, 2M, 512M), video or host, ro, privileged, "
    "volatile, noatomics, sparse, kind=NAME; then @ADDRESS, e.g. 4M:64K:host:ro@0x2000000000"
)
FLAGS = ("privileged", "volatile", "noatomics")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|[0-9]+")
_SIZE = re.compile(r"(?P<number>[0-9]+|0[xX][0-9a-fA-F]+)(?P<unit>[KMGT]?)(i?B)?", re.IGNORECASE)


class WrongWord(UsageError):
    """A word of the command line cannot be understood."""


def number(text: str, what: str) -> int:
    """A number in decimal or, with 0x, hexadecimal.

    Raises:
        WrongWord: it is none.
    """
    if not _NUMBER.fullmatch(text):
        raise WrongWord(f"{text!r} is not {what}", expected="a number, such as 0x1000200000")
    return int(text, 0)


def size(text: str) -> int:
    """Bytes: a number, or one with K, M, G or T behind it for powers of 1024.

    Raises:
        WrongWord: it is neither.
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        raise WrongWord(f"{text!r} is not a size", expected="a number, or one with K, M, G or T, such as 64K")
    return int(found["number"], 0) * UNITS[found["unit"].upper()]


def pointer(text: str) -> TablePointer:
    """Where a table is, such as "video:0x1000".

    Raises:
        WrongWord: it is said in another way, or no table can be there.
    """
    from barewire.memory.formats import Aperture, TablePointer

    aperture, separator, address = text.partition(":")
    if not separator or aperture not in APERTURES:
        raise WrongWord(f"{text!r} is not where a table is", expected="video:ADDRESS, such as video:0x1000")
    at = number(address, "an address")
    if at % PAGE_BYTES:
        raise WrongWord(f"no page directory is at {at:#x}", expected="a multiple of 4096")
    return TablePointer(Aperture(aperture), at)


# Buffers


@dataclass(frozen=True)
class Buffer:
    """Memory that is to be mapped, so as to look at its entries.

    Attributes:
        text: how it was asked for.
        size_bytes: of the buffer.
        page_size_bytes: of each page; None for what is chosen otherwise.
        aperture: "video" or "host".
        read_only: for the GPU.
        sparse: no memory; the range reads as zeros.
        flags: some of FLAGS.
        kind: the name of a storage kind; None for the usual one.
        gpu_va: where; None for anywhere.
    """

    text: str
    size_bytes: int
    page_size_bytes: int | None = None
    aperture: str = "video"
    read_only: bool = False
    sparse: bool = False
    flags: frozenset[str] = frozenset()
    kind: str | None = None
    gpu_va: int | None = None


def buffer(text: str) -> Buffer:
    """A buffer, as BUFFER describes it.

    Raises:
        WrongWord: it is described otherwise.
    """
    described, at, address = text.partition("@")
    first, *words = described.split(":")
    size_bytes = size(first)
    if size_bytes == 0:
        raise WrongWord(f"{text!r} has no bytes", hint=f"A buffer is {BUFFER}.")
    gpu_va = number(address, "an address") if at else None
    pages = [word for word in words if _SIZE.fullmatch(word)]
    apertures = [word for word in words if word in APERTURES]
    kinds = [word.removeprefix("kind=") for word in words if word.startswith("kind=")]
    known = {*pages, *apertures, *(f"kind={kind}" for kind in kinds), "ro", "rw", "sparse", *FLAGS}
    unknown = [word for word in words if word not in known]
    if unknown or max(len(pages), len(apertures), len(kinds)) > 1 or {"ro", "rw"} <= set(words):
        wrong = f"{unknown[0]!r} of {text!r} is unknown" if unknown else f"{text!r} says two things at once"
        raise WrongWord(wrong, hint=f"A buffer is {BUFFER}.")
    return Buffer(
        text=text,
        size_bytes=size_bytes,
        page_size_bytes=size(pages[0]) if pages else None,
        aperture=apertures[0] if apertures else "video",
        read_only="ro" in words,
        sparse="sparse" in words,
        flags=frozenset(words) & frozenset(FLAGS),
        kind=kinds[0] if kinds else None,
        gpu_va=gpu_va,
    )


# Places by name


def place(text: str, regions: Sequence[Region]) -> int:
    """An address: a number, or the name of what is mapped there, with +OFFSET behind it.

    A name is that of a region, of one of its parts, or any piece of one that is said of nothing else;
    "compute queue: USERD" names a part of a region.

    Raises:
        WrongWord: nothing has this name, or several have.
    """
    if _NUMBER.fullmatch(text):
        return int(text, 0)
    name, plus, offset = text.rpartition("+")
    if plus and _SIZE.fullmatch(offset.strip()):
        return _named(name.strip(), regions) + size(offset.strip())
    return _named(text.strip(), regions)


def _named(name: str, regions: Sequence[Region]) -> int:
    places: list[tuple[str, int]] = []
    for region in regions:
        places.append((region.name, region.gpu_va))
        places += [(f"{region.name}: {part.name}", part.gpu_va) for part in region.parts]
    wanted = name.lower()
    ways = (
        [at for known, at in places if known.lower() == wanted],
        [at for known, at in places if known.lower().rpartition(": ")[2] == wanted],
        [at for known, at in places if wanted in known.lower()],
    )
    found = next((way for way in ways if way), [])
    if len(found) == 1:
        return found[0]
    problem = "several things have" if found else "nothing is mapped of"
    said = [known for known, at in places if at in found] or [region.name for region in regions]
    raise WrongWord(
        f"{problem} the name {name!r}", hint=f"Give a number, or one of: {'; '.join(said) or 'none'}."
    )
