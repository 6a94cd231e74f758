"""The layers: who may know whom.

The source is read as text (ast), never imported. Every import counts wherever it stands: at the top of a
module, inside a function, relative, under TYPE_CHECKING, by `importlib.import_module("...")` or
`__import__("...")`, and as the name of a module in a table of lazy imports. Each rule is tried on planted
violations too, so that it is known to bite.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"driver": "barewire", "kernels": "barewire.kernels", "tools": "barewire.tools"}
IMPORT_CALLS = {"import_module", "__import__"}

# What a user may name: barewire itself, its errors, and what barewire/__init__.py lists in __all__.
PUBLIC_MODULES = {"barewire", "barewire.errors"}
THIRD_PARTY_OF_THE_DRIVER = {"numpy", "cffi", "_cffi_backend"}
# Built by setup.py at install time.
EXTENSIONS = {"barewire.native._native", "barewire.softgpu.sm._sm"}


@dataclass(frozen=True)
class Import:
    """One module that names another: the full name, the line, and whether only a type checker follows it."""

    target: str
    line: int
    for_types_only: bool = False
    at_top: bool = False


@dataclass
class Module:
    name: str
    path: str
    tree: ast.Module
    imports: list[Import] = field(default_factory=list)

    @property
    def unit(self) -> str:
        """The part of the driver it belongs to: `barewire.rm.ioctl` is of unit `rm`."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else ""

    @property
    def of_driver(self) -> bool:
        return self.unit not in ("kernels", "tools")


def unit_of(target: str) -> str:
    parts = target.split(".")
    return parts[1] if parts[0] == "barewire" and len(parts) > 1 else ""


def read_sources(root: Path = ROOT) -> dict[str, str]:
    """Every Python file of the three packages, by its path relative to the root."""
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for top in PACKAGES
        for path in sorted((root / top).rglob("*.py"))
    }


def module_name(path: str) -> str:
    top, *rest = path.removesuffix(".py").split("/")
    parts = [PACKAGES[top], *rest]
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)


def parse(sources: dict[str, str]) -> list[Module]:
    modules = [Module(module_name(path), path, ast.parse(text, path)) for path, text in sources.items()]
    names = {module.name for module in modules} | EXTENSIONS
    for module in modules:
        module.imports = list(imports_of(module, names))
    return modules


