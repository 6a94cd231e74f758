"""Whatever comes over the queue: an answer, never an exception."""

from __future__ import annotations

import random
import struct

import pytest
from barewire.softgpu.gsp import controls
from barewire.softgpu.gsp.classes import CLASSES
from rm_side import CLIENT, DEVICE, INSTANCE, OK, SUBDEVICE, USERD, channel_params

FUNCTIONS = (4, 10, 21, 47, 54, 65, 70, 72, 73, 76, 79, 103, 200, 5, 0x1003)
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
        "channel group": rm.group(),
        "debugger": rm.debugger(instance=INSTANCE + 0x8000, userd=USERD + 0x8000),
    }  # fmt: skip
    for _ in range(5):
        for number, row in controls.table().items():
            rm.control(objects[row.kind.value], number, noise(chance, row.layout.size_bytes))
