"""The committed cubins are what the manifest says, and the manifest what the sources say."""

from __future__ import annotations

import json
import shutil

import pytest
from barewire.errors import FormatError, UnknownName, WrongArchitecture
from barewire.kernels import build, cubin_path, illegal_instruction_cubin

MOST_BYTES = 6_700_000


@pytest.fixture
def committed(tmp_path, monkeypatch):
    """A copy of the committed files, to change."""
    for name in ("cuda", "cubin"):
        shutil.copytree(build.HERE / name, tmp_path / name)
    shutil.copy(build.HERE / "manifest.json", tmp_path)
    monkeypatch.setattr(build, "HERE", tmp_path)
    return tmp_path


def test_every_source_has_a_cubin_for_every_architecture():
    made = {target.name for target in build.targets()}

    assert {
        path.relative_to(build.HERE / "cubin").as_posix() for path in (build.HERE / "cubin").glob("*/*")
    } == made
    assert {target.architecture for target in build.targets()} == {
        "sm_80",
        "sm_86",
        "sm_89",
        "sm_90",
        "sm_120",
    }


def test_the_committed_files_are_those_of_the_manifest():
    assert build.differences(build.targets()) == []


def test_the_cubins_take_little_room():
    assert sum(path.stat().st_size for path in (build.HERE / "cubin").glob("*/*")) < MOST_BYTES


def test_a_changed_cubin_is_noticed(committed):
    path = committed / "cubin" / "sm_90" / "norm.cubin"
    path.write_bytes(path.read_bytes()[:-1] + b"x")

    assert build.differences(build.targets()) == [
        "sm_90/norm.cubin is not the file that the manifest describes"
    ]


def test_a_changed_header_concerns_all_that_include_it(committed):
    path = committed / "cuda" / "mma.cuh"
    path.write_text(path.read_text() + "\n")

    said = build.differences(build.targets(["sm_80"]))
    assert [line.split(" ")[0] for line in said] == ["sm_80/attention.cubin", "sm_80/matmul.cubin"]


def test_a_missing_and_a_foreign_cubin_are_noticed(committed):
    (committed / "cubin" / "sm_86" / "rope.cubin").rename(committed / "cubin" / "sm_86" / "stray.cubin")

    assert build.differences(build.targets()) == [
        "sm_86/rope.cubin is missing",
        "sm_86/stray.cubin has no source",
    ]


def test_one_cubin_comes_out_the_same_when_it_is_built_again():
    try:
        compiler = build.find_compiler()
    except build.CompilerMissing:
        pytest.skip("no nvcc here")
    target = build.Target("cluster", "sm_90")
    recorded = json.loads((build.HERE / "manifest.json").read_text())["cubins"][target.name]["about"][
        "compiler"
    ]
    if compiler.version != recorded:
        pytest.skip(f"nvcc {compiler.version} here, {recorded} made the committed files")

    assert build.rebuilt_differences(compiler, [target]) == []


def test_no_compiler_is_said_with_what_to_install(monkeypatch):
    monkeypatch.setattr(build, "_compiler_candidates", lambda: iter(()))

    with pytest.raises(build.CompilerMissing, match="nvidia-cuda-nvcc"):
        build.find_compiler()


def test_no_kernel_of_the_tensor_layer_spills_much_or_needs_more_shared_memory_than_there_is():
    for name, entry in json.loads((build.HERE / "manifest.json").read_text())["cubins"].items():
        for kernel, facts in entry["kernels"].items():
            assert facts["static_shared_bytes"] <= 48 << 10, (name, kernel)
            assert facts["registers"] <= 255, (name, kernel)
            if not name.endswith("micro.cubin"):
                assert facts["spill_bytes"] <= 16, (name, kernel)


def test_arguments_are_read_from_the_cubin_itself():
    found = build.kernel_arguments(cubin_path("micro", 90).read_bytes())

    assert found["arguments"] == [
        (0, 8),
        (8, 1),
        (10, 2),
        (12, 4),
        (16, 8),
        (24, 4),
        (32, 8),
        (40, 1),
        (44, 12),
        (56, 8),
    ]
    assert found["empty"] == []
    assert found["large_argument"] == [(0, 8), (8, 4000)]


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"\x7fELF\x02" + bytes(70), b"MZ" * 40])
def test_what_is_no_cubin_has_no_arguments(data):
    with pytest.raises(FormatError):
        build.kernel_arguments(data + b"\xff" * 10)


@pytest.mark.parametrize(
    ("chip", "image"), [(80, 80), (86, 86), (87, 86), (89, 89), (90, 90), (120, 120), (121, 120)]
)
def test_a_chip_gets_the_newest_image_that_it_runs(chip, image):
    assert cubin_path("matmul", chip).parent.name == f"sm_{image}"


@pytest.mark.parametrize("chip", [75, 100, 103])
def test_a_chip_without_an_image_is_told_which_there_are(chip):
    with pytest.raises(WrongArchitecture, match="sm_120"):
        cubin_path("matmul", chip)


def test_clusters_are_not_for_every_chip():
    with pytest.raises(WrongArchitecture, match="sm_90"):
        cubin_path("cluster", 89)


def test_a_cubin_that_is_not_shipped_is_told_by_name():
    with pytest.raises(UnknownName, match="micro"):
        cubin_path("nothing", 90)


@pytest.mark.parametrize("chip", [80, 86, 89, 90, 120])
def test_the_illegal_instruction_is_one_changed_opcode(chip):
    good, bad = cubin_path("micro", chip).read_bytes(), illegal_instruction_cubin(chip)
    changed = [i for i in range(len(good)) if good[i] != bad[i]]

    assert len(good) == len(bad)
    assert 1 <= len(changed) <= 2
    assert bad[changed[0]] == 0xFF
