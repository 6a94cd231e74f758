"""A device of nothing but SMs and flat memory: it launches kernels of a cubin as the driver's device does.

    device = SmDevice(90)
    kernel = device.load(cubin)["saxpy"]
    x = device.array(np.arange(1024, dtype=np.float32))
    report = kernel.launch(grid=(4,), block=(256,), args=(x, np.float32(2)))

The cubin is read by the driver's loader and bank 0 is laid out by the driver's tables: what is under test is
the SM. `run_words` runs instruction words without a cubin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from barewire.chip.limits import limits_for
from barewire.compute import arguments, constants
from barewire.compute.cubin import load_image
from barewire.compute.launch import local_bytes, user_shared_bytes
from barewire.compute.qmd import SHARED_GRANULARITY_BYTES
from barewire.compute.sass_scan import GRID_WORKSPACE
from barewire.errors import UsageError
from barewire.rounding import round_up
from barewire.softgpu.sm.machine import FlatMemory, Launch, Machine, Report

ALIGNMENT = 256
MEMORY_BYTES = 64 << 20
TIMEOUT_S = 60.0
CODE_GUARD_BYTES = 4096
INSTRUCTION_SETS = ("generic", "avx2", "avx512")


def runs_here(isa: str) -> bool:
    """Whether the SM was built for one of INSTRUCTION_SETS, and the host has it."""
    try:
        Machine(90, FlatMemory(4096), isa=isa)
    except UsageError:
        return False
    return True


GRID_WORKSPACE_BYTES = 256


class SmArray:
    """An array in the device's memory."""

    def __init__(self, device: SmDevice, gpu_va: int, content: np.ndarray) -> None:
        self.device = device
        self.gpu_va = gpu_va
        self.dtype = content.dtype
        self.shape = content.shape
        self.size_bytes = content.nbytes
        self.nbytes = content.nbytes

    def numpy(self) -> np.ndarray:
        """Its content now."""
        return (
            self.device.memory.view(self.gpu_va, self.size_bytes).view(self.dtype).reshape(self.shape).copy()
        )

    def write(self, content: np.ndarray) -> None:
        """Replace its content."""
        view = self.device.memory.view(self.gpu_va, self.size_bytes)
        view[:] = np.ascontiguousarray(content, self.dtype).reshape(-1).view(np.uint8)


