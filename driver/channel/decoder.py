"""Reads pushbuffers and GPFIFO entries back: what did a channel ask its GPU to do?

Written apart from the builder, from the specification, so that one misreading does not hide in both: only the
tables of `barewire.regs` are shared. `decode_pushbuffer` takes words apart into single method writes;
`summarize` puts those together again into what they do (an inline load, a copy, a semaphore release).

Facts: open-gpu-doc:manuals/ampere/ga100/dev_ram.ref.txt, "Host Pushbuffer Format (FIFO_DMA)", and
dev_pbdma.ref.txt, "GP-Entry Memory Format" and "HOST METHODS (NV_UDMA)";
OGKM:src/common/sdk/nvidia/inc/class/clc86f.h (the extended base of GPFIFO entries).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from barewire.errors import BadPushbuffer, UnknownClass
from barewire.regs import classes as class_tables

if TYPE_CHECKING:
    import numpy as np
    from barewire.regs.bits import FieldValue
    from barewire.regs.classes import ClassTable, Method

HOST_CLASS = 0xC86F
HOST_METHODS_END = 0x100  # dev_pbdma: methods below belong to Host, whatever the subchannel
LAST_METHOD = 0x3FFC  # 12 bits of word address
COMPUTE_SUBCHANNEL = 1  # dev_ram: SetObject associates 0..3 with 3D, compute, I2M, 2D; 4 is the copy engine's
COPY_SUBCHANNEL = 4

# SEC_OP (31:29) of the headers that methods follow.
_METHOD_HEADERS = {1: "incrementing", 3: "non-incrementing", 5: "once"}
_IMMEDIATE, _END_SEGMENT = 4, 7
# Bits 31:16 of the control entries that SEC_OP 0 stands for.
_SUBDEVICE_MASKS = {1: "set-subdevice-mask", 2: "store-subdevice-mask", 3: "use-subdevice-mask"}

# Compute class -> the classes of the same chips (OGKM:src/common/sdk/nvidia/inc/class).
_COPY_CLASS = {
    0xC5C0: 0xC5B5,
    0xC6C0: 0xC6B5,
    0xC7C0: 0xC7B5,
    0xC9C0: 0xC7B5,
    0xCBC0: 0xC8B5,
    0xCDC0: 0xC9B5,
    0xCEC0: 0xCAB5,
}
_HOST_CLASS = {
    0xC5C0: 0xC46F,
    0xC6C0: 0xC56F,
    0xC7C0: 0xC56F,
    0xC9C0: 0xC56F,
    0xCBC0: 0xC86F,
    0xCDC0: 0xC96F,
    0xCEC0: 0xCA6F,
}

Words = Sequence[int | None]


def default_classes(compute_class: int = 0xCBC0) -> dict[int, int]:
    """Subchannel -> class as drivers bind them on a chip with this compute class."""
    bound = {COMPUTE_SUBCHANNEL: compute_class}
    if compute_class in _COPY_CLASS:
        bound[COPY_SUBCHANNEL] = _COPY_CLASS[compute_class]
    return bound


def host_class_for(compute_class: int) -> int:
    """The channel class of a chip with this compute class."""
    return _HOST_CLASS.get(compute_class, HOST_CLASS)


@dataclass(frozen=True)
class Operation:
    """One method write, or one control entry, of a pushbuffer.

    Attributes:
        index: of the word that holds the value: the header itself for immediates and control entries.
        kind: "incrementing", "non-incrementing", "once", "immediate", "nop", "end", "set-subdevice-mask",
            "store-subdevice-mask" or "use-subdevice-mask".
        subchannel: None for control entries.
        method_offset: in bytes; None for control entries.
        method: the table's entry, None where no table has one.
        element: index in an array of methods, 0 for a scalar.
        name: "NVCBC0_SEND_PCAS_A", with "(3)" for an element of an array; "unknown" where `method` is None;
            the kind for control entries.
        value: the word written, or the mask; None where a recording does not hold it. Of "end": how many
            words behind it are ignored.
        engine: kind of the class: "host", "compute", "copy", "inline"; None where no class is known.
        class_id: None where none is known.
        gpu_va: of the word, where the caller told where the words were.
    """

    index: int
    kind: str
    subchannel: int | None
    method_offset: int | None
    method: Method | None
    element: int
    name: str
    value: int | None
    engine: str | None = None
    class_id: int | None = None
    gpu_va: int | None = None

    @property
    def fields(self) -> dict[str, FieldValue]:
        """The value's fields, by NVIDIA's names; empty where the method or the value is not known."""
        if self.method is None or self.value is None:
            return {}
        return self.method.decode(self.value)

    @property
    def is_method(self) -> bool:
        """Whether this writes a method, known or not."""
        return self.method_offset is not None

    @property
    def is_unknown(self) -> bool:
        """Whether this writes a method that no table has."""
        return self.is_method and self.method is None

    def __str__(self) -> str:
        where = f"{self.index:5d}" if self.gpu_va is None else f"{self.gpu_va:#014x}"
        if not self.is_method:
            return f"{where}  {self.name}" + ("" if self.value is None else f" {self.value:#x}")
        line = f"{where}  {self.subchannel}:{self.method_offset:04x} {self.name} = {_word(self.value)}"
        shown = [
            f"{name}={field}"
            for name, field in self.fields.items()
            if field.value != self.value and (field.value or name.endswith("OPERATION"))
        ]
        return "  ".join([line, *shown])

    def to_dict(self) -> dict[str, Any]:
        """Plain data; fields as {name: {"value": number, "name": NVIDIA's name or None}}."""
        return {
            "index": self.index,
            "gpu_va": self.gpu_va,
            "kind": self.kind,
            "subchannel": self.subchannel,
            "class_id": self.class_id,
            "method_offset": self.method_offset,
            "name": self.name,
            "value": self.value,
            "fields": {name: {"value": value, "name": known} for name, (value, known) in self.fields.items()},
        }


def words_of(data: bytes | bytearray | memoryview) -> list[int]:
    """Little-endian words of a file.

    Raises:
        BadPushbuffer: the size is not a multiple of four bytes.
    """
    raw = bytes(data)
    if len(raw) % 4:
        raise BadPushbuffer("a pushbuffer is whole 32-bit words", size_bytes=len(raw))
    return [int.from_bytes(raw[at : at + 4], "little") for at in range(0, len(raw), 4)]


def decode_pushbuffer(
    words: Words,
    classes: Mapping[int, int] | None = None,
    host_class: int = HOST_CLASS,
    gpu_va: int | None = None,
) -> list[Operation]:
    """Every method write and control entry of a pushbuffer, in order.

    Args:
        words: 32-bit words; None stands for one that a recording does not hold.
        classes: subchannel -> class id at the start; SET_OBJECT changes it on the way. Default: Hopper's
            compute class on 1 and its copy class on 4.
        host_class: the channel's class, whose methods (below 0x100) every subchannel has.
        gpu_va: where the first word stands.

    Raises:
        BadPushbuffer: a header that does not parse, or data that ends before its header's count; `index` says
            which word. `iterate_pushbuffer` gives what stands before it.
    """
    return list(iterate_pushbuffer(words, classes, host_class, gpu_va))


def iterate_pushbuffer(
    words: Words,
    classes: Mapping[int, int] | None = None,
    host_class: int = HOST_CLASS,
    gpu_va: int | None = None,
) -> Iterator[Operation]:
    """Like `decode_pushbuffer`, one operation at a time: a reader keeps what stands before an error."""
    reader = _Reader(words, default_classes() if classes is None else classes, host_class, gpu_va)
    return reader.operations()


class _Reader:
    """Walks words from header to header. Each step consumes at least one word."""

    def __init__(self, words: Words, bound: Mapping[int, int], host_class: int, gpu_va: int | None) -> None:
        self.words = words
        self.bound = dict(bound)
        self.host = _table(host_class)
        self.gpu_va = gpu_va

    def operations(self) -> Iterator[Operation]:
        at = 0
        while at < len(self.words):
            header = self.word(at)
            if header is None:
                raise BadPushbuffer("a header is not in the recording: the rest cannot be read", index=at)
            kind = header >> 29
            if kind in _METHOD_HEADERS:
                yield from self.method_run(at, header, _METHOD_HEADERS[kind])
                at += 1 + (header >> 16 & 0x1FFF)
            elif kind == _IMMEDIATE:
                _check_reserved(at, header)
                offset, value = (header & 0xFFF) << 2, header >> 16 & 0x1FFF
                yield self.write(at, "immediate", header >> 13 & 7, offset, value)
                at += 1
            elif kind == _END_SEGMENT:
                yield self.control(at, "end", len(self.words) - at - 1)
                return
            else:
                yield self.control_entry(at, header)
                at += 1

    def method_run(self, at: int, header: int, kind: str) -> Iterator[Operation]:
        """The writes of one header and the data words behind it."""
        count = header >> 16 & 0x1FFF
        if count == 0:  # dev_ram: the other fields are ignored
            yield self.control(at, "nop", None)
            return
        _check_reserved(at, header)
        subchannel, first = header >> 13 & 7, (header & 0xFFF) << 2
        steps = {"incrementing": count - 1, "once": min(count - 1, 1), "non-incrementing": 0}[kind]
        if first + 4 * steps > LAST_METHOD:
            raise BadPushbuffer("method addresses run past the last one", index=at, word=header, count=count)
        left = len(self.words) - at - 1
        if count > left:
            why = "the pushbuffer ends before its last method's data"
            raise BadPushbuffer(why, index=at, word=header, expected=count, found=left)
        for step in range(count):
            index = at + 1 + step
            yield self.write(index, kind, subchannel, first + 4 * min(step, steps), self.word(index))

    def control_entry(self, at: int, header: int) -> Operation:
        """SEC_OP 0, 2 or 6: no-operation, sub-device masks, or what no current Host accepts."""
        if header == 0:
            return self.control(at, "nop", None)
        if header >> 29 == 0:
            kind = _SUBDEVICE_MASKS.get(header >> 16)
            if kind is not None:
                return self.control(at, kind, None if kind == "use-subdevice-mask" else header >> 4 & 0xFFF)
        if header >> 29 == 6:
            why = "a reserved operation"
        elif header >> 29 == 2 or header & 0x30000 == 0:
            why = "a method header in a form that no chip since Kepler takes"
        else:
            why = "a malformed sub-device mask"
        raise BadPushbuffer(f"not a pushbuffer entry: {why}", index=at, word=header)

    def control(self, at: int, kind: str, value: int | None) -> Operation:
        return Operation(at, kind, None, None, None, 0, kind, value, gpu_va=self.address(at))

    def write(self, at: int, kind: str, subchannel: int, offset: int, value: int | None) -> Operation:
        table = self.host if offset < HOST_METHODS_END else self.table_of(subchannel)
        found = table.at(offset) if table is not None else None
        method, element = found if found is not None else (None, 0)
        if method is None:
            name = "unknown"
        else:
            name = f"{method.full_name}({element})" if method.stride else method.full_name
        if offset == 0 and value is not None:
            self.bound[subchannel] = value & 0xFFFF
        return Operation(
            at,
            kind,
            subchannel,
            offset,
            method,
            element,
            name,
            value,
            table.kind if table is not None else None,
            table.class_id if table is not None else self.bound.get(subchannel),
            self.address(at),
        )

    def table_of(self, subchannel: int) -> ClassTable | None:
        class_id = self.bound.get(subchannel)
        return None if class_id is None else _table(class_id)

    def address(self, at: int) -> int | None:
        return None if self.gpu_va is None else self.gpu_va + 4 * at

    def word(self, at: int) -> int | None:
        word = self.words[at]
        return None if word is None else _checked(word, 32, at)


def _table(class_id: int) -> ClassTable | None:
    try:
        return class_tables.load(class_id)
    except UnknownClass:
        return None


def _checked(value: Any, bits: int, index: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise BadPushbuffer(f"not a number: {value!r}", index=index) from None
    if not 0 <= number < 1 << bits:
        raise BadPushbuffer(f"not a {bits}-bit word", index=index, word=number)
    return number


def _check_reserved(at: int, header: int) -> None:
    if header & 0x1000:
        raise BadPushbuffer("bit 12 of a method header is reserved", index=at, word=header)


def _word(value: int | None) -> str:
    return "?" if value is None else f"{value:#010x}"


# GPFIFO entries.

_OPCODES = {0: "NOP", 1: "ILLEGAL", 2: "GP_CRC", 3: "PB_CRC", 4: "SET_PB_SEGMENT_EXTENDED_BASE"}


@dataclass(frozen=True)
class GpfifoEntry:
    """One 8-byte entry of a GPFIFO ring: where a pushbuffer segment is, or a control operation.

    Attributes:
        raw: the 64 bits, word 0 in the lower half.
        gpu_va: of the segment; None for a control entry.
        length_words: of the segment, 0 for a control entry.
        level: "main" or "subroutine" (a subroutine's progress does not show in TOP_LEVEL_GET).
        sync: whether Host first ends the segment before.
        conditional: whether the sub-device mask may skip the segment.
        opcode: number of the control operation, None for a segment.
        opcode_name: "NOP", "GP_CRC", ..., "unknown"; None for a segment.
        operand: of the control operation: 32 bits; bits 56:40 of addresses in place for the extended base.
    """

    raw: int
    gpu_va: int | None
    length_words: int
    level: str
    sync: bool
    conditional: bool
    opcode: int | None = None
    opcode_name: str | None = None
    operand: int | None = None

    @property
    def is_control(self) -> bool:
        """Whether this is a control operation and not a segment."""
        return self.opcode is not None

    @property
    def size_bytes(self) -> int:
        """Bytes of the segment."""
        return 4 * self.length_words

    def __str__(self) -> str:
        if self.opcode is not None:
            text = f"control {self.opcode_name} ({self.opcode}) operand {self.operand:#x}"
        else:
            text = f"segment {self.gpu_va:#x}, {self.length_words} words, {self.level}"
            text += ", conditional" if self.conditional else ""
        return text + (", sync" if self.sync else "")

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return _plain(self)


def decode_gpfifo_entry(entry: int, extended_base: int = 0) -> GpfifoEntry:
    """What an entry of a GPFIFO ring says.

    Args:
        entry: 64 bits, the first word in the lower half.
        extended_base: address bits 56:40, in place: the `operand` of the last SET_PB_SEGMENT_EXTENDED_BASE
            entry (Hopper and later).

    Raises:
        BadPushbuffer: not a number of 64 bits.
    """
    raw = _checked(entry, 64, 0)
    low, high = raw & 0xFFFFFFFF, raw >> 32
    length = high >> 10 & 0x1FFFFF
    level = "subroutine" if high & 1 << 9 else "main"
    sync = bool(high >> 31)
    if length:
        address = (high & 0xFF) << 32 | low & ~3 | extended_base
        return GpfifoEntry(raw, address, length, level, sync, bool(low & 1))
    opcode = high & 0xFF
    operand = (low >> 8 & 0x1FFFF) << 40 if opcode == 4 else low
    return GpfifoEntry(raw, None, 0, level, sync, False, opcode, _OPCODES.get(opcode, "unknown"), operand)


def decode_gpfifo(entries: Iterable[int]) -> list[GpfifoEntry]:
    """Entries in order, each extended base applied to those behind it.

    Raises:
        BadPushbuffer: not numbers of 64 bits.
    """
    base = 0
    decoded = []
    for raw in entries:
        entry = decode_gpfifo_entry(raw, base)
        if entry.opcode == 4 and entry.operand is not None:
            base = entry.operand
        decoded.append(entry)
    return decoded


# What the method writes do.


def _plain(thing: Any) -> dict[str, Any]:
    return {field.name: _plain_value(getattr(thing, field.name)) for field in fields(thing)}


def _plain_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain_value(part) for part in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


def _va(gpu_va: int | None) -> str:
    return "?" if gpu_va is None else f"{gpu_va:#x}"


def _number(value: int | None) -> str:
    return "?" if value is None else str(value) if value < 10 else f"{value:#x}"


@dataclass(frozen=True)
class Event:
    """Something that a pushbuffer does. `index` is the word of the method that sets it off."""

    index: int

    def to_dict(self) -> dict[str, Any]:
        """Plain data; "event" names the kind."""
        return {"event": type(self).__name__, **_plain(self)}


@dataclass(frozen=True)
class Bind(Event):
    """SET_OBJECT: a class is bound to a subchannel."""

    subchannel: int
    class_id: int | None
    class_name: str | None

    def __str__(self) -> str:
        name = f" ({self.class_name})" if self.class_name else ""
        return f"bind {_number(self.class_id)}{name} to subchannel {self.subchannel}"


@dataclass(frozen=True)
class InlineLoad(Event):
    """Words in the pushbuffer that the compute engine (or its inline class) writes to memory.

    Attributes:
        gpu_va: destination; None where the stream does not set it.
        words: the data; None for words that a recording does not hold.
        size_bytes: LINE_LENGTH_IN x LINE_COUNT.
    """

    gpu_va: int | None
    words: tuple[int | None, ...]
    size_bytes: int | None

    @property
    def complete(self) -> bool:
        """Whether the stream brings as many words as it announces."""
        return self.size_bytes is not None and len(self.words) == (self.size_bytes + 3) // 4

    @property
    def unrecorded(self) -> tuple[int, ...]:
        """Indices of words that the recording does not hold."""
        return tuple(index for index, word in enumerate(self.words) if word is None)

    def array(self, fill: int = 0) -> np.ndarray:
        """The words as uint32; `fill` stands for those not recorded."""
        import numpy as np

        return np.array([fill if word is None else word for word in self.words], np.uint32)

    def __str__(self) -> str:
        lost = f", {len(self.unrecorded)} words not recorded" if self.unrecorded else ""
        short = "" if self.complete else f", {len(self.words)} words given"
        return f"inline load {_number(self.size_bytes)} bytes to {_va(self.gpu_va)}{short}{lost}"


@dataclass(frozen=True)
class SendPcas(Event):
    """A QMD is handed to the compute scheduler.

    Attributes:
        action: NVIDIA's name of what to do with it, "INVALIDATE_PREFETCH_COPY_SCHEDULE".
    """

    qmd_gpu_va: int | None
    action: str

    def __str__(self) -> str:
        return f"send QMD {_va(self.qmd_gpu_va)}: {self.action}"


@dataclass(frozen=True)
class SemaphoreRelease(Event):
    """A payload is written to memory.

    Attributes:
        engine: "host", "compute" or "copy": who writes.
        timestamp: whether four words are written: payload, then at +8 the time in ns.
        wide: whether the payload has 64 bits.
        flush: whether earlier writes are made visible first (host: it waits for the engine to be idle).
        reduction: NVIDIA's name of the operation, None where the payload just replaces the word.
    """

    engine: str
    gpu_va: int | None
    payload: int | None
    timestamp: bool
    wide: bool
    flush: bool
    reduction: str | None = None

    def __str__(self) -> str:
        flags = {"timestamp": self.timestamp, "64 bits": self.wide, "flush": self.flush}
        notes = ", ".join(text for text, on in flags.items() if on)
        text = f"{self.engine} semaphore {_va(self.gpu_va)} {self.reduction or '='} {_number(self.payload)}"
        return f"{text} ({notes})" if notes else text


@dataclass(frozen=True)
class SemaphoreAcquire(Event):
    """The channel waits for a word of memory.

    Attributes:
        condition: NVIDIA's name, "ACQUIRE" (equal), "ACQ_CIRC_GEQ".
        switch: whether other channels of the group may run meanwhile.
    """

    engine: str
    gpu_va: int | None
    payload: int | None
    condition: str
    wide: bool
    switch: bool

    def __str__(self) -> str:
        wanted = f"{self.condition} {_number(self.payload)}"
        return f"{self.engine} waits for semaphore {_va(self.gpu_va)}: {wanted}"


@dataclass(frozen=True)
class Copy(Event):
    """The copy engine copies lines.

    Attributes:
        source_pitch, destination_pitch: bytes from line to line; None for a single line or where never set.
        line_bytes: of one line. With `remapped` it counts elements.
        block_linear: whether source or destination is not plain pitch memory.
    """

    source_gpu_va: int | None
    destination_gpu_va: int | None
    line_bytes: int | None
    lines: int | None
    source_pitch: int | None
    destination_pitch: int | None
    remapped: bool = False
    block_linear: bool = False

    def __str__(self) -> str:
        text = f"copy {_number(self.line_bytes)} {'elements' if self.remapped else 'bytes'}"
        if self.lines != 1:
            pitches = f"{_number(self.source_pitch)} -> {_number(self.destination_pitch)}"
            text += f" x {_number(self.lines)} lines (pitch {pitches})"
        return f"{text} from {_va(self.source_gpu_va)} to {_va(self.destination_gpu_va)}"


@dataclass(frozen=True)
class Fill(Event):
    """The copy engine writes a constant.

    Attributes:
        element_bytes: size of the pattern.
        pattern: one number of `element_bytes`, first component in the lowest bits; None where not known.
        elements: patterns in one line.
    """

    destination_gpu_va: int | None
    elements: int | None
    element_bytes: int
    pattern: int | None
    lines: int | None
    destination_pitch: int | None

    def __str__(self) -> str:
        text = f"fill {_number(self.elements)} x {self.element_bytes} bytes"
        if self.lines != 1:
            text += f" x {_number(self.lines)} lines (pitch {_number(self.destination_pitch)})"
        return f"{text} at {_va(self.destination_gpu_va)} with {_number(self.pattern)}"


@dataclass(frozen=True)
class MemoryOperation(Event):
    """Host's MEM_OP: a membar, a TLB invalidate, a cache flush."""

    operation: str
    detail: str | None
    words: tuple[int | None, ...]

    def __str__(self) -> str:
        return f"memory operation {self.operation}" + (f" {self.detail}" if self.detail else "")


@dataclass(frozen=True)
class WaitForIdle(Event):
    """The channel waits until its engine is idle."""

    engine: str

    def __str__(self) -> str:
        return f"{self.engine} waits for idle"


@dataclass(frozen=True)
class MethodWrite(Event):
    """Any other method: state of the engine, or unknown."""

    operation: Operation

    def __str__(self) -> str:
        return str(self.operation).split(None, 1)[1]


@dataclass(frozen=True)
class Control(Event):
    """A control entry of the pushbuffer."""

    kind: str
    value: int | None

    def __str__(self) -> str:
        return self.kind if self.value is None else f"{self.kind} {self.value:#x}"


def summarize(operations: Iterable[Operation]) -> list[Event]:
    """What the method writes do, in order.

    Methods that only set up another one (addresses, sizes, payloads) are part of the event that uses them;
    those that nothing uses, and all other methods, are each a MethodWrite. Only no-operations are left out.
    """
    summary = _Summary()
    for operation in operations:
        summary.take(operation)
    return summary.events()


_INLINE_SETUP = frozenset(["OFFSET_OUT_UPPER", "OFFSET_OUT", "LINE_LENGTH_IN", "LINE_COUNT"])
_REPORT_SETUP = frozenset(["SET_REPORT_SEMAPHORE_A", "SET_REPORT_SEMAPHORE_B", "SET_REPORT_SEMAPHORE_C"])
_EXECUTE_SETUP = frozenset(
    f"SET_REPORT_SEMAPHORE_{what}_{half}" for what in ("PAYLOAD", "ADDRESS") for half in ("LOWER", "UPPER")
)
_HOST_SEMAPHORE_SETUP = frozenset(["SEM_ADDR_LO", "SEM_ADDR_HI", "SEM_PAYLOAD_LO", "SEM_PAYLOAD_HI"])
_MEM_OP_SETUP = frozenset(["MEM_OP_A", "MEM_OP_B", "MEM_OP_C"])
_COPY_SEMAPHORE_SETUP = frozenset(
    ["SET_SEMAPHORE_A", "SET_SEMAPHORE_B", "SET_SEMAPHORE_PAYLOAD", "SET_SEMAPHORE_PAYLOAD_UPPER"]
)
_COPY_ADDRESSES = (f"OFFSET_{way}_{half}" for way in ("IN", "OUT") for half in ("UPPER", "LOWER"))
_COPY_LINES = frozenset([*_COPY_ADDRESSES, "PITCH_IN", "PITCH_OUT", "LINE_LENGTH_IN", "LINE_COUNT"])
_REMAP_SETUP = frozenset(["SET_REMAP_CONST_A", "SET_REMAP_CONST_B", "SET_REMAP_COMPONENTS"])
_PCAS_SETUP = frozenset(["SEND_PCAS_A"])
_SETUP = {
    "host": _HOST_SEMAPHORE_SETUP | _MEM_OP_SETUP,
    "compute": _INLINE_SETUP | _REPORT_SETUP | _EXECUTE_SETUP | _PCAS_SETUP,
    "inline": _INLINE_SETUP,
    "copy": _COPY_SEMAPHORE_SETUP | _COPY_LINES | _REMAP_SETUP,
}


class _Summary:
    """Remembers what methods set until one sets something off."""

    def __init__(self) -> None:
        self.done: list[Event] = []
        self.state: dict[tuple[Any, str], int | None] = {}
        self.unused: dict[tuple[Any, str], list[Operation]] = {}
        self.loads: dict[int | None, list[int | None]] = {}
        self.opened: list[tuple[int, int | None, list[int | None], int | None]] = []
        self.triggers: dict[tuple[str, str], Callable[[Operation, Any], None]] = {
            ("host", "SET_OBJECT"): self.bind,
            ("host", "SEM_EXECUTE"): self.host_semaphore,
            ("host", "MEM_OP_D"): self.memory_operation,
            ("host", "WFI"): self.wait_for_idle,
            ("compute", "WAIT_FOR_IDLE"): self.wait_for_idle,
            ("compute", "LAUNCH_DMA"): self.inline_load,
            ("inline", "LAUNCH_DMA"): self.inline_load,
            ("compute", "LOAD_INLINE_DATA"): self.inline_data,
            ("inline", "LOAD_INLINE_DATA"): self.inline_data,
            ("compute", "SEND_PCAS_B"): self.send_pcas,
            ("compute", "SEND_SIGNALING_PCAS_B"): self.send_pcas,
            ("compute", "SEND_SIGNALING_PCAS2_B"): self.send_pcas,
            ("compute", "SET_REPORT_SEMAPHORE_D"): self.report_semaphore,
            ("compute", "REPORT_SEMAPHORE_EXECUTE"): self.report_execute,
            ("copy", "LAUNCH_DMA"): self.copy,
        }

    def take(self, op: Operation) -> None:
        if not op.is_method:
            if op.kind != "nop":
                self.done.append(Control(op.index, op.kind, op.value))
            return
        if op.method is None or op.engine is None:
            self.done.append(MethodWrite(op.index, op))
            return
        name = op.method.name
        scope: Any = "host" if op.engine == "host" else op.subchannel
        trigger = self.triggers.get((op.engine, name))
        if trigger is not None and (op.value is not None or name == "LOAD_INLINE_DATA"):
            trigger(op, scope)
        elif name in _SETUP.get(op.engine, ()):
            self.state[scope, name] = op.value
            self.unused.setdefault((scope, name), []).append(op)
        else:
            self.done.append(MethodWrite(op.index, op))

    def events(self) -> list[Event]:
        loads = [InlineLoad(index, gpu_va, tuple(words), size) for index, gpu_va, words, size in self.opened]
        left = [MethodWrite(op.index, op) for ops in self.unused.values() for op in ops]
        return sorted([*self.done, *loads, *left], key=lambda event: event.index)

    def use(self, scope: Any, names: Iterable[str]) -> None:
        """These methods are part of an event now."""
        for name in names:
            self.unused.pop((scope, name), None)

    def get(self, scope: Any, name: str) -> int | None:
        return self.state.get((scope, name))

    def pair(self, scope: Any, upper: str, lower: str) -> int | None:
        """A number in two methods; None where one is not known."""
        high, low = self.get(scope, upper), self.get(scope, lower)
        return None if high is None or low is None else high << 32 | low

    def payload(self, scope: Any, lower: str, upper: str, wide: bool) -> int | None:
        return self.pair(scope, upper, lower) if wide else self.get(scope, lower)

    # One method for each method that sets something off; `op.value` is known.

    def bind(self, op: Operation, scope: Any) -> None:
        class_id = (op.value or 0) & 0xFFFF
        table = _table(class_id)
        self.done.append(Bind(op.index, op.subchannel or 0, class_id, table.title if table else None))

    def wait_for_idle(self, op: Operation, scope: Any) -> None:
        self.done.append(WaitForIdle(op.index, op.engine or ""))

    def host_semaphore(self, op: Operation, scope: Any) -> None:
        self.use(scope, _HOST_SEMAPHORE_SETUP)
        value = op.value or 0
        wide = _flag(op, "PAYLOAD_SIZE")
        gpu_va = self.pair(scope, "SEM_ADDR_HI", "SEM_ADDR_LO")
        payload = self.payload(scope, "SEM_PAYLOAD_LO", "SEM_PAYLOAD_HI", wide)
        # Later headers name fewer operations than the hardware has (dev_pbdma): 1 releases, 6 reduces.
        operation = value & 7
        if operation in (1, 6):
            reduction = _field_name(op, "REDUCTION") if operation == 6 else None
            stamped = _flag(op, "RELEASE_TIMESTAMP")
            flush = bool(value & 1 << 20)  # RELEASE_WFI
            self.release(op, gpu_va, payload, stamped, wide, flush, reduction)
            return
        condition = _field_name(op, "OPERATION")
        switch = _flag(op, "ACQUIRE_SWITCH_TSG")
        self.done.append(SemaphoreAcquire(op.index, "host", gpu_va, payload, condition, wide, switch))

    def memory_operation(self, op: Operation, scope: Any) -> None:
        words = tuple(self.get(scope, name) for name in sorted(_MEM_OP_SETUP))
        self.use(scope, _MEM_OP_SETUP)
        operation = _field_name(op, "OPERATION")
        detail = None
        if operation == "MEMBAR" and words[2] is not None:
            detail = {0: "SYS_MEMBAR", 1: "MEMBAR"}.get(words[2] & 7)
        self.done.append(MemoryOperation(op.index, operation, detail, (*words, op.value)))

    def inline_load(self, op: Operation, scope: Any) -> None:
        self.use(scope, _INLINE_SETUP)
        line, lines = self.get(scope, "LINE_LENGTH_IN"), self.get(scope, "LINE_COUNT")
        size = None if line is None or lines is None else line * lines
        words: list[int | None] = []
        self.loads[scope] = words
        self.opened.append((op.index, self.pair(scope, "OFFSET_OUT_UPPER", "OFFSET_OUT"), words, size))

    def inline_data(self, op: Operation, scope: Any) -> None:
        words = self.loads.get(scope)
        if words is None:
            self.done.append(MethodWrite(op.index, op))
        else:
            words.append(op.value)

    def send_pcas(self, op: Operation, scope: Any) -> None:
        self.use(scope, _PCAS_SETUP)
        shifted = self.get(scope, "SEND_PCAS_A")
        named = op.fields
        action = named.get("PCAS_ACTION")
        if action is not None:
            text = str(action)
        else:
            text = " ".join(f"{name}={value}" for name, value in named.items())
        self.done.append(SendPcas(op.index, None if shifted is None else shifted << 8, text))

    def report_semaphore(self, op: Operation, scope: Any) -> None:
        self.use(scope, _REPORT_SETUP)
        gpu_va = self.pair(scope, "SET_REPORT_SEMAPHORE_A", "SET_REPORT_SEMAPHORE_B")
        self.report(op, gpu_va, self.get(scope, "SET_REPORT_SEMAPHORE_C"), wide=False)

    def report_execute(self, op: Operation, scope: Any) -> None:
        self.use(scope, _EXECUTE_SETUP)
        gpu_va = self.pair(scope, "SET_REPORT_SEMAPHORE_ADDRESS_UPPER", "SET_REPORT_SEMAPHORE_ADDRESS_LOWER")
        wide = _flag(op, "PAYLOAD_SIZE64")
        lower, upper = "SET_REPORT_SEMAPHORE_PAYLOAD_LOWER", "SET_REPORT_SEMAPHORE_PAYLOAD_UPPER"
        self.report(op, gpu_va, self.payload(scope, lower, upper, wide), wide)

    def report(self, op: Operation, gpu_va: int | None, payload: int | None, wide: bool) -> None:
        operation = _field_name(op, "OPERATION")
        if operation == "ACQUIRE":
            self.done.append(SemaphoreAcquire(op.index, "compute", gpu_va, payload, operation, wide, False))
        elif operation == "RELEASE":
            stamped = _field_name(op, "STRUCTURE_SIZE").endswith("FOUR_WORDS")
            flush = not _flag(op, "FLUSH_DISABLE")
            reduction = _field_name(op, "REDUCTION_OP") if _flag(op, "REDUCTION_ENABLE") else None
            self.release(op, gpu_va, payload, stamped, wide, flush, reduction)
        else:
            self.done.append(MethodWrite(op.index, op))

    def release(
        self,
        op: Operation,
        gpu_va: int | None,
        payload: int | None,
        timestamp: bool,
        wide: bool,
        flush: bool,
        reduction: str | None,
    ) -> None:
        engine = op.engine or ""
        self.done.append(
            SemaphoreRelease(op.index, engine, gpu_va, payload, timestamp, wide, flush, reduction)
        )

    def copy(self, op: Operation, scope: Any) -> None:
        transfers = _flag(op, "DATA_TRANSFER_TYPE")
        semaphore = (
            op.value or 0
        ) >> 3 & 3  # SEMAPHORE_TYPE: 1 one word, 2 four words, 3 conditional interrupt
        if transfers:
            self.use(scope, _COPY_LINES)
            self.transfer(op, scope)
        if semaphore:
            self.use(scope, _COPY_SEMAPHORE_SETUP)
            wide = _flag(op, "SEMAPHORE_PAYLOAD_SIZE")
            payload = self.payload(scope, "SET_SEMAPHORE_PAYLOAD", "SET_SEMAPHORE_PAYLOAD_UPPER", wide)
            gpu_va = self.pair(scope, "SET_SEMAPHORE_A", "SET_SEMAPHORE_B")
            flush = _flag(op, "FLUSH_ENABLE")
            reduces = _flag(op, "SEMAPHORE_REDUCTION_ENABLE")
            reduction = _field_name(op, "SEMAPHORE_REDUCTION") if reduces else None
            self.release(op, gpu_va, payload, semaphore == 2, wide, flush, reduction)
        if not transfers and not semaphore:
            self.done.append(MethodWrite(op.index, op))

    def transfer(self, op: Operation, scope: Any) -> None:
        source = self.pair(scope, "OFFSET_IN_UPPER", "OFFSET_IN_LOWER")
        destination = self.pair(scope, "OFFSET_OUT_UPPER", "OFFSET_OUT_LOWER")
        line = self.get(scope, "LINE_LENGTH_IN")
        multiple = _flag(op, "MULTI_LINE_ENABLE")
        lines = self.get(scope, "LINE_COUNT") if multiple else 1
        pitch_in = self.get(scope, "PITCH_IN") if multiple else None
        pitch_out = self.get(scope, "PITCH_OUT") if multiple else None
        remap = _flag(op, "REMAP_ENABLE")
        if remap:
            self.use(scope, _REMAP_SETUP)
            pattern = self.pattern(scope)
            if pattern is not None:
                size, number = pattern
                self.done.append(Fill(op.index, destination, line, size, number, lines, pitch_out))
                return
        plain = _field_name(op, "SRC_MEMORY_LAYOUT") == _field_name(op, "DST_MEMORY_LAYOUT") == "PITCH"
        self.done.append(
            Copy(op.index, source, destination, line, lines, pitch_in, pitch_out, remap, not plain)
        )

    def pattern(self, scope: Any) -> tuple[int, int | None] | None:
        """(bytes, number) of a remap that writes nothing but constants; None for any other remap.

        Bits of SET_REMAP_COMPONENTS: open-gpu-doc:classes/dma-copy/clc8b5.h.
        """
        components = self.get(scope, "SET_REMAP_COMPONENTS")
        if components is None:
            return None
        size = (components >> 16 & 3) + 1
        number: int | None = 0
        count = (components >> 24 & 3) + 1
        for position in range(count):
            source = components >> 4 * position & 7
            if source not in (4, 5):  # CONST_A, CONST_B
                return None
            constant = self.get(scope, "SET_REMAP_CONST_A" if source == 4 else "SET_REMAP_CONST_B")
            if constant is None or number is None:
                number = None
            else:
                number |= (constant & ((1 << 8 * size) - 1)) << 8 * size * position
        return size * count, number


def _flag(op: Operation, name: str) -> bool:
    field = op.fields.get(name)
    return field is not None and field.value != 0


def _field_name(op: Operation, name: str) -> str:
    field = op.fields.get(name)
    return "" if field is None else str(field)
