"""What the tests of PCI share: a machine as a folder."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
# pytest's importlib mode leaves sys.path alone; the fake machine is shared by the tests here.
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))
