"""Commands, replies and events through the two message queues."""

from __future__ import annotations

import random
import struct
import time

import pytest
from barewire.softgpu.gsp.later import Later, Wait
from gsp_driver import (
    ALLOC,
    COMMAND_READ,
    COMMAND_WRITE,
    CONTINUATION,
    CONTROL,
    DOORBELL,
    ENTRIES,
    FREE,
    INIT_DONE,
    PAGE,
    RISCV_CPUCTL,
    SET_REGISTRY,
    STATIC_INFO,
    STATUS,
    STATUS_READ,
    STATUS_WRITE,
    UNLOADING,
    GspDriver,
    TimedOut,
)

POST_EVENT = 0x1003
ALLOC_MEMORY = 4
PIECE = 0x10000 - 0x50


def silent(driver: GspDriver, seconds: float = 0.03) -> bool:
    """Whether GSP sends nothing for a while."""
    with pytest.raises(TimedOut):
        driver.wait(driver.poll, "anything", seconds)
    return True


def test_a_reply_has_its_commands_function_and_sequence_and_no_error(running: GspDriver):
    reply = running.call(STATIC_INFO, b"payload!", sequence=0x1234)

    assert (reply.function, reply.sequence, reply.result, reply.payload) == (
        STATIC_INFO,
        0x1234,
        0,
        b"payload!",
    )
    assert reply.checksum_left == 0
    assert reply.element_count == 1


