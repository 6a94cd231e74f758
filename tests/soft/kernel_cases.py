"""Every case of the general kernels, by name."""

from __future__ import annotations

from collections.abc import Callable

from tests.soft.cases import combine, control, graphs, hashing, linear, networks, numbers, simulation
from tests.soft.cases.case import Case

_THEMES = (combine, hashing, simulation, graphs, linear, networks, numbers, control)
MAKERS: dict[str, Callable[[], Case]] = {make.__name__: make for theme in _THEMES for make in theme.CASES}


def names(architecture: str) -> list[str]:
    """The cases that an architecture has kernels for."""
    return [name for name, make in MAKERS.items() if architecture in make().architectures]


def recordable(architecture: str) -> list[str]:
    """Those that can be run on a GPU through `nv:`."""
    return [name for name in names(architecture) if not MAKERS[name]().cooperative]
