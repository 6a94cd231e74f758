"""What the tensor layer (`barewire.kernels`) needs of a device, on the SM: shipped kernels run as on GPUs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.soft.sm_device import SmArray, SmDevice, SmModule

H100_SMS = 132
MEMORY_BYTES = 256 << 20


class LayerArray(SmArray):
    """An array that the layer may give back; the memory is not used again."""

    def free(self) -> None:
        """Nothing: a device lives for one case."""


class LayerModule:
    """A module whose kernels are launched as `module[name][grid, block](*arguments)` too."""

    def __init__(self, module: SmModule) -> None:
        self._module = module

    def __getitem__(self, name: str) -> LayerKernel:
        return LayerKernel(self._module[name])


class LayerKernel:
    """A kernel with both ways to launch it."""

    def __init__(self, kernel: Any) -> None:
        self.launch = kernel.launch

    def __getitem__(self, shape: tuple[Any, Any]) -> Callable[..., Any]:
        return lambda *arguments: self.launch(grid=shape[0], block=shape[1], args=arguments)


class LayerDevice(SmDevice):
    """An H100 of nothing but SMs."""

    def __init__(self, arch: int = 90, **options: Any) -> None:
        super().__init__(arch, MEMORY_BYTES, sm_count=H100_SMS, **options)
        self.facts = SimpleNamespace(sm_version=arch, sm_count=H100_SMS, name="SM")
        self.kept: dict[str, Any] = {}
        self.name = "sm"

    def load(self, cubin: Any) -> Any:
        """A module from a file or its bytes."""
        return LayerModule(super().load(cubin if isinstance(cubin, bytes) else Path(cubin).read_bytes()))

    def array(self, content: Any, dtype: Any = None) -> LayerArray:
        """A copy of an array in the device's memory."""
        host = np.ascontiguousarray(content, dtype)
        made = LayerArray(self, self.allocate(max(host.nbytes, 1)), host)
        made.write(host)
        return made

    zeros = SmDevice.empty
