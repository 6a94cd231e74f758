"""A small driver for the software GSP, written from the specification alone: registers by number, structures
by hand. It shares nothing with barewire's driver, nor with the model's own structures.
"""

from __future__ import annotations

import hashlib
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from barewire.softgpu.chip import SoftGpu, SoftOptions
from soft_host import PAGE, HostMemory, SoftHost

MIB = 1 << 20

FSP_STATUS = 0x0200BC
EMEMC, EMEMD = 0x8F2AC0, 0x8F2AC4
COMMAND_HEAD, COMMAND_TAIL = 0x8F2C00, 0x8F2C04
MESSAGE_HEAD, MESSAGE_TAIL = 0x8F2C80, 0x8F2C84
IRQSCLR, IRQSTAT, MAILBOX0, MAILBOX1 = 0x110004, 0x110008, 0x110040, 0x110044
OS, HWCFG2, RETRIGGER, DOORBELL = 0x110080, 0x1100F4, 0x1103E8, 0x110C00
RISCV_CPUCTL, RISCV_IRQMASK = 0x111388, 0x111528
WPR2_LO, WPR2_HI = 0x1FA824, 0x1FA828

QUEUE_PAGES = 129
COMMANDS, STATUS = 0x1000, 0x41000
QUEUE_SIZE = 0x40000
ENTRIES = 63
COMMAND_WRITE = COMMANDS + 0x10
COMMAND_READ = STATUS + 0x20  # both sides swap their read pointers
STATUS_WRITE = STATUS + 0x10
STATUS_READ = COMMANDS + 0x20

SET_SYSTEM_INFO, SET_REGISTRY, CONTINUATION = 72, 73, 71
UNLOADING, CONTROL, ALLOC, FREE, STATIC_INFO = 47, 76, 103, 10, 65
INIT_DONE = 0x1001


class TimedOut(Exception):
    """What the driver waited for never came."""


class Refused(Exception):
    """The GPU said no; the number says why."""

    def __init__(self, what: str, code: int) -> None:
        super().__init__(f"{what}: {code:#x}")
        self.code = code


@dataclass
class Images:
    """The firmware files' contents, as small as they may be."""

    fmc: bytes = bytes(range(256)) * 17
    bootloader: bytes = b"bootloader".ljust(0x3000, b"!")
    image: bytes = b"".join(b"page %06d" % page + bytes(4085) for page in range(700))
    signature: bytes = b"signature".ljust(0x1000, b"\1")
    code_offset: int = 0x1000
    data_offset: int = 0x400
    manifest_offset: int = 0


@dataclass
class Reply:
    """One message from GSP."""

    function: int
    result: int
    payload: bytes
    sequence: int
    number: int
    element_count: int
    checksum_left: int


@dataclass
class FakeResman:
    """A resource manager that answers every command with the payload that it got, and remembers."""

    gpu: Any
    handled: list[tuple[int, bytes]] = field(default_factory=list)
    booted: int = 0
    resets: int = 0
    answers: dict[int, Callable[[bytes], Any]] = field(default_factory=dict)

    def boot(self) -> None:
        self.booted += 1

    def reset(self) -> None:
        self.resets += 1

    def handle(self, function: int, payload: bytes) -> Any:
        self.handled.append((function, payload))
        if function in self.answers:
            return self.answers[function](payload)
        return None if function in (SET_SYSTEM_INFO, SET_REGISTRY) else (0, payload)


def xor32(data: bytes) -> int:
    data += bytes(-len(data) % 8)
    folded = 0
    for (word,) in struct.iter_unpack("<Q", data):
        folded ^= word
    return (folded >> 32 ^ folded) & 0xFFFFFFFF


