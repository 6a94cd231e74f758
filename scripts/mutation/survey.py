"""What tests do without any edit: which fail, how long each takes, which functions each reaches."""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from pathlib import Path
from typing import Any

from mutation.edits import Edit

SLOWER = 10  # that a busy machine may be
STARTUP_S = 120


@dataclass(frozen=True)
class Survey:
    """Of some tests.

    Attributes:
        broken: tests that fail.
        seconds: test -> how long it took, with what it had to make first.
        functions: test -> file:first line of every function of the driver that it reached.
    """

    broken: tuple[str, ...]
    seconds: dict[str, float]
    functions: dict[str, frozenset[str]]

    def write(self, file: Path) -> None:
        """Keep it for a later run."""
        rows = {
            test: {"seconds": self.seconds[test], "functions": sorted(self.functions[test])}
            for test in self.seconds
        }
        file.write_text(json.dumps({"broken": self.broken, "tests": rows}))

    @classmethod
    def kept(cls, file: Path) -> Survey:
        """What `write` has written."""
        content = json.loads(file.read_text())
        return cls._of_rows(content["tests"], tuple(content["broken"]))

    @classmethod
    def read(cls, file: Path, broken: tuple[str, ...]) -> Survey:
        """What the plugin `reach` has written."""
        return cls._of_rows(json.loads(file.read_text()), broken)

    @classmethod
    def _of_rows(cls, rows: dict[str, dict[str, Any]], broken: tuple[str, ...]) -> Survey:
        seconds = {test: row["seconds"] for test, row in rows.items()}
        return cls(broken, seconds, {test: frozenset(row["functions"]) for test, row in rows.items()})

    def joined(self, other: Survey) -> Survey:
        """Of the tests of both."""
        return Survey(
            self.broken + other.broken, self.seconds | other.seconds, self.functions | other.functions
        )

    def tests_for(self, edit: Edit, source: str, limit_s: float = inf) -> list[str]:
        """The tests that may notice an edit, file by file, the quickest file first.

        Those that reach nothing come too: they may start processes of their own.

        Args:
            limit_s: of the sum of their times: tests are left out until it is met, the longest ones first.
        """
        wanted = _functions_at(edit, source)
        chosen = [
            test
            for test, reached in self.functions.items()
            if test not in self.broken and (not reached or wanted is None or _meet(reached, wanted))
        ]
        files: dict[str, list[str]] = defaultdict(list)
        for test in self._within(chosen, limit_s):
            files[test.split("::")[0]].append(test)
        cost = {file: sum(map(self.seconds.__getitem__, tests)) for file, tests in files.items()}
        return [test for file in sorted(files, key=cost.__getitem__) for test in files[file]]

    def _within(self, tests: list[str], limit_s: float) -> list[str]:
        """The quickest of some tests, in their own order, that take no longer together; at least one."""
        ends = accumulate(sorted(map(self.seconds.__getitem__, tests)))
        count = max(1, sum(end <= limit_s for end in ends))
        kept = set(sorted(tests, key=self.seconds.__getitem__)[:count])
        return [test for test in tests if test in kept]

    def limit_s(self, tests: list[str]) -> float:
        """How long these may take before they count as endless."""
        return STARTUP_S + SLOWER * sum(self.seconds[test] for test in tests)


def _meet(reached: frozenset[str], wanted: str) -> bool:
    """A whole file is wanted by its name, one function by its line too."""
    if ":" in wanted:
        return wanted in reached
    return any(function.startswith(wanted + ":") for function in reached)


def _functions_at(edit: Edit, source: str) -> str | None:
    """The innermost function around an edit, as `Survey.functions` names it.

    Returns:
        The file's name alone where the edit is in no function; None where Python does not see what is called.
    """
    if not edit.path.endswith(".py"):
        return None
    line, found = edit.line(source), None
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            first = min((each.lineno for each in node.decorator_list), default=node.lineno)
            if node.lineno < line <= (node.end_lineno or 0) and (found is None or first > found):
                found = first
    return edit.path if found is None else f"{edit.path}:{found}"
