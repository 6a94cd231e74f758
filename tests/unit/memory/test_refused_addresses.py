"""Addresses that a caller asks for and cannot have: refused before any table is touched."""

from __future__ import annotations

import pytest
from barewire.errors import UsageError

KIB, MIB = 1 << 10, 1 << 20
ANYWHERE = 0x20_0000_0000


@pytest.fixture
def space(soft):
    with soft.memory.address_space() as opened:
        yield opened


@pytest.mark.parametrize(
    ("page_size_bytes", "beside"), [(None, 2048), (4 * KIB, 2048), (64 * KIB, 4 * KIB), (2 * MIB, 64 * KIB)]
)
def test_an_address_between_two_pages_is_refused_and_stays_free(soft, space, page_size_bytes, beside):
    memory = soft.memory.video_memory(2 * MIB)
    with pytest.raises(UsageError, match="not aligned to a page"):
        space.map(memory, ANYWHERE + beside, page_size_bytes=page_size_bytes)

    assert space.map(memory, ANYWHERE, page_size_bytes=page_size_bytes) == ANYWHERE


def test_a_sparse_range_between_two_pages_is_refused(space):
    with pytest.raises(UsageError, match="not aligned to a page"):
        space.map_sparse(64 * KIB, ANYWHERE + 4 * KIB, page_size_bytes=64 * KIB)

    assert space.mappings == {}
