"""`.nv.info`: the attributes that NVIDIA's assembler attaches to an image and to each of its kernels.

A section is a row of records: one byte of format, one of attribute, then a byte, a 16-bit value, or a 16-bit
size and as many bytes. Most attributes are for debuggers; the ones that a launch needs have accessors here.

Facts: attribute names and numbers as `cuobjdump -elf` 13.5 prints them for nvcc 12.4 and 13.0 cubins of sm_80
to sm_120 (tests/unit/compute/test_cubin_witness.py compares them again); the layouts of KPARAM_INFO and
PARAM_CBANK from the same output beside the bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from barewire.errors import BadCubin

FORMAT_NONE = 1
FORMAT_BYTE = 2
FORMAT_HALF = 3
FORMAT_SIZED = 4


class Eiattr(IntEnum):
    """The attributes that are read here."""

    MAX_THREADS = 0x05
    PARAM_CBANK = 0x0A
    EXTERNS = 0x0F
    REQNTID = 0x10
    FRAME_SIZE = 0x11
    MIN_STACK_SIZE = 0x12
    KPARAM_INFO = 0x17
    CRS_STACK_SIZE = 0x1E
    NEED_CNP_WRAPPER = 0x1F
    NEED_CNP_PATCH = 0x20
    REGCOUNT = 0x2F
    CTA_PER_CLUSTER = 0x3D
    MAX_CLUSTER_RANK = 0x3F
    KPARAM_INFO_V2 = 0x45
    NUM_BARRIERS = 0x4C


PARAMS = (Eiattr.KPARAM_INFO, Eiattr.KPARAM_INFO_V2)
DYNAMIC_PARALLELISM = (Eiattr.NEED_CNP_WRAPPER, Eiattr.NEED_CNP_PATCH)


class Attribute(NamedTuple):
    """One record: a byte or 16-bit `value`, or the `payload` of a sized one."""

    number: int
    value: int
    payload: bytes

    @property
    def name(self) -> str:
        try:
            return Eiattr(self.number).name
        except ValueError:
            return f"attribute {self.number:#x}"

    def words(self, count: int | None = None) -> tuple[int, ...]:
        """The payload as 32-bit words.

        Args:
            count: how many there must be; None takes what is there.

        Raises:
            BadCubin: the payload is not that many whole words.
        """
        found, rest = divmod(len(self.payload), 4)
        if rest or (count is not None and found != count):
            raise BadCubin(
                f"{self.name} in .nv.info has an unexpected size",
                found=len(self.payload),
                expected="whole words" if count is None else 4 * count,
            )
        return struct.unpack(f"<{found}I", self.payload)


class Param(NamedTuple):
    """One kernel parameter; `offset` is from the start of the parameter area."""

    ordinal: int
    offset: int
    size_bytes: int


def parse(data: memoryview, section: str) -> Iterator[Attribute]:
    """The records of one `.nv.info` section.

    Raises:
        BadCubin: a record is cut off, or has a format that does not exist.
    """
    position, end = 0, len(data)
    while position < end:
        if position + 4 > end:
            raise BadCubin(f"a record of {section} is cut off", record_offset=position, size_bytes=end)
        kind, number = data[position], data[position + 1]
        value = data[position + 2] | data[position + 3] << 8
        position += 4
        if kind == FORMAT_SIZED:
            if position + value > end:
                raise BadCubin(
                    f"a record of {section} is cut off", record_offset=position - 4, record_bytes=value
                )
            yield Attribute(number, 0, bytes(data[position : position + value]))
            position += value
        elif kind in (FORMAT_NONE, FORMAT_BYTE, FORMAT_HALF):
            yield Attribute(number, value & 0xFF if kind == FORMAT_BYTE else value, b"")
        else:
            raise BadCubin(
                f"a record of {section} has an unknown format", record_offset=position - 4, found=kind
            )


def param(attribute: Attribute) -> Param:
    """A KPARAM_INFO record: index u32, ordinal u16, offset u16, a word with the size.

    The size is the word's top 14 bits, or in version 2 (argument lists above 4 KiB) its low 16 bits.
    """
    _, place, shape = attribute.words(3)
    size = shape & 0xFFFF if attribute.number == Eiattr.KPARAM_INFO_V2 else shape >> 18
    return Param(ordinal=place & 0xFFFF, offset=place >> 16, size_bytes=size)
