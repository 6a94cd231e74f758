"""RM's structures as data, and the choice of an ABI by the driver's version."""

from __future__ import annotations

import struct

import pytest
from barewire.abi.layout import abi_for, firmware_abi, known_firmware, known_versions
from barewire.errors import FieldRange, UnknownDriver, UnknownName
from barewire.rm import names


@pytest.fixture(scope="module")
def abi():
    return abi_for("580.95.05")


def test_both_580_drivers_are_known():
    assert {"580.95.05", "580.159.04"} <= set(known_versions())
    for version in known_versions():
        assert abi_for(version).exact


def test_an_unknown_driver_is_refused_and_the_message_names_the_known_ones():
    with pytest.raises(UnknownDriver) as unknown:
        abi_for("999.1")

    assert "580.95.05" in str(unknown.value) and "580.159.04" in str(unknown.value)
    assert "nearest_abi=True" in str(unknown.value)
    assert unknown.value.driver_version == "999.1"


@pytest.mark.parametrize("version", ["580.100.02", "579", "600.1.2.3", "", "not a version"])
def test_the_nearest_abi_can_be_asked_for(version):
    abi = abi_for(version, nearest_abi=True)

    assert not abi.exact
    assert abi.version == version
    assert abi.struct("NVOS21_PARAMETERS").size_bytes == 0x20


def test_fields_lie_where_the_published_structure_has_them(abi):
    made = abi.new("NVOS46_PARAMETERS", hClient=1, hDevice=2, length=0x1122334455667788, dmaOffset=9)

    assert len(made.data) == 0x40
    assert struct.unpack_from("<II", made.data, 0) == (1, 2)
    assert struct.unpack_from("<Q", made.data, 0x18) == (0x1122334455667788,)
    assert struct.unpack_from("<Q", made.data, 0x30) == (9,)
    assert made["length"] == 0x1122334455667788


def test_members_of_members_and_arrays_are_reached_by_name(abi):
    channel = abi.new("NV_CHANNEL_ALLOC_PARAMS", instanceMem__base=0x1000)
    channel["hUserdMemory", 3] = 7

    assert struct.unpack_from("<Q", channel.data, 0x90) == (0x1000,)
    assert struct.unpack_from("<I", channel.data, 0x20 + 12) == (7,)
    assert channel["hUserdMemory", 3] == 7


def test_an_element_of_an_array_of_structures_writes_through(abi):
    info = abi.new("NV2080_CTRL_FB_GET_INFO_V2_PARAMS")
    info.element("fbInfoList", 2)["index"] = 5

    assert struct.unpack_from("<I", info.data, 4 + 2 * 8) == (5,)


def test_characters_read_as_text(abi):
    made = abi.new("nv_ioctl_rm_api_version_t", versionString=b"580.95.05")

    assert made.text("versionString") == "580.95.05"
    assert len(made.bytes_of("versionString")) == 64


@pytest.mark.parametrize("value", [-1, 1 << 32, "text", 1.5])
def test_a_value_that_does_not_fit_is_refused(abi, value):
    made = abi.new("NVOS21_PARAMETERS")

    with pytest.raises(FieldRange, match=r"NVOS21_PARAMETERS\.hRoot"):
        made["hRoot"] = value


def test_an_index_outside_of_an_array_is_refused(abi):
    made = abi.new("NV_CHANNEL_ALLOC_PARAMS")

    for index in (-1, 8):
        with pytest.raises(FieldRange):
            made["hUserdMemory", index] = 1
    with pytest.raises(FieldRange):
        made["hObjectError", 0] = 1
    with pytest.raises(FieldRange, match="array"):
        made["hUserdMemory"] = 1


def test_bytes_that_are_too_long_for_a_field_are_refused(abi):
    with pytest.raises(FieldRange):
        abi.new("nv_ioctl_rm_api_version_t", versionString=b"x" * 65)


def test_an_unknown_field_or_structure_is_named(abi):
    with pytest.raises(UnknownName, match="hNonsense") as field:
        abi.new("NVOS21_PARAMETERS", hNonsense=1)
    assert "hRoot" in str(field.value)

    with pytest.raises(UnknownName, match="NV_NONSENSE"):
        abi.struct("NV_NONSENSE")


def test_a_structure_over_bytes_of_another_size_is_refused(abi):
    with pytest.raises(FieldRange):
        abi.struct("NVOS21_PARAMETERS").over(bytes(31))


def test_every_escape_and_control_of_the_driver_has_a_layout():
    for version in known_versions():
        abi = abi_for(version)
        for entry in [*names.ESCAPES.values(), *names.CONTROLS.values()]:
            if entry.struct:
                assert abi.struct(entry.struct).size_bytes > 0


def test_every_control_over_rpc_has_a_layout_of_the_firmware():
    for version in known_firmware():
        abi = firmware_abi(version)
        for entry in names.OVER_RPC.values():
            assert abi.struct(entry.struct).size_bytes > 0


def test_every_field_lies_inside_its_structure(abi):
    for name in abi._structs:
        layout = abi.struct(name)
        for field, entry in layout.fields.items():
            count = entry[2] if len(entry) > 2 else 1
            end = entry[0] + count * layout.element_size(entry[1])
            assert end <= layout.size_bytes, f"{name}.{field}"


@pytest.mark.parametrize(("number", "engine"), [(0, 9), (9, 18), (10, 0x34), (19, 0x3D)])
def test_copy_engine_types_are_not_contiguous(number, engine):
    assert names.copy_engine_type(number) == engine
