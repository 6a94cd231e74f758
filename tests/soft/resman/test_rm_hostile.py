"""Whatever comes over the queue: an answer, never an exception."""

from __future__ import annotations

import random
import struct

import pytest
from barewire.softgpu.gsp import controls
from barewire.softgpu.gsp.classes import CLASSES
from barewire.softgpu.gsp.later import Later
from rm_side import (
    CLIENT,
    DEVICE,
    GR0,
    INSTANCE,
    OK,
    SPARSE,
    SUBDEVICE,
    USERD,
    channel_params,
    context_entries,
    context_memory,
)
from rm_space import Space

FUNCTIONS = (4, 10, 14, 15, 21, 47, 54, 65, 70, 72, 73, 76, 79, 103, 200, 5, 0x1003)
SEEDS = range(4)


def noise(chance, size):
    """Bytes of which many are zero, and some are handles."""
    words = [
        chance.choice((0, 0, 1, 2, CLIENT, DEVICE, SUBDEVICE, chance.getrandbits(32)))
        for _ in range(size // 4)
    ]
    return struct.pack(f"<{len(words)}I", *words) + bytes(size % 4)


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_is_answered(rm, gpu, seed):
    chance = random.Random(seed)
    for _ in range(400):
        answer = rm.call(chance.choice(FUNCTIONS), noise(chance, chance.choice((0, 3, 8, 0x18, 0x40, 0x200))))
        assert answer is None or 0 <= answer[0] <= 0xFFFF


@pytest.mark.parametrize("seed", SEEDS)
def test_allocations_of_noise_are_answered(rm, gpu, seed):
    chance = random.Random(seed)
    parents = [CLIENT, DEVICE, SUBDEVICE, rm.group(), rm.channel()]
    for _ in range(300):
        number, row = chance.choice(list(CLASSES.items()))
        rm.alloc(
            chance.choice(parents), chance.randrange(1, 50), number, noise(chance, chance.choice(row.sizes))
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_channels_with_a_wrong_word_are_answered(rm, gpu, seed):
    chance = random.Random(seed)
    vaspace = rm.vaspace()
    good = channel_params(vaspace=vaspace)
    for _ in range(300):
        params = bytearray(good)
        for _ in range(chance.randrange(1, 4)):
            word = chance.choice((0, 1, 0xFFFFFFFF, chance.getrandbits(32), 1 << chance.randrange(32)))
            struct.pack_into("<I", params, 4 * chance.randrange(len(params) // 4), word)
        status, _ = rm.alloc(DEVICE, 5, 0xC86F, bytes(params))
        if status == OK:
            gpu.resman.robust.channel_error(rm.object_of(5), 32)
            assert rm.free(5) == OK


@pytest.mark.parametrize("seed", SEEDS)
def test_controls_of_noise_are_answered(rm, gpu, seed):
    chance = random.Random(seed)
    objects = {
        "device": DEVICE, "subdevice": SUBDEVICE, "address space": rm.vaspace(), "channel": rm.channel(),
        "channel group": rm.group(), "memory": rm.memory([0x90_0000]),
        "debugger": rm.debugger(instance=INSTANCE + 0x8000, userd=USERD + 0x8000),
    }  # fmt: skip
    for _ in range(5):
        for number, row in controls.table().items():
            rm.control(objects[row.kind.value], number, noise(chance, row.layout.size_bytes))


def damaged(chance, data):
    """Bytes with a few words of them changed."""
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        word = chance.choice((0, 1, 0xFFFFFFFF, chance.getrandbits(32), 1 << chance.randrange(32)))
        struct.pack_into("<I", changed, 4 * chance.randrange(len(changed) // 4), word)
    return bytes(changed)


@pytest.mark.parametrize("seed", SEEDS)
def test_promotions_with_a_wrong_word_are_answered(rm, gpu, seed):
    chance = random.Random(seed)
    channel = rm.graphics_channel(promoted=False)
    entries = context_entries()
    head = struct.pack("<5I20xI4x", GR0, 0, 0, CLIENT, channel, len(entries))
    good = (head + b"".join(entries)).ljust(0x230, b"\0")
    own = gpu.resman.usable_bytes
    before = gpu.vram.read(own, 0x10000)
    for number in range(60):
        gpu.vram.fill(context_memory(), 20 << 20, 0)
        rm.control(SUBDEVICE, 0x2080012B, damaged(chance, good))
        status, _ = rm.alloc(channel, 0x5000 + number, chance.choice((0xCBC0, 0xCB97)))
        if status == OK:
            assert rm.free(0x5000 + number) == OK
        context = rm.object_of(channel).context
        assert not context.objects
        if chance.random() < 0.5:
            context.clear()
    assert gpu.vram.read(own, 0x10000) == before


@pytest.mark.parametrize("seed", SEEDS)
def test_controls_of_a_running_context_with_a_wrong_word_are_answered(rm, gpu, seed):
    chance = random.Random(seed)
    channel = rm.graphics_channel()
    compute = rm.made(channel, 0xCBC0)
    session = rm.made(DEVICE, 0x83DE, struct.pack("<3I", 0, 0, compute))
    good = {
        0x20801210: (SUBDEVICE, struct.pack("<4I", 1, channel, 0, 2), 0x20),
        0x20801211: (SUBDEVICE, struct.pack("<3I", 1, CLIENT, channel), 0x70),
        0x2080012C: (SUBDEVICE, struct.pack("<5I", GR0, 0, 0, CLIENT, channel), 0x14),
        0x83DE0309: (session, bytes(4), 4),
        0x83DE030B: (session, struct.pack("<2I", channel, 5), 0x38),
        0x83DE030C: (session, struct.pack("<2I", channel, 100), 0x12D8),
        0x83DE030F: (session, struct.pack("<2I", channel, 5), 8),
        0x83DE0310: (session, struct.pack("<2I", channel, 132), 8),
        0x83DE0328: (session, b"", 0x48),
        0xA06F0112: (channel, b"\1", 1),
        0x906F0102: (channel, struct.pack("<4I", GR0, 0, 0, 0), 0x10),
    }
    for _ in range(40):
        for number, (target, params, size) in good.items():
            sent = params.ljust(size, b"\0")
            if size >= 4:
                sent = damaged(chance, sent)
            answer = rm.begun(target, number, sent)
            assert isinstance(answer, Later) or answer[0] == OK
        if chance.random() < 0.2:
            gpu.resman.robust.channel_error(rm.object_of(channel), chance.choice((13, 31, 32)))
    assert rm.free(compute) == OK
    assert rm.free(channel) == OK


@pytest.mark.parametrize("seed", SEEDS)
def test_sessions_and_objects_of_gr_may_go_in_any_order(rm, gpu, seed):
    chance = random.Random(seed)
    for number in range(20):
        gpu.vram.fill(context_memory(), 20 << 20, 0)
        gpu.vram.fill(INSTANCE, 0x1000, 0)
        channel = rm.graphics_channel()
        made = [rm.made(channel, 0xCBC0) for _ in range(2)]
        made += [rm.made(DEVICE, 0x83DE, struct.pack("<3I", 0, 0, chance.choice(made[:2]))) for _ in range(3)]
        if number % 2:
            gpu.resman.robust.channel_error(rm.object_of(channel), 13)
        made.append(channel)
        chance.shuffle(made)
        for handle in made:
            rm.free(handle)
    assert gpu.fifo.channels == {}
    assert gpu.reports == []


@pytest.mark.parametrize("seed", SEEDS)
def test_memory_and_mappings_with_a_wrong_word_are_answered(rm, gpu, seed):
    chance = random.Random(seed)
    space = Space(rm)
    virtual = [
        space.window,
        rm.reservation(space.handle, 8 << 20),
        rm.reservation(space.handle, 1 << 30, flags=SPARSE),
    ]
    pages = [0x90_0000, 0x15_0000_0000]
    for number in range(200):
        handle, class_id = 0x6000 + number, chance.choice((0x40, 0x81, 0x82, 0x3E))
        count = chance.choice((1, 1, 3))
        head = struct.pack(
            "<7I4xQIII4x", CLIENT, DEVICE, handle, class_id, 0, 0, 6, 0x3000, count, 0, count << 16
        )
        listed = b"".join(struct.pack("<Q", chance.choice(pages) >> 12) for _ in range(count))
        rm.call(4, damaged(chance, head + listed))
        names = struct.pack("<4I", CLIENT, DEVICE, chance.choice(virtual), handle)
        good = names + struct.pack("<QQI4xQI4x", 0, 0x3000, chance.choice((0, 0x8000)), 0x10_0000_0000, 0)
        answer = rm.call(14, chance.choice((good, damaged(chance, good))))
        assert 0 <= answer[0] <= 0xFFFF
        if answer[0] == OK and chance.random() < 0.7:
            where = answer[1][0x28:0x30]
            rm.call(15, damaged(chance, names + bytes(8) + where + bytes(8)))
        if chance.random() < 0.3:
            rm.free(handle)
    for handle in (*virtual, space.handle):
        assert rm.free(handle) == OK
    assert gpu.resman.table_memory.in_use == 0
