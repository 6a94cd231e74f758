"""barewire: a bare-metal NVIDIA GPU driver in Python.

`barewire.open()` gives a `Device`; everything below it (buses, page tables, channels, pushbuffers) is
public too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if __name__ != "barewire":
    raise ImportError("import barewire, not driver: a second copy of every class would be made")

from barewire.errors import BarewireError

if TYPE_CHECKING:
    from barewire.array import Array
    from barewire.compute.graph import Graph
    from barewire.compute.module import Kernel, Module
    from barewire.device import Device

__version__ = "0.1.0"
__all__ = ["Array", "BarewireError", "Device", "Graph", "Kernel", "Module", "errors", "list_devices", "open"]

# Loaded when first asked for: `import barewire` alone must stay cheap.
_LAZY = {
    "Array": "barewire.array",
    "Device": "barewire.device",
    "Graph": "barewire.compute.graph",
    "Kernel": "barewire.compute.module",
    "Module": "barewire.compute.module",
    "list_devices": "barewire.device",
    "open": "barewire.device",
}


def __getattr__(name: str) -> Any:
    import importlib

    if name == "errors":
        return importlib.import_module("barewire.errors")
    if name not in _LAZY:
        raise AttributeError(f"module 'barewire' has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)
