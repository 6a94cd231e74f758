"""Rows 1, 4, 5 and the kernels of row 6: what kernels do wrong, and launches that are refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from barewire.errors import (
    AddressOutOfRange,
    BarewireError,
    IllegalInstruction,
    KernelNotFound,
    KernelTimeout,
    LaunchTooLarge,
    MethodError,
    MisalignedAccess,
    MmuFault,
    PollTimeout,
    Trap,
)
from fault_case import Attempt, Case, one
from fault_world import UNMAPPED_VA, World

KIB, MIB = 1 << 10, 1 << 20
ENDLESS_S = 0.3
ENDLESS_LIMIT_NS = 240 * 1_000_000_000  # the second exit of the kernel that never ends
PAGE_MASK = ~0xFFF
KERNELS = {"read": "fault_read", "write": "fault_write", "atomic": "fault_atomic"}
ACCESS_WORDS = {"read": ("read",), "write": ("write",), "atomic": ("atomic", "weak atomic")}


def launch(world: World, name: str, *arguments: Any) -> None:
    world.micro()[name][(1,), (32,)](*arguments)
    world.dev.synchronize(timeout_s=5.0)


def access(world: World, kind: str, gpu_va: int) -> None:
    """A kernel reads, writes or adds to a word."""
    last = world.dev.zeros(64, np.uint32) if kind == "read" else np.uint32(1)
    launch(world, KERNELS[kind], np.uint64(gpu_va), last)


# ---- row 1


def _unmapped(world: World) -> int:
    return UNMAPPED_VA


def _null(world: World) -> int:
    return 0


def _read_only(world: World) -> int:
    """The address of 64 KiB of host memory that may only be read; kept as long as the device."""
    memory = world.dev.rm.host_memory(64 * KIB)
    return int(world.dev.space.map(memory, read_only=True))


def _past_the_end(world: World) -> int:
    """The first address behind 2 MiB of video memory."""
    return world.end_of_a_mapping()[0]


PLACES = {
    "unmapped": (_unmapped, "an address where nothing ever was"),
    "null": (_null, "address 0"),
    "read-only": (_read_only, "host memory that is mapped for reading"),
    "past the end": (_past_the_end, "the first byte behind a mapping of 2 MiB of video memory"),
}


def _mmu_cases() -> Iterable[Case]:
    for kind in KERNELS:
        for place, (where, how) in PLACES.items():
            allowed = (kind, place) == ("read", "read-only")
            wanted: dict[str, int] = {}

            def attempt(world: World, kind: str = kind, where: Any = where, wanted: Any = wanted) -> None:
                wanted["gpu_va"] = where(world)
                access(world, kind, wanted["gpu_va"])

            def check(world: World, error: BarewireError, kind: str = kind, wanted: Any = wanted) -> None:
                assert error.gpu_va & PAGE_MASK == wanted["gpu_va"] & PAGE_MASK
                assert error.access in ACCESS_WORDS[kind]

            yield Case(
                1,
                f"{kind}, {place}",
                f"a kernel's {kind} of {how}" + (", which is allowed" if allowed else ""),
                one(attempt),
                () if allowed else (MmuFault,),
                facts=() if allowed else ("gpu_va", "access", "fault_type", "engine", "queue"),
                check=check,
                afterwards="launches",
            )


# ---- row 4


def _refused(world: World, grid: Any, block: Any, shared: int = 0) -> None:
    world.micro()["empty"].launch(grid=grid, block=block, args=(), shared=shared)


def _too_many_registers(world: World) -> None:
    from barewire import kernels

    kernels.load(world.dev, "attention")["attention_256_bf16"].launch(grid=(1,), block=(512,), args=())


def _by_the_scheduler(world: World) -> None:
    overrides = {"SHADER_LOCAL_MEMORY_HIGH_SIZE": 0x640}
    world.micro()["empty"].launch(grid=(1,), block=(32,), qmd_overrides=overrides)
    world.dev.synchronize(timeout_s=5.0)


def _descriptor_cases() -> Iterable[Case]:
    def case(name: str, how: str, attempt: Any, *errors: type[BaseException]) -> Case:
        return Case(4, name, how, one(attempt), errors, within_s=0.5, afterwards="launches")

    yield case("grid of nothing", "a grid of 0 blocks", lambda w: _refused(w, (0,), (32,)), LaunchTooLarge)
    yield case(
        "too much shared memory",
        "228 KiB for a block",
        lambda w: _refused(w, (1,), (32,), 228 * KIB),
        LaunchTooLarge,
    )
    yield case(
        "too many registers",
        "512 threads of a kernel of 237 registers: 121344 of 65536",
        _too_many_registers,
        LaunchTooLarge,
    )
    yield case("bad entry", "a kernel that the module lacks", lambda w: w.micro()["no_such"], KernelNotFound)
    yield Case(
        4,
        "refused by the scheduler",
        "a descriptor that wants local memory that the channel was not given, past the host's checks",
        one(_by_the_scheduler),
        (MethodError,),
        facts=("xid", "engine", "queue"),
        afterwards="launches",
    )


# ---- row 5


def _illegal(world: World) -> None:
    from barewire import kernels

    spoiled = world.dev.load(kernels.illegal_instruction_cubin(world.dev.facts.sm_version))
    spoiled["fault_illegal_instruction"][(1,), (32,)](world.dev.zeros(64, np.uint32))
    world.dev.synchronize(timeout_s=5.0)


def _exception_cases() -> Iterable[Case]:
    def word(world: World) -> Any:
        return world.dev.zeros(64, np.uint32)

    def case(name: str, kernel: str, how: str, attempt: Any, *errors: type[BaseException]) -> Case:
        def check(world: World, error: BarewireError) -> None:
            assert error.kernel == kernel

        facts = ("warp_pc", "kernel", "kernel_offset", "sm", "queue")
        return Case(5, name, how, one(attempt), errors, facts=facts, check=check, afterwards="launches")

    yield case(
        "illegal instruction",
        "fault_illegal_instruction",
        "an instruction of a cubin is overwritten with ones",
        _illegal,
        IllegalInstruction,
    )
    yield case(
        "misaligned",
        "fault_read",
        "a read of 4 bytes at an odd multiple of 2",
        lambda w: access(w, "read", word(w).gpu_va + 2),
        MisalignedAccess,
    )
    yield case(
        "bad shared address",
        "fault_shared",
        "a store 1 MiB into shared memory",
        lambda w: launch(w, "fault_shared", np.uint32(1 << 20), word(w)),
        AddressOutOfRange,
    )
    yield case(
        "bad local address",
        "fault_local",
        "a store 15 MiB into local memory",
        lambda w: launch(w, "fault_local", np.uint32(0x00F0_0000), word(w)),
        AddressOutOfRange,
        MmuFault,
    )
    yield case("trap", "fault_trap", "__trap()", lambda w: launch(w, "fault_trap"), Trap)


# ---- row 6


def _endless(world: World) -> None:
    word, outcome = world.dev.zeros(64, np.uint32), world.dev.zeros(64, np.uint32)
    world.micro()["spin_until"][(1,), (32,)](word, np.uint32(1), np.uint64(ENDLESS_LIMIT_NS), outcome)
    world.dev.synchronize(timeout_s=ENDLESS_S)


def _never_released(world: World) -> Iterable[Attempt]:
    """On a compute channel; then it is taken off the GPU, as the error says."""
    channel = world.dev.channel(engine="compute")
    words = world.dev.zeros(64, np.uint32)
    world.dev.synchronize()
    waiting = channel.submit(channel.pushbuffer().acquire(words.gpu_va, 1))
    yield lambda: waiting.wait(timeout_s=ENDLESS_S)

    def stop() -> None:
        raise channel.stop()

    yield stop
    channel.close()


CASES = (
    *_mmu_cases(),
    *_descriptor_cases(),
    *_exception_cases(),
    Case(
        6,
        "endless kernel",
        "a kernel that waits for a word that nobody writes; 0.3 s are given",
        one(_endless),
        (KernelTimeout,),
        limit_s=ENDLESS_S,
        facts=("timeout_s", "queue", "kernel"),
        afterwards="launches",
    ),
    Case(
        6,
        "semaphore never released",
        "an acquire of a word that nobody writes; 0.3 s are given, then the channel is stopped",
        _never_released,
        (PollTimeout,),
        limit_s=ENDLESS_S,
        afterwards="launches",
    ),
)
