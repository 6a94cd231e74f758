"""Calls to the resource manager: parameters, refusals, time-outs, corrupt replies, events, threads."""

from __future__ import annotations

import struct
import threading
import time

import pytest
from barewire.errors import DeviceLost, ForkedChild, Freed, RmError, RpcError, RpcTimeout, UsageError
from barewire.gsp.events import RcTriggered, Unknown
from barewire.gsp.functions import Event, Function

CLIENT, PARENT, OBJECT, VIRTUAL = 0xC1D00001, 0xCAF0, 0xBEEF, 0x0070
INVALID_ARGUMENT = 0x1F


def rc_triggered(channel: int) -> bytes:
    return struct.pack("<6IH2x3IB3xI", 9, channel, 0, 2, 31, 1, 0, 0, 0, 0, 1, 0)


@pytest.fixture
def fake(gsp, board):
    return board.gsp


@pytest.fixture
def rpc(gsp):
    return gsp.rpc


# Objects.
def test_an_allocation_has_handles_class_and_parameters(rpc, fake):
    rpc.alloc(CLIENT, PARENT, OBJECT, 0x80, bytearray(b"parameters.."), flags=3)

    function, payload = fake.commands[-1]
    assert function == 103
    assert struct.unpack_from("<8I", payload) == (CLIENT, PARENT, OBJECT, 0x80, 0, 12, 3, 0)
    assert payload[32:] == b"parameters.."


def test_a_control_has_object_number_and_parameters(rpc, fake):
    rpc.control(CLIENT, OBJECT, 0x20801112, bytearray(b"parameters"))

    function, payload = fake.commands[-1]
    assert function == 76
    assert struct.unpack_from("<6I", payload) == (CLIENT, OBJECT, 0x20801112, 0, 10, 0)
    assert payload[24:] == b"parameters"


def test_freeing_names_the_client_and_the_object(rpc, fake):
    rpc.free(CLIENT, OBJECT)

    assert fake.commands[-1] == (10, struct.pack("<4I", CLIENT, 0, OBJECT, 0))


def test_what_comes_back_is_in_the_parameters(rpc, fake, abi):
    fake.answers[76] = lambda payload: (0, payload[:24] + struct.pack("<Q", 12345))
    params = abi.new("NV2080_CTRL_TIMER_GET_TIME_PARAMS")

    rpc.control(CLIENT, OBJECT, 0x20800403, params)

    assert params["time_nsec"] == 12345


def test_calls_without_parameters_are_fine(rpc):
    rpc.control(CLIENT, OBJECT, 1)
    rpc.alloc(CLIENT, CLIENT, OBJECT, 0x90F1)


@pytest.mark.parametrize(
    ("call", "function", "status_at"),
    [
        (lambda rpc: rpc.alloc(CLIENT, PARENT, OBJECT, 0x80, bytearray(4)), 103, 16),
        (lambda rpc: rpc.control(CLIENT, OBJECT, 0x20801112, bytearray(4)), 76, 12),
        (lambda rpc: rpc.free(CLIENT, OBJECT), 10, 12),
    ],
    ids=["alloc", "control", "free"],
)
@pytest.mark.parametrize("where", ["in the header", "in the payload", "in a short one", "as its last word"])
def test_a_refusal_is_an_error_with_rms_status(rpc, fake, call, function, status_at, where):
    refused = bytearray(16 if function == 10 else 36)
    struct.pack_into("<I", refused, status_at, INVALID_ARGUMENT)
    fake.answers[function] = {
        "in the header": lambda payload: (INVALID_ARGUMENT, b""),
        "in the payload": lambda payload: (0, bytes(refused)),
        "in a short one": lambda payload: (0, bytes(refused[: 32 if function == 103 else 24])),
        "as its last word": lambda payload: (0, bytes(refused[: status_at + 4])),
    }[where]

    with pytest.raises(RmError) as error:
        call(rpc)

    assert error.value.status == INVALID_ARGUMENT
    assert error.value.status_name == "NV_ERR_INVALID_ARGUMENT"
    assert error.value.handle == OBJECT


def test_refused_parameters_are_left_as_they_were(rpc, fake):
    fake.answers[76] = lambda payload: (0, payload[:12] + struct.pack("<I", 0x56) + payload[16:24] + b"XXXX")
    params = bytearray(b"mine")

    with pytest.raises(RmError):
        rpc.control(CLIENT, OBJECT, 1, params)

    assert params == b"mine"


