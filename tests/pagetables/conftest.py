"""Page tables on every way to a GPU, RM's and ours: see `tests.common.devices`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:  # so that `tests` is found
    sys.path.insert(0, str(ROOT))

from tests.common.devices import dev, device_name, random, well_afterwards  # noqa: E402

__all__ = ["dev", "device_name", "random", "well_afterwards"]
