"""Grids: from SEND_PCAS to the semaphore that is released at their end."""

from __future__ import annotations

from gr_machine import KIB, GrMachine, GrRig, send


def test_a_kernel_runs_and_releases_its_semaphore(machine: GrMachine, rig: GrRig) -> None:
    out = machine.vram(4 * KIB)
    qmd = rig.qmd(machine.storing(out.gpu_va, 0x5EED), **rig.release(0, 7))
    rig.submit(send(qmd))
    rig.awaits(0, 7)
    assert out.words[0] == 0x5EED
    assert machine.reports == []
