"""Edits of Python files, found in the syntax tree.

What only readers see is left alone: messages of errors, their facts and hints, displays, annotations.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterator
from typing import TypeGuard

from mutation.edits import Edit

Found = tuple[str, ast.AST, str]  # operator, what is replaced, by what text

FORGETS = re.compile(r"^_*(invalidate|forget|settle)")
FENCES = re.compile(r"fence|flush|membar|barrier")
WAITS = re.compile(r"^_*(wait|poll|acquire|synchronize|sync|catch_up|drain|join)|_wait$")
POLLS = re.compile(r"^_*(wait|poll)")
ALIGNS = re.compile(r"align|page|granul", re.I)
SIZES = re.compile(
    r"size|bytes|count|length|entries|slots|words|offset|stride|pitch|limit|_va$|capacity", re.I
)
TIMES = re.compile(r"(_S|_NS|_MS|_s|_ns|LOOKS|TIMEOUT|PATIENCE|VERSION|HINT)$")
ALIGNMENTS = re.compile(r"(ALIGNMENT|GRANULARITY\w*|PAGE_BYTES|PAGE_SIZE)$")
# Steps of these names may stand in any order: fields of one structure, and checks that only raise.
ANY_ORDER = re.compile(r"^_*(set|put|add|discard|check\w*|expect\w*)$")
ROUNDS = ("round_up", "round_down")
FOR_READERS = ("__repr__", "__str__", "_repr_html_", "state")
SAID_ONLY = ("strict", "hint", "expected", "why", "message", "what", "name")

# What is written into fields, and what it might be mistaken for.
OTHER_VALUES = {
    "TRUE": "FALSE",
    "FALSE": "TRUE",
    "EN": "DIS",
    "DIS": "EN",
    "VID_MEM": "SYS_MEM",
    "SYS_MEM": "VID_MEM",
    "GLOBALLY": "NONE_REQUIRED",
    "NON_PIPELINED": "PIPELINED",
    "INCREMENTING": "NON_INCREMENTING",
    "RELEASE": "ACQUIRE",
    "ACQ_CIRC_GEQ": "ACQ_STRICT_GEQ",
    "PITCH": "BLOCKLINEAR",
}
LESS = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}
SYMBOLS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


def edits(path: str, source: str) -> list[Edit]:
    """All edits of a file, each once, in its order."""
    positions = _Positions(source)
    found = {}
    for node in _of_interest(ast.parse(source)):
        for finder in FINDERS:
            for operator, target, text in finder(node, positions.text):
                start, end = positions.span(target)
                edit = Edit(path, operator, start, end, text)
                if edit.apply(source) != source:
                    found.setdefault((start, end, text), edit)
    return [found[key] for key in sorted(found)]


class _Positions:
    """Where nodes stand in the file."""

    def __init__(self, source: str) -> None:
        self._raw = source.encode()
        self._lines = [0]
        for line in self._raw.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def span(self, node: ast.AST) -> tuple[int, int]:
        start = self._lines[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        return start, self._lines[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def text(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self._raw[start:end].decode()


def _of_interest(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only readers, or nobody at run time, see."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_said(child):
                yield child
                yield from _of_interest(child)


def _is_said(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef):
        return node.name in FOR_READERS
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    if isinstance(node, ast.Call):
        return _called(node) == "field" or _called(node).endswith(("Error", "Timeout"))
    return isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom) or (
        isinstance(node, ast.keyword) and node.arg in SAID_ONLY
    )


def _called(node: ast.Call) -> str:
    """The last part of the name of what is called."""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


Text = Callable[[ast.AST], str]


def left_out(node: ast.AST, text: Text) -> Iterator[Found]:
    """Calls whose only purpose is their effect: invalidations, fences, waits."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return
    name = _called(node.value)
    for operator, pattern in (("invalidate", FORGETS), ("fence", FENCES), ("wait", WAITS)):
        if pattern.search(name):
            yield operator, node, "pass"


def over_at_once(node: ast.AST, text: Text) -> Iterator[Found]:
    """What a poll waits for is taken as there."""
    if isinstance(node, ast.Call) and POLLS.search(_called(node)):
        for argument in node.args:
            if isinstance(argument, ast.Lambda) and len(argument.args.args) == 1:
                yield "wait", argument.body, "True"


def aligned_less(node: ast.AST, text: Text) -> Iterator[Found]:
    """Roundings, masks of low bits, checks of remainders, alignments that are asked for, page sizes."""
    if isinstance(node, ast.Call) and _called(node) in ROUNDS and len(node.args) == 2:
        yield "alignment", node, text(node.args[0])
    if _is_and(node) and isinstance(node.right, ast.UnaryOp):
        yield "alignment", node, text(node.left)
    if isinstance(node, ast.If) and isinstance(node.test, ast.BinOp) and isinstance(node.test.op, ast.Mod):
        yield "alignment", node.test, "False"
    if isinstance(node, ast.keyword) and node.arg and ALIGNS.search(node.arg) and _is_number(node.value):
        yield "alignment", node.value, f"({text(node.value)}) // 2"
    for target, value in _assigned(node):
        if ALIGNMENTS.search(target) and _is_number(value):
            yield "alignment", value, f"({text(value)}) // 2"


