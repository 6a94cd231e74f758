"""What the scheduler of grids refuses: its own checks, and those of the work distributor behind it.

Facts: `H100:` tests/soft/recordings/refusals.json: names, bits of the error status register, which launches
are refused and which run although they look wrong; `H100:` earlier, checks 05 and 22.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from barewire.softgpu.gr.qmd import Qmd, Type

ESR = 0x407020
ESR_LINE = "Graphics Exception: ESR 0x407020={esr:#x} 0x407028=0x3f 0x40702c=0x10001000 0x407030=0x0"
MOST_THREADS = 1024
MOST_THREADS_IN_Z = 64
MOST_REGISTERS = 256
SHARED_STEP_BYTES = 128
LOCAL_STEP_BYTES = 16
MOST_CONSTANT_BYTES = 64 << 10
NO_STRUCTURE = 3  # of a release
LARGEST_CONFIG = 0x3A  # 228 KiB
CONFIG_STEP_BYTES = 4 << 10
CTA_SHARED_BYTES = 228 << 10
SM_REGISTERS = 65536
REGISTER_STEP = 8
WARP_THREADS = 32
MOST_THREADS_OF_SM = 2048
SMS_OF_TPC = 2


@dataclass(frozen=True)
class LocalMemory:
    """What the channel said of its local memory (SET_SHADER_LOCAL_MEMORY_*).

    Attributes:
        gpu_va: where.
        bytes_of_tpc: for the threads of one TPC; 0 if it was never said.
    """

    gpu_va: int = 0
    bytes_of_tpc: int = 0

    @property
    def bytes_of_thread(self) -> int:
        """For each of the threads that a TPC can hold."""
        return self.bytes_of_tpc // (MOST_THREADS_OF_SM * SMS_OF_TPC)


@dataclass(frozen=True)
class Check:
    """One check of the scheduler.

    Attributes:
        name: as the log has it, after "SKEDCHECK".
        bit: of the error status register.
        fails: whether a launch fails it.
    """

    name: str
    bit: int
    fails: Callable[[Qmd, LocalMemory], bool]


def _threads_in_cta(qmd: Qmd, local: LocalMemory) -> bool:
    cluster_of_none = qmd.type == Type.GRID_GPC_CGA and not all(qmd.cluster)
    return qmd.threads > MOST_THREADS or cluster_of_none


def _local_total(qmd: Qmd, local: LocalMemory) -> bool:
    wanted = qmd.local_low_bytes + qmd.local_high_bytes
    return wanted - wanted % LOCAL_STEP_BYTES > local.bytes_of_thread


# In the order in which the log names them.
CHECKS: tuple[Check, ...] = (
    Check("02_LOCAL_MEMORY_LOW_SIZE", 9, lambda qmd, local: bool(qmd.local_low_bytes % LOCAL_STEP_BYTES)),
    Check("03_LOCAL_MEMORY_HIGH_SIZE", 10, lambda qmd, local: bool(qmd.local_high_bytes % LOCAL_STEP_BYTES)),
    Check("05_LOCAL_MEMORY_TOTAL_SIZE", 12, _local_total),
    Check("06_REGISTER_COUNT", 13, lambda qmd, local: not 0 < qmd.register_count <= MOST_REGISTERS),
    Check("11_TOTAL_THREADS", 18, _threads_in_cta),
    Check("14_SHARED_MEMORY_SIZE", 21, lambda qmd, local: bool(qmd.shared_bytes % SHARED_STEP_BYTES)),
    Check(
        "16_CTA_THREAD_DIMENSION_ZERO",
        23,
        lambda qmd, local: not all(qmd.block) or qmd.block[2] > MOST_THREADS_IN_Z,
    ),
    Check(
        "23_CONSTANT_BUFFER_SIZE",
        7,
        lambda qmd, local: any(bank.size_bytes > MOST_CONSTANT_BYTES for bank in qmd.constant_buffers),
    ),
    Check(
        "XX_MISC",
        31,
        lambda qmd, local: any(release.structure_size == NO_STRUCTURE for release in qmd.releases),
    ),
)
INVALIDATE_ACTIVE = Check("22_INVALIDATE_ACTIVE_QMD", 29, lambda qmd, local: False)


class SkedError(Exception):
    """A launch that is refused before a thread of it runs.

    Attributes:
        lines: of the log, before the channel's own; none where the work distributor refuses.
    """

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("; ".join(lines) or "the work distributor refuses the grid")
        self.lines = lines


def failed(checks: list[Check]) -> SkedError:
    """The error of checks that failed."""
    esr = sum(1 << check.bit for check in checks)
    names = [f"Graphics Exception: SKEDCHECK{check.name} failed" for check in checks]
    return SkedError((*names, ESR_LINE.format(esr=esr)))


def check(qmd: Qmd, local: LocalMemory) -> None:
    """Let a launch pass that hardware would run.

    Raises:
        SkedError: it refuses.
    """
    wrong = [one for one in CHECKS if one.fails(qmd, local)]
    if wrong:
        raise failed(wrong)
    if qmd.type == Type.GRID_NULL or not qmd.ctas:
        return
    if not _fits(qmd):
        raise SkedError(())


def _fits(qmd: Qmd) -> bool:
    """Whether an SM can hold a CTA, in one of the configurations that the launch allows."""
    warps = -(-qmd.threads // WARP_THREADS)
    registers = -(-qmd.register_count // REGISTER_STEP) * REGISTER_STEP
    if warps * WARP_THREADS * registers > SM_REGISTERS:
        return False
    config = qmd.shared_config
    if max(config.least, config.most, config.target) > LARGEST_CONFIG:
        return False
    if config.least > config.most or config.target < config.least:
        return False
    largest = (config.most - 1) * CONFIG_STEP_BYTES if config.most else CTA_SHARED_BYTES
    return qmd.shared_bytes <= largest and qmd.shared_bytes < CTA_SHARED_BYTES
