"""Which field of an entry each bit belongs to, by name: what an entry holds, and in what two differ."""

from __future__ import annotations

from barewire.memory.formats import Bits, DirectoryEntry, Level, PageEntry, PageTableFormat

WORD_BITS = 64
RESERVED = "reserved"

FieldMasks = tuple[tuple[str, int], ...]


class Fields:
    """The fields of one format's entries."""

    def __init__(self, form: PageTableFormat) -> None:
        self._form = form
        self._known: dict[tuple[int, int], FieldMasks] = {}  # by which of the format's entries, and aperture

    def of(self, level: Level, half: int, word: int) -> FieldMasks:
        """(name, mask) of each field of a word, every bit in one of them.

        Where a word holds its fields depends on what it is, a page or a pointer, and on its aperture.

        Args:
            half: 1 for the second word of a dual entry.
        """
        entry = self._reading(level, half, word)
        code = entry.aperture.take(word)
        known = self._known.get((id(entry), code))
        if known is None:
            named = _of_page(entry, code) if isinstance(entry, PageEntry) else _of_pointer(entry, code)
            known = self._known[id(entry), code] = _shared_out(named)
        return known

    def changed(self, level: Level, half: int, expected: int, found: int) -> tuple[str, ...]:
        """The names of the fields in which two words differ, as the expected one has them if it is set."""
        differ = expected ^ found
        return tuple([name for name, mask in self.of(level, half, expected or found) if mask & differ])

    def _reading(self, level: Level, half: int, word: int) -> DirectoryEntry | PageEntry:
        """What a word is to be read as."""
        form = self._form
        if level in (form.big, form.small):
            return form.pte
        if level.leaf and half == 0 and word & form.pte.valid:
            return form.pte
        return form.pointer(level, half)


def fields_of(form: PageTableFormat, level: Level, half: int, word: int) -> FieldMasks:
    """(name, mask) of each field of a word; see `Fields.of`."""
    return Fields(form).of(level, half, word)


def _of_page(entry: PageEntry, code: int) -> FieldMasks:
    """The fields of a page's entry with some aperture."""
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


def _of_pointer(entry: DirectoryEntry, code: int) -> FieldMasks:
    """The fields of a pointer to a table; one that points to nothing has room for every address."""
    known = [aperture for aperture, number in entry.codes.items() if number == code]
    address = 0
    for aperture in known or entry.codes:
        address |= entry.address[aperture].mask
    return ("aperture", _mask(entry.aperture)), ("address", address), *entry.named.items()


def _shared_out(named: FieldMasks) -> FieldMasks:
    """The same fields without the bits of those before them, and what no field has."""
    found = []
    left = (1 << WORD_BITS) - 1
    for name, mask in (*named, (RESERVED, left)):
        if mask & left:
            found.append((name, mask & left))
        left &= ~mask
    return tuple(found)


def _mask(bits: Bits) -> int:
    return (bits.count - 1) << bits.low
