"""`barewire decode`: pushbuffers and QMDs from a file, word by word, under NVIDIA's names."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from barewire.errors import BadPushbuffer, UsageError
from barewire.tools.exits import Exit
from barewire.tools.files import read_input
from barewire.tools.output import Report, hexadecimal
from barewire.tools.sanitize import finish

if TYPE_CHECKING:
    from barewire.channel.decoder import Operation
    from barewire.channel.recording import Recording

SUMMARY = "decode pushbuffers and QMDs from a file, word by word"
CODES = (Exit.OK, Exit.NOT_READY, Exit.INPUT, Exit.UNDEFINED)
EXAMPLES = """\
barewire decode pushbuffer words.bin
barewire decode pushbuffer recording.json --record empty
barewire decode pushbuffer words.bin --class cbc0 --class 4=c8b5
barewire decode qmd launch.bin --version V04_00"""

DEFAULT_COMPUTE_CLASS = 0xCBC0  # Hopper


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two kinds of input, each with its options."""
    kinds = parser.add_subparsers(dest="kind", metavar="WHAT", required=True)
    words = kinds.add_parser(
        "pushbuffer",
        help="methods of a pushbuffer: raw little-endian words, or a recording in JSON",
        allow_abbrev=False,
    )
    words.add_argument("file", metavar="FILE", help="the file, or - for standard input")
    words.add_argument("--summary", action="store_true", help="what the methods do together, not each method")
    words.add_argument("--record", metavar="NAME", help="of a recording: only the operation of this name")
    words.add_argument(
        "--class", dest="classes", action="append", default=[], metavar="[SUBCHANNEL=]CLASS",
        help="class in hexadecimal: a compute class alone (its host and copy classes follow from it), or "
        f"a class for one subchannel (default: {DEFAULT_COMPUTE_CLASS:x}, or as recording or device say)",
    )  # fmt: skip
    qmd = kinds.add_parser("qmd", help="fields of one QMD: raw little-endian words", allow_abbrev=False)
    qmd.add_argument("file", metavar="FILE", help="the file, or - for standard input")
    qmd.add_argument(
        "--version", metavar="VERSION", help="e.g. V04_00 (default: what the QMD or the device says)"
    )
    for parser_of_kind in (words, qmd):
        _repeat_common(parser_of_kind)


