"""From a kernel and a geometry to a launch plan: the QMD and bank 0 that will stand in a launch slot."""

from __future__ import annotations

import itertools
import operator
import struct
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from barewire.channel import methods
from barewire.chip.limits import Limits
from barewire.compute import constants, qmd
from barewire.errors import LaunchTooLarge, UsageError
from barewire.native._native import ffi
from barewire.regs import classes
from barewire.regs import qmd as qmd_tables
from barewire.rounding import round_up

if TYPE_CHECKING:
    from barewire.compute.cubin import KernelInfo
    from barewire.compute.module import Kernel

# What SEND_SIGNALING_PCAS2_B is told. `H100:` a QMD V04_00 sent with action 9, as V03_00 wants it, never
# completes.
_PCAS_ACTION = {"V02_03": "INVALIDATE_COPY_SCHEDULE", "V03_00": "PREFETCH_SCHEDULE"}
_PCAS_ACTION_LATER = "INVALIDATE_PREFETCH_COPY_SCHEDULE"

BANK0_OFFSET = 0x200  # in a launch slot
STACK_ALIGNMENT = 16
NATIVE_QMD_WORDS = 96  # room in struct bw_plan

_identities = itertools.count(1)

# Plans by identity, to say which kernel a launch slot holds.
_plans: weakref.WeakValueDictionary[int, Plan] = weakref.WeakValueDictionary()


def plan_of(identity: int) -> Plan | None:
    """The plan of that identity, if it is still in use."""
    return _plans.get(identity)


@dataclass(frozen=True)
class Geometry:
    """Grid in blocks, block in threads, cluster in blocks, and dynamic shared memory in bytes."""

    grid: tuple[int, int, int]
    block: tuple[int, int, int]
    cluster: tuple[int, int, int]
    shared_bytes: int

    @property
    def threads(self) -> int:
        """Threads of one block."""
        return self.block[0] * self.block[1] * self.block[2]


@dataclass(frozen=True, eq=False)
class Plan:
    """What of a launch does not change from call to call.

    Attributes:
        kernel: the kernel's name.
        template: the QMD; bank 0's address and the release are still to be filled in.
        bank0: constant bank 0 before the parameters.
        local_bytes: local memory of one thread that the launch needs, 0 for none.
        native: the same for the native call.
    """

    kernel: str
    template: qmd.Qmd
    bank0: constants.Bank0
    bank0_bytes: int
    argument_bytes: int
    local_bytes: int
    native: Any
    keep: tuple[Any, ...]

    @property
    def slot_bytes(self) -> int:
        """How large a launch slot has to be."""
        return BANK0_OFFSET + self.bank0_bytes

    @property
    def native_address(self) -> int:
        """Where `native` stands in memory."""
        return int(ffi.cast("uintptr_t", self.native))


def check(info: KernelInfo, limits: Limits, geometry: Geometry) -> None:
    """Refuse what the chip or the kernel does not allow.

    Raises:
        LaunchTooLarge: names the dimension, what was asked and what is allowed.
    """
    for what, asked, allowed in (
        ("grid", geometry.grid, limits.grid_max),
        ("block", geometry.block, limits.block_max),
    ):
        for axis, size, most in zip("xyz", asked, allowed, strict=True):
            _expect(size <= most, info, f"{what}.{axis}", size, f"at most {most}")
    most = min(limits.threads_per_block, info.max_threads or limits.threads_per_block)
    _expect(geometry.threads <= most, info, "threads of a block", geometry.threads, f"at most {most}")
    if info.required_block:
        _expect(
            geometry.block == info.required_block, info, "block", geometry.block, f"{info.required_block}"
        )
    _check_registers(info, limits, geometry)
    _check_shared(info, limits, geometry)
    _check_cluster(info, limits, geometry)


def _expect(fits: bool, info: KernelInfo, what: str, asked: Any, expected: str) -> None:
    if not fits:
        raise LaunchTooLarge(
            f"{info.name} cannot be launched: {what} is {asked}",
            kernel=info.name,
            asked=asked,
            expected=expected,
        )


