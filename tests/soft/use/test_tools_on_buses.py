"""The verbs that look at registers and page tables, on GPUs that are reached by vfio-pci and by a socket."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from barewire.pci.sysfs import Sysfs
from barewire.softgpu.chip import SoftGpu, SoftOptions
from barewire.tools import cli
from barewire.tools.device import kind_of
from barewire.tools.exits import Exit
from barewire.transport.vfio import bus as vfio_bus

SHARED = Path(__file__).parents[2] / "unit/transport"
# pytest's importlib mode leaves sys.path alone; the strict kernel is shared with the tests of the way to it.
if str(SHARED) not in sys.path:
    sys.path.insert(0, str(SHARED))

from fake_vfio import ADDRESS, FakeKernel, Options  # noqa: E402

GIB = 1 << 30
START_S = 30
SCRATCH = "NV_PGSP_FALCON_MAILBOX0"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A software GPU in a process of its own."""
    folder = tmp_path_factory.mktemp("served")
    folder.chmod(0o700)
    words = [sys.executable, "-m", "barewire.tools", "serve", "--socket", str(folder / "gpu")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert "is served at" in process.stdout.readline()
            yield f"vfio-user:{folder / 'gpu'}"
        finally:
            process.terminate()
            assert process.wait(START_S) == 0


@pytest.fixture
def bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A software GPU that a strict kernel's vfio-pci has."""
    gpu = SoftGpu(SoftOptions(vram_bytes=GIB, bar1_bytes=GIB))
    machine = FakeKernel(gpu, tmp_path / "machine", Options(cdev=True))
    sysfs = Sysfs(machine.root / "sys", machine.root / "dev", machine.root / "proc")
    monkeypatch.setattr(vfio_bus, "LinuxKernel", lambda: machine)
    monkeypatch.setattr(vfio_bus, "Sysfs", lambda: sysfs)
    monkeypatch.setattr("barewire.transport.claim.LOCK_FOLDER", machine.root)
    yield f"vfio:{ADDRESS}"
    assert machine.protests == []
    assert not machine.files
    gpu.close()


@pytest.fixture(params=["served", "bound"])
def device(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def said(capsys: pytest.CaptureFixture[str], *words: str, code: Exit = Exit.OK) -> Any:
    """What a verb prints as JSON."""
    capsys.readouterr()
    assert cli.main([*words, "--json"]) == code, capsys.readouterr()
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("booted", [[], ["--booted"]], ids=["as it is", "booted"])
def test_registers_are_read_and_written(
    device: str, booted: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    see = partial(said, capsys)
    boot = see("peek", "NV_PMC_BOOT_0", "--device", device, *booted)
    assert boot["registers"][0]["value"] == "0x180000a1"

    steps = see("poke", SCRATCH, "0x12345678", "--device", device, *booted)["steps"]
    assert [each["when"] for each in steps] == ["before", "written", "after"]
    if not booted:
        assert steps[2]["value"] == "0x12345678"
    seen = see("watch", "NV_PMC_BOOT_0", "--count", "2", "--interval", "0.01", "--device", device, *booted)
    assert seen["changes"]


def test_registers_are_kept_in_a_file(
    device: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    see = partial(said, capsys)
    files = [str(tmp_path / name) for name in ("before.json", "after.json")]
    for file in files:
        kept = see("snapshot", file, "--only", "NV_PMC_*", "--device", device)
        assert (kept["device"], kept["chip"], kept["config_bytes"]) == (device, "gh100", 4096)

    assert not see("diff", *files)["registers"]
    assert see("peek", "NV_PMC_BOOT_0", "--device", f"snapshot:{files[0]}")["registers"]


def test_page_tables_are_shown_looked_up_and_right(device: str, capsys: pytest.CaptureFixture[str]) -> None:
    see = partial(said, capsys)
    shown = see("vm", "map", "--map", "1M:64K:ro", "--device", device)
    assert shown["device"] == device
    assert [each["size_bytes"] for each in shown["ranges"] if each["what"] == "buffer 0"] == [1 << 20]

    walked = see("vm", "walk", "buffer 0+4K", "--map", "1M:64K:ro", "--device", device)
    assert walked["walks"][0]["outcome"] == "mapped"
    for space in ("own", "rm"):
        assert see("vm", "diff", "--space", space, "--map", "1M:64K:ro", "--device", device)["equal"]


def test_page_tables_at_a_root_are_those_of_the_address_space(
    device: str, capsys: pytest.CaptureFixture[str]
) -> None:
    see = partial(said, capsys)
    shown = see("vm", "map", "--device", device)
    root = f"video:{shown['root']['address']}"

    found = see("vm", "map", "--booted", "--root", root, "--device", device)
    assert (found["mapped_bytes"], found["tables"]) == (shown["mapped_bytes"], shown["tables"])
    assert found["ranges"][0]["gpu_va"] == shown["ranges"][0]["gpu_va"]
    first = shown["ranges"][0]["gpu_va"]
    assert see("vm", "walk", first, "--booted", "--root", root, "--device", device)["walks"][0]["memory"]


def test_page_tables_of_a_gpu_that_was_not_booted_are_read_through_its_window(
    device: str, capsys: pytest.CaptureFixture[str]
) -> None:
    see = partial(said, capsys)
    found = see("vm", "map", "--root", "video:0x100000", "--device", device)
    assert (found["format"], found["ranges"]) == ("GMMU version 3", [])
    walked = see("vm", "walk", "0x1000", "--root", "video:0x100000", "--device", device, code=Exit.FINDING)
    assert walked["walks"][0]["outcome"] == "not mapped"
    see("vm", "diff", "--root", "video:0", "--device", device, code=Exit.USAGE)


@pytest.mark.parametrize(
    "words",
    [("peek", "NV_PMC_BOOT_0"), ("vm", "map"), ("vm", "map", "--root", "video:0"), ("demo",)],
    ids=" ".join,
)
@pytest.mark.parametrize("missing", ["vfio:0000:7f:1f.7", "vfio-user:/nowhere/gpu"])
def test_a_device_that_is_not_there_is_named(
    words: tuple[str, ...], missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(capsys, *words, "--device", missing, code=Exit.NOT_READY)
    assert told["error"] == "NoDevice"
    assert told["message"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("nv:0", "GPU of NVIDIA's kernel driver"),
        ("vfio:0000:01:00.0", "GPU of vfio-pci, booted by barewire"),
        ("vfio-user:/path.sock", "GPU that another program serves, perhaps a software GPU"),
        ("other:1", "other"),
    ],
)
def test_who_reads_a_result_is_told_what_stands_behind_it(name: str, kind: str) -> None:
    assert kind_of(name) == kind