def _repeat_common(parser: argparse.ArgumentParser) -> None:
    """The common options after the kind, too; SUPPRESS keeps what was said before it."""
    for option in ("--json", "--debug", "--sanitize"):
        parser.add_argument(option, action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument("--device", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> Exit:
    """Decode what was named; INPUT if it breaks off (what stands before is still printed)."""
    report = pushbuffer_report(args) if args.kind == "pushbuffer" else qmd_report(args)
    return finish(report, args, Exit.INPUT if has_problem(report) else Exit.OK)


def has_problem(report: Report) -> bool:
    """Whether a pushbuffer of the report broke off."""
    return any(key == "problem" for key, _ in report.parts()) or any(
        has_problem(child) for child in report.children()
    )


def pushbuffer_report(args: argparse.Namespace) -> Report:
    """Every operation of a pushbuffer file.

    Raises:
        FormatError: the file is neither raw words nor a recording.
        UsageError: a class or record that does not exist was asked for.
    """
    data = read_input(args.file)
    report = Report()
    if looks_like_json(data):
        from barewire.channel import recording as recordings

        recording = recordings.load(data)
        classes = Classes.of(args, recording.compute_class)
        nameless = _recording_into(report, recording, args.record, classes, args.summary)
    else:
        if args.record is not None:
            raise UsageError("--record names an operation of a recording, but this file holds raw words")
        nameless = _operations_into(report, words_of(data, args.file), Classes.of(args, None), args.summary)
    report.fact("methods_without_name", nameless)
    return report


def looks_like_json(data: bytes) -> bool:
    """Whether data begins as a JSON object does; four raw words seldom are printable throughout."""
    start = data.lstrip()[:16]
    return start.startswith(b"{") and all(byte in b"\t\n\r" or 0x20 <= byte < 0x7F for byte in start)


def words_of(data: bytes, name: str) -> list[int]:
    """Little-endian 32-bit words.

    Raises:
        BadPushbuffer: there are none, or a part of one is left over.
    """
    from barewire.channel import decoder

    if not data or len(data) % 4:
        raise BadPushbuffer(
            f"{name} has {len(data)} bytes, which is not a whole number of 32-bit words, one at least"
        )
    return decoder.words_of(data)


class Classes:
    """Which class each subchannel has, and the host class."""

    def __init__(self, compute: int) -> None:
        from barewire.channel import decoder

        self.host = decoder.host_class_for(compute)
        self.by_subchannel = decoder.default_classes(compute)

    @classmethod
    def of(cls, args: argparse.Namespace, recorded: int | None) -> Classes:
        """From --class first, then from the recording, then from --device.

        Raises:
            UsageError: --class is malformed, or names a class without a table (UnknownClass).
        """
        from barewire.regs import classes as tables

        pairs = [_class_option(text) for text in args.classes]
        compute = [class_id for subchannel, class_id in pairs if subchannel is None]
        if len(compute) > 1:
            raise UsageError("--class names more than one compute class without a subchannel")
        found = cls((compute or [recorded or _device_class(args) or DEFAULT_COMPUTE_CLASS])[0])
        for subchannel, class_id in pairs:
            if subchannel is not None:
                found.by_subchannel[subchannel] = class_id
        for class_id in (found.host, *found.by_subchannel.values()):
            tables.load(class_id)
        return found


_CLASS_OPTION = re.compile(r"(?:(?P<subchannel>[0-7])=)?(?:0x)?(?P<class_id>[0-9a-f]{1,4})", re.IGNORECASE)


def _class_option(text: str) -> tuple[int | None, int]:
    found = _CLASS_OPTION.fullmatch(text)
    if found is None:
        raise UsageError(f"--class {text!r} is not a class such as cbc0 or 4=c8b5")
    subchannel = found["subchannel"]
    return None if subchannel is None else int(subchannel), int(found["class_id"], 16)


def _device_class(args: argparse.Namespace) -> int | None:
    if args.device is None:
        return None
    from barewire.tools.device import opened

    with opened(args) as dev:
        return int(dev.facts.classes.compute)


def _recording_into(
    report: Report, recording: Recording, wanted: str | None, classes: Classes, summary: bool
) -> int:
    records = [record for record in recording.records if wanted is None or record.op == wanted]
    if wanted is not None and not records:
        known = ", ".join(record.op for record in recording.records)
        raise UsageError(f"the recording has no operation {wanted!r}", hint=f"It has: {known}.")
    report.fact("gpu", recording.gpu)
    report.fact("driver", recording.driver)
    nameless = 0
    for record in records:
        group = report.group("records", record.op)
        group.fact("op", record.op)
        group.fact("facts", record.facts)
        for segment in record.segments:
            part = group.group("segments", str(segment))
            part.fact("gpu_va", hexadecimal(segment.gpu_va, 40))
            part.fact("length_words", len(segment.words))
            part.fact("unrecorded_words", len(segment.unrecorded))
            nameless += _operations_into(part, segment.words, classes, summary)
    return nameless


def _operations_into(report: Report, words: Sequence[int | None], classes: Classes, summary: bool) -> int:
    """Add the table of operations; returns how many of its methods no table has."""
    from barewire.channel.decoder import iterate_pushbuffer, summarize

    operations = []
    problem: BadPushbuffer | None = None
    try:
        for operation in iterate_pushbuffer(words, classes=classes.by_subchannel, host_class=classes.host):
            operations.append(operation)
    except BadPushbuffer as error:
        problem = error
    if summary:
        events = report.table("events", "index", "event", "description")
        for event in summarize(operations):
            events.add(index=event.index, event=type(event).__name__, description=str(event))
    else:
        _operations_table(report, operations)
    if problem is not None:
        report.fact("problem", f"word {problem.facts.get('index', '?')}: {problem.message}")
    return sum(operation.is_unknown for operation in operations)


def _operations_table(report: Report, operations: Iterable[Operation]) -> None:
    table = report.table("operations", "index", "kind", "subchannel", "method", "name", "value", "fields")
    for operation in operations:
        table.add(
            index=operation.index,
            kind=operation.kind,
            subchannel=operation.subchannel,
            method=hexadecimal(operation.method_offset, 16),
            name=operation.name,
            value=hexadecimal(operation.value),
            fields=shown_fields(operation),
        )


def shown_fields(operation: Operation) -> dict[str, str]:
    """The parts of a value as NVIDIA names them; nothing for a value that is one undivided word."""
    if operation.method is None:
        return {}
    widths = {name: field.width for name, field in operation.method.fields.items()}
    return {name: str(value) for name, value in operation.fields.items() if widths[name] < 32}


def qmd_report(args: argparse.Namespace) -> Report:
    """The fields of one QMD that are not zero.

    Raises:
        FormatError: the file does not hold one QMD of that version.
        UsageError: no header describes that version.
    """
    from barewire.compute.qmd_decoder import decode_qmd

    words = words_of(read_input(args.file), args.file)
    view = decode_qmd(words, args.version or _device_qmd_version(args))
    report = Report()
    report.fact("version", view.version)
    report.fact("size_bytes", 4 * len(words))
    report.fact("source", view.source)
    fields = report.table("fields", "bits", "field", "value", "name")
    for name, field in view.items():
        low, high = view.bits_of(name)
        fields.add(bits=f"{high}:{low}", field=name, value=f"{field.value:#x}", name=field.name)
    addresses = report.table("addresses", "of", "gpu_va")
    for name, gpu_va in view.addresses().items():
        addresses.add(of=name, gpu_va=f"{gpu_va:#x}")
    undefined = report.table("undefined_bits", "word", "bits")
    for index, bits in view.undefined.items():
        undefined.add(word=index, bits=hexadecimal(bits))
    return report


def _device_qmd_version(args: argparse.Namespace) -> str | None:
    compute_class = _device_class(args)
    if compute_class is None:
        return None
    from barewire.regs import qmd

    return qmd.version_for(compute_class)
