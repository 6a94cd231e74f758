"""FSP's mailbox: which registers are touched in which order, and what can go wrong."""

from __future__ import annotations

import fake_gsp
import pytest
from barewire.errors import BootError, PollTimeout

MESSAGE = bytes(range(64))


def test_a_message_goes_through_the_port_and_the_head_is_written_last(board):
    board.fsp.script.fsp_answers = False

    board.channel.send(MESSAGE)

    writes = [(offset, value) for what, offset, value in board.bar.log if what == "write"]
    assert writes[0] == (fake_gsp.EMEMC, 1 << 24)
    assert [offset for offset, _ in writes[1:-2]] == [fake_gsp.EMEMD] * 16
    assert b"".join(value.to_bytes(4, "little") for _, value in writes[1:-2]) == MESSAGE
    assert writes[-2:] == [(fake_gsp.QUEUE_TAIL, 60), (fake_gsp.QUEUE_HEAD, 0)]
    assert board.fsp.message == MESSAGE


def test_a_full_mailbox_is_usable(board):
    board.fsp.script.fsp_answers = False

    board.channel.send(bytes(1024))

    assert board.fsp.message == bytes(1024)


@pytest.mark.parametrize("size", [0, 2, 1023, 1028])
def test_a_message_that_does_not_fit_is_refused_untouched(board, size):
    with pytest.raises(BootError, match="fit"):
        board.channel.send(bytes(size))

    assert board.bar.log == []


def test_nothing_is_sent_while_fsp_has_not_taken_the_last_message(board):
    board.bar.words[fake_gsp.QUEUE_TAIL] = 16

    with pytest.raises(PollTimeout, match="has not taken") as busy:
        board.channel.send(MESSAGE, timeout_s=0.01)

    assert busy.value.register == "NV_PFSP_QUEUE_HEAD(0)"
    assert board.bar.writes(fake_gsp.EMEMD) == []


def test_words_that_the_port_lost_are_noticed(board):
    board.bar.on_write[fake_gsp.EMEMD] = lambda value: None

    with pytest.raises(BootError, match="did not take") as lost:
        board.channel.send(MESSAGE)

    assert lost.value.register == "NV_PFSP_EMEMC(0)"
    assert board.bar.writes(fake_gsp.QUEUE_HEAD) == []


def answer(board, data: bytes, head: int = 0) -> None:
    board.fsp.emem[head : head + len(data)] = data
    board.bar.words[fake_gsp.MSGQ_TAIL] = head + len(data) - 4
    board.bar.words[fake_gsp.MSGQ_HEAD] = head


def test_an_answer_is_read_and_its_pointers_are_made_equal(board):
    answer(board, b"0123456789abcdefghij")

    assert board.channel.receive() == b"0123456789abcdefghij"
    assert board.bar.words[fake_gsp.MSGQ_HEAD] == board.bar.words[fake_gsp.MSGQ_TAIL] == 0


def test_an_answer_may_lie_further_on_in_the_mailbox(board):
    answer(board, b"0123456789abcdef", head=0x80)

    assert board.channel.receive() == b"0123456789abcdef"


def test_an_answer_may_hold_any_word(board):
    words = bytes.fromhex("ffffffff 00000000 004141df ba0011df")

    answer(board, words)

    assert board.channel.receive() == words


def test_an_answer_that_never_comes_is_a_timeout(board):
    with pytest.raises(PollTimeout, match="not answered") as late:
        board.channel.receive(timeout_s=0.01)

    assert late.value.register == "NV_PFSP_MSGQ_HEAD(0)"


@pytest.mark.parametrize(
    ("head", "tail"), [(8, 0), (0, 1024), (2, 18), (0, 18), (0x1000, 0x1010), (0, 0xFFFFFFFC), (4, 0)]
)
def test_pointers_that_make_no_sense_are_refused(board, head, tail):
    board.bar.words[fake_gsp.MSGQ_HEAD] = head
    board.bar.words[fake_gsp.MSGQ_TAIL] = tail

    with pytest.raises(BootError, match="no sense"):
        board.channel.receive()


def test_an_old_answer_that_nobody_took_is_not_taken_for_ours(board):
    answer(board, b"an old answer...")
    board.fsp.script.fsp_answers = False

    board.channel.send(MESSAGE)

    with pytest.raises(PollTimeout):
        board.channel.receive(timeout_s=0.01)
