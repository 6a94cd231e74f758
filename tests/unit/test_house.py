"""The rules of the house that can be read off the text of the tree.

Each rule is a function from a file's text to findings, so that it can be tried on planted violations.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {"build", "dist", "__pycache__", "node_modules"}
OUR_HIDDEN = {".ci", ".github", ".gitignore"}
TEXT = {
    "",
    ".c",
    ".cfg",
    ".cu",
    ".cuh",
    ".h",
    ".ini",
    ".ipynb",
    ".json",
    ".md",
    ".py",
    ".pyi",
    ".sh",
    ".toml",
}
TEXT |= {".txt", ".typed", ".yaml", ".yml"}

Finding = tuple[int, str]


def text_files() -> dict[str, str]:
    found = {}
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        left_by_tools = any(part in NOT_OURS or part.endswith(".egg-info") for part in parts)
        ours = not left_by_tools and (not parts[0].startswith(".") or parts[0] in OUR_HIDDEN)
        if ours and path.is_file() and path.suffix in TEXT and path.name not in ("_native.c", "_sm.c"):
            found["/".join(parts)] = path.read_text(encoding="utf-8", errors="replace")
    return found


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return text_files()


def python_of(files: dict[str, str], *tops: str) -> dict[str, str]:
    return {name: text for name, text in files.items() if name.endswith(".py") and name.split("/")[0] in tops}


@lru_cache(maxsize=1)  # all rules look at one file before the next is read
def nodes_of(text: str) -> tuple[ast.AST, ...]:
    """The module itself first, and all that stands in it."""
    return tuple(ast.walk(ast.parse(text)))


def bare_excepts(text: str) -> Iterator[Finding]:
    """`except:` also catches the user's Ctrl-C."""
    for node in nodes_of(text):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "except: without a class"


def swallowed(text: str) -> Iterator[Finding]:
    """`except BaseException` (or Exception) with nothing done about it hides what happened."""
    for node in nodes_of(text):
        if not isinstance(node, ast.ExceptHandler) or not isinstance(node.type, ast.Name):
            continue
        does_nothing = all(isinstance(statement, ast.Pass) for statement in node.body)
        if node.type.id in ("BaseException", "Exception") and does_nothing:
            yield node.lineno, f"except {node.type.id}: pass"


def asserts(text: str) -> Iterator[Finding]:
    """What hardware does is never asserted: `python -O` would drop the check."""
    for node in nodes_of(text):
        if isinstance(node, ast.Assert):
            yield node.lineno, "assert"
        if isinstance(node, ast.Name) and node.id == "AssertionError":
            yield node.lineno, "AssertionError"


def generic_errors(text: str) -> Iterator[Finding]:
    """A caller can do nothing with a RuntimeError: errors come from barewire.errors."""
    for node in nodes_of(text):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(raised, ast.Name) and raised.id in ("RuntimeError", "Exception", "BaseException"):
                yield node.lineno, f"raise {raised.id}"


def stubs(text: str) -> Iterator[Finding]:
    """Nothing is left for later in the code: what is missing is refused by name, or not there."""
    for number, line in enumerate(text.splitlines(), 1):
        for word in re.findall(r"\b(TODO|FIXME|XXX|HACK|TBD)\b", line):
            yield number, word
    for node in nodes_of(text):
        if isinstance(node, ast.Name) and node.id == "NotImplementedError":
            yield node.lineno, "NotImplementedError"


def no_docstring(text: str) -> Iterator[Finding]:
    """A module says what it is."""
    if text.strip() and ast.get_docstring(nodes_of(text)[0]) is None:
        yield 1, "no docstring"


# Written in pieces, so that this file does not find itself.
FORBIDDEN = {
    "a path of somebody's machine": re.compile("/" + r"(?:work|home/\w+|Users/\w+|root|mnt/\w+)" + "/"),
    "a path of a temporary folder": re.compile("/tmp/" + r"[\w.]+/"),
    "a private package index": re.compile(r"https?://[^\s\"'<>]+/" + "simple" + r"\b"),
    "a document that a reader does not have": re.compile(
        r"\b(?:gpu-"
        + r"bringup|hopper-"
        + r"verified|vm-"
        + r"lane|anchors|"
        + r"sass|design|contract)"
        + r"\.md\b"
    ),
    "a ticket number": re.compile(r"(?<![\w/#])\bissue" + r" #?\d+\b", re.IGNORECASE),
    "how it was written": re.compile(
        r"\bthis " + r"session\b|\bAI[- ]" + r"generated\b|\bteam-" + r"internal\b", re.I
    ),
}