# Memory and mappings.
def test_memory_is_told_of_by_the_numbers_of_its_pages(rpc, fake):
    rpc.alloc_memory(CLIENT, PARENT, OBJECT, 0x82, [0x12345000, 0x7000], 0x2000, flags=0x40000210, kind=6)

    function, payload = fake.commands[-1]
    assert function == 4
    assert struct.unpack_from("<7I", payload) == (CLIENT, PARENT, OBJECT, 0x82, 0x40000210, 0, 6)
    assert struct.unpack_from("<QI4xI4x", payload, 0x20) == (0x2000, 2, 2 << 16)
    assert payload[0x38:] == struct.pack("<2Q", 0x12345, 7)


@pytest.mark.parametrize("count", [1, 30_000, 0xFFFF])
def test_a_list_of_pages_may_be_as_long_as_its_length_can_say(rpc, fake, count):
    pages = [0x1000 * (3 * number + 1) for number in range(count)]
    fake.answers[4] = lambda payload: (0, payload[:0x38])

    rpc.alloc_memory(CLIENT, PARENT, OBJECT, 0x81, pages, count << 12)

    _, payload = fake.commands[-1]
    assert struct.unpack_from("<I4xI", payload, 0x28) == (count, count << 16)
    assert struct.unpack_from(f"<{count}Q", payload, 0x38) == tuple(page >> 12 for page in pages)


@pytest.mark.parametrize("count", [0, 0x10000])
def test_a_list_of_pages_that_no_length_can_say_is_not_sent(rpc, fake, count):
    sent = len(fake.commands)
    with pytest.raises(UsageError) as refused:
        rpc.alloc_memory(CLIENT, PARENT, OBJECT, 0x81, [0x1000] * count, count << 12)

    assert refused.value.pages == count
    assert len(fake.commands) == sent


def test_a_mapping_names_its_objects_its_part_and_its_address(rpc, fake):
    rpc.map_memory_dma(CLIENT, PARENT, VIRTUAL, OBJECT, 0x10_0000_0000, 0x3000, 0x5000, 0x8211)

    function, payload = fake.commands[-1]
    assert function == 14
    assert len(payload) == 0x38
    assert struct.unpack_from("<4I2QI4xQI", payload) == (
        *(CLIENT, PARENT, VIRTUAL, OBJECT),
        *(0x3000, 0x5000, 0x8211, 0x10_0000_0000, 0),
    )


def test_the_address_of_a_mapping_is_what_rm_says(rpc, fake):
    fake.answers[14] = lambda payload: (0, payload[:0x28] + struct.pack("<QQ", 0x20_0000_0000, 0))

    assert rpc.map_memory_dma(CLIENT, PARENT, VIRTUAL, OBJECT, 0, 0, 0x1000, 0) == 0x20_0000_0000


def test_a_mapping_is_undone_by_its_address_alone(rpc, fake):
    rpc.unmap_memory_dma(CLIENT, PARENT, VIRTUAL, OBJECT, 0x10_0000_0000)

    function, payload = fake.commands[-1]
    assert function == 15
    assert len(payload) == 0x28
    assert struct.unpack_from("<5I4xQI", payload) == (
        CLIENT, PARENT, VIRTUAL, OBJECT, 0, 0x10_0000_0000, 0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("call", "function"),
    [
        (lambda rpc: rpc.alloc_memory(CLIENT, PARENT, OBJECT, 0x82, [0], 0x1000), 4),
        (lambda rpc: rpc.map_memory_dma(CLIENT, PARENT, VIRTUAL, OBJECT, 0x1000, 0, 0x1000, 0), 14),
        (lambda rpc: rpc.unmap_memory_dma(CLIENT, PARENT, VIRTUAL, OBJECT, 0x1000), 15),
    ],
    ids=["memory", "map", "unmap"],
)
def test_rm_refuses_memory_and_mappings_in_the_header_of_its_reply(rpc, fake, call, function):
    fake.answers[function] = lambda payload: (INVALID_ARGUMENT, b"")

    with pytest.raises(RmError) as error:
        call(rpc)

    assert error.value.status_name == "NV_ERR_INVALID_ARGUMENT"
    assert error.value.handle == OBJECT


# Long calls and replies.
@pytest.mark.parametrize("size", [0xFFB0 - 24 + 1, 100_000, 250_000])
def test_long_parameters_go_and_come_in_pieces(rpc, fake, size):
    fake.answers[76] = lambda payload: (0, payload[:24] + payload[24:][::-1])
    params = bytearray(index % 251 for index in range(size))
    expected = params[::-1]

    rpc.control(CLIENT, OBJECT, 1, params)

    assert params == expected


