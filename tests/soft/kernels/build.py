"""Build the cubins of this folder, and check that the committed ones are what the sources say.

    python -m tests.soft.kernels.build            build what changed, write manifest.json
    python -m tests.soft.kernels.build --check    compare the committed files with the manifest

A module is a source with its flags: most sources make one module, some a second one that the compiler treats
otherwise (fast math, no optimisation). Exit codes: 0 all is well, 1 something differs or does not compile,
2 no compiler.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from barewire.errors import CompilerMissing
from barewire.kernels.build import Compiler, find_compiler

HERE = Path(__file__).resolve().parent
MANIFEST = HERE / "manifest.json"
ARCHITECTURES = ("sm_80", "sm_90")
FLAGS = ("-cubin", "-O3", "-std=c++17")
SIZE_LIMIT_BYTES = 3 << 20


@dataclass(frozen=True)
class Variant:
    """A second module of a source: what nvcc is told besides, and where it is built."""

    source: str
    flags: tuple[str, ...]
    architectures: tuple[str, ...] = ARCHITECTURES


VARIANTS = {
    "networks_fast": Variant("networks", ("-use_fast_math",)),
    "simulation_fast": Variant("simulation", ("-use_fast_math",), ("sm_90",)),
    "graphs_plain": Variant("graphs", ("-Xptxas", "-O0"), ("sm_90",)),
    "control_plain": Variant("control", ("-Xptxas", "-O0"), ("sm_90",)),
}


@dataclass(frozen=True)
class Target:
    """One cubin: a module for one architecture."""

    module: str
    architecture: str

    @property
    def source(self) -> str:
        """The name of its source, without suffix."""
        return VARIANTS[self.module].source if self.module in VARIANTS else self.module

    @property
    def name(self) -> str:
        """Path of the cubin in this folder."""
        return f"{self.architecture}/{self.module}.cubin"

    @property
    def flags(self) -> list[str]:
        """What nvcc is called with."""
        own = VARIANTS[self.module].flags if self.module in VARIANTS else ()
        number = self.architecture.removeprefix("sm_")
        return [*FLAGS, *own, f"-gencode=arch=compute_{number},code={self.architecture}"]


def targets() -> list[Target]:
    """Every cubin that is to exist."""
    plain = [Target(path.stem, arch) for path in sorted(HERE.glob("*.cu")) for arch in ARCHITECTURES]
    return plain + [
        Target(name, arch) for name, variant in VARIANTS.items() for arch in variant.architectures
    ]


def cubin_path(module: str, architecture: str) -> Path:
    """Where the cubin of a module lies."""
    return HERE / Target(module, architecture).name


def source_digests(source: str) -> dict[str, str]:
    """SHA-256 of a source and of the headers of this folder that it includes."""
    text = (HERE / f"{source}.cu").read_text()
    names = [f"{source}.cu", *re.findall(r'^#include "([^"]+)"', text, re.MULTILINE)]
    return {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in names}


def build_target(compiler: Compiler, target: Target) -> dict[str, Any]:
    """Compile one cubin, and give its entry of the manifest.

    Raises:
        subprocess.CalledProcessError: the compiler refused it, and said why on the terminal.
    """
    output = HERE / target.name
    output.parent.mkdir(exist_ok=True)
    command = [str(compiler.path), *target.flags, "-o", str(output), f"{target.source}.cu"]
    subprocess.run(command, cwd=HERE, check=True)
    return {
        "flags": target.flags,
        "compiler": compiler.version,
        "sources": source_digests(target.source),
        "sha256": hashlib.sha256(output.read_bytes()).hexdigest(),
        "size_bytes": output.stat().st_size,
    }


def read_manifest() -> dict[str, Any]:
    """The committed manifest by path of the cubin; empty where there is none."""
    if not MANIFEST.exists():
        return {}
    entries: dict[str, Any] = json.loads(MANIFEST.read_text())
    return entries


def differences() -> list[str]:
    """Where the committed files are not what the manifest says, in sentences."""
    manifest, problems = read_manifest(), []
    for target in targets():
        entry, path = manifest.get(target.name), HERE / target.name
        if entry is None or not path.exists():
            problems.append(f"{target.name} is missing, or is not in the manifest")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
            problems.append(f"{target.name} is not the file that the manifest describes")
        elif source_digests(target.source) != entry["sources"] or target.flags != entry["flags"]:
            problems.append(f"{target.name} was built from other sources or with other flags")
    known = {target.name for target in targets()}
    present = {path.relative_to(HERE).as_posix() for path in HERE.glob("sm_*/*.cubin")}
    problems += [f"{name} has no source" for name in sorted(present - known)]
    total = sum(path.stat().st_size for path in HERE.glob("sm_*/*.cubin"))
    if total > SIZE_LIMIT_BYTES:
        problems.append(f"the cubins have {total} bytes, more than {SIZE_LIMIT_BYTES}")
    return problems


def build() -> None:
    """Compile what is not current and write the manifest."""
    compiler, manifest = find_compiler(), read_manifest()
    made = {}
    for target in targets():
        entry = manifest.get(target.name)
        current = (
            entry is not None
            and (HERE / target.name).exists()
            and entry["compiler"] == compiler.version
            and entry["flags"] == target.flags
            and entry["sources"] == source_digests(target.source)
            and entry["sha256"] == hashlib.sha256((HERE / target.name).read_bytes()).hexdigest()
        )
        if not current:
            print(target.name)
        made[target.name] = entry if current else build_target(compiler, target)
    lines = [f" {json.dumps(name)}: {json.dumps(made[name])}" for name in sorted(made)]
    MANIFEST.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main(arguments: list[str] | None = None) -> int:
    """The command line; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.soft.kernels.build")
    parser.add_argument("--check", action="store_true", help="compare instead of building")
    options = parser.parse_args(arguments)
    if not options.check:
        try:
            build()
        except CompilerMissing as problem:
            print(problem)
            return 2
        except subprocess.CalledProcessError:
            return 1
    problems = differences()
    print("\n".join([*problems, f"{len(targets())} cubins, {len(problems)} differences"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
