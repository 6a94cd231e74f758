"""One part's results: checks and figures, kept as a JSON file such as those in benchmarks/results/.

The file is written anew after every entry, so that a part that is cut short leaves what it had found.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import platform
import statistics
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DETAIL_CHARACTERS = 2000


@dataclass(frozen=True)
class Figure:
    """A measured quantity. `value` is the median of the samples unless it says otherwise."""

    value: float
    unit: str
    n: int = 1
    min: float | None = None
    median: float | None = None
    max: float | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain data, without the entries that say nothing."""
        kept = {name: value for name, value in vars(self).items() if value not in (None, "")}
        return {name: _rounded(value) for name, value in kept.items()}


def figure(
    samples: Sequence[float], unit: str, *, target: str = "", met: bool | None = None, note: str = ""
) -> Figure:
    """Summarise samples, all in `unit`."""
    median = statistics.median(samples)
    return Figure(median, unit, len(samples), min(samples), median, max(samples), target, met, note)


@dataclass
class Machine:
    """Where the results come from."""

    gpu: str = ""
    driver: str = ""
    revision: str = ""


@dataclass
class Report:
    """The results of one part, on disk at `path` at all times."""

    part: str
    path: Path
    machine: Machine
    checks: list[dict[str, Any]] = field(default_factory=list)
    figures: dict[str, Figure] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    def check(self, name: str, passed: bool, detail: str = "") -> bool:
        """Record a check, and say whether it passed."""
        self.checks.append({"name": name, "passed": bool(passed), "detail": detail[-DETAIL_CHARACTERS:]})
        self.write()
        print(
            f"  {'ok    ' if passed else 'FAILED'} {name}" + (f": {detail}" if detail and not passed else ""),
            flush=True,
        )
        return bool(passed)

    def figure(self, name: str, result: Figure) -> Figure:
        """Record a figure; one with a target is a check as well."""
        self.figures[name] = result
        self.write()
        verdict = {None: "", True: "  (target met)", False: "  (target MISSED)"}[result.met]
        target = f"  [{result.target}]" if result.target else ""
        print(f"  {name}: {result.value:.4g} {result.unit}{target}{verdict}", flush=True)
        return result

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A step of a part: what it raises becomes a failed check, and the part goes on."""
        try:
            yield
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            self.check(
                name, False, f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"
            )

    @property
    def passed(self) -> bool:
        """Whether nothing failed, and there was something."""
        return bool(self.checks or self.figures) and all(check["passed"] for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """The file's content."""
        return {
            "gpu": self.machine.gpu,
            "driver": self.machine.driver,
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "revision": self.machine.revision,
            "part": self.part,
            "python": platform.python_version(),
            "kernel": platform.release(),
            "checks": self.checks,
            "figures": {name: result.to_dict() for name, result in self.figures.items()},
            **self.extra,
        }

    def write(self) -> None:
        """Put the file on disk, whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(self.to_dict(), indent=1, default=str) + "\n")
        partial.replace(self.path)


def _rounded(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else value
