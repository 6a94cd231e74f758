"""The firmware's logs as words in a ring."""

from __future__ import annotations

import struct

import pytest
from barewire.errors import Freed
from barewire.gsp.dma import DmaPool
from barewire.gsp.log import LOG_BYTES, make_logs
from fake_board import FakeBus

WORDS = LOG_BYTES // 8 - 1


@pytest.fixture
def log():
    return make_logs(DmaPool(FakeBus(), 52))["LOGRM"]


def put(log, count: int) -> None:
    """The firmware puts the words 0 .. count-1."""
    for number in range(count):
        struct.pack_into("<Q", log._memory.view, 8 * (1 + number % WORDS), number)
    struct.pack_into("<Q", log._memory.view, 0, count)


@pytest.mark.parametrize("count", [0, 1, 16, 17, 500])
def test_a_log_gives_what_was_put(log, count):
    put(log, count)

    assert log.put == count
    assert log.read() == struct.pack(f"<{count}Q", *range(count))


@pytest.mark.parametrize("more", [0, 1, 100])
def test_a_full_log_gives_the_newest_words_oldest_first(log, more):
    put(log, WORDS + more)

    assert log.read() == struct.pack(f"<{WORDS}Q", *range(more, WORDS + more))


def test_an_empty_log_names_its_pages(log):
    pages = struct.unpack_from("<17Q", log.raw())

    assert pages == (0, *(log.iova + 4096 * index for index in range(16)))


def test_a_closed_log_says_so(log):
    log.close()

    with pytest.raises(Freed, match="LOGRM"):
        log.read()
