"""LibOS starts GSP-RM: the regions that the host gives it, its log buffers, its message queues.

Facts: OGKM:src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c
(kgspSetupLibosInitArgs, kgspPopulateGspRmInitArgs), nouveau:nvkm/subdev/gsp/rm/r535/gsp.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.gsp.log import BadLog, LibosLog
from barewire.softgpu.gsp.queues import QUEUE_BYTES, BadQueue, CommandQueue, SharedArea, StatusQueue
from barewire.softgpu.gsp.structs import (
    GSP_ARGUMENTS,
    LIBOS_IN_SYSTEM_MEMORY,
    LIBOS_INIT_ARGUMENT,
    LIBOS_KIND_CONTIGUOUS,
    PAGE_BYTES,
    Record,
    name_of,
)

if TYPE_CHECKING:
    from barewire.softgpu.dma import DmaPort

LOGS = ("LOGINIT", "LOGINTR", "LOGRM")  # those that every driver gives; some give more
LOG_PREFIX = "LOG"
ARGUMENTS = "RMARGS"


class BadStart(Exception):
    """LibOS cannot start GSP-RM; the message says why."""


class Started(NamedTuple):
    """What GSP-RM has of the host once it runs.

    Attributes:
        arguments: GSP_ARGUMENTS_CACHED.
        logs: the log buffers by name.
        command: the queue that it reads.
        status: the queue that it writes.
    """

    arguments: Record
    logs: dict[str, LibosLog]
    command: CommandQueue
    status: StatusQueue


def read_regions(host: DmaPort, address: int) -> dict[str, Record]:
    """The memory regions of the LibOS arguments at a bus address, by name.

    Raises:
        BadStart: the page cannot be read, or a region makes no sense.
    """
    try:
        page = host.read(address, PAGE_BYTES)
    except DmaRefused as refused:
        raise BadStart(f"the LibOS arguments: {refused}") from None
    found: dict[str, Record] = {}
    for at in range(0, PAGE_BYTES, LIBOS_INIT_ARGUMENT.size_bytes):
        region = LIBOS_INIT_ARGUMENT.parse(page[at : at + LIBOS_INIT_ARGUMENT.size_bytes])
        if region.id8 == 0:
            break
        name = name_of(region.id8)
        if name != ARGUMENTS and not name.startswith(LOG_PREFIX):
            raise BadStart(f"a LibOS region named {name!r}")
        if name in found:
            raise BadStart(f"two LibOS regions named {name!r}")
        _check_region(name, region)
        found[name] = region
    return found


def _check_region(name: str, region: Record) -> None:
    if region.kind != LIBOS_KIND_CONTIGUOUS or region.location != LIBOS_IN_SYSTEM_MEMORY:
        raise BadStart(f"{name}: kind {region.kind}, location {region.location}")
    if region.address == 0 or region.address % PAGE_BYTES or region.size == 0:
        raise BadStart(f"{name}: {region.size:#x} bytes at {region.address:#x}")


def _read_logs(host: DmaPort, regions: dict[str, Record]) -> dict[str, LibosLog]:
    try:
        return {
            name: LibosLog(host, name, region.address, region.size)
            for name, region in regions.items()
            if name != ARGUMENTS
        }
    except BadLog as bad:
        raise BadStart(str(bad)) from None


def _read_arguments(host: DmaPort, regions: dict[str, Record]) -> Record:
    region = regions[ARGUMENTS]
    if region.size < GSP_ARGUMENTS.size_bytes:
        raise BadStart(f"{ARGUMENTS} of {region.size:#x} bytes")
    try:
        arguments = GSP_ARGUMENTS.parse(host.read(region.address, GSP_ARGUMENTS.size_bytes))
    except DmaRefused as refused:
        raise BadStart(f"{ARGUMENTS}: {refused}") from None
    if arguments.in_pm_transition or arguments.old_level or arguments.sr_flags:
        raise BadStart(f"{ARGUMENTS} tell of a resume, and nothing was suspended")
    return arguments


def _open_queues(host: DmaPort, arguments: Record) -> tuple[CommandQueue, StatusQueue]:
    area = SharedArea(host, arguments.shared_memory_address, arguments.page_table_entries)
    offsets = (arguments.command_queue_offset, arguments.status_queue_offset)
    for offset in offsets:
        if offset < PAGE_BYTES or offset % PAGE_BYTES or offset + QUEUE_BYTES > area.size_bytes:
            raise BadQueue(f"a queue at {offset:#x} of a shared area of {area.size_bytes:#x} bytes")
    if abs(offsets[0] - offsets[1]) < QUEUE_BYTES:
        raise BadQueue(f"queues at {offsets[0]:#x} and {offsets[1]:#x} overlap")
    status = StatusQueue(area, offsets[1])
    status.create()
    command = CommandQueue(area, offsets[0], status)
    command.link()
    return command, status


def start(host: DmaPort, address: int) -> Started:
    """Start from the LibOS arguments at a bus address.

    Raises:
        BadStart: something in them is not as it must be.
    """
    regions = read_regions(host, address)
    missing = [name for name in (*LOGS, ARGUMENTS) if name not in regions]
    if missing:
        raise BadStart(f"no LibOS region {', '.join(missing)}")
    logs = _read_logs(host, regions)
    arguments = _read_arguments(host, regions)
    try:
        command, status = _open_queues(host, arguments)
    except BadQueue as bad:
        raise BadStart(str(bad)) from None
    except DmaRefused as refused:
        raise BadStart(f"the message queues: {refused}") from None
    return Started(arguments, logs, command, status)
