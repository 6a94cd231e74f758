"""The guest's part: programs that use the GPU through nouveau, each a sentence of its own.

The payload of tests/vm/lane.py; nouveau is loaded already. barewire makes the pushbuffers, as Mesa would make
its own; all else is nouveau's: the boot of the firmware, page tables, channels, fences.
"""

from __future__ import annotations

import array
import contextlib
import errno
import hashlib
import os
import random
import re
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import uapi
from barewire.channel.pushbuffer import Pushbuffer
from barewire.chip.limits import limits_for
from barewire.compute import constants, launch, qmd
from barewire.compute.cubin import load_image
from barewire.copy.engine import CopyPushbuffer
from payload import Step, gpus, kernel_says, mark, perform
from uapi import BIND_MAP, BIND_SPARSE, BIND_UNMAP, BindOperation, Buffer, Client

if TYPE_CHECKING:
    from barewire.compute.image import KernelInfo

RENDER_NODE = "/dev/dri/renderD128"
MODULE = "/modules/nouveau.ko"
KERNELS = "/payload/micro.cubin"
CHANNEL_CLASS, COPY_CLASS, COMPUTE_CLASS = 0xC86F, 0xC8B5, 0xCBC0
SM_VERSION, SM_COUNT = 90, 132
FIRST_OBJECT = 0xC0B0
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
KERNEL_GPU_VA, KERNEL_BYTES = 1 << 39, 1 << 39  # the upper half of what nouveau lets a program divide
GART = uapi.DOMAIN_GART | uapi.DOMAIN_COHERENT | uapi.DOMAIN_MAPPABLE
VRAM = uapi.DOMAIN_VRAM | uapi.DOMAIN_MAPPABLE
WAIT_S = 30.0
PUSHES_OF_A_LAP = 1100  # more than the entries of nouveau's ring of pushbuffers

LOGGED = ("nouveau", "drm", "WARNING:", "BUG:", "Oops", "Call Trace", "blocked for more")

STEPS: list[Step] = []


def step(function: Step) -> Step:
    """A program of its own: fails alone."""
    STEPS.append(function)
    return function


class Session:
    """A program's open file, its address space, and places to map at."""

    def __init__(self) -> None:
        self.client = Client(RENDER_NODE)
        self.client.vm_init(KERNEL_GPU_VA, KERNEL_BYTES)
        self._next_gpu_va = 4 * GIB
        self._buffers: list[Buffer] = []
        self._objects = 0

    def close(self) -> None:
        """Unmap what the processor has mapped, and close the file."""
        for buffer in self._buffers:
            buffer.close()
        self.client.close()

    def object_name(self) -> int:
        """A name for an object that this program has not used yet."""
        self._objects += 1
        return FIRST_OBJECT + self._objects

    def place(self, size_bytes: int) -> int:
        """A GPU virtual address that is free."""
        gpu_va = self._next_gpu_va
        self._next_gpu_va += (size_bytes + 4 * MIB - 1) // (2 * MIB) * (2 * MIB)
        return gpu_va

    def buffer(self, size_bytes: int, domain: int = GART) -> Buffer:
        """A buffer that the GPU has not mapped."""
        buffer = self.client.buffer(size_bytes, domain)
        self._buffers.append(buffer)
        return buffer

    def memory(self, size_bytes: int, domain: int = GART) -> tuple[Buffer, int]:
        """A buffer and where it is mapped."""
        buffer = self.buffer(size_bytes, domain)
        gpu_va = self.place(buffer.size_bytes)
        self.client.map(buffer, gpu_va)
        return buffer, gpu_va

    def channel(self) -> CopyChannel:
        """A channel of a copy engine."""
        return CopyChannel(self, uapi.ENGINE_COPY, COPY_CLASS)


