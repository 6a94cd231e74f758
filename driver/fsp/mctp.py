"""The headers of messages to and from FSP: MCTP's transport header, then NVIDIA's message header (NVDM).

A message fits into one packet. Facts: OGKM:src/nvidia/arch/nvalloc/common/inc/fsp/fsp_mctp_format.h,
fsp_nvdm_format.h; nouveau:nvkm/subdev/fsp/gh100.c.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from barewire.errors import BootError

MCTP_START, MCTP_END = 1 << 31, 1 << 30
_MCTP_VENDOR_DEFINED = 0x7E
_PCI_VENDOR_NVIDIA = 0x10DE
HEADER = struct.Struct("<II")

NVDM_CHAIN_OF_TRUST = 0x14
NVDM_RESPONSE = 0x15


class Response(NamedTuple):
    """What FSP answers to a command.

    Attributes:
        task: of FSP that answers.
        command: the NVDM type of the command it answers.
        error: 0, or FSP's code.
    """

    task: int
    command: int
    error: int


_RESPONSE = struct.Struct("<III")


def nvdm_header(kind: int) -> int:
    """The message header of an NVDM type."""
    return kind << 24 | _PCI_VENDOR_NVIDIA << 8 | _MCTP_VENDOR_DEFINED


def message(kind: int, payload: bytes) -> bytes:
    """A whole message: both headers, the payload, zeros up to a multiple of 4 bytes."""
    whole = HEADER.pack(MCTP_START | MCTP_END, nvdm_header(kind)) + payload
    return whole + bytes(-len(whole) % 4)


def parse_response(words: bytes) -> Response:
    """What a message from FSP says.

    Raises:
        BootError: it is not a response to a command, or not in one packet.
    """
    if len(words) < HEADER.size + _RESPONSE.size:
        raise BootError(
            "FSP's message is too short to be a response",
            size_bytes=len(words),
            expected=HEADER.size + _RESPONSE.size,
        )
    transport, kind = HEADER.unpack_from(words)
    whole = MCTP_START | MCTP_END
    if transport & whole != whole:
        raise BootError(
            "FSP's message is not whole: its transport header says that it is one packet of several",
            value=transport,
            expected=f"{whole:#x}",
        )
    if kind != nvdm_header(NVDM_RESPONSE):
        raise BootError(
            "FSP sent a message that is not a response to a command",
            value=kind,
            expected=f"{nvdm_header(NVDM_RESPONSE):#x}",
        )
    return Response(*_RESPONSE.unpack_from(words, HEADER.size))
