"""Addresses in code and data: which bits of a 16-byte instruction, or of data, each relocation type fills in.

Facts: numbers and names as `cuobjdump -elf` 13.5 prints them; the bits by setting each of them in an
instruction and reading `nvdisasm`'s text (the witness test does it again). Only types that nvcc 12.4 or 13.0
was seen to leave in a linked cubin of sm_80 to sm_120 are here; any other is refused by number.
"""

from __future__ import annotations

from typing import NamedTuple


class Slice(NamedTuple):
    """`width` bits of the address from bit `source` on go to bit `target`."""

    source: int
    width: int
    target: int


class RelocationType(NamedTuple):
    """A relocation type: its name, the bytes that it touches, and the bits within them."""

    name: str
    size_bytes: int
    slices: tuple[Slice, ...]

    def read(self, data: bytes | memoryview) -> int:
        """The value that stands in `data` now."""
        word = int.from_bytes(data[: self.size_bytes], "little")
        value = 0
        for piece in self.slices:
            value |= (word >> piece.target & (1 << piece.width) - 1) << piece.source
        return value

    def write(self, blob: bytearray, offset: int, value: int) -> None:
        """Put `value` into the bytes at `offset`; the other bits stay."""
        end = offset + self.size_bytes
        word = int.from_bytes(blob[offset:end], "little")
        for piece in self.slices:
            mask = (1 << piece.width) - 1
            word = word & ~(mask << piece.target) | (value >> piece.source & mask) << piece.target
        blob[offset:end] = word.to_bytes(self.size_bytes, "little")


def _bytes_of_address(prefix: str, first: int) -> dict[int, RelocationType]:
    """Eight types for an address that is not aligned: one for each of its bytes."""
    return {first + i: RelocationType(f"{prefix}_{8 * i}", 1, (Slice(8 * i, 8, 0),)) for i in range(8)}


TYPES: dict[int, RelocationType] = {
    2: RelocationType("R_CUDA_64", 8, (Slice(0, 64, 0),)),
    4: RelocationType(
        "R_CUDA_G64", 8, (Slice(0, 64, 0),)
    ),  # generic address: the same, as there are no windows here
    56: RelocationType("R_CUDA_ABS32_LO_32", 16, (Slice(0, 32, 32),)),
    57: RelocationType("R_CUDA_ABS32_HI_32", 16, (Slice(32, 32, 32),)),
    58: RelocationType("R_CUDA_ABS47_34", 16, (Slice(2, 47, 34),)),
    75: RelocationType("R_CUDA_ABS55_16_34", 16, (Slice(2, 8, 16), Slice(10, 47, 34))),
    **_bytes_of_address("R_CUDA_8", 76),
    **_bytes_of_address("R_CUDA_G8", 84),
}


# What code is refused for by name; others by number.
NOT_OFFERED = {
    6: "texture headers (R_CUDA_TEX_HEADER_INDEX)",
    35: "dynamic parallelism (R_CUDA_FUNC_DESC_64)",
    52: "surface headers (R_CUDA_SURF_HEADER_INDEX)",
    62: "dynamic parallelism (R_CUDA_FUNC_DESC32_LO_32)",
    63: "dynamic parallelism (R_CUDA_FUNC_DESC32_HI_32)",
}


def need_of(number: int) -> str:
    """What code or data needs that has a relocation of a type which is not in `TYPES`, in words."""
    return NOT_OFFERED.get(number, f"relocations of type {number}")


class Patch(NamedTuple):
    """One relocation, resolved to a place in the image. `relative`: the image's address is added."""

    offset: int
    type: RelocationType
    value: int
    relative: bool

    def apply(self, blob: bytearray, base_gpu_va: int) -> None:
        address = self.value + (base_gpu_va if self.relative else 0)
        self.type.write(blob, self.offset, address & (1 << 64) - 1)
