"""The fault table (docs/faults.md): every case ends in a typed error in time, and what comes next works."""

from __future__ import annotations

from pathlib import Path

import pytest
from fault_case import Case, Outcome, play
from fault_table import CASES, NOT_PLAYED, ROWS
from fault_world import World

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "faults.md"

pytestmark = pytest.mark.software_gpu


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_fault_is_a_typed_error_in_time_and_what_comes_next_works(
    case: Case, world: World, outcomes: list[Outcome]
) -> None:
    outcomes.append(play(case, world))


def test_every_row_of_the_table_is_played_or_says_why_not() -> None:
    assert {case.row for case in CASES} | NOT_PLAYED.keys() == ROWS.keys()
    assert not {case.row for case in CASES} & NOT_PLAYED.keys()


def test_no_two_cases_have_one_name() -> None:
    titles = [case.title for case in CASES]

    assert sorted(set(titles)) == sorted(titles)


def test_the_document_shows_every_case() -> None:
    shown = DOCUMENT.read_text()

    missing = [case.title for case in CASES if f"| {case.name} | {case.how} |" not in shown]
    assert not missing, "scripts/write_fault_table.py writes the document anew"
