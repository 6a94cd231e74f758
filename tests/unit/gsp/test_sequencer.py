"""Steps that GSP asks the CPU to do."""

from __future__ import annotations

import struct

import pytest
from barewire.errors import PollTimeout, RpcError
from barewire.gsp.sequencer import Op, Sequencer, Step, parse
from hypothesis import given, settings
from hypothesis import strategies as st


def request(*words: int, used: int | None = None, room: int = 1024) -> bytes:
    count = len(words) if used is None else used
    return struct.pack("<10I", room, count, *range(8)) + struct.pack(f"<{len(words)}I", *words)


class Words:
    """Registers that count what is done to them."""

    def __init__(self) -> None:
        self.words: dict[int, int] = {}
        self.log: list[tuple[str, int]] = []

    def read32(self, offset: int) -> int:
        self.log.append(("read", offset))
        return self.words.get(offset, 0)

    def write32(self, offset: int, value: int) -> None:
        self.log.append(("write", offset))
        self.words[offset] = value


class Core:
    def __init__(self) -> None:
        self.done: list[str] = []

    def reset(self) -> None:
        self.done.append("reset")

    def start(self) -> None:
        self.done.append("start")

    def wait_for_halt(self) -> None:
        self.done.append("wait")

    def resume(self) -> None:
        self.done.append("resume")


@pytest.fixture
def words() -> Words:
    return Words()


@pytest.fixture
def core() -> Core:
    return Core()


@pytest.fixture
def run(abi, words, core):
    sequencer = Sequencer(words, core)

    def do(*request_words: int) -> Sequencer:
        sequencer.run(parse(abi, request(*request_words)))
        return sequencer

    return do


def test_every_step_is_read_with_its_words(abi):
    steps = parse(
        abi, request(0, 0x10, 1, 1, 0x20, 0xF0, 0x50, 2, 0x30, 1, 1, 100, 7, 3, 5, 4, 0x40, 2, 5, 6, 7, 8)
    )

    assert steps == (
        Step(Op.REG_WRITE, (0x10, 1)),
        Step(Op.REG_MODIFY, (0x20, 0xF0, 0x50)),
        Step(Op.REG_POLL, (0x30, 1, 1, 100, 7)),
        Step(Op.DELAY_US, (5,)),
        Step(Op.REG_STORE, (0x40, 2)),
        Step(Op.CORE_RESET, ()),
        Step(Op.CORE_START, ()),
        Step(Op.CORE_WAIT_FOR_HALT, ()),
        Step(Op.CORE_RESUME, ()),
    )


def test_only_the_used_words_count(abi):
    assert parse(abi, request(5, 6, 0xFF, 0xFF, used=2)) == (Step(Op.CORE_RESET, ()), Step(Op.CORE_START, ()))


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_step_that_is_cut_short_is_refused(abi, cut):
    whole = (0, 0x10, 1, 2, 0x30, 1, 1, 100, 7)
    if cut == 3:
        return  # a whole step
    with pytest.raises(RpcError, match="cut short"):
        parse(abi, request(*whole[:cut]))


@pytest.mark.parametrize(
    "payload",
    [b"", bytes(0x27), request(0, 1, 2, used=4), request(0, 1, 2, room=3), request(9), request(0xFFFFFFFF)],
    ids=["empty", "short head", "words missing", "no room", "unknown 9", "unknown -1"],
)
def test_a_request_that_makes_no_sense_is_refused(abi, payload):
    with pytest.raises(RpcError):
        parse(abi, payload)


@settings(max_examples=200, deadline=None)
@given(words=st.lists(st.integers(0, 9) | st.integers(0, 2**32 - 1), max_size=30), cut=st.integers(0, 200))
def test_any_words_are_steps_or_refused(abi, words, cut):
    whole = request(*words)
    try:
        steps = parse(abi, whole[: max(0, len(whole) - cut)])
    except RpcError:
        return

    assert [word for step in steps for word in (step.op, *step.operands)] == words


def test_registers_are_written_and_modified(run, words):
    words.words[0x20] = 0xABCD

    run(0, 0x10, 0x1234, 1, 0x20, 0x0FF0, 0x0120)

    assert words.words == {0x10: 0x1234, 0x20: 0xA12D}


def test_a_register_is_kept_in_its_slot(run, words):
    words.words[0x40] = 0x55

    assert run(4, 0x40, 3).saved == [0, 0, 0, 0x55, 0, 0, 0, 0]


def test_a_slot_that_does_not_exist_is_refused(run):
    with pytest.raises(RpcError, match="slot"):
        run(4, 0x40, 8)


def test_a_register_that_becomes_as_wanted_lets_the_steps_go_on(run, words):
    words.words[0x30] = 0xF1

    run(2, 0x30, 0x0F, 0x01, 1000, 7, 0, 0x10, 1)

    assert words.words[0x10] == 1


def test_a_register_that_does_not_is_a_timeout_with_the_firmwares_code(run):
    with pytest.raises(PollTimeout) as late:
        run(2, 0x30, 1, 1, 2000, 0x77)

    assert (late.value.offset, late.value.code) == (0x30, 0x77)


def test_the_core_is_handled_in_order(run, core):
    run(5, 6, 7, 8, 3, 1)

    assert core.done == ["reset", "start", "wait", "resume"]


@pytest.mark.parametrize(
    "step", [Step(Op.DELAY_US, (0xFFFFFFFF,)), Step(Op.REG_POLL, (0, 1, 1, 0xFFFFFFFF, 7))]
)
def test_a_step_of_an_hour_is_refused(words, core, step):
    with pytest.raises(RpcError, match="longer than any"):
        Sequencer(words, core).run((step,))