@pytest.mark.parametrize("piece", [24, 25, 100, 4096])
def test_a_reply_may_be_cut_anywhere(rpc, fake, piece):
    fake.script.piece_bytes = piece
    params = bytearray(range(256)) * 4
    sent = bytes(params)

    rpc.control(CLIENT, OBJECT, 1, params)

    assert params == sent


def test_events_between_the_pieces_of_a_reply_are_events(rpc, fake):
    def answer(payload: bytes) -> None:
        sequence = fake.last_command[1]
        fake._send_piece(76, payload[:30], 0, sequence)
        fake.send(0x1004, rc_triggered(3))
        fake._send_piece(71, payload[30:], 0, sequence)

    fake.answers[76] = answer
    params = bytearray(b"0123456789")

    rpc.control(CLIENT, OBJECT, 1, params)

    assert params == b"0123456789"
    assert [type(event) for event in rpc.recent][-1] is RcTriggered


def test_a_reply_that_is_too_short_is_an_error(rpc, fake, monkeypatch):
    monkeypatch.setattr("barewire.gsp.rpc.PIECE_TIMEOUT_S", 0.02)
    fake.answers[76] = lambda payload: (0, payload[:-1])

    with pytest.raises(RpcError, match="too short") as short:
        rpc.control(CLIENT, OBJECT, 1, bytearray(8))

    assert not isinstance(short.value, RpcTimeout)
    assert (short.value.size_bytes, short.value.expected) == (31, "32 bytes")
    assert short.value.function == "GSP_RM_CONTROL"


def test_a_mapping_whose_address_is_cut_off_is_an_error(rpc, fake, monkeypatch):
    monkeypatch.setattr("barewire.gsp.rpc.PIECE_TIMEOUT_S", 0.02)
    fake.answers[14] = lambda payload: (0, payload[:-1])

    with pytest.raises(RpcError, match="too short") as short:
        rpc.map_memory_dma(CLIENT, PARENT, VIRTUAL, OBJECT, 0x1000, 0, 0x1000, 0)
    assert short.value.expected == "56 bytes"


# Time-outs.
@pytest.mark.parametrize("echoes", [True, False])
def test_a_call_without_reply_is_a_timeout_that_names_it(rpc, fake, echoes):
    fake.script.echoes = echoes
    fake.answers[76] = lambda payload: None

    with pytest.raises(RpcTimeout, match="GSP_RM_CONTROL") as late:
        rpc.control(CLIENT, OBJECT, 0x20801112)

    assert late.value.function == "GSP_RM_CONTROL"
    assert late.value.control == "0x20801112"
    assert 0.09 < late.value.elapsed_s < 0.5
    assert rpc.unanswered == ("GSP_RM_CONTROL",)


@pytest.mark.parametrize("echoes", [True, False])
def test_a_late_reply_is_not_taken_for_the_reply_to_the_next_call(rpc, fake, echoes):
    fake.script.echoes = echoes
    fake.hold = True
    with pytest.raises(RpcTimeout):
        rpc.control(CLIENT, OBJECT, 1, bytearray(b"first"))
    fake.hold = False
    fake.answers[76] = lambda payload: (0, payload[:24] + payload[24:].upper())

    params = bytearray(b"second")
    rpc.control(CLIENT, OBJECT, 2, params)

    assert params == b"SECOND"
    assert rpc.late_replies == 1
    assert rpc.unanswered == ()


def test_other_calls_work_while_a_reply_is_outstanding(rpc, fake):
    fake.answers[76] = lambda payload: None
    with pytest.raises(RpcTimeout):
        rpc.control(CLIENT, OBJECT, 1)

    rpc.alloc(CLIENT, PARENT, OBJECT, 0x80)

    assert rpc.unanswered == ("GSP_RM_CONTROL",)


def test_a_call_that_was_never_answered_does_not_disturb_the_next_where_numbers_are_repeated(rpc, fake):
    answer = fake.answers[76]
    fake.answers[76] = lambda payload: None
    with pytest.raises(RpcTimeout):
        rpc.control(CLIENT, OBJECT, 1)
    fake.answers[76] = answer

    rpc.control(CLIENT, OBJECT, 2)

    assert rpc.unanswered == ()


def test_a_reply_that_was_lost_costs_one_more_call_where_numbers_are_not_repeated(rpc, fake):
    fake.script.echoes = False
    answer = fake.answers[76]
    fake.answers[76] = lambda payload: None
    with pytest.raises(RpcTimeout):
        rpc.control(CLIENT, OBJECT, 1)
    fake.answers[76] = answer

    with pytest.raises(RpcTimeout):
        rpc.control(CLIENT, OBJECT, 2)
    for _ in range(3):
        rpc.control(CLIENT, OBJECT, 3)


