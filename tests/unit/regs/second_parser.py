"""A second reading of NVIDIA's headers, by a C compiler.

The importer has its own tokenizer and its own arithmetic. This module has neither: gcc's preprocessor
finds the macros and expands them, and a compiled program evaluates each one. A bit range `hi:lo` becomes
two numbers by the ternary that NVIDIA's own DRF macros use (`1 ? hi:lo` is hi, `0 ? hi:lo` is lo); an array
is called with a few indices; offsets of structure members come from the compiler. It shares no code with
scripts/import_tables.py.

A fact is a line of text, so that two readings compare as sets and a digest is a hash over sorted lines:

    NV_PMC_BOOT_0 = 0                        a number
    NV_PMC_BOOT_0_MINOR_REVISION = 3:0       a range
    NV_PGSP_QUEUE_HEAD(2) = 1117200          an element of an array
    Nvc86fControl.GPPut = 140                a member's byte offset

As a program it reads the fetched headers and writes digests.json, which tests hold the tables to when there
are no headers:

    scripts/import_tables.py --fetch-headers && python tests/unit/regs/second_parser.py
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

# Elements of an array that are compared, by the number of its indices.
PROBES: dict[int, tuple[tuple[int, ...], ...]] = {
    0: ((),),
    1: ((0,), (1,), (2,), (7,)),
    2: ((0, 0), (1, 0), (0, 1), (2, 3)),
    3: ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2, 3, 1)),
}

# Predicates over page kinds are C, not facts of a layout.
PREDICATES = re.compile(r"(PTE)?KIND_\w+\(")

COMPILER = shutil.which("gcc")
_GCC_E = ("gcc", "-w", "-E", "-P", "-undef", "-nostdinc", "-x", "c", "-")


class CompilerFailed(Exception):
    """gcc did not do what this reading needs."""


def _run(command: Iterable[str], text: str) -> str:
    done = subprocess.run(list(command), input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CompilerFailed(done.stderr[:2000])
    return done.stdout


def _only_code(text: str, path: str) -> str:
    """A header without its includes; of a manual only the lines that define something."""
    lines = text.replace("\\\n", " ").split("\n")
    if path.endswith(".txt"):
        lines = [line for line in lines if line.startswith("#define")]
    return "\n".join(line for line in lines if not line.lstrip().startswith("#include"))


def _macros(code: str) -> list[tuple[str, int]]:
    """(name, number of parameters) of everything that is defined with a body."""
    found = []
    for line in _run((*_GCC_E, "-dM"), code).splitlines():
        head = line.removeprefix("#define ")
        name = head[: next((i for i, c in enumerate(head) if not (c.isalnum() or c == "_")), len(head))]
        rest = head[len(name) :]
        arity = 0
        if rest.startswith("("):
            inside, _, rest = rest[1:].partition(")")
            arity = inside.count(",") + 1
        if rest.strip() and name not in _BUILT_IN:
            found.append((name, arity))
    return found


_BUILT_IN = ("__STDC__", "__STDC_VERSION__", "__STDC_HOSTED__", "__STDC_UTF_16__", "__STDC_UTF_32__")


def _is_range(expansion: str) -> bool:
    """Whether a colon stands outside all brackets."""
    depth = 0
    for character in expansion:
        depth += (character == "(") - (character == ")")
        if character == ":" and depth == 0:
            return True
    return False


def read_headers(headers: Mapping[str, bytes]) -> dict[str, set[str]]:
    """The facts of headers that belong together.

    Args:
        headers: "OGKM:path" -> content, in order of precedence: where two headers define a name that a third
            one uses, the first counts.

    Returns:
        header -> its facts.
    """
    codes = {name: _only_code(data.decode("utf-8", "replace"), name) for name, data in headers.items()}
    probes: list[tuple[str, str]] = []  # (header, call) by number
    parts = ["#define MW(x) x"]
    for code in reversed(codes.values()):
        parts.append(_without_guard(code))
    for name, code in codes.items():
        parts.append(_without_guard(code))
        for macro, arity in _macros(_without_guard(code)):
            for indices in PROBES[arity]:
                call = f"{macro}({', '.join(map(str, indices))})" if arity else macro
                parts.append(f"@@{len(probes)}@ {call}")
                probes.append((name, call))
    expanded = re.findall(r"^@@(\d+)@(.*)$", _run(_GCC_E, "\n".join(parts)), re.MULTILINE)
    expressions = {int(number): text.strip() for number, text in expanded}
    facts: dict[str, set[str]] = {name: set() for name in headers}
    for number, value in _evaluate(expressions).items():
        header, call = probes[number]
        if not PREDICATES.match(call):
            facts[header].add(f"{call} = {value}")
    for name, code in codes.items():
        facts[name] |= _members(code)
    return facts


def _without_guard(code: str) -> str:
    """The code with conditionals removed, so that it can be read twice."""
    conditional = re.compile(r"\s*#\s*(if|ifn?def|else|endif)\b")
    return "\n".join(line for line in code.split("\n") if not conditional.match(line))


def _evaluate(expressions: Mapping[int, str]) -> dict[int, str]:
    """The values of expressions; what does not compile is left out."""
    bodies: dict[int, str] = {}
    for number, text in expressions.items():
        if not text or '"' in text or "{" in text or re.search(r"(?<!\w)[A-Za-z_]", text):
            continue  # strings, initialisers, and names that nothing defines
        if _is_range(text):
            bodies[number] = f"{{{number}, 1, (1 ? {text}), (0 ? {text})}},"
        else:
            bodies[number] = f"{{{number}, 0, ({text}), 0}},"
    head = "static const struct { int number, range; long long high, low; } facts[] = {"
    tail = "{-1, 0, 0, 0}};"
    broken = subprocess.run(
        ["gcc", "-w", "-fsyntax-only", "-fmax-errors=0", "-x", "c", "-"],
        input="\n".join([head, *bodies.values(), tail]),
        capture_output=True,
        text=True,
        check=False,
    ).stderr
    numbers = list(bodies)
    for line in set(re.findall(r"^<stdin>:(\d+):\d+: error", broken, re.MULTILINE)):
        if 2 <= int(line) <= len(numbers) + 1:
            del bodies[numbers[int(line) - 2]]
    program = "\n".join(
        [
            "#include <stdio.h>",
            head,
            *bodies.values(),
            tail,
            "int main(void) { for (int i = 0; facts[i].number >= 0; i++) {",
            'printf("%d %lld", facts[i].number, facts[i].high);',
            'if (facts[i].range) printf(":%lld", facts[i].low); puts(""); } return 0; }',
        ]
    )
    return dict(_pairs(_compile_and_run(program)))


def _pairs(output: str) -> Iterable[tuple[int, str]]:
    for line in output.splitlines():
        number, _, value = line.partition(" ")
        yield int(number), value


def _compile_and_run(program: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "facts"
        _run(("gcc", "-w", "-O0", "-x", "c", "-", "-o", str(binary)), program)
        return _run((str(binary),), "")


def _members(code: str) -> set[str]:
    """Byte offsets of the members of a header's ...Control structure, and its size."""
    structure = re.compile(
        r"^typedef\s+volatile\s+struct\s+\w+\s*\{.*?\}\s*(\w+Control)\b.*?;", re.DOTALL | re.MULTILINE
    )
    found = structure.search(code)
    if found is None:
        return set()
    name = found[1]
    members = [m for m in re.findall(r"NvU32\s+(\w+)\s*[;\[]", found[0]) if not m.startswith("Ignored")]
    lines = ["#include <stdio.h>", "#include <stddef.h>", "typedef unsigned int NvU32;", found[0]]
    lines += ["int main(void) {"]
    lines += [f'printf("{name}.{m} = %zu\\n", offsetof({name}, {m}));' for m in members]
    lines += [f'printf("sizeof {name} = %zu\\n", sizeof({name})); return 0; }}']
    return set(_compile_and_run("\n".join(lines)).splitlines())


