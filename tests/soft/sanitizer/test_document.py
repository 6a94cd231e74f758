"""docs/sanitizer.md is made of the table of kinds, and tests know every kind."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from barewire.softgpu.sanitizer.kinds import KINDS, Kind

ROOT = Path(__file__).resolve().parents[3]
# Which are told by the units of the GPU themselves, by name.
SOURCES = [*(ROOT / "driver/softgpu").glob("*.py"), *(ROOT / "driver/softgpu/gr").glob("*.py")]
TESTS = [*(ROOT / "tests/soft/sanitizer").glob("test_*.py"), *(ROOT / "tests/soft/gr").glob("test_*.py")]


def test_the_document_is_up_to_date() -> None:
    script = ROOT / "scripts" / "write_sanitizer_doc.py"
    assert subprocess.run([sys.executable, str(script), "--check"]).returncode == 0


def constant(kind: Kind) -> str:
    """How the sanitizer names a kind."""
    from barewire.softgpu.sanitizer import kinds

    return next(name for name, value in vars(kinds).items() if value is kind)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_is_told_by_somebody_and_tried_by_a_test(kind: Kind) -> None:
    sanitizer = (ROOT / "driver/softgpu/sanitizer/sanitizer.py").read_text(encoding="utf-8")
    told = f"kinds.{constant(kind)}.name" in sanitizer
    assert told or any(f'"{kind.name}"' in path.read_text(encoding="utf-8") for path in SOURCES)
    assert any(
        f'"{kind.name}"' in path.read_text(encoding="utf-8") for path in TESTS if path.name != __file__
    )


def test_names_are_plain_words() -> None:
    for kind in KINDS:
        assert re.fullmatch(r"[A-Za-z ]+", kind.name)
        assert kind.meaning and kind.example and kind.remedy
