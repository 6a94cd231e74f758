"""Cases in processes of their own: what they print, and that none of them can hang or spoil a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hardware import alone


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module "case" to write."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path / "case.py"


def test_the_last_line_is_the_answer(module: Path) -> None:
    module.write_text("import sys\nprint('{}')\nprint('{\"said\": \"' + sys.argv[1] + '\"}')")
    assert alone.answer_of("case", "a word", timeout_s=60.0) == {"said": "a word"}


@pytest.mark.parametrize(
    "text", ["", "print('hello')", "print(5)", "print('[1]')", "raise SystemExit('no GPU')"]
)
def test_a_process_that_says_nothing_to_be_read_is_told_with_its_exit_code(module: Path, text: str) -> None:
    module.write_text(text)
    with pytest.raises(alone.NoAnswer, match=r"exit code \d: (hello|5|\[1\]|no GPU)?\n?$") as none:
        alone.answer_of("case", timeout_s=60.0)
    assert not none.value.hung


def test_a_process_that_does_not_end_is_killed(module: Path) -> None:
    module.write_text("import time\ntime.sleep(600)")
    with pytest.raises(alone.NoAnswer, match="no answer within") as none:
        alone.answer_of("case", timeout_s=0.3)
    assert none.value.hung
