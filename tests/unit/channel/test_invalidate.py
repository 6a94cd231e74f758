"""Invalidation from a pushbuffer, read back by the decoder, which shares nothing with what wrote it."""

from __future__ import annotations

import threading

import pytest
from barewire.channel.decoder import decode_pushbuffer
from barewire.channel.invalidate import TIMEOUT_S, ChannelTlb, add_invalidation
from barewire.channel.pushbuffer import Pushbuffer
from barewire.errors import ChannelDead, FieldRange, PollTimeout, UsageError
from barewire.memory.formats import GMMU_V2, GMMU_V3, GMMU_V3_BLACKWELL, Aperture, TablePointer
from barewire.memory.pagetable import Invalidation

HOST_CLASSES = {"turing": 0xC46F, "ampere": 0xC56F, "hopper": 0xC86F, "blackwell": 0xC96F, "gb20x": 0xCA6F}
COPY_CLASS = 0xC8B5
LEVELS = [(0, "PTE_ONLY"), *((depth, f"UP_TO_PDE{depth - 1}") for depth in range(1, 6))]


def change(address=0x5000, aperture=Aperture.VIDEO, depth=0, revoked=False) -> Invalidation:
    return Invalidation(TablePointer(aperture, address), 0x10_0000_0000, 4096, depth, revoked)


def written(what: Invalidation, host_class: int = 0xC86F) -> dict[str, dict[str, str | int]]:
    """Method -> its fields, by name where the value has one."""
    pushbuffer = add_invalidation(Pushbuffer((host_class, COPY_CLASS)), what)
    operations = decode_pushbuffer(pushbuffer.words, host_class=host_class)
    assert all(operation.engine == "host" for operation in operations)
    return {
        operation.name.split("_", 1)[1]: {
            name: value if known is None else known for name, (value, known) in operation.fields.items()
        }
        for operation in operations
    }


def root_of(fields: dict[str, dict[str, str | int]]) -> int:
    """The address of the root that is named: bits 31:12, and from 32 on."""
    low = fields["MEM_OP_C"]["TLB_INVALIDATE_PDB_ADDR_LO"]
    return low << 12 | fields["MEM_OP_D"]["TLB_INVALIDATE_PDB_ADDR_HI"] << 32


@pytest.mark.parametrize("host_class", HOST_CLASSES.values(), ids=HOST_CLASSES)
def test_one_operation_in_four_words_the_last_of_which_starts_it(host_class):
    pushbuffer = add_invalidation(Pushbuffer((host_class, COPY_CLASS)), change())
    operations = decode_pushbuffer(pushbuffer.words, host_class=host_class)

    assert [operation.method_offset for operation in operations] == [0x28, 0x2C, 0x30, 0x34]
    assert operations[-1].fields["OPERATION"].name == "MMU_TLB_INVALIDATE"
    assert operations[1].value == 0, "no single address"


def test_the_words_are_these():
    """By hand, from clc86f.h."""
    pushbuffer = add_invalidation(
        Pushbuffer((0xC86F, COPY_CLASS)), change(0x12_3456_7000, Aperture.HOST, depth=5, revoked=True)
    )

    assert pushbuffer.words[1::2] == [0x00000800, 0, 0x34567B20, 0x48000012]


@pytest.mark.parametrize("host_class", HOST_CLASSES.values(), ids=HOST_CLASSES)
@pytest.mark.parametrize(
    "address",
    [0, 0x1000, 0xFFFFF000, 0x1_0000_0000, 0x13_FFFF_F000, (1 << 47) + 0x1000, (1 << 59) - 4096],
)
def test_the_root_that_changed_is_named_wherever_it_is(host_class, address):
    assert root_of(written(change(address), host_class)) == address


@pytest.mark.parametrize(
    ("aperture", "code"),
    [
        (Aperture.VIDEO, "VID_MEM"),
        (Aperture.HOST, "SYS_MEM_COHERENT"),
        (Aperture.HOST_NONCOHERENT, "SYS_MEM_NONCOHERENT"),
    ],
)
def test_the_root_is_named_in_the_memory_that_it_lies_in(aperture, code):
    fields = written(change(0x2_0000_3000, aperture))

    assert fields["MEM_OP_C"]["TLB_INVALIDATE_PDB_APERTURE"] == code
    assert root_of(fields) == 0x2_0000_3000


@pytest.mark.parametrize(("depth", "level"), LEVELS)
def test_what_is_forgotten_goes_up_to_the_level_that_changed(depth, level):
    assert written(change(depth=depth))["MEM_OP_C"]["TLB_INVALIDATE_PAGE_TABLE_LEVEL"] == level


