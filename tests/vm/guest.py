"""What a guest has: this very Python with NumPy, cffi and barewire, a shell, and an init that runs a program.

The guest's files are those of this process: the interpreter at the path it has here, its standard library and
the shared libraries that they load, and below /site the packages. So what is tested is what the tests beside
it test, whatever distribution this is. All modules are compiled beforehand: a guest without KVM is slow.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import marshal
import os
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from tests.vm.archive import Archive

SITE = "/site"
TOOLS = ("sh", "mount", "umount", "ls", "cat", "echo", "insmod", "rmmod", "lsmod", "dmesg", "mkdir", "ln")
TOOLS += ("reboot", "sleep", "grep", "head", "tail", "uname", "kill", "stty", "find", "chmod", "ps")

# Parts of the standard library that no guest needs: half of its bytes.
LEFT_OUT = {"test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "pydoc_data"}
LEFT_OUT |= {"site-packages", "dist-packages", "f2py", "config", "__pycache__"}
KEPT = 4  # archives of a kind: those used last
UNFINISHED_S = 3600.0  # no archive takes so long to write
UNCHECKED = (1).to_bytes(4, "little") + bytes(8)  # PEP 552: valid whatever the source's time is

INIT = """#!/bin/sh
# The guest's first program. The payload prints to the second serial port, the kernel to the first.
export PATH=/bin HOME=/ PYTHONPATH={site} PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONHASHSEED=0
export LD_LIBRARY_PATH={libraries} OPENBLAS_NUM_THREADS=1
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/shm /run /tmp
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /tmp
stty -F /dev/ttyS1 raw 2>/dev/null
exec >/dev/ttyS1 2>&1
[ ! -f /modules/wanted ] || for set in $(cat /modules/wanted); do
    [ ! -f /modules/$set ] || for module in $(cat /modules/$set); do
        insmod /modules/$module.ko || echo "guest: $module cannot be loaded"
    done
done
cd /payload
{python} /payload/main.py
echo "{end} $?"
dmesg >/dev/ttyS0
reboot -f
"""
END = "guest: the payload ended with"


def python_archive(folder: Path) -> BinaryIO:
    """The interpreter, its standard library, NumPy and cffi: made once for each version of them."""
    import cffi
    import numpy

    packages = [(each.__version__, each.__file__) for each in (numpy, cffi)]
    return _made(
        folder, "python", (sys.version, _interpreter(), repr(packages), _of_this_module()), _write_python
    )


def project_archive(folder: Path) -> BinaryIO:
    """barewire as it is installed here: made anew once a file of it has changed."""
    times = (
        f"{path}:{path.stat().st_mtime_ns}:{path.stat().st_size}"
        for _, root in _project()
        for path in _files(root)
    )
    return _made(folder, "project", (*times, _of_this_module()), _write_project)


def init_script() -> bytes:
    """The guest's /init."""
    libraries = ":".join(sorted({str(Path(path).parent) for path in _libraries(_elf_files())}))
    return INIT.format(site=SITE, libraries=libraries, python=_interpreter(), end=END).encode()


def add_shell(archive: Archive, busybox: Path) -> None:
    """The tools that /init and payloads use."""
    archive.add_file("/bin/busybox", busybox)
    for tool in TOOLS:
        archive.add_link(f"/bin/{tool}", "busybox")
    for folder in ("/proc", "/sys", "/dev", "/tmp", "/run", "/payload"):
        archive.add_folder(folder)


def _made(folder: Path, name: str, key: Iterable[str], write: Callable[[Archive], None]) -> BinaryIO:
    """A file of the cache, open; written if there is none for this key. Only the last few stay.

    Others may make and remove files of the folder meanwhile: what is open here stays whole.
    """
    digest = hashlib.sha256("\n".join(key).encode()).hexdigest()[:16]
    path = folder / f"{name}-{digest}.cpio"
    with _MAKING:
        file = _open(path)
        if file is None:
            file = _write(path, write)
    _forget_old(folder, name)
    return file


def _open(path: Path) -> BinaryIO | None:
    """A file that is used now; None if it is not there."""
    try:
        os.utime(path)
        return path.open("rb")
    except FileNotFoundError:
        return None


