"""What the pushbuffer decoder makes of each form of header, checked on words written by hand.

The words follow open-gpu-doc:manuals/ampere/ga100/dev_ram.ref.txt: 31:29 operation, 28:16 count or immediate
data, 15:13 subchannel, 11:0 method address in words.
"""

from __future__ import annotations

import numpy as np
import pytest
from barewire.channel.decoder import (
    Bind,
    Control,
    Copy,
    Fill,
    InlineLoad,
    MemoryOperation,
    MethodWrite,
    SemaphoreAcquire,
    SemaphoreRelease,
    SendPcas,
    WaitForIdle,
    decode_gpfifo,
    decode_gpfifo_entry,
    decode_pushbuffer,
    default_classes,
    iterate_pushbuffer,
    summarize,
    words_of,
)
from barewire.errors import BadPushbuffer, FormatError

INCREMENTING, NON_INCREMENTING, IMMEDIATE, ONCE = 0x2000_0000, 0x6000_0000, 0x8000_0000, 0xA000_0000
COMPUTE, COPY = 1 << 13, 4 << 13


def writes(words, **options):
    return [(op.subchannel, op.method_offset, op.value) for op in decode_pushbuffer(words, **options)]


def events(words, **options):
    return summarize(decode_pushbuffer(words, **options))


# Header forms.


def test_an_incrementing_header_writes_one_method_after_the_other():
    operations = decode_pushbuffer([0x20022062, 0x7FCE, 0x4E290000])

    assert [(op.index, op.kind, op.name, op.value) for op in operations] == [
        (1, "incrementing", "NVCBC0_OFFSET_OUT_UPPER", 0x7FCE),
        (2, "incrementing", "NVCBC0_OFFSET_OUT", 0x4E290000),
    ]


def test_a_non_incrementing_header_writes_the_same_method_again_and_again():
    assert writes([0x6003206D, 7, 8, 9]) == [(1, 0x1B4, 7), (1, 0x1B4, 8), (1, 0x1B4, 9)]


def test_an_increment_once_header_moves_on_after_the_first_word_only():
    assert writes([0xA003206C, 0x41, 8, 9]) == [(1, 0x1B0, 0x41), (1, 0x1B4, 8), (1, 0x1B4, 9)]


def test_an_immediate_header_brings_its_thirteen_bits_itself():
    (operation,) = decode_pushbuffer([0x9FFF2044])

    assert (operation.kind, operation.name, operation.value) == ("immediate", "NVCBC0_WAIT_FOR_IDLE", 0x1FFF)
    assert operation.index == 0


@pytest.mark.parametrize("word", [0, 0x20002062, 0x60000000, 0xA0001FFF])
def test_a_zero_word_and_a_header_without_data_do_nothing(word):
    (operation,) = decode_pushbuffer([word])

    assert (operation.kind, operation.is_method, operation.value) == ("nop", False, None)
    assert summarize([operation]) == []


def test_sub_device_masks_are_control_entries():
    operations = decode_pushbuffer([0x00010FF0, 0x00020010, 0x00030000])

    assert [(op.kind, op.value) for op in operations] == [
        ("set-subdevice-mask", 0xFF),
        ("store-subdevice-mask", 1),
        ("use-subdevice-mask", None),
    ]


def test_nothing_behind_the_end_of_a_segment_is_read():
    operations = decode_pushbuffer([0x80012044, 0xE0000000, 0xFFFFFFFF, 0xC0000000])

    assert [(op.kind, op.value) for op in operations] == [("immediate", 1), ("end", 2)]


@pytest.mark.parametrize(
    ("word", "why"),
    [
        (0xC0000000, "reserved"),
        (0x40042100, "since Kepler"),
        (0x00042100, "since Kepler"),
        (0x00050FF0, "malformed"),
        (0x20023062, "bit 12"),
        (0x80013044, "bit 12"),
    ],
)
def test_a_word_that_no_host_takes_is_refused_with_its_index(word, why):
    with pytest.raises(BadPushbuffer, match=why) as refused:
        decode_pushbuffer([0, 0x80012044, word, 0, 0])

    assert (refused.value.index, refused.value.word) == (2, word)
    assert isinstance(refused.value, FormatError)


def test_a_header_whose_data_is_cut_off_is_refused():
    with pytest.raises(BadPushbuffer) as refused:
        decode_pushbuffer([0, 0x20032062, 1, 2])

    assert (refused.value.index, refused.value.expected, refused.value.found) == (1, 3, 2)


