"""Modules and kernels: loaded code, and launching it.

`kernel[grid, block](...)` is the way in that has to be fast: everything that does not change between two
calls is kept in a plan, and one native call fills a launch slot with it and rings the doorbell.
"""

from __future__ import annotations

import contextlib
import operator
import weakref
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from barewire.compute import launch
from barewire.compute.arguments import native_kinds, pack
from barewire.compute.queue import SLOT_BYTES
from barewire.errors import (
    ArgumentMismatch,
    Freed,
    KernelNotFound,
    LaunchTooLarge,
    UnsupportedFeature,
    UsageError,
    WrongDevice,
)
from barewire.native._fastlaunch import FastLauncher
from barewire.native._native import ffi, lib

if TYPE_CHECKING:
    from barewire.array import Array
    from barewire.compute.cubin import CubinImage, KernelInfo
    from barewire.compute.machine_code import MachineCode
    from barewire.device import Device

Dimensions = int | tuple[int, ...]
LAUNCHERS_KEPT = 256
_BW_LAUNCH = int(ffi.cast("uintptr_t", ffi.addressof(lib, "bw_launch")))


def three(dimensions: Dimensions, what: str) -> tuple[int, int, int]:
    """Grid or block dimensions as three positive numbers.

    Raises:
        LaunchTooLarge: one is not positive, or there are not one to three of them.
        UsageError: one is not a whole number.
    """
    try:
        sizes = dimensions if isinstance(dimensions, (tuple, list)) else (dimensions,)
        given = tuple(operator.index(size) for size in sizes)
    except TypeError:
        raise UsageError(f"{what} is one to three whole numbers, not {dimensions!r}") from None
    if not 1 <= len(given) <= 3 or any(size < 1 for size in given):
        raise LaunchTooLarge(f"{what} {given} is not one to three positive numbers")
    filled = (*given, 1, 1, 1)
    return filled[0], filled[1], filled[2]


def _bytes_of_shared(shared: Any) -> int:
    try:
        return operator.index(shared)
    except TypeError:
        raise UsageError(f"shared memory is a whole number of bytes, not {shared!r}") from None


class Module(Mapping[str, "Kernel"]):
    """Loaded code: a mapping of kernel names to kernels, and its global variables.

    Made by `Device.load`.
    """

    def __init__(self, device: Device, image: CubinImage, code: Array, name: str) -> None:
        self.device = device
        self.image = image
        self.name = name
        self._code = code
        self._kernels: dict[str, Kernel] = {}

    @property
    def gpu_va(self) -> int:
        """Where the image lies.

        Raises:
            Freed: the module was unloaded.
        """
        if self._code.gpu_va is None:
            raise Freed(f"module {self.name} was unloaded")
        return self._code.gpu_va

    @property
    def code(self) -> Array:
        """The memory that holds the image; its `gpu_va` is None once the module was unloaded."""
        return self._code

    def __getitem__(self, name: str) -> Kernel:
        """A kernel.

        Raises:
            KernelNotFound: there is none of that name; the message says which there are.
            UnsupportedFeature: the kernel needs what barewire does not offer.
        """
        if name not in self._kernels:
            if name not in self.image.kernels:
                held = ", ".join(sorted(self.image.kernels)) or "none"
                raise KernelNotFound(f"{self.name} has no kernel {name!r}", hint=f"it has {held}")
            self._kernels[name] = Kernel(self, self.image.kernels[name])
        return self._kernels[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.image.kernels)

    def __len__(self) -> int:
        return len(self.image.kernels)

    def variable(self, name: str) -> tuple[int, int]:
        """(gpu_va, size_bytes) of a global or constant variable.

        Raises:
            KernelNotFound: there is none of that name.
        """
        if name not in self.image.globals:
            held = ", ".join(sorted(self.image.globals)) or "none"
            raise KernelNotFound(f"{self.name} has no variable {name!r}", hint=f"it has {held}")
        found = self.image.globals[name]
        return self.gpu_va + found.offset, found.size_bytes

    def locate(self, pc: int) -> tuple[str, int] | None:
        """(kernel, offset) of a program counter, if it lies in this module."""
        base = self._code.gpu_va
        if base is None:
            return None
        for kernel in self.image.kernels.values():
            offset = pc - base - kernel.code_offset
            if 0 <= offset < kernel.code_size_bytes:
                return kernel.name, offset
        return None

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def code_at(self, pc: int) -> int | None:
        """The low 64 bits of the instruction at a program counter, if it lies in this module."""
        if self.locate(pc) is None:
            return None
        offset = pc - self.gpu_va
        return int.from_bytes(self.image.relocated(self.gpu_va)[offset : offset + 8], "little")

    def unload(self) -> None:
        """Free the code once nothing in flight can use it; its kernels can not be launched any more."""
        self._code.free()
        self.forget()

    def forget(self) -> None:
        """Let go of the kernels that were asked for; launchers of theirs look again at the next call."""
        for kernel in self._kernels.values():
            kernel.forget()
        self._kernels.clear()

    def __repr__(self) -> str:
        return f"<Module {self.name}: {', '.join(self.image.kernels)}>"

    def _repr_html_(self) -> str:
        """Its kernels, for notebooks."""
        from barewire.show import module as shown

        return shown(self).html


