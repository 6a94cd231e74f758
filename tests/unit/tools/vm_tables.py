"""Page tables that the tests of `barewire vm` make, in plain bytes."""

from __future__ import annotations

import numpy as np
from barewire.device.regions import Region
from barewire.memory.formats import Aperture, PageAttributes
from barewire.memory.paging import Pages
from barewire.memory.tree import tree
from barewire.memory.walker import walk
from barewire.tools.vm_source import Source
from table_memory import Bench

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
VIDEO, READ_ONLY = PageAttributes(), PageAttributes(read_only=True)
HOST = PageAttributes(aperture=Aperture.HOST)
REGIONS = [
    Region(0x10000, 0x10000, "compute queue", (Region(0x10000, 64, "ring"), Region(0x12000, 64, "USERD"))),
    Region(0x20000, 0x10000, "copy queue", (Region(0x20000, 64, "ring"),)),
    Region(0x30000, 0x10000, "staging"),
]


def source_of(bench: Bench, regions=()) -> Source:
    """Tables of a bench as a source."""
    form, store, root = bench.form, bench.store, bench.tables.root
    return Source(
        "bench", "no GPU", form, root, regions=list(regions),
        walk=lambda gpu_va: walk(form, store, root, gpu_va),
        tree=lambda start, end: tree(form, store, root, start or 0, end),
    )  # fmt: skip


def put(bench: Bench, gpu_va: int, address: int, count: int, page=4 * KIB, attributes=VIDEO, step=1) -> None:
    """Map pages whose memory is in a row, or scattered."""
    bench.tables.map([pages_of(gpu_va, address, count, page, step)], attributes)


def pages_of(gpu_va: int, address: int, count: int, page: int, step: int = 1) -> Pages:
    numbers = np.arange(count, dtype=np.uint64) * np.uint64(page)
    return Pages(page, numbers + np.uint64(gpu_va), numbers * np.uint64(step) + np.uint64(address))
