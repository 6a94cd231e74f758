"""A device for tests that runs barewire's kernels on the CPU: kernels/cuda/*.cu compiled by g++ against
host_shim.h.

It offers what the tensor layer uses of a `Device`, packs arguments as the manifest lays them out, and
watches: memory outside an array must stay as it was, grids, blocks and shared memory must fit every chip that
a cubin is built for.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import json
import math
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from barewire.errors import UsageError

HERE = Path(__file__).resolve().parent
KERNELS = HERE.parents[2] / "kernels"
ARCHITECTURE = "sm_90"
COMPILED = ("attention", "binary", "copy", "matmul", "norm", "reduce", "rope", "unary")
FLAGS = ("-std=c++17", "-O2", "-fno-strict-aliasing", "-U_FORTIFY_SOURCE", "-w", "-shared", "-fPIC")

# The smallest limits of the chips that there are cubins for.
MOST_SHARED_BYTES = 99 << 10
MOST_THREADS = 1024
MOST_GRID = (2**31 - 1, 65535)
REGISTER_FILE = 65536

# How a block runs: bits of `enum Mode` of host_shim.h. Together they show what depends on luck.
MODES = {
    "rising threads, late copies": 0,
    "falling threads, late copies": 1,
    "rising threads, early copies": 2,
}

GUARD_BYTES = 256
GUARD = 0xA7
UNDEFINED = 0xFF  # bytes of fresh memory: NaN as floating point


def missing_compiler() -> str | None:
    """Why kernels cannot be compiled for the host here; None when they can."""
    return None if shutil.which("g++") else "no g++ here"


class BrokenKernel(Exception):
    """A kernel did what it must not do."""


@functools.cache
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((KERNELS / "manifest.json").read_text())["cubins"]
    return found


@functools.cache
def host_library(name: str) -> ctypes.CDLL:
    """One CUDA source, compiled for the host; kept between runs as long as no source changes."""
    kernels = sorted(manifest()[f"{ARCHITECTURE}/{name}.cubin"]["kernels"])
    program = _program(name, kernels)
    sources = [*sorted((KERNELS / "cuda").glob("*.cu*")), HERE / "host_shim.h", HERE / "host_mma.h"]
    digest = hashlib.sha256(program.encode() + " ".join(FLAGS).encode())
    for path in sources:
        if path.suffix != ".cu" or path.stem == name:
            digest.update(path.read_bytes())
    folder = Path(tempfile.gettempdir(), f"barewire-host-kernels-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"{name}-{digest.hexdigest()[:16]}.so"
    if not target.exists():
        _compile(program, target)
    library = ctypes.CDLL(str(target))
    library.bw_run.restype = ctypes.c_char_p
    return library


def _program(name: str, kernels: list[str]) -> str:
    entries = ",\n".join(
        f'{{"{kernel}", [](const uint8_t *p) {{ host::call({kernel}, p); }}, '
        f"[](int32_t *o) {{ return host::describe({kernel}, o); }}}}"
        for kernel in kernels
    )
    return f"""#define BAREWIRE_HOST