class Kernel:
    """One kernel. `kernel[grid, block](*arguments)` launches it."""

    def __init__(self, module: Module, info: KernelInfo) -> None:
        if info.unsupported:
            needed = ", ".join(info.unsupported)
            raise UnsupportedFeature(
                f"{info.name} needs {needed}, which barewire does not offer", kernel=info.name
            )
        self.module = module
        self.device = module.device
        self.info = info
        self.name = info.name
        self._launchers: dict[Any, Launcher] = {}
        self._made: weakref.WeakSet[Launcher] = weakref.WeakSet()  # those that callers keep among them

    def __getitem__(self, shape: tuple[Dimensions, Dimensions]) -> Launcher:
        """The kernel with a grid and a block: `kernel[(4,), (256,)]`, also `kernel[4, 256]`."""
        try:
            return self._launchers[shape]
        except (KeyError, TypeError):
            pass
        if not isinstance(shape, tuple) or len(shape) != 2:
            raise UsageError(f"{self.name}[grid, block] takes a grid and a block, not {shape!r}")
        return self._remember(shape, self.shape(*shape))

    def _remember(self, key: Any, launcher: Launcher) -> Launcher:
        if len(self._launchers) >= LAUNCHERS_KEPT:
            self._launchers.clear()
        with contextlib.suppress(TypeError):  # grids given as lists cannot be remembered
            self._launchers[key] = launcher
        return launcher

    def shape(
        self,
        grid: Dimensions,
        block: Dimensions,
        *,
        shared: int = 0,
        cluster: Dimensions | None = None,
        qmd_overrides: dict[str, int] | None = None,
        bank0_overrides: dict[int, int] | None = None,
    ) -> Launcher:
        """A launcher for a grid, a block, dynamic shared memory in bytes, and a cluster.

        Args:
            qmd_overrides, bank0_overrides: QMD fields and bank 0 words to set otherwise, for experiments.

        Raises:
            LaunchTooLarge: beyond what the chip or the kernel allows.
            UsageError: a size is not a whole number, or an override does not fit.
        """
        geometry = launch.Geometry(
            three(grid, "grid"),
            three(block, "block"),
            three(cluster, "cluster") if cluster is not None else self.info.cluster_dims or (1, 1, 1),
            _bytes_of_shared(shared),
        )
        launch.check(self.info, self.device.limits, geometry)
        plan = launch.plan(self, geometry, qmd_overrides or {}, bank0_overrides or {})
        launcher = Launcher(self, geometry, plan)
        self._made.add(launcher)
        return launcher

    def launch(
        self,
        *,
        grid: Dimensions,
        block: Dimensions,
        args: tuple[Any, ...] = (),
        shared: int = 0,
        cluster: Dimensions | None = None,
        queue: Any = None,
        qmd_overrides: dict[str, int] | None = None,
        bank0_overrides: dict[int, int] | None = None,
    ) -> None:
        """Launch with everything named; see `shape` for what may be raised."""
        overrides = qmd_overrides or bank0_overrides
        key = (grid, block, shared, cluster)
        try:
            launcher = None if overrides else self._launchers.get(key)
        except TypeError:
            launcher = None
        if launcher is None:
            launcher = self.shape(
                grid,
                block,
                shared=shared,
                cluster=cluster,
                qmd_overrides=qmd_overrides,
                bank0_overrides=bank0_overrides,
            )
            if not overrides:
                self._remember(key, launcher)
        try:
            arguments = tuple(args)
        except TypeError:
            raise ArgumentMismatch(f"args is a tuple of arguments, not {args!r}", kernel=self.name) from None
        launcher.enqueue(queue, arguments)

    def pack(self, arguments: tuple[Any, ...]) -> bytes:
        """The parameter area for these arguments.

        Raises:
            ArgumentMismatch, Freed, WrongDevice: they do not fit the kernel.
        """
        self.module.gpu_va  # noqa: B018  raises if the module was unloaded
        return pack(self.name, self.device, self.info.params, self.info.param_bytes, arguments)

    def forget(self) -> None:
        """Let every launcher look again, since the module was unloaded."""
        for launcher in list(self._made):
            launcher.forget()
        self._launchers.clear()

    def __repr__(self) -> str:
        return f"<Kernel {self.name}: {self.info.registers} registers, {len(self.info.params)} arguments>"

    def _repr_html_(self) -> str:
        """What a launch of it needs, for notebooks."""
        from barewire.show import kernel as shown

        return shown(self).html

    @property
    def machine_code(self) -> MachineCode:
        """Its instructions, as nvdisasm writes them."""
        from barewire.compute.machine_code import machine_code

        return machine_code(self)


