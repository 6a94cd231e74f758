"""Print what benchmarks/results/ holds as tables: `python -m benchmarks.summary [FOLDER]`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
OURS, THEIRS = ": barewire", ": CUDA"
LEFT_OUT = ("first result, stage", "time to the error", "next kernel after", "alone")

Result = dict[str, Any]


def read(folder: Path) -> list[Result]:
    """Every result in a folder, oldest first.

    Raises:
        ValueError: a file is not a result.
    """
    results = []
    for path in sorted(folder.glob("**/*.json")):
        try:
            content = json.loads(path.read_text())
            if isinstance(content, dict) and "counts" in content:
                continue  # a comparison of listings: it has no figures
            content["checks"], content["figures"], content["part"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is not a result: {error}") from None
        results.append(content)
    return sorted(results, key=lambda content: str(content.get("date", "")))


def tables(results: Iterable[Result]) -> str:
    """Both tables, in Markdown: what was run, and the figures of the newest run of each part."""
    newest: dict[str, Result] = {}
    for result in results:
        newest[result["part"]] = result
    ran = ["| part | GPU | driver | date | revision | checks passed |", "|---|---|---|---|---|---|"]
    figures = ["| what | barewire | CUDA | asked for |", "|---|---|---|---|"]
    for part, result in newest.items():
        passed = sum(bool(check["passed"]) for check in result["checks"])
        about = [str(result.get(key, "")) for key in ("gpu", "driver", "date", "revision")]
        ran.append(f"| {part} | {' | '.join(about)} | {passed} of {len(result['checks'])} |")
        figures += figure_rows(result["figures"])
    return "\n".join([*ran, "", *figures])


def figure_rows(figures: dict[str, Result]) -> list[str]:
    """A row for each figure; both sides of a comparison share one."""
    rows = []
    for name, ours in figures.items():
        if name.endswith((THEIRS, ": ratio")) or name.startswith(LEFT_OUT):
            continue
        what = name.removesuffix(OURS)
        theirs = figures.get(what + THEIRS) if name.endswith(OURS) else None
        rows.append(f"| {what} | {_value(ours)} | {_value(theirs)} | {_asked(ours)} |")
    return rows


def _value(figure: Result | None) -> str:
    return f"{figure['value']:.4g} {figure['unit'].replace('us', 'µs')}" if figure else ""


def _asked(figure: Result) -> str:
    if "target" not in figure:
        return ""
    verdict = {True: " (met)", False: " (**missed**)", None: ""}[figure.get("met")]
    return figure["target"].replace(" us", " µs") + verdict


def main(arguments: list[str]) -> int:
    """Exit code 1 if there is nothing to print."""
    folder = Path(arguments[0]) if arguments else RESULTS
    try:
        results = read(folder)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    if not results:
        print(f"{folder} holds no results; tests.hardware.run makes them", file=sys.stderr)
        return 1
    print(tables(results))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