def _check_registers(info: KernelInfo, limits: Limits, geometry: Geometry) -> None:
    warps = -(-geometry.threads // qmd.THREADS_PER_WARP)
    needed = qmd.registers_per_warp(info.registers) * warps
    most = limits.registers_per_sm
    _expect(needed <= most, info, "registers of a block", needed, f"at most {most}")


def _check_shared(info: KernelInfo, limits: Limits, geometry: Geometry) -> None:
    if geometry.shared_bytes < 0:
        raise LaunchTooLarge(
            f"dynamic shared memory of {geometry.shared_bytes} bytes was asked for", kernel=info.name
        )
    total = user_shared_bytes(info) + geometry.shared_bytes
    most = limits.shared_optin_bytes
    _expect(total <= most, info, "shared memory, static and dynamic, in bytes", total, f"at most {most}")


def _check_cluster(info: KernelInfo, limits: Limits, geometry: Geometry) -> None:
    blocks = geometry.cluster[0] * geometry.cluster[1] * geometry.cluster[2]
    most = limits.cluster_max_blocks
    _expect(blocks <= most, info, "blocks of a cluster", blocks, f"at most {most}")
    for axis, size, step in zip("xyz", geometry.grid, geometry.cluster, strict=True):
        _expect(size % step == 0, info, f"grid.{axis}", size, f"a multiple of the cluster's {step}")


def user_shared_bytes(info: KernelInfo) -> int:
    """Static shared memory without what the system reserves."""
    return info.shared_static_bytes - info.reserved_shared_bytes


def total_shared_bytes(info: KernelInfo, limits: Limits, geometry: Geometry) -> int:
    """All shared memory of a block: the system's part, static, dynamic."""
    return limits.shared_reserved_bytes + user_shared_bytes(info) + geometry.shared_bytes


def local_bytes(info: KernelInfo) -> int:
    """Local memory that a thread needs, with the reserve above the stack, 0 if it has no stack at all."""
    frame = max(info.local_bytes, info.min_stack or 0)
    if not frame:
        return 0
    return round_up(frame + constants.STACK_RESERVE_BYTES, STACK_ALIGNMENT)


def plan(
    kernel: Kernel, geometry: Geometry, qmd_overrides: dict[str, int], bank0_overrides: dict[int, int]
) -> Plan:
    """Make the plan of a launch that has been checked.

    Args:
        qmd_overrides: QMD fields to set otherwise; "NAME:1" names an element of an array.
        bank0_overrides: 32-bit words of bank 0 to set otherwise, by offset.

    Raises:
        UsageError: an override names nothing, or its value does not fit.
    """
    info, device = kernel.info, kernel.device
    limits = device.limits
    image_va = kernel.module.gpu_va
    layout = constants.layout_for(device.facts.sm_version)
    banks = {bank: image_va + part.offset for bank, part in info.constant_banks.items()}
    program_va = image_va + info.code_offset
    total_shared = total_shared_bytes(info, limits, geometry)

    bank0 = constants.build(
        layout,
        constants.LaunchConstants(
            grid=geometry.grid,
            block=geometry.block,
            cluster=geometry.cluster,
            dynamic_shared_bytes=geometry.shared_bytes,
            shared_reserved_bytes=limits.shared_reserved_bytes,
            shared_total_bytes=total_shared,
            argument_bytes=info.param_bytes,
            program_va=program_va,
            sm_count=device.facts.sm_count,
            bank_addresses=banks,
        ),
    )
    bank0 = _override_bank0(bank0, bank0_overrides)
    bank0_bytes = info.param_base + info.param_bytes
    local = local_bytes(info)
    template = qmd.build(
        device.qmd_version,
        limits,
        qmd.Launch(
            grid=geometry.grid,
            block=geometry.block,
            cluster=geometry.cluster,
            program_va=program_va,
            code_bytes=info.code_size_bytes,
            registers=info.registers,
            shared_bytes=total_shared,
            local_bytes=local,
            barriers=info.barriers,
            sass_version=_sass_version(device.facts.sm_version),
            banks={0: (0, bank0_bytes)}
            | {bank: (va, info.constant_banks[bank].size_bytes) for bank, va in banks.items()},
        ),
    )
    for name, value in qmd_overrides.items():
        _override_qmd(template, name, value)
    native, keep = _native_plan(template, bank0, layout.parameters, info.param_bytes, bank0_bytes)
    made = Plan(info.name, template, bank0, bank0_bytes, info.param_bytes, local, native, keep)
    _plans[native.identity] = made
    return made


def _sass_version(sm_version: int) -> int:
    """sm_90 is written 0x90."""
    return (sm_version // 10) << 4 | sm_version % 10


def _override_qmd(template: qmd.Qmd, name: Any, value: Any) -> None:
    try:
        field, _, index = name.partition(":")
        template.set(field, value if isinstance(value, str) else operator.index(value), int(index or 0))
    except UsageError:
        raise
    except (AttributeError, IndexError, TypeError, ValueError):
        raise UsageError(
            f"the QMD cannot be given {name!r} = {value!r}", expected='"FIELD" or "FIELD:INDEX", and a number'
        ) from None


def _override_bank0(bank0: constants.Bank0, overrides: dict[int, int]) -> constants.Bank0:
    if not overrides:
        return bank0
    data = bytearray(bank0.data)
    for given in overrides.items():
        try:
            offset, word = map(operator.index, given)
        except TypeError:
            raise UsageError(f"bank 0 is overridden by offset and word, not {given!r}") from None
        if offset % 4 or not 0 <= offset <= len(data) - 4:
            raise UsageError(
                f"bank 0 has no word at {offset:#x}", expected=f"a multiple of 4 below {len(data):#x}"
            )
        if not 0 <= word < 1 << 32:
            raise UsageError(f"a word of bank 0 has 32 bits, {word:#x} does not fit", offset=offset)
        struct.pack_into("<I", data, offset, word)
    kept = tuple(pointer for pointer in bank0.pointers if pointer[0] not in overrides)
    return constants.Bank0(bytes(data), kept)


def _native_plan(
    template: qmd.Qmd, bank0: constants.Bank0, parameters: int, argument_bytes: int, bank0_bytes: int
) -> tuple[Any, tuple[Any, ...]]:
    dialect = qmd.DIALECTS[template.table.version]
    native = ffi.new("struct bw_plan *")
    data = ffi.new("uint8_t[]", bank0.data)
    native.identity = next(_identities)
    native.qmd = template.words + [0] * (NATIVE_QMD_WORDS - len(template.words))
    native.bank0_low_word = template.word_of(dialect.bank.lower)[0]
    native.bank0_high_word, native.bank0_high_mask = template.word_of(dialect.bank.upper)
    native.bank0_shift = dialect.bank.shift
    native.release_low_word = template.word_of(dialect.release.lower)[0]
    native.release_high_word = template.word_of(dialect.release.upper)[0]
    native.bank0 = data
    native.bank0_bytes = len(bank0.data)
    native.pointer_count = len(bank0.pointers)
    for index, (offset, target) in enumerate(bank0.pointers):
        native.pointer_offsets[index] = offset
        native.pointer_targets[index] = -BANK0_OFFSET if target is constants.QMD_ADDRESS else target
    native.argument_offset = parameters
    native.argument_bytes = argument_bytes
    return native, (data,)


class Sender:
    """Pushbuffer words that launch QMDs of one compute class, after all earlier work of the channel."""

    ADDRESS_FROM_END = 2  # where the QMD's address stands in them

    def __init__(self, compute_class: int) -> None:
        table = classes.load(compute_class)
        self.qmd_version = qmd_version_of(compute_class)
        action = _PCAS_ACTION.get(self.qmd_version, _PCAS_ACTION_LATER)

        def header(operation: int, name: str, count: int) -> int:
            return methods.header(operation, methods.SUBCHANNEL["compute"], table.method(name).offset, count)

        def immediate(name: str, **fields: int | str) -> int:
            return header(methods.IMMEDIATE, name, table.method(name).encode(**fields) if fields else 0)

        self._wait = immediate("WAIT_FOR_IDLE")
        self._invalidate = immediate("INVALIDATE_SKED_CACHES")
        self._send = header(methods.INCREMENTING, "SEND_PCAS_A", 1)
        self._schedule = immediate("SEND_SIGNALING_PCAS2_B", PCAS_ACTION=action)

    @property
    def wait_and_invalidate(self) -> list[int]:
        """Wait for earlier work, and let the scheduler forget every QMD that it holds."""
        return [self._wait, self._invalidate]

    def schedule(self, qmd_va: int) -> list[int]:
        """Schedule a QMD from memory."""
        return [self._send, qmd_va >> 8, self._schedule]

    def alone(self, qmd_va: int) -> list[int]:
        """Launch one QMD from memory."""
        return [self._wait, *self.schedule(qmd_va)]

    def chain(self, qmd_va: int) -> list[int]:
        """Launch a QMD that names others, of which the scheduler may hold what they were before."""
        return [*self.wait_and_invalidate, *self.schedule(qmd_va)]


def qmd_version_of(compute_class: int) -> str:
    """The QMD version that a compute class is launched with here."""
    return qmd_tables.version_for(compute_class)
