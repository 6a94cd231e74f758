"""A scripted GSP on a fake board: FSP's mailbox, the FMC, the queues, and answers as a test wants them.

It does its work within the register write that asks for it; there is no thread. Layouts are written out here
a second time.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from fake_board import FLUSH_HIGH, FLUSH_LOW, LOCKED, VRAM_MEGABYTES, WPR2_HIGH, WPR2_LOW, FakeBus

EMEMC, EMEMD = 0x8F2AC0, 0x8F2AC4
QUEUE_HEAD, QUEUE_TAIL = 0x8F2C00, 0x8F2C04
MSGQ_HEAD, MSGQ_TAIL = 0x8F2C80, 0x8F2C84
FSP_STATUS = 0x200BC
MAILBOX0, MAILBOX1, OS, HWCFG2 = 0x110040, 0x110044, 0x110080, 0x1100F4
IRQSCLR, IRQSTAT, RETRIGGER = 0x110004, 0x110008, 0x1103E8
DOORBELL, CPUCTL = 0x110C00, 0x111388
ACTIVE, HALTED = 1 << 7, 1 << 4
LOCKDOWN = 1 << 13

COT_BYTES = 860
SLOT, SLOTS = 4096, 63
CONTINUATION = 71
FULL_PIECE = 0xFFB0

Answer = Callable[[bytes], "tuple[int, bytes]"]


@dataclass
class Script:
    """How GSP and FSP behave.

    Attributes:
        fsp_looks: how often FSP's status is looked at before it is ready; -1 for never.
        fsp_answers: whether FSP answers at all.
        fsp_error: its code.
        looks_while_locked: how often HWCFG2 reads as a code.
        looks_in_lockdown: how often it then shows the lockdown with the arguments in the mailbox.
        releases: whether the lockdown ever ends.
        fmc_error: the FMC's code.
        starts: whether the RISC-V core runs after the release.
        makes_queue: whether the resource manager makes its ring.
        ring_fields: what it puts into the ring's header instead of what is right.
        says_done: whether it says that it is up.
        init_result: with which result.
        before_done: events that it sends first.
        halts_at_start: whether it stops at the first doorbell, without having said so.
        echoes: whether replies repeat the call's number.
        piece_bytes: how much payload it puts into one element.
    """

    fsp_looks: int = 0
    fsp_answers: bool = True
    fsp_error: int = 0
    looks_while_locked: int = 2
    looks_in_lockdown: int = 2
    releases: bool = True
    fmc_error: int = 0
    starts: bool = True
    makes_queue: bool = True
    ring_fields: dict[int, int] = field(default_factory=dict)
    says_done: bool = True
    init_result: int = 0
    before_done: list[tuple[int, bytes]] = field(default_factory=list)
    halts_at_start: bool = False
    echoes: bool = True
    piece_bytes: int = FULL_PIECE


def static_info() -> bytes:
    """A static configuration with a few facts at their offsets."""
    info = bytearray(0x678)
    struct.pack_into("<Q", info, 0x600, 0x13_F000_0000)
    struct.pack_into("<I", info, 0x640, 0xC1D0_0001)
    return bytes(info)


class FakeGsp:
    """GSP and FSP of a fake board."""

    def __init__(self, bus: FakeBus, script: Script | None = None) -> None:
        self.bus = bus
        self.bar = bus.bar0
        self.script = script or Script()
        self.answers: dict[int, Answer] = {
            65: lambda payload: (0, static_info()),
            47: self._unload,
            **dict.fromkeys((4, 10, 14, 15, 76, 103), lambda payload: (0, payload)),
        }
        self.mangle: list[Callable[[bytearray], None]] = []  # done to the next elements, one each
        self.commands: list[tuple[int, bytes]] = []
        self.sequences: list[int] = []
        self.last_command: tuple[int, int] = (0, 0)
        self.hold = False  # commands are left in the ring
        self.booted = 0
        self._reset_state()
        bus.on_reset.append(self._reset_state)
        hooks = {
            FSP_STATUS: self._fsp_status,
            EMEMD: self._emem_read,
            HWCFG2: self._hwcfg2,
            MAILBOX0: lambda: self._when_open(self.mailbox & 0xFFFFFFFF),
            MAILBOX1: lambda: self._when_open(self.mailbox >> 32),
            CPUCTL: lambda: self._when_open(self.cpuctl),
        }
        self.bar.on_read.update(hooks)
        self.bar.on_write.update(
            {
                EMEMC: self._emem_port,
                EMEMD: self._emem_write,
                QUEUE_HEAD: self._fsp_message,
                DOORBELL: lambda _: self._rung(),
                IRQSCLR: lambda bits: self.bar.words.__setitem__(
                    IRQSTAT, self.bar.words.get(IRQSTAT, 0) & ~bits
                ),
            }
        )

    def _reset_state(self) -> None:
        self.looks = 0
        self.locked_looks = 0
        self.mailbox = 0
        self.arguments = 0
        self.cpuctl = 0
        self.locked = True
        self.emem = bytearray(1024)
        self.running = False
        self.queues = 0
        self.command_slot = 0
        self.status_number = 0
        self.command_number = 0
        self.partial: tuple[int, int, bytes] | None = None
        self.wpr_meta = b""
        self.message = b""
        self.bar.words[VRAM_MEGABYTES] = 80 << 10
        zeros = (
            WPR2_HIGH,
            WPR2_LOW,
            FLUSH_HIGH,
            FLUSH_LOW,
            EMEMC,
            QUEUE_HEAD,
            QUEUE_TAIL,
            MSGQ_HEAD,
            MSGQ_TAIL,
            OS,
        )
        for offset in zeros:
            self.bar.words[offset] = 0

    def end(self) -> None:
        """GSP as FSP finds it after an unload: fresh; what the driver wrote elsewhere is still there."""
        kept = {offset: self.bar.words.get(offset, 0) for offset in (FLUSH_HIGH, FLUSH_LOW)}
        self._reset_state()
        self.bar.words.update(kept)

    # FSP.
    def _fsp_status(self) -> int:
        self.looks += 1
        if self.script.fsp_looks < 0 or self.looks <= self.script.fsp_looks:
            return 0xBADF1200 if self.looks % 2 else 0x5A
        return 0xFF

    def _emem_port(self, value: int) -> None:
        self.bar.words[EMEMC] = value

    def _advance(self) -> int:
        port = self.bar.words[EMEMC]
        at = port & 0xFFFC
        self.bar.words[EMEMC] = port & ~0xFFFC | (at + 4)
        return at

    def _emem_write(self, value: int) -> None:
        if self.bar.words[EMEMC] & 1 << 24:
            struct.pack_into("<I", self.emem, self._advance() % 1024, value)

    def _emem_read(self) -> int:
        if not self.bar.words[EMEMC] & 1 << 25:
            return 0
        return struct.unpack_from("<I", self.emem, self._advance() % 1024)[0]

    def _fsp_message(self, head: int) -> None:
        tail = self.bar.words[QUEUE_TAIL]
        self.message = bytes(self.emem[head : tail + 4])
        self.bar.words[QUEUE_TAIL] = head
        if self.script.fsp_answers:
            self._answer_message()

    def _answer_message(self) -> None:
        error = self.script.fsp_error or self._check_chain_of_trust()
        self.emem[:20] = struct.pack("<IIIII", 0xC0000000, 0x1510DE7E, 1, 0x14, error)
        self.bar.words[MSGQ_TAIL], self.bar.words[MSGQ_HEAD] = 16, 0

    def _check_chain_of_trust(self) -> int:
        """Check the message, and do what the FMC does; an own code for each thing that is wrong."""
        if struct.unpack_from("<II", self.message) != (0xC0000000, 0x1410DE7E):
            return 1
        payload = self.message[8:]
        version, size, fmc, frts_host, frts_host_size, frts, frts_size = struct.unpack_from(
            "<HHQQIQI", payload
        )
        if (version, size, len(payload)) != (1, COT_BYTES, COT_BYTES) or frts_host or frts_host_size:
            return 2
        if (frts, frts_size) != (2 << 20, 1 << 20) or fmc % SLOT:
            return 3
        (self.arguments,) = struct.unpack_from("<Q", payload, 0x354)
        image_bytes = len(self.firmware.fmc.image)
        digest = hashlib.sha384(self.bus.gpu_read(fmc, image_bytes)).digest()
        if payload[0x24:0x54] != digest:
            return 4
        return self._start_fmc()

    def _start_fmc(self) -> int:
        params = self.bus.gpu_read(self.arguments, 0x50)
        target, meta_bytes, meta, carveout, carveout_size, is_rm = struct.unpack_from("<IIQQIB", params, 8)
        rm_target, libos = struct.unpack_from("<I4xQ", params, 0x28)
        if (target, meta_bytes, carveout, carveout_size, is_rm, rm_target) != (1, 256, 0, 0, 1, 2):
            return 5
        self.wpr_meta = self.bus.gpu_read(meta, 256)
        self.libos = libos
        self.mailbox = self.arguments
        return 0

    firmware = None  # set by the test's fixture

    # GSP.
    def _when_open(self, value: int) -> int:
        return LOCKED if self.locked else value

    def _hwcfg2(self) -> int:
        self.locked_looks += 1
        if self.locked_looks <= self.script.looks_while_locked:
            return LOCKED if self.locked_looks % 2 else 0
        self.locked = False
        if self.script.fmc_error:
            self.mailbox = self.script.fmc_error
        in_lockdown = self.script.looks_while_locked + self.script.looks_in_lockdown
        if self.locked_looks <= in_lockdown or not self.script.releases:
            return LOCKDOWN | 1 << 10
        if not self.running and not self.script.fmc_error:
            self._release()
        return 1 << 10

    def _release(self) -> None:
        self.mailbox = 0
        self.bar.words[WPR2_LOW], self.bar.words[WPR2_HIGH] = 0x0FF00000, 0x0FFF0000
        if not self.script.starts:
            return
        self.cpuctl = ACTIVE
        self.running = True
        self.booted += 1
        self._read_arguments()
        if self.script.makes_queue:
            self._make_queue()
            self._first_commands()

    def _read_arguments(self) -> None:
        entries = {}
        page = self.bus.gpu_read(self.libos, SLOT)
        for at in range(0, SLOT, 32):
            name, address, size, kind, where = struct.unpack_from("<QQQBB", page, at)
            if name:
                entries[name.to_bytes(8, "big").lstrip(b"\0").decode()] = (address, size, kind, where)
        self.regions = entries
        arguments = self.bus.gpu_read(entries["RMARGS"][0], 0x48)
        self.queues, pages, _, self.command_at, self.status_at = struct.unpack_from("<QIIQQ", arguments)
        self.page_count = pages
        self.command_at += self.queues
        self.status_at += self.queues

    def _make_queue(self) -> None:
        header = {0: 0, 4: 0x40000, 8: SLOT, 0xC: SLOTS, 0x10: 0, 0x14: 1, 0x18: 0x20, 0x1C: 0x1000}
        header.update(self.script.ring_fields)
        for offset, value in header.items():
            self._poke(self.status_at + offset, value)

    def _first_commands(self) -> None:
        self.look_at_commands()
        for function, payload in self.script.before_done:
            self.send(function, payload)
        if self.script.says_done and not self.script.halts_at_start:
            self.send(0x1001, b"", result=self.script.init_result)

    def _rung(self) -> None:
        if self.script.halts_at_start:
            self.halt()
        self.look_at_commands()

    def halt(self) -> None:
        """The firmware crashes."""
        self.cpuctl = HALTED
        self.running = False

    def _unload(self, _: bytes) -> tuple[int, bytes]:
        self.cpuctl = HALTED
        self.bar.words[WPR2_LOW] = self.bar.words[WPR2_HIGH] = 0
        return 0, b"\0" * 8

    def _peek(self, iova: int) -> int:
        return struct.unpack("<I", self.bus.gpu_read(iova, 4))[0]

    def _poke(self, iova: int, value: int) -> None:
        self.bus.gpu_write(iova, struct.pack("<I", value))

    def look_at_commands(self) -> None:
        """Take all commands from the ring and answer them."""
        while self.running and not self.hold and self.command_slot != self._peek(self.command_at + 0x10):
            self._take_command()

    def _ring_read(self, start: int, slot: int, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += self.bus.gpu_read(start + 0x1000 + slot * SLOT, SLOT)
            slot = (slot + 1) % SLOTS
        return data[:size]

    def _take_command(self) -> None:
        head = self._ring_read(self.command_at, self.command_slot, 0x50)
        _, number, slots, _, version, magic, length, function, result, private, sequence, _ = (
            struct.unpack_from("<12I", head, 0x20)
        )
        whole = self._ring_read(self.command_at, self.command_slot, 0x30 + length)
        complaints = self.bus.complaints
        if number != self.command_number:
            complaints.append(f"command {number} came where {self.command_number} was due")
        if fold(whole) != 0:
            complaints.append(f"command {number} has a wrong checksum")
        if (version, magic) != (0x03000000, 0x43505256) or result != 0xFFFFFFFF or private != result:
            complaints.append(f"command {number} has a wrong header")
        if slots != -(-len(whole) // SLOT) or len(whole) > 16 * SLOT:
            complaints.append(f"command {number} of {len(whole)} bytes takes {slots} slots")
        self.command_number += 1
        self.command_slot = (self.command_slot + slots) % SLOTS
        self._poke(self.status_at + 0x20, self.command_slot)
        self._collect(function, sequence, whole[0x50:])

    def _collect(self, function: int, sequence: int, payload: bytes) -> None:
        if function == CONTINUATION:
            if self.partial is None:
                self.bus.complaints.append("a continuation of nothing")
                return
            function, sequence, before = self.partial
            payload = before + payload
        self.partial = (function, sequence, payload)
        self.last_command = (function, sequence)
        if len(payload) % FULL_PIECE == 0 and payload:
            return  # more may follow; tests do not send calls of exactly that size
        self.partial = None
        self.commands.append((function, payload))
        self.sequences.append(sequence)
        answer = self.answers.get(function)
        if answer is not None and function not in (72, 73):
            made = answer(payload)
            if made is not None:
                self.send(function, made[1], result=made[0], sequence=sequence if self.script.echoes else 0)

    def send(self, function: int, payload: bytes, *, result: int = 0, sequence: int = 0) -> None:
        """Put a message into the status ring, in pieces where it is long."""
        size = self.script.piece_bytes
        pieces = [payload[at : at + size] for at in range(0, len(payload), size)] or [b""]
        for index, piece in enumerate(pieces):
            self._send_piece(CONTINUATION if index else function, piece, result, sequence)

    def _send_piece(self, function: int, payload: bytes, result: int, sequence: int) -> None:
        slots = -(-(0x50 + len(payload)) // SLOT)
        whole = bytearray(0x50) + payload + bytes(-len(payload) % 8)
        struct.pack_into(
            "<12I", whole, 0x20, 0, self.status_number, slots, 0,
            0x03000000, 0x43505256, 0x20 + len(payload), function, result, result, sequence, 0,
        )  # fmt: skip
        struct.pack_into("<I", whole, 0x20, fold(whole))
        self.status_number += 1
        if self.mangle:
            self.mangle.pop(0)(whole)
        slot = self._peek(self.status_at + 0x10)
        reader = self._peek(self.command_at + 0x20)
        if (reader - slot - 1) % SLOTS < slots:
            self.bus.complaints.append("the status ring is full")
            return
        for index in range(slots):
            at = self.status_at + 0x1000 + (slot + index) % SLOTS * SLOT
            self.bus.gpu_write(at, bytes(whole[index * SLOT : (index + 1) * SLOT]))
        self._poke(self.status_at + 0x10, (slot + slots) % SLOTS)
        self.bar.words[IRQSTAT] = self.bar.words.get(IRQSTAT, 0) | 1 << 6


def fold(data: bytes | bytearray) -> int:
    """The checksum of an element, in another way than the driver's: word by word."""
    total = 0
    padded = bytes(data) + bytes(-len(data) % 8)
    for (word,) in struct.iter_unpack("<Q", padded):
        total ^= word
    return (total >> 32) ^ (total & 0xFFFFFFFF)
