"""CUDA's side: builds cuda_reference.cu with nvcc, and talks to the program line by line."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

HERE = Path(__file__).parent
BUILD_TIMEOUT_S = 120.0


class ReferenceFailed(Exception):
    """CUDA's side could not be built, did not answer, or reported an error."""


def build(directory: Path, compiler: str | None = None) -> Path:
    """Compile cuda_reference.cu into `directory`; returns the program.

    Raises:
        ReferenceFailed: there is no nvcc, or it failed.
    """
    nvcc = compiler or shutil.which("nvcc") or shutil.which("/usr/local/cuda/bin/nvcc")
    if nvcc is None:
        raise ReferenceFailed("nvcc is not installed, so there is no CUDA program to compare with")
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / "cuda_reference"
    command = [
        nvcc,
        "-O3",
        "-arch=sm_90",
        "-std=c++17",
        "-o",
        str(program),
        str(HERE / "cuda_reference.cu"),
        "-ldl",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ReferenceFailed(f"nvcc did not run: {error}") from None
    if done.returncode != 0:
        raise ReferenceFailed(f"nvcc failed: {(done.stderr or done.stdout).strip()}")
    return program


class CudaReference:
    """The running program. One command, one reply; `hello` is what it said of itself at the start."""

    def __init__(self, program: Path, cubin: Path) -> None:
        self._process = subprocess.Popen(
            [str(program), "serve", str(cubin)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.hello = self._reply("hello")

    def __enter__(self) -> CudaReference:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(self, *words: object) -> dict[str, Any]:
        """Send one command and return its reply.

        Raises:
            ReferenceFailed: CUDA reported an error, or an output word was wrong.
        """
        command = " ".join(str(word) for word in words)
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(command + "\n")
                self._process.stdin.flush()
        except OSError:
            raise ReferenceFailed(f"the CUDA program has ended without an answer to: {command}") from None
        return self._reply(command)

    def close(self) -> None:
        """End the program: a polite word first."""
        if self._process.poll() is None and self._process.stdin is not None:
            try:
                self._process.stdin.write("quit\n")
                self._process.stdin.flush()
                self._process.wait(timeout=10)
            except (OSError, subprocess.TimeoutExpired):
                self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _reply(self, command: str) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise ReferenceFailed(f"the CUDA program has ended without an answer to: {command}")
        reply = _parse(line, command)
        if reply.get("wrong"):
            raise ReferenceFailed(f"{command}: {reply['wrong']} output words are wrong")
        return reply


def first_result(program: Path, cubin: Path) -> dict[str, Any]:
    """Start the program for one kernel; seconds count from just before the process is started.

    Raises:
        ReferenceFailed: it failed.
    """
    start_ns = time.monotonic_ns()
    done = subprocess.run(
        [str(program), "first-result", str(cubin), str(start_ns)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    reply = _parse(done.stdout, "first-result")
    if reply.get("wrong"):
        raise ReferenceFailed("first-result: the output is wrong")
    return reply


def _parse(line: str, command: str) -> dict[str, Any]:
    try:
        reply = json.loads(line)
    except ValueError:
        raise ReferenceFailed(f"{command}: not a reply: {line[:200]!r}") from None
    if not isinstance(reply, dict) or "error" in reply:
        raise ReferenceFailed(f"{command}: {reply.get('error') if isinstance(reply, dict) else reply}")
    return reply
