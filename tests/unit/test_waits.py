"""Waiting has one home: barewire.poll, where every wait has a deadline and a reason.

The source is read as text (ast). What waits elsewhere is listed with why it may; each rule is tried on
planted violations, so that it is known to bite.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What drives a GPU without a kernel driver: packages and modules of driver/.
UNITS = ("abi", "chip", "firmware", "fsp", "gsp", "guard.py", "memory", "pci", "poll.py", "rm", "transport")

Finding = tuple[int, str]

# How often each may, and why.
ALLOWED: dict[tuple[str, str], tuple[int, str]] = {
    ("driver/poll.py", "sleeps"): (1, "it is where waiting lives"),
    ("driver/poll.py", "goes on for ever"): (1, "a generator of pauses"),
    ("driver/gsp/queue.py", "sleeps"): (1, "twice 2 ms, for a message that is still being written"),
    ("driver/gsp/sequencer.py", "sleeps"): (1, "a step of the firmware's own that is a pause"),
    ("driver/transport/script.py", "sleeps"): (1, "a wait for an interrupt that was not recorded, as long"),
    ("driver/transport/bell.py", "goes on for ever"): (1, "a thread, until its bell is closed"),
    ("driver/transport/recording.py", "goes on for ever"): (1, "until a file's end"),
    ("driver/transport/replay.py", "join() without a deadline"): (
        3,
        "memory that joins its script, twice; and the replay's own thread, which ends within a millisecond",
    ),
    ("driver/rm/ioctl.py", "goes on for ever"): (1, "a clock whose upper word changes every 4 s"),
    ("driver/rm/kernel.py", "goes on for ever"): (
        1,
        "a system call that a signal interrupted before it began",
    ),
}


def sleeps(tree: ast.AST) -> Iterator[Finding]:
    """A pause between looks, which only `poll` knows to end."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("time.sleep", "sleep", "select.select"):
            yield node.lineno, "sleeps"
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from ((node.lineno, "sleeps") for alias in node.names if alias.name == "sleep")


def endless_loops(tree: ast.AST) -> Iterator[Finding]:
    """A loop that only its inside can end."""
    for node in ast.walk(tree):
        if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and node.test.value:
            yield node.lineno, "goes on for ever"


# Calls that wait, and how many arguments they have with a deadline.
WAITING = {"wait": 1, "join": 1, "wait_for": 2, "acquire": 2}


def no_deadline(tree: ast.AST) -> Iterator[Finding]:
    """Threads, events and conditions are waited for with a time."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name = node.func.attr
        named = {keyword.arg for keyword in node.keywords}
        timed = named & {"timeout", "timeout_s", "blocking"}
        if name in WAITING and len(node.args) < WAITING[name] and not timed:
            yield node.lineno, f"{name}() without a deadline"


RULES: tuple[Callable[[ast.AST], Iterator[Finding]], ...] = (sleeps, endless_loops, no_deadline)


def sources() -> dict[str, str]:
    paths = [
        path
        for unit in UNITS
        for path in (
            [ROOT / "driver" / unit] if unit.endswith(".py") else (ROOT / "driver" / unit).rglob("*.py")
        )
    ]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in sorted(paths)}


def findings(rule: Callable[[ast.AST], Iterator[Finding]], files: dict[str, str]) -> list[str]:
    """What a rule finds and the table does not allow."""
    found = []
    for name, text in files.items():
        seen: Counter[str] = Counter()
        for line, what in rule(ast.parse(text)):
            seen[what] += 1
            if seen[what] > ALLOWED.get((name, what), (0, ""))[0]:
                found.append(f"{name}:{line}: {what}")
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_waiting_is_left_to_poll(rule):
    assert findings(rule, sources()) == []


def test_what_is_allowed_is_there_and_says_why():
    files = sources()
    for (name, what), (count, why) in ALLOWED.items():
        there = [found for rule in RULES for _, found in rule(ast.parse(files[name])) if found == what]
        assert len(there) == count, f"{name} {what} {len(there)} times"
        assert why


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (sleeps, "import time\ntime.sleep(0.1)"),
        (sleeps, "from time import sleep"),
        (endless_loops, "while True:\n    look()"),
        (endless_loops, "while 1:\n    look()"),
        (no_deadline, "event.wait()"),
        (no_deadline, "thread.join()"),
        (no_deadline, "condition.wait_for(done)"),
        (no_deadline, "lock.acquire()"),
    ],
)
def test_the_rule_bites(rule, text):
    assert findings(rule, {"driver/gsp/planted.py": text}) != []


@pytest.mark.parametrize(
    "text",
    [
        "event.wait(0.1)",
        "thread.join(timeout=5)",
        "condition.wait_for(done, 1.0)",
        "lock.acquire(blocking=False)",
        "', '.join(names)",
        "while not stopped.wait(0.1):\n    look()",
    ],
)
def test_waits_with_a_deadline_are_left_alone(text):
    assert [each for rule in RULES for each in findings(rule, {"driver/gsp/planted.py": text})] == []
