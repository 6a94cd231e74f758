"""Edits of C files, found by patterns in lines of functions.

The orders of atomic accesses are left as they are: on x86 most are the same instructions without them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mutation.edits import Edit

Found = tuple[str, int, int, str]  # operator, first and last column that is replaced, by what text

STATEMENT = re.compile(r"^(\s+)([^\s/#].*;)(\s*/\*.*\*/)?\s*$")
NO_STEP = re.compile(
    r"^(return|break|continue|goto|const|static|struct|enum|u?int\w*_t|size_t|bool|int|unsigned|"
    r"long|void|char|double|float|uintptr_t|Py\w+ \*?\w+( =|;)|[\w ]+ \*\w+( =|;))\b"
)
CALLS = re.compile(r"^(\*?[\w>.\[\]-]+ (\|?&?\+?-?=) )?(?P<name>\w+)\(")
NO_ORDER = re.compile(r"^(Py_|pthread_\w+_init|pthread_\w+_destroy|free\()")

# Patterns within a line: operator, what, by what.
PATTERNS = (
    ("wait", re.compile(r"\bwhile (?=\(!try_acquire|\(!flusher->stop &&|\(!bell->count)"), "if "),
    ("alignment", re.compile(r" & ~\(LINE_BYTES - 1u\)"), ""),
    ("alignment", re.compile(r"(?<=\(to \+ done\) & )15"), "7"),
    ("alignment", re.compile(r" \+ LINE_BYTES - 1u"), ""),
    ("alignment", re.compile(r" \+ segments->segment_bytes - 1"), ""),
    ("size", re.compile(r" [+-] 1u?\b(?!\))"), ""),
    ("size", re.compile(r"(?<=[\w)\]]) < (?=[\w(])"), " <= "),
    ("size", re.compile(r"(?<=[\w)\]]) <= (?=[\w(])"), " < "),
    ("size", re.compile(r"(?<=[\w)\]]) >= (?=[\w(])"), " > "),
    ("size", re.compile(r"(?<=[\w)\]]) > (?=[\w(])"), " >= "),
    ("size", re.compile(r"\* 4\b"), "* 8"),
    ("size", re.compile(r"(?<=done \+= )\d+"), "32"),
    ("size", re.compile(r"\bsizeof \w+"), "4"),
    ("bits", re.compile(r"(?<=>> )\d+"), "7"),
    ("bits", re.compile(r"(?<=<< )\d+"), "41"),
    ("bits", re.compile(r" \|= "), " = "),
    ("bits", re.compile(r" &= ~"), " &= "),
    ("bits", re.compile(r" & (0x[0-9a-f]+(ull)?|[\w>-]*mask)\b"), ""),
)
LEFT_OUT = (
    ("fence", re.compile(r"^(bw_\w+_fence|_mm_[sm]fence)\(")),
    (
        "wait",
        re.compile(
            r"^(acquire|submit_batch|bw_flush|wake_flusher|bw_ring_again|pthread_join|pthread_cond_\w+)\("
        ),
    ),
)


def edits(path: str, source: str) -> list[Edit]:
    """All edits of a file, each once, in its order."""
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    found: dict[tuple[int, int, str], Edit] = {}
    for index, line in enumerate(lines):
        if not _is_code(line):
            continue
        following = lines[index + 1] if index + 1 < len(lines) else ""
        for operator, start, end, text in (*_in_line(line), *_with_next(line, following)):
            edit = Edit(path, operator, starts[index] + start, starts[index] + end, text)
            if edit.apply(source) != source:
                found.setdefault((edit.start, edit.end, text), edit)
    return [found[key] for key in sorted(found)]


def _is_code(line: str) -> bool:
    return line[:1].isspace() and not line.lstrip().startswith(("/*", "*", "#", "//"))


def _in_line(line: str) -> Iterator[Found]:
    code = line.split("/*")[0]
    statement = STATEMENT.match(line)
    if statement:
        for operator, pattern in LEFT_OUT:
            if pattern.match(statement[2]):
                yield operator, statement.start(2), statement.end(2), ";"
    for operator, pattern, text in PATTERNS:
        for match in pattern.finditer(code):
            yield operator, match.start(), match.end(), text


def _with_next(line: str, following: str) -> Iterator[Found]:
    """Two steps of the same depth change places."""
    first, second = STATEMENT.match(line), STATEMENT.match(following)
    if not first or not second or first[1] != second[1] or not (_is_step(first[2]) and _is_step(second[2])):
        return
    if not any(CALLS.match(step) for step in (first[2], second[2])):
        return
    yield "order", 0, len(line) + len(following), following + line


def _is_step(statement: str) -> bool:
    return not NO_STEP.match(statement) and not NO_ORDER.match(statement)