def _write(path: Path, write: Callable[[Archive], None]) -> BinaryIO:
    """Make an archive under another name, and give it its own once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            archive = Archive(file)
            write(archive)
            archive.close()
        made = partial.open("rb")
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
    return made


def _forget_old(folder: Path, name: str) -> None:
    """Remove archives that were not used lately, and what a process that was killed left unfinished."""
    ages: dict[Path, float] = {}
    for path in folder.glob(f"{name}-*"):
        with contextlib.suppress(FileNotFoundError):
            ages[path] = time.time() - path.stat().st_mtime
    whole = sorted((path for path in ages if path.suffix == ".cpio"), key=ages.__getitem__)
    unfinished = [path for path, age in ages.items() if path.suffix == ".partial" and age > UNFINISHED_S]
    for path in [*whole[KEPT:], *unfinished]:
        path.unlink(missing_ok=True)


def _of_this_module() -> str:
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def _interpreter() -> str:
    return str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())


def _standard_library() -> Path:
    return Path(sysconfig.get_path("stdlib", vars={"base": sys.base_prefix}))


def _packages() -> Iterator[tuple[str, Path]]:
    """Packages that barewire stands on: their place in the guest, their folder or file here."""
    import _cffi_backend
    import numpy

    for name in ("numpy", "cffi", "pycparser"):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:  # cffi may have a parser of its own
            yield f"{SITE}/{name}", Path(spec.origin).parent
    libraries = Path(numpy.__file__).parent.with_name("numpy.libs")
    if libraries.is_dir():
        yield f"{SITE}/numpy.libs", libraries
    backend = Path(_cffi_backend.__file__)
    yield f"{SITE}/{backend.name}", backend
    bundled = backend.with_name("cffi.libs")
    if bundled.is_dir():
        yield f"{SITE}/cffi.libs", bundled


def _project() -> list[tuple[str, Path]]:
    """barewire's own folders, wherever this installation has them: not all need lie in one."""
    found = []
    for name in ("barewire", "barewire.kernels", "barewire.tools"):
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.origin is not None, name
        found.append((f"{SITE}/{name.replace('.', '/')}", Path(spec.origin).parent))
    return found


def _files(root: Path) -> Iterator[Path]:
    """All files that a guest needs of a folder; a file is its own."""
    if root.is_file():
        yield root
        return
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            name for name in folders if name not in LEFT_OUT and not name.startswith(("config-", "."))
        )
        for name in sorted(names):
            if not name.endswith((".pyc", ".a", ".o", ".exe", ".partial", ".h")):
                yield Path(folder, name)


def _write_python(archive: Archive) -> None:
    archive.add_file(_interpreter(), Path(_interpreter()))
    library = _standard_library()
    _add(archive, str(library), library)
    for place, root in _packages():
        _add(archive, place, root)
    for path in _libraries(_elf_files()):
        archive.add_file(path, Path(path))


def _write_project(archive: Archive) -> None:
    for place, root in _project():
        _add(archive, place, root)


def _add(archive: Archive, place: str, root: Path) -> None:
    """A folder's files, Python's modules compiled too; sources stay, for tracebacks."""
    for path in _files(root):
        inside = place if path == root else f"{place}/{path.relative_to(root).as_posix()}"
        archive.add_file(inside, path)
        if path.suffix == ".py":
            compiled = _compiled(path, inside)
            if compiled is not None:
                folder, _, name = inside.rpartition("/")
                kept = f"{name[:-3]}.{sys.implementation.cache_tag}.pyc"
                archive.add_bytes(f"{folder}/__pycache__/{kept}", compiled)


def _compiled(path: Path, inside: str) -> bytes | None:
    """A module's code as Python keeps it; None for what is no Python of this version."""
    try:
        code = compile(path.read_bytes(), inside, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    return importlib.util.MAGIC_NUMBER + UNCHECKED + marshal.dumps(code)


def _elf_files() -> list[Path]:
    """The programs and extensions whose libraries the guest needs."""
    roots = [_standard_library(), *(root for _, root in [*_packages(), *_project()])]
    extensions = [path for root in roots for path in _files(root) if ".so" in path.suffixes]
    return [Path(_interpreter()), *extensions]


def _libraries(programs: list[Path]) -> list[str]:
    """What the loader would load for them, by absolute path, less what is in the guest anyway."""
    key = tuple(str(path) for path in programs)
    if key not in _FOUND:
        listed = subprocess.run(["ldd", *key], capture_output=True, text=True, check=False).stdout
        words = {word for line in listed.splitlines() if not line.endswith(":") for word in line.split()}
        carried = tuple(f"{root}/" for _, root in _packages())
        paths = {os.path.normpath(word) for word in words if word.startswith("/")}
        _FOUND[key] = sorted(path for path in paths if not path.startswith(carried) and os.path.isfile(path))
    return _FOUND[key]


_MAKING = threading.Lock()  # guests may be started side by side
_FOUND: dict[tuple[str, ...], list[str]] = {}