def imports_of(module: Module, names: set[str]) -> Iterator[Import]:
    for_types = {
        id(inner)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    inside = {
        id(inner)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
    }
    for node in ast.walk(module.tree):
        for target in targets_of(node, module, names):
            yield Import(target, node.lineno, id(node) in for_types, id(node) not in inside)


def targets_of(node: ast.AST, module: Module, names: set[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name
    elif isinstance(node, ast.ImportFrom):
        base = absolute(node, module)
        for alias in node.names:
            whole = f"{base}.{alias.name}"
            yield whole if whole in names else base
    elif isinstance(node, ast.Call) and called(node) in IMPORT_CALLS and node.args:
        first = node.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value
    elif (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names - {"barewire"}
    ):
        yield node.value


def absolute(node: ast.ImportFrom, module: Module) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    if not module.path.endswith("__init__.py"):
        parts.pop()
    parts = parts[: len(parts) - (node.level - 1)]
    return ".".join([*parts, node.module] if node.module else parts)


def called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


# The rules. Each gives (line, what is wrong) for one module.
Finding = tuple[int, str]
Rule = Callable[[Module], Iterator[Finding]]


def never(module: Module, *units: str) -> Iterator[Finding]:
    for one in module.imports:
        if unit_of(one.target) in units:
            yield one.line, f"imports {one.target}"


def transport_knows_no_register(module: Module) -> Iterator[Finding]:
    if module.unit == "transport":
        yield from never(module, "regs", "chip")


def registers_know_no_transport(module: Module) -> Iterator[Finding]:
    if module.unit == "regs":
        for one in module.imports:
            if one.target.startswith("barewire.") and unit_of(one.target) not in ("regs", "errors", "show"):
                yield one.line, f"imports {one.target}"


def displays_see_only_what_they_are_given(module: Module) -> Iterator[Finding]:
    """What draws objects for notebooks loads nothing of barewire, and names types of the driver alone.

    It stands below everything: any object may show itself by it. The software GPU and the tools are not the
    driver's objects, and a bus would be a way to the device.
    """
    if module.unit != "show":
        return
    for one in module.imports:
        if one.target.split(".")[0] != "barewire" or unit_of(one.target) in ("show", "errors"):
            continue
        if not one.for_types_only or unit_of(one.target) in (*NEVER_SHOWN, ""):
            yield one.line, f"imports {one.target}"


NEVER_SHOWN = ("softgpu", "tools", "kernels", "transport", "native")


def machine_code_is_a_table(module: Module) -> Iterator[Finding]:
    """What decodes machine code knows nothing of drivers, files or devices."""
    if module.unit == "sass":
        for one in module.imports:
            if one.target.startswith("barewire") and unit_of(one.target) not in ("sass", "errors"):
                yield one.line, f"imports {one.target}"


BACKENDS = ("rm", "transport", "pci", "falcon", "fsp", "gsp", "softgpu")


def submission_knows_no_backend(module: Module) -> Iterator[Finding]:
    if module.unit in ("channel", "compute", "copy", "fault", "chip"):
        yield from never(module, *BACKENDS)


def submission_knows_the_device_only_by_type(module: Module) -> Iterator[Finding]:
    if module.unit in (
        "channel",
        "compute",
        "copy",
        "fault",
        "chip",
        "memory",
        "native",
        "regs",
        "rm",
        "transport",
    ):
        for one in module.imports:
            if unit_of(one.target) == "device" and not one.for_types_only:
                yield one.line, f"imports {one.target}"


def only_device_composes(module: Module) -> Iterator[Finding]:
    if not module.of_driver or module.unit in ("device", ""):
        return
    for one in module.imports:
        unit = unit_of(one.target)
        # The bus is a protocol: what is given one may say so in its types.
        said_in_types = one.for_types_only and one.target == "barewire.transport.bus"
        if unit in ("rm", "transport") and unit != module.unit and not said_in_types:
            yield one.line, f"imports {one.target}"


def driver_knows_no_tool_and_no_kernel(module: Module) -> Iterator[Finding]:
    if module.of_driver:
        yield from never(module, "tools", "kernels")


def driver_never_prints(module: Module) -> Iterator[Finding]:
    if not module.of_driver:
        return
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Call)
            and called(node) in ("print", "pprint")
            and isinstance(node.func, ast.Name)
        ):
            yield node.lineno, f"calls {called(node)}()"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used = f"{node.value.id}.{node.attr}"
            if used in STREAMS:
                yield node.lineno, f"uses {used}"
        if isinstance(node, ast.ImportFrom) and node.module == "sys":
            yield from (
                (node.lineno, f"imports sys.{a.name}") for a in node.names if f"sys.{a.name}" in STREAMS
            )
    for one in module.imports:
        if one.target.split(".")[0] in ("rich", "pprint", "tqdm", "click", "argparse"):
            yield one.line, f"imports {one.target}"


STREAMS = {f"sys.{name}" for name in ("stdout", "stderr", "stdin", "__stdout__", "__stderr__")}


def driver_loads_only_numpy_and_cffi(module: Module) -> Iterator[Finding]:
    if not module.of_driver:
        return
    for one in module.imports:
        top = one.target.split(".")[0]
        if top == "barewire" or top in sys.stdlib_module_names or top in THIRD_PARTY_OF_THE_DRIVER:
            continue
        if one.at_top and not one.for_types_only:
            yield one.line, f"imports {one.target} when it is loaded"


def kernels_use_only_the_public_api(module: Module) -> Iterator[Finding]:
    if module.unit == "kernels":
        for one in module.imports:
            inside = one.target.startswith("barewire.kernels")
            if one.target.split(".")[0] == "barewire" and one.target not in PUBLIC_MODULES and not inside:
                yield one.line, f"imports {one.target}"
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and absolute(node, module) == "barewire":
                yield from ((node.lineno, f"imports {a.name}") for a in node.names if a.name.startswith("_"))


# What the software GPU may know of the rest: tables of facts, and how errors are said.
STRANGERS_SHARE = ("softgpu", "regs", "sass", "errors", "shield")


def the_software_gpu_is_a_stranger(module: Module) -> Iterator[Finding]:
    if module.unit == "softgpu":
        for one in module.imports:
            if one.target.startswith("barewire") and unit_of(one.target) not in STRANGERS_SHARE:
                yield one.line, f"imports {one.target}"
    elif module.of_driver and module.name != "barewire.transport.soft":
        yield from never(module, "softgpu")


DECODERS = ("barewire.channel.decoder", "barewire.compute.qmd_decoder")


def decoders_share_nothing_with_builders(module: Module) -> Iterator[Finding]:
    if module.name in DECODERS:
        for one in module.imports:
            allowed = unit_of(one.target) in ("regs", "errors", "show") or one.target in DECODERS
            if one.target.startswith("barewire") and not allowed:
                yield one.line, f"imports {one.target}"


def nothing_is_imported_whole(module: Module) -> Iterator[Finding]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            yield node.lineno, "imports *"


def nothing_is_imported_by_its_folder(module: Module) -> Iterator[Finding]:
    for one in module.imports:
        if one.target.split(".")[0] in PACKAGES:
            yield one.line, f"imports {one.target}, which would load a second copy"


RULES: tuple[Rule, ...] = (
    transport_knows_no_register,
    registers_know_no_transport,
    displays_see_only_what_they_are_given,
    machine_code_is_a_table,
    submission_knows_no_backend,
    submission_knows_the_device_only_by_type,
    only_device_composes,
    driver_knows_no_tool_and_no_kernel,
    driver_never_prints,
    driver_loads_only_numpy_and_cffi,
    kernels_use_only_the_public_api,
    the_software_gpu_is_a_stranger,
    decoders_share_nothing_with_builders,
    nothing_is_imported_whole,
    nothing_is_imported_by_its_folder,
)


def findings(rule: Rule, modules: list[Module]) -> list[str]:
    return [f"{module.path}:{line}: {what}" for module in modules for line, what in rule(module)]


@pytest.fixture(scope="module")
def tree() -> list[Module]:
    return parse(read_sources())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_tree_keeps_the_rule(rule: Rule, tree: list[Module]):
    assert findings(rule, tree) == []


def test_the_tree_is_really_read(tree: list[Module]):
    modules = {module.name: module for module in tree}

    assert {"barewire", "barewire.errors", "barewire.kernels", "barewire.tools"} <= set(modules)
    assert "barewire.errors" in {one.target for one in modules["barewire"].imports}


# One line of the wrong kind for each rule: (rule, where it is planted, the line).
PLANTED = [
    (transport_knows_no_register, "driver/transport/bus.py", "from barewire.regs import chips"),
    (transport_knows_no_register, "driver/transport/vfio/group.py", "from ...regs import chips"),
    (transport_knows_no_register, "driver/transport/bus.py", "def f():\n    import barewire.regs.chips"),
    (registers_know_no_transport, "driver/regs/file.py", "from barewire.transport import bus"),
    (registers_know_no_transport, "driver/regs/file.py", "from barewire.rm import ioctl"),
    (registers_know_no_transport, "driver/regs/__init__.py", "from ..channel import methods"),
    (displays_see_only_what_they_are_given, "driver/show/tables.py", "from barewire.memory import tree"),
    (displays_see_only_what_they_are_given, "driver/show/objects.py", "def f():\n    import barewire"),
    (displays_see_only_what_they_are_given, "driver/show/html.py", "from barewire.native import lib"),
    (
        displays_see_only_what_they_are_given,
        "driver/show/objects.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from barewire.softgpu.chip import Report",
    ),
    (displays_see_only_what_they_are_given, "driver/show/__init__.py", "from barewire import softgpu"),
    (machine_code_is_a_table, "driver/sass/listing.py", "from barewire.compute import elf"),
    (machine_code_is_a_table, "driver/sass/text.py", "from ..regs import bits"),
    (
        submission_knows_no_backend,
        "driver/channel/queue.py",
        "from barewire.rm.ioctl import NvResourceManager",
    ),
    (submission_knows_no_backend, "driver/compute/launch.py", "def f():\n    from barewire.rm import ioctl"),
    (submission_knows_no_backend, "driver/copy/engine.py", "x = __import__('barewire.rm.ioctl')"),
    (
        submission_knows_no_backend,
        "driver/fault/diagnose.py",
        "import importlib\ndef f():\n    return importlib.import_module('barewire.rm.ioctl')",
    ),
    (
        submission_knows_no_backend,
        "driver/channel/queue.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from barewire.rm.ioctl import Channel",
    ),
    (submission_knows_no_backend, "driver/compute/__init__.py", "_LAZY = {'rm': 'barewire.rm.ioctl'}"),
    (
        submission_knows_the_device_only_by_type,
        "driver/compute/module.py",
        "from barewire.device import Device",
    ),
    (submission_knows_the_device_only_by_type, "driver/rm/ioctl.py", "def f():\n    from .. import device"),
    (only_device_composes, "driver/array.py", "from barewire.rm import ioctl"),
    (only_device_composes, "driver/memory/space.py", "from ..transport import bus"),
    (only_device_composes, "driver/rm/ioctl.py", "from barewire.transport.bus import Bus"),
    (driver_knows_no_tool_and_no_kernel, "driver/device.py", "def f():\n    import barewire.kernels"),
    (driver_knows_no_tool_and_no_kernel, "driver/errors.py", "from barewire import tools"),
    (driver_never_prints, "driver/device.py", "print('opened')"),
    (driver_never_prints, "driver/device.py", "import sys\nsys.stderr.write('opened')"),
    (driver_never_prints, "driver/device.py", "from sys import stdout"),
    (driver_never_prints, "driver/device.py", "def f():\n    from rich import table"),
    (driver_never_prints, "driver/device.py", "from pprint import pprint"),
    (driver_loads_only_numpy_and_cffi, "driver/array.py", "import ml_dtypes"),
    (driver_loads_only_numpy_and_cffi, "driver/array.py", "class A:\n    import yaml"),
    (kernels_use_only_the_public_api, "kernels/tensor.py", "from barewire.compute.module import Kernel"),
    (kernels_use_only_the_public_api, "kernels/tensor.py", "def f():\n    from barewire import device"),
    (kernels_use_only_the_public_api, "kernels/tensor.py", "from ..rm import ioctl"),
    (kernels_use_only_the_public_api, "kernels/tensor.py", "from barewire import _LAZY"),
    (the_software_gpu_is_a_stranger, "driver/softgpu/mmu.py", "from barewire.memory import pagetable"),
    (the_software_gpu_is_a_stranger, "driver/softgpu/mmu.py", "import barewire"),
    (the_software_gpu_is_a_stranger, "driver/device.py", "from barewire.softgpu import chip"),
    (decoders_share_nothing_with_builders, "driver/channel/decoder.py", "from .methods import header"),
    (
        decoders_share_nothing_with_builders,
        "driver/compute/qmd_decoder.py",
        "from barewire.compute import qmd",
    ),
    (nothing_is_imported_whole, "tools/cli.py", "from barewire.errors import *"),
    (nothing_is_imported_by_its_folder, "tools/cli.py", "from driver import errors"),
]

# The modules that planted lines name, so that `from package import module` is recognised as naming a module.
NEIGHBOURS = {
    f"{path}.py": ""
    for path in (
        "driver/__init__",
        "driver/device",
        "driver/errors",
        "driver/channel/methods",
        "driver/compute/qmd",
        "driver/regs/chips",
        "driver/rm/ioctl",
        "driver/softgpu/chip",
        "driver/transport/bus",
        "driver/memory/pagetable",
        "kernels/__init__",
        "tools/__init__",
    )
}


@pytest.mark.parametrize(
    ("rule", "path", "line"),
    PLANTED,
    ids=[f"{rule.__name__}-{number}" for number, (rule, *_) in enumerate(PLANTED)],
)
def test_a_planted_violation_is_found(rule: Rule, path: str, line: str):
    found = findings(rule, parse({**NEIGHBOURS, path: line}))

    assert len(found) >= 1
    assert all(place.startswith(f"{path}:") for place in found)


def test_every_rule_has_been_seen_to_bite():
    assert {rule for rule, *_ in PLANTED} == set(RULES)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("driver/device.py", "from barewire.rm import ioctl\nfrom barewire.transport import bus"),
        (
            "driver/channel/queue.py",
            "from barewire.errors import PollTimeout\nfrom barewire.regs import chips",
        ),
        ("driver/rm/ioctl.py", "from barewire.fault.records import SmError\nimport numpy\nimport struct"),
        (
            "driver/compute/module.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from barewire.device import Device",
        ),
        ("driver/array.py", "def f():\n    import ml_dtypes"),
        ("driver/device.py", "'''Never print(): sys.stdout is for tools; see barewire.kernels.'''"),
        (
            "kernels/tensor.py",
            "import barewire as bw\nfrom barewire.errors import UsageError\nfrom . import build",
        ),
        ("tools/cli.py", "import rich\nfrom barewire.rm import ioctl\nprint('tools may')"),
        ("driver/softgpu/mmu.py", "from barewire.regs import chips\nfrom . import chip"),
        ("driver/transport/soft.py", "from barewire.softgpu import chip"),
        (
            "driver/show/objects.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from barewire.device import Device",
        ),
        ("driver/regs/registers.py", "def f():\n    from barewire.show import reading"),
        ("driver/channel/decoder.py", "def f():\n    from barewire.show import operations"),
    ],
)
def test_what_is_allowed_is_not_found(path: str, line: str):
    modules = parse({**NEIGHBOURS, path: line})

    assert [place for rule in RULES for place in findings(rule, modules)] == []