class Launcher(FastLauncher):
    """A kernel with its launch geometry: call it with the arguments to launch on the device's own queue.

    Calling it raises:
        ArgumentMismatch, Freed, WrongDevice: nothing was submitted.
        ChannelDead: an earlier kernel of this queue faulted; the error's kind says how.
    """

    def __init__(self, kernel: Kernel, geometry: launch.Geometry, plan: launch.Plan) -> None:
        self.kernel = kernel
        self.geometry = geometry
        self.plan = plan
        self._simple = plan.local_bytes == 0 and plan.slot_bytes <= SLOT_BYTES

    def slow(self, arguments: tuple[Any, ...]) -> None:
        """Launch by way of Python: the first time, and whenever something is not as it was before."""
        kernel = self.kernel
        data = kernel.pack(arguments)
        device = kernel.device
        device.check()
        if device.capturing is not None:
            device.capturing.add_launch(self, data, arguments)
            return
        self._launch(device.compute, data)
        kinds = native_kinds(kernel.info.params, arguments) if self._simple else None
        if kinds is not None:
            self.prepare(
                _BW_LAUNCH,
                device.target_address,
                self.plan.native_address,
                device,
                kernel.info.param_bytes,
                kinds,
            )

    def enqueue(self, queue: Any, arguments: tuple[Any, ...]) -> None:
        """Launch on a queue; None for the device's own.

        Raises:
            WrongDevice: the queue is of another device, or of another address space.
            UsageError: it is not a compute queue, or a graph is being captured.
        """
        if queue is None:
            self(*arguments)
            return
        device = self.kernel.device
        device.check()
        if not hasattr(queue, "slots_for"):
            raise UsageError(f"{queue!r} is not a compute queue")
        if queue.memory.space is not device.space:
            raise WrongDevice(
                f"{self.kernel.name} cannot be launched on {queue.name}, of another device or address space"
            )
        if device.capturing is not None:
            raise UsageError(
                "a launch on a queue of its own cannot be captured", hint="leave queue out in a capture"
            )
        self._launch(queue, self.kernel.pack(arguments))

    def _launch(self, queue: Any, data: bytes) -> None:
        slots = queue.slots_for(self.plan)
        native = self.plan.native
        status = lib.bw_launch(queue.ring, slots, native, data, queue.timeout_ns)
        while status == lib.BW_MUST_FOLLOW:
            queue.catch_up(self.kernel.device.copies)
            status = lib.bw_launch(queue.ring, slots, native, data, queue.timeout_ns)
        if status:
            queue.raise_status(status)

    def __repr__(self) -> str:
        return f"<{self.kernel.name}[{self.geometry.grid}, {self.geometry.block}]>"
