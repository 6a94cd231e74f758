"""Which GPU it is: the identification registers of every chip, and those that are none of ours."""

from __future__ import annotations

import pytest
from barewire.chip.identify import CHIPS, identify
from barewire.errors import DeviceLost, PriError, UnknownChip, UsageError
from barewire.firmware.find import CHIP_FILES
from barewire.regs.board import load_board
from barewire.regs.registers import RegisterFile


class Words:
    """Registers that hold what a test says; refused where it says so."""

    def __init__(self, words: dict[int, int], refused: tuple[int, ...] = ()) -> None:
        self.words = words
        self.refused = refused

    def read32(self, offset: int) -> int:
        if offset in self.refused:
            raise PriError("refused", offset=offset)
        return self.words.get(offset, 0)

    def write32(self, offset: int, value: int) -> None:
        raise AssertionError("identification writes nothing")


def boot_0(chipset: int, revision: int = 0xA1) -> int:
    return (chipset & 0x1FF) << 20 | revision


def boot_42(chipset: int, revision: int = 0xA1) -> int:
    return chipset << 20 | revision << 12


def test_an_h100_is_a_gh100_of_the_hopper_family():
    chip = identify(Words({0x0: 0x180000A1, 0xA00: 0x180A1000}))

    assert (chip.name, chip.chipset, chip.family, chip.revision) == ("gh100", 0x180, "hopper", 0xA1)
    assert (chip.architecture, chip.implementation) == (0x18, 0)
    assert (chip.boot_0, chip.boot_42) == (0x180000A1, 0x180A1000)
    assert str(chip) == "GH100 (revision a1)"


def test_the_fields_are_where_the_register_tables_have_them():
    words = Words({0xA00: boot_42(0x1B5, 0xB2)})
    reading = RegisterFile(words, load_board("gh100")).NV_PMC_BOOT_42
    chip = identify(words)

    assert reading.architecture == chip.architecture == 0x1B
    assert reading.implementation == chip.implementation == 5
    assert reading.major_revision << 4 | reading.minor_revision == chip.revision == 0xB2


@pytest.mark.parametrize("chipset", CHIPS, ids=CHIPS.get)
def test_each_chip_is_known_by_its_number_and_has_a_firmware_set(chipset):
    chip = identify(Words({0x0: boot_0(chipset), 0xA00: boot_42(chipset)}))

    assert (chip.name, chip.chipset) == (CHIPS[chipset], chipset)
    assert chip.name in CHIP_FILES


@pytest.mark.parametrize("chipset", [0x182, 0x1C0, 0x1B0, 0x15B])
def test_an_unknown_chip_is_refused_with_the_registers_read(chipset):
    with pytest.raises(UnknownChip) as unknown:
        identify(Words({0x0: boot_0(chipset), 0xA00: boot_42(chipset)}))

    assert unknown.value.boot_0 == f"{boot_0(chipset):#010x}"
    assert unknown.value.boot_42 == f"{boot_42(chipset):#010x}"
    assert unknown.value.boot_1 == "0x00000000"
    assert unknown.value.hint


@pytest.mark.parametrize("refused", [(), (0xA00,)])
def test_a_chip_from_before_turing_is_told_to_be_too_old(refused):
    with pytest.raises(UnknownChip, match="0x140000a1") as unknown:
        identify(Words({0x0: 0x140000A1}, refused))

    assert "older than Turing" in unknown.value.hint


def test_a_virtual_function_is_refused():
    with pytest.raises(UsageError, match="virtual function of a GH100"):
        identify(Words({0x0: 0x180000A1, 0x4: 0x00010000, 0xA00: 0x180A1000}))


def test_a_gpu_that_reads_as_ones_is_gone():
    with pytest.raises(DeviceLost) as lost:
        identify(Words(dict.fromkeys((0x0, 0x4, 0xA00), 0xFFFFFFFF)))

    assert lost.value.register == "NV_PMC_BOOT_0"


def test_registers_that_cannot_be_read_say_so():
    with pytest.raises(PriError):
        identify(Words({}, refused=(0x0,)))