class GspDriver:
    """Brings a software GPU's GSP up, step by step, and calls it."""

    def __init__(self, **options: Any) -> None:
        options = {"vram_bytes": 1024 * MIB, "bar1_bytes": 64 * MIB, **options}
        self.gpu = SoftGpu(SoftOptions(**options))
        self.host = SoftHost()
        self.gpu.attach(self.host)
        self.resman = FakeResman(self.gpu)
        self.gpu.resman = self.resman
        self.images = Images()
        self.enable()

    def enable(self) -> None:
        """Memory accesses and bus mastering on."""
        self.gpu.config_write(4, 2, 0x0006)

    def close(self) -> None:
        self.gpu.close()

    def read(self, offset: int) -> int:
        return self.gpu.bar_read(0, offset, 4)

    def write(self, offset: int, value: int) -> None:
        self.gpu.bar_write(0, offset, 4, value)

    def wait(self, done: Callable[[], Any], what: str, timeout_s: float = 2.0) -> Any:
        end = time.monotonic() + timeout_s
        while not (found := done()):
            if time.monotonic() > end:
                raise TimedOut(what)
            time.sleep(0.0002)
        return found

    # Structures.

    def prepare(self) -> None:
        """All memory that a boot needs, filled in."""
        allocate = self.host.allocate
        images = self.images
        self.fmc = allocate(len(images.fmc))
        self.fmc.write(0, images.fmc)
        self.bootloader = allocate(len(images.bootloader))
        self.bootloader.write(0, images.bootloader)
        self.signature = allocate(len(images.signature))
        self.signature.write(0, images.signature)
        self.image = allocate(len(images.image), scattered=True)
        self.image.write(0, images.image)
        self._prepare_radix3()
        self._prepare_logs()
        self._prepare_queues()
        self._prepare_arguments()
        self.push(SET_SYSTEM_INFO, bytes(0x3A0))
        self.push(SET_REGISTRY, struct.pack("<II", 8, 0))

    def _prepare_radix3(self) -> None:
        pages = self.image.pages
        self.level2 = self.host.allocate(-(-len(pages) // 512) * PAGE, scattered=True)
        self.level1 = self.host.allocate(PAGE)
        self.level0 = self.host.allocate(PAGE)
        self.level2.write(0, struct.pack(f"<{len(pages)}Q", *pages))
        self.level1.write(0, struct.pack(f"<{len(self.level2.pages)}Q", *self.level2.pages))
        self.level0.put(0, self.level1.iova, 8)

    def _prepare_logs(self) -> None:
        self.logs: dict[str, HostMemory] = {}
        for name in ("LOGINIT", "LOGINTR", "LOGRM"):
            log = self.logs[name] = self.host.allocate(0x10000)
            log.write(8, struct.pack("<16Q", *log.pages))

    def _prepare_queues(self) -> None:
        self.shared = self.host.allocate(QUEUE_PAGES * PAGE, scattered=True)
        self.shared.write(0, struct.pack(f"<{QUEUE_PAGES}Q", *self.shared.pages))
        header = struct.pack("<8I", 0, QUEUE_SIZE, 0x1000, ENTRIES, 0, 1, 0x20, 0x1000)
        self.shared.write(COMMANDS, header)
        self.command_at = 0
        self.command_number = 0
        self.status_at = 0

    def _prepare_arguments(self) -> None:
        images = self.images
        self.rm_arguments = self.host.allocate(PAGE)
        values = struct.pack("<QI4xQQIIB3xIB", self.shared.iova, QUEUE_PAGES, COMMANDS, STATUS, 0, 0, 0, 0, 1)
        self.rm_arguments.write(0, values)
        self.libos = self.host.allocate(PAGE)
        regions = [*self.logs.items(), ("RMARGS", self.rm_arguments)]
        for index, (name, memory) in enumerate(regions):
            id8 = int.from_bytes(name.encode(), "big")
            size = len(memory.pages) * PAGE
            self.libos.write(32 * index, struct.pack("<QQQBB6x", id8, memory.iova, size, 1, 1))
        self.meta = self.host.allocate(PAGE)
        self.meta.write(
            0,
            struct.pack(
                "<11Q",
                0xDC3AAE21371A60B3,
                1,
                self.level0.iova,
                len(images.image),
                self.bootloader.iova,
                len(images.bootloader),
                images.code_offset,
                images.data_offset,
                images.manifest_offset,
                self.signature.iova,
                len(images.signature),
            ),
        )
        self.meta.put(0x68, 2 * MIB, 8)  # nonWprHeapSize
        self.meta.put(0x80, 129 * MIB, 8)  # gspFwHeapSize
        self.meta.put(0xA0, 1 * MIB, 8)  # frtsSize
        self.meta.put(0xC0, 128 << 10, 8)  # vgaWorkspaceSize
        self.boot_params = self.host.allocate(PAGE)
        self.boot_params.write(0x08, struct.pack("<IIQ", 1, 256, self.meta.iova))
        self.boot_params.put(0x24, 1, 1)
        self.boot_params.write(0x28, struct.pack("<I4xQ", 2, self.libos.iova))

    # FSP.

    def chain_of_trust(self, **changes: Any) -> bytes:
        """The packet for FSP: 868 bytes. `changes` replace fields of the payload."""
        fields: dict[str, Any] = {
            "mctp": 0xC0000000,
            "nvdm": 0x1410DE7E,
            "version": 1,
            "size": 860,
            "fmc": self.fmc.iova,
            "frts_sysmem_offset": 0,
            "frts_sysmem_size": 0,
            "frts_offset": 2 * MIB,
            "frts_size": 1 * MIB,
            "hash": hashlib.sha384(self.images.fmc).digest(),
            "public_key": b"\x11" * 384,
            "signature": b"\x22" * 384,
            "arguments": self.boot_params.iova,
            **changes,
        }
        return struct.pack("<IIHHQQIQI48s384s384sQ", *fields.values())

    def send_to_fsp(self, packet: bytes) -> None:
        self.write(EMEMC, 1 << 24)
        for (word,) in struct.iter_unpack("<I", packet):
            self.write(EMEMD, word)
        self.write(COMMAND_TAIL, len(packet) - 4)
        self.write(COMMAND_HEAD, 0)

    def receive_from_fsp(self, timeout_s: float = 2.0) -> bytes:
        self.wait(lambda: self.read(MESSAGE_HEAD) != self.read(MESSAGE_TAIL), "FSP's answer", timeout_s)
        size = self.read(MESSAGE_TAIL) - self.read(MESSAGE_HEAD) + 4
        self.write(EMEMC, 1 << 25)
        packet = b"".join(struct.pack("<I", self.read(EMEMD)) for _ in range(size // 4))
        self.write(MESSAGE_TAIL, 0)
        self.write(MESSAGE_HEAD, 0)
        return packet

    def ask_fsp(self, packet: bytes) -> int:
        """Send a packet; the error code of the answer."""
        self.send_to_fsp(packet)
        answer = self.receive_from_fsp()
        return struct.unpack("<5I", answer)[4]

    # The boot.

    def boot(self) -> None:
        """Everything up to INIT_DONE.

        Raises:
            Refused: FSP or the bootstrap says no.
            TimedOut: a step never ends.
        """
        self.start_gsp()
        self.wait_for_release()
        if not self.read(RISCV_CPUCTL) & 0x80:
            raise Refused("the core does not run", self.read(RISCV_CPUCTL))
        self.wait(lambda: self.shared.get(STATUS + 0x1C) == 0x1000, "the status queue")
        self.receive(INIT_DONE)
        if not self.gpu.work.drain():
            raise TimedOut("GSP's last look at its queue")

    def start_gsp(self) -> None:
        self.wait(lambda: self.read(FSP_STATUS) == 0xFF, "FSP")
        code = self.ask_fsp(self.chain_of_trust())
        if code:
            raise Refused("FSP", code)

    def wait_for_release(self) -> None:
        self.wait(self._released, "the release")

    def _released(self) -> bool:
        config = self.read(HWCFG2)
        if config == 0 or config & 0xFFFFFF00 == 0xBADF4100:
            return False
        mailbox = self.read(MAILBOX0) | self.read(MAILBOX1) << 32
        if mailbox == self.boot_params.iova:
            return False
        if mailbox:
            raise Refused("the bootstrap", mailbox)
        return not config & 1 << 13

    # Messages.

    def element(self, function: int, payload: bytes, **changes: int) -> bytes:
        """The bytes of one message. `changes` replace fields of its headers."""
        size = 0x50 + len(payload)
        fields = {
            "number": self.command_number,
            "pages": -(-size // PAGE),
            "version": 0x03000000,
            "signature": 0x43505256,
            "length": 0x20 + len(payload),
            "function": function,
            "result": 0xFFFFFFFF,
            "private": 0xFFFFFFFF,
            "sequence": 0,
            "checksum_flip": 0,
            **changes,
        }
        flip = fields.pop("checksum_flip")
        body = struct.pack("<32x4x2I4x8I", *fields.values(), 0) + payload
        made = bytearray(body)
        made[0x20:0x24] = struct.pack("<I", xor32(body) ^ flip)
        return bytes(made)

    def write_element(self, element: bytes) -> None:
        """Put a message into the command queue; do not ring."""
        pages = -(-len(element) // PAGE)
        element += bytes(-len(element) % 8)
        for page in range(pages):
            entry = (self.command_at + page) % ENTRIES
            self.shared.write(COMMANDS + 0x1000 + entry * PAGE, element[page * PAGE : (page + 1) * PAGE])
        self.command_at = (self.command_at + pages) % ENTRIES
        self.command_number += 1
        self.shared.put(COMMAND_WRITE, self.command_at)

    def push(self, function: int, payload: bytes, **changes: int) -> None:
        """Put a command into the queue and ring."""
        self.write_element(self.element(function, payload, **changes))
        self.write(DOORBELL, 0)

    def push_long(self, function: int, payload: bytes, sequence: int = 0) -> None:
        """A command in as many messages as it takes."""
        limit = 0x10000 - 0x50
        self.push(function, payload[:limit], sequence=sequence)
        for at in range(limit, len(payload), limit):
            self.push(CONTINUATION, payload[at : at + limit])

    def poll(self) -> Reply | None:
        """The next message from GSP; None if there is none."""
        if self.shared.get(STATUS_WRITE) == self.status_at:
            return None
        first = self._status_entry(0)
        (length,) = struct.unpack_from("<I", first, 0x38)
        pages = -(-(0x30 + length) // PAGE)
        data = first + b"".join(self._status_entry(page) for page in range(1, pages))
        number, count = struct.unpack_from("<II", data, 0x24)
        function, result, _private, sequence = struct.unpack_from("<4I", data, 0x3C)
        size = 0x30 + length
        left = xor32(data[: -(-size // 8) * 8])
        self.status_at = (self.status_at + pages) % ENTRIES
        self.shared.put(STATUS_READ, self.status_at)
        return Reply(function, result, data[0x50:size], sequence, number, count, left)

    def _status_entry(self, page: int) -> bytes:
        return self.shared.read(STATUS + 0x1000 + (self.status_at + page) % ENTRIES * PAGE, PAGE)

    def receive(self, function: int, timeout_s: float = 2.0) -> Reply:
        """The next message from GSP, which must be of that function."""
        reply: Reply = self.wait(self.poll, f"a message of function {function:#x}", timeout_s)
        assert reply.function == function, f"{reply.function:#x} came for {function:#x}"
        return reply

    def call(self, function: int, payload: bytes, sequence: int = 0) -> Reply:
        self.push_long(function, payload, sequence)
        return self.receive(function)

    def control(self, command: int, params: bytes) -> Reply:
        head = struct.pack("<6I", 0xC1D00001, 0x2080, command, 0, len(params), 0)
        return self.call(CONTROL, head + params)

    def kinds(self) -> list[str]:
        """The kinds of all reports."""
        return [report.kind for report in self.gpu.reports]