class SmKernel:
    """One kernel of a module."""

    def __init__(self, module: SmModule, name: str) -> None:
        self.module = module
        self.device = module.device
        self.info = module.image.kernels[name]

    def __call__(self, grid: Sequence[int], block: Sequence[int], *args: Any, **options: Any) -> Report:
        return self.launch(grid=grid, block=block, args=args, **options)

    def launch(
        self,
        grid: Sequence[int],
        block: Sequence[int],
        args: Sequence[Any] = (),
        shared: int = 0,
        check: bool = True,
        timeout_s: float = TIMEOUT_S,
    ) -> Report:
        """Run it to its end.

        Args:
            check: raise what went wrong; otherwise it is in the report.
        """
        report = self.device.machine.launch(self.prepared(grid, block, args, shared, timeout_s))
        return report.check() if check else report

    def prepared(
        self, grid: Sequence[int], block: Sequence[int], args: Sequence[Any], shared: int, timeout_s: float
    ) -> Launch:
        """What the SMs are told; bank 0 is in memory then."""
        info, device, image_va = self.info, self.device, self.module.gpu_va
        grid3, block3 = _three(grid), _three(block)
        limits = limits_for(device.arch)
        total_shared = limits.shared_reserved_bytes + user_shared_bytes(info) + shared
        cluster = info.cluster_dims or (1, 1, 1)
        banks = {bank: image_va + part.offset for bank, part in info.constant_banks.items()}
        area = arguments.pack(info.name, device, info.params, info.param_bytes, args)
        bank0 = constants.build(
            constants.layout_for(device.arch),
            constants.LaunchConstants(
                grid=grid3,
                block=block3,
                cluster=cluster,
                dynamic_shared_bytes=shared,
                shared_reserved_bytes=limits.shared_reserved_bytes,
                shared_total_bytes=total_shared,
                argument_bytes=info.param_bytes,
                program_va=image_va + info.code_offset,
                sm_count=device.machine.sm_count,
                bank_addresses=banks,
            ),
        )
        size_bytes = info.param_base + info.param_bytes
        bank0_va = device.bank0(size_bytes)
        content = np.frombuffer(bank0.placed(bank0_va, 0) + area, np.uint8).copy()
        if info.cooperative:
            workspace_va = device.grid_workspace()
            for offset, word in zip(
                GRID_WORKSPACE[device.arch // 10], (workspace_va >> 32, workspace_va), strict=True
            ):
                content.view(np.uint32)[offset // 4] = word & 0xFFFFFFFF
        device.memory.view(bank0_va, size_bytes)[:] = content[:size_bytes]
        return Launch(
            entry_va=image_va + info.code_offset,
            grid=grid3,
            block=block3,
            cluster=cluster,
            register_count=info.registers,
            shared_bytes=round_up(total_shared, SHARED_GRANULARITY_BYTES),
            local_bytes=local_bytes(info),
            barrier_count=max(info.barriers, 1),
            constant_banks={0: (bank0_va, size_bytes)}
            | {bank: (va, info.constant_banks[bank].size_bytes) for bank, va in banks.items()},
            shared_window=constants.SHARED_WINDOW_VA,
            local_window=constants.LOCAL_WINDOW_VA,
            timeout_s=timeout_s,
        )


class SmModule:
    """A cubin in the device's memory."""

    def __init__(self, device: SmDevice, cubin: bytes) -> None:
        self.device = device
        self.image = load_image(cubin, device.arch)
        self.gpu_va = device.allocate(
            self.image.size_bytes + CODE_GUARD_BYTES, max(self.image.alignment, ALIGNMENT)
        )
        blob = np.frombuffer(self.image.relocated(self.gpu_va), np.uint8)
        device.memory.view(self.gpu_va, len(blob))[:] = blob

    def __getitem__(self, name: str) -> SmKernel:
        return SmKernel(self, name)


class SmDevice:
    """SMs of a compute capability, with flat memory."""

    def __init__(self, arch: int, memory_bytes: int = MEMORY_BYTES, **options: Any) -> None:
        self.arch = arch
        self.memory = FlatMemory(memory_bytes)
        self.machine = Machine(arch, self.memory, **options)
        self._next_va = self.memory.gpu_va + ALIGNMENT
        self._bank0_va = self.allocate(1 << 16)
        self._grid_workspace_va: int | None = None

    def allocate(self, size_bytes: int, alignment: int = ALIGNMENT) -> int:
        """A range of the memory; nothing is ever freed."""
        gpu_va = -(-self._next_va // alignment) * alignment
        self._next_va = gpu_va + size_bytes
        if self._next_va > self.memory.gpu_va + len(self.memory.data):
            raise UsageError("the device's memory is used up", size_bytes=size_bytes)
        return gpu_va

    def bank0(self, size_bytes: int) -> int:
        """Where constant bank 0 of a launch stands."""
        if size_bytes > 1 << 16:
            raise UsageError("a constant bank cannot be so large", size_bytes=size_bytes)
        return self._bank0_va

    def grid_workspace(self) -> int:
        """Where the CTAs of a cooperative launch meet: zeros when it begins."""
        if self._grid_workspace_va is None:
            self._grid_workspace_va = self.allocate(GRID_WORKSPACE_BYTES)
        self.memory.view(self._grid_workspace_va, GRID_WORKSPACE_BYTES)[:] = 0
        return self._grid_workspace_va

    def array(self, content: Any, dtype: Any = None) -> SmArray:
        """A copy of an array in the device's memory."""
        host = np.ascontiguousarray(content, dtype)
        made = SmArray(self, self.allocate(max(host.nbytes, 1)), host)
        made.write(host)
        return made

    def empty(self, shape: Any, dtype: Any = np.float32) -> SmArray:
        """An array of zeros."""
        return self.array(np.zeros(shape, dtype))

    def load(self, cubin: bytes) -> SmModule:
        """Put a cubin into memory."""
        return SmModule(self, cubin)

    def synchronize(self) -> None:
        """Launches have ended when they return."""

    def run_words(
        self, words: Sequence[int], constants_of_bank0: bytes = b"", check: bool = True, **launch: Any
    ) -> Report:
        """Run instruction words, from the first on; the next call's words take the place of these."""
        before = self._next_va
        code_va = self.allocate(len(words) * 16, 1024)
        code = b"".join(word.to_bytes(16, "little") for word in words)
        self.memory.view(code_va, len(code))[:] = np.frombuffer(code, np.uint8)
        settings: dict[str, Any] = {
            "grid": (1, 1, 1),
            "block": (32, 1, 1),
            "register_count": 32,
            "timeout_s": TIMEOUT_S,
        } | launch
        if constants_of_bank0:
            self.memory.view(self._bank0_va, len(constants_of_bank0))[:] = np.frombuffer(
                constants_of_bank0, np.uint8
            )
            settings["constant_banks"] = {0: (self._bank0_va, len(constants_of_bank0))}
        report = self.machine.launch(Launch(entry_va=code_va, **settings))
        self._next_va = before
        return report.check() if check else report


def _three(size: Sequence[int] | int) -> tuple[int, int, int]:
    sizes = (size,) if isinstance(size, int) else tuple(size)
    x, y, z = (*sizes, 1, 1, 1)[:3]
    return x, y, z
