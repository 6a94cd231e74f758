"""The one poll: how it looks, when it gives up, and what it then tells."""

from __future__ import annotations

import pickle
import time

import pytest
from barewire.errors import DeviceLost, PollTimeout, UsageError
from barewire.poll import poll
from barewire.regs.board import load_board
from barewire.regs.registers import RegisterFile


class Words:
    """Registers that a test changes between looks."""

    def __init__(self, *values: int) -> None:
        self.values = list(values)
        self.looks = 0

    def read32(self, offset: int) -> int:
        self.looks += 1
        return self.values[min(self.looks, len(self.values)) - 1]

    def write32(self, offset: int, value: int) -> None: ...


def registers(*values: int) -> RegisterFile:
    return RegisterFile(Words(*values), load_board("gh100"))


def test_the_first_look_is_enough_when_it_shows_what_is_wanted():
    file = registers(0xFF)
    seen = poll(lambda: file.io.read32(0), lambda word: word == 0xFF, timeout_s=1, why="not ready")

    assert seen == 0xFF
    assert file.io.looks == 1


def test_a_reading_is_read_again_until_its_fields_are_as_wanted():
    file = registers(0, 0, 0, 0xFF)
    seen = poll(
        file.NV_THERM_I2CS_SCRATCH_FSP_BOOT_COMPLETE,
        lambda word: word & 0xFF == 0xFF,
        timeout_s=1,
        why="FSP has not finished its secure boot",
    )

    assert seen == 0xFF
    assert file.io.looks == 4


def test_a_time_out_says_why_where_what_was_seen_and_how_long_it_took():
    file = registers(0x12)
    with pytest.raises(PollTimeout) as late:
        poll(
            lambda: file.NV_PGSP_FALCON_MAILBOX0,
            lambda word: word == 0,
            timeout_s=0.02,
            why="the GSP has not answered",
            hint="Reset the GPU.",
            expected="0",
            step="boot",
        )

    error = late.value
    assert error.message == "the GSP has not answered"
    assert (error.register, error.offset, error.value) == ("NV_PGSP_FALCON_MAILBOX0", 0x110040, 0x12)
    assert (error.expected, error.hint, error.step) == ("0", "Reset the GPU.", "boot")
    assert 0.02 <= error.elapsed_s < 0.5
    assert isinstance(error, TimeoutError)
    assert pickle.loads(pickle.dumps(error)).facts == error.facts


def test_what_a_plain_value_is_can_be_told():
    with pytest.raises(PollTimeout) as late:
        poll(lambda: 7, lambda value: value == 8, timeout_s=0, why="no entry came", what="write pointer")

    assert (late.value.what, late.value.value) == ("write pointer", 7)


def test_a_deadline_of_zero_still_looks_once():
    looks = []
    with pytest.raises(PollTimeout):
        poll(lambda: looks.append(1), lambda seen: False, timeout_s=0, why="never")

    assert looks == [1]
    assert poll(lambda: 1, bool, timeout_s=0, why="never") == 1


def test_it_looks_once_more_when_the_time_is_up():
    start = time.monotonic()
    seen = poll(
        lambda: time.monotonic() - start, lambda elapsed: elapsed >= 0.05, timeout_s=0.05, why="slept past it"
    )

    assert seen >= 0.05


def test_the_pauses_grow_so_that_a_long_wait_costs_little():
    file = registers(0)
    with pytest.raises(PollTimeout):
        poll(lambda: file.io.read32(0), bool, timeout_s=0.2, why="never")

    assert 50 < file.io.looks < 200


def test_an_error_of_a_look_passes_and_tells_the_time():
    def gone() -> int:
        raise DeviceLost("gone", register="NV_PMC_BOOT_0")

    with pytest.raises(DeviceLost) as lost:
        poll(gone, bool, timeout_s=5, why="never")

    assert lost.value.register == "NV_PMC_BOOT_0"
    assert lost.value.elapsed_s < 0.1


def test_what_cannot_be_read_again_is_refused():
    with pytest.raises(UsageError):
        poll(7, bool, timeout_s=1, why="never")
