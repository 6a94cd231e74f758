"""RM's status codes by name, and the error that a refused call becomes.

Facts: OGKM:src/common/sdk/nvidia/inc/nvstatuscodes.h (the table), OGKM:src/nvidia/src/kernel/rmapi/ (which
mean what).
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from barewire.errors import RmError

OK = 0

HINTS = {
    "NV_ERR_INSUFFICIENT_PERMISSIONS": "It needs CAP_SYS_ADMIN in the initial user namespace.",
    "NV_ERR_GPU_IS_LOST": "The GPU no longer answers: see `dmesg`; only a reset or reboot helps.",
    "NV_ERR_RESET_REQUIRED": "The GPU waits for a reset: see `dmesg` and `nvidia-smi --gpu-reset`.",
    "NV_ERR_NO_MEMORY": "Memory of the GPU or the kernel is exhausted, or the range is taken.",
    "NV_ERR_INSUFFICIENT_RESOURCES": "RM has run out of what the object needs: close what is no longer used.",
    "NV_ERR_INVALID_CLIENT": "The client is gone, or belongs to another process.",
    "NV_ERR_TIMEOUT": "The GPU or its firmware did not answer in time: see `dmesg` for an Xid.",
    "NV_ERR_STATE_IN_USE": "Another process holds it.",
    "NV_ERR_NOT_SUPPORTED": "This GPU or this driver does not offer it.",
}


@lru_cache(maxsize=1)
def _codes() -> dict[str, list[str]]:
    codes: dict[str, list[str]] = json.loads((Path(__file__).parent / "tables" / "status.json").read_bytes())[
        "codes"
    ]
    return codes


def name_of(status: int) -> str:
    """RM's name of a status code, e.g. "NV_ERR_INVALID_ARGUMENT"; an unknown one prints as its number."""
    entry = _codes().get(str(status))
    return entry[0] if entry else f"{status:#x}"


def code_of(name: str) -> int:
    """The status code of a name."""
    return next(int(code) for code, (known, _) in _codes().items() if known == name)


def refused(call: str, status: int, **facts: Any) -> RmError:
    """The error of a call that RM refused; it names the call, the handle and RM's status."""
    entry = _codes().get(str(status))
    name = name_of(status)
    about = f" ({entry[1]})" if entry else ""
    return RmError(
        f"RM refused {call}: {name}{about}",
        hint=HINTS.get(name),
        call=call,
        status=status,
        status_name=name,
        **facts,
    )
