"""PTX to cubin with NVIDIA's assembler, wherever it is installed; results are kept.

The cache stands under $BAREWIRE_CACHE, else $XDG_CACHE_HOME/barewire, else ~/.cache/barewire. An entry's name
is the SHA-256 of the PTX, the target and the assembler's version; its first 32 bytes are the SHA-256 of the
rest, so that a damaged one is noticed and made anew.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from barewire.compute.target import Target
from barewire.errors import BadCubin, CompilerMissing, WrongArchitecture

PACKAGE_PLACES = (
    "cu13/bin/ptxas",
    "cuda_nvcc/bin/ptxas",
)  # of PyPI's nvidia-cuda-nvcc 13 and nvidia-cuda-nvcc-cu12
TOOLKIT_PLACES = ("/usr/local/cuda/bin/ptxas", "/opt/cuda/bin/ptxas")
TIMEOUT_S = 600.0
MESSAGE_CHARACTERS = 4000

_DIGEST_BYTES = 32
_VERSION_LINE = re.compile(r"^\s*\.version\s+\d+\.\d+", re.MULTILINE)
_TARGET_LINE = re.compile(r"^\s*\.target\s+sm_(\w+)", re.MULTILINE)


def is_ptx(data: bytes) -> bool:
    """Whether the bytes are PTX: text with a .version directive. Fatbins end it with zero bytes."""
    text = data.rstrip(b"\0")
    if b".version" not in text or b"\0" in text:
        return False
    try:
        return _VERSION_LINE.search(text.decode("utf-8")) is not None
    except UnicodeDecodeError:
        return False


def assemble(ptx: bytes, sm_version: int, target: Target | None = None) -> bytes:
    """The cubin for a chip of compute capability `sm_version`.

    Args:
        target: what the PTX was written for; read from its .target line when not given.

    Raises:
        BadCubin: it is not PTX, or ptxas rejects it; its message is part of ours.
        WrongArchitecture: the PTX is for newer chips, or for another chip alone.
        CompilerMissing: there is no ptxas, or it does not start.
    """
    ptx = ptx.rstrip(b"\0")
    if not is_ptx(ptx):
        raise BadCubin("not PTX: there is no .version directive", size_bytes=len(ptx))
    target = target or _target_of(ptx.decode("utf-8"))
    if not target.assembles_for(sm_version):
        raise WrongArchitecture(
            f"the PTX is for compute_{target} and the chip is sm_{sm_version}",
            found=str(target),
            expected=sm_version,
        )
    assembler = find_ptxas()
    architecture = f"sm_{sm_version}{target.suffix}"
    key = hashlib.sha256(b"\0".join((ptx, architecture.encode(), _version(assembler).encode()))).hexdigest()
    entry = _cache_directory() / "ptx" / f"{key}.cubin"
    cubin = _read_entry(entry)
    if cubin is None:
        cubin = _run(assembler, ptx, architecture)
        _write_entry(entry, cubin)
    return cubin


def _target_of(text: str) -> Target:
    match = _TARGET_LINE.search(text)
    target = Target.parse(match[1]) if match else None
    if target is None:
        raise BadCubin(
            "the PTX has no .target directive that names a chip", found=match[1] if match else "none"
        )
    return target


def find_ptxas() -> str:
    """The assembler's path: from PATH, $CUDA_HOME or $CUDA_PATH, a PyPI package, or the usual places.

    Raises:
        CompilerMissing: it is in none of them.
    """
    on_path = shutil.which("ptxas")
    if on_path:
        return on_path
    places = [
        Path(os.environ[name], "bin", "ptxas") for name in ("CUDA_HOME", "CUDA_PATH") if os.environ.get(name)
    ]
    package = importlib.util.find_spec("nvidia")
    for root in (package.submodule_search_locations or ()) if package else ():
        places += [Path(root, place) for place in PACKAGE_PLACES]
    places += [Path(place) for place in TOOLKIT_PLACES]
    for place in places:
        if os.access(place, os.X_OK):
            return str(place)
    raise CompilerMissing(
        "PTX needs NVIDIA's assembler, ptxas, and there is none",
        hint="`pip install nvidia-cuda-nvcc`, put a CUDA toolkit's bin directory on PATH, or load a cubin.",
    )


@functools.lru_cache(maxsize=4)
def _version(assembler: str) -> str:
    return _call([assembler, "--version"]).stdout


def _call(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CompilerMissing(f"ptxas does not run: {error}", path=command[0]) from error


def _run(assembler: str, ptx: bytes, architecture: str) -> bytes:
    try:
        with tempfile.TemporaryDirectory(prefix="barewire-ptx-") as directory:
            source, product = Path(directory, "kernel.ptx"), Path(directory, "kernel.cubin")
            source.write_bytes(ptx)
            done = _call([assembler, f"-arch={architecture}", str(source), "-o", str(product)])
            if done.returncode:
                message = (done.stderr or done.stdout).replace(f"{directory}/", "").strip()
                raise BadCubin(
                    f"ptxas rejects the PTX:\n{message[:MESSAGE_CHARACTERS]}",
                    architecture=architecture,
                    exit_code=done.returncode,
                )
            return product.read_bytes()
    except OSError as error:
        raise CompilerMissing(f"ptxas left no result: {error}", path=assembler) from error


def _cache_directory() -> Path:
    own = os.environ.get("BAREWIRE_CACHE")
    if own:
        return Path(own)
    general = os.environ.get("XDG_CACHE_HOME")
    return Path(general) / "barewire" if general else Path("~/.cache/barewire").expanduser()


def _read_entry(entry: Path) -> bytes | None:
    """A kept cubin, or None where there is none or its digest does not fit."""
    try:
        content = entry.read_bytes()
    except OSError:
        return None
    digest, cubin = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    return cubin if hashlib.sha256(cubin).digest() == digest else None


def _write_entry(entry: Path, cubin: bytes) -> None:
    """Keep a cubin; others see the whole entry or none. A cache that cannot be written is no error."""
    with contextlib.suppress(OSError):
        entry.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=entry.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(cubin).digest() + cubin)
            os.replace(temporary, entry)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
