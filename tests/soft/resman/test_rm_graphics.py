"""GR contexts: promotion of their buffers, the golden image, objects of GR, and where grids may be left."""

from __future__ import annotations

import struct

import pytest
from rm_side import (
    BUFFERS,
    CLIENT,
    CONTEXT_VA,
    COPY0,
    COPY2,
    DEVICE,
    GR0,
    IN_USE,
    INITIALISED,
    INSTANCE,
    INVALID_ADDRESS,
    INVALID_ARGUMENT,
    INVALID_CHANNEL,
    INVALID_CLASS,
    INVALID_HANDLE,
    INVALID_STATE,
    OK,
    PTE,
    ROOT,
    SUBDEVICE,
    USERD,
    context_entries,
    context_memory,
    map_context,
    map_large,
    map_page,
    promotion,
)

COMPUTE, THREED, TWOD, INLINE, COPY = 0xCBC0, 0xCB97, 0x902D, 0xA140, 0xC8B5
SECOND = {"instance": INSTANCE + 0x4000, "userd": USERD + 0x200}
MAIN_IMAGE = {0x0C: 0xCAFE0000, 0xFC: 0x600DC0DE, 0x100: 0xDEADCE11, 0x1FC: 0xFACEB00C}
COMPUTE_PREEMPTION = 0x84
WFI, CTA, CILP = 0, 1, 2


def kinds(gpu):
    return [report.kind for report in gpu.reports]


def main_word(gpu, offset, instance=INSTANCE):
    return int.from_bytes(gpu.vram.read(context_memory(instance) + offset, 4), "little")


def another_channel(rm, root=0x180_0000, **changes):
    """A second channel with an address space and a context of its own; nothing of it is promoted."""
    vaspace = rm.vaspace(root=root)
    return rm.graphics_channel(root=root, promoted=False, vaspace=vaspace, **SECOND, **changes)


# Sizes.


def test_the_buffers_of_a_context_are_smaller_than_24_mib(rm):
    reply = rm.asked(SUBDEVICE, 0x20800A32, bytes(0x680))

    assert sum(size for size, _ in struct.iter_unpack("<2I", reply[:0xD0])) <= 24 << 20


# Promotion.


def test_a_context_of_privileged_cleared_mapped_buffers_is_taken_in_silence(rm, gpu):
    channel = rm.graphics_channel()

    buffers = rm.object_of(channel).context.buffers
    assert gpu.reports == []
    assert {int(buffer): known.gpu_va for buffer, known in buffers.items()} == {
        buffer: CONTEXT_VA + offset for buffer, (offset, _) in BUFFERS.items()
    }
    assert [int(buffer) for buffer, known in buffers.items() if known.physical] == list(INITIALISED)
    assert [memory.address - context_memory() for _, memory in rm.object_of(channel).context.memory()] == [
        BUFFERS[buffer][0] for buffer in INITIALISED
    ]


def test_memory_first_and_addresses_then_does_the_same(rm, gpu):
    channel = rm.graphics_channel(promoted=False)
    memory = context_memory()
    physical = [
        promotion(i, 0, memory + BUFFERS[i][0], BUFFERS[i][1], initialise=1, unmapped=1) for i in (0, 2)
    ]
    virtual = [promotion(i, CONTEXT_VA + BUFFERS[i][0]) for i in (0, 2)]

    assert rm.promote(channel, *physical) == OK
    assert rm.promote(channel, *virtual) == OK

    assert all(known.gpu_va and known.physical for known in rm.object_of(channel).context.buffers.values())
    assert gpu.reports == []


