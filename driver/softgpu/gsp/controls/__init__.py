"""Controls: what can be asked of an object. One function each, found by its number.

    @control(0x20801112, Kind.SUBDEVICE, structs.DEVICE_INFO_TABLE)
    def fifo_get_device_info_table(call: Call) -> None: ...

A control that is not in the table is refused and reported. Parameters must have exactly their size.

Facts: OGKM:src/nvidia/src/libraries/resserv/src/rs_resource.c (how
a number finds its function, and what is refused before).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from barewire.softgpu.gsp.later import Wait
from barewire.softgpu.gsp.objects import Kind, RmObject
from barewire.softgpu.gsp.records import Layout, Record
from barewire.softgpu.gsp.status import Refused, Status

if TYPE_CHECKING:
    from barewire.softgpu.gsp.resman import ResourceManager

MODULES = (
    "device", "gpu", "memory", "fifo", "graphics", "channel", "debugger", "robust", "suspend", "vaspace",
)  # fmt: skip


@dataclass
class Call:
    """One control call.

    Attributes:
        rm: whom it was made to.
        target: the object.
        params: its parameters; what is written there goes back to the caller.
    """

    rm: ResourceManager
    target: RmObject
    params: Record


Handler = Callable[[Call], Wait | None]


@dataclass(frozen=True)
class ControlRow:
    """One control.

    Attributes:
        number: the command.
        kind: of the objects that have it.
        layout: of its parameters.
        run: does it, or begins it and says what it waits for; raises Refused.
    """

    number: int
    kind: Kind
    layout: Layout
    run: Handler


_ROWS: dict[int, ControlRow] = {}


def control(number: int, kind: Kind, layout: Layout) -> Callable[[Handler], Handler]:
    """Put a function into the table."""

    def add(run: Handler) -> Handler:
        if number in _ROWS:
            raise ValueError(f"control {number:#x} is there twice")
        _ROWS[number] = ControlRow(number, kind, layout, run)
        return run

    return add


@cache
def table() -> dict[int, ControlRow]:
    """Every control by its number."""
    for name in MODULES:
        importlib.import_module(f"{__name__}.{name}")
    return _ROWS


def run(rm: ResourceManager, target: RmObject, number: int, params: bytearray) -> Wait | None:
    """Run a control on an object; what it still waits for, if it is not done.

    Raises:
        Refused: NOT_SUPPORTED for a number that the object does not have, INVALID_PARAM_STRUCT for
            parameters of another size, and whatever the control refuses.
    """
    row = table().get(number)
    if row is None or row.kind is not target.kind:
        rm.gpu.report(
            "unknown control",
            f"no control {number:#010x} of a {target.kind.value}",
            control=number,
            handle=target.handle,
        )
        raise Refused(Status.NOT_SUPPORTED, f"control {number:#010x} of a {target.kind.value}")
    if len(params) != row.layout.size_bytes:
        raise Refused(
            Status.INVALID_PARAM_STRUCT,
            f"{row.layout.name} takes {row.layout.size_bytes:#x} bytes, not {len(params):#x}",
        )
    return row.run(Call(rm, target, row.layout.over(params)))
