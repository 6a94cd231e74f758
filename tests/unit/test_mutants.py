"""The mutants of the driver: which edits are found, that each is one edit, and what is kept of them."""

from __future__ import annotations

import ast
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("edits", "python_edits", "c_edits", "selection", "results", "survey", "trees")


@pytest.fixture(scope="module")
def mutation() -> Iterator[ModuleType]:
    """The package beside the script, which nobody installs."""
    scripts = str(ROOT / "scripts")
    sys.path.insert(0, scripts)
    try:
        package = __import__("mutation", fromlist=MODULES)
        for name in MODULES:
            __import__(f"mutation.{name}")
        yield package
    finally:
        sys.path.remove(scripts)


@pytest.fixture(scope="module")
def everything(mutation):
    """All edits of the driver as it is."""
    return mutation.selection.all_edits(ROOT)


def changed(mutation: ModuleType, source: str, operator: str) -> list[str]:
    """The lines that edits of one kind put in place of others."""
    edits = mutation.python_edits.edits("driver/a.py", source)
    diffs = [edit.diff(source).splitlines() for edit in edits if edit.operator == operator]
    return [line[1:].strip() for diff in diffs for line in diff[3:] if line.startswith("+")]


def changed_c(mutation: ModuleType, line: str, following: str = "") -> dict[str, str]:
    """Operator -> what becomes of one line of a function, or of two."""
    source = f"void f(void)\n{{\n        {line}\n        {following}\n}}\n"
    edits = mutation.c_edits.edits("driver/a.c", source)
    after = {edit.operator: edit.apply(source).splitlines()[2:-1] for edit in edits}
    return {
        operator: " ".join(text.split()) for operator, lines in after.items() for text in [" ".join(lines)]
    }


@pytest.mark.parametrize(
    ("operator", "line", "edited"),
    [
        ("invalidate", "space.invalidate(root)", "pass"),
        ("invalidate", "self._forget(changed)", "pass"),
        ("fence", "lib.bw_store_fence()", "pass"),
        ("fence", "self.flush()", "pass"),
        ("wait", "submission.wait(1)", "pass"),
        ("wait", "poll(look, lambda word: word.done == 1)", "poll(look, lambda word: True)"),
        ("alignment", "at = round_up(at, 4096)", "at = at"),
        ("alignment", "allocate(alignment=4096)", "allocate(alignment=(4096) // 2)"),
        ("alignment", "at = at & ~mask", "at = at"),
        ("size", "size_bytes = 2 * n", "size_bytes = (2 * n) - 1"),
        ("size", "done = a <= b", "done = a < b"),
        ("size", "done = 0 <= a < b", "done = 0 <= a <= b"),
        ("size", "n = min(a, b)", "n = a"),
        ("bits", 'encode(RELEASE_WFI="EN")', 'encode(RELEASE_WFI="DIS")'),
        ("bits", "low = at >> 32", "low = at >> (32 + 1)"),
        ("bits", "word = flags | 4", "word = flags"),
        ("bits", "map(read_only=True)", "map(read_only=False)"),
    ],
)
def test_an_edit_of_each_kind_is_found(mutation, operator, line, edited):
    assert edited in changed(mutation, line + "\n", operator)


def test_steps_with_effects_change_places_unless_one_needs_the_other(mutation):
    swapped = changed(mutation, "def f():\n    ring.write(1)\n    ring.ring()\n", "order")
    assert swapped == ["ring.ring()"]
    assert changed(mutation, "def f():\n    a = take()\n    use(a)\n", "order") == []
    assert changed(mutation, "def f(self):\n    self.a = 1\n    self.b = 2\n", "order") == []


def test_words_of_a_method_change_places(mutation):
    assert "method(name, low, high)" in changed(mutation, "method(name, high, low)\n", "order")


@pytest.mark.parametrize(
    "line",
    [
        'raise UsageError("too large", expected=1 << 3, size_bytes=2 + n)',
        "def f(a: Literal[1] | None) -> int | None: ...",
        "def __repr__(self):\n    return str(self.size_bytes // 2 - 1)",
        "raw: bytes = field(repr=False)",
        'f"{size_bytes - 1:#x}"',
    ],
)
def test_what_only_readers_see_is_left_alone(mutation, line):
    assert mutation.python_edits.edits("driver/a.py", line + "\n") == []


