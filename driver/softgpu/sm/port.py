"""What a machine reads code from, and kernels read and write."""

from __future__ import annotations

from typing import Any, Protocol


class Memory(Protocol):
    """Memory behind GPU virtual addresses."""

    def fill_port(self, port: Any) -> Any:
        """Point a `struct sm_port` at itself; what is returned is kept alive during the launch."""
