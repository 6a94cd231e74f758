"""Building QMDs (queue meta data): what the compute scheduler reads to launch a grid.

Field positions are tables (`regs/tables/qmd`, from `open-gpu-doc:classes/compute/cl*qmd.h`); what the
versions call the same thing is the table `DIALECTS` here. Values follow what NVIDIA's own driver writes on
an H100 (`H100:`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from barewire.chip.limits import KIB, Limits
from barewire.errors import FieldRange, UnknownName
from barewire.regs import qmd as tables
from barewire.rounding import round_up


class Qmd:
    """The words of one QMD, written field by field.

    Args:
        table: the layout, from `barewire.regs.qmd.load`.
    """

    def __init__(self, table: tables.QmdTable) -> None:
        self.table = table
        self._value = 0

    def _bits(self, name: str, index: int) -> tuple[int, int]:
        if name not in self.table.fields:
            raise UnknownName(f"QMD {self.table.version} has no field {name}", field=name)
        return self.table.fields[name].bits(index)

    def set(self, name: str, value: int | str, index: int = 0) -> Qmd:
        """Set one field, by number or by NVIDIA's name of the value.

        Raises:
            UnknownName: this version has no such field or value.
            FieldRange: the value does not fit.
        """
        low, high = self._bits(name, index)
        if isinstance(value, str):
            names = self.table.fields[name].values
            if value not in names:
                raise UnknownName(
                    f"QMD field {name} has no value {value!r}", expected=", ".join(names), field=name
                )
            value = names[value]
        width = high - low + 1
        if value < 0 or value >> width:
            raise FieldRange(f"QMD field {name} has {width} bits", field=name, value=value)
        self._value = self._value & ~(((1 << width) - 1) << low) | value << low
        return self

    def get(self, name: str, index: int = 0) -> int:
        """The number that a field holds."""
        low, high = self._bits(name, index)
        return self._value >> low & ((1 << (high - low + 1)) - 1)

    def word_of(self, name: str, index: int = 0) -> tuple[int, int]:
        """(index of the 32-bit word, mask in it) of a field that stands in one word."""
        low, high = self._bits(name, index)
        return low // 32, ((1 << (high - low + 1)) - 1) << (low % 32)

    def load(self, words: list[int]) -> Qmd:
        """Take over the words of another QMD."""
        self._value = sum(word << 32 * index for index, word in enumerate(words))
        return self

    @property
    def words(self) -> list[int]:
        """The QMD as 32-bit words."""
        return [self._value >> 32 * index & 0xFFFFFFFF for index in range(self.table.size_bytes // 4)]


@dataclass(frozen=True)
class Address:
    """An address in two fields, stored shifted right."""

    lower: str
    upper: str
    shift: int = 0


@dataclass(frozen=True)
class Scaled:
    """A size in one field, stored shifted right."""

    name: str
    shift: int = 0


@dataclass(frozen=True)
class Dialect:
    """What one QMD version calls the things that every launch needs."""

    version: str
    major_minor: tuple[str, str]
    grid: tuple[str, str, str]
    program: Address
    bank: Address
    prefetch: Address
    release: Address
    release_payload: str
    release_enable: tuple[str, int | str]
    registers: str
    shared_size: Scaled
    local_high: Scaled
    fixed: dict[str, int | str] = field(default_factory=dict)


_INVALIDATES: dict[str, int | str] = {
    f"INVALIDATE_{cache}": 1
    for cache in (
        "TEXTURE_HEADER_CACHE",
        "TEXTURE_SAMPLER_CACHE",
        "TEXTURE_DATA_CACHE",
        "SHADER_DATA_CACHE",
        "SHADER_CONSTANT_CACHE",
    )
}
_COMMON: dict[str, int | str] = {
    **_INVALIDATES,
    "QMD_GROUP_ID": 0x3F,
    "API_VISIBLE_CALL_LIMIT": "NO_CHECK",
    "SAMPLER_INDEX": "VIA_HEADER_INDEX",
    "CWD_MEMBAR_TYPE": "L1_SYSMEMBAR",
}
_V02_03 = Dialect(
    version="V02_03",
    major_minor=("QMD_MAJOR_VERSION", "QMD_VERSION"),
    grid=("CTA_RASTER_WIDTH", "CTA_RASTER_HEIGHT", "CTA_RASTER_DEPTH"),
    program=Address("PROGRAM_ADDRESS_LOWER", "PROGRAM_ADDRESS_UPPER"),
    bank=Address("CONSTANT_BUFFER_ADDR_LOWER", "CONSTANT_BUFFER_ADDR_UPPER"),
    prefetch=Address("PROGRAM_PREFETCH_ADDR_LOWER_SHIFTED", "PROGRAM_PREFETCH_ADDR_UPPER_SHIFTED", 8),
    release=Address("RELEASE0_ADDRESS_LOWER", "RELEASE0_ADDRESS_UPPER"),
    release_payload="RELEASE0_PAYLOAD",
    release_enable=("SEMAPHORE_RELEASE_ENABLE0", 1),
    registers="REGISTER_COUNT_V",
    shared_size=Scaled("SHARED_MEMORY_SIZE"),
    local_high=Scaled("SHADER_LOCAL_MEMORY_HIGH_SIZE"),
    fixed={**_COMMON, "SM_GLOBAL_CACHING_ENABLE": 1, "RELEASE0_STRUCTURE_SIZE": "ONE_WORD"},
)
_V03_00 = replace(
    _V02_03,
    version="V03_00",
    release_payload="RELEASE0_PAYLOAD_LOWER",
    release_enable=("RELEASE0_ENABLE", 1),
    fixed={**_V02_03.fixed, "RELEASE0_STRUCTURE_SIZE": 1},
)
_V04_00 = replace(
    _V02_03,
    version="V04_00",
    major_minor=("QMD_MAJOR_VERSION", "QMD_MINOR_VERSION"),
    grid=("GRID_WIDTH", "GRID_HEIGHT", "GRID_DEPTH"),
    bank=Address("CONSTANT_BUFFER_ADDR_LOWER_SHIFTED6", "CONSTANT_BUFFER_ADDR_UPPER_SHIFTED6", 6),
    release=Address("RELEASE_SEMAPHORE0_ADDR_LOWER", "RELEASE_SEMAPHORE0_ADDR_UPPER"),
    release_payload="RELEASE_SEMAPHORE0_PAYLOAD_LOWER",
    release_enable=("RELEASE_ENABLE", 1),
    registers="REGISTER_COUNT",
    fixed={
        **_COMMON,
        "QMD_TYPE": "GRID_CTA",
        "RELEASE_STRUCTURE_SIZE": "SEMAPHORE_ONE_WORD",
        "ENABLE_PROGRAM_PRE_EXIT": 1,
    },
)
_V05_00 = replace(
    _V04_00,
    version="V05_00",
    program=Address("PROGRAM_ADDRESS_LOWER_SHIFTED4", "PROGRAM_ADDRESS_UPPER_SHIFTED4", 4),
    shared_size=Scaled("SHARED_MEMORY_SIZE_SHIFTED7", 7),
    local_high=Scaled("SHADER_LOCAL_MEMORY_HIGH_SIZE_SHIFTED4", 4),
)
DIALECTS = {dialect.version: dialect for dialect in (_V02_03, _V03_00, _V04_00, _V05_00)}

SHARED_GRANULARITY_BYTES = 128
REGISTER_GRANULARITY_PER_WARP = 256
MINIMUM_REGISTERS = 16
MINIMUM_BARRIERS = 1
PREFETCH_GRANULARITY_BYTES = 256
PREFETCH_BEYOND_BYTES = 2 * KIB
PREFETCH_MAXIMUM = 0x1FF
THREADS_PER_WARP = 32


@dataclass(frozen=True)
class Launch:
    """One launch, as the QMD must tell it. Addresses are GPU virtual addresses, sizes bytes.

    Attributes:
        grid: in blocks; a multiple of `cluster` in each direction.
        shared_bytes: reserved, static and dynamic shared memory together.
        local_bytes: local memory of one thread, 0 if the kernel uses none.
        barriers: how many barriers the kernel uses (`H100:` a higher number is an illegal parameter of BAR).
        banks: constant bank number -> (gpu_va, size_bytes); bank 0's address is filled in later.
    """

    grid: tuple[int, int, int]
    block: tuple[int, int, int]
    cluster: tuple[int, int, int]
    program_va: int
    code_bytes: int
    registers: int
    shared_bytes: int
    local_bytes: int
    barriers: int
    sass_version: int
    banks: dict[int, tuple[int, int]]


def registers_per_warp(registers: int) -> int:
    """Registers that the SM sets aside for a warp whose threads have `registers` each."""
    return round_up(registers * THREADS_PER_WARP, REGISTER_GRANULARITY_PER_WARP)


def blocks_per_sm(limits: Limits, threads: int, registers: int, shared_bytes: int) -> int:
    """How many blocks an SM holds at once, by warps, registers and shared memory."""
    warps = -(-threads // THREADS_PER_WARP)
    per_warp = registers_per_warp(registers)
    fits = [limits.blocks_per_sm, limits.warps_per_sm // warps, limits.registers_per_sm // (per_warp * warps)]
    if shared_bytes:
        fits.append(limits.shared_configurations[-1] // shared_bytes)
    return max(1, min(fits))


def shared_configuration(limits: Limits, wanted_bytes: int) -> int:
    """The code of the smallest shared-memory configuration that is large enough: KiB / 4 + 1 (`H100:`)."""
    fitting = [size for size in limits.shared_configurations if size >= wanted_bytes]
    return (fitting[0] if fitting else limits.shared_configurations[-1]) // (4 * KIB) + 1


def set_address(qmd: Qmd, where: Address, value: int, index: int = 0) -> None:
    """Store an address in its two fields."""
    shifted = value >> where.shift
    qmd.set(where.lower, shifted & 0xFFFFFFFF, index)
    qmd.set(where.upper, shifted >> 32, index)


def build(version: str, limits: Limits, launch: Launch) -> Qmd:
    """The QMD of one launch, its release enabled but its address and payload left to whoever submits it.

    Args:
        version: e.g. "V04_00", see `barewire.regs.qmd.version_for`.
    """
    dialect = DIALECTS[version]
    qmd = Qmd(tables.load(version))
    major, minor = (int(part) for part in version[1:].split("_"))
    qmd.set(dialect.major_minor[0], major).set(dialect.major_minor[1], minor)
    for name, value in dialect.fixed.items():
        qmd.set(name, value)

    _set_geometry(qmd, dialect, launch)
    _set_program(qmd, dialect, launch)
    _set_memory(qmd, dialect, limits, launch)
    for bank, (gpu_va, size_bytes) in launch.banks.items():
        set_bank(qmd, dialect, bank, gpu_va, size_bytes)
    if "CONSTANT_BUFFER_PREFETCH" in qmd.table.fields:
        # `H100:` saves 0.2 us of a launch: every kernel begins with reading bank 0.
        qmd.set("CONSTANT_BUFFER_PREFETCH", "PREFETCH_PRE", 0)
    qmd.set(*dialect.release_enable)
    return qmd


def _set_geometry(qmd: Qmd, dialect: Dialect, launch: Launch) -> None:
    clustered = launch.cluster != (1, 1, 1)
    for axis, name in enumerate(dialect.grid):
        qmd.set(name, launch.grid[axis] // launch.cluster[axis])
        qmd.set(f"CTA_THREAD_DIMENSION{axis}", launch.block[axis])
    if not clustered:
        return
    qmd.set("QMD_TYPE", "GRID_GPC_CGA").set("CGA_CTA_DISTRIBUTION_MODE", "MULTI_CAST")
    for name, blocks in zip(
        ("GPC_CGA_WIDTH", "GPC_CGA_HEIGHT", "GPC_CGA_DEPTH"), launch.cluster, strict=True
    ):
        qmd.set(name, blocks)


def _set_program(qmd: Qmd, dialect: Dialect, launch: Launch) -> None:
    set_address(qmd, dialect.program, launch.program_va)
    set_address(qmd, dialect.prefetch, launch.program_va)
    prefetched = -(-(launch.code_bytes + PREFETCH_BEYOND_BYTES) // PREFETCH_GRANULARITY_BYTES)
    qmd.set("PROGRAM_PREFETCH_SIZE", min(prefetched, PREFETCH_MAXIMUM))
    qmd.set(dialect.registers, max(MINIMUM_REGISTERS, launch.registers))
    qmd.set("BARRIER_COUNT", max(MINIMUM_BARRIERS, launch.barriers))
    qmd.set("SASS_VERSION", launch.sass_version)


def _set_memory(qmd: Qmd, dialect: Dialect, limits: Limits, launch: Launch) -> None:
    threads = launch.block[0] * launch.block[1] * launch.block[2]
    granules = -(-launch.shared_bytes // SHARED_GRANULARITY_BYTES)
    shared_bytes = granules * SHARED_GRANULARITY_BYTES
    resident = blocks_per_sm(limits, threads, max(MINIMUM_REGISTERS, launch.registers), shared_bytes)
    configuration = shared_configuration(limits, resident * shared_bytes)
    qmd.set(dialect.shared_size.name, shared_bytes >> dialect.shared_size.shift)
    qmd.set("MIN_SM_CONFIG_SHARED_MEM_SIZE", configuration)
    qmd.set("TARGET_SM_CONFIG_SHARED_MEM_SIZE", configuration)
    qmd.set("MAX_SM_CONFIG_SHARED_MEM_SIZE", shared_configuration(limits, limits.shared_configurations[-1]))
    qmd.set(dialect.local_high.name, launch.local_bytes >> dialect.local_high.shift)


def set_bank(qmd: Qmd, dialect: Dialect, bank: int, gpu_va: int, size_bytes: int) -> None:
    """Describe one constant bank; its address is a multiple of 64."""
    qmd.set("CONSTANT_BUFFER_VALID", 1, bank)
    set_address(qmd, dialect.bank, gpu_va, bank)
    qmd.set("CONSTANT_BUFFER_SIZE_SHIFTED4", -(-size_bytes // 16), bank)


# What versions call the QMD to follow: (enable, action, prefetch, pointer).
_CHAINS = (
    ("DEPENDENT_QMD_ENABLE", "DEPENDENT_QMD_ACTION", "DEPENDENT_QMD_PREFETCH", "DEPENDENT_QMD0_POINTER"),
    ("DEPENDENT_QMD0_ENABLE", "DEPENDENT_QMD0_ACTION", "DEPENDENT_QMD0_PREFETCH", "DEPENDENT_QMD0_POINTER"),
)


def can_chain(version: str) -> bool:
    """Whether a QMD of this version can name the one to schedule after it."""
    fields = tables.load(version).fields
    return any(all(name in fields for name in names) for names in _CHAINS)


def set_dependent(qmd: Qmd, next_qmd_va: int) -> None:
    """Let the scheduler start another QMD when this one has completed.

    Raises:
        UnknownName: this version of the QMD cannot.
    """
    for enable, action, prefetch, pointer in _CHAINS:
        if enable in qmd.table.fields:
            qmd.set(enable, 1).set(action, "QMD_SCHEDULE").set(prefetch, 1).set(pointer, next_qmd_va >> 8)
            return
    raise UnknownName(f"QMD {qmd.table.version} cannot name another to follow it")


@dataclass(frozen=True)
class Ending:
    """Where in a QMD stands what happens when it has completed: indices of words, and bits in them."""

    payload_word: int
    release_word: int
    release_bit: int
    chain_word: int
    chain_bits: int
    chain_pointer_word: int


def ending_of(version: str) -> Ending:
    """The places for one version; `chain_bits` is 0 where QMDs cannot be chained."""
    dialect = DIALECTS[version]
    blank = Qmd(tables.load(version))
    payload_word, _ = blank.word_of(dialect.release_payload)
    release_word, release_bit = blank.word_of(dialect.release_enable[0])
    if not can_chain(version):
        return Ending(payload_word, release_word, release_bit, 0, 0, 0)
    set_dependent(blank, 0xFFFFFFFF << 8)
    pointer_word, _ = blank.word_of("DEPENDENT_QMD0_POINTER")
    chain_word = next(index for index, word in enumerate(blank.words) if word and index != pointer_word)
    return Ending(payload_word, release_word, release_bit, chain_word, blank.words[chain_word], pointer_word)
