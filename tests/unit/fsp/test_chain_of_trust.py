"""The chain-of-trust message, byte for byte, and FSP's answers to it."""

from __future__ import annotations

import struct

import fake_gsp
import pytest
from barewire.chip.hopper import GH100
from barewire.errors import BadFirmware, BootError
from barewire.fsp.chain_of_trust import Evidence, payload, start_fmc

EVIDENCE = Evidence(bytes([1] * 48), bytes([2] * 384), bytes([3] * 384))


def test_every_field_lies_where_fsp_looks_for_it(abi):
    made = payload(abi, GH100, EVIDENCE, fmc_iova=0x1234567000, arguments_iova=0xABCDEF000)

    assert len(made) == 860
    assert struct.unpack_from("<HHQQIQI", made) == (1, 860, 0x1234567000, 0, 0, 2 << 20, 1 << 20)
    assert made[0x24:0x54] == bytes([1] * 48)
    assert made[0x54:0x1D4] == bytes([2] * 384)
    assert made[0x1D4:0x354] == bytes([3] * 384)
    assert struct.unpack_from("<Q", made, 0x354) == (0xABCDEF000,)


def test_shorter_keys_and_signatures_are_padded_with_zeros(abi):
    shorter = Evidence(bytes([1] * 48), bytes([2] * 97), bytes([3] * 96))

    made = payload(abi, GH100, shorter, fmc_iova=0, arguments_iova=0)

    assert made[0x54:0x1D4] == bytes([2] * 97) + bytes(287)
    assert made[0x1D4:0x354] == bytes([3] * 96) + bytes(288)


@pytest.mark.parametrize(
    ("sizes", "name"),
    [
        ((47, 384, 384), "hash"),
        ((49, 384, 384), "hash"),
        ((48, 0, 384), "publickey"),
        ((48, 385, 384), "publickey"),
        ((48, 384, 385), "signature"),
        ((48, 384, 0), "signature"),
    ],
)
def test_evidence_of_a_wrong_size_is_refused(abi, sizes, name):
    wrong = Evidence(*(bytes(size) for size in sizes))

    with pytest.raises(BadFirmware) as refused:
        payload(abi, GH100, wrong, fmc_iova=0, arguments_iova=0)

    assert refused.value.structure == name


def answering(board, *words: int) -> None:
    def answer() -> None:
        struct.pack_into(f"<{len(words)}I", board.fsp.emem, 0, *words)
        board.bar.words[fake_gsp.MSGQ_TAIL] = 4 * len(words) - 4

    board.fsp._answer_message = answer


def test_an_answer_without_error_lets_the_boot_go_on(board):
    answering(board, 0xC0000000, 0x1510DE7E, 1, 0x14, 0)

    start_fmc(board.channel, bytes(860))

    assert len(board.fsp.message) == 868


def test_fsps_code_is_in_the_error(board):
    answering(board, 0xC0000000, 0x1510DE7E, 1, 0x14, 0xDEAD)

    with pytest.raises(BootError, match="refused") as refused:
        start_fmc(board.channel, bytes(860))

    assert refused.value.value == 0xDEAD
    assert refused.value.task == 1


def test_an_answer_to_another_command_is_refused(board):
    answering(board, 0xC0000000, 0x1510DE7E, 1, 0x13, 0)

    with pytest.raises(BootError, match="another command"):
        start_fmc(board.channel, bytes(860))
