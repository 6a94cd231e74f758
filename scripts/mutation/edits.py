"""What a mutant is: one edit of one file, of a kind that has a name."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass

# What each kind of edit does to the driver.
OPERATORS = {
    "invalidate": "a call that makes the GPU, or a cache of ours, forget something is left out",
    "fence": "a fence or flush is left out",
    "wait": "a wait is left out, or is over at once",
    "alignment": "something is rounded or aligned less, or a check of it is left out",
    "size": "a size, count, offset or bound is another",
    "order": "two neighbouring steps, or two neighbouring words, change places",
    "bits": "a flag, field, shift or mask of what is written is another",
}


@dataclass(frozen=True)
class Edit:
    """One edit.

    Attributes:
        path: of the file, below the root of the tree.
        operator: of `OPERATORS`.
        start: the first byte that is replaced.
        end: the one after the last.
        text: what stands there instead.
    """

    path: str
    operator: str
    start: int
    end: int
    text: str

    def apply(self, source: str) -> str:
        """The file with the edit."""
        raw = source.encode()
        return (raw[: self.start] + self.text.encode() + raw[self.end :]).decode()

    def line(self, source: str) -> int:
        """The line, from 1, where it begins."""
        return source.encode().count(b"\n", 0, self.start) + 1

    def diff(self, source: str) -> str:
        """The edit as a unified diff."""
        lines = difflib.unified_diff(
            source.splitlines(keepends=True),
            self.apply(source).splitlines(keepends=True),
            f"a/{self.path}",
            f"b/{self.path}",
            n=1,
        )
        return "".join(lines)

    def name(self, source: str) -> str:
        """A short name that lasts while the lines around it stay as they are, wherever they move to."""
        body = [line for line in self.diff(source).splitlines() if not line.startswith(("---", "+++", "@@"))]
        return hashlib.sha256("\n".join((self.path, self.operator, *body)).encode()).hexdigest()[:10]
