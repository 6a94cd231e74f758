"""What goes wrong on GR: exceptions of SMs, refused accesses and launches, methods that do not exist."""

from __future__ import annotations

import pytest
from barewire.regs import classes
from barewire.softgpu.gr import context
from barewire.softgpu.page_tables import Access, Aperture, FaultType
from gr_machine import COMPUTE, KIB, MIB, GrMachine, GrRig, method, send, wait_for_idle
from page_builder import Page

from tests.soft import words as w

NOWHERE = 0xF0_1234_5000
EXCEPTION, MMU_FAULT = 13, 31
ESR_OF_SM_0 = "Graphics Exception: ESR 0x505730={:#x} 0x505734={:#x} 0x505728=0x1f81fb60 0x50572c=0x1174"


def only_failure(machine: GrMachine, rig: GrRig) -> tuple[int, tuple[str, ...]]:
    rig.machine.wait(lambda: bool(machine.failures))
    (failure,) = machine.failures
    return failure.xid, failure.lines


def load(gpu_va: int) -> list[int]:
    return [*w.mov_pair(2, gpu_va), w.ldg(4, 2)]


# Exceptions of SMs.


def test_a_misaligned_access_is_told_with_the_place_of_its_sm(machine: GrMachine, rig: GrRig) -> None:
    memory = machine.vram(4 * KIB)
    program = machine.program(*load(memory.gpu_va + 2))
    rig.submit(send(rig.qmd(program, **rig.release(0, 1))))
    assert only_failure(machine, rig) == (
        EXCEPTION,
        (
            "Graphics SM Warp Exception on (GPC 0, TPC 0, SM 0): Misaligned Address",
            ESR_OF_SM_0.format(0x500000F, 0),
        ),
    )
    (state,) = machine.gpu.graphics.sm_states(rig.channel)
    assert (state.sm, state.pc, state.address) == (0, program + 32, memory.gpu_va + 2)
    assert rig.semaphore(0) == 0


def test_a_trap_is_an_illegal_instruction(machine: GrMachine, rig: GrRig) -> None:
    rig.submit(send(rig.qmd(machine.program(w.trap()))))
    xid, lines = only_failure(machine, rig)
    assert (xid, lines[1]) == (EXCEPTION, ESR_OF_SM_0.format(9, 0))
    assert lines[0].endswith("Illegal Instruction Encoding")


def test_an_offset_beyond_shared_memory_is_out_of_range(machine: GrMachine, rig: GrRig) -> None:
    rig.submit(send(rig.qmd(machine.program(w.mov(2, 1 << 20), w.lds(4, 2)))))
    _, lines = only_failure(machine, rig)
    assert lines == (
        "Graphics SM Warp Exception on (GPC 0, TPC 0, SM 0): Out Of Range Address",
        ESR_OF_SM_0.format(0xC00000E, 0),
    )


def test_an_address_of_too_many_bits_is_out_of_range(machine: GrMachine, rig: GrRig) -> None:
    rig.submit(send(rig.qmd(machine.program(*load(1 << 56)))))
    xid, lines = only_failure(machine, rig)
    assert (xid, lines[1]) == (EXCEPTION, ESR_OF_SM_0.format(0x100000E, 0))


def test_states_of_sms_can_be_cleared(machine: GrMachine, rig: GrRig) -> None:
    graphics = machine.gpu.graphics
    rig.submit(send(rig.qmd(machine.program(w.trap()), size=(200, 1, 1))))
    only_failure(machine, rig)
    sms = [state.sm for state in graphics.sm_states(rig.channel)]
    assert sms and len(set(sms)) == len(sms)
    graphics.clear_sm_states(rig.channel, sms[0])
    assert [state.sm for state in graphics.sm_states(rig.channel)] == sms[1:]
    graphics.clear_sm_states(rig.channel)
    assert graphics.sm_states(rig.channel) == ()


# The MMU.


@pytest.mark.parametrize(
    ("words", "access"),
    [
        ([w.ldg(4, 2)], Access.READ),
        ([w.stg(2, 4)], Access.WRITE),
        ([w.word(0x3A8, b16=4, b24=2, b32=5, b72=1, b73=0, b81=w.PT, b84=1)], Access.ATOMIC_WEAK),
    ],
    ids=["read", "write", "atomic"],
)
def test_a_refused_access_is_a_fault_of_the_gpc(
    machine: GrMachine, rig: GrRig, words: list[int], access: Access
) -> None:
    rig.submit(send(rig.qmd(machine.program(*w.mov_pair(2, NOWHERE), *words))))
    assert only_failure(machine, rig) == (MMU_FAULT, ())
    fault = machine.failures[0].fault
    assert (fault.gpu_va, fault.fault_type, fault.access) == (NOWHERE, FaultType.PDE, access)
    assert (fault.source.engine_id, fault.source.gpc) == (384, 0)
    assert fault.client_name == "GPC0 GPCCLIENT_T1_0"
    (entry,) = machine.gpu.faults.posted
    assert (entry.gpu_va, entry.is_hub, entry.engine_id) == (NOWHERE, False, 384)


