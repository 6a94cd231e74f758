"""PTX: assembled by ptxas where there is one, kept, and refused with ptxas's own words."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from barewire.compute import ptx
from barewire.compute.cubin import load_image
from barewire.errors import BadCubin, CompilerMissing, WrongArchitecture
from cubin_data import DATA, tool

TINY = (DATA / "tiny.ptx").read_bytes()
CUBIN = (DATA / "features.sm_90.cubin").read_bytes()

needs_ptxas = pytest.mark.skipif(tool("ptxas") is None, reason="needs ptxas")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    directory = tmp_path / "cache"
    monkeypatch.setenv("BAREWIRE_CACHE", str(directory))
    return directory


@pytest.fixture
def assembler(tmp_path, monkeypatch):
    """A ptxas that writes a known cubin and counts how often it is asked."""
    directory = tmp_path / "bin"
    directory.mkdir()
    (directory / "product").write_bytes(CUBIN)
    program = directory / "ptxas"
    program.write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = --version ]; then cat {directory}/version; exit; fi\n'
        f'echo "$1" >> {directory}/calls\n'
        f'cat {directory}/product > "$4"\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (directory / "version").write_text("one")
    monkeypatch.setenv("PATH", str(directory), prepend=os.pathsep)
    ptx._version.cache_clear()
    yield directory
    ptx._version.cache_clear()


def calls(assembler: Path) -> list[str]:
    log = assembler / "calls"
    return log.read_text().split() if log.exists() else []


@needs_ptxas
@pytest.mark.parametrize("sm_version", [80, 90])
def test_ptx_becomes_an_image_for_the_chip(sm_version):
    image = load_image(DATA / "tiny.ptx", sm_version)

    assert image.sm_version == sm_version
    assert list(image.kernels) == ["tiny"]


@needs_ptxas
def test_ptx_may_be_given_as_a_string_or_with_the_zeros_of_a_fatbin():
    for form in (TINY.decode(), TINY, TINY + b"\0\0\0"):
        assert list(load_image(form, 90).kernels) == ["tiny"]


@needs_ptxas
def test_what_ptxas_says_is_part_of_the_error():
    with pytest.raises(BadCubin, match="ptxas rejects the PTX") as refused:
        load_image(TINY.replace(b"ret;", b"return_home;"), 90)

    assert "return_home" in refused.value.message
    assert "line" in refused.value.message
    assert "/tmp/" not in refused.value.message


def test_the_same_ptx_is_assembled_once(assembler):
    first = ptx.assemble(TINY, 90)
    second = ptx.assemble(TINY, 90)

    assert first == second == CUBIN
    assert calls(assembler) == ["-arch=sm_90"]


def test_other_ptx_another_chip_and_another_ptxas_are_assembled_anew(assembler):
    ptx.assemble(TINY, 90)
    ptx.assemble(TINY, 80)
    ptx.assemble(TINY + b"\n", 90)
    (assembler / "version").write_text("two")
    ptx._version.cache_clear()
    ptx.assemble(TINY, 90)

    assert calls(assembler) == ["-arch=sm_90", "-arch=sm_80", "-arch=sm_90", "-arch=sm_90"]


@pytest.mark.parametrize("damage", [b"", b"short", None], ids=["empty", "short", "one bit"])
def test_a_damaged_cache_entry_is_made_anew(assembler, cache, damage):
    ptx.assemble(TINY, 90)
    (entry,) = (cache / "ptx").iterdir()
    content = entry.read_bytes()
    entry.write_bytes(content[:-1] + bytes([content[-1] ^ 1]) if damage is None else damage)

    assert ptx.assemble(TINY, 90) == CUBIN
    assert len(calls(assembler)) == 2
    assert entry.read_bytes() == content


def test_nothing_but_whole_entries_is_left_in_the_cache(assembler, cache):
    ptx.assemble(TINY, 90)

    assert [path.suffix for path in (cache / "ptx").iterdir()] == [".cubin"]


def test_a_cache_that_cannot_be_written_is_no_error(assembler, cache):
    cache.write_text("a file stands where the directory should be")

    assert ptx.assemble(TINY, 90) == CUBIN


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"BAREWIRE_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/barewire"),
        ({"HOME": "/h"}, "/h/.cache/barewire"),
    ],
)
def test_the_cache_stands_where_the_user_keeps_caches(monkeypatch, variables, expected):
    for name in ("BAREWIRE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert ptx._cache_directory() == Path(expected)


def test_without_ptxas_the_message_names_where_to_get_it(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CUDA_HOME", raising=False)
    monkeypatch.delenv("CUDA_PATH", raising=False)
    monkeypatch.setattr(ptx, "TOOLKIT_PLACES", ())
    monkeypatch.setattr(ptx, "PACKAGE_PLACES", ())

    with pytest.raises(CompilerMissing, match="ptxas") as missing:
        load_image(TINY, 90)

    assert "nvidia-cuda-nvcc" in missing.value.hint


def test_ptxas_is_found_in_cuda_home(assembler, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("CUDA_HOME", str(assembler.parent))

    assert ptx.find_ptxas() == str(assembler / "ptxas")


def test_a_ptxas_that_does_not_start_is_reported(assembler):
    (assembler / "ptxas").write_text("#!/nowhere/interpreter\n")

    with pytest.raises(CompilerMissing, match="does not run"):
        ptx.assemble(TINY, 90)


def test_a_ptxas_that_leaves_no_file_is_reported(assembler):
    (assembler / "ptxas").write_text("#!/bin/sh\necho fine\n")

    with pytest.raises(CompilerMissing, match="left no result"):
        ptx.assemble(TINY, 90)


@pytest.mark.parametrize(
    ("target", "chip", "architecture"),
    [
        ("sm_80", 90, "sm_90"), ("sm_90", 90, "sm_90"), ("sm_90a", 90, "sm_90a"), ("sm_100f", 103, "sm_103f"),
        ("sm_90", 80, None), ("sm_90a", 100, None), ("sm_100f", 120, None),
    ],
)  # fmt: skip
def test_the_target_of_the_ptx_decides_what_it_is_assembled_for(assembler, target, chip, architecture):
    text = TINY.replace(b".target sm_80", b".target " + target.encode())

    if architecture is None:
        with pytest.raises(
            WrongArchitecture, match=f"the PTX is for compute_{target[3:]} and the chip is sm_{chip}"
        ):
            ptx.assemble(text, chip)
    else:
        ptx.assemble(text, chip)
        assert calls(assembler) == [f"-arch={architecture}"]


def test_ptx_without_a_target_is_refused(assembler):
    with pytest.raises(BadCubin, match=r"no \.target directive"):
        ptx.assemble(TINY.replace(b".target", b"//"), 90)


@pytest.mark.parametrize(
    "data", [b"", b".version", b"a\0.version 8.0\n", b"\xff\xfe.version 8.0\n", b"\x7fELF"]
)
def test_what_is_not_text_with_a_version_is_not_ptx(data):
    assert not ptx.is_ptx(data)
    with pytest.raises(BadCubin):
        load_image(data, 90)


def test_the_committed_ptx_is_that_of_the_source_beside_it():
    nvcc = tool("nvcc")
    if nvcc is None:
        pytest.skip("needs nvcc")
    command = [nvcc, "-ptx", "-arch=compute_80", str(DATA / "tiny.cu"), "-o", "/dev/stdout"]
    made = subprocess.run(command, capture_output=True, check=True).stdout

    def instructions(text: bytes) -> list[bytes]:
        return [
            line
            for line in text.splitlines()
            if line.strip() and not line.lstrip().startswith((b"//", b".version"))
        ]

    assert instructions(made) == instructions(TINY)
