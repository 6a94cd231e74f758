"""What loading a cubin gives: one relocatable blob of bytes, and a description of each kernel in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from barewire.compute.nvinfo import Param
from barewire.compute.relocation import Patch
from barewire.errors import UsageError

ADDRESS_LIMIT = 1 << 57  # what a CALL.ABS of sm_90 can reach; sm_80's reaches 2**49, beyond its address space


class ConstantBank(NamedTuple):
    """Bytes of the image that a kernel sees as c[bank]; zeros follow up to the next multiple of 256."""

    offset: int
    size_bytes: int


class Variable(NamedTuple):
    """A `__device__` or `__constant__` variable; `offset` is that in the image."""

    name: str
    offset: int
    size_bytes: int


@dataclass(frozen=True)
class KernelInfo:
    """What a launch of one kernel needs to know.

    Attributes:
        name: the symbol's name.
        code_offset, code_size_bytes: where its code stands in the image; the entry point is its first
            instruction.
        registers: per thread, those of every function that it calls included.
        shared_static_bytes: its shared memory as the hardware needs it: from sm_90 on with the reserved bytes
            (the compiler's section counts them; where it left the section out, they are added here), before
            without.
        reserved_shared_bytes: how much of `shared_static_bytes` is reserved: 1024 from sm_90 on, else 0.
        local_bytes: local memory to give a thread, a multiple of 16: the frames of the whole call chain, at
            least 1024 where the chain has no bound.
        min_stack: the call chain's stack as the compiler states it, in bytes.
        stack_is_bounded: False with recursion, alloca or a call by a register (a virtual function's);
            `min_stack` is then a guess, and `local_bytes` too.
        barriers: named barriers used (the highest number + 1).
        max_threads: of a block, by the kernel's launch bounds; None without.
        required_block: the block that the kernel was compiled for, or None.
        cluster_dims: the cluster that it was compiled for, or None.
        max_cluster_rank: the most blocks of a cluster by its launch bounds, or None.
        cooperative: it synchronises the whole grid.
        param_base, param_bytes: its parameter area in c[0].
        params: its parameters in order.
        constant_banks: bank number to bytes of the image; c[0] is not among them.
        unsupported: what it needs and barewire does not offer; empty when it can be launched.
        functions: (offset, name) of the functions in its code, in order.
    """

    name: str
    code_offset: int
    code_size_bytes: int
    registers: int
    shared_static_bytes: int
    reserved_shared_bytes: int
    local_bytes: int
    min_stack: int
    stack_is_bounded: bool
    barriers: int
    max_threads: int | None
    required_block: tuple[int, int, int] | None
    cluster_dims: tuple[int, int, int] | None
    max_cluster_rank: int | None
    cooperative: bool
    param_base: int
    param_bytes: int
    params: tuple[Param, ...]
    constant_banks: dict[int, ConstantBank]
    unsupported: tuple[str, ...]
    functions: tuple[tuple[int, str], ...] = field(default=(), repr=False)

    def symbol_at(self, offset: int) -> str | None:
        """The place `offset` bytes into this kernel's code, as "kernel+0x40" or "kernel:function+0x10"."""
        if not 0 <= offset < self.code_size_bytes:
            return None
        before = [item for item in self.functions if item[0] <= offset]
        start, function = before[-1] if before else (0, self.name)
        if function == self.name:
            return f"{self.name}+{offset:#x}"
        return f"{self.name}:{function.removeprefix(f'${self.name}$')}+{offset - start:#x}"


class Piece(NamedTuple):
    """Bytes of a section, and their place in the blob."""

    offset: int
    data: memoryview


class CodeRange(NamedTuple):
    """A section of code in the blob; a kernel's name or that of a function that kernels call."""

    offset: int
    size_bytes: int
    name: str


class CubinImage:
    """A loaded image.

    Attributes:
        sm_version: what the code was compiled for (at most the chip's).
        kernels: by name.
        globals: `__device__` and `__constant__` variables by name.
        constant_banks: the banks that every kernel sees (c[3] `__constant__` variables, c[4] addresses).
        size_bytes: of the whole blob, zero-initialised variables included.
        alignment: of the address that it is loaded to, in bytes.
    """

    def __init__(
        self,
        sm_version: int,
        kernels: dict[str, KernelInfo],
        variables: dict[str, Variable],
        constant_banks: dict[int, ConstantBank],
        size_bytes: int,
        alignment: int,
        pieces: tuple[Piece, ...],
        code: tuple[CodeRange, ...],
        patches: tuple[Patch, ...],
    ) -> None:
        self.sm_version = sm_version
        self.kernels = kernels
        self.globals = variables
        self.constant_banks = constant_banks
        self.size_bytes = size_bytes
        self.alignment = alignment
        self._pieces = pieces
        self._code = code
        self._patches = patches

    def relocated(self, base_gpu_va: int) -> bytearray:
        """The bytes to copy to `base_gpu_va`, every address in them filled in.

        Raises:
            UsageError: the address is not aligned, or beyond what the code can hold.
        """
        if base_gpu_va % self.alignment or not 0 <= base_gpu_va <= ADDRESS_LIMIT - self.size_bytes:
            raise UsageError(
                "an image cannot be loaded to that address", base_gpu_va=base_gpu_va, alignment=self.alignment
            )
        blob = bytearray(self.size_bytes)
        for piece in self._pieces:
            blob[piece.offset : piece.offset + len(piece.data)] = piece.data
        for patch in self._patches:
            patch.apply(blob, base_gpu_va)
        return blob

    def symbol_at(self, offset: int) -> str | None:
        """The code at `offset` of the image, as "kernel+0x40"; None where there is no code."""
        for code in self._code:
            inside = offset - code.offset
            if 0 <= inside < code.size_bytes:
                kernel = self.kernels.get(code.name)
                return kernel.symbol_at(inside) if kernel else f"{code.name}+{inside:#x}"
        return None