def test_the_late_reply_comes_in_pieces_that_are_all_thrown_away(rpc, fake):
    fake.hold = True
    with pytest.raises(RpcTimeout):
        rpc.control(CLIENT, OBJECT, 1, bytearray(100_000))
    fake.hold = False
    fake.look_at_commands()

    rpc.drain()
    params = bytearray(b"next")
    rpc.control(CLIENT, OBJECT, 2, params)

    assert params == b"next"
    assert rpc.late_replies == 2


def test_a_full_queue_is_a_timeout_of_the_call(rpc, fake):
    fake.hold = True
    rpc.timeout_s = 0.02
    for _ in range(62):
        rpc.send(73, b"")

    with pytest.raises(RpcTimeout, match="stays full") as full:
        rpc.control(CLIENT, OBJECT, 1)

    assert full.value.function == "GSP_RM_CONTROL"
    fake.hold = False
    fake.look_at_commands()


def test_a_call_may_have_its_own_time(rpc, fake):
    fake.answers[54] = lambda payload: None

    start = time.monotonic()
    with pytest.raises(RpcTimeout):
        rpc.call(Function.SET_PAGE_DIRECTORY, timeout_s=0.02)

    assert time.monotonic() - start < 0.09


def test_a_control_may_be_given_more_time_than_others(rpc, fake):
    rpc.timeout_s = 0.02
    fake.hold = True

    def go_on() -> None:
        fake.hold = False
        fake.look_at_commands()

    later = threading.Timer(0.1, go_on)
    later.start()
    params = bytearray(b"slow")
    rpc.control(CLIENT, OBJECT, 3, params, within_s=5.0)
    later.join()

    assert params == b"slow"


# What goes wrong on the way.
def test_a_corrupt_reply_is_an_error_and_later_calls_work(rpc, fake):
    def flip(whole: bytearray) -> None:
        whole[0x51] ^= 4

    fake.mangle.append(flip)

    with pytest.raises(RpcError, match="checksum") as corrupt:
        rpc.control(CLIENT, OBJECT, 1)
    rpc.control(CLIENT, OBJECT, 2)

    assert corrupt.value.function == "GSP_RM_CONTROL"


def test_a_gsp_that_has_stopped_is_reported_while_waiting(rpc, fake):
    rpc.timeout_s = 5.0

    def crash(payload: bytes) -> None:
        fake.halt()

    fake.answers[76] = crash
    start = time.monotonic()
    with pytest.raises(RpcError, match="stopped") as stopped:
        rpc.control(CLIENT, OBJECT, 1)

    assert time.monotonic() - start < 0.5
    assert stopped.value.register == "NV_PGSP_RISCV_CPUCTL"


def test_the_last_reply_of_a_gsp_that_stops_is_still_taken(rpc, fake):
    def answer(payload: bytes) -> tuple[int, bytes]:
        fake.halt()
        return 0, payload

    fake.answers[76] = answer

    rpc.control(CLIENT, OBJECT, 1)


def test_a_gpu_that_is_lost_is_reported_while_waiting(rpc, fake, board):
    rpc.timeout_s = 5.0
    fake.answers[76] = lambda payload: board.bus.bar0.fall_off()
    start = time.monotonic()

    with pytest.raises(DeviceLost):
        rpc.control(CLIENT, OBJECT, 1)

    assert time.monotonic() - start < 0.5


def test_a_closed_connection_refuses_calls(rpc):
    rpc.close()
    rpc.close()

    with pytest.raises(Freed, match="GSP_RM_CONTROL"):
        rpc.control(CLIENT, OBJECT, 1)
    assert rpc.drain() == 0


def test_a_child_of_the_process_is_refused_and_ends_nothing(gsp, fake, monkeypatch):
    monkeypatch.setattr("barewire.gsp.rpc.os.getpid", lambda: -1)

    with pytest.raises(ForkedChild, match="GSP_RM_CONTROL"):
        gsp.rpc.control(CLIENT, OBJECT, 1)
    fake.send(0x1004, rc_triggered(1))
    assert gsp.rpc.drain() == 0
    gsp.close()
    assert gsp.running

    monkeypatch.undo()
    gsp.rpc.control(CLIENT, OBJECT, 1)


# Events.
def test_subscribers_get_events_in_order(rpc, fake):
    seen = []
    rpc.subscribe(seen.append)
    for channel in range(5):
        fake.send(0x1004, rc_triggered(channel))

    assert rpc.drain() == 5
    assert [event.channel_id for event in seen] == list(range(5))


