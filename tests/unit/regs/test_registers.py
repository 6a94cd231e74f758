"""Registers by name: read, write, update, arrays, relative bases, aliases, chip variants."""

from __future__ import annotations

import pytest
from barewire.errors import FieldRange, UnknownChip, UnknownName
from barewire.regs import chips
from barewire.regs.chips import parse_name
from barewire.regs.registers import Reading, RegisterFile, UnknownRegister
from hypothesis import given
from hypothesis import strategies as st


class Words(dict):
    """32-bit words by offset, and a log of accesses."""

    def __init__(self, words=()):
        super().__init__(words)
        self.log = []

    def read32(self, offset):
        self.log.append(("read", offset))
        return self.get(offset, 0)

    def write32(self, offset, value):
        self.log.append(("write", offset, value))
        self[offset] = value


@pytest.fixture
def io():
    return Words({0: 0x1800_00A1})


@pytest.fixture
def hopper(io):
    return RegisterFile(io, chips.load("gh100"))


# Reading


def test_a_register_is_read_by_its_name_and_is_a_number(hopper):
    assert hopper.NV_PMC_BOOT_0 == 0x1800_00A1
    assert isinstance(hopper.NV_PMC_BOOT_0, int)
    assert hopper["NV_PMC_BOOT_0"] == hopper.read("NV_PMC_BOOT_0") == 0x1800_00A1


def test_its_fields_are_attributes_in_snake_case(hopper):
    boot = hopper.NV_PMC_BOOT_0

    assert boot.major_revision == 0xA
    assert boot.architecture_0 == 0x18
    assert boot["MAJOR_REVISION"] == 0xA
    assert "major_revision" in dir(boot)


def test_a_reading_shows_its_fields(hopper):
    assert repr(hopper.NV_PMC_BOOT_0).startswith(
        "NV_PMC_BOOT_0 = 0x180000a1 (minor_revision=1, major_revision=0xa"
    )


def test_a_known_value_is_shown_by_name_and_compares_with_it(io, hopper):
    io[0x200BC] = 0xFF

    status = hopper.NV_THERM_I2CS_SCRATCH_FSP_BOOT_COMPLETE.status

    assert status == "SUCCESS" and status == 0xFF and status != "FAILED"
    assert repr(status) == "SUCCESS (0xff)"
    assert {status: 1}[0xFF] == 1


def test_an_unknown_value_is_shown_as_the_number_it_is(io, hopper):
    io[0x200BC] = 0x17

    assert repr(hopper.NV_THERM_I2CS_SCRATCH_FSP_BOOT_COMPLETE.status) == "0x17"


def test_a_reading_can_be_taken_again(io, hopper):
    first = hopper.NV_PMC_BOOT_0
    io[0] = 0xFFFFFFFF

    assert first.again() == 0xFFFFFFFF
    assert (first, first.offset, first.label) == (0x1800_00A1, 0, "NV_PMC_BOOT_0")


def test_a_word_is_decoded_without_touching_the_device(io, hopper):
    decoded = hopper.decode("NV_PMC_BOOT_0", 0x1700_00A1)

    assert decoded.architecture_0 == 0x17
    assert io.log == []
    with pytest.raises(UnknownName):
        decoded.again()


def test_an_unknown_field_is_an_attribute_error(hopper):
    with pytest.raises(AttributeError):
        _ = hopper.NV_PMC_BOOT_0.colour
    with pytest.raises(UnknownName, match="MAJOR_REVISION"):
        hopper.NV_PMC_BOOT_0["MAJOR_REVISIO"]


def test_an_unknown_register_names_chips_that_have_it(hopper):
    with pytest.raises(UnknownRegister, match="ga102"):
        _ = hopper.NV_PGSP_QUEUE_HEAD
    assert not hasattr(hopper, "NV_NO_SUCH_REGISTER")
    assert not hasattr(hopper, "something_else")


def test_a_notebook_gets_a_strip_of_bits(hopper):
    html = hopper.NV_PMC_BOOT_0._repr_html_()

    assert "major_revision" in html and "0x180000a1" in html and "7:4" in html


# Arrays


def test_an_array_is_indexed(io, hopper):
    io[0x8F2C10] = 0x40

    assert hopper.NV_PFSP_QUEUE_HEAD[2] == 0x40
    assert hopper.read("NV_PFSP_QUEUE_HEAD", 2) == hopper["NV_PFSP_QUEUE_HEAD(2)"] == 0x40
    assert len(hopper.NV_PFSP_QUEUE_HEAD) == 8
    assert hopper.NV_PFSP_QUEUE_HEAD[2].label == "NV_PFSP_QUEUE_HEAD(2)"


