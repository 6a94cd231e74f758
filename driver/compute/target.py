"""What code is compiled for, and which chips run it: `sm_90`, `sm_90a` (this chip), `sm_100f` (its family).

Facts: CUDA C++ Programming Guide, "Binary Compatibility", "Architecture-Specific" and "Family-Specific
Features".
"""

from __future__ import annotations

import re
from typing import NamedTuple

_EMBEDDED = (87, 88)  # these share no machine code with others of their major version
_PATTERN = re.compile(r"(\d{2,3})([af]?)")


class Target(NamedTuple):
    """A compute capability as one number, with the suffix "", "a" or "f"."""

    sm_version: int
    suffix: str = ""

    def __str__(self) -> str:
        return f"{self.sm_version}{self.suffix}"

    @staticmethod
    def parse(text: str) -> Target | None:
        """The target of "90a", or None where that is none."""
        match = _PATTERN.fullmatch(text)
        return Target(int(match[1]), match[2]) if match else None

    @property
    def rank(self) -> tuple[int, int]:
        """Orders targets that all fit a chip, the best last."""
        return self.sm_version, ("", "f", "a").index(self.suffix)

    def runs_on(self, chip_sm: int) -> bool:
        """Whether machine code for this target runs on the chip: same major version, no newer minor one."""
        if self.suffix == "a" or self.sm_version in _EMBEDDED:
            return self.sm_version == chip_sm
        return (
            self.sm_version // 10 == chip_sm // 10 and self.sm_version <= chip_sm and chip_sm not in _EMBEDDED
        )

    def assembles_for(self, chip_sm: int) -> bool:
        """Whether PTX for this target can be assembled for the chip."""
        if self.suffix == "a":
            return self.sm_version == chip_sm
        if self.suffix == "f":
            return self.sm_version // 10 == chip_sm // 10 and self.sm_version <= chip_sm
        return self.sm_version <= chip_sm