def test_read_only_pages_refuse_writes(machine: GrMachine, rig: GrRig) -> None:
    memory = machine.vram(4 * KIB, read_only=True)
    rig.run(send(rig.qmd(machine.program(*load(memory.gpu_va)))), wait_for_idle())
    rig.submit(send(rig.qmd(machine.program(*w.mov_pair(2, memory.gpu_va), w.stg(2, 4)))))
    assert only_failure(machine, rig) == (MMU_FAULT, ())
    assert machine.failures[0].fault.fault_type is FaultType.READ_ONLY


def test_host_memory_that_went_away_is_poisoned(machine: GrMachine, rig: GrRig) -> None:
    gpu_va = machine.space(4 * KIB)
    machine.tables.map(gpu_va, 4 * KIB, Page(0x7777_0000, Aperture.COHERENT))
    rig.submit(send(rig.qmd(machine.program(*load(gpu_va)))))
    assert only_failure(machine, rig) == (MMU_FAULT, ())
    assert machine.failures[0].fault.fault_type is FaultType.POISONED
    assert "DMA refused" in machine.reports


@pytest.mark.parametrize("jumps", [False, True])
def test_code_that_is_not_mapped_is_a_fault_of_gcc(machine: GrMachine, rig: GrRig, jumps: bool) -> None:
    program = machine.program(*w.mov_pair(2, NOWHERE), w.jump_to(2)) if jumps else NOWHERE
    rig.submit(send(rig.qmd(program)))
    assert only_failure(machine, rig) == (MMU_FAULT, ())
    assert machine.failures[0].fault.client_name == "GPC0 GPCCLIENT_GCC"


def test_a_descriptor_that_is_not_mapped_is_a_fault_of_sked(machine: GrMachine, rig: GrRig) -> None:
    rig.submit(send(NOWHERE))
    assert only_failure(machine, rig) == (MMU_FAULT, ())
    assert machine.failures[0].fault.client_name == "HUBCLIENT_SKED0"


def test_a_semaphore_that_is_not_mapped_is_a_fault_of_the_front_end(machine: GrMachine, rig: GrRig) -> None:
    fields = {"RELEASE_SEMAPHORE0_ADDR_LOWER": NOWHERE & 0xFFFFFFFF, "RELEASE_SEMAPHORE0_ADDR_UPPER": 0xF0}
    rig.submit(send(rig.qmd(machine.program(), **rig.release(0, 1) | fields)))
    assert only_failure(machine, rig) == (MMU_FAULT, ())
    assert machine.failures[0].fault.client_name == "HUBCLIENT_FE"


def test_grids_see_memory_where_it_is_after_an_invalidation(machine: GrMachine, rig: GrRig) -> None:
    gpu_va = machine.space(4 * KIB)
    first, second = (machine.take_vram(4 * KIB) for _ in range(2))
    qmd = rig.qmd(machine.storing(gpu_va, 7))
    for where in (first, second):
        machine.tables.map(gpu_va, 4 * KIB, Page(where))
        with machine.gpu.lock:
            machine.gpu.mmu.invalidate(machine.tables.pdb)
        rig.run(send(qmd), wait_for_idle())
        assert int.from_bytes(machine.gpu.vram.read(where, 4), "little") == 7


def test_sparse_memory_reads_as_zero(machine: GrMachine, rig: GrRig) -> None:
    out = machine.vram(4 * KIB)
    out.words[0] = 5
    gpu_va = machine.space(4 * KIB)
    machine.tables.entry(gpu_va, 4 * KIB, 1 << 3)
    program = machine.program(*load(gpu_va), w.stg(2, 2), *w.mov_pair(2, out.gpu_va), w.stg(2, 4))
    rig.run(send(rig.qmd(program)), wait_for_idle())
    assert out.words[0] == 0


# Launches that are refused.


def test_an_active_descriptor_may_not_be_sent_again(machine: GrMachine, rig: GrRig) -> None:
    qmd = rig.qmd(machine.endless())
    rig.submit(send(qmd), send(qmd))
    xid, lines = only_failure(machine, rig)
    assert (xid, lines[0]) == (EXCEPTION, "Graphics Exception: SKEDCHECK22_INVALIDATE_ACTIVE_QMD failed")


