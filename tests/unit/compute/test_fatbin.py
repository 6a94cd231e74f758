"""Fatbins: the best image for a chip is found, decompressed and loaded; a damaged one is refused."""

from __future__ import annotations

import contextlib
import random
import struct
import subprocess
import sys

import pytest
from barewire.compute import fatbin
from barewire.compute.cubin import load_image
from barewire.compute.target import Target
from barewire.errors import BadCubin, CompilerMissing, UnsupportedFeature, WrongArchitecture
from cubin_data import DATA, tool
from hypothesis import given
from hypothesis import strategies as st

LZ4 = DATA / "tiny.lz4.fatbin"
ZSTD = DATA / "tiny.zstd.fatbin"

CUBIN, PTX = fatbin.KIND_CUBIN, fatbin.KIND_PTX
SPECIFIC, FAMILY = fatbin.FLAG_ARCHITECTURE_SPECIFIC, fatbin.FLAG_FAMILY_SPECIFIC


def entry(kind: int, sm_version: int, payload: bytes, flags: int = 0, plain_bytes: int = 0) -> bytes:
    padded = payload + bytes(-len(payload) % 8)
    return (
        struct.pack("<HHIQ", kind, 0x101, 64, len(padded))
        + struct.pack("<IIHHIIIQQQ", len(payload), 0, 8, 1, sm_version, 0, 0, 0x11 | flags, 0, plain_bytes)
        + padded
    )


