"""Misbehaviour to order: what a GSP that is ill does, for tests of the driver that must bear it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from barewire.errors import UsageError

ALWAYS = -1


class Action(str, Enum):
    """What goes wrong.

    Of the boot: FSP_NOT_READY (FSP never says that it booted), FSP_SILENT (no reply to the chain of trust),
    FSP_ERROR (a reply with `status`), FMC_ERROR (`status` in the mailbox), NEVER_RELEASE (GSP stays locked),
    RISCV_INACTIVE (released, but the core does not run), NEVER_INIT_DONE, BOOT_CHATTER (other events ahead
    of INIT_DONE).

    Of one function or control: FAIL (replies `status` and does nothing), DELAY (GSP is busy for `seconds`
    first), DROP (no reply), SPLIT (the reply in pieces), CHECKSUM and SEQUENCE (the reply's is wrong),
    TRUNCATE (the reply is shorter than it says), OVERSIZE (it says that it is longer than a queue), CRASH
    (GSP halts).
    """

    FSP_NOT_READY = "fsp_not_ready"
    FSP_SILENT = "fsp_silent"
    FSP_ERROR = "fsp_error"
    FMC_ERROR = "fmc_error"
    NEVER_RELEASE = "never_release"
    RISCV_INACTIVE = "riscv_inactive"
    NEVER_INIT_DONE = "never_init_done"
    BOOT_CHATTER = "boot_chatter"
    FAIL = "fail"
    DELAY = "delay"
    DROP = "drop"
    SPLIT = "split"
    CHECKSUM = "checksum"
    SEQUENCE = "sequence"
    TRUNCATE = "truncate"
    OVERSIZE = "oversize"
    CRASH = "crash"


BOOT_ACTIONS = frozenset({
    Action.FSP_NOT_READY, Action.FSP_SILENT, Action.FSP_ERROR, Action.FMC_ERROR, Action.NEVER_RELEASE,
    Action.RISCV_INACTIVE, Action.NEVER_INIT_DONE, Action.BOOT_CHATTER,
})  # fmt: skip


@dataclass
class Mishap:
    """One entry of the script.

    Attributes:
        action: what goes wrong.
        function: the RPC function (or event) that it befalls; None for any.
        control: the control command that it befalls; None for any.
        status: the error code that is shown.
        seconds: how long.
        times: how often it still happens; ALWAYS for ever.
    """

    action: Action
    function: int | None = None
    control: int | None = None
    status: int = 0
    seconds: float = 0.0
    times: int = 1

    def befalls(self, function: int, control: int | None) -> bool:
        """Whether it is about this call."""
        if self.control is not None and self.control != control:
            return False
        return self.function is None or self.function == function


class Mishaps:
    """The script of one GPU. It outlives resets."""

    def __init__(self) -> None:
        self.planned: list[Mishap] = []

    def add(
        self,
        action: str,
        *,
        function: int | None = None,
        control: int | None = None,
        status: int = 0,
        seconds: float = 0.0,
        times: int = 1,
    ) -> Mishap:
        """Plan one.

        Args:
            action: a value of `Action`.
            function: for actions of calls: the RPC function or event; None for any.
            control: for actions of calls: the control command; None for any.
            status: the error code shown by "fail", "fsp_error" and "fmc_error".
            seconds: how long "delay" takes.
            times: how often; ALWAYS for ever.

        Raises:
            UsageError: no such action, or a boot's action with a function.
        """
        known = [each.value for each in Action]
        if action not in known:
            raise UsageError(f"no mishap {action!r}", hint=f"Known: {', '.join(known)}.")
        if Action(action) in BOOT_ACTIONS and (function is not None or control is not None):
            raise UsageError(f"{action!r} befalls the boot, not a function")
        mishap = Mishap(Action(action), function, control, status, seconds, times)
        self.planned.append(mishap)
        return mishap

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.planned.clear()

    def take_for_boot(self, action: Action) -> Mishap | None:
        """A boot's mishap, if one is due; it happens now."""
        return self._take(lambda mishap: mishap.action is action)

    def take_for_call(self, function: int, control: int | None) -> Mishap | None:
        """The mishap of a call or event, if one is due; it happens now."""
        return self._take(
            lambda mishap: mishap.action not in BOOT_ACTIONS and mishap.befalls(function, control)
        )

    def _take(self, matches: Callable[[Mishap], bool]) -> Mishap | None:
        for mishap in self.planned:
            if mishap.times != 0 and matches(mishap):
                mishap.times -= 1 if mishap.times > 0 else 0
                return mishap
        return None
