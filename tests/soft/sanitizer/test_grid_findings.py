"""What the sanitizer finds of grids on channels made by hand, descriptor by descriptor.

Each test makes exactly one mistake, and shows that the right way is silent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gr_machine
import numpy as np
import pytest
from fifo_machine import KIB, MIB
from gr_machine import INVALIDATE_SKED, GrMachine, GrRig, method, send, wait_for_idle
from page_builder import Page

from tests.soft import words as w

SIZE = 4 * KIB
INVALIDATE_SHADER_CACHES = 0x21C
INSTRUCTION_AND_CONSTANTS, DATA = 1 << 0 | 1 << 12, 1 << 4


@pytest.fixture
def machine() -> Iterator[GrMachine]:
    """A GPU with memory mapped for it, and no firmware."""
    made = GrMachine(sanitize=True)
    yield made
    made.close()


class CarefulRig(GrRig):
    """A compute channel whose grids invalidate the data caches, where a test does not say otherwise."""

    def put_qmd(self, at: int, program_va: int, *, size: Sequence[int] = (1, 1, 1), **fields: int) -> None:
        careful = {"INVALIDATE_SHADER_DATA_CACHE": 1} | fields
        super().put_qmd(at, program_va, size=size, **careful)


@pytest.fixture
def rig(machine: GrMachine, monkeypatch: pytest.MonkeyPatch) -> GrRig:
    """A scheduled compute channel."""
    monkeypatch.setattr(gr_machine, "GrRig", CarefulRig)
    return machine.compute()


def found(machine: GrMachine) -> list[str]:
    return [report.kind for report in machine.gpu.reports]


def written(machine: GrMachine) -> Any:
    memory = machine.vram(SIZE)
    memory.bytes[:] = 7
    return memory


def loading(machine: GrMachine, source: int, target: int) -> int:
    """A program that copies a word."""
    return machine.program(*w.mov_pair(2, source), w.ldg(4, 2), *w.mov_pair(6, target), w.stg(6, 4))


def from_constant(machine: GrMachine, target: int) -> int:
    """A program that stores the first word of bank 0."""
    return machine.program(w.mov_constant(4, 0, 0), *w.mov_pair(6, target), w.stg(6, 4))


def bank(gpu_va: int, size: int = 256, **more: int) -> dict[str, int]:
    """Fields that make memory bank 0."""
    return {
        "CONSTANT_BUFFER_VALID__0": 1,
        "CONSTANT_BUFFER_ADDR_LOWER_SHIFTED6__0": gpu_va >> 6 & 0xFFFFFFFF,
        "CONSTANT_BUFFER_ADDR_UPPER_SHIFTED6__0": gpu_va >> 38,
        "CONSTANT_BUFFER_SIZE_SHIFTED4__0": size // 16,
    } | more


def test_a_grid_that_reads_what_nobody_wrote(machine: GrMachine, rig: GrRig) -> None:
    source, target = machine.vram(SIZE), machine.vram(SIZE)
    program = loading(machine, source.gpu_va, target.gpu_va)
    rig.run(send(rig.qmd(program)), wait_for_idle())
    (report,) = machine.gpu.reports
    assert report.kind == "unwritten memory"
    assert report.facts["gpu_va"] == source.gpu_va
    assert (report.place.kernel_va, report.place.pc) == (program, program + 2 * 16)


def test_grids_of_one_channel_that_nothing_orders(machine: GrMachine, rig: GrRig) -> None:
    middle, target = written(machine), written(machine)
    first = rig.qmd(machine.storing(middle.gpu_va, 5))
    second = rig.qmd(loading(machine, middle.gpu_va, target.gpu_va))
    rig.run(send(first), send(second), wait_for_idle())
    assert found(machine) == ["race"]


def test_grids_with_a_wait_between_them(machine: GrMachine, rig: GrRig) -> None:
    middle, target = written(machine), written(machine)
    first = rig.qmd(machine.storing(middle.gpu_va, 5))
    second = rig.qmd(loading(machine, middle.gpu_va, target.gpu_va))
    rig.run(send(first), wait_for_idle(), send(second), wait_for_idle())
    assert target.words[0] == 5
    assert found(machine) == []


def test_a_grid_that_depends_on_another_comes_after_it(machine: GrMachine, rig: GrRig) -> None:
    middle, target = written(machine), written(machine)
    second = rig.qmd(loading(machine, middle.gpu_va, target.gpu_va), DEPENDENCE_COUNTER=0)
    chain = {
        "DEPENDENT_QMD_ENABLE__0": 1,
        "DEPENDENT_QMD_ACTION__0": 1,
        "DEPENDENT_QMD0_POINTER": second >> 8,
    }
    first = rig.qmd(machine.storing(middle.gpu_va, 5), **chain)
    rig.run(send(first), wait_for_idle())
    assert target.words[0] == 5
    assert found(machine) == []


def test_a_grid_that_releases_without_a_membar(machine: GrMachine, rig: GrRig) -> None:
    target = written(machine)
    careless = rig.release(0, 5) | {"RELEASE_MEMBAR_TYPE__0": 0}
    rig.run(send(rig.qmd(machine.storing(target.gpu_va, 5), **careless)), wait_for_idle())
    rig.awaits(0, 5)
    assert found(machine) == ["release without flush"]


def test_a_grid_that_releases_orders_who_acquires(machine: GrMachine, rig: GrRig) -> None:
    middle, target = written(machine), written(machine)
    rig.submit(send(rig.qmd(machine.storing(middle.gpu_va, 5), **rig.release(0, 5))))
    rig.awaits(0, 5)
    other = machine.compute()
    other.run(send(other.qmd(loading(machine, middle.gpu_va, target.gpu_va))), wait_for_idle())
    assert target.words[0] == 5
    assert found(machine) == []


def test_a_descriptor_that_is_sent_again_before_its_grid_ended(machine: GrMachine, rig: GrRig) -> None:
    again = rig.qmd(machine.program(w.nop()))
    rig.run(send(again), wait_for_idle(), send(again), wait_for_idle())
    assert found(machine) == []
    rig.run(send(again))
    sanitizer = machine.gpu.sanitizer
    assert sanitizer is not None
    machine.wait(lambda: not sanitizer.running_operations)  # as luck has it, not by anything that was asked
    rig.run(send(again), wait_for_idle())
    assert found(machine) == ["QMD in use"]


def test_a_descriptor_that_was_patched_and_not_invalidated(machine: GrMachine, rig: GrRig) -> None:
    target = written(machine)
    second = rig.qmd(machine.storing(target.gpu_va, 1))
    chain = {
        "DEPENDENT_QMD_ENABLE__0": 1,
        "DEPENDENT_QMD_ACTION__0": 1,
        "DEPENDENT_QMD0_POINTER": second >> 8,
    }
    first = rig.qmd(machine.program(w.nop()), **chain)
    rig.run(send(first), wait_for_idle())
    at = second - rig.qmds.gpu_va
    rig.put_qmd(at, machine.storing(target.gpu_va, 2))
    rig.run(method(INVALIDATE_SKED, 0), send(first), wait_for_idle())
    assert (target.words[0], found(machine)) == (2, [])
    rig.put_qmd(at, machine.storing(target.gpu_va, 3))
    rig.run(send(first), wait_for_idle())
    assert (target.words[0], found(machine)) == (2, ["stale QMD"])


def test_constants_that_changed_and_were_not_invalidated(machine: GrMachine, rig: GrRig) -> None:
    constants, target = written(machine), written(machine)
    program = from_constant(machine, target.gpu_va)
    careful = bank(constants.gpu_va, CONSTANT_BUFFER_INVALIDATE__0=1)
    rig.run(send(rig.qmd(program, **careful)), wait_for_idle())
    constants.words[0] = 9
    rig.run(send(rig.qmd(program, **careful)), wait_for_idle())
    assert (target.words[0], found(machine)) == (9, [])
    constants.words[0] = 10
    rig.run(send(rig.qmd(program, **bank(constants.gpu_va))), wait_for_idle())
    assert found(machine) == ["stale constants"]


def test_a_grid_whose_channel_was_stopped_rests(machine: GrMachine, rig: GrRig) -> None:
    counted, target = written(machine), written(machine)
    rig.submit(send(rig.qmd(machine.endless(counted.gpu_va))))
    machine.wait(lambda: counted.words[0] > 100 and counted.words[0] != 0x07070707)
    with machine.gpu.lock:
        machine.gpu.fifo.stop(rig.channel)
    other = machine.compute()
    other.run(send(other.qmd(loading(machine, counted.gpu_va, target.gpu_va))), wait_for_idle())
    assert found(machine) == []


def test_a_grid_that_may_find_old_data_in_caches(machine: GrMachine, rig: GrRig) -> None:
    source, target = written(machine), written(machine)
    program = loading(machine, source.gpu_va, target.gpu_va)
    careful, careless = rig.qmd(program), rig.qmd(program, INVALIDATE_SHADER_DATA_CACHE=0)
    rig.run(send(careless), wait_for_idle(), send(careful), wait_for_idle())
    rig.run(method(INVALIDATE_SHADER_CACHES, DATA), send(careless), wait_for_idle())
    assert found(machine) == []
    rig.run(send(careless), wait_for_idle())
    assert found(machine) == ["stale data"]


def test_code_that_changed_and_was_not_invalidated(machine: GrMachine, rig: GrRig) -> None:
    target = written(machine)
    program = machine.storing(target.gpu_va, 1)
    code = machine.gpu.mmu.translate(machine.tables.pdb, program).address
    rig.run(send(rig.qmd(program)), wait_for_idle())
    changed = [*w.mov_pair(2, target.gpu_va), w.mov(4, 2), w.stg(2, 4), w.exit_()]
    machine.gpu.vram.write(code, b"".join(word.to_bytes(16, "little") for word in changed))
    rig.run(method(INVALIDATE_SHADER_CACHES, INSTRUCTION_AND_CONSTANTS))
    rig.run(send(rig.qmd(program)), wait_for_idle())
    assert (target.words[0], found(machine)) == (2, [])
    changed[2] = w.mov(4, 3)
    machine.gpu.vram.write(code, b"".join(word.to_bytes(16, "little") for word in changed))
    rig.run(send(rig.qmd(program)), wait_for_idle())
    assert (target.words[0], found(machine)) == (2, ["stale code"])


def test_a_grid_in_a_page_that_moved_without_an_invalidation(machine: GrMachine, rig: GrRig) -> None:
    source, target, other = written(machine), written(machine), written(machine)
    program = loading(machine, source.gpu_va, target.gpu_va)
    rig.run(send(rig.qmd(program)), wait_for_idle())
    machine.tables.map(source.gpu_va, 4 * KIB, Page(other.place.address))
    with machine.gpu.lock:
        machine.gpu.mmu.invalidate(machine.tables.pdb)
    rig.run(send(rig.qmd(program)), wait_for_idle())
    assert found(machine) == []
    machine.tables.map(source.gpu_va, 4 * KIB, Page(source.place.address))
    rig.run(send(rig.qmd(program)), wait_for_idle())
    assert set(found(machine)) == {"stale translation"}


@pytest.mark.parametrize("bytes_each", [4, 8, 16])
def test_a_grid_in_memory_that_was_written_whole_is_silent(
    machine: GrMachine, rig: GrRig, bytes_each: int
) -> None:
    source, target = machine.vram(1 * MIB, 2 * MIB), machine.vram(1 * MIB, 2 * MIB)
    source.bytes[:] = np.arange(source.bytes.size, dtype=np.uint8)
    size = str(8 * bytes_each)
    program = machine.program(
        w.s2r(0, 0x21),  # SR_TID.X
        *w.mov_pair(2, source.gpu_va),
        *w.mov_pair(6, target.gpu_va),
        w.imad(2, 0, bytes_each, 2),
        w.imad(6, 0, bytes_each, 6),
        w.ldg(8, 2, size=size),
        w.stg(6, 8, size=size),
    )
    rig.run(send(rig.qmd(program)), wait_for_idle())
    np.testing.assert_array_equal(target.bytes[: 32 * bytes_each], source.bytes[: 32 * bytes_each])
    assert found(machine) == []
