"""The page lists by which GSP finds its firmware image in scattered host memory.

Three levels of pages of 512 little-endian bus addresses of 8 bytes: one root page, whose first entry is the
middle page; the middle page's entries are the leaf pages; the leaf pages' entries are the image's pages.

Facts: OGKM:kernel_gsp.c (kgspCreateRadix3); nouveau:nvkm/subdev/gsp/rm/r535/gsp.c (nvkm_gsp_radix3_sg).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from barewire.errors import BadFirmware
from barewire.gsp.dma import PAGE_BYTES, DmaPool, page_addresses

if TYPE_CHECKING:
    from barewire.transport.bus import DmaMemory

ENTRIES = PAGE_BYTES // 8
MOST_PAGES = ENTRIES * ENTRIES  # the root has one entry that is used
IMAGE, LISTS = "GSP firmware image", "GSP firmware page lists"


@dataclass(frozen=True)
class Radix3:
    """An image in host memory and its page lists.

    Attributes:
        root_iova: of the root page.
        image_bytes: of the image.
        image_pages: how many pages it has.
        leaf_pages: how many pages of lists name them.
    """

    root_iova: int
    image_bytes: int
    image_pages: int
    leaf_pages: int


def load(pool: DmaPool, image: bytes | bytearray | memoryview) -> Radix3:
    """Copy an image into host memory and list its pages.

    Raises:
        BadFirmware: it is empty, or too large for three levels.
        DmaError: there is no memory for it.
    """
    pages = -(-len(image) // PAGE_BYTES)
    if not 0 < pages <= MOST_PAGES:
        raise BadFirmware(
            "the firmware image does not fit into three levels of page lists",
            structure=".fwimage",
            size_bytes=len(image),
            expected=f"1 to {MOST_PAGES * PAGE_BYTES} bytes",
        )
    memory = pool.take(IMAGE, len(image), contiguous=False)
    memory.view[: len(image)] = image
    leaves = -(-pages // ENTRIES)
    lists = pool.take(LISTS, (2 + leaves) * PAGE_BYTES, contiguous=False)
    _write_lists(lists, memory, pages)
    return Radix3(lists.iova_of(0), len(image), pages, leaves)


def _write_lists(lists: DmaMemory, image: DmaMemory, pages: int) -> None:
    """Page 0 of `lists` is the root, page 1 the middle, the rest the leaves, one after another."""
    places = page_addresses(lists)
    entries = np.frombuffer(lists.view, dtype="<u8")
    leaves = -(-pages // ENTRIES)
    entries[0] = places[1]
    entries[ENTRIES : ENTRIES + leaves] = places[2 : 2 + leaves]
    first_leaf = 2 * ENTRIES
    entries[first_leaf : first_leaf + pages] = page_addresses(image)[:pages]


def give_back(pool: DmaPool) -> None:
    """Free image and lists; GSP has copied the image once it runs."""
    pool.give_back(LISTS, IMAGE)
