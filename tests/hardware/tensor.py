"""The tensor layer on a real GPU: every case, the large ones too, against NumPy in float64."""

from __future__ import annotations

import time

from tests.hardware.report import Figure, Report


def run(report: Report, device: str, deadline: float) -> None:
    """Each case is a check that says how far off it was and how far it may be."""
    import barewire as bw

    from tests.common import tensor_cases

    start, count = time.monotonic(), 0
    with bw.open(device) as dev:
        for case in tensor_cases.cases():
            if time.monotonic() > deadline:
                report.check("all cases run in time", False, f"{count} ran")
                break
            count += 1
            with report.step(case.name):
                result = tensor_cases.run_case(case, dev)
                detail = (
                    f"off by {result.max_error:.3g}, {result.tolerance:.3g} allowed, {result.seconds:.3f} s"
                )
                report.checks.append({"name": result.name, "passed": bool(result.passed), "detail": detail})
                if not result.passed:
                    print(f"  FAILED {result.name}: {detail}", flush=True)
    report.figure("tensor cases", Figure(count, "cases"))
    report.figure("time for all tensor cases", Figure(time.monotonic() - start, "s"))
