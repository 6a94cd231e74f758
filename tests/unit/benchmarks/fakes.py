"""A device in NumPy that runs the benchmark kernels when they are launched, and a CUDA program in Python."""

from __future__ import annotations

import contextlib
import types
from collections.abc import Iterator
from typing import Any

import numpy as np


class FakeArray:
    """Memory; `view` is what a pinned array has."""

    def __init__(self, device: FakeDevice, data: np.ndarray) -> None:
        self.device = device
        self.view = data
        self.shape, self.dtype, self.size_bytes = data.shape, data.dtype, data.nbytes

    def numpy(self) -> np.ndarray:
        return self.view.copy()

    def copy_from(self, source: Any) -> None:
        self.view[...] = source.view if isinstance(source, FakeArray) else source

    def copy_to(self, target: FakeArray) -> None:
        target.view[...] = self.view

    def fill(self, value: Any) -> None:
        self.view[...] = value

    def free(self) -> None:
        pass


class FakeQueue:
    def roundtrip(self) -> None:
        pass


class FakeGraph:
    """Captured launches, whose named arrays can be replaced."""

    def __init__(self, named: dict[str, FakeArray]) -> None:
        self.named = named
        self.calls: list[tuple[Any, list[Any]]] = []

    @contextlib.contextmanager
    def independent(self) -> Iterator[None]:
        yield

    def launch(self, **arrays: FakeArray) -> None:
        replaced = {id(self.named[name]): array for name, array in arrays.items()}
        self.named = {**self.named, **arrays}
        self.calls = [(run, [replaced.get(id(a), a) for a in arguments]) for run, arguments in self.calls]
        for run, arguments in self.calls:
            run(*arguments)


class FakeDevice:
    """What the benchmarks use of a device. `lose` is the number of a launch that never happens."""

    def __init__(self, lose: int | None = None) -> None:
        self.compute = self.copies = FakeQueue()
        self.capturing: FakeGraph | None = None
        self.launches = 0
        self.lose = lose

    def array(self, values: Any) -> FakeArray:
        return FakeArray(self, np.array(values))

    def empty(self, shape: Any, dtype: Any) -> FakeArray:
        return FakeArray(self, np.full(shape, 7, dtype))

    def zeros(self, shape: Any, dtype: Any) -> FakeArray:
        return FakeArray(self, np.zeros(shape, dtype))

    pinned = empty

    def synchronize(self, timeout_s: float | None = None) -> None:
        pass

    def record(self) -> Any:
        return types.SimpleNamespace(time_ns=1000 * self.launches)

    @contextlib.contextmanager
    def capture(self, **named: FakeArray) -> Iterator[FakeGraph]:
        self.capturing = FakeGraph(named)
        try:
            yield self.capturing
        finally:
            self.capturing = None

    def module(self) -> dict[str, FakeKernel]:
        return {name: FakeKernel(self, name) for name in ("mix", "chain", "own_cells", "chain_proof", "busy")}


class FakeKernel:
    """The kernels of benchmarks/kernels.cu, written once more."""

    def __init__(self, device: FakeDevice, name: str) -> None:
        self.device = device
        self.name = name

    def __getitem__(self, shape: tuple[Any, Any]) -> Any:
        (blocks,), (threads,) = shape

        def launch(*arguments: Any) -> None:
            def run(x: FakeArray, y: FakeArray, number: int) -> None:
                self._run(blocks, threads, x, y, number)

            if self.device.capturing is not None:
                self.device.capturing.calls.append((run, list(arguments)))
            else:
                run(*arguments)

        return launch

    def _run(self, blocks: int, threads: int, x: FakeArray, y: FakeArray, number: int) -> None:
        self.device.launches += 1
        if self.device.launches - 1 == self.device.lose:
            return
        if self.name == "mix":
            y.view[:] = y.view * np.uint32(3) + np.uint32(number) * x.view
        elif self.name == "chain":
            y.view[:] = np.roll(x.view.reshape(blocks, threads), -1, axis=0).reshape(-1) + np.uint32(number)
        elif self.name == "own_cells":
            own = slice(number * blocks * threads, (number + 1) * blocks * threads)
            moved = np.roll(x.view[own].reshape(blocks, threads), -1, axis=0).reshape(-1)
            y.view[own] = moved + np.uint32(number * 7 + 1)
        elif self.name == "chain_proof":
            block = np.repeat(np.arange(blocks, dtype=np.uint32), threads)
            cells = np.roll(x.view.reshape(blocks, threads, 4), -1, axis=0).reshape(-1, 4)
            y.view[:, 0] = cells[:, 0] + np.uint32(number)
            y.view[:, 2] = cells[:, 2] + (cells[:, 1] != block)
            y.view[:, 1] = block


CUDA_PROGRAM = r'''#!/usr/bin/env python3
"""Speaks the protocol of cuda_reference.cu, with made-up times."""
import json, sys

def say(**answer):
    print(json.dumps(answer), flush=True)

if sys.argv[1] == "first-result":
    say(main_s=0.01, init_s=0.2, context_s=0.1, open_s=0.35, result_s=0.4, private_kib=120000, wrong=WRONG)
    sys.exit(0)
say(gpu="fake", cuda=13000, init_s=0.2, context_s=0.1, private_kib=120000)
for line in sys.stdin:
    words = line.split()
    if words[0] == "quit":
        break
    if words[0] == "die":
        sys.exit(1)
    if words[0] in ("chain", "free", "copy_in", "copy_out", "copy_device"):
        say(samples=[10.0] * int(words[2]), update=[5.0] * int(words[2]), wrong=WRONG)
    elif words[0] == "launch_sync":
        say(samples=[9.8] * int(words[1]), wrong=WRONG)
    elif words[0] == "launch_many":
        say(samples=[4.3], issue=[4.0], wrong=WRONG)
    elif words[0] == "chain_proof":
        say(crossed=1000, wrong=0)
    elif words[0] == "warm":
        say(launches=3)
    else:
        say(error="unknown command: " + line.strip())
'''
