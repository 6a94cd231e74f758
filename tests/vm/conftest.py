"""Tests in virtual machines: skipped with the reason where none can run."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:  # so that `tests` is found
    sys.path.insert(0, str(ROOT))
