"""Both sides of a comparison, on a device and a CUDA program that are played."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import barewire_side as side
from benchmarks import reference
from tests.unit.benchmarks.fakes import FakeDevice


def test_every_measurement_accepts_right_results(dev: FakeDevice) -> None:
    module = dev.module()

    assert len(side.launch_sync(dev, module, 50)) == 50
    assert len(side.launch_many(dev, module, 50)) == 1
    assert len(side.launch_many(dev, module, 50, bound=False)) == 1
    assert len(side.ChainGraph(dev, module, 5).rounds(4)) == 4
    assert len(side.FreeGraph(dev, module, 5).rounds(4)) == 4
    assert side.prove_chain(dev, module, 10) >= 9
    buffers = side.CopyBuffers(dev, 4096)
    assert len(buffers.copy_in(3)) == len(buffers.copy_out(3)) == len(buffers.copy_device(3)) == 3
    assert len(side.roundtrip(dev.compute, 7)) == 7


@pytest.mark.parametrize(
    "measure",
    [
        lambda dev, module: side.launch_sync(dev, module, 20),
        lambda dev, module: side.launch_many(dev, module, 20),
        lambda dev, module: side.ChainGraph(dev, module, 20).rounds(2),
        lambda dev, module: side.FreeGraph(dev, module, 20).rounds(2),
        lambda dev, module: side.prove_chain(dev, module, 20),
    ],
)
def test_a_launch_that_is_lost_ends_the_measurement(measure: Callable[[object, object], object]) -> None:
    dev = FakeDevice(lose=13)

    with pytest.raises(side.WrongResult):
        measure(dev, dev.module())


@pytest.mark.parametrize("direction", ["copy_in", "copy_out", "copy_device"])
def test_a_copy_that_does_nothing_ends_the_measurement(
    dev: FakeDevice, direction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.unit.benchmarks import fakes

    buffers = side.CopyBuffers(dev, 4096)
    monkeypatch.setattr(fakes.FakeArray, "copy_from", lambda self, source: None)
    monkeypatch.setattr(fakes.FakeArray, "copy_to", lambda self, target: None)

    with pytest.raises(side.WrongResult):
        getattr(buffers, direction)(2)


def test_the_cuda_program_answers_line_by_line(cuda_program: Callable[[int], Path]) -> None:
    with reference.CudaReference(cuda_program(0), side.CUBIN) as cuda:
        assert cuda.hello["gpu"] == "fake"
        assert cuda.ask("launch_sync", 3)["samples"] == [9.8] * 3
        assert len(cuda.ask("chain", 1000, 4)["update"]) == 4


def test_a_wrong_word_on_cudas_side_is_an_error(cuda_program: Callable[[int], Path]) -> None:
    program = cuda_program(2)
    with (
        reference.CudaReference(program, side.CUBIN) as cuda,
        pytest.raises(reference.ReferenceFailed, match="2 output words are wrong"),
    ):
        cuda.ask("launch_sync", 3)
    with pytest.raises(reference.ReferenceFailed, match="wrong"):
        reference.first_result(program, side.CUBIN)


def test_an_error_of_cuda_and_a_program_that_dies_are_said(cuda_program: Callable[[int], Path]) -> None:
    with reference.CudaReference(cuda_program(0), side.CUBIN) as cuda:
        with pytest.raises(reference.ReferenceFailed, match="unknown command"):
            cuda.ask("nonsense")
        with pytest.raises(reference.ReferenceFailed, match="without an answer"):
            cuda.ask("die")
        with pytest.raises(reference.ReferenceFailed, match="without an answer"):
            cuda.ask("launch_sync", 1)


def test_a_machine_without_a_compiler_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference.shutil, "which", lambda name: None)

    with pytest.raises(reference.ReferenceFailed, match="nvcc is not installed"):
        reference.build(tmp_path)
