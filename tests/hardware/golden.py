"""Our launch words against those of NVIDIA's driver: what differs is run on the GPU with both values.

data/vendor_launches.json holds the QMD and the constant bank 0 of eleven recorded launches,
data/vendor_launches.cu the same kernels. Fields that hold addresses, handles or payloads differ by nature;
every other difference is an experiment: the launch is done with our value and with the vendor's, and its
output compared both times.
"""

from __future__ import annotations

import json
import re
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.hardware.report import Report

DATA = Path(__file__).parent / "data"
TIMEOUT_S = 10.0
BY_NATURE = re.compile(r"ADDR|POINTER|PAYLOAD")

# Words of bank 0 that hold addresses (sm_90): windows of shared and local memory, QMD, constant banks,
# program, the cluster's window, and where the parameters begin and end.
BANK0_ADDRESSES = frozenset(
    {
        0x18,
        0x1C,
        0x20,
        0x24,
        0x38,
        0x3C,
        *range(0xC0, 0xE0, 4),
        0x118,
        0x11C,
        0x170,
        0x174,
        *range(0x198, 0x1A8, 4),
    }
)

SCHEDULE_LATER = (
    2  # dependence count of the QMD that the vendor's launches release: it never starts by our hand alone
)


@dataclass
class Difference:
    """One QMD field or bank 0 word that differs and is not an address, handle or payload."""

    name: str
    ours: int
    vendor: int


@dataclass
class Experiment:
    """Differences that only make sense together, and what they need beside them.

    Attributes:
        companions: addresses of ours that stand for the vendor's.
    """

    name: str
    differences: list[Difference]
    companions: dict[str, int] = field(default_factory=dict)
    bank0: bool = False
    risky: bool = False


@dataclass(frozen=True)
class Recorded:
    """One launch of the vendor's."""

    name: str
    kernel: str
    grid: tuple[int, int, int]
    block: tuple[int, int, int]
    shared: int
    qmd: int
    bank0: tuple[int, ...]


def recorded_launches() -> list[Recorded]:
    """The eleven launches."""
    content = json.loads((DATA / "vendor_launches.json").read_text())
    return [
        Recorded(
            launch["launch"],
            launch["kernel"],
            tuple(launch["grid"]),
            tuple(launch["block"]),
            launch["shared"],
            sum(int(word, 16) << 32 * index for index, word in enumerate(launch["qmd"].split())),
            tuple(int(word, 16) for word in launch["bank0"].split()),
        )
        for launch in content["launches"]
    ]


def qmd_differences(table: Any, ours: int, vendor: int) -> tuple[list[Difference], list[str], int]:
    """(differences to run, names of those that differ by nature, bits that differ outside every field)."""
    to_run, by_nature, outside = [], [], ours ^ vendor
    for name, layout in table.fields.items():
        for index in range(layout.count or 1):
            low, high = layout.bits(index)
            mask = (1 << (high - low + 1)) - 1
            outside &= ~(mask << low)
            mine, theirs = ours >> low & mask, vendor >> low & mask
            if mine == theirs:
                continue
            element = name if layout.count is None else f"{name}:{index}"
            if BY_NATURE.search(name):
                by_nature.append(element)
            else:
                to_run.append(Difference(element, mine, theirs))
    return to_run, by_nature, outside


def bank0_differences(ours: bytes, vendor: tuple[int, ...]) -> tuple[list[Difference], list[str]]:
    """(words to run, words that hold addresses)."""
    to_run, by_nature = [], []
    for index, (mine, theirs) in enumerate(
        zip(struct.unpack(f"<{len(ours) // 4}I", ours), vendor, strict=True)
    ):
        if mine == theirs:
            continue
        if 4 * index in BANK0_ADDRESSES:
            by_nature.append(f"{4 * index:#x}")
        else:
            to_run.append(Difference(f"{4 * index:#x}", mine, theirs))
    return to_run, by_nature


