"""Where `barewire vm` finds page tables: in an address space of a device, or at a root that is named.

Nothing of the device is changed but by buffers that were asked for, which are mapped while one looks.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from barewire.errors import UsageError
from barewire.tools import device, vm_words
from barewire.tools.vm_words import Buffer

if TYPE_CHECKING:
    from barewire.device.regions import Region
    from barewire.memory.compare import Comparison
    from barewire.memory.formats import PageTableFormat, TablePointer
    from barewire.memory.tree import Table
    from barewire.memory.walker import Walk

IMAGE = "image:"
SPACES = ("device", "own", "rm")


@dataclass
class Source:
    """Page tables that can be looked at.

    Attributes:
        name: the device string or file.
        gpu: what it is the memory of, in words.
        form: what the tables look like.
        root: where the first directory is.
        regions: what is mapped, by name, in the order of addresses.
        walk, tree: as those of an address space.
        compare: the tables with what our builder makes; None where nobody knows what should be mapped.
        problems: what could not be read, in sentences.
    """

    name: str
    gpu: str
    form: PageTableFormat
    root: TablePointer
    walk: Callable[[int], Walk]
    tree: Callable[[int | None, int | None], Table]
    regions: list[Region] = field(default_factory=list)
    compare: Callable[[], Comparison] | None = None
    problems: list[str] = field(default_factory=list)


def add_options(parser: argparse.ArgumentParser, roots: bool = True) -> None:
    """Which tables.

    Args:
        roots: whether any root will do, or only an address space whose mappings are known.
    """
    parser.add_argument(
        "--space", choices=SPACES, default="device",
        help="the device's own address space (the default), or a fresh one with page tables of ours (own) or "
        "of the resource manager's making (rm)",
    )  # fmt: skip
    parser.add_argument(
        "--map", dest="buffers", action="append", default=[], metavar="BUFFER",
        help=f"map a buffer meanwhile, to look at its entries: {vm_words.BUFFER}",
    )  # fmt: skip
    if roots:
        parser.add_argument(
            "--root", metavar="video:ADDRESS",
            help="any page directory in the memory of a device with a bus, which is not booted for it; or "
            f"in a file: --device {IMAGE}FILE[@ADDRESS]",
        )  # fmt: skip
        parser.add_argument(
            "--format", dest="family", metavar="FAMILY",
            help="with --root: turing, ampere, ada, hopper or blackwell (default: what the GPU is)",
        )  # fmt: skip
        parser.add_argument("--booted", action="store_true", help="with --root: boot the GPU first")


@contextlib.contextmanager
def opened(args: argparse.Namespace) -> Iterator[Source]:
    """The tables that a command line asks for, closed again in every case.

    Raises:
        NoDevice, PermissionMissing: there is no such device, or it does not show its tables.
        UsageError: the options do not go together, or the device has no such tables.
    """
    buffers = [vm_words.buffer(text) for text in args.buffers]
    if getattr(args, "root", None) is None:
        _refuse(args, "--root", "family", "booted")
        if (args.device or "").startswith(IMAGE):
            raise UsageError(
                "a file has no address space of its own", hint="Name a root: --root video:ADDRESS."
            )
        opener = _space(args, buffers)
    else:
        if buffers or args.space != "device":
            raise UsageError("--map and --space are of an address space, and --root of any tables")
        from barewire.tools.vm_root import at_root

        opener = at_root(args)
    with opener as source:
        yield source


def _refuse(args: argparse.Namespace, needed: str, *names: str) -> None:
    for name in names:
        if getattr(args, name, None):
            raise UsageError(f"--{'format' if name == 'family' else name} goes with {needed}")


# An address space


@contextlib.contextmanager
def _space(args: argparse.Namespace, buffers: list[Buffer]) -> Iterator[Source]:
    """An address space of an open device, with buffers in it."""
    with device.opened(args) as dev, contextlib.ExitStack() as undo:
        space = dev.space
        if args.space != "device":
            space = dev.address_space(tables=args.space)
            undo.callback(space.close)
        names = {_map(dev, space, wanted, undo): f"buffer {index}" for index, wanted in enumerate(buffers)}
        yield of_space(dev, space, names)


def of_space(dev: Any, space: Any = None, names: Mapping[int, str] | None = None) -> Source:
    """The tables of an address space of an open device.

    Args:
        space: None for the device's own.
        names: of what is mapped at some addresses, in place of what the driver calls it.
    """
    from barewire.device.regions import regions_of

    chosen = dev.space if space is None else space
    given = names or {}
    regions = [
        region._replace(name=given.get(region.gpu_va, region.name)) for region in regions_of(dev, chosen)
    ]
    return Source(
        name=dev.name,
        gpu=dev.facts.name,
        form=chosen.format,
        root=chosen.root,
        walk=chosen.walk,
        tree=lambda start, end: chosen.tree(*_given(chosen, start, end)),
        regions=regions,
        compare=chosen.compare,
    )


def _given(space: Any, start: int | None, end: int | None) -> tuple[int, int]:
    """A range of addresses: the space's own where none was given."""
    own = space.addresses
    return own.start if start is None else start, own.end if end is None else end


def _map(dev: Any, space: Any, wanted: Buffer, undo: contextlib.ExitStack) -> int:
    """Map a buffer until `undo` is closed; returns its address."""
    options = _entry_options(wanted)
    if options and not hasattr(space, "tables"):
        raise UsageError(
            f"{wanted.text!r} asks for what the resource manager's own page tables are not asked for here",
            hint="Take page tables of ours: --space own.",
        )
    page_bytes = wanted.page_size_bytes
    if wanted.sparse:
        at: int = space.map_sparse(wanted.size_bytes, wanted.gpu_va, page_bytes)
        undo.callback(space.unmap, at)
        return at
    memory = _memory(dev, wanted)
    undo.callback(memory.close)
    options |= {"read_only": wanted.read_only, "page_size_bytes": page_bytes}
    at = space.map(memory, wanted.gpu_va, **options)
    undo.callback(space.unmap, at)
    return at


def _memory(dev: Any, wanted: Buffer) -> Any:
    """Memory for a buffer, in pages as large as it asks for."""
    page_bytes = wanted.page_size_bytes
    if wanted.aperture == "video":
        return dev.rm.video_memory(wanted.size_bytes, page_size_bytes=page_bytes)
    ours = getattr(getattr(dev.rm, "memory", None), "host_memory", None)
    if ours is not None and page_bytes is not None and page_bytes > vm_words.PAGE_BYTES:
        return ours(wanted.size_bytes, page_size_bytes=page_bytes, contiguous=True)
    return dev.rm.host_memory(wanted.size_bytes, page_size_bytes=page_bytes)


def _entry_options(wanted: Buffer) -> dict[str, Any]:
    """What a buffer's entries are to say besides what is usual, as `AddressSpace.map` takes it."""
    options: dict[str, Any] = {flag: True for flag in ("privileged", "volatile") if flag in wanted.flags}
    if "noatomics" in wanted.flags:
        options["atomics"] = False
    if wanted.kind is not None:
        options["kind"] = wanted.kind
    return options
