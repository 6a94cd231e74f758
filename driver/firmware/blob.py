"""A firmware file's bytes, and reading them within their bounds."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from barewire.errors import BadFirmware


@dataclass(frozen=True)
class Blob:
    """Bytes with the name of the file they are from. Nothing is copied.

    Attributes:
        name: of the file, for messages.
        data: all of it, read-only.
    """

    name: str
    data: memoryview

    @classmethod
    def of(cls, name: str, data: bytes | bytearray | memoryview) -> Blob:
        """A blob of bytes that lie anywhere."""
        return cls(name, memoryview(data).cast("B").toreadonly())

    def part(self, offset: int, size_bytes: int, structure: str) -> memoryview:
        """Bytes of the file.

        Raises:
            BadFirmware: the file has no such bytes; names the structure that they are.
        """
        if offset < 0 or size_bytes < 0 or offset + size_bytes > len(self.data):
            raise BadFirmware(
                f"{self.name}: {structure} lies beyond the end of the file",
                hint="The file is truncated or damaged: install it anew.",
                structure=structure,
                offset=offset,
                size_bytes=size_bytes,
                file_bytes=len(self.data),
            )
        return self.data[offset : offset + size_bytes]

    def unpack(self, layout: struct.Struct, offset: int, structure: str) -> tuple[Any, ...]:
        """A structure's fields.

        Raises:
            BadFirmware: it lies beyond the end of the file.
        """
        return layout.unpack(self.part(offset, layout.size, structure))

    def word(self, offset: int, structure: str) -> int:
        """A 32-bit word.

        Raises:
            BadFirmware: it lies beyond the end of the file.
        """
        word: int = self.unpack(_WORD, offset, structure)[0]
        return word

    def expect(self, condition: bool, structure: str, what: str, **facts: Any) -> None:
        """Refuse the file unless a condition holds.

        Raises:
            BadFirmware: it does not; `what` says so in the words after "is", "has" or the like.
        """
        if not condition:
            raise BadFirmware(
                f"{self.name}: {structure} {what}",
                hint="The file is damaged, or not what its name says.",
                structure=structure,
                **facts,
            )


_WORD = struct.Struct("<I")