def other_size(node: ast.AST, text: Text) -> Iterator[Found]:
    """Sizes that are one more or less, bounds that are in or out, the wrong one of two."""
    if isinstance(node, ast.keyword) and node.arg and SIZES.search(node.arg) and _is_sum(node.value):
        yield "size", node.value, f"({text(node.value)}) - 1"
        yield "size", node.value, f"({text(node.value)}) + 1"
    for target, value in _assigned(node):
        if SIZES.search(target) and not TIMES.search(target) and _is_sum(value):
            yield "size", value, f"({text(value)}) - 1"
            yield "size", value, f"({text(value)}) + 1"
        elif target.isupper() and not TIMES.search(target) and _is_number(value):
            yield "size", value, f"({text(value)}) + 1"
    if isinstance(node, ast.Call) and _called(node) in ("min", "max") and len(node.args) == 2:
        yield "size", node, text(node.args[0])
        yield "size", node, text(node.args[1])
    if isinstance(node, ast.Call) and _called(node) == "range" and len(node.args) > 1:
        yield "size", node.args[1], f"({text(node.args[1])}) - 1"
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in LESS:
        sign = LESS[type(node.ops[0])]
        yield "size", node, f"{text(node.left)} {sign} {text(node.comparators[0])}"
    if isinstance(node, ast.Compare) and len(node.ops) == 2 and isinstance(node.ops[1], ast.Lt | ast.LtE):
        low, middle, high = node.left, *node.comparators
        first, sign = SYMBOLS.get(type(node.ops[0])), LESS[type(node.ops[1])]
        if first:
            yield "size", node, f"{text(low)} {first} {text(middle)} {sign} {text(high)}"


def other_order(node: ast.AST, text: Text) -> Iterator[Found]:
    """Neighbouring statements with effects of their own, and neighbouring words of a method or structure."""
    for body in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
        if not isinstance(body, list):
            continue
        for first, second in itertools.pairwise(body):
            if _may_swap(first, second):
                both = _Pair(first, second)
                yield "order", both, _swapped(text(both), text(first), text(second))
    if isinstance(node, ast.Call) and _called(node) in ("method", "pack", "pack_into"):
        for first, second in itertools.pairwise(node.args[1:]):
            if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred):
                both = _Pair(first, second)
                yield "order", both, _swapped(text(both), text(first), text(second))
    if isinstance(node, ast.Call) and _called(node) == "reversed":
        yield "order", node, text(node.args[0])


class _Pair(ast.AST):
    """Two neighbours as one."""

    def __init__(self, first: ast.AST, second: ast.AST) -> None:
        super().__init__()
        self.lineno, self.col_offset = first.lineno, first.col_offset  # type: ignore[attr-defined]
        self.end_lineno = second.end_lineno  # type: ignore[attr-defined]
        self.end_col_offset = second.end_col_offset  # type: ignore[attr-defined]


def _swapped(both: str, first: str, second: str) -> str:
    between = both[len(first) : len(both) - len(second)]
    return second + between + first


def _may_swap(first: ast.AST, second: ast.AST) -> bool:
    """Both do something, one of them by a call, and neither needs what the other binds."""
    if not (_has_effect(first) and _has_effect(second)):
        return False
    if not any(isinstance(each, ast.Expr) for each in (first, second)):
        return False
    if ast.dump(first) == ast.dump(second):
        return False
    return not (_binds(first) & _names(second) or _binds(second) & _names(first))


def _has_effect(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call) and not ANY_ORDER.match(_called(node.value))
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return isinstance(node, ast.Assign | ast.AugAssign) and all(
        isinstance(target, ast.Attribute | ast.Subscript) for target in targets
    )


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _binds(node: ast.AST) -> set[str]:
    return {
        each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }


def other_bits(node: ast.AST, text: Text) -> Iterator[Found]:
    """Values of fields, flags that are set or not, shifts, masks."""
    if isinstance(node, ast.keyword):
        for value in ast.walk(node.value):
            if isinstance(value, ast.Constant):
                yield from _other_value(value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr) and _is_sum(node.right):
        yield "bits", node, text(node.left)
        yield "bits", node, text(node.right)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.LShift | ast.RShift):
        yield "bits", node.right, f"({text(node.right)} + 1)"
    if _is_and(node) and not isinstance(node.right, ast.UnaryOp) and _is_sum(node.right):
        yield "bits", node, text(node.left)


def _other_value(node: ast.Constant) -> Iterator[Found]:
    value = node.value
    if isinstance(value, str) and value in OTHER_VALUES:
        yield "bits", node, f'"{OTHER_VALUES[value]}"'
    elif isinstance(value, bool):
        yield "bits", node, str(not value)
    elif isinstance(value, int) and value in (0, 1):
        yield "bits", node, str(1 - value)


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """(last part of the name, value) of what an assignment gives a name."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        target, value = node.target, node.value
    else:
        return
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Attribute):
        yield target.attr, value


def _is_and(node: ast.AST) -> TypeGuard[ast.BinOp]:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd)


def _is_number(node: ast.AST) -> bool:
    """A constant number other than zero, or a sum, product or shift of such."""
    if isinstance(node, ast.Constant):
        return type(node.value) is int and node.value != 0
    return isinstance(node, ast.BinOp) and _is_number(node.left) and _is_number(node.right)


ARITHMETIC = ast.Add | ast.Sub | ast.Mult | ast.FloorDiv | ast.LShift | ast.RShift | ast.BitOr | ast.BitAnd


def _is_sum(node: ast.AST) -> bool:
    """Certainly a number: one that is written out, arithmetic, a length, or what a name says is a size."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ARITHMETIC) and (_is_sum(node.left) or _is_sum(node.right))
    if isinstance(node, ast.Constant):
        return type(node.value) is int
    if isinstance(node, ast.Call):
        return _called(node) in ("len", "min", "max", *ROUNDS)
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return bool(SIZES.search(name)) and not name.endswith(("words", "entries", "slots"))


FINDERS = (left_out, over_at_once, aligned_less, other_size, other_order, other_bits)
