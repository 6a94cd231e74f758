"""scripts/make-firmware: a folder of made files, from the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from barewire.firmware import find_firmware

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "make-firmware"


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True)


def test_it_writes_the_sets_that_are_named_and_says_which_files(tmp_path):
    done = make(str(tmp_path), "gh100", "ad102")

    assert done.returncode == 0
    assert len(done.stdout.split()) == 3 + 5
    assert all(Path(line).is_file() for line in done.stdout.split())
    assert find_firmware("ad102", folder=tmp_path).is_synthetic


def test_an_unknown_chip_is_an_error_and_nothing_is_written(tmp_path):
    done = make(str(tmp_path), "gh100", "nv10")

    assert done.returncode == 1
    assert "nv10" in done.stderr
    assert list(tmp_path.iterdir()) == []
