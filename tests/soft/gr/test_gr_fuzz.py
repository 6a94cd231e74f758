"""Compute channels under everything at once: in whatever order it comes, nothing hangs and nothing breaks."""

from __future__ import annotations

import random
import threading
import time

import pytest
from barewire.softgpu.channel import State
from fifo_machine import release
from gr_machine import KIB, QMD_BYTES, GrMachine, GrRig, method, send, wait_for_idle

from tests.soft import words as w

SEEDS = range(6)
STEPS = 120


class Chaos:
    """Does something at random to a machine of three compute channels, again and again."""

    def __init__(self, machine: GrMachine, seed: int) -> None:
        self.machine = machine
        self.random = random.Random(seed)
        self.out = machine.vram(64 * KIB)
        nowhere = 0xF0_1234_5000
        self.programs = [
            machine.program(),
            machine.storing(self.out.gpu_va, 1),
            machine.endless(self.out.gpu_va + 4 * KIB),
            machine.endless(),
            machine.program(w.trap()),
            machine.program(*w.mov_pair(2, nowhere), w.ldg(4, 2)),
            nowhere,
        ]
        self.rigs = [machine.compute() for _ in range(3)]
        for rig in self.rigs[:2]:
            self.cilp(rig)

    def cilp(self, rig: GrRig) -> None:
        with rig.gpu.lock:
            rig.gpu.graphics.set_preemption_mode(rig.channel, 2)

    def step(self) -> None:
        changes = (self.off_and_on, self.preempt, self.settle, self.invalidate, self.replace, self.time_slice)
        actions = (self.launch, self.launch, self.launch, self.wait, self.garbage, *changes)
        self.random.choice(actions)(self.random.choice(self.rigs))

    def launch(self, rig: GrRig) -> None:
        program = self.random.choice(self.programs[: self.random.choice((2, 2, 4, 7))])
        fields = rig.release(self.random.randrange(8), self.random.randrange(9))
        size = (self.random.choice((1, 1, 40, 0)), 1, 1)
        if rig._next_qmd + QMD_BYTES > 1 << 20:
            rig._next_qmd = 0
        rig.submit(send(rig.qmd(program, size=size, **fields), self.random.choice((10, 10, 10, 3, 2, 9, 11))))

    def wait(self, rig: GrRig) -> None:
        rig.submit(self.random.choice((wait_for_idle(), release(rig.semaphores.gpu_va, 1), method(0x21C, 1))))

    def off_and_on(self, rig: GrRig) -> None:
        for on in (False, True):
            with rig.gpu.lock:
                self.random.choice((rig.gpu.fifo.schedule, rig.gpu.fifo.enable))(rig.channel, on)
        with rig.gpu.lock:
            rig.gpu.fifo.schedule(rig.channel, True)
            rig.gpu.fifo.enable(rig.channel, True)

    def preempt(self, rig: GrRig) -> None:
        with rig.gpu.lock:
            rig.gpu.fifo.preempt(rig.channel)

    def settle(self, rig: GrRig) -> None:
        rig.gpu.settle()

    def invalidate(self, rig: GrRig) -> None:
        with rig.gpu.lock:
            rig.gpu.mmu.invalidate(self.random.choice((None, self.machine.tables.pdb)))

    def replace(self, rig: GrRig) -> None:
        with rig.gpu.lock:
            rig.gpu.fifo.destroy(rig.channel)
        made = self.machine.compute(group=self.random.choice((None, 7)))
        self.cilp(made)
        self.rigs[self.rigs.index(rig)] = made

    def garbage(self, rig: GrRig) -> None:
        where = self.random.randrange(0x100, 0x2000) & ~3
        rig.submit(method(where, self.random.getrandbits(32)))

    def time_slice(self, rig: GrRig) -> None:
        with rig.gpu.lock:
            rig.gpu.fifo.set_timeslice(rig.channel, self.random.choice((1, 100_000, 1_000_000)))
        time.sleep(0.001)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_hangs_and_nothing_breaks(machine: GrMachine, seed: int) -> None:
    chaos = Chaos(machine, seed)
    for _ in range(STEPS):
        begin = time.monotonic()
        chaos.step()
        assert time.monotonic() - begin < 3.0
    for rig in chaos.rigs:
        with machine.gpu.lock:
            machine.gpu.fifo.destroy(rig.channel)
    rig = machine.compute()
    rig.submit(send(rig.qmd(chaos.programs[1], **rig.release(0, 77))))
    rig.awaits(0, 77)
    assert machine.gpu.defects == []


def test_many_threads_of_the_host_at_once(machine: GrMachine) -> None:
    rigs = [machine.compute() for _ in range(4)]
    program = machine.storing(machine.vram(4 * KIB).gpu_va, 1)
    problems: list[BaseException] = []

    def work(rig: GrRig) -> None:
        try:
            for payload in range(1, 60):
                rig.submit(send(rig.qmd(program, **rig.release(0, payload))))
                rig.awaits(0, payload)
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(rig,)) for rig in rigs]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        machine.gpu.settle()
        time.sleep(0.002)
    assert problems == []
    assert all(rig.channel.state is State.IDLE for rig in rigs)
