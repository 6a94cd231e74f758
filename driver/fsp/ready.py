"""Waiting for FSP's own secure boot, which follows every reset of the GPU.

Facts: OGKM:kern_fsp_gh100.c (kfspWaitForSecureBoot); nouveau:nvkm/subdev/fsp/gh100.c.
"""

from __future__ import annotations

from barewire.chip.boot import ReadyRegister
from barewire.fsp.patience import read_patiently
from barewire.poll import poll
from barewire.regs.registers import Reading, RegisterFile

READY_TIMEOUT_S = 5.0  # other drivers allow 4 to 5 s; a reset takes well under one


def wait_until_ready(
    registers: RegisterFile, ready: ReadyRegister, timeout_s: float = READY_TIMEOUT_S
) -> None:
    """Wait until FSP has finished its secure boot and takes messages.

    Raises:
        PollTimeout: FSP never said so; carries the last status that it showed.
        DeviceLost: the GPU does not answer.
    """

    def is_ready(word: Reading) -> bool:
        return int(word) == ready.value

    poll(
        lambda: read_patiently(registers, ready.register),
        is_ready,
        timeout_s=timeout_s,
        why="FSP has not finished its secure boot",
        hint="The GPU may not have been reset since its last owner: reset it and try again.",
        expected=f"{ready.value:#x}",
    )
