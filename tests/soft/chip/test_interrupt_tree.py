"""The software GPU's interrupt tree, and the messages it sends."""

from __future__ import annotations

import pytest

TREE = "NV_VIRTUAL_FUNCTION_PRIV_CPU_INTR"
VECTOR = 194  # leaf 6, bit 2
MSIX_TABLE, MSIX_PENDING, MSIX_CONTROL, MSI_CONTROL = 0xB90000, 0xBA0000, 0xB2, 0x4A
ONES = 0xFFFFFFFF


@pytest.fixture
def enable(gpu, regs):
    """Enable the vector's leaf and top, and MSI-X with no mask."""
    regs[f"{TREE}_LEAF_EN_SET", 6] = ONES
    regs[f"{TREE}_TOP_EN_SET", 0] = ONES
    gpu.config_write(MSIX_CONTROL, 2, 1 << 15)
    gpu.bar_write(0, MSIX_TABLE, 8, 0xFEE0_0000)
    gpu.bar_write(0, MSIX_TABLE + 12, 4, 0)


def test_a_vector_is_a_bit_of_a_leaf(gpu, regs):
    gpu.interrupts.trigger(VECTOR)

    assert regs[f"{TREE}_LEAF", 6] == 1 << 2
    assert regs[f"{TREE}_TOP", 0] == 0  # not enabled
    regs[f"{TREE}_LEAF_EN_SET", 6] = 1 << 2
    assert regs[f"{TREE}_TOP", 0] == 1 << 3


def test_a_leaf_is_cleared_by_writing_ones(gpu, regs):
    gpu.interrupts.trigger(VECTOR)
    gpu.interrupts.trigger(VECTOR + 1)

    regs[f"{TREE}_LEAF", 6] = 1 << 2

    assert regs[f"{TREE}_LEAF", 6] == 1 << 3


def test_enables_are_set_and_cleared_apart(regs):
    regs[f"{TREE}_LEAF_EN_SET", 15] = 0xF0
    regs[f"{TREE}_LEAF_EN_CLEAR", 15] = 0x30
    regs[f"{TREE}_TOP_EN_SET", 0] = 0xFF
    regs[f"{TREE}_TOP_EN_CLEAR", 0] = 0x0F

    assert regs[f"{TREE}_LEAF_EN_SET", 15] == 0xC0
    assert regs[f"{TREE}_LEAF_EN_CLEAR", 15] == 0xC0
    assert regs[f"{TREE}_TOP_EN_SET", 0] == 0xF0


def test_the_host_can_trigger_a_vector(regs):
    regs[f"{TREE}_LEAF_TRIGGER"] = 0x81

    assert regs[f"{TREE}_LEAF", 4] == 1 << 1


def test_a_message_goes_out_when_the_line_rises(gpu, host, regs, enable):
    gpu.interrupts.trigger(VECTOR)
    gpu.interrupts.trigger(VECTOR + 1)  # the line is high already
    once = list(host.vectors)
    regs[f"{TREE}_LEAF", 6] = ONES
    gpu.interrupts.trigger(VECTOR)

    assert (once, host.vectors) == ([0], [0, 0])


def test_what_is_pending_is_sent_when_the_top_is_enabled_again(gpu, host, regs, enable):
    regs[f"{TREE}_TOP_EN_CLEAR", 0] = ONES
    gpu.interrupts.trigger(VECTOR)
    before = list(host.vectors)

    regs[f"{TREE}_TOP_EN_SET", 0] = 1 << 3

    assert (before, host.vectors) == ([], [0])


@pytest.mark.parametrize("by", ["entry", "function"])
def test_a_masked_message_waits_in_the_pending_bits(gpu, host, enable, by):
    def mask(masked: bool) -> None:
        if by == "entry":
            gpu.bar_write(0, MSIX_TABLE + 12, 4, int(masked))
        else:
            gpu.config_write(MSIX_CONTROL, 2, 1 << 15 | masked << 14)

    mask(True)
    gpu.interrupts.trigger(VECTOR)
    waiting = (gpu.bar_read(0, MSIX_PENDING, 8), list(host.vectors))
    mask(False)

    assert waiting == (1, [])
    assert (gpu.bar_read(0, MSIX_PENDING, 8), host.vectors) == (0, [0])


def test_msi_is_used_where_it_is_enabled(gpu, host, regs, enable):
    gpu.config_write(MSIX_CONTROL, 2, 0)
    gpu.config_write(MSI_CONTROL, 2, 1)

    gpu.interrupts.trigger(VECTOR)

    assert host.vectors == [0]


def test_without_either_only_the_status_shows_it(gpu, host, enable):
    gpu.config_write(MSIX_CONTROL, 2, 0)

    gpu.interrupts.trigger(VECTOR)

    assert host.vectors == []
    assert gpu.config_read(6, 2) & 1 << 3


def test_no_message_without_bus_mastering(gpu, host, enable):
    gpu.config_write(4, 2, 2)
    gpu.interrupts.trigger(VECTOR)
    before = list(host.vectors)
    gpu.config_write(4, 2, 6)

    assert (before, host.vectors) == ([], [0])


def test_a_reset_forgets_interrupts(gpu, host, regs, enable):
    gpu.interrupts.trigger(VECTOR)
    gpu.reset()
    gpu.config_write(4, 2, 6)

    assert regs[f"{TREE}_LEAF", 6] == 0
    assert regs[f"{TREE}_TOP_EN_SET", 0] == 0
    assert gpu.bar_read(0, MSIX_TABLE + 12, 4) == 1  # masked


def test_a_vector_that_does_not_exist_is_reported(gpu):
    gpu.interrupts.trigger(512)

    assert [report.kind for report in gpu.reports] == ["interrupt"]
