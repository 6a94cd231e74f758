"""cuda_reference.cu itself, on a libcuda that is played: it accepts right results and finds wrong ones."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import barewire_side as side
from benchmarks import reference

HERE = Path(__file__).parent
COMMANDS = (
    ("launch_sync", 300),
    ("launch_many", 1000),
    ("chain", 1, 4),
    ("chain", 20, 4),
    ("chain", 1000, 2),
    ("free", 1000, 2),
    ("chain_proof", 100),
    ("copy_in", 8, 5),
    ("copy_out", 8, 5),
    ("copy_in", 1 << 16, 3),
    ("copy_out", 1 << 16, 3),
    ("copy_device", 1 << 16, 3),
)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled program; beside it lies the played libcuda."""
    nvcc, gcc = shutil.which("nvcc"), shutil.which("gcc")
    if not nvcc or not gcc:
        pytest.skip("this needs nvcc and gcc")
    include = Path(nvcc).resolve().parents[1] / "include"
    if not (include / "cuda.h").exists():
        include = Path("/usr/local/cuda/include")
    if not (include / "cuda.h").exists():
        pytest.skip("nvcc is here, but cuda.h is not where it should be")
    folder = tmp_path_factory.mktemp("cuda")
    library = ["gcc", "-shared", "-fPIC", "-O1", f"-I{include}", "-o", str(folder / "libcuda.so.1")]
    subprocess.run([*library, str(HERE / "fake_libcuda.c")], check=True)
    return reference.build(folder)


@pytest.fixture
def start(program: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Starts the program; keywords become its environment."""
    running = []

    def begin(**environment: str) -> reference.CudaReference:
        monkeypatch.setenv("LD_LIBRARY_PATH", str(program.parent))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        running.append(reference.CudaReference(program, side.CUBIN))
        return running[-1]

    yield begin
    for cuda in running:
        cuda.close()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(map(str, command)))
def test_right_results_are_accepted(start: Callable[..., Any], command: tuple[Any, ...]) -> None:
    cuda = start()

    reply = cuda.ask(*command)

    assert reply["wrong"] == 0
    if command[0] == "chain_proof":
        assert reply["crossed"] >= 99
    else:
        assert len(reply["samples"]) == (1 if command[0] == "launch_many" else command[-1])


@pytest.mark.parametrize("command", [c for c in COMMANDS if c[0] in ("launch_sync", "launch_many", "free")])
def test_a_lost_launch_is_found(start: Callable[..., Any], command: tuple[Any, ...]) -> None:
    cuda = start(LOSE_LAUNCH="77")

    with pytest.raises(reference.ReferenceFailed, match="wrong"):
        cuda.ask(*command)


def test_a_lost_link_of_a_chain_is_found(start: Callable[..., Any]) -> None:
    with pytest.raises(reference.ReferenceFailed, match="wrong"):
        start(LOSE_LAUNCH="7").ask("chain", 20, 1)


@pytest.mark.parametrize("command", ["copy_in", "copy_out", "copy_device"])
def test_a_copy_that_does_nothing_is_found(start: Callable[..., Any], command: str) -> None:
    with pytest.raises(reference.ReferenceFailed, match="wrong"):
        start(LOSE_COPIES="1").ask(command, 4096, 2)


def test_it_says_what_it_is_and_what_it_cannot(start: Callable[..., Any]) -> None:
    cuda = start()

    assert cuda.hello["gpu"] == "a 'fake' GPU"
    assert cuda.hello["private_kib"] > 100
    with pytest.raises(reference.ReferenceFailed, match="unknown command"):
        cuda.ask("nonsense")
    assert cuda.ask("warm", 5)["launches"] >= 1


def test_the_first_result_is_timed_from_the_start_of_the_process(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", str(program.parent))

    reply = reference.first_result(program, side.CUBIN)

    assert 0 < reply["main_s"] < reply["open_s"] <= reply["result_s"] < 5
    assert reply["wrong"] == 0


def test_a_driver_that_is_missing_is_said(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if Path("/dev/nvidiactl").exists():
        pytest.skip("there is a driver here")
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)

    with pytest.raises(reference.ReferenceFailed, match=r"libcuda\.so\.1 does not open"):
        reference.CudaReference(program, side.CUBIN)