class Channel:
    """A channel of an engine with an object of the engine's class, and memory for pushbuffers."""

    def __init__(self, session: Session, engine: int, class_id: int) -> None:
        self.client = session.client
        self.class_id = class_id
        self.number = self.client.channel(engine)
        self.client.engine_object(self.number, class_id, session.object_name())
        self._buffer, self._gpu_va = session.memory(64 * KIB)
        self._used = 0

    def write(self, pushbuffer: Pushbuffer) -> tuple[int, int]:
        """Put a pushbuffer into memory: what EXEC takes. What lies there stays until the channel goes."""
        words = pushbuffer.tobytes()
        at = self._used
        self._buffer.bytes[at : at + len(words)] = words
        self._used += (len(words) + 255) // 256 * 256
        return self._gpu_va + at, len(words)

    def submit(self, pushbuffer: Pushbuffer, *, wait: tuple[int, ...] = ()) -> int:
        """Submit; a synchronization object that is signaled at the end."""
        done = self.client.syncobj()
        self.client.execute(self.number, [self.write(pushbuffer)], wait=wait, signal=(done,))
        return done

    def run(self, pushbuffer: Pushbuffer) -> float:
        """Submit and wait: how long the wait took in seconds."""
        return self.client.wait([self.submit(pushbuffer)], WAIT_S)


class CopyChannel(Channel):
    """A channel of a copy engine; its first pushbuffer names the engine's class."""

    _named = False

    def start(self) -> CopyPushbuffer:
        """An empty pushbuffer."""
        pushbuffer = CopyPushbuffer((CHANNEL_CLASS, self.class_id))
        if not self._named:
            self._named = True
            pushbuffer.bind(self.class_id)
        return pushbuffer


@contextlib.contextmanager
def session() -> Iterator[Session]:
    opened = Session()
    try:
        yield opened
    finally:
        opened.close()


def noise(size_bytes: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size_bytes)


def expect(true: bool, sentence: str) -> None:
    if not true:
        raise ValueError(sentence)


def same(got: bytes, wanted: bytes, what: str) -> str:
    """The content's digest if it is what it should be.

    Raises:
        ValueError: says where it is not.
    """
    if got != wanted:
        where = next((i for i, pair in enumerate(zip(got, wanted, strict=False)) if pair[0] != pair[1]), -1)
        wrong = sum(a != b for a, b in zip(got, wanted, strict=False))
        raise ValueError(f"{what}: {wrong} of {len(wanted)} bytes differ, the first at {where:#x}")
    return hashlib.sha256(got).hexdigest()[:16]


@step
def the_driver_says_what_the_device_is() -> dict[str, Any]:
    client = Client(RENDER_NODE)
    facts: dict[str, Any] = {}
    for name in uapi.PARAMETERS:
        with contextlib.suppress(OSError):
            facts[name.lower()] = client.parameter(name)
    time.sleep(0.01)
    facts["ptimer_moved_ns"] = client.parameter("PTIMER_TIME") - facts["ptimer_time"]
    client.close()
    return facts


@step
def copies_reach_all_memory() -> dict[str, Any]:
    """Memory of the machine to that of the GPU, within it, and back; odd places and lengths too."""
    with session() as here:
        channel = here.channel()
        source, source_va = here.memory(256 * KIB)
        target, target_va = here.memory(256 * KIB)
        _, first_va = here.memory(4 * MIB, VRAM)
        _, second_va = here.memory(4 * MIB, VRAM)
        data = noise(256 * KIB, 1)
        source.bytes[:] = data
        target.bytes[:] = bytes(256 * KIB)
        pushbuffer = channel.start()
        pushbuffer.copy(source=source_va, destination=first_va, size_bytes=256 * KIB)
        pushbuffer.copy(source=first_va, destination=second_va + 2 * MIB - 8 * KIB, size_bytes=256 * KIB)
        pushbuffer.copy(source=second_va + 2 * MIB - 8 * KIB, destination=target_va, size_bytes=256 * KIB)
        waited = channel.run(pushbuffer)
        digest = same(target.bytes[:], data, "there and back")
        pushbuffer = channel.start()
        channel.run(pushbuffer.copy(source=source_va + 4093, destination=target_va + 13, size_bytes=8201))
        wanted = data[:13] + data[4093 : 4093 + 8201] + data[13 + 8201 :]
        same(target.bytes[:], wanted, "odd bytes")
        return {"sha256": digest, "waited_s": waited, "classes": here.client.classes(channel.number)}


@step
def fills_and_lines_are_as_written() -> dict[str, Any]:
    with session() as here:
        channel = here.channel()
        source, source_va = here.memory(64 * KIB)
        target, target_va = here.memory(64 * KIB)
        data = noise(64 * KIB, 2)
        source.bytes[:] = data
        pushbuffer = channel.start()
        pushbuffer.fill(destination=target_va, value=0xA5C3F00D, element_bytes=4, count=16 * KIB)
        pushbuffer.copy_2d(
            source=source_va,
            destination=target_va + 64,
            width_bytes=100,
            height=50,
            source_pitch_bytes=128,
            destination_pitch_bytes=1024,
        )
        channel.run(pushbuffer)
        wanted = bytearray((0xA5C3F00D).to_bytes(4, "little") * (16 * KIB))
        for line in range(50):
            wanted[64 + line * 1024 : 164 + line * 1024] = data[line * 128 : line * 128 + 100]
        return {"sha256": same(target.bytes[:], bytes(wanted), "a fill and lines")}


