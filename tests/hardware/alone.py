"""One case in a process of its own, which prints one JSON object: a GPU that hangs takes nobody with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class NoAnswer(Exception):
    """The process said nothing that can be read; the message says why.

    Attributes:
        hung: it did not end in time, and was killed.
    """

    def __init__(self, message: str, *, hung: bool) -> None:
        super().__init__(message)
        self.hung = hung


def answer_of(module: str, *arguments: str, timeout_s: float) -> dict[str, Any]:
    """The object in the last line that a module prints.

    Raises:
        NoAnswer: there is none, in time.
    """
    command = [sys.executable, "-m", module, *arguments]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise NoAnswer(f"no answer within {timeout_s:.0f} s", hung=True) from late
    try:
        return dict(json.loads(done.stdout.strip().splitlines()[-1]))
    except (IndexError, TypeError, ValueError) as error:
        said = (done.stderr or done.stdout)[-800:]
        raise NoAnswer(f"exit code {done.returncode}: {said}", hung=False) from error