@pytest.mark.parametrize(
    ("line", "operator", "edited"),
    [
        ("bw_store_fence();", "fence", ";"),
        ("while (!try_acquire(ring))", "wait", "if (!try_acquire(ring))"),
        ("ring->put = ring->put + 1;", "size", "ring->put = ring->put;"),
        ("qmd[2] |= bits;", "bits", "qmd[2] = bits;"),
    ],
)
def test_edits_of_c(mutation, line, operator, edited):
    assert changed_c(mutation, line)[operator] == edited


def test_neighbouring_calls_of_c_change_places(mutation):
    assert changed_c(mutation, "first(1);", "second(2);")["order"] == "second(2); first(1);"
    assert "order" not in changed_c(mutation, "uint32_t a = first();", "second(a);")


def test_edits_of_the_driver_change_their_files_and_can_be_read(mutation, everything):
    for edit in everything[::7]:
        source = (ROOT / edit.path).read_text()
        after = edit.apply(source)
        assert after != source, edit
        if edit.path.endswith(".py"):
            ast.parse(after)


def test_there_are_edits_of_every_kind_and_part(mutation, everything):
    assert {edit.operator for edit in everything} == set(mutation.edits.OPERATORS)
    assert {mutation.selection.part_of(edit.path) for edit in everything} == set(
        mutation.selection.UNIT_TESTS
    )


def test_a_choice_is_the_same_again_and_takes_each_kind_in_turn(mutation, everything):
    choice = mutation.selection.chosen(everything, 70, seed=3)

    assert choice == mutation.selection.chosen(everything, 70, seed=3)
    assert set(Counter(edit.operator for edit in choice).values()) == {10}


def test_a_name_lasts_while_the_lines_around_the_edit_do(mutation):
    def name(source: str) -> str:
        (edit,) = mutation.python_edits.edits("driver/a.py", source)
        return edit.name(source)

    assert name("a\nself.flush()\nb\n") == name("x\ny\n\na\nself.flush()\nb\n")
    assert name("a\nself.flush()\nb\n") != name("a\nself.flush(1)\nb\n")


def test_the_tests_that_are_asked_are_there(mutation):
    for part in mutation.selection.UNIT_TESTS:
        stages = mutation.selection.stages(ROOT, f"{part}/x.py")
        assert stages[0].name == "unit"
        assert [test for test in mutation.selection.UNIT_TESTS[part] if test not in stages[0].tests] == []


def test_only_tests_that_reach_the_changed_function_are_asked_the_quickest_file_first(mutation):
    source = "SIZE = 8\n\n\ndef f(n):\n    wait()\n\n\ndef g():\n    wait()\n"
    reached = {
        "slow.py::a": frozenset({"driver/a.py:4"}),
        "quick.py::b": frozenset({"driver/a.py:4", "driver/b.py:9"}),
        "quick.py::c": frozenset({"driver/a.py:8"}),
        "quick.py::broken": frozenset({"driver/a.py:4"}),
        "process.py::starts_others": frozenset(),
        "other.py::d": frozenset({"driver/b.py:4"}),
    }
    seconds = dict.fromkeys(reached, 0.1) | {"slow.py::a": 5.0, "process.py::starts_others": 9.0}
    survey = mutation.survey.Survey(("quick.py::broken",), seconds, reached)
    edits = {edit.line(source): edit for edit in mutation.python_edits.edits("driver/a.py", source)}

    assert survey.tests_for(edits[5], source) == ["quick.py::b", "slow.py::a", "process.py::starts_others"]
    assert "other.py::d" not in survey.tests_for(edits[1], source)
    assert {"slow.py::a", "quick.py::c"} <= set(survey.tests_for(edits[1], source))


def test_what_came_of_them_is_read_back_and_counted(mutation, tmp_path):
    results = mutation.results
    file = tmp_path / "mutants.json"
    caught = results.Result("a", "driver/memory/x.py", 3, "wait", "unit", "tests/unit/x.py::test")
    survived = results.Result("b", "driver/memory/y.py", 4, "wait", results.SURVIVED, diff="-a\n+b\n")
    results.write(
        file, [caught, survived, results.Result("c", "p", 1, "wait", results.NO_MUTANT)], revision="r"
    )

    content = json.loads(file.read_text())

    assert results.read(file) == {"a": caught, "b": survived}
    assert (content["tried"], content["caught"], content["caught_share"]) == (2, 1, 0.5)
    assert content["operators"]["wait"]["caught"] == 1
    assert content["survivors"][0]["diff"] == ["-a", "+b"]


def test_every_explanation_says_of_what_kind_it_is(mutation):
    for name, explanation in mutation.results.explained().items():
        assert explanation["kind"] in ("equivalent", "only silicon", "slower only", "not reached here"), name
        assert len(explanation["reason"]) > 20, name
