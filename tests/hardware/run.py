"""All that is proven on silicon, in the right order, within a time budget, each part in a process of its own.

python -m tests.hardware.run --out DIR --revision REV [--device nv:0] [--budget SECONDS]
                             [--parts api,tensor,bench,golden,cycles,device,pagetables,faults]

Writes DIR/PART.json, in the form of benchmarks/results/. Between the parts the GPU's health is asked; an
Xid that our own faults cannot have caused, or a GPU that is not well, ends the run. Exit code: 0 all
passed, 1 something failed, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import importlib
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.hardware import health, machine
from tests.hardware.machine import ALLOWED_XIDS, KernelLog
from tests.hardware.report import Machine, Report

ROOT = Path(__file__).resolve().parents[2]
LIMITS_S = {
    "api": 270.0,
    "tensor": 150.0,
    "bench": 240.0,
    "golden": 90.0,
    "cycles": 360.0,
    "device": 120.0,
    "pagetables": 240.0,
    "faults": 240.0,
}
ORDER = tuple(LIMITS_S)  # what could hurt comes last
WITHOUT_FAULTS = ("api", "tensor", "bench")
RESERVE_S = 10.0  # of a part's time, for writing down what it has


def main(arguments: list[str] | None = None) -> int:
    """Run the parts that are asked for; prints a short table last."""
    options = _options(arguments)
    parts = [part for part in ORDER if part in options.parts]
    if options.one:
        return _one(options)
    options.out.mkdir(parents=True, exist_ok=True)
    start, log, stopped = time.monotonic(), KernelLog(), ""
    for position, part in enumerate(parts):
        left = options.budget - (time.monotonic() - start)
        limit = min(LIMITS_S[part], left) if position + 1 < len(parts) else left
        if limit < 2 * RESERVE_S:
            stopped = f"no time was left for {', '.join(parts[position:])}"
            break
        print(f"== {part}, at most {limit:.0f} s", flush=True)
        _spawn(part, options, limit)
        stopped = _look(options, log, part)
        if stopped:
            break
    print(table(options.out, parts, stopped, time.monotonic() - start), flush=True)
    return 0 if not stopped and all(_passed(options.out / f"{part}.json") for part in parts) else 1


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.hardware.run", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    parser.add_argument("--revision", default="unknown", help="git revision of the tree that runs")
    parser.add_argument("--parts", default=",".join(ORDER), help="of: " + ", ".join(ORDER))
    parser.add_argument("--device", default="nv:0")
    parser.add_argument("--budget", type=float, default=570.0, help="seconds for everything")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    options.parts = options.parts.split(",")
    unknown = [part for part in options.parts if part not in ORDER]
    if unknown:
        parser.error(f"no part is named {', '.join(unknown)}; there are {', '.join(ORDER)}")
    return options


def _one(options: argparse.Namespace) -> int:
    """In the part's own process."""
    part = options.parts[0]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what the part started is ended with it
    gpu, driver = machine.name_and_driver()
    report = Report(part, options.out / f"{part}.json", Machine(gpu, driver, options.revision))
    deadline = time.monotonic() + options.budget - RESERVE_S
    start = time.monotonic()
    with report.step(f"the part {part}"):
        importlib.import_module(f"tests.hardware.{part}").run(report, options.device, deadline)
    report.extra["seconds"] = round(time.monotonic() - start, 1)
    report.write()
    return 0 if report.passed else 1


def _spawn(part: str, options: argparse.Namespace, limit_s: float) -> None:
    command = [
        sys.executable,
        "-m",
        "tests.hardware.run",
        "--one",
        "--out",
        str(options.out.resolve()),
        "--parts",
        part,
    ]
    command += ["--device", options.device, "--revision", options.revision, "--budget", str(limit_s)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        process.wait(timeout=limit_s)
    except subprocess.TimeoutExpired:
        process.terminate()
        try:
            process.wait(timeout=RESERVE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _note(
            options.out / f"{part}.json",
            f"the part {part} ends in time",
            f"it was ended after {limit_s:.0f} s",
        )
    else:
        if process.returncode not in (0, 1):
            _note(
                options.out / f"{part}.json",
                f"the part {part} ends by itself",
                f"exit code {process.returncode}",
            )


def _note(path: Path, name: str, detail: str) -> None:
    """Add a failed check to a part's file, which may not be there."""
    content = _content(path) or {"part": path.stem, "checks": [], "figures": {}}
    content["checks"].append({"name": name, "passed": False, "detail": detail})
    path.write_text(json.dumps(content, indent=1) + "\n")


def _look(options: argparse.Namespace, log: KernelLog, part: str) -> str:
    """Why the run has to end after this part; empty if it may go on. Xids of the part go into its file."""
    xids = log.fresh_xids()
    if xids and part in WITHOUT_FAULTS:
        detail = "; ".join(f"{xid.number}: {xid.text}" for xid in xids)
        _note(options.out / f"{part}.json", f"the part {part} causes no Xid", detail)
    strange = [xid for xid in xids if xid.number not in ALLOWED_XIDS]
    if strange:
        return f"Xid {strange[0].number} after {part}: {strange[0].text}"
    state = health.ask(options.device)
    return "" if state.well else f"the GPU is not well after {part}: {_one_line(state.detail)}"


def _content(path: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return None


def _passed(path: Path) -> bool:
    content = _content(path)
    return content is not None and all(check["passed"] for check in content["checks"])


def table(out: Path, parts: list[str], stopped: str, seconds: float) -> str:
    """What came of it, short: counts, failures, targets."""
    lines = ["", f"{'part':10} {'passed':>7} {'failed':>7} {'targets met':>12}"]
    details = []
    for part in parts:
        content = _content(out / f"{part}.json")
        if content is None:
            lines.append(f"{part:10} did not run")
            continue
        failed = [check for check in content["checks"] if not check["passed"]]
        aims = {name: entry for name, entry in content["figures"].items() if "met" in entry}
        met = sum(entry["met"] for entry in aims.values())
        aimed = f"{met} of {len(aims)}" if aims else "-"
        lines.append(f"{part:10} {len(content['checks']) - len(failed):7} {len(failed):7} {aimed:>12}")
        details += [
            f"  {part}: FAILED {check['name']}: {_one_line(check['detail'])}" for check in failed[:12]
        ]
        for name, entry in aims.items():
            verdict = "met   " if entry["met"] else "MISSED"
            details.append(
                f"  {part}: {verdict} {name}: {entry['value']} {entry['unit']} ({entry['target']})"
            )
    if stopped:
        details.append(f"  STOPPED: {stopped}")
    return "\n".join([*lines, *details, f"{seconds:.0f} s in all"])


def _one_line(text: str) -> str:
    return " ".join(text.split())[:160]


if __name__ == "__main__":
    sys.exit(main())
