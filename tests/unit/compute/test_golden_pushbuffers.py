"""What NVIDIA's driver wrote to an H100's channels, read back word by word.

The recordings are large and stand outside the repository: BAREWIRE_GOLDEN names their directory, or they are
looked for in shared/golden beside the checkout.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from barewire.channel import recording
from barewire.channel.decoder import Copy, InlineLoad, SemaphoreAcquire, SemaphoreRelease
from barewire.channel.recording import BANK0, CONTEXT_WORDS, bank0_field

HERE = Path(__file__).resolve()
GOLDEN = Path(os.environ.get("BAREWIRE_GOLDEN") or HERE.parents[4] / "shared" / "golden")
FILE = GOLDEN / "h100-580" / "pushbuffers.json"

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the recordings are not here (set BAREWIRE_GOLDEN)")

KERNELS = {
    "empty": ((1, 1, 1), (32, 1, 1)),
    "empty_3d": ((5, 6, 7), (8, 4, 2)),
    "params": ((2, 1, 1), (64, 1, 1)),
    "dyn_2k": ((1, 1, 1), (32, 1, 1)),
    "dyn_200k": ((1, 1, 1), (32, 1, 1)),
    "dyn_64k": ((1, 1, 1), (32, 1, 1)),
    "stat": ((1, 1, 1), (32, 1, 1)),
    "local": ((1, 1, 1), (32, 1, 1)),
    "cluster2": ((4, 1, 1), (32, 1, 1)),
    "globals": ((1, 1, 1), (32, 1, 1)),
    "wide_1024": ((3, 1, 1), (1024, 1, 1)),
}
SIZES = (4, 4096, 1 << 20, 32 << 20)


@pytest.fixture(scope="module")
def golden():
    return recording.load(FILE)


def only_launch(golden, op):
    (launch,) = recording.launches(golden.record(op))
    return launch


def all_launches(golden):
    return [(record.op, launch) for record in golden.records for launch in recording.launches(record)]


def bank(launch, name):
    """A field of bank 0: a number, or a tuple of 32-bit words where it has more than eight bytes."""
    (field,) = (field for field in BANK0 if field.name == name)
    words = launch.bank0.array()[field.offset // 4 : (field.offset + field.size_bytes) // 4].tolist()
    return {1: words[0], 2: words[0] | words[-1] << 32}.get(len(words), tuple(words))


def field(view, name):
    return view[name].value


def triple(view, *names):
    return tuple(field(view, name) for name in names)


# The streams.


def test_all_28_records_decode_without_an_unknown_method(golden):
    assert len(golden.records) == 28
    unknown = [(record.op, str(op)) for record in golden.records for op in record.operations if op.is_unknown]
    assert unknown == []
    assert sum(len(record.operations) for record in golden.records) > 7000


def test_every_record_submits_as_far_as_its_channel_was_told(golden):
    """GP_PUT stands 0x8c into USERD (OGKM:clc86f.h); this driver keeps USERD 0x2000 behind its ring."""
    for record in golden.records:
        told = {}
        for span in record.spans:
            userd = span.gpu_va - 0x20
            if userd % 0x1000 == 0 and span.end > userd + 0x8C:
                told[userd - 0x2000] = record.memory[userd + 0x8C]
        submitted = {}
        for segment in record.segments:
            ring = max(ring for ring in told if ring <= segment.entry_gpu_va)
            submitted[ring] = (segment.entry_gpu_va - ring) // 8 + 1
        assert submitted == told, record.op


def test_two_operations_have_two_segments_the_others_one(golden):
    submitted = {record.op: len(record.segments) for record in golden.records}

    assert submitted.pop("two_launches") == 2
    assert (
        submitted.pop("stream_wait_event") == 2
    )  # one on the stream that records, one on the stream that waits
    assert set(submitted.values()) == {1}


def test_everything_the_driver_wrote_is_read_or_a_semaphore(golden):
    for record in golden.records:
        read = {segment.gpu_va + 4 * at for segment in record.segments for at in range(len(segment.words))}
        semaphores = [
            event.gpu_va for segment in record.segments for event in segment.events if _releases(event)
        ]
        semaphores += [
            launch.qmd_view.addresses()["RELEASE_SEMAPHORE0"] for launch in recording.launches(record)
        ]
        read |= {gpu_va + at for gpu_va in semaphores for at in (0, 4, 8, 12)}  # payload and time
        for span in record.spans:
            if span.map == "/dev/nvidiactl":  # rings and USERD are in the other map
                changed = range(span.gpu_va + 4 * CONTEXT_WORDS, span.end - 4 * CONTEXT_WORDS, 4)
                first_and_last = {changed[0], changed[-1]}
                assert first_and_last <= read, (record.op, hex(span.gpu_va))


def _releases(event):
    return isinstance(event, SemaphoreRelease)


def test_words_that_the_recording_lacks_are_data_of_inline_loads_only(golden):
    for record in golden.records:
        lost = sum(len(segment.unrecorded) for segment in record.segments)
        loads = [
            event for segment in record.segments for event in segment.events if isinstance(event, InlineLoad)
        ]
        assert sum(len(load.unrecorded) for load in loads) == lost
        assert all(load.complete for load in loads)


def test_every_semaphore_holds_its_payload_when_the_operation_is_done(golden):
    """The spans were read after the operation: what the stream releases last is what memory then holds."""
    for record in golden.records:
        expected = {
            event.gpu_va: event.payload
            for segment in record.segments
            for event in segment.events
            if _releases(event) and event.gpu_va in record.memory
        }
        for launch in recording.launches(record):
            expected[launch.qmd_view.addresses()["RELEASE_SEMAPHORE0"]] = field(
                launch.qmd_view, "RELEASE_SEMAPHORE0_PAYLOAD_LOWER"
            )
        assert expected
        assert {gpu_va: record.memory[gpu_va] for gpu_va in expected} == expected


def test_a_reader_that_starts_one_word_late_does_not_get_through(golden):
    from barewire.channel.decoder import decode_pushbuffer
    from barewire.errors import BadPushbuffer

    words = golden.record("params").segments[0].words

    with pytest.raises(BadPushbuffer):
        decode_pushbuffer(words[1:])


@pytest.mark.parametrize("size", SIZES)
def test_copies_to_the_host_go_through_the_copy_engine(golden, size):
    (segment,) = golden.record(f"d2h_pinned_{size}").segments

    copy, release = segment.events

    assert (copy.source_gpu_va, copy.destination_gpu_va) == (0x7FCE_2A00_0000, 0x7FCE_2200_0000)
    assert (copy.line_bytes, copy.lines) == (size, 1)
    assert (release.engine, release.timestamp, release.flush) == ("copy", True, True)


@pytest.mark.parametrize("size", SIZES)
def test_small_copies_to_the_gpu_are_inline(golden, size):
    (segment,) = golden.record(f"h2d_pinned_{size}").segments

    transfer, release = segment.events

    assert isinstance(transfer, InlineLoad if size <= 4096 else Copy)
    assert (transfer.size_bytes if size <= 4096 else transfer.line_bytes) == size
    assert release.engine == ("compute" if size <= 4096 else "copy")


def test_a_stream_write_is_done_by_the_host(golden):
    (segment,) = golden.record("stream_write_value").segments

    _membar, write, _again, acquire, release = segment.events

    assert (write.engine, write.gpu_va, write.payload) == ("host", 0x7FCE_2A00_0000, 0x77)
    assert isinstance(acquire, SemaphoreAcquire)
    assert (acquire.condition, acquire.payload + 1) == ("ACQ_CIRC_GEQ", release.payload)


# The launches.


def test_the_recordings_hold_nineteen_launches(golden):
    found = [op for op, _launch in all_launches(golden)]

    assert len(found) == 19
    assert set(KERNELS) <= set(found)


@pytest.mark.parametrize("op", KERNELS)
def test_grid_and_block_stand_in_bank_0_and_in_the_qmd(golden, op):
    grid, block = KERNELS[op]
    launch = only_launch(golden, op)
    recorded = golden.record(op).facts

    assert tuple(recorded.get("grid", grid)) == grid
    assert (bank(launch, "block"), bank(launch, "grid")) == (block, grid)
    assert triple(launch.qmd_view, *(f"CTA_THREAD_DIMENSION{axis}" for axis in range(3))) == block
    clusters = tuple(size // per for size, per in zip(grid, bank(launch, "cluster"), strict=True))
    assert bank(launch, "clusters") == clusters
    assert triple(launch.qmd_view, "GRID_WIDTH", "GRID_HEIGHT", "GRID_DEPTH") == clusters


def test_clusters_change_the_kind_of_grid(golden):
    launch = only_launch(golden, "cluster2")
    view = launch.qmd_view

    assert view["QMD_TYPE"].name == "GRID_GPC_CGA"
    assert triple(view, "GPC_CGA_WIDTH", "GPC_CGA_HEIGHT", "GPC_CGA_DEPTH") == (2, 1, 1)
    assert view["CGA_CTA_DISTRIBUTION_MODE"].name == "MULTI_CAST"
    assert (bank(launch, "is_cluster"), bank(launch, "cluster"), bank(launch, "cluster_size")) == (
        1,
        (2, 1, 1),
        2,
    )
    halves = struct.unpack("<3f", struct.pack("<3I", *bank(launch, "cluster_inverse")))
    assert halves == (0.5, 1.0, 1.0)


def test_parameters_follow_bank_0_byte_for_byte(golden):
    launch = only_launch(golden, "params")

    assert launch.parameters.size_bytes == 0x28
    assert struct.unpack("<Qi4xqc7xd", launch.parameters.array().tobytes()) == (
        0x7FCE_2A00_0000,
        19088743,
        1234605616436508552,
        b"\x5a",
        1.5,
    )
    assert only_launch(golden, "empty").parameters is None


def test_bank_0_points_at_itself_its_parameters_its_qmd_and_its_program(golden):
    for _op, launch in all_launches(golden):
        addresses = launch.qmd_view.addresses()
        size = 0 if launch.parameters is None else launch.parameters.size_bytes
        assert launch.bank0.size_bytes == 0x210
        assert launch.bank0.gpu_va == bank(launch, "bank_0") == addresses["CONSTANT_BUFFER(0)"]
        assert bank(launch, "parameters") == launch.bank0.gpu_va + 0x210
        assert bank(launch, "parameters_end") == launch.bank0.gpu_va + 0x210 + size
        assert bank(launch, "qmd") == launch.qmd.gpu_va
        assert bank(launch, "program") == addresses["PROGRAM"] == addresses["PROGRAM_PREFETCH"]
        assert bank(launch, "bank_1") == addresses["CONSTANT_BUFFER(1)"]
        assert bank(launch, "bank_3") == addresses.get("CONSTANT_BUFFER(3)", 0)
        assert bank(launch, "bank_4") == addresses.get("CONSTANT_BUFFER(4)", 0)
        assert addresses["CONSTANT_BUFFER(5)"] == addresses["CONSTANT_BUFFER(0)"]


def test_every_word_of_bank_0_that_is_not_zero_is_in_the_table(golden):
    unexplained = {
        (op, hex(4 * at))
        for op, launch in all_launches(golden)
        for at, word in enumerate(launch.bank0.words)
        if word and bank0_field(4 * at) is None
    }
    assert unexplained == set()


def test_the_tables_constants_are_the_same_in_every_launch(golden):
    for entry in BANK0:
        if entry.varies == "constant":
            assert len({bank(launch, entry.name) for _op, launch in all_launches(golden)}) == 1, entry.name


@pytest.mark.parametrize(
    ("op", "dynamic", "total"),
    [
        ("empty", 0, 0x400),
        ("dyn_2k", 2048, 0x400 + 2048),
        ("dyn_64k", 65536, 0x400 + 65536),
        ("dyn_200k", 204800, 0x400 + 204800),
        ("stat", 0, 0x400 + 4 * 3000),
    ],
)
def test_shared_memory_is_reserved_plus_static_plus_dynamic(golden, op, dynamic, total):
    launch = only_launch(golden, op)

    assert (bank(launch, "shared_dynamic_bytes"), bank(launch, "shared_bytes")) == (dynamic, total)
    assert field(launch.qmd_view, "SHARED_MEMORY_SIZE") == -(-total // 128) * 128


CONFIGURATIONS_KIB = (0, 8, 16, 32, 64, 100, 132, 164, 196, 228)


def test_the_shared_memory_split_fits_as_many_blocks_as_an_sm_can_hold(golden):
    for op, launch in all_launches(golden):
        view = launch.qmd_view
        threads = 1
        for axis in range(3):
            threads *= field(view, f"CTA_THREAD_DIMENSION{axis}")
        size = field(view, "SHARED_MEMORY_SIZE")
        blocks = min(32, 64 // -(-threads // 32), (228 << 10) // size if size else 32)
        split = next(kib for kib in CONFIGURATIONS_KIB if kib << 10 >= blocks * size)
        assert field(view, "TARGET_SM_CONFIG_SHARED_MEM_SIZE") == split // 4 + 1, op
        assert field(view, "MIN_SM_CONFIG_SHARED_MEM_SIZE") == split // 4 + 1, op
        assert field(view, "MAX_SM_CONFIG_SHARED_MEM_SIZE") == 228 // 4 + 1, op


@pytest.mark.parametrize(
    ("op", "code_bytes"),
    [("empty", 0x100), ("params", 0x200), ("local", 0x7380), ("cluster2", 0x180), ("globals", 0x200)],
)
def test_the_program_is_prefetched_with_two_kilobytes_behind_it(golden, op, code_bytes):
    view = only_launch(golden, op).qmd_view

    assert field(view, "PROGRAM_PREFETCH_SIZE") == -(-(code_bytes + 0x800) // 0x100)


def test_a_launch_is_chained_to_the_next_by_an_auxiliary_qmd(golden):
    first, second = recording.launches(golden.record("two_launches"))

    assert first.qmd_view.addresses()["DEPENDENT_QMD0"] == first.auxiliary.gpu_va
    assert first.qmd_view["DEPENDENT_QMD_ACTION(0)"].name == "QMD_DECREMENT_DEPENDENCE"
    assert first.auxiliary_view.addresses()["DEPENDENT_QMD0"] == second.qmd.gpu_va
    assert first.auxiliary_view["DEPENDENT_QMD_ACTION(0)"].name == "QMD_SCHEDULE"
    assert first.auxiliary_view["DEPENDENCE_COUNTER"].value == 2
    assert bank(second, "launch_serial") == bank(first, "launch_serial") + 1


def test_every_launch_presets_its_semaphore_one_below_what_the_qmd_releases(golden):
    for _op, launch in all_launches(golden):
        (preset,) = launch.semaphore_preset.words
        assert preset + 1 == field(launch.qmd_view, "RELEASE_SEMAPHORE0_PAYLOAD_LOWER")
        assert launch.actions == ("INVALIDATE_PREFETCH_COPY_SCHEDULE",) * 2
        assert launch.completion.engine == "compute"


VARYING = {
    "QMD_TYPE",
    "DEPENDENT_QMD0_POINTER",
    "SHARED_MEMORY_SIZE",
    "MIN_SM_CONFIG_SHARED_MEM_SIZE",
    "TARGET_SM_CONFIG_SHARED_MEM_SIZE",
    "RELEASE_SEMAPHORE0_ADDR_LOWER",
    "RELEASE_SEMAPHORE0_PAYLOAD_LOWER",
    "GRID_WIDTH",
    "GRID_HEIGHT",
    "GRID_DEPTH",
    "CTA_THREAD_DIMENSION0",
    "CTA_THREAD_DIMENSION1",
    "CTA_THREAD_DIMENSION2",
    "REGISTER_COUNT",
    "PROGRAM_ADDRESS_LOWER",
    "PROGRAM_PREFETCH_ADDR_LOWER_SHIFTED",
    "PROGRAM_PREFETCH_SIZE",
    "ARRIVE_AT_LATCH_ID",
    "GPC_CGA_WIDTH",
    "GPC_CGA_HEIGHT",
    "GPC_CGA_DEPTH",
    "CGA_CTA_DISTRIBUTION_MODE",
    *(f"CONSTANT_BUFFER_VALID({bank})" for bank in (3, 4)),
    *(f"CONSTANT_BUFFER_ADDR_LOWER_SHIFTED6({bank})" for bank in (0, 3, 4, 5)),
    *(
        f"CONSTANT_BUFFER_{what}({bank})"
        for what in ("ADDR_UPPER_SHIFTED6", "SIZE_SHIFTED4")
        for bank in (3, 4)
    ),
}


def test_the_qmds_of_all_launches_differ_in_known_fields_only(golden):
    first = only_launch(golden, "empty").qmd_view
    differing = {name for _op, launch in all_launches(golden) for name, _, _ in first.diff(launch.qmd_view)}

    assert differing == VARYING
    assert all(launch.qmd_view.undefined == {} for _op, launch in all_launches(golden))
