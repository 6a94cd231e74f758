"""A whole GPU's registers at the places where BAR0 has them.

NVIDIA publishes some units relative to their base (every falcon's registers, the virtual function's page),
and publishes for a newer chip only what changed. `load_board` puts both right for the chips that
barewire brings up: the same names at absolute offsets, ahead of the chip's own table. Relatives are named
unit by unit, with the reason; what no header names comes from nouveau, whose names are then built as
NVIDIA builds them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from barewire.errors import UnknownChip
from barewire.regs.chips import RegisterTable, _ChipData, _data, load


class Placement(NamedTuple):
    """A unit's relative registers at a base.

    Attributes:
        prefix: of the relative names; `placed` takes its place.
        chips: whose headers to read, the chip's own first.
        why: what says that the base, and the relatives' registers, are right for this chip.
    """

    prefix: str
    placed: str
    base: int
    chips: tuple[str, ...]
    why: str


class Borrowed(NamedTuple):
    """Absolute registers that a relative publishes and this chip has unchanged."""

    names: tuple[str, ...]
    chip: str
    why: str


_OPEN_RM = "Open RM's GH100 functions use them at the same offset"

PLACEMENTS: dict[str, tuple[Placement, ...]] = {
    "gh100": (
        Placement(
            "NV_VIRTUAL_FUNCTION_", "NV_VIRTUAL_FUNCTION_", 0xB80000, ("gh100", "tu102"),
            "OGKM:swref/published/turing/tu102/dev_vm.h NV_VIRTUAL_FUNCTION_FULL_PHYS_OFFSET",
        ),
        Placement(
            "NV_PFALCON_FALCON_", "NV_PGSP_FALCON_", 0x110000, ("gh100", "ga102"),
            "OGKM:swref/published/hopper/gh100/dev_gsp.h NV_PGSP",
        ),
        Placement(
            "NV_PRISCV_RISCV_", "NV_PGSP_RISCV_", 0x111000, ("gh100", "ga102"),
            "OGKM:swref/published/ampere/ga102/dev_gsp.h NV_FALCON2_GSP_BASE",
        ),
    ),
}  # fmt: skip

BORROWED: dict[str, tuple[Borrowed, ...]] = {
    "gh100": (
        Borrowed(("NV_PGSP_QUEUE_HEAD", "NV_PFB_PRI_MMU_WPR2_ADDR_LO", "NV_PFB_PRI_MMU_WPR2_ADDR_HI"),
                 "tu102", _OPEN_RM),
        Borrowed(("NV_PTIMER_INTR_0", "NV_PTIMER_INTR_EN_0"), "tu102", "nouveau:nvkm/subdev/timer/gk20a.c"),
        Borrowed(("NV_PTIMER_ALARM_0",), "ga100", "nouveau:nvkm/subdev/timer/nv04.c"),
        Borrowed(("NV_PGC6_AON_SECURE_SCRATCH_GROUP_42", "NV_USABLE_FB_SIZE_IN_MB"), "ga102",
                 "nouveau:nvkm/subdev/fb/ga102.c, which reads it on GH100 too"),
    ),
}  # fmt: skip

_WORD = {"VALUE": [31, 0, [], {}]}
_TIMER = "nouveau:nvkm/subdev/timer/nv04.c"
# name -> [offset, strides, access, fields], as the chips' tables store them; where it came from.
_FROM_NOUVEAU: dict[str, tuple[list[Any], str]] = {
    "NV_PTIMER_NUMERATOR": ([0x9200, [], "RW-4R", _WORD], _TIMER),
    "NV_PTIMER_DENOMINATOR": ([0x9210, [], "RW-4R", _WORD], _TIMER),
    "NV_PTIMER_TIME_0": ([0x9400, [], "RW-4R", {"NSEC": [31, 5, [], {}]}], _TIMER),
    "NV_PTIMER_TIME_1": ([0x9410, [], "RW-4R", {"NSEC": [28, 0, [], {}]}], _TIMER),
    "NV_UFLUSH_FB_FLUSH": (
        [0x70000, [], "RW-4R", {"PENDING": [0, 0, [], {"BUSY": 1}], "OUTSTANDING": [1, 1, [], {"TRUE": 1}]}],
        "nouveau:nvkm/subdev/bar/g84.c",
    ),
    "NV_PEXTDEV_BOOT_0": (
        [0x101000, [], "R--4R", {"STRAP": [31, 0, [], {}]}],
        "nouveau:nvkm/engine/device/base.c",
    ),
}  # fmt: skip


def _placed(placement: Placement) -> Iterator[dict[str, Any]]:
    """One unit at its place: a header for each that its registers come from."""
    seen: set[str] = set()
    for chip in placement.chips:
        data = _data(chip)
        if data is None:
            raise UnknownChip(f"no table of {chip}, which {placement.placed}* comes from")
        sizes = {
            placement.placed + name.removeprefix(placement.prefix): size
            for name, size in data.sizes.items()
            if name.startswith(placement.prefix)
        }
        rows: dict[str, dict[str, list[Any]]] = {}
        for name, headers in data.where.items():
            new = placement.placed + name.removeprefix(placement.prefix)
            offset, strides, access, fields = headers[0]["registers"][name]
            if not name.startswith(placement.prefix) or new in seen or not isinstance(offset, int):
                continue
            seen.add(new)
            rows.setdefault(headers[0]["source"], {})[new] = [
                offset + placement.base,
                strides,
                access,
                fields,
            ]
        unit = "dev_" + placement.placed.lower().strip("_")
        for source, registers in rows.items():
            yield _header(unit, f"{source} (at {placement.base:#x}: {placement.why})", registers, sizes)


def _header(unit: str, source: str, registers: dict[str, list[Any]], sizes: dict[str, int]) -> dict[str, Any]:
    return {"unit": unit, "source": source, "registers": registers, "sizes": sizes}


def _board(chip: str) -> _ChipData:
    headers: list[dict[str, Any]] = []
    for placement in PLACEMENTS[chip]:
        headers.extend(_placed(placement))
    for borrowed in BORROWED[chip]:
        data = _data(borrowed.chip)
        if data is None:
            raise UnknownChip(f"no table of {borrowed.chip}, which {borrowed.names} come from")
        rows = {name: data.where[name][0]["registers"][name] for name in borrowed.names}
        sizes = {name: size for name, size in data.sizes.items() if name.split("__")[0] in borrowed.names}
        sources = ", ".join(dict.fromkeys(data.where[name][0]["source"] for name in borrowed.names))
        headers.append(_header("borrowed", f"{sources} ({borrowed.why})", rows, sizes))
    for name, (row, source) in _FROM_NOUVEAU.items():
        headers.append(_header("nouveau", source, {name: row}, {}))
    return _ChipData({"chip": chip, "headers": headers})


class BoardTable(RegisterTable):
    """A chip's registers with all that its board has at absolute offsets."""

    def __init__(self, chip: str) -> None:
        under = load(chip)
        super().__init__(chip, under.chain)
        self._layers = [_board(chip), *under._layers]


@cache
def load_board(chip: str) -> RegisterTable:
    """The registers of a chip as BAR0 shows them.

    Raises:
        UnknownChip: barewire cannot bring that chip up; the hint names those that it can.
    """
    if chip not in PLACEMENTS:
        raise UnknownChip(f"no board table for {chip!r}", hint=f"Known: {', '.join(sorted(PLACEMENTS))}.")
    return BoardTable(chip)
