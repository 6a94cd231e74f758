"""What a GPU does with launch descriptors and accesses that are wrong: whether it runs them, what it says.

The software GPU is compared with what is recorded here (tests/soft/recordings/refusals.json). Each case has
a process and a channel of its own, with compute preemption set; they end in Xid 13 or 31, or in nothing. The
GPU's health is asked after each; any other Xid, or a GPU that is not well, ends it.

python -m tests.hardware.refusals record FILE [DEVICE]    runs all cases and writes them down
python -m tests.hardware.refusals case NAME [DEVICE]      runs one case and prints one JSON object
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hardware import health
from tests.hardware.alone import NoAnswer, answer_of
from tests.hardware.machine import ALLOWED_XIDS, KernelLog

CASE_TIMEOUT_S = 40.0
WAIT_S = 1.5
UNMAPPED_VA = 0xF0_1234_5000
BEYOND_VA = 1 << 56  # more bits than a virtual address has
STORED = 0x5EED
RAN, REFUSED, HUNG = "ran", "refused", "hung"


@dataclass(frozen=True)
class Case:
    """One launch.

    Attributes:
        name: of the case.
        qmd: fields of the launch descriptor that are set otherwise.
        block: threads.
        shared: dynamic shared memory in bytes.
        kernel: which to launch; `store` tells whether it ran.
        arguments: of another kernel than `store`, made by the device and the case's memory.
    """

    name: str
    qmd: dict[str, int] = field(default_factory=dict)
    block: tuple[int, ...] = (32,)
    shared: int = 0
    kernel: str = "store"
    arguments: Callable[[Any, Any], tuple[Any, ...]] | None = None


def _qmd(name: str, block: tuple[int, ...] = (32,), shared: int = 0, **fields: int) -> Case:
    return Case(name, {key.replace("__", ":"): value for key, value in fields.items()}, block, shared)


DESCRIPTORS = (
    _qmd("as it should be"),
    _qmd("no grid in x", GRID_WIDTH=0),
    _qmd("no grid in y", GRID_HEIGHT=0),
    _qmd("no grid in z", GRID_DEPTH=0),
    _qmd("no threads in x", CTA_THREAD_DIMENSION0=0),
    _qmd("no threads in y", CTA_THREAD_DIMENSION1=0),
    _qmd("no threads in z", CTA_THREAD_DIMENSION2=0),
    _qmd("1025 threads in x", CTA_THREAD_DIMENSION0=1025),
    _qmd("1056 threads", CTA_THREAD_DIMENSION0=32, CTA_THREAD_DIMENSION1=33),
    _qmd("65 threads in z", CTA_THREAD_DIMENSION0=1, CTA_THREAD_DIMENSION2=65),
    _qmd("no registers", REGISTER_COUNT=0),
    _qmd("256 registers", REGISTER_COUNT=256),
    _qmd("300 registers", REGISTER_COUNT=300),
    _qmd("255 registers for 1024 threads", block=(1024,), REGISTER_COUNT=255),
    _qmd("17 barriers", BARRIER_COUNT=17),
    _qmd("31 barriers", BARRIER_COUNT=31),
    _qmd("no barriers", BARRIER_COUNT=0),
    _qmd("228 KiB of shared memory", SHARED_MEMORY_SIZE=228 << 10),
    _qmd("229 KiB of shared memory", SHARED_MEMORY_SIZE=229 << 10),
    _qmd("shared memory of an odd size", SHARED_MEMORY_SIZE=1025),
    _qmd("shared memory of a multiple of 128", SHARED_MEMORY_SIZE=1024 + 128),
    _qmd("shared memory of a multiple of 64", SHARED_MEMORY_SIZE=1024 + 64),
    _qmd("no shared memory", SHARED_MEMORY_SIZE=0),
    _qmd("shared memory beyond the largest configuration", shared=64 << 10, MAX_SM_CONFIG_SHARED_MEM_SIZE=3),
    _qmd(
        "smallest configuration above the largest",
        MIN_SM_CONFIG_SHARED_MEM_SIZE=20,
        MAX_SM_CONFIG_SHARED_MEM_SIZE=3,
    ),
    _qmd(
        "target configuration below the smallest",
        TARGET_SM_CONFIG_SHARED_MEM_SIZE=1,
        MIN_SM_CONFIG_SHARED_MEM_SIZE=20,
    ),
    _qmd(
        "no configurations",
        MIN_SM_CONFIG_SHARED_MEM_SIZE=0,
        MAX_SM_CONFIG_SHARED_MEM_SIZE=0,
        TARGET_SM_CONFIG_SHARED_MEM_SIZE=0,
    ),
    _qmd(
        "configurations that no SM has",
        MIN_SM_CONFIG_SHARED_MEM_SIZE=63,
        MAX_SM_CONFIG_SHARED_MEM_SIZE=63,
        TARGET_SM_CONFIG_SHARED_MEM_SIZE=63,
    ),
    _qmd("local memory that the channel has not", SHADER_LOCAL_MEMORY_HIGH_SIZE=0x640),
    _qmd("low local memory that the channel has not", SHADER_LOCAL_MEMORY_LOW_SIZE=0x640),
    _qmd("local memory of an odd size", SHADER_LOCAL_MEMORY_HIGH_SIZE=0x648),
    _qmd("low local memory of an odd size", SHADER_LOCAL_MEMORY_LOW_SIZE=0x8),
    _qmd("a constant bank of no size", CONSTANT_BUFFER_VALID__3=1),
    _qmd(
        "a constant bank of no size at an address",
        CONSTANT_BUFFER_VALID__3=1,
        CONSTANT_BUFFER_ADDR_LOWER_SHIFTED6__3=0x40000000,
    ),
    _qmd("a constant bank above 64 KiB", CONSTANT_BUFFER_SIZE_SHIFTED4__0=4097),
    _qmd("constant bank 0 not valid", CONSTANT_BUFFER_VALID__0=0),
    _qmd("version 3", QMD_MAJOR_VERSION=3),
    _qmd("version 4.1", QMD_MINOR_VERSION=1),
    _qmd("type GRID_NULL", QMD_TYPE=1),
    _qmd("type GRID_GPC_CGA of no size", QMD_TYPE=3),
    _qmd("code of sm_80", SASS_VERSION=0x80),
    _qmd("code of no version", SASS_VERSION=0),
    _qmd("shared memory not allocated", SHARED_ALLOCATION_ENABLE=0),
    _qmd("32 calls", API_VISIBLE_CALL_LIMIT=0),
    _qmd("membar type 2", CWD_MEMBAR_TYPE=2),
    _qmd("release of size 3", RELEASE_STRUCTURE_SIZE__0=3),
    _qmd("release and reduction of 8 words", RELEASE_REDUCTION_ENABLE__0=1),
    _qmd(
        "release to an unmapped address",
        RELEASE_ENABLE__1=1,
        RELEASE_SEMAPHORE1_ADDR_LOWER=UNMAPPED_VA & 0xFFFFFFFF,
        RELEASE_SEMAPHORE1_ADDR_UPPER=UNMAPPED_VA >> 32,
    ),
    _qmd(
        "program at an unmapped address",
        PROGRAM_ADDRESS_LOWER=UNMAPPED_VA & 0xFFFFFFFF,
        PROGRAM_ADDRESS_UPPER=UNMAPPED_VA >> 32,
    ),
    _qmd(
        "constant bank at an unmapped address",
        CONSTANT_BUFFER_VALID__3=1,
        CONSTANT_BUFFER_SIZE_SHIFTED4__3=16,
        CONSTANT_BUFFER_ADDR_LOWER_SHIFTED6__3=UNMAPPED_VA >> 6 & 0xFFFFFFFF,
        CONSTANT_BUFFER_ADDR_UPPER_SHIFTED6__3=UNMAPPED_VA >> 38,
    ),
)


def _access(name: str, kernel: str, place: Callable[[Any, Any], int]) -> Case:
    import numpy as np

    def arguments(dev: Any, memory: Any) -> tuple[Any, ...]:
        address = np.uint64(place(dev, memory))
        return (address, memory["out"]) if kernel == "fault_read" else (address, np.uint32(1))

    return Case(name, kernel=kernel, arguments=arguments)


def _accesses() -> tuple[Case, ...]:
    kernels = {"read": "fault_read", "write": "fault_write", "atomic": "fault_atomic"}
    places: dict[str, Callable[[Any, Any], int]] = {
        "null": lambda dev, memory: 0,
        "an unmapped address": lambda dev, memory: UNMAPPED_VA,
        "a hole in a table": lambda dev, memory: memory["hole"],
        "an address of too many bits": lambda dev, memory: BEYOND_VA,
        "read-only host memory": lambda dev, memory: memory["read_only_host"],
        "read-only video memory": lambda dev, memory: memory["read_only_video"],
        "host memory": lambda dev, memory: memory["host"],
        "a misaligned address": lambda dev, memory: memory["host"] + 2,
    }
    return tuple(
        _access(f"{verb} of {where}", kernel, place)
        for where, place in places.items()
        for verb, kernel in kernels.items()
    )


CASES = (*DESCRIPTORS, *_accesses())


def run_case(case: Case, device: str) -> dict[str, Any]:
    """Launch one case in this process, on a device of its own; says what came of it."""
    import barewire as bw

    with bw.open(device) as dev:
        return run_on(dev, case)


def run_on(dev: Any, case: Case) -> dict[str, Any]:
    """Launch one case; says what came of it."""
    import barewire as bw
    import numpy as np
    from barewire import kernels

    module = kernels.load(dev, "micro")
    out = dev.zeros(64, np.uint32)
    memory = _memory(dev, out) if case.arguments else {}
    arguments = case.arguments(dev, memory) if case.arguments else (out, np.uint32(STORED))
    answer: dict[str, Any] = {"name": case.name, "error": None}
    try:
        module[case.kernel].launch(
            grid=(1,), block=case.block, args=arguments, shared=case.shared, qmd_overrides=case.qmd
        )
        dev.synchronize(timeout_s=WAIT_S)
    except bw.BarewireError as error:
        answer["error"] = type(error).__name__
        answer["facts"] = {
            name: value if isinstance(value, (int, float, str)) else str(value)
            for name, value in error.facts.items()
            if name not in ("warp_pc", "error_address", "queue", "kernel")
        }
    answer["outcome"] = (
        RAN if answer["error"] is None else HUNG if answer["error"] == "KernelTimeout" else REFUSED
    )
    if answer["outcome"] == RAN and not case.arguments:
        answer["stored"] = bool(out.numpy()[0] == STORED)
    _drop(dev, memory)
    return answer


def _memory(dev: Any, out: Any) -> dict[str, Any]:
    """What the accesses go to: host memory, read-only memory, a hole between two small pages."""
    import numpy as np

    rm, space = dev.rm, dev.space
    found: dict[str, Any] = {"out": out, "host": dev.pinned(64, np.uint32).gpu_va, "kept": []}
    for name, allocate in (("read_only_host", rm.host_memory), ("read_only_video", rm.video_memory)):
        memory = allocate(64 << 10)
        found[name] = space.map(memory, read_only=True)
        found["kept"].append((memory, found[name]))
    small = rm.video_memory(4 << 10, page_size_bytes=4 << 10)
    found["kept"].append((small, space.map(small)))
    found["hole"] = found["kept"][-1][1] + (16 << 10)
    return found


def _drop(dev: Any, memory: dict[str, Any]) -> None:
    for held, gpu_va in memory.get("kept", ()):
        dev.space.unmap(gpu_va)
        held.close()


def record(path: Path, device: str) -> int:
    """All cases, one at a time, each followed by a look at the GPU's health."""
    log, found = KernelLog(), []
    for case in CASES:
        answer = _in_a_process(case.name, device)
        xids = log.fresh_xids()
        answer["log"] = [f"{xid.number}: {xid.text}" for xid in xids]
        found.append(answer)
        print(
            answer["name"],
            "|",
            answer.get("outcome"),
            "|",
            answer.get("error"),
            "|",
            answer["log"],
            flush=True,
        )
        path.write_text(json.dumps({"cases": found}, indent=1) + "\n")
        strange = [xid for xid in xids if xid.number not in ALLOWED_XIDS]
        if answer["error"] is None and not strange:
            continue
        state = health.ask(device)
        if strange or not state.well:
            print(f"the run ends here: {strange} {state}", flush=True)
            return 1
    return 0


def _in_a_process(name: str, device: str) -> dict[str, Any]:
    try:
        return answer_of("tests.hardware.refusals", "case", name, device, timeout_s=CASE_TIMEOUT_S)
    except NoAnswer as none:
        return {"name": name, "error": str(none), "outcome": HUNG if none.hung else None}


def main(arguments: list[str]) -> int:
    """See the module."""
    if len(arguments) < 2 or arguments[0] not in ("record", "case"):
        print(__doc__, file=sys.stderr)
        return 2
    verb, what = arguments[:2]
    device = arguments[2] if len(arguments) > 2 else "nv:0"
    if verb == "record":
        return record(Path(what), device)
    named = [case for case in CASES if case.name == what]
    if not named:
        print("cases: " + "; ".join(case.name for case in CASES), file=sys.stderr)
        return 2
    print(json.dumps(run_case(named[0], device)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