@pytest.mark.parametrize("name", ["NV_PFSP_QUEUE_HEAD(8)", "NV_PFSP_QUEUE_HEAD(-1)", "NV_PFSP_QUEUE_HEAD"])
def test_an_element_that_is_not_there_is_refused_before_any_access(io, hopper, name):
    with pytest.raises((FieldRange, UnknownName)):
        hopper.read(name)
    assert io.log == []


def test_elements_are_written_by_index(io, hopper):
    hopper.NV_PFSP_QUEUE_HEAD[1] = 0x20
    hopper.write("NV_PFSP_QUEUE_HEAD(0x2)", address=0x30)

    assert io.log == [("write", 0x8F2C08, 0x20), ("write", 0x8F2C10, 0x30)]


def test_an_array_of_fields_is_read_as_a_tuple_and_written_by_index():
    table = chips.load("tu104")
    intr = table.register("NV_PMGR_RM_INTR_GPIO_LIST_2")

    word = intr.encode(gpio_rising={16: 1, 31: 1})

    assert word == 0x8001
    assert [each.value for each in intr.decode(word)["GPIO_RISING"]] == [1] + [0] * 14 + [1]
    with pytest.raises(FieldRange):
        intr.encode(gpio_rising={3: 1})


def test_an_array_that_is_not_linear_lists_its_offsets():
    base = chips.load("ga102").register("NV_UDISP_FE_PUT")

    assert [base.offset_of(i) for i in (0, 1, 2)] == [0x680000, 0x690000, 0x691000]


# Writing


def test_a_write_of_fields_leaves_all_others_zero(io, hopper):
    written = hopper.write("NV_THERM_I2CS_SCRATCH_FSP_BOOT_COMPLETE", status="SUCCESS")

    assert written == 0xFF
    assert io.log == [("write", 0x200BC, 0xFF)]


def test_an_update_keeps_the_other_bits(io, hopper):
    io[0x1100F4] = 0xABCD_EF12

    hopper.relative(0x110000).update("NV_PFALCON_FALCON_HWCFG2", prgn_rsvd_fuse=0x34)

    assert io.log == [("read", 0x1100F4), ("write", 0x1100F4, 0x34CD_EF12)]


@pytest.mark.parametrize(
    "change",
    [
        lambda regs: regs.write("NV_THERM_I2CS_SCRATCH_FSP_BOOT_COMPLETE", status=1 << 33),
        lambda regs: regs.write("NV_THERM_I2CS_SCRATCH_FSP_BOOT_COMPLETE", status="DONE"),
        lambda regs: regs.write("NV_THERM_I2CS_SCRATCH_FSP_BOOT_COMPLETE", stat=1),
        lambda regs: regs.write("NV_THERM_I2CS_SCRATCH_FSP_BOOT_COMPLETE"),
        lambda regs: regs.write("NV_PMC_BOOT_0", 1 << 32),
        lambda regs: regs.write("NV_PMC_BOOT_0", -1),
        lambda regs: regs.update("NV_THERM_I2CS_SCRATCH_FSP_BOOT_COMPLETE", status=1 << 33),
        lambda regs: regs.update("NV_THERM_I2CS_SCRATCH_FSP_BOOT_COMPLETE"),
        lambda regs: regs.write("NV_MMU_VER3_PTE", 1),
    ],
)
def test_a_wrong_write_is_refused_before_the_device_is_touched(io, hopper, change):
    with pytest.raises((FieldRange, UnknownName)):
        change(hopper)
    assert io.log == []


# Relative bases, aliases, structures


def test_a_unit_that_exists_several_times_is_reached_by_its_base(io, hopper):
    gsp = hopper.relative(0x110000)
    io[0x1100F4] = 1 << 10

    assert gsp.NV_PFALCON_FALCON_HWCFG2.riscv == 1
    assert gsp.NV_PFALCON_FALCON_HWCFG2.offset == 0x1100F4
    assert hopper.relative(0x8F0000).NV_PFALCON_FALCON_HWCFG2 == 0


def test_an_alias_reads_what_it_stands_for(io, hopper):
    alias = hopper.table.register("NV_PBUS_SW_FRTS_INSECURE_ADDR_LO32")

    assert alias.alias_of == "NV_PBUS_SW_SCRATCH(0x3D)"
    assert alias.offset_of() == hopper.table.register("NV_PBUS_SW_SCRATCH").offset_of(0x3D)


def test_a_structure_in_memory_has_fields_but_no_offset():
    pte = chips.load("gh100").register("NV_MMU_VER3_PTE")

    assert pte.encode(valid="TRUE", peer_id=3, address=0x1234) == 3 << 61 | 0x1234 << 12 | 1
    with pytest.raises(UnknownName, match="structure"):
        pte.offset_of()