def test_addresses_that_run_past_the_last_method_are_refused():
    assert writes([0x20012FFF, 1]) == [(1, 0x3FFC, 1)]
    with pytest.raises(BadPushbuffer, match="past the last"):
        decode_pushbuffer([0x20022FFF, 1, 2])
    with pytest.raises(BadPushbuffer, match="past the last"):
        decode_pushbuffer([0xA0022FFF, 1, 2])
    assert len(decode_pushbuffer([0x60022FFF, 1, 2])) == 2


def test_what_stands_before_an_error_can_still_be_read():
    operations = iterate_pushbuffer([0x80012044, 0xC0000000])

    assert next(operations).value == 1
    with pytest.raises(BadPushbuffer):
        next(operations)


@pytest.mark.parametrize("word", [-1, 1 << 32, "20022062", 1.5])
def test_only_words_of_32_bits_are_words(word):
    with pytest.raises(BadPushbuffer):
        decode_pushbuffer([word])
    with pytest.raises(BadPushbuffer):
        decode_pushbuffer([0x20012062, word])


def test_words_may_come_from_numpy_and_from_a_file():
    words = np.array([0x20012062, 5], np.uint32)

    assert writes(words) == writes(words_of(words.tobytes())) == [(1, 0x188, 5)]
    with pytest.raises(BadPushbuffer):
        words_of(b"12345")


def test_a_word_that_was_not_recorded_is_an_unknown_value_but_no_header():
    lost, known = decode_pushbuffer([0x20022062, None, 5])
    assert (lost.value, lost.fields, known.value) == (None, {}, 5)

    with pytest.raises(BadPushbuffer, match="not in the recording"):
        decode_pushbuffer([0x20012062, 5, None])


# Names.


def test_methods_below_0x100_are_the_channels_on_every_subchannel():
    names = {op.name for sub in range(8) for op in decode_pushbuffer([0x20010017 | sub << 13, 0x1000])}

    assert names == {"NVC86F_SEM_ADDR_LO"}


def test_a_method_that_no_table_has_is_unknown():
    unbound, missing = decode_pushbuffer([0x2001A040, 1, 0x200123FF, 2])

    assert (unbound.name, unbound.method, unbound.engine) == ("unknown", None, None)
    assert (missing.name, missing.method, missing.class_id) == ("unknown", None, 0xCBC0)
    assert unbound.is_unknown and missing.is_unknown
    assert [type(event) for event in summarize([unbound, missing])] == [MethodWrite, MethodWrite]


def test_set_object_changes_what_a_subchannels_methods_mean():
    words = [0x2001_6000, 0xC8B5, 0x2001_60C0, 0x182]

    before = decode_pushbuffer(words[2:], classes={})
    after = decode_pushbuffer(words, classes={})

    assert before[0].name == "unknown"
    assert after[1].name == "NVC8B5_LAUNCH_DMA"
    assert summarize(after)[0] == Bind(1, 3, 0xC8B5, "HOPPER_DMA_COPY_A")


def test_a_class_without_a_table_leaves_its_methods_unknown():
    operations = decode_pushbuffer([0x2001_2000, 0x9097, 0x20012062, 5])

    assert (operations[1].name, operations[1].class_id) == ("unknown", 0x9097)


def test_fields_have_nvidias_names_and_values():
    (operation,) = decode_pushbuffer([0x200120B0, 0xA])

    assert operation.fields["PCAS_ACTION"].name == "INVALIDATE_PREFETCH_COPY_SCHEDULE"
    assert "PCAS_ACTION=INVALIDATE_PREFETCH_COPY_SCHEDULE" in str(decode_pushbuffer([0x200120B0, 0x10A])[0])
    assert operation.to_dict()["fields"]["PCAS_ACTION"] == {
        "value": 10,
        "name": "INVALIDATE_PREFETCH_COPY_SCHEDULE",
    }


def test_operations_know_where_their_word_stood():
    operations = decode_pushbuffer([0x20022062, 1, 2], gpu_va=0x2_0000_1000)

    assert [op.gpu_va for op in operations] == [0x2_0000_1004, 0x2_0000_1008]


def test_the_default_subchannels_are_compute_on_1_and_copy_on_4():
    assert default_classes() == {1: 0xCBC0, 4: 0xC8B5}
    assert default_classes(0xC7C0) == {1: 0xC7C0, 4: 0xC7B5}


# GPFIFO entries.


