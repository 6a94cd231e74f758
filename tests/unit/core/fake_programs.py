"""What the kernels of kernels/cuda/micro.cu do, as Python functions for the fake GPU."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from fake_gpu import FakeGpu, Launch, WarpError
from fake_memory import READ

CUBINS = Path(__file__).parents[3] / "kernels" / "cubin"
U32, U64, F32 = np.uint32, np.uint64, np.float32


def empty(launch: Launch) -> None:
    pass


def store(launch: Launch) -> None:
    out, value = launch.arguments("QI")
    launch.array(out, U32, 1)[0] = value


def store_ramp(launch: Launch) -> None:
    out, value, count = launch.arguments("QII")
    count = min(count, launch.threads)
    launch.array(out, U32, count)[:] = value + np.arange(count, dtype=U32)


def saxpy(launch: Launch) -> None:
    x, y, scale = launch.arguments("QQf")
    source, target = launch.array(x, F32, launch.threads, READ), launch.array(y, F32, launch.threads)
    target[:] = F32(scale) * source + target


def add_constant(launch: Launch) -> None:
    out, given, addend, count = launch.arguments("QQII")
    launch.array(out, U32, count)[:] = launch.array(given, U32, count, READ) + U32(addend)


def launch_dimensions(launch: Launch) -> None:
    (out,) = launch.arguments("Q")
    launch.array(out, U32, 6)[:] = [*launch.grid, *launch.block]


def arguments(launch: Launch) -> None:
    """Eleven words: integers sign-extended, floating point as bits."""
    out, a, b, c, d, e, f, g = launch.arguments("QbhiqfdB")
    first, second, third, i = struct.unpack_from("<BxxxIHxxQ", launch.parameters, 44)
    bits = [struct.unpack("<I", struct.pack("<f", e))[0], struct.unpack("<Q", struct.pack("<d", f))[0]]
    words = [a, b, c, d, *bits, g, first, second, third, i]
    launch.array(out, U64, 11)[:] = [word & (1 << 64) - 1 for word in words]


def large_argument(launch: Launch) -> None:
    (out,) = launch.arguments("Q")
    launch.array(out, U32, 1000)[:] = np.frombuffer(launch.parameters, U32, 1000, 8)


def increment(launch: Launch) -> None:
    (value,) = launch.arguments("Q")
    launch.array(value, U32, 1)[0] += 1


def increment_from(launch: Launch) -> None:
    to, source = launch.arguments("QQ")
    launch.array(to, U32, 1)[0] = launch.array(source, U32, 1, READ)[0] + 1


def chain_step(launch: Launch) -> None:
    cells, _, step = launch.arguments("QQI")
    two = launch.array(cells + 4 * step, U32, 2)
    two[1] = two[0] + 1


def local_memory(launch: Launch) -> None:
    """Not what the kernel computes: it only tells that it ran with enough local memory."""
    out, stride = launch.arguments("QI")
    if launch.shape.local_bytes < 1024:
        raise WarpError("local memory is too small", warp_esr=0x0E)
    launch.array(out, U32, launch.threads)[:] = stride


def shared_sizes(launch: Launch) -> None:
    """Dynamic and total shared memory, as bank 0 and the QMD say."""
    (out,) = launch.arguments("Q")
    (dynamic,) = struct.unpack_from("<I", launch.bank0, 0x2C)
    launch.array(out, U32, 2)[:] = [dynamic, launch.shape.shared_bytes]


def spin_until(launch: Launch) -> Iterator[None]:
    """Runs until a word has a value: never ends if it does not come."""
    word, expected, _, outcome = launch.arguments("QIQQ")
    watched = launch.array(word, U32, 1, READ)
    while watched[0] != expected:
        yield
    launch.array(outcome, U32, 1)[0] = 1


def fault_read(launch: Launch) -> None:
    gpu_va, out = launch.arguments("QQ")
    launch.array(out, U32, 1)[0] = launch.array(gpu_va, U32, 1, READ)[0]


def fault_write(launch: Launch) -> None:
    gpu_va, value = launch.arguments("QI")
    launch.array(gpu_va, U32, 1)[0] = value


def fault_trap(launch: Launch) -> None:
    raise WarpError("the kernel traps", global_esr=0x20)


def fault_illegal_instruction(launch: Launch) -> None:
    raise WarpError("no such instruction", warp_esr=0x09)


PROGRAMS = {
    function.__name__: function
    for function in (
        empty,
        store,
        store_ramp,
        saxpy,
        add_constant,
        launch_dimensions,
        arguments,
        large_argument,
        increment,
        increment_from,
        chain_step,
        local_memory,
        shared_sizes,
        spin_until,
        fault_read,
        fault_write,
        fault_trap,
        fault_illegal_instruction,
    )
}


def install(gpu: FakeGpu, module) -> None:
    """Let the fake GPU run a loaded module's kernels, once it has seen their code where it must be."""
    tables = gpu.rm.spaces[0].tables
    module.device.synchronize()  # the code is copied behind everything else
    expected = module.image.relocated(module.gpu_va)
    assert tables.read(module.gpu_va, len(expected)) == bytes(expected)
    for name, function in PROGRAMS.items():
        gpu.programs[tables, module.gpu_va + module.image.kernels[name].code_offset] = function


def load_programs(device):
    """The module of small kernels on a device, known to its fake GPU."""
    module = device.load(CUBINS / "sm_90" / "micro.cubin")
    install(device.gpu, module)
    return module