def experiments(differences: list[Difference], memory: Callable[[str], int]) -> list[Experiment]:
    """Group differences that need each other.

    Args:
        memory: gives the GPU virtual address of "zeros" (64 KiB) or "dependent" (a QMD that never starts).
    """
    groups: dict[str, Experiment] = {}
    for difference in differences:
        name, risky = difference.name, False
        banks = re.match(r"CONSTANT_BUFFER_(?:VALID|PREFETCH|SIZE_SHIFTED4):(\d+)$", difference.name)
        if banks and banks.group(1) not in ("0", "3", "4"):
            name = f"constant bank {banks.group(1)}"
        elif difference.name.startswith("ARRIVE_AT_LATCH"):
            name, risky = "arrival at a latch", True
        elif difference.name.startswith("DEPENDENT_QMD"):
            name, risky = "a dependent QMD", True
        experiment = groups.setdefault(name, Experiment(name, [], risky=risky))
        experiment.differences.append(difference)
        if banks and name.startswith("constant bank"):
            shifted = memory("zeros") >> 6
            experiment.companions[f"CONSTANT_BUFFER_ADDR_LOWER_SHIFTED6:{banks.group(1)}"] = (
                shifted & 0xFFFFFFFF
            )
            experiment.companions[f"CONSTANT_BUFFER_ADDR_UPPER_SHIFTED6:{banks.group(1)}"] = shifted >> 32
        if name == "a dependent QMD":
            experiment.companions["DEPENDENT_QMD0_POINTER"] = memory("dependent") >> 8
    return sorted(groups.values(), key=lambda experiment: experiment.risky)


def _dependent_qmd(table: Any) -> np.ndarray:
    """A grid of no kernel that waits for two completions; only one ever comes, so it does not start."""
    from barewire.compute.qmd import Qmd

    qmd = (
        Qmd(table)
        .set("QMD_MAJOR_VERSION", 4)
        .set("QMD_TYPE", "GRID_NULL")
        .set("DEPENDENCE_COUNTER", SCHEDULE_LATER)
    )
    qmd.set("SAMPLER_INDEX", 1).set("REGISTER_COUNT", 8)
    for axis in range(3):
        qmd.set(f"CTA_THREAD_DIMENSION{axis}", 1)
    return np.array(qmd.words, dtype=np.uint32)


# ---- what each kernel has to write


def _arguments(recorded: Recorded, x: Any) -> tuple[Any, ...]:
    return {
        "empty": (),
        "params": (x, np.int32(-1), np.int64(1 << 20), np.int8(90), np.float64(1.5)),
        "local": (x, np.int32(5)),
    }.get(recorded.kernel, (x,))


def _wanted(recorded: Recorded, start: np.ndarray) -> np.ndarray:
    result, thread = start.copy(), np.arange(32)
    if recorded.kernel == "params":
        result[0] = (1 << 20) + 90 + 1.5
    elif recorded.kernel in ("dyn", "stat"):
        result[:32] = start[31::-1]
    elif recorded.kernel == "local":
        cells = start[(np.arange(256) * 5) & 31]
        result[:32] = [cells[(np.arange(256) * 5 + t) & 255].sum() for t in thread]
    elif recorded.kernel == "clus":
        result[: 32 * recorded.grid[0]] = 1
    elif recorded.kernel == "globals":
        result[:4] = [6, 8, 10, 12]
    elif recorded.kernel == "wide":
        result[:1024] = np.arange(1024)
    return result


def run_once(dev: Any, kernel: Any, recorded: Recorded, qmd: dict[str, int], bank0: dict[int, int]) -> str:
    """One launch with overrides; empty if its output is right, else what happened."""
    from barewire.errors import BarewireError

    start = np.random.default_rng(9).integers(0, 8, 2048).astype(np.float32)
    x = dev.array(start)
    try:
        kernel.launch(
            grid=recorded.grid,
            block=recorded.block,
            args=_arguments(recorded, x),
            shared=recorded.shared,
            qmd_overrides=qmd or None,
            bank0_overrides=bank0 or None,
        )
        dev.synchronize(timeout_s=TIMEOUT_S)
        result = x.numpy()
    except BarewireError as error:
        return f"{type(error).__name__}: {error.message}"
    wanted = _wanted(recorded, start)
    return "" if np.array_equal(result, wanted) else f"{int((result != wanted).sum())} elements are wrong"