def test_constants_and_spaces_are_there_too():
    table = chips.load("gh100")

    assert table.constants("NV_PFAULT_MMU_ENG_ID")["GRAPHICS"] == 384
    assert table.constant("NV_MMU_VER3_PTE__SIZE") == 8
    assert table.space("NV_PGSP") == (0x110000, 0x113FFF)
    with pytest.raises(UnknownName):
        table.constant("NV_NO_SUCH_CONSTANT")


# Chips


@pytest.mark.parametrize("chip", chips.known_chips())
def test_every_chip_has_a_table_and_every_register_can_be_used(chip):
    table = chips.load(chip)

    assert len(table.names) > 100
    for register in table:
        assert register.source.startswith(("OGKM:", "open-gpu-doc:"))
        register.decode(0xFFFFFFFF)
        if register.offset is not None:
            assert register.offset_of(*[0] * len(register.strides)) >= 0


def test_a_register_differs_between_chips():
    ampere = chips.load("ga102").register("NV_PGSP_QUEUE_HEAD")
    turing = chips.load("tu102").register("NV_PGSP_QUEUE_HEAD")

    assert ampere.chip == "ga102" and turing.chip == "tu102"
    assert "ampere/ga102" in ampere.source and "turing/tu102" in turing.source


def test_an_offset_from_the_start_of_bar0_is_preferred_to_one_within_a_unit():
    register = chips.load("tu104").register("NV_PDISP_POSTCOMP_HEAD_DITHER")

    assert register.offset == 0x616154
    assert "dev_display_withoffset" in register.source.split(", ")[0]


def test_a_chip_that_publishes_a_part_falls_back_on_its_family():
    ada = chips.load("ad102")

    assert ada.register("NV_PMC_ENABLE").chip == "ga102"
    assert ada.register("NV_PBUS_SW_SCRATCH").chip == "ad102"


def test_a_caller_that_knows_better_may_name_more_chips():
    register = chips.load("gh100", ("ga102",)).register("NV_PGSP_QUEUE_HEAD")

    assert register.chip == "ga102"


def test_a_register_without_fields_takes_them_from_where_they_are_published():
    boot = chips.load("gh100").register("NV_PMC_BOOT_0")

    assert boot.chip == "gh100"
    assert "IMPLEMENTATION" in boot.fields and "nv_ref.h" in boot.source


def test_an_unknown_chip_lists_the_known_ones():
    with pytest.raises(UnknownChip, match="gh100"):
        chips.load("gx999")


def test_an_offset_is_looked_up():
    table = chips.load("gh100")

    found = {(register.name, indices) for register, indices in table.at(0x8F2C10)}

    assert ("NV_PFSP_QUEUE_HEAD", (2,)) in found
    assert "NV_PMC_BOOT_0" in {register.name for register, _indices in table.at(0)}


def test_names_are_searched_by_pattern_and_listed_by_unit():
    table = chips.load("gh100")

    assert "NV_PFSP_QUEUE_HEAD" in table.search("NV_PFSP_*")
    assert "NV_PFSP_QUEUE_HEAD" in table.units["dev_fsp_pri"]


# Names


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("NV_X", ("NV_X", ())),
        ("NV_X(3)", ("NV_X", (3,))),
        ("NV_X[0x10]", ("NV_X", (16,))),
        ("NV_X(1, 2)", ("NV_X", (1, 2))),
    ],
)
def test_a_name_may_carry_indices(text, parsed):
    assert parse_name(text) == parsed


@given(text=st.text(max_size=20))
def test_any_text_is_a_name_or_refused(text):
    try:
        name, indices = parse_name(text)
    except UnknownName:
        return
    assert name.isidentifier() or name[0].isdigit()
    assert all(isinstance(index, int) for index in indices)


CHIPS = ("tu102", "tu104", "ga100", "ga102", "ad102", "gh100", "gb100", "gb202")


@given(data=st.data())
def test_fields_survive_a_round_trip_through_any_register(data):
    table = chips.load(data.draw(st.sampled_from(CHIPS)))
    register = table.register(data.draw(st.sampled_from(table.names)))
    start = data.draw(st.integers(0, 0xFFFFFFFF))
    scalars = [field for field in register.fields.values() if not field.is_array and field.high < 32]
    if not scalars:
        return
    field = data.draw(st.sampled_from(scalars))
    value = data.draw(st.integers(0, (1 << field.width) - 1))

    word = register.encode(start, **{field.name.lower(): value})

    reading = Reading(word, register)
    assert reading[field.name] == value
    assert word & ~field.mask == start & ~field.mask