BAD_ENTRIES = {
    "a buffer that there is not": (promotion(13, 0x1000), INVALID_ARGUMENT),
    "a buffer that is neither initialised nor mapped": (promotion(0, unmapped=1), INVALID_ARGUMENT),
    "a buffer that firmware does not initialise": (
        promotion(3, 0x1000, 0x1000_0000, 0x2_0000, initialise=1), INVALID_ARGUMENT,
    ),
    "memory of no aperture": (
        promotion(0, 0x1000, 0x1000_0000, 0x5_0000, attributes=3, initialise=1), INVALID_ARGUMENT,
    ),
    "address 0": (promotion(0, 0, 0x1000_0000, 0x5_0000, initialise=1), INVALID_ADDRESS),
    "an address within a page": (promotion(3, 0x1200), INVALID_ADDRESS),
    "memory that there is not": (promotion(0, 0x1000, 1 << 40, 0x5_0000, initialise=1), INVALID_ADDRESS),
    "memory that ends beyond all": (
        promotion(0, 0x1000, (1 << 64) - 0x1000, 0x5_0000, initialise=1), INVALID_ADDRESS,
    ),
    "a page too few": (promotion(0, 0x1000, 0x1000_0000, 0x4_F000, initialise=1), INVALID_ADDRESS),
    "memory within a page": (promotion(2, 0x1000, 0x1000_0800, 0x4000, initialise=1), INVALID_ADDRESS),
    "host memory that is not mapped": (
        promotion(2, 0x1000, 0x5000, 0x4000, attributes=1, initialise=1), INVALID_ADDRESS,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_ENTRIES)
def test_a_promotion_is_refused_as_a_whole_for(rm, name):
    entry, status = BAD_ENTRIES[name]
    channel = rm.graphics_channel(promoted=False)

    assert rm.promote(channel, promotion(3, CONTEXT_VA), entry) == status

    assert rm.object_of(channel).context.buffers == {}


def test_memory_of_firmware_is_no_context_buffer(rm, gpu):
    channel = rm.graphics_channel(promoted=False)
    entry = promotion(2, CONTEXT_VA, gpu.resman.usable_bytes, 0x4000, initialise=1)

    assert rm.promote(channel, entry) == INVALID_ADDRESS


@pytest.mark.parametrize(
    ("engine", "status"), [(0, INVALID_ARGUMENT), (COPY0, INVALID_CHANNEL), (COPY2, INVALID_CHANNEL)]
)
def test_only_gr_has_contexts(rm, engine, status):
    assert rm.promote(rm.graphics_channel(promoted=False), *context_entries(), engine=engine) == status


def test_channels_of_copy_engines_have_none(rm):
    assert rm.promote(rm.channel(engine=COPY2), promotion(3, 0x1000)) == INVALID_CHANNEL
    assert rm.promote(DEVICE, promotion(3, 0x1000)) == INVALID_HANDLE


def test_buffers_in_host_memory_are_taken(rm, gpu):
    channel = rm.graphics_channel(promoted=False)
    entry = promotion(2, 0, rm.host.BASE, 0x4000, attributes=1, initialise=1, unmapped=1)

    assert rm.promote(channel, entry) == OK
    assert gpu.reports == []


def flaw(rm, gpu, entry=None, buffer=0, clean=True):
    """What is reported when one buffer is promoted."""
    channel = rm.graphics_channel(promoted=False)
    if entry is not None:
        map_context(gpu, entry=entry)
    if not clean:
        gpu.vram.write(context_memory() + BUFFERS[buffer][0] + 0x3FFF, b"\1")
    assert rm.promote(channel, *context_entries(buffers=(buffer,))) == OK
    return kinds(gpu)


@pytest.mark.parametrize("buffer", INITIALISED)
def test_memory_that_was_not_cleared_is_reported(rm, gpu, buffer):
    assert flaw(rm, gpu, buffer=buffer, clean=False) == ["dirty context buffer"]


@pytest.mark.parametrize("buffer", BUFFERS)
def test_buffers_that_are_not_privileged_are_reported(rm, gpu, buffer):
    assert flaw(rm, gpu, entry=PTE, buffer=buffer) == ["unprivileged context buffer"]


@pytest.mark.parametrize(("buffer", "found"), [(0, ["read-only context buffer"]), (10, [])])
def test_only_the_map_of_registers_may_be_read_only(rm, gpu, buffer, found):
    assert flaw(rm, gpu, entry=PTE | 6 << 3, buffer=buffer) == found


def test_a_buffer_that_is_not_mapped_to_its_end_is_reported(rm, gpu):
    channel = rm.graphics_channel(promoted=False)
    at = CONTEXT_VA + BUFFERS[11][0]

    assert rm.promote(channel, promotion(5, at)) == OK
    assert kinds(gpu)[0] == "unmapped context buffer"


def test_an_address_that_leads_elsewhere_is_reported(rm, gpu):
    channel = rm.graphics_channel(promoted=False)
    entry = promotion(2, CONTEXT_VA + BUFFERS[2][0], context_memory() + 0x10_0000, 0x4000, initialise=1)

    assert rm.promote(channel, entry) == OK
    assert kinds(gpu) == ["misplaced context buffer"]


def test_the_attribute_buffer_is_aligned_to_its_size(rm, gpu):
    channel = rm.graphics_channel(promoted=False)

    assert rm.promote(channel, promotion(5, CONTEXT_VA + BUFFERS[4][0])) == OK
    assert kinds(gpu) == ["misaligned context buffer"]


def test_two_contexts_in_one_memory_are_reported(rm, gpu):
    rm.graphics_channel()
    second = another_channel(rm)
    map_context(gpu, root=0x180_0000)

    assert rm.promote(second, *context_entries(INSTANCE, buffers=(2,))) == OK
    assert kinds(gpu) == ["shared context buffer"]


def test_a_groups_channels_have_one_context(rm, gpu):
    vaspace = rm.vaspace()
    group = rm.group(engine=GR0, vaspace=vaspace)
    first = rm.graphics_channel(group, promoted=False, vaspace=0)
    second = rm.channel(group, engine=GR0, vaspace=0, **SECOND)

    assert rm.promote(group, *context_entries()) == OK

    assert rm.object_of(first).context is rm.object_of(second).context
    assert rm.alloc(second, 5, COMPUTE)[0] == OK
    assert gpu.reports == []


def test_a_context_with_objects_is_neither_initialised_again_nor_forgotten(rm):
    channel = rm.graphics_channel()
    compute = rm.made(channel, COMPUTE)
    evict = struct.pack("<5I", GR0, 0, 0, CLIENT, channel)

    assert rm.promote(channel, *context_entries(buffers=(0,))) == INVALID_STATE
    assert rm.control(SUBDEVICE, 0x2080012C, evict)[0] == IN_USE
    rm.free(compute)
    assert rm.control(SUBDEVICE, 0x2080012C, evict)[0] == OK
    assert rm.alloc(channel, 5, COMPUTE)[0] == INVALID_STATE


# Objects and the golden image.


def test_the_first_object_makes_the_golden_image(rm, gpu):
    channel = rm.graphics_channel()
    before = gpu.resman.has_golden_image

    rm.made(channel, COMPUTE)

    assert (before, gpu.resman.has_golden_image) == (False, True)
    assert {offset: main_word(gpu, offset) for offset in MAIN_IMAGE} == MAIN_IMAGE


@pytest.mark.parametrize("left_out", [0, 2, 3, 4, 5, 6, 9, 10])
def test_the_golden_image_needs_every_buffer(rm, gpu, left_out):
    channel = rm.graphics_channel(promoted=False)
    rm.promote(channel, *context_entries(buffers=set(BUFFERS) - {left_out}))

    assert rm.alloc(channel, 5, COMPUTE)[0] == INVALID_STATE
    assert not gpu.resman.has_golden_image


def test_the_map_of_registers_may_be_given_by_its_memory_alone(rm, gpu):
    channel = rm.graphics_channel(promoted=False)
    rm.promote(channel, *context_entries(buffers=set(BUFFERS) - {10}))
    at, size = BUFFERS[10]
    rm.promote(channel, promotion(10, 0, context_memory() + at, size, initialise=1, unmapped=1))

    assert rm.alloc(channel, 5, THREED)[0] == OK
    assert gpu.reports == []


def with_golden_image(rm):
    rm.free(rm.made(rm.graphics_channel(), THREED))


@pytest.mark.parametrize("left_out", [0, 2])
def test_compute_needs_main_and_patch(rm, left_out):
    with_golden_image(rm)
    channel = another_channel(rm)
    entries = context_entries(SECOND["instance"], buffers={0, 2} - {left_out})
    rm.promote(channel, *entries)

    assert rm.alloc(channel, 5, COMPUTE)[0] == INVALID_STATE


@pytest.mark.parametrize(
    ("class_id", "status"), [(COMPUTE, OK), (INLINE, OK), (THREED, INVALID_STATE), (TWOD, INVALID_STATE)]
)
def test_once_there_is_the_golden_image_compute_needs_no_more(rm, gpu, class_id, status):
    with_golden_image(rm)
    channel = another_channel(rm)
    rm.promote(channel, *context_entries(SECOND["instance"], buffers=(0, 2)))

    assert rm.alloc(channel, 5, class_id)[0] == status


def test_a_context_needs_memory_and_not_an_address_alone(rm):
    with_golden_image(rm)
    channel = another_channel(rm)
    rm.promote(channel, promotion(0, CONTEXT_VA), promotion(2, CONTEXT_VA + BUFFERS[2][0]))

    assert rm.alloc(channel, 5, COMPUTE)[0] == INVALID_STATE


def test_a_context_that_is_not_mapped_any_more_makes_no_object(rm, gpu):
    channel = rm.graphics_channel()
    map_large(gpu, ROOT, CONTEXT_VA, 0, entry=0)

    assert rm.alloc(channel, 5, COMPUTE)[0] == INVALID_ADDRESS


def test_another_boot_needs_another_golden_image(rm, gpu):
    with_golden_image(rm)

    gpu.resman.reset()

    assert not gpu.resman.has_golden_image


@pytest.mark.parametrize("class_id", [COMPUTE, THREED, TWOD, INLINE])
def test_objects_of_gr_are_for_channels_of_gr(rm, class_id):
    assert rm.alloc(rm.channel(engine=COPY2), 5, class_id)[0] == INVALID_CLASS
    assert rm.alloc(rm.channel(engine=COPY0, **SECOND), 6, class_id)[0] == INVALID_CLASS


def test_an_object_lets_the_channel_name_its_class(rm):
    channel = rm.graphics_channel()
    rm.made(channel, COMPUTE)

    assert rm.object_of(channel).setup.classes == {COMPUTE}


@pytest.mark.parametrize("flags", [0, 8])
def test_both_sorts_of_address_spaces_have_contexts(rm, gpu, flags):
    vaspace = rm.vaspace(flags=flags, root=ROOT if flags else None)
    map_page(gpu, ROOT, 1 << 32, 0x700_0000)
    if not flags:
        levels = bytearray(0xB8)
        struct.pack_into("<QQQI", levels, 8, 1 << 29, 1 << 32, (1 << 32) + (1 << 29) - 1, 4)
        for row, (shift, size) in enumerate(((56, 16), (47, 4096), (38, 4096), (29, 4096))):
            struct.pack_into("<QQIB", levels, 0x28 + 0x18 * row, ROOT + 0x1000 * row, size, 1, shift)
        rm.asked(vaspace, 0x90F10106, bytes(levels))
    channel = rm.graphics_channel(vaspace=vaspace, flags=1 << 8 | 1 << 21 | 1 << 5)

    assert rm.alloc(channel, 5, THREED)[0] == OK
    assert gpu.reports == []


# Preemption.


@pytest.fixture
def modes(gpu, monkeypatch):
    """What GR was told: (channel's number, mode)."""
    told = []
    monkeypatch.setattr(
        gpu.graphics, "set_preemption_mode", lambda channel, mode: told.append((channel.chid, int(mode)))
    )
    return told


def set_mode(rm, channel, mode, flags=1, graphics=0):
    params = struct.pack("<4I", flags, channel, graphics, mode).ljust(0x20, b"\0")
    return rm.control(SUBDEVICE, 0x20801210, params)[0]


def test_the_mode_of_preemption_reaches_gr_and_the_image(rm, gpu, modes):
    channel = rm.graphics_channel()
    rm.made(channel, COMPUTE)

    assert set_mode(rm, channel, CILP) == OK

    assert modes == [(1, CILP)]
    assert main_word(gpu, COMPUTE_PREEMPTION) == CILP


def test_a_mode_that_is_not_flagged_is_not_set(rm, modes):
    channel = rm.graphics_channel()
    rm.made(channel, COMPUTE)

    assert set_mode(rm, channel, 7, flags=2, graphics=1) == OK
    assert modes == []


@pytest.mark.parametrize(("mode", "flags", "graphics"), [(3, 1, 0), (0, 2, 3), (0xFFFFFFFF, 3, 0)])
def test_modes_that_there_are_not_are_refused(rm, modes, mode, flags, graphics):
    channel = rm.graphics_channel()
    rm.made(channel, COMPUTE)

    assert set_mode(rm, channel, mode, flags, graphics) == INVALID_ARGUMENT
    assert modes == []


def test_a_mode_needs_an_object_of_gr_first(rm, modes):
    assert set_mode(rm, rm.graphics_channel(), CILP) == INVALID_STATE
    assert set_mode(rm, rm.channel(engine=COPY2, **SECOND), CILP) == INVALID_CHANNEL
    assert modes == []


def test_the_mode_is_the_groups_and_of_channels_made_later(rm, modes):
    vaspace = rm.vaspace()
    group = rm.group(engine=GR0, vaspace=vaspace)
    first = rm.graphics_channel(group, vaspace=0)
    rm.made(first, COMPUTE)
    modes.clear()

    assert set_mode(rm, first, CTA) == OK
    rm.channel(group, engine=GR0, vaspace=0, **SECOND)

    assert modes == [(1, CTA), (2, CTA)]


def test_a_realtime_group_takes_others_the_middle_of_their_ctas(rm, modes):
    first = rm.graphics_channel(rm.group(engine=GR0, vaspace=rm.vaspace()), vaspace=0)
    rm.made(first, COMPUTE)
    set_mode(rm, first, CILP)
    other = rm.group(engine=GR0, vaspace=rm.vaspace(root=0x180_0000))
    rm.graphics_channel(other, root=0x180_0000, promoted=False, vaspace=0, **SECOND)
    modes.clear()

    assert rm.control(other, 0xA06C0110, b"\1")[0] == OK

    assert modes == [(1, CTA)]
    assert rm.object_of(first).context.compute_mode == CTA


def bind(rm, channel, addresses, mode=CILP):
    params = bytearray(0x70)
    struct.pack_into("<3I", params, 0, 1, CLIENT, channel)
    struct.pack_into("<9Q", params, 0x10, *addresses)
    struct.pack_into("<2I", params, 0x58, 0, mode)
    return rm.control(SUBDEVICE, 0x20801211, bytes(params))[0]


def test_a_save_area_has_to_be_mapped(rm, modes):
    channel = rm.graphics_channel()
    rm.made(channel, COMPUTE)

    assert bind(rm, channel, [0x7000_0000] + [0] * 8) == INVALID_ADDRESS
    assert modes == []
    assert bind(rm, channel, [CONTEXT_VA] + [0] * 8) == OK
    assert modes == [(1, CILP)]


# Who is on GR.


def test_the_resident_channel_is_told_by_its_number(rm, gpu, monkeypatch):
    nobody = struct.unpack_from("<I", rm.asked(SUBDEVICE, 0x2080121C, bytes(0x18)))[0]
    rm.graphics_channel()
    monkeypatch.setattr(type(gpu.graphics), "resident", gpu.fifo.channels[0, 1])
    somebody = struct.unpack_from("<I", rm.asked(SUBDEVICE, 0x2080121C, bytes(0x18)))[0]

    assert (nobody, somebody) == (0xFFFFFFFF, 1)


# What a channel's context lacks, for GR.


def test_a_whole_context_lacks_nothing(rm, gpu):
    channel = rm.object_of(rm.graphics_channel())

    assert channel.context.missing(gpu.resman, channel) is None


def test_a_context_says_what_it_lacks(rm, gpu):
    channel = rm.object_of(rm.graphics_channel(promoted=False))
    nothing = channel.context.missing(gpu.resman, channel)
    rm.promote(channel.handle, *context_entries())
    map_large(gpu, ROOT, CONTEXT_VA + BUFFERS[2][0], 0, entry=0)

    assert nothing == "no MAIN buffer was promoted"
    assert channel.context.missing(gpu.resman, channel) == "the PATCH buffer is not mapped at 0x8200000"
