"""`barewire serve`: a software GPU on a socket, for QEMU and for other programs (vfio-user)."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TextIO

from barewire.errors import NoDevice, UsageError
from barewire.tools.exits import Exit
from barewire.tools.output import print_json

if TYPE_CHECKING:
    from barewire.transport.vfio_user.server import Server
    from barewire.transport.vfio_user.wire import Message

SUMMARY = "serve a software GPU on a Unix socket, for QEMU and others (vfio-user)"
CODES = (Exit.OK, Exit.FINDING, Exit.NOT_READY, Exit.DEVICE)
EXAMPLES = """\
barewire serve soft:gh100 --socket ~/gpu/s.sock
barewire serve soft:gh100 --socket ~/gpu/s.sock --once --log ~/gpu/messages.log
barewire demo --device vfio-user:$HOME/gpu/s.sock"""

SOFTWARE = "soft:"
MIB = 1 << 20
SHOWN_BYTES = 32  # of a message's data, in the log


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is served, where, and to how many."""
    parser.add_argument("served", metavar="DEVICE", nargs="?", default="soft:gh100", help="soft:gh100")
    parser.add_argument(
        "--socket",
        metavar="PATH",
        required=True,
        help="where the socket is made, in a folder that is yours alone; it is removed at the end",
    )
    parser.add_argument("--once", action="store_true", help="end when the first client leaves")
    parser.add_argument("--log", metavar="FILE", help='write down every message; "-" for standard error')
    parser.add_argument("--vram", type=int, metavar="MIB", help="video memory, in MiB (default: 81920)")
    parser.add_argument(
        "--bar1",
        type=int,
        metavar="MIB",
        help="BAR1, in MiB, a power of two (default: 131072); barewire's own clients want it as large as the "
        "video memory, guests of QEMU do not",
    )
    parser.add_argument("--bar2", type=int, metavar="MIB", help="BAR2, in MiB, a power of two")
    parser.add_argument(
        "--linear-bar1",
        action="store_true",
        help="let every client map BAR1, not only barewire's: fast, but it shows video memory as it is, "
        "whatever BAR1 is bound to",
    )
    parser.add_argument(
        "--trust-files",
        action="store_true",
        help="map memory of clients that they could shrink, and huge pages, too: a client that takes them "
        "away ends this program",
    )


def run(args: argparse.Namespace) -> Exit:
    """Serve until interrupted or terminated, or until the only client left."""
    from barewire.transport.served_soft import SoftServed
    from barewire.transport.vfio_user.server import Server
    from barewire.transport.vfio_user.session import Limits

    device = args.served if args.device is None else args.device
    if not device.startswith(SOFTWARE):
        raise NoDevice(f"{device!r} cannot be served", hint="What can be is soft:gh100.", device=device)
    options = {"chip": device.removeprefix(SOFTWARE), **_sizes(args)}
    with _log(args.log) as log:
        served = SoftServed.open(options, linear_bar1=args.linear_bar1)
        try:
            limits = Limits(trust_files=args.trust_files)
            with Server(served, Path(args.socket), limits=limits, watch=log) as server:
                _say(args, server, device)
                with _until_signal(server):
                    server.serve(1 if args.once else None)
        finally:
            served.close()
    return _tell(server, served.defects())


def _sizes(args: argparse.Namespace) -> dict[str, int]:
    given = {"vram_bytes": args.vram, "bar1_bytes": args.bar1, "bar2_bytes": args.bar2}
    for name, mebibytes in given.items():
        if mebibytes is not None and mebibytes <= 0:
            raise UsageError(f"{mebibytes} MiB cannot be had", option=name)
    return {name: value * MIB for name, value in given.items() if value is not None}


def _say(args: argparse.Namespace, server: Server, device: str) -> None:
    """Say that clients may come; who started this waits for that line."""
    path = server.path.absolute()
    if args.json:
        print_json({"serving": device, "socket": str(path), "pid": os.getpid()})
    else:
        print(f"{device} is served at {path}; open it as vfio-user:{path}, end with Ctrl-C")
    sys.stdout.flush()


def _tell(server: Server, defects: list[str]) -> Exit:
    """Say what went wrong, if anything."""
    wrong = [*defects, *(f"{type(each).__name__}: {each}" for each in server.defects)]
    for text in wrong:
        print(f"barewire: {text}", file=sys.stderr)
    return Exit.FINDING if wrong else Exit.OK


@contextmanager
def _until_signal(server: Server) -> Iterator[None]:
    """SIGTERM and SIGINT end the serving, which is no error."""

    def end(number: int, frame: FrameType | None) -> None:
        threading.Thread(target=server.close, daemon=True).start()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Log:
    """Writes messages down, a line each."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, way: str, message: Message) -> None:
        from barewire.transport.vfio_user.protocol import ERROR, command_name

        header = message.header
        shown = message.payload[:SHOWN_BYTES].hex(" ", 4)
        more = " ..." if len(message.payload) > SHOWN_BYTES else ""
        error = f" errno {header.error}" if header.flags & ERROR else ""
        fds = f" +{len(message.fds)} descriptors" if message.fds else ""
        name = command_name(header.command)
        self._stream.write(f"{way} {header.message_id:5} {name}{error}{fds} {shown}{more}\n")


@contextmanager
def _log(path: str | None) -> Iterator[_Log | None]:
    """Where messages are written down; None for nowhere.

    Raises:
        UsageError: nothing can be written there.
    """
    if path is None:
        yield None
    elif path == "-":
        yield _Log(sys.stderr)
    else:
        with ExitStack() as closing:
            try:
                stream = closing.enter_context(Path(path).open("w", encoding="utf-8"))
            except OSError as error:
                raise UsageError(f"{path} cannot be written: {error.strerror}", option="--log") from error
            yield _Log(stream)
