"""libvfio-user's own tests of a server against ours, and one of its sample servers with our client.

    python -m benchmarks.libvfio_user CHECKOUT [--sample PROGRAM] [--out FILE] [--revision REV]

CHECKOUT is a checkout of libvfio-user; PROGRAM its sample gpio-pci-idio-16, built there. Each of its Python
tests runs with `benchmarks.libvfio_api` in place of the C library. A test that does not pass is listed with
the reason: what it is about, since most are about calls of the library that no protocol knows.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.sm import machine

ROOT = Path(__file__).resolve().parents[1]
PLUGIN = "from benchmarks.libvfio_api import install\ninstall()\n"
LINE = re.compile(r"^(\S+\.py)::(\S+) (PASSED|FAILED|ERROR|SKIPPED)")
RANK = {"SKIPPED": 0, "PASSED": 1, "FAILED": 2, "ERROR": 3}
NOTE = (
    "The server is ours. Devices are made by the library's calls, which a shim answers: tests of arguments "
    "of such calls (create_ctx, realize_ctx, setup_region, irq_trigger) pass or fail with it."
)
DEFAULT = "state that an earlier test of the file left, or a check of the library's own call"
REASONS = {
    "test_migration.py": "migration of a device's state: not offered (DEVICE_FEATURE, MIG_DATA)",
    "test_dirty_pages.py": "logging of dirty pages: not offered (DEVICE_FEATURE)",
    "test_quiesce.py": "calls of the library that make a device quiet, and answer later",
    "test_pci_caps.py": "calls of the library that add PCI capabilities to its own configuration space",
    "test_pci_ext_caps.py": "calls of the library that add PCI capabilities to its own configuration space",
    "test_device_get_region_io_fds.py": "descriptors of KVM for parts of regions: none are offered",
    "test_shadow_ioeventfd.py": "descriptors of KVM for parts of regions: none are offered",
    "test_vfu_create_ctx.py": "arguments of the library's own call",
    "test_vfu_realize_ctx.py": "the library's own configuration space",
    "test_setup_region.py": "arguments of the library's own call",
    "test_destroy.py": "the library's own end",
    "test_request_errors.py": "calls of the library that make a device quiet, and answer later",
    "test_dma_unmap.py::test_dma_unmap_async": "calls of the library that make a device quiet",
    "test_dma_map.py": "calls of the library that make a device quiet, and its callbacks of mappings",
    "test_dma_map.py::test_dma_region_too_many": "too many mappings: ENOSPC, as with VFIO, not EINVAL",
}


def run_tests(checkout: Path) -> dict[str, str]:
    """How each test ended, by file and name."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "our_server.py").write_text(PLUGIN)
        paths = os.pathsep.join([folder, str(ROOT)])
        environment = {**os.environ, "LIBVFIO_SO_DIR": folder, "PYTHONPATH": paths}
        words = [sys.executable, "-m", "pytest", "-v", "-p", "our_server", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*words, "--timeout", "5", "--tb", "no", "-o", "addopts=", "."],
            cwd=checkout / "test" / "py",
            env=environment,
            capture_output=True,
            text=True,
        )
    ended: dict[str, str] = {}
    for line in done.stdout.splitlines():
        found = LINE.match(line)
        if found:
            name = f"{found[1]}::{found[2]}"
            ended[name] = max(ended.get(name, "SKIPPED"), found[3], key=RANK.__getitem__)
    if not ended:
        sys.exit(f"the tests did not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return ended


def reason(name: str) -> str:
    """Why a test does not pass."""
    file, _, test = name.partition("::")
    return REASONS.get(f"{file}::{test.partition('[')[0]}") or REASONS.get(file, DEFAULT)


def try_sample(program: Path) -> dict[str, bool]:
    """What our client does with a sample server."""
    from barewire.errors import BarewireError
    from barewire.transport.vfio_user.bars import RegionAccessor
    from barewire.transport.vfio_user.client import VfioUserBus

    checks: dict[str, bool] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sample")
        with subprocess.Popen([program, "-v", path], stderr=subprocess.DEVNULL) as process:
            end = time.monotonic() + 10
            while not path.exists() and time.monotonic() < end:
                time.sleep(0.01)
            try:
                bus = VfioUserBus.open(str(path))
                checks["opened"] = True
                checks["identity 494f:0dc8"] = bus.config.read(0, 4) == 0x0DC8494F
                pins = [RegionAccessor(bus.link, 2).read(0, 8) for _ in range(4)]
                checks["its BAR is read"] = len(pins[0]) == 8
                memory = bus.dma_memory(1 << 20)
                checks["memory is mapped"] = memory.iova > 0
                memory.close()
                bus.reset()
                checks["reset"] = True
                bus.close()
                checks["closed"] = bus.closed
            except BarewireError as error:
                checks[f"{type(error).__name__}: {error.message}"] = False
            finally:
                process.terminate()
    return checks


def main() -> None:
    parser = argparse.ArgumentParser(description="libvfio-user's tests against our server")
    parser.add_argument("checkout", type=Path, metavar="CHECKOUT")
    parser.add_argument("--sample", type=Path, metavar="PROGRAM", help="its sample server, built")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the counts there")
    parser.add_argument("--revision", default="", metavar="REV", help="of the source, for the file")
    parser.add_argument("--theirs", default="", metavar="REV", help="of the checkout, for the file")
    args = parser.parse_args()
    ended = run_tests(args.checkout)
    passed = sorted(name for name, how in ended.items() if how == "PASSED")
    left = {name: reason(name) for name, how in sorted(ended.items()) if how not in ("PASSED", "SKIPPED")}
    told: dict[str, Any] = {
        "part": "vfio-user conformance", "host": machine(), "revision": args.revision,
        "libvfio_user": args.theirs, "note": NOTE,
        "tests": len(ended), "passed": len(passed), "passed_by_file": count_by_file(passed),
        "skipped": sorted(name for name, how in ended.items() if how == "SKIPPED"), "not_passed": left,
        "sample_server": try_sample(args.sample) if args.sample else None,
    }  # fmt: skip
    print(f"{len(passed)} of {len(ended)} tests pass; sample server: {told['sample_server']}")
    if args.out:
        args.out.write_text(json.dumps(told, indent=1) + "\n")


def count_by_file(names: list[str]) -> dict[str, int]:
    """How many names there are of each file."""
    counts: dict[str, int] = {}
    for name in names:
        file = name.partition("::")[0]
        counts[file] = counts.get(file, 0) + 1
    return counts


if __name__ == "__main__":
    main()
