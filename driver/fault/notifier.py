"""The error notifier: 48 bytes of memory in which the driver says why a channel ended.

Three NvNotification records of 16 bytes, little-endian: u64 time in nanoseconds, u32 info32, u16 info16,
u16 status. Record 0 is the error (info32 = Xid, info16 = NV2080 engine type, status 0xffff when it has been
written), record 1 the work-submit token (written when it is asked for), record 2 key rotation. The writer
fills a record in the order time, info32, info16, status, so that a reader who sees the status may trust the
rest.

Facts: OGKM:src/common/sdk/nvidia/inc/nvgputypes.h (NvNotification), OGKM:src/common/sdk/nvidia/inc/nvos.h
(NV_CHANNELGPFIFO_NOTIFICATION_TYPE), OGKM:src/nvidia/src/kernel/gpu/rc/kernel_rc_notification.c (what is
written), OGKM:src/common/sdk/nvidia/inc/class/cl2080_notification.h (engine types).
H100: a pushbuffer that faults leaves info32 = 31 and status 0xffff (580.159.04).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from barewire.errors import FormatError

RECORD_BYTES = 16
NOTIFIER_BYTES = 3 * RECORD_BYTES
ERROR, WORK_SUBMIT_TOKEN, KEY_ROTATION = range(3)

STATUS_OFFSET = 14
STATUS_ERROR = 0xFFFF
STATUS_IN_PROGRESS = 0x8000

_RECORD = struct.Struct("<QIHH")
_STATUS = struct.Struct("<H")

Memory = bytes | bytearray | memoryview


@dataclass(frozen=True)
class Notification:
    """One record.

    Attributes:
        time_ns: GPU time in nanoseconds when it was written, 0 if never.
        info32: record 0: the Xid. Record 1: the work-submit token.
        info16: record 0: the NV2080 engine type.
        status: 0xffff when an error was written; 0 or 0x8000 before.
    """

    time_ns: int
    info32: int
    info16: int
    status: int

    @property
    def is_error(self) -> bool:
        """True when the driver has written an error here."""
        return self.status == STATUS_ERROR

    @property
    def engine(self) -> str:
        """The engine's name by NV2080_ENGINE_TYPE, as `COPY2`; an unknown type prints as a number."""
        return engine_name(self.info16)


def parse(memory: Memory, index: int = ERROR, offset: int = 0) -> Notification:
    """Decode record `index` of a notifier that starts `offset` bytes into `memory`.

    Raises:
        FormatError: the memory ends before the record does.
    """
    start = offset + index * RECORD_BYTES
    if start < 0 or len(memory) < start + RECORD_BYTES:
        raise FormatError(
            "an error notifier ends before its record does",
            size_bytes=len(memory),
            expected_bytes=start + RECORD_BYTES,
        )
    time_ns, info32, info16, status = _RECORD.unpack_from(memory, start)
    return Notification(time_ns=time_ns, info32=info32, info16=info16, status=status)


def error_in(memory: Memory, offset: int = 0) -> Notification | None:
    """The error that a notifier holds, or None while the channel lives. Cheap enough to call while waiting.

    The status is read before the rest: it is written last.

    Raises:
        FormatError: the memory ends before the record does.
    """
    if offset >= 0 and len(memory) >= offset + RECORD_BYTES:
        (status,) = _STATUS.unpack_from(memory, offset + STATUS_OFFSET)
        if status != STATUS_ERROR:
            return None
    return parse(memory, ERROR, offset)


# First NV2080_ENGINE_TYPE of each run of engines that are numbered from 0, and how many there are.
_ENGINE_RUNS = (
    ("GR", 0x01, 8),
    ("COPY", 0x09, 10),
    ("NVDEC", 0x13, 8),
    ("NVENC", 0x1B, 3),
    ("NVJPEG", 0x2B, 8),
    ("OFA", 0x33, 1),
)
_ENGINE_NAMES = {
    0x00: "none",
    0x1E: "VP",
    0x1F: "ME",
    0x20: "PPP",
    0x21: "MPEG",
    0x22: "SW",
    0x23: "TSEC",
    0x24: "VIC",
    0x25: "MP",
    0x26: "SEC2",
    0x27: "HOST",
    0x28: "DPU",
    0x29: "PMU",
    0x2A: "FBFLCN",
    0x3E: "OFA1",
    0x3F: "NVENC3",
    **{first + index: f"{unit}{index}" for unit, first, count in _ENGINE_RUNS for index in range(count)},
    **{0x34 + index: f"COPY{10 + index}" for index in range(10)},
    **{0x40 + index: f"COMP_DECOMP_COPY{index}" for index in range(20)},
}


def engine_name(engine_type: int) -> str:
    """The name of an NV2080 engine type; an unknown one prints as a number."""
    return _ENGINE_NAMES.get(engine_type, f"{engine_type:#x}")


def is_copy_engine(engine_type: int) -> bool:
    """True for the copy engines, COPY0 to COPY19."""
    return engine_name(engine_type).startswith("COPY")