@pytest.mark.parametrize("size", [0, 1, 7, 8, 0xFB0, 0xFB1, 5000, PIECE - 1, PIECE])
def test_a_payload_of_any_size_comes_back_whole(running: GspDriver, size: int):
    payload = random.Random(size).randbytes(size)

    reply = running.call(STATIC_INFO, payload)

    assert reply.payload == payload
    assert reply.checksum_left == 0
    assert reply.element_count == -(-(0x50 + size) // 4096)


def test_hundreds_of_messages_go_round_both_rings(running: GspDriver):
    chosen = random.Random(5)
    numbers = []
    for number in range(300):
        payload = chosen.randbytes(chosen.choice([3, 4000, 9000, 0xFFB0]))
        reply = running.call(STATIC_INFO, payload, sequence=number)
        assert (reply.payload, reply.sequence) == (payload, number)
        numbers.append(reply.number)

    assert numbers == list(range(1, 301))  # INIT_DONE was number 0
    assert running.gpu.reports == []


def test_several_commands_with_one_doorbell_are_all_worked_on(running: GspDriver):
    for number in range(20):
        running.write_element(running.element(STATIC_INFO, struct.pack("<I", number)))
    running.write(DOORBELL, 0)

    replies = [running.receive(STATIC_INFO) for _ in range(20)]

    assert [struct.unpack("<I", reply.payload)[0] for reply in replies] == list(range(20))


def test_nothing_happens_without_a_doorbell(running: GspDriver):
    running.write_element(running.element(STATIC_INFO, b""))
    assert silent(running)

    running.write(DOORBELL, 0)
    running.receive(STATIC_INFO)


def test_another_queues_doorbell_is_nothing(running: GspDriver):
    running.write_element(running.element(STATIC_INFO, b""))
    running.write(DOORBELL + 8, 0)

    assert silent(running)


def test_gsps_read_pointer_follows_what_it_took(running: GspDriver):
    running.call(STATIC_INFO, bytes(9000))

    assert running.shared.get(COMMAND_READ) == running.shared.get(COMMAND_WRITE) == 2 + 3


# Long commands and replies.


def long_control(size: int) -> bytes:
    params = random.Random(size).randbytes(size)
    return struct.pack("<6I", 1, 2, 0x20801234, 0, size, 0) + params


@pytest.mark.parametrize("size", [PIECE - 0x18, PIECE - 0x17, 100_000, 2 * PIECE - 0x18, 200_000])
def test_a_long_control_is_put_together_and_its_reply_comes_in_pieces(running: GspDriver, size: int):
    payload = long_control(size)
    running.push_long(CONTROL, payload)

    reply = running.receive(CONTROL)
    found = reply.payload
    while len(found) < len(payload):
        piece = running.receive(CONTINUATION)
        assert piece.checksum_left == 0
        found += piece.payload

    assert found == payload
    assert running.resman.handled[-1] == (CONTROL, payload)
    assert silent(running)


def test_a_long_registry_is_put_together_by_its_own_size(running: GspDriver):
    registry = struct.pack("<II", 150_000, 0) + bytes(150_000 - 8)

    running.push_long(SET_REGISTRY, registry)
    running.call(STATIC_INFO, b"")

    assert (SET_REGISTRY, registry) in running.resman.handled


@pytest.mark.parametrize("pages", [1, (PIECE - 0x38) // 8, (PIECE - 0x38) // 8 + 1, 20_000])
def test_a_long_list_of_pages_is_put_together_by_their_number(running: GspDriver, pages: int):
    head = struct.pack("<14I", 1, 2, 3, 0x81, 0, 0, 6, 0, pages << 12, 0, pages, 0, pages << 16, 0)
    listed = head + struct.pack(f"<{pages}Q", *range(pages))

    running.push_long(ALLOC_MEMORY, listed)
    running.receive(ALLOC_MEMORY)

    assert running.resman.handled[-1] == (ALLOC_MEMORY, listed)


def test_a_long_command_that_is_interrupted_is_lost(running: GspDriver):
    running.push(CONTROL, long_control(100_000)[:PIECE])

    assert running.call(STATIC_INFO, b"next").payload == b"next"
    assert running.kinds() == ["bad message"]


def test_a_command_larger_than_any_is_lost_with_its_continuations(running: GspDriver):
    running.push(CONTROL, struct.pack("<6I", 1, 2, 0x20801234, 0, 1 << 31, 0).ljust(PIECE, b"x"))
    running.push(CONTINUATION, bytes(PIECE))

    assert running.call(STATIC_INFO, b"next").payload == b"next"
    assert running.kinds() == ["bad message", "bad message"]


def test_a_continuation_of_nothing_is_lost(running: GspDriver):
    running.push(CONTINUATION, b"?")

    running.call(STATIC_INFO, b"")
    assert running.kinds() == ["bad message"]


# What a strict GSP does not take.

BAD = [
    {"checksum_flip": 1},
    {"checksum_flip": 0x80000000},
    {"number": 1},
    {"number": 0xFFFFFFFF},
    {"pages": 2},
    {"pages": 0},
    {"length": 0x1F},
    {"length": 0xFFD1},
    {"length": 0x20 + 5000},
]


@pytest.mark.parametrize("changes", BAD, ids=str)
def test_a_bad_message_stops_the_command_queue_for_good(running: GspDriver, changes):
    running.push(STATIC_INFO, b"bad", **changes)
    assert silent(running)
    running.push(STATIC_INFO, b"good")

    assert silent(running)
    assert set(running.kinds()) == {"bad message"}
    assert running.shared.get(COMMAND_READ) == 2
    assert b"stands still" in running.logs["LOGRM"].read(0, 0x1000)
    assert running.resman.handled[2:] == []


@pytest.mark.parametrize("changes", [{"version": 0x02000000}, {"signature": 0x56525043}], ids=str)
def test_a_foreign_rpc_header_costs_its_message_alone(running: GspDriver, changes):
    running.push(STATIC_INFO, b"bad", **changes)

    assert running.call(STATIC_INFO, b"good").payload == b"good"
    assert running.kinds() == ["bad message"]


def test_a_write_pointer_beyond_the_queue_is_not_followed(running: GspDriver):
    running.shared.put(COMMAND_WRITE, ENTRIES)
    running.write(DOORBELL, 0)

    assert silent(running)
    assert running.kinds() == ["bad message"]


def test_queue_memory_that_is_gone_hangs_gsp(running: GspDriver):
    running.shared.unmap()
    running.write(DOORBELL, 0)

    running.wait(lambda: running.gpu.firmware.state.value == "hung", "the hang")


@pytest.mark.parametrize("seed", range(4))
def test_no_bytes_in_the_command_queue_make_the_model_fail(running: GspDriver, seed: int):
    chosen = random.Random(seed)
    for _ in range(60):
        element = bytearray(running.element(chosen.choice([76, 103, 71, 10, 65]), chosen.randbytes(200)))
        for _ in range(chosen.randrange(4)):
            element[chosen.randrange(len(element))] = chosen.randrange(256)
        running.write_element(bytes(element))
        running.write(DOORBELL, 0)
        if chosen.random() < 0.2:
            running.shared.put(COMMAND_WRITE, chosen.randrange(80))
    running.gpu.work.drain()

    assert running.gpu.defects == []


# A status queue that nobody reads.


def test_gsp_waits_for_room_in_the_status_queue(running: GspDriver):
    for number in range(100):
        running.gpu.firmware.post_event(POST_EVENT, struct.pack("<I", number))
    running.gpu.work.drain()
    written = (running.shared.get(STATUS_WRITE) - running.shared.get(STATUS_READ)) % ENTRIES
    assert written == ENTRIES - 1

    found = [running.receive(POST_EVENT).payload for _ in range(100)]

    assert found == [struct.pack("<I", number) for number in range(100)]
    assert running.call(STATIC_INFO, b"after").payload == b"after"


def test_commands_wait_while_the_status_queue_is_full(running: GspDriver):
    for _ in range(70):
        running.gpu.firmware.post_event(POST_EVENT, b"")
    handled = len(running.resman.handled)
    running.push(STATIC_INFO, b"")
    running.gpu.work.drain()
    assert len(running.resman.handled) == handled

    for _ in range(70):
        running.receive(POST_EVENT)
    running.receive(STATIC_INFO)


def test_an_unload_waits_until_its_reply_is_written(running: GspDriver):
    for _ in range(62):
        running.gpu.firmware.post_event(POST_EVENT, b"")
    running.push(UNLOADING, bytes(8))
    time.sleep(0.02)
    assert running.gpu.firmware.state.value == "running"

    for _ in range(62):
        running.receive(POST_EVENT)
    running.receive(UNLOADING)
    running.wait(lambda: running.gpu.firmware.state.value == "idle", "the end")


def test_a_read_pointer_that_makes_no_sense_counts_as_a_full_queue(running: GspDriver):
    running.shared.put(STATUS_READ, 77)
    running.push(STATIC_INFO, b"")
    assert silent(running)

    running.shared.put(STATUS_READ, running.status_at)
    running.receive(STATIC_INFO)


# Events.


def test_an_event_comes_with_result_zero_and_its_own_number(running: GspDriver):
    running.gpu.firmware.post_event(POST_EVENT, b"something happened")

    event = running.receive(POST_EVENT)

    assert (event.result, event.payload, event.number) == (0, b"something happened", 1)


def test_events_of_a_handler_come_ahead_of_its_reply(running: GspDriver):
    def handle(payload: bytes) -> tuple[int, bytes]:
        running.gpu.firmware.post_event(POST_EVENT, b"first")
        return 0, payload

    running.resman.answers[FREE] = handle
    running.push(FREE, bytes(16))

    running.receive(POST_EVENT)
    running.receive(FREE)


def test_a_gsp_that_does_not_run_sends_no_event(driver: GspDriver):
    assert driver.gpu.firmware.post_event(POST_EVENT, b"") is False


# Mishaps.


def test_a_failing_control_says_so_in_its_inner_status(running: GspDriver):
    running.gpu.firmware.mishaps.add("fail", control=0x20801234, status=0x56)
    other = running.control(0x20800001, b"params")
    failed = running.control(0x20801234, b"params")
    again = running.control(0x20801234, b"params")

    assert [struct.unpack_from("<I", reply.payload, 0xC)[0] for reply in (other, failed, again)] == [
        0,
        0x56,
        0,
    ]
    assert failed.result == 0
    assert failed.payload[0x18:] == b"params"
    assert len([1 for function, _ in running.resman.handled if function == CONTROL]) == 2


def test_a_failing_function_without_an_inner_status_says_so_in_its_header(running: GspDriver):
    running.gpu.firmware.mishaps.add("fail", function=STATIC_INFO, status=0x65)

    assert running.call(STATIC_INFO, b"").result == 0x65


@pytest.mark.parametrize(("function", "status_at"), [(ALLOC, 0x10), (FREE, 0xC), (21, 0x18)])
def test_other_functions_have_their_status_elsewhere(running: GspDriver, function: int, status_at: int):
    running.gpu.firmware.mishaps.add("fail", function=function, status=0x1F)

    reply = running.call(function, bytes(0x20))

    assert struct.unpack_from("<I", reply.payload, status_at)[0] == 0x1F


def test_a_dropped_reply_leaves_later_calls_alone(running: GspDriver):
    running.gpu.firmware.mishaps.add("drop", function=FREE)
    running.push(FREE, bytes(16))
    assert silent(running)

    assert running.call(STATIC_INFO, b"later").number == 1


def test_a_busy_gsp_answers_late_and_in_order(running: GspDriver):
    running.gpu.firmware.mishaps.add("delay", function=FREE, seconds=0.1)
    running.push(FREE, bytes(16))
    running.push(STATIC_INFO, b"")
    assert silent(running)

    running.receive(FREE)
    running.receive(STATIC_INFO)


def waiting(running: GspDriver, ready: list[bool], timeout_s: float) -> None:
    """Let FREE wait for `ready`; its reply says whether it came."""

    def answer(came: bool) -> tuple[int, bytes]:
        return 0, b"came" if came else b"late"

    wait = Wait(lambda: bool(ready), timeout_s, lambda came: None)
    running.resman.answers[FREE] = lambda payload: Later(wait, answer)
    running.push(FREE, bytes(16))


def test_a_call_that_waits_is_answered_once_what_it_waits_for_is_there(running: GspDriver):
    ready: list[bool] = []
    waiting(running, ready, 5.0)
    running.push(STATIC_INFO, b"")
    assert silent(running)

    ready.append(True)

    assert running.receive(FREE).payload[:4] == b"came"
    running.receive(STATIC_INFO)


def test_a_call_waits_no_longer_than_it_may(running: GspDriver):
    waiting(running, [], 0.05)
    began = time.monotonic()

    assert running.receive(FREE).payload[:4] == b"late"
    assert 0.04 < time.monotonic() - began < 1.0


def test_the_gpu_goes_on_while_a_call_waits(running: GspDriver):
    ready: list[bool] = []
    waiting(running, ready, 5.0)
    began = time.monotonic()

    for _ in range(100):
        running.read(RISCV_CPUCTL)
    running.gpu.firmware.post_event(POST_EVENT, b"meanwhile")

    assert running.receive(POST_EVENT).payload == b"meanwhile"
    assert time.monotonic() - began < 1.0
    ready.append(True)
    running.receive(FREE)


def test_a_call_that_waits_ends_with_a_reset(running: GspDriver):
    waiting(running, [], 5.0)

    running.gpu.reset()
    time.sleep(0.01)

    assert running.gpu.work.waiting == 0
    assert running.gpu.defects == []


def test_a_split_reply_comes_as_continuation_records(running: GspDriver):
    running.gpu.firmware.mishaps.add("split", function=STATIC_INFO)
    running.push(STATIC_INFO, bytes(range(240)))

    pieces = [running.receive(STATIC_INFO), running.receive(CONTINUATION), running.receive(CONTINUATION)]

    assert b"".join(piece.payload for piece in pieces) == bytes(range(240))


def test_a_wrong_checksum_a_wrong_number_and_a_short_reply_are_just_that(running: GspDriver):
    for action in ("checksum", "sequence", "truncate"):
        running.gpu.firmware.mishaps.add(action, function=STATIC_INFO)
    replies = [running.call(STATIC_INFO, bytes(64)) for _ in range(4)]

    assert [reply.checksum_left == 0 for reply in replies] == [False, True, True, True]
    assert [reply.number for reply in replies] == [1, 9, 3, 4]
    assert [len(reply.payload) for reply in replies] == [64, 64, 32, 64]


def test_an_oversized_reply_says_that_it_is_longer_than_its_queue(running: GspDriver):
    running.gpu.firmware.mishaps.add("oversize", function=STATIC_INFO)
    running.push(STATIC_INFO, bytes(64))
    running.wait(lambda: running.shared.get(STATUS_WRITE) != running.status_at, "the reply")

    header = running.shared.read(STATUS + 0x1000 + running.status_at * PAGE, PAGE)
    assert struct.unpack_from("<I", header, 0x28) == (200,)
    assert struct.unpack_from("<I", header, 0x38) == (200 * PAGE - 0x30,)


def test_a_crash_halts_the_core_for_good(running: GspDriver):
    running.gpu.firmware.mishaps.add("crash", function=STATIC_INFO)
    running.push(STATIC_INFO, b"")

    running.wait(lambda: running.read(RISCV_CPUCTL) & 0x90 == 0x10, "the halt")
    running.push(STATIC_INFO, b"")
    assert silent(running)
    assert running.gpu.firmware.state.value == "crashed"
    running.gpu.reset()
    running.enable()
    running.prepare()
    running.boot()


def test_an_event_may_be_dropped_or_come_late(running: GspDriver):
    running.gpu.firmware.mishaps.add("drop", function=POST_EVENT)
    running.gpu.firmware.mishaps.add("delay", function=POST_EVENT, seconds=0.05)
    running.gpu.firmware.post_event(POST_EVENT, b"lost")
    running.gpu.firmware.post_event(POST_EVENT, b"late")
    assert silent(running, 0.02)

    assert running.receive(POST_EVENT).payload == b"late"


def test_mishaps_happen_as_often_as_they_were_ordered(running: GspDriver):
    running.gpu.firmware.mishaps.add("fail", function=FREE, status=1, times=2)
    seen = [struct.unpack_from("<I", running.call(FREE, bytes(16)).payload, 12)[0] for _ in range(3)]
    assert seen == [1, 1, 0]

    running.gpu.firmware.mishaps.add("fail", function=FREE, status=2, times=-1)
    seen = [struct.unpack_from("<I", running.call(FREE, bytes(16)).payload, 12)[0] for _ in range(5)]
    assert seen == [2] * 5
    running.gpu.firmware.mishaps.clear()
    assert running.call(FREE, bytes(16)).payload == bytes(16)


def test_a_gsp_without_a_resource_manager_supports_nothing(driver: GspDriver):
    driver.gpu.resman = None
    driver.start_gsp()
    driver.wait_for_release()
    driver.receive(INIT_DONE)

    assert driver.call(STATIC_INFO, b"").result == 0x56


def test_a_call_takes_a_few_milliseconds_at_most(running: GspDriver):
    running.call(STATIC_INFO, b"")
    taken = []
    for _ in range(50):
        started = time.perf_counter()
        running.call(STATIC_INFO, bytes(64))
        taken.append(time.perf_counter() - started)

    assert sorted(taken)[25] < 0.005
