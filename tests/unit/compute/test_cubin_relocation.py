"""Addresses: every one in an image is that of what it points to, wherever the image is loaded."""

from __future__ import annotations

import struct

import pytest
from barewire.compute import relocation
from barewire.compute.cubin import load_image
from barewire.errors import UnsupportedFeature, UsageError
from cubin_data import CUBINS, DATA, FEATURES, place, with_bytes

BASE = 0x10_2340_0000


def pointer(blob: bytes, offset: int) -> int:
    return struct.unpack_from("<Q", blob, offset)[0]


@pytest.fixture(params=FEATURES.values(), ids=FEATURES)
def features(request):
    path, sm_version = request.param
    return load_image(path, sm_version)


def test_initialised_pointers_point_to_their_variables(features):
    blob, variables = features.relocated(BASE), features.globals

    assert pointer(blob, variables["to_zeros"].offset) == BASE + variables["zeros"].offset + 5 * 4
    assert pointer(blob, variables["constant_to_zeros"].offset) == BASE + variables["zeros"].offset + 3 * 4


def test_a_pointer_to_a_constant_is_its_address_in_the_image(features):
    blob, variables = features.relocated(BASE), features.globals

    assert pointer(blob, variables["to_weights"].offset) == BASE + variables["weights"].offset + 4


def test_a_pointer_that_is_not_aligned_is_put_together_byte_by_byte(features):
    blob, variables = features.relocated(BASE), features.globals

    assert pointer(blob, variables["unaligned"].offset + 1) == BASE + variables["zeros"].offset + 2 * 4


def test_the_address_bank_holds_the_addresses_of_variables(features):
    blob, bank = features.relocated(BASE), features.constant_banks[4]
    held = {pointer(blob, offset) for offset in range(bank.offset, bank.offset + bank.size_bytes, 8)}

    assert {
        BASE + features.globals[name].offset for name in ("table", "to_zeros", "to_weights", "unaligned")
    } <= held


@pytest.mark.parametrize("sm_version", [80, 90])
def test_tables_of_functions_hold_addresses_of_code(sm_version):
    image = load_image(DATA / f"linked.sm_{sm_version}.cubin", sm_version)
    blob = image.relocated(BASE)

    for name, functions in (
        ("functions", ["square", "plus_sine", "square"]),
        ("constant_functions", ["plus_sine", "plus_sine", "square"]),
    ):
        table = image.globals[name].offset
        pointed = [image.symbol_at(pointer(blob, table + 8 * index) - BASE) for index in range(3)]
        assert pointed == [f"{function}+0x0" for function in functions]


@pytest.mark.parametrize(("path", "sm_version"), CUBINS.values(), ids=CUBINS)
def test_an_image_moved_by_one_alignment_differs_only_where_addresses_stand(path, sm_version):
    image = load_image(path, sm_version)

    first, second = image.relocated(BASE), image.relocated(BASE + image.alignment)

    changed = [offset for offset in range(len(first)) if first[offset] != second[offset]]
    places = {patch.offset + byte for patch in image._patches for byte in range(patch.type.size_bytes)}
    assert set(changed) <= places


@pytest.mark.parametrize("base", [BASE + 64, -256, 1 << 57])
def test_an_address_that_cannot_hold_the_image_is_refused(base):
    image = load_image(DATA / "features.sm_90.cubin", 90)

    with pytest.raises(UsageError, match="cannot be loaded to that address"):
        image.relocated(base)


@pytest.mark.parametrize("kind", relocation.TYPES.values(), ids=lambda kind: kind.name)
def test_what_a_relocation_writes_it_reads_back_and_it_leaves_other_bits_alone(kind):
    value = 0x00_1F_3456_789A_BCD0
    covered = sum((1 << piece.width) - 1 << piece.source for piece in kind.slices)
    for filler in (0x00, 0xFF):
        blob = bytearray([filler] * 32)
        kind.write(blob, 8, value)
        assert kind.read(blob[8:]) == value & covered
        touched = sum((1 << piece.width) - 1 << piece.target for piece in kind.slices)
        word = int.from_bytes(blob[8 : 8 + kind.size_bytes], "little")
        original = int.from_bytes(bytes([filler] * kind.size_bytes), "little")
        assert word & ~touched == original & ~touched
        assert blob[:8] == bytes([filler] * 8)
        assert blob[8 + kind.size_bytes :] == bytes([filler] * (24 - kind.size_bytes))


def test_a_kernel_with_a_relocation_that_is_not_known_is_refused_and_no_other():
    data = (DATA / "linked.sm_90.cubin").read_bytes()
    records = place(data, ".rela.text.calls_outside")
    for number, need in (
        (62, "dynamic parallelism (R_CUDA_FUNC_DESC32_LO_32)"),
        (117, "relocations of type 117"),
    ):
        image = load_image(with_bytes(data, records.begin + 8, struct.pack("<I", number)), 90)

        assert image.kernels["calls_outside"].unsupported == (need,)
        assert image.kernels["calls_table"].unsupported == ()


def test_a_variable_with_a_relocation_that_is_not_known_is_refused():
    data = (DATA / "features.sm_90.cubin").read_bytes()
    records = place(data, ".rela.nv.global.init")

    with pytest.raises(UnsupportedFeature, match="initial value of a variable needs dynamic parallelism"):
        load_image(with_bytes(data, records.begin + 8, struct.pack("<I", 35)), 90)


def test_an_addend_that_stands_in_the_data_is_added():
    data = (DATA / "features.sm_80.cubin").read_bytes()
    bank = place(data, ".nv.constant4")  # sm_80: SHT_REL, the addend stands in the slot
    plain, shifted = load_image(data, 80), load_image(with_bytes(data, bank.begin, b"\x10"), 80)
    offset = plain.constant_banks[4].offset

    assert pointer(shifted.relocated(BASE), offset) == pointer(plain.relocated(BASE), offset) + 0x10
