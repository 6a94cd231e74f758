"""Makes `cubin_data`, which several test modules share, importable: importlib mode leaves sys.path alone."""

from __future__ import annotations

import sys
from pathlib import Path

if str(Path(__file__).parent) not in sys.path:
    sys.path.append(str(Path(__file__).parent))
