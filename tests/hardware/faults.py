"""Deliberate faults on channels of our own, one at a time, each in a process of its own.

What goes wrong is chosen so that only our channel suffers: Xids 13, 31, 32 and 69, and 43, 45 and 109 as
their consequence. The GPU's health is asked after each. Any other Xid, or a GPU that is not well, ends it.

python -m tests.hardware.faults CASE [DEVICE]     runs one case and prints one JSON object
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.hardware import health
from tests.hardware.alone import NoAnswer, answer_of
from tests.hardware.machine import ALLOWED_XIDS, KernelLog
from tests.hardware.report import Figure, Report

CASE_TIMEOUT_S = 60.0
ERROR_DEADLINE_S = 20.0  # how long a case waits for its error
UNMAPPED_VA = 0xF0_1234_5000  # below 2^40, far above what is mapped
ENDLESS_DEADLINE_S = 1.0
ENDLESS_LIMIT_NS = 240 * 1_000_000_000  # the second exit of the kernel that never ends


@dataclass(frozen=True)
class Case:
    """One thing that goes wrong.

    Attributes:
        provoke: submits it and waits; has to raise.
        errors: names of the error classes that are right; a subclass of one is right too.
        facts: attributes that the error must have.
        expected: attributes whose value is known.
        kernel: the kernel that the error should name where the hardware tells.
    """

    name: str
    provoke: Callable[[Any, Any], None]
    errors: tuple[str, ...]
    facts: tuple[str, ...] = ()
    expected: tuple[tuple[str, object], ...] = ()
    kernel: str | None = None


def _word(dev: Any) -> Any:
    import numpy as np

    return dev.zeros(64, np.uint32)


def _u32(value: int) -> Any:
    import numpy as np

    return np.uint32(value)


def _u64(value: int) -> Any:
    import numpy as np

    return np.uint64(value)


def _launch(dev: Any, module: Any, name: str, *arguments: Any) -> None:
    module[name][(1,), (32,)](*arguments)
    dev.synchronize(timeout_s=ERROR_DEADLINE_S)


def _read(dev: Any, module: Any) -> None:
    _launch(dev, module, "fault_read", _u64(UNMAPPED_VA), _word(dev))


def _write(dev: Any, module: Any) -> None:
    _launch(dev, module, "fault_write", _u64(UNMAPPED_VA), _u32(1))


def _atomic(dev: Any, module: Any) -> None:
    _launch(dev, module, "fault_atomic", _u64(UNMAPPED_VA), _u32(1))


def _misaligned(dev: Any, module: Any) -> None:
    out = _word(dev)
    _launch(dev, module, "fault_read", _u64(out.gpu_va + 2), out)


def _illegal_instruction(dev: Any, module: Any) -> None:
    from barewire import kernels

    spoiled = dev.load(kernels.illegal_instruction_cubin(dev.facts.sm_version))
    _launch(dev, spoiled, "fault_illegal_instruction", _word(dev))


def _shared(dev: Any, module: Any) -> None:
    _launch(dev, module, "fault_shared", _u32(1 << 20), _word(dev))


def _local(dev: Any, module: Any) -> None:
    _launch(dev, module, "fault_local", _u32(0x00F0_0000), _word(dev))


def _stack(dev: Any, module: Any) -> None:
    _launch(dev, module, "fault_stack", _word(dev), _u32(4_000_000))


def _trap(dev: Any, module: Any) -> None:
    _launch(dev, module, "fault_trap")


def _jump(dev: Any, module: Any) -> None:
    module["fault_jump"][(1,), (32,)](_u64(UNMAPPED_VA))
    dev.synchronize(timeout_s=ENDLESS_DEADLINE_S)


def _bad_method(dev: Any, module: Any) -> None:
    """A QMD that wants local memory on a channel that was given none: the scheduler refuses it (Xid 13).

    A method that the class lacks ends in Xid 11, which is not among those that may be provoked.
    """
    overrides = {"SHADER_LOCAL_MEMORY_HIGH_SIZE": 0x640}
    module["empty"].launch(grid=(1,), block=(32,), qmd_overrides=overrides)
    dev.synchronize(timeout_s=ERROR_DEADLINE_S)


def _bad_pushbuffer(dev: Any, module: Any) -> None:
    channel = dev.channel(engine="compute")
    words = [
        6 << 29 | 1 << 16 | 1 << 13 | 0x40,
        0,
    ]  # SEC_OP 6 is reserved (open-gpu-doc:classes/host/clc86f.h)
    channel.submit(channel.pushbuffer().raw(words)).wait(timeout_s=ERROR_DEADLINE_S)


def _bad_pushbuffer_address(dev: Any, module: Any) -> None:
    channel = dev.channel(engine="compute")
    channel.segments.gpu_va = UNMAPPED_VA  # what the GPFIFO entry will say
    channel.submit(channel.pushbuffer().raw([0])).wait(timeout_s=ERROR_DEADLINE_S)


def _copy_to_nowhere(dev: Any, module: Any) -> None:
    source = _word(dev)
    channel = dev.channel(engine="copy")
    pushbuffer = channel.pushbuffer()
    pushbuffer.copy(source=source.gpu_va, destination=UNMAPPED_VA, size_bytes=256)
    channel.submit(pushbuffer).wait(timeout_s=ERROR_DEADLINE_S)


def _never_ends(dev: Any, module: Any) -> None:
    word, outcome = _word(dev), _word(dev)
    module["spin_until"][(1,), (32,)](word, _u32(1), _u64(ENDLESS_LIMIT_NS), outcome)
    dev.synchronize(timeout_s=ENDLESS_DEADLINE_S)


_PAGE_MASK = ~0xFFF
CASES = (
    Case("read of an unmapped address", _read, ("MmuFault",), ("gpu_va",), kernel="fault_read"),
    Case("write to an unmapped address", _write, ("MmuFault",), ("gpu_va",), kernel="fault_write"),
    Case("atomic on an unmapped address", _atomic, ("MmuFault",), ("gpu_va",), kernel="fault_atomic"),
    Case("misaligned access", _misaligned, ("MisalignedAccess",), kernel="fault_read"),
    Case(
        "illegal instruction",
        _illegal_instruction,
        ("IllegalInstruction",),
        kernel="fault_illegal_instruction",
    ),
    Case("shared memory out of range", _shared, ("AddressOutOfRange",), kernel="fault_shared"),
    Case("local memory out of range", _local, ("AddressOutOfRange", "MmuFault"), kernel="fault_local"),
    Case("stack overflow", _stack, ("KernelFault", "MmuFault")),
    Case("trap", _trap, ("Trap",), kernel="fault_trap"),
    Case("jump to an unmapped address", _jump, ("KernelFault", "MmuFault", "KernelTimeout")),
    Case("a launch descriptor that the scheduler refuses", _bad_method, ("MethodError",)),
    Case("words that are no pushbuffer", _bad_pushbuffer, ("PushbufferError", "MethodError")),
    Case(
        "a GPFIFO entry to an unmapped address",
        _bad_pushbuffer_address,
        ("MmuFault", "PushbufferError"),
        ("gpu_va",),
    ),
    Case("copy to an unmapped address", _copy_to_nowhere, ("MmuFault", "CopyFault"), ("gpu_va",)),
    Case("a kernel that never ends", _never_ends, ("KernelTimeout",), kernel="spin_until"),
)


def run_case(case: Case, device: str) -> dict[str, Any]:
    """Provoke one fault in this process; says what was raised and whether the device works on."""
    import barewire as bw

    dev = bw.open(device)
    try:
        answer = play(case, dev)
    finally:
        start = time.monotonic()
        dev.close()
        close_s = time.monotonic() - start
    return {**answer, "close_s": close_s}


def play(case: Case, dev: Any) -> dict[str, Any]:
    """Provoke one fault on an open device; says what was raised and whether the device works on."""
    import barewire as bw
    import numpy as np
    from barewire import kernels

    answer: dict[str, Any] = {"case": case.name}
    module = kernels.load(dev, "micro")
    bystander = np.random.default_rng().integers(0, 1 << 32, 1 << 18, dtype=np.uint32)
    kept = dev.array(bystander)
    _add_and_compare(dev, module, kept, bystander)
    start = time.monotonic()
    try:
        case.provoke(dev, module)
    except bw.BarewireError as error:
        answer.update(_describe(error, time.monotonic() - start))
    else:
        answer.update(error="nothing", classes=[], message="nothing was raised", facts={}, elapsed_s=0.0)
    start = time.monotonic()
    try:
        _add_and_compare(dev, module, kept, bystander)
        answer["works_on"] = ""
    except Exception as error:
        answer["works_on"] = f"{type(error).__name__}: {error}"
    answer["next_kernel_s"] = time.monotonic() - start
    return answer


def _add_and_compare(dev: Any, module: Any, source: Any, data: Any) -> None:
    import numpy as np

    result = dev.zeros(data.size, np.uint32)
    module["add_constant"][(64,), (256,)](result, source, np.uint32(3), np.uint32(data.size))
    dev.synchronize(timeout_s=10)
    if not np.array_equal(result.numpy(), data + np.uint32(3)):
        raise RuntimeError("the next kernel computed something else than NumPy")
    result.free()


def _describe(error: Any, elapsed_s: float) -> dict[str, Any]:
    return {
        "error": type(error).__name__,
        "classes": [kind.__name__ for kind in type(error).__mro__],
        "message": str(error),
        "facts": {
            name: value if isinstance(value, (int, float, str, bool)) else str(value)
            for name, value in error.facts.items()
        },
        "elapsed_s": elapsed_s,
    }


def problems(case: Case, answer: dict[str, Any]) -> list[str]:
    """What of an answer is not as it should be."""
    found = []
    if not set(case.errors) & set(answer.get("classes", [])):
        found.append(f"raised {answer.get('error')}, not {' or '.join(case.errors)}: {answer.get('message')}")
    facts = answer.get("facts", {})
    found += [f"the error has no {name}" for name in case.facts if facts.get(name) is None]
    if (
        isinstance(facts.get("gpu_va"), int)
        and "gpu_va" in case.facts
        and facts["gpu_va"] & _PAGE_MASK != UNMAPPED_VA & _PAGE_MASK
    ):
        found.append(f"gpu_va is {facts['gpu_va']:#x}, not {UNMAPPED_VA:#x}")
    if case.kernel and facts.get("kernel") not in (None, case.kernel):
        found.append(f"names the kernel {facts['kernel']}, not {case.kernel}")
    if answer.get("works_on"):
        found.append(f"the next kernel: {answer['works_on']}")
    return found


def run(report: Report, device: str, deadline: float) -> None:
    """All cases, one at a time; stops at the first sign of harm to anything but our channel."""
    log = KernelLog()
    report.extra["kernel_log_readable"] = log.readable
    report.extra["faults"] = []
    for case in CASES:
        if time.monotonic() > deadline:
            report.check(case.name, False, "not run: the time for this part was over")
            continue
        answer = _in_a_process(case, device)
        xids = log.fresh_xids()
        answer["xids"] = [f"{xid.number}: {xid.text}" for xid in xids]
        report.extra["faults"].append(answer)
        found = problems(case, answer)
        numbers, seconds = [xid.number for xid in xids], answer.get("elapsed_s", 0)
        summary = f"{answer.get('error')} after {seconds:.2f} s; Xids {numbers}; {answer.get('facts')}"
        report.check(case.name, not found, "; ".join(found) or summary)
        if case.kernel:
            report.extra.setdefault("kernel_named", {})[case.name] = answer.get("facts", {}).get("kernel")
        if answer.get("error") not in (None, "nothing"):
            report.figure(f"time to the error: {case.name}", Figure(answer["elapsed_s"], "s"))
            report.figure(f"next kernel after: {case.name}", Figure(answer["next_kernel_s"], "s"))

        state = health.ask(device)
        strange = [xid for xid in xids if xid.number not in ALLOWED_XIDS]
        if strange or not state.well:
            why = (
                f"Xid {strange[0].number}: {strange[0].text}"
                if strange
                else f"the GPU is not well: {state.detail}"
            )
            report.check(f"healthy after: {case.name}", False, why + "; the part ends here")
            return
        report.check(f"healthy after: {case.name}", True, f"{state.elapsed_s:.2f} s")


def _in_a_process(case: Case, device: str) -> dict[str, Any]:
    try:
        return answer_of("tests.hardware.faults", case.name, device, timeout_s=CASE_TIMEOUT_S)
    except NoAnswer as none:
        return {"case": case.name, "error": None, "message": str(none)}


def main(arguments: list[str]) -> int:
    """Run the case that is named."""
    named = [case for case in CASES if arguments and case.name == arguments[0]]
    if not named:
        print("cases: " + "; ".join(case.name for case in CASES), file=sys.stderr)
        return 2
    print(json.dumps(run_case(named[0], arguments[1] if len(arguments) > 1 else "nv:0"), default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