def test_local_memory_has_to_be_given(machine: GrMachine, rig: GrRig) -> None:
    program = machine.program()
    memory = machine.vram(66 * 4096 * 64, 2 * MIB)
    where = method(0x790, memory.gpu_va >> 32, memory.gpu_va & 0xFFFFFFFF)
    given = where, method(0x2E4, 0, 4096 * 64, 0x1FF)
    fits = rig.qmd(program, SHADER_LOCAL_MEMORY_HIGH_SIZE=64, **rig.release(0, 1))
    rig.run(*given, send(fits), wait_for_idle())
    assert rig.semaphore(0) == 1
    assert machine.reports == []
    rig.run(method(0x790, 0, 0), send(rig.qmd(program, SHADER_LOCAL_MEMORY_HIGH_SIZE=64)), wait_for_idle())
    assert machine.reports == ["local memory"]
    rig.submit(send(rig.qmd(program, SHADER_LOCAL_MEMORY_HIGH_SIZE=80)))
    assert only_failure(machine, rig) == (
        EXCEPTION,
        (
            "Graphics Exception: SKEDCHECK05_LOCAL_MEMORY_TOTAL_SIZE failed",
            "Graphics Exception: ESR 0x407020=0x1000 0x407028=0x3f 0x40702c=0x10001000 0x407030=0x0",
        ),
    )


def test_a_dependent_that_is_refused_ends_the_channel(machine: GrMachine, rig: GrRig) -> None:
    wrong = rig.qmd(machine.program(), REGISTER_COUNT=0)
    fields = {
        "DEPENDENT_QMD_ENABLE__0": 1,
        "DEPENDENT_QMD_ACTION__0": 1,
        "DEPENDENT_QMD0_POINTER": wrong >> 8,
    }
    rig.submit(send(rig.qmd(machine.program(), **fields | rig.release(0, 1))))
    xid, lines = only_failure(machine, rig)
    assert (xid, lines[0]) == (EXCEPTION, "Graphics Exception: SKEDCHECK06_REGISTER_COUNT failed")
    assert rig.semaphore(0) == 1


def test_other_channels_live_on(machine: GrMachine, rig: GrRig) -> None:
    other = machine.compute()
    rig.submit(send(rig.qmd(machine.program(w.trap()))))
    only_failure(machine, rig)
    other.submit(send(other.qmd(machine.program(), **other.release(0, 1))))
    other.awaits(0, 1)


# Methods.


@pytest.mark.parametrize("address", [0x12C, 0x2A8, 0x1234, 0x1FFC], ids=hex)
def test_a_method_that_compute_has_not_ends_the_channel(machine: GrMachine, rig: GrRig, address: int) -> None:
    rig.submit(method(address, 5))
    rig.machine.wait(lambda: bool(machine.failures))
    (failure,) = machine.failures
    assert failure.xid == 11
    assert failure.text == f", Class 0000cbc0, Offset {address:08x}, Data 00000005"


def test_every_method_that_compute_has_is_taken(machine: GrMachine, rig: GrRig) -> None:
    acting = ("SEND_PCAS", "SEND_SIGNALING", "REPORT", "NOTIFY", "LOAD_INLINE_DATA", "CALL_MME", "SET_OBJECT")
    for known in classes.load(COMPUTE):
        if not any(name in known.name for name in acting):
            rig.run(method(known.offset, 0))
    assert machine.failures == []


def test_inline_to_memory_has_fewer_methods(machine: GrMachine, rig: GrRig) -> None:
    rig.run(method(0, 0xA140))
    rig.submit(method(0x2B4, 0))
    rig.machine.wait(lambda: bool(machine.failures))
    assert machine.failures[0].xid == 11


def test_methods_of_graphics_are_dropped(machine: GrMachine, rig: GrRig) -> None:
    rig.run(method(0, 0xCB97), method(0x2B4, 1))
    assert (machine.failures, machine.reports) == ([], ["graphics"])


# Contexts.


class Owner:
    """Stands for RM's object of a channel whose context buffers are not all there."""

    context: Owner

    def missing(self, rm: object, channel: object) -> str:
        return "buffer 0 was not promoted"


def test_a_context_whose_buffers_are_missing_cannot_be_loaded(machine: GrMachine) -> None:
    owner = Owner()
    owner.context = owner
    rig = machine.compute(bound=False, owner=owner)
    rig.submit(method(0, COMPUTE), method(0x110, 0))
    rig.machine.wait(lambda: bool(machine.failures))
    (failure,) = machine.failures
    assert (failure.xid, failure.text) == (44, ", context switch: buffer 0 was not promoted")


def test_a_thread_that_has_nothing_to_do_ends_and_another_comes(
    machine: GrMachine, rig: GrRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "IDLE_S", 0.02)
    for payload in (1, 2):
        rig.submit(send(rig.qmd(machine.program(), **rig.release(0, payload))))
        rig.awaits(0, payload)
        rig.machine.wait(lambda: not machine.gpu.graphics.contexts[rig.channel].has_thread)
