"""FSP answers the message of somebody before us just when it takes it: that is no answer to ours."""

from __future__ import annotations

import fake_gsp


def test_an_answer_that_comes_while_the_mailbox_is_waited_for_is_dropped_too(board):
    board.fsp.script.fsp_answers = False
    words = board.bar.words
    words[fake_gsp.QUEUE_TAIL] = 16  # a message that FSP has not taken

    def take_and_answer() -> int:
        words[fake_gsp.QUEUE_TAIL] = words[fake_gsp.QUEUE_HEAD]
        words[fake_gsp.MSGQ_HEAD], words[fake_gsp.MSGQ_TAIL] = 0, 12
        board.bar.on_read.pop(fake_gsp.QUEUE_TAIL)
        return 16

    board.bar.on_read[fake_gsp.QUEUE_TAIL] = take_and_answer
    board.channel.send(bytes(16))

    assert words[fake_gsp.MSGQ_TAIL] == words[fake_gsp.MSGQ_HEAD]