@step
def the_processor_sees_video_memory() -> dict[str, Any]:
    """What the processor writes through the BAR the GPU reads, and the other way round."""
    with session() as here:
        channel = here.channel()
        machine, machine_va = here.memory(16 * KIB)
        video, video_va = here.memory(2 * MIB, VRAM)
        data, other = noise(8 * KIB, 3), noise(8 * KIB, 4)
        video.bytes[64 * KIB : 72 * KIB] = data
        machine.bytes[: 8 * KIB] = other
        pushbuffer = channel.start()
        pushbuffer.copy(source=video_va + 64 * KIB, destination=machine_va + 8 * KIB, size_bytes=8 * KIB)
        pushbuffer.copy(source=machine_va, destination=video_va + MIB, size_bytes=8 * KIB)
        channel.run(pushbuffer)
        same(machine.bytes[8 * KIB : 16 * KIB], data, "written through the BAR")
        return {"sha256": same(video.bytes[MIB : MIB + 8 * KIB], other, "read through the BAR")}


@step
def channels_wait_for_each_other() -> dict[str, Any]:
    """A chain of copies on three channels, submitted at once; only fences keep their order."""
    with session() as here:
        channels = [here.channel() for _ in range(3)]
        places = [here.memory(64 * KIB, GART if i in (0, 6) else VRAM) for i in range(7)]
        data = noise(64 * KIB, 5)
        places[0][0].bytes[:] = data
        places[6][0].bytes[:] = bytes(64 * KIB)
        done: tuple[int, ...] = ()
        for i in range(6):
            channel = channels[i % 3]
            pushbuffer = channel.start()
            pushbuffer.copy(source=places[i][1], destination=places[i + 1][1], size_bytes=64 * KIB)
            done = (channel.submit(pushbuffer, wait=done),)
        waited = here.client.wait(done, WAIT_S)
        numbers = [channel.number for channel in channels]
        return {
            "sha256": same(places[6][0].bytes[:], data, "a chain of copies"),
            "waited_s": waited,
            "channels": numbers,
        }


@step
def what_is_mapped_anew_is_seen_at_once() -> dict[str, Any]:
    """One pushbuffer again and again; its addresses get other memory between: the GPU may keep no old one."""
    with session() as here:
        client, channel = here.client, here.channel()
        source, source_va = here.memory(8 * KIB)
        targets = [here.buffer(8 * KIB) for _ in range(4)]
        for target in targets:
            target.bytes[:] = bytes(8 * KIB)
        target_va = here.place(8 * KIB)
        client.map(targets[0], target_va)
        pushbuffer = channel.start().copy(source=source_va, destination=target_va, size_bytes=8 * KIB)
        push = channel.write(pushbuffer)
        for number, target in enumerate(targets):
            if number:
                client.unmap(target_va, 8 * KIB)
                client.map(target, target_va)
            source.bytes[:] = noise(8 * KIB, 10 + number)
            done = client.syncobj()
            client.execute(channel.number, [push], signal=(done,))
            client.wait([done], WAIT_S)
        for number, target in enumerate(targets):
            same(target.bytes[:], noise(8 * KIB, 10 + number), f"mapped as number {number}")
        return {"maps": len(targets)}


@step
def maps_wait_for_work_and_work_for_maps() -> dict[str, Any]:
    """VM_BIND that the driver does by itself: after one copy, before the next, nobody waiting between."""
    with session() as here:
        client, channel = here.client, here.channel()
        source, source_va = here.memory(4 * KIB)
        targets = [here.buffer(4 * KIB) for _ in range(2)]
        for target in targets:
            target.bytes[:] = bytes(4 * KIB)
        source.bytes[:] = noise(4 * KIB, 6)
        target_va = here.place(4 * KIB)
        done: list[int] = []
        for target in targets:
            mapped = client.syncobj()
            operations = [BindOperation(op=BIND_MAP, handle=target.handle, addr=target_va, range=4 * KIB)]
            if done:
                operations.insert(0, BindOperation(op=BIND_UNMAP, addr=target_va, range=4 * KIB))
            client.bind(operations, wait=done[-1:], signal=(mapped,), later=True)
            pushbuffer = channel.start().copy(source=source_va, destination=target_va, size_bytes=4 * KIB)
            done.append(channel.submit(pushbuffer, wait=(mapped,)))
        client.wait(done, WAIT_S)
        for number, target in enumerate(targets):
            same(target.bytes[:], noise(4 * KIB, 6), f"target {number}")
        return {}


