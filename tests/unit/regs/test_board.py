"""The registers of a whole GPU at the places where BAR0 has them."""

from __future__ import annotations

import pytest
from barewire.errors import UnknownChip
from barewire.regs import chips
from barewire.regs.board import load_board

# Offsets that other drivers use (nouveau, nova-core, Open RM), not read from these tables.
PLACES = {
    "NV_PMC_BOOT_0": 0x0, "NV_PMC_BOOT_42": 0xA00, "NV_PTIMER_TIME_0": 0x9400, "NV_PTIMER_TIME_1": 0x9410,
    "NV_UFLUSH_FB_FLUSH": 0x70000, "NV_PGSP_FALCON_IRQSCLR": 0x110004, "NV_PGSP_FALCON_IRQSTAT": 0x110008,
    "NV_PGSP_FALCON_MAILBOX0": 0x110040, "NV_PGSP_FALCON_OS": 0x110080, "NV_PGSP_FALCON_HWCFG2": 0x1100F4,
    "NV_PGSP_QUEUE_HEAD": 0x110C00, "NV_PGSP_RISCV_CPUCTL": 0x111388, "NV_PGSP_RISCV_IRQMASK": 0x111528,
    "NV_USABLE_FB_SIZE_IN_MB": 0x1183A4, "NV_PFB_PRI_MMU_WPR2_ADDR_LO": 0x1FA824,
    "NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE": 0xB830B0, "NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_TOP": 0xB81600,
    "NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR": 0xB80F60, "NV_VIRTUAL_FUNCTION_DOORBELL": 0xBB0090,
}  # fmt: skip


@pytest.mark.parametrize(("name", "offset"), PLACES.items())
def test_a_register_lies_where_the_drivers_find_it(name: str, offset: int):
    table = load_board("gh100")

    assert table.register(name).offset == offset
    assert name in [register.name for register, _ in table.at(offset)]


def test_the_chips_own_fields_win_over_a_relatives():
    assert "RISCV_BR_PRIV_LOCKDOWN" in load_board("gh100").register("NV_PGSP_FALCON_HWCFG2").fields


def test_every_register_of_the_board_says_where_it_is_from():
    assert all(register.source for register in load_board("gh100"))


def test_the_relative_names_stay_as_they_are_published():
    published = chips.load("gh100").register("NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF").offset

    assert published == 0x1000
    assert load_board("gh100").register("NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR_LEAF").offset == 0xB81000


def test_a_chip_that_cannot_be_brought_up_is_refused_by_name():
    with pytest.raises(UnknownChip, match="ad102"):
        load_board("ad102")