def digest(facts: Iterable[str]) -> str:
    """A hash over facts, whatever their order."""
    return hashlib.sha256("\n".join(sorted(facts)).encode()).hexdigest()


def groups(cache: Path) -> list[list[str]]:
    """Headers that are read together: those of a chip, from both sources; every other one alone.

    Args:
        cache: the folder that scripts/import_tables.py --fetch-headers fills: <source>/<path>.
    """
    chips: dict[str, list[str]] = {}
    for path in sorted(path for path in cache.glob("*/**/*") if path.is_file()):
        source, *parts = path.relative_to(cache).parts
        chip = parts[-2] if "published" in parts[:-2] or parts[0] == "manuals" else str(path)
        chips.setdefault(chip, []).append(f"{source}:{'/'.join(parts)}")
    return list(chips.values())


def read_cache(cache: Path) -> dict[str, set[str]]:
    """header -> facts, for every header in the cache that has any."""
    facts: dict[str, set[str]] = {}
    for group in groups(cache):
        facts.update(read_headers({name: (cache / name.replace(":", "/", 1)).read_bytes() for name in group}))
    return {name: found for name, found in facts.items() if found}


def digests(facts: Mapping[str, set[str]]) -> dict[str, list[int | str]]:
    """header -> [number of facts, digest]."""
    return {name: [len(found), digest(found)] for name, found in sorted(facts.items())}


if __name__ == "__main__":
    import json
    import sys

    here = Path(__file__).resolve()
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else here.parents[3] / ".cache" / "headers"
    rows = [f"{json.dumps(name)}: {json.dumps(row)}" for name, row in digests(read_cache(folder)).items()]
    (here.parent / "digests.json").write_text("{\n" + ",\n".join(rows) + "\n}\n")
    print(f"digests of {len(rows)} headers")