@step
def sparse_ranges_read_as_zeros() -> dict[str, Any]:
    """A range without memory takes what is written and reads as zeros, but where memory is mapped in it."""
    with session() as here:
        client, channel = here.client, here.channel()
        source, source_va = here.memory(64 * KIB)
        target, target_va = here.memory(64 * KIB)
        data = noise(64 * KIB, 7)
        source.bytes[:] = data
        target.bytes[:] = data
        sparse_va = here.place(8 * MIB)
        client.bind([BindOperation(op=BIND_MAP, flags=BIND_SPARSE, addr=sparse_va, range=8 * MIB)])
        island = here.buffer(2 * MIB, uapi.DOMAIN_VRAM)
        client.bind(
            [BindOperation(op=BIND_MAP, handle=island.handle, addr=sparse_va + 2 * MIB, range=2 * MIB)]
        )
        at = sparse_va + 2 * MIB - 32 * KIB  # half of it in the range, half on the island
        pushbuffer = channel.start()
        pushbuffer.copy(source=source_va, destination=at, size_bytes=64 * KIB)
        pushbuffer.copy(source=at, destination=target_va, size_bytes=64 * KIB)
        channel.run(pushbuffer)
        same(target.bytes[:], bytes(32 * KIB) + data[32 * KIB :], "beside the island, and on it")
        client.unmap(sparse_va + 2 * MIB, 2 * MIB)
        pushbuffer = channel.start().copy(source=at, destination=target_va, size_bytes=64 * KIB)
        channel.run(pushbuffer)
        same(target.bytes[:], bytes(64 * KIB), "where the island was")
        return {}


@step
def a_ring_is_used_again_and_again() -> dict[str, Any]:
    """More pushbuffers than nouveau's ring has entries, each a step further of one count."""
    with session() as here:
        client, channel = here.client, here.channel()
        target, target_va = here.memory(8 * KIB)
        target.bytes[:] = bytes(8 * KIB)
        most = client.parameter("EXEC_PUSH_MAX")
        at_once = min(most, 100)
        channel.run(channel.start())
        pushes = []
        for number in range(at_once):
            pushbuffer = channel.start()
            pushbuffer.fill(destination=target_va + 4 * number, value=number + 1, element_bytes=4, count=1)
            pushes.append(channel.write(pushbuffer))
        waited, rounds = 0.0, PUSHES_OF_A_LAP // at_once + 1
        for _ in range(rounds):
            target.bytes[:] = bytes(8 * KIB)
            done = client.syncobj()
            client.execute(channel.number, pushes, signal=(done,))
            waited += client.wait([done], WAIT_S)
            client.free_syncobj(done)
            words = b"".join((number + 1).to_bytes(4, "little") for number in range(at_once))
            same(target.bytes[: len(words)], words, "the counts")
        return {"pushbuffers": rounds * at_once, "most_at_once": most, "waited_s": waited}


@step
def two_programs_have_an_address_each() -> dict[str, Any]:
    """Two address spaces, the same addresses in both, at work in turns."""
    with session() as one, session() as two:
        ends = []
        for number, here in enumerate((one, two)):
            channel = here.channel()
            source, source_va = here.memory(16 * KIB)
            _, video_va = here.memory(2 * MIB, VRAM)
            target, target_va = here.memory(16 * KIB)
            source.bytes[:] = noise(16 * KIB, 20 + number)
            pushbuffer = channel.start().copy(source=source_va, destination=video_va, size_bytes=16 * KIB)
            ends.append((here, channel, target, video_va, target_va, channel.submit(pushbuffer)))
        addresses = {(end[3], end[4]) for end in ends}
        expect(len(addresses) == 1, f"both should have the same addresses: {addresses}")
        for here, channel, _, video_va, target_va, done in ends:
            here.client.wait([done], WAIT_S)
            pushbuffer = channel.start()
            channel.run(pushbuffer.copy(source=video_va, destination=target_va, size_bytes=16 * KIB))
        for number, end in enumerate(ends):
            same(end[2].bytes[:], noise(16 * KIB, 20 + number), f"program {number}")
        return {}