#include "{name}.cu"
static const host::Entry entries[] = {{
{entries}
}};
extern "C" int bw_describe(int kernel, int32_t *pairs) {{ return entries[kernel].describe(pairs); }}
extern "C" const char *bw_run(int kernel, const uint8_t *parameters, unsigned x, unsigned y, unsigned threads,
                              unsigned shared_bytes, int mode)
{{
        return host::run(entries[kernel].invoke, parameters, x, y, threads, shared_bytes, mode);
}}
"""


def _compile(program: str, target: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        source, made = Path(scratch, "program.cpp"), Path(scratch, "program.so")
        source.write_text(program)
        command = ["g++", *FLAGS, f"-I{HERE}", f"-I{KERNELS / 'cuda'}", "-o", str(made), str(source)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode:
            raise BrokenKernel(answer.stderr[:4000])
        shutil.copy(made, target.with_suffix(f".{os.getpid()}"))
        os.replace(target.with_suffix(f".{os.getpid()}"), target)


class HostArray:
    """Memory with guards on both sides, under the address of its first byte."""

    def __init__(self, device: HostDevice, shape: tuple[int, ...], dtype: Any) -> None:
        self.device = device
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self.size_bytes = math.prod(shape) * self.dtype.itemsize
        self._raw = np.full(self.size_bytes + 3 * GUARD_BYTES, GUARD, np.uint8)
        address = self._raw.ctypes.data
        self._start = -address % GUARD_BYTES or GUARD_BYTES
        self.gpu_va: int | None = address + self._start
        self._bytes = self._raw[self._start : self._start + self.size_bytes]
        self._bytes[:] = UNDEFINED
        device.live_bytes += self.size_bytes

    @property
    def view(self) -> np.ndarray[Any, Any]:
        return self._bytes.view(self.dtype).reshape(self.shape)

    def numpy(self) -> np.ndarray[Any, Any]:
        self.check()
        self.device.reads += 1
        return self.view.copy()

    def check(self) -> None:
        """The guards are as they were."""
        before, after = self._raw[: self._start], self._raw[self._start + self.size_bytes :]
        if (before != GUARD).any() or (after != GUARD).any():
            raise BrokenKernel(f"memory outside of an array of {self.shape} was written")

    def free(self) -> None:
        if self.gpu_va is not None:
            self.gpu_va = None
            self.device.live_bytes -= self.size_bytes

    def __del__(self) -> None:
        if getattr(self, "gpu_va", None) is not None:
            self.free()


class HostKernel:
    def __init__(self, module: HostModule, name: str) -> None:
        self.module = module
        self.device = module.device
        self.name = name
        self.info = manifest()[f"{ARCHITECTURE}/{module.name}.cubin"]["kernels"][name]
        self.number = module.names.index(name)

    def __getitem__(self, shape: tuple[Any, Any]) -> Any:
        return lambda *arguments: self.launch(grid=shape[0], block=shape[1], args=arguments)

    def launch(
        self, *, grid: tuple[int, ...], block: tuple[int, ...], args: tuple[Any, ...], shared: int = 0
    ) -> None:
        x, y = (*grid, 1)[:2]
        (threads,) = block
        self._check_limits((x, y), threads, shared)
        data = self._packed(args)
        aligned = (ctypes.c_uint64 * (-(-len(data) // 8) + 1))()
        ctypes.memmove(aligned, data, len(data))
        problem = self.module.library.bw_run(self.number, aligned, x, y, threads, shared, self.device.mode)
        if problem:
            raise BrokenKernel(f"{self.name}: {problem.decode()}")
        self.device.launched.append(self.name)

    def _packed(self, arguments: tuple[Any, ...]) -> bytes:
        """The parameter area, as the manifest lays it out."""
        places = self.info["arguments"]
        if len(arguments) != len(places):
            raise BrokenKernel(f"{self.name} takes {len(places)} arguments, not {len(arguments)}")
        area = bytearray(max((offset + size for offset, size in places), default=0))
        for number, (value, (offset, size)) in enumerate(zip(arguments, places, strict=True)):
            raw = value if isinstance(value, bytes) else value.tobytes()
            if len(raw) != size:
                raise BrokenKernel(f"argument {number} of {self.name} is {size} bytes, not {len(raw)}")
            area[offset : offset + size] = raw
        return bytes(area)

    def _check_limits(self, grid: tuple[int, int], threads: int, shared: int) -> None:
        if any(not 1 <= size <= most for size, most in zip(grid, MOST_GRID, strict=True)):
            raise BrokenKernel(f"{self.name} is launched with the grid {grid}")
        if (
            not 1 <= threads <= MOST_THREADS
            or threads % 32
            or threads * self.info["registers"] > REGISTER_FILE
        ):
            raise BrokenKernel(f"{self.name} is launched with blocks of {threads}")
        if shared + self.info["static_shared_bytes"] > MOST_SHARED_BYTES:
            raise BrokenKernel(f"{self.name} is launched with {shared} bytes of shared memory")


class HostModule:
    def __init__(self, device: HostDevice, name: str) -> None:
        self.device = device
        self.name = name
        self.names = sorted(manifest()[f"{ARCHITECTURE}/{name}.cubin"]["kernels"])
        self.library = host_library(name)
        self._kernels: dict[str, HostKernel] = {}

    def __getitem__(self, name: str) -> HostKernel:
        if name not in self._kernels:
            if name not in self.names:
                raise UsageError(f"{self.name} has no kernel {name}")
            self._kernels[name] = HostKernel(self, name)
        return self._kernels[name]


class HostDevice:
    """Stands for a GPU of compute capability 9.0 with few SMs."""

    def __init__(self, name: str = "host", mode: int = 0) -> None:
        self.name = name
        self.mode = mode  # a number of MODES
        self.facts = SimpleNamespace(sm_version=90, sm_count=2, name="host")
        self.live_bytes = 0
        self.reads = 0
        self.launched: list[str] = []
        self.kept: dict[str, Any] = {}

    def load(self, source: Any) -> HostModule:
        return HostModule(self, Path(source).stem)

    def empty(self, shape: Any, dtype: Any = np.float32) -> HostArray:
        sizes = (shape,) if isinstance(shape, int) else tuple(shape)
        return HostArray(self, sizes, dtype)

    def array(self, values: Any) -> HostArray:
        given = np.ascontiguousarray(values)
        made = HostArray(self, given.shape, given.dtype)
        made.view[...] = given
        return made

    def zeros(self, shape: Any, dtype: Any = np.float32) -> HostArray:
        made = self.empty(shape, dtype)
        made.view[...] = 0
        return made

    def synchronize(self, timeout_s: float | None = None) -> None:
        pass
