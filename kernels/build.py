"""Build the cubins that barewire ships, and check that the committed ones are what the sources say.

    python -m barewire.kernels.build                 build what changed, write manifest.json
    python -m barewire.kernels.build --check         verify the committed files; and a rebuild
    python -m barewire.kernels.build --arch sm_90    one architecture only

The compiler is `nvcc` of the machine, or the one that `pip install nvidia-cuda-nvcc` brings. The same
compiler version and sources give the same bytes. Exit codes: 0 all is well, 1 something differs or does not
compile, 2 no compiler.

Facts about ELF sections of a cubin (`.nv.info.<kernel>`, attribute 0x17 EIATTR_KPARAM_INFO): a 4-byte head
(format, attribute, size), then index u32, ordinal u16, offset u16, and flags u32 with the size in bits 31:18.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from barewire.errors import CompilerMissing, FormatError

HERE = Path(__file__).resolve().parent
ARCHITECTURES = ("sm_80", "sm_86", "sm_89", "sm_90", "sm_120")
ONLY_ON = {"cluster": ("sm_90", "sm_120")}  # sources that need a chip feature
VIRTUAL = {
    "cluster": "compute_90"
}  # the PTX that all architectures of a source are assembled from; else compute_80
FLAGS = ("-cubin", "-O3", "-std=c++17", "-Xptxas=-v")
KPARAM_INFO = 0x17
INLINE_FORMATS = {1: 0, 2: 1, 3: 2}  # formats without payload: the two bytes after the head hold the value


@dataclass(frozen=True)
class Compiler:
    """An nvcc: where it is and which release ("13.0.88")."""

    path: Path
    version: str


@dataclass(frozen=True)
class Target:
    """One cubin: a source compiled for one architecture."""

    source: str
    architecture: str

    @property
    def name(self) -> str:
        """Path of the cubin under `cubin/`."""
        return f"{self.architecture}/{self.source}.cubin"

    @property
    def flags(self) -> list[str]:
        """What nvcc is called with."""
        virtual = VIRTUAL.get(self.source, "compute_80")
        return [*FLAGS, f"-gencode=arch={virtual},code={self.architecture}"]


def find_compiler() -> Compiler:
    """The nvcc to use: $BAREWIRE_NVCC, $CUDA_HOME, the PATH, /usr/local/cuda, then PyPI's package.

    Raises:
        CompilerMissing: there is none, or it does not tell its version.
    """
    for path in _compiler_candidates():
        if not path.is_file():
            continue
        answer = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=False)
        version = re.search(r"V(\d+\.\d+\.\d+)", answer.stdout)
        if version:
            return Compiler(path, version.group(1))
    raise CompilerMissing(
        "no nvcc was found",
        hint="Install the CUDA toolkit, or `pip install nvidia-cuda-nvcc`, or set BAREWIRE_NVCC.",
    )


def _compiler_candidates() -> Iterable[Path]:
    if "BAREWIRE_NVCC" in os.environ:
        yield Path(os.environ["BAREWIRE_NVCC"])
    if "CUDA_HOME" in os.environ:
        yield Path(os.environ["CUDA_HOME"], "bin", "nvcc")
    on_path = shutil.which("nvcc")
    if on_path:
        yield Path(on_path)
    yield Path("/usr/local/cuda/bin/nvcc")
    package = importlib.util.find_spec("nvidia")
    for root in (package.submodule_search_locations or ()) if package else ():
        yield from sorted(Path(root).glob("*/bin/nvcc"), reverse=True)


def sources() -> list[str]:
    """Names of the CUDA sources, without suffix."""
    return sorted(path.stem for path in (HERE / "cuda").glob("*.cu"))


def targets(architectures: Iterable[str] = ARCHITECTURES) -> list[Target]:
    """Every cubin that is to exist for these architectures."""
    return [
        Target(source, architecture)
        for architecture in architectures
        for source in sources()
        if architecture in ONLY_ON.get(source, ARCHITECTURES)
    ]


def source_digests(source: str) -> dict[str, str]:
    """SHA-256 of a source and of the headers that it includes, by path relative to this package."""
    digests: dict[str, str] = {}
    waiting = [f"cuda/{source}.cu"]
    while waiting:
        relative = waiting.pop(0)
        if relative in digests:
            continue
        data = (HERE / relative).read_bytes()
        digests[relative] = hashlib.sha256(data).hexdigest()
        included = re.findall(rb'^#include "([^"]+)"', data, re.MULTILINE)
        waiting += [f"cuda/{name.decode()}" for name in included if (HERE / "cuda" / name.decode()).exists()]
    return digests


def compile_target(compiler: Compiler, target: Target, output: Path) -> dict[str, Any]:
    """Compile one cubin to `output` and describe it as the manifest does.

    Raises:
        FormatError: the compiler refused the source; the message is its own.
    """
    command = [str(compiler.path), *target.flags, "-o", str(output), f"{target.source}.cu"]
    answer = subprocess.run(command, cwd=HERE / "cuda", capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise FormatError(f"{target.source}.cu does not compile for {target.architecture}:\n{answer.stderr}")
    data = output.read_bytes()
    usage = _resource_usage(answer.stderr)
    arguments = kernel_arguments(data)
    kernels = {
        name: {**usage[name], "arguments": [list(argument) for argument in arguments[name]]}
        for name in sorted(usage)
    }
    return {
        "source": f"cuda/{target.source}.cu",
        "flags": target.flags,
        "compiler": compiler.version,
        "source_sha256": source_digests(target.source),
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
        "kernels": kernels,
    }


def _resource_usage(log: str) -> dict[str, dict[str, int]]:
    """What ptxas -v says of each kernel: registers, static shared bytes, local bytes of its frame."""
    usage: dict[str, dict[str, int]] = {}
    pieces = re.split(r"Compiling entry function '(\w+)' for '\w+'", log)
    for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
        usage[name] = {
            "registers": _number(r"Used (\d+) registers", text),
            "static_shared_bytes": _number(r"(\d+) bytes smem", text),
            "local_bytes": _number(r"(\d+) bytes stack frame", text),
            "spill_bytes": _number(r"(\d+) bytes spill stores", text),
        }
    return dict(sorted(usage.items()))


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found.group(1)) if found else 0


def kernel_arguments(cubin: bytes) -> dict[str, list[tuple[int, int]]]:
    """The arguments of each kernel as (offset, size in bytes), in order, read from `.nv.info.<kernel>`.

    Raises:
        FormatError: not an ELF file, or a section lies outside it.
    """
    try:
        return {
            name.removeprefix(".nv.info."): _parameters(data)
            for name, data in _elf_sections(cubin)
            if name.startswith(".nv.info.")
        }
    except (struct.error, IndexError) as problem:
        raise FormatError(f"not a well-formed cubin: {problem}") from problem


def _elf_sections(data: bytes) -> list[tuple[str, bytes]]:
    if data[:5] != b"\x7fELF\x02":
        raise FormatError("not a 64-bit ELF file")
    (table_offset,) = struct.unpack_from("<Q", data, 0x28)
    entry_bytes, count, names_index = struct.unpack_from("<HHH", data, 0x3A)
    headers = [struct.unpack_from("<IIQQQQ", data, table_offset + i * entry_bytes) for i in range(count)]
    names_offset = headers[names_index][4]
    result = []
    for name, kind, _flags, _address, offset, size in headers:
        start = names_offset + name
        text = data[start : data.index(b"\0", start)].decode()
        result.append((text, b"" if kind == 8 else data[offset : offset + size]))
    return result


def _parameters(info: bytes) -> list[tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    position = 0
    while position + 4 <= len(info):
        form, attribute, size = struct.unpack_from("<BBH", info, position)
        payload = 0 if form in INLINE_FORMATS else size
        if attribute == KPARAM_INFO:
            _index, ordinal, offset, flags = struct.unpack_from("<IHHI", info, position + 4)
            found[ordinal] = (offset, flags >> 18)
        position += 4 + payload
    return [found[ordinal] for ordinal in sorted(found)]


def read_manifest() -> dict[str, Any]:
    """The committed manifest; an empty one where there is none yet."""
    path = HERE / "manifest.json"
    if not path.exists():
        return {"cubins": {}}
    manifest: dict[str, Any] = json.loads(path.read_text())
    return manifest


def write_manifest(manifest: dict[str, Any]) -> None:
    """Write the manifest with one kernel a line, in a stable order."""
    lines = ["{", ' "arguments": "[offset, size in bytes] in the parameter area, in order",', ' "cubins": {']
    cubins = manifest["cubins"]
    for index, name in enumerate(sorted(cubins)):
        entry = dict(cubins[name])
        kernels = entry.pop("kernels")
        lines.append(f'  {json.dumps(name)}: {{"about": {json.dumps(entry)},')
        lines.append('   "kernels": {')
        rows = [f"    {json.dumps(kernel)}: {json.dumps(kernels[kernel])}" for kernel in sorted(kernels)]
        lines.append(",\n".join(rows))
        lines.append("   }}" + ("," if index + 1 < len(cubins) else ""))
    lines += [" }", "}", ""]
    (HERE / "manifest.json").write_text("\n".join(lines))


def _entry(manifest: dict[str, Any], target: Target) -> dict[str, Any] | None:
    stored = manifest["cubins"].get(target.name)
    if stored is None:
        return None
    return {**stored.get("about", {}), "kernels": stored["kernels"]} if "about" in stored else stored


def _is_current(entry: dict[str, Any] | None, target: Target, compiler: Compiler) -> bool:
    """Whether the committed cubin was made by this compiler, with these flags, from these sources."""
    path = HERE / "cubin" / target.name
    return (
        entry is not None
        and path.exists()
        and entry["compiler"] == compiler.version
        and entry["flags"] == target.flags
        and entry["source_sha256"] == source_digests(target.source)
        and entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    )


def build(compiler: Compiler, wanted: list[Target], force: bool = False) -> list[str]:
    """Build the cubins that are not current and write the manifest; gives the names of those built.

    Raises:
        FormatError: a source does not compile.
    """
    manifest = read_manifest()
    entries = {target.name: _entry(manifest, target) for target in targets()}
    stale = [target for target in wanted if force or not _is_current(entries[target.name], target, compiler)]
    for target in stale:
        (HERE / "cubin" / target.name).parent.mkdir(parents=True, exist_ok=True)

    def make(target: Target) -> dict[str, Any]:
        return compile_target(compiler, target, HERE / "cubin" / target.name)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for target, entry in zip(stale, pool.map(make, stale), strict=True):
            entries[target.name] = entry
    write_manifest({"cubins": {name: entry for name, entry in entries.items() if entry is not None}})
    return [target.name for target in stale]


def differences(wanted: list[Target]) -> list[str]:
    """Where the committed files are not what the manifest says, in sentences."""
    manifest = read_manifest()
    problems = []
    for target in wanted:
        entry = _entry(manifest, target)
        path = HERE / "cubin" / target.name
        if entry is None:
            problems.append(f"{target.name} is not in the manifest")
        elif not path.exists():
            problems.append(f"{target.name} is missing")
        else:
            if hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
                problems.append(f"{target.name} is not the file that the manifest describes")
            if source_digests(target.source) != entry["source_sha256"]:
                problems.append(f"{target.name} was built from another {target.source}.cu or header")
    known = {target.name for target in targets()}
    present = {str(path.relative_to(HERE / "cubin")) for path in (HERE / "cubin").glob("*/*.cubin")}
    problems += [f"{name} has no source" for name in sorted(present - known)]
    return problems


def rebuilt_differences(compiler: Compiler, wanted: list[Target]) -> list[str]:
    """Cubins that come out differently when compiled again by `compiler`, in sentences."""
    manifest = read_manifest()
    with tempfile.TemporaryDirectory() as scratch:

        def compare(numbered: tuple[int, Target]) -> str | None:
            number, target = numbered
            made = compile_target(compiler, target, Path(scratch, f"{number}.cubin"))
            same = made == _entry(manifest, target)
            return None if same else f"{target.name} comes out differently when it is built again"

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return [problem for problem in pool.map(compare, enumerate(wanted)) if problem]


def _check(wanted: list[Target]) -> int:
    problems = differences(wanted)
    recorded = {entry["about"]["compiler"] for entry in read_manifest()["cubins"].values()}
    try:
        compiler = find_compiler()
    except CompilerMissing:
        print("no nvcc here: the rebuild was not compared")
    else:
        if recorded == {compiler.version}:
            problems += rebuilt_differences(compiler, wanted)
        else:
            print(f"nvcc {compiler.version} here, {', '.join(sorted(recorded))} in the manifest: no rebuild")
    for problem in problems:
        print(problem)
    print(f"{len(wanted)} cubins, {len(problems)} differences")
    return 1 if problems else 0


def main(arguments: list[str] | None = None) -> int:
    """The command line; gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m barewire.kernels.build", description="Build barewire's cubins."
    )
    parser.add_argument("--check", action="store_true", help="verify the committed files instead of building")
    parser.add_argument("--force", action="store_true", help="build also what is current")
    parser.add_argument("--arch", nargs="+", choices=ARCHITECTURES, default=ARCHITECTURES, help="only these")
    options = parser.parse_args(arguments)
    wanted = targets(options.arch)
    if options.check:
        return _check(wanted)
    try:
        made = build(find_compiler(), wanted, options.force)
    except CompilerMissing as problem:
        print(problem)
        return 2
    except FormatError as problem:
        print(problem)
        return 1
    for name in made:
        print(f"built {name}, {(HERE / 'cubin' / name).stat().st_size} bytes")
    print(f"{len(wanted)} cubins, {len(made)} built")
    return 0


if __name__ == "__main__":
    sys.exit(main())