@pytest.mark.parametrize("form", [GMMU_V2, GMMU_V3, GMMU_V3_BLACKWELL], ids=lambda form: form.name)
def test_the_highest_level_is_that_of_the_root(form):
    told = written(change(depth=form.depth(form.root)))["MEM_OP_C"]["TLB_INVALIDATE_PAGE_TABLE_LEVEL"]

    assert told == f"UP_TO_PDE{form.root.name[2:]}"


@pytest.mark.parametrize("revoked", [False, True])
def test_everybody_answers_and_what_was_revoked_has_reached_memory_by_then(revoked):
    fields = written(change(revoked=revoked))

    assert fields["MEM_OP_A"]["TLB_INVALIDATE_SYSMEMBAR"] == ("EN" if revoked else "DIS")
    assert fields["MEM_OP_C"]["TLB_INVALIDATE_ACK_TYPE"] == "GLOBALLY"
    assert fields["MEM_OP_C"]["TLB_INVALIDATE_GPC"] == "ENABLE"


def test_one_address_space_forgets_and_no_fault_is_replayed():
    fields = written(change(0x9000))

    assert fields["MEM_OP_C"]["TLB_INVALIDATE_PDB"] == "ONE"
    assert fields["MEM_OP_C"]["TLB_INVALIDATE_REPLAY"] == "NONE"
    assert fields["MEM_OP_A"].get("TLB_INVALIDATE_INVAL_SCOPE", "ALL_TLBS") == "ALL_TLBS"


def test_roots_that_cannot_be_are_refused():
    pushbuffer = Pushbuffer((0xC86F, COPY_CLASS))
    with pytest.raises(UsageError, match="at a page"):
        add_invalidation(pushbuffer, change(0x1800))
    with pytest.raises(FieldRange):
        add_invalidation(pushbuffer, change(1 << 59))
    with pytest.raises(UsageError, match="peer"):
        add_invalidation(pushbuffer, change(aperture=Aperture.PEER))


# By a queue


class FakeQueue:
    """Remembers what it was given; what it was given is done when it is waited for."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.submitted: list[Pushbuffer] = []
        self.waited: list[float] = []

    def pushbuffer(self) -> Pushbuffer:
        return Pushbuffer((0xC86F, COPY_CLASS))

    def submit(self, pushbuffer: Pushbuffer) -> FakeQueue:
        self.submitted.append(pushbuffer)
        return self

    def wait(self, timeout_s: float) -> None:
        self.waited.append(timeout_s)
        if self.error is not None:
            raise self.error


def test_an_invalidation_is_waited_for():
    queue = FakeQueue()
    tlb = ChannelTlb(lambda: queue)
    tlb.invalidate(change(0x1_0000_2000, depth=2, revoked=True))

    (pushbuffer,) = queue.submitted
    expected = add_invalidation(queue.pushbuffer(), change(0x1_0000_2000, depth=2, revoked=True))
    assert pushbuffer.words == expected.words
    assert queue.waited == [TIMEOUT_S]
    assert tlb.count == 1


def test_the_queue_is_asked_for_each_time_since_it_may_be_another_one():
    first, second = FakeQueue(), FakeQueue()
    queues = iter([first, second])
    tlb = ChannelTlb(lambda: next(queues))
    tlb.invalidate(change())
    tlb.invalidate(change())

    assert (len(first.submitted), len(second.submitted), tlb.count) == (1, 1, 2)


def test_no_queue_is_needed_when_no_channel_is_left():
    tlb = ChannelTlb(lambda: None)
    tlb.invalidate(change(depth=5, revoked=True))

    assert tlb.count == 0


@pytest.mark.parametrize("error", [PollTimeout("late"), ChannelDead("given up")])
def test_an_invalidation_that_did_not_happen_is_not_counted(error):
    tlb = ChannelTlb(lambda: FakeQueue(error))
    with pytest.raises(type(error)):
        tlb.invalidate(change())

    assert tlb.count == 0


def test_a_change_that_no_operation_can_name_is_not_submitted():
    queue = FakeQueue()
    with pytest.raises(UsageError):
        ChannelTlb(lambda: queue).invalidate(change(0x1234))

    assert queue.submitted == []


def test_threads_may_invalidate_at_the_same_time():
    queue = FakeQueue()
    tlb = ChannelTlb(lambda: queue)
    threads = [
        threading.Thread(target=lambda: [tlb.invalidate(change()) for _ in range(50)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(queue.submitted) == 200
