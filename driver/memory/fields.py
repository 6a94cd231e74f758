"""Which field of an entry each bit belongs to, by name: for saying in what two entries differ."""

from __future__ import annotations

from barewire.memory.formats import (
    Aperture,
    Bits,
    DirectoryEntry,
    Level,
    PageEntry,
    PageTableFormat,
)

WORD_BITS = 64
RESERVED = "reserved"


def fields_of(form: PageTableFormat, level: Level, half: int, word: int) -> tuple[tuple[str, int], ...]:
    """(name, mask) of each field of a word, every bit in one of them.

    Where a word holds its fields depends on what it is, a page or a pointer, and on its aperture.

    Args:
        half: 1 for the second word of a dual entry.
    """
    entry = _reading(form, level, half, word)
    known = _of_page(entry, word) if isinstance(entry, PageEntry) else _of_pointer(entry, word)
    found = []
    left = (1 << WORD_BITS) - 1
    for name, mask in (*known, (RESERVED, left)):
        if mask & left:
            found.append((name, mask & left))
        left &= ~mask
    return tuple(found)


def changed_fields(
    form: PageTableFormat, level: Level, half: int, expected: int, found: int
) -> tuple[str, ...]:
    """The names of the fields in which two words differ, as the expected one has them if it is set."""
    differ = expected ^ found
    fields = fields_of(form, level, half, expected or found)
    return tuple(name for name, mask in fields if mask & differ)


def _reading(form: PageTableFormat, level: Level, half: int, word: int) -> DirectoryEntry | PageEntry:
    """What a word is to be read as."""
    if level in (form.big, form.small):
        return form.pte
    if level.leaf and half == 0 and word & form.pte.valid:
        return form.pte
    return form.pointer(level, half)


def _of_page(entry: PageEntry, word: int) -> tuple[tuple[str, int], ...]:
    """The fields of a page's entry; of those that share bits in other apertures, the first has them."""
    code = entry.aperture.take(word)
    aperture = next(known for known, number in entry.codes.items() if number == code)
    return (
        ("valid", entry.valid),
        ("aperture", _mask(entry.aperture)),
        ("volatile", entry.volatile),
        ("privileged", entry.privileged),
        ("read only", entry.read_only),
        ("no atomics", entry.no_atomics),
        ("kind", _mask(entry.kind)),
        ("address", entry.address[aperture].mask),
        ("peer", _mask(entry.peer)),
        *entry.named.items(),
    )


def _of_pointer(entry: DirectoryEntry, word: int) -> tuple[tuple[str, int], ...]:
    """The fields of a pointer to a table; one that points to nothing has room for every address."""
    code = entry.aperture.take(word)
    possible: list[Aperture] = [known for known, number in entry.codes.items() if number == code]
    address = 0
    for aperture in possible or entry.codes:
        address |= entry.address[aperture].mask
    return ("aperture", _mask(entry.aperture)), ("address", address), *entry.named.items()


def _mask(bits: Bits) -> int:
    return (bits.count - 1) << bits.low
