"""Class tables: methods by NVIDIA's names, by offset, and what newer headers leave out."""

from __future__ import annotations

import pytest
from barewire.errors import FieldRange, UnknownClass, UnknownMethod, UnknownName
from barewire.regs import classes
from hypothesis import given
from hypothesis import strategies as st

HOST = (0xC46F, 0xC56F, 0xC76F, 0xC86F, 0xC96F, 0xCA6F)
COMPUTE = (0xC5C0, 0xC6C0, 0xC7C0, 0xC9C0, 0xCBC0, 0xCDC0, 0xCEC0)
COPY = (0xC5B5, 0xC6B5, 0xC7B5, 0xC8B5, 0xC9B5, 0xCAB5)
USERMODE = (0xC361, 0xC461, 0xC561, 0xC661, 0xC761)


@pytest.mark.parametrize(
    ("kind", "ids"), [("host", HOST), ("compute", COMPUTE), ("copy", COPY), ("usermode", USERMODE)]
)
def test_turing_to_blackwell_are_there(kind, ids):
    for class_id in ids:
        table = classes.load(class_id)
        assert (table.class_id, table.kind, table.name) == (class_id, kind, f"NV{class_id:04X}")
    assert set(ids) <= set(classes.known_classes())


def test_a_table_says_what_it_is_and_where_it_is_from():
    table = classes.load(0xCBC0)

    assert table.title == "HOPPER_COMPUTE_A"
    assert table.source == "open-gpu-doc:classes/compute/clcbc0.h"


def test_a_method_is_found_with_and_without_its_class():
    table = classes.load(0xCBC0)

    method = table.method("NVCBC0_SEND_PCAS_A")

    assert method is table.method("SEND_PCAS_A")
    assert (method.offset, method.count, method.stride) == (0x2B4, 1, 0)
    assert "SEND_PCAS_A" in table and "NVCBC0_SEND_PCAS_A" in table and "SEND" not in table
    assert method.fields["QMD_ADDRESS_SHIFTED8"].width == 32


def test_another_class_s_name_is_not_this_one_s():
    with pytest.raises(UnknownMethod):
        classes.load(0xCBC0).method("NVC7C0_SEND_PCAS_A")


def test_an_unknown_method_lists_near_names():
    with pytest.raises(UnknownMethod) as unknown:
        classes.load(0xCBC0).method("SEND_PCSA_A")

    assert isinstance(unknown.value, KeyError)
    assert "SEND_PCAS_A" in unknown.value.hint


@pytest.mark.parametrize("class_id", [0, 0x1234, -1, "c86f"])
def test_an_unknown_class_lists_the_known_ones(class_id):
    with pytest.raises(UnknownClass) as unknown:
        classes.load(class_id)

    assert "0xc86f" in unknown.value.hint


def test_a_method_s_word_is_made_of_fields_and_taken_apart_again():
    execute = classes.load(0xC86F).method("SEM_EXECUTE")

    word = execute.encode(OPERATION="RELEASE", PAYLOAD_SIZE="32BIT", RELEASE_TIMESTAMP="EN")

    assert word == 0x0200_0001
    decoded = execute.decode(word)
    assert decoded["OPERATION"].name == "RELEASE"
    assert decoded["RELEASE_TIMESTAMP"].value == 1


def test_a_method_refuses_values_that_do_not_fit_and_fields_it_has_not():
    execute = classes.load(0xC86F).method("SEM_EXECUTE")

    with pytest.raises(FieldRange):
        execute.encode(OPERATION=8)
    with pytest.raises(UnknownName, match="OPERATION"):
        execute.encode(OPERATIONS=1)


def test_an_array_of_methods_has_a_stride_and_is_found_by_offset():
    table = classes.load(0xCBC0)
    inline = table.method("LOAD_INLINE_QMD_DATA")

    assert (inline.offset, inline.stride, inline.count) == (0x320, 4, None)
    assert inline.offset_of(3) == 0x32C
    assert table.at(0x32C) == (inline, 3)
    with pytest.raises(FieldRange):
        inline.offset_of(-1)