def test_events_that_come_during_a_call_are_delivered_after_it(rpc, fake):
    seen = []
    rpc.subscribe(seen.append)

    def answer(payload: bytes) -> tuple[int, bytes]:
        fake.send(0x1004, rc_triggered(1))
        return 0, payload

    fake.answers[76] = answer
    rpc.control(CLIENT, OBJECT, 1)

    assert [event.channel_id for event in seen] == [1]


def test_events_of_a_failed_call_are_delivered_too(rpc, fake):
    seen = []
    rpc.subscribe(seen.append)

    def answer(payload: bytes) -> tuple[int, bytes]:
        fake.send(0x1004, rc_triggered(1))
        return INVALID_ARGUMENT, b""

    fake.answers[76] = answer
    with pytest.raises(RmError):
        rpc.control(CLIENT, OBJECT, 1)

    assert len(seen) == 1


def test_a_subscriber_may_call(rpc, fake):
    freed = []

    def on_event(event) -> None:
        rpc.free(CLIENT, event.channel_id)
        freed.append(event.channel_id)

    rpc.subscribe(on_event)
    for channel in (1, 2):
        fake.send(0x1004, rc_triggered(channel))
    rpc.control(CLIENT, OBJECT, 1)

    assert freed == [1, 2]


def test_a_subscriber_that_fails_does_not_disturb_others_or_the_caller(rpc, fake):
    seen = []

    def fail(event) -> None:
        raise ValueError("mine")

    rpc.subscribe(fail)
    rpc.subscribe(seen.append)
    fake.send(0x1004, rc_triggered(1))

    rpc.control(CLIENT, OBJECT, 1)

    assert len(seen) == 1
    assert [str(error) for error in rpc.handler_errors] == ["mine"]


def test_a_subscription_ends(rpc, fake):
    seen = []
    end = rpc.subscribe(seen.append)
    fake.send(0x1004, rc_triggered(1))
    rpc.drain()
    end()
    fake.send(0x1004, rc_triggered(2))
    rpc.drain()

    assert len(seen) == 1


def test_the_last_events_are_kept_for_those_who_come_later(rpc, fake):
    fake.send(0x1004, rc_triggered(7))
    rpc.drain()

    assert rpc.recent[-1].channel_id == 7


def test_a_reply_that_nobody_waits_for_is_kept_like_an_unknown_event(rpc, fake):
    fake.send(54, b"surprise")

    assert rpc.drain() == 1
    assert rpc.recent[-1] == Unknown(54, b"surprise")


def test_an_event_can_be_waited_for(rpc, fake):
    fake.send(0x1004, rc_triggered(4))

    assert rpc.wait_for_event(Event.RC_TRIGGERED, 1.0).channel_id == 4
    with pytest.raises(RpcTimeout, match="did not send RC_TRIGGERED"):
        rpc.wait_for_event(Event.RC_TRIGGERED, 0.02)


def test_events_are_kept_for_a_wait_only_while_it_lasts(rpc, fake):
    fake.send(0x1004, rc_triggered(4))
    rpc.wait_for_event(Event.RC_TRIGGERED, 1.0)
    fake.send(0x1004, rc_triggered(5))
    rpc.drain()

    assert rpc._watched.found == []


def test_a_corrupt_event_is_an_error_of_whoever_drains(rpc, fake):
    fake.mangle.append(lambda whole: whole.__setitem__(0x60, 0xFF))
    fake.send(0x1004, rc_triggered(4))

    with pytest.raises(RpcError, match="checksum"):
        rpc.drain()
    assert rpc.drain() == 0


# Threads.
def test_many_threads_may_call(rpc, fake):
    errors = []

    def work(number: int) -> None:
        try:
            for turn in range(20):
                params = bytearray(struct.pack("<II", number, turn))
                rpc.control(CLIENT, number, turn, params)
                if params != struct.pack("<II", number, turn):
                    errors.append((number, turn))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert errors == []


def test_draining_does_not_wait_for_a_call_of_another_thread(rpc, fake):
    entered, leave = threading.Event(), threading.Event()

    def answer(payload: bytes) -> tuple[int, bytes]:
        entered.set()
        leave.wait(5)
        return 0, payload

    fake.answers[76] = answer
    thread = threading.Thread(target=rpc.control, args=(CLIENT, OBJECT, 1))
    thread.start()
    entered.wait(5)

    assert rpc.drain() == 0

    leave.set()
    thread.join(5)


def test_the_interrupt_is_acknowledged_and_armed_again(gsp, fake, board):
    fake.send(0x1004, rc_triggered(1))

    assert gsp.take_interrupt()
    assert not gsp.take_interrupt()
    assert board.bus.bar0.writes(0x1103E8) == [1]