@step
def the_end_of_work_interrupts() -> dict[str, Any]:
    """Much to copy, and a job that waits for it: the kernel counts interrupts that Host's methods ask for."""
    with session() as here:
        channel, other = here.channel(), here.channel()
        source, source_va = here.memory(4 * KIB)
        target, target_va = here.memory(4 * KIB)
        _, first_va = here.memory(32 * MIB, VRAM)
        _, second_va = here.memory(32 * MIB, VRAM)
        source.bytes[:] = noise(4 * KIB, 9)
        pushbuffer = channel.start()
        for _ in range(32):
            pushbuffer.copy(source=first_va, destination=second_va, size_bytes=32 * MIB)
        pushbuffer.copy(source=source_va, destination=second_va, size_bytes=4 * KIB)
        before = interrupts()
        done = channel.submit(pushbuffer)
        pushbuffer = other.start().copy(source=second_va, destination=target_va, size_bytes=4 * KIB)
        waited = here.client.wait([other.submit(pushbuffer, wait=(done,))], WAIT_S)
        same(target.bytes[:], noise(4 * KIB, 9), "what was copied last")
        counted = interrupts() - before
        expect(counted > 0, "no interrupt came")
        return {"waited_s": waited, "interrupts": counted}


@step
def a_kernel_computes() -> dict[str, Any]:
    """y = 3 x + y, once and again: nouveau's channel and context of GR, code of NVIDIA's compiler."""
    with session() as here:
        channel = Channel(here, uapi.ENGINE_GRAPHICS, COMPUTE_CLASS)
        sender, count, threads = launch.Sender(COMPUTE_CLASS), 1024, 128
        x, x_va = here.memory(4 * KIB)
        y, y_va = here.memory(4 * KIB)
        code, code_va = here.memory(64 * KIB)
        slot, slot_va = here.memory(4 * KIB)
        image = load_image(KERNELS, SM_VERSION)
        code.bytes[: image.size_bytes] = image.relocated(code_va)
        numbers = array.array("f", range(count))
        x.bytes[:] = y.bytes[:] = numbers.tobytes()
        arguments = struct.pack("<QQf", x_va, y_va, 3.0)
        words, bank0 = _launch(
            image.kernels["saxpy"], code_va, slot_va, (count // threads, threads), arguments
        )
        slot.bytes[: len(words)] = words
        slot.bytes[launch.BANK0_OFFSET : launch.BANK0_OFFSET + len(bank0)] = bank0
        pushbuffer = Pushbuffer((CHANNEL_CLASS, COMPUTE_CLASS)).bind(COMPUTE_CLASS)
        pushbuffer.method("NVCBC0_INVALIDATE_SHADER_CACHES", INSTRUCTION="TRUE", CONSTANT="TRUE")
        for window, gpu_va in (("SHARED", constants.SHARED_WINDOW_VA), ("LOCAL", constants.LOCAL_WINDOW_VA)):
            name = f"NVCBC0_SET_SHADER_{window}_MEMORY_WINDOW_A"
            pushbuffer.method(name, gpu_va >> 32, gpu_va & 0xFFFFFFFF)
        pushbuffer.raw(sender.alone(slot_va))
        waited = channel.run(pushbuffer)
        same(y.bytes[:], array.array("f", (4 * n for n in numbers)).tobytes(), "once")
        channel.run(Pushbuffer((CHANNEL_CLASS, COMPUTE_CLASS)).raw(sender.alone(slot_va)))
        digest = same(y.bytes[:], array.array("f", (7 * n for n in numbers)).tobytes(), "again")
        return {"sha256": digest, "waited_s": waited, "classes": here.client.classes(channel.number)}


def _launch(
    info: KernelInfo, code_va: int, slot_va: int, shape: tuple[int, int], arguments: bytes
) -> tuple[bytes, bytes]:
    """What stands in a launch slot: the QMD, which releases nothing, and bank 0."""
    version = launch.qmd_version_of(COMPUTE_CLASS)
    facts = SimpleNamespace(sm_version=SM_VERSION, sm_count=SM_COUNT)
    device = SimpleNamespace(limits=limits_for(SM_VERSION), facts=facts, qmd_version=version)
    kernel: Any = SimpleNamespace(info=info, device=device, module=SimpleNamespace(gpu_va=code_va))
    geometry = launch.Geometry((shape[0], 1, 1), (shape[1], 1, 1), (1, 1, 1), 0)
    plan = launch.plan(kernel, geometry, {}, {})
    bank0_va, dialect = slot_va + launch.BANK0_OFFSET, qmd.DIALECTS[version]
    template = plan.template.set(dialect.release_enable[0], 0)
    qmd.set_bank(template, dialect, 0, bank0_va, plan.bank0_bytes)
    words = struct.pack(f"<{len(template.words)}I", *template.words)
    bank0 = plan.bank0.placed(bank0_va, slot_va)[: info.param_base].ljust(info.param_base, b"\0")
    return words, bank0 + arguments.ljust(info.param_bytes, b"\0")


@step
def a_fault_ends_one_channel_only() -> dict[str, Any]:
    """A copy from where nothing is mapped: nouveau hears of it and ends that channel; others go on."""
    before = len(kernel_log())
    with session() as here, session() as bystander:
        client, channel, other = here.client, here.channel(), bystander.channel()
        target, target_va = bystander.memory(4 * KIB)
        _, own_va = here.memory(4 * KIB)
        nowhere = here.place(4 * KIB)
        pushbuffer = channel.start().copy(source=nowhere, destination=own_va, size_bytes=4 * KIB)
        waited = client.wait([channel.submit(pushbuffer)], WAIT_S)
        deadline = time.monotonic() + WAIT_S
        code = 0
        while not code and time.monotonic() < deadline:
            try:
                client.execute(channel.number, [(own_va, 0)])
                time.sleep(0.1)
            except OSError as error:
                code = error.errno or 0
        said = kernel_log()[before:]
        target.bytes[:] = bytes(4 * KIB)
        pushbuffer = other.start().fill(destination=target_va, value=7, element_bytes=1, count=4 * KIB)
        other.run(pushbuffer)
        same(target.bytes[:], b"\7" * 4 * KIB, "the bystander's copy")
        expect(code == errno.ENODEV, f"a killed channel should be refused with ENODEV, not {code}")
        return {
            "waited_s": waited,
            "nowhere": nowhere,
            "channel": channel.number,
            "refused": errno.errorcode[code],
            "said": said,
        }


@step
def the_module_goes_and_comes_again() -> dict[str, Any]:
    """The GPU is shut down and booted anew; then a copy."""
    (address,) = gpus()
    began = time.monotonic()
    subprocess.run(["rmmod", "nouveau"], check=True)
    gone = time.monotonic()
    mark(address, "gone")
    subprocess.run(["insmod", MODULE], check=True)
    back = time.monotonic()
    with session() as here:
        channel = here.channel()
        source, source_va = here.memory(4 * KIB)
        target, target_va = here.memory(4 * KIB)
        source.bytes[:] = noise(4 * KIB, 8)
        channel.run(channel.start().copy(source=source_va, destination=target_va, size_bytes=4 * KIB))
        same(target.bytes[:], noise(4 * KIB, 8), "after all")
    subprocess.run(["rmmod", "nouveau"], check=True)
    return {"unload_s": gone - began, "load_s": back - gone}


def interrupts() -> int:
    """How many interrupts of the GPU the kernel has counted."""
    lines = Path("/proc/interrupts").read_text().splitlines()
    counts = [line.split()[1 : 1 + (os.cpu_count() or 1)] for line in lines if "nvkm" in line]
    return sum(int(count) for row in counts for count in row)


def kernel_log() -> list[str]:
    """What the kernel said so far that matters here, its times left out."""
    return [re.sub(r"^(<\d+>)?\[[ 0-9.]+\] ", "", line) for line in kernel_says(*LOGGED)]


def what_the_kernel_said_at_first() -> dict[str, Any]:
    return {"release": os.uname().release, "log": kernel_log(), "nodes": sorted(os.listdir("/dev/dri"))}


def what_the_kernel_said_in_the_end() -> dict[str, Any]:
    return {"log": kernel_log()}


if __name__ == "__main__":
    sys.exit(perform([what_the_kernel_said_at_first, *STEPS, what_the_kernel_said_in_the_end]))
