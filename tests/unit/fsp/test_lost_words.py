"""The port of FSP's mailbox counts words: each one that is missing is noticed."""

from __future__ import annotations

import fake_gsp
import pytest
from barewire.errors import BootError


@pytest.mark.parametrize("words", [3, 4, 5, 8, 9, 16, 17, 255, 256])
@pytest.mark.parametrize("missing", [1, 2])
def test_a_count_that_is_short_is_noticed(board, words, missing):
    board.fsp.script.fsp_answers = False
    board.bar.on_read[fake_gsp.EMEMC] = lambda: 1 << 24 | 4 * (words - missing)

    with pytest.raises(BootError, match="all words"):
        board.channel.send(bytes(4 * words))
