"""What RM answers of page directories that are not its own: the same on silicon and on the software GPU.

Nothing runs in these address spaces; each has page tables of ours as its root, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from barewire.errors import PermissionMissing, RmError
from barewire.rm import names

WINDOW = (0x10_0000_0000, 0x10_FFFF_FFFF)


class Space:
    """An externally owned VA space of RM, asked without what the driver sees to."""

    def __init__(self, dev: Any, tables: Any) -> None:
        self.client = dev.rm.client
        self.tables = tables
        params = self.client.abi.new("NV_VASPACE_ALLOCATION_PARAMETERS", flags=names.VASPACE_EXTERNALLY_OWNED)
        self.handle = self.client.alloc(self.client.device, names.FERMI_VASPACE_A, params)

    def set(self, entries: int = 2, handle: int | None = None) -> str:
        """Name the root; what RM answers."""
        return answer(
            lambda: self.client.ask(
                self.client.device,
                "DMA_SET_PAGE_DIRECTORY",
                physAddress=self.tables.root.address,
                numEntries=entries,
                flags=names.PAGE_DIRECTORY_IN_VIDEO,
                hVASpace=self.handle if handle is None else handle,
            )
        )

    def unset(self) -> str:
        """Take the root away; what RM answers."""
        return answer(
            lambda: self.client.ask(self.client.device, "DMA_UNSET_PAGE_DIRECTORY", hVASpace=self.handle)
        )


def answer(call: Callable[[], object]) -> str:
    """The name of RM's status."""
    try:
        call()
    except RmError as refused:
        return refused.status_name
    return "NV_OK"


@pytest.fixture
def space(dev: Any) -> Iterator[Space]:
    try:
        tables = dev.page_tables()
    except PermissionMissing as missing:
        pytest.skip(missing.message)
    made = Space(dev, tables)
    yield made
    made.unset()
    made.client.free(made.handle)
    tables.close()


@pytest.mark.parametrize("entries", [0, 1, 3, 4, 512])
def test_a_root_has_two_entries(space: Space, entries: int) -> None:
    assert space.set(entries) == "NV_ERR_INVALID_ARGUMENT"
    assert space.set() == "NV_OK"


def test_there_is_one_root_at_a_time(space: Space) -> None:
    assert space.set() == "NV_OK"
    assert space.set() == "NV_ERR_INVALID_STATE"


def test_a_root_may_be_taken_away_and_come_again(space: Space) -> None:
    assert [space.set(), space.unset(), space.set()] == ["NV_OK"] * 3


def test_a_root_that_is_not_there_may_be_taken_away(space: Space) -> None:
    assert [space.unset(), space.unset()] == ["NV_OK"] * 2


def test_a_space_whose_tables_rm_builds_takes_no_root(dev: Any, space: Space) -> None:
    with dev.address_space(tables="rm") as other:
        assert space.set(handle=other.handle) == "NV_ERR_NOT_SUPPORTED"


def test_rm_maps_nothing_in_a_space_that_is_not_its_own(dev: Any, space: Space) -> None:
    client = space.client
    assert space.set() == "NV_OK"
    params = client.abi.new(
        "NV_MEMORY_VIRTUAL_ALLOCATION_PARAMS", offset=WINDOW[0], limit=WINDOW[1], hVASpace=space.handle
    )
    window = client.alloc(client.device, names.NV01_MEMORY_VIRTUAL, params)
    with dev.rm.video_memory(64 << 10) as memory:
        handle = dev.rm.handle_of(memory)
        flags = names.OS46_PAGE_SIZE[4096]

        assert answer(lambda: client.map_gpu(window, handle, WINDOW[0], 0, 64 << 10, flags)) == (
            "NV_ERR_NOT_SUPPORTED"
        )
    client.free(window)


def test_rm_names_no_tables_of_a_space_that_is_not_its_own(space: Space) -> None:
    client = space.client
    assert space.set() == "NV_OK"

    assert answer(
        lambda: client.ask(client.device, "DMA_GET_PDE_INFO", gpuAddr=WINDOW[0], hVASpace=space.handle)
    ) == ("NV_ERR_INVALID_EVENT")
