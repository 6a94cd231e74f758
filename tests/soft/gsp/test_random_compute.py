"""A host gone mad that computes: descriptors, code, contexts, debuggers.

As in test_random_everything, and grids run while memory, tables and channels go.
"""

from __future__ import annotations

import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from barewire.regs import qmd
from gsp_driver import FREE, GspDriver
from test_random_everything import (
    CLIENT,
    DATA,
    DEVICE,
    DOORBELL,
    FIRST_CHANNEL,
    MIB,
    PAGES,
    SUBDEVICE,
    TABLES,
    VA,
    VASPACE,
    MadHost,
)

if str(Path(__file__).resolve().parents[3]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.soft import words as w

STEPS = 250
LONGEST_STEP_S = 20.0  # an engine that does not end is given a second; the rest is for a busy machine

GR0, COMPUTE, DEBUGGER = 1, 0xCBC0, 0x83DE
NUMBER = 4  # of the compute channel, and where its pages are
GRAPHICS = FIRST_CHANNEL + NUMBER
OBJECT, SESSION = GRAPHICS + 0x100, GRAPHICS + 0x200

# Where the context's buffers are in a part of video memory that is mapped privileged: (id, offset, size).
CONTEXT, CONTEXT_ENTRY = 32 * MIB, 40  # the second: the first of its entries in the last directory
BUFFERS = (
    (0, 0, 0x5_0000), (2, 1 * MIB, 0x4000), (3, 2 * MIB, 0), (4, 3 * MIB, 0), (5, 4 * MIB, 0),
    (6, 8 * MIB, 0), (9, 9 * MIB, 0x4000), (10, 10 * MIB, 0x8000),
)  # fmt: skip
CODE, QMDS, WORDS = DATA + 0x10_0000, DATA + 0x14_0000, DATA + 0x18_0000
QMD_BYTES = 384

GR_METHODS = (
    0x0, 0x100, 0x104, 0x10C, 0x110, 0x114, 0x12C, 0x148, 0x14C, 0x150, 0x154, 0x158, 0x160, 0x168, 0x180,
    0x184, 0x188, 0x18C, 0x1B0, 0x1B4, 0x21C, 0x298, 0x29C, 0x2A0, 0x2A4, 0x2B4, 0x2B8, 0x2BC, 0x2C0, 0x2E4,
    0x2E8, 0x2EC, 0x318, 0x31C, 0x320, 0x360, 0x364, 0x790, 0x794, 0x7B0, 0x7B4, 0x1698, 0x1B00, 0x1B04,
    0x1B08, 0x1B0C, 0x2FFC,
)  # fmt: skip
CONTROLS = (
    (SUBDEVICE, 0x20801210, 0x20), (SUBDEVICE, 0x20801211, 0x70), (SUBDEVICE, 0x2080012B, 0x230),
    (SUBDEVICE, 0x2080012C, 0x14), (SUBDEVICE, 0x2080121C, 0x18), (SUBDEVICE, 0x2080110B, 0x218),
    (SESSION, 0x83DE0309, 4), (SESSION, 0x83DE030B, 0x38), (SESSION, 0x83DE030C, 0x12D8),
    (SESSION, 0x83DE0310, 8), (SESSION, 0x83DE0328, 0x48), (GRAPHICS, 0xA06F0112, 1),
    (GRAPHICS, 0xA06F0103, 2), (GRAPHICS, 0x906F0102, 0x10), (GRAPHICS, 0x906F0106, 0x68),
)  # fmt: skip


class MadComputingHost(MadHost):
    """The host with one compute channel more."""

    def __init__(self, driver: GspDriver, seed: int) -> None:
        super().__init__(driver, seed)
        self.table = qmd.load("V04_00", COMPUTE)
        self.fields = [name for name in self.table.fields if "ADDR" not in name]

    # In its right mind.

    def make_channels(self) -> None:
        super().make_channels()
        self.gpu.vram.fill(CONTEXT, 16 * MIB, 0)
        for place in range(8):
            at = TABLES + 0x4000 + 16 * (CONTEXT_ENTRY + place)
            self.gpu.vram.write(at, struct.pack("<Q", CONTEXT + place * 2 * MIB | 0x691))
        self.gpu.vram.write(PAGES + 0x10000 * NUMBER, bytes(0x3000))
        params = bytearray(self.channel_params(NUMBER))
        struct.pack_into("<I", params, 0x80, GR0)
        self.alloc(DEVICE, GRAPHICS, 0xC86F, bytes(params))
        self.control(SUBDEVICE, 0x2080012B, self.promotion())
        self.alloc(GRAPHICS, OBJECT, COMPUTE, b"")
        self.alloc(DEVICE, SESSION, DEBUGGER, struct.pack("<3I", 0, 0, OBJECT))
        self.control(SESSION, 0x83DE0309, bytes(4))
        mode = struct.pack("<4I", 1, GRAPHICS, 0, self.chosen.choice((0, 1, 2, 2, 2)))
        self.control(SUBDEVICE, 0x20801210, mode.ljust(0x20, b"\0"))
        self.control(GRAPHICS, 0xA06F0104, struct.pack("<I", GR0))
        self.control(GRAPHICS, 0xA06F0103, b"\1\0")

    def promotion(self) -> bytes:
        at = VA + CONTEXT_ENTRY * 2 * MIB
        entries = [
            struct.pack("<QQQIHBB", CONTEXT + offset, at + offset, size, 4, buffer, bool(size), 0)
            for buffer, offset, size in BUFFERS
        ]
        head = struct.pack("<5I20xI4x", GR0, 0, 0, CLIENT, GRAPHICS, len(entries))
        return (head + b"".join(entries)).ljust(0x230, b"\0")

    def computes(self) -> None:
        """A grid stores a number."""
        self.drain()
        self.gpu.vram.write(WORDS, bytes(4))
        self.put_code([*w.mov_pair(2, VA + WORDS), w.mov(4, 77), w.stg(2, 4), w.exit_()])
        self.put_qmd({})
        self.launch([])
        self.driver.wait(lambda: self.gpu.vram.read(WORDS, 1) == b"M", "the number")

    def put_code(self, instructions: list[int]) -> None:
        code = b"".join(instruction.to_bytes(16, "little") for instruction in instructions)
        self.gpu.vram.write(CODE, code)

    def put_qmd(self, fields: dict[str, int]) -> None:
        known = {
            "QMD_TYPE": 2, "QMD_MAJOR_VERSION": 4, "GRID_WIDTH": 1, "GRID_HEIGHT": 1, "GRID_DEPTH": 1,
            "CTA_THREAD_DIMENSION0": 32, "CTA_THREAD_DIMENSION1": 1, "CTA_THREAD_DIMENSION2": 1,
            "REGISTER_COUNT": 32, "BARRIER_COUNT": 1, "SHARED_MEMORY_SIZE": 1024,
            "PROGRAM_ADDRESS_LOWER": VA + CODE & 0xFFFFFFFF, "PROGRAM_ADDRESS_UPPER": VA + CODE >> 32,
            "MIN_SM_CONFIG_SHARED_MEM_SIZE": 9, "MAX_SM_CONFIG_SHARED_MEM_SIZE": 0x3A,
            "TARGET_SM_CONFIG_SHARED_MEM_SIZE": 9, "INVALIDATE_INSTRUCTION_CACHE": 1,
        }  # fmt: skip
        number = 0
        for name, value in (known | fields).items():
            low, high = self.table.field(name).bits()
            number |= (value & (1 << high - low + 1) - 1) << low
        self.gpu.vram.write(QMDS, number.to_bytes(QMD_BYTES, "little"))

    def launch(self, before: list[int]) -> None:
        """Bind the object, set the windows, and launch what lies there."""
        words = []
        for method, *data in (
            (0x0, COMPUTE), (0x2A0, 0x7F01, 0), (0x7B0, 0x7F00, 0), (0x298, 0), (0x21C, 0),
        ):  # fmt: skip
            words += [1 << 29 | len(data) << 16 | 1 << 13 | method >> 2, *data]
        words += before
        words += [1 << 29 | 1 << 16 | 1 << 13 | 0x2B4 >> 2, VA + QMDS >> 8]
        words += [1 << 29 | 1 << 16 | 1 << 13 | 0x2C0 >> 2, 10]
        self.submit_graphics(words)

    def submit_graphics(self, words: list[int]) -> None:
        self.submit(NUMBER, words)
        self.gpu.bar_write(0, DOORBELL, 4, self.chid(NUMBER) & 0xFFF)

    # Mad.

    def deeds(self) -> dict[Callable[[], None], int]:
        return super().deeds() | {
            self.run_grid: 250,
            self.run_gr_methods: 150,
            self.ask_of_gr: 80,
            self.spoil_tables: 15,
            self.spoil_channel: 8,
            self.spoil_queue: 1,
            self.touch_register: 60,
            self.flr: 1,
            self.revive: 250,
        }

    def revive(self) -> None:
        if self.driver.shared.get(0x41020) == self.driver.command_at and self.chosen.random() < 0.7:
            for handle in self.chosen.sample((SESSION, GRAPHICS), 2):
                self.driver.push_long(FREE, struct.pack("<4I", CLIENT, 0, handle, 0))
            self.drain()
        super().revive()

    def run_grid(self) -> None:
        chosen = self.chosen
        body = [
            [],
            [w.bra(-1)],
            [w.imad(4, 4, 1, 5), w.stg(2, 4), w.bra(-3)],
            [w.trap()],
            [w.stg(2, 4, 1)],
            [chosen.getrandbits(128) for _ in range(4)],
        ]
        places = (WORDS, WORDS, 32 * MIB, 64 * MIB, 90 * MIB)  # two of them are host memory, and nothing
        at = chosen.choice((*(VA + place for place in places), 0, 0x7F01_0000_0000))
        prologue = [*w.mov_pair(2, at), w.mov(4, 0), w.mov(5, 1), w.ldg(6, 2)]
        self.put_code([*prologue, *chosen.choice(body), w.exit_()])
        fields = {}
        if chosen.random() < 0.5:
            names = chosen.sample(self.fields, chosen.randrange(1, 4))
            fields = {name: chosen.choice((0, 1, 2, 0xFFFFFFFF, chosen.getrandbits(32))) for name in names}
        fields |= {"GRID_WIDTH": chosen.choice((1, 1, 3, 40))}
        self.put_qmd(fields)
        self.launch([])

    def run_gr_methods(self) -> None:
        words = [1 << 29 | 1 << 16 | 1 << 13, COMPUTE]
        for _ in range(self.chosen.randrange(1, 20)):
            method, data = self.chosen.choice(GR_METHODS), self.word()
            if method in (0x2B4, 0x318) and self.chosen.random() < 0.8:
                data = VA + QMDS >> 8
            words += [1 << 29 | 1 << 16 | 1 << 13 | method >> 2, data]
        self.submit_graphics(words)

    def ask_of_gr(self) -> None:
        self.driver.poll()
        if self.driver.shared.get(0x41020) != self.driver.command_at and self.chosen.random() < 0.8:
            return  # GSP has not taken what was sent
        handle, command, size = self.chosen.choice(CONTROLS)
        params = bytearray(size)
        for at in range(0, size - 3, 4):
            if self.chosen.random() < 0.5:
                struct.pack_into(
                    "<I", params, at, self.chosen.choice((0, 1, 2, CLIENT, GRAPHICS, OBJECT, VASPACE, 100))
                )
        self.control(handle, command, bytes(params))


@pytest.mark.parametrize("seed", range(3))
def test_a_host_that_computes_anything(make_driver: Callable[..., GspDriver], seed: int) -> None:
    driver = make_driver(vram_bytes=512 * MIB, bar1_bytes=64 * MIB)
    host = MadComputingHost(driver, seed)
    host.boot()
    host.computes()
    for _ in range(STEPS):
        host.do_something()
        assert driver.gpu.defects == []

    host.boot()
    host.works()
    host.computes()
    assert host.longest < LONGEST_STEP_S
    began = time.monotonic()
    driver.gpu.disconnect()
    assert time.monotonic() - began < LONGEST_STEP_S
