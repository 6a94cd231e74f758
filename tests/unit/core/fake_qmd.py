"""Launch descriptors as the fake GPU's scheduler reads them: QMD V04_00, by `barewire.compute.qmd_decoder`.

Decoding every field takes most of a millisecond, and most fields never change between launches. What a QMD
says is therefore kept by its words without the few that do change, which are read by their bit positions.
"""

from __future__ import annotations

from operator import itemgetter

from barewire.compute.qmd_decoder import QmdView, decode_qmd
from barewire.errors import BarewireError
from fake_memory import GpuFault

QMD_WORDS = 96
_KINDS = {0: "GRID_NULL", 2: "GRID_CTA", 3: "GRID_GPC_CGA"}
_CHANGING = (
    "DEPENDENT_QMD0_POINTER",
    "DEPENDENT_QMD_ENABLE(0)",
    "RELEASE_ENABLE(0)",
    "RELEASE_SEMAPHORE0_ADDR_LOWER",
    "RELEASE_SEMAPHORE0_ADDR_UPPER",
    "RELEASE_SEMAPHORE0_PAYLOAD_LOWER",
    "CONSTANT_BUFFER_ADDR_LOWER_SHIFTED6(0)",
    "CONSTANT_BUFFER_ADDR_UPPER_SHIFTED6(0)",
)
_REGISTERS_OF_SM = 65536
_SHARED_STEP = 128


