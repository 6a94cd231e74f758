"""Reads pushbuffer recordings: what a driver wrote to its channels' memory, as JSON.

The format: {"gpu", "driver", "compute_class", "records": [{"op", ..., "segments": [...]}]}, and each of the
segments {"addr", "map", "words"}. A record is one operation of that driver; each of its segments is a span of
32-bit words (hexadecimal) of mapped memory that the operation changed, with up to 8 unchanged words on either
side. Among the spans are entries of GPFIFO rings, USERD, pushbuffer segments and semaphores. Memory between
two spans did not change: inside a pushbuffer segment such words are unknown (None). Memory that was never
used before holds zero.

`launches` takes kernel launches apart; `BANK0` says what is known of constant bank 0 (H100: 19 launches in 18
recorded operations, kernel driver 580.159.04).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from barewire.channel import decoder
from barewire.channel.decoder import (
    Event,
    GpfifoEntry,
    InlineLoad,
    Operation,
    SemaphoreRelease,
    SendPcas,
)
from barewire.errors import BadPushbuffer

if TYPE_CHECKING:
    from barewire.compute.qmd_decoder import QmdView

CONTEXT_WORDS = 8  # unchanged words that stand before and after the changed ones of a span
BANK0_PARAMETERS = 0x210  # first byte of the kernel's parameters in c[0] of compute capability 9.0


@dataclass(frozen=True)
class Span:
    """A run of words that an operation changed, with the context around it.

    Attributes:
        gpu_va: of the first word. (Mapped at the same address for the CPU, by the driver that was recorded.)
        map: the device file that backs the memory.
    """

    gpu_va: int
    map: str
    words: tuple[int, ...]

    @property
    def end(self) -> int:
        """The address behind the last word."""
        return self.gpu_va + 4 * len(self.words)


@dataclass(frozen=True)
class Segment:
    """A pushbuffer segment that the operation submitted.

    Attributes:
        entry_gpu_va: where its GPFIFO entry stands.
        words: None for words that the recording does not hold.
    """

    entry: GpfifoEntry
    entry_gpu_va: int
    gpu_va: int
    words: tuple[int | None, ...]
    classes: tuple[tuple[int, int], ...]
    host_class: int

    @property
    def unrecorded(self) -> tuple[int, ...]:
        """Indices of the words that are None."""
        return tuple(index for index, word in enumerate(self.words) if word is None)

    @cached_property
    def operations(self) -> list[Operation]:
        """Every method write.

        Raises:
            BadPushbuffer: the words do not parse, or a header is not in the recording.
        """
        return decoder.decode_pushbuffer(self.words, dict(self.classes), self.host_class, self.gpu_va)

    @cached_property
    def events(self) -> list[Event]:
        """What the segment does."""
        return decoder.summarize(self.operations)

    def __str__(self) -> str:
        lost = f", {len(self.unrecorded)} not recorded" if self.unrecorded else ""
        return f"segment {self.gpu_va:#x}, {len(self.words)} words{lost}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data, with operations and events."""
        return {
            "gpu_va": self.gpu_va,
            "length_words": len(self.words),
            "unrecorded": list(self.unrecorded),
            "entry": self.entry.to_dict(),
            "entry_gpu_va": self.entry_gpu_va,
            "operations": [operation.to_dict() for operation in self.operations],
            "events": [event.to_dict() for event in self.events],
        }


