"""What came of each mutant, kept in a file from run to run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mutation.edits import OPERATORS
from mutation.selection import part_of

EXPLAINED = Path(__file__).with_name("explained.json")
SAME_BEHAVIOUR = ("equivalent", "slower only")
SURVIVED = "survived"
NO_MUTANT = "does not compile"


@dataclass(frozen=True)
class Result:
    """What came of a mutant.

    Attributes:
        name: see `Edit.name`.
        caught_by: the stage that found it; "survived" if none did, or why it is no mutant.
        test: the first test that failed.
        diff: only of those that survived.
        revision: that it was tried at.
    """

    name: str
    path: str
    line: int
    operator: str
    caught_by: str
    test: str = ""
    diff: str = ""
    revision: str = ""


def read(file: Path) -> dict[str, Result]:
    """Name -> result, of an earlier run; empty if there was none."""
    if not file.exists():
        return {}
    return {row["name"]: _result(row) for row in json.loads(file.read_text())["mutants"]}


def _result(row: dict[str, Any]) -> Result:
    return Result(**{key: row[key] for key in Result.__dataclass_fields__ if key in row})


def explained() -> dict[str, dict[str, str]]:
    """Name -> {kind, reason}, of mutants that no test on this side of silicon can tell from the driver."""
    reasons: dict[str, dict[str, str]] = json.loads(EXPLAINED.read_text())
    return reasons


def write(file: Path, results: Iterable[Result], **facts: Any) -> None:
    """The file: facts of the run, counts, what survived with its reason, all mutants."""
    tried = sorted((each for each in results if each.caught_by != NO_MUTANT), key=lambda each: each.name)
    reasons = explained()
    survivors = [each for each in tried if each.caught_by == SURVIVED]
    same = [each for each in survivors if reasons.get(each.name, {}).get("kind") in SAME_BEHAVIOUR]
    caught = len(tried) - len(survivors)
    content = {
        **facts,
        "tried": len(tried),
        "caught": caught,
        "caught_share": round(caught / max(1, len(tried)), 4),
        "caught_share_of_those_that_behave_otherwise": round(caught / max(1, len(tried) - len(same)), 4),
        "caught_by": dict(Counter(each.caught_by for each in tried)),
        "operators": {
            name: {"does": does, **_counts(each for each in tried if each.operator == name)}
            for name, does in OPERATORS.items()
        },
        "parts": {
            part: _counts(each for each in tried if part_of(each.path) == part)
            for part in sorted({part_of(each.path) for each in tried})
        },
        "survivors": [
            {
                "name": each.name,
                "operator": each.operator,
                **reasons.get(each.name, {"kind": "open", "reason": ""}),
                "diff": each.diff.splitlines(),
            }
            for each in survivors
        ],
        "mutants": [{key: value for key, value in asdict(each).items() if value != ""} for each in tried],
    }
    partial = file.with_name(file.name + ".partial")
    partial.write_text(json.dumps(content, indent=1) + "\n")
    partial.replace(file)


def _counts(results: Iterable[Result]) -> dict[str, int]:
    outcomes = [each.caught_by != SURVIVED for each in results]
    return {"tried": len(outcomes), "caught": sum(outcomes)}
