"""Damaged images, thousands of them: either one `FormatError` or an image, soon, and nothing else."""

from __future__ import annotations

import time

import pytest
from barewire.compute.cubin import load_image
from barewire.errors import FormatError
from cubin_data import CUBINS, DATA, Place, places
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LONGEST_S = 5.0  # a load takes some milliseconds; this leaves room for a busy machine
LARGEST_BYTES = 64 << 20

IMAGES = [(path.read_bytes(), sm_version) for path, sm_version in CUBINS.values()]
FATBINS = [((DATA / name).read_bytes(), 90) for name in ("tiny.lz4.fatbin", "tiny.zstd.fatbin")]

TELLING = [
    0,
    1,
    7,
    8,
    16,
    0x7F,
    0xFF,
    0xFFFF,
    0x10000,
    1 << 31,
    (1 << 32) - 1,
    1 << 40,
    1 << 63,
    (1 << 64) - 1,
]

ordinary = settings(deadline=None, suppress_health_check=list(HealthCheck))


def load_or_refuse(data: bytes, sm_version: int) -> None:
    begin = time.monotonic()
    try:
        image = load_image(data, sm_version)
        if image.size_bytes <= LARGEST_BYTES:
            image.relocated(image.alignment << 20)
        for kernel in image.kernels.values():
            image.symbol_at(kernel.code_offset)
    except FormatError as error:
        assert str(error)
    assert time.monotonic() - begin < LONGEST_S


@st.composite
def damage(draw: st.DrawFn, data: bytes, parts: list[Place]) -> bytes:
    """`data` with a few numbers changed, each in a part drawn by name, so that small tables are hit too."""
    out = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        part = draw(st.sampled_from(parts))
        width = draw(st.sampled_from([1, 2, 4, 8]))
        at = part.begin + draw(st.integers(0, max(0, part.end - part.begin - 1))) // width * width
        value = draw(st.sampled_from(TELLING) | st.integers(0, 200)) & (1 << 8 * width) - 1
        out[at : at + width] = value.to_bytes(width, "little")
    return bytes(out)


@ordinary
@given(st.data())
def test_a_cubin_with_changed_numbers(data):
    image, sm_version = data.draw(st.sampled_from(IMAGES))
    load_or_refuse(data.draw(damage(image, places(image))), sm_version)


@ordinary
@given(st.data())
def test_a_cubin_with_changed_tables(data):
    """The header, the section table, symbols, attributes, relocations and the call graph only."""
    image, sm_version = data.draw(st.sampled_from(IMAGES))
    parts = [
        part
        for part in places(image)
        if not part.name.startswith((".text", ".nv.merc", ".nv.capmerc", ".debug"))
    ]
    load_or_refuse(data.draw(damage(image, parts)), sm_version)


@ordinary
@given(st.data())
def test_a_cubin_cut_off_or_with_a_piece_missing(data):
    image, sm_version = data.draw(st.sampled_from(IMAGES))
    begin = data.draw(st.integers(0, len(image)))
    end = data.draw(st.integers(begin, len(image)))
    load_or_refuse(image[:begin] + image[end:], sm_version)


@ordinary
@given(st.data())
def test_a_fatbin_with_changed_numbers(data):
    image, sm_version = data.draw(st.sampled_from(FATBINS))
    headers = [Place("header", 0, 16), Place("first entry", 16, 80), Place("all of it", 0, len(image))]
    load_or_refuse(data.draw(damage(image, headers)), sm_version)


@ordinary
@given(st.binary(max_size=300), st.sampled_from([b"", b"\x7fELF", b"\x50\xed\x55\xba", b"\xb1\x43\x62\x46"]))
def test_random_bytes(rest, beginning):
    load_or_refuse(beginning + rest, 90)


@pytest.mark.parametrize(("path", "sm_version"), CUBINS.values(), ids=CUBINS)
def test_each_byte_of_the_header_and_of_the_first_sections_wrong(path, sm_version):
    image = path.read_bytes()
    table = next(part for part in places(image) if part.name == "section table")
    for at in [*range(64), *range(table.begin, min(table.begin + 256, table.end))]:
        for value in {0x00, 0xFF, image[at] ^ 1} - {image[at]}:
            load_or_refuse(image[:at] + bytes([value]) + image[at + 1 :], sm_version)