def test_a_gpfifo_entry_names_its_segment():
    entry = decode_gpfifo_entry(0x0005DA02_008348EC)

    assert (entry.gpu_va, entry.length_words, entry.size_bytes) == (0x2_0083_48EC, 374, 1496)
    assert (entry.level, entry.sync, entry.conditional, entry.is_control) == (
        "subroutine",
        False,
        False,
        False,
    )


def test_every_bit_of_a_segment_entry_has_its_place():
    entry = decode_gpfifo_entry(0xFFFFFDFF_FFFFFFFD)

    assert entry.gpu_va == 0xFF_FFFF_FFFC
    assert (entry.length_words, entry.level, entry.sync, entry.conditional) == (0x1FFFFF, "main", True, True)


@pytest.mark.parametrize(
    ("opcode", "name"),
    [(0, "NOP"), (1, "ILLEGAL"), (2, "GP_CRC"), (3, "PB_CRC"), (5, "unknown"), (255, "unknown")],
)
def test_an_entry_of_no_length_is_a_control_operation(opcode, name):
    entry = decode_gpfifo_entry(opcode << 32 | 0xDEADBEEF)

    assert (entry.gpu_va, entry.opcode, entry.opcode_name, entry.operand) == (None, opcode, name, 0xDEADBEEF)


def test_the_extended_base_holds_for_the_segments_behind_it():
    base, segment = decode_gpfifo([0x00000004_00000100, 0x00000401_00001000])

    assert (base.opcode_name, base.operand) == ("SET_PB_SEGMENT_EXTENDED_BASE", 1 << 40)
    assert segment.gpu_va == 0x101_0000_1000


@pytest.mark.parametrize("entry", [-1, 1 << 64, None, "0"])
def test_only_64_bits_are_a_gpfifo_entry(entry):
    with pytest.raises(BadPushbuffer):
        decode_gpfifo_entry(entry)


# What a stream does.


def inline_load(gpu_va, *data):
    size = 4 * len(data)
    target = [INCREMENTING | 2 << 16 | COMPUTE | 0x62, gpu_va >> 32, gpu_va & 0xFFFFFFFF]
    lines = [INCREMENTING | 2 << 16 | COMPUTE | 0x60, size, 1]
    return [*target, *lines, 0x2001206C, 0x41, NON_INCREMENTING | len(data) << 16 | COMPUTE | 0x6D, *data]


def test_an_inline_load_is_one_event():
    (load,) = events(inline_load(0x7FCE_4E29_0000, 1, None, 3))

    assert load == InlineLoad(7, 0x7FCE_4E29_0000, (1, None, 3), 12)
    assert load.complete
    assert load.unrecorded == (1,)
    assert load.array(fill=9).tolist() == [1, 9, 3]


def test_an_inline_load_that_brings_too_little_says_so():
    words = inline_load(0x1000, 1, 2, 3)
    words[4] = 64

    (load,) = events(words)

    assert not load.complete
    assert "3 words given" in str(load)


def test_a_qmd_is_sent_by_two_methods():
    assert events([0x200120AD, 0x0204E0C8, 0x200120B0, 0xA]) == [
        SendPcas(3, 0x2_04E0_C800, "INVALIDATE_PREFETCH_COPY_SCHEDULE")
    ]
    (signal,) = events([0x200220AD, 0x0204E0C8, 0, 0x200120AF, 2])[1:]
    assert signal.action == "INVALIDATE=FALSE SCHEDULE=TRUE"


@pytest.mark.parametrize(
    ("flags", "timestamp", "flush"), [(4, True, False), (0, True, True), (0x10000004, False, False)]
)
def test_compute_releases_a_report_semaphore(flags, timestamp, flush):
    words = [0x200426C0, 2, 0x0460FFF0, 0x5C, flags]

    assert events(words) == [SemaphoreRelease(4, "compute", 0x2_0460_FFF0, 0x5C, timestamp, False, flush)]


def test_compute_releases_a_semaphore_of_64_bits():
    words = [0x20052056, 0xAA, 0xBB, 0x1000, 0x2, 0x1008]

    assert events(words) == [
        SemaphoreRelease(5, "compute", 0x2_0000_1000, 0xBB_0000_00AA, False, True, True),
    ]


def test_host_releases_and_acquires_semaphores():
    release = [0x20050017, 0x1000, 2, 7, 1, 0x03100001]
    acquire = [0x20050017, 0x1000, 2, 7, 0, 0x1003]

    assert events(release + acquire) == [
        SemaphoreRelease(5, "host", 0x2_0000_1000, 0x1_0000_0007, True, True, True),
        SemaphoreAcquire(11, "host", 0x2_0000_1000, 7, "ACQ_CIRC_GEQ", False, True),
    ]