class Shape:
    """What of a QMD does not change from launch to launch."""

    def __init__(self, view: QmdView) -> None:
        def number(name: str) -> int:
            return view[name].value

        if view.undefined:
            raise GpuFault(13, f"the QMD has bits that no field has: {view.undefined}")
        if view.version != "V04_00":
            raise GpuFault(13, f"the scheduler of this chip does not take a QMD {view.version}")
        kind = str(view["QMD_TYPE"])
        if kind not in ("GRID_CTA", "GRID_GPC_CGA"):
            raise GpuFault(13, f"a QMD of type {kind} is no grid")
        self.cluster = (1, 1, 1)
        if kind == "GRID_GPC_CGA":
            self.cluster = tuple(number(f"GPC_CGA_{axis}") for axis in ("WIDTH", "HEIGHT", "DEPTH"))
        clusters = tuple(number(f"GRID_{axis}") for axis in ("WIDTH", "HEIGHT", "DEPTH"))
        self.grid = tuple(count * size for count, size in zip(clusters, self.cluster, strict=True))
        self.block = tuple(number(f"CTA_THREAD_DIMENSION{axis}") for axis in range(3))
        self.program_va = number("PROGRAM_ADDRESS_UPPER") << 32 | number("PROGRAM_ADDRESS_LOWER")
        self.registers = number("REGISTER_COUNT")
        self.shared_bytes = number("SHARED_MEMORY_SIZE")
        self.local_bytes = number("SHADER_LOCAL_MEMORY_HIGH_SIZE")
        self.bank0_bytes = number("CONSTANT_BUFFER_SIZE_SHIFTED4(0)") * 16
        self.one_word_release = str(view["RELEASE_STRUCTURE_SIZE(0)"]) == "SEMAPHORE_ONE_WORD"
        self.dependent_action = str(view["DEPENDENT_QMD_ACTION(0)"])
        self.prefetches = bool(number("DEPENDENT_QMD_PREFETCH(0)"))
        self.banks = []
        for bank in range(1, 8):
            if number(f"CONSTANT_BUFFER_VALID({bank})"):
                upper = number(f"CONSTANT_BUFFER_ADDR_UPPER_SHIFTED6({bank})")
                lower = number(f"CONSTANT_BUFFER_ADDR_LOWER_SHIFTED6({bank})")
                size = number(f"CONSTANT_BUFFER_SIZE_SHIFTED4({bank})") * 16
                self.banks.append(((upper << 32 | lower) << 6, size))
        self._check(view, number)

    def _check(self, view: QmdView, number) -> None:
        threads = self.block[0] * self.block[1] * self.block[2]
        if not all(self.grid) or not threads or threads > 1024:
            raise GpuFault(13, f"no grid of {self.grid} blocks of {self.block} threads can run")
        warps = -(-threads // 32)
        if warps * -(-self.registers * 32 // 256) * 256 > _REGISTERS_OF_SM:
            raise GpuFault(13, f"{self.registers} registers a thread do not fit")
        if self.shared_bytes % _SHARED_STEP or self.shared_bytes < 1024:
            raise GpuFault(13, f"{self.shared_bytes} is no size of shared memory")
        sizes = [number(f"{name}_SM_CONFIG_SHARED_MEM_SIZE") for name in ("MIN", "TARGET", "MAX")]
        if sizes != sorted(sizes) or (sizes[1] - 1) * 4096 < self.shared_bytes:
            raise GpuFault(
                13, f"shared memory of {self.shared_bytes} bytes does not fit configurations {sizes}"
            )
        if not number("CONSTANT_BUFFER_VALID(0)") or not number("SASS_VERSION") == 0x90:
            raise GpuFault(13, "no bank 0, or code of another chip")
        if not number("INVALIDATE_SHADER_CONSTANT_CACHE") or not number("INVALIDATE_SHADER_DATA_CACHE"):
            raise GpuFault(13, "a kernel would see old constants or old data")


class Qmd:
    """One QMD."""

    def __init__(self, words: tuple[int, ...], shape: Shape, bits: dict[str, tuple[int, int]]) -> None:
        def number(name: str) -> int:
            low, high = bits[name]
            return words[low >> 5] >> (low & 31) & ((1 << (high - low + 1)) - 1)

        self.words = words
        self.shape = shape
        self.releases = bool(number("RELEASE_ENABLE(0)"))
        upper, lower = number("RELEASE_SEMAPHORE0_ADDR_UPPER"), number("RELEASE_SEMAPHORE0_ADDR_LOWER")
        self.release_va = upper << 32 | lower
        self.payload = number("RELEASE_SEMAPHORE0_PAYLOAD_LOWER")
        upper = number("CONSTANT_BUFFER_ADDR_UPPER_SHIFTED6(0)")
        self.bank0_va = (upper << 32 | number("CONSTANT_BUFFER_ADDR_LOWER_SHIFTED6(0)")) << 6
        self.next_va = number("DEPENDENT_QMD0_POINTER") << 8 if number("DEPENDENT_QMD_ENABLE(0)") else None


class QmdReader:
    """Reads QMDs; one for each fake GPU."""

    def __init__(self) -> None:
        blank = [0] * QMD_WORDS
        blank[576 // 32] = 4 << (580 - 576)  # QMD_MAJOR_VERSION 4 (583:580), minor 0
        view = decode_qmd(blank, "V04_00")
        self._bits = {name: view.bits_of(name) for name in _CHANGING}
        changing = {low >> 5 for low, _ in self._bits.values()}
        self._changing = changing
        self._key = itemgetter(*(index for index in range(QMD_WORDS) if index not in changing))
        self._mixed = itemgetter(*sorted(changing))
        self._shapes: dict[tuple[int, ...], Shape] = {}
        self._masks = self._rest_masks()

    def _rest_masks(self) -> tuple[int, ...]:
        """For each word that changes, the bits in it that do not belong to a changing field."""
        masks = dict.fromkeys(sorted(self._changing), 0xFFFFFFFF)
        for low, high in self._bits.values():
            masks[low >> 5] &= ~(((1 << (high - low + 1)) - 1) << (low & 31))
        return tuple(masks.values())

    def read(self, words: tuple[int, ...]) -> Qmd:
        """What the words say.

        Raises:
            GpuFault: the scheduler would refuse them.
        """
        rest = tuple(word & mask for word, mask in zip(self._mixed(words), self._masks, strict=True))
        key = self._key(words) + rest
        shape = self._shapes.get(key)
        if shape is None:
            try:
                shape = Shape(decode_qmd(words))
            except BarewireError as error:
                raise GpuFault(13, f"not a QMD: {error}") from error
            self._shapes[key] = shape
        return Qmd(words, shape, self._bits)