def forbidden_words(text: str) -> Iterator[Finding]:
    """Nothing in the tree is about the machine or the way it was made on."""
    for what, pattern in FORBIDDEN.items():
        for match in pattern.finditer(text):
            yield text.count("\n", 0, match.start()) + 1, f"{what}: {match.group()}"


Rule = Callable[[str], Iterator[Finding]]
CODE_RULES: tuple[tuple[Rule, tuple[str, ...]], ...] = (
    (bare_excepts, ("driver", "kernels", "tools", "scripts", "tests")),
    (swallowed, ("driver", "kernels", "tools")),
    (asserts, ("driver",)),
    (generic_errors, ("driver", "kernels")),
    (stubs, ("driver", "kernels", "tools")),
    (no_docstring, ("driver", "kernels", "tools", "tests")),
)


def findings(rule: Rule, files: dict[str, str]) -> list[str]:
    return [f"{name}:{line}: {what}" for name, text in files.items() for line, what in rule(text)]


@pytest.fixture(scope="module")
def found(files) -> dict[Rule, list[str]]:
    """What each rule finds in the code of the tree, file by file: reading one takes longer than any rule."""
    every: dict[Rule, list[str]] = {rule: [] for rule, _ in CODE_RULES}
    for name, text in files.items():
        for rule, tops in CODE_RULES:
            every[rule] += findings(rule, python_of({name: text}, *tops))
    return every


@pytest.mark.parametrize("rule", [rule for rule, _ in CODE_RULES], ids=lambda rule: rule.__name__)
def test_the_code_keeps_the_rule(rule, found):
    assert found[rule] == []


def test_no_file_tells_where_it_was_made(files):
    assert findings(forbidden_words, files) == []


def test_the_tree_is_really_read(files):
    assert {
        "README.md",
        "LICENSE",
        ".ci/run",
        "scripts/test",
        "driver/errors.py",
        "tests/conftest.py",
    } <= set(files)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (bare_excepts, "try:\n    f()\nexcept:\n    g()"),
        (swallowed, "try:\n    f()\nexcept Exception:\n    pass"),
        (swallowed, "try:\n    f()\nexcept BaseException:\n    pass"),
        (asserts, "def f(x):\n    assert x"),
        (asserts, "raise AssertionError('no')"),
        (generic_errors, "raise RuntimeError('GPU hung')"),
        (generic_errors, "raise Exception"),
        (stubs, "x = 1  # TODO: later"),
        (stubs, "def f():\n    raise NotImplementedError"),
        (no_docstring, "x = 1"),
        (forbidden_words, "see /wor" + "k/main/driver"),
        (forbidden_words, "see /hom" + "e/someone/driver"),
        (forbidden_words, "wrote /tm" + "p/out/x.json"),
        (forbidden_words, "pip install -i https://mirror.example/sim" + "ple x"),
        (forbidden_words, "see gpu-" + "bringup.md section 4"),
        (forbidden_words, "as iss" + "ue 2 asks"),
        (forbidden_words, "measured in this " + "session"),
    ],
)
def test_a_planted_violation_is_found(rule, text):
    assert findings(rule, {"planted.py": text})


@pytest.mark.parametrize(
    "text",
    [
        '"""A module."""\ntry:\n    f()\nexcept OSError:\n    pass',
        '"""A module."""\ntry:\n    f()\nexcept BaseException:\n    close()\n    raise',
        '"""A module: no assertion, TODOs or network."""',
        '"""The work of /dev/nvidia0; workspace/x; framework/; /workload; tissue 2; NVIDIA/x#15."""',
        '"""Writes into /tmp or a folder of its own."""',
    ],
)
def test_what_is_allowed_is_not_found(text):
    rules = [rule for rule, _ in CODE_RULES] + [forbidden_words]
    found = [
        place for rule in rules for place in findings(rule, {"allowed.py": text.replace("TODOs", "stubs")})
    ]

    assert found == []
