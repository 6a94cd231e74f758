"""Plays the fault table (tests/faults) and writes what came of it to docs/faults.md.

python scripts/write_fault_table.py [--results FILE]

With --results the results of an earlier run are taken: what the tests wrote to the file that
BAREWIRE_FAULT_RESULTS names. Exit code: 0 written, 1 a case failed (nothing is written).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests" / "faults"
DOCUMENT = ROOT / "docs" / "faults.md"
sys.path[:0] = [str(TESTS), str(ROOT)]

HEAD = """# What goes wrong, and what the driver says

Each line is a test of `tests/faults/test_fault_table.py`, played on the software GPU: the error is of the
class that is shown, came within its limit, and what is in the last column worked next. `opens`: the card was
opened, a kernel computed on it, it was closed. `launches`: the device that was open went on, with the memory
that it had. `scripts/write_fault_table.py` plays the table and writes this page; times are the slowest
attempt's, on a machine of two cores that had other work to do.

The faults of rows 1, 3, 5 and 6 were seen on an H100 too (`benchmarks/results/h100-faults.json`);
`tests/faults/test_faults_as_on_silicon.py` holds the software GPU to what was recorded there.
"""
PLAYED = "typed_error_in_time"  # of the test that plays the cases
COLUMNS = ("case", "how it is played", "attempts", "error", "limit", "took", "next")


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, help="of a run that was made before")
    options = parser.parse_args(arguments)
    results = read(options.results) if options.results else play()
    if results is None:
        return 1
    DOCUMENT.write_text("\n".join(document(results)) + "\n")
    print(f"{DOCUMENT.relative_to(ROOT)}: {len(results)} cases")
    return 0


def read(path: Path) -> list[dict[str, Any]]:
    """What a run of the tests has written."""
    content: list[dict[str, Any]] = json.loads(path.read_text())
    return content


def play() -> list[dict[str, Any]] | None:
    """Run the tests; None if one failed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.json"
        environment = {**os.environ, "BAREWIRE_FAULT_RESULTS": str(path)}
        command = [sys.executable, "-m", "pytest", "-q", "-k", PLAYED, str(TESTS / "test_fault_table.py")]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
        return read(path) if done.returncode == 0 else None


def document(results: list[dict[str, Any]]) -> Iterator[str]:
    """The page, line by line."""
    from fault_table import CASES, NOT_PLAYED, NOTES, ROWS

    limits = {(case.row, case.name): limit_of(case) for case in CASES}
    yield HEAD
    for row, title in ROWS.items():
        yield f"## {row}. {title}\n"
        if row in NOT_PLAYED:
            yield f"Not played. {NOT_PLAYED[row]}\n"
            continue
        if row in NOTES:
            yield f"{NOTES[row]}\n"
        yield line(COLUMNS)
        yield line("---" for _ in COLUMNS)
        for result in results:
            if result["row"] == row:
                yield line(cells(result, limits[row, result["name"]]))
        yield ""


def limit_of(case: Any) -> str:
    """How long an error may take."""
    from fault_case import SLACK_S

    if case.within_s is not None:
        return f"{1e3 * case.within_s:.0f} ms"
    return f"{case.limit_s + SLACK_S:.1f} s"


def cells(result: dict[str, Any], limit: str) -> Iterable[str]:
    """A case's line."""
    errors = ", ".join("works" if name == "works" else f"`{name}`" for name in result["errors"])
    took = f"{1e3 * result['slowest_s']:.0f} ms"
    following = f"{result['next_works']}, {1e3 * result['next_s']:.0f} ms"
    return result["name"], result["how"], str(result["attempts"]), errors, limit, took, following


def line(cells: Iterable[str]) -> str:
    """A line of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
