"""What the sanitizer hears of grids: when they are given, what of memory they use, what they release.

Every function does nothing where there is no sanitizer. Stale code is looked for in the line of the entry
only: other lines that differ may belong to programs that are gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from barewire.softgpu.channel_memory import Refused
from barewire.softgpu.gr.qmd import QMD_BYTES, Release, Type
from barewire.softgpu.page_tables import Aperture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from barewire.softgpu.channel import Channel
    from barewire.softgpu.channel_memory import VirtualMemory
    from barewire.softgpu.chip import SoftGpu
    from barewire.softgpu.gr.scheduler import Task
    from barewire.softgpu.gr.space import SmSpace
    from barewire.softgpu.sm.watch import Watch

_CODE_LINE_BYTES = 1024


def begin(gpu: SoftGpu, channel: Channel, task: Task) -> None:
    """A grid was given to GR, by a method or by the grids that it follows."""
    sanitizer = gpu.sanitizer
    if sanitizer is None:
        return
    task.operation = sanitizer.begin(
        channel,
        "grid",
        engine=channel.engines[0].name,
        follows=task.follows,
        kernel_va=task.qmd.program_va,
        qmd_va=task.gpu_va,
    )
    task.follows = []
    stretches = list(_in_vram(channel.memory, task.gpu_va, QMD_BYTES))
    for bank in task.qmd.constant_buffers:
        if bank.bank == 0:
            stretches += _in_vram(channel.memory, bank.gpu_va, bank.size_bytes)
    sanitizer.launched_qmd(task.operation, stretches)


def watch(gpu: SoftGpu, task: Task) -> Watch | None:
    """What the SMs are to tell their accesses to."""
    if gpu.sanitizer is None or task.operation is None:
        return None
    return gpu.sanitizer.watch(task.operation)


def ended(gpu: SoftGpu, task: Task, watch: Watch | None = None) -> None:
    """A grid touches nothing any more."""
    if gpu.sanitizer is not None and task.operation is not None and not task.operation.ended:
        gpu.sanitizer.ended(task.operation, watch)


def released(gpu: SoftGpu, channel: Channel, task: Task, release: Release) -> None:
    """A grid's semaphore was written."""
    if gpu.sanitizer is None or task.operation is None:
        return
    visible = release.membar or task.qmd.membar
    if not visible and task.qmd.type != Type.GRID_NULL:
        gpu.report(
            "release without flush",
            "a grid released a semaphore, and no barrier made its writes visible before",
            place=task.operation.place,
            **task.operation.facts,
        )
    seen = (task.operation,) if visible else ()
    adds = release.reduction is not None
    gpu.sanitizer.released(channel, release.gpu_va, operations=seen, host=False, adds=adds)


def tables_may_have_changed(gpu: SoftGpu, channel: Channel) -> bool:
    """Whether translations that are remembered have to be compared with the tables."""
    if gpu.sanitizer is None or channel.setup.pdb is None:
        return gpu.options.check_tlb
    return gpu.sanitizer.tables_changed(channel.setup.pdb)


def look_for_stale_code(gpu: SoftGpu, channel: Channel, space: SmSpace, task: Task) -> None:
    """Report a program that was changed since its code was read."""
    if gpu.sanitizer is None:
        return
    program_va = task.qmd.program_va
    line = program_va & ~(_CODE_LINE_BYTES - 1)
    try:
        now = channel.memory.read(line, _CODE_LINE_BYTES)
    except Refused:
        return
    if not space.read_code(line, now):
        place = task.operation.place if task.operation is not None else None
        gpu.report(
            "stale code",
            "a program was changed, and runs as it was: nothing invalidated the instruction caches",
            place=place,
            kernel_va=program_va,
        )


def look_for_stale_data(gpu: SoftGpu, task: Task) -> None:
    """Report a grid whose loads may find old lines in the SMs' data caches."""
    if gpu.sanitizer is not None and task.operation is not None:
        gpu.sanitizer.loads_through_caches(task.operation, task.qmd.invalidate_data)


def look_for_stale_constants(gpu: SoftGpu, channel: Channel, space: SmSpace, task: Task) -> None:
    """Report a constant bank that was changed since a grid read it, if nothing was invalidated."""
    if gpu.sanitizer is None:
        return
    for bank in task.qmd.constant_buffers:
        try:
            now = channel.memory.read(bank.gpu_va, bank.size_bytes)
        except Refused:
            continue
        fresh = bank.invalidate or task.qmd.invalidate_constants
        if not space.read_constants(bank.gpu_va, now, fresh):
            place = task.operation.place if task.operation is not None else None
            gpu.report(
                "stale constants",
                "a constant bank was changed, and the constant caches may have it as it was",
                place=place,
                bank=bank.bank,
                gpu_va=bank.gpu_va,
                kernel_va=task.qmd.program_va,
            )


def _in_vram(memory: VirtualMemory, gpu_va: int, size_bytes: int) -> Iterator[tuple[int, int]]:
    """(offset, bytes) of what of a range of addresses is in video memory."""
    try:
        for place in memory.places(gpu_va, size_bytes, False):
            if place.aperture is Aperture.VRAM:
                yield place.address, place.size_bytes
    except Refused:
        return
