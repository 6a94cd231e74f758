"""Controls of a subdevice about errors of channels, and the watchdog.

Facts: OGKM:ctrl2080rc.h.
"""

from __future__ import annotations

from barewire.softgpu.gsp import control_structs as structs
from barewire.softgpu.gsp.controls import Call, control
from barewire.softgpu.gsp.objects import Kind
from barewire.softgpu.gsp.status import Refused, Status

_SUB = Kind.SUBDEVICE
_WATCHDOG_DISABLED = 1


@control(0x20802205, _SUB, structs.RC_ERROR_COUNT)
def rc_get_error_count(call: Call) -> None:
    """How many errors there were."""
    call.params.errorCount = call.rm.robust.count


@control(0x2080220D, _SUB, structs.RC_RECOVERY)
def set_rc_recovery(call: Call) -> None:
    """Whether a failed channel is taken down."""
    if call.params.rcEnable not in (0, 1):
        raise Refused(Status.INVALID_ARGUMENT, f"{call.params.rcEnable}")
    call.rm.robust.enabled = bool(call.params.rcEnable)


@control(0x2080220E, _SUB, structs.RC_RECOVERY)
def get_rc_recovery(call: Call) -> None:
    """Whether it is."""
    call.params.rcEnable = int(call.rm.robust.enabled)


@control(0x20802209, _SUB, structs.WATCHDOG_INFO)
def rc_get_watchdog_info(call: Call) -> None:
    """There is no watchdog."""
    call.params.watchdogStatusFlags = _WATCHDOG_DISABLED


@control(0x2080220A, _SUB, structs.NONE)
def rc_disable_watchdog(call: Call) -> None:
    """It is off."""


@control(0x2080220C, _SUB, structs.NONE)
def rc_release_watchdog_requests(call: Call) -> None:
    """Nobody's wishes about it count."""


@control(0x20802210, _SUB, structs.NONE)
def rc_soft_disable_watchdog(call: Call) -> None:
    """It is off."""