def test_host_membars_and_waits():
    words = [0x2004000A, 0, 0, 0, 0x28000000, 0x8000001E, 0x80002044]

    assert events(words) == [
        MemoryOperation(4, "MEMBAR", "SYS_MEMBAR", (0, 0, 0, 0x28000000)),
        WaitForIdle(5, "host"),
        WaitForIdle(6, "compute"),
    ]


COPY_ADDRESSES = [INCREMENTING | 4 << 16 | COPY | 0x100, 1, 0x1000, 2, 0x2000]


def test_the_copy_engine_copies_a_line():
    words = [*COPY_ADDRESSES, 0x20018106, 0x400, 0x200180C0, 0x182]

    assert events(words) == [Copy(8, 0x1_0000_1000, 0x2_0000_2000, 0x400, 1, None, None)]


def test_the_copy_engine_copies_many_lines():
    words = [*COPY_ADDRESSES, 0x20048104, 0x100, 0x200, 0x40, 3, 0x200180C0, 0x382]

    (copy,) = events(words)

    assert copy == Copy(11, 0x1_0000_1000, 0x2_0000_2000, 0x40, 3, 0x100, 0x200)
    assert str(copy) == "copy 0x40 bytes x 3 lines (pitch 0x100 -> 0x200) from 0x100001000 to 0x200002000"


def test_the_copy_engine_fills_with_a_constant():
    words = [
        *(0x20028102, 2, 0x2000),
        *(0x20018106, 0x400),
        *(0x200381C0, 0xDEADBEEF, 0x11, 0x01030054),
        *(0x200180C0, 0x586),
    ]

    assert events(words) == [Fill(10, 0x2_0000_2000, 0x400, 8, 0x11_DEAD_BEEF, 1, None)]


def test_a_remap_that_reads_its_source_stays_a_copy():
    words = [*COPY_ADDRESSES, 0x20018106, 4, 0x200181C2, 0x00030001, 0x200180C0, 0x582]

    (copy,) = events(words)

    assert isinstance(copy, Copy)
    assert copy.remapped


def test_the_copy_engine_releases_a_semaphore_with_or_without_a_copy():
    semaphore = [INCREMENTING | 3 << 16 | COPY | 0x90, 2, 0x0460FF30, 3]
    released = SemaphoreRelease(5, "copy", 0x2_0460_FF30, 3, True, False, True)

    assert events([*semaphore, 0x200180C0, 0x14]) == [released]
    both = events([*semaphore, *COPY_ADDRESSES, 0x20018106, 8, 0x200180C0, 0x196])
    assert [type(event) for event in both] == [Copy, SemaphoreRelease]


def test_setup_that_nothing_uses_is_shown():
    written = events([*COPY_ADDRESSES, 0x200181C2, 0x00030004])

    assert [event.operation.method.name for event in written] == [
        "OFFSET_IN_UPPER",
        "OFFSET_IN_LOWER",
        "OFFSET_OUT_UPPER",
        "OFFSET_OUT_LOWER",
        "SET_REMAP_COMPONENTS",
    ]


def test_what_was_set_once_serves_every_launch_behind_it():
    words = [*COPY_ADDRESSES, 0x20018106, 0x400, 0x200180C0, 0x182, 0x20018103, 0x9000, 0x200180C0, 0x182]

    assert [copy.destination_gpu_va for copy in events(words)] == [0x2_0000_2000, 0x2_0000_9000]


def test_an_address_that_the_stream_does_not_set_is_unknown():
    (copy,) = events([0x20018106, 0x400, 0x200180C0, 0x182])

    assert (copy.source_gpu_va, copy.destination_gpu_va) == (None, None)
    assert "from ? to ?" in str(copy)


def test_control_entries_are_events_too():
    assert events([0x00010FF0, 0xE0000000]) == [Control(0, "set-subdevice-mask", 0xFF), Control(1, "end", 0)]


def test_every_event_reads_as_text_and_as_data():
    words = [
        *inline_load(0x1000, 1),
        *(0x200120AD, 1, 0x200120B0, 0xA, 0x200426C0, 2, 0, 1, 0),
        *(*COPY_ADDRESSES, 0x20018106, 4, 0x200180C0, 0x182),
        *(0x20050017, 0, 0, 1, 0, 0, 0x8000001E, 0x20012000, 0xCBC0, 0xE0000000),
    ]

    for event in events(words):
        assert str(event)
        assert event.to_dict()["event"] == type(event).__name__
