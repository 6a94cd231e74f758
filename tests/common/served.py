"""A software GPU that a process of its own serves over vfio-user, for tests that open it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

START_S = 30


class Running(NamedTuple):
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    socket: Path

    @property
    def device(self) -> str:
        return f"vfio-user:{self.socket}"

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def mapped_memory_of_clients(self) -> list[str]:
        maps = Path(f"/proc/{self.process.pid}/maps").read_text()
        return [line for line in maps.splitlines() if "barewire-dma" in line]


@contextlib.contextmanager
def serving(folder: Path, *options: str) -> Iterator[Running]:
    """A server, until its end, which has to be a good one.

    Args:
        folder: of nobody else.
        options: of `barewire serve`.
    """
    folder.chmod(0o700)
    socket = folder / "gpu"
    words = [sys.executable, "-m", "barewire.tools", "serve", "--json", "--socket", str(socket), *options]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = json.loads(read_document(process))
            assert said["socket"] == str(socket)
            yield Running(process, socket)
        finally:
            process.terminate()
            assert process.wait(START_S) == 0
    assert not socket.exists()


def read_document(process: subprocess.Popen[str]) -> str:
    """The JSON that a server says once it can be reached."""
    lines = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if line.rstrip().endswith("}"):
            break
    return "".join(lines)
