"""A boot that ends before GSP was started takes back what it had told the GPU."""

from __future__ import annotations

import fake_board
import pytest
from barewire.gsp.boot import STEPS

NAMES = [name for name, _ in STEPS]


@pytest.mark.parametrize("later", [1, 2, 3])
def test_the_flush_page_is_taken_back_from_a_gpu_that_runs_nothing(board, later):
    at = next(index for index, (_, do) in enumerate(STEPS) if do.__name__ == "set_flush_page")

    def interrupt(name: str) -> None:
        if name == NAMES[at + later]:
            assert board.bus.bar0.words[fake_board.FLUSH_LOW] | board.bus.bar0.words[fake_board.FLUSH_HIGH]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        board.boot(progress=interrupt)

    assert board.bus.bar0.words[fake_board.FLUSH_LOW] == 0
    assert board.bus.bar0.words[fake_board.FLUSH_HIGH] == 0
    assert board.bus.resets == 0
    assert board.bus.memories == []