def test_arrays_that_alternate_are_told_apart():
    table = classes.load(0xCBC0)

    assert table.at(0x3808) == (table.method("CALL_MME_MACRO"), 1)
    assert table.at(0x380C) == (table.method("CALL_MME_DATA"), 1)


def test_offsets_between_methods_belong_to_none():
    assert classes.load(0xC86F).at(0x2C)[0].name == "MEM_OP_B"
    assert classes.load(0xC86F).at(0x2D) is None
    assert classes.load(0xC86F).at(0x3FFC) is None


@pytest.mark.parametrize("class_id", HOST + COMPUTE + COPY)
def test_every_method_is_found_at_its_offset_and_its_words_survive(class_id):
    table = classes.load(class_id)

    for method in table:
        assert table.at(method.offset) == (method, 0)
        for field in method.fields.values():
            assert field.extract(field.mask) == (1 << field.width) - 1


def test_hopper_s_host_class_is_completed_from_ampere_s():
    hopper = classes.load(0xC86F)

    interrupt = hopper.method("NVC86F_NON_STALL_INTERRUPT")
    execute = hopper.method("SEM_EXECUTE")

    assert interrupt.source == "open-gpu-doc:classes/host/clc76f.h"
    assert execute.source.startswith("OGKM:") and "clc76f.h" in execute.source
    assert execute.fields["RELEASE_WFI"].values == {"DIS": 0, "EN": 1}
    assert hopper.at(0x20) == (interrupt, 0)


def test_where_old_and_new_disagree_the_newer_header_wins():
    assert classes.load(0xC76F).method("SEM_ADDR_HI").fields["OFFSET"].high == 7
    assert classes.load(0xC86F).method("SEM_ADDR_HI").fields["OFFSET"].high == 24


def test_gpfifo_entries_and_pushbuffer_headers_are_formats():
    hopper = classes.load(0xC86F)

    entry = hopper.format("GP_ENTRY1").encode(GET_HI=0x2, LEVEL="MAIN", LENGTH=5, SYNC="WAIT")
    header = hopper.formats["DMA_INCR"].encode(ADDRESS=0x100 // 4, SUBCHANNEL=1, COUNT=2, OPCODE="VALUE")

    assert entry == 0x8000_1402
    assert header == 0x2002_2040
    assert hopper.format("NVC86F_GP_ENTRY0").fields["GET"].low == 2
    with pytest.raises(UnknownName, match="GP_ENTRY0"):
        hopper.format("GP_ENTRY2")


def test_userd_is_a_layout_of_words():
    hopper = classes.load(0xC86F)

    assert (hopper.userd["GPGet"], hopper.userd["GPPut"], hopper.userd_size_bytes) == (0x88, 0x8C, 512)
    assert hopper.constants["GP_ENTRY__SIZE"] == 8


def test_the_doorbell_and_the_gpu_s_time_are_in_the_usermode_class():
    usermode = classes.load(0xC661)

    assert usermode.method("NOTIFY_CHANNEL_PENDING").offset == 0x90
    assert [usermode.method(name).offset for name in ("TIME_0", "TIME_1")] == [0x80, 0x84]


@given(data=st.data())
def test_any_fields_that_share_no_bits_survive_a_round_trip(data):
    table = classes.load(data.draw(st.sampled_from(HOST + COMPUTE + COPY)))
    method = table.method(data.draw(st.sampled_from(table.names)))
    chosen, taken = {}, 0
    for name, field in method.fields.items():
        if not field.mask & taken:
            chosen[name] = data.draw(st.integers(0, (1 << field.width) - 1))
            taken |= field.mask

    decoded = method.decode(method.encode(**chosen))

    assert {name: decoded[name].value for name in chosen} == chosen
