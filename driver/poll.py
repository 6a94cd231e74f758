"""Waiting for a device: the one helper that all of it goes through."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar, runtime_checkable

from barewire.errors import BarewireError, PollTimeout, UsageError

T = TypeVar("T")
Seen = TypeVar("Seen", bound="Again")

LOOKS_AT_ONCE = 16  # most conditions hold at the first look, or a few bus round trips later
FIRST_SLEEP_S = 20e-6
LONGEST_SLEEP_S = 2e-3


@runtime_checkable
class Again(Protocol):
    """Something that was read and can be read anew, such as a `Reading` of a register."""

    def again(self: Seen) -> Seen:
        """The same, read anew."""
        ...


def _sleeps() -> Iterator[float]:
    """Seconds between looks: none at first, then ever longer."""
    for _ in range(LOOKS_AT_ONCE):
        yield 0.0
    pause = FIRST_SLEEP_S
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_SLEEP_S)


def _facts_of(seen: object) -> dict[str, Any]:
    """What a time-out tells of the last value: a register by its name and place, anything else as it is."""
    if not isinstance(seen, int) or isinstance(seen, bool):
        return {} if seen is None else {"value": seen}
    facts: dict[str, Any] = {"value": int(seen)}
    label = getattr(seen, "label", None)
    if label:
        facts = {"register": label, "offset": getattr(seen, "offset", None), **facts}
    return facts


def _reader(read: Callable[[], T] | T) -> Callable[[], T]:
    """How to look: a callable as it is; a reading is taken anew each time."""
    if isinstance(read, Again):
        return read.again
    if not callable(read):
        raise UsageError(f"poll cannot read {read!r} again", expected="a callable or a reading")
    return read


def poll(
    read: Callable[[], T] | T,
    done: Callable[[T], bool],
    *,
    timeout_s: float,
    why: str,
    what: str | None = None,
    hint: str | None = None,
    **facts: Any,
) -> T:
    """Look at something until it is as wanted.

    It looks several times at once, then with growing pauses of up to 2 ms, and once more when the time is up.

    Args:
        read: what to look with; or a register's `Reading`, which is read anew for every look.
        done: whether a value is the wanted one.
        timeout_s: how long to wait, in seconds.
        why: what it means that the value never came, as a sentence: the error's message.
        what: the name of what is looked at, where the value does not carry it.
        hint: what the reader of the error can do.
        facts: more for the error; `expected="fsp_boot_status = 0xff"` is the usual one.

    Returns:
        The value that was wanted.

    Raises:
        PollTimeout: it never came; carries `register` and `offset` or `what`, `value`, `elapsed_s`.
        BarewireError: of `read`, with `elapsed_s` added; other errors pass as they are.
        UsageError: `read` is neither a callable nor a reading.
    """
    look = _reader(read)
    start = time.monotonic()
    for pause in _sleeps():
        late = time.monotonic() - start >= timeout_s
        try:
            seen = look()
        except BarewireError as error:
            error.facts.setdefault("elapsed_s", round(time.monotonic() - start, 6))
            raise
        if done(seen):
            return seen
        if late:
            break
        if pause:
            time.sleep(max(0.0, min(pause, timeout_s - (time.monotonic() - start))))
    told = {**({"what": what} if what else {}), **_facts_of(seen), **facts}
    told["elapsed_s"] = round(time.monotonic() - start, 6)
    raise PollTimeout(why, hint=hint, **told)
