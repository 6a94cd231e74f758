"""`barewire bench`: latencies and bandwidths of the open device, every output checked."""

from __future__ import annotations

import argparse
from typing import Any

from barewire.tools.exits import Exit
from barewire.tools.output import Report, Table, progress, progress_done, rounded
from barewire.tools.sanitize import finish

SUMMARY = "measure the open device: launches, graphs, copies, and opening it; outputs are checked"
CODES = (Exit.OK, Exit.FINDING, Exit.NOT_READY, Exit.DEVICE, Exit.UNDEFINED)
EXAMPLES = "barewire bench\nbarewire bench --only launch --only graph --json"

PARTS = ("open", "launch", "graph", "copy")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument(
        "--only", action="append", choices=PARTS, help="measure only this part (may be repeated)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="few samples and small copies: to see that it works"
    )


def run(args: argparse.Namespace) -> Exit:
    """Measure; FINDING if an output was wrong."""
    from barewire.tools import measure
    from barewire.tools.device import kind_of, opened

    parts = args.only or PARTS
    report = Report()
    with opened(args) as dev:
        facts = dev.facts
        for key, value in (
            ("name", facts.name),
            ("kind", kind_of(dev.name)),
            ("chip", facts.chip),
            ("driver_version", facts.driver_version),
        ):
            report.fact(key, value)
        results: list[bool | None] = []
        if not args.quick and set(parts) - {"open"}:
            progress("letting the clocks rise")
            measure.warm_up(dev)
        if "launch" in parts or "graph" in parts:
            results += _latencies(report, dev, parts, args.quick)
        if "copy" in parts:
            results += _copies(report, dev, args.quick)
    if "open" in parts:
        results.append(_opening(report, args, 1 if args.quick else 5))
    progress_done()
    correct = all(result is not False for result in results)
    report.fact("all_outputs_correct", correct)
    return finish(report, args, Exit.OK if correct else Exit.FINDING)


def _latencies(report: Report, dev: Any, parts: Any, quick: bool) -> list[bool | None]:
    from barewire.tools import measure

    few = {"count": 20, "warmup": 5} if quick else {}
    columns = ("what", "steps", "median_us", "min_us", "max_us", "us_per_step", "count", "correct")
    table = report.table("latencies", *columns)
    results = []
    if "launch" in parts:
        for function in (measure.channel_floor, measure.launch_and_synchronize):
            progress(function.__name__.replace("_", " "))
            results.append(function(dev, **few))
        progress("back to back")
        results.append(
            measure.back_to_back(dev, launches=1600, count=3) if quick else measure.back_to_back(dev)
        )
    if "graph" in parts:
        for nodes in measure.GRAPH_SIZES:
            progress(f"graph of {nodes}")
            results.append(measure.dependent_graph(dev, nodes, **few))
            results.append(measure.independent_graph(dev, nodes, **few))
    for latency in results:
        table.add(
            what=latency.name, steps=latency.steps, us_per_step=rounded(latency.us_per_step),
            correct=latency.correct, **_samples(latency.samples),
        )  # fmt: skip
    return [latency.correct for latency in results]


def _copies(report: Report, dev: Any, quick: bool) -> list[bool | None]:
    from barewire.tools import measure

    table = report.table(
        "copies",
        "direction",
        "size_bytes",
        "median_us",
        "min_us",
        "max_us",
        "count",
        "gigabytes_per_s",
        "correct",
    )
    sizes = [size for size in measure.COPY_SIZES if size <= 1 << 20] if quick else measure.COPY_SIZES
    results: list[bool | None] = []
    for size in sizes:
        for direction in measure.DIRECTIONS:
            progress(f"copy {direction} {size} bytes")
            figure = (
                measure.copy(dev, direction, size, count=3) if quick else measure.copy(dev, direction, size)
            )
            table.add(
                direction=direction, size_bytes=size, gigabytes_per_s=rounded(figure.gigabytes_per_s),
                correct=figure.correct, **_samples(figure.samples),
            )  # fmt: skip
            results.append(figure.correct)
    return results


def _opening(report: Report, args: argparse.Namespace, count: int) -> bool:
    """Open, run, close, some times over; returns whether every result was right."""
    from barewire.tools import measure, sanitize
    from barewire.tools.device import open_device

    device = sanitize.chosen_device(args)

    table: Table = report.table(
        "opening", "run", "total_s", "rm_s", "ours_s", "first_result_s", "close_s", "correct"
    )
    correct = True
    for number in range(count):
        progress(f"opening the device, {number + 1} of {count}")
        figure = measure.opening(lambda: open_device(device, sanitize.wanted(args)))
        table.add(
            run=number, total_s=rounded(figure.total_s), rm_s=rounded(figure.rm_s),
            ours_s=rounded(figure.ours_s), first_result_s=rounded(figure.first_result_s),
            close_s=rounded(figure.close_s), correct=figure.correct,
        )  # fmt: skip
        correct = correct and figure.correct
    return correct


def _samples(samples: Any) -> dict[str, Any]:
    return {
        "median_us": rounded(samples.median_us),
        "min_us": rounded(samples.min_us),
        "max_us": rounded(samples.max_us),
        "count": samples.count,
    }