def holding(*parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack("<IHHQ", 0xBA55ED50, 1, 16, len(body)) + body


def lz4(data: bytes) -> bytes:
    """An LZ4 block of literals alone."""
    length = len(data)
    if length < 15:
        return bytes([length << 4]) + data
    return b"\xf0" + b"\xff" * ((length - 15) // 255) + bytes([(length - 15) % 255]) + data


@pytest.mark.parametrize("path", [LZ4, ZSTD], ids=["LZ4", "Zstandard"])
def test_what_the_compiler_put_in_is_listed(path):
    if path == ZSTD:
        pytest.importorskip("zstandard", reason="Zstandard is optional")
    entries = list(fatbin.entries(path.read_bytes()))

    assert {(one.is_cubin, str(one.target)) for one in entries} == {
        (True, "80"), (True, "90"), (True, "90a"), (False, "90"),
    }  # fmt: skip
    assert all(one.payload().startswith(b"\x7fELF") for one in entries if one.is_cubin)
    assert all(b".version" in one.payload() for one in entries if not one.is_cubin)


@pytest.mark.parametrize("chip", [80, 86, 89, 90])
def test_both_compressions_give_the_same_image(chip):
    pytest.importorskip("zstandard", reason="Zstandard is optional")

    first, second = (load_image(path, chip) for path in (LZ4, ZSTD))

    assert first.relocated(1 << 36) == second.relocated(1 << 36)
    assert list(first.kernels) == ["tiny"]


@pytest.mark.parametrize(
    ("held", "chip", "chosen"),
    [
        ([(CUBIN, "80"), (CUBIN, "86"), (CUBIN, "90")], 89, "sm_86"),
        ([(CUBIN, "86"), (CUBIN, "80")], 80, "sm_80"),
        ([(CUBIN, "90"), (CUBIN, "90a")], 90, "sm_90a"),
        ([(CUBIN, "100"), (CUBIN, "100a"), (CUBIN, "100f")], 103, "sm_100f"),
        ([(CUBIN, "80"), (PTX, "80")], 90, "compute_80"),
        ([(PTX, "75"), (PTX, "80"), (PTX, "100")], 90, "compute_80"),
        ([(CUBIN, "90"), (PTX, "90")], 90, "sm_90"),
        ([(PTX, "90a"), (PTX, "80")], 100, "compute_80"),
    ],
)
def test_the_image_nearest_to_the_chip_is_chosen(held, chip, chosen):
    suffix_flags = {"": 0, "a": SPECIFIC, "f": FAMILY}
    parts = []
    for kind, name in held:
        target = Target.parse(name)
        parts.append(entry(kind, target.sm_version, b"payload!", suffix_flags[target.suffix]))

    assert fatbin.choose(holding(*parts), chip).description == chosen


def test_a_fatbin_with_nothing_for_the_chip_says_what_it_holds():
    with pytest.raises(WrongArchitecture, match="holds nothing for sm_75") as refused:
        load_image(LZ4, 75)

    assert "sm_80" in refused.value.found
    assert "compute_90" in refused.value.found


def test_a_compressed_cubin_is_loaded():
    cubin = (DATA / "features.sm_90.cubin").read_bytes()
    packed = holding(entry(CUBIN, 90, lz4(cubin), fatbin.FLAG_LZ4, len(cubin)))

    assert load_image(packed, 90).relocated(1 << 36) == load_image(cubin, 90).relocated(1 << 36)


def test_a_wrapper_in_front_is_passed_over():
    wrapped = struct.pack("<IIQQ", 0x466243B1, 1, 0, 0) + LZ4.read_bytes()

    assert list(load_image(wrapped, 90).kernels) == ["tiny"]


def test_a_wrapper_alone_says_where_the_fatbin_is():
    with pytest.raises(BadCubin, match="wrapper without its fatbin") as refused:
        load_image(struct.pack("<IIQQ", 0x466243B1, 1, 0x1000, 0), 90)

    assert ".nv_fatbin" in refused.value.hint


def test_a_kind_of_entry_that_is_not_known_is_passed_over():
    cubin = (DATA / "features.sm_90.cubin").read_bytes()
    packed = holding(entry(8, 90, b"intermediate code"), entry(CUBIN, 90, cubin))

    assert "calls" in load_image(packed, 90).kernels


@pytest.mark.parametrize("path", [LZ4, ZSTD], ids=["LZ4", "Zstandard"])
def test_a_fatbin_cut_off_anywhere_is_refused(path):
    data = path.read_bytes()

    for end in range(4, len(data) - 1, 61):
        with pytest.raises(BadCubin, match=r"truncated|cut off"):
            load_image(data[:end], 90)


def test_an_older_compression_is_refused_by_name():
    packed = holding(entry(CUBIN, 90, b"x" * 16, fatbin.FLAG_OLD_COMPRESSION, 100))

    with pytest.raises(UnsupportedFeature, match="before CUDA 11"):
        load_image(packed, 90)


def test_a_size_that_no_image_has_is_refused_before_anything_is_decompressed():
    packed = holding(entry(CUBIN, 90, b"x" * 16, fatbin.FLAG_ZSTD, 1 << 40))

    with pytest.raises(BadCubin, match="claims to be too large"):
        load_image(packed, 90)


def test_without_a_decompressor_the_message_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression", None)

    with pytest.raises(CompilerMissing, match="Zstandard") as missing:
        load_image(ZSTD, 90)

    assert "zstandard" in missing.value.hint


def test_a_damaged_zstandard_frame_is_refused():
    pytest.importorskip("zstandard", reason="Zstandard is optional")
    data = bytearray(ZSTD.read_bytes())
    first = data.index(b"\x28\xb5\x2f\xfd")
    data[first + 20 : first + 60] = bytes(40)

    with pytest.raises(BadCubin, match="compressed image"):
        load_image(bytes(data), 80)


def test_a_frame_of_another_size_than_its_entry_says_is_refused():
    zstandard = pytest.importorskip("zstandard", reason="Zstandard is optional")
    frame = zstandard.ZstdCompressor().compress(bytes(1 << 20))

    with pytest.raises(BadCubin, match="another size"):
        fatbin.decompress_zstd(frame, 1000)


def test_an_lz4_match_may_overlap_what_it_produces():
    # 3 literals "abc", then a match of 4 + 7 bytes at distance 3, then 5 literals.
    block = bytes([0x37]) + b"abc" + b"\3\0" + bytes([0x50]) + b"END.."

    assert fatbin.decompress_lz4(block, 19) == b"abcabcabcabcabEND.."


@pytest.mark.parametrize(
    ("block", "size", "why"),
    [
        (bytes([0x37]) + b"abc" + b"\4\0" + b"\0", 14, "reaches outside"),
        (bytes([0x37]) + b"abc" + b"\0\0" + b"\0", 14, "reaches outside"),
        (bytes([0x37]) + b"abc" + b"\3", 14, "match is cut off"),
        (bytes([0x3F]) + b"abc" + b"\3\0\xff", 1000, "length is cut off"),
        (bytes([0x3F]) + b"abc" + b"\3\0\x20\0", 10, "reaches outside"),
        (bytes([0xF0]), 20, "length is cut off"),
        (bytes([0x50]) + b"abc", 5, "literals run over"),
        (bytes([0x30]) + b"abc", 4, "another size"),
    ],
)
def test_a_damaged_lz4_block_is_refused(block, size, why):
    with pytest.raises(BadCubin, match=why):
        fatbin.decompress_lz4(block, size)


@given(st.binary(max_size=600), st.integers(0, 4000))
def test_any_lz4_block_gives_its_size_or_is_refused(block, size):
    with contextlib.suppress(BadCubin):
        assert len(fatbin.decompress_lz4(block, size)) == size


def test_the_compilers_own_lz4_is_read_like_the_ptx_that_it_compiled():
    plain = next(one for one in fatbin.entries(LZ4.read_bytes()) if one.flags & fatbin.FLAG_LZ4).payload()

    assert plain.count(b".visible .entry tiny(") == 1
    assert plain.rstrip(b"\0").decode().isascii()


@pytest.mark.skipif(tool("nvcc") is None, reason="needs nvcc")
@pytest.mark.parametrize("mode", ["none", "speed", "balance", "size"])
def test_what_nvcc_makes_now_is_understood(mode, tmp_path):
    if mode in ("balance", "size"):
        pytest.importorskip("zstandard", reason="Zstandard is optional")
    source, product = tmp_path / "many.cu", tmp_path / "many.fatbin"
    noise = random.Random(1)
    values = ",".join(str(noise.randrange(1 << 30)) for _ in range(200))
    source.write_text(
        f'__device__ int v[]={{{values}}}; extern "C" __global__ void k(int *x) {{ x[0] = v[x[1]]; }}'
    )
    command = [
        tool("nvcc"),
        "-fatbin",
        f"--compress-mode={mode}",
        "-arch=sm_90",
        str(source),
        "-o",
        str(product),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "compress-mode" in done.stderr:
        pytest.skip("this nvcc has no --compress-mode")
    assert done.returncode == 0, done.stderr

    assert load_image(product, 90).globals["v"].size_bytes == 800