def run(report: Report, device: str, deadline: float) -> None:
    """Every launch, every difference, both values; what could hurt the channel comes last."""
    import barewire as bw
    from barewire.regs import qmd as tables

    dev = bw.open(device)
    try:
        table = tables.load("V04_00")
        if dev.facts.sm_version != 90:
            report.check(
                "the recorded launches are of this chip",
                False,
                f"sm_{dev.facts.sm_version}, recorded on sm_90",
            )
            return
        module = dev.load(DATA / "vendor_launches.sm_90.cubin")
        zeros = dev.zeros(1 << 16, np.uint8)
        dependent = dev.array(_dependent_qmd(table))
        places = {"zeros": zeros.gpu_va, "dependent": dependent.gpu_va}
        launches = sorted(
            recorded_launches(), key=lambda launch: launch.kernel != "local"
        )  # local memory first: others name it
        report.extra["experiments"] = []
        later: list[tuple[Recorded, Any, Experiment]] = []
        for recorded in launches:
            with report.step(f"{recorded.name}: compared"):
                kernel = module[recorded.kernel]
                for experiment in _compare(report, dev, table, kernel, recorded, places):
                    if experiment.risky:
                        later.append((recorded, kernel, experiment))
                    else:
                        _experiment(report, dev, kernel, recorded, experiment)
        for recorded, kernel, experiment in later:
            if time.monotonic() > deadline:
                report.check(
                    f"{recorded.name}: {experiment.name}", False, "not run: the time for this part was over"
                )
                continue
            with report.step(f"{recorded.name}: {experiment.name}"):
                dependent.copy_from(_dependent_qmd(table))
                dev.synchronize()
                _experiment(report, dev, kernel, recorded, experiment)
    finally:
        dev.close()


def _compare(
    report: Report, dev: Any, table: Any, kernel: Any, recorded: Recorded, places: dict[str, int]
) -> list[Experiment]:
    plan = kernel.shape(recorded.grid, recorded.block, shared=recorded.shared).plan
    ours = sum(word << 32 * index for index, word in enumerate(plan.template.words))
    different, by_nature, outside = qmd_differences(table, ours, recorded.qmd)
    words, addresses = bank0_differences(plan.bank0.data, recorded.bank0)
    plain = run_once(dev, kernel, recorded, {}, {})
    report.check(f"{recorded.name}: runs with our words", not plain, plain)
    report.check(f"{recorded.name}: no bit outside the known fields differs", outside == 0, f"{outside:#x}")
    report.extra.setdefault("by_nature", {})[recorded.name] = {"qmd": by_nature, "bank0": addresses}
    found = experiments(different, places.__getitem__)
    return found + [Experiment(f"bank 0 word {word.name}", [word], bank0=True) for word in words]


def _experiment(report: Report, dev: Any, kernel: Any, recorded: Recorded, experiment: Experiment) -> None:
    """Run with the vendor's values; ours have run already, and run again, so that a damaged channel shows."""
    values = {difference.name: difference.vendor for difference in experiment.differences}
    qmd = {} if experiment.bank0 else {**values, **experiment.companions}
    bank0 = {int(name, 16): value for name, value in values.items()} if experiment.bank0 else {}
    vendor = run_once(dev, kernel, recorded, qmd, bank0)
    ours = run_once(dev, kernel, recorded, {}, {})
    report.extra["experiments"].append(
        {
            "launch": recorded.name,
            "what": experiment.name,
            "ours": {difference.name: difference.ours for difference in experiment.differences},
            "vendor": values,
            "with_ours": ours or "right",
            "with_vendors": vendor or "right",
        }
    )
    detail = f"with the vendor's: {vendor or 'right'}; with ours: {ours or 'right'}"
    report.check(f"{recorded.name}: {experiment.name}, run with both values", not ours, detail)
