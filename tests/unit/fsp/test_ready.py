"""Waiting for FSP's own boot."""

from __future__ import annotations

import pytest
from barewire.chip.boot import ReadyRegister
from barewire.errors import DeviceLost, PollTimeout
from barewire.fsp.ready import wait_until_ready

READY = ReadyRegister("NV_THERM_I2CS_SCRATCH_FSP_BOOT_COMPLETE", 0xFF)


def test_codes_of_the_register_network_only_mean_not_yet(board):
    board.fsp.script.fsp_looks = 30  # every other look gives such a code

    wait_until_ready(board.registers, READY, timeout_s=1.0)

    assert board.fsp.looks == 31


@pytest.mark.parametrize("word", [0, 0xFE, 0x1FF, 0x100FF])
def test_only_the_whole_word_counts(board, word):
    board.bar.on_read[0x200BC] = lambda: word

    with pytest.raises(PollTimeout) as late:
        wait_until_ready(board.registers, READY, timeout_s=0.01)

    assert late.value.value == word
    assert late.value.register == READY.register
    assert "0xff" in late.value.expected
    assert "reset" in late.value.hint


def test_a_gpu_that_leaves_the_bus_is_reported_at_once(board):
    board.bar.fall_off()

    with pytest.raises(DeviceLost) as lost:
        wait_until_ready(board.registers, READY, timeout_s=5.0)

    assert lost.value.elapsed_s < 0.1
