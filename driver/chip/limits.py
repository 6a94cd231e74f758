"""What a kernel launch may ask of an SM, per compute capability.

Sources: the CUDA C++ Programming Guide's table of technical specifications per compute capability; the
    shared-memory
configurations and launch layouts as NVIDIA's driver writes them (`H100:` recorded launches) and as ptxas
compiles for.
"""

from __future__ import annotations

from dataclasses import dataclass

from barewire.errors import UnknownChip

KIB = 1024


@dataclass(frozen=True)
class Limits:
    """Limits of one compute capability.

    Attributes:
        shared_optin_bytes: the most shared memory that a block may use, static and dynamic together.
        shared_reserved_bytes: what the system takes of every block's shared memory, first in its window.
        shared_configurations: sizes in bytes that the SM's memory can be split at, smallest first.
        registers_per_sm: 32-bit registers of one SM.
        cluster_max_blocks: the most blocks that a portable cluster may have; 1 where there are no clusters.
    """

    sm_version: int
    warps_per_sm: int
    blocks_per_sm: int
    shared_optin_bytes: int
    shared_reserved_bytes: int
    shared_configurations: tuple[int, ...]
    cluster_max_blocks: int = 1
    threads_per_block: int = 1024
    block_max: tuple[int, int, int] = (1024, 1024, 64)
    grid_max: tuple[int, int, int] = (2**31 - 1, 65535, 65535)
    registers_per_sm: int = 65536
    sms_per_tpc: int = 2


def _configurations(*sizes_kib: int) -> tuple[int, ...]:
    return tuple(size * KIB for size in sizes_kib)


_AMPERE_LARGE = _configurations(0, 8, 16, 32, 64, 100, 132, 164)
_AMPERE_SMALL = _configurations(0, 8, 16, 32, 64, 100)
_HOPPER = _configurations(0, 8, 16, 32, 64, 100, 132, 164, 196, 228)

LIMITS = {
    limits.sm_version: limits
    for limits in (
        Limits(75, 32, 16, 64 * KIB, 0, _configurations(32, 64)),
        Limits(80, 64, 32, 163 * KIB, 1 * KIB, _AMPERE_LARGE),
        Limits(86, 48, 16, 99 * KIB, 1 * KIB, _AMPERE_SMALL),
        Limits(89, 48, 24, 99 * KIB, 1 * KIB, _AMPERE_SMALL),
        Limits(90, 64, 32, 227 * KIB, 1 * KIB, _HOPPER, cluster_max_blocks=8),
        Limits(100, 64, 32, 227 * KIB, 1 * KIB, _HOPPER, cluster_max_blocks=8),
        Limits(120, 48, 32, 99 * KIB, 1 * KIB, _AMPERE_SMALL, cluster_max_blocks=8),
    )
}


def limits_for(sm_version: int) -> Limits:
    """The limits of a compute capability, e.g. 90.

    Raises:
        UnknownChip: barewire has no table for it; names those it has.
    """
    if sm_version not in LIMITS:
        known = ", ".join(f"sm_{version}" for version in LIMITS)
        raise UnknownChip(f"no launch limits are known for sm_{sm_version}", hint=f"known are {known}")
    return LIMITS[sm_version]
