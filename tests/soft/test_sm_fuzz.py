"""Bad input: corrupt instruction words fault or end, whatever the architecture.

The full form, with sanitizers, is `python -m tests.soft.sm_fuzz --words 1000000 --build asan`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORDS = 20_000
WORDS_UNDER_SANITIZERS = 5_000
FULL_WORDS = 1_000_000
PROCESS_TIMEOUT_S = 100.0
BUILD_TIMEOUT_S = 540.0  # an SM with sanitizers is built first


@pytest.mark.parametrize("seed", [1, 2])
def test_corrupt_words_never_break_the_process(seed):
    """In a process of its own: if it broke, this test is to say so."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.soft.sm_fuzz", "--words", str(WORDS), "--seed", str(seed)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=PROCESS_TIMEOUT_S,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert "ILLEGAL_INSTR_ENCODING" in done.stdout
    assert "'end'" in done.stdout
    assert "'stopped'" in done.stdout


@pytest.mark.timeout(600)
def test_some_thousand_corrupt_words_under_sanitizers():
    command = [sys.executable, "-m", "tests.soft.sm_fuzz", "--build", "asan"]
    done = subprocess.run(
        [*command, "--words", str(WORDS_UNDER_SANITIZERS), "--seed", "3"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=BUILD_TIMEOUT_S,
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "words: " in done.stdout


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_a_million_corrupt_words_under_sanitizers():
    done = subprocess.run(
        [sys.executable, "-m", "tests.soft.sm_fuzz", "--words", str(FULL_WORDS), "--build", "asan"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
