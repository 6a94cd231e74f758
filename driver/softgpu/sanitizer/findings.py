"""What was found, told once and counted: what happens a thousand times is one report."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from barewire.softgpu.chip import Report, SoftGpu
    from barewire.softgpu.sanitizer.place import Place


class Findings:
    """Puts findings among the GPU's reports.

    Args:
        gpu: whose reports.
    """

    def __init__(self, gpu: SoftGpu) -> None:
        self._gpu = gpu
        self._known: dict[Hashable, Report] = {}

    def tell(
        self, kind: str, text: str, place: Place | None, key: Hashable, count: int = 1, **facts: Any
    ) -> None:
        """Report something, or count it once more.

        Args:
            kind: one of `kinds.KINDS`.
            place: where in the driver's stream it was done; None for where the running channel stands.
            key: what makes it the same finding as an earlier one of its kind.
            count: how often it was done.
        """
        reports = self._gpu.reports
        before = self._known.get((kind, key))
        if before is not None:
            for index in range(len(reports) - 1, -1, -1):
                if reports[index] is before:
                    reports[index] = self._known[kind, key] = replace(before, count=before.count + count)
                    return
        size = len(reports)
        self._gpu.report(kind, text, place, **facts)
        if len(reports) > size:
            reports[-1] = self._known[kind, key] = replace(reports[-1], count=count)