@dataclass(frozen=True)
class Record:
    """One operation of the recorded driver.

    Attributes:
        op: its name.
        facts: what else the recording says of it: grid, block, arguments, sizes.
    """

    op: str
    facts: dict[str, Any]
    spans: tuple[Span, ...]
    compute_class: int

    @cached_property
    def memory(self) -> dict[int, int]:
        """Every recorded word by its address."""
        return {span.gpu_va + 4 * index: word for span in self.spans for index, word in enumerate(span.words)}

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The pushbuffer segments that the operation submitted, in the order of their ring entries."""
        bound = tuple(decoder.default_classes(self.compute_class).items())
        host = decoder.host_class_for(self.compute_class)
        found = []
        for entry_gpu_va, entry in self._new_entries():
            start = entry.gpu_va or 0
            words = tuple(self.memory.get(start + 4 * index) for index in range(entry.length_words))
            found.append(Segment(entry, entry_gpu_va, start, words, bound, host))
        return tuple(found)

    def _new_entries(self) -> Iterator[tuple[int, GpfifoEntry]]:
        """GPFIFO entries among the spans, without older ones that stand before them as context.

        A pair of words is an entry if it points at a segment whose first and last words are recorded; nothing
        else in a span (USERD, semaphores) does.
        """
        for span in self.spans:
            found = []
            for index in range(span.gpu_va // 4 % 2, len(span.words) - 1, 2):
                entry = decoder.decode_gpfifo_entry(span.words[index] | span.words[index + 1] << 32)
                if entry.gpu_va is None or entry.gpu_va not in self.memory:
                    continue
                last = entry.gpu_va + entry.size_bytes - 4
                if last in self.memory and not span.gpu_va <= entry.gpu_va < span.end:
                    found.append((index, entry))
            changed = [(index, entry) for index, entry in found if index >= CONTEXT_WORDS]
            for index, entry in changed or found:
                yield span.gpu_va + 4 * index, entry

    @property
    def operations(self) -> list[Operation]:
        """Every method write of all segments."""
        return [operation for segment in self.segments for operation in segment.operations]

    def __str__(self) -> str:
        facts = ", ".join(f"{name} {value}" for name, value in self.facts.items())
        return f"{self.op} ({facts})" if facts else self.op

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "op": self.op,
            "facts": self.facts,
            "segments": [segment.to_dict() for segment in self.segments],
        }


@dataclass(frozen=True)
class Recording:
    """A file of records."""

    gpu: str
    driver: str
    compute_class: int
    records: tuple[Record, ...]

    def record(self, op: str) -> Record:
        """The record of that name.

        Raises:
            BadPushbuffer: there is none.
        """
        for record in self.records:
            if record.op == op:
                return record
        known = ", ".join(record.op for record in self.records)
        raise BadPushbuffer(f"the recording has no operation {op!r}", hint=f"It has {known}.")


def load(source: str | bytes | Path) -> Recording:
    """A recording, from a file (a path) or from its bytes.

    Raises:
        BadPushbuffer: it cannot be read, is not JSON, or not of this format.
    """
    if not isinstance(source, bytes):
        try:
            source = Path(source).read_bytes()
        except OSError as error:
            raise BadPushbuffer(f"cannot read the recording: {error.strerror}", path=str(source)) from error
    try:
        data = json.loads(source)
    except (ValueError, RecursionError):
        raise BadPushbuffer("a recording is JSON, and this is not") from None
    return parse(data)


def parse(data: Any) -> Recording:
    """A recording, from parsed JSON.

    Raises:
        BadPushbuffer: not of this format; says where.
    """
    if not isinstance(data, dict) or not isinstance(data.get("records"), list):
        raise BadPushbuffer('a recording is an object with "records"')
    compute_class = _hex(data.get("compute_class", "cbc0"), "compute_class", 16)
    records = tuple(_record(raw, f"records[{at}]", compute_class) for at, raw in enumerate(data["records"]))
    return Recording(str(data.get("gpu", "")), str(data.get("driver", "")), compute_class, records)


def _record(raw: Any, where: str, compute_class: int) -> Record:
    if not isinstance(raw, dict) or not isinstance(raw.get("segments"), list):
        raise BadPushbuffer(f'{where} is not an object with "segments"')
    spans = tuple(_span(span, f"{where}.segments[{at}]") for at, span in enumerate(raw["segments"]))
    facts = {name: value for name, value in raw.items() if name not in ("op", "segments")}
    return Record(str(raw.get("op", "")), facts, spans, compute_class)


def _span(raw: Any, where: str) -> Span:
    if not isinstance(raw, dict) or not isinstance(raw.get("words"), list):
        raise BadPushbuffer(f'{where} is not an object with "words"')
    gpu_va = _hex(raw.get("addr"), f"{where}.addr", 64)
    if gpu_va % 4:
        raise BadPushbuffer(f"{where}.addr is not a multiple of 4", gpu_va=gpu_va)
    words = tuple(_hex(word, f"{where}.words[{at}]", 32) for at, word in enumerate(raw["words"]))
    return Span(gpu_va, str(raw.get("map", "")), words)


def _hex(text: Any, where: str, bits: int) -> int:
    try:
        number = int(text, 16) if isinstance(text, str) else -1
    except ValueError:
        number = -1
    if not 0 <= number < 1 << bits:
        raise BadPushbuffer(f"{where} is not a hexadecimal number of {bits} bits", found=repr(text)[:40])
    return number


# Kernel launches.


@dataclass(frozen=True)
class Launch:
    """One kernel launch of a recorded segment.

    Attributes:
        bank0: the words of c[0] below the parameters; `bank0.array()` has them as uint32, with zero where the
            recording has none.
        parameters: those behind it; None for a kernel without any.
        qmd: the kernel's QMD; `qmd.gpu_va` is where it lies.
        qmd_view: the same, decoded.
        auxiliary: the QMD without a grid that chains this launch to the next; None if the stream has none.
        semaphore_preset: what is written to the QMD's release semaphore before; None if nothing is.
        completion: the release behind the launch; None if the stream has none.
        actions: what SEND_PCAS asks for: for the auxiliary QMD, if there is one, then for the kernel's.
    """

    bank0: InlineLoad | None
    parameters: InlineLoad | None
    qmd: InlineLoad
    qmd_view: QmdView
    auxiliary: InlineLoad | None
    auxiliary_view: QmdView | None
    semaphore_preset: InlineLoad | None
    completion: SemaphoreRelease | None
    actions: tuple[str, ...]

    def __str__(self) -> str:
        program = self.qmd_view.addresses().get("PROGRAM", 0)
        size = 0 if self.parameters is None else self.parameters.size_bytes
        return f"launch of {program:#x}, QMD {self.qmd.gpu_va or 0:#x}, {size} bytes of parameters"


def launches(record: Record) -> list[Launch]:
    """The kernel launches of a record, in order.

    Raises:
        BadPushbuffer: a segment or a QMD does not parse.
    """
    return [launch for segment in record.segments for launch in launches_of(segment.events)]


def launches_of(events: Sequence[Event]) -> list[Launch]:
    """The kernel launches among the events of a pushbuffer that brings its QMDs as inline loads.

    Raises:
        BadPushbuffer: a QMD does not parse.
    """
    from barewire.compute.qmd_decoder import decode_qmd

    loads: dict[int | None, InlineLoad] = {}
    auxiliary: tuple[InlineLoad, QmdView, str] | None = None
    found: list[Launch] = []
    for event in events:
        if isinstance(event, InlineLoad):
            loads[event.gpu_va] = event
        elif isinstance(event, SemaphoreRelease) and found and found[-1].completion is None:
            found[-1] = _completed(found[-1], event)
        elif isinstance(event, SendPcas) and event.qmd_gpu_va in loads:
            qmd = loads[event.qmd_gpu_va]
            view = decode_qmd(qmd.words)
            if "QMD_TYPE" in view and view["QMD_TYPE"].name == "GRID_NULL":
                auxiliary = (qmd, view, event.action)
                continue
            found.append(_launch(qmd, view, event.action, auxiliary, loads))
            auxiliary = None
    return found


def _launch(
    qmd: InlineLoad,
    view: QmdView,
    action: str,
    auxiliary: tuple[InlineLoad, QmdView, str] | None,
    loads: dict[int | None, InlineLoad],
) -> Launch:
    addresses = view.addresses()
    bank0_gpu_va = addresses.get("CONSTANT_BUFFER(0)", 0)
    return Launch(
        bank0=loads.get(bank0_gpu_va),
        parameters=loads.get(bank0_gpu_va + BANK0_PARAMETERS),
        qmd=qmd,
        qmd_view=view,
        auxiliary=auxiliary[0] if auxiliary else None,
        auxiliary_view=auxiliary[1] if auxiliary else None,
        semaphore_preset=loads.get(addresses.get("RELEASE_SEMAPHORE0", 0)),
        completion=None,
        actions=(auxiliary[2], action) if auxiliary else (action,),
    )


def _completed(launch: Launch, release: SemaphoreRelease) -> Launch:
    from dataclasses import replace

    return replace(launch, completion=release)


# Constant bank 0 as the vendor's driver fills it for compute capability 9.0.


@dataclass(frozen=True)
class BankWord:
    """A field of constant bank 0.

    Attributes:
        offset, size_bytes: where it is.
        meaning: what it holds, as far as the recorded launches show.
        varies: "launch" (follows from grid, block, kernel or sizes), "address" (an address, or a number that
            only this run has), "module", "constant".
        known: False where the meaning is a guess.
    """

    offset: int
    size_bytes: int
    name: str
    meaning: str
    varies: str
    known: bool = True


BANK0 = (
    BankWord(0x000, 12, "block", "threads of a block: x, y, z", "launch"),
    BankWord(0x00C, 12, "grid", "blocks of the grid: x, y, z (blocks, not clusters)", "launch"),
    BankWord(0x018, 8, "shared_window", "generic address of the shared window", "address"),
    BankWord(0x020, 8, "local_window", "generic address of the local window", "address"),
    BankWord(0x028, 4, "stack_top", "first R1, in the local window; every kernel reads it", "constant"),
    BankWord(0x02C, 4, "shared_dynamic_bytes", "dynamic shared memory as asked for", "launch"),
    BankWord(0x030, 4, "launch_serial", "one more with each launch of the context", "address"),
    BankWord(0x038, 8, "qmd", "address of the launch's QMD", "address"),
    BankWord(0x040, 4, "unknown_040", "0x038432c8 in all", "constant", False),
    BankWord(0x058, 4, "unknown_058", "1 in all", "constant", False),
    BankWord(0x068, 4, "unknown_068", "0x120; 0 in the driver's own module", "module", False),
    BankWord(0x0C0, 8, "bank_0", "address of this bank", "address"),
    BankWord(0x0C8, 8, "bank_1", "address of c[1], the driver's", "address"),
    BankWord(0x0D0, 8, "bank_3", "address of c[3], the module's constants; 0 without", "address"),
    BankWord(0x0D8, 8, "bank_4", "address of c[4], the module's addresses; 0 without", "address"),
    BankWord(0x10C, 4, "sm_count", "SMs of the GPU (132)", "constant"),
    BankWord(0x114, 4, "shared_reserved_bytes", "0x400; 0 in the driver's own module", "module"),
    BankWord(0x118, 8, "program", "address of the kernel's first instruction", "address"),
    BankWord(0x13C, 4, "shared_bytes", "reserved + static + dynamic, not rounded", "launch"),
    BankWord(0x140, 4, "is_cluster", "1 for a launch with clusters", "launch"),
    BankWord(0x144, 12, "cluster", "blocks of a cluster: x, y, z; 1 without clusters", "launch"),
    BankWord(0x150, 12, "cluster_inverse", "1 / cluster as float: x, y, z", "launch"),
    BankWord(0x15C, 12, "clusters", "clusters of the grid: x, y, z", "launch"),
    BankWord(0x16C, 4, "shared_window_bytes", "16 MiB: from block to block of a cluster", "constant", False),
    BankWord(0x170, 8, "cluster_window", "generic address of the cluster window", "address", False),
    BankWord(0x188, 4, "cluster_size", "blocks of a cluster", "launch", False),
    BankWord(0x198, 8, "parameters", "address of the parameters: this bank + 0x210", "address"),
    BankWord(0x1A0, 8, "parameters_end", "the address behind the last parameter's last byte", "address"),
    BankWord(0x1A8, 8, "unknown_1a8", "0x205000000 in all: an address of the driver's", "address", False),
    BankWord(0x200, 8, "stack_guard", "random 64 bits with a zero low byte", "address", False),
    BankWord(0x208, 8, "memory_descriptor", "read before global loads and stores: 0 in all", "constant"),
)


def bank0_field(offset: int) -> BankWord | None:
    """What is known of a byte offset of c[0]; None for words that are zero in every recorded launch."""
    for field in BANK0:
        if field.offset <= offset < field.offset + field.size_bytes:
            return field
    return None
